"""The grade `observatory` in reports and in the document: its keys, its table, and nothing of a peer's as markup."""

import dataclasses
import json

import pytest
from jsonschema import Draft202012Validator

from reports.console import ConsoleReport
from reports.facts.grades import grade_lines
from reports.html.report import HtmlReport
from scanner.model.codec import decode, encode, schema, to_builtins
from scanner.model.grade import ObservatoryGrade, ObservatoryMark, ObservatoryTest
from scanner.model.peer import PeerText
from scanner.model.result import ScanResult
from tests.support.results import evidence_types, sample

KEY = "observatory"
GRADE = ObservatoryGrade(
    score=80,
    grade="B+",
    tests={
        "cookies": ObservatoryTest(
            result="cookies-without-secure-flag", modifier=-20, passed=False, reason=PeerText("cookie a")
        ),
        "x-frame-options": ObservatoryTest(
            result="x-frame-options-sameorigin-or-deny",
            modifier=5,
            passed=True,
            reason=PeerText("DENY"),
            differs=PeerText("browsers take equal values for one"),
        ),
        "redirection": ObservatoryTest(reason=PeerText("plain http was not asked")),
    },
    document=PeerText("https://example.org/"),
    assumed=(PeerText("no list"),),
    endpoint="192.0.2.10:443",
    endpoints=(ObservatoryMark(score=100, grade="A+", endpoint="192.0.2.11:443"),),
)


def graded(grade: object) -> ScanResult:
    whole = sample()
    return dataclasses.replace(whole, targets=(dataclasses.replace(whole.targets[0], grades={KEY: grade}),))


def test_the_keys_are_those_of_the_contract() -> None:
    document = json.loads(encode(graded(GRADE)))
    found = document["targets"][0]["grades"][KEY]
    assert {"algorithm": 6, "score": 80, "grade": "B+", "reason": None}.items() <= found.items()
    assert found["tests"]["cookies"] == {
        "result": "cookies-without-secure-flag",
        "modifier": -20,
        "pass": False,
        "reason": "cookie a",
        "differs": None,
    }
    Draft202012Validator(schema(evidence_types())).validate(document)
    found["tests"]["cookies"]["pass"] = "no"
    assert not Draft202012Validator(schema(evidence_types())).is_valid(document)


def test_the_grade_comes_back_as_it_went() -> None:
    assert decode(encode(graded(GRADE)), evidence_types()) == graded(GRADE)


def test_the_line_says_points_faults_and_what_was_taken_for_granted() -> None:
    (line,) = grade_lines({"grades": {KEY: to_builtins(GRADE)}})
    assert line.said_by == "grade B+ (80 points) by observatory, of 192.0.2.10:443; 192.0.2.11:443: A+"
    assert line.caps == ("-20 cookies: cookie a",)
    assert line.open == "taken for granted: no list"
    assert line.table is not None
    assert line.table.rows[1] == (
        "x-frame-options",
        "5",
        "yes",
        "x-frame-options-sameorigin-or-deny: DENY",
        "browsers take equal values for one",
    )
    assert line.table.rows[2][0] == "redirection"
    assert line.table.rows[2][1:3] == ("", "")
    assert line.table.rows[2][3].startswith("unknown")


def test_without_a_grade_the_tests_that_were_done_are_shown() -> None:
    part = dataclasses.replace(GRADE, score=None, grade=None, reason=PeerText("not every test could be done"))
    (line,) = grade_lines({"grades": {KEY: to_builtins(part)}})
    assert line.said == "no grade (not every test could be done)"
    assert line.table is not None


def test_whose_document_it_is_stands_beside_the_letter() -> None:
    away = dataclasses.replace(GRADE, reason=PeerText("plain http leads to another site"))
    (line,) = grade_lines({"grades": {KEY: to_builtins(away)}})
    assert line.said == "B+ (80 points; plain http leads to another site)"


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "\x1b[2J", "a\nb"])
def test_what_a_peer_wrote_stays_text(text: str) -> None:
    bad = ObservatoryTest(result=text, modifier=-5, passed=False, reason=PeerText(text), differs=PeerText(text))
    hostile = dataclasses.replace(GRADE, tests={text: bad}, assumed=(PeerText(text),), document=PeerText(text))
    html = HtmlReport().render(graded(hostile)).decode()
    assert "<script>alert" not in html
    assert "Every test" in html
    assert "\x1b" not in ConsoleReport().render(graded(hostile)).decode()
