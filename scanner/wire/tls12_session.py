"""What a client keeps of a session of SSLv3 to TLS 1.2, to take it up again later. A value only."""

import dataclasses

from scanner.wire.tls_version import Version


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ClassicSession:
    """A session that was completed.

    `session_id` is the server's (RFC 5246 section 7.4.1.3), empty where it keeps none. `ticket` came in a
    NewSessionTicket with `ticket_lifetime`, its hint in seconds, 0 for "unspecified" (RFC 5077 section 3.3).
    `master` is the master secret, which belongs into no report.
    """

    version: Version
    suite: int
    master: bytes = dataclasses.field(repr=False)
    extended_master_secret: bool
    session_id: bytes = b""
    ticket: bytes | None = dataclasses.field(default=None, repr=False)
    ticket_lifetime: int | None = None
