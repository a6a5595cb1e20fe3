"""Sites on loopback: replicas of the kinds of site that a scanner meets, served by threads of their own.

A site is a handler (request line and fields in, answer out) behind TLS with a certificate from the test's own CA. What
some real fronts do to the connection itself (resetting or delaying refusals) is done by a relay before it.
"""

import asyncio
import contextlib
import dataclasses
import datetime
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable
from typing import Self

import trustme

RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: close() sends RST

Connection = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclasses.dataclass(frozen=True, slots=True)
class Request:
    """The head of a request: method, target and fields (names in lower case)."""

    method: str
    target: str
    fields: dict[str, str]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a handler answers."""

    status: str = "200 OK"
    fields: tuple[str, ...] = ()
    body: str = ""

    def encoded(self) -> bytes:
        content = self.body.encode()
        lines = [f"HTTP/1.1 {self.status}", *self.fields, f"Content-Length: {len(content)}", "", ""]
        return "\r\n".join(lines).encode() + content


Handler = Callable[[Request], Answer]

MAX_HEAD = 64 * 1024
MAX_FIELDS = 100


def respond(handler: Handler) -> Connection:
    """A connection handler that serves HTTP/1.1 with keep-alive, and refuses large heads as servers do."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ssl.SSLError):
            while True:
                raw = await reader.readuntil(b"\r\n\r\n")
                line, *fields = raw.decode("latin-1").split("\r\n")[:-2]
                parts = line.split(" ")
                if len(raw) > 8192 or len(fields) > MAX_FIELDS or len(parts) != 3:
                    answer = Answer(
                        status="400 Bad Request", fields=("Content-Type: text/plain",), body="Bad Request\n"
                    )
                else:
                    pairs = (field.partition(":") for field in fields)
                    answer = handler(Request(parts[0], parts[1], {k.lower(): v.strip() for k, _, v in pairs}))
                writer.write(answer.encoded())
                await writer.drain()
        writer.close()

    return serve


class Loopback:
    """An event loop in a thread, with servers on 127.0.0.1. A context manager that leaves nothing running."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(lambda _loop, _context: None)
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._servers: list[asyncio.Server] = []
        self.ca = trustme.CA()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _listen(self, connection: Connection, context: ssl.SSLContext | None) -> int:
        async def start() -> asyncio.Server:
            return await asyncio.start_server(connection, "127.0.0.1", 0, ssl=context, limit=MAX_HEAD)

        server = asyncio.run_coroutine_threadsafe(start(), self._loop).result(10)
        self._servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    def plain(self, handler: Handler) -> int:
        """The port of a plain-http site."""
        return self._listen(respond(handler), None)

    def secure(self, handler: Handler, context: ssl.SSLContext) -> int:
        """The port of an https site."""
        return self._listen(respond(handler), context)

    def raw(self, connection: Connection) -> int:
        """The port of a server that does with the connection what it likes."""
        return self._listen(connection, None)

    def context(
        self,
        *names: str,
        days: float = 60,
        age_days: float = 10,
        common_name: str | None = None,
        oldest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    ) -> ssl.SSLContext:
        """A modern server context for these names: a leaf of `days` days, `age_days` of them gone."""
        now = datetime.datetime.now(datetime.UTC)
        begin = now - datetime.timedelta(days=age_days)
        leaf = self.ca.issue_cert(
            *names, common_name=common_name, not_before=begin, not_after=begin + datetime.timedelta(days=days)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = oldest
        context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")
        leaf.configure_cert(context)
        return context

    def resetting_relay(self, port: int) -> int:
        """The port of a relay to `port` that turns a refusing TLS alert into a bare TCP reset, as Schannel does."""

        async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            behind_reader, behind_writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                behind_writer.write(await reader.read(65536))
                first = await behind_reader.read(65536)
                if first[:1] == b"\x15" or not first:
                    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                    writer.transport.abort()
                    return
                writer.write(first)
                await asyncio.gather(_pump(reader, behind_writer), _pump(behind_reader, writer))
            finally:
                behind_writer.close()
                writer.close()

        return self.raw(relay)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()
