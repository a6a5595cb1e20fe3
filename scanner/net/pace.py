"""Pace: how fast connections may be opened to one address and port, and how many may be open at once.

It starts with what the options allow and adapts to the server, never beyond that: where connects fail after others
stood, or answers come late because the server takes one connection after the other, fewer go out at once, more slowly,
after a pause; with success it finds back. Where every connect fails, the failure is remembered for some seconds.
"""

import asyncio
import time

from scanner.errors import PeerFault, TimedOut
from scanner.model.options import PaceLimits
from scanner.net.places import Places

STALL_SECONDS = 3.0
"""A connection that has waited as long for its first byte only waits: its place may be lent (delayed refusals)."""

LATE_SECONDS = 1.5
"""A first byte that comes so late, where others came much sooner, shows that connections queue up in the server."""

PAUSES = (0.25, 0.5, 1.0, 2.0)
"""Seconds without a new connection after each failure in a row; a connect is tried once more after each."""

SILENT_TRIES = 1
"""Times that a connect is tried once more after silence, which has taken its time already."""

SHUT_AFTER = 3
"""Connects that fail, none ever having stood, before the next ones are not even tried."""

SHUT_SECONDS = 5.0
"""How long a failure that was believed is remembered: so long nobody dials."""

RECOVERY = 10
"""Good answers in a row before one more connection is allowed at once, and the rate grows by a quarter."""

CAREFUL = 0.8
"""How much of the rate at which the server turned connections away is used later on."""

SLOWEST = 4.0
"""Connections a second that the rate never goes below, unless the options ask for less."""


class Pace:
    """A token bucket and a bound on open connections, for one address and port.

    Waiters are served in the order in which they came. `rate` is how many may be opened a second now.
    """

    def __init__(self, limits: PaceLimits, *, stall: float = STALL_SECONDS) -> None:
        self.stall = stall
        self.rate = limits.rate
        self._limits = limits
        self._places = Places(limits.open_at_once)
        self._ceiling = limits.rate
        self._tokens = float(limits.burst)
        self._filled_at = time.monotonic()
        self._lent = 0
        self._turn = asyncio.Lock()
        self._quiet_until = 0.0
        self._ever_stood = False
        self._answered = False
        self._strikes = 0
        self._believed = False
        self._failures = 0
        self._good = 0
        self._soonest = float("inf")
        self._narrowed_at = 0.0
        self._shut_until = 0.0
        self._fault: PeerFault | None = None

    @property
    def width(self) -> int:
        """How many connections may be open at once now, beside those that only wait."""
        return self._places.width

    @property
    def is_slowed(self) -> bool:
        """Whether the server ever turned away what it took before."""
        return self._ceiling < self._limits.rate

    async def enter(self) -> None:
        """Waits for the permit to open one connection; whoever has it gives it back with `leave`."""
        await self._places.enter()
        try:
            await self.take_token()
        except BaseException:
            self.leave()
            raise

    def leave(self, *, lent: bool = False) -> None:
        """Gives the permit back, once the connection is closed; `lent` where `lend` had taken its place."""
        if lent:
            self._lent -= 1
        else:
            self._places.leave()

    def lend(self) -> bool:
        """Lends the place of a connection that only waits to another; whether that is allowed.

        It is where the server answers others well: then it holds this answer back on purpose.
        """
        if not self._answered or self.width < self._limits.open_at_once or self._lent >= self._limits.waiting:
            return False
        self._lent += 1
        self._places.leave()
        return True

    async def take_token(self) -> None:
        """Waits until one more connection may be opened, after a pause where there is one."""
        async with self._turn:
            while True:
                now = time.monotonic()
                self._fill(now)
                wait = max(self._quiet_until - now, (1.0 - self._tokens) / self.rate)
                if wait <= 0.0:
                    self._tokens -= 1.0
                    return
                await asyncio.sleep(wait)

    @property
    def last_fault(self) -> PeerFault | None:
        """How connects failed, where they did so often that the next one need not be tried; else None."""
        return self._fault if time.monotonic() < self._shut_until else None

    def stood(self) -> None:
        """A connect succeeded."""
        self._ever_stood = True
        self._failures = 0

    def failed(self, tries: int, fault: PeerFault) -> bool:
        """A connect failed for the `tries`-th time; whether it should be tried again, once it has a token."""
        if (
            self._ever_stood
            and not self._believed
            and tries <= (SILENT_TRIES if isinstance(fault, TimedOut) else len(PAUSES))
        ):
            self.slow_down()
            return True
        self._failures += 1
        if self._ever_stood or self._failures >= SHUT_AFTER:
            self._believed = True
            self._fault = fault
            self._shut_until = time.monotonic() + SHUT_SECONDS
        return False

    def slow_down(self) -> None:
        """The server turns connections away that it took before: fewer at once, more slowly, after a pause.

        All that fail during the pause count once.
        """
        now = time.monotonic()
        if now < self._quiet_until:
            return
        self._quiet_until = now + PAUSES[min(self._strikes, len(PAUSES) - 1)]
        self._strikes += 1
        self._good = 0
        self._places.width = max(1, self.width // 2)
        self._ceiling = CAREFUL * self.rate
        self.rate = min(self.rate, max(SLOWEST, self.rate / 2))
        self._tokens = min(self._tokens, 1.0)

    def heard(self, seconds: float) -> None:
        """The first byte of an answer that refuses nothing came after so many seconds."""
        self._answered = True
        self._strikes = 0
        self._believed = False
        self._soonest = min(self._soonest, seconds)
        if seconds < LATE_SECONDS or seconds < 2 * self._soonest or self._places.taken < 2:
            self._recover()
            return
        now = time.monotonic()
        if now - self._narrowed_at > seconds:  # those that were under way with it are as late
            self._narrowed_at = now
            self._good = 0
            self._places.width = max(1, self.width // 2)

    def _recover(self) -> None:
        self._good += 1
        if self._good < RECOVERY:
            return
        self._good = 0
        self.rate = max(self.rate, min(self._ceiling, self.rate * 1.25))
        if self.width < self._limits.open_at_once:
            self._places.width += 1
            self._places.hand_on()

    def _fill(self, now: float) -> None:
        burst = float(self._limits.burst) if self._ceiling >= self._limits.rate else 1.0
        self._tokens = min(burst, self._tokens + (now - self._filled_at) * self.rate)
        self._filled_at = now


class Paces:
    """The paces of one run: one for each address and port, shared by all targets behind it."""

    def __init__(self, limits: PaceLimits, *, stall: float = STALL_SECONDS) -> None:
        self._limits = limits
        self._stall = stall
        self._by_place: dict[tuple[str, int], Pace] = {}

    def at(self, address: str, port: int) -> Pace:
        """The pace of this place."""
        place = (address, port)
        if place not in self._by_place:
            self._by_place[place] = Pace(self._limits, stall=self._stall)
        return self._by_place[place]
