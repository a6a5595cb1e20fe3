"""Real nginx: HTTP/1.1 and HTTP/2 over TLS, and the redirect from plain http."""

import pathlib

import pytest

from probes.base import Known
from probes.http_exchanges import HttpExchangesProbe
from probes.redirects import read_redirects
from scanner.model.evidence.http_exchanges import Purpose
from scanner.model.evidence.redirects import ChainEnd
from scanner.model.options import Override, ScanOptions
from scanner.model.outcome import Outcome
from scanner.net.http_session import HttpSession
from scanner.wire.urls import parse_url
from tests.real.servers import Apache, Nginx, free_port
from tests.support.leaf_files import write_leaf
from tests.support.sessions import TEST_HOST, endpoint_of, session_for

pytestmark = pytest.mark.real

PAGE = """
    listen 127.0.0.1:{port} {kind};
    server_tokens off;
    gzip on; gzip_min_length 1;
    add_header Set-Cookie "a=1";
    add_header Set-Cookie "b=2";
    location = / {{ default_type text/html; return 200 "<p>hello hello hello hello</p>"; }}
    location / {{ return 404; }}
"""
TO_HTTPS = """
    server { listen 127.0.0.1:%d; server_name www.example.org; return 301 https://$host:%d$request_uri; }
"""


@pytest.mark.parametrize(("http2", "version"), [(False, "HTTP/1.1"), (True, "HTTP/2")])
async def test_both_versions_of_http(tmp_path: pathlib.Path, *, http2: bool, version: str) -> None:
    files = write_leaf(tmp_path, TEST_HOST)
    port = free_port()
    with Nginx(PAGE.format(port=port, kind="ssl http2"), tls=(files.chain, files.key)):
        session = session_for(("127.0.0.1", port))
        entry = parse_url(session.target.url)
        assert session.endpoint is not None
        async with HttpSession(session, http2=http2) as http:
            found = [
                await http.fetch(entry.at(path), endpoint=session.endpoint, purpose=Purpose.ENTRY)
                for path in ("/", "/nothing")
            ]

    assert [one.status for one in found] == [200, 404]
    assert {one.version for one in found} == {version}
    assert found[0].body is not None
    assert found[0].body.text == "<p>hello hello hello hello</p>"
    assert found[0].body.complete
    assert found[0].values("content-encoding") == ("gzip",)
    assert found[0].values("set-cookie") == ("a=1", "b=2")
    assert session.meter.connections == 1


async def test_a_whole_look_takes_thirteen_requests_and_five_connections(tmp_path: pathlib.Path) -> None:
    files = write_leaf(tmp_path, TEST_HOST)
    secure, plain = free_port(), free_port()
    site = (
        PAGE
        + """
        location = /page {{ default_type text/html; return 200 '{page}'; }}
        location = /a.js {{ default_type text/javascript; return 200 "1"; }}
    """
    )
    with Nginx(
        site.format(port=secure, kind="ssl http2", page='<script src="/a.js"></script><script src="/b.js"></script>'),
        http=TO_HTTPS % (plain, secure),
        tls=(files.chain, files.key),
    ):
        to_plain = Override(host=TEST_HOST, port=80, address="127.0.0.1", to_port=plain)
        options = ScanOptions(allow_private=True, overrides=(to_plain,), ca=(str(files.root),))
        session = session_for(
            ("127.0.0.1", secure),
            path="/page",
            options=options,
            also={(TEST_HOST, 80): endpoint_of("127.0.0.1", plain)},
        )
        seen = await HttpExchangesProbe().collect(session, Known({}))

    assert seen.outcome is Outcome.OK
    assert seen.evidence is not None
    assert [(one.purpose, one.status, one.version) for one in seen.evidence.exchanges] == [
        (Purpose.ENTRY, 200, "HTTP/1.1"),
        (Purpose.PLAIN_ENTRY, 301, "HTTP/1.1"),
        (Purpose.PLAIN_ENTRY, 200, "HTTP/1.1"),
        (Purpose.REPEAT, 200, "HTTP/1.1"),
        (Purpose.MISSING, 404, "HTTP/1.1"),
        (Purpose.ASSET, 200, "HTTP/2"),
        (Purpose.SECURITY_TXT, 404, "HTTP/1.1"),
        (Purpose.ROBOTS, 404, "HTTP/1.1"),
        (Purpose.SCRIPT, 404, "HTTP/2"),
        (Purpose.PREFLIGHT, 200, "HTTP/1.1"),
        (Purpose.TRACE, 405, "HTTP/1.1"),
        (Purpose.UNKNOWN_HOST, 200, "HTTP/1.1"),
        (Purpose.BARE_ADDRESS, 200, "HTTP/1.1"),
    ]
    https = [one for one in seen.evidence.exchanges if one.url.startswith("https:")]
    assert {one.purpose for one in https if one.certificate_trusted is False} == {
        Purpose.UNKNOWN_HOST, Purpose.BARE_ADDRESS,
    }  # fmt: skip
    assert all(one.certificate_trusted is not None for one in https)
    assert seen.cost.connections == 5
    chains = read_redirects(seen.evidence, session.target)
    assert chains.http is not None
    assert chains.http.end is ChainEnd.ANSWER
    assert [hop.status for hop in chains.http.hops] == [301, 200]


async def test_apache_echoes_what_trace_carried() -> None:
    with Apache("TraceEnable on\n") as server:
        session = session_for(server.place, scheme="http")
        seen = await HttpExchangesProbe().collect(session, Known({}))

    assert seen.evidence is not None
    (trace,) = seen.evidence.of(Purpose.TRACE)
    assert trace.status == 200
    assert trace.body is not None
    assert seen.evidence.mark is not None
    assert seen.evidence.mark in (trace.body.text or "")
