"""Tapes: every byte of a connection in its order, up to the caps."""

import asyncio

from scanner.model.capture import Direction
from scanner.model.options import PaceLimits
from scanner.net import tape as module
from scanner.net.budget import Deadline, Meter
from scanner.net.dial import Dialer
from scanner.net.pace import Paces
from scanner.net.tape import Tape
from tests.support.sessions import endpoint_of


async def test_a_connection_is_kept_as_it_went() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read(100)).upper())
        await writer.drain()
        writer.close()

    tape = Tape()
    async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
        place = endpoint_of("127.0.0.1", server.sockets[0].getsockname()[1])
        dialer = Dialer(Paces(PaceLimits()))
        async with await dialer.dial(place, deadline=Deadline.after(5), meter=Meter(), tape=tape) as stream:
            await stream.send(b"depth")
            while await stream.receive():
                pass

    (connection,) = tape.read()
    assert (connection.place, connection.opened_ms, connection.omitted) == (place.key, 0.0, 0)
    assert [(one.direction, one.data) for one in connection.segments if one.data] == [
        (Direction.SENT, b"depth"),
        (Direction.RECEIVED, b"DEPTH"),
    ]


def test_the_caps_hold_and_say_what_is_missing() -> None:
    tape = Tape()
    long = tape.track("192.0.2.1:443")
    long.keep(Direction.RECEIVED, bytes(module.MAX_CONNECTION_BYTES + 7))
    for _ in range(module.MAX_TAPE_BYTES // module.MAX_CONNECTION_BYTES):
        tape.track("192.0.2.1:443").keep(Direction.RECEIVED, bytes(module.MAX_CONNECTION_BYTES))

    first, *others = tape.read()
    assert (sum(len(one.data) for one in first.segments), first.omitted) == (module.MAX_CONNECTION_BYTES, 7)
    assert others[-1].segments == ()
    assert others[-1].omitted == module.MAX_CONNECTION_BYTES
    assert sum(len(one.data) for each in tape.read() for one in each.segments) == module.MAX_TAPE_BYTES
