"""HTTP exchanges: real servers on loopback, sound and hostile; whatever they do ends as an exchange."""

import asyncio
import contextlib
import dataclasses
import gzip
import pathlib
import random
from collections.abc import Callable

import pytest

from scanner.errors import UserFault
from scanner.model.evidence.http_exchanges import Exchange, Purpose
from scanner.model.options import HeaderOption, PaceLimits, ScanOptions
from scanner.model.outcome import Outcome, Stage
from scanner.model.target import Endpoint
from scanner.net.dial import READ_SIZE
from scanner.net.http_body import ISOLATE_BYTES
from scanner.net.http_received import BODY_BYTES, FRAMING_BYTES
from scanner.net.http_session import HttpSession, Manner
from scanner.net.session import Session
from scanner.version import USER_AGENT, __version__
from scanner.wire.http_head import MAX_INTERIM
from scanner.wire.urls import HttpUrl, parse_url
from tests.support.loopback import (
    Handler,
    Server,
    answering,
    authority,
    blurting,
    flooding,
    read_head,
    server_context,
    serving,
    trickling,
)
from tests.support.sessions import TEST_HOST, endpoint_of, session_for

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello"


def plain_session(server: Server, **more: object) -> Session:
    return session_for(server.endpoint, scheme="http", **more)  # type: ignore[arg-type]


async def fetch(session: Session, path: str = "/", *, http2: bool = False) -> Exchange:
    async with HttpSession(session, http2=http2) as http:
        return await fetch_with(http, session, path)


async def fetch_with(http: HttpSession, session: Session, path: str = "/") -> Exchange:
    assert session.endpoint is not None
    url = parse_url(session.target.url).at(path)
    return await http.fetch(url, endpoint=session.endpoint, purpose=Purpose.ENTRY)


async def exchange_with(handler: Handler, *, seconds: float = 5.0) -> Exchange:
    async with serving(handler) as server:
        return await fetch(plain_session(server, seconds=seconds))


def keeping_alive(answer: Callable[[bytes], bytes]) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(answer(await read_head(reader)))
            await writer.drain()

    return handler


def recording(heads: list[bytes]) -> Handler:
    def answer(head: bytes) -> bytes:
        heads.append(head)
        return OK

    return keeping_alive(answer)


async def test_a_sound_answer_is_kept_as_sent() -> None:
    raw = (
        b"HTTP/1.1 404 Not here\r\nServer: nginx\r\nset-cookie: a=1\r\nSet-Cookie: b=2\r\n"
        b"Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"
    )
    exchange = await exchange_with(answering(raw))

    assert exchange.outcome is Outcome.OK
    assert (exchange.version, exchange.status, exchange.reason) == ("HTTP/1.1", 404, "Not here")
    assert [one.name for one in exchange.fields] == [
        "Server", "set-cookie", "Set-Cookie", "Content-Type", "Transfer-Encoding",
    ]  # fmt: skip
    assert exchange.values("set-cookie") == ("a=1", "b=2")
    assert exchange.flaws == ()
    assert exchange.body is not None
    assert (exchange.body.size, exchange.body.complete, exchange.body.text) == (6, True, "hello!")
    assert exchange.tls is None
    assert exchange.answered


async def test_over_tls() -> None:
    async with serving(answering(OK), tls=server_context()) as server:
        exchange = await fetch(session_for(server.endpoint))

    assert (exchange.outcome, exchange.status, exchange.tls) == (Outcome.OK, 200, "TLSv1.3")
    assert exchange.certificate_trusted is False


async def test_a_certificate_is_trusted_for_its_own_name_only(tmp_path: pathlib.Path) -> None:
    bundle = tmp_path / "ca.pem"
    authority().cert_pem.write_to_path(str(bundle))
    options = ScanOptions(allow_private=True, ca=(str(bundle),))
    async with serving(keeping_alive(lambda _: OK), tls=server_context()) as server:
        session = session_for(server.endpoint, options=options)
        async with HttpSession(session) as http:
            named = await fetch_with(http, session)
            other = parse_url(f"https://example.org:{server.endpoint.port}/")
            sibling = await http.fetch(other, endpoint=server.endpoint, purpose=Purpose.ENTRY)

    assert (named.certificate_trusted, named.own, named.same_host) == (True, True, True)
    assert (sibling.certificate_trusted, sibling.own, sibling.same_host) == (False, True, False)


