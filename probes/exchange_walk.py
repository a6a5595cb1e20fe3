"""The way from one request to the next: where each goes, which redirects are followed, and when to stop asking.

Rule of the room: every host is resolved and checked anew under the address policy; another host is asked one plain GET
a hop and nothing else.
"""

import dataclasses

from probes.block_signs import block_sign
from probes.http_exchanges import MAX_HOPS
from scanner.errors import Forbidden, Malformed, OwnFault, PeerFault
from scanner.model.evidence.http_exchanges import Exchange, NotFollowed, Purpose, Redirect
from scanner.model.outcome import Outcome, Stage
from scanner.model.peer import PeerText, peer_text
from scanner.model.target import Endpoint
from scanner.net.address import AddressPolicy
from scanner.net.budget import Deadline
from scanner.net.http_session import PLAIN, HttpSession, Manner
from scanner.net.session import Session
from scanner.wire.host import are_siblings
from scanner.wire.urls import HttpUrl, OtherScheme, resolve_url

RATE_LIMITED = "an answer has status 429, so nothing more is asked"

_ENTRIES = frozenset({Purpose.ENTRY, Purpose.PLAIN_ENTRY})

_OTHER_NAMES = frozenset({Purpose.UNKNOWN_HOST, Purpose.BARE_ADDRESS})

SILENCES = 2
"""Requests in a row that the named host leaves without an answer before it is asked no more."""


