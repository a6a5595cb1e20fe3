"""Target kinds: what kind of thing answers at an endpoint. Rules for documents are for pages only."""

import re

from scanner.errors import Malformed
from scanner.model.evidence.http_exchanges import Exchange, HttpExchanges, Purpose
from scanner.model.target import TargetKind
from scanner.wire.media_type import essence
from scanner.wire.urls import parse_url, resolve_url

HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
"""Media types that browsers show as documents of the site."""

DOCUMENT_STATUSES = frozenset({200, 203, 206, 401, 403})
"""Statuses whose HTML is the site's own document; 401 and 403 are login walls. Others may be anybody's error page."""

EMPTY_STATUSES = frozenset({204, 205})
"""Statuses whose answers have no content (RFC 9110 sections 15.3.5 and 15.3.6)."""

_DATA_TYPE = re.compile(r"application/(?:[a-z0-9.+-]+\+)?(?:json|xml)|text/xml|application/(?:problem|vnd\.).*")
# The patterns of the MIME Sniffing standard (section 7.1) that documents really begin with.
_HTML_START = re.compile(r"\s*<(?:!--|(?:!doctype\s+html|html|head|body|title|script)\b)", re.IGNORECASE)


def target_kind(exchanges: HttpExchanges) -> tuple[TargetKind, str]:
    """The kind of what answers, and why, in words for the report."""
    hops = exchanges.of(Purpose.ENTRY)
    if not hops:
        return TargetKind.UNKNOWN, "the entry was not asked"
    last = hops[-1]
    if exchanges.block is not None:
        return TargetKind.UNKNOWN, "a challenge or block stands in front of the site"
    if exchanges.document is not None:
        return _kind_of(exchanges.document)
    if any(not (hop.own or hop.same_host) for hop in hops):
        return TargetKind.REDIRECT, "the entry redirects to another host"
    if not last.answered:
        return TargetKind.UNKNOWN, f"the entry could not be read ({last.outcome})"
    if last.location is not None:
        return _unfollowed(last)
    return _kind_of(last)


def _unfollowed(last: Exchange) -> tuple[TargetKind, str]:
    """The last hop redirects: to another host where the scan may not go, or a loop, or too many hops."""
    try:
        base = parse_url(last.url)
        away = not resolve_url(base, last.location or "").same_host(base)
    except Malformed:
        return TargetKind.UNKNOWN, "the entry redirects to something that is no http URL"
    if away:
        return TargetKind.REDIRECT, "the entry redirects to another host"
    return TargetKind.UNKNOWN, "the redirects of the entry did not end"


def _kind_of(final: Exchange) -> tuple[TargetKind, str]:
    if final.status in EMPTY_STATUSES:
        return TargetKind.API, f"an answer without content (status {final.status})"
    kind = essence(final.values("content-type"))
    if kind in HTML_TYPES or (kind is None and _looks_like_html(final)):
        if final.status in DOCUMENT_STATUSES:
            return TargetKind.PAGE, f"an HTML document with status {final.status}"
        return TargetKind.UNKNOWN, f"an HTML answer with status {final.status} may be anybody's error page"
    if kind is None:
        return TargetKind.UNKNOWN, f"the answer with status {final.status} has no media type"
    if final.status in DOCUMENT_STATUSES or _DATA_TYPE.fullmatch(kind):
        return TargetKind.API, f"the answer is {kind[:100]}, no HTML"
    return TargetKind.UNKNOWN, f"an answer with status {final.status} and no HTML"


def _looks_like_html(exchange: Exchange) -> bool:
    """Whether a body without a media type begins like HTML, as a browser's sniffing would say."""
    text = exchange.body.text if exchange.body else None
    return text is not None and _HTML_START.match(text[:2048]) is not None
