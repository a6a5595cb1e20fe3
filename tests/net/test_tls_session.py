"""TLS that carries HTTP: real handshakes, and each way in which one can fail as the fault that says whose it is."""

import asyncio
import ssl

import pytest
from OpenSSL import SSL

from scanner.errors import AlertReceived, Closed, LeadlineError, Malformed, Reset, TimedOut, TooMuch, Unspoken
from scanner.model.outcome import Outcome, Stage
from scanner.net.tls_session import HANDSHAKE_BYTES, SILENT_BYTES, TlsStream, secure
from tests.hostile import certificates
from tests.hostile.peers import Hostiles, Peer, Script, tls_context
from tests.hostile.special import key_updates, tickets
from tests.support.loopback import (
    Handler,
    Server,
    blurting,
    flooding,
    server_context,
    serving,
    trickling,
)
from tests.support.sessions import TEST_HOST, session_for


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1000):
        writer.write(data)
        await writer.drain()


async def connected(
    server: Server, *, seconds: float = 5.0, legacy: bool = False, alpn: tuple[str, ...] = ()
) -> TlsStream:
    stream = await session_for(server.endpoint, seconds=seconds).connect()
    return await secure(stream, server_name=TEST_HOST, alpn=alpn, legacy=legacy)


async def failure(handler: Handler, *, seconds: float = 5.0) -> LeadlineError:
    async with serving(handler) as server:
        with pytest.raises(LeadlineError) as caught:
            await connected(server, seconds=seconds)
    return caught.value


@pytest.mark.parametrize(
    ("newest", "legacy", "version"),
    [
        (ssl.TLSVersion.TLSv1_3, False, "TLSv1.3"),
        (ssl.TLSVersion.TLSv1_3, True, "TLSv1.2"),
        (ssl.TLSVersion.TLSv1_2, False, "TLSv1.2"),
    ],
)
async def test_data_goes_both_ways(newest: ssl.TLSVersion, *, legacy: bool, version: str) -> None:
    async with (
        serving(echo, tls=server_context(newest=newest)) as server,
        await connected(server, legacy=legacy) as tls,
    ):
        assert tls.version == version
        assert tls.stage is Stage.REQUEST
        assert tls.alpn is None
        for message in (b"hello", b"x" * 100_000):
            await tls.send(message)
            received = b""
            while len(received) < len(message):
                received += await tls.receive()
            assert received == message


async def test_what_was_negotiated_is_told() -> None:
    names: list[str | None] = []
    context = server_context(alpn=("h2", "http/1.1"))
    context.sni_callback = lambda _sock, name, _context: names.append(name)
    async with serving(echo, tls=context) as server, await connected(server, alpn=("http/1.1",)) as tls:
        assert tls.alpn == "http/1.1"
    assert names == [TEST_HOST]


async def test_without_a_name_no_sni_is_sent() -> None:
    names: list[str | None] = []
    context = server_context()
    context.sni_callback = lambda _sock, name, _context: names.append(name)
    async with serving(echo, tls=context) as server:
        stream = await session_for(server.endpoint).connect()
        async with await secure(stream, server_name=None):
            pass
    assert names == [None]


async def test_an_end_of_the_peer_is_an_empty_read() -> None:
    async def part(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"bye")
        writer.close()
        await writer.wait_closed()

    async with serving(part, tls=server_context()) as server, await connected(server) as tls:
        assert await tls.receive() == b"bye"
        assert await tls.receive() == b""


async def test_leaving_closes_the_connection() -> None:
    async with serving(echo, tls=server_context()) as server:
        async with await connected(server) as tls:
            assert not tls.closed
        assert tls.closed


async def test_a_failed_handshake_closes_the_connection() -> None:
    async with serving(blurting(b"no")) as server:
        stream = await session_for(server.endpoint).connect()
        with pytest.raises(Malformed):
            await secure(stream, server_name=None)
        assert stream.closed


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "plain HTTP"),
        (b"H", "plain HTTP"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "no TLS"),
        (b"\x16\x02\x00", "no TLS"),
    ],
)
async def test_a_port_without_tls_is_told_apart(answer: bytes, words: str) -> None:
    fault = await failure(blurting(answer))

    assert isinstance(fault, Malformed)
    assert fault.outcome is Outcome.PROTOCOL_ERROR
    assert fault.stage is Stage.SERVER_HELLO
    assert words in fault.detail


