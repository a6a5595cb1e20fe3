"""httpx's transport over our seam: requests go to a pool of our own connections, answers come back undecoded.

Rule of the room: no httpx client, so nothing opens a socket, follows a redirect, keeps a cookie or reads the
environment.
"""

import importlib.util
import ssl
import sys
from collections.abc import AsyncIterator

import httpcore
import httpx

from scanner.net.http_backend import SeamBackend

if importlib.util.find_spec("sniffio") is None:
    # httpcore tries this import each time that it makes a lock. Where the package is not installed, which is the rule,
    # searching for it takes a sixth of the time of an exchange; this entry says that it is not there.
    sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]


class SeamTransport(httpx.AsyncBaseTransport):
    """httpx's transport over a pool of our own connections, `most` of them open at once."""

    def __init__(self, backend: SeamBackend, *, http2: bool, most: int) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            # Never used: `SeamStream.start_tls` does TLS. httpcore would load a whole trust store for its own.
            ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            max_connections=most,
            max_keepalive_connections=None,
            keepalive_expiry=None,
            http2=http2,
            retries=0,
            network_backend=backend,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer to `request`, its body unread. Raises httpcore's protocol errors and our own faults."""
        url = request.url
        answer = await self._pool.handle_async_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_BodyStream(answer),
            extensions=dict(answer.extensions),
        )

    async def aclose(self) -> None:
        """Closes every connection of the pool; the next request opens a new one."""
        await self._pool.aclose()


class _BodyStream(httpx.AsyncByteStream):
    """The body of httpcore's answer as httpx wants it."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._answer.aiter_stream():
            yield piece

    async def aclose(self) -> None:
        await self._answer.aclose()
