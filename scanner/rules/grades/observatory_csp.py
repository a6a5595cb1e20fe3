"""The Observatory's test of the Content-Security-Policy: the scale's order of questions, asked of all policies at once.

Several policies are all in force (CSP3 section 8.1): something is allowed only where every one of them allows it.
"""

import dataclasses
from collections.abc import Iterator

from scanner.rules.grades.observatory_csp_policy import Policy, Unreadable, read_policy
from scanner.rules.grades.observatory_view import Finding, Found, Site, Untold

_KEY = "csp-implemented"
PASSIVE = ("img-src", "media-src")
BROAD = frozenset({"ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"})
"""Sources that let in whole schemes or the whole web."""

_ANY_SITE = frozenset({"*", "http:", "http://*"})
"""Sources of frame-ancestors that match every site: http: matches https as well (CSP3 section 6.7.2.8)."""

_NOTHING = frozenset({"'none'"})
_INLINE = frozenset({"'unsafe-inline'", "data:"})


@dataclasses.dataclass(frozen=True, slots=True)
class Framing:
    """What frame-ancestors says: in a header that could be read, in a meta element, and whether it restricts."""

    in_header: bool = False
    in_meta: bool = False
    restricts: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class _Policies:
    header: tuple[Policy, ...]
    meta: tuple[Policy, ...]

    @property
    def all(self) -> tuple[Policy, ...]:
        return (*self.header, *self.meta)


def content_security_policy(site: Site) -> Finding:
    """What the policies of the document allow, the worst first."""
    if site.is_html and site.page is None and site.document.body is not None and site.document.body.size:
        return Untold("the document could not be parsed, so its meta elements are not known")
    try:
        found = _read(site)
    except Unreadable as why:
        return Found("csp-header-invalid", str(why))
    policies = [one for one in found.all if one.directives]
    if not policies:
        return _none(site)
    differs = _difference(site)
    if all(one.has_idle_strict_dynamic for one in policies):
        reason = "'strict-dynamic' without a nonce or hash lets no script run: valid, but no policy that works"
        return Found("csp-header-invalid", reason, differs)
    result, reason = _judged(policies, secure=site.secure)
    if result in _PASSED and any(one.repeats_reporting for one in policies):
        result, reason = f"{_KEY}-but-duplicate-directives", "report-uri or report-to stands there twice"
    return Found(result, reason, differs)


def _judged(policies: list[Policy], *, secure: bool) -> tuple[str, str]:
    """The first question that is answered with yes."""
    script, style, objects = (
        [one.sources(name) for one in policies] for name in ("script-src", "style-src", "object-src")
    )
    active = {name for one in policies for name in one.directives if name not in PASSIVE}
    questions = (
        (_all_hold(script, BROAD | _INLINE), "unsafe-inline", "any inline script may run, or scripts of any host"),
        (_all_hold(objects, BROAD), "unsafe-inline", "plugins of any host may run"),
        (secure and _lets_plain_in(policies, active), "insecure-scheme", "content over plain http may act"),
        (_all_hold(script, {"'unsafe-eval'"}, named=True), "unsafe-eval", "text may be run as script"),
        (_all_hold(style, {"'unsafe-eval'"}, named=True), "unsafe-eval", "text may be run"),
        (secure and _lets_plain_in(policies, set(PASSIVE)), _PASSIVE_KEY, "images or media may come over plain http"),
        (_all_hold(style, BROAD | _INLINE), "unsafe-inline-in-style-src-only", "any inline style may apply"),
    )
    for holds, name, reason in questions:
        if holds:
            return f"{_KEY}-with-{name}", reason
    if _leaves_nothing([one.directives.get("default-src") for one in policies]):
        return f"{_KEY}-with-no-unsafe-default-src-none", "default-src is 'none', nothing unsafe is allowed"
    return f"{_KEY}-with-no-unsafe", "nothing unsafe is allowed"


