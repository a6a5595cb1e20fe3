"""`judge --policy` with the profiles that come with leadline, and the grade in both ways to a result."""

import json
import pathlib
from typing import Any

import pytest

from scanner.cli.main import execute
from scanner.policies.loader import available
from tests.support.sites import Answer, Loopback, Request

HOST = "www.example.org"


def site(request: Request) -> Answer:
    found = request.target == "/"
    return Answer(status="200 OK" if found else "404 Not Found", fields=("Content-Type: text/html",), body="<p>Hello")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A scan of Python's own TLS server."""
    folder = tmp_path_factory.mktemp("judge")
    path, bundle = folder / "saved.json", folder / "ca.pem"
    with Loopback() as loopback:
        port = loopback.secure(site, loopback.context(HOST))
        loopback.ca.cert_pem.write_to_path(str(bundle))
        where = ["--resolve", f"{HOST}:443:127.0.0.1:{port}", "--ca", str(bundle)]
        assert execute(["scan", HOST, *where, "--skip", "identity", "-q", "-o", str(path)]) == 0
    return path


def judge(saved: pathlib.Path, policy: str) -> tuple[int, dict[str, Any]]:
    again = saved.with_name("again.json")
    code = execute(["judge", str(saved), "-q", "--policy", policy, "-o", str(again)])
    document: dict[str, Any] = json.loads(again.read_text("utf-8"))
    return code, document


@pytest.mark.parametrize("policy", available())
def test_every_policy_judges_saved_evidence(policy: str, saved: pathlib.Path) -> None:
    code, document = judge(saved, policy)
    target = document["targets"][0]
    assert document["policy"]["id"] == policy
    assert not [one for one in target["outcomes"] if "internal error" in (one["reason"] or "")]
    heavy = [one for one in target["findings"] if one["severity"] in {"high", "critical"}]
    assert code == (1 if heavy else 0)


def test_a_modern_profile_fails_a_server_with_tls_1_2_and_says_so(saved: pathlib.Path) -> None:
    code, document = judge(saved, "mozilla-modern")
    found = {one["rule"]: one for one in document["targets"][0]["findings"]}
    assert code == 1
    assert found["TLS200"]["message"] == "not allowed by mozilla-modern: TLSv1.2"
    assert found["TLS200"]["severity"] == "high"
    assert found["TLS200"]["evidence"] == [one for one in found["TLS200"]["evidence"] if one.endswith("/TLSv1.2")]


def test_the_bsi_profile_only_remarks_on_what_it_does_not_list(saved: pathlib.Path) -> None:
    _, document = judge(saved, "bsi-tr-02102-2")
    remarks = [one for one in document["targets"][0]["findings"] if one["message"].startswith("not listed by")]
    assert remarks, "ChaCha20-Poly1305 is on none of its lists"
    assert {one["severity"] for one in remarks} == {"info"}


def test_the_grade_is_the_same_by_scan_and_by_judge_under_any_policy(saved: pathlib.Path) -> None:
    first = json.loads(saved.read_text("utf-8"))["targets"][0]["grades"]
    assert first["ssllabs-2009r"]["grade"] in {"A-", "A", "B"}
    assert judge(saved, "rfc9325")[1]["targets"][0]["grades"] == first


def test_only_http_has_no_grade_of_tls(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "http.json"
    with Loopback() as loopback:
        port = loopback.secure(site, loopback.context(HOST))
        where = ["--resolve", f"{HOST}:443:127.0.0.1:{port}"]
        execute(["scan", HOST, *where, "--only", "http", "-q", "-o", str(path)])
    assert set(json.loads(path.read_text("utf-8"))["targets"][0]["grades"]) == {"observatory"}


def test_policies_and_rules_show_the_profiles(capfd: pytest.CaptureFixture[str]) -> None:
    assert execute(["policies"]) == 0
    listed = capfd.readouterr().out
    assert all(f"{policy}  version " in listed for policy in available())
    assert "not an audit" in listed

    assert execute(["rules", "--policy", "bsi-tr-02102-2"]) == 0
    rules = capfd.readouterr().out
    assert "TLS203  info" in rules
    assert execute(["rules"]) == 0
    assert "TLS2" not in capfd.readouterr().out

    assert execute(["explain", "TLS203"]) == 0
    assert "profile-suite-not-allowed" in capfd.readouterr().out
