"""HTTP/2 peers that break its rules, or keep them in the worst way: each exchange ends, bounded, as it should."""

import asyncio
import struct
from collections.abc import Awaitable, Callable

import pytest
from hpack import Encoder

from scanner.model.evidence.http_exchanges import Exchange, Purpose
from scanner.model.options import HeaderOption, ScanOptions
from scanner.model.outcome import Outcome, Stage
from scanner.net.http_received import BODY_BYTES, FRAMING_BYTES
from scanner.net.http_session import HttpSession
from scanner.net.session import Session
from scanner.wire.http_head import HEAD_BYTES
from scanner.wire.urls import parse_url
from tests.support.loopback import Handler, server_context, serving
from tests.support.sessions import session_for

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = 0, 1, 3, 4, 5, 6, 7, 8, 9
END_STREAM, END_HEADERS, ACK = 0x1, 0x4, 0x1

Write = Callable[[bytes], Awaitable[None]]
Script = Callable[[Write], Awaitable[None]]


def frame(kind: int, payload: bytes = b"", *, flags: int = 0, stream: int = 0) -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def packed(*fields: tuple[str, str], status: str | None = "200") -> bytes:
    pseudo = [(":status", status)] if status is not None else []
    return Encoder().encode([*pseudo, *fields], huffman=False)


def headers(*fields: tuple[str, str], status: str | None = "200", flags: int = END_HEADERS) -> bytes:
    return frame(HEADERS, packed(*fields, status=status), flags=flags, stream=1)


HTML = ("content-type", "text/html")
OK = headers(HTML) + frame(DATA, b"hello", flags=END_STREAM, stream=1)
HELLO = frame(SETTINGS)


