"""Evidence of `tls_groups`: the groups that keys are exchanged in, and the primes of finite-field Diffie-Hellman."""

import dataclasses
import enum

from scanner.model.evidence.tls_suites import Preference
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One named group. `code` is upper-case hexadecimal, four digits; `name` is IANA's (TLS Supported Groups)."""

    code: str
    name: str


class PostQuantum(enum.StrEnum):
    """Whether a key exchange that withstands quantum computers can be had: said out loud, also when it cannot."""

    OFFERED = "offered"
    NOT_OFFERED = "not-offered"
    UNKNOWN = "unknown"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class GroupSupport:
    """The groups of TLS 1.3, or of TLS 1.2 and below.

    `protocol` is the version that was asked in, None where none of them is spoken or could be asked; `supported` then
    says which. `groups` are those that the server takes from a client that offers only them, in the order in which it
    chose them. `beside_certificate_curve` are those that it takes only while the curve of its ECDSA certificate is on
    offer, too (OpenSSL 1.1.1 and later want that in TLS 1.2). `complete` says whether the listing ended with a proper
    refusal of all the rest, `reason` why not.
    """

    protocol: str | None = None
    supported: Answer = Answer.UNKNOWN
    groups: tuple[Group, ...] = ()
    beside_certificate_curve: tuple[Group, ...] = ()
    preference: Preference = Preference.UNKNOWN
    complete: Answer = Answer.UNKNOWN
    reason: PeerText | None = None
    connections: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DhPrime:
    """One prime of finite-field Diffie-Hellman in TLS 1.2 and below.

    `name` is where the prime is known from (`ffdhe2048`, `modp2048 (RFC 3526)`, `nginx 0.7.2 (built in)`), None for one
    of the server's own. `prime_sha256` is over the prime in big-endian bytes without leading zeros. `generator` is None
    for one of more than 32 bits (DSA parameters have such). `safe` says whether p and (p - 1) / 2 are prime. `shared`
    says that many servers have it. `answers_ffdhe` says that it came only when the hello named a group of RFC 7919.
    `publics` counts the key exchanges seen, `distinct_publics` the different server values in them: fewer mean that
    ephemeral keys are used again.
    """

    bits: int
    name: str | None
    prime_sha256: str
    generator: int | None = 2
    safe: Answer = Answer.UNKNOWN
    shared: bool = False
    answers_ffdhe: bool = False
    publics: int = 1
    distinct_publics: int = 1


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TlsGroups:
    """All groups. `dh` is empty where no finite-field suite is accepted; `dh_reason` says what else kept it so."""

    tls13: GroupSupport = dataclasses.field(metadata={"key": "TLSv1.3"}, default_factory=GroupSupport)
    tls12: GroupSupport = dataclasses.field(metadata={"key": "TLSv1.2"}, default_factory=GroupSupport)
    dh: tuple[DhPrime, ...] = ()
    dh_reason: PeerText | None = None
    post_quantum: PostQuantum = PostQuantum.UNKNOWN
    post_quantum_groups: tuple[Group, ...] = ()
