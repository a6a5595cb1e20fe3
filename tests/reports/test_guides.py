"""Guides in reports and in the document: every row with its status as a word, and nothing of a peer's gets through."""

import dataclasses
import json

import pytest
from jsonschema import Draft202012Validator

from reports.console import ConsoleReport
from reports.facts.guides import WORDS, row_words, tally
from reports.html.report import HtmlReport
from scanner.errors import UserFault
from scanner.model.codec import decode, encode, schema
from scanner.model.guide import GuideResult, GuideRow, GuideStatus
from scanner.model.peer import PeerText
from scanner.model.result import ScanResult
from tests.support.results import evidence_types, sample


def row(status: GuideStatus, **more: object) -> GuideRow:
    base = GuideRow(
        id=f"D{list(GuideStatus).index(status) + 1}",
        advice=f"advice that is {status}",
        status=status,
        reason=PeerText(f"because of {status}"),
        rules=("INF001",),
    )
    return dataclasses.replace(base, **more)  # type: ignore[arg-type] # the fields of the dataclass by name


GUIDE = GuideResult(
    id="secure-nginx",
    title="Hiding a proxy",
    version="1",
    sha256="ab" * 32,
    rows=(
        row(GuideStatus.MET),
        row(
            GuideStatus.NOT_MET,
            do="Turn it off.",
            failed=("INF001",),
            evidence=("/targets/0/observations/2/evidence/exchanges/0/fields/0",),
        ),
        row(GuideStatus.UNKNOWN, do="Scan again."),
        row(GuideStatus.NOT_OBSERVABLE, do="Look at the unit.", rules=()),
        row(GuideStatus.SUPERSEDED, instead="Remove it."),
    ),
)


def guided(guide: GuideResult = GUIDE) -> ScanResult:
    whole = sample()
    return dataclasses.replace(whole, targets=(dataclasses.replace(whole.targets[0], guides=(guide,)),))


def test_the_keys_are_those_of_the_contract_and_come_back() -> None:
    document = json.loads(encode(guided()))
    (found,) = document["targets"][0]["guides"]
    assert (found["id"], found["title"]) == ("secure-nginx", "Hiding a proxy")
    assert {"id", "advice", "status", "reason", "rules", "do", "instead", "evidence"} <= found["rows"][0].keys()
    assert [one["status"] for one in found["rows"]] == [
        "met", "not-met", "unknown", "not-observable", "superseded",
    ]  # fmt: skip
    Draft202012Validator(schema(evidence_types())).validate(document)
    assert decode(encode(guided()), evidence_types()) == guided()
    found["rows"][0]["status"] = "rather-good"
    assert not Draft202012Validator(schema(evidence_types())).is_valid(document)
    with pytest.raises(UserFault, match="rather-good"):
        decode(json.dumps(document).encode(), evidence_types())


def test_the_console_shows_every_row_with_its_status_in_words_and_what_to_do() -> None:
    text = " ".join(ConsoleReport().render(guided()).decode().split())
    assert "GUIDE secure-nginx: Hiding a proxy 1 met, 1 not met, 1 could not tell, 1 not observable, 1 super" in text
    assert "D1 met advice that is met because of met" in text
    assert "D2 not met advice that is not-met because of not-met To do: Turn it off." in text
    assert "D3 could not tell advice that is unknown because of unknown To find out: Scan again." in text
    assert "D4 not observable advice that is not-observable On the host: Look at the unit." in text
    assert "D5 superseded advice that is superseded because of superseded Today: Remove it." in text


def test_the_page_shows_every_row_and_leads_to_the_findings() -> None:
    page = HtmlReport().render(guided()).decode()
    assert "Guide: Hiding a proxy" in page
    for status, word in WORDS.items():
        assert f'<span class="mark {status}">{word}</span>' in page
    section = page.partition("Guide: Hiding a proxy")[2].partition("</section>")[0]
    anchor = section.partition('">INF001</a>')[0].rpartition('href="#')[2]
    assert f'id="{anchor}"' in page, "the link leads to the finding"
    assert "<strong>Today:</strong> Remove it." in page


def test_without_guides_nothing_is_said() -> None:
    assert "GUIDE" not in ConsoleReport().render(sample()).decode()
    assert "Guide:" not in HtmlReport().render(sample()).decode()


def test_hostile_reasons_are_escaped() -> None:
    hostile = row(GuideStatus.NOT_MET, reason=PeerText("<script>alert(1)</script>\x1b[31m\u202e"))
    result = guided(dataclasses.replace(GUIDE, rows=(hostile,)))
    page, text = HtmlReport().render(result).decode(), ConsoleReport().render(result).decode()
    assert "<script" not in page
    assert "\u202e" not in page + text
    assert "\x1b" not in text


def test_words_of_a_row() -> None:
    assert tally(GUIDE).startswith("1 met, 1 not met")
    assert tally(dataclasses.replace(GUIDE, rows=())) == "no rows"
    assert (row_words(row(GuideStatus.NOT_MET)).lead, row_words(row(GuideStatus.MET, do="x")).lead) == ("", "")
