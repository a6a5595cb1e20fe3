"""Servers on loopback inside the test's own event loop: a handler a connection, with or without TLS."""

import asyncio
import contextlib
import functools
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

import trustme

from scanner.model.target import Endpoint
from tests.support.sessions import TEST_HOST, endpoint_of
from tests.support.sites import RESET_ON_CLOSE

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """A running server: where it is, and how many connections it has seen."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.connections = 0


@contextlib.asynccontextmanager
async def serving(handler: Handler, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """A server on 127.0.0.1 that runs `handler` for each connection and leaves nothing behind."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        running.connections += 1
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await handler(reader, writer)
        finally:
            writer.transport.abort()

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls) as server:
        running = Server(endpoint_of("127.0.0.1", server.sockets[0].getsockname()[1]))
        yield running
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def read_head(reader: asyncio.StreamReader) -> bytes:
    """The head of one request."""
    return await reader.readuntil(b"\r\n\r\n")


def answering(*pieces: bytes, keep_open: bool = False, reset: bool = False) -> Handler:
    """A handler that reads one request, sends the pieces, and closes, resets, or keeps the connection open."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        await _leave(reader, writer, keep_open=keep_open, reset=reset)

    return handler


def blurting(*pieces: bytes, keep_open: bool = False, reset: bool = False) -> Handler:
    """A handler that waits for the first bytes, whatever they are, and goes on as `answering`."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(16 * 1024)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        await _leave(reader, writer, keep_open=keep_open, reset=reset)

    return handler


def flooding(opening: bytes, piece: bytes) -> Handler:
    """A handler that sends `opening`, then `piece` for ever."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(16 * 1024)
        writer.write(opening)
        while True:
            writer.write(piece * (1 + 4096 // len(piece)))
            await writer.drain()

    return handler


def trickling(data: bytes, pause: float) -> Handler:
    """A handler that sends `data` byte by byte."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(16 * 1024)
        for byte in data:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(pause)

    return handler


async def _leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, keep_open: bool, reset: bool) -> None:
    if keep_open:
        await reader.read()
    elif reset:
        sock: socket.socket = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    else:
        writer.close()
        await writer.wait_closed()


@functools.cache
def authority() -> trustme.CA:
    """The test's own certificate authority."""
    return trustme.CA()


def server_context(*names: str, alpn: tuple[str, ...] = (), newest: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    """A server's TLS context with a certificate for `names` (the test host unless given)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _certificate(names or (TEST_HOST,)).configure_cert(context)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if newest is not None:
        context.maximum_version = newest
    return context


@functools.cache
def _certificate(names: tuple[str, ...]) -> trustme.LeafCert:
    return authority().issue_cert(*names)
