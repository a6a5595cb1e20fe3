"""What every report says first: how much was found, what could not be known, what passed."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from reports.wording import ending
from scanner.model.finding import Finding
from scanner.model.outcome import Outcome
from scanner.model.result import EndpointStatus, RuleRef, TargetResult
from scanner.model.rule import RuleOutcome, RuleStatus, Severity
from scanner.model.target import Endpoint, TargetStatus

HEAVIEST_FIRST: tuple[Severity, ...] = tuple(sorted(Severity, key=lambda one: -one.rank))
"""Severities in the order in which reports show them."""

NO_ANSWER = "no answer"
"""The status of what an endpoint leaves open that never answered, whatever the rules say of it one by one."""

OPEN = frozenset({RuleStatus.UNKNOWN, RuleStatus.NOT_ASSESSED})
"""The statuses that leave a question open."""

MOST_REASONS = 2
"""Reasons that one interrupted topic may have at one endpoint before the interruption stands for all of them."""

_NO_GAP = {Outcome.OK, Outcome.NOT_APPLICABLE}
_STATUS_WORDS = {RuleStatus.UNKNOWN: "unknown", RuleStatus.NOT_ASSESSED: "not assessed"}
_REFUSALS = frozenset(Outcome) - _NO_GAP - {Outcome.NOT_ASSESSED}
_VERDICTS: Mapping[Severity, str] = {
    Severity.CRITICAL: "Act at once: {said}.",
    Severity.HIGH: "Serious faults: {said}.",
    Severity.MEDIUM: "Nothing grave, but faults to fix: {said}.",
    Severity.LOW: "No serious fault was seen: {said}.",
    Severity.INFO: "No fault was seen: {said}.",
}
"""The verdict by the heaviest severity that is open."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rules that came out alike for the same reason, and where (empty: the target as a whole)."""

    status: str
    reason: str
    rules: tuple[str, ...]
    endpoints: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Interruption:
    """A probe that did not come to its end: topic, where, and how it ended, as a word and in words."""

    topic: str
    endpoint: str | None
    outcome: Outcome
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
    """The verdict in a few short sentences, without a grade: `Serious faults: 2 high and 1 low findings.`"""
    if target.status is TargetStatus.UNREACHABLE:
        why = ", ".join(dict.fromkeys(one.ending for one in interruptions(target) if one.outcome in _REFUSALS))
        return f"Nothing could be judged: no endpoint answered{f' ({why})' if why else ''}."
    return " ".join(filter(None, (_verdict(target), _accepted(target), _caveat(target))))


def gaps(target: TargetResult, rules: Iterable[RuleRef]) -> tuple[Group, ...]:
    """The rules whose answer is unknown or was not looked for, by status and reason; unknown first.

    What never answered is one group a reason. Where an interrupted topic gives many reasons, the interruption stands
    for all of them: a reader wants the cause, not its echo from each rule.
    """
    topics = {rule.id: rule.topic for rule in rules}
    causes = {(one.topic, one.endpoint): one.ending for one in interruptions(target)}
    dead = _dead(target)
    by_place: dict[tuple[str, str, str | None], list[RuleOutcome]] = {}
    for outcome in target.outcomes:
        if outcome.status in _STATUS_WORDS:
            status = NO_ANSWER if outcome.endpoint in dead else _STATUS_WORDS[outcome.status]
            place = (status, topics.get(outcome.rule, ""), outcome.endpoint)
            by_place.setdefault(place, []).append(outcome)
    found: dict[tuple[str, str], list[RuleOutcome]] = {}
    for (status, topic, endpoint), outcomes in by_place.items():
        cause = dead.get(endpoint) or causes.get((topic, endpoint))
        same = status == NO_ANSWER or len({one.reason for one in outcomes}) > MOST_REASONS
        for one in outcomes:
            reason = cause if cause and same else _reason(one)
            found.setdefault((status, reason), []).append(one)
    order = (NO_ANSWER, *_STATUS_WORDS.values())
    return tuple(_group(*key, found[key]) for key in sorted(found, key=lambda key: order.index(key[0])))


def not_applicable(target: TargetResult) -> tuple[Group, ...]:
    """The rules whose question does not arise here, by reason."""
    by_reason: dict[str, list[RuleOutcome]] = {}
    for outcome in target.outcomes:
        if outcome.status is RuleStatus.NOT_APPLICABLE:
            by_reason.setdefault(_reason(outcome), []).append(outcome)
    return tuple(_group("not applicable", reason, outcomes) for reason, outcomes in by_reason.items())


def _reason(outcome: RuleOutcome) -> str:
    """Why, without the status that stands beside it anyway."""
    return (outcome.reason or "no reason was given").removeprefix(f"{outcome.status}: ")


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
            outcome=one.outcome,
            ending=ending(one.outcome, one.stage or "", one.detail or ""),
        )
        for one in target.observations
        if one.outcome not in _NO_GAP
    )


def untold_interruptions(target: TargetResult, groups: Sequence[Group]) -> tuple[Interruption, ...]:
    """The interruptions that none of `groups` gives as its reason."""
    said, dead = {group.reason for group in groups}, _dead(target)
    return tuple(
        one for one in interruptions(target) if one.endpoint not in dead and not any(one.ending in few for few in said)
    )


def _dead(target: TargetResult) -> Mapping[str | None, str]:
    """The endpoints that never answered, each with the reason."""
    causes: dict[str | None, str] = {}
    for one in interruptions(target):
        if one.outcome is not Outcome.NOT_ASSESSED:
            causes.setdefault(one.endpoint, one.ending)
    dead = [key_of(one) for one in target.endpoints if one.status is TargetStatus.UNREACHABLE]
    return {key: causes[key] for key in dead if key in causes}


def key_of(endpoint: EndpointStatus) -> str:
    """How observations, outcomes and findings name this endpoint."""
    return Endpoint(address=endpoint.address, port=endpoint.port, family=endpoint.family).key


def _verdict(target: TargetResult) -> str:
    numbers = {severity: number for severity, number in counts(target).items() if number}
    if not numbers:
        judged = any(one.status in {RuleStatus.PASS, RuleStatus.FAIL} for one in target.outcomes)
        return "No findings." if judged else "Nothing could be judged."
    worst = next(iter(numbers))
    said = _and([f"{number} {severity}" for severity, number in numbers.items()])
    noun = "finding" if sum(numbers.values()) == 1 else "findings"
    return _VERDICTS[worst].format(said=f"{said} {noun}")


def _accepted(target: TargetResult) -> str:
    number = len(accepted_findings(target))
    return f"{number} {'risk is' if number == 1 else 'risks are'} accepted." if number else ""


def _caveat(target: TargetResult) -> str:
    if target.status is TargetStatus.BLOCKED:
        return "Something stands between us and the site, so most stayed unknown."
    unknown = len({one.rule for one in target.outcomes if one.status is RuleStatus.UNKNOWN})
    return f"{unknown} {'question' if unknown == 1 else 'questions'} stayed open." if unknown else ""


def _group(status: str, reason: str, outcomes: Sequence[RuleOutcome]) -> Group:
    return Group(
        status=status,
        reason=reason,
        rules=tuple(sorted({one.rule for one in outcomes})),
        endpoints=tuple(dict.fromkeys(one.endpoint for one in outcomes if one.endpoint is not None)),
    )


def _sorted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda one: (-one.severity.rank, one.rule, one.fingerprint)))


def _and(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
