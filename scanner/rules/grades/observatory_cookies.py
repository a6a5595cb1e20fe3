"""The Observatory's test of cookies: those that browsers would hold after the visit, and the worst of them."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from scanner.model.evidence.cookies import Cookie, Refusal, SameSite
from scanner.model.evidence.http_exchanges import Purpose
from scanner.rules.grades.observatory_transport import hsts_protects
from scanner.rules.grades.observatory_view import Finding, Found, Site, Untold

IGNORED = frozenset({"heroku-session-affinity"})
"""Names that the scale passes over."""

WORST_FIRST = (
    "cookies-session-without-secure-flag",
    "cookies-session-without-httponly-flag",
    "cookies-anticsrf-without-samesite-flag",
    "cookies-samesite-flag-invalid",
    "cookies-session-without-secure-flag-but-protected-by-hsts",
    "cookies-without-secure-flag",
    "cookies-without-secure-flag-but-protected-by-hsts",
)

_SESSION = ("login", "sess")
_ANTICSRF = ("csrf", "xsrf")
# A browser refuses these too, but for the fault that the scale judges.
_JUDGED = frozenset({Refusal.SAMESITE_NONE_WITHOUT_SECURE, Refusal.PARTITIONED_WITHOUT_SECURE})
_KNOWN_SAMESITE = frozenset({"lax", "strict", "none"})


def cookies(site: Site) -> Finding:
    """The worst cookie on the way to the document."""
    if site.cookies is None:
        return Untold("the cookies were not read")
    kept, refused, deleted = _held(site)
    if not kept:
        return _none(refused, deleted)
    names = {fault: name for one in reversed(kept) for fault, name in _faults(site, one)}
    if (misspelt := _misspelt(site)) is not None:
        names.setdefault("cookies-samesite-flag-invalid", misspelt)
    worst = next((one for one in WORST_FIRST if one in names), None)
    differs = _difference(site, kept, deleted=deleted)
    if worst is not None:
        return Found(worst, f"cookie {names[worst]}", differs)
    if any(_same_site(one) is None for one in kept):
        return Found("cookies-secure-with-httponly-sessions", "not every cookie has SameSite", differs)
    return Found("cookies-secure-with-httponly-sessions-and-samesite", "every cookie has SameSite", differs)


def _difference(site: Site, kept: list[Cookie], *, deleted: bool) -> str | None:
    """What of these cookies the reference sees in another way."""
    if site.secure and any(one.purpose is Purpose.PLAIN_ENTRY for one in kept):
        return "the reference does not look at cookies that plain http sets"
    if not all(one.name for one in kept):
        return "the reference does not see cookies without a name"
    if any("xsrf" in one.name.lower() and _same_site(one) is None for one in kept):
        return "the reference does not know the name of this anti-CSRF cookie"
    return "the reference counts a deletion as a cookie" if deleted else None


def _none(refused: list[Cookie], deleted: bool) -> Found:
    reason, differs = "no cookie is set", None
    if refused:
        reason = f"browsers refuse what is set: {', '.join(sorted({one.name for one in refused}))}"
    elif deleted:
        reason, differs = "cookies are only deleted", "the reference counts a deletion as a cookie"
    return Found("cookies-not-found", reason, differs)


def _held(site: Site) -> tuple[list[Cookie], list[Cookie], bool]:
    """What a browser holds after plain http and then the way to the document, what it refused, whether it deleted."""
    jar: dict[tuple[str, str, str], Cookie] = {}
    refused, deleted = [], False
    for one in _on_the_way(site):
        place = (one.domain or one.host, one.path or _default_path(one.url), one.name)
        if set(one.refused) - _JUDGED:
            refused.append(one)
        elif one.is_deletion(site.now):
            jar.pop(place, None)
            deleted = True
        elif one.name not in IGNORED:
            jar[place] = one
    return list(jar.values()), refused, deleted


def _on_the_way(site: Site) -> Iterator[Cookie]:
    assert site.cookies is not None
    hops = {(one.purpose, one.hop) for one in site.chain}
    hops |= {(one.purpose, one.hop) for one in site.seen.of(Purpose.PLAIN_ENTRY)}
    found = [one for one in site.cookies.cookies if (one.purpose, one.hop) in hops]
    yield from sorted(found, key=lambda one: one.purpose is not Purpose.PLAIN_ENTRY)


def _default_path(url: str) -> str:
    """RFC 6265bis section 5.1.4: the directory of the URL's path."""
    return urlsplit(url).path.rpartition("/")[0] or "/"


def _faults(site: Site, one: Cookie) -> Iterator[tuple[str, str]]:
    """What is wrong with a cookie, by the scale's keys, each with the cookie's name."""
    safe = "-but-protected-by-hsts" if hsts_protects(site) else ""
    session = _named(one, _SESSION)
    if not one.secure:
        yield f"cookies-without-secure-flag{safe}", one.name
    if session and not one.secure:
        yield f"cookies-session-without-secure-flag{safe}", one.name
    if session and not one.http_only:
        yield "cookies-session-without-httponly-flag", one.name
    if _named(one, _ANTICSRF) and _same_site(one) is None:
        yield "cookies-anticsrf-without-samesite-flag", one.name
    if one.same_site is SameSite.NONE and not one.secure:
        yield "cookies-samesite-flag-invalid", one.name


def _named(one: Cookie, parts: tuple[str, ...]) -> bool:
    return any(part in one.name.lower() for part in parts)


def _same_site(one: Cookie) -> SameSite | None:
    return None if one.same_site in {SameSite.ABSENT, SameSite.INVALID} else one.same_site


def _misspelt(site: Site) -> str | None:
    """The first cookie of the document's answer, kept or not, with a SameSite attribute whose value is none."""
    assert site.cookies is not None
    at = (site.document.purpose, site.document.hop)
    for one in site.cookies.cookies:
        values = [given.value or "" for given in one.attributes if given.name.lower() == "samesite"]
        if (one.purpose, one.hop) == at and any(value.lower() not in _KNOWN_SAMESITE for value in values):
            return one.name
    return None