class Walk:
    """The exchanges so far, and the way from one to the next; at most `most` requests.

    `http` carries the requests; `newer`, which offers HTTP/2, those that are to go that way.
    """

    def __init__(self, session: Session, http: HttpSession, newer: HttpSession, most: int) -> None:
        self._session = session
        self._http = http
        self._newer = newer
        self._most = most
        self._policy = AddressPolicy()
        self._places: dict[tuple[str, int], Endpoint] = {}
        self._public = False  # whether a public address has led to where the walk is
        self._shut: str | None = None  # the first answer that says not to ask on
        self.exchanges: list[Exchange] = []

    @property
    def room(self) -> int:
        """How many more requests may be made; one that was tried twice counts twice."""
        return self._most - max(len(self.exchanges), self._http.requests + self._newer.requests)

    @property
    def rate_limited(self) -> bool:
        """Whether the site has asked us to ask less."""
        return self._shut == RATE_LIMITED

    def of(self, purpose: Purpose) -> list[Exchange]:
        """The hops of one purpose, in order."""
        return [one for one in self.exchanges if one.purpose is purpose]

    def block(self) -> PeerText | None:
        """The sign of a block where the site's own document should be."""
        entries = (one for one in self.exchanges if one.own and one.purpose in _ENTRIES)
        return next((sign for one in entries if (sign := block_sign(one))), None)

    def why_stop(self) -> str | None:
        """Why nothing more should be asked; None where nothing speaks against it."""
        if self._shut is not None:
            return self._shut
        last = [one for one in self._theirs() if one.purpose not in _ENTRIES and not _hung_up(one)][-SILENCES:]
        if len(last) == SILENCES and not any(one.answered for one in last):
            return f"{SILENCES} requests in a row were not answered, so nothing more is asked"
        return None if self._session.deadline.remaining() > 0 else "the time for this target is over"

    def _theirs(self) -> list[Exchange]:
        """The exchanges with the site that was named."""
        return [one for one in self.exchanges if one.own and one.purpose is not Purpose.SIBLING]

    def _keep(self, exchange: Exchange) -> None:
        """Keeps one more exchange, and what it says about asking on."""
        self.exchanges.append(exchange)
        # Under another name it is the same server that asks us to go away.
        here = exchange.purpose in _OTHER_NAMES or (exchange.own and exchange.purpose is not Purpose.SIBLING)
        if self._shut is None and here:
            if exchange.status == 429:
                self._shut = RATE_LIMITED
            elif block_sign(exchange):
                self._shut = "an answer shows a challenge or block, so nothing more is asked"

    async def follow(
        self,
        purpose: Purpose,
        start: HttpUrl,
        *,
        most_hops: int = MAX_HOPS,
        spare: int = 0,
        manner: Manner | None = None,
    ) -> None:
        """Asks for `start` and follows its redirects, every answer kept; `spare` requests are left for others."""
        url: HttpUrl | None = start
        hop = 0
        while url is not None:
            exchange = await self.ask(purpose, url, hop, manner=manner)
            url = self._next(exchange, url, most_hops, spare)
            hop += 1

    async def ask(
        self,
        purpose: Purpose,
        url: HttpUrl,
        hop: int = 0,
        *,
        manner: Manner | None = None,
        newer: bool = False,
        endpoint: Endpoint | None = None,
    ) -> Exchange:
        """One request, kept. A host that cannot be asked is an exchange with that outcome.

        `endpoint` says where it goes, where the URL does not.
        """
        manner = manner or PLAIN
        if hop == 0:
            self._begin()
        try:
            place = endpoint or await self._place(url, self._session.deadline)
        except (PeerFault, OwnFault) as fault:
            exchange = self._unasked(purpose, url, hop, manner, fault)
        else:
            self._public = self._public or self._policy.is_public(place.address)
            fetcher = self._newer if newer else self._http
            exchange = await fetcher.fetch(url, endpoint=place, purpose=purpose, hop=hop, manner=manner)
        self._keep(exchange)
        return exchange

    async def find(self, url: HttpUrl, seconds: float) -> None:
        """Looks up the host of `url`, within `seconds`. Raises what says that it cannot or may not be asked."""
        self._begin()
        await self._place(url, self._session.deadline.sooner(seconds))

    def place_of(self, url: HttpUrl) -> Endpoint:
        """Where an origin that was asked is."""
        return self._places[url.host, url.port]

    def _begin(self) -> None:
        """A new way starts here: from a public address where this session's is one."""
        here = self._session.endpoint
        self._public = here is not None and self._policy.is_public(here.address)

    async def _place(self, url: HttpUrl, deadline: Deadline) -> Endpoint:
        """Where to ask: the named host stays at this session's address, any other is looked up and checked."""
        found = await self._find(url, deadline)
        if self._places.setdefault((url.host, url.port), found) != found:
            # What was passed before a public address led there is not passed any more.
            raise Forbidden(f"{url.host} has other addresses where a public one led there", stage=Stage.RESOLVE)
        return found

    async def _find(self, url: HttpUrl, deadline: Deadline) -> Endpoint:
        here, target = self._session.endpoint, self._session.target
        assert here is not None, "this probe runs at endpoints"
        if url.host == target.host and url.port == target.port:
            return here
        if url.host == target.host and not self._session.resolver.overridden(url.host):
            return dataclasses.replace(here, port=url.port)
        found = await self._session.resolver.endpoints(
            url.host, url.port, deadline=deadline, origin=target, from_public=self._public
        )
        return next((one for one in found if one.family is here.family), found[0])

    def _unasked(
        self, purpose: Purpose, url: HttpUrl, hop: int, manner: Manner, fault: PeerFault | OwnFault
    ) -> Exchange:
        named = self._session.target.host
        return Exchange(
            purpose=purpose,
            hop=hop,
            method=manner.method,
            url=PeerText(str(url)),
            same_host=url.host == named,
            own=url.host == named or are_siblings(url.host, named),
            endpoint=None,
            outcome=fault.outcome,
            stage=fault.stage,
            detail=peer_text(fault.detail) if fault.detail else None,
        )

    def _next(self, exchange: Exchange, url: HttpUrl, most_hops: int, spare: int) -> HttpUrl | None:
        """The next hop, None at the end; notes in the exchange what became of its redirect."""
        if exchange.location is None:
            return None
        following, redirect = self._redirect(exchange, url, most_hops, spare)
        self.exchanges[-1] = dataclasses.replace(exchange, redirect=redirect)
        return following

    def _redirect(
        self, exchange: Exchange, url: HttpUrl, most_hops: int, spare: int
    ) -> tuple[HttpUrl | None, Redirect]:
        try:
            to = resolve_url(url, exchange.location or "")
        except OtherScheme as fault:
            return None, Redirect(to=None, problem=peer_text(fault.detail), not_followed=NotFollowed.OTHER_SCHEME)
        except Malformed as fault:
            return None, Redirect(to=None, problem=peer_text(fault.detail), not_followed=NotFollowed.MALFORMED)
        reason = self._reason_to_stop(exchange, to, most_hops, spare)
        redirect = Redirect(to=PeerText(str(to)), user_info=to.user_info, not_followed=reason)
        return (to if reason is None else None), redirect

    def _reason_to_stop(self, exchange: Exchange, to: HttpUrl, most_hops: int, spare: int) -> NotFollowed | None:
        where = str(to)
        if any(one.url == where for one in self.exchanges if one.purpose is exchange.purpose):
            return NotFollowed.LOOP
        if any(one.url == where for one in self.exchanges if one.purpose is Purpose.ENTRY):
            return NotFollowed.SEEN
        if exchange.hop >= most_hops:
            return NotFollowed.TOO_MANY_HOPS
        return NotFollowed.REQUEST_CAP if self.room <= spare else None


def _hung_up(exchange: Exchange) -> bool:
    """Whether a method other than GET was answered by ending the connection, as some servers refuse methods."""
    return exchange.method != "GET" and exchange.outcome in {Outcome.CLOSED, Outcome.RESET}
