"""The grade `observatory`: parity with the reference on fabricated sites, and our own answers to its quirks."""

import dataclasses
import datetime
import re
from collections.abc import Sequence

import pytest

from probes.cookies import read_cookies
from probes.http_headers_reading import read_headers
from scanner.derive.preload import preload_of_hosts
from scanner.model.derived import Derived
from scanner.model.evidence.http_exchanges import Exchange, HttpExchanges, Purpose
from scanner.model.grade import ObservatoryGrade
from scanner.model.observation import Observation
from scanner.model.outcome import Answer, Outcome
from scanner.model.peer import PeerText
from scanner.model.target import Target
from scanner.rules.case import EXAMPLE_POLICY
from scanner.rules.grades.observatory import ASKED
from scanner.rules.grades.observatory_table import LETTERS, TESTS, letter, total
from scanner.rules.grades.registry import give_grades
from scanner.rules.judge import Bench
from tests.support.exchanges import observation
from tests.support.observatory_quirks import ANSWERS
from tests.support.observatory_sites import NOW, Corpus, corpus, evidence, preload_list_of
from tests.support.observatory_variants import HOST, TO_HTTPS, case, graded, page, redirect

KEY = "observatory"


# --- the reference ----------------------------------------------------------------------------------------------------


def test_every_ordinary_case_is_graded_as_by_the_reference() -> None:
    seen = 0
    for one in corpus():
        if one.quirk is None:
            seen += 1
            found = graded(one)
            theirs = {name: (said.result, said.modifier, said.passed) for name, said in one.tests.items()}
            ours = {name: (said.result, said.modifier, said.passed) for name, said in found.tests.items()}
            assert (one.id, found.score, found.grade, ours) == (one.id, one.score, one.grade, theirs)
            assert (found.reason is not None) if one.refused else all(said.reason for said in found.tests.values())
    assert seen == 300


@pytest.mark.parametrize("one", [one for one in corpus() if one.quirk is not None], ids=lambda one: one.id)
def test_every_quirk_has_an_answer_of_our_own(one: Corpus) -> None:
    answer = ANSWERS[one.id]
    found = graded(one)
    assert answer.why
    assert (found.tests[answer.test].result, found.score) == (answer.result, answer.score)
    same = found.tests[answer.test].result == one.tests[answer.test].result
    assert same is answer.same
    for name, said in one.tests.items():
        assert found.tests[name].result == said.result or name == answer.test, "only one test may differ"


def test_no_answer_is_for_a_case_that_is_not_there() -> None:
    assert set(ANSWERS) == {one.id for one in corpus() if one.quirk is not None}


# --- no grade ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (case(page(status=429)), "status 429"),
        (case(page(status=500)), "status 500"),
        (case(redirect("/")), r"lead to no document \(loop\)"),
        (case({"status": 302, "headers": [], "body": ""}), "without a place to go to"),
        (case(redirect("https://elsewhere.test/"), more={"https://elsewhere.test": {"GET /": page()}}), "another site"),
        (case(redirect("https://dead.test/")), "dead.test, which does not answer"),
        (Corpus(id="", host=HOST, origins={}), "did not answer"),
        (Corpus(id="", host=HOST, origins={f"http://{HOST}": {"GET /": TO_HTTPS}}), "lead to no document"),
    ],
)
def test_what_is_no_site_has_no_grade(made: Corpus, reason: str) -> None:
    found = graded(made)
    assert (found.grade, found.score, found.tests) == (None, None, {})
    assert re.search(reason, found.reason or "")


@pytest.mark.parametrize("status", [401, 403])
def test_a_login_wall_is_graded(status: int) -> None:
    assert graded(case(page(status=status))).grade == "A+"


def test_a_host_without_https_that_leads_elsewhere_is_graded_by_what_is_there_and_says_so() -> None:
    origins = {
        f"http://{HOST}": {"GET /": redirect("https://elsewhere.test/")},
        "https://elsewhere.test": {"GET /": page()},
    }
    found = graded(Corpus(id="", host=HOST, origins=origins))
    assert (found.grade, found.document) == ("B", "https://elsewhere.test/")
    assert "another site" in (found.reason or "")


def given(seen: HttpExchanges, *, topics: Sequence[str] = ("http_headers", "cookies")) -> list[Observation[object]]:
    made: dict[str, object] = {
        "http_exchanges": seen,
        "http_headers": read_headers(seen, HOST),
        "cookies": read_cookies(seen),
    }
    return [observation(topic, made[topic]) for topic in ("http_exchanges", *topics)]


def bench(seen: HttpExchanges, *, preload: bool = True, judged: frozenset[str] = frozenset({"http_headers"})) -> Bench:
    target = Target(url=f"https://{HOST}/", host=HOST, port=443, scheme="https", sni=HOST)
    known = preload_of_hosts(HOST, [seen], preload_list_of(case()) if preload else None, NOW)
    return Bench(target=target, derived=Derived(preloaded=known), policy=EXAMPLE_POLICY, now=NOW, judged=judged)


def grade_of(observations: Sequence[Observation[object]], at: Bench) -> ObservatoryGrade:
    found = give_grades(observations, at)[KEY]
    assert isinstance(found, ObservatoryGrade), found
    return found


def test_a_whole_scan_is_graded() -> None:
    seen = evidence(case())
    found = grade_of(given(seen), bench(seen))
    assert (found.score, found.grade, found.reason, found.assumed) == (120, "A+", None, ())
    assert list(found.tests) == sorted(ASKED) == sorted(TESTS)
    assert KEY not in give_grades(given(seen), bench(seen, judged=frozenset({"tls_suites"})))


