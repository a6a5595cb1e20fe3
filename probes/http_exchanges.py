"""The requests of the HTTP probes, all of them: the entry, the plain-http entry, and a path that is not there.

Rule of the room: plain GETs that any browser would send. Every hop is resolved and checked anew; another host is asked
one GET a hop and nothing else. What the answers mean is read out of them by other probes.
"""

import asyncio
import dataclasses
from typing import TYPE_CHECKING

from probes.base import Group, Known, ProbeInfo, Scope
from probes.block_signs import block_sign
from scanner.errors import AlertReceived, Forbidden, Malformed, OwnFault, PeerFault
from scanner.model.evidence.http_exchanges import Exchange, HttpExchanges, NotFollowed, Purpose, Redirect
from scanner.model.observation import Observation
from scanner.model.outcome import Outcome, Stage
from scanner.model.peer import PeerText, peer_text
from scanner.model.target import Endpoint
from scanner.net.address import AddressPolicy
from scanner.net.session import Session
from scanner.wire.urls import HttpUrl, OtherScheme, parse_url, resolve_url

if TYPE_CHECKING:
    from scanner.net.http_session import HttpSession

MAX_HOPS = 10
"""Redirects that are followed in one chain; browsers follow 20, sound sites need 3."""

SPEAKS_TLS = "the port speaks TLS, and the URL says http; scan it as https"

MAX_REQUESTS = 12
"""Requests of this probe at one endpoint."""


class HttpExchangesProbe:
    """Asks for the entry, the plain-http entry and a missing path, and keeps the answers exactly as sent."""

    info = ProbeInfo(
        id="http_exchanges",
        topic="http_exchanges",
        group=Group.HTTP,
        title="HTTP exchanges",
        sends=(
            "GET of the target's URL, of http://host/ where the ports are the default ones, and of an unguessable path "
            f"(/leadline- and 16 hexadecimal digits); redirects are followed, at most {MAX_HOPS} a chain and "
            f"{MAX_REQUESTS} requests in all. Where the URL says http and the answer looks like that of a TLS port, one"
            " TLS handshake. No cookies and no credentials go to other hosts."
        ),
        scope=Scope.WEB,
        max_connections=16,
        produces=HttpExchanges,
        since="0.1.0",
    )

    async def collect(self, session: Session, known: Known) -> Observation[HttpExchanges]:
        """All exchanges. The outcome is that of the entry: `blocked` where something else answered for the site."""
        del known
        entry = parse_url(session.target.url)
        make_http = await asyncio.to_thread(_load_http)
        async with make_http(session) as http:
            walk = _Walk(session, http)
            await walk.follow(Purpose.ENTRY, entry)
            if _looks_like_tls(walk.exchanges[0], entry) and await _speaks_tls(session):
                return session.observe(None, outcome=Outcome.PROTOCOL_ERROR, stage=Stage.REQUEST, detail=SPEAKS_TLS)
            block = walk.block()
            room = len(walk.exchanges) < MAX_REQUESTS - 1  # one is kept for plain http
            if block is None and room and any(one.answered and one.same_host for one in walk.exchanges):
                await walk.ask(Purpose.MISSING, entry.at(f"/leadline-{session.random(8).hex()}"))
            plain = plain_entry(session)
            if plain is not None and not walk.rate_limited:
                await walk.follow(Purpose.PLAIN_ENTRY, plain)
        evidence = HttpExchanges(exchanges=tuple(walk.exchanges), block=block)
        if block is not None:
            return session.observe(evidence, outcome=Outcome.BLOCKED, detail=block)
        failed = _failure(evidence)
        if failed is not None:
            return session.observe(evidence, outcome=failed.outcome, stage=failed.stage, detail=failed.detail)
        return session.observe(evidence)


def _looks_like_tls(first: Exchange, entry: HttpUrl) -> bool:
    """Whether a plain-http entry was answered as TLS ports do: with status 400, or not at all."""
    turned_away = not first.answered and first.outcome in {Outcome.CLOSED, Outcome.RESET, Outcome.PROTOCOL_ERROR}
    return entry.scheme == "http" and (turned_away or first.status == 400)


async def _speaks_tls(session: Session) -> bool:
    """Whether the endpoint takes a TLS handshake, or refuses it with an alert: one more connection tells."""
    from scanner.net.tls_session import secure

    target = session.target
    try:
        async with await session.connect() as stream:
            await secure(stream, server_name=None if target.is_address else target.host)
    except AlertReceived:
        return True
    except (PeerFault, OwnFault):
        return False
    return True


def _load_http() -> "type[HttpSession]":
    """The HTTP client. Loading its libraries takes a tenth of a second, which the TLS probes need not wait for."""
    from scanner.net.http_session import HttpSession

    return HttpSession


def plain_entry(session: Session) -> HttpUrl | None:
    """`http://host/`, where it is asked: beside an https target at the default ports, or where `--resolve` names it."""
    target = session.target
    if target.scheme != "https" or session.endpoint is None:
        return None
    default = target.port == session.endpoint.port == 443
    named = any(one.host == target.host and one.port == 80 for one in session.options.overrides)
    return HttpUrl(scheme="http", host=target.host, port=80) if default or named else None


