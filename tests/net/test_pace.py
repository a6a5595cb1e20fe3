"""Pace: never more at once, never faster than the bucket allows."""

import asyncio
import time

from scanner.errors import Refused, TimedOut
from scanner.model.options import PaceLimits
from scanner.model.outcome import Stage
from scanner.net.pace import CAREFUL, PAUSES, RECOVERY, SHUT_AFTER, Pace, Paces


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

    assert pace._places.taken == 1


def refused() -> Refused:
    return Refused(stage=Stage.CONNECT)


async def entered(pace: Pace, *, seconds: float = 0.05) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await pace.enter()
    except TimeoutError:
        return False
    return True


async def test_a_server_that_begins_to_refuse_is_asked_less_after_a_pause() -> None:
    pace = Pace(PaceLimits())
    await pace.enter()
    pace.stood()

    assert pace.failed(1, refused())
    assert pace.failed(1, refused()), "what fails during the pause counts once"
    assert (pace.width, pace.rate) == (4, 20.0)
    assert pace.last_fault is None
    assert not await entered(pace, seconds=PAUSES[0] / 2)
    assert await entered(pace, seconds=PAUSES[0])


async def test_a_connect_is_tried_again_a_few_times_and_then_believed() -> None:
    pace = Pace(PaceLimits())
    pace.stood()

    tries = 1
    while pace.failed(tries, fault := refused()):
        tries += 1
    assert tries == len(PAUSES) + 1
    assert pace.last_fault is fault


async def test_silence_is_tried_again_once() -> None:
    pace = Pace(PaceLimits())
    pace.stood()

    assert pace.failed(1, TimedOut(stage=Stage.CONNECT))
    assert not pace.failed(2, TimedOut(stage=Stage.CONNECT))


async def test_with_success_it_finds_back() -> None:
    pace = Pace(PaceLimits())
    pace.stood()
    pace.failed(1, refused())

    for _ in range(10 * RECOVERY):
        pace.heard(0.01)
    assert (pace.width, pace.rate) == (8, CAREFUL * 40.0)


async def test_where_nothing_ever_stood_nothing_is_tried_again() -> None:
    pace = Pace(PaceLimits())

    assert [pace.failed(1, refused()) for _ in range(SHUT_AFTER)] == [False] * SHUT_AFTER
    assert isinstance(pace.last_fault, Refused)
    assert (pace.width, pace.rate) == (8, 40.0)


async def test_late_answers_that_queue_up_in_the_server_narrow_it() -> None:
    pace = Pace(PaceLimits())
    for _ in range(8):
        await pace.enter()

    pace.heard(0.4)
    assert pace.width == 8
    pace.heard(2.0)
    pace.heard(2.1)
    assert pace.width == 4, "those that were under way count once"


async def test_a_server_that_always_takes_long_is_not_narrowed() -> None:
    pace = Pace(PaceLimits())
    for _ in range(8):
        await pace.enter()

    for seconds in (2.0, 2.2, 1.9):
        pace.heard(seconds)
    assert pace.width == 8


async def test_a_place_is_lent_where_others_were_answered() -> None:
    pace = Pace(PaceLimits(open_at_once=1, waiting=1))
    await pace.enter()

    assert not pace.lend(), "nothing was ever answered"
    pace.heard(0.01)
    assert pace.lend()
    assert await entered(pace)
    assert not pace.lend(), "no more than may wait"
    pace.leave(lent=True)
    assert not await entered(pace)
    pace.leave()
    assert await entered(pace)


async def test_no_place_is_lent_at_a_server_that_is_asked_less() -> None:
    pace = Pace(PaceLimits())
    await pace.enter()
    pace.stood()
    pace.heard(0.01)
    pace.slow_down()

    assert not pace.lend()
