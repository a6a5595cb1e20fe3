"""Bad input: one clear line on standard error that says what to do, exit 2, and nothing half-written."""

import pathlib
import subprocess
import sys

import pytest

from scanner.cli.main import execute

URL = "https://127.0.0.1:1/"


def refused(capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line that the command is refused with."""
    code = execute(list(arguments))
    out, err = capfd.readouterr()

    assert code == 2, err
    assert out == ""
    assert err.startswith("leadline: ")
    assert err.count("\n") == 1
    return err


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("ftp://example.org/", "scheme"),
        ("javascript:alert(1)", "neither https nor http"),
        ("https://", "host"),
        ("https://user:secret@example.org/", "user"),
        (f"https://{'a.' * 130}org/", "253"),
        (f"https://{'a' * 64}.org/", "63"),
        ("https://xn--a.example/", "xn--a"),
        ("https://exa mple.org/", ""),
        ("https://example.org:0/", "port"),
        ("https://example.org:70000/", "port"),
        ("https://example.org:https/", "port"),
        ("https://[::1/", "not closed by ]"),
        ("https://0x7f.1/", ""),
        ("https://2130706433/", ""),
        ("https://example.org\\@evil.example/", ""),
        ("https://exam\x07ple.org/", ""),
    ],
)
def test_urls(url: str, words: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert words.lower() in refused(capfd, "scan", url).lower()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["scan"], "name a URL"),
        (["scan", URL, "--policy", "strictest"], "unknown policy 'strictest'"),
        (["scan", URL, "--only", "tls,colour"], "unknown topic 'colour'"),
        (["scan", URL, "--skip", "colour"], "unknown topic 'colour'"),
        (["scan", URL, "--only", "dns", "--skip", "dns"], "leave no probe"),
        (["scan", URL, "--format", "docx"], "docx"),
        (["scan", URL, "--fail-on", "severe"], "unknown severity 'severe'"),
        (["scan", URL, "--profile", "thorough"], "unknown profile 'thorough'"),
        (["scan", URL, "--now", "yesterday"], "no RFC 3339 time"),
        (["scan", URL, "--now", "0001-01-01T00:00:00+10:00"], "no RFC 3339 time"),
        (["scan", URL, "--deadline", "nan"], "--deadline"),
        (["scan", URL, "--format", "docx", "-o", "report.json"], "docx"),
        (["scan", URL, "-o", f"{'a' * 300}.json"], "too long"),
        (["rules", "--policy", "a" * 300], "too long"),
        (["scan", URL, "--now", "2026-11-21"], "no RFC 3339 time"),
        (["scan", URL, "--now", "2026-11-21T12:00:00"], "zone"),
        (["scan", URL, "--rate", "fast"], "no rate"),
        (["scan", URL, "--rate", "0/s"], "no rate"),
        (["scan", URL, "--deadline", "-1"], "deadline"),
        (["scan", URL, "--max-connections", "0"], "max-connections"),
        (["scan", URL, "--address", "second"], "--address"),
        (["scan", URL, "--resolve", "example.org:443"], "HOST:PORT:ADDR"),
        (["scan", URL, "--resolver", "dns.example"], "resolver"),
        (["scan", URL, "--header", "no colon"], "Name: value"),
        (["scan", URL, "--header", "Content-Length: 5"], "no body"),
        (["scan", URL, "--header", "X-Token: env:NO_SUCH_VARIABLE"], "no variable"),
        (["scan", URL, "--user-agent", "two\nlines"], "printable"),
        (["scan", URL, "--sni", "a..b"], "--sni"),
        (["scan", URL, "--proxy", "http://127.0.0.1:3128"], "--proxy"),
        (["scan", URL, "--guide", "no-such-guide"], "no-such-guide"),
        (["explain", "TLS999"], "unknown rule"),
        (["rules", "--policy", "none-such"], "unknown policy"),
        (["frobnicate"], "frobnicate"),
        ([], "ommand"),
    ],
    ids=lambda value: " ".join(value)[-40:] if isinstance(value, list) else None,
)
def test_options(arguments: list[str], words: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert words in refused(capfd, *arguments)


def test_targets_files_name_the_line(tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "targets.txt"

    file.write_text("# ours\nexample.org\n\nftp://example.org\n", "utf-8")
    assert "targets.txt, line 4: " in refused(capfd, "scan", "--targets", str(file))

    file.write_bytes(b"example.org\n\xff\xfe\n")
    assert "line 2: no UTF-8" in refused(capfd, "scan", "--targets", str(file))

    file.write_text("# nothing\n\n", "utf-8")
    assert "holds no target" in refused(capfd, "scan", "--targets", str(file))

    assert "cannot be read" in refused(capfd, "scan", "--targets", str(tmp_path / "missing"))
    assert "cannot be read" in refused(capfd, "scan", "--targets", str(tmp_path))


def test_a_ca_file_needs_a_certificate(tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("no certificate here\n", "utf-8")

    assert "ca.pem" in refused(capfd, "scan", URL, "--ca", str(file))
    assert "missing.pem" in refused(capfd, "scan", URL, "--ca", str(tmp_path / "missing.pem"))


def test_a_preload_list_needs_its_shape(tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "preload.json"
    file.write_text("[]", "utf-8")

    assert "preload.json" in refused(capfd, "scan", URL, "--preload-list", str(file))


def test_an_output_is_checked_before_the_scan(tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert "directory" in refused(capfd, "scan", URL, "-o", str(tmp_path))
    assert "cannot be written" in refused(capfd, "scan", URL, "-o", str(tmp_path / "missing" / "report.html"))
    assert "leave it out" in refused(capfd, "scan", URL, "-o", str(tmp_path / "report.json"), "--format", "html")
    assert "does not tell the format" in refused(capfd, "scan", URL, "-o", str(tmp_path / "report.docx"))
    assert list(tmp_path.iterdir()) == []


def test_policies_are_read_strictly(tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "own.toml"
    base = 'id = "own"\nversion = "1"\ntitle = "Ours"\n'
    for text, words in [
        ("id = ", "no TOML"),
        (base + "colour = 1\n", "unknown key 'colour'"),
        (base + '[severities]\nTLS999 = "high"\n', "'TLS999', which is no rule"),
        (base + '[severities]\nTLS003 = "severe"\n', "is no severity"),
        (base + 'exclude = ["ZZZ"]\n', "'ZZZ', which is no rule"),
        (base + "[thresholds]\nhsts = 1\n", "unknown threshold 'hsts'"),
        (base + '[thresholds]\nhsts_min_age_seconds = "long"\n', "no number"),
        (base + "[thresholds]\nhsts_min_age_seconds = nan\n", "no number"),
        ("id = " + "[" * 20000, "no TOML"),
        ('version = "1"\ntitle = "x"\n', "id is missing"),
    ]:
        file.write_text(text, "utf-8")
        assert words in refused(capfd, "rules", "--policy", str(file))


@pytest.mark.parametrize("verb", ["judge", "report"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("no json", ""),
        ("{}", ""),
        ('{"schema": "leadline/result/2"}', "leadline/result/2"),
        ('{"schema": "other/1"}', "leadline/result/1"),
        ('{"schema": "leadline/result/1"}', ""),
    ],
)
def test_what_is_no_result_is_refused(
    verb: str, content: str, words: str, tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "result.json"
    file.write_text(content, "utf-8")

    line = refused(capfd, verb, str(file))

    assert "result.json" in line
    assert words in line


def test_a_missing_result_is_refused(tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert "cannot be read" in refused(capfd, "judge", str(tmp_path / "none.json"))


def test_the_console_script_says_the_same(tmp_path: pathlib.Path) -> None:
    script = pathlib.Path(sys.executable).parent / "leadline"
    done = subprocess.run([script, "scan", "gopher://x"], capture_output=True, text=True, cwd=tmp_path, check=False)

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
