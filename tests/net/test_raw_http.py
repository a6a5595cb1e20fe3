"""Raw requests against servers that behave badly: every answer ends, and what was sent is still read."""

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from scanner.errors import Refused
from scanner.model.evidence.server_identity import Ending
from scanner.model.outcome import Outcome
from scanner.net.raw_http import RawAnswer, ask
from tests.real.servers import free_port
from tests.support.sessions import session_for

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

REQUEST = b"GET /leadline-00 HTTP/1.1\r\nHost: a\r\n\r\n"
LARGE = REQUEST[:-2] + b"X: " + b"a" * 17_000 + b"\r\n\r\n"
ANSWER = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 4\r\n\r\noops"


@contextlib.asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[tuple[str, int]]:
    """A server on loopback that leaves no connection and no task behind."""
    tasks: set[asyncio.Task[None]] = set()
    writers: list[asyncio.StreamWriter] = []

    async def shielded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await handler(reader, writer)

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(shielded(reader, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        host, port = server.sockets[0].getsockname()
        yield host, port
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(0)


async def answer_of(handler: Handler, payload: bytes = REQUEST, seconds: float = 1.0) -> RawAnswer:
    async with serving(handler) as place:
        return await ask(session_for(place, scheme="http"), payload, seconds=seconds)


def reset_on_close(writer: asyncio.StreamWriter) -> None:
    linger: socket.socket = writer.get_extra_info("socket")
    linger.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def keeps_open(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(ANSWER)
    await reader.read()
    writer.close()


async def closes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(ANSWER)
    writer.close()


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def ends_without_a_word(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.close()


async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    reset_on_close(writer)
    writer.close()


async def answers_early_and_resets(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(ANSWER)
    await writer.drain()
    reset_on_close(writer)
    writer.close()


async def never_ends(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"x" * 4096)
        await writer.drain()


async def endless_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X: y\r\n" * 100)
        await writer.drain()


async def interim_for_ever(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    while True:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await writer.drain()


async def half_an_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(ANSWER[:-2])
    await reader.read()
    writer.close()


@pytest.mark.parametrize(
    ("handler", "status", "ending", "outcome"),
    [
        (keeps_open, 400, Ending.OPEN, Outcome.OK),
        (closes, 400, Ending.FIN, Outcome.OK),
        (silent, None, Ending.TIMEOUT, Outcome.TIMEOUT),
        (ends_without_a_word, None, Ending.FIN, Outcome.CLOSED),
        (resets, None, Ending.RESET, Outcome.RESET),
        (never_ends, 200, Ending.CUT, Outcome.OK),
        (endless_head, 200, Ending.CUT, Outcome.OK),
        (interim_for_ever, None, Ending.CUT, Outcome.PROTOCOL_ERROR),
        (half_an_answer, 400, Ending.TIMEOUT, Outcome.OK),
    ],
)
async def test_every_conversation_ends(handler: Handler, status: int | None, ending: Ending, outcome: Outcome) -> None:
    started = time.monotonic()
    raw = await answer_of(handler, seconds=1.0)
    assert time.monotonic() - started < 8.0
    assert (None if raw.answer is None else raw.answer.head.status) == status
    assert raw.ending is ending
    assert raw.outcome is outcome
    assert len(raw.data) <= 16 * 1024


async def test_a_body_until_the_end_of_the_connection_is_read_whole() -> None:
    async def until_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.0 404 Not Found\r\n\r\ngone")
        writer.close()

    raw = await answer_of(until_end)
    assert raw.answer is not None
    assert raw.answer.body == b"gone"
    assert raw.ending is Ending.FIN


async def test_an_answer_before_the_request_was_read_is_kept() -> None:
    raw = await answer_of(answers_early_and_resets, LARGE)
    if raw.answer is not None:  # the reset may overtake the answer; both are what came
        assert raw.answer.head.status == 400
        assert raw.answer.body == b"oops"
    assert raw.ending in {Ending.RESET, Ending.FIN}


async def test_an_answer_is_read_from_a_peer_that_stopped_reading() -> None:
    done = asyncio.Event()

    async def answers_without_reading(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(ANSWER)
        await done.wait()
        writer.close()

    async with serving(answers_without_reading) as place:
        raw = await ask(session_for(place, scheme="http"), REQUEST + b"a" * 30_000_000, seconds=1.0)
        done.set()
    assert not raw.sent_all
    assert raw.answer is not None
    assert raw.answer.head.status == 400


async def test_a_closed_port_raises() -> None:
    with pytest.raises(Refused):
        await ask(session_for(("127.0.0.1", free_port()), scheme="http"), REQUEST, seconds=1.0)


async def test_the_request_goes_out_byte_for_byte() -> None:
    got = asyncio.Queue[bytes]()

    async def keeps(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await got.put(await reader.readexactly(len(LARGE)))
        writer.write(ANSWER)
        writer.close()

    raw = await answer_of(keeps, LARGE)
    assert raw.sent_all
    assert await got.get() == LARGE
