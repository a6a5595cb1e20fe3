"""DNS answers: what one question brought, as a value. dnspython is not needed to hold one."""

import dataclasses

from scanner.model.peer import PeerText


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DnsAnswer:
    """The answer to one question.

    `status` is a value of `scanner.model.evidence.dns_records.DnsStatus`. `records` are in presentation form
    (RFC 1035 section 5.1); `aliases` are the names that CNAME records led through, in order. `detail` says what went
    wrong where something did.
    """

    name: str
    type: str
    status: str
    records: tuple[PeerText, ...] = ()
    aliases: tuple[PeerText, ...] = ()
    detail: str | None = None