def speaking(script: Script) -> Handler:
    """Reads the request, settles the connection, and then does what the script says."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard = b""
        while b"\x00\x00\x00\x01" not in heard[len(PREFACE) :]:  # stream 1: the request
            piece = await reader.read(4096)
            if not piece:
                return
            heard += piece

        async def write(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        drinking = asyncio.create_task(reader.read(-1))
        try:
            await write(HELLO)
            await script(write)
            await asyncio.wait({drinking})
        finally:
            drinking.cancel()

    return handler


def says(*pieces: bytes) -> Script:
    async def script(write: Write) -> None:
        await write(b"".join(pieces))

    return script


def endless(opening: bytes, piece: bytes) -> Script:
    async def script(write: Write) -> None:
        await write(opening)
        while True:
            await write(piece * (1 + 16384 // len(piece)))

    return script


async def fetch(session: Session) -> Exchange:
    assert session.endpoint is not None
    async with HttpSession(session, http2=True) as http:
        return await http.fetch(parse_url(session.target.url), endpoint=session.endpoint, purpose=Purpose.ASSET)


async def exchange_with(script: Script, *, seconds: float = 5.0) -> tuple[Exchange, Session]:
    async with serving(speaking(script), tls=server_context(alpn=("h2",))) as server:
        session = session_for(server.endpoint, seconds=seconds)
        return await fetch(session), session


async def test_a_sound_answer() -> None:
    exchange, _ = await exchange_with(says(OK))

    assert (exchange.outcome, exchange.version, exchange.status) == (Outcome.OK, "HTTP/2", 200)
    assert exchange.values("content-type") == ("text/html",)
    assert exchange.body is not None
    assert (exchange.body.text, exchange.body.complete) == ("hello", True)


def hpack_bomb() -> bytes:
    """One field of 4,000 bytes in the dynamic table, and 12,000 references to it: 48 MB of fields in 16 KB."""
    block = Encoder().encode([(":status", "200"), ("a", "b" * 4000)], huffman=False) + b"\xbe" * 12_000
    return frame(HEADERS, block[:16000], flags=END_HEADERS, stream=1)


REFUSED = {
    "goaway": says(frame(GOAWAY, struct.pack(">II", 0, 11))),
    "goaway that takes the request back": says(frame(GOAWAY, struct.pack(">II", 0, 0))),
    "reset": says(frame(RST_STREAM, struct.pack(">I", 7), stream=1)),
    "data first": says(frame(DATA, b"x", stream=1)),
    "a push": says(frame(PUSH, struct.pack(">I", 2) + packed(), flags=END_HEADERS, stream=1)),
    "a status of letters": says(headers(HTML, status="abc")),
    "no status": says(headers(HTML, status=None)),
    "a status with a sign": says(headers(HTML, status="+20")),
    "a status of four digits": says(headers(HTML, status="2000")),
    "two statuses": says(headers((":status", "200"), HTML)),
    "a status that is no ascii": says(headers(HTML, status="²²²")),
    "no hpack": says(frame(HEADERS, b"\xff" * 50, flags=END_HEADERS, stream=1)),
    "an hpack bomb": says(hpack_bomb()),
    "a continuation of nothing": says(frame(CONTINUATION, packed(), flags=END_HEADERS, stream=1)),
    "something else within the head": says(headers(flags=0), frame(PING, bytes(8))),
    "settings of five bytes": says(frame(SETTINGS, bytes(5))),
    "a window beyond its limit": says(frame(WINDOW, struct.pack(">I", 0x7FFFFFFF)) * 2),
    "a frame beyond the limit": says(frame(DATA, bytes(100_000), stream=1)),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_breaks_the_rules_is_a_protocol_error(name: str) -> None:
    exchange, _ = await exchange_with(REFUSED[name])

    assert exchange.outcome in {Outcome.PROTOCOL_ERROR, Outcome.CLOSED}
    assert exchange.stage is Stage.RESPONSE_HEAD
    assert exchange.status is None
    assert not exchange.answered
    assert exchange.elapsed_ms < 4000


FLOODS = {
    "settings": endless(b"", frame(SETTINGS)),
    "settings that change": endless(b"", frame(SETTINGS, struct.pack(">HI", 4, 70_000))),
    "pings": endless(b"", frame(PING, bytes(8))),
    "unknown frames": endless(b"", frame(0xBE, bytes(100), stream=1)),
    "windows of one byte": endless(b"", frame(WINDOW, struct.pack(">I", 1))),
    "continuations": endless(frame(HEADERS, packed(HTML), stream=1), frame(CONTINUATION, bytes(1000), stream=1)),
    "empty continuations": endless(frame(HEADERS, packed(HTML), stream=1), frame(CONTINUATION, stream=1)),
    "interim answers": endless(b"", headers(status="103")),
}


@pytest.mark.parametrize("name", FLOODS)
async def test_a_flood_before_the_head_is_over_budget_or_refused(name: str) -> None:
    exchange, session = await exchange_with(FLOODS[name], seconds=20.0)

    assert exchange.outcome in {Outcome.OVER_BUDGET, Outcome.PROTOCOL_ERROR}
    assert exchange.stage is Stage.RESPONSE_HEAD
    assert session.meter.bytes_in < 3 * HEAD_BYTES
    assert exchange.elapsed_ms < 15_000


BODY_FLOODS = {
    "data": (frame(DATA, b"x" * 1000, stream=1), BODY_BYTES),
    "empty data": (frame(DATA, stream=1), 0),
    "pings": (frame(PING, bytes(8)), 0),
    "padding": (frame(DATA, b"\xff" + bytes(255), flags=0x8, stream=1), 0),
}


@pytest.mark.parametrize("name", BODY_FLOODS)
async def test_a_flood_within_the_body_is_cut(name: str) -> None:
    piece, most = BODY_FLOODS[name]
    exchange, session = await exchange_with(endless(headers(HTML), piece), seconds=20.0)

    assert exchange.status == 200
    assert exchange.answered
    assert exchange.body is not None
    assert not exchange.body.complete
    assert exchange.body.size <= most
    assert session.meter.bytes_in < 2 * (BODY_BYTES + FRAMING_BYTES)


ENDS_IN_BODY = {
    "reset": frame(RST_STREAM, struct.pack(">I", 2), stream=1),
    "goaway": frame(GOAWAY, struct.pack(">II", 0, 2)),
}


@pytest.mark.parametrize("name", ENDS_IN_BODY)
async def test_an_end_within_the_body_keeps_the_head(name: str) -> None:
    opening = headers(HTML, ("content-length", "10")) + frame(DATA, b"hello", stream=1)
    exchange, _ = await exchange_with(says(opening, ENDS_IN_BODY[name]))

    assert exchange.status == 200
    assert exchange.outcome in {Outcome.PROTOCOL_ERROR, Outcome.CLOSED}
    assert exchange.stage is Stage.RESPONSE_BODY
    assert exchange.values("content-type") == ("text/html",)


ODD = {
    "names in upper case": headers(("Content-Type", "text/html")),
    "more than was said": headers(HTML, ("content-length", "1")),
    "a connection field": headers(HTML, ("connection", "keep-alive")),
}


@pytest.mark.parametrize("name", ODD)
async def test_what_clients_differ_about_ends_as_it_likes_but_soon(name: str) -> None:
    exchange, _ = await exchange_with(says(ODD[name], frame(DATA, b"hello", flags=END_STREAM, stream=1)))

    assert exchange.outcome in {Outcome.OK, Outcome.PROTOCOL_ERROR}
    assert exchange.elapsed_ms < 4000


async def test_interim_answers_are_counted() -> None:
    exchange, _ = await exchange_with(says(headers(status="103"), headers(status="103"), OK))

    assert (exchange.status, exchange.interim) == (200, 2)


async def test_a_peer_that_is_gone_before_the_request() -> None:
    async def gone(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with serving(gone, tls=server_context(alpn=("h2",))) as server:
        exchange = await fetch(session_for(server.endpoint))
        assert server.connections == 2

    assert exchange.outcome in {Outcome.RESET, Outcome.CLOSED}


async def test_fields_of_the_users_that_http_2_has_no_place_for_stay_at_home() -> None:
    own = tuple(HeaderOption(name=name, value="close") for name in ("Connection", "Keep-Alive", "X-Own"))
    async with serving(speaking(says(OK)), tls=server_context(alpn=("h2",))) as server:
        options = ScanOptions(allow_private=True, headers=own)
        exchange = await fetch(session_for(server.endpoint, options=options))

    assert (exchange.outcome, exchange.status) == (Outcome.OK, 200)


@pytest.mark.parametrize(
    "no", [frame(RST_STREAM, struct.pack(">I", 7), stream=1), frame(GOAWAY, struct.pack(">II", 0, 0))]
)
async def test_a_request_that_was_not_looked_at_is_asked_once_more(no: bytes) -> None:
    async with serving(speaking(says(no)), tls=server_context(alpn=("h2",))) as server:
        exchange = await fetch(session_for(server.endpoint))
        assert server.connections == 2

    assert (exchange.outcome, exchange.status) == (Outcome.CLOSED, None)


async def test_a_graceful_end_lets_the_answer_come() -> None:
    early = frame(GOAWAY, struct.pack(">II", 1, 0))
    exchange, session = await exchange_with(says(early, OK))

    assert (exchange.outcome, exchange.status) == (Outcome.OK, 200)
    assert exchange.body is not None
    assert exchange.body.complete
    assert session.meter.connections == 1


async def test_after_a_graceful_end_the_next_request_has_a_new_connection() -> None:
    early = frame(GOAWAY, struct.pack(">II", 1, 0))
    async with serving(speaking(says(early, OK)), tls=server_context(alpn=("h2",))) as server:
        session = session_for(server.endpoint)
        async with HttpSession(session, http2=True) as http:
            url = parse_url(session.target.url)
            both = [await http.fetch(url, endpoint=server.endpoint, purpose=Purpose.ASSET) for _ in range(2)]
            assert http.requests == 2
        assert server.connections == 2

    assert [one.status for one in both] == [200, 200]


async def test_http_1_where_http_2_was_chosen() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read(-1)

    async with serving(handler, tls=server_context(alpn=("h2",))) as server:
        exchange = await fetch(session_for(server.endpoint))

    assert (exchange.outcome, exchange.stage) == (Outcome.PROTOCOL_ERROR, Stage.RESPONSE_HEAD)
    assert exchange.elapsed_ms < 4000


async def test_a_thousand_fields() -> None:
    fields = [(f"x-{number}", "y") for number in range(1000)]
    exchange, _ = await exchange_with(says(headers(HTML, *fields), frame(DATA, flags=END_STREAM, stream=1)))

    assert exchange.status == 200
    assert len(exchange.fields) in {1001, 1002}


async def test_silence_after_settings() -> None:
    exchange, _ = await exchange_with(says(b""), seconds=0.4)

    assert (exchange.outcome, exchange.stage) == (Outcome.TIMEOUT, Stage.RESPONSE_HEAD)
