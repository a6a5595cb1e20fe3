"""Grades in reports and in the document: small and clear, and nothing of a peer's gets through."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reports.console import ConsoleReport
from reports.facts.grades import grade_lines
from reports.html.report import HtmlReport
from scanner.errors import UserFault
from scanner.model.codec import decode, encode, schema
from scanner.model.grade import SslLabsGrade, SslLabsMark
from scanner.model.peer import PeerText
from scanner.model.result import ScanResult
from tests.support.results import evidence_types, sample

GRADE = SslLabsGrade(
    grade="B",
    score=86,
    caps=(PeerText("B: TLSv1.0 is spoken"),),
    protocol=95,
    key_exchange=90,
    cipher=80,
    grade_trust_ignored="B",
    not_assessed=(PeerText("robot: this scan did not ask"),),
    endpoint="192.0.2.10:443",
    endpoints=(SslLabsMark(grade="A", score=93, endpoint="192.0.2.11:443"),),
)


def graded(grade: object, key: str = "ssllabs-2009r") -> ScanResult:
    whole = sample()
    return dataclasses.replace(whole, targets=(dataclasses.replace(whole.targets[0], grades={key: grade}),))


def test_the_keys_are_those_of_the_contract() -> None:
    document = json.loads(encode(graded(GRADE)))
    found = document["targets"][0]["grades"]["ssllabs-2009r"]
    assert {"grade": "B", "score": 86, "caps": ["B: TLSv1.0 is spoken"]}.items() <= found.items()
    assert found["endpoints"][0]["grade"] == "A"
    Draft202012Validator(schema(evidence_types())).validate(document)
    document["targets"][0]["grades"]["ssllabs-2009r"]["score"] = "86"
    assert not Draft202012Validator(schema(evidence_types())).is_valid(document)


def test_grades_come_back_as_they_went() -> None:
    assert decode(encode(graded(GRADE)), evidence_types()) == graded(GRADE)
    foreign = {"grade": "silver", "depth": [1, 2]}
    assert decode(encode(graded(foreign, "another-scale")), evidence_types()) == graded(foreign, "another-scale")


def test_a_grade_that_is_none_is_one_line() -> None:
    with pytest.raises(UserFault, match="grade ssllabs-2009r"):
        decode(encode(graded({"score": "many"})), evidence_types())


def test_console_and_page_show_the_grade_with_its_caps() -> None:
    text = " ".join(ConsoleReport().render(graded(GRADE)).decode().split())
    assert "grade B (86 of 100) by ssllabs-2009r, of 192.0.2.10:443; 192.0.2.11:443: A B: TLSv1.0 is spoken" in text
    assert "1 open question could change it: ROBOT: this scan did not ask" in text
    page = HtmlReport().render(graded(GRADE)).decode()
    assert "<strong>B (86 of 100)</strong> by ssllabs-2009r" in page
    assert "of 192.0.2.10:443; 192.0.2.11:443: A</span><br>B: TLSv1.0 is spoken" in page


def test_no_letter_without_its_reason() -> None:
    none = SslLabsGrade(reason=PeerText("no certificate was observed"))
    assert "no grade by ssllabs-2009r (no certificate was observed)" in " ".join(
        ConsoleReport().render(graded(none)).decode().split()
    )


def test_without_grades_nothing_is_said() -> None:
    assert "grade " not in ConsoleReport().render(sample()).decode()
    assert "<dt>Grade</dt>" not in HtmlReport().render(sample()).decode()


def test_hostile_reasons_are_escaped() -> None:
    hostile = dataclasses.replace(GRADE, caps=(PeerText("<script>alert(1)</script>\x1b[31m"),))
    assert "<script" not in HtmlReport().render(graded(hostile)).decode()
    assert "\x1b" not in ConsoleReport().render(graded(hostile)).decode()


@given(
    st.dictionaries(
        st.text(max_size=8),
        st.none()
        | st.text(max_size=5)
        | st.dictionaries(st.sampled_from(["grade", "score", "caps"]), st.none() | st.integers() | st.text(max_size=5)),
        max_size=3,
    )
)
def test_grade_lines_take_any_shape(grades: object) -> None:
    for line in grade_lines({"grades": grades}):
        assert line.said_by
