"""Signs of a block: by what an answer shows that it is a challenge, a ban or a rate limit, and not the site."""

from scanner.model.evidence.http_exchanges import Exchange
from scanner.model.peer import PeerText, peer_text

_FIELDS = ("cf-mitigated", "x-amzn-waf-action", "x-vercel-mitigated", "x-sucuri-block")
"""Fields that the front sends only when it stands in the way, whatever the status."""

_REFUSALS = frozenset({403, 405, 429, 503})
"""Statuses of challenge pages; the markers below also occur on pages that are the site's own."""

_REFUSAL_FIELDS = ("x-datadome", "x-dd-b", "x-px-block")

_MARKERS = {
    "<title>Just a moment...</title>": "Cloudflare's challenge page",
    "/cdn-cgi/challenge-platform/": "Cloudflare's challenge page",
    "_Incapsula_Resource": "Imperva's challenge page",
    "/_sec/cp_challenge/": "Akamai's challenge page",
    "<title>DDoS-Guard</title>": "DDoS-Guard's challenge page",
    "awswaf.com/": "the challenge page of AWS WAF",
}
"""Pieces of challenge pages, and whose they are."""

_BODY_CHARACTERS = 64 * 1024
"""How much of a page is searched."""


def block_sign(exchange: Exchange) -> PeerText | None:
    """The sign by which this answer is recognised as a block; None where there is none."""
    for name in _FIELDS:
        if values := exchange.values(name):
            return peer_text(f"{name}: {values[0]}", limit=200)
    if exchange.status == 429:  # RFC 6585 section 4
        return peer_text("status 429")
    if exchange.status not in _REFUSALS:
        return None
    for name in _REFUSAL_FIELDS:
        if exchange.values(name):
            return peer_text(f"{name} with status {exchange.status}")
    text = (exchange.body.text if exchange.body else None) or ""
    found = next((whose for marker, whose in _MARKERS.items() if marker in text[:_BODY_CHARACTERS]), None)
    return None if found is None else peer_text(f"{found} with status {exchange.status}")
