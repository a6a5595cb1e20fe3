"""Real nginx and Apache: methods, TRACE, files, unknown names, HTTP/2, and what the TCP handshake shows."""

import pathlib
from collections.abc import Mapping

import pytest

from probes.base import Known
from probes.http_exchanges import HttpExchangesProbe
from probes.operation import OperationProbe
from scanner.model.evidence.operation import Operation, Reception
from scanner.model.options import ScanOptions
from scanner.model.outcome import Answer
from tests.real.servers import Apache, Nginx, free_port
from tests.support.leaf_files import write_leaf
from tests.support.sessions import TEST_HOST, session_for

pytestmark = pytest.mark.real

CONTACT = "Contact: mailto:security@example.org\\nExpires: 2027-03-01T10:00:00Z\\n"
CAREFUL = f"""
    listen 127.0.0.1:%d ssl http2;
    server_name {TEST_HOST};
    if ($host != {TEST_HOST}) {{ return 421; }}
    location = / {{ default_type text/html; return 200 "<!doctype html><script src=/a.js></script><p>Fine</p>"; }}
    location = /a.js {{ default_type text/javascript; return 200 "1"; }}
    location = /.well-known/security.txt {{ default_type text/plain; return 200 "{CONTACT}"; }}
    location = /robots.txt {{ default_type text/plain; return 200 "User-agent: *\\nDisallow: /backup/\\n"; }}
    location / {{ return 404; }}
"""
CARELESS = """
    location = / { default_type text/html; return 200 "<!doctype html><a href=https://$host/login>Log in</a>"; }
    location / { default_type text/html; return 200 "<!doctype html><p>Not here, and here is a page all the same"; }
"""


async def look(place: tuple[str, int], scheme: str = "https") -> Operation:
    session = session_for(place, scheme=scheme, options=ScanOptions(allow_private=True), info=HttpExchangesProbe.info)
    seen = await HttpExchangesProbe().collect(session, Known({}))
    known: Mapping[str, object] = {"http_exchanges": seen}
    found = await OperationProbe().collect(session, Known(known))  # type: ignore[arg-type]
    assert found.evidence is not None
    return found.evidence


async def test_a_careful_nginx(tmp_path: pathlib.Path) -> None:
    files = write_leaf(tmp_path, TEST_HOST)
    port = free_port()
    with Nginx(CAREFUL % port, tls=(files.chain, files.key)):
        found = await look(("127.0.0.1", port))

    assert (found.security_txt.present, found.security_txt.problems) == (Answer.YES, ())
    assert found.security_txt.expires is not None
    assert found.robots.telling == ("/backup/",)
    assert found.methods.trace is Answer.NO
    assert found.unknown_host.reception is Reception.REFUSED
    assert found.bare_address.reception is Reception.REFUSED
    assert found.http2.spoken is Answer.YES
    assert (found.waf, found.rate_limit) == ((), ())
    assert found.tcp is not None
    assert found.tcp.loopback
    assert found.tcp.system is None


async def test_a_careless_nginx(tmp_path: pathlib.Path) -> None:
    files = write_leaf(tmp_path, TEST_HOST)
    with Nginx(CARELESS, tls=(files.chain, files.key)) as server:
        found = await look(server.place)

    assert found.security_txt.present is Answer.NO, "a page for every path is no security.txt"
    assert found.robots.present is Answer.NO
    assert found.unknown_host.reception is Reception.SITE
    assert found.unknown_host.reflected_in == ("a link of the page",)
    assert found.http2.spoken is Answer.NO


async def test_apache_as_it_comes_echoes_trace() -> None:
    with Apache() as server:
        found = await look(server.place, "http")

    assert found.methods.trace is Answer.YES
    assert found.methods.trace_echo == ()
    assert "GET" in found.methods.allowed
    assert found.security_txt.present is Answer.NO
    assert found.unknown_host.reception is Reception.SITE


async def test_apache_with_trace_off() -> None:
    with Apache("TraceEnable off") as server:
        found = await look(server.place, "http")

    assert found.methods.trace is Answer.NO
    assert found.methods.trace_reason is not None
    assert "405" in found.methods.trace_reason
