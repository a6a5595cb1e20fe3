"""What every report says first: how much was found, what could not be known, what passed."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from scanner.model.finding import Finding
from scanner.model.outcome import Outcome
from scanner.model.result import TargetResult
from scanner.model.rule import RuleOutcome, RuleStatus, Severity
from scanner.model.target import TargetStatus

HEAVIEST_FIRST: tuple[Severity, ...] = tuple(sorted(Severity, key=lambda one: -one.rank))
"""Severities in the order in which reports show them."""

_NO_GAP = {Outcome.OK, Outcome.NOT_APPLICABLE}
_STATUS_WORDS = {RuleStatus.UNKNOWN: "unknown", RuleStatus.NOT_ASSESSED: "not assessed"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rules that came out alike for the same reason, and where (empty: the target as a whole)."""

    status: str
    reason: str
    rules: tuple[str, ...]
    endpoints: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Interruption:
    """A probe that did not come to its end: topic, where, and in words how it ended."""

    topic: str
    endpoint: str | None
    ending: str


def open_findings(target: TargetResult) -> tuple[Finding, ...]:
    """The findings that nobody has accepted, heaviest first."""
    return _sorted(finding for finding in target.findings if finding.waiver is None)


def accepted_findings(target: TargetResult) -> tuple[Finding, ...]:
    """The findings with a waiver, heaviest first."""
    return _sorted(finding for finding in target.findings if finding.waiver is not None)


def counts(target: TargetResult) -> Mapping[Severity, int]:
    """The number of open findings of each severity, heaviest first, zeros included."""
    found = open_findings(target)
    return {severity: sum(one.severity is severity for one in found) for severity in HEAVIEST_FIRST}


def headline(target: TargetResult) -> str:
    """One sentence on the target, without a grade: `2 high and 1 low finding; 3 questions stayed open`."""
    if target.status is TargetStatus.UNREACHABLE:
        return "Nothing could be judged: no endpoint answered."
    parts = [f"{number} {severity}" for severity, number in counts(target).items() if number]
    total = sum(counts(target).values())
    said = f"{_and(parts)} {'finding' if total == 1 else 'findings'}" if parts else _without_findings(target)
    accepted = len(accepted_findings(target))
    if accepted:
        said += f", {accepted} accepted"
    return f"{said}{_caveat(target)}."


def gaps(target: TargetResult) -> tuple[Group, ...]:
    """The rules whose answer is unknown or was not looked for, by status and reason; unknown first."""
    return tuple(group for status, words in _STATUS_WORDS.items() for group in _groups(target.outcomes, status, words))


def not_applicable(target: TargetResult) -> tuple[Group, ...]:
    """The rules whose question does not arise here, by reason."""
    return _groups(target.outcomes, RuleStatus.NOT_APPLICABLE, "not applicable")


def passed(target: TargetResult) -> tuple[RuleOutcome, ...]:
    """The outcomes of rules that passed wherever they were judged: one a rule, the first with a reason if any."""
    judged: dict[str, list[RuleOutcome]] = {}
    for outcome in target.outcomes:
        judged.setdefault(outcome.rule, []).append(outcome)
    return tuple(
        next((one for one in outcomes if one.reason), outcomes[0])
        for _, outcomes in sorted(judged.items())
        if all(one.status is RuleStatus.PASS for one in outcomes)
    )


def interruptions(target: TargetResult) -> tuple[Interruption, ...]:
    """The probes that could not finish, in the order of the document."""
    return tuple(
        Interruption(
            topic=one.topic,
            endpoint=one.endpoint,
            ending=f"{one.outcome}"
            + (f" at {one.stage}" if one.stage else "")
            + (f": {one.detail}" if one.detail else ""),
        )
        for one in target.observations
        if one.outcome not in _NO_GAP
    )


def _without_findings(target: TargetResult) -> str:
    judged = any(one.status in {RuleStatus.PASS, RuleStatus.FAIL} for one in target.outcomes)
    return "No findings" if judged else "Nothing could be judged"


def _caveat(target: TargetResult) -> str:
    if target.status is TargetStatus.BLOCKED:
        return "; something stands between us and the site, so most stayed unknown"
    unknown = len({one.rule for one in target.outcomes if one.status is RuleStatus.UNKNOWN})
    if not unknown:
        return ""
    return f"; {unknown} {'question' if unknown == 1 else 'questions'} stayed open"


def _groups(outcomes: Sequence[RuleOutcome], status: RuleStatus, words: str) -> tuple[Group, ...]:
    by_reason: dict[str, list[RuleOutcome]] = {}
    for outcome in outcomes:
        if outcome.status is status:
            by_reason.setdefault(outcome.reason or "no reason was given", []).append(outcome)
    return tuple(
        Group(
            status=words,
            reason=reason,
            rules=tuple(sorted({one.rule for one in members})),
            endpoints=tuple(dict.fromkeys(one.endpoint for one in members if one.endpoint is not None)),
        )
        for reason, members in by_reason.items()
    )


def _sorted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda one: (-one.severity.rank, one.rule, one.fingerprint)))


def _and(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
