"""The Observatory's corpus on the wire: every fabricated site served on loopback with real TLS, and really scanned."""

import asyncio
import pathlib

import pytest

from scanner.model.grade import ObservatoryGrade
from scanner.model.result import TargetResult
from tests.support.observatory_quirks import ANSWERS
from tests.support.observatory_server import ObservatoryServer, scan_case
from tests.support.observatory_sites import Corpus, corpus

SAMPLE = 8
"""Every eighth case is scanned in `make test`; all of them, in one process, in `make patient` and in the bench."""

AT_A_TIME = 4


async def scan_all(cases: list[Corpus], directory: pathlib.Path) -> list[TargetResult]:
    """The results of these cases, in their order."""
    gate = asyncio.Semaphore(AT_A_TIME)

    with ObservatoryServer(cases, directory) as server:

        async def one(case: Corpus) -> TargetResult:
            async with gate:
                return await scan_case(case, server, directory)

        return list(await asyncio.gather(*map(one, cases)))


async def judge(cases: list[Corpus], directory: pathlib.Path) -> None:
    """Scans the cases and compares every test of every grade."""
    for case, scanned in zip(cases, await scan_all(cases, directory), strict=True):
        found = scanned.grades["observatory"]
        assert isinstance(found, ObservatoryGrade), (case.id, found)
        assert not found.assumed
        results = {name: (one.result, one.modifier, one.passed) for name, one in found.tests.items()}
        if case.refused:
            assert (found.grade, found.score, results) == (None, None, {}), case.id
            assert found.reason
        elif case.quirk is None:
            theirs = {name: (one.result, one.modifier, one.passed) for name, one in case.tests.items()}
            assert (case.id, found.score, found.grade, results) == (case.id, case.score, case.grade, theirs)
        else:
            own = ANSWERS[case.id]
            assert (case.id, found.tests[own.test].result, found.score) == (case.id, own.result, own.score)


async def test_a_sample_of_real_scans_gives_the_grades_of_the_corpus(tmp_path: pathlib.Path) -> None:
    await judge(list(corpus()[::SAMPLE]), tmp_path)


@pytest.mark.patient
async def test_real_scans_give_the_grades_of_the_whole_corpus(tmp_path: pathlib.Path) -> None:
    await judge(list(corpus()), tmp_path)
