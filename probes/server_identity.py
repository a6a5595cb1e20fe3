"""Server identity by oversized headers: which server answers an odd request, and with which page.

Rule of the room: a good guest. Odd requests go to a path that nobody else asks for, one connection each, one at a time
and slowly, the plain one first; the first sign of a block or of a changed root page ends it. The requests are the rows
of `scanner.wire.odd_requests`; who the server is, is derived elsewhere.
"""

import asyncio
import time

from probes.base import Group, Known, ProbeInfo, Scope
from probes.block_signs import block_sign, turned_away
from scanner.errors import AlertReceived, OwnFault, PeerFault
from scanner.model.evidence.http_exchanges import Body, Exchange, HttpExchanges, Purpose
from scanner.model.evidence.server_identity import (
    SAMPLE_CHARACTERS,
    Ending,
    LeftOut,
    OddReply,
    PageSample,
    ReplyKind,
    RootPage,
    ServerAnswers,
)
from scanner.model.observation import Observation
from scanner.model.outcome import Answer, Outcome
from scanner.model.peer import PeerText, peer_text
from scanner.net.raw_http import RawAnswer, ask
from scanner.net.session import Session
from scanner.version import USER_AGENT
from scanner.wire.error_pages import digest, normalise
from scanner.wire.odd_requests import TABLE, OddRequest, Site, When, plain, wanted
from scanner.wire.urls import parse_url

REQUEST_SECONDS = 8.0
"""The longest that one request and its answer may take."""

INTERVAL_SECONDS = 0.2
"""From the start of one request to the start of the next, at least: five a second."""

MAX_REQUESTS = 12
"""Requests of this probe at one endpoint."""

_NO_APPLICATION_PROTOCOL = 120  # RFC 7301 section 3.2

_GOES_ON_AFTER = frozenset({Outcome.OK, Outcome.PROTOCOL_ERROR})
"""Outcomes of `http_exchanges` after which odd requests make sense."""


class ServerIdentityProbe:
    """Sends the rows of the table and keeps the answers."""

    info = ProbeInfo(
        id="server_identity",
        topic="server_identity",
        group=Group.IDENTITY,
        title="Server identity by oversized headers",
        sends=(
            "GET of an unguessable path (/leadline- and 16 hexadecimal digits), plain and then with one thing odd about"
            " it: 110 small header fields, an X-Forwarded-For of 9000 bytes and, depending on the answer, of 8185 or"
            " 17000, a request line of 9000 bytes; plain GETs of the root page before and after. Nothing has a body or"
            " breaks the grammar, the user's own header fields do not go along, one connection a request, at most 5 a"
            f" second and {MAX_REQUESTS} in all. It ends at the first sign of a block."
        ),
        scope=Scope.WEB,
        max_connections=MAX_REQUESTS,
        produces=ServerAnswers,
        since="0.1.0",
        requires=frozenset({"http_exchanges"}),
        last=True,
        quick=False,
    )

    def __init__(self, *, interval: float = INTERVAL_SECONDS) -> None:
        """`interval` is in seconds, from the start of one request to the start of the next."""
        self._interval = interval

    async def collect(self, session: Session, known: Known) -> Observation[ServerAnswers]:
        """The answers. `blocked` and the answers so far where somebody began to turn us away."""
        before = known.observation("http_exchanges")
        if before is not None and (before.evidence is None or before.outcome not in _GOES_ON_AFTER):
            return session.observe(
                None, outcome=Outcome.NOT_ASSESSED, detail=f"no odd requests after http_exchanges: {before.outcome}"
            )
        exchanges = known.evidence("http_exchanges", HttpExchanges)
        sign = None if exchanges is None else turned_away(exchanges)
        if sign is not None:
            return session.observe(
                None, outcome=Outcome.NOT_ASSESSED, detail=f"no odd requests after http_exchanges saw a block: {sign}"
            )
        visit = _Visit(session, _root_seen(session, exchanges), self._interval)
        try:
            await visit.run()
        except AlertReceived as fault:
            if fault.number != _NO_APPLICATION_PROTOCOL or visit.replies:
                raise
            return session.observe(None, outcome=Outcome.NOT_ASSESSED, detail="the server does not offer HTTP/1.1")
        return visit.observation()


