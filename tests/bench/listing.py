"""Versions, suites and certificate of two servers, side by side with the peers, at three round trips."""

import asyncio
import contextlib
import pathlib
import time
from collections.abc import Callable, Iterator

from probes.base import Known
from probes.tls_suites import TlsSuitesProbe
from tests.bench import far
from tests.bench.peers import peers
from tests.bench.servers import HOST, nginx_intermediate, openssl_everything
from tests.bench.timing import Timing, once
from tests.support.sessions import session_for

ROUND_TRIPS = (0, 20, 100)
"""Milliseconds."""

LISTING_RUNS = {0: 5, 20: 3, 100: 3}
SLOW_SECONDS = 20.0
"""A command that takes longer is run once."""

IN_PROCESS_RUNS = 20


def listing(folder: pathlib.Path) -> None:
    """The table, and what a connection costs a running process."""
    print("## Versions, suites and certificate, side by side\n")
    print("Whole processes; medians of 5 runs at RTT 0, of 3 elsewhere, of one where it takes over 20 s.")
    print("CPU is user and system. Found is pairs of version and suite.\n")
    reason = far.why_not()
    if reason is not None:
        print(f"Round trips above 0 are left out: {reason}.\n")
    print("| server | RTT ms | tool | wall s | CPU s | connections | found |\n|---|---|---|---|---|---|---|")
    for milliseconds in ROUND_TRIPS if reason is None else (0,):
        with _far(milliseconds) as namespace:
            address = "127.0.0.1" if namespace is None else far.SERVER
            with nginx_intermediate(folder, also_at=None if namespace is None else address) as (server, _, _):
                _rows("nginx intermediate", milliseconds, namespace, (address, server.port), folder)
            with openssl_everything(folder, address=address) as (everything, _):
                _rows("openssl, all suites", milliseconds, namespace, (address, everything.port), folder)
    print()
    in_process(folder)


@contextlib.contextmanager
def _far(milliseconds: int) -> Iterator[far.Far | None]:
    if not milliseconds:
        yield None
        return
    with far.Far(milliseconds) as namespace:
        yield namespace


def _rows(
    server: str, milliseconds: int, namespace: far.Far | None, place: tuple[str, int], folder: pathlib.Path
) -> None:
    count: Callable[[], int] = _accepted if namespace is None else namespace.connections
    for name, command, pairs in peers():
        out = folder / f"{name}.out"
        words = command(*place, out)
        begun = count()
        row = _measure(words if namespace is None else namespace.inside(words), LISTING_RUNS[milliseconds])
        connections = (count() - begun) / len(row.seconds)
        found = _found(pairs, out)
        print(f"| {server} | {milliseconds} | {name} | {row.median:.2f} | {row.cpu_median:.2f} "
              f"| {connections:.0f} | {found} |", flush=True)  # fmt: skip


def _found(pairs: Callable[[pathlib.Path], int], out: pathlib.Path) -> str:
    try:
        return str(pairs(out))
    except (OSError, ValueError, KeyError, SyntaxError) as error:  # a peer that failed
        return f"failed ({type(error).__name__})"


def _measure(words: list[str], runs: int) -> Timing:
    seconds: list[tuple[float, float]] = []
    while len(seconds) < runs and not (seconds and seconds[-1][0] > SLOW_SECONDS):
        seconds.append(once(words))
    return Timing(tuple(wall for wall, _ in seconds), tuple(cpu for _, cpu in seconds))


def _accepted() -> int:
    """TCP connections that this machine has accepted since it started."""
    lines = [
        line.split() for line in pathlib.Path("/proc/net/snmp").read_text().splitlines() if line.startswith("Tcp:")
    ]
    return int(dict(zip(*lines, strict=True))["PassiveOpens"])


def in_process(folder: pathlib.Path) -> None:
    """Processor time of the listing for each connection, in a process that has listed before."""
    print("| listing in a running process | CPU ms a connection | connections |\n|---|---|---|")
    with nginx_intermediate(folder) as (server, _, _):
        print(f"| nginx intermediate | {asyncio.run(_cpu(server.place))} |")
    with openssl_everything(folder) as (everything, _):
        print(f"| openssl, all suites | {asyncio.run(_cpu(everything.place))} |\n")


async def _cpu(place: tuple[str, int]) -> str:
    used, connections = 0.0, 0
    for number in range(IN_PROCESS_RUNS + 1):
        begun = time.process_time()
        session = session_for(place, host=HOST, info=TlsSuitesProbe.info, seconds=60)
        cost = (await TlsSuitesProbe().collect(session, Known({}))).cost
        if number:
            used, connections = used + time.process_time() - begun, connections + cost.connections
    return f"{1000 * used / connections:.2f} | {connections / IN_PROCESS_RUNS:.0f}"
