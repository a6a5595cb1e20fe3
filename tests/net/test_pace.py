"""Pace: never more at once, never faster than the bucket allows."""

import asyncio
import time

from scanner.model.options import PaceLimits
from scanner.net.pace import Pace, Paces


async def test_no_more_are_open_at_once_than_allowed() -> None:
    pace = Pace(PaceLimits(rate=1000, burst=100, open_at_once=3))
    now, most = 0, 0

    async def visit() -> None:
        nonlocal now, most
        async with pace.slot():
            now += 1
            most = max(most, now)
            await asyncio.sleep(0)
            now -= 1

    await asyncio.gather(*(visit() for _ in range(30)))

    assert most == 3


async def test_beyond_the_burst_the_rate_holds() -> None:
    pace = Pace(PaceLimits(rate=50, burst=5, open_at_once=100))
    begun = time.monotonic()

    async def visit() -> float:
        async with pace.slot():
            return time.monotonic() - begun

    times = sorted(await asyncio.gather(*(visit() for _ in range(15))))

    for place, moment in enumerate(times):
        assert moment >= (place - 4) / 50 - 0.002, "a token bucket never gives earlier"


async def test_a_place_has_one_pace_for_everybody() -> None:
    paces = Paces(PaceLimits())

    assert paces.at("192.0.2.1", 443) is paces.at("192.0.2.1", 443)
    assert paces.at("192.0.2.1", 443) is not paces.at("192.0.2.1", 80)


async def test_a_cancelled_waiter_frees_its_place() -> None:
    pace = Pace(PaceLimits(rate=1000, burst=100, open_at_once=1))
    async with pace.slot():
        waiter = asyncio.create_task(pace.slot().__aenter__())
        await asyncio.sleep(0)
        waiter.cancel()
        await asyncio.gather(waiter, return_exceptions=True)

    async with asyncio.timeout(1), pace.slot():
        pass
