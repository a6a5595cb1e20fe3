"""What every report says first: the verdict in words, and what is open by its cause."""

import dataclasses

import pytest

from reports import summary
from scanner.model.outcome import Outcome
from scanner.model.peer import PeerText
from scanner.model.result import TargetResult
from scanner.model.rule import RuleOutcome, RuleStatus, Severity
from scanner.model.target import TargetStatus
from tests.support.results import RULES, WEB, sample, unreachable

REFS = tuple(one.ref for one in RULES)


def _target(**changes: object) -> TargetResult:
    return dataclasses.replace(sample().targets[0], **changes)  # type: ignore[arg-type]  # names and types as given


@pytest.mark.parametrize(
    ("severities", "said"),
    [
        ((Severity.CRITICAL, Severity.HIGH), "Act at once: 1 critical and 1 high findings."),
        ((Severity.HIGH,), "Serious faults: 1 high finding."),
        ((Severity.MEDIUM, Severity.INFO, Severity.INFO), "Nothing grave, but faults to fix: 1 medium and 2 info"),
        ((Severity.LOW,), "No serious fault was seen: 1 low finding."),
        ((Severity.INFO,), "No fault was seen: 1 info finding."),
        ((), "No findings."),
    ],
)
def test_the_verdict_goes_by_the_heaviest_finding(severities: tuple[Severity, ...], said: str) -> None:
    finding = sample().targets[0].findings[0]
    findings = tuple(dataclasses.replace(finding, severity=severity) for severity in severities)
    assert summary.headline(_target(findings=findings)).startswith(said)


def test_a_verdict_never_hides_that_something_is_open() -> None:
    assert summary.headline(_target(findings=())) == "No findings. 1 question stayed open."
    assert "stayed unknown" in summary.headline(_target(findings=(), status=TargetStatus.BLOCKED))
    assert summary.headline(_target(findings=(), outcomes=())) == "Nothing could be judged."


def _unknown(rule: str, reason: str) -> RuleOutcome:
    return RuleOutcome(rule=rule, status=RuleStatus.UNKNOWN, endpoint=WEB, reason=reason)


def _interrupted(*reasons: str) -> TargetResult:
    """A target whose `tls_suites` was reset, with an unknown outcome for each reason."""
    whole = sample().targets[0]
    reset = dataclasses.replace(whole.observations[0], outcome=Outcome.RESET, detail=PeerText("reset at server-hello"))
    rules = [one.ref.id for one in RULES if one.ref.topic == "tls_suites"]
    return dataclasses.replace(whole, observations=(reset,), outcomes=tuple(map(_unknown, rules, reasons)))


def test_many_reasons_of_one_interrupted_topic_are_one_group_with_its_cause() -> None:
    (group,) = summary.gaps(_interrupted("SSLv3 not told", "TLSv1.0 not told", "TLSv1.3 not told"), REFS)
    assert (group.reason, group.rules) == ("reset at server-hello", ("TLS001", "TLS003", "TLS020"))


def test_few_reasons_stay_as_they_are() -> None:
    groups = summary.gaps(_interrupted("SSLv3 not told", "SSLv3 not told", "TLSv1.3 not told"), REFS)
    assert [group.reason for group in groups] == ["SSLv3 not told", "TLSv1.3 not told"]


def test_what_never_answered_is_one_group() -> None:
    target = unreachable().targets[0]
    (group,) = summary.gaps(target, REFS)
    assert (group.status, group.reason, len(group.rules)) == ("no answer", "refused at connect", len(RULES))
    assert summary.untold_interruptions(target, (group,)) == ()


def test_no_open_outcome_is_lost_in_grouping() -> None:
    for target in (*sample().targets, *unreachable().targets, _interrupted("a", "b", "c")):
        grouped = {rule for group in summary.gaps(target, REFS) for rule in group.rules}
        assert grouped == {one.rule for one in target.outcomes if one.status in summary.OPEN}


def test_a_reason_does_not_repeat_the_status_beside_it() -> None:
    left = RuleOutcome(rule="OPS020", status=RuleStatus.NOT_ASSESSED, endpoint=WEB, reason="not-assessed: not asked")
    (group,) = summary.gaps(dataclasses.replace(sample().targets[0], observations=(), outcomes=(left,)), REFS)
    assert (group.status, group.reason) == ("not assessed", "not asked")