async def test_another_host_over_the_same_connection() -> None:
    heads: list[bytes] = []
    async with serving(recording(heads), tls=server_context()) as server:
        session = session_for(server.endpoint)
        here = parse_url(session.target.url)
        other = dataclasses.replace(here, host="nobody.invalid")
        async with HttpSession(session) as http:
            await fetch_with(http, session)
            exchange = await http.fetch(
                other, endpoint=server.endpoint, purpose=Purpose.UNKNOWN_HOST, manner=Manner(via=here)
            )
        assert server.connections == 1

    assert exchange.url == str(other)
    assert not exchange.own
    assert f"Host: nobody.invalid:{server.endpoint.port}".encode() in heads[1]


async def test_fields_of_a_request_replace_the_usual_ones_and_are_kept() -> None:
    heads: list[bytes] = []
    options = ScanOptions(allow_private=True, headers=(HeaderOption(name="X-Secret", value="s3cret"),))
    async with serving(recording(heads)) as server:
        session = plain_session(server, options=options)
        async with HttpSession(session) as http:
            exchange = await http.fetch(
                parse_url(session.target.url),
                endpoint=server.endpoint,
                purpose=Purpose.PREFLIGHT,
                manner=Manner(method="OPTIONS", fields=(("accept", "*/*"), ("Origin", "null")), private=False),
            )

    assert heads[0].startswith(b"OPTIONS / HTTP/1.1\r\n")
    assert heads[0].lower().count(b"accept:") == 1
    assert b"X-Secret" not in heads[0]
    assert exchange.method == "OPTIONS"
    assert [(one.name, one.value) for one in exchange.sent] == [("accept", "*/*"), ("Origin", "null")]


async def test_a_smaller_cap_on_the_body() -> None:
    async with serving(flooding(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 4096)) as server:
        session = plain_session(server)
        async with HttpSession(session) as http:
            url = parse_url(session.target.url)
            manner = Manner(body_bytes=1000)
            exchange = await http.fetch(url, endpoint=server.endpoint, purpose=Purpose.SCRIPT, manner=manner)

    assert exchange.body is not None
    assert (exchange.body.size, exchange.body.complete) == (1000, False)


async def test_a_session_at_rest_holds_no_connection_and_goes_on() -> None:
    async with serving(keeping_alive(lambda _: OK)) as server:
        session = plain_session(server)
        async with HttpSession(session) as http:
            first = await fetch_with(http, session)
            await http.rest()
            second = await fetch_with(http, session)
        assert server.connections == 2

    assert (first.outcome, second.outcome) == (Outcome.OK, Outcome.OK)


async def test_what_is_sent() -> None:
    heads: list[bytes] = []
    async with serving(recording(heads)) as server:
        await fetch(plain_session(server), "/a%2Fb//c")

    line, *fields = heads[0].decode().split("\r\n")[:-2]
    names = dict(field.split(": ", 1) for field in fields)
    assert line == "GET /a%2Fb//c HTTP/1.1"
    assert names["Host"] == f"{TEST_HOST}:{server.endpoint.port}"
    assert names["User-Agent"] == USER_AGENT == f"leadline/{__version__} (+https://pypi.org/project/leadline/)"
    assert "Cookie" not in names


async def test_own_headers_go_to_the_target_only() -> None:
    heads: list[bytes] = []
    options = ScanOptions(
        allow_private=True,
        user_agent="my scanner",
        headers=(HeaderOption(name="X-Secret", value="s3cret"), HeaderOption(name="accept", value="text/plain")),
    )
    async with serving(recording(heads)) as server:
        session = plain_session(server, options=options)
        async with HttpSession(session) as http:
            await fetch_with(http, session)
            other = HttpUrl(scheme="http", host="other.example", port=server.endpoint.port)
            await http.fetch(other, endpoint=server.endpoint, purpose=Purpose.ENTRY)

    own, foreign = (head.decode() for head in heads)
    assert "X-Secret: s3cret" in own
    assert "accept: text/plain" in own
    assert "Accept: " not in own
    assert "X-Secret" not in foreign
    assert "User-Agent: my scanner" in foreign


