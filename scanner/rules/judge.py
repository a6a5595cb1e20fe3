"""Judging: every rule against every observation of its topic, under a policy. Pure.

What a rule is not asked: an observation without evidence becomes the status that its outcome stands for, and so does a
pass on evidence that could not be completed. Unknown is never a pass. Where a challenge answered for the site, rules of
`JUDGED_UNDER_A_BLOCK` say themselves what can be told.
"""

import dataclasses
import datetime
import hashlib
from collections.abc import Mapping, Sequence

from scanner.model.derived import Derived
from scanner.model.finding import Finding
from scanner.model.observation import Observation
from scanner.model.outcome import Outcome
from scanner.model.peer import PeerText, peer_text
from scanner.model.policy import Policy
from scanner.model.rule import RULE_BROKE, Confidence, RuleOutcome, RuleStatus, Severity
from scanner.model.target import Target
from scanner.rules.case import Case
from scanner.rules.registry import Rule
from scanner.rules.verdict import Fail, Fault, NotApplicable, NotAssessed, Pass, Unknown, Verdict

STATUS_WITHOUT_EVIDENCE: Mapping[Outcome, RuleStatus] = {
    Outcome.NOT_APPLICABLE: RuleStatus.NOT_APPLICABLE,
    Outcome.NOT_ASSESSED: RuleStatus.NOT_ASSESSED,
    Outcome.FORBIDDEN: RuleStatus.NOT_ASSESSED,
}
"""What a rule's status is where its topic brought no evidence; every other outcome leaves it unknown."""

JUDGED_UNDER_A_BLOCK = frozenset({"http_headers", "redirects"})
"""Topics whose rules look at a block themselves: what it does not hide (HSTS, nosniff, redirects) is judged."""

