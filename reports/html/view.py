"""What the page shows, prepared: the templates only place it."""

import dataclasses
import datetime
from collections.abc import Callable, Sequence

from reports import summary
from reports.excerpt import Excerpt, excerpts
from reports.facts.addresses import address_sheets
from reports.facts.certificates import CertificateCard, certificates
from reports.facts.clients import client_sheets
from reports.facts.exchanges import ExchangeRow, exchanges
from reports.facts.grades import GradeLine, grade_lines
from reports.facts.guides import RowWords, row_words, tally
from reports.facts.http_lines import http_lines
from reports.facts.protocols import ProtocolRow, protocols
from reports.facts.reading import as_dict, as_list, as_text, at
from reports.facts.server import reasons, server_line
from reports.facts.sheet import Sheet
from reports.facts.sheets import sheets
from reports.facts.tls_lines import Line, tls_lines
from reports.facts.tree import Node, tree
from reports.wording import ending, message
from scanner.model.codec import document
from scanner.model.finding import Finding
from scanner.model.guide import GuideResult
from scanner.model.result import RuleRef, ScanResult, TargetResult
from scanner.model.rule import Reference, RuleStatus, Severity, Snippet

BRIEF_LINES = 4
"""Lines of a proof that stands open beside its claim; longer ones are folded."""

