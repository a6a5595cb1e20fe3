"""Good neighbours: well-kept sites of common kinds end with no finding of medium or above, and exit 0."""

import dataclasses
import json
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from scanner.cli.main import execute
from tests.support.sites import Answer, Handler, Loopback, Request

HOST = "www.example.org"
HSTS = "Strict-Transport-Security: max-age=31536000; includeSubDomains"
NOSNIFF = "X-Content-Type-Options: nosniff"
HTML = "Content-Type: text/html; charset=utf-8"
PAGE = "<!doctype html><html lang=en><head><title>Fine</title></head><body><p>Fine</p></body></html>\n"
WELL_KEPT = (
    HTML,
    HSTS,
    NOSNIFF,
    "Content-Security-Policy: default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy: strict-origin-when-cross-origin",
)


def not_found(fields: tuple[str, ...] = (HSTS, NOSNIFF, "Content-Type: text/plain")) -> Answer:
    return Answer(status="404 Not Found", fields=fields, body="Not Found\n")


def page(request: Request) -> Answer:
    return Answer(fields=WELL_KEPT, body=PAGE) if request.target == "/" else not_found()


def load_balancer(request: Request) -> Answer:
    sticky = (
        "Set-Cookie: AWSALB=abc123; Expires=Sat, 28 Nov 2026 00:00:00 GMT; Path=/",
        "Set-Cookie: AWSALBCORS=abc123; Expires=Sat, 28 Nov 2026 00:00:00 GMT; Path=/; SameSite=None; Secure",
    )
    answer = page(request)
    return dataclasses.replace(answer, fields=(*answer.fields, *sticky))


def json_api(request: Request) -> Answer:
    fields = (HSTS, NOSNIFF, "Content-Type: application/json", "Access-Control-Allow-Origin: *")
    del request
    return Answer(status="404 Not Found", fields=fields, body='{"error": "not found"}\n')


def login_wall(request: Request) -> Answer:
    if request.target != "/":
        return not_found()
    cookies = (
        "Set-Cookie: __Host-session=1f2e3d4c5b6a79881f2e3d4c5b6a7988; Path=/; Secure; HttpOnly; SameSite=Lax",
        "Set-Cookie: XSRF-TOKEN=9a8b7c6d5e4f30211f2e3d4c5b6a7988; Path=/; Secure; SameSite=Strict",
    )
    return Answer(status="401 Unauthorized", fields=(*WELL_KEPT, *cookies), body=PAGE)


def redirect_only(request: Request) -> Answer:
    del request
    return Answer(status="301 Moved Permanently", fields=(HSTS, "Location: https://new.example.net/"))


def without_hsts(request: Request) -> Answer:
    answer = page(request)
    return dataclasses.replace(answer, fields=tuple(field for field in answer.fields if field != HSTS))


def to_https(request: Request) -> Answer:
    return Answer(status="301 Moved Permanently", fields=(f"Location: https://{HOST}{request.target}",))


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


Scan = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def scan(loopback: Loopback, tmp_path: pathlib.Path) -> Scan:
    def run(secure_port: int, *arguments: str, plain: Handler | None = to_https) -> tuple[int, dict[str, Any]]:
        bundle = tmp_path / "ca.pem"
        loopback.ca.cert_pem.write_to_path(str(bundle))
        report = tmp_path / "report.json"
        names = ["--resolve", f"{HOST}:443:127.0.0.1:{secure_port}"]
        if plain is not None:
            names += ["--resolve", f"{HOST}:80:127.0.0.1:{loopback.plain(plain)}"]
        code = execute(["scan", HOST, *names, "--ca", str(bundle), "-q", "-o", str(report), *arguments])
        return code, json.loads(report.read_text("utf-8"))["targets"][0]

    return run


def assert_unblamed(code: int, target: dict[str, Any]) -> None:
    heavy = [(one["rule"], one["message"]) for one in target["findings"] if one["severity"] not in {"info", "low"}]
    assert heavy == []
    unfinished = [
        one for one in target["observations"] if one["outcome"] not in {"ok", "not-applicable", "not-assessed"}
    ]
    assert [(one["topic"], one["outcome"], one["stage"], one["detail"]) for one in unfinished] == []
    assert code == 0


@pytest.mark.parametrize(
    "handler", [page, load_balancer, json_api, login_wall, redirect_only], ids=lambda handler: handler.__name__
)
def test_well_kept_site(handler: Handler, loopback: Loopback, scan: Scan) -> None:
    assert_unblamed(*scan(loopback.secure(handler, loopback.context(HOST))))


def test_resetting_refuser(loopback: Loopback, scan: Scan) -> None:
    behind = loopback.secure(page, loopback.context(HOST))

    code, target = scan(loopback.resetting_relay(behind))

    assert_unblamed(code, target)
    suites = next(one for one in target["observations"] if one["topic"] == "tls_suites")["evidence"]
    assert {name: one["supported"] for name, one in suites["protocols"].items()} == {
        "SSLv2": "no", "SSLv3": "no", "TLSv1.0": "no", "TLSv1.1": "no", "TLSv1.2": "yes", "TLSv1.3": "yes",
    }  # fmt: skip


def test_short_lived_certificate_without_ocsp(loopback: Loopback, scan: Scan) -> None:
    context = loopback.context(HOST, "127.0.0.1", days=6.6, age_days=1)

    code, target = scan(loopback.secure(page, context))

    assert_unblamed(code, target)
    staple_rules = {one["rule"]: one["status"] for one in target["outcomes"] if one["rule"].startswith("CRT05")}
    assert "fail" not in staple_rules.values()


def test_preloaded_subdomain_without_hsts(loopback: Loopback, scan: Scan, tmp_path: pathlib.Path) -> None:
    entries = [{"name": "example.org", "include_subdomains": True, "mode": "force-https"}]
    listed = tmp_path / "preload.json"
    listed.write_text(json.dumps({"entries": entries}), "utf-8")
    port = loopback.secure(without_hsts, loopback.context(HOST))

    assert_unblamed(*scan(port, "--preload-list", str(listed)))


def test_hsts_is_missed_where_nothing_covers_the_host(loopback: Loopback, scan: Scan) -> None:
    _, target = scan(loopback.secure(without_hsts, loopback.context(HOST)))

    assert "HDR001" in {one["rule"] for one in target["findings"]}