async def test_cookies_are_not_sent_back_and_redirects_not_followed() -> None:
    heads: list[bytes] = []

    def answer(head: bytes) -> bytes:
        heads.append(head)
        return b"HTTP/1.1 302 Found\r\nLocation: /next\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n"

    async with serving(keeping_alive(answer)) as server:
        session = plain_session(server)
        async with HttpSession(session) as http:
            first = await fetch_with(http, session)
            await fetch_with(http, session)

    assert first.location == "/next"
    assert len(heads) == 2
    assert b"cookie" not in heads[1].lower()


async def test_the_environment_is_not_asked_for_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("all_proxy", "http://127.0.0.1:1")

    assert (await exchange_with(answering(OK))).outcome is Outcome.OK


async def test_one_connection_serves_many_requests() -> None:
    async with serving(keeping_alive(lambda _: OK)) as server:
        session = plain_session(server)
        async with HttpSession(session) as http:
            for _ in range(3):
                assert (await fetch_with(http, session)).status == 200
        assert server.connections == 1
    assert session.meter.connections == 1


async def test_a_connection_that_was_closed_meanwhile_is_opened_again() -> None:
    async with serving(answering(OK)) as server:
        session = plain_session(server)
        async with HttpSession(session) as http:
            for _ in range(3):
                assert (await fetch_with(http, session)).outcome is Outcome.OK
        assert server.connections == 3


async def test_a_connection_that_ended_while_idle_is_not_asked() -> None:
    heads: list[bytes] = []

    async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await read_head(reader))
        writer.write(OK)
        await writer.drain()

    async with serving(closing, tls=server_context()) as server:
        session = session_for(server.endpoint)
        async with HttpSession(session) as http:
            for _ in range(3):
                assert (await fetch_with(http, session)).outcome is Outcome.OK
                await asyncio.sleep(0.05)
            assert http.requests == 3
        assert server.connections == 3


async def test_an_idle_connection_does_not_hold_the_place_that_the_next_host_needs() -> None:
    options = ScanOptions(pace=PaceLimits(rate=1000, burst=100, open_at_once=1))
    async with serving(keeping_alive(lambda _: OK)) as server:
        session = plain_session(server, options=options)
        async with HttpSession(session) as http:
            first = await fetch_with(http, session)
            url = parse_url(f"http://other.example:{server.endpoint.port}/")
            second = await http.fetch(url, endpoint=server.endpoint, purpose=Purpose.ENTRY)

    assert (first.outcome, second.outcome) == (Outcome.OK, Outcome.OK)


async def test_concurrent_fetches_take_turns() -> None:
    async with serving(keeping_alive(lambda head: OK.replace(b"hello", head[5:10]))) as server:
        session = plain_session(server)
        async with HttpSession(session) as http:
            paths = [f"/{number}xxxx" for number in range(5)]
            done = await asyncio.gather(*(fetch_with(http, session, path) for path in paths))

    assert [one.body.text for one in done if one.body] == [path[1:] for path in paths]