def test_without_a_list_hosts_are_taken_for_not_preloaded_and_that_is_said() -> None:
    seen = evidence(case())
    found = grade_of(given(seen), bench(seen, preload=False))
    assert found.score == 120
    assert [HOST in one for one in found.assumed] == [True]


def without(seen: HttpExchanges, purpose: Purpose, **left_out: str) -> HttpExchanges:
    kept = tuple(one for one in seen.exchanges if one.purpose is not purpose)
    return dataclasses.replace(seen, exchanges=kept, left_out={k.replace("_", "-"): v for k, v in left_out.items()})


@pytest.mark.parametrize(
    ("seen", "test", "reason"),
    [
        (without(evidence(case()), Purpose.PREFLIGHT, preflight="no room"), "cross-origin-resource-sharing", "no room"),
        (without(evidence(case()), Purpose.PLAIN_ENTRY), "redirection", "plain http was not asked"),
        (dataclasses.replace(evidence(case()), page=None), "subresource-integrity", "could not be parsed"),
        (dataclasses.replace(evidence(case()), page=None), "content-security-policy", "could not be parsed"),
    ],
)
def test_what_was_not_asked_leaves_no_grade_but_the_other_tests(seen: HttpExchanges, test: str, reason: str) -> None:
    found = grade_of(given(seen), bench(seen))
    assert (found.score, found.grade, found.tests[test].result, found.tests[test].passed) == (None, None, None, None)
    assert reason in (found.tests[test].reason or "")
    assert test in (found.reason or "")
    assert found.tests["x-content-type-options"].passed is True


@pytest.mark.parametrize(("topic", "test"), [("http_headers", "strict-transport-security"), ("cookies", "cookies")])
def test_topics_that_were_skipped_leave_no_grade(topic: str, test: str) -> None:
    seen = evidence(case())
    found = grade_of(given(seen, topics=[one for one in ("http_headers", "cookies") if one != topic]), bench(seen))
    assert found.grade is None
    assert found.tests[test].result is None


@pytest.mark.parametrize("purpose", [Purpose.ENTRY, Purpose.PLAIN_ENTRY])
def test_what_we_did_not_dare_to_ask_is_no_answer(purpose: Purpose) -> None:
    """A budget that is used up is no closed port."""
    broken = evidence(case(plain=page()))
    ours = tuple(_unasked(one) if one.purpose is purpose else one for one in broken.exchanges)
    seen = dataclasses.replace(broken, exchanges=ours)
    found = grade_of(given(seen), bench(seen))
    assert found.grade is None
    assert "over-budget" in (found.reason or "")


def _unasked(one: Exchange) -> Exchange:
    return dataclasses.replace(one, outcome=Outcome.OVER_BUDGET, status=None, fields=(), body=None)


def test_a_trust_that_nobody_judged_leaves_no_grade() -> None:
    seen = evidence(case())
    blind = tuple(dataclasses.replace(one, certificate_trusted=None) for one in seen.exchanges)
    seen = dataclasses.replace(seen, exchanges=blind)
    found = grade_of(given(seen), bench(seen))
    assert found.grade is None
    assert {name for name, one in found.tests.items() if one.result is None} == {
        "redirection",
        "strict-transport-security",
    }


def test_a_block_is_no_site() -> None:
    seen = dataclasses.replace(evidence(case()), block=PeerText("cf-mitigated: challenge"))
    found = grade_of(given(seen), bench(seen))
    assert (found.grade, found.tests) == (None, {})
    assert "cf-mitigated" in (found.reason or "")


def test_of_several_addresses_the_worst_counts() -> None:
    good, bad = evidence(case()), evidence(case(page(X_Frame_Options=None)))
    other = [dataclasses.replace(one, endpoint="[2001:db8::1]:443") for one in given(bad)]
    dead = dataclasses.replace(observation("http_exchanges", None, Outcome.TIMEOUT), endpoint="192.0.2.9:443")
    found = grade_of([*given(good), *other, dead], bench(good))
    assert (found.score, found.endpoint) == (80, "[2001:db8::1]:443")
    assert [one.score for one in found.endpoints] == [120, 80, None]


# --- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("modifiers", "score"),
    [([], 100), ([5, 10], 115), ([-10, 5], 95), ([-11, 30], 89), ([-20, 30], 80), ([-60, -50], 0), ([-5, -5, 5], 95)],
)
def test_bonuses_count_where_the_faults_alone_leave_ninety(modifiers: list[int], score: int) -> None:
    assert total(modifiers) == score


@pytest.mark.parametrize(("score", "wanted"), [(155, "A+"), (99, "A"), (89, "A-"), (84, "B+"), (24, "F"), (0, "F")])
def test_letters(score: int, wanted: str) -> None:
    assert letter(score) == wanted
    assert [name for _, name in LETTERS] == ["A+", "A", "A-", "B+", "B", "B-", "C+", "C", "C-", "D+", "D", "D-", "F"]


def test_every_result_of_the_corpus_is_in_the_table() -> None:
    for one in corpus():
        for name, said in one.tests.items():
            points = TESTS[name][said.result]
            assert (points.modifier, points.passed) == (said.modifier, said.passed)


def test_the_preload_answer_is_unknown_for_hosts_that_were_not_looked_up() -> None:
    assert Derived().preload_of("nobody.example").covered is Answer.UNKNOWN
    assert isinstance(NOW, datetime.datetime)
