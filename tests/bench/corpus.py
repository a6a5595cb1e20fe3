"""How long real scans of the Observatory's corpus take: every fabricated site over loopback TLS, in one process."""

import asyncio
import pathlib
import time

from scanner.model.grade import ObservatoryGrade
from tests.real.test_observatory_corpus import AT_A_TIME, scan_all
from tests.support.observatory_sites import corpus


def observatory(folder: pathlib.Path) -> None:
    """All cases once, the servers in the same process; seconds of wall clock and of processor."""
    cases = list(corpus())
    begun, busy = time.monotonic(), time.process_time()
    results = asyncio.run(scan_all(cases, folder))
    seconds, spent = time.monotonic() - begun, time.process_time() - busy
    marks = [one.grades["observatory"] for one in results]
    scores = zip(cases, marks, strict=True)
    same = sum(isinstance(mark, ObservatoryGrade) and mark.score == case.score for case, mark in scores)
    print(f"## The Observatory's corpus\n\n| what | {len(cases)} sites, {AT_A_TIME} at a time |\n|---|---|")
    print(f"| scanned and graded, servers included: seconds, of which processor | {seconds:.1f}, {spent:.1f} |")
    print(f"| score equal to the reference's, of all (the others are documented) | {same} of {len(cases)} |\n")
