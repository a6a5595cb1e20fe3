"""The verbs, as a user calls them: what comes out on standard output, and the exit code."""

import json
import pathlib
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from scanner.cli.main import execute
from scanner.policies.loader import load
from scanner.rules.registry import all_rules
from tests.support.sites import Answer, Loopback, Request

HOST = "www.example.org"


def weak(request: Request) -> Answer:
    if request.target != "/":
        return Answer(status="404 Not Found", fields=("Content-Type: text/plain",), body="no\n")
    fields = ("Content-Type: text/html", "Set-Cookie: sessionid=0123456789abcdef; Path=/", "Server: Shop/2.1")
    return Answer(fields=fields, body="<!doctype html><p>Shop</p>")


@pytest.fixture
def arguments(tmp_path: pathlib.Path) -> Iterator[list[str]]:
    """A scan of a weak site, without the paced odd requests."""
    with Loopback() as loopback:
        port = loopback.secure(weak, loopback.context(HOST))
        bundle = tmp_path / "ca.pem"
        loopback.ca.cert_pem.write_to_path(str(bundle))
        yield ["scan", HOST, "--resolve", f"{HOST}:443:127.0.0.1:{port}", "--ca", str(bundle), "--skip", "identity"]


@pytest.fixture
def saved(arguments: list[str], tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "saved.json"
    execute([*arguments, "-q", "-o", str(path)])
    return path


def read(path: pathlib.Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return document


def test_several_reports_of_one_scan(
    arguments: list[str], tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]
) -> None:
    files = [tmp_path / f"report{suffix}" for suffix in (".json", ".jsonl", ".html", ".txt")]
    code = execute([*arguments, *(word for file in files for word in ("-o", str(file)))])

    out, err = capfd.readouterr()
    assert (code, out) == (0, "")
    assert re.fullmatch(r"leadline: 1 target, \d+ findings .*, \d+ connections, [\d.]+ s\n", err)
    assert [file.stat().st_size > 1000 for file in files] == [True] * 4
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["ca.pem", *(file.name for file in files)])
    assert read(files[0])["targets"] == json.loads(files[1].read_text("utf-8"))["targets"]


