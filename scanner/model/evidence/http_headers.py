"""Evidence of `http_headers`: the security headers as sent, and what browsers make of them."""

import dataclasses
import enum

from scanner.model.csp import CspPolicy
from scanner.model.evidence.http_exchanges import Purpose
from scanner.model.peer import PeerText


class HeaderState(enum.StrEnum):
    """Whether a header is there and follows its grammar."""

    ABSENT = "absent"
    VALID = "valid"
    INVALID = "invalid"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HeaderPart:
    """One member of a header that has several: a feature, directive, endpoint or policy, with its values.

    `problem` says in our words why recipients pass over this member or read it otherwise than meant.
    """

    name: PeerText
    values: tuple[PeerText, ...] = ()
    problem: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HeaderReading:
    """One header: every line of it in `raw`, in order.

    `effective` is the value that browsers act on, in canonical form; None where they act on nothing. `problem` says in
    our words what breaks the grammar; a header can be invalid and still have an effect (conflicting X-Frame-Options
    refuse all framing). `parts` are the members of headers that have several, in order.
    """

    state: HeaderState
    raw: tuple[PeerText, ...] = ()
    effective: PeerText | None = None
    problem: str | None = None
    parts: tuple[HeaderPart, ...] = ()

    def part(self, name: str) -> HeaderPart | None:
        """The first part of this name; names compare as they are kept, most in lower case."""
        return next((one for one in self.parts if one.name == name), None)


ABSENT = HeaderReading(state=HeaderState.ABSENT)
"""The reading of a header that was not sent."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HstsPolicy:
    """A valid Strict-Transport-Security value (RFC 6797 section 6.1). `max_age` is in seconds."""

    max_age: int
    include_subdomains: bool = False
    preload: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HstsAt:
    """Strict-Transport-Security on one answer.

    `secure` says whether the answer came over https; `own` whether the host is the named one or its www sibling.
    `policy` is what the first header line says (RFC 6797 section 8.1); None where there is none or `problem` says why
    it is invalid. `trusted` says whether the certificate of that connection was (browsers keep no HSTS otherwise).
    """

    purpose: Purpose
    hop: int
    url: PeerText
    host: PeerText
    secure: bool
    own: bool
    status: int
    raw: tuple[PeerText, ...] = ()
    policy: HstsPolicy | None = None
    problem: str | None = None
    trusted: bool | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class UnheededMeta:
    """A policy in a meta element that browsers do not heed: as written, and why in our words."""

    name: PeerText
    content: PeerText
    reason: str


class OriginKind(enum.StrEnum):
    """Which Origin a request carried."""

    FOREIGN = "foreign"  # https://leadline-… under a reserved name
    NULL = "null"  # what sandboxed documents send
    SUFFIX = "suffix"  # https://HOST.leadline-…: a careless comparison takes it for the host
    PREFIX = "prefix"  # https://leadline-…HOST: the same from the other side
    PLAIN = "plain"  # http://HOST: the site itself, as a man in the middle can speak for it


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CorsAnswer:
    """One question with an Origin, and what the answer says about cross-origin reading (Fetch section 3.3).

    `preflight` tells an OPTIONS request with Access-Control-Request-Method from a simple GET. `allow_origin` and
    `allow_credentials` are the values as sent (all lines joined), `methods` and `headers` the lists of a preflight,
    `vary_origin` whether Vary names Origin or is `*`. `readable` says what browsers make of it: a page at that origin
    may read the answer; `with_credentials` that it may do so with the visitor's cookies.
    """

    kind: OriginKind
    origin: PeerText
    preflight: bool
    status: int
    url: PeerText
    allow_origin: PeerText | None = None
    allow_credentials: PeerText | None = None
    methods: PeerText | None = None
    headers: PeerText | None = None
    vary_origin: bool = False
    readable: bool = False
    with_credentials: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DocumentHeaders:
    """The security headers of one answer. `headers` has the present ones by name in lower case.

    `media_type` is the essence of Content-Type in lower case, None where there is none. `csp` holds every policy that
    applies, enforced or reporting: all of them count at once, those of headers first, then those of meta elements in
    the head. `unheeded_metas` are meta elements that set a policy where browsers do not heed it, each with the reason.
    `meta_referrer` is the last known policy of meta elements with the name referrer, None where there is none.
    """

    purpose: Purpose
    hop: int
    url: PeerText
    status: int
    secure: bool
    media_type: PeerText | None = None
    headers: dict[str, HeaderReading] = dataclasses.field(default_factory=dict)
    csp: tuple[CspPolicy, ...] = ()
    unheeded_metas: tuple[UnheededMeta, ...] = ()
    meta_referrer: PeerText | None = None

    def reading(self, name: str) -> HeaderReading:
        """The reading of the header with this name in lower case; `ABSENT` where it was not sent."""
        return self.headers.get(name, ABSENT)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HttpHeaders:
    """The security headers of one endpoint.

    `final` is the document at the end of the entry's redirects, at the named host or its www sibling; where there is
    none, `no_final` says why. `missing` is the answer to a path that does not exist, `repeat` a second fetch of the
    document, `asset` a static file of the site. `cors` are the answers to requests with an Origin. `hsts` has every
    answer but those to other names than the site's. `block` names the sign of a challenge, ban or rate limit.
    """

    final: DocumentHeaders | None = None
    no_final: str | None = None
    missing: DocumentHeaders | None = None
    repeat: DocumentHeaders | None = None
    asset: DocumentHeaders | None = None
    cors: tuple[CorsAnswer, ...] = ()
    hsts: tuple[HstsAt, ...] = ()
    block: PeerText | None = None
