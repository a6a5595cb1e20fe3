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
        await pace.enter()
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        pace.leave()

    await asyncio.gather(*(visit() for _ in range(30)))

    assert most == 3


async def test_beyond_the_burst_the_rate_holds() -> None:
    pace = Pace(PaceLimits(rate=50, burst=5, open_at_once=100))
    begun = time.monotonic()

    async def visit() -> float:
        await pace.enter()
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
    await pace.enter()
    waiter = asyncio.create_task(pace.enter())
    await asyncio.sleep(0)
    waiter.cancel()
    await asyncio.gather(waiter, return_exceptions=True)
    pace.leave()

    async with asyncio.timeout(1):
        await pace.enter()


async def test_one_cancelled_while_it_waits_for_a_token_frees_its_place() -> None:
    pace = Pace(PaceLimits(rate=0.001, burst=1, open_at_once=2))
    await pace.enter()
    waiter = asyncio.create_task(pace.enter())
    await asyncio.sleep(0)
    waiter.cancel()
    await asyncio.gather(waiter, return_exceptions=True)

    assert pace._open._value == 1