async def test_silence_ends_at_the_deadline() -> None:
    fault = await failure(blurting(keep_open=True), seconds=0.3)

    assert isinstance(fault, TimedOut)
    assert fault.stage is Stage.CLIENT_HELLO


async def test_a_trickle_ends_at_the_deadline() -> None:
    fault = await failure(trickling(b"\x16\x03\x03\x40\x00" + bytes(1000), 0.02), seconds=0.3)

    assert isinstance(fault, TimedOut)
    assert fault.stage is Stage.HANDSHAKE


async def test_a_reset_is_a_reset() -> None:
    assert isinstance(await failure(blurting(reset=True)), Reset)


async def test_an_orderly_end_is_no_reset() -> None:
    fault = await failure(blurting())

    assert isinstance(fault, Closed)
    assert fault.stage is Stage.CLIENT_HELLO


async def test_an_alert_has_its_number() -> None:
    fault = await failure(blurting(b"\x15\x03\x03\x00\x02\x02\x28"))

    assert isinstance(fault, AlertReceived)
    assert fault.number == 40


async def test_an_alert_cut_in_pieces_has_its_number() -> None:
    fault = await failure(trickling(b"\x15\x03\x01\x00\x02\x02\x70", 0.001))

    assert isinstance(fault, AlertReceived)
    assert fault.number == 112


async def test_a_refusal_of_all_our_versions_is_no_fault_of_the_peer() -> None:
    fault = await failure(blurting(b"\x15\x03\x01\x00\x02\x02\x46"))

    assert isinstance(fault, Unspoken)
    assert fault.outcome is Outcome.NOT_ASSESSED
    assert "TLS 1.0 to TLS 1.3" in fault.detail


async def test_sslv3_is_not_assessed() -> None:
    hello = b"\x02\x00\x00\x26\x03\x00" + bytes(32) + b"\x00\x00\x2f\x00"
    fault = await failure(blurting(b"\x16\x03\x00\x00\x2a" + hello))

    assert isinstance(fault, Unspoken)
    assert "SSLv3" in fault.detail


async def test_garbage_in_a_record_is_malformed() -> None:
    fault = await failure(blurting(b"\x16\x03\x03\x00\x04\x63\x00\x00\x00"))

    assert isinstance(fault, Malformed)
    assert fault.stage is Stage.HANDSHAKE


async def test_an_endless_handshake_is_cut_off() -> None:
    hello_request = b"\x16\x03\x03\x00\x04\x00\x00\x00\x00"
    fault = await failure(flooding(b"", hello_request))

    assert isinstance(fault, TooMuch)
    assert str(HANDSHAKE_BYTES) in fault.detail


async def test_endless_tickets_are_cut_off() -> None:
    context = server_context()
    context.num_tickets = 2000
    async with serving(echo, tls=context) as server, await connected(server) as tls:
        with pytest.raises(TooMuch, match=str(SILENT_BYTES)):
            await tls.receive()


async def test_an_end_within_a_renegotiation_ends_what_is_being_sent() -> None:
    async def ask_for_renegotiation(peer: Peer) -> None:
        await peer.secure()
        await peer.send(peer.hello_request())
        await peer.heard()  # the ClientHello that begins it
        await peer.finish()

    leaf = certificates.leaf(TEST_HOST)
    context = tls_context(leaf.chain, leaf.key, newest=SSL.TLS1_2_VERSION)
    with Hostiles() as hostiles:
        place = ("127.0.0.1", hostiles.serve(ask_for_renegotiation, context))
        stream = await session_for(place).connect()
        async with await secure(stream, server_name=TEST_HOST) as tls:
            assert await tls.receive() == b""
            with pytest.raises(Closed, match="renegotiation"):
                await tls.send(b"a request that can never go out")


@pytest.mark.parametrize("flood", [tickets, key_updates])
async def test_messages_after_the_handshake_have_a_budget(flood: Script) -> None:
    leaf = certificates.leaf(TEST_HOST)
    with Hostiles() as hostiles:
        port = hostiles.serve(flood, tls_context(leaf.chain, leaf.key, newest=SSL.TLS1_3_VERSION))
        stream = await session_for(("127.0.0.1", port)).connect()
        async with await secure(stream, server_name=TEST_HOST) as tls:
            await tls.send(b"GET / HTTP/1.1\r\n\r\n")
            with pytest.raises(TooMuch, match="without data"):
                await tls.receive()