def test_the_document_fits_the_published_schema(saved: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert execute(["schema"]) == 0
    schema = json.loads(capfd.readouterr().out)

    jsonschema.validate(read(saved), schema)


@pytest.mark.parametrize(
    ("fail_on", "code"), [("none", 0), ("critical", 0), ("high", 0), ("medium", 1), ("low", 1), ("info", 1)]
)
def test_fail_on_decides_the_exit_code(fail_on: str, code: int, saved: pathlib.Path) -> None:
    assert execute(["judge", str(saved), "-q", "--fail-on", fail_on, "-o", str(saved.with_name("again.json"))]) == code


def test_judging_again_gives_the_same(saved: pathlib.Path) -> None:
    again = saved.with_name("again.json")
    execute(["judge", str(saved), "-q", "-o", str(again)])

    assert read(again) == read(saved)


def test_judging_by_another_policy_and_day(saved: pathlib.Path) -> None:
    policy = saved.with_name("own.toml")
    policy.write_text(
        'id = "own"\nversion = "7"\ntitle = "Cookies"\ninclude = ["CKY", "CRT"]\n[severities]\nCKY002 = "critical"\n',
        "utf-8",
    )
    again = saved.with_name("again.json")
    code = execute(
        ["judge", str(saved), "-q", "--policy", str(policy), "--now", "2031-01-01T00:00:00Z", "-o", str(again)]
    )

    document = read(again)
    found = {one["rule"]: one["severity"] for one in document["targets"][0]["findings"]}
    assert code == 1
    assert document["policy"]["id"] == "own"
    assert {rule[:3] for rule in found} == {"CKY", "CRT"}
    assert found["CKY002"] == "critical"
    assert "CRT001" in found, "in 2031 the certificate has expired"


def test_a_selection_stays_a_selection_when_judged_again(arguments: list[str], tmp_path: pathlib.Path) -> None:
    first, again = tmp_path / "first.json", tmp_path / "again.json"
    execute([*arguments[:-2], "--only", "cookies", "-q", "-o", str(first)])
    execute(["judge", str(first), "-q", "-o", str(again)])

    document = read(first)
    assert document == read(again)
    judged = {one["rule"][:3] for one in document["targets"][0]["outcomes"] if one["status"] != "not-assessed"}
    assert judged == {"CKY"}
    assert document["targets"][0]["judged"] == ["cookies"]


def test_report_renders_without_judging(saved: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert execute(["report", str(saved), "--format", "html"]) == 0
    assert capfd.readouterr().out.startswith("<!doctype html>")

    assert execute(["report", str(saved), "--format", "json"]) == 0
    assert json.loads(capfd.readouterr().out) == read(saved)


@pytest.mark.parametrize("verb", ["judge", "report"])
def test_a_saved_result_as_lines(verb: str, saved: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    execute([verb, str(saved), "--format", "jsonl"])

    assert [json.loads(line) for line in capfd.readouterr().out.splitlines()] == [read(saved)]


def test_jsonl_is_one_document_a_line(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    execute([*arguments, "https://127.0.0.1:1/", "--format", "jsonl", "-q"])

    documents = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert {one["targets"][0]["target"]["host"] for one in documents} == {HOST, "127.0.0.1"}
    for document in documents:
        for finding in document["targets"][0]["findings"]:
            assert all(pointer.startswith("/targets/0/") for pointer in finding["evidence"])


def test_secrets_of_the_user_are_in_no_report(
    arguments: list[str], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "Bearer very-secret-token")
    files = [tmp_path / "report.json", tmp_path / "report.html"]
    execute(
        [*arguments, "--header", "Authorization: env:SHOP_TOKEN", "-q", *(w for f in files for w in ("-o", str(f)))]
    )

    for file in files:
        text = file.read_text("utf-8")
        assert "very-secret-token" not in text
        assert "0123456789abcdef" not in text, "a cookie's value"


def test_the_demo_writes_its_report(tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "demo.html"
    code = execute(["demo", "-o", str(report)])

    out, err = capfd.readouterr()
    assert code == 0
    assert "demo.leadline.test" in out
    assert str(report) in err
    assert report.read_text("utf-8").startswith("<!doctype html>")


def test_rules_are_listed_and_explained(capfd: pytest.CaptureFixture[str]) -> None:
    assert execute(["rules"]) == 0
    listed = [line.split()[0] for line in capfd.readouterr().out.splitlines()]
    assert listed == [rule.info.id for rule in all_rules() if load("default").selects(rule.info.id)]

    for name in ("TLS003", "tls003", "tls-1-0-enabled"):
        assert execute(["explain", name]) == 0
        page = capfd.readouterr().out
        assert "TLS003" in page
        assert "ssl_protocols" in page


def test_probes_say_what_they_send(capfd: pytest.CaptureFixture[str]) -> None:
    assert execute(["probes"]) == 0
    out = capfd.readouterr().out
    for topic in ("tls_suites", "certificates", "http_exchanges", "server_identity", "dns_records"):
        assert f"{topic} (" in out


def test_limits_and_policies(capfd: pytest.CaptureFixture[str]) -> None:
    assert execute(["limits"]) == 0
    out = capfd.readouterr().out
    assert "scanner.model.options.DEFAULT_MAX_CONNECTIONS = 300\n  Connections an address" in out
    for bound in ("scanner.cli.csp.MAX_LINE", "scanner.cli.saved.MAX_RESULT_BYTES", "reports.facts.sheet.MOST_ROWS"):
        assert f"{bound} = " in out

    assert execute(["policies"]) == 0
    assert capfd.readouterr().out.startswith("default ")
