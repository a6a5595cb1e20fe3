"""Guides, judged: the rules and facts that a row names decide it. Pure; no finding comes of it.

Rules are asked by the guide's own thresholds and whether or not the policy selects them, so a guide comes out alike
under every policy. What could not be told is never met.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from scanner.model.finding import Finding
from scanner.model.guide import Advice, Guide, GuideResult, GuideRow, GuideStatus
from scanner.model.observation import Observation
from scanner.model.outcome import Outcome
from scanner.model.peer import PeerText, peer_text
from scanner.model.policy import Policy
from scanner.model.rule import Confidence, RuleOutcome, RuleStatus
from scanner.rules.document_gate import NO_DOCUMENT
from scanner.rules.guide_facts import all_facts
from scanner.rules.judge import Bench, judge, why_incomplete
from scanner.rules.registry import Rule, all_rules

MOST_REASONS = 4
"""Reasons that a row gives; the evidence of all of them is in the result."""

LONGEST_REASON = 1000
"""Characters of a row's reason."""

NOTHING_ASKED = "nothing that decides it was asked"


_WORDLESS = frozenset({"tls_suites"})
"""Topics whose rules pass with the alert that came as their reason, which tells a reader of a checklist nothing."""

_ENDED_WELL = frozenset({Outcome.OK, Outcome.NOT_APPLICABLE, Outcome.NOT_ASSESSED})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What one rule or fact said: its status over all endpoints, why in words, and where the proof is."""

    name: str
    called: str
    status: RuleStatus
    reasons: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    remediation: str = ""


def judge_guides(
    guides: Sequence[Guide], observations: Sequence[Observation[object]], bench: Bench
) -> tuple[GuideResult, ...]:
    """Each guide's rows at one target. JSON Pointers are for a document in which this is target 0."""
    return tuple(judge_guide(guide, observations, bench) for guide in guides)


def judge_guide(guide: Guide, observations: Sequence[Observation[object]], bench: Bench) -> GuideResult:
    """One guide's rows, by its own thresholds."""
    own = dataclasses.replace(bench, policy=_policy(guide))
    said = _ask(_asked(guide), observations, own)
    return GuideResult(
        id=guide.id,
        title=guide.title,
        version=guide.version,
        sha256=guide.sha256,
        rows=tuple(_row(advice, said) for advice in guide.rows),
    )


def _policy(guide: Guide) -> Policy:
    """The guide as the policy that its rules are asked by: every rule counts, with the guide's numbers."""
    return Policy(
        id=guide.id, version=guide.version, title=guide.title, sha256=guide.sha256, thresholds=guide.thresholds
    )


def _asked(guide: Guide) -> tuple[Rule, ...]:
    rules = {name for advice in guide.rows for name in advice.asked_rules}
    facts = {name for advice in guide.rows for name in advice.asked_facts}
    return (
        *(rule for rule in all_rules() if rule.info.id in rules),
        *(fact for name, fact in all_facts().items() if name in facts),
    )


def _ask(rules: Sequence[Rule], observations: Sequence[Observation[object]], bench: Bench) -> Mapping[str, _Said]:
    outcomes, findings = judge(rules, observations, bench)
    doubted = {(one.topic, one.endpoint): why_incomplete(one) for one in observations if one.outcome not in _ENDED_WELL}
    return {rule.info.id: _said(rule, [_sure(one, rule, doubted) for one in outcomes], findings) for rule in rules}


def _sure(outcome: RuleOutcome, rule: Rule, doubted: Mapping[tuple[str, str | None], str]) -> RuleOutcome:
    """The outcome, unknown where "does not apply" rests on evidence that is not whole: on no answer nothing applies."""
    doubt = doubted.get((rule.info.topic, outcome.endpoint))
    if outcome.status is not RuleStatus.NOT_APPLICABLE or doubt is None:
        return outcome
    return dataclasses.replace(outcome, status=RuleStatus.UNKNOWN, reason=doubt)


def _said(rule: Rule, outcomes: Sequence[RuleOutcome], findings: Sequence[Finding]) -> _Said:
    name = rule.info.id
    here = [one for one in outcomes if one.rule == name]
    found = [one for one in findings if one.rule == name]
    status = _overall({one.status for one in here})
    if status is RuleStatus.FAIL:
        return _Said(
            name=name,
            called=rule.info.name,
            status=status,
            reasons=tuple(dict.fromkeys(_told(one) for one in found)) or (rule.info.title,),
            evidence=tuple(dict.fromkeys(pointer for one in found for pointer in one.evidence)),
            remediation=rule.info.remediation.text,
        )
    told = [_plain(one.reason) for one in here if one.status is status and one.reason]
    if status is RuleStatus.PASS:
        told = [] if rule.info.topic in _WORDLESS and name not in all_facts() else told
        told += [
            f"not looked at {one.endpoint}: {_plain(one.reason or '')}"
            for one in here
            if one.status is RuleStatus.NOT_ASSESSED
        ]
    return _Said(name=name, called=rule.info.name, status=status, reasons=tuple(dict.fromkeys(told)))


