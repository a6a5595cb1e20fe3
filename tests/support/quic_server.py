"""A real HTTP/3 server on loopback: aioquic's own, with a handler of a few lines."""

import asyncio
import contextlib
import pathlib
import tempfile
from collections.abc import AsyncIterator
from typing import Any

import trustme
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.asyncio.server import serve
from aioquic.h3.connection import H3Connection
from aioquic.h3.events import HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ProtocolNegotiated, QuicEvent

from scanner.model.target import Endpoint
from tests.support.sessions import TEST_HOST, endpoint_of

Headers = list[tuple[bytes, bytes]]


class QuicServer:
    """A running server: where it is, and the requests that it has seen."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.requests: list[Headers] = []


@contextlib.asynccontextmanager
async def serving_http3(
    *,
    headers: Headers | None = None,
    body: bytes = b"hello",
    alpn: str = "h3",
    endless: bool = False,
    silent: bool = False,
    retry: bool = False,
    idle_seconds: float = 60.0,
    address: str = "127.0.0.1",
) -> AsyncIterator[QuicServer]:
    """A server on a loopback address that answers so; `endless` never ends a body, `silent` never answers."""
    configuration = QuicConfiguration(is_client=False, alpn_protocols=[alpn], idle_timeout=idle_seconds)
    _certify(configuration)

    class Protocol(QuicConnectionProtocol):
        http: H3Connection | None = None

        def quic_event_received(self, event: QuicEvent) -> None:
            if isinstance(event, ProtocolNegotiated) and event.alpn_protocol == "h3":
                self.http = H3Connection(self._quic)
            for answer in () if self.http is None else self.http.handle_event(event):
                if isinstance(answer, HeadersReceived):
                    running.requests.append(answer.headers)
                    if not silent:
                        self.answer(answer.stream_id)

        def answer(self, stream: int) -> None:
            assert self.http is not None
            self.http.send_headers(stream, headers or [(b":status", b"200"), (b"server", b"aioquic")])
            self.http.send_data(stream, body, end_stream=not endless)
            self.transmit()
            if endless:
                asyncio.get_running_loop().call_later(0.002, self.more, stream)

        def more(self, stream: int) -> None:
            assert self.http is not None
            with contextlib.suppress(AssertionError, ValueError):
                self.http.send_data(stream, bytes(16 * 1024), end_stream=False)
                self.transmit()
                asyncio.get_running_loop().call_later(0.002, self.more, stream)

    server: Any = await serve(address, 0, configuration=configuration, create_protocol=Protocol, retry=retry)
    port = server._transport.get_extra_info("sockname")[1]
    running = QuicServer(endpoint_of(address, port))
    try:
        yield running
    finally:
        server.close()
        await asyncio.sleep(0)


def _certify(configuration: QuicConfiguration) -> None:
    leaf = trustme.CA().issue_cert(TEST_HOST)
    with tempfile.TemporaryDirectory() as directory:
        chain, key = pathlib.Path(directory, "chain.pem"), pathlib.Path(directory, "key.pem")
        chain.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
        key.write_bytes(leaf.private_key_pem.bytes())
        configuration.load_cert_chain(chain, key)
