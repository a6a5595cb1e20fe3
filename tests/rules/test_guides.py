"""Guides: what decides a row, and that nothing unknown is ever met."""

import dataclasses

import pytest

from scanner.model.derived import Derived
from scanner.model.evidence.cookies import Cookies
from scanner.model.evidence.http_exchanges import HttpExchanges
from scanner.model.evidence.http_headers import HstsPolicy
from scanner.model.guide import Advice, Guide, GuideRow, GuideStatus
from scanner.model.observation import Observation
from scanner.model.outcome import Outcome
from scanner.model.peer import PeerText
from scanner.model.policy import Policy
from scanner.model.rule import RULE_BROKE
from scanner.model.target import TargetKind
from scanner.policies.guide_loader import available_guides, load_guide
from scanner.rules.case import EXAMPLE_NOW, EXAMPLE_TARGET
from scanner.rules.document_gate import NO_HTML, OFF_HOST
from scanner.rules.guides import judge_guide, judge_guides
from scanner.rules.header_examples import answer, derived, hsts_case, page
from scanner.rules.judge import Bench
from scanner.rules.suite_pages import MODERN, STATIC_AES_CBC, listed
from scanner.rules.suite_pages import example as suites
from tests.support.exchanges import ENDPOINT, exchange, observation, seen

OTHER = "[2001:db8::1]:443"
OLD = suites(TLSv1_0=listed(STATIC_AES_CBC))
TOPICS = frozenset({"tls_suites", "http_exchanges", "http_headers", "cookies", "certificates"})


def bench(policy: Policy | None = None, derived: Derived | None = None) -> Bench:
    return Bench(
        target=EXAMPLE_TARGET,
        derived=derived or Derived(),
        policy=policy or Policy(id="none", version="1", title="Nothing", sha256="", include=("DNS",)),
        now=EXAMPLE_NOW,
        judged=TOPICS,
    )


def ask(advice: Advice, *observations: Observation[object], **thresholds: float) -> GuideRow:
    guide = Guide(id="g", version="1", title="G", sha256="", rows=(advice,), thresholds=thresholds)
    (row,) = judge_guide(guide, observations, bench()).rows
    return row


VERSIONS = Advice(id="X1", advice="no old versions", rules=("TLS002", "TLS003"))


def test_all_rules_must_pass_whether_the_policy_selects_them_or_not() -> None:
    row = ask(VERSIONS, observation("tls_suites", MODERN.evidence))
    assert (row.status, row.failed, row.rules) == (GuideStatus.MET, (), ("TLS002", "TLS003"))
    assert row.reason == "nothing speaks against it (2 checks passed)"


def test_one_fault_is_enough_and_comes_with_its_proof_and_what_to_do() -> None:
    row = ask(VERSIONS, observation("tls_suites", OLD.evidence))
    assert row.status is GuideStatus.NOT_MET
    assert row.failed == ("TLS003",)
    assert row.evidence == ("/targets/0/observations/0/evidence/protocols/TLSv1.0",)
    assert row.do, "the remediation of the rule"
    assert ask(dataclasses.replace(VERSIONS, do="Turn it off."), observation("tls_suites", OLD.evidence)).do == (
        "Turn it off."
    )


@pytest.mark.parametrize(
    ("observations", "reason"),
    [
        ((), "nothing of tls_suites was observed"),
        ((observation("tls_suites", None, Outcome.TIMEOUT),), "timeout"),
        ((observation("tls_suites", None, Outcome.NOT_ASSESSED),), "not-assessed"),
        ((observation("tls_suites", MODERN.evidence, Outcome.TIMEOUT),), "timeout"),
    ],
)
def test_what_was_not_seen_could_not_be_told(observations: tuple[Observation[object], ...], reason: str) -> None:
    row = ask(dataclasses.replace(VERSIONS, ask="Scan again."), *observations)
    assert (row.status, row.reason, row.do) == (GuideStatus.UNKNOWN, reason, "Scan again.")


def test_an_endpoint_that_was_not_asked_is_named_beside_one_that_passed() -> None:
    there = observation("tls_suites", MODERN.evidence)
    elsewhere = dataclasses.replace(
        observation("tls_suites", None, Outcome.NOT_ASSESSED), endpoint=OTHER, detail=PeerText("no route")
    )
    row = ask(VERSIONS, there, elsewhere)
    assert row.status is GuideStatus.MET
    assert f"not looked at {OTHER}: no route" in row.reason
    dead = dataclasses.replace(elsewhere, outcome=Outcome.TIMEOUT)
    assert ask(VERSIONS, there, dead).status is GuideStatus.UNKNOWN
    old = dataclasses.replace(observation("tls_suites", OLD.evidence), endpoint=OTHER)
    assert ask(VERSIONS, there, old).status is GuideStatus.NOT_MET


COOKIES = Advice(id="X2", advice="a name of its own", rules=("CKY009",))


def test_what_does_not_apply_counts_as_the_row_says_and_says_so() -> None:
    none = observation("cookies", Cookies())
    row = ask(COOKIES, none)
    assert row.status is GuideStatus.MET
    assert row.reason.startswith("does not apply: no cookie")
    strict = dataclasses.replace(COOKIES, not_applicable=GuideStatus.UNKNOWN)
    assert ask(strict, none).status is GuideStatus.UNKNOWN


