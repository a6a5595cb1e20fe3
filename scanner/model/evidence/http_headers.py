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
class HeaderReading:
    """One header: every line of it in `raw`, in order.

    `effective` is the value that browsers act on, in canonical form; None where they act on nothing. `problem` says in
    our words what breaks the grammar; a header can be invalid and still have an effect (conflicting X-Frame-Options
    refuse all framing).
    """

    state: HeaderState
    raw: tuple[PeerText, ...] = ()
    effective: PeerText | None = None
    problem: str | None = None


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
    it is invalid.
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


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DocumentHeaders:
    """The security headers of one answer. `headers` has the present ones by name in lower case.

    `media_type` is the essence of Content-Type in lower case, None where there is none. `csp` holds every policy that
    applies, enforced or reporting: all of them count at once. `meta_hints` names what seems to be in meta elements of
    the part of the body that was read: `content-security-policy`, `referrer`.
    """

    purpose: Purpose
    hop: int
    url: PeerText
    status: int
    secure: bool
    media_type: PeerText | None = None
    headers: dict[str, HeaderReading] = dataclasses.field(default_factory=dict)
    csp: tuple[CspPolicy, ...] = ()
    meta_hints: tuple[str, ...] = ()

    def reading(self, name: str) -> HeaderReading:
        """The reading of the header with this name in lower case; `ABSENT` where it was not sent."""
        return self.headers.get(name, ABSENT)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HttpHeaders:
    """The security headers of one endpoint.

    `final` is the document at the end of the entry's redirects, as long as it is at the named host; where there is
    none, `no_final` says why. `missing` is the answer to a path that does not exist. `hsts` has every answer of both
    entries and the missing path. `block` names the sign of a challenge, ban or rate limit.
    """

    final: DocumentHeaders | None = None
    no_final: str | None = None
    missing: DocumentHeaders | None = None
    hsts: tuple[HstsAt, ...] = ()
    block: PeerText | None = None
