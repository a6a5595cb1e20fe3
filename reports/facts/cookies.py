"""Facts of `cookies`: each cookie once, with where it goes, how long it stays, what it holds, and where it was set."""

from collections.abc import Iterator

from reports.facts.purposes import PURPOSES
from reports.facts.reading import as_list, as_text, at, day, plural
from reports.facts.sheet import Sheet, listed, make_sheet, word
from reports.wording import several

_COLUMNS = ("Cookie", "For", "Attributes", "Sent to", "Kept", "Holds", "Set by", "Refused by browsers")
_KINDS = {
    "session": "a session",
    "csrf": "against forged requests",
    "affinity": "a load balancer",
    "bot": "bot detection",
    "other": "",
}
_SAME_SITE = {"strict": "SameSite=Strict", "lax": "SameSite=Lax", "none": "SameSite=None", "invalid": "SameSite=?"}
_HOLDINGS = {
    "jwt": "a JSON Web Token",
    "jwt-unsigned": "a JSON Web Token without a signature",
    "jwt-without-expiry": "no expiry in it",
    "pool-member": "the address of a back end",
    "address": "an IPv4 address",
    "php-serialized": "a serialized PHP value",
    "java-serialized": "a serialized Java object",
    "net-binary": "a serialized .NET object",
    "net-viewstate": "an ASP.NET view state",
    "python-pickle": "a pickled Python object",
    "email": "an e-mail address",
}
_MOST_PLACES = 2
_SPANS = ((365 * 86400, "year"), (86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def cookie_sheets(evidence: object) -> Iterator[Sheet]:
    """A row a cookie: those that several answers set alike share one. Values are not in the evidence."""
    if not isinstance(at(evidence, "cookies"), list):
        return
    places: dict[tuple[str, ...], dict[str, None]] = {}
    refusals: dict[tuple[str, ...], str] = {}
    for one in as_list(at(evidence, "cookies")):
        row = _row(one)
        places.setdefault(row, {})[word(PURPOSES, at(one, "purpose"))] = None
        refusals[row] = listed(at(one, "refused"))
    rows = ((*row, several(where, _MOST_PLACES, "; "), refusals[row]) for row, where in places.items())
    yield make_sheet("", _COLUMNS, rows)
    skipped = at(evidence, "skipped")
    if isinstance(skipped, int) and skipped > 0:
        yield Sheet(title=f"{plural(skipped, 'more cookie')} beyond what is read", columns=(), rows=())


def _row(cookie: object) -> tuple[str, ...]:
    return (
        as_text(at(cookie, "name")),
        ", ".join(filter(None, (word(_KINDS, at(cookie, "kind")), as_text(at(cookie, "maker"))))),
        ", ".join(_attributes(cookie)) or "none of those that protect",
        _goes_to(cookie),
        lifetime(cookie),
        _holds(at(cookie, "value")),
    )


def _attributes(cookie: object) -> Iterator[str]:
    """The attributes that protect, as they are read."""
    for key, name in (("secure", "Secure"), ("http_only", "HttpOnly"), ("partitioned", "Partitioned")):
        if at(cookie, key) is True:
            yield name
    same_site = _SAME_SITE.get(as_text(at(cookie, "same_site")))
    if same_site:
        yield same_site


def _goes_to(cookie: object) -> str:
    """`this host`, or the domain and all below it; a path beside it where it is not the whole host."""
    domain, path = as_text(at(cookie, "domain")), as_text(at(cookie, "path"))
    hosts = f"{domain} and below" if domain else "this host"
    return f"{hosts}, {path}" if path not in {"", "/"} else hosts


def lifetime(cookie: object) -> str:
    """`2 years`, `until 2027-12-31`, or `for the session`; `deleted at once` where nothing stays."""
    seconds = at(cookie, "max_age")
    if isinstance(seconds, int):
        if seconds <= 0:
            return "deleted at once"
        unit, name = next((unit, name) for unit, name in _SPANS if seconds >= unit)
        return plural(seconds // unit, name)
    expires = day(at(cookie, "expires"))
    return f"until {expires}" if expires else "for the session"


def _holds(value: object) -> str:
    forms = [word(_HOLDINGS, one) for one in as_list(at(value, "holds"))]
    internal = listed(at(value, "internal"))
    return ", ".join(filter(None, (*forms, internal)))
