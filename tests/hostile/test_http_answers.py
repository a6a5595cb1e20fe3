"""Sites that answer some of our requests in hostile ways: every scan ends in time, and without an internal error."""

import asyncio
import gzip
from collections.abc import Callable, Mapping

import pytest

from scanner.engine.api import Scan
from scanner.model.evidence.http_exchanges import Exchange, HttpExchanges, Purpose
from scanner.model.evidence.http_headers import HttpHeaders
from scanner.model.options import Override, ScanOptions
from scanner.model.outcome import Outcome, Stage
from scanner.model.result import TargetResult
from tests.support.loopback import Handler, read_head, serving
from tests.support.sessions import target_of

TOPICS = frozenset({"http_exchanges", "http_headers", "leakage", "cookies", "redirects", "content"})
HOST = "www.example.org"

Reply = bytes | None
Site = Callable[[str, str, Mapping[str, str]], Reply]
"""Method, path and fields (names in lower case) to the answer; None hangs up."""


def answer(body: bytes = b"", *fields: bytes, status: bytes = b"200 OK", kind: bytes | None = b"text/html") -> bytes:
    lines = [b"HTTP/1.1 " + status, *fields, b"Content-Length: %d" % len(body)]
    if kind is not None:
        lines.append(b"Content-Type: " + kind)
    return b"\r\n".join([*lines, b"", b""]) + body


def page(inside: bytes = b"") -> bytes:
    return b"<!doctype html><html><head><title>x</title></head><body>" + inside + b"</body></html>"


PAGE = answer(page(b'<script src="/a.js"></script><script src="/b.js"></script>'))
NOT_FOUND = answer(b"no", status=b"404 Not Found")


def served(site: Site) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            line, *lines = (await read_head(reader)).decode("latin-1").split("\r\n")[:-2]
            method, path, _ = line.split(" ")
            fields = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)}
            said = site(method, path, fields)
            if said is None:
                return
            writer.write(said)
            await writer.drain()

    return handler


async def scan(site: Site, *, seconds: float = 10.0) -> TargetResult:
    async with serving(served(site)) as server:
        port = server.endpoint.port
        override = Override(host=HOST, port=port, address="127.0.0.1", to_port=port)
        options = ScanOptions(only=TOPICS, overrides=(override,), deadline=seconds)
        (result,) = await Scan([target_of(HOST, port, "http")], options=options).run()
    for one in result.observations:
        assert one.outcome is not Outcome.INTERNAL_ERROR, f"{one.probe}: {one.detail}"
    assert result.cost.seconds < seconds + 3
    return result


def evidence(result: TargetResult) -> HttpExchanges:
    (found,) = [one.evidence for one in result.observations if isinstance(one.evidence, HttpExchanges)]
    return found


async def exchanges(site: Site, *, seconds: float = 10.0) -> HttpExchanges:
    return evidence(await scan(site, seconds=seconds))


def everywhere(said: bytes) -> Site:
    return lambda _method, _path, _fields: said


def table(pages: Mapping[str, Reply]) -> Site:
    return lambda method, path, _: pages.get(path, NOT_FOUND) if method == "GET" else NOT_FOUND


def of(seen: HttpExchanges, purpose: Purpose) -> Exchange:
    (found,) = seen.of(purpose)
    return found


async def test_a_thousand_fields_are_read_up_to_a_cap() -> None:
    fields = [b"X-%d: y" % number for number in range(1000)]
    seen = await exchanges(everywhere(answer(page(), *fields)))

    assert seen.document is not None
    assert "x-0" in {one.name.lower() for one in seen.document.fields}
    assert seen.document.outcome is Outcome.OK
    assert seen.page is not None


async def test_every_security_field_a_hundred_times() -> None:
    names = (b"Strict-Transport-Security", b"Content-Security-Policy", b"Permissions-Policy", b"Reporting-Endpoints")
    fields = [name + b": a=b, c;" * 20 for name in names for _ in range(100)]
    result = await scan(everywhere(answer(page(), *fields)))

    (headers,) = [one.evidence for one in result.observations if isinstance(one.evidence, HttpHeaders)]
    assert headers.final is not None


UTF_7 = b"+ADw-script src=/evil.js+AD4-"
TEXT = page('<script src="/a.js"></script><p>grüße</p>'.encode()).decode()