FRAMES = Advice(id="X9", advice="nobody frames it", facts=("framing-denied",))
MIXED = Advice(id="X10", advice="framing, and another thing", facts=("framing-denied", "xss-filter-field"))


@pytest.mark.parametrize(("kind", "why"), [(TargetKind.API, NO_HTML), (TargetKind.REDIRECT, OFF_HOST)])
def test_what_only_a_document_could_show_is_not_met_without_one(kind: TargetKind, why: str) -> None:
    both = (observation("http_headers", page({}).evidence), observation("http_exchanges", seen(exchange())))
    guide = Guide(id="g", version="1", title="G", sha256="", rows=(FRAMES, MIXED))
    first, second = judge_guide(guide, both, bench(derived=derived(kind))).rows

    assert (first.status, first.reason) == (GuideStatus.UNKNOWN, f"does not apply: {why}")
    assert second.status is GuideStatus.MET
    assert second.reason.endswith(f"; the rest does not apply: {why}")


def test_nothing_applies_to_no_answer_and_is_not_met() -> None:
    row = ask(COOKIES, observation("cookies", Cookies(), Outcome.REFUSED))
    assert (row.status, row.reason) == (GuideStatus.UNKNOWN, "refused")


def test_thresholds_are_the_guides_own() -> None:
    year = hsts_case(answer("max-age=31536000", policy=HstsPolicy(max_age=31_536_000))).evidence
    short = Advice(id="X3", advice="HSTS", rules=("HDR003",))
    assert ask(short, observation("http_headers", year)).status is GuideStatus.MET
    asked = ask(short, observation("http_headers", year), hsts_min_age_seconds=63_072_000)
    assert asked.status is GuideStatus.NOT_MET
    assert "63072000" in asked.reason


def test_superseded_advice_is_never_a_fault_and_says_what_was_seen() -> None:
    advice = Advice(id="X4", advice="Expect-CT", facts=("expect-ct-field",), instead="Remove it.")
    for lines, seen_text in (
        ((), "Expect-CT is not sent"),
        (("Expect-CT: max-age=0",), "Expect-CT: max-age=0 is sent"),
    ):
        row = ask(advice, observation("http_exchanges", seen(exchange(*lines))))
        assert (row.status, row.reason) == (GuideStatus.SUPERSEDED, seen_text)
        assert (row.instead, row.do, row.failed) == ("Remove it.", None, ())


def test_rules_that_may_only_speak_against_do_not_hold_a_row_up() -> None:
    advice = Advice(id="X5", advice="https", facts=("https-answers",), also=("TLS003",))
    answered = observation("http_exchanges", seen(exchange()))
    row = ask(advice, answered)
    assert row.status is GuideStatus.MET
    assert row.reason == "https is answered; tls-1-0-enabled: nothing of tls_suites was observed"
    assert ask(advice, answered, observation("tls_suites", OLD.evidence)).status is GuideStatus.NOT_MET


def test_a_tentative_finding_says_so() -> None:
    advice = Advice(id="X6", advice="HSTS", rules=("HDR001",))
    evidence = dataclasses.replace(hsts_case(answer()).evidence, block=PeerText("cf-mitigated"))
    row = ask(advice, observation("http_headers", evidence, Outcome.BLOCKED))
    assert row.status is GuideStatus.NOT_MET
    assert row.reason.endswith("(tentative)")


# --- the five ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", available_guides())
def test_without_any_evidence_no_row_is_met_or_at_fault(name: str) -> None:
    (result,) = judge_guides([load_guide(name)], (), bench())
    assert {row.status for row in result.rows} <= {
        GuideStatus.UNKNOWN, GuideStatus.NOT_OBSERVABLE, GuideStatus.SUPERSEDED,
    }  # fmt: skip
    assert all(row.reason for row in result.rows)


@pytest.mark.parametrize("name", available_guides())
def test_a_host_that_refuses_meets_nothing(name: str) -> None:
    topics = {
        "tls_suites": MODERN.evidence, "http_exchanges": HttpExchanges(exchanges=()), "cookies": Cookies(),
    }  # fmt: skip
    refused = [observation(topic, evidence, Outcome.REFUSED) for topic, evidence in topics.items()]
    (result,) = judge_guides([load_guide(name)], refused, bench())
    assert result.count(GuideStatus.MET) == 0
    assert not [row for row in result.rows if RULE_BROKE in row.reason]
    assert all(one.endpoint == ENDPOINT for one in refused)


def test_what_no_scan_can_tell_is_said_with_every_answer() -> None:
    advice = dataclasses.replace(VERSIONS, unseen="the inner network cannot be seen")
    for evidence in (MODERN.evidence, OLD.evidence):
        assert ask(advice, observation("tls_suites", evidence)).reason.endswith("; the inner network cannot be seen")


def test_what_is_mostly_out_of_sight_is_not_met_by_the_little_that_was_seen() -> None:
    advice = dataclasses.replace(VERSIONS, at_best=GuideStatus.NOT_OBSERVABLE, do="Look on the host.")
    row = ask(advice, observation("tls_suites", MODERN.evidence))
    assert (row.status, row.do) == (GuideStatus.NOT_OBSERVABLE, "Look on the host.")
    assert ask(advice, observation("tls_suites", OLD.evidence)).status is GuideStatus.NOT_MET
    assert ask(advice).status is GuideStatus.UNKNOWN
