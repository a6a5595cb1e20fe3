"""Our own limits: few descriptors, the pace that a server counts, the cap on connections, a server that says stop."""

import asyncio
import dataclasses
import json
import pathlib
import subprocess
import sys
import time

import pytest
from OpenSSL import SSL

from scanner.engine.api import Scan
from scanner.model.options import GENTLE, Override, PaceLimits, ScanOptions
from scanner.model.result import TargetResult
from tests.hostile import certificates
from tests.hostile.behaviours import answer
from tests.hostile.peers import Hostiles, Peer, tls_context
from tests.support.sessions import target_of

HOST = "www.example.org"
TARGETS = 100

WITH_FEW_DESCRIPTORS = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
from scanner.cli.main import main
main()
"""


@dataclasses.dataclass(slots=True)
class Counter:
    """What a well-kept server saw. `slow` is how many seconds it thinks before it answers a ClientHello."""

    slow: float = 0.0
    reply: bytes = dataclasses.field(default_factory=answer)
    arrivals: list[float] = dataclasses.field(default_factory=list)
    most_open: int = 0
    requests: int = 0
    peers: list[Peer] = dataclasses.field(default_factory=list)

    async def serve(self, peer: Peer) -> None:
        """The script."""
        self.arrivals.append(time.monotonic())
        self.peers = [one for one in self.peers if one.established] + [peer]
        self.most_open = max(self.most_open, len(self.peers))
        await asyncio.sleep(self.slow)
        await peer.secure()
        await peer.request()
        self.requests += 1
        await peer.say(self.reply)
        await peer.finish()


def context(*names: str) -> SSL.Context:
    leaf = certificates.leaf(*names)
    return tls_context(leaf.chain, leaf.key, newest=SSL.TLS1_3_VERSION)


def scan(counter: Counter, options: ScanOptions, *, plain: Counter | None = None) -> TargetResult:
    """A scan of one host behind this counter, and of its plain port behind the other."""
    with Hostiles() as hostiles:
        places = [
            Override(host=HOST, port=443, address="127.0.0.1", to_port=hostiles.serve(counter.serve, context(HOST)))
        ]
        if plain is not None:
            places.append(Override(host=HOST, port=80, address="127.0.0.1", to_port=hostiles.serve(plain.serve)))
        made = dataclasses.replace(options, overrides=tuple(places))
        return asyncio.run(Scan([target_of(HOST, 443)], options=made).run())[0]


def assert_within_bucket(arrivals: list[float], limits: PaceLimits) -> None:
    for place, moment in enumerate(arrivals):
        earliest = arrivals[0] + (place + 1 - limits.burst) / limits.rate
        assert moment >= earliest - 0.05, "what a loaded machine may delay the first by"


@pytest.mark.parametrize(
    "limits",
    [PaceLimits(), PaceLimits(rate=30, burst=10, open_at_once=4), GENTLE],
    ids=["default", "rate 30", "gentle"],
)
def test_the_server_counts_no_more_than_the_pace_allows(limits: PaceLimits) -> None:
    counter = Counter(slow=0.02)

    scan(counter, ScanOptions(deadline=2.0, pace=limits))

    assert 1 < counter.most_open <= limits.open_at_once
    assert_within_bucket(counter.arrivals, limits)


@pytest.mark.parametrize("most", [1, 7, 20])
def test_the_cap_on_connections_is_exact(most: int) -> None:
    counter = Counter()

    result = scan(counter, ScanOptions(deadline=2.0, max_connections=most))

    assert len(counter.arrivals) == most
    assert result.cost.connections == most


def test_after_429_nothing_more_is_asked() -> None:
    counter = Counter(reply=answer(b"", status=b"429 Too Many Requests", more=b"Retry-After: 1\r\n"))
    plain = Counter()

    result = scan(counter, ScanOptions(deadline=2.0), plain=plain)

    assert counter.requests == 1
    assert plain.arrivals == []
    assert next(one.outcome for one in result.observations if one.topic == "http_exchanges") == "blocked"


def test_few_descriptors_fail_no_target(tmp_path: pathlib.Path) -> None:
    counter = Counter(slow=0.02)
    with Hostiles() as hostiles:
        port = hostiles.serve(counter.serve, context(HOST), address="0.0.0.0")
        listed = tmp_path / "targets.txt"
        listed.write_text("".join(f"https://127.0.1.{number}:{port}/\n" for number in range(1, TARGETS + 1)), "ascii")
        done = subprocess.run(
            [
                *(sys.executable, "-c", WITH_FEW_DESCRIPTORS, "scan", "--targets", listed, "--format", "jsonl"),
                *("--only", "certificates,http_exchanges", "--concurrency", "50", "--fail-on", "none"),
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert "Traceback" not in done.stderr
    results = [json.loads(line)["targets"][0] for line in done.stdout.splitlines()]
    assert len(results) == TARGETS
    bad = [
        (one["topic"], one["outcome"], one["detail"])
        for result in results
        for one in result["observations"]
        if one["outcome"] != "ok"
    ]
    assert bad == []
    assert done.returncode == 0, done.stderr
