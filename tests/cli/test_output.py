"""Output: what stands in the place of a report before, during and after, and streams whose reader goes away."""

import asyncio
import json
import os
import pathlib
import signal
import socket
import stat
import subprocess
import sys
import time

import pytest

from scanner.cli.main import execute
from scanner.demo.endpoint import DemoEndpoint
from scanner.errors import UserFault
from scanner.policies.vocabulary import THRESHOLDS

LEADLINE = str(pathlib.Path(sys.executable).with_name("leadline"))
ROOT = pathlib.Path(__file__).parents[2]
URL = "https://127.0.0.1:1/"
SCAN = (LEADLINE, "scan", URL, "--only", "dns")


def run(*arguments: str, shell: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """The command, through a shell where `shell` redirects its streams."""
    command = ["sh", "-c", f'"$@" {shell}', "sh", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **environment}
    )


def test_a_link_and_permissions_stay(tmp_path: pathlib.Path) -> None:
    report, link = tmp_path / "real.json", tmp_path / "link.json"
    report.touch(mode=0o600)
    link.symlink_to(report)

    execute([*SCAN[1:], "-q", "-o", str(link)])

    assert link.is_symlink()
    assert json.loads(report.read_text("utf-8"))["schema"] == "leadline/result/1"
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    assert sorted(tmp_path.iterdir()) == [link, report]


def test_the_name_of_a_stream_is_not_replaced(tmp_path: pathlib.Path) -> None:
    name, out = tmp_path / "stdout", tmp_path / "out.txt"
    name.symlink_to("/dev/stdout")

    done = run(*SCAN, "-q", "--format", "json", "-o", str(name), shell=f"> {out}")

    assert done.stderr == ""
    assert name.readlink() == pathlib.Path("/dev/stdout")
    assert json.loads(out.read_text("utf-8"))["schema"] == "leadline/result/1"


def test_a_pipe_is_not_opened_before_there_is_a_report(tmp_path: pathlib.Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen([*SCAN, "-q", "--format", "json", "-o", str(pipe)]) as process:
        assert json.loads(pipe.read_text("utf-8"))["schema"] == "leadline/result/1"
    assert process.returncode in {0, 3}


@pytest.mark.parametrize("form", ["console", "json", "jsonl"])
def test_a_full_disk_is_one_line(form: str) -> None:
    done = run(*SCAN, "--format", form, shell="> /dev/full")

    assert (done.returncode, done.stderr) == (
        2,
        "leadline: standard output: cannot be written: No space left on device\n",
    )


def test_one_place_that_cannot_be_written_costs_no_other(tmp_path: pathlib.Path) -> None:
    report = tmp_path / "report.json"
    done = run(*SCAN, "--format", "json", "-o", "/dev/full", "-o", str(report))

    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert json.loads(report.read_text("utf-8"))["schema"] == "leadline/result/1"


def test_a_reader_that_goes_away_ends_the_scan(tmp_path: pathlib.Path) -> None:
    targets = tmp_path / "targets.txt"
    targets.write_text("".join(f"{URL}{number}\n" for number in range(100)), "utf-8")

    done = run(LEADLINE, "scan", "--targets", str(targets), "--only", "tls_suites", "--concurrency", "1",
               "--format", "jsonl", shell="| head -c 1; :")  # fmt: skip

    assert done.stdout == "{"
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith("[interrupted]\n")


def test_messages_that_nobody_reads_cost_no_report(tmp_path: pathlib.Path) -> None:
    report = tmp_path / "report.json"
    run(*SCAN, "-v", "-o", str(report), shell="2>&1 | true")

    assert json.loads(report.read_text("utf-8"))["schema"] == "leadline/result/1"


@pytest.mark.parametrize(
    ("arguments", "shell", "words"),
    [
        (("scan", URL), ">&-", "standard output is closed"),
        (("scan", "--targets", "-"), "<&-", "standard input: is closed"),
    ],
)
def test_closed_streams_are_one_line(arguments: tuple[str, ...], shell: str, words: str) -> None:
    done = run(LEADLINE, *arguments, shell=shell)

    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert words in done.stderr


@pytest.mark.parametrize("verb", ["rules", "schema", "probes"])
def test_a_poor_locale_costs_letters_only(verb: str) -> None:
    done = run(LEADLINE, verb, PYTHONIOENCODING="ascii", LEADLINE_LOG="no level")

    assert (done.returncode, done.stderr) == (0, "")


def test_an_interrupt_stops_a_lookup(tmp_path: pathlib.Path) -> None:
    report = tmp_path / "report.json"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        command = [LEADLINE, "scan", "www.example.org", "--only", "tls_suites", "-q", "-o", str(report)]
        resolver = ["--resolver", f"127.0.0.1:{silent.getsockname()[1]}"]
        with subprocess.Popen([*command, *resolver]) as process:
            silent.recv(4096)  # the lookup is under way
            begun = time.monotonic()
            process.send_signal(signal.SIGINT)
    assert process.returncode == 5
    assert time.monotonic() - begun < 4
    document = json.loads(report.read_text("utf-8"))
    assert document["run"]["status"] == "interrupted"
    assert document["targets"][0]["status"] == "partial"


def test_an_interrupt_while_the_report_is_written_does_not_lose_it(tmp_path: pathlib.Path) -> None:
    pipe, report = tmp_path / "pipe", tmp_path / "report.json"
    os.mkfifo(pipe)
    command = [*SCAN, "--format", "json", "-o", str(pipe), "-o", str(report)]
    # The pipe opens when the scan is over and the writing begins.
    with subprocess.Popen(command) as process, pipe.open("rb") as reader:
        process.send_signal(signal.SIGINT)
        assert reader.read().startswith(b"{")
    assert process.returncode in {0, 3}
    assert json.loads(report.read_text("utf-8"))["schema"] == "leadline/result/1"


async def test_a_demo_that_cannot_start_says_so() -> None:
    endpoint = DemoEndpoint()
    endpoint.address = "192.0.2.1"  # an address that this machine does not have

    with pytest.raises(UserFault, match="cannot be started"):
        await asyncio.wait_for(asyncio.to_thread(endpoint.__enter__), timeout=30)


def test_the_thresholds_are_those_that_rules_ask_for() -> None:
    texts = "".join(file.read_text("utf-8") for file in (ROOT / "scanner" / "rules").glob("*.py"))

    assert texts.count(".threshold(") == sum(texts.count(f'.threshold("{name}"') for name in THRESHOLDS)
    assert all(f'.threshold("{name}"' in texts for name in THRESHOLDS)


@pytest.mark.parametrize("verb", ["judge", "report"])
def test_a_saved_time_without_a_zone_is_one_line(verb: str, tmp_path: pathlib.Path) -> None:
    report = tmp_path / "report.json"
    execute([*SCAN[1:], "-q", "-o", str(report)])
    document = json.loads(report.read_text("utf-8"))
    document["run"]["started"] = "2026-11-21T05:00:00"
    report.write_text(json.dumps(document), "utf-8")

    done = run(LEADLINE, verb, str(report))

    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "without a zone" in done.stderr
