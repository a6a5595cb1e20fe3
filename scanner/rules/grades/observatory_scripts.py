"""The Observatory's test of Subresource Integrity: where the document's scripts come from, and which are checked."""

from collections.abc import Iterator

from scanner.model.page import Link, Relation, Script
from scanner.rules.grades.observatory_view import HTML_TYPES, Finding, Found, Site, Untold, media_type

WEIGHT = (
    "sri-implemented-but-external-scripts-not-loaded-securely",
    "sri-not-implemented-but-external-scripts-loaded-securely",
    "sri-not-implemented-and-external-scripts-not-loaded-securely",
)
"""Faults in the scale's order: the last that is found is the result."""

_ENDS = "".join(map(chr, range(0x21)))


def subresource_integrity(site: Site) -> Finding:
    """The worst external script; without a fault, whether integrity is used."""
    essence = media_type(site.document)
    if essence and essence not in HTML_TYPES:
        return Found("sri-not-implemented-response-not-html", f"the document is {essence}")
    page = site.page
    if page is None:
        return _without_page(site, essence)
    scripts = (*page.scripts, *page.noscript_scripts)
    loaded = [(one, one.link) for one in scripts if one.link is not None and one.link.raw and one.kind != "data"]
    external = [(script, link) for script, link in loaded if _is_external(link)]
    differs = next(_differences(loaded), None)
    faults = {fault: link for script, link in external if (fault := _fault(script, link)) is not None}
    worst = next((one for one in reversed(WEIGHT) if one in faults), None)
    if worst is not None:
        return Found(worst, f"script {faults[worst].raw.strip(_ENDS)}", differs)
    if any(_checked(script) and link.secure is not False for script, link in loaded if not _is_external(link)):
        result, reason = "sri-implemented-and-all-scripts-loaded-securely", "own scripts have integrity"
    elif external:
        result, reason = "sri-implemented-and-external-scripts-loaded-securely", "external scripts have integrity"
    elif scripts:
        result = "sri-not-implemented-but-all-scripts-loaded-from-secure-origin"
        reason = "no script of another site is loaded"
    else:
        result, reason = "sri-not-implemented-but-no-scripts-loaded", "there is no script"
    return Found(result, reason, differs)


def _without_page(site: Site, essence: str) -> Finding:
    """No page: an empty document, one that no browser takes for HTML, or one that could not be parsed."""
    body = site.document.body
    if body is None or not body.size:
        return Found("sri-not-implemented-but-no-scripts-loaded", "the document is empty")
    if not essence and body.text is not None:
        return Found("sri-not-implemented-but-no-scripts-loaded", "the document names no type and is no HTML")
    return Untold(site.seen.left_out.get("page", "the document could not be parsed"))


def _is_external(link: Link) -> bool:
    """Whether the scale takes it for another site's: one without a scheme of its own always."""
    return _without_scheme(link) or link.relation is Relation.CROSS_SITE


def _without_scheme(link: Link) -> bool:
    return link.raw.strip(_ENDS).replace("\\", "/").startswith("//")


def _fault(script: Script, link: Link) -> str | None:
    secure = link.secure is True and not _without_scheme(link)
    if _checked(script):
        return None if secure else WEIGHT[0]
    return WEIGHT[1] if secure else WEIGHT[2]


def _checked(script: Script) -> bool:
    """Whether browsers check it: a value of the wrong length is checked as well, and refused."""
    return script.integrity is not None and bool(script.integrity.algorithms)


def _differences(loaded: list[tuple[Script, Link]]) -> Iterator[str]:
    """Where the reference reads a script's attributes in another way."""
    for script, link in loaded:
        if script.integrity is not None and script.integrity.raw.strip() and not _checked(script):
            yield "the reference counts an integrity value that no browser accepts"
        named = link.raw.startswith(("http://", "https://", "//"))
        if not named and link.relation is Relation.CROSS_SITE:
            yield "the reference takes this external script for a relative one"
