"""Set-Cookie: one raw field value in, a cookie out, and whether browsers would keep it (RFC 6265bis section 5).

Rule of the file: the algorithms of the draft (draft-ietf-httpbis-rfc6265bis) step by step. What a browser ignores as a
whole but can still be read comes back with `refusals`; Malformed is for what has no name worth showing.
"""

import dataclasses
import datetime
import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from scanner.errors import Malformed
from scanner.model.evidence.cookies import CookiePrefix, Refusal, SameSite
from scanner.model.peer import PeerText, peer_text
from scanner.wire.public_suffix import registrable

MAX_SIZE = 65_536
"""Characters of one field value."""

MAX_ATTRIBUTES = 64
"""Attributes that are read; browsers know nine."""

MAX_PAIR = 4_096
"""Octets of name and value together that a browser keeps (section 5.6)."""

MAX_ATTRIBUTE = 1_024
"""Octets of an attribute's value; a longer one is ignored (section 5.6)."""

LONGEST_AGE = 10**10
"""Seconds: larger numbers are cut to this, browsers cut at 400 days."""

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_SECONDS = re.compile(r"-?[0-9]{1,1023}")
_HOST_CONDITIONS = ("Secure", "no Domain", "Path=/")
_CONDITIONS = {
    CookiePrefix.HOST_HTTP: (*_HOST_CONDITIONS, "HttpOnly"),
    CookiePrefix.HOST: _HOST_CONDITIONS,
    CookiePrefix.HTTP: ("Secure", "HttpOnly"),
    CookiePrefix.SECURE: ("Secure",),
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SetCookie:
    """A parsed Set-Cookie. `attributes` are name and value as sent, in order; of equal ones the last counts.

    `domain` and `path` are None where absent or ignored, `max_age` is in seconds, `expires` in UTC.
    """

    name: PeerText
    value: PeerText = dataclasses.field(repr=False)
    attributes: tuple[tuple[PeerText, PeerText | None], ...] = ()
    secure: bool = False
    http_only: bool = False
    partitioned: bool = False
    same_site: SameSite = SameSite.ABSENT
    domain: PeerText | None = None
    path: PeerText | None = None
    max_age: int | None = None
    expires: datetime.datetime | None = None

    @property
    def size(self) -> int:
        """Octets of name and value."""
        return len(self.name) + len(self.value)

    @property
    def prefix(self) -> CookiePrefix | None:
        """The prefix of the name that promises attributes, compared without case."""
        return _prefix_of(self.name)

    @property
    def broken(self) -> tuple[str, ...]:
        """The conditions of the prefix that are not met (section 5.7, and the layered-cookies draft for Http)."""
        met = {
            "Secure": self.secure,
            "HttpOnly": self.http_only,
            "no Domain": self.domain is None,
            "Path=/": self.path == "/",
        }
        return tuple(one for one in _CONDITIONS.get(self.prefix, ()) if not met[one]) if self.prefix else ()

    @property
    def too_long(self) -> tuple[PeerText, ...]:
        """The names of the attributes that browsers ignore because their values are too long (section 5.6)."""
        return tuple(dict.fromkeys(name for name, value in self.attributes if len(value or "") > MAX_ATTRIBUTE))

    @property
    def site_wide(self) -> bool:
        """Whether Domain is the registrable domain, so that every host of the site gets the cookie."""
        return self.domain is not None and self.domain == registrable(self.domain)

    def refusals(self, *, host: str | None, secure: bool | None) -> tuple[Refusal, ...]:
        """Why browsers ignore it when `host` sets it, over https if `secure`; empty where they keep it.

        None for either where that is not known: then nothing is said about it.
        """
        checks = (
            (Refusal.EMPTY, not self.name and not self.value),
            (Refusal.OVERSIZED, self.size > MAX_PAIR),
            (Refusal.FOREIGN_DOMAIN, host is not None and self._is_foreign(host.lower())),
            (Refusal.PUBLIC_SUFFIX, host is not None and self._is_suffix_of(host.lower())),
            (Refusal.SECURE_OVER_HTTP, self.secure and secure is False and not _is_this_machine(host or "")),
            (Refusal.SAMESITE_NONE_WITHOUT_SECURE, self.same_site is SameSite.NONE and not self.secure),
            (Refusal.PARTITIONED_WITHOUT_SECURE, self.partitioned and not self.secure),
            (Refusal.PREFIX_BROKEN, bool(self.broken)),
            (Refusal.NAMELESS_PREFIX, not self.name and _prefix_of(self.value) is not None),
        )
        return tuple(refusal for refusal, holds in checks if holds)

    def _is_foreign(self, host: str) -> bool:
        return self.domain is not None and not _domain_match(host, self.domain)

    def _is_suffix_of(self, host: str) -> bool:
        """Whether Domain is a public suffix above the host (section 5.7); the host itself counts as none."""
        above = self.domain is not None and self.domain != host and _domain_match(host, self.domain)
        return above and registrable(self.domain or "") is None


def parse_set_cookie(raw: str) -> SetCookie:
    """The cookie of one field value, latin-1 (one character an octet). Section 5.6.

    Raises Malformed for control characters, which make browsers ignore it all, and beyond the caps.
    """
    if len(raw) > MAX_SIZE:
        raise Malformed(f"longer than {MAX_SIZE} octets")
    if _CONTROL.search(raw):
        raise Malformed("control characters")
    pair, *parts = raw.split(";")
    name, equals, value = pair.partition("=")
    if not equals:  # a pair without '=' is a value without a name
        name, value = "", pair
    if len(parts) > MAX_ATTRIBUTES:
        raise Malformed(f"more than {MAX_ATTRIBUTES} attributes")
    attributes = tuple(_attribute(part) for part in parts if part.strip(" \t"))
    last = {key.lower(): given or "" for key, given in attributes if len(given or "") <= MAX_ATTRIBUTE}
    return SetCookie(
        name=peer_text(name.strip(" \t")),
        value=peer_text(value.strip(" \t")),
        attributes=attributes,
        secure="secure" in last,
        http_only="httponly" in last,
        partitioned="partitioned" in last,
        same_site=_same_site(last.get("samesite")),
        domain=_domain(last.get("domain")),
        path=_path(last.get("path")),
        max_age=_last(attributes, "max-age", _age),
        expires=_last(attributes, "expires", parse_cookie_date),
    )


def _attribute(part: str) -> tuple[PeerText, PeerText | None]:
    name, equals, value = part.partition("=")
    return peer_text(name.strip(" \t")), peer_text(value.strip(" \t")) if equals else None


_T = TypeVar("_T")


def _last(
    attributes: Sequence[tuple[PeerText, PeerText | None]], wanted: str, read: Callable[[str], _T | None]
) -> _T | None:
    """The last readable value of an attribute: unreadable ones are ignored, not kept (sections 5.6.1 and 5.6.2)."""
    values = [value for name, value in attributes if name.lower() == wanted and value and len(value) <= MAX_ATTRIBUTE]
    return next((found for value in reversed(values) if (found := read(value)) is not None), None)


def _age(value: str) -> int | None:
    """Max-Age in seconds (section 5.6.2); None where it is no number."""
    return max(-LONGEST_AGE, min(int(value), LONGEST_AGE)) if _SECONDS.fullmatch(value) else None


def _domain(value: str | None) -> PeerText | None:
    """Domain without a leading dot, in lower case (section 5.6.3); empty counts as absent."""
    return peer_text(value.removeprefix(".").lower()) or None if value else None


def _path(value: str | None) -> PeerText | None:
    """Path (section 5.6.4); one that does not begin with a slash gives way to the default path."""
    return peer_text(value) if value and value.startswith("/") else None


def _same_site(value: str | None) -> SameSite:
    if value is None:
        return SameSite.ABSENT
    known = {"strict": SameSite.STRICT, "lax": SameSite.LAX, "none": SameSite.NONE}
    return known.get(value.lower(), SameSite.INVALID)


def _prefix_of(text: str) -> CookiePrefix | None:
    """The longest prefix that `text` begins with."""
    return next((prefix for prefix in _CONDITIONS if text.lower().startswith(prefix.lower())), None)


def _is_this_machine(host: str) -> bool:
    """Whether browsers trust the host without https, and keep Secure cookies from it (Secure Contexts section 3.1)."""
    return host == "::1" or host.startswith("127.") or host == "localhost" or host.endswith(".localhost")


def _domain_match(host: str, domain: str) -> bool:
    """Section 5.1.3; an address has no subdomains."""
    is_address = ":" in host or host.replace(".", "").isdigit()
    return host == domain or (not is_address and host.endswith("." + domain))


# --- cookie-date, RFC 6265 section 5.1.1 ------------------------------------------------------------------------------

_DATE_TOKENS = re.compile(r"[^\t\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?![0-9])")
_DAY = re.compile(r"([0-9]{1,2})(?![0-9])")
_YEAR = re.compile(r"([0-9]{2,4})(?![0-9])")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def parse_cookie_date(text: str) -> datetime.datetime | None:
    """The instant that a cookie-date names, in UTC; None where browsers would fail to read it.

    Any order of time, day, month and year is read, as browsers do.
    """
    time: re.Match[str] | None = None
    day = month = year = None
    for token in _DATE_TOKENS.findall(text[:MAX_ATTRIBUTE]):
        if time is None and (found := _TIME.match(token)):
            time = found
        elif day is None and (found := _DAY.match(token)):
            day = int(found[1])
        elif month is None and token[:3].lower() in _MONTHS:
            month = _MONTHS.index(token[:3].lower()) + 1
        elif year is None and (found := _YEAR.match(token)):
            year = int(found[1])
    if time is None or day is None or month is None or year is None:
        return None
    if year < 100:
        year += 1900 if year >= 70 else 2000
    if year < 1601:
        return None
    hour, minute, second = map(int, time.groups())
    try:
        return datetime.datetime(year, month, day, hour, minute, second, tzinfo=datetime.UTC)
    except ValueError:  # a 30th of February, a 25th hour
        return None
