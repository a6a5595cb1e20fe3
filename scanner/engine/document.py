"""Documents: puts judged targets together to a result, with the policy, rules and inputs that they were judged by."""

import dataclasses
import datetime
from collections.abc import Sequence
from typing import TypeVar

from scanner.model.finding import Finding
from scanner.model.guide import Guide, GuideResult, GuideRow
from scanner.model.policy import Policy
from scanner.model.result import Input, PolicyRef, RuleRef, Run, RunStatus, ScanResult, TargetRef, TargetResult, Tool
from scanner.model.target import Target, TargetStatus
from scanner.rules.registry import Rule, all_rules
from scanner.version import RULES_VERSION, __version__


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What all the documents of one run share."""

    run_id: str
    started: datetime.datetime
    now: datetime.datetime
    policy: Policy
    inputs: tuple[Input, ...]
    guides: tuple[Guide, ...] = ()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that the policy selects. Loaded when first asked for: a scan is on its way before that."""
        return tuple(rule for rule in all_rules() if self.policy.selects(rule.info.id))

    def document(
        self, targets: Sequence[TargetResult], *, finished: datetime.datetime, interrupted: bool
    ) -> ScanResult:
        """The document over these targets."""
        return ScanResult(
            tool=Tool(name="leadline", version=__version__, rules=RULES_VERSION),
            policy=PolicyRef(id=self.policy.id, version=self.policy.version, sha256=self.policy.sha256),
            inputs=self.inputs,
            rules=tuple(rule_ref(rule, self.policy) for rule in self.rules),
            run=Run(
                id=self.run_id,
                started=self.started,
                finished=finished,
                status=_status(targets, interrupted=interrupted),
                now=self.now,
            ),
            targets=tuple(_at(place, target) for place, target in enumerate(targets)),
        )


def _status(targets: Sequence[TargetResult], *, interrupted: bool) -> RunStatus:
    if interrupted:
        return RunStatus.INTERRUPTED
    whole = all(target.status is TargetStatus.COMPLETE for target in targets)
    return RunStatus.COMPLETE if whole else RunStatus.PARTIAL


def rule_ref(rule: Rule, policy: Policy) -> RuleRef:
    """The rule as the document names it, with the severity that the policy gives it."""
    info = rule.info
    return RuleRef(
        id=info.id,
        name=info.name,
        title=info.title,
        severity=policy.severity_of(info.id, info.severity),
        topic=info.topic,
        help_uri=info.references[0].url,
        summary=info.summary,
        rationale=info.rationale,
        references=info.references,
    )


def target_ref(target: Target) -> TargetRef:
    """The target as the document names it."""
    return TargetRef(
        url=target.url,
        host=target.host,
        port=target.port,
        scheme=target.scheme,
        unicode_host=target.unicode_host,
        sni=target.sni,
        labels=target.labels,
    )


def target_of(ref: TargetRef) -> Target:
    """The target that a document names."""
    return Target(
        url=ref.url,
        host=ref.host,
        port=ref.port,
        scheme=ref.scheme,
        unicode_host=ref.unicode_host,
        sni=ref.sni,
        labels=ref.labels,
    )


def _at(place: int, target: TargetResult) -> TargetResult:
    """The target result with its JSON Pointers set to its place in the document."""
    return dataclasses.replace(
        target,
        findings=tuple(_repoint(finding, place) for finding in target.findings),
        guides=tuple(_repoint_guide(guide, place) for guide in target.guides),
    )


def _repoint_guide(guide: GuideResult, place: int) -> GuideResult:
    return dataclasses.replace(guide, rows=tuple(_repoint(row, place) for row in guide.rows))


Pointing = TypeVar("Pointing", Finding, GuideRow)


def _repoint(one: Pointing, place: int) -> Pointing:
    pointers = tuple(f"/targets/{place}/{pointer.split('/', 3)[3]}" for pointer in one.evidence)
    return dataclasses.replace(one, evidence=pointers)
