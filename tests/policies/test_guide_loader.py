"""Guides as data: every row is there, every name it uses exists, and a file that cannot be used says why."""

import pathlib

import pytest

from scanner.errors import UserFault
from scanner.model.guide import Advice, GuideStatus
from scanner.policies.guide_loader import available_guides, load_guide, load_guides, parse_guide
from scanner.rules.guide_facts import all_facts
from scanner.rules.registry import all_rules
from tools.write_guide_page import PAGE, page

ROWS = {
    "app-behind-proxy": [f"A{number}" for number in range(1, 7)],
    "server-and-web": [f"B{number}" for number in range(1, 18)],
    "connection-security": [f"C{number}" for number in range(1, 20)],
    "secure-nginx": [f"D{number}" for number in range(1, 12)],
    "instance-hardening": [f"E{number}" for number in range(1, 12)],
}
SUPERSEDED = {"B4", "C3", "C6", "C14", "D8", "E3", "E6", "E9"}
NOT_OBSERVABLE = {"A6", "B15", "B16", "B17", "C19", "D11", "E11"}

HEAD = 'id = "mine"\nversion = "1"\ntitle = "Mine"\n'
ROW = '[[rows]]\nid = "1"\nadvice = "no TLS 1.0"\nrules = ["tls-1-0-enabled"]\n'


def every_row() -> list[Advice]:
    return [row for name in available_guides() for row in load_guide(name).rows]


def test_no_row_is_dropped() -> None:
    assert {name: [row.id for row in load_guide(name).rows] for name in available_guides()} == ROWS


def test_old_practice_is_superseded_and_says_what_to_do_today() -> None:
    assert {row.id for row in every_row() if row.instead is not None} == SUPERSEDED


def test_what_cannot_be_seen_says_what_to_do_on_the_host() -> None:
    hidden = {row.id: row for row in every_row() if not row.observable}
    assert set(hidden) == NOT_OBSERVABLE
    assert all(row.do and len(row.do) > 60 for row in hidden.values())


@pytest.mark.parametrize("name", available_guides())
def test_rules_and_facts_exist(name: str) -> None:
    rules = {rule.info.id for rule in all_rules()}
    for row in load_guide(name).rows:
        assert set(row.asked_rules) <= rules
        assert set(row.asked_facts) <= set(all_facts())
        assert row.asked_rules or row.asked_facts or not row.observable


def test_every_fact_is_asked_by_a_guide() -> None:
    assert {name for row in every_row() for name in row.asked_facts} == set(all_facts())


def test_thresholds_of_the_guides() -> None:
    assert load_guide("connection-security").thresholds == {"hsts_min_age_seconds": 63_072_000}


def test_a_guide_of_ones_own_is_a_file(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f'{HEAD}description = """For\n us."""\n{ROW}not_applicable = "unknown"\n')
    (guide,) = load_guides([str(file), str(file)])
    assert (guide.id, guide.description, guide.rows[0].rules) == ("mine", "For us.", ("TLS003",))
    assert guide.rows[0].not_applicable is GuideStatus.UNKNOWN
    assert len(guide.sha256) == 64


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("id = ", "no TOML"),
        (HEAD, "at least one"),
        (HEAD + "rows = 3", "rows are tables"),
        (HEAD + 'colour = "red"\n' + ROW, "unknown key 'colour'"),
        (HEAD + ROW + 'weight = "high"\n', "row 1: unknown key 'weight'"),
        (HEAD + ROW + ROW, "two rows '1'"),
        (ROW, "id is missing"),
        (HEAD + ROW.replace("tls-1-0-enabled", "tls-0-9-enabled"), "'tls-0-9-enabled', which is no rule"),
        (HEAD + ROW + 'facts = ["moon-phase"]\n', "facts names 'moon-phase'"),
        (HEAD + ROW + 'also = "TLS003"\n', "also is a list of names"),
        (HEAD + '[[rows]]\nid = "1"\nadvice = "be good"\n', "name rules or facts"),
        (HEAD + '[[rows]]\nid = "1"\nadvice = "be good"\nobservable = false\n', "says what to do"),
        (HEAD + ROW + 'observable = false\ndo = "x"\n', "has no rules"),
        (HEAD + ROW + 'observable = "no"\n', "true or false"),
        (HEAD + ROW + 'not_applicable = "superseded"\n', "not_applicable is one of"),
        (HEAD + ROW + 'at_best = "not-met"\n', "at_best is one of met, unknown, not-observable"),
        (HEAD + ROW + 'do = ""\n', "do is missing or no text"),
        (HEAD + "[thresholds]\nspeed = 3\n" + ROW, "unknown threshold 'speed'"),
        (HEAD + '[thresholds]\nhsts_min_age_seconds = "long"\n' + ROW, "is no number"),
        (HEAD + "[thresholds]\nhsts_min_age_seconds = nan\n" + ROW, "is no number"),
        ("thresholds = 3\n" + HEAD + ROW, "thresholds is a table"),
    ],
)
def test_a_file_that_cannot_be_used_says_why_in_one_line(text: str, complaint: str) -> None:
    with pytest.raises(UserFault, match=complaint) as raised:
        parse_guide(text.encode(), "mine.toml")
    assert "\n" not in str(raised.value)


def test_names_that_are_no_guide(tmp_path: pathlib.Path) -> None:
    for name in ("secure-apache", str(tmp_path), "no\0file", ""):
        with pytest.raises(UserFault):
            load_guide(name)
    with pytest.raises(UserFault, match="secure-nginx"):
        load_guide("secure-apache")


def test_the_page_of_the_guides_is_current() -> None:
    assert PAGE.read_text("utf-8") == page(), "a guide has changed: run make docs"