_STATUS = {
    Pass: RuleStatus.PASS,
    Fail: RuleStatus.FAIL,
    Unknown: RuleStatus.UNKNOWN,
    NotApplicable: RuleStatus.NOT_APPLICABLE,
    NotAssessed: RuleStatus.NOT_ASSESSED,
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What all the rules judge by: one target, what is derived of it, the policy and the instant.

    `judged` are the topics that were asked for; others were only observed because a judged one needed them.
    """

    target: Target
    derived: Derived
    policy: Policy
    now: datetime.datetime
    judged: frozenset[str]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Charge:
    """A fault of one rule at one endpoint, on its way to a finding."""

    fault: Fault
    endpoint: str
    pointer: str
    severity: Severity
    confidence: Confidence
    message: str


def judge(
    rules: Sequence[Rule], observations: Sequence[Observation[object]], bench: Bench
) -> tuple[tuple[RuleOutcome, ...], tuple[Finding, ...]]:
    """The outcome of every rule that the policy selects at every endpoint, and the findings, heaviest first.

    JSON Pointers of the findings are for a document in which this is target 0.
    """
    outcomes: list[RuleOutcome] = []
    findings: list[Finding] = []
    for rule in rules:
        if not bench.policy.selects(rule.info.id):
            continue
        charges: list[_Charge] = []
        for outcome, found in _try(rule, observations, bench):
            outcomes.append(outcome)
            charges.extend(found)
        findings.extend(_findings(rule, charges, bench))
    findings.sort(key=lambda one: (-one.severity.rank, one.rule, one.fingerprint))
    return tuple(outcomes), tuple(findings)


def _try(
    rule: Rule, observations: Sequence[Observation[object]], bench: Bench
) -> list[tuple[RuleOutcome, list[_Charge]]]:
    topic = rule.info.topic
    if topic not in bench.judged:
        return [(_outcome(rule, None, RuleStatus.NOT_ASSESSED, f"{topic} was not asked for"), [])]
    seen = [(place, one) for place, one in enumerate(observations) if one.topic == topic]
    if not seen:
        return [(_outcome(rule, None, RuleStatus.NOT_ASSESSED, f"nothing of {topic} was observed"), [])]
    return [_try_one(rule, place, one, observations, bench) for place, one in seen]


def _try_one(
    rule: Rule, place: int, one: Observation[object], observations: Sequence[Observation[object]], bench: Bench
) -> tuple[RuleOutcome, list[_Charge]]:
    if one.evidence is None:
        return _outcome(rule, one.endpoint, _status_without(one), why_incomplete(one)), []
    case = Case(
        evidence=one.evidence,
        target=bench.target,
        endpoint=one.endpoint,
        others=_others(one, observations),
        derived=bench.derived,
        policy=bench.policy,
        now=bench.now,
    )
    try:
        verdict = rule.check(case)
        faults = verdict.faults if isinstance(verdict, Fail) else ()
        charges = [_charge(rule, fault, one, place, bench) for fault in faults]
    except Exception as error:
        reason = f"{RULE_BROKE}: {type(error).__name__}: {error}"
        return _outcome(rule, one.endpoint, RuleStatus.UNKNOWN, reason), []
    if isinstance(verdict, Pass) and not _saw_enough(one):
        return _outcome(rule, one.endpoint, _status_without(one), why_incomplete(one)), []
    if isinstance(verdict, Fail):
        return _outcome(rule, one.endpoint, RuleStatus.FAIL, None), charges
    return _outcome(rule, one.endpoint, _STATUS[type(verdict)], _reason(verdict)), []


def _saw_enough(one: Observation[object]) -> bool:
    """Whether a pass on this evidence may stand."""
    return one.outcome is Outcome.OK or (one.outcome is Outcome.BLOCKED and one.topic in JUDGED_UNDER_A_BLOCK)


def _status_without(one: Observation[object]) -> RuleStatus:
    return STATUS_WITHOUT_EVIDENCE.get(one.outcome, RuleStatus.UNKNOWN)


def _others(one: Observation[object], observations: Sequence[Observation[object]]) -> dict[str, object]:
    """Evidence by topic at the same endpoint and of the whole target; for the whole target, of the first endpoint."""
    found: dict[str, object] = {}
    for other in observations:
        near = one.endpoint is None or other.endpoint in {one.endpoint, None}
        if near and other.evidence is not None:
            found.setdefault(other.topic, other.evidence)
    return found


def why_incomplete(one: Observation[object]) -> str:
    """The outcome in words: `timeout at connect: no answer`."""
    at = f" at {one.stage}" if one.stage else ""
    return f"{one.outcome}{at}" + (f": {one.detail}" if one.detail else "")


def _reason(verdict: Verdict) -> str | None:
    return None if isinstance(verdict, Fail) else verdict.reason


def _outcome(rule: Rule, endpoint: str | None, status: RuleStatus, reason: str | None) -> RuleOutcome:
    return RuleOutcome(rule=rule.info.id, status=status, endpoint=endpoint, reason=reason)


def _charge(rule: Rule, fault: Fault, one: Observation[object], place: int, bench: Bench) -> _Charge:
    own = fault.severity or rule.info.severity
    return _Charge(
        fault=fault,
        endpoint=one.endpoint or bench.target.host,
        pointer=f"/targets/0/observations/{place}/evidence",
        severity=bench.policy.severity_of(rule.info.id, own),
        confidence=fault.confidence or rule.info.confidence,
        message=fault.message.format(**fault.arguments),
    )


def _findings(rule: Rule, charges: Sequence[_Charge], bench: Bench) -> list[Finding]:
    """One finding for each discriminator, with all the endpoints at which it holds."""
    groups: dict[str, list[_Charge]] = {}
    for charge in charges:
        groups.setdefault(charge.fault.discriminator, []).append(charge)
    return [_finding(rule, discriminator, group, bench) for discriminator, group in groups.items()]


def _finding(rule: Rule, discriminator: str, group: Sequence[_Charge], bench: Bench) -> Finding:
    heaviest = max(group, key=lambda charge: charge.severity.rank)
    return Finding(
        rule=rule.info.id,
        name=rule.info.name,
        title=rule.info.title,
        severity=heaviest.severity,
        confidence=heaviest.confidence,
        topic=rule.info.topic,
        message=_message(group),
        template=heaviest.fault.message,
        arguments={key: peer_text(str(value)) for key, value in heaviest.fault.arguments.items()},
        endpoints=tuple(dict.fromkeys(charge.endpoint for charge in group)),
        evidence=tuple(dict.fromkeys(charge.pointer + at for charge in group for at in charge.fault.at)),
        fingerprint=fingerprint(rule.info.id, bench.target, discriminator),
        remediation=rule.info.remediation,
        references=rule.info.references,
    )


def _message(group: Sequence[_Charge]) -> PeerText:
    """The message; where several endpoints differ, each one's with its endpoint before it."""
    texts = dict.fromkeys(charge.message for charge in group)
    if len(texts) == 1 or len({charge.endpoint for charge in group}) == 1:
        return PeerText("; ".join(texts))
    return PeerText("; ".join(dict.fromkeys(f"{charge.endpoint}: {charge.message}" for charge in group)))


def fingerprint(rule: str, target: Target, discriminator: str) -> str:
    """A name for this fault that stays the same over time: no dates, no texts, no addresses in it."""
    return hashlib.sha256(f"{rule}\n{target.url}\n{discriminator}".encode()).hexdigest()[:32]
