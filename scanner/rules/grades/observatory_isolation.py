"""The Observatory's tests of who may reach the site from other origins: COOP, COEP, CORP and CORS."""

import re
from collections.abc import Mapping

from scanner.model.evidence.http_exchanges import Exchange, Purpose
from scanner.rules.grades.observatory_view import Finding, Found, Site, Untold, turned_down

_WORD = r"[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*"
_BARE = rf"""(?:{_WORD}|"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"|-?[0-9]+(?:\.[0-9]+)?|:[A-Za-z0-9+/=]*:|\?[01])"""
_ITEM = re.compile(rf"({_WORD})(?:; *[a-z*][a-z0-9_\-.*]*(?:={_BARE})?)*")
"""A structured-field item that is a token, with parameters (RFC 9651 section 3.3)."""

OPENER: Mapping[str, str] = {
    name: f"coop-implemented-with-{name}"
    for name in ("same-origin", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none")
}
EMBEDDER: Mapping[str, str] = {
    name: f"coep-implemented-with-{name}" for name in ("require-corp", "credentialless", "unsafe-none")
}
RESOURCE: Mapping[str, str] = {
    name: f"corp-implemented-with-{name}" for name in ("same-origin", "same-site", "cross-origin")
}
CORS = "cross-origin-resource-sharing"


def cross_origin_opener_policy(site: Site) -> Finding:
    """COOP: one token, compared with case (HTML section 7.1.3)."""
    return _isolation(site, "cross-origin-opener-policy", "coop", OPENER)


def cross_origin_embedder_policy(site: Site) -> Finding:
    """COEP: one token, compared with case (HTML section 7.1.4)."""
    return _isolation(site, "cross-origin-embedder-policy", "coep", EMBEDDER)


def _isolation(site: Site, header: str, short: str, known: Mapping[str, str]) -> Found:
    value = ",".join(site.document.values(header)).strip(" \t")
    if not value:
        return Found(f"{short}-not-implemented", "the header is absent or empty")
    item = _ITEM.fullmatch(value)
    if item is None or item[1] not in known:
        return Found(f"{short}-header-invalid", "browsers know no such value and act as if it were absent")
    return Found(known[item[1]], item[1])


def cross_origin_resource_policy(site: Site) -> Finding:
    """CORP: exactly one of three words, compared with case (Fetch section 3.7)."""
    value = ", ".join(site.document.values("cross-origin-resource-policy")).strip(" \t")
    if not value:
        return Found("corp-not-implemented", "the header is absent or empty")
    if value in RESOURCE:
        return Found(RESOURCE[value], value)
    differs = "the reference ignores case; browsers do not" if value.lower() in RESOURCE else None
    return Found("corp-header-invalid", "browsers know no such value and act as if it were absent", differs)


def cross_origin_resource_sharing(site: Site) -> Finding:
    """What a preflight from a foreign origin was answered."""
    if site.away:
        reason = "no preflight was sent: the document is at another site"
        return Found(f"{CORS}-not-implemented", reason, "the reference asks the other site, we do not")
    asked = next(iter(site.seen.of(Purpose.PREFLIGHT)), None)
    if asked is None:
        return Untold(site.seen.left_out.get(Purpose.PREFLIGHT, "no preflight was sent"))
    if turned_down(asked):
        return Found(f"{CORS}-not-implemented", "the preflight was not answered")
    if not asked.answered:
        return Untold(f"the preflight was not answered ({asked.outcome})")
    if not 200 <= (asked.status or 0) < 300:
        return Found(f"{CORS}-not-implemented", f"the preflight was refused (status {asked.status})")
    return _sharing(asked)


def _sharing(asked: Exchange) -> Finding:
    allowed = ", ".join(asked.values("access-control-allow-origin")).strip(" \t")
    if not allowed:
        return Found(f"{CORS}-not-implemented", "no origin is allowed")
    if allowed == "*":
        return Found(f"{CORS}-implemented-with-public-access", "every origin may read, without credentials")
    origin = next((one.value for one in asked.sent if one.name.lower() == "origin"), None)
    if origin is None:
        return Untold("which Origin the preflight had is not known")
    credentials = ", ".join(asked.values("access-control-allow-credentials")).strip(" \t")
    if allowed == origin and credentials == "true":
        return Found(f"{CORS}-implemented-with-universal-access", "a foreign origin may read with credentials")
    differs = "the reference takes any spelling of true; browsers only the lower case"
    misspelt = allowed == origin and credentials.lower() == "true"
    reason = "the answer names an origin, but gives no foreign one credentials"
    return Found(f"{CORS}-implemented-with-restricted-access", reason, differs if misspelt else None)