class TestFlawedHeads:
    """What HTTP libraries refuse, or mend, is kept as it was sent."""

    @pytest.mark.parametrize(
        ("line", "flaw"),
        [
            (b"X-Odd: a\x00b", "nul"),
            (b"X-Odd: a\r\n folded", "obs-fold"),
            (b"X-Odd : a", "space-before-colon"),
            (b"no colon", "no-colon"),
            (b": no name", "empty-name"),
            (b"X-Odd: \xff\xfe", "non-ascii"),
            (b"Content-Length: 6", "conflicting-content-length"),
        ],
    )
    async def test_flaw_is_named_and_the_rest_is_there(self, line: bytes, flaw: str) -> None:
        raw = OK.replace(b"Content-Type", line + b"\r\nX-After: y\r\nContent-Type")
        exchange = await exchange_with(answering(raw))

        assert flaw in exchange.flaws
        assert exchange.outcome is Outcome.OK
        assert exchange.status == 200
        assert exchange.values("x-after") == ("y",)

    async def test_a_head_with_both_framings(self) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
        chunked = await exchange_with(answering(head + b"2\r\nhi\r\n0\r\n\r\n"))
        broken = await exchange_with(answering(head + b"hello\r\n"))

        assert chunked.flaws == broken.flaws == ("length-and-chunked",)
        assert (chunked.outcome, broken.outcome) == (Outcome.OK, Outcome.PROTOCOL_ERROR)
        assert (broken.status, broken.stage) == (200, Stage.RESPONSE_BODY)

    async def test_a_fold_is_kept_in_the_field_and_read_as_a_space(self) -> None:
        exchange = await exchange_with(answering(OK.replace(b"text/html", b"text/html;\r\n\tcharset=utf-8")))

        assert exchange.fields[0].value == "text/html;\r\n\tcharset=utf-8"
        assert exchange.values("content-type") == ("text/html; charset=utf-8",)

    @pytest.mark.parametrize("tls", [False, True])
    async def test_the_body_after_a_head_that_libraries_refuse_is_read_all_the_same(self, *, tls: bool) -> None:
        head = b"HTTP/1.1 200 OK\r\nServer : x\r\nContent-Type: text/html\r\nContent-Length: 10\r\n\r\n"

        async def in_two(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await read_head(reader)
            for piece in (head, b"hello", b"again"):
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
            await reader.read()

        async with serving(in_two, tls=server_context() if tls else None) as server:
            exchange = await fetch(session_for(server.endpoint, scheme="https" if tls else "http"))

        assert exchange.flaws == ("space-before-colon",)
        assert exchange.body is not None
        assert (exchange.body.text, exchange.body.complete) == ("helloagain", True)

    async def test_no_status_line_is_no_answer(self) -> None:
        exchange = await exchange_with(answering(b"<html>\r\n\r\nold</html>"))

        assert exchange.outcome is Outcome.PROTOCOL_ERROR
        assert exchange.flaws == ("http-0.9",)
        assert exchange.status is None
        assert not exchange.answered

    async def test_a_tls_port_asked_in_the_clear_is_told(self) -> None:
        exchange = await exchange_with(answering(b"\x15\x03\x01\x00\x02\x02\x0a"))

        assert exchange.outcome is Outcome.PROTOCOL_ERROR
        assert exchange.detail is not None
        assert "wants TLS" in exchange.detail

    async def test_interim_answers_are_counted(self) -> None:
        exchange = await exchange_with(answering(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 2 + OK))

        assert (exchange.status, exchange.interim) == (200, 2)


class TestHostilePeers:
    """No peer keeps us longer than the deadline, or makes us read more than the caps."""

    async def test_an_endless_body_is_cut(self) -> None:
        exchange = await exchange_with(flooding(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 4096))

        assert exchange.outcome is Outcome.OK
        assert exchange.body is not None
        assert (exchange.body.size, exchange.body.complete) == (BODY_BYTES, False)

    async def test_a_flood_of_small_chunks_stops_nobody_else_and_is_cut(self) -> None:
        turns = 0

        async def somebody_else() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        other = asyncio.create_task(somebody_else())
        exchange = await exchange_with(
            flooding(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"), seconds=10.0
        )
        other.cancel()

        assert exchange.outcome is Outcome.OK
        assert exchange.body is not None
        assert not exchange.body.complete
        assert exchange.body.size < (BODY_BYTES + FRAMING_BYTES) / 5
        assert turns > FRAMING_BYTES / READ_SIZE

    async def test_no_http_is_told_at_once(self) -> None:
        exchange = await exchange_with(blurting(b"SSH-2.0-OpenSSH_9.2\r\n", keep_open=True))

        assert (exchange.outcome, exchange.stage) == (Outcome.PROTOCOL_ERROR, Stage.RESPONSE_HEAD)
        assert exchange.elapsed_ms < 6000

    async def test_endless_fields_are_over_budget_and_their_beginning_is_kept(self) -> None:
        exchange = await exchange_with(flooding(b"HTTP/1.1 200 OK\r\nServer: x\r\n", b"X-More: y\r\n"))

        assert (exchange.outcome, exchange.stage) == (Outcome.OVER_BUDGET, Stage.RESPONSE_HEAD)
        assert exchange.values("server") == ("x",)
        assert "incomplete" in exchange.flaws
        assert not exchange.answered

    async def test_an_endless_line_is_over_budget(self) -> None:
        exchange = await exchange_with(flooding(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 4096))

        assert (exchange.outcome, exchange.stage) == (Outcome.OVER_BUDGET, Stage.RESPONSE_HEAD)

    async def test_endless_interim_answers_are_over_budget(self) -> None:
        exchange = await exchange_with(flooding(b"", b"HTTP/1.1 100 Continue\r\n\r\n"))

        assert (exchange.outcome, exchange.stage) == (Outcome.OVER_BUDGET, Stage.RESPONSE_HEAD)
        assert exchange.detail is not None
        assert str(MAX_INTERIM) in exchange.detail

    @pytest.mark.parametrize("random_bytes", [500, 2 * ISOLATE_BYTES])
    async def test_a_compressed_body_is_decoded_for_its_text_only(self, random_bytes: int) -> None:
        text = random.Random(3).randbytes(random_bytes).hex()
        data = gzip.compress(text.encode())
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(data)}\r\n\r\n".encode()
        exchange = await exchange_with(answering(head + data))

        assert exchange.body is not None
        assert exchange.body.size == len(data)
        assert exchange.body.text is not None
        assert text.startswith(exchange.body.text)
        assert len(exchange.body.text) == min(len(text), 256 * 1024)

    @pytest.mark.parametrize("layers", [1, 2])
    async def test_a_gzip_bomb_stays_closed(self, layers: int) -> None:
        data = bytes(8 * 1024 * 1024)
        for _ in range(layers):
            data = gzip.compress(data)
        coding = ", ".join(["gzip"] * layers)
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {len(data)}\r\n\r\n".encode()
        exchange = await exchange_with(answering(head + data))

        assert exchange.outcome is Outcome.OK
        assert exchange.body is not None
        assert exchange.body.text is None
        assert exchange.body.note is not None
        assert "bomb" in exchange.body.note

    async def test_silence_ends_at_the_deadline(self) -> None:
        exchange = await exchange_with(answering(keep_open=True), seconds=0.3)

        assert (exchange.outcome, exchange.stage) == (Outcome.TIMEOUT, Stage.RESPONSE_HEAD)
        assert exchange.elapsed_ms < 6000

    async def test_a_trickled_head_ends_at_the_deadline(self) -> None:
        exchange = await exchange_with(trickling(OK, 0.05), seconds=0.3)

        assert (exchange.outcome, exchange.stage) == (Outcome.TIMEOUT, Stage.RESPONSE_HEAD)
        assert exchange.elapsed_ms < 6000

    async def test_a_stalled_body_keeps_the_head(self) -> None:
        exchange = await exchange_with(answering(OK[:-2], keep_open=True), seconds=0.3)

        assert (exchange.outcome, exchange.stage) == (Outcome.TIMEOUT, Stage.RESPONSE_BODY)
        assert exchange.values("content-type") == ("text/html",)
        assert exchange.body is not None
        assert (exchange.body.text, exchange.body.complete) == ("hel", False)
        assert exchange.answered

    @pytest.mark.parametrize(("reset", "outcome"), [(True, Outcome.RESET), (False, Outcome.CLOSED)])
    async def test_an_end_in_the_body(self, *, reset: bool, outcome: Outcome) -> None:
        async def stepwise(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await answering(OK[:-2], reset=reset)(reader, writer)

        exchange = await exchange_with(stepwise)

        assert exchange.status in {200, None}  # a reset may overtake the bytes before it
        assert exchange.outcome is outcome

    async def test_an_end_in_the_head(self) -> None:
        exchange = await exchange_with(answering(OK[:30]))

        assert (exchange.outcome, exchange.stage) == (Outcome.CLOSED, Stage.RESPONSE_HEAD)
        assert exchange.status == 200
        assert not exchange.answered

    @pytest.mark.parametrize(("reset", "outcome"), [(True, Outcome.RESET), (False, Outcome.CLOSED)])
    async def test_an_end_without_an_answer_is_tried_twice(self, *, reset: bool, outcome: Outcome) -> None:
        async with serving(answering(reset=reset)) as server:
            exchange = await fetch(plain_session(server))
            assert server.connections == 2

        assert (exchange.outcome, exchange.stage) == (outcome, Stage.RESPONSE_HEAD)

    async def test_the_byte_budget_holds(self) -> None:
        async with serving(flooding(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 4096)) as server:
            session = plain_session(server, max_bytes_in=100_000)
            exchange = await fetch(session)

        assert (exchange.outcome, exchange.stage) == (Outcome.OVER_BUDGET, Stage.RESPONSE_BODY)
        assert session.meter.bytes_in < 120_000

    async def test_the_connection_cap_holds(self) -> None:
        async with serving(answering(OK)) as server:
            session = plain_session(server, max_connections=1)
            async with HttpSession(session) as http:
                first = await fetch_with(http, session)
                second = await fetch_with(http, session)
            assert server.connections == 1

        assert first.outcome is Outcome.OK
        assert second.outcome is Outcome.NOT_ASSESSED

    async def test_a_closed_port_is_refused(self) -> None:
        async with serving(answering(OK)) as server:
            place = server.endpoint
        exchange = await fetch(session_for(place, scheme="http"))

        assert (exchange.outcome, exchange.stage) == (Outcome.REFUSED, Stage.CONNECT)

    async def test_leaving_closes_every_connection(self) -> None:
        gone = asyncio.Event()
        async with serving(until_the_end(OK.replace(b"Content-Type", b"Bad : x\r\nContent-Type"), gone)) as server:
            await fetch(plain_session(server))
            async with asyncio.timeout(2):
                await gone.wait()

    async def test_cancelling_closes_the_connection(self) -> None:
        came, gone = asyncio.Event(), asyncio.Event()
        async with serving(until_the_end(OK[:-2], gone, came)) as server:
            task = asyncio.create_task(fetch(plain_session(server)))
            await came.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            async with asyncio.timeout(2):
                await gone.wait()


def until_the_end(answer: bytes, gone: asyncio.Event, came: asyncio.Event | None = None) -> Handler:
    """Answers once, and tells when the client has gone."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(answer)
        await writer.drain()
        if came is not None:
            came.set()
        with contextlib.suppress(ConnectionError):
            await reader.read()
        gone.set()

    return handler


class TestTls:
    """What TLS does to an exchange."""

    async def test_a_port_without_tls(self) -> None:
        async with serving(blurting(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
            exchange = await fetch(session_for(server.endpoint))

        assert (exchange.outcome, exchange.stage) == (Outcome.PROTOCOL_ERROR, Stage.SERVER_HELLO)
        assert exchange.detail is not None
        assert "plain HTTP" in exchange.detail

    async def test_a_server_that_chokes_on_a_modern_hello_is_asked_with_an_old_one(self) -> None:
        hellos: list[int] = []
        async with serving(answering(OK), tls=server_context()) as behind:

            async def picky(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                hello = await reader.read(16 * 1024)
                hellos.append(len(hello))
                if len(hello) > 600:
                    return
                to_server, from_us = await asyncio.open_connection(behind.endpoint.address, behind.endpoint.port)
                from_us.write(hello)
                try:
                    await asyncio.gather(pump(reader, from_us), pump(to_server, writer))
                finally:
                    from_us.transport.abort()

            async with serving(picky) as server:
                exchange = await fetch(session_for(server.endpoint))

        assert (exchange.status, exchange.tls) == (200, "TLSv1.2")
        assert len(hellos) == 2

    async def test_the_first_fault_is_the_one_that_counts(self) -> None:
        async with serving(blurting(b"\x15\x03\x03\x00\x02\x02\x28")) as server:
            exchange = await fetch(session_for(server.endpoint))
            assert server.connections == 2

        assert exchange.outcome is Outcome.TLS_ALERT
        assert exchange.stage is Stage.HANDSHAKE


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(4096):
        writer.write(data)
        await writer.drain()
    writer.close()


class TestPinning:
    """Nothing is dialled but what was resolved and checked."""

    async def test_the_name_goes_where_it_was_pinned(self) -> None:
        async with serving(answering(OK)) as server:
            session = session_for(server.endpoint, host="victim.example", scheme="http")
            exchange = await fetch(session)

        assert exchange.endpoint == server.endpoint.key
        assert exchange.url.startswith("http://victim.example")

    async def test_a_connection_is_used_again_at_the_same_endpoint_only(self) -> None:
        async with serving(keeping_alive(lambda _: OK)) as server:
            session = plain_session(server)
            async with HttpSession(session) as http:
                await fetch_with(http, session)
                nobody: Endpoint = endpoint_of("127.0.0.2", server.endpoint.port)
                elsewhere = await http.fetch(parse_url(session.target.url), endpoint=nobody, purpose=Purpose.ENTRY)
                again = await fetch_with(http, session)
            assert server.connections == 1

        assert (elsewhere.endpoint, elsewhere.outcome) == (nobody.key, Outcome.REFUSED)
        assert again.outcome is Outcome.OK


class TestPersistence:
    """After what nobody could tell the end of, the next request goes over a new connection."""

    @pytest.mark.parametrize(
        "answer",
        [
            OK + b"HTTP/1.1 200 OK\r\nX-Smuggled: 1\r\nContent-Length: 0\r\n\r\n",
            OK.replace(b"Content-Type", b"Connection: Close\r\nContent-Type"),
            OK.replace(b"HTTP/1.1", b"HTTP/1.0"),
            OK.replace(b"Content-Type", b"Content-Length: 5\r\nContent-Type"),
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nHTTP/1.1 500 No\r\n\r\n",
            b"HTTP/1.1 204 No Content\r\n\r\nhello",
        ],
        ids=["an answer to nothing", "close", "an old version", "two lengths", "after chunks", "a body without room"],
    )
    async def test_it_is_not_used_again(self, answer: bytes) -> None:
        async with serving(keeping_alive(lambda _: answer)) as server:
            session = plain_session(server)
            async with HttpSession(session) as http:
                both = [await fetch_with(http, session) for _ in range(2)]
            assert server.connections == 2

        assert [one.status for one in both] == [both[0].status] * 2
        assert both[1].values("x-smuggled") == ()

    async def test_an_answer_of_half_the_chunks_is_told_as_broken(self) -> None:
        raw = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n"
        exchange = await exchange_with(answering(raw, keep_open=True))

        assert (exchange.outcome, exchange.stage) == (Outcome.PROTOCOL_ERROR, Stage.RESPONSE_BODY)
        assert exchange.body is not None
        assert (exchange.body.size, exchange.body.complete) == (5, False)


class TestOwnFields:
    """What users have us send."""

    async def test_text_beyond_ascii_goes_as_utf_8(self) -> None:
        heads: list[bytes] = []
        options = ScanOptions(allow_private=True, user_agent="prüfer", headers=(HeaderOption(name="X-A", value="ü"),))
        async with serving(recording(heads)) as server:
            exchange = await fetch(plain_session(server, options=options))

        assert exchange.outcome is Outcome.OK
        assert "User-Agent: prüfer\r\n".encode() in heads[0]
        assert "X-A: ü\r\n".encode() in heads[0]

    @pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding"])
    async def test_no_body_is_announced(self, name: str) -> None:
        heads: list[bytes] = []
        options = ScanOptions(allow_private=True, headers=(HeaderOption(name=name, value="5"),))
        async with serving(recording(heads)) as server:
            with pytest.raises(UserFault, match="body"):
                await fetch(plain_session(server, options=options))

        assert heads == []

    @pytest.mark.parametrize("bad", ["a\r\nX-More: y", "a\x00b"])
    async def test_no_field_smuggles_another(self, bad: str) -> None:
        heads: list[bytes] = []
        options = ScanOptions(allow_private=True, user_agent=bad)
        async with serving(recording(heads)) as server:
            with pytest.raises(UserFault):
                await fetch(plain_session(server, options=options))

        assert heads == []
