"""Peers that are not there, silent, or speak something else: a complete report that says so, exit 3, no traceback."""

import asyncio
import json
import pathlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.real.servers import Nginx
from tests.support.dns_server import serving
from tests.support.leaf_files import write_leaf
from tests.support.sites import Answer, Loopback, Request

LEADLINE = pathlib.Path(sys.executable).parent / "leadline"


def scan(*arguments: str) -> tuple[int, dict[str, Any], str]:
    done = subprocess.run(
        [LEADLINE, "scan", *arguments, "--format", "json"], capture_output=True, text=True, check=False, timeout=60
    )
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout), done.stderr


def outcomes(document: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    return {one["topic"]: (one["outcome"], one["stage"]) for one in document["targets"][0]["observations"]}


def assert_nothing_is_claimed(document: dict[str, Any]) -> None:
    statuses = {one["status"] for one in document["targets"][0]["outcomes"]}

    assert "fail" not in statuses
    assert document["targets"][0]["findings"] == []


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def chatty(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    await writer.drain()
    await reader.read()
    writer.close()


async def plain_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(65536)
    writer.write(Answer(status="400 Bad Request", fields=("Connection: close",), body="plain HTTP, please\n").encoded())
    await writer.drain()
    writer.close()


def fine(_request: Request) -> Answer:
    return Answer(fields=("Content-Type: text/html",), body="<!doctype html><p>Fine</p>")


async def test_a_name_that_does_not_resolve() -> None:
    async with serving({}) as server:
        names = ("https://no-such-host.example/", "--resolver", server.address, "--deadline", "15")
        code, document, _ = await asyncio.to_thread(scan, *names)

    assert code == 3
    assert document["targets"][0]["status"] == "unreachable"
    assert "resolve" in document["targets"][0]["reason"]
    assert outcomes(document)["tls_suites"] == ("unresolved", "resolve")
    assert_nothing_is_claimed(document)


def test_a_closed_port() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        code, document, _ = scan(f"https://127.0.0.1:{unused.getsockname()[1]}/")

    assert code == 3
    assert document["targets"][0]["status"] == "unreachable"
    assert outcomes(document)["certificates"] == ("refused", "connect")
    assert_nothing_is_claimed(document)


def test_a_silent_port(loopback: Loopback) -> None:
    begun = time.monotonic()
    code, document, _ = scan(f"https://127.0.0.1:{loopback.raw(silent)}/", "--deadline", "2")

    assert code == 3
    assert time.monotonic() - begun < 2 + 8
    assert outcomes(document)["certificates"][0] == "timeout"
    assert_nothing_is_claimed(document)


def test_a_port_that_speaks_plain_http(loopback: Loopback) -> None:
    code, document, _ = scan(f"https://127.0.0.1:{loopback.raw(plain_http)}/", "--deadline", "15")

    assert code == 3
    assert outcomes(document)["tls_suites"][0] == "protocol-error"
    assert "HTTP" in json.dumps(document["targets"][0]["observations"])
    assert_nothing_is_claimed(document)


def test_a_port_that_speaks_ssh(loopback: Loopback) -> None:
    code, document, _ = scan(f"https://127.0.0.1:{loopback.raw(chatty)}/", "--deadline", "10")

    assert code == 3
    assert outcomes(document)["tls_suites"][0] in {"protocol-error", "timeout"}
    assert_nothing_is_claimed(document)


def test_a_tls_port_asked_with_http(loopback: Loopback) -> None:
    port = loopback.secure(fine, loopback.context("127.0.0.1"))

    code, document, _ = scan(f"http://127.0.0.1:{port}/", "--deadline", "15")

    assert code == 3
    assert outcomes(document)["http_exchanges"] == ("protocol-error", "request")
    assert "the port speaks TLS" in document["targets"][0]["reason"]
    assert_nothing_is_claimed(document)


@pytest.mark.real
def test_an_nginx_tls_port_asked_with_http(tmp_path: pathlib.Path) -> None:
    tmp_path.chmod(0o755)
    files = write_leaf(tmp_path, "www.example.org")
    with Nginx("return 200;", tls=(files.chain, files.key)) as server:  # answers plain http with a page of status 400
        code, document, _ = scan(f"http://127.0.0.1:{server.port}/")

    assert code == 3
    assert "the port speaks TLS" in document["targets"][0]["reason"]
    assert_nothing_is_claimed(document)


def test_what_a_cap_leaves_out_is_not_assessed(loopback: Loopback) -> None:
    port = loopback.secure(fine, loopback.context("127.0.0.1"))

    for cap in (1, 10, 20):
        code, document, _ = scan(f"https://127.0.0.1:{port}/", "--fail-on", "none", "--max-connections", str(cap))
        target = document["targets"][0]

        assert target["cost"]["connections"] == cap
        assert target["status"] != "unreachable"
        assert code == 0
        assert {one["outcome"] for one in target["observations"]} <= {"ok", "not-assessed", "not-applicable"}


def test_a_good_target_is_not_lost_beside_a_bad_one(loopback: Loopback, tmp_path: pathlib.Path) -> None:
    port = loopback.secure(fine, loopback.context("127.0.0.1"))
    listed = tmp_path / "targets.txt"
    listed.write_text(f"https://127.0.0.1:1/\nhttps://127.0.0.1:{port}/\n", "utf-8")

    done = subprocess.run(
        [LEADLINE, "scan", "--targets", listed, "--skip", "identity", "--format", "jsonl"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    documents = [json.loads(line) for line in done.stdout.splitlines()]
    assert {one["targets"][0]["status"] for one in documents} == {"unreachable", "complete"}
    assert all(len(one["targets"]) == 1 and one["schema"] == "leadline/result/1" for one in documents)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_a_valid_partial_report(
    number: signal.Signals, loopback: Loopback, tmp_path: pathlib.Path
) -> None:
    report = tmp_path / "report.json"
    port = loopback.raw(silent)
    process = subprocess.Popen(
        [LEADLINE, "scan", f"https://127.0.0.1:{port}/", "-v", "-o", str(report)], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    process.stderr.readline()  # the first probe has ended: the scan is under way
    begun = time.monotonic()
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)

    assert process.returncode == 5
    assert time.monotonic() - begun < 8
    assert "Traceback" not in errors
    document = json.loads(report.read_text("utf-8"))
    assert document["run"]["status"] == "interrupted"
    assert "cancelled" in {one["outcome"] for one in document["targets"][0]["observations"]}
    assert_nothing_is_claimed(document)


def test_a_second_interrupt_stops_at_once(loopback: Loopback, tmp_path: pathlib.Path) -> None:
    targets = tmp_path / "targets.txt"
    port = loopback.raw(silent)
    targets.write_text("".join(f"https://127.0.0.1:{port}/{number}\n" for number in range(50)), "utf-8")
    process = subprocess.Popen(
        [LEADLINE, "scan", "--targets", targets, "-v", "--format", "json"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    process.stderr.readline()
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)

    assert process.returncode == 5
