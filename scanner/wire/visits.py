"""Visits: recorded answers sorted as the exchanges of a scan, one visit a main document.

Rule of the file: a purpose is given only to what a scan would have seen alike. A browser asks on behalf of its user, so
a recorded request with an Origin proves nothing about other origins unless the answer is the same for all of them.
"""

import dataclasses
import datetime
from collections.abc import Callable, Sequence

from scanner.errors import Malformed
from scanner.model.evidence.http_exchanges import Exchange, HttpExchanges, NotFollowed, Purpose, Redirect
from scanner.model.outcome import Outcome, Stage
from scanner.model.peer import PeerText, peer_text
from scanner.model.target import UNKNOWN_HOST, Endpoint, Family
from scanner.wire.host import are_siblings
from scanner.wire.media_type import essence
from scanner.wire.recorded import Recorded
from scanner.wire.urls import HttpUrl, OtherScheme, parse_url, resolve_url

UNKNOWN = HttpUrl(scheme="https", host=UNKNOWN_HOST, port=443)
"""What stands for the URL of an answer that nobody gave one for."""

MAX_VISITS = 20
"""Main documents of one recording that are judged."""

MAX_HOPS = 20
"""Redirects of one chain; browsers follow no more (Fetch section 4.4)."""

MAX_SCRIPTS = 5
"""First-party scripts of one visit, as in a scan."""

MAX_OTHERS = 40
"""Further answers of the site that are kept because they set cookies."""

_DOCUMENTS = frozenset({"document", "main_frame"})
"""What browsers and their extensions call the request of a document."""

