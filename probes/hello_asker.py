"""Asking: sends the hellos of one endpoint, with patience, and remembers what all chains of hellos may know."""

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import AsyncIterator

from scanner.errors import AlertReceived, Closed, LeadlineError, OwnFault, Reset, TimedOut
from scanner.model.evidence.tls_suites import Disagreement
from scanner.model.outcome import Stage
from scanner.net.session import Session
from scanner.net.tls_client import Attempt, attempt
from scanner.wire.tls_client_state import Goal
from scanner.wire.tls_offer import Offer

PARALLEL = 6
"""Connections of our own at once: as many as there are protocol versions."""

FAR_SECONDS = 0.01
"""A round trip from which on a chain is split in two where that saves time."""

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


class Word:
    """Something that one chain finds out and others wait for. `said` is None while, and where, nobody knows."""

    def __init__(self) -> None:
        self.said: bool | None = None
        self._over = asyncio.Event()

    def say(self, said: bool | None, /) -> None:
        """The word; None where it cannot be found out. The first one counts."""
        if not self._over.is_set():
            self.said = said
            self._over.set()

    async def wait(self, seconds: float | None = None) -> bool | None:
        """The word once it is there, None after `seconds` without it."""
        try:
            async with asyncio.timeout(seconds):
                await self._over.wait()
        except TimeoutError:
            return None
        return self.said


class WideHello:
    """Whether the endpoint reads a hello with all suites to its end: chains that can prove it do, the others wait.

    `proven` is None while nobody knows. `provers` is how many chains may still find out; the first of them leads, and
    `led` is heard once it has proven it, or cannot.
    """

    def __init__(self, provers: int) -> None:
        self.proven: bool | None = None
        self.led = Word()
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
        self.led.say(self.proven)
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
    """The hellos to one endpoint. `intolerances` collects the workarounds that were needed, in words.

    `turns` counts the hellos; `good_at` is the turn of the last one that is known to have been answered with a choice,
    which shows that the endpoint had not stopped talking to us by then. `named_dhe` is whether DHE is accepted where
    the hello names its groups, `small` whether TLS 1.2 stood nothing but small hellos,
    `floor` whether TLS 1.0 was refused for its version. `round_trip` is the shortest
    seen, in seconds.
    """

    def __init__(self, session: Session, *, server_name: str | None, provers: int, patience: Patience) -> None:
        self.session = session
        self.patience = patience
        self.server_name = server_name
        self.wide = WideHello(provers)
        self.intolerances: dict[str, None] = {}
        self.deadline = session.deadline.sooner(max(0.0, session.deadline.remaining() - CLOSING_SECONDS))
        self.named_dhe = Word()
        self.small = Word()
        self.floor = Word()
        self.disagreements: list[Disagreement] = []
        self.turns = 0
        self.good_at = 0
        self.round_trip: float | None = None
        self._gate = Gate(PARALLEL)
        self._alive = False

    @property
    def far(self) -> bool:
        """Whether the endpoint is so far away that hellos side by side are worth a connection more."""
        return self.round_trip is not None and self.round_trip >= FAR_SECONDS

    async def ask(self, offer: Offer, goal: Goal, *, again: bool = False) -> Attempt:
        """One hello on one connection, and what came of it. A connect that times out is tried again, alone.

        A hello that is asked `again` is not given the time of a delayed refusal.
        """
        went, _ = await self.ask_in_turn(offer, goal, again=again)
        return went

    async def ask_in_turn(self, offer: Offer, goal: Goal, *, again: bool = False) -> tuple[Attempt, int]:
        """As `ask`, with the turn in which the hello went out."""
        seconds = self.patience.answer if again else self.patience.delayed
        went, turn = await self._once(offer, goal, seconds)
        if isinstance(went.fault, TimedOut) and went.fault.stage is Stage.CONNECT and self.deadline.remaining():
            self.narrow()
            went, turn = await self._once(offer, goal, seconds)
            self.note(ONE_AT_A_TIME, went.fault)
        if went.fault is None:
            self.good_at = max(self.good_at, turn)
        return went, turn

    def narrow(self) -> None:
        """From now on, one connection at a time: the endpoint may serve no more."""
        self._gate.narrow()

    def note(self, workaround: str, after: LeadlineError | None = None) -> None:
        """Keeps a workaround that the server needed.

        Where silence or our own limits ended what came `after`, nothing shows that it was needed.
        """
        if not isinstance(after, OwnFault | TimedOut) and self.deadline.remaining():
            self.intolerances[workaround] = None

    async def _once(self, offer: Offer, goal: Goal, seconds: float) -> tuple[Attempt, int]:
        async with self._gate.passage():
            self.turns += 1
            turn = self.turns
            begun = time.monotonic()
            deadline = self.deadline.sooner(seconds)
            asking = asyncio.ensure_future(attempt(self.session, offer, goal=goal, deadline=deadline))
            try:
                await asyncio.wait({asking}, timeout=self.patience.answer)
                if not asking.done() and not self._alive:
                    return Attempt(flight=None, fault=TimedOut(stage=Stage.CLIENT_HELLO)), turn
                went = await asking
            finally:
                if asking.cancel():
                    await asyncio.wait({asking})
        if went.flight is not None or isinstance(went.fault, AlertReceived | Closed | Reset):
            self._alive = True
            trip = (time.monotonic() - begun) / 2  # one for the connect, one for the answer
            self.round_trip = trip if self.round_trip is None else min(trip, self.round_trip)
        return went, turn

    @staticmethod
    def costs(went: Attempt) -> int:
        """How many connections an attempt took: none where our own side forbade it."""
        return 0 if isinstance(went.fault, OwnFault) else 1