def _root_seen(session: Session, exchanges: HttpExchanges | None) -> RootPage | None:
    """The root page as `http_exchanges` saw it, where it did; its body was asked for in another way."""
    if exchanges is None:
        return None
    root = str(parse_url(session.target.url).at("/"))
    found = next((one for one in exchanges.exchanges if one.url == root and one.status is not None), None)
    return None if found is None else RootPage(status=found.status)


class _Stop(Exception):
    """Why the visit ends early, and with which outcome."""

    def __init__(self, reason: str, outcome: Outcome) -> None:
        super().__init__(reason)
        self.reason = reason
        self.outcome = outcome


class _Visit:
    """The requests so far and what they brought."""

    def __init__(self, session: Session, root: RootPage | None, interval: float) -> None:
        url = parse_url(session.target.url)
        self._session = session
        self._interval = interval
        self._site = Site(
            authority=url.authority,
            path=f"/leadline-{session.random(8).hex()}",
            user_agent=session.options.user_agent or USER_AGENT,
        )
        self._root_before = root
        self._root_after: RootPage | None = None
        self._root_changed = Answer.UNKNOWN
        self._left_out: list[LeftOut] = []
        self._stop: _Stop | None = None
        self._next_at = 0.0
        self._confirmed = False
        self._checked_root = False
        self.replies: list[OddReply] = []

    def observation(self) -> Observation[ServerAnswers]:
        """What was seen, with the outcome."""
        stop = self._stop
        evidence = ServerAnswers(
            path=self._site.path,
            replies=tuple(self.replies),
            left_out=tuple(self._left_out),
            root_before=self._root_before,
            root_after=self._root_after,
            root_changed=self._root_changed,
            stopped=None if stop is None else peer_text(stop.reason, limit=200),
        )
        if stop is None:
            return self._session.observe(evidence)
        return self._session.observe(evidence, outcome=stop.outcome, detail=stop.reason)

    async def run(self) -> None:
        """The whole visit. Raises what the first request raises; later faults end it early instead."""
        try:
            if self._root_before is None:
                self._root_before = await self._root()
            for number, row in enumerate(TABLE):
                if number and not wanted(row.when, self.replies):
                    self._left_out.append(LeftOut(request=row.id, reason=_WHY_NOT[row.when]))
                    continue
                await self._send(row)
            await self._check_root()
        except _Stop as stop:
            self._stop = stop
            done = {reply.request for reply in self.replies} | {one.request for one in self._left_out}
            self._left_out += [LeftOut(request=row.id, reason="stopped before") for row in TABLE if row.id not in done]

    async def _send(self, row: OddRequest) -> None:
        payload = row.build(self._site)
        reply = self._reply(row, payload, await self._ask(payload))
        self.replies.append(reply)
        baseline = self.replies[0]
        if baseline.status is None:
            raise self._stop_unanswered(baseline)
        self._look_for_block(reply, baseline)
        kind = reply.kind(baseline)
        if kind is ReplyKind.SILENT:
            await self._confirm_not_banned(row, baseline)
        if kind is ReplyKind.REFUSED and not self._checked_root:
            await self._check_root()

    async def _ask(self, payload: bytes) -> RawAnswer:
        """One request in its turn. A connection that no longer comes about after answers is a sign of a block."""
        await asyncio.sleep(max(0.0, self._next_at - time.monotonic()))
        self._next_at = time.monotonic() + self._interval
        try:
            return await ask(self._session, payload, seconds=REQUEST_SECONDS)
        except (PeerFault, OwnFault) as fault:
            if not self.replies:
                raise
            raise self._stop_for(fault) from None

    def _stop_for(self, fault: PeerFault | OwnFault) -> _Stop:
        """Why a visit that had answers ends with this fault."""
        if self._session.deadline.remaining() <= 0:
            return _Stop("the time for this probe is over", Outcome.TIMEOUT)
        if isinstance(fault, OwnFault):
            return _Stop(fault.detail, fault.outcome)
        return _Stop(f"no connection any more ({fault.outcome}) where one was before", Outcome.BLOCKED)

    def _stop_unanswered(self, baseline: OddReply) -> _Stop:
        """Why a visit without an answer to its plain request ends: some servers hang up on paths they do not know."""
        root = None if self._root_before is None else self._root_before.status
        if root is not None and baseline.outcome in {Outcome.CLOSED, Outcome.RESET}:
            return _Stop("the server hangs up on paths that it does not know", Outcome.NOT_ASSESSED)
        return _Stop("no HTTP answer to a plain request", baseline.outcome)

    def _look_for_block(self, reply: OddReply, baseline: OddReply) -> None:
        sign = block_sign(_as_exchange(reply, self._session.target.url))
        if sign is None and reply.status != baseline.status:
            if reply.status == 403:
                sign = peer_text(f"status 403 to {reply.title}")
            elif reply.status == 503 and reply.values("retry-after"):
                sign = peer_text(f"status 503 with Retry-After to {reply.title}")
        if sign is not None:
            raise _Stop(f"sign of a block: {sign}", Outcome.BLOCKED)

    async def _confirm_not_banned(self, row: OddRequest, baseline: OddReply) -> None:
        """After the first request without an answer: whether the plain one still gets its own."""
        if self._confirmed:
            return
        self._confirmed = True
        again = await self._ask(plain(self._site))
        status = None if again.answer is None else again.answer.head.status
        if status != baseline.status:
            raise _Stop(f"the plain request is answered otherwise since {row.title}", Outcome.BLOCKED)

    async def _root(self) -> RootPage:
        answer = await self._ask(plain(self._site, path="/"))
        return RootPage(status=_status(answer), sha256=_sample(answer, self._session.target.host).sha256)

    async def _check_root(self) -> None:
        """Compares the root page with what it was; one that turned into an error, twice, ends the visit."""
        self._checked_root = True
        self._root_after = after = await self._root()
        before = None if self._root_before is None else self._root_before.status
        if before is None:
            return
        if after.status is None:
            raise _Stop("the root page no longer answers", Outcome.BLOCKED)
        if before < 400 <= after.status:
            self._root_after = after = await self._root()
        if after.status is not None and before < 400 <= after.status:
            self._root_changed = Answer.YES
            raise _Stop(f"the root page changed: status {before} before, {after.status} after", Outcome.NOT_ASSESSED)
        self._root_changed = Answer.NO

    def _reply(self, row: OddRequest, payload: bytes, raw: RawAnswer) -> OddReply:
        head = None if raw.answer is None else raw.answer.head
        fault = raw.fault if raw.outcome is not Outcome.OK else None
        return OddReply(
            request=row.id,
            title=row.title,
            level=int(row.level),
            size=len(payload),
            outcome=raw.outcome,
            stage=None if fault is None else fault.stage,
            detail=peer_text(fault.detail, limit=200) if fault is not None and fault.detail else None,
            sent_all=raw.sent_all,
            version=None if head is None else peer_text(head.version),
            status=None if head is None else head.status,
            reason=None if head is None else head.reason,
            fields=() if head is None else head.fields,
            flaws=() if head is None else tuple(str(flaw) for flaw in head.flaws),
            ending=raw.ending,
            body=None if head is None else _sample(raw, self._session.target.host),
            elapsed_ms=raw.elapsed_ms,
        )


_WHY_NOT = {
    When.FRONT_SHOWN: "the front did not answer the field of 9000 bytes itself",
    When.FRONT_NOT_SHOWN: "the front has answered the field of 9000 bytes itself already",
}


def _status(raw: RawAnswer) -> int | None:
    return None if raw.answer is None else raw.answer.head.status


def _sample(raw: RawAnswer, host: str) -> PageSample:
    body = b"" if raw.answer is None else raw.answer.body
    text = peer_text(body, limit=SAMPLE_CHARACTERS)
    return PageSample(
        size=len(body),
        complete=raw.answer is not None and (raw.answer.complete or raw.ending is Ending.FIN),
        text=text,
        sha256=digest(normalise(text, host)),
    )


def _as_exchange(reply: OddReply, url: str) -> Exchange:
    """The answer as the signs of a block are read from it."""
    sample = reply.body
    body = None if sample is None else Body(size=sample.size, complete=sample.complete, sha256="", text=sample.text)
    return Exchange(
        purpose=Purpose.MISSING,
        hop=0,
        method="GET",
        url=PeerText(url),
        same_host=True,
        endpoint=None,
        outcome=reply.outcome,
        status=reply.status,
        fields=reply.fields,
        body=body,
    )
