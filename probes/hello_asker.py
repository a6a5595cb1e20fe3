"""Asking: sends the hellos of one endpoint, with patience, and remembers what all chains of hellos may know."""

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import AsyncIterator, Callable, Coroutine

from probes.hello_verdict import hung_up
from scanner.errors import AlertReceived, Closed, LeadlineError, OwnFault, Reset, TimedOut
from scanner.model.evidence.tls_suites import Disagreement
from scanner.model.outcome import Stage
from scanner.net.dial import Stream
from scanner.net.pace import PAUSES
from scanner.net.places import Places
from scanner.net.session import Session
from scanner.net.tls_client import Attempt, attempt
from scanner.wire.tls_client_state import Goal
from scanner.wire.tls_offer import Offer

PARALLEL = 6
"""Connections of our own at once: as many as there are protocol versions."""

FAR_SECONDS = 0.01
"""A round trip from which on a chain is split in two where that saves time."""

CUTS_IN_A_ROW = 2
"""Connections cut in a row, from which on it is in doubt whether that is owed to their hellos."""

CUT_TRIES = 2
"""Times that a hello is asked again where the server may have turned us away, and not the hello."""

CANARY_TOPICS = frozenset({"certificates", "tls_suites", "tls_groups"})
"""Whose hellos show that the endpoint still talks to us, where none of our own was accepted yet."""

CLOSING_SECONDS = 0.5
"""Kept back from the deadline, so that what was learned is handed over before the probe is cancelled."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds to wait, within the probe's deadline.

    `answer` while the endpoint has answered nothing yet, and for repeats; `delayed` once it has answered something:
    some servers delay a refusal by up to 30 s (s2n does, against timing attacks). After `stall` without an answer,
    what may be asked beside the hello that waits is asked. All count from when the connection stands.
    """

    answer: float = 10.0
    delayed: float = 32.0
    stall: float = 3.0


class Gate:
    """Lets a number of askers through at once. `narrow` brings that down to one."""

    def __init__(self, width: int) -> None:
        self._places = Places(width)

    @contextlib.asynccontextmanager
    async def passage(self) -> AsyncIterator[Callable[[], None]]:
        """A place within; waits for one. Calling what is given leaves it to others before the end, unless narrow."""
        await self._places.enter()
        left = False

        def leave_early() -> None:
            nonlocal left
            if not left and not self.is_narrow:
                left = True
                self._places.leave()

        try:
            yield leave_early
        finally:
            if not left:
                self._places.leave()

    @property
    def is_narrow(self) -> bool:
        """Whether one at a time is let through."""
        return self._places.width == 1

    def narrow(self) -> None:
        """From now on, one at a time."""
        self._places.width = 1


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


class _Flight:
    """One attempt under way: when its connection stood, and `seconds` of patience from then on."""

    asking: asyncio.Task[Attempt]

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._begun = time.monotonic()
        self._connect_seconds = 0.0
        self._stirred: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def start(self, asking: Coroutine[object, object, Attempt]) -> None:
        """Sends it off; it is to call `opened`."""
        self.asking = asyncio.ensure_future(asking)
        self.asking.add_done_callback(self._stir)

    def opened(self, stream: Stream) -> None:
        """The connection stands."""
        self._begun, self._connect_seconds = time.monotonic(), stream.connect_seconds
        stream.deadline = stream.deadline.sooner(self._seconds)
        self._stir()

    async def ended_within(self, seconds: float) -> bool:
        """Whether it has ended; waits for it until so long after its connection stood."""
        await self._stirred
        if not self.asking.done():
            await asyncio.wait({self.asking}, timeout=max(0.0, self._begun + seconds - time.monotonic()))
        return self.asking.done()

    async def end(self) -> None:
        """Gives it up where it is still under way."""
        if self.asking.cancel():
            await asyncio.wait({self.asking})

    def round_trip(self) -> float:
        """Seconds of one round trip, now that the answer is there: one was for the connect, one for the answer."""
        return (time.monotonic() - self._begun + self._connect_seconds) / 2

    def _stir(self, _: object = None) -> None:
        if not self._stirred.done():
            self._stirred.set_result(None)


class Cuts:
    """Whether the endpoint refuses by cutting the connection: the first that is cut asks again, the others wait."""

    def __init__(self) -> None:
        self._word = Word()
        self._claimed = False

    async def refuse(self, seconds: float) -> bool:
        """Whether that is known, or is heard within `seconds`; the first that asks must find out and `say` it."""
        first, self._claimed = not self._claimed, True
        return not first and bool(await self._word.wait(seconds))

    def say(self, refuse: bool, /) -> None:
        """What came of asking again. The first word counts."""
        self._word.say(refuse)


