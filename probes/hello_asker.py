"""Asking: sends the hellos of one endpoint, with patience, and remembers what all chains of hellos may know."""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator

from scanner.errors import AlertReceived, Closed, LeadlineError, OwnFault, Reset, TimedOut
from scanner.model.outcome import Stage
from scanner.net.session import Session
from scanner.net.tls_client import Attempt, attempt
from scanner.wire.tls_client_state import Goal
from scanner.wire.tls_offer import Offer

PARALLEL = 6
"""Connections of our own at once: as many as there are protocol versions."""

CLOSING_SECONDS = 0.5
"""Kept back from the deadline, so that what was learned is handed over before the probe is cancelled."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds to wait, within the probe's deadline.

    `answer` while the endpoint has answered nothing yet, and for repeats; `delayed` once it has answered something:
    some servers delay a refusal by up to 30 s (s2n does, against timing attacks). After `stall` without an answer,
    what may be asked beside the hello that waits is asked.
    """

    answer: float = 10.0
    delayed: float = 32.0
    stall: float = 3.0


class Gate:
    """Lets a number of askers through at once. `narrow` brings that down to one."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._open = 0
        self._changed = asyncio.Condition()

    @contextlib.asynccontextmanager
    async def passage(self) -> AsyncIterator[None]:
        """A place within; waits for one."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._open < self._width)
            self._open += 1
        try:
            yield
        finally:
            self._open -= 1
            async with self._changed:
                self._changed.notify_all()

    def narrow(self) -> None:
        """From now on, one at a time."""
        self._width = 1


class WideHello:
    """Whether the endpoint reads a hello with all suites to its end: chains that can prove it do, the others wait.

    `proven` is None while nobody knows. `provers` is how many chains may still find out.
    """

    def __init__(self, provers: int) -> None:
        self.proven: bool | None = None
        self._provers = provers
        self._claimed = False
        self._settled = asyncio.Event()

    def claim(self) -> bool:
        """Whether the caller is the first that may find out; it then must `settle`."""
        first, self._claimed = not self._claimed, True
        return first

    def settle(self, *, proven: bool) -> None:
        """What a prover found. The first word counts."""
        if self.proven is None:
            self.proven = proven
        self._settled.set()

    def step_down(self) -> None:
        """One chain less that may find out."""
        self._provers -= 1
        if self._provers <= 0:
            self._settled.set()

    async def wait(self) -> bool:
        """Whether it was proven, once that is known or nobody is left to find out."""
        await self._settled.wait()
        return self.proven is True


ONE_AT_A_TIME = "one connection at a time"


class Asker:
    """The hellos to one endpoint. `intolerances` collects the workarounds that were needed, in words."""

    def __init__(self, session: Session, *, server_name: str | None, provers: int, patience: Patience) -> None:
        self.session = session
        self.patience = patience
        self.server_name = server_name
        self.wide = WideHello(provers)
        self.intolerances: dict[str, None] = {}
        self.deadline = session.deadline.sooner(max(0.0, session.deadline.remaining() - CLOSING_SECONDS))
        self._gate = Gate(PARALLEL)
        self._alive = False

    async def ask(self, offer: Offer, goal: Goal, *, again: bool = False) -> Attempt:
        """One hello on one connection, and what came of it. A connect that times out is tried again, alone.

        A hello that is asked `again` is not given the time of a delayed refusal.
        """
        seconds = self.patience.answer if again else self.patience.delayed
        went = await self._once(offer, goal, seconds)
        if isinstance(went.fault, TimedOut) and went.fault.stage is Stage.CONNECT and self.deadline.remaining():
            self.narrow()
            went = await self._once(offer, goal, seconds)
            self.note(ONE_AT_A_TIME, went.fault)
        return went

    def narrow(self) -> None:
        """From now on, one connection at a time: the endpoint may serve no more."""
        self._gate.narrow()

    def note(self, workaround: str, after: LeadlineError | None = None) -> None:
        """Keeps a workaround that the server needed.

        Where silence or our own limits ended what came `after`, nothing shows that it was needed.
        """
        if not isinstance(after, OwnFault | TimedOut) and self.deadline.remaining():
            self.intolerances[workaround] = None

    async def _once(self, offer: Offer, goal: Goal, seconds: float) -> Attempt:
        async with self._gate.passage():
            deadline = self.deadline.sooner(seconds)
            asking = asyncio.ensure_future(attempt(self.session, offer, goal=goal, deadline=deadline))
            try:
                await asyncio.wait({asking}, timeout=self.patience.answer)
                if not asking.done() and not self._alive:
                    return Attempt(flight=None, fault=TimedOut(stage=Stage.CLIENT_HELLO))
                went = await asking
            finally:
                if asking.cancel():
                    await asyncio.wait({asking})
        if went.flight is not None or isinstance(went.fault, AlertReceived | Closed | Reset):
            self._alive = True
        return went

    @staticmethod
    def costs(went: Attempt) -> int:
        """How many connections an attempt took: none where our own side forbade it."""
        return 0 if isinstance(went.fault, OwnFault) else 1