_HTML = frozenset({"text/html", "application/xhtml+xml"})
_STATIC = ("text/css", "text/javascript", "application/javascript", "image/", "font/")
_SCRIPTS = ("text/javascript", "application/javascript", "application/x-javascript")
_NOT_RECORDED = "the recording has no such request"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One main document and what was recorded of its site.

    `url` is the target's; `known` is false where nobody gave it. `endpoint` is the server's address, where it was
    recorded; `started` when. `page` of the exchanges is not set.
    """

    url: HttpUrl
    known: bool
    exchanges: HttpExchanges
    endpoint: Endpoint | None = None
    started: datetime.datetime | None = None


def visit_of_chain(answers: Sequence[Recorded]) -> Visit:
    """The visit that a raw response shows: one chain of answers, the first without a URL where nobody gave it.

    What came before the first known URL is left out, for nothing can be said of its host.
    """
    first = next((place for place, one in enumerate(answers) if one.url is not None), None)
    if first is None:
        whole = [dataclasses.replace(answers[-1], url=UNKNOWN)]
        return dataclasses.replace(_visit(whole, _Log(whole), loops=True), known=False)
    chain = [one for one in answers[first:] if one.url is not None]
    return _visit(chain, _Log(chain), loops=True)


def visits_of_log(entries: Sequence[Recorded], wanted: HttpUrl | None = None) -> tuple[Visit, ...]:
    """The visits of a browser's recording: that of `wanted`, else one a page, or the first document where there are no
    pages.

    Empty where `wanted` was not recorded, or nothing was answered. Never more than `MAX_VISITS`.
    """
    log = _Log(entries)
    if wanted is not None:
        starts = [one for one in log.at(wanted) if one.status is not None][:1]
    else:
        starts = _starts(entries)[: 2 * MAX_VISITS]  # a page may have been opened over http and over https
    visits: dict[str, Visit] = {}
    for start in starts:
        visit = _visit(log.follow(start), log, named=wanted)
        visits.setdefault(str(visit.url), visit)
    return tuple(visits.values())[:MAX_VISITS]


def _starts(entries: Sequence[Recorded]) -> list[Recorded]:
    """The first request of each page that led to a document, each URL once."""
    pages: dict[str | None, list[Recorded]] = {}
    for one in entries:
        if one.status is not None and one.method == "GET":
            pages.setdefault(one.page, []).append(one)
    tests: tuple[Callable[[Recorded], bool], ...] = (
        lambda one: one.kind in _DOCUMENTS,
        lambda one: one.kind is None and (is_html(one) or one.location is not None),
        is_html,
        lambda _: True,  # an interface that scripts talk to
    )
    ranked: list[tuple[int, Recorded]] = []
    for members in pages.values():
        found = next(((rank, one) for rank, test in enumerate(tests) for one in members if test(one)), None)
        ranked += [] if found is None else [found]
    # An icon or a script that a browser counts to no page is nobody's main document beside real ones.
    documents = [one for rank, one in ranked if rank < len(tests) - 1] or [one for _, one in ranked]
    starts: dict[str, Recorded] = {}
    for one in documents:
        starts.setdefault(str(one.url), one)
    return list(starts.values())


def is_html(one: Recorded) -> bool:
    """Whether the answer says that it is an HTML document."""
    return essence(one.values("content-type")) in _HTML


class _Log:
    """The entries of a recording, found by URL."""

    def __init__(self, entries: Sequence[Recorded]) -> None:
        self.entries = entries
        self._places = {id(one): place for place, one in enumerate(entries)}
        self._by_url: dict[str, list[Recorded]] = {}
        for one in entries:
            if one.method == "GET":
                self._by_url.setdefault(str(one.url), []).append(one)

    def at(self, url: HttpUrl) -> Sequence[Recorded]:
        """The GETs of one URL, in order."""
        return self._by_url.get(str(url), ())

    def follow(self, start: Recorded) -> list[Recorded]:
        """The answer with the redirects after it, as far as they were recorded."""
        chain = [start]
        while len(chain) <= MAX_HOPS and (to := _target(chain[-1])) is not None:
            place = self._places[id(chain[-1])]
            following = next((one for one in self.at(to) if self._places[id(one)] > place), None)
            if following is None:
                break
            chain.append(following)
        return chain


def _target(one: Recorded) -> HttpUrl | None:
    try:
        return None if one.location is None or one.url is None else resolve_url(one.url, one.location)
    except Malformed:
        return None


def _visit(chain: Sequence[Recorded], log: _Log, *, named: HttpUrl | None = None, loops: bool = False) -> Visit:
    """The visit of one chain, which becomes the entry; its plain-http beginning becomes the plain entry.

    `loops` tells that the client kept no cookies, so that the same URL once more is a loop.
    """
    cut = 0 if named is not None else _first_secure(chain)
    builder = _Builder(_url(chain[cut]), loops=loops)
    builder.chain(Purpose.ENTRY, chain[cut:])
    plain = chain[:cut] if cut else _plain_entry(builder.named, log)
    builder.chain(Purpose.PLAIN_ENTRY, plain)
    told = {id(one) for one in (*chain, *plain)}
    builder.others([one for one in log.entries if id(one) not in told])
    main = chain[cut]
    return Visit(
        url=builder.named,
        known=True,
        exchanges=HttpExchanges(exchanges=tuple(builder.made), left_out=builder.left_out()),
        endpoint=_endpoint(main, builder.named),
        started=main.started,
    )


def _first_secure(chain: Sequence[Recorded]) -> int:
    """Where a chain that begins on plain http comes to https on the same host; 0 where it does not."""
    first = _url(chain[0])
    if first.scheme != "http" or first.port != 80:
        return 0
    places = (index for index, one in enumerate(chain) if _url(one).scheme == "https")
    place = next(places, 0)
    return place if _url(chain[place]).host == first.host else 0


def _plain_entry(named: HttpUrl, log: _Log) -> list[Recorded]:
    """The chain from plain http on the host of an https target, where the recording has one."""
    if named.scheme != "https":
        return []
    origin = ("http", named.host, 80)
    asked = (one for one in log.entries if one.method == "GET" and one.url is not None and one.url.origin == origin)
    found = next((one for one in asked if one.location is not None or is_html(one)), None)
    return [] if found is None else log.follow(found)


def _url(one: Recorded) -> HttpUrl:
    assert one.url is not None, "the callers leave out what has no URL"
    return one.url


def _endpoint(one: Recorded, named: HttpUrl) -> Endpoint | None:
    if one.address is None:
        return None
    family = Family.IPV6 if ":" in one.address else Family.IPV4
    return Endpoint(address=one.address, port=named.port, family=family)


class _Builder:
    """Makes the exchanges of one visit to the site `named`, in the order in which a scan would have them."""

    def __init__(self, named: HttpUrl, *, loops: bool) -> None:
        self.named = named
        self._loops = loops
        self.made: list[Exchange] = []

    def left_out(self) -> dict[str, str]:
        """Every purpose that nothing was recorded for."""
        there = {one.purpose for one in self.made}
        return {str(purpose): _NOT_RECORDED for purpose in Purpose if purpose not in there}

    def chain(self, purpose: Purpose, hops: Sequence[Recorded]) -> None:
        """The hops of one chain, as far as they are not the entry's already."""
        for place, one in enumerate(hops):
            if purpose is not Purpose.ENTRY and self._is_entry(_url(one)):
                return
            following = None if place + 1 == len(hops) else _url(hops[place + 1])
            seen = [_url(hop) for hop in hops[: place + 1]]
            self.made.append(self._exchange(purpose, place, one, self._redirect(purpose, one, following, seen)))

    def others(self, entries: Sequence[Recorded]) -> None:
        """What else was recorded of the site, by what it is."""
        site = [one for one in entries if one.status is not None and self._own(_url(one))]
        here = [one for one in site if _url(one).origin == self._document_origin()]
        gets = [one for one in here if one.method == "GET"]
        fresh = [one for one in gets if one.status == 200 and not one.cached]
        assets = [one for one in fresh if (essence(one.values("content-type")) or "").startswith(_STATIC)]
        scripts = [one for one in assets[1:] if essence(one.values("content-type")) in _SCRIPTS]
        self._take(Purpose.MISSING, [one for one in gets if one.status == 404 and is_html(one)][:1])
        self._take(Purpose.SECURITY_TXT, [one for one in gets if _url(one).path == "/.well-known/security.txt"][:1])
        self._take(Purpose.ROBOTS, [one for one in gets if _url(one).path == "/robots.txt"][:1])
        self._take(Purpose.ASSET, assets[:1])
        self._take(Purpose.SCRIPT, scripts[: MAX_SCRIPTS - 1])
        self._take(Purpose.PREFLIGHT, [one for one in here if _is_telling_preflight(one)][:1])
        taken = {(one.method, one.url) for one in self.made}
        left = [one for one in site if (one.method, str(_url(one))) not in taken and one.values("set-cookie")]
        self._take(Purpose.RECORDED, left[:MAX_OTHERS])

    def _take(self, purpose: Purpose, found: Sequence[Recorded]) -> None:
        self.made.extend(self._exchange(purpose, 0, one, None) for one in found)

    def _own(self, url: HttpUrl) -> bool:
        return url.host == self.named.host or are_siblings(url.host, self.named.host)

    def _is_entry(self, url: HttpUrl) -> bool:
        return any(one.purpose is Purpose.ENTRY and one.url == str(url) for one in self.made)

    def _document_origin(self) -> tuple[str, str, int]:
        last = next(one for one in reversed(self.made) if one.purpose is Purpose.ENTRY)
        url = parse_url(last.url)
        return url.origin if self._own(url) else self.named.origin

    def _redirect(
        self, purpose: Purpose, one: Recorded, following: HttpUrl | None, seen: Sequence[HttpUrl]
    ) -> Redirect | None:
        """What became of a Location: followed where the next hop was recorded."""
        if one.location is None:
            return None
        try:
            to = resolve_url(_url(one), one.location)
        except OtherScheme as fault:
            return Redirect(to=None, problem=peer_text(fault.detail), not_followed=NotFollowed.OTHER_SCHEME)
        except Malformed as fault:
            return Redirect(to=None, problem=peer_text(fault.detail), not_followed=NotFollowed.MALFORMED)
        reason = None
        if purpose is not Purpose.ENTRY and self._is_entry(to):
            reason = NotFollowed.SEEN
        elif following is None:
            again = self._loops and any(str(to) == str(url) for url in seen)
            many = NotFollowed.TOO_MANY_HOPS if len(seen) > MAX_HOPS else NotFollowed.NOT_RECORDED
            reason = NotFollowed.LOOP if again else many
        return Redirect(to=PeerText(str(to)), user_info=to.user_info, not_followed=reason)

    def _exchange(self, purpose: Purpose, hop: int, one: Recorded, redirect: Redirect | None) -> Exchange:
        answered = one.status is not None
        url = _url(one)
        place = _endpoint(one, url)
        return Exchange(
            purpose=purpose,
            hop=hop,
            method=one.method,
            url=PeerText(str(url)),
            same_host=url.host == self.named.host,
            own=self._own(url),
            sent=one.sent,
            endpoint=None if place is None else place.key,
            outcome=Outcome.OK if answered else Outcome.NOT_ASSESSED,
            stage=None if answered else Stage.REQUEST,
            detail=None if one.problem is None else PeerText(one.problem),
            version=one.version,
            status=one.status,
            reason=one.reason,
            fields=one.fields,
            flaws=one.flaws,
            interim=one.interim,
            location=one.location if redirect is not None else None,
            redirect=redirect,
            body=one.body,
            elapsed_ms=one.elapsed_ms,
        )


def _is_telling_preflight(one: Recorded) -> bool:
    """Whether a recorded preflight shows what any origin would get: refused, or allowed to all."""
    names = {field.name.lower() for field in one.sent}
    allowed = set(one.values("access-control-allow-origin"))
    return one.method == "OPTIONS" and names >= {"origin", "access-control-request-method"} and allowed <= {"*"}
