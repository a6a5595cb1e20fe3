"""Trials of a firewall and of a limit on requests (`--intrusive` only), last of all, on a path that is not there.

Rule of the room: ends at the first sign that somebody turns us away. Never a flood: one request after the other, at
most ten a second. What did not get a whole answer stays unknown.
"""

import asyncio
import dataclasses
import time
from typing import TYPE_CHECKING

from probes.base import Group, Known, ProbeInfo, Scope
from probes.block_signs import block_sign
from scanner.model.evidence.http_exchanges import Exchange, HttpExchanges, Purpose
from scanner.model.evidence.operation_trials import FirewallTrial, OperationTrials, RateTrial, TrialAnswer
from scanner.model.observation import Observation
from scanner.model.outcome import Answer, Outcome
from scanner.model.peer import PeerText, peer_text
from scanner.net.session import Session
from scanner.wire.rate_limits import limit_signs
from scanner.wire.trial_requests import BLOCKING, FIREWALL_QUERY
from scanner.wire.urls import HttpUrl, parse_url

if TYPE_CHECKING:
    from scanner.net.http_session import HttpSession

MOST_REQUESTS = 30
"""Requests of the trial of a limit."""

INTERVAL_SECONDS = 0.1
"""From the start of one request to the start of the next."""

_CUT = frozenset({Outcome.CLOSED, Outcome.RESET})


class OperationTrialsProbe:
    """Tries what stands in front of the site."""

    info = ProbeInfo(
        id="operation_trials",
        topic="operation_trials",
        group=Group.HTTP,
        title="Trials of a firewall and of limits",
        sends="Nothing without --intrusive.",
        sends_intrusive=(
            "GET of an unguessable path: plainly, once with the textbook patterns of SQL injection, cross-site"
            f" scripting and path traversal in its query, and plainly again; then at most {MOST_REQUESTS} plain"
            f" ones, one after the other, {1 / INTERVAL_SECONDS:g} a second. It ends at the first sign of a block."
        ),
        intrusive=True,
        scope=Scope.WEB,
        max_connections=MOST_REQUESTS + 6,
        produces=OperationTrials,
        since="0.1.0",
        requires=frozenset({"http_exchanges", "server_identity"}),
        last=True,
        quick=False,
    )

    def __init__(self, *, interval: float = INTERVAL_SECONDS) -> None:
        self._interval = interval

    async def collect(self, session: Session, known: Known) -> Observation[OperationTrials]:
        """What happened. Not assessed where the site was not there, or somebody turned us away before."""
        seen = known.evidence("http_exchanges", HttpExchanges)
        if seen is None or seen.block is not None or not any(one.answered and one.same_host for one in seen.exchanges):
            return session.observe(None, outcome=Outcome.NOT_ASSESSED, detail="no trials where the site did not answer")
        odd = known.observation("server_identity")
        if odd is not None and odd.outcome is Outcome.BLOCKED:
            return session.observe(None, outcome=Outcome.NOT_ASSESSED, detail="no trials after a sign of a block")
        from scanner.net.http_session import HttpSession

        async with HttpSession(session) as http:
            visit = _Visit(session, http, self._interval)
            firewall = await visit.try_firewall()
            rate = RateTrial(reason="not tried after the firewall's answer")
            if visit.may_go_on(firewall):
                rate = await visit.try_rate()
        return session.observe(OperationTrials(path=visit.url.path, firewall=firewall, rate=rate))


class _Visit:
    """The requests at one endpoint, in their turn."""

    def __init__(self, session: Session, http: "HttpSession", interval: float) -> None:
        assert session.endpoint is not None, "this probe runs at endpoints"
        self.url: HttpUrl = parse_url(session.target.url).at(f"/leadline-{session.random(8).hex()}")
        self._endpoint = session.endpoint
        self._http = http
        self._interval = interval
        self._next_at = 0.0
        self._plain: Exchange | None = None

    async def _ask(self, query: str | None = None) -> Exchange:
        await asyncio.sleep(max(0.0, self._next_at - time.monotonic()))
        self._next_at = time.monotonic() + self._interval
        from scanner.net.http_session import Manner

        url = dataclasses.replace(self.url, query=query)
        # A connection that is cut may be the answer to the pattern, so this goes out once, whatever happens, and over
        # a new one: an old one may end for other reasons.
        manner = Manner(again=query is None)
        if query is not None:
            await self._http.rest()
        return await self._http.fetch(url, endpoint=self._endpoint, purpose=Purpose.MISSING, manner=manner)

    async def try_firewall(self) -> FirewallTrial:
        """Asks plainly, with the pattern, and plainly again where the pattern was answered otherwise."""
        self._plain = plain = await self._ask()
        answers = [_answer("plain", plain)]
        if plain.status is None or block_sign(plain) is not None or plain.status in BLOCKING:
            return FirewallTrial(reason="the plain request was turned away", answers=tuple(answers))
        tried = await self._ask(FIREWALL_QUERY)
        answers.append(_answer("with the pattern", tried))
        sign = _turned_away(tried, plain)
        if sign is None:
            same = tried.status == plain.status
            return FirewallTrial(
                interfered=Answer.NO if same else Answer.UNKNOWN,
                reason=None if same else f"status {plain.status} plainly, {tried.status} with the pattern",
                answers=tuple(answers),
            )
        again = await self._ask()
        answers.append(_answer("plain again", again))
        if again.status != plain.status:
            return FirewallTrial(
                reason="the plain request is turned away as well since then", sign=sign, answers=tuple(answers)
            )
        return FirewallTrial(interfered=Answer.YES, sign=sign, answers=tuple(answers))

    def may_go_on(self, firewall: FirewallTrial) -> bool:
        """Whether nobody has turned us away so far."""
        return firewall.sign is None and self._plain is not None and self._plain.status is not None

    async def try_rate(self) -> RateTrial:
        """Asks the plain path until a limit shows."""
        begun = time.monotonic()
        plain = self._plain
        assert plain is not None, "the firewall's trial comes first"
        made, sign, reason = 0, None, None
        for _ in range(MOST_REQUESTS):
            one = await self._ask()
            made += 1
            sign = _limited(one)
            if sign is not None:
                break
            if one.status != plain.status:
                reason = f"status {plain.status} at first, then {one.status or one.outcome}"
                break
        limited = Answer.YES if sign is not None else Answer.UNKNOWN if reason is not None else Answer.NO
        seconds = round(time.monotonic() - begun, 1)
        return RateTrial(limited=limited, reason=reason, sign=sign, requests=made, seconds=seconds)


def _answer(request: str, one: Exchange) -> TrialAnswer:
    return TrialAnswer(request=request, outcome=one.outcome, status=one.status)


def _turned_away(tried: Exchange, plain: Exchange) -> PeerText | None:
    """The sign that the pattern was turned away; None where it was not, or that is not clear."""
    if (sign := block_sign(tried)) is not None:
        return sign
    if tried.status is None and tried.outcome in _CUT:
        return peer_text(f"the connection was ended ({tried.outcome})")
    if tried.status != plain.status and tried.status in BLOCKING:
        return peer_text(f"status {tried.status}")
    return None


def _limited(one: Exchange) -> PeerText | None:
    """The sign of a limit that was reached: 429, or 503 that says when to come again."""
    if one.status == 429:
        return peer_text("status 429")
    if one.status == 503 and any(sign.name.lower() == "retry-after" for sign in limit_signs(one, 0)):
        return peer_text("status 503 with Retry-After")
    return None