def _failure(evidence: HttpExchanges) -> Exchange | None:
    """The hop of the entry that failed at the named host; what other hosts do is not this target's outcome."""
    last = evidence.of(Purpose.ENTRY)[-1]
    return last if last.same_host and last.outcome is not Outcome.OK else None


class _Walk:
    """The exchanges so far, and the way from one to the next."""

    def __init__(self, session: Session, http: "HttpSession") -> None:
        self._session = session
        self._http = http
        self._policy = AddressPolicy()
        self._places: dict[tuple[str, int], Endpoint] = {}
        self._public = False  # whether a public address has led to where the chain is
        self.exchanges: list[Exchange] = []

    @property
    def rate_limited(self) -> bool:
        """Whether somebody has asked us to ask less."""
        return any(one.status == 429 for one in self.exchanges)

    async def follow(self, purpose: Purpose, start: HttpUrl) -> None:
        """Asks for `start` and follows its redirects, every answer kept."""
        self._public = False
        url: HttpUrl | None = start
        hop = 0
        while url is not None:
            exchange = await self.ask(purpose, url, hop)
            url = self._next(exchange, url)
            hop += 1

    async def ask(self, purpose: Purpose, url: HttpUrl, hop: int = 0) -> Exchange:
        """One GET, kept. A host that cannot be asked is an exchange with that outcome."""
        try:
            endpoint = await self._place(url)
        except (PeerFault, OwnFault) as fault:
            exchange = self._unasked(purpose, url, hop, fault)
        else:
            self._public = self._public or self._policy.is_public(endpoint.address)
            exchange = await self._http.fetch(url, endpoint=endpoint, purpose=purpose, hop=hop)
        self.exchanges.append(exchange)
        return exchange

    def block(self) -> PeerText | None:
        """The sign of a block on an answer of the named host."""
        return next((sign for one in self.exchanges if one.same_host and (sign := block_sign(one))), None)

    async def _place(self, url: HttpUrl) -> Endpoint:
        """Where to ask: the named host stays at this session's address, any other is looked up and checked."""
        found = await self._find(url)
        if self._places.setdefault((url.host, url.port), found) != found:
            # What was passed before a public address led there is not passed any more.
            raise Forbidden(f"{url.host} has other addresses where a public one led there", stage=Stage.RESOLVE)
        return found

    async def _find(self, url: HttpUrl) -> Endpoint:
        here, target = self._session.endpoint, self._session.target
        assert here is not None, "this probe runs at endpoints"
        if url.host == target.host and url.port == target.port:
            return here
        if url.host == target.host and not self._session.resolver.overridden(url.host):
            return dataclasses.replace(here, port=url.port)
        found = await self._session.resolver.endpoints(
            url.host, url.port, deadline=self._session.deadline, origin=target, from_public=self._public
        )
        return next((one for one in found if one.family is here.family), found[0])

    def _unasked(self, purpose: Purpose, url: HttpUrl, hop: int, fault: PeerFault | OwnFault) -> Exchange:
        return Exchange(
            purpose=purpose,
            hop=hop,
            method="GET",
            url=PeerText(str(url)),
            same_host=url.host == self._session.target.host,
            endpoint=None,
            outcome=fault.outcome,
            stage=fault.stage,
            detail=peer_text(fault.detail) if fault.detail else None,
        )

    def _next(self, exchange: Exchange, url: HttpUrl) -> HttpUrl | None:
        """The next hop, None at the end; notes in the exchange what became of its redirect."""
        if exchange.location is None:
            return None
        following, redirect = self._redirect(exchange, url)
        self.exchanges[-1] = dataclasses.replace(exchange, redirect=redirect)
        return following

    def _redirect(self, exchange: Exchange, url: HttpUrl) -> tuple[HttpUrl | None, Redirect]:
        try:
            to = resolve_url(url, exchange.location or "")
        except OtherScheme as fault:
            return None, Redirect(to=None, problem=peer_text(fault.detail), not_followed=NotFollowed.OTHER_SCHEME)
        except Malformed as fault:
            return None, Redirect(to=None, problem=peer_text(fault.detail), not_followed=NotFollowed.MALFORMED)
        reason = self._reason_to_stop(exchange, to)
        redirect = Redirect(to=PeerText(str(to)), user_info=to.user_info, not_followed=reason)
        return (to if reason is None else None), redirect

    def _reason_to_stop(self, exchange: Exchange, to: HttpUrl) -> NotFollowed | None:
        where = str(to)
        if any(one.url == where for one in self.exchanges if one.purpose is exchange.purpose):
            return NotFollowed.LOOP
        if any(one.url == where for one in self.exchanges if one.purpose is Purpose.ENTRY):
            return NotFollowed.SEEN
        if exchange.hop >= MAX_HOPS:
            return NotFollowed.TOO_MANY_HOPS
        if len(self.exchanges) >= MAX_REQUESTS:
            return NotFollowed.REQUEST_CAP
        return None