CHARSETS = {
    "utf-7 is not decoded": (answer(page(UTF_7), kind=b"text/html; charset=utf-7"), "+ADw-script", 0),
    "utf-16 by its mark": (
        answer(b"\xff\xfe" + TEXT.encode("utf-16-le"), kind=b"text/html; charset=utf-8"),
        "grüße",
        1,
    ),
    "utf-16 by its name": (answer(TEXT.encode("utf-16-le"), kind=b"text/html; charset=utf-16"), "grüße", 1),
    "utf-16 that is utf-8": (answer(TEXT.encode(), kind=b"text/html; charset=utf-16"), "", 0),
    "none, and utf-8": (answer(TEXT.encode(), kind=b"text/html"), "grüße", 1),
    "none, and latin-1": (answer(TEXT.encode("latin-1"), kind=b"text/html"), "grüße", 1),
    "a charset that nobody knows": (answer(TEXT.encode(), kind=b"text/html; charset=../../x"), "grüße", 1),
    "a codec that is no charset": (answer(TEXT.encode(), kind=b"text/html; charset=rot13"), "grüße", 1),
    "base64 as charset": (answer(TEXT.encode(), kind=b"text/html; charset=base64"), "grüße", 1),
    "half a character": (answer(TEXT.encode() + b"\xc3", kind=b"text/html; charset=utf-8"), "grüße", 1),
    "lone surrogates": (answer(b"\xfe\xff" + b"\xd8\x00" * 50, kind=b"text/html"), "", 0),
    "nothing but a mark": (answer(b"\xff\xfe"), "", 0),
}


@pytest.mark.parametrize("name", CHARSETS)
async def test_lies_about_the_charset(name: str) -> None:
    said, expected, scripts = CHARSETS[name]
    seen = await exchanges(everywhere(said))

    assert seen.document is not None
    assert seen.document.body is not None
    assert expected in (seen.document.body.text or "")
    if seen.page is not None:
        assert len(seen.page.scripts) == scripts
    else:
        assert scripts == 0
        assert "page" in seen.left_out


class TestOtherMethods:
    """What servers do with requests that they do not expect."""

    async def test_an_echo_of_trace_shows_the_mark_and_no_secret(self) -> None:
        def echoing(method: str, path: str, fields: Mapping[str, str]) -> bytes:
            if method != "TRACE":
                return PAGE if path == "/" else NOT_FOUND
            echo = f"TRACE {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
            return answer(echo.encode(), kind=b"message/http")

        seen = await exchanges(echoing)

        echo = of(seen, Purpose.TRACE)
        assert seen.mark is not None
        assert echo.status == 200
        assert echo.body is not None

    @pytest.mark.parametrize("method", ["OPTIONS", "TRACE"])
    async def test_a_server_that_dies_of_a_method(self, method: str) -> None:
        dead = False

        def mortal(asked: str, path: str, _: Mapping[str, str]) -> bytes | None:
            nonlocal dead
            dead = dead or asked == method
            return None if dead else PAGE if path == "/" else NOT_FOUND

        seen = await exchanges(mortal)

        killer = of(seen, Purpose.PREFLIGHT if method == "OPTIONS" else Purpose.TRACE)
        assert (killer.outcome, killer.stage) == (Outcome.CLOSED, Stage.RESPONSE_HEAD)
        assert seen.document is not None
        assert not any(one.answered for one in seen.exchanges[seen.exchanges.index(killer) :])

    async def test_an_endless_answer_to_options(self) -> None:
        def endless(method: str, path: str, _: Mapping[str, str]) -> bytes:
            if method == "OPTIONS":
                return b"HTTP/1.1 200 OK\r\n" + b"Allow: GET\r\n" * 100_000
            return PAGE if path == "/" else NOT_FOUND

        seen = await exchanges(endless)

        assert of(seen, Purpose.PREFLIGHT).outcome is Outcome.OVER_BUDGET
        assert of(seen, Purpose.BARE_ADDRESS).status == 200


