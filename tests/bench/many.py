"""Many sites in one process: throughput, memory, and whether any result differs from that of a scan alone."""

import json
import pathlib
import resource
import subprocess
import time
from typing import Any

from tests.bench.servers import HOST
from tests.bench.timing import LEADLINE
from tests.real.servers import Nginx
from tests.support.leaf_files import Files, write_leaf

SITES = 200
TLS_SITES = 500
SAMPLE = 8
"""Sites that are scanned once more, alone."""


def many_sites(folder: pathlib.Path) -> None:
    """Two hundred sites whole, and five hundred with the probes of TLS and certificates only."""
    files = write_leaf(folder, HOST, "*.example.org")
    _table(folder, files, SITES, (), "sites")
    _table(folder, files, TLS_SITES, ("--only", "tls,certificates"), "TLS targets (`--only tls,certificates`)")


def _table(folder: pathlib.Path, files: Files, sites: int, options: tuple[str, ...], what: str) -> None:
    places = [f"127.1.{number // 200}.{number % 200 + 1}" for number in range(sites)]
    blocks = [
        f"server {{ listen {place}:8443 ssl; server_name s{number}.example.org;"
        f" ssl_certificate {files.chain}; ssl_certificate_key {files.key};"
        " add_header Strict-Transport-Security 'max-age=63072000' always;"
        " default_type text/html; return 200 '<!doctype html><p>Fine</p>'; }"
        for number, place in enumerate(places)
    ]
    listed = folder / "targets.txt"
    listed.write_text("".join(f"https://{place}:8443/\n" for place in places), "utf-8")
    common = ["--ca", str(files.root), *options, "-q", "--format", "jsonl"]
    with Nginx("return 444;", http="\n".join(blocks)):
        before = time.perf_counter()
        output = _run("--targets", str(listed), "--concurrency", "50", *common)
        seconds = time.perf_counter() - before
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        targets = {target["target"]["host"]: target for target in map(_target, output.splitlines())}
        alone = [_target(_run(f"https://{place}:8443/", *common)) for place in places[:: sites // SAMPLE]]
    complete = sum(1 for target in targets.values() if target["status"] == "complete")
    connections = sum(target["cost"]["connections"] for target in targets.values())
    different = [one["target"]["host"] for one in alone if _verdicts(one) != _verdicts(targets[one["target"]["host"]])]
    print(f"## {sites} loopback {what}, `--concurrency 50`, one nginx worker\n\n| | |\n|---|---|")
    print(f"| results present | {len(targets)} |\n| of these complete | {complete} |")
    print(f"| seconds | {seconds:.1f} |\n| targets a second | {sites / seconds:.1f} |")
    print(f"| connections | {connections} |\n| peak resident memory, MB | {peak:.0f} |")
    print(f"| of {len(alone)} scanned again alone, with other findings or suites | {len(different)} |\n")


def _run(*arguments: str) -> bytes:
    return subprocess.run([LEADLINE, "scan", *arguments], capture_output=True, check=False).stdout


def _target(line: bytes) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(line)["targets"][0]
    return document


def _verdicts(target: dict[str, Any]) -> object:
    """What must be the same: rules with their results, and the suites."""
    outcomes = sorted((one["rule"], one["status"]) for one in target["outcomes"])
    suites = [one["evidence"]["protocols"] for one in target["observations"] if one["topic"] == "tls_suites"]
    listed = [
        {name: (one["supported"], one["preference"], one["suites"]) for name, one in each.items()} for each in suites
    ]
    return outcomes, listed
