"""The evaluator beside csp_evaluator 1.1.8: the same answers where that tool is right, better ones where it is not."""

import gzip
import json
import pathlib
from typing import Any

import pytest

from scanner.model.csp import Disposition
from scanner.rules.csp_evaluation import CspFinding, evaluate
from scanner.wire.csp import parse_csp_headers

CORPUS = pathlib.Path(__file__).parent.parent / "data" / "csp.jsonl.gz"

Triple = tuple[str, str | None, str | None]


def cases() -> list[dict[str, Any]]:
    """The corpus without its first line, which is the notice."""
    lines = gzip.decompress(CORPUS.read_bytes()).decode().splitlines()
    assert "Apache License 2.0" in json.loads(lines[0])["notice"]
    return [json.loads(line) for line in lines[1:]]


CASES = cases()
SOUND = [case for case in CASES if "quirk" not in case]
QUIRKS = {case["id"]: case for case in CASES if "quirk" in case}


def findings(text: str) -> tuple[CspFinding, ...]:
    return evaluate(parse_csp_headers([text], Disposition.ENFORCE))


def ours(text: str, *sets: str) -> set[tuple[str, str | None, str | None, str]]:
    return {(one.check, one.directive, one.value, one.severity.value) for one in findings(text) if one.set in sets}


def theirs(expected: list[dict[str, Any]]) -> set[tuple[str, str | None, str | None, str]]:
    return {(one["type"], one["directive"], one["value"], one["severity"].lower()) for one in expected}


def test_the_corpus_is_whole() -> None:
    assert (len(CASES), len(SOUND)) == (313, 302)


@pytest.mark.parametrize("case", SOUND, ids=lambda case: case["id"])
def test_the_same_findings_and_severities(case: dict[str, Any]) -> None:
    text = case["input"]["csp"]

    assert ours(text, "plain") == theirs(case["expected"]["default_csp3"])
    assert ours(text, "plain", "strict") == theirs(case["expected"]["full_csp3"])


INVALID = "INVALID_KEYWORD"
BYPASS = "SCRIPT_ALLOWLIST_BYPASS"

# Where csp_evaluator is wrong: what it says and we do not, what we say and it does not (set, check, directive, value),
# and why browsers disagree with it.
BETTER: dict[str, tuple[set[Triple], set[tuple[str, str, str, str | None]], str]] = {
    "csp-087": ({(INVALID, "default-src", "'trusted-types-eval'")}, set(), "CSP3 has the keyword"),
    "csp-091": ({(INVALID, "script-src", "'report-sha256'")}, set(), "CSP3 has the keyword"),
    "csp-092": ({(INVALID, "script-src", "'report-sha256'")}, set(), "CSP3 has the keyword"),
    "csp-154": (
        {(INVALID, "script-src", "'SHA256-n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg='")},
        {("strict", "UNSAFE_INLINE_FALLBACK", "script-src", None)},
        "hash algorithms compare without case, so this is a hash",
    ),
    "csp-257": (
        set(),
        {("plain", "IP_SOURCE", "img-src", "256.1.1.1")},
        "the tool throws; browsers match no such source",
    ),
    "csp-340": ({("UNKNOWN_DIRECTIVE", "fenced-frame-src", None)}, set(), "browsers know the directive"),
    "csp-368": (
        {
            (INVALID, "default-src", "'none',"),
            (BYPASS, "default-src", "'self'"),
            ("MISSING_SEMICOLON", "default-src", "script-src"),
            ("STRICT_DYNAMIC", "default-src", None),
        },
        set(),
        "the comma ends a policy; the first one blocks every script, so the second opens nothing",
    ),
    "csp-382": (
        set(),
        {("leadline", "NONE_IGNORED", "script-src", "'none'"), ("leadline", BYPASS, "script-src", "'self'")},
        "'none' beside other sources is ignored",
    ),
    "csp-383": (
        set(),
        {
            ("leadline", "NONE_IGNORED", "script-src", "'none'"),
            ("leadline", BYPASS, "script-src", "https://a.example"),
        },
        "'none' beside other sources is ignored",
    ),
    "csp-399": (
        set(),
        {("plain", "UNKNOWN_DIRECTIVE", "constructor", None)},
        "the tool loses a directive that is called like a property of objects",
    ),
    "csp-405": (set(), {("leadline", "NONE_IGNORED", "img-src", "'none'")}, "'none' beside other sources is ignored"),
}

ADVICE = {
    "BASE_URI_MISSING", "FORM_ACTION_MISSING", "FRAME_ANCESTORS_MISSING", "DEFAULT_SRC_MISSING", "OBJECT_SRC_FALLBACK",
    "REPORTING_DESTINATION_MISSING", "REPORT_URI_ONLY", "NONCE_STATIC", "KEYWORD_MISPLACED", "LOCALHOST_SOURCE",
    "OPEN_SOURCE_LIST", "STRICT_DYNAMIC_BLOCKS_ALL",
}  # fmt: skip
"""Checks of ours that have nothing to do with the quirk of a case."""


def test_every_quirk_has_an_answer() -> None:
    assert BETTER.keys() == QUIRKS.keys()


@pytest.mark.parametrize("name", QUIRKS)
def test_a_better_answer(name: str) -> None:
    dropped, added, _ = BETTER[name]
    expected = QUIRKS[name]["expected"]["full_csp3"]
    there = set() if isinstance(expected, dict) else {triple[:3] for triple in theirs(expected)}
    found = findings(QUIRKS[name]["input"]["csp"])
    here = {(one.check, one.directive, one.value) for one in found if one.set != "leadline"}

    assert there - here == dropped
    if there:
        assert here - there == {one[1:] for one in added if one[0] != "leadline"}
    assert added <= {(one.set.value, one.check, one.directive, one.value) for one in found}
    extra = {one.check for one in found if one.set == "leadline"} - ADVICE
    assert extra == {one[1] for one in added if one[0] == "leadline"}
