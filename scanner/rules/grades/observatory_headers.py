"""The Observatory's tests of single headers: X-Content-Type-Options, X-Frame-Options, Referrer-Policy."""

from scanner.rules.grades.observatory_csp import framing
from scanner.rules.grades.observatory_view import Finding, Found, Site

_PRIVATE = frozenset({"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"})
_UNSAFE = frozenset({"origin", "origin-when-cross-origin", "unsafe-url", "no-referrer-when-downgrade"})


def members(site: Site, name: str) -> list[str]:
    """The members of a header: all its lines as one list, split on commas, in lower case (Fetch section 2.2.2)."""
    return [one.strip(" \t").lower() for one in ",".join(site.document.values(name)).split(",")]


def x_content_type_options(site: Site) -> Finding:
    """The first member decides, as in browsers (Fetch section 3.6)."""
    first, *others = members(site, "x-content-type-options")
    if not first and not others:
        return Found("x-content-type-options-not-implemented", "the header is absent or empty")
    if first != "nosniff":
        return Found("x-content-type-options-header-invalid", "the first value is not nosniff")
    differs = "the reference takes a repeated value for invalid; browsers heed the first" if others else None
    return Found("x-content-type-options-nosniff", "nosniff", differs)


def x_frame_options(site: Site) -> Finding:
    """Who may frame the document: frame-ancestors of a header where there is one, else X-Frame-Options."""
    by_header = _framing_by_header(site)
    frames = framing(site)
    if frames.in_header and not frames.restricts:
        return Found(
            "x-frame-options-implemented-via-csp",
            "the scale counts any frame-ancestors, but this one lets every site frame the document",
            "nothing protects here; the key is the scale's, and the findings say so",
        )
    if frames.in_header:
        return Found("x-frame-options-implemented-via-csp", "frame-ancestors says who may frame the document")
    if frames.in_meta:
        differs = "the reference counts frame-ancestors in a meta element, which browsers ignore"
        return Found(by_header.result, f"{by_header.reason}; frame-ancestors in a meta element has no effect", differs)
    return by_header


def _framing_by_header(site: Site) -> Found:
    """X-Frame-Options as HTML section 7.5 reads it: equal values are one."""
    values = set(members(site, "x-frame-options"))
    repeated = len(members(site, "x-frame-options")) > 1
    if values == {""}:
        return Found("x-frame-options-not-implemented", "the header is absent or empty")
    if len(values) > 1:
        return Found("x-frame-options-header-invalid", "the values contradict each other")
    value = values.pop()
    if value in {"deny", "sameorigin"}:
        differs = "the reference takes repeated values for invalid; browsers take equal ones for one"
        return Found("x-frame-options-sameorigin-or-deny", value.upper(), differs if repeated else None)
    if value.startswith("allow-from"):
        return Found("x-frame-options-allow-from-origin", "ALLOW-FROM: no current browser heeds it")
    return Found("x-frame-options-header-invalid", "neither DENY nor SAMEORIGIN")


def referrer_policy(site: Site) -> Finding:
    """The last known value of the header and of meta elements behind it."""
    values = [one for line in site.document.values("referrer-policy") for one in line.lower().split(",")]
    metas = site.page.metas_of("referrer", http_equiv=False) if site.page and site.is_html else ()
    sent = bool(site.document.values("referrer-policy"))
    values += [one for meta in metas if meta.content for one in meta.content.lower().split(",")]
    said = [one for value in values if (one := value.strip(" \t\r\n"))]
    known = [one for one in said if one in _PRIVATE or one in _UNSAFE]
    if known:
        safe = known[-1] in _PRIVATE
        return Found("referrer-policy-private" if safe else "referrer-policy-unsafe", known[-1])
    if said:
        return Found("referrer-policy-header-invalid", "no value that the scale knows")
    differs = "the reference calls an empty value invalid; it means the browser's default" if sent else None
    return Found("referrer-policy-not-implemented", "no policy: the browser's default applies", differs)
