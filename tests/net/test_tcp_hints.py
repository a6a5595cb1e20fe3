"""The traits of a handshake that was made anyway: kept for its endpoint by the dialer, once."""

import asyncio

from tests.support.loopback import serving
from tests.support.sessions import session_for


async def test_the_first_connection_to_an_endpoint_tells() -> None:
    async def quiet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del writer
        await reader.read()

    async with serving(quiet) as server:
        session = session_for(server.endpoint)
        before = session.tcp_handshake
        async with await session.connect():
            first = session.tcp_handshake
        async with await session.connect():
            second = session.tcp_handshake

    assert before is None
    assert first is not None
    assert first.loopback
    assert first is second
    assert session.meter.connections == 2
