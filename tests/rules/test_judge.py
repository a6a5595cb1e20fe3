"""Judging: unknown is never fine, findings carry their proof, and fingerprints outlive dates and addresses."""

import dataclasses
import datetime

import pytest

from scanner.model.derived import Derived
from scanner.model.observation import Cost, Observation
from scanner.model.outcome import Outcome, Stage
from scanner.model.peer import PeerText
from scanner.model.policy import Policy
from scanner.model.rule import RULE_BROKE, Confidence, Reference, Remediation, RuleInfo, RuleStatus, Severity
from scanner.rules.case import EXAMPLE_NOW, EXAMPLE_POLICY, EXAMPLE_TARGET, Case
from scanner.rules.judge import Bench, judge
from scanner.rules.registry import Rule, rule
from scanner.rules.verdict import Fail, Fault, NotApplicable, Pass, Unknown, Verdict, fail

FIRST, SECOND = "192.0.2.1:443", "192.0.2.2:443"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """Evidence of the tests: how deep it is."""

    fathoms: int
    names: tuple[PeerText, ...] = ()


INFO = RuleInfo(
    id="OPS901",
    name="too-shallow",
    title="The water is too shallow",
    topic="depth",
    severity=Severity.MEDIUM,
    confidence=Confidence.CERTAIN,
    since="0.1.0",
    summary="The depth in fathoms.",
    rationale="Ships run aground.",
    remediation=Remediation(text="Go elsewhere."),
    references=(Reference(title="Chart", url="https://example.org/chart"),),
)


def shallow(case: Case[Depth]) -> Verdict:
    if case.evidence.fathoms < 0:
        raise ArithmeticError("below nothing")
    if case.evidence.names:
        faults = [
            Fault(message="{name} is aground", at=(f"/names/{place}",), arguments={"name": name}, discriminator=name)
            for place, name in enumerate(case.evidence.names)
        ]
        return Fail(tuple(faults))
    if case.evidence.fathoms == 5:
        return NotApplicable("in harbour")
    return (
        fail("only {depth} fathoms", "/fathoms", depth=case.evidence.fathoms) if case.evidence.fathoms < 3 else Pass()
    )


RULE = Rule(info=INFO, check=shallow, passing=Case(evidence=Depth(fathoms=9)), failing=Case(evidence=Depth(fathoms=1)))


def seen(
    evidence: Depth | None, endpoint: str | None = FIRST, outcome: Outcome = Outcome.OK, topic: str = "depth"
) -> Observation[object]:
    return Observation(
        probe=topic,
        version=1,
        topic=topic,
        endpoint=endpoint,
        outcome=outcome,
        stage=Stage.CONNECT if outcome is not Outcome.OK else None,
        started=EXAMPLE_NOW,
        elapsed_ms=1.0,
        cost=Cost(),
        evidence=evidence,
    )


def bench(policy: Policy = EXAMPLE_POLICY, now: datetime.datetime = EXAMPLE_NOW) -> Bench:
    return Bench(target=EXAMPLE_TARGET, derived=Derived(), policy=policy, now=now, judged=frozenset({"depth"}))


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Outcome.TIMEOUT, RuleStatus.UNKNOWN),
        (Outcome.BLOCKED, RuleStatus.UNKNOWN),
        (Outcome.INTERNAL_ERROR, RuleStatus.UNKNOWN),
        (Outcome.CANCELLED, RuleStatus.UNKNOWN),
        (Outcome.NOT_APPLICABLE, RuleStatus.NOT_APPLICABLE),
        (Outcome.NOT_ASSESSED, RuleStatus.NOT_ASSESSED),
        (Outcome.FORBIDDEN, RuleStatus.NOT_ASSESSED),
    ],
)
def test_without_evidence_the_outcome_decides(outcome: Outcome, status: RuleStatus) -> None:
    outcomes, findings = judge([RULE], [seen(None, outcome=outcome)], bench())

    assert [(one.status, one.reason) for one in outcomes] == [(status, f"{outcome} at connect")]
    assert findings == ()


def test_a_pass_on_incomplete_evidence_is_unknown() -> None:
    outcomes, _ = judge([RULE], [seen(Depth(fathoms=9), outcome=Outcome.TIMEOUT)], bench())

    assert outcomes[0].status is RuleStatus.UNKNOWN


@pytest.mark.parametrize(
    ("topic", "status"),
    [("depth", RuleStatus.UNKNOWN), ("http_headers", RuleStatus.PASS), ("redirects", RuleStatus.PASS)],
)
def test_a_pass_under_a_block_stands_where_the_rules_look_at_blocks(topic: str, status: RuleStatus) -> None:
    looking = dataclasses.replace(RULE, info=dataclasses.replace(INFO, topic=topic))
    asked = dataclasses.replace(bench(), judged=frozenset({topic}))

    outcomes, _ = judge([looking], [seen(Depth(fathoms=9), outcome=Outcome.BLOCKED, topic=topic)], asked)

    assert [one.status for one in outcomes] == [status]


