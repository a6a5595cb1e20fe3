"""The demo endpoint: a small, deliberately weak web server on loopback, in a thread of its own.

It is weak on purpose: old protocol versions and suites, an untrusted certificate about to expire, and what `pages.py`
answers. It serves nothing of this machine and listens on 127.0.0.1 only.
"""

import asyncio
import contextlib
import ssl
import tempfile
import threading
import warnings
from collections.abc import Awaitable, Callable
from typing import Self

from scanner.demo.certificate import make_certificate
from scanner.demo.pages import HOST, answer, error_page, make_key
from scanner.errors import UserFault

MAX_HEAD = 8 * 1024
"""Bytes of a request head that the server takes; more is answered with its error page."""

IDLE_SECONDS = 10.0
"""How long a connection may be silent."""


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, secure: bool, key: str) -> None:
    with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError, ssl.SSLError):
        async with asyncio.timeout(IDLE_SECONDS):
            while True:
                try:
                    head = await reader.readuntil(b"\r\n\r\n")
                except asyncio.LimitOverrunError:
                    writer.write(error_page("431 Request Header Fields Too Large", "Size of a request header field"))
                    await writer.drain()
                    break
                writer.write(answer(head, secure=secure, key=key))
                await writer.drain()
    writer.close()


def _context(host: str) -> ssl.SSLContext:
    """A server context that takes whatever OpenSSL still speaks."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # old versions are the point here
        context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:!aNULL:!PSK:!SRP:@SECLEVEL=0")
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(make_certificate(host))
        file.flush()
        context.load_cert_chain(file.name)
    return context


class DemoEndpoint:
    """The running endpoint: `https_port` and `http_port` on 127.0.0.1. A context manager."""

    def __init__(self) -> None:
        self.address = "127.0.0.1"
        self.https_port = 0
        self.http_port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="leadline-demo", daemon=True)

    def __enter__(self) -> Self:
        """Starts the servers and waits until they listen. Raises `UserFault` where this machine does not let them."""
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            raise UserFault(f"the demo endpoint cannot be started: {self._failure}") from self._failure
        return self

    def __exit__(self, *_: object) -> None:
        """Stops the servers."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(lambda _loop, _context: None)  # broken handshakes are what a scan makes
        try:
            self._loop.run_until_complete(self._listen())
        except (OSError, ValueError) as error:  # no port, no room for a file, a TLS library without the old versions
            self._failure = error
        finally:
            self._loop.close()
            self._ready.set()  # whoever waits is never left waiting

    async def _listen(self) -> None:
        key = make_key()

        def handler(*, secure: bool) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
            return lambda reader, writer: _serve(reader, writer, secure=secure, key=key)

        secure = await asyncio.start_server(handler(secure=True), self.address, 0, ssl=_context(HOST), limit=MAX_HEAD)
        plain = await asyncio.start_server(handler(secure=False), self.address, 0, limit=MAX_HEAD)
        self.https_port = secure.sockets[0].getsockname()[1]
        self.http_port = plain.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        for server in (secure, plain):
            server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