class TestFiles:
    """Files that a page names."""

    async def test_urls_that_are_none(self) -> None:
        urls = (
            b"//[::1", b"http://[1:2:3]:99999/x.js", b"\\\\evil\\x.js", b"/" + b"a" * 100_000 + b".js", b"",
            b"javascript:alert(1)", b"file:///etc/passwd", b"http://169.254.169.254/a.js", b"/\x00.js", b"/%zz.js",
            b"/../../../a.js", b"?x", b"#y",
        )  # fmt: skip
        inside = b"".join(b'<script src="' + url + b'"></script>' for url in urls)
        seen = await exchanges(everywhere(answer(page(inside))))

        assert seen.page is not None
        asked = (*seen.of(Purpose.ASSET), *seen.of(Purpose.SCRIPT))
        assert all(one.url.startswith(f"http://{HOST}:") for one in asked)
        assert len(asked) <= 5

    async def test_ten_thousand_scripts(self) -> None:
        inside = b"".join(b'<script src="/%d.js"></script>' % number for number in range(10_000))
        seen = await exchanges(table({"/": answer(page(inside))}))

        assert len((*seen.of(Purpose.ASSET), *seen.of(Purpose.SCRIPT))) == 5

    async def test_a_script_that_is_a_bomb(self) -> None:
        bomb = answer(gzip.compress(bytes(8 << 20)), b"Content-Encoding: gzip", kind=b"text/javascript")
        seen = await exchanges(table({"/": PAGE, "/a.js": bomb}))

        asset = of(seen, Purpose.ASSET)
        assert asset.body is not None
        assert asset.body.text is None
        assert "bomb" in (asset.body.note or "")

    async def test_scripts_that_redirect_are_not_followed(self) -> None:
        away = answer(b"", b"Location: http://169.254.169.254/latest/meta-data/", status=b"302 Found")
        seen = await exchanges(table({"/": PAGE, "/a.js": away, "/b.js": away}))

        assert not any("169.254" in one.url for one in seen.exchanges)
        assert of(seen, Purpose.ASSET).status == 302

    @pytest.mark.parametrize(
        "location", [b"http://169.254.169.254/x", b"http://10.0.0.1/x", b"gopher://x/", b"/.well-known/security.txt"]
    )
    async def test_a_security_txt_that_leads_elsewhere(self, location: bytes) -> None:
        away = answer(b"", b"Location: " + location, status=b"302 Found")
        seen = await exchanges(table({"/": PAGE, "/.well-known/security.txt": away}))

        hops = seen.of(Purpose.SECURITY_TXT)
        assert hops[0].status == 302
        assert all(one.outcome is Outcome.FORBIDDEN for one in hops[1:])
        assert of(seen, Purpose.ROBOTS).status == 404


PAGES = {
    "deep nesting": b"<div>" * 50_000,
    "formatting elements": b"<b><i><a>" * 20_000,
    "tables in tables": b"<table><td>" * 10_000,
    "attributes": b"<p " + b"".join(b"a%d=b " % number for number in range(20_000)) + b">",
    "an attribute without end": b'<p a="' + b"x" * 250_000,
    "a comment without end": b"<!--" + b"-" * 250_000,
    "entities": b"&notin;&amp;&#x110000;" * 10_000,
    "templates": b"<template>" * 20_000,
    "selects": b"<select><option>" * 10_000,
    "open tags": b"<script src=" * 20_000,
    "nuls": b"\x00<p>" * 50_000,
    "a thousand metas": b"<meta http-equiv=content-security-policy content=\"script-src 'none'\">" * 1000,
    "a thousand bases": b"<base href=//evil.example/>" * 1000,
    "a thousand forms": b"<form method=post action=http://x/>" * 1000,
}


@pytest.mark.parametrize("name", PAGES)
async def test_pages_that_are_hard_to_parse(name: str) -> None:
    lags = [0.0]

    async def watch() -> None:
        loop = asyncio.get_running_loop()
        while True:
            begun = loop.time()
            await asyncio.sleep(0.01)
            lags.append(loop.time() - begun)

    watching = asyncio.create_task(watch())
    seen = await exchanges(table({"/": answer(b"<!doctype html><body>" + PAGES[name])}), seconds=20.0)
    watching.cancel()

    assert seen.document is not None
    assert (seen.page is None) == ("page" in seen.left_out)
    assert max(lags) < 6.0


async def test_a_site_that_answers_nothing_but_its_first_request_is_left_soon() -> None:
    asked = 0

    def silent(_method: str, _path: str, _fields: Mapping[str, str]) -> Reply:
        nonlocal asked
        asked += 1
        return PAGE if asked == 1 else None

    seen = await exchanges(silent)

    assert seen.document is not None
    assert "not answered" in seen.left_out["trace"]