MANY = 10
"""Targets beyond which the page tells each rule's reasons once, at its end, and leaves the longest tables out."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One severity's count, and its share of the longest bar in percent."""

    severity: Severity
    number: int
    share: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """One finding with its message as a sentence, its proofs, its rule's reasons, and the references.

    `brief` is the one proof that is short enough to stand beside the message, `proofs` are all that are not; `told`
    says that the message holds the brief one already. `like` is an earlier finding of this target with the same
    configuration to change, as anchor and rule.
    """

    anchor: str
    finding: Finding
    message: str
    rationale: str
    brief: Excerpt | None
    told: bool
    proofs: tuple[Excerpt, ...]
    references: tuple[Reference, ...]
    like: tuple[str, str] | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FactView:
    """One observation, in the one form that fits its topic; a `tree` where the topic is not known.

    `ending` says in words how it ended where that was not well.
    """

    topic: str
    endpoint: str
    ending: str
    protocols: tuple[ProtocolRow, ...] = ()
    certificates: tuple[CertificateCard, ...] = ()
    exchanges: tuple[ExchangeRow, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    tree: Node | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class GlanceView:
    """One endpoint in a few lines; `place` is empty where there is only one."""

    place: str
    lines: tuple[Line, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PassView:
    """A rule that passed: what it looked at, and why it is fine where that was said."""

    rule: str
    looked_at: str
    reason: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class GuideRowView:
    """A row of a guide; `findings` are the findings on this page that it rests on, as anchor and rule."""

    words: RowWords
    findings: tuple[tuple[str, str], ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class GuideView:
    """A guide's checklist, and its numbers in words."""

    guide: GuideResult
    tally: str
    rows: tuple[GuideRowView, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TargetView:
    """One target's part of the page. `interruptions` leaves out what `gaps` says already.

    `index` has the findings that ask for something, the first of each title with their number.
    """

    anchor: str
    result: TargetResult
    headline: str
    bars: tuple[Bar, ...]
    tally: tuple[tuple[str, int], ...]
    findings: tuple[tuple[Severity, tuple[FindingView, ...]], ...]
    index: tuple[tuple[FindingView, int], ...]
    accepted: tuple[FindingView, ...]
    gaps: tuple[summary.Group, ...]
    interruptions: tuple[summary.Interruption, ...]
    not_applicable: tuple[summary.Group, ...]
    passed: tuple[PassView, ...]
    grades: tuple[GradeLine, ...]
    guides: tuple[GuideView, ...]
    kind: str
    server: str
    server_reasons: tuple[str, ...]
    facts: tuple[FactView, ...]
    clients: tuple[Sheet, ...]
    addresses: tuple[Sheet, ...]
    glances: tuple[tuple[str, tuple[GlanceView, ...]], ...]
    extras: tuple[Node, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """The page. `rules` gives each rule's title by id, for what only names it.

    Where there are many targets, `shared` has the first finding of each rule under its anchor, which all others of it
    lead to, by `leads`; else both are empty.
    """

    title: str
    result: ScanResult
    targets: tuple[TargetView, ...]
    rules: dict[str, RuleRef]
    shared: tuple[tuple[str, FindingView], ...]
    leads: dict[str, str]


def page(result: ScanResult) -> PageView:
    """The view of a whole result."""
    whole = document(result)
    rules = {rule.id: rule for rule in result.rules}
    names = [target.target.unicode_host or target.target.host for target in result.targets]
    targets = tuple(
        _target(target, number, whole, rules, result.run.now) for number, target in enumerate(result.targets)
    )
    shared = _shared(targets) if len(targets) > MANY else ()
    return PageView(
        title=names[0] if len(names) == 1 else f"{len(names)} sites",
        result=result,
        targets=targets,
        rules=rules,
        shared=shared,
        leads={view.finding.rule: anchor for anchor, view in shared},
    )


def _shared(targets: Sequence[TargetView]) -> tuple[tuple[str, FindingView], ...]:
    """The first finding of each rule, in the order of the rules, each with an anchor of its own."""
    first: dict[str, FindingView] = {}
    for target in targets:
        for view in (*(one for _, of_this in target.findings for one in of_this), *target.accepted):
            first.setdefault(view.finding.rule, view)
    return tuple((f"r{number}", first[rule]) for number, rule in enumerate(sorted(first), 1))


def _target(
    target: TargetResult, number: int, whole: object, rules: dict[str, RuleRef], now: datetime.datetime
) -> TargetView:
    raw = as_list(at(whole, "targets"))[number]
    anchor = f"t{number + 1}"
    found = _finding_views(summary.open_findings(target), f"{anchor}-f", whole, rules)
    gaps = summary.gaps(target, rules.values())
    return TargetView(
        anchor=anchor,
        result=target,
        headline=summary.headline(target),
        bars=_bars(target),
        tally=_tally(target),
        findings=tuple(
            (severity, of_this)
            for severity in summary.HEAVIEST_FIRST
            if (of_this := tuple(one for one in found if one.finding.severity is severity))
        ),
        index=_index(found),
        accepted=_finding_views(summary.accepted_findings(target), f"{anchor}-a", whole, rules),
        gaps=gaps,
        interruptions=summary.untold_interruptions(target, gaps),
        not_applicable=summary.not_applicable(target),
        passed=tuple(_passed(one.rule, one.reason, rules) for one in summary.passed(target)),
        grades=grade_lines(raw),
        guides=tuple(_guide(one, found) for one in target.guides),
        kind=_kind(at(raw, "derived", "kinds")),
        server=server_line(at(raw, "derived")),
        server_reasons=reasons(at(raw, "derived")),
        facts=tuple(_fact(one, raw, now) for one in as_list(at(raw, "observations"))),
        clients=client_sheets(at(raw, "derived")),
        addresses=address_sheets(at(raw, "derived")),
        glances=tuple(
            (heading, lines)
            for heading, make in (("HTTP in short", http_lines), ("TLS in short", tls_lines))
            if (lines := _glances(raw, make))
        ),
        extras=_extras(raw),
    )


def _index(found: Sequence[FindingView]) -> tuple[tuple[FindingView, int], ...]:
    alike: dict[tuple[Severity, str], list[FindingView]] = {}
    for one in found:
        if one.finding.severity is not Severity.INFO:
            alike.setdefault((one.finding.severity, one.finding.title), []).append(one)
    return tuple((of_this[0], len(of_this)) for of_this in alike.values())


def _guide(guide: GuideResult, findings: Sequence[FindingView]) -> GuideView:
    anchors = {one.finding.rule: one.anchor for one in reversed(findings)}
    rows = (
        GuideRowView(
            words=row_words(row), findings=tuple((anchors[rule], rule) for rule in row.failed if rule in anchors)
        )
        for row in guide.rows
    )
    return GuideView(guide=guide, tally=tally(guide), rows=tuple(rows))


def _glances(raw: object, make: Callable[[str, object], tuple[Line, ...]]) -> tuple[GlanceView, ...]:
    found: dict[str, list[Line]] = {}
    for one in as_list(at(raw, "observations")):
        lines = make(as_text(at(one, "topic")), at(one, "evidence"))
        if lines:
            found.setdefault(as_text(at(one, "endpoint")), []).extend(lines)
    return tuple(
        GlanceView(place=place if len(found) > 1 else "", lines=tuple(lines)) for place, lines in found.items()
    )


def _extras(raw: object) -> tuple[Node, ...]:
    """The parts of grades that are shown nowhere else: those of scales that are not a table of tests."""
    left = {scale: one for scale, one in as_dict(at(raw, "grades")).items() if not at(one, "tests")}
    return (tree(left, "grades"),) if left else ()


def _kind(kinds: object) -> str:
    """What answers, and why we think so: it decides which rules apply."""
    said = (": ".join(filter(None, (as_text(at(one, key)) for key in ("kind", "because")))) for one in as_list(kinds))
    return "; ".join(dict.fromkeys(filter(None, said)))


def _bars(target: TargetResult) -> tuple[Bar, ...]:
    numbers = summary.counts(target)
    longest = max(1, *numbers.values())
    return tuple(
        Bar(severity=severity, number=number, share=round(100 * number / longest))
        for severity, number in numbers.items()
    )


def _tally(target: TargetResult) -> tuple[tuple[str, int], ...]:
    """Label and number of the rules that did not fail, by how they came out."""

    def number(status: RuleStatus) -> int:
        return len({one.rule for one in target.outcomes if one.status is status})

    return (
        ("passed", len(summary.passed(target))),
        ("could not be known", number(RuleStatus.UNKNOWN)),
        ("not assessed", number(RuleStatus.NOT_ASSESSED)),
        ("do not apply", number(RuleStatus.NOT_APPLICABLE)),
    )


def _finding_views(
    findings: Sequence[Finding], anchor: str, whole: object, rules: dict[str, RuleRef]
) -> tuple[FindingView, ...]:
    first: dict[tuple[Snippet, ...], tuple[str, str]] = {}
    found = []
    for place, finding in enumerate(findings):
        here = (f"{anchor}{place + 1}", finding.rule)
        there = first.setdefault(finding.remediation.snippets, here)
        like = there if finding.remediation.snippets and there != here else None
        found.append(_finding_view(finding, here[0], excerpts(whole, finding.evidence), rules.get(finding.rule), like))
    return tuple(found)


def _finding_view(
    finding: Finding, anchor: str, proofs: tuple[Excerpt, ...], rule: RuleRef | None, like: tuple[str, str] | None
) -> FindingView:
    brief = proofs[0] if len(proofs) == 1 and len(proofs[0].lines) <= BRIEF_LINES else None
    return FindingView(
        anchor=anchor,
        finding=finding,
        message=message(finding),
        rationale=rule.rationale if rule else "",
        brief=brief,
        told=brief is not None and all(line in finding.message for line in brief.lines),
        proofs=() if brief else proofs,
        references=finding.references or (rule.references if rule else ()),
        like=like,
    )


def _passed(rule: str, reason: str | None, rules: dict[str, RuleRef]) -> PassView:
    known = rules.get(rule)
    return PassView(rule=rule, looked_at=(known.summary or known.name) if known else "", reason=reason or "")


def _fact(observation: object, raw: object, now: datetime.datetime) -> FactView:
    topic, evidence = as_text(at(observation, "topic")), at(observation, "evidence")
    endpoint = as_text(at(observation, "endpoint"))
    trust = at(raw, "derived", "trust")
    fact = FactView(
        topic=topic,
        endpoint=endpoint,
        ending=_ending(observation),
        protocols=protocols(evidence) if topic == "tls_suites" else (),
        certificates=certificates(evidence, trust=trust, endpoint=endpoint, now=now) if topic == "certificates" else (),
        exchanges=exchanges(evidence) if topic == "http_exchanges" else (),
        sheets=sheets(topic, evidence),
    )
    laid_out = fact.protocols or fact.certificates or fact.exchanges or fact.sheets
    return fact if laid_out or evidence is None else dataclasses.replace(fact, tree=tree(evidence))


def _ending(observation: object) -> str:
    outcome = as_text(at(observation, "outcome"))
    return "" if outcome == "ok" else ending(outcome, *(as_text(at(observation, key)) for key in ("stage", "detail")))
