"""Derived knowledge: what follows from the evidence without judging it (rooms: `scanner.derive`, read by rules)."""

import dataclasses
import enum

from scanner.model.outcome import Answer
from scanner.model.target import TargetKind


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ServerGuess:
    """One software that may be answering.

    `family` is the product (`nginx`), `engine` the HTTP parser in it (`go` for Caddy); `confidence` is 0 to 1;
    `because` are the observations that speak for it, in words.
    """

    family: str
    engine: str
    confidence: float
    because: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ServerIdentity:
    """Who answers: the front, a different back end behind it (None: none seen), and the runners-up."""

    front: ServerGuess | None = None
    backend: ServerGuess | None = None
    candidates: tuple[ServerGuess, ...] = ()


class ChainProblem(enum.StrEnum):
    """Why a trust store does not accept a chain (RFC 5280 section 6): the weightiest reason of the best path."""

    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    PURPOSE = "purpose"
    NAME_CONSTRAINTS = "name-constraints"
    PATH_LENGTH = "path-length"
    NOT_A_CA = "not-a-ca"
    CRITICAL_EXTENSION = "critical-extension"
    BAD_SIGNATURE = "bad-signature"
    INCOMPLETE = "incomplete"
    UNKNOWN_ISSUER = "unknown-issuer"
    SELF_SIGNED = "self-signed"
    UNREADABLE = "unreadable"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StoreTrust:
    """Whether one trust store accepts a chain at the time of the scan.

    `problem` and, in words, `reason` say why not. `complete` says whether the server sent all the intermediates that
    the path needs. `path` is leaf to anchor as SHA-256 of the certificates, empty where there is none.
    """

    store: str
    trusted: Answer
    problem: ChainProblem | None = None
    reason: str | None = None
    complete: Answer = Answer.UNKNOWN
    path: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ChainTrust:
    """Trust of chain number `chain` in the `certificates` evidence of `endpoint`.

    `public` says whether one of the public stores (not a `--ca` file) knows the root that issued it.
    """

    endpoint: str
    chain: int
    stores: tuple[StoreTrust, ...]
    public: Answer = Answer.UNKNOWN


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class KindAt:
    """What kind of thing answers at one endpoint (None: in a recording without an address), and why we think so."""

    endpoint: str | None
    kind: TargetKind
    because: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PreloadStatus:
    """Whether the host is covered by the HSTS preload list that was given (`unknown`: no list, or one too old)."""

    covered: Answer
    entry: str | None = None
    include_subdomains: bool = False
    list_date: str | None = None


class Aspect(enum.StrEnum):
    """What is compared between the addresses of one name."""

    PROTOCOL = "protocol"
    SUITES = "suites"
    GROUPS = "groups"
    CERTIFICATE = "certificate"
    STAPLE = "staple"
    FLAW = "flaw"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AnswerAt:
    """What one address answered, in words; None where that could not be told."""

    endpoint: str
    answer: str | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AddressDifference:
    """One thing that the addresses of a name do not all answer alike: at least two known answers differ."""

    aspect: Aspect
    subject: str
    answers: tuple[AnswerAt, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """The addresses of the target beside one another.

    `compared` says of each aspect at which endpoints it was seen, `missing` at which it should have been; `unsettled`
    are `aspect: subject` of what looks alike where it is known, but is not known everywhere.
    """

    compared: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    missing: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    differences: tuple[AddressDifference, ...] = ()
    unsettled: tuple[str, ...] = ()

    def of(self, aspect: Aspect) -> tuple[AddressDifference, ...]:
        """The differences in one aspect."""
        return tuple(one for one in self.differences if one.aspect is aspect)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ClientResult:
    """What becomes of one known client that connects to `endpoint`, decided from the evidence alone.

    `client` is its id, `name` and `version` what people call it, `date` its release (year and month). `current` clients
    are those that most people use today, `reference` clients are modern ones. `connects` is about the handshake: trust
    in the certificate is not asked. `protocol`, `suite` (IANA name) with `suite_code`, and `group` with
    `group_code` are what is negotiated, None where that could not be told or where no key exchange has a group. Where
    several are possible `suites` (names) and `groups` list them. `forward_secret` is unknown where the possible suites
    differ. `reason` says why not, or what is uncertain.
    """

    endpoint: str
    client: str
    name: str
    version: str
    date: str
    current: bool = False
    reference: bool = False
    connects: Answer = Answer.UNKNOWN
    protocol: str | None = None
    suite: str | None = None
    suite_code: str | None = None
    group: str | None = None
    group_code: str | None = None
    suites: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    forward_secret: Answer = Answer.UNKNOWN
    reason: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """All derived knowledge of one target.

    `preload` is the status of the target's host, `preloaded` that of every host in the redirects of both entries.
    """

    server: ServerIdentity = dataclasses.field(default_factory=ServerIdentity)
    kinds: tuple[KindAt, ...] = ()
    trust: tuple[ChainTrust, ...] = ()
    preload: PreloadStatus = dataclasses.field(default_factory=lambda: PreloadStatus(covered=Answer.UNKNOWN))
    preloaded: dict[str, PreloadStatus] = dataclasses.field(default_factory=dict)
    clients: tuple[ClientResult, ...] = ()
    addresses: Addresses = dataclasses.field(default_factory=Addresses)

    def preload_of(self, host: str) -> PreloadStatus:
        """The preload status of a host; unknown where it was not derived."""
        return self.preloaded.get(host, PreloadStatus(covered=Answer.UNKNOWN))

    def kind_at(self, endpoint: str | None) -> TargetKind:
        """The kind of what answers at `endpoint`; UNKNOWN where nothing was seen."""
        return next((entry.kind for entry in self.kinds if entry.endpoint == endpoint), TargetKind.UNKNOWN)

    def trust_at(self, endpoint: str | None, chain: int) -> ChainTrust | None:
        """The trust of one chain, None where it was not derived."""
        return next((one for one in self.trust if one.endpoint == endpoint and one.chain == chain), None)
