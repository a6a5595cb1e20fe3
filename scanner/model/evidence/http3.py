"""Evidence of `http3`: who announced HTTP/3, and what one QUIC handshake and one request brought."""

import dataclasses
import enum

from scanner.model.evidence.http_exchanges import HeaderField
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText


class AnnouncedBy(enum.StrEnum):
    """Where HTTP/3 was announced."""

    ALT_SVC = "alt-svc"  # RFC 7838, RFC 9114 section 3.1.1
    HTTPS_RECORD = "https-record"  # RFC 9460


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One announcement: protocol id, host (empty: the same) and UDP port."""

    by: AnnouncedBy
    protocol: PeerText
    host: PeerText
    port: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Http3:
    """HTTP/3 at one endpoint.

    `port` is the UDP port that was asked, None where no announcement leads to this endpoint. `handshake` and `request`
    are no only where the server refused; silence is unknown, because UDP is often filtered on the way. `version` is
    the QUIC version in hexadecimal, `alpn` the protocol that was chosen. `certificate_sha256` names the leaf that the
    server showed, which is not judged here. `fields` are the header of the answer, names in lower case.
    """

    announced: tuple[Announcement, ...] = ()
    port: int | None = None
    handshake: Answer = Answer.UNKNOWN
    request: Answer = Answer.UNKNOWN
    reason: PeerText | None = None
    version: str | None = None
    alpn: PeerText | None = None
    certificate_sha256: str | None = None
    status: int | None = None
    fields: tuple[HeaderField, ...] = ()
    body_bytes: int = 0
    handshake_ms: float | None = None
    elapsed_ms: float = 0.0
