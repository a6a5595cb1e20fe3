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
from tests.real.servers import Nginx, free_port
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


async def test_a_whole_look_takes_three_requests_and_two_connections(tmp_path: pathlib.Path) -> None:
    files = write_leaf(tmp_path, TEST_HOST)
    secure, plain = free_port(), free_port()
    with Nginx(PAGE.format(port=secure, kind="ssl"), http=TO_HTTPS % (plain, secure), tls=(files.chain, files.key)):
        to_plain = Override(host=TEST_HOST, port=80, address="127.0.0.1", to_port=plain)
        session = session_for(
            ("127.0.0.1", secure),
            options=ScanOptions(allow_private=True, overrides=(to_plain,)),
            also={(TEST_HOST, 80): endpoint_of("127.0.0.1", plain)},
        )
        seen = await HttpExchangesProbe().collect(session, Known({}))

    assert seen.outcome is Outcome.OK
    assert seen.evidence is not None
    assert [(one.purpose, one.status) for one in seen.evidence.exchanges] == [
        (Purpose.ENTRY, 200),
        (Purpose.MISSING, 404),
        (Purpose.PLAIN_ENTRY, 301),
    ]
    assert seen.cost.connections == 2
    chains = read_redirects(seen.evidence, session.target)
    assert chains.http is not None
    assert chains.http.end is ChainEnd.ANSWER
    assert [hop.status for hop in chains.http.hops] == [301, 200]