def _told(finding: Finding) -> str:
    return f"{finding.message} (tentative)" if finding.confidence is Confidence.TENTATIVE else finding.message


def _plain(reason: str) -> str:
    """The reason without the outcome before it where that says no more than the row does."""
    return reason.removeprefix(f"{Outcome.NOT_ASSESSED}: ").removeprefix(f"{Outcome.NOT_APPLICABLE}: ")


def _overall(statuses: set[RuleStatus]) -> RuleStatus:
    """One status over all endpoints: a fault anywhere counts, then a doubt, then a pass.

    An endpoint that was not asked does not undo what passed at another one: it is named beside it.
    """
    order = (
        RuleStatus.FAIL,
        RuleStatus.UNKNOWN,
        RuleStatus.PASS,
        RuleStatus.NOT_ASSESSED,
        RuleStatus.NOT_APPLICABLE,
    )
    return next((one for one in order if one in statuses), RuleStatus.NOT_ASSESSED)


# --- one row ----------------------------------------------------------------------------------------------------------


def _row(advice: Advice, said: Mapping[str, _Said]) -> GuideRow:
    if not advice.observable:
        return _finish(advice, GuideStatus.NOT_OBSERVABLE, ("it cannot be seen from outside",))
    must = [said[name] for name in (*advice.facts, *advice.rules)]
    also = [said[name] for name in advice.also]
    remarks = _reasons(one for name in advice.remarks if (one := said[name]).status is RuleStatus.PASS)
    if advice.instead is not None:
        seen = (*_reasons((*must, *also)), *remarks)
        return _finish(advice, GuideStatus.SUPERSEDED, seen, failed=_against((*must, *also)))
    if against := _against((*must, *also)):
        return _finish(advice, GuideStatus.NOT_MET, (*_reasons(against), *remarks), failed=against)
    if doubts := _open(must):
        return _finish(advice, GuideStatus.UNKNOWN, (*(_reasons(doubts) or (NOTHING_ASKED,)), *remarks))
    for_it = [one for one in must if one.status is RuleStatus.PASS]
    if not for_it:
        why = _reasons(must) or ("the question does not arise",)
        # What only a document could show was not seen to be right where there is none.
        status = advice.not_applicable if NO_DOCUMENT.isdisjoint(why) else GuideStatus.UNKNOWN
        return _finish(advice, status, (f"does not apply: {why[0]}", *why[1:], *remarks))
    left = tuple(f"{one.called}: {reason}" for one in _open(also) for reason in one.reasons)
    why = _reasons(for_it) or (f"nothing speaks against it ({_number(for_it)})",)
    rest = tuple(f"the rest does not apply: {reason}" for reason in _reasons(must) if reason in NO_DOCUMENT)
    return _finish(advice, advice.at_best, (*why, *rest, *remarks, *left))


def _number(those: Sequence[_Said]) -> str:
    return "1 check passed" if len(those) == 1 else f"{len(those)} checks passed"


def _against(those: Iterable[_Said]) -> tuple[_Said, ...]:
    return tuple(one for one in those if one.status is RuleStatus.FAIL)


def _open(those: Iterable[_Said]) -> tuple[_Said, ...]:
    return tuple(one for one in those if one.status in {RuleStatus.UNKNOWN, RuleStatus.NOT_ASSESSED})


def _reasons(those: Iterable[_Said]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reason for one in those for reason in one.reasons))


def _evidence(those: Iterable[_Said]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(pointer for one in those for pointer in one.evidence))


def _finish(
    advice: Advice,
    status: GuideStatus,
    reasons: Sequence[str],
    *,
    failed: Sequence[_Said] = (),
) -> GuideRow:
    return GuideRow(
        id=advice.id,
        advice=advice.advice,
        status=status,
        reason=_text((*reasons, advice.unseen) if advice.unseen else reasons),
        instead=advice.instead,
        do=_do(advice, status, failed),
        rules=advice.asked_rules,
        facts=advice.asked_facts,
        failed=() if status is GuideStatus.SUPERSEDED else tuple(one.name for one in failed),
        evidence=_evidence(failed),
    )


def _do(advice: Advice, status: GuideStatus, failed: Sequence[_Said]) -> str | None:
    match status:
        case GuideStatus.NOT_MET:
            return advice.do or next((one.remediation for one in failed if one.remediation), None)
        case GuideStatus.NOT_OBSERVABLE:
            return advice.do
        case GuideStatus.UNKNOWN:
            return advice.ask
        case _:
            return None


def _text(reasons: Sequence[str]) -> PeerText:
    """The first reasons on one line, and how many more there are."""
    whole = tuple(dict.fromkeys(reasons))
    shown = "; ".join(whole[:MOST_REASONS])
    rest = len(whole) - MOST_REASONS
    return peer_text(f"{shown}; and {rest} more" if rest > 0 else shown, limit=LONGEST_REASON)
