"""Other names out of the exchanges: the answer to an unknown Host, to the bare address, and the www sibling.

Rule of the file: two pages are the same where their bytes are, or nearly all of their words; what could not be compared
is unknown.
"""

import dataclasses
import re

from probes.block_signs import block_sign
from scanner.errors import Malformed
from scanner.model.evidence.http_exchanges import Exchange, HttpExchanges, Purpose
from scanner.model.evidence.operation import Reception, Sibling, SiblingRelation, VirtualHost
from scanner.model.outcome import Outcome
from scanner.model.peer import PeerText, peer_text
from scanner.model.target import Target
from scanner.wire.error_pages import likeness, normalise, shingles
from scanner.wire.urls import HttpUrl, parse_url, resolve_url

COMPARED_CHARACTERS = 32 * 1024
"""How much of two pages is compared."""

ALIKE = 0.85
"""The likeness of two pages from which on they are the same; nonces and dates are a few words of a page."""

_TITLE = re.compile(r"<title[^>]{0,200}>\s*([^<]{0,200})", re.IGNORECASE)
_DEFAULT_TITLES = re.compile(
    r"welcome to (?:nginx|openresty|caddy|centos|tengine|angie)|apache2? \S{0,20} ?default page|apache http server test"
    r"|http server test page|test page for the|iis windows|^iis\d|internet information services|caddy works"
    r"|domain default page|default web site page|apache tomcat/|default backend|^it works!?$|plesk",
    re.IGNORECASE,
)
"""Titles of the pages that server software shows where nothing is set up."""

_REFUSING = frozenset({Outcome.CLOSED, Outcome.RESET, Outcome.TLS_ALERT, Outcome.REFUSED})
_REFLECTING = ("Location", "Content-Location", "Link", "Refresh")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the other names are compared with: the target, the first answer of the entry, and the document."""

    target: Target
    entry: Exchange | None
    document: Exchange | None

    @classmethod
    def of(cls, seen: HttpExchanges, target: Target) -> "Site":
        """The site as the exchanges show it."""
        answered = (one for one in seen.of(Purpose.ENTRY) if one.answered)
        return cls(target=target, entry=next(answered, None), document=seen.document or seen.final)

    def is_own(self, host: str) -> bool:
        """Whether a host is the named one or its www sibling."""
        return host.removeprefix("www.") == self.target.host.removeprefix("www.")


def read_virtual_host(seen: HttpExchanges, purpose: Purpose, site: Site) -> VirtualHost:
    """How a request under another name was received."""
    at = next((place for place, one in enumerate(seen.exchanges) if one.purpose is purpose), None)
    if at is None:
        return VirtualHost(reason=peer_text(seen.left_out.get(purpose, "it was not asked"), limit=200))
    one = seen.exchanges[at]
    asked = asked_of(one)
    reception, reason = _reception(one, asked, site)
    reflected = _reflections(one, asked) if purpose is Purpose.UNKNOWN_HOST else ()
    return VirtualHost(
        reception=reception,
        reason=None if reason is None else peer_text(reason, limit=200),
        at=at,
        asked=peer_text(asked, limit=255),
        status=one.status,
        location=None if one.location is None else peer_text(one.location, limit=500),
        title=_title(one),
        reflected_in=reflected,
    )


def asked_of(one: Exchange) -> str:
    """The host that the request named."""
    named = next((field.value for field in one.sent if field.name.lower() == "host"), None)
    if named is not None:
        return named.rpartition(":")[0] if re.search(r":\d+$", named) else named
    try:
        return parse_url(one.url).host
    except Malformed:
        return ""


def _reception(one: Exchange, asked: str, site: Site) -> tuple[Reception, str | None]:
    if not one.answered:
        if one.outcome in _REFUSING:
            return Reception.REFUSED, str(one.outcome)
        return Reception.UNKNOWN, f"no answer ({one.outcome})"
    if (sign := block_sign(one)) is not None:
        return Reception.UNKNOWN, f"something else answered: {sign}"
    status = one.status or 0
    if status >= 500:
        return Reception.UNKNOWN, f"status {status}"
    if status >= 400:
        return _turned_down(one, site)
    if one.location is not None:
        return _redirected(one, asked, site), None
    if status in _REDIRECTS:
        return Reception.UNKNOWN, f"status {status} without a Location"
    if (title := _title(one)) and _DEFAULT_TITLES.search(title):
        return Reception.DEFAULT_PAGE, None
    same = None if site.document is None else same_page(one, site.document)
    if same is None:
        return Reception.UNKNOWN, "there is no page to compare with"
    return (Reception.SITE if same else Reception.OTHER_PAGE), None


def _turned_down(one: Exchange, site: Site) -> tuple[Reception, str | None]:
    """An error status refuses, unless it is what the site itself answers."""
    document = site.document
    if document is not None and document.status == one.status and same_page(one, document) is not False:
        return Reception.UNKNOWN, f"status {one.status}, as the site itself answers"
    return Reception.REFUSED, f"status {one.status}"


def _redirected(one: Exchange, asked: str, site: Site) -> Reception:
    to = _leads_to(one)
    if to is None:
        return Reception.REDIRECT_ELSEWHERE
    if site.is_own(to.host):
        return Reception.REDIRECT_TO_SITE
    if to.host == asked.lower():
        return Reception.REDIRECT_TO_SELF
    entry = None if site.entry is None or site.entry.location is None else _leads_to(site.entry)
    same = entry is not None and entry.host == to.host
    return Reception.REDIRECT_TO_SITE if same else Reception.REDIRECT_ELSEWHERE


def _leads_to(one: Exchange) -> HttpUrl | None:
    try:
        return resolve_url(parse_url(one.url), one.location or "")
    except Malformed:
        return None


def _title(one: Exchange) -> PeerText | None:
    text = (one.body.text if one.body else None) or ""
    match = _TITLE.search(text[:COMPARED_CHARACTERS])
    return peer_text(match[1].strip(), limit=200) if match else None


def _reflections(one: Exchange, asked: str) -> tuple[PeerText, ...]:
    """Where the answer repeats the host of the request as a place to go."""
    if not one.answered or not asked:
        return ()
    host = re.escape(asked)
    link = re.compile(rf"(?:^|[/@.]){host}(?![\w.-])", re.IGNORECASE)
    found = [name for name in _REFLECTING if any(link.search(value) for value in one.values(name))]
    text = ((one.body.text if one.body else None) or "")[:COMPARED_CHARACTERS]
    in_page = re.compile(rf"""=\s{{0,4}}["']?(?:https?:)?//{host}(?![\w.-])""", re.IGNORECASE)
    # The page of a redirect repeats the Location for people.
    if one.location is None and in_page.search(text):
        found.append("a link of the page")
    return tuple(peer_text(name) for name in found)