def _is_cut(fault: LeadlineError | None) -> bool:
    """Whether the peer cut the connection before it said anything."""
    return hung_up(fault) or (isinstance(fault, Reset) and fault.stage is Stage.CONNECT)


ONE_AT_A_TIME = "one connection at a time"


class Asker:
    """The hellos to one endpoint. `intolerances` collects the workarounds that were needed, in words.

    `turns` counts the hellos, `waits` is how many answers are held back just now; `good_at` is the turn of the last one
    that is known to have been answered with a choice, which shows that the endpoint had not stopped talking to us by
    then. `limited` says that cuts were owed to how fast we asked, and to no hello. `named_dhe` is whether DHE is
    accepted where the hello names its groups, `hidden_rsa` whether suites with RSA were found behind those with ECDSA,
    `small` whether TLS 1.2 stood nothing but small hellos, `floor` whether TLS 1.0 was refused for its version.
    `round_trip` is the shortest seen, in seconds.
    """

    def __init__(self, session: Session, *, server_name: str | None, provers: int, patience: Patience) -> None:
        self.session = session
        self.patience = patience
        self.server_name = server_name
        self.wide = WideHello(provers)
        self.intolerances: dict[str, None] = {}
        self.deadline = session.deadline.sooner(max(0.0, session.deadline.remaining() - CLOSING_SECONDS))
        self.named_dhe = Word()
        self.hidden_rsa = Word()
        self.cuts = Cuts()
        self.small = Word()
        self.floor = Word()
        self.disagreements: list[Disagreement] = []
        self.turns = 0
        self.waits = 0
        self.limited = False
        self.good_at = 0
        self.round_trip: float | None = None
        self._gate = Gate(PARALLEL)
        self._alive = False
        self._cuts = 0
        self._cleared_at = 0
        self._good: tuple[Offer, Goal] | None = None
        self._shut_out: LeadlineError | None = None
        self._checking = asyncio.Lock()
        self._twins: dict[tuple[Offer, Goal], asyncio.Task[tuple[Attempt, int]]] = {}

    @property
    def held_back(self) -> bool:
        """Whether an answer that does not come is held back on purpose: others were answered well, side by side."""
        return self.good_at > 0 and not self._gate.is_narrow

    @property
    def far(self) -> bool:
        """Whether the endpoint is so far away that hellos side by side are worth a connection more."""
        return self.round_trip is not None and self.round_trip >= FAR_SECONDS

    async def ask(self, offer: Offer, goal: Goal, *, again: bool = False, twice: bool = False) -> Attempt:
        """One hello on one connection, and what came of it. A connect that times out is tried again, alone.

        A hello that is asked `again` is not given the time of a delayed refusal. One that is to be asked `twice` where
        it is cut off goes out a second time beside the first where that is held back: asking again then, is that.
        """
        went, _ = await self.ask_in_turn(offer, goal, again=again, twice=twice)
        return went

    async def ask_in_turn(
        self, offer: Offer, goal: Goal, *, again: bool = False, twice: bool = False
    ) -> tuple[Attempt, int]:
        """As `ask`, with the turn in which the hello went out."""
        if (twin := self._twins.pop((offer, goal), None)) is not None:
            went, turn = await twin
            if went.fault is None:
                self.good_at = max(self.good_at, turn)
            return went, turn
        seconds = self.patience.answer if again else self.patience.delayed
        went, turn = await self._once(offer, goal, seconds, twin=twice)
        if isinstance(went.fault, TimedOut) and went.fault.stage is Stage.CONNECT and self.deadline.remaining():
            self.narrow()
            went, turn = await self._once(offer, goal, seconds)
            self.note(ONE_AT_A_TIME, went.fault)
        for _ in range(CUT_TRIES):
            if not _is_cut(went.fault) or not await self._was_turned_away(turn):
                break
            went, turn = await self._once(offer, goal, seconds)
        if went.fault is None:
            self._good, self._cuts = (offer, goal), 0
            self.good_at = max(self.good_at, turn)
        return went, turn

    async def _was_turned_away(self, turn: int) -> bool:
        """Whether the cut of this turn was none of a hello but of us, and has passed: to be asked again then.

        A server that limits connections cuts off what it accepted before, too. Where two are cut in a row, that shows
        which it is, and from then on after each. The pace is slowed down until it is accepted again; where it never is,
        the server has shut us out, and is asked nothing more.
        """
        self._cuts += 1
        async with self._checking:
            self.limited = self.limited or self.session.is_slowed
            in_doubt = self.limited or (self._cuts >= CUTS_IN_A_ROW and self.good_at < turn)
            good = self._good or self._good_of_others()
            if good is None or self._shut_out is not None or not in_doubt:
                return False
            if self._cleared_at > turn:
                return True
            fault: LeadlineError | None = None
            for tries in range(len(PAUSES) + 1):
                if tries or self.limited:
                    self.session.slow_down()
                    self.limited = True
                canary, sung = await self._once(*good, self.patience.answer)
                if not _is_cut(canary.fault):
                    self._cuts = 0
                    self.good_at = max(self.good_at, sung if canary.fault is None else 0)
                    self._cleared_at = sung if self.limited else 0
                    return self.limited
                fault = canary.fault
            self._shut_out = fault
            return False

    def _good_of_others(self) -> tuple[Offer, Goal] | None:
        """What the endpoint has accepted from another probe."""
        seen = (one for one in self.session.flights.of(CANARY_TOPICS) if one.fault is None and one.flight is not None)
        return next(((one.offer, Goal.HELLO) for one in seen), None)

    def narrow(self) -> None:
        """From now on, one connection at a time: the endpoint may serve no more."""
        self._gate.narrow()

    def note(self, workaround: str, after: LeadlineError | None = None) -> None:
        """Keeps a workaround that the server needed.

        Where silence or our own limits ended what came `after`, nothing shows that it was needed.
        """
        if not isinstance(after, OwnFault | TimedOut) and self.deadline.remaining():
            self.intolerances[workaround] = None

    async def _once(self, offer: Offer, goal: Goal, seconds: float, *, twin: bool = False) -> tuple[Attempt, int]:
        """One hello. It is given `seconds` from when its connection stands.

        With `twin`, one that is held back is sent once more beside it, for whoever asks again.
        """
        went, late = None, False
        mine: asyncio.Task[tuple[Attempt, int]] | None = None

        def held_back() -> None:
            nonlocal late, mine
            late = True
            self.waits += 1
            leave_early()
            if twin and (offer, goal) not in self._twins:
                mine = self._twins[offer, goal] = asyncio.ensure_future(self._once(offer, goal, seconds))

        async with self._gate.passage() as leave_early:
            if self._shut_out is not None:
                return Attempt(flight=None, fault=self._shut_out), self.turns
            self.turns += 1
            turn = self.turns
            flight = _Flight(seconds)
            flight.start(attempt(self.session, offer, goal=goal, deadline=self.deadline, opened=flight.opened))
            try:
                went = await self._wait(flight, held_back)
            finally:
                self.waits -= late
                await flight.end()
                if mine is not None:
                    await self._part(mine, offer, goal, cut=went is not None and hung_up(went.fault))
        if went.flight is not None or isinstance(went.fault, AlertReceived | Closed | Reset):
            self._alive = True
            trip = flight.round_trip()
            self.round_trip = trip if self.round_trip is None else min(trip, self.round_trip)
        return went, turn

    async def _wait(self, flight: "_Flight", held_back: Callable[[], None]) -> Attempt:
        """What comes of a hello; says once where it is `held_back`. While nothing was ever answered, waits less."""
        if not await flight.ended_within(self.patience.stall) and self.held_back:
            held_back()
        if not await flight.ended_within(self.patience.answer) and not self._alive:
            return Attempt(flight=None, fault=TimedOut(stage=Stage.CLIENT_HELLO))
        return await flight.asking

    async def _part(self, twin: asyncio.Task[tuple[Attempt, int]], offer: Offer, goal: Goal, *, cut: bool) -> None:
        """Leaves the twin of a hello that was `cut` off to who asks again, which is soon or never; ends any other."""

        def drop() -> None:
            if self._twins.get((offer, goal)) is twin:
                del self._twins[offer, goal]
                twin.cancel()

        if cut:
            asyncio.get_running_loop().call_later(CLOSING_SECONDS, drop)
        else:
            drop()
            await asyncio.wait({twin})

    def costs(self, went: Attempt) -> int:
        """How many connections an attempt took: none where our own side forbade it, or nothing is asked any more."""
        if went.fault is not None and went.fault is self._shut_out:
            return 0
        return 0 if isinstance(went.fault, OwnFault) else 1
