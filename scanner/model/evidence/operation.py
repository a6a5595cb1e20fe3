"""Evidence of `operation`: how the site is run, as its answers show it."""

import dataclasses
import datetime
import enum

from scanner.model.evidence.http_exchanges import Purpose
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Methods:
    """What is known of methods. Those of `allowed` are only listed by the server (Allow); they were never tried.

    `allow_at` is the place of the exchange that listed them, None where none did. `trace` says whether a TRACE request
    came back: yes with `trace_echo`, the names of the header fields in the echo that we had not sent (a proxy's, or a
    user's secrets), else why not.
    """

    allowed: tuple[PeerText, ...] = ()
    allow_at: int | None = None
    trace: Answer = Answer.UNKNOWN
    trace_at: int | None = None
    trace_reason: PeerText | None = None
    trace_echo: tuple[PeerText, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SecurityField:
    """One field of a security.txt: the name as written, the value, and the number of its line."""

    name: PeerText
    value: PeerText
    line: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SecurityTxt:
    """`/.well-known/security.txt` (RFC 9116).

    `present` is no where the path is answered with an error, or with a page that has none of the fields. `expires` is
    the one valid date of Expires. `problems` say in our words what breaks the RFC, `advice` what it only recommends.
    `signed` tells whether there is an OpenPGP cleartext signature; it is not verified.
    """

    present: Answer = Answer.UNKNOWN
    reason: PeerText | None = None
    at: int | None = None
    url: PeerText | None = None
    status: int | None = None
    media_type: PeerText | None = None
    signed: bool = False
    fields: tuple[SecurityField, ...] = ()
    expires: datetime.datetime | None = None
    problems: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()

    def values(self, name: str) -> tuple[PeerText, ...]:
        """The values of the fields with this name, compared without case."""
        return tuple(one.value for one in self.fields if one.name.lower() == name.lower())


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Robots:
    """`/robots.txt` (RFC 9309): paths that robots are asked to leave alone, and which of them name an inner area."""

    present: Answer = Answer.UNKNOWN
    reason: PeerText | None = None
    at: int | None = None
    status: int | None = None
    disallowed: tuple[PeerText, ...] = ()
    telling: tuple[PeerText, ...] = ()


class WafRole(enum.StrEnum):
    """What a sign says of its vendor's product."""

    FIREWALL = "firewall"  # a product whose work is to look at requests
    FRONT = "front"  # a network in front of the site that has a firewall among its parts


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class WafSign:
    """One sign of a product in front of the site: where it was seen (`header server`, `cookie datadome`, `page`)."""

    vendor: str
    role: WafRole
    where: PeerText
    at: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LimitSign:
    """One sign of a limit on requests: a RateLimit field, Retry-After, or status 429. `value` is as sent."""

    name: PeerText
    value: PeerText
    purpose: Purpose
    status: int
    at: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AltService:
    """One alternative service (RFC 7838): protocol id, host (empty: the same) and port, `max_age` in seconds."""

    protocol: PeerText
    host: PeerText
    port: int
    max_age: int = 86_400
    persist: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Http2:
    """Whether an exchange really went over HTTP/2. `no` means that it was offered and something else was chosen."""

    spoken: Answer = Answer.UNKNOWN
    reason: PeerText | None = None
    at: int | None = None


class Reception(enum.StrEnum):
    """How a request was received that named a host which is not the site."""

    REFUSED = "refused"  # an error status, an alert, or a closed connection
    SITE = "site"  # the site's own document
    REDIRECT_TO_SITE = "redirect-to-site"
    REDIRECT_TO_SELF = "redirect-to-self"  # to the host that the request had named
    REDIRECT_ELSEWHERE = "redirect-elsewhere"
    DEFAULT_PAGE = "default-page"  # the page that a server software shows where nothing is set up
    OTHER_PAGE = "other-page"
    UNKNOWN = "unknown"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class VirtualHost:
    """The answer to a host that the site does not have, or to the bare address.

    `asked` is the host of the request. `reflected_in` names where the answer repeats it: `Location`, `Link`,
    `Content-Location`, `Refresh`, or `a link of the page`.
    """

    reception: Reception = Reception.UNKNOWN
    reason: PeerText | None = None
    at: int | None = None
    asked: PeerText | None = None
    status: int | None = None
    location: PeerText | None = None
    title: PeerText | None = None
    reflected_in: tuple[PeerText, ...] = ()


class SiblingRelation(enum.StrEnum):
    """How the www sibling (or the name without www) relates to the site."""

    REDIRECTS_HERE = "redirects-here"
    IS_THE_SITE = "is-the-site"  # the named host redirects to it
    SAME_DOCUMENT = "same-document"
    OTHER_DOCUMENT = "other-document"
    REDIRECTS_ELSEWHERE = "redirects-elsewhere"
    ERROR = "error"  # an error status, or no answer
    ABSENT = "absent"  # the name has no address, or there is no such sibling
    UNKNOWN = "unknown"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sibling:
    """The www sibling. `hsts_here` and `hsts_there` are the Strict-Transport-Security values, None for none.

    `trusted` and `trusted_here` say whether the certificates of the sibling and of the site are.
    """

    relation: SiblingRelation = SiblingRelation.UNKNOWN
    reason: PeerText | None = None
    at: int | None = None
    url: PeerText | None = None
    status: int | None = None
    trusted: bool | None = None
    trusted_here: bool | None = None
    hsts_here: PeerText | None = None
    hsts_there: PeerText | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TcpHandshake:
    """What the TCP handshake of one connection of this scan showed, as the kernel tells it. Hints, never proof.

    Whatever stands in front (a balancer, a CDN, a middlebox) shows its own. `mss` is what the kernel sends at most in
    one segment, in bytes, options left out; `window` the window of the SYN-ACK, in bytes; `window_scale` a shift, None
    without the option. `system` is what such traits suggest, None where they suggest nothing; on the loopback always.
    """

    timestamps: bool
    sack: bool
    ecn: bool
    window_scale: int | None
    mss: int
    window: int | None = None
    loopback: bool = False
    system: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """How the site of one endpoint is run. Every `at` is a place in the exchanges of `http_exchanges`.

    `tcp` is None where the kernel tells nothing (not Linux). `alt_svc_clear` tells whether an answer says that there
    are no alternative services.
    """

    methods: Methods = dataclasses.field(default_factory=Methods)
    security_txt: SecurityTxt = dataclasses.field(default_factory=SecurityTxt)
    robots: Robots = dataclasses.field(default_factory=Robots)
    waf: tuple[WafSign, ...] = ()
    rate_limit: tuple[LimitSign, ...] = ()
    http2: Http2 = dataclasses.field(default_factory=Http2)
    alt_svc: tuple[AltService, ...] = ()
    alt_svc_clear: bool = False
    unknown_host: VirtualHost = dataclasses.field(default_factory=VirtualHost)
    bare_address: VirtualHost = dataclasses.field(default_factory=VirtualHost)
    sibling: Sibling = dataclasses.field(default_factory=Sibling)
    tcp: TcpHandshake | None = None
