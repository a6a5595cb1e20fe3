"""`--guide` from the command line: scanned for real, judged again, and without any say in findings and exit codes."""

import json
import pathlib
from typing import Any

import pytest

from scanner.cli.main import execute
from tests.support.sites import Answer, Loopback, Request

HOST = "www.example.org"
CLOSED = (
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'"
    " https:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; upgrade-insecure-requests"
)
HARDENED = (
    CLOSED,
    "Content-Type: text/html; charset=utf-8",
    "Strict-Transport-Security: max-age=31536000; includeSubDomains",
    "X-Content-Type-Options: nosniff",
    "X-Frame-Options: DENY",
    "X-XSS-Protection: 1; mode=block",
    "X-Download-Options: noopen",
    "X-Permitted-Cross-Domain-Policies: none",
    "Referrer-Policy: same-origin",
)
GUIDES = ("instance-hardening", "secure-nginx")


def site(request: Request) -> Answer:
    found = request.target == "/"
    cookie = "Set-Cookie: connect.sid=s%3A1f2e3d4c5b6a79881f2e3d4c5b6a7988; Path=/; Secure; HttpOnly; SameSite=Lax"
    fields = (*HARDENED, cookie) if found else HARDENED
    return Answer(status="200 OK" if found else "404 Not Found", fields=fields, body="<!doctype html><p>Hello")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A scan with two guides, in JSON."""
    folder = tmp_path_factory.mktemp("guides")
    path, bundle = folder / "saved.json", folder / "ca.pem"
    with Loopback() as loopback:
        port = loopback.secure(site, loopback.context(HOST))
        loopback.ca.cert_pem.write_to_path(str(bundle))
        where = ["--resolve", f"{HOST}:443:127.0.0.1:{port}", "--ca", str(bundle)]
        asked = [word for guide in GUIDES for word in ("--guide", guide)]
        assert execute(["scan", HOST, *where, *asked, "-q", "-o", str(path)]) == 0
    return path


def rows(path: pathlib.Path) -> dict[str, dict[str, Any]]:
    target = json.loads(path.read_text("utf-8"))["targets"][0]
    return {row["id"]: row for guide in target["guides"] for row in guide["rows"]}


def test_every_row_is_answered(saved: pathlib.Path) -> None:
    found = {name: row["status"] for name, row in rows(saved).items()}
    assert {name: status for name, status in found.items() if name.startswith("E")} == {
        "E1": "unknown",  # --ports was not given
        "E2": "not-met",
        "E3": "superseded",
        "E4": "met",
        "E5": "met",
        "E6": "superseded",
        "E7": "met",
        "E8": "met",
        "E9": "superseded",
        "E10": "met",
        "E11": "not-observable",
    }
    assert [found[f"D{number}"] for number in (1, 2, 5, 7, 8, 11)] == [
        "met", "met", "met", "met", "superseded", "not-observable",
    ]  # fmt: skip
    assert not [row for row in rows(saved).values() if "internal error" in row["reason"]]


def test_reasons_say_what_was_seen(saved: pathlib.Path) -> None:
    found = rows(saved)
    assert found["E2"]["reason"] == "the session cookie connect.sid has no prefix __Host-"
    assert found["E3"]["reason"] == "X-XSS-Protection: 1; mode=block is sent"
    assert "style-src has 'unsafe-inline'" in found["E7"]["reason"]
    assert "--ports" in found["E1"]["do"]


def test_pointers_lead_to_what_was_seen(saved: pathlib.Path) -> None:
    pointers = rows(saved)["E2"]["evidence"]
    assert pointers
    for pointer in pointers:
        value: Any = json.loads(saved.read_text("utf-8"))
        for part in pointer.split("/")[1:]:
            value = value[int(part)] if isinstance(value, list) else value[part]
        assert value == "connect.sid"


def test_guides_change_neither_findings_nor_the_exit_code(saved: pathlib.Path) -> None:
    with_guides, again = json.loads(saved.read_text("utf-8")), saved.with_name("again.json")
    assert execute(["judge", str(saved), "-q", "-o", str(again)]) == 0
    without = json.loads(again.read_text("utf-8"))
    for key in ("findings", "outcomes", "grades"):
        assert with_guides["targets"][0][key] == without["targets"][0][key]


def test_judge_answers_the_same_guides_again_under_any_policy_and_others_where_they_are_named(
    saved: pathlib.Path,
) -> None:
    again = saved.with_name("again.json")
    execute(["judge", str(saved), "-q", "--policy", "mozilla-modern", "-o", str(again)])
    assert rows(again) == rows(saved), "a guide has thresholds of its own"
    execute(["judge", str(saved), "-q", "--guide", "app-behind-proxy", "-o", str(again)])
    assert {name[0] for name in rows(again)} == {"A"}
    assert rows(again)["A4"]["status"] == "not-met"


def test_a_guide_that_does_not_exist_is_a_usage_error(saved: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert execute(["judge", str(saved), "--guide", "secure-apache"]) == 2
    assert "unknown guide 'secure-apache'" in capfd.readouterr().err
    assert execute(["scan", HOST, "--guide", "secure-apache"]) == 2


def test_policies_lists_the_guides(capfd: pytest.CaptureFixture[str]) -> None:
    assert execute(["policies"]) == 0
    listed = capfd.readouterr().out
    assert "secure-nginx  version 1  Hiding and hardening a reverse proxy (11 rows)" in listed


def test_a_configuration_file_names_guides(
    saved: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = saved.parent / "configured"
    folder.mkdir()
    (folder / "leadline.toml").write_text('guide = "secure-apache"\n')
    monkeypatch.chdir(folder)
    assert execute(["scan", HOST]) == 2
    assert "unknown guide 'secure-apache'" in capfd.readouterr().err


def test_a_recorded_answer_is_asked_too(tmp_path: pathlib.Path) -> None:
    raw, judged = tmp_path / "answer.txt", tmp_path / "judged.json"
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nReferrer-Policy: same-origin\r\n\r\n"
    raw.write_bytes(f"{head}<!doctype html><p>Hello".encode())
    asked = ["--url", f"https://{HOST}/", "--guide", "instance-hardening"]
    execute(["judge", str(raw), *asked, "-q", "-o", str(judged)])
    found = rows(judged)
    assert (found["E10"]["status"], found["E5"]["status"]) == ("met", "not-met")
    assert found["E1"]["status"] == "unknown"