def same_page(one: Exchange, other: Exchange) -> bool | None:
    """Whether two answers show the same page, each with its own host; None where one has nothing to compare."""
    if one.body is None or other.body is None:
        return None
    if one.body.size and one.body.sha256 and one.body.sha256 == other.body.sha256:
        return True
    if one.body.text is None or other.body.text is None:
        return None
    first = normalise(one.body.text[:COMPARED_CHARACTERS], asked_of(one))
    second = normalise(other.body.text[:COMPARED_CHARACTERS], asked_of(other))
    return first == second or likeness(shingles(first), shingles(second)) >= ALIKE


def read_sibling(seen: HttpExchanges, site: Site) -> Sibling:
    """How the www sibling relates to the site."""
    first = next(iter(seen.of(Purpose.SIBLING)), None)
    if first is None:
        return _unasked_sibling(seen, site)
    relation, reason = _relation(first, site)
    return Sibling(
        relation=relation,
        reason=None if reason is None else peer_text(reason, limit=200),
        at=next(place for place, one in enumerate(seen.exchanges) if one is first),
        url=first.url,
        status=first.status,
        trusted=first.certificate_trusted,
        trusted_here=site.entry.certificate_trusted if site.entry is not None else None,
        hsts_here=_hsts(site.entry),
        hsts_there=_hsts(first),
    )


def _unasked_sibling(seen: HttpExchanges, site: Site) -> Sibling:
    """Without a question of its own: the entry may have led there."""
    for at, one in enumerate(seen.exchanges):
        try:
            host = parse_url(one.url).host
        except Malformed:
            continue
        if one.purpose is Purpose.ENTRY and one.answered and host != site.target.host and site.is_own(host):
            return Sibling(
                relation=SiblingRelation.IS_THE_SITE,
                at=at,
                url=one.url,
                status=one.status,
                trusted=one.certificate_trusted,
                trusted_here=site.entry.certificate_trusted if site.entry is not None else None,
                hsts_here=_hsts(site.entry),
                hsts_there=_hsts(one),
            )
    reason = seen.left_out.get(Purpose.SIBLING, "it was not asked")
    relation = SiblingRelation.ABSENT if Purpose.SIBLING in seen.absent else SiblingRelation.UNKNOWN
    return Sibling(relation=relation, reason=peer_text(reason, limit=200))


def _relation(first: Exchange, site: Site) -> tuple[SiblingRelation, str | None]:
    if not first.answered:
        known = first.outcome in _REFUSING
        return (SiblingRelation.ERROR if known else SiblingRelation.UNKNOWN), f"no answer ({first.outcome})"
    if (sign := block_sign(first)) is not None:
        return SiblingRelation.UNKNOWN, f"something else answered: {sign}"
    to = _leads_to(first) if first.location is not None else None
    if first.location is not None:
        entry = _leads_to(site.entry) if site.entry is not None and site.entry.location is not None else None
        here = to is not None and to.host == site.target.host
        together = to is not None and entry is not None and to.host == entry.host
        return (SiblingRelation.REDIRECTS_HERE if here or together else SiblingRelation.REDIRECTS_ELSEWHERE), None
    document = site.document
    if document is None:
        return SiblingRelation.UNKNOWN, "the site has no document to compare with"
    same = same_page(first, document)
    if same or (same is None and first.status == document.status and (first.status or 0) >= 400):
        return SiblingRelation.SAME_DOCUMENT, None
    if (first.status or 0) >= 400:
        return SiblingRelation.ERROR, f"status {first.status}"
    if same is None:
        return SiblingRelation.UNKNOWN, "there is nothing to compare"
    return SiblingRelation.OTHER_DOCUMENT, None


def _hsts(one: Exchange | None) -> PeerText | None:
    """The first Strict-Transport-Security line of an https answer; None without one."""
    if one is None or not one.url.lower().startswith("https:"):
        return None
    values = one.values("strict-transport-security")
    return peer_text(values[0], limit=300) if values else None
