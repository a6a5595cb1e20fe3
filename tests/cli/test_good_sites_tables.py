"""Well-kept sites of many makers, from tables of their answers: no blame, and a truthful word where no question arises.

Each is scanned for real for what HTTP shows, as a target of its own. Whatever is of low severity is written down in the
tables, for each has been looked at with the eyes of the site's owner.
"""

import pathlib

import pytest

from scanner.model.outcome import Outcome
from scanner.model.result import TargetResult
from scanner.model.rule import RuleStatus
from tests.support.good_sites import FOLDER, Judged, read_sites, scan_all
from tests.support.sites import Loopback

FILES = sorted(FOLDER.glob("*.http"))
FAULTS = FOLDER.parent / "bad-sites" / "faults.http"
ENDED = frozenset({Outcome.OK, Outcome.NOT_APPLICABLE, Outcome.NOT_ASSESSED})
ABOUT_DOCUMENTS = ("CSP001", "HDR009", "HDR014", "HDR016", "CNT008")
"""Rules that ask about an HTML document of the site."""

WORDS = {
    "page": {RuleStatus.PASS, RuleStatus.FAIL, RuleStatus.NOT_APPLICABLE},
    "api": {RuleStatus.NOT_APPLICABLE},
    "redirect": {RuleStatus.NOT_APPLICABLE},
    "unknown": {RuleStatus.NOT_ASSESSED},
    "blocked": {RuleStatus.UNKNOWN},
}
"""What such rules may say, by the kind of site."""


def kind_of(result: TargetResult) -> str:
    """The kind that was derived; `blocked` where something stands before the site."""
    if any(one.outcome is Outcome.BLOCKED for one in result.observations):
        return "blocked"
    (kind,) = {one.kind.value for one in result.derived.kinds}
    return kind


def unfinished(judged: Judged) -> list[str]:
    """What was begun and did not end as it should."""
    blocked = {Outcome.BLOCKED} if judged.site.kind == "blocked" else set()
    return [
        f"{one.topic}: {one.outcome} {one.detail}"
        for one in judged.result.observations
        if one.outcome not in ENDED | blocked
    ]


def untruthful(judged: Judged) -> list[str]:
    """Rules about documents that say something which does not go with the kind of site."""
    allowed = WORDS[judged.site.kind]
    return [
        f"{one.rule}: {one.status} {one.reason}"
        for one in judged.result.outcomes
        if one.rule in ABOUT_DOCUMENTS and one.status not in allowed
    ]


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_nobody_is_blamed(file: pathlib.Path, tmp_path: pathlib.Path) -> None:
    with Loopback() as loopback:
        scanned = scan_all(loopback, list(read_sites(file)), tmp_path)

    assert {one.site.name: one.heavy for one in scanned if one.heavy} == {}
    assert {one.site.name: unfinished(one) for one in scanned if unfinished(one)} == {}
    assert {one.site.name: kind_of(one.result) for one in scanned} == {one.site.name: one.site.kind for one in scanned}
    assert {one.site.name: untruthful(one) for one in scanned if untruthful(one)} == {}
    assert {one.site.name: sorted(one.low) for one in scanned} == {
        one.site.name: sorted(one.site.low) for one in scanned
    }


def test_there_are_many() -> None:
    names = [site.name for file in FILES for site in read_sites(file)]

    assert len(names) == len(set(names)) >= 100


def test_the_true_faults_beside_them_are_told(tmp_path: pathlib.Path) -> None:
    with Loopback() as loopback:
        scanned = scan_all(loopback, list(read_sites(FAULTS)), tmp_path)

    assert {one.site.name: one.faults for one in scanned} == {one.site.name: one.site.faults for one in scanned}
    assert {one.site.name: sorted(one.low) for one in scanned} == {
        one.site.name: sorted(one.site.low) for one in scanned
    }
