"""`make bench`: the figures of docs/explanation/benchmarks.md, measured on this machine, beside the peers found on it.

Prints Markdown. Times are of whole processes, the median of several runs with minimum and maximum; counts are exact.
Only loopback, and a network namespace that the run makes and takes away again, are used. Arguments name single parts:
`python -m tests.bench start site listing many csp observatory`.
"""

import compileall
import os
import pathlib
import platform
import sys
import tempfile
from collections.abc import Callable

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent.parent))

from tests.bench.corpus import observatory
from tests.bench.csp import csp
from tests.bench.listing import listing
from tests.bench.many import many_sites
from tests.bench.site import one_site
from tests.bench.start import start_up
from tests.bench.timing import RUNS

PARTS: dict[str, Callable[[pathlib.Path], None]] = {
    "start": start_up,
    "many": many_sites,
    "site": one_site,
    "listing": listing,
    "csp": csp,
    "observatory": observatory,
}


def main(names: list[str]) -> None:
    """The parts that are named, or all, in the order of the page."""
    print("# Benchmarks\n\nPrinted by `make bench`; whole processes, medians of "
          f"{RUNS} runs after one that does not count, unless a part says otherwise.\n")  # fmt: skip
    print(f"Machine: {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, loopback.\n")
    for room in ("scanner", "probes", "reports"):  # an installed package has its bytecode; a working copy may not
        compileall.compile_dir(pathlib.Path(__file__).parents[2] / room, quiet=1)
    for name in names or PARTS:
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder)
            place.chmod(0o755)
            PARTS[name](place)


if __name__ == "__main__":
    main(sys.argv[1:])
