"""Lanes: the few connections at once in which groups are asked for, and how an answer is judged."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from probes.hello_asker import ONE_AT_A_TIME, Asker
from probes.hello_verdict import Kind, Verdict, judge
from probes.suite_chain import PROPER_REFUSALS, give_up
from scanner.errors import OwnFault, TimedOut
from scanner.wire.tls_client_state import Goal
from scanner.wire.tls_offer import Offer

LANES = 3
"""Hellos that wait for an answer at once: the listing of suites and the certificates are asked for beside them."""


class Lanes:
    """Asks hellos, at most `LANES` at once; one that waits long (a delayed refusal) leaves its place to the next."""

    def __init__(self, asker: Asker) -> None:
        self.asker = asker
        self._places = asyncio.Semaphore(LANES)

    async def ask(self, offer: Offer, goal: Goal, *, again: bool = False, twice: bool = False) -> tuple[Verdict, int]:
        """One hello, judged, and the connections that it took. `again` and `twice` as for `Asker.ask`."""
        async with self._place():
            went = await self.asker.ask(offer, goal, again=again, twice=twice)
        answered = None if went.flight is None else went.flight.version
        version = answered if answered in offer.versions and answered is not None else offer.highest
        return judge(went, version, offer.suites), self.asker.costs(went)

    @contextlib.asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        await self._places.acquire()
        release = _Once(self._places.release)
        timer = asyncio.get_running_loop().call_later(self.asker.patience.stall, release)
        try:
            yield
        finally:
            timer.cancel()
            release()


class _Once:
    """Calls a function the first time that it is called itself."""

    def __init__(self, function: Callable[[], None]) -> None:
        self._function: Callable[[], None] | None = function

    def __call__(self) -> None:
        function, self._function = self._function, None
        if function is not None:
            function()


class Questions:
    """The hellos of one listing: what was cut off or fell silent is asked once more. Counts its connections.

    `accepting` is the last offer of which the server took a group; `abrupt` says whether a refusal rests on connections
    that were cut without an alert.
    """

    def __init__(self, lanes: Lanes, goal: Goal) -> None:
        self.lanes = lanes
        self.connections = 0
        self.accepting: Offer | None = None
        self.abrupt = False
        self._goal = goal

    async def once(self, offer: Offer, *, again: bool = False, twice: bool = False) -> Verdict:
        """One hello, judged."""
        verdict, cost = await self.lanes.ask(offer, self._goal, again=again, twice=twice)
        self.connections += cost
        if verdict.kind is Kind.CHOSE:
            self.accepting = offer
        return verdict

    async def beside(self, offer: Offer, other: Offer) -> tuple[Verdict, Verdict | None]:
        """Two hellos: the second one beside the first where that is held back, else not at all (None).

        It is given up where the first is answered with a choice or an alert.
        """
        first = asyncio.ensure_future(self.once(offer))
        second: asyncio.Future[Verdict] | None = None
        try:
            await asyncio.wait({first}, timeout=self.lanes.asker.patience.stall)
            if not first.done() and self.lanes.asker.held_back:
                second = asyncio.ensure_future(self.once(other))
            verdict = await first
            if second is None or verdict.kind not in {Kind.HUNG_UP, Kind.NO_ANSWER}:
                return verdict, None
            return verdict, await second
        finally:
            await give_up(first, second)

    async def ask(self, offer: Offer, *, again: bool = False) -> tuple[Verdict, bool]:
        """A hello, asked a second time where the first answer was none. Whether the answer refuses all on offer.

        A cut is not repeated where another one was: then that is how the server refuses.
        """
        asker = self.lanes.asker
        verdict = await self.once(offer, again=again, twice=True)
        if verdict.kind is Kind.HUNG_UP and await asker.cuts.refuse(asker.patience.stall):
            self.abrupt = True
            return verdict, True
        if verdict.kind in {Kind.HUNG_UP, Kind.BROKE, Kind.NO_ANSWER} and self._worth_repeating(verdict):
            silent = isinstance(verdict.fault, TimedOut)
            if silent:
                asker.narrow()
            first, verdict = verdict, await self.once(offer, again=True)
            if silent:
                asker.note(ONE_AT_A_TIME, verdict.fault)
            if first.kind is Kind.HUNG_UP:
                asker.cuts.say(verdict.kind is Kind.HUNG_UP)
            if first.kind is verdict.kind is Kind.HUNG_UP:
                self.abrupt = True
                return verdict, True
        return verdict, verdict.kind in PROPER_REFUSALS

    def _worth_repeating(self, verdict: Verdict) -> bool:
        if isinstance(verdict.fault, OwnFault):
            return False
        if verdict.kind is Kind.HUNG_UP:
            return True
        return verdict.transient and self.accepting is not None


def group_of(verdict: Verdict) -> int | None:
    """The group that was chosen; None where none was, or the answer names none."""
    return verdict.flight.group if verdict.kind is Kind.CHOSE and verdict.flight is not None else None
