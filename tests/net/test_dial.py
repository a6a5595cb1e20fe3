"""Dialling: real sockets, and each way in which a connection can fail as the fault that says whose it is."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from scanner.errors import BudgetSpent, Refused, Reset, TimedOut, TooMuch
from scanner.model.options import PaceLimits
from scanner.model.outcome import Stage
from scanner.model.target import Endpoint
from scanner.net.budget import Deadline, Meter
from scanner.net.dial import Dialer, Stream
from scanner.net.pace import Paces
from tests.support.sessions import endpoint_of
from tests.support.sites import RESET_ON_CLOSE

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[Endpoint]:
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await handler(reader, writer)
        finally:
            writer.transport.abort()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield endpoint_of("127.0.0.1", server.sockets[0].getsockname()[1])
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def dialer(open_at_once: int = 8) -> Dialer:
    return Dialer(Paces(PaceLimits(open_at_once=open_at_once)))


async def dial(endpoint: Endpoint, *, seconds: float = 5.0, meter: Meter | None = None) -> Stream:
    return await dialer().dial(endpoint, deadline=Deadline.after(seconds), meter=meter or Meter())


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(await reader.read(100))
    await writer.drain()
    writer.close()


async def read_on(stream: Stream) -> None:
    while await stream.receive():
        pass


async def test_bytes_pass_and_are_counted() -> None:
    meter = Meter()
    async with serving(echo) as place, await dial(place, meter=meter) as stream:
        await stream.send(b"lead")
        assert await stream.receive() == b"lead"
        assert await stream.receive() == b""

    assert (meter.connections, meter.bytes_out, meter.bytes_in) == (1, 4, 4)


async def test_a_closed_port_refuses() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        place = endpoint_of("127.0.0.1", unused.getsockname()[1])
        with pytest.raises(Refused) as caught:
            await dial(place)

    assert caught.value.stage is Stage.CONNECT


async def test_silence_ends_at_the_deadline() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with serving(silent) as place, await dial(place, seconds=0.1) as stream:
        stream.stage = Stage.SERVER_HELLO
        with pytest.raises(TimedOut) as caught:
            await stream.receive()

    assert caught.value.stage is Stage.SERVER_HELLO


async def test_a_reset_is_told_from_an_end() -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)

    async with serving(reset) as place, await dial(place) as stream:
        await stream.send(b"x")
        with pytest.raises(Reset):
            await stream.receive()


async def test_a_flood_stops_at_the_budget() -> None:
    async def flood(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while True:
                writer.write(b"\0" * 65536)
                await writer.drain()

    meter = Meter(max_bytes_in=100_000)
    async with serving(flood) as place, await dial(place, meter=meter) as stream:
        with pytest.raises(TooMuch):
            await read_on(stream)

    assert meter.bytes_in <= 100_000 + 16 * 1024


async def test_a_closed_stream_frees_its_place() -> None:
    one_at_a_time = dialer(open_at_once=1)
    async with serving(echo) as place:
        for _ in range(3):
            stream = await one_at_a_time.dial(place, deadline=Deadline.after(5), meter=Meter())
            stream.abort()
            stream.abort()


async def test_a_dial_that_waits_for_a_place_keeps_its_deadline() -> None:
    one_at_a_time = dialer(open_at_once=1)
    async with serving(echo) as place:
        held = await one_at_a_time.dial(place, deadline=Deadline.after(5), meter=Meter())
        with pytest.raises(BudgetSpent, match="turn"):  # our own pace: the peer was never asked
            await one_at_a_time.dial(place, deadline=Deadline.after(0.05), meter=Meter())
        held.abort()
        stream = await one_at_a_time.dial(place, deadline=Deadline.after(5), meter=Meter())
        stream.abort()


async def test_a_dial_after_its_deadline_opens_nothing() -> None:
    meter = Meter()
    with pytest.raises(BudgetSpent):
        await dialer().dial(endpoint_of("127.0.0.1", 1), deadline=Deadline.after(0), meter=meter)
    assert meter.connections == 0


async def test_a_closed_port_is_soon_not_dialled_any_more() -> None:
    meter, one = Meter(), dialer(open_at_once=1)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        place = endpoint_of("127.0.0.1", unused.getsockname()[1])
        for _ in range(20):
            with pytest.raises(Refused):
                await one.dial(place, deadline=Deadline.after(5), meter=meter)

    assert meter.connections == 3


async def test_a_port_that_closes_for_a_moment_is_tried_again() -> None:
    one = dialer()
    async with serving(echo) as place:
        (await one.dial(place, deadline=Deadline.after(5), meter=Meter())).abort()
    dialling = asyncio.ensure_future(one.dial(place, deadline=Deadline.after(5), meter=Meter()))
    await asyncio.sleep(0.05)
    async with await asyncio.start_server(echo, place.address, place.port):
        (await dialling).abort()
        await asyncio.sleep(0.02)  # the server sees its end


async def test_what_only_waits_leaves_its_place_to_others() -> None:
    async def fickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.read(1) == b"a":
            writer.write(b"a")
        await reader.read()

    one = Dialer(Paces(PaceLimits(open_at_once=1), stall=0.05))
    async with serving(fickle) as place:
        answered = await one.dial(place, deadline=Deadline.after(5), meter=Meter())
        await answered.send(b"a")
        await answered.receive()
        answered.abort()
        held = await one.dial(place, deadline=Deadline.after(5), meter=Meter())
        other = await one.dial(place, deadline=Deadline.after(5), meter=Meter())
        held.abort()
        with pytest.raises(BudgetSpent):
            await one.dial(place, deadline=Deadline.after(0.02), meter=Meter())
        other.abort()
        await asyncio.sleep(0.02)  # the server sees them end
