"""Running commands for their times: wall clock and processor, of whole processes."""

import dataclasses
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

RUNS = 7
COMMAND_SECONDS = 180.0
LEADLINE = str(pathlib.Path(sys.executable).parent / "leadline")


@dataclasses.dataclass(frozen=True, slots=True)
class Timing:
    """Wall-clock seconds, and processor seconds (user and system), of the runs of one command."""

    seconds: tuple[float, ...]
    cpu: tuple[float, ...] = ()

    @property
    def median(self) -> float:
        """Of the wall clock."""
        return statistics.median(self.seconds)

    @property
    def cpu_median(self) -> float:
        """Of the processor."""
        return statistics.median(self.cpu)

    def __str__(self) -> str:
        return f"{self.median:.2f} ({min(self.seconds):.2f} to {max(self.seconds):.2f})"


def timed(*command: str, runs: int = RUNS) -> Timing:
    """The command's times after one run that does not count; its output is thrown away."""
    pairs = [once(command) for _ in range(runs + 1)][1:]
    return Timing(tuple(wall for wall, _ in pairs), tuple(cpu for _, cpu in pairs))


def once(command: Sequence[str], output: pathlib.Path | None = None) -> tuple[float, float]:
    """One run: wall-clock and processor seconds. What it prints goes to `output`, or nowhere."""
    with (output or pathlib.Path(os.devnull)).open("wb") as sink:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.DEVNULL)
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0  # reaped above, for its use of the processor
        return time.perf_counter() - begun, used.ru_utime + used.ru_stime


def scanned(*arguments: str) -> dict[str, object]:
    """The JSON document of one scan."""
    done = subprocess.run([LEADLINE, "scan", *arguments, "-q", "--format", "json"], capture_output=True, check=False)
    document: dict[str, object] = json.loads(done.stdout)
    return document


def cost_of(document: dict[str, object], *topics: str) -> int:
    """Connections that these topics cost."""
    target = document["targets"][0]  # type: ignore[index]
    return sum(one["cost"]["connections"] for one in target["observations"] if one["topic"] in topics)
