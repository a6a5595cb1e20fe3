"""Budgets: absolute deadlines, and meters that count connections and bytes where they pass."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

from scanner.errors import CapReached, TimedOut, TooMuch
from scanner.model.observation import Cost
from scanner.model.outcome import Stage


class Deadline:
    """An absolute instant on the monotonic clock, passed down and never extended.

    Progress does not move it: a peer that trickles bytes is cut off like one that is silent.
    """

    __slots__ = ("at",)

    def __init__(self, at: float) -> None:
        self.at = at

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """The instant `seconds` from now."""
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.at - time.monotonic())

    def sooner(self, seconds: float) -> "Deadline":
        """This deadline, or `seconds` from now where that comes first."""
        return Deadline(min(self.at, time.monotonic() + seconds))

    @contextlib.asynccontextmanager
    async def enforced(self, stage: Stage) -> AsyncIterator[None]:
        """A block that raises `TimedOut` at `stage` once the instant has come."""
        loop = asyncio.get_running_loop()
        guard = asyncio.timeout_at(loop.time() + self.remaining())
        try:
            async with guard:
                yield
        except TimeoutError:
            if not guard.expired():
                raise
            raise TimedOut(stage=stage) from None


class Meter:
    """Counts connections and bytes; each count also goes to `parent` (the endpoint's, then the target's meter).

    `max_connections` and `max_bytes_in` are caps: the one that would be passed raises, `CapReached` for our own
    connections, `TooMuch` for what the peer sends.
    """

    __slots__ = ("bytes_in", "bytes_out", "connections", "max_bytes_in", "max_connections", "parent")

    def __init__(
        self, *, parent: "Meter | None" = None, max_connections: int | None = None, max_bytes_in: int | None = None
    ) -> None:
        self.parent = parent
        self.max_connections = max_connections
        self.max_bytes_in = max_bytes_in
        self.connections = 0
        self.bytes_out = 0
        self.bytes_in = 0

    @property
    def cost(self) -> Cost:
        """What was counted so far."""
        return Cost(connections=self.connections, bytes_out=self.bytes_out, bytes_in=self.bytes_in)

    def opening(self) -> None:
        """Counts one connection that is about to be opened; raises `CapReached` instead where a cap is reached."""
        chain: list[Meter] = []
        meter: Meter | None = self
        while meter is not None:
            if meter.max_connections is not None and meter.connections >= meter.max_connections:
                raise CapReached(f"the cap of {meter.max_connections} connections is reached", stage=Stage.CONNECT)
            chain.append(meter)
            meter = meter.parent
        for each in chain:
            each.connections += 1

    def sent(self, count: int) -> None:
        """Counts bytes that went out."""
        self.bytes_out += count
        if self.parent is not None:
            self.parent.sent(count)

    def received(self, count: int) -> None:
        """Counts bytes that came in; raises `TooMuch` beyond the cap."""
        self.bytes_in += count
        if self.parent is not None:
            self.parent.received(count)
        if self.max_bytes_in is not None and self.bytes_in > self.max_bytes_in:
            raise TooMuch(f"more than {self.max_bytes_in} bytes")
