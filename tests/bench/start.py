"""How long it takes to start."""

import pathlib
import socket
import subprocess
import time

from tests.bench.timing import LEADLINE, RUNS, Timing, timed
from tests.real.servers import free_port


def start_up(folder: pathlib.Path) -> None:
    """Help, version, and a scan that ends at a closed port."""
    del folder
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
