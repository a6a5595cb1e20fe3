"""`leadline judge` of HAR files and of what curl prints, from files and standard input."""

import io
import json
import pathlib
import shutil
import subprocess
import sys
from typing import Any

import pytest

from scanner.cli.main import execute
from tests.support import hars
from tests.support.hars import SECRET, entry, har
from tests.support.sites import Answer, Loopback, Request

HOST = "www.example.org"
HTML = "Content-Type: text/html"


def site(request: Request) -> Answer:
    if request.target == "/go":
        return Answer(status="302 Found", fields=("Location: /", "Set-Cookie: hop=1"), body="moved")
    return Answer(status="200 OK", fields=(HTML, "X-Frame-Options: DENY", f"Set-Cookie: sid={SECRET}"), body="<p>Hello")


def judged(path: pathlib.Path, *arguments: str) -> dict[str, Any]:
    out = path.with_suffix(".result.json")
    code = execute(["judge", str(path), "-q", "--fail-on", "none", "-o", str(out), *arguments])
    assert code == 0
    document: dict[str, Any] = json.loads(out.read_text("utf-8"))
    return document


@pytest.mark.parametrize("options", [["-i"], ["-iL"], ["-I"], ["-i", "--compressed"]])
def test_what_curl_prints(options: list[str], tmp_path: pathlib.Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    path = tmp_path / "printed"
    with Loopback() as loopback:
        port = loopback.secure(site, loopback.context(HOST))
        url = f"https://{HOST}:{port}/go" if options == ["-iL"] else f"https://{HOST}:{port}/"
        resolve = f"{HOST}:{port}:127.0.0.1"
        with path.open("wb") as file:
            subprocess.run(["curl", "-sk", *options, "--resolve", resolve, url], stdout=file, check=True)
    document = judged(path, "--url", url)
    (target,) = document["targets"]
    found = {one["rule"] for one in target["findings"]}

    assert document["inputs"][0]["kind"] == "response"
    assert target["target"]["url"] == url
    assert {"CKY001", "HDR012"} <= found
    assert SECRET not in json.dumps(document)
    hops = next(one for one in target["observations"] if one["topic"] == "redirects")["evidence"]["https"]["hops"]
    assert len(hops) == (2 if options == ["-iL"] else 1)


@pytest.mark.parametrize("suffix", ["json", "html", "jsonl"])
def test_reports_of_a_har_file(suffix: str, tmp_path: pathlib.Path) -> None:
    path, report = tmp_path / "shop.har", tmp_path / f"report.{suffix}"
    path.write_bytes(hars.chrome())

    assert execute(["judge", str(path), "-q", "-o", str(report)]) == 0
    text = report.read_text("utf-8")
    assert "shop.example.org" in text
    assert SECRET not in text


def test_the_console_says_what_it_was_judged_from(tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "shop.har"
    path.write_bytes(hars.firefox())

    assert execute(["judge", str(path)]) == 0
    out, err = capfd.readouterr()
    assert "judged from a HAR file" in " ".join(out.split())
    assert "[partial]" in err


def test_standard_input(tmp_path: pathlib.Path) -> None:
    out = tmp_path / "out.json"
    done = subprocess.run(
        [sys.executable, "-c", "from scanner.cli.main import main; main()", "judge", "-", "-q", "-o", str(out)],
        input=b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>", capture_output=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(out.read_bytes())["inputs"][0]["name"] == "standard input"


def test_a_result_may_come_from_standard_input(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "shop.har"
    path.write_bytes(hars.mitmproxy())
    saved = json.dumps(judged(path)).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(saved)))

    assert execute(["judge", "-", "-q"]) == 0
    assert "shop.example.org" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("content", "arguments", "words"),
    [
        (b"", [], "judge takes a leadline result, a HAR file, or the output of curl -i"),
        (b"<html>", [], "judge takes"),
        (b"{}", [], "judge takes"),
        (b"{}", ["--url", "https://a.example/"], "--url"),
        (b'{"log": {"entries": [', [], "ends too early"),
        (b'{"log": 7}', [], "log.entries"),
        (har(entry("https://a.example/")), ["--url", "https://b.example/"], "no answer of https://b.example/"),
        (har(entry("https://a.example/")), ["--url", "ftp://b.example/"], "scheme"),
        (b"HTTP/1.1 200 OK\r\nA: " + b"b" * 300_000, [], "head of more than"),
        (b"> GET / HTTP/1.1\n", [], "curl -v"),
    ],
)
def test_bad_input_is_one_line(
    content: bytes, arguments: list[str], words: str, tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "input"
    path.write_bytes(content)

    code = execute(["judge", str(path), *arguments])
    out, err = capfd.readouterr()
    assert code == 2, err
    assert out == ""
    assert err.count("\n") == 1
    assert words in err


def test_a_file_that_is_not_there(capfd: pytest.CaptureFixture[str]) -> None:
    assert execute(["judge", "/nowhere/at/all.har"]) == 2
    assert "cannot be read" in capfd.readouterr().err


EVIL = "\x1b]0;owned\x07<script>alert(1)</script>\u202e"


def test_what_a_har_file_says_cannot_attack_a_report(tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    path, report = tmp_path / "evil.har", tmp_path / "report.html"
    one = entry(
        "https://shop.example.org/<script>",
        f"Set-Cookie: {EVIL}=1; {EVIL}=2; Domain={EVIL}",
        f"{EVIL}: {EVIL}",
        f"Server: {EVIL}/1.0",
        f"Location: {EVIL}",
        status=302,
        body=EVIL,
        pageref=EVIL,
        _resourceType=EVIL,
    )
    response = one["response"]
    assert isinstance(response, dict)
    response["statusText"] = response["httpVersion"] = EVIL
    path.write_bytes(har(one, creator=EVIL))

    assert execute(["judge", str(path), "-q", "--fail-on", "none"]) == 0
    out, err = capfd.readouterr()
    assert not {"\x1b", "\x07", "\u202e"} & set(out + err)
    assert execute(["judge", str(path), "-q", "--fail-on", "none", "-o", str(report)]) == 0
    page = report.read_text("utf-8")
    assert "<script>alert(1)" not in page
    assert not {"\x1b", "\x07", "\u202e"} & set(page)
