"""The same result gives the same bytes, whatever the hash seed, locale, zone and terminal."""

import os
import subprocess
import sys
from pathlib import Path

CODE = """
import hashlib
from reports import registry
from reports.console import ConsoleReport
from tests.support.results import sample
from tests.support.synthesis import hostile_result

for result in (sample(("a.example.org", "b.example.org")), hostile_result("x")):
    for name in ("console", "json", "jsonl", "html"):
        print(name, hashlib.sha256(registry.renderer(name).render(result)).hexdigest())
    print("colour", hashlib.sha256(ConsoleReport(colour=True).render(result)).hexdigest())
"""
SURROUNDINGS = (
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "COLUMNS": "20"},
    {
        "PYTHONHASHSEED": "4242",
        "TZ": "America/New_York",
        "FORCE_COLOR": "1",
        "TERM": "xterm-256color",
        "COLUMNS": "300",
    },
)


def test_reports_do_not_depend_on_their_surroundings() -> None:
    root = Path(__file__).parent.parent.parent
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", CODE],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(root), **surroundings},
            stdout=subprocess.PIPE,
            text=True,
        )
        for surroundings in SURROUNDINGS
    ]
    said = {run.communicate(timeout=60)[0] for run in runs}
    assert [run.returncode for run in runs] == [0] * len(runs)
    assert len(said) == 1
    assert said.pop().count("\n") == 10
