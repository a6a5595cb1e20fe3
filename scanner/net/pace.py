"""Pace: how fast connections may be opened to one address and port, and how many may be open at once."""

import asyncio
import time

from scanner.model.options import PaceLimits


class Pace:
    """A token bucket and a bound on open connections, for one address and port.

    Waiters are served in the order in which they came.
    """

    def __init__(self, limits: PaceLimits) -> None:
        self._limits = limits
        self._tokens = float(limits.burst)
        self._filled_at = time.monotonic()
        self._open = asyncio.Semaphore(limits.open_at_once)
        self._turn = asyncio.Lock()

    async def enter(self) -> None:
        """Waits for the permit to open one connection; whoever has it gives it back with `leave`."""
        await self._open.acquire()
        try:
            await self._take_token()
        except BaseException:
            self._open.release()
            raise

    def leave(self) -> None:
        """Gives the permit back, once the connection is closed."""
        self._open.release()

    async def _take_token(self) -> None:
        async with self._turn:
            while True:
                now = time.monotonic()
                self._tokens = min(
                    float(self._limits.burst), self._tokens + (now - self._filled_at) * self._limits.rate
                )
                self._filled_at = now
                if self._tokens >= 1.0:
                    self._tokens -= 1.0
                    return
                await asyncio.sleep((1.0 - self._tokens) / self._limits.rate)


class Paces:
    """The paces of one run: one for each address and port, shared by all targets behind it."""

    def __init__(self, limits: PaceLimits) -> None:
        self._limits = limits
        self._by_place: dict[tuple[str, int], Pace] = {}

    def at(self, address: str, port: int) -> Pace:
        """The pace of this place."""
        place = (address, port)
        if place not in self._by_place:
            self._by_place[place] = Pace(self._limits)
        return self._by_place[place]
