"""`make bench`: the figures of docs/explanation/benchmarks.md, measured on this machine, beside the peers found on it.

Prints Markdown. Times are of whole processes, the median of several runs with minimum and maximum; counts are exact.
Only loopback is used.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import platform
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent.parent))

from tests.real.servers import Nginx, free_port
from tests.support.leaf_files import Files, write_leaf

RUNS = 7
HOST = "www.example.org"
LEADLINE = str(pathlib.Path(sys.executable).parent / "leadline")
INTERMEDIATE = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:DHE-RSA-CHACHA20-POLY1305"
)
SITES = 200


@dataclasses.dataclass(frozen=True, slots=True)
class Timing:
    """Wall-clock seconds of the runs of one command."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def __str__(self) -> str:
        return f"{self.median:.2f} ({min(self.seconds):.2f} to {max(self.seconds):.2f})"


def timed(*command: str, runs: int = RUNS) -> Timing:
    """The command's times after one run that does not count; its output is thrown away."""
    seconds = []
    for _ in range(runs + 1):
        begun = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        seconds.append(time.perf_counter() - begun)
    return Timing(tuple(seconds[1:]))


def scanned(*arguments: str) -> dict[str, object]:
    """The JSON document of one scan."""
    done = subprocess.run([LEADLINE, "scan", *arguments, "-q", "--format", "json"], capture_output=True, check=False)
    document: dict[str, object] = json.loads(done.stdout)
    return document


def cost_of(document: dict[str, object], topic: str) -> int:
    """Connections that one topic cost."""
    target = document["targets"][0]  # type: ignore[index]
    return sum(one["cost"]["connections"] for one in target["observations"] if one["topic"] == topic)


@contextlib.contextmanager
def nginx_intermediate(folder: pathlib.Path) -> Iterator[tuple[Nginx, int, Files]]:
    """nginx as Mozilla's intermediate configuration has it (RSA and DHE: nine suites), and its plain port."""
    files = write_leaf(folder, HOST)
    parameters = folder / "dh.pem"
    subprocess.run(
        ["openssl", "dhparam", "-dsaparam", "-out", parameters, "2048"], check=True, stderr=subprocess.DEVNULL
    )
    page = "default_type text/html; add_header Strict-Transport-Security 'max-age=63072000' always;"
    directives = (
        f"server_name {HOST}; ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers {INTERMEDIATE}; ssl_dhparam {parameters};"
        f"ssl_prefer_server_ciphers off; {page} location = / {{ return 200 '<!doctype html><p>Fine</p>'; }}"
    )
    plain = free_port()
    redirect = f"server {{ listen 127.0.0.1:{plain}; return 301 https://{HOST}$request_uri; }}"
    with Nginx(directives, http=redirect, tls=(files.chain, files.key)) as server:
        yield server, plain, files


def start_up() -> None:
    """Help, version, and a scan that ends at a closed port."""
    print("## Start-up\n\n| command | seconds: median (min to max) |\n|---|---|")
    for arguments in (("--version",), ("--help",)):
        print(f"| `leadline {arguments[0]}` | {timed(LEADLINE, *arguments)} |")
    print(f"| `leadline scan`, from the start of the process to its first connection | {first_connections()} |")
    closed = f"https://127.0.0.1:{free_port()}/"
    print(f"| `leadline scan` of a closed port, whole process with report | {timed(LEADLINE, 'scan', closed)} |\n")