def _leaves_nothing(lists: list[frozenset[str] | None]) -> bool:
    """Whether default-src is `'none'` in one policy, or those of all policies have no source in common."""
    if _NOTHING in lists:
        return True
    named = [one for one in lists if one is not None]
    plain = all(not one & BROAD and not any("*" in source for source in one) for one in named)
    return plain and len(named) == len(lists) > 1 and not frozenset.intersection(*named)


_PASSIVE_KEY = "insecure-scheme-in-passive-content-only"
_PASSED = frozenset(
    f"{_KEY}-with-{one}"
    for one in ("no-unsafe-default-src-none", "no-unsafe", "unsafe-inline-in-style-src-only", _PASSIVE_KEY)
)


def _all_hold(lists: list[frozenset[str] | None], wanted: frozenset[str] | set[str], *, named: bool = False) -> bool:
    """Whether every policy lets one of the `wanted` sources in; no list at all lets everything in.

    With `named` one of them has to say so itself.
    """
    said = [bool(one & wanted) for one in lists if one is not None]
    return all(said) and bool(said or not named)


def _lets_plain_in(policies: list[Policy], names: set[str]) -> bool:
    """Whether sources of http or ftp are let in by every policy for one of these directives, and named by one."""
    for name in names:
        lists = [sources for one in policies if (sources := one.sources(name)) is not None]
        plain = [any(_is_plain(source) for source in sources) for sources in lists]
        if any(plain) and all(ok or "*" in sources for ok, sources in zip(plain, lists, strict=True)):
            return True
    return False


def _is_plain(source: str) -> bool:
    return source.startswith(("http:", "ftp:"))


def _none(site: Site) -> Found:
    if any(site.document.values("content-security-policy-report-only")):
        reason = "a policy only reports, none is enforced"
        return Found("csp-not-implemented-but-reporting-enabled", reason, _difference(site))
    return Found("csp-not-implemented", "no policy is enforced", _difference(site))


def _difference(site: Site) -> str | None:
    """Where the reference reads the policies in another way than browsers."""
    headers = [one for line in site.document.values("content-security-policy") for one in line.split(",")]
    page = site.page if site.is_html else None
    metas = () if page is None else page.metas_of("content-security-policy", http_equiv=True)
    if len(headers) + sum(one.in_head and bool(one.content) for one in metas) > 1:
        return "the reference merges several policies into one; browsers enforce each"
    if page is None:
        return None
    if any(not one.in_head and one.content for one in metas):
        return "the reference counts meta elements outside the head, browsers do not"
    if any(one.http_equiv and one.name == "content-security-policy" for one in page.noscript_metas):
        return "the reference counts meta elements in noscript, browsers that run scripts do not"
    return None


def framing(site: Site) -> Framing:
    """Who may frame the document by frame-ancestors; nothing where the policies could not be read."""
    try:
        found = _read(site)
    except Unreadable:
        return Framing()
    lists = [one.directives["frame-ancestors"] for one in found.header if "frame-ancestors" in one.directives]
    in_meta = any("frame-ancestors" in one.dropped for one in found.meta)
    return Framing(bool(lists), in_meta, any(not one & _ANY_SITE for one in lists))


def _read(site: Site) -> _Policies:
    """The policies of headers and of meta elements in the head. Raises `Unreadable`."""
    header = tuple(read_policy(one) for one in _split(site.document.values("content-security-policy")))
    metas = site.page.metas_of("content-security-policy", http_equiv=True) if site.page and site.is_html else ()
    texts = tuple(one.content for one in metas if one.in_head and one.content)
    return _Policies(header, tuple(read_policy(one, in_meta=True) for one in _split(texts)))


def _split(values: tuple[str, ...]) -> Iterator[str]:
    """The policies of these values: a comma begins a new one (CSP3 section 2.2.1). Raises `Unreadable`.

    Browsers skip an empty member; the scale takes it, like all that is too short, for a mistake to be noticed.
    """
    for value in values:
        parts = [one.strip() for one in value.split(",")]
        if len(parts) > 1 and not all(parts):
            raise Unreadable("an empty member in a list of policies: browsers skip it, and the scale wants it noticed")
        yield from parts
