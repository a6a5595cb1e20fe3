"""One visit over QUIC: a real server, one that is not there, one that says nothing, and ones that misbehave."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import cast

import pytest

from scanner.errors import CapReached, Closed, Malformed, Refused, TimedOut
from scanner.model.target import Endpoint
from scanner.net.budget import Deadline, Meter
from scanner.net.quic import BODY_BYTES, MAX_BYTES, QuicVisit, visit
from tests.support.quic_server import serving_http3
from tests.support.sessions import TEST_HOST, endpoint_of


async def look(endpoint: Endpoint, *, seconds: float = 5.0, meter: Meter | None = None) -> QuicVisit:
    return await visit(
        endpoint,
        server_name=TEST_HOST,
        authority=TEST_HOST,
        path="/",
        user_agent="leadline-test",
        deadline=Deadline.after(seconds),
        meter=meter or Meter(),
    )


async def test_a_request_is_answered() -> None:
    meter = Meter()
    async with serving_http3(headers=[(b":status", b"203"), (b"server", b"x"), (b"set-cookie", b"a=b")]) as server:
        seen = await look(server.endpoint, meter=meter)

    assert seen.fault is None
    assert (seen.status, seen.alpn, seen.version, seen.complete, seen.body_bytes) == (203, "h3", 1, True, 5)
    assert seen.fields == ((b"server", b"x"), (b"set-cookie", b"a=b"))
    assert seen.certificate_sha256 is not None
    assert len(seen.certificate_sha256) == 64
    assert seen.handshake_ms is not None
    asked = dict(server.requests[0])
    assert (asked[b":method"], asked[b":authority"], asked[b":path"]) == (b"GET", TEST_HOST.encode(), b"/")
    assert len(server.requests) == 1
    assert meter.connections == 1
    assert meter.bytes_out > 1200
    assert meter.bytes_in > 1200


async def test_ipv6() -> None:
    async with serving_http3(address="::1") as server:
        seen = await look(server.endpoint)

    assert (seen.fault, seen.status) == (None, 200)


async def test_a_retry_is_followed() -> None:
    async with serving_http3(retry=True) as server:
        seen = await look(server.endpoint)

    assert (seen.fault, seen.status) == (None, 200)


async def test_an_endless_body_is_read_no_further_than_needed() -> None:
    async with serving_http3(endless=True, body=bytes(1000)) as server:
        seen = await look(server.endpoint)

    assert seen.complete
    assert BODY_BYTES <= seen.body_bytes <= MAX_BYTES


async def test_silence_until_the_connection_is_idle_for_too_long_is_silence() -> None:
    async with serving_http3(silent=True, idle_seconds=0.3) as server:
        seen = await look(server.endpoint, seconds=5.0)

    assert isinstance(seen.fault, TimedOut)
    assert seen.elapsed_ms < 4000


async def test_a_server_that_never_answers_the_request_runs_into_the_deadline() -> None:
    async with serving_http3(silent=True) as server:
        seen = await look(server.endpoint, seconds=0.5)

    assert isinstance(seen.fault, TimedOut)
    assert seen.handshake_ms is not None
    assert seen.status is None


async def test_another_protocol_is_a_refusal() -> None:
    async with serving_http3(alpn="hq-interop") as server:
        seen = await look(server.endpoint)

    assert isinstance(seen.fault, Closed)
    assert "alert 120" in seen.fault.detail


async def test_nobody_listens() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    seen = await look(endpoint_of("127.0.0.1", port))

    assert isinstance(seen.fault, Refused)


@contextlib.asynccontextmanager
async def answering_with(*datagrams: bytes, counted: list[int]) -> AsyncIterator[Endpoint]:
    """A UDP socket that answers every datagram with these, and counts them; with none it is a black hole."""

    class Protocol(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = cast("asyncio.DatagramTransport", transport)

        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            del data
            counted.append(len(datagrams))
            for one in datagrams:
                self.transport.sendto(one, addr)

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Protocol, local_addr=("127.0.0.1", 0))
    try:
        yield endpoint_of("127.0.0.1", transport.get_extra_info("sockname")[1])
    finally:
        transport.close()


@pytest.mark.parametrize(
    "datagrams",
    [(), (b"",), (b"HTTP/1.1 200 OK\r\n\r\n",), (bytes(1200),), (b"\xc0\x00\x00\x00\x01" + bytes(1200),)],
    ids=["black hole", "empty", "http", "zeros", "long header"],
)
async def test_silence_and_rubbish_stay_unknown(datagrams: tuple[bytes, ...]) -> None:
    counted: list[int] = []
    async with answering_with(*datagrams, counted=counted) as endpoint:
        seen = await look(endpoint, seconds=0.4)

    assert isinstance(seen.fault, TimedOut)
    assert seen.handshake_ms is None
    assert counted
    assert set(counted) == {len(datagrams)}


async def test_a_version_negotiation_without_ours_ends_it() -> None:
    seen_initial: list[bytes] = []

    class Protocol(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = cast("asyncio.DatagramTransport", transport)

        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            seen_initial.append(data)
            to_length = data[5]
            to = data[6 : 6 + to_length]
            start = 6 + to_length
            back = data[start + 1 : start + 1 + data[start]]
            # RFC 9000 section 17.2.1: connection ids the other way round, then the versions
            ids = bytes([len(back)]) + back + bytes([len(to)]) + to
            self.transport.sendto(b"\x80" + bytes(4) + ids + b"\xff\x00\x00\x1d", addr)

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Protocol, local_addr=("127.0.0.1", 0))
    try:
        seen = await look(endpoint_of("127.0.0.1", transport.get_extra_info("sockname")[1]), seconds=2)
    finally:
        transport.close()

    assert isinstance(seen.fault, Closed | Malformed)
    assert seen_initial


async def test_our_own_cap_counts() -> None:
    with pytest.raises(CapReached):
        await look(endpoint_of("127.0.0.1", 9), meter=Meter(max_connections=0))
