"""Evidence of `cookies`: every Set-Cookie of every answer, read as RFC 6265bis says. No value is kept."""

import dataclasses
import datetime
import enum

from scanner.model.evidence.http_exchanges import Purpose
from scanner.model.peer import PeerText


class CookieKind(enum.StrEnum):
    """What a cookie is for, judged by its name."""

    SESSION = "session"
    CSRF = "csrf"
    AFFINITY = "affinity"  # keeps a visitor on one back end of a load balancer
    BOT = "bot"  # bot detection and web application firewalls
    OTHER = "other"


class SameSite(enum.StrEnum):
    """The SameSite attribute as browsers read it; an unknown value counts as absent."""

    STRICT = "strict"
    LAX = "lax"
    NONE = "none"
    ABSENT = "absent"
    INVALID = "invalid"


class CookiePrefix(enum.StrEnum):
    """Name prefixes that promise attributes; browsers compare them without case."""

    SECURE = "__Secure-"
    HOST = "__Host-"
    HTTP = "__Http-"
    HOST_HTTP = "__Host-Http-"


class Refusal(enum.StrEnum):
    """Why a browser ignores a cookie (RFC 6265bis sections 5.6 and 5.7)."""

    MALFORMED = "malformed"  # control characters, or beyond our own caps
    EMPTY = "empty"  # neither name nor value
    OVERSIZED = "oversized"  # name and value over 4096 octets
    FOREIGN_DOMAIN = "foreign-domain"  # Domain does not cover the host
    SECURE_OVER_HTTP = "secure-over-http"  # Secure, but set by plain http
    SAMESITE_NONE_WITHOUT_SECURE = "samesite-none-without-secure"
    PARTITIONED_WITHOUT_SECURE = "partitioned-without-secure"
    PUBLIC_SUFFIX = "public-suffix"  # Domain is a public suffix: every site below it would get the cookie
    PREFIX_BROKEN = "prefix-broken"  # the conditions of the name's prefix are not met
    NAMELESS_PREFIX = "nameless-prefix"  # no name, and a value that begins like a prefix


class Holding(enum.StrEnum):
    """A form that was recognised in a value."""

    JWT = "jwt"  # a JSON Web Token
    JWT_UNSIGNED = "jwt-unsigned"  # its algorithm is none: anybody can write one
    JWT_WITHOUT_EXPIRY = "jwt-without-expiry"  # it has no exp claim
    POOL_MEMBER = "pool-member"  # address and port of a BIG-IP pool member
    ADDRESS = "address"  # an IPv4 address and nothing else
    PHP_SERIALIZED = "php-serialized"
    JAVA_SERIALIZED = "java-serialized"
    NET_BINARY = "net-binary"  # .NET's BinaryFormatter
    NET_VIEWSTATE = "net-viewstate"
    PYTHON_PICKLE = "python-pickle"
    EMAIL = "email"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ValueShape:
    """What is kept of a value, which may be a secret: its length in octets, the first 32 bits of its SHA-256 in
    hexadecimal (tells two values apart; of a short one it would confirm a guess), and which kind of characters it has.

    `holds` are the forms that were recognised in it, `internal` the addresses of private networks that it gives away,
    decoded, with their ports where told.
    """

    length: int
    sha256_prefix: str
    characters: str
    holds: tuple[Holding, ...] = ()
    internal: tuple[PeerText, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CookieAttribute:
    """One attribute as sent. The value of an attribute that no standard knows is not kept: it may be a secret."""

    name: PeerText
    value: PeerText | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """One Set-Cookie field.

    `secure_origin` says whether it came over https; None where nobody knows the URL that it came from. `domain` is the
    Domain attribute without a leading dot, `path` the Path attribute, both None where absent or ignored. `max_age` is
    in seconds. `size` counts the octets of name and value. `broken` are the conditions of `prefix` that are not met,
    `too_long` the attributes that browsers ignore for the length of their value. `site_wide` says that `domain` is the
    registrable domain, so that the cookie goes to every host of the site. `maker` names the software known for the
    name.
    """

    purpose: Purpose
    hop: int
    url: PeerText
    host: PeerText
    secure_origin: bool | None
    name: PeerText
    value: ValueShape
    attributes: tuple[CookieAttribute, ...] = ()
    secure: bool = False
    http_only: bool = False
    partitioned: bool = False
    same_site: SameSite = SameSite.ABSENT
    domain: PeerText | None = None
    path: PeerText | None = None
    max_age: int | None = None
    expires: datetime.datetime | None = None
    size: int = 0
    prefix: CookiePrefix | None = None
    broken: tuple[str, ...] = ()
    too_long: tuple[PeerText, ...] = ()
    site_wide: bool = False
    refused: tuple[Refusal, ...] = ()
    kind: CookieKind = CookieKind.OTHER
    maker: str | None = None

    def is_deletion(self, now: datetime.datetime) -> bool:
        """Whether it only removes a cookie: Max-Age of zero or less, else Expires that has passed at `now`."""
        if self.max_age is not None:
            return self.max_age <= 0
        return self.expires is not None and self.expires <= now

    def lifetime(self, now: datetime.datetime) -> int | None:
        """Seconds that it is to be kept from `now` on, zero or less for a deletion; None for the browser's session."""
        if self.max_age is not None:
            return self.max_age
        return None if self.expires is None else int((self.expires - now).total_seconds())


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cookies:
    """All cookies of the answers of the named host and its www sibling, in order.

    `skipped` counts those beyond the cap, `names` the distinct names of all of them.
    """

    cookies: tuple[Cookie, ...] = ()
    skipped: int = 0
    names: int = 0