def test_a_failure_on_incomplete_evidence_stands() -> None:
    outcomes, findings = judge([RULE], [seen(Depth(fathoms=1), outcome=Outcome.TIMEOUT)], bench())

    assert outcomes[0].status is RuleStatus.FAIL
    assert findings[0].message == "only 1 fathoms"


def test_what_was_not_asked_for_is_not_assessed() -> None:
    unasked = dataclasses.replace(bench(), judged=frozenset())

    outcomes, findings = judge([RULE], [seen(Depth(fathoms=1))], unasked)

    assert [one.status for one in outcomes] == [RuleStatus.NOT_ASSESSED]
    assert findings == ()


def test_a_rule_that_breaks_is_our_fault() -> None:
    outcomes, findings = judge([RULE], [seen(Depth(fathoms=-1))], bench())

    assert outcomes[0].status is RuleStatus.UNKNOWN
    assert (outcomes[0].reason or "").startswith(RULE_BROKE)
    assert findings == ()


def test_the_same_fault_at_two_endpoints_is_one_finding() -> None:
    _, findings = judge([RULE], [seen(Depth(fathoms=1)), seen(Depth(fathoms=1), SECOND)], bench())

    assert len(findings) == 1
    assert findings[0].endpoints == (FIRST, SECOND)
    assert findings[0].evidence == (
        "/targets/0/observations/0/evidence/fathoms",
        "/targets/0/observations/1/evidence/fathoms",
    )


def test_endpoints_that_differ_are_told_apart_in_the_message() -> None:
    _, findings = judge([RULE], [seen(Depth(fathoms=1)), seen(Depth(fathoms=2), SECOND)], bench())

    assert findings[0].message == f"{FIRST}: only 1 fathoms; {SECOND}: only 2 fathoms"


def test_one_endpoint_that_shows_a_fault_in_two_ways_is_not_named() -> None:
    _, findings = judge([RULE], [seen(Depth(fathoms=1)), seen(Depth(fathoms=2))], bench())

    assert findings[0].message == "only 1 fathoms; only 2 fathoms"


def test_faults_with_other_discriminators_are_other_findings() -> None:
    names = (PeerText("Anna"), PeerText("{Berta}"))

    _, findings = judge([RULE], [seen(Depth(fathoms=1, names=names))], bench())

    assert {one.message for one in findings} == {"Anna is aground", "{Berta} is aground"}
    assert len({one.fingerprint for one in findings}) == 2


def test_a_fingerprint_outlives_dates_and_addresses() -> None:
    tomorrow = EXAMPLE_NOW + datetime.timedelta(days=1)

    _, today = judge([RULE], [seen(Depth(fathoms=1))], bench())
    _, later = judge([RULE], [seen(Depth(fathoms=2), SECOND)], bench(now=tomorrow))

    assert today[0].fingerprint == later[0].fingerprint


def test_the_policy_selects_and_weighs() -> None:
    heavier = dataclasses.replace(EXAMPLE_POLICY, severities={"OPS901": Severity.CRITICAL})
    without = dataclasses.replace(EXAMPLE_POLICY, exclude=("OPS",))

    assert judge([RULE], [seen(Depth(fathoms=1))], bench(heavier))[1][0].severity is Severity.CRITICAL
    assert judge([RULE], [seen(Depth(fathoms=1))], bench(without)) == ((), ())


@pytest.mark.parametrize(
    ("include", "exclude", "selected"),
    [
        ((), (), True),
        ((), ("OPS",), False),
        (("OPS901",), ("OPS",), True),
        (("OPS",), ("OPS901",), False),
        (("TLS",), (), False),
    ],
)
def test_the_longest_prefix_decides(include: tuple[str, ...], exclude: tuple[str, ...], selected: bool) -> None:
    policy = dataclasses.replace(EXAMPLE_POLICY, include=include, exclude=exclude)

    assert policy.selects("OPS901") is selected


def test_other_evidence_is_that_of_the_same_endpoint() -> None:
    found: list[object] = []

    def look(case: Case[Depth]) -> Verdict:
        found.append(case.other("chart", Depth))
        return Unknown("looked")

    observations = [
        seen(Depth(fathoms=9), SECOND),
        seen(Depth(fathoms=1), FIRST, topic="chart"),
        seen(Depth(fathoms=2), SECOND, topic="chart"),
    ]
    judge([dataclasses.replace(RULE, check=look)], observations, bench())

    assert found == [Depth(fathoms=2)]


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "XYZ001"},
        {"id": "OPS1"},
        {"name": "Not Kebab"},
        {"references": ()},
    ],
)
def test_a_rule_with_a_bad_identity_is_refused(changed: dict[str, object]) -> None:
    info = dataclasses.replace(INFO, **changed)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="rule"):
        rule(info, passing=RULE.passing, failing=RULE.failing)
