"""The demo's pages: weak in the ways that the rules know, honest about it, and small."""

import asyncio
import re

import pytest

from scanner.demo.endpoint import DemoEndpoint
from scanner.demo.pages import HOST, MAX_FIELDS, answer, make_key
from scanner.engine.api import scan
from scanner.model.options import Override, ScanOptions
from scanner.model.result import TargetResult
from scanner.policies.loader import load
from scanner.wire.target_url import parse_target

KEY = make_key()


def asked(line: str, *fields: str, secure: bool = True) -> tuple[str, str]:
    """Head and body of the answer."""
    request = "\r\n".join((line, f"Host: {HOST}", *fields, "", ""))
    head, _, body = answer(request.encode(), secure=secure, key=KEY).decode().partition("\r\n\r\n")
    return head, body


def test_the_page_says_that_it_is_weak_on_purpose_and_names_nobody_real() -> None:
    _, page = asked("GET / HTTP/1.1")
    assert "weak on purpose" in page
    hosts = set(re.findall(r"https?://([^/\":]+)", page))
    assert hosts == {"widgets.example", "images.example", "stock.corp.internal", HOST}


def test_each_start_has_a_key_of_its_own() -> None:
    _, script = asked("GET /shop.js HTTP/1.1")
    assert KEY in script
    assert make_key() != KEY


@pytest.mark.parametrize(
    ("line", "fields", "status", "said"),
    [
        ("GET /nothing HTTP/1.1", (), "404", "Traceback"),
        ("TRACE / HTTP/1.1", ("X-Mark: 77",), "200", "X-Mark: 77"),
        ("PUT / HTTP/1.1", (), "405", "Only GET"),
        ("GET /\tHTTP/1.1", (), "400", "could not understand"),
        ("GET / HTTP/1.1", ("A: b",) * (MAX_FIELDS + 1), "400", "exceeds"),
        ("GET /robots.txt HTTP/1.1", (), "200", "/admin/"),
    ],
)
def test_requests_are_answered(line: str, fields: tuple[str, ...], status: str, said: str) -> None:
    head, body = asked(line, *fields)
    assert head.startswith(f"HTTP/1.1 {status} ")
    assert f"Content-Length: {len(body.encode())}" in head
    assert said in body


def test_head_has_no_body_and_options_lets_everybody_in() -> None:
    head, body = asked("HEAD / HTTP/1.1")
    assert "Content-Length: " in head
    assert not body
    head, _ = asked("OPTIONS / HTTP/1.1", "Origin: https://evil.example")
    assert "Access-Control-Allow-Origin: https://evil.example\r\nAccess-Control-Allow-Credentials: true" in head
    assert "Allow: GET, HEAD, OPTIONS, TRACE" in head


def test_plain_http_leads_to_https() -> None:
    head, _ = asked("GET /x HTTP/1.1", secure=False)
    assert f"Location: https://{HOST}/x" in head


@pytest.fixture(scope="module")
def scanned() -> TargetResult:
    with DemoEndpoint() as endpoint:
        overrides = (
            Override(host=HOST, port=443, address=endpoint.address, to_port=endpoint.https_port),
            Override(host=HOST, port=80, address=endpoint.address, to_port=endpoint.http_port),
        )
        result = asyncio.run(
            scan([parse_target(HOST)], options=ScanOptions(overrides=overrides), policy=load("default"))
        )
    (target,) = result.targets
    return target


def test_a_scan_shows_most_families_of_rules(scanned: TargetResult) -> None:
    found = {one.rule for one in scanned.findings}
    assert {rule[:3] for rule in found} >= {"TLS", "CRT", "HDR", "CSP", "CKY", "RDR", "INF", "CNT", "OPS"}
    shown = {
        *("CNT009", "CNT011", "CNT013", "CNT021", "CNT022", "CNT023", "CNT024"),
        *("CSP003", "CSP006", "CSP011", "HDR032", "HDR042", "OPS003", "OPS005", "OPS006", "CKY018", "CKY020"),
    }
    assert shown <= found


def test_its_grades_are_what_it_deserves(scanned: TargetResult) -> None:
    assert {scale: grade.grade for scale, grade in scanned.grades.items()} == {  # type: ignore[attr-defined]
        "observatory": "F",
        "ssllabs-2009r": "T",
    }