def first_connections() -> Timing:
    """Seconds from the start of a scan's process to the first connection that it opens."""
    seconds = []
    for _ in range(RUNS + 1):
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen()
            begun = time.perf_counter()
            process = subprocess.Popen(
                [LEADLINE, "scan", f"https://127.0.0.1:{server.getsockname()[1]}/"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            connection, _ = server.accept()
            seconds.append(time.perf_counter() - begun)
            connection.close()
            process.kill()
            process.wait()
    return Timing(tuple(seconds[1:]))


def one_site(folder: pathlib.Path) -> None:
    """One nginx: connections, and times with and without the paced odd requests."""
    with nginx_intermediate(folder) as (server, plain, files):
        names = [
            HOST, "--resolve", f"{HOST}:443:127.0.0.1:{server.port}",
            "--resolve", f"{HOST}:80:127.0.0.1:{plain}", "--ca", str(files.root),
        ]  # fmt: skip
        document = scanned(*names)
        cost = document["targets"][0]["cost"]["connections"]  # type: ignore[index]
        print("## nginx with Mozilla's intermediate configuration (TLS 1.2 and 1.3, nine suites)\n")
        print("| | |\n|---|---|")
        print(f"| connections of the TLS listing (lower bound 15) | {cost_of(document, 'tls_suites')} |")
        print(f"| connections of the whole default scan | {cost} |")
        whole = timed(LEADLINE, "scan", *names)
        without = timed(LEADLINE, "scan", *names, "--skip", "identity")
        listing = timed(LEADLINE, "scan", *names, "--only", "tls_suites,certificates")
        print(f"| seconds, whole default scan | {whole} |")
        print(f"| seconds, without the paced odd requests | {without} |")
        print(f"| seconds, suites, protocols and certificate only | {listing} |")
        for name, command in peers(server).items():
            print(f"| seconds, {name}, suites and protocols | {timed(*command)} |")
        print()


def peers(server: Nginx) -> dict[str, Sequence[str]]:
    """The command lines of the peers that this machine has."""
    place = f"127.0.0.1:{server.port}"
    found: dict[str, Sequence[str]] = {}
    if shutil.which("sslscan"):
        found["sslscan"] = (
            "sslscan",
            f"--sni-name={HOST}",
            "--no-heartbleed",
            "--no-groups",
            "--no-renegotiation",
            place,
        )
    if shutil.which("nmap"):
        script = ("--script", "ssl-enum-ciphers", "-p", str(server.port), "127.0.0.1")
        found["nmap ssl-enum-ciphers"] = ("nmap", "-Pn", "-n", *script)
    return found


def many_sites(folder: pathlib.Path) -> None:
    """Two hundred loopback sites of one nginx, fifty at a time."""
    files = write_leaf(folder, HOST, "*.example.org")
    blocks = [
        f"server {{ listen 127.0.1.{number}:8443 ssl; server_name s{number}.example.org;"
        f" ssl_certificate {files.chain}; ssl_certificate_key {files.key};"
        " add_header Strict-Transport-Security 'max-age=63072000' always;"
        " default_type text/html; return 200 '<!doctype html><p>Fine</p>'; }"
        for number in range(1, SITES + 1)
    ]
    listed = folder / "targets.txt"
    listed.write_text("".join(f"https://127.0.1.{number}:8443/\n" for number in range(1, SITES + 1)), "utf-8")
    with Nginx("return 444;", http="\n".join(blocks)):
        before = time.perf_counter()
        process = subprocess.Popen(
            [
                LEADLINE,
                "scan",
                "--targets",
                listed,
                "--concurrency",
                "50",
                "--ca",
                files.root,
                "-q",
                "--format",
                "jsonl",
            ],
            stdout=subprocess.PIPE,
        )
        output, _ = process.communicate()
        seconds = time.perf_counter() - before
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    lines = [json.loads(line)["targets"][0] for line in output.splitlines()]
    complete = sum(1 for target in lines if target["status"] == "complete")
    print(f"## {SITES} loopback sites, `--concurrency 50`, one nginx worker\n\n| | |\n|---|---|")
    print(f"| results present | {len(lines)} |\n| of these complete | {complete} |")
    print(f"| seconds | {seconds:.1f} |\n| peak resident memory, MB | {peak:.0f} |\n")


def main() -> None:
    """Everything, in the order of the page."""
    print("# Benchmarks\n\nPrinted by `make bench`; whole processes, medians of "
          f"{RUNS} runs after one that does not count.\n")  # fmt: skip
    print(f"Machine: {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, loopback.\n")
    start_up()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        many_sites(folder)
        one_site(folder)


if __name__ == "__main__":
    main()
