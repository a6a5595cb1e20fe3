"""Evidence of `tls_suites`: protocol versions, and the cipher suites that a handshake can be completed with."""

import dataclasses
import enum

from scanner.model.outcome import Answer
from scanner.model.peer import PeerText

PROTOCOLS = ("SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")
"""Every protocol version, oldest first: each appears in the evidence, whether offered or not."""


class Preference(enum.StrEnum):
    """Whose order of suites decides."""

    SERVER = "server"
    CLIENT = "client"
    SERVER_CHACHA = "server-chacha"
    UNKNOWN = "unknown"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """One suite that the server completed its flight with.

    `code` is upper-case hexadecimal, four digits (six for SSLv2); `name` is IANA's. `group` is the code of the named
    group in the exchange, `dh_bits` the size of the prime for finite-field DH, `signature` the SignatureScheme code of
    ServerKeyExchange (TLS 1.2); each None where the exchange has none or it was not seen.
    """

    code: str
    name: str
    group: str | None = None
    dh_bits: int | None = None
    signature: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DroppedSuite:
    """A suite that the server chose and then could not complete its flight with."""

    code: str
    name: str
    reason: PeerText


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """The same hello, answered differently: behind one address, servers are set up differently, or change.

    `protocol` is the version that was offered, `offer` what the hello had to show, in words. Of the `asked` times
    `accepted` were answered with a suite; `answers` are the distinct answers, in words.
    """

    protocol: str
    offer: str
    accepted: int
    asked: int
    answers: tuple[PeerText, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolSupport:
    """One protocol version.

    `supported` is `no` only after a proper refusal; `reason` says what the last answer was where it is not `yes`.
    `suites` is in the order in which the server chose them. `complete` says whether the listing ended with a proper
    refusal of all the rest; where it is `unknown`, `reason` says why. `connections` were spent on this version.
    """

    supported: Answer
    reason: PeerText | None = None
    preference: Preference = Preference.UNKNOWN
    suites: tuple[Suite, ...] = ()
    dropped: tuple[DroppedSuite, ...] = ()
    complete: Answer = Answer.UNKNOWN
    connections: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TlsSuites:
    """All versions, by the names in `PROTOCOLS`.

    `offered` counts the code points that were offered in all. `listed` is False where only the versions were asked for
    (profile `quick`): the suites are then those by which a version showed, and no more. `intolerances` are workarounds
    that were needed, in words (`chunks of 60 suites`, `short group list`). `disagreements` are hellos whose
    repeats were answered differently. `compared_with` is the endpoint whose listing this is, too: here the versions
    were tested, the accepted suites offered again and all others refused, and nothing differed.
    """

    protocols: dict[str, ProtocolSupport]
    offered: int
    listed: bool = True
    intolerances: tuple[str, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    compared_with: str | None = None
