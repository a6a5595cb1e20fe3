"""The demo endpoint: a small, deliberately weak web server on loopback, in a thread of its own.

It is weak on purpose: old protocol versions and suites, an untrusted certificate about to expire, careless headers and
cookies, chatty error pages. It serves nothing of this machine and listens on 127.0.0.1 only.
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
from scanner.errors import UserFault

HOST = "demo.leadline.test"
"""The name that the demo is scanned by; RFC 6761 reserves .test, so nobody else has it."""

MAX_HEAD = 8 * 1024
"""Bytes of a request head that the server takes; more is answered with its error page."""

MAX_FIELDS = 100
"""Fields of a request head that the server takes."""

IDLE_SECONDS = 10.0
"""How long a connection may be silent."""

_BANNER = "Server: DemoServer/1.4.2 (Unix) PHP/5.6.40\r\nX-Powered-By: PHP/5.6.40\r\n"

_PAGE = """<!doctype html>
<html lang="en"><head><title>Demo shop</title></head>
<body onload="greet()"><h1>Demo shop</h1><p>A deliberately weak page for leadline to look at.</p></body></html>
"""

_FIELDS = (
    "Content-Type: text/html; charset=utf-8\r\n"
    "Strict-Transport-Security: max-age=300\r\n"
    "Content-Security-Policy: default-src *; script-src 'self' 'unsafe-inline' 'unsafe-eval'\r\n"
    "X-Frame-Options: ALLOW-FROM https://partner.example/\r\n"
    "X-XSS-Protection: 1; mode=block\r\n"
    "Referrer-Policy: unsafe-url\r\n"
    "Set-Cookie: PHPSESSID=4f1c2b7e9a0d; Path=/\r\n"
    "Set-Cookie: __Host-cart=empty; Path=/shop\r\n"
    "Set-Cookie: tracking=1; SameSite=None\r\n"
)

Answer = Callable[[str], bytes]


def _response(status: str, fields: str, body: str) -> bytes:
    content = body.encode()
    head = f"HTTP/1.1 {status}\r\n{_BANNER}{fields}Content-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


def _error(status: str, why: str) -> bytes:
    body = f"<html><title>{status}</title><h1>{status}</h1><p>{why}</p><hr>DemoServer/1.4.2 at 10.0.0.7:8443</html>\n"
    return _response(status, "Content-Type: text/html\r\n", body)


def _secure_answer(path: str) -> bytes:
    if path == "/":
        return _response("200 OK", _FIELDS, _PAGE)
    return _error("404 Not Found", "No such file in /var/www/demo/htdocs")


def _plain_answer(path: str) -> bytes:
    return _response("302 Found", f"Location: https://{HOST}{path}\r\nSet-Cookie: visited=1\r\n", "")


def answer(head: bytes, usual: Answer) -> bytes:
    """The answer to one request head: `usual` for what is small and well-formed, an error page for the rest."""
    lines = head.decode("latin-1").split("\r\n")
    if len(lines) - 3 > MAX_FIELDS:
        return _error("400 Bad Request", "The number of request header fields exceeds the limit of this server")
    parts = lines[0].split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        return _error("400 Bad Request", "Your browser sent a request that this server could not understand")
    if parts[0] not in {"GET", "HEAD"}:
        return _error("405 Method Not Allowed", "Only GET is served here")
    return usual(parts[1])


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, usual: Answer) -> None:
    with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError, ssl.SSLError):
        async with asyncio.timeout(IDLE_SECONDS):
            while True:
                try:
                    head = await reader.readuntil(b"\r\n\r\n")
                except asyncio.LimitOverrunError:
                    writer.write(_error("431 Request Header Fields Too Large", "Size of a request header field"))
                    await writer.drain()
                    break
                writer.write(answer(head, usual))
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
        def handler(usual: Answer) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
            return lambda reader, writer: _serve(reader, writer, usual)

        secure = await asyncio.start_server(
            handler(_secure_answer), self.address, 0, ssl=_context(HOST), limit=MAX_HEAD
        )
        plain = await asyncio.start_server(handler(_plain_answer), self.address, 0, limit=MAX_HEAD)
        self.https_port = secure.sockets[0].getsockname()[1]
        self.http_port = plain.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        for server in (secure, plain):
            server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
