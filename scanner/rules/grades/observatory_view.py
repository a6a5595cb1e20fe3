"""What the tests of the Observatory's scale look at: one site as it answered at one endpoint. No judgement here."""

import dataclasses
import datetime
from urllib.parse import urlsplit

from scanner.model.derived import Derived
from scanner.model.evidence.cookies import Cookies
from scanner.model.evidence.http_exchanges import Exchange, HttpExchanges, Purpose
from scanner.model.evidence.http_headers import HttpHeaders
from scanner.model.outcome import Answer, Outcome
from scanner.model.page import Page
from scanner.rules.grades.observatory_table import GRADED_ERRORS

HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OF_THE_PEER = frozenset(
    {
        Outcome.UNRESOLVED,
        Outcome.UNREACHABLE,
        Outcome.REFUSED,
        Outcome.TIMEOUT,
        Outcome.CLOSED,
        Outcome.RESET,
        Outcome.TLS_ALERT,
        Outcome.PROTOCOL_ERROR,
    }
)
"""Outcomes that say something of the server; the others only say that we did not ask."""


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """What a test found: the scale's key, why in plain words, and where we deliberately differ from the reference."""

    result: str
    reason: str
    differs: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Untold:
    """What a test could not tell, and why."""

    reason: str


Finding = Found | Untold


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One site: `document` is the answer that is graded, `chain` the hops that end with it.

    `secure` says whether https answered. `away` is set where the host has no https and its plain http leads to another
    site: what is graded is that site's document. `page` is the parsed document, None where there is none.
    """

    host: str
    document: Exchange
    chain: tuple[Exchange, ...]
    secure: bool
    away: bool
    seen: HttpExchanges
    page: Page | None
    headers: HttpHeaders | None
    cookies: Cookies | None
    derived: Derived
    now: datetime.datetime

    @property
    def entry(self) -> tuple[Exchange, ...]:
        """The hops of the entry."""
        return self.seen.of(Purpose.ENTRY)

    @property
    def is_html(self) -> bool:
        """Whether browsers take the document for HTML: by its type, or by its content where it names none."""
        essence = media_type(self.document)
        return essence in HTML_TYPES if essence else self.page is not None

    def preloaded(self, host: str) -> Answer:
        """Whether browsers know `host` as https-only before the first visit."""
        return self.derived.preload_of(host).covered


def media_type(exchange: Exchange) -> str:
    """The type of an answer without parameters, in lower case; empty where it names none."""
    return next(iter(exchange.values("content-type")), "").partition(";")[0].strip().lower()


def host_of(url: str) -> str:
    """The host of a URL of ours, in lower case."""
    return (urlsplit(url).hostname or "").lower()


def is_https(url: str) -> bool:
    """Whether a URL of ours is https."""
    return url.lower().startswith("https:")


def turned_down(exchange: Exchange) -> bool:
    """Whether nobody answered because of the server, and not because of us."""
    return not exchange.answered and exchange.outcome in _OF_THE_PEER


def find_site(
    host: str,
    seen: HttpExchanges,
    *,
    headers: HttpHeaders | None,
    cookies: Cookies | None,
    derived: Derived,
    now: datetime.datetime,
) -> Site | str:
    """The site in the exchanges with the host `host`, or in words why there is none to grade."""
    if seen.block is not None:
        return f"something else answered for the site ({seen.block})"
    entry, plain = seen.of(Purpose.ENTRY), seen.of(Purpose.PLAIN_ENTRY)
    if not entry:
        return "the site was not asked"
    secure = is_https(entry[0].url) and entry[0].answered
    chain = entry if entry[0].answered else plain
    departure = seen.departure if turned_down(entry[0]) else None
    document = seen.document or departure
    if document is None:
        return _why_none(entry, plain)
    away = document is departure
    status = document.status or 0
    if status in _REDIRECTS:
        return f"the answer is a redirect (status {status}) without a place to go to"
    if status < 200 or (status >= 400 and status not in GRADED_ERRORS):
        return f"the document has status {status}, so it is not the site that answered"
    return Site(
        host=host,
        document=document,
        chain=chain,
        secure=secure,
        away=away,
        seen=seen,
        page=seen.away if away else seen.page,
        headers=headers,
        cookies=cookies,
        derived=derived,
        now=now,
    )


def _why_none(entry: tuple[Exchange, ...], plain: tuple[Exchange, ...]) -> str:
    hops = entry if entry[0].answered else plain
    if not hops or not hops[0].answered:
        return f"the site did not answer ({entry[0].outcome})"
    last = hops[-1]
    if last.location is not None:
        kept = last.redirect.not_followed if last.redirect else None
        return f"the redirects lead to no document ({kept or 'not followed'})"
    if not last.answered:
        return f"the redirects lead to {host_of(last.url)}, which does not answer ({last.outcome})"
    return f"the document is at another site, {host_of(last.url)}: it is not this host's to be graded"
