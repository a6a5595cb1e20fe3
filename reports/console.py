"""The console report: for a terminal, or a text file. The answer first, then what is open, then what was looked at."""

import io
import itertools
from collections.abc import Iterable, Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from reports import summary
from reports.escape.terminal import for_terminal
from reports.excerpt import excerpts
from reports.facts.addresses import address_lines
from reports.facts.certificates import certificates
from reports.facts.clients import client_lines
from reports.facts.grades import grade_lines
from reports.facts.guides import row_words, tally
from reports.facts.http_lines import http_lines
from reports.facts.protocols import protocol_lines
from reports.facts.reading import as_list, as_text, at, clock, plural, size
from reports.facts.server import server_line
from reports.facts.tls_lines import tls_lines
from reports.wording import clipped, message, several, spans
from scanner.model.codec import document
from scanner.model.finding import Finding
from scanner.model.guide import GuideResult, GuideStatus
from scanner.model.result import RuleRef, ScanResult, TargetResult
from scanner.model.rule import RuleStatus, Severity

DEFAULT_WIDTH = 100
"""Columns where nobody says how wide the terminal is."""

NARROWEST = 40
"""Columns below which lines are not made narrower."""

_STYLES = {
    Severity.CRITICAL: "bold magenta",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "bold yellow",
    Severity.LOW: "bold blue",
    Severity.INFO: "bold cyan",
}
_GUIDE_STYLES = {
    GuideStatus.MET: "green",
    GuideStatus.NOT_MET: "bold yellow",
    GuideStatus.UNKNOWN: "bold",
    GuideStatus.NOT_OBSERVABLE: "dim",
    GuideStatus.SUPERSEDED: "dim",
}
_LABEL_WIDTH = 18
_FIX_WIDTH = 5
_MOST_ALIKE = 8  # findings of one rule
_MOST_SPANS = 6  # rule ids, or runs of them, of one group of open questions
_LONGEST_REASON = 250  # characters of the reason of such a group
_MOST_PLACES = 4  # endpoints of one finding
_LONGEST_PROOF = 160  # characters of what was seen: two lines at most where the terminal is not narrow
_LONGEST_MESSAGE = 500  # characters of what a finding says
_LONGEST_REMARK = 240  # the same of a remark: three lines at most where the terminal is not narrow
_LONGEST_ADVICE = 160  # of what a guide advises: two lines
_MOST_CAPS = 4  # of what holds a grade down
_HINT = "leadline explain RULE: why it matters, and configuration. -o report.html: all of it, for people."


class ConsoleReport:
    """Text of at most `width` columns, with ANSI colours where `colour` is set and none of a peer's in any case."""

    format = "console"
    suffix = ".txt"
    media_type = "text/plain; charset=utf-8"

    def __init__(self, *, width: int = DEFAULT_WIDTH, colour: bool = False) -> None:
        self._width = max(width, NARROWEST)
        self._colour = colour

    def render(self, result: ScanResult) -> bytes:
        """The report in UTF-8."""
        out = io.StringIO()
        console = Console(
            file=out,
            width=self._width,
            color_system="standard" if self._colour else None,
            force_terminal=self._colour,
            no_color=not self._colour,
            force_jupyter=False,
            legacy_windows=False,
            markup=False,
            emoji=False,
            highlight=False,
            _environ={},  # the same result gives the same bytes, whatever the terminal says of itself
        )
        for part in _report(result):
            console.print(part)
        return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines()).encode()


def _report(result: ScanResult) -> Iterator[RenderableType]:
    whole = document(result)
    tool, policy, run = result.tool, result.policy, result.run
    yield _line(f"{tool.name} {tool.version} · policy {policy.id} {policy.version} · {clock(run.started)}", "dim")
    if run.status != "complete":
        yield _line(f"The scan is {run.status}: what is missing below was not looked at.", "bold")
    if len(result.targets) > 1:
        yield _line("")
        yield _overview(result.targets)
    for place, target in enumerate(result.targets):
        yield _line("")
        yield from _target(result, target, whole, place)
    if any(target.findings for target in result.targets):
        yield _line("")
        yield _line(_HINT, "dim")


def _overview(targets: Sequence[TargetResult]) -> Table:
    """A row a target: how much of it was seen, and the numbers."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("target", overflow="fold", ratio=1)
    table.add_column("seen", overflow="fold")
    for severity in summary.HEAVIEST_FIRST:
        table.add_column({Severity.CRITICAL: "crit", Severity.MEDIUM: "med"}.get(severity, severity), justify="right")
    table.add_column("open", justify="right")
    for target in targets:
        counts = summary.counts(target).items()
        numbers = [Text(str(number), style=_STYLES[severity] if number else "dim") for severity, number in counts]
        left = len({one.rule for one in target.outcomes if one.status in summary.OPEN})
        table.add_row(_line(_short_url(target.target.url)), Text(target.status), *numbers, Text(str(left)))
    return table


def _short_url(url: str) -> str:
    """`www.example.org` for `https://www.example.org/`; any other part of a URL stays."""
    return url.removeprefix("https://").removesuffix("/")


def _target(result: ScanResult, target: TargetResult, whole: object, place: int) -> Iterator[RenderableType]:
    yield from _verdict(target, as_list(at(whole, "targets"))[place])
    yield from _findings(target, whole)
    yield from _accepted(target)
    for guide in target.guides:
        yield from _guide(guide)
    yield from _gaps(target, result.rules)
    yield from _facts(result, target, as_list(at(whole, "targets"))[place])


# --- the answer -------------------------------------------------------------------------------------------------------


def _verdict(target: TargetResult, raw: object) -> Iterator[RenderableType]:
    unreachable = target.status == "unreachable"
    yield Text.assemble((for_terminal(target.target.url), "bold"), f"  {target.status}")
    yield _indented(_line(summary.headline(target)))
    if target.reason and not unreachable:
        yield _indented(_line(target.reason))
    if not unreachable:
        yield _indented(_tally(target))
        for grade in grade_lines(raw):
            yield _indented(_line(grade.said_by))
            held = [clipped(cap, _LONGEST_PROOF) for cap in grade.caps[:_MOST_CAPS]]
            rest = len(grade.caps) - len(held)
            for line in filter(None, ("; ".join([*held, *([f"{rest} more"] if rest else [])]), grade.open)):
                yield _indented(_indented(Text(for_terminal(line, limit=_LONGEST_MESSAGE))))
    for endpoint in target.endpoints:
        reason = "" if unreachable else endpoint.reason or ""
        where = f"{endpoint.address} port {endpoint.port}: {endpoint.status}"
        yield _indented(_line(": ".join(filter(None, (where, reason))), "dim"))
    for note in target.notes:
        yield _indented(_line(note, "dim"))


def _tally(target: TargetResult) -> Text:
    """`critical 0 · high 2 · … · passed 41`."""
    numbers = summary.counts(target).items()
    parts = [Text(f"{severity} {number}", style=_STYLES[severity] if number else "dim") for severity, number in numbers]
    parts.append(Text(f"passed {len(summary.passed(target))}", style="green"))
    for status in (RuleStatus.UNKNOWN, RuleStatus.NOT_ASSESSED):
        number = len({one.rule for one in target.outcomes if one.status is status})
        parts.append(Text(f"{status.replace('-', ' ')} {number}", style="bold" if number else "dim"))
    return Text(" · ").join(parts)


def _findings(target: TargetResult, whole: object) -> Iterator[RenderableType]:
    findings = summary.open_findings(target)
    advised: dict[str, str] = {}
    for severity in summary.HEAVIEST_FIRST:
        of_this = [finding for finding in findings if finding.severity is severity]
        if of_this:
            yield _heading(f"{severity.upper()} ({len(of_this)})", _STYLES[severity])
        for _, alike in itertools.groupby(of_this, key=lambda one: (one.rule, one.title, one.confidence)):
            yield _indented(_fault(tuple(alike), whole, advised, endpoints=len(target.endpoints)))


def _fault(alike: Sequence[Finding], whole: object, advised: dict[str, str], *, endpoints: int) -> RenderableType:
    """The findings of one rule. `advised` has the rules that gave each advice before, so that none stands twice.

    A remark (severity info) asks for nothing, so it goes without proof and advice.
    """
    first = alike[0]
    head = Text.assemble(
        (for_terminal(first.rule), _STYLES[first.severity]),
        "  ",
        (for_terminal(first.title), "bold"),
        (f"  ({first.confidence})" if first.confidence != "certain" else "", "dim"),
        (f"  {len(alike)} times" if len(alike) > 1 else "", "dim"),
    )
    parts = [part for one in alike[:_MOST_ALIKE] for part in _said(one, whole, endpoints=endpoints)]
    if len(alike) > _MOST_ALIKE:
        parts.append(_line(f"and {len(alike) - _MOST_ALIKE} more", "dim"))
    if first.severity is not Severity.INFO:
        known = first.remediation.text in advised
        before = advised.setdefault(first.remediation.text, first.rule)
        again = "as above" if before == first.rule else f"as for {before}"
        advice = again if known else first.remediation.text
        parts.append(_grid([("fix", for_terminal(advice))], label_width=_FIX_WIDTH))
    return Group(head, *map(_indented, parts))


def _said(finding: Finding, whole: object, *, endpoints: int) -> Iterator[RenderableType]:
    """What one finding says, where, and what was seen."""
    remark = finding.severity is Severity.INFO
    limit = _LONGEST_REMARK if remark else _LONGEST_MESSAGE
    told = message(finding)
    if told != finding.title:
        yield Text(for_terminal(clipped(told, limit), limit=limit + 2))
    rows = [("at", _places(finding.endpoints, endpoints))] if endpoints > 1 else []
    rows += [] if remark else [_proof(finding, whole)]
    if any(text for _, text in rows):
        yield _grid(rows, label_width=_FIX_WIDTH)


def _places(places: Sequence[str], endpoints: int) -> str:
    if endpoints > 1 and len(places) == endpoints:
        return f"all {endpoints} addresses"
    return several(map(for_terminal, places), _MOST_PLACES)


def _proof(finding: Finding, whole: object) -> tuple[str, str]:
    """What was seen, as far as it is short; nothing where the message tells it already."""
    seen = [one.lines for one in excerpts(whole, finding.evidence)]
    if any(_is_told(lines, finding.message) for lines in seen):
        return "seen", ""
    return "seen", _shortened([line for lines in seen for line in lines])


def _is_told(lines: Sequence[str], told: str) -> bool:
    """Whether a message names these already: a value without its label, a suite without its code, a flaw's proof."""
    return all(any(len(tail) > 2 and tail in told for tail in _tails(line)) for line in lines)


def _tails(line: str) -> tuple[str, str, str]:
    """`line`, what follows its first word, and what follows the answer in it."""
    return line, line.partition(" ")[2], line.partition(": yes: ")[2]


def _shortened(lines: Sequence[str]) -> str:
    """As many of `lines` as fit, one of them at least."""
    shown = for_terminal(clipped(lines[0], _LONGEST_PROOF)) if lines else ""
    for line in lines[1:]:
        if len(shown) + len(line) > _LONGEST_PROOF:
            return f"{shown}; …"
        shown = f"{shown}; {for_terminal(line)}"
    return shown


def _accepted(target: TargetResult) -> Iterator[RenderableType]:
    accepted = summary.accepted_findings(target)
    if accepted:
        yield _heading(f"ACCEPTED ({len(accepted)})")
    for finding in accepted:
        if finding.waiver is not None:
            until = f"until {finding.waiver.expires}, {finding.waiver.owner}: {finding.waiver.reason}"
            yield _indented(_line(f"{finding.rule}  {finding.title} ({finding.severity}), {until}"))


def _guide(guide: GuideResult) -> Iterator[RenderableType]:
    """The checklist: a row an advice, with its status as a word, why, and what to do."""
    yield _heading(for_terminal(f"GUIDE {guide.id}: {guide.title}"))
    yield _indented(_line(tally(guide)))
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True, max_width=8, overflow="ellipsis")
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold", ratio=1)
    for one in map(row_words, guide.rows):
        row = one.row
        told = clipped(row.reason, _LONGEST_REMARK) if row.rules or row.facts else ""
        advised = f"{one.lead}: {clipped(one.advised, _LONGEST_ADVICE)}" if one.advised else ""
        lines = [Text(for_terminal(text, limit=_LONGEST_MESSAGE), style="dim") for text in (told, advised) if text]
        status = Text(one.word, style=_GUIDE_STYLES[row.status])
        grid.add_row(_line(row.id), status, Group(_line(row.advice), *lines))
    yield _indented(grid)


# --- what is open -----------------------------------------------------------------------------------------------------


def _gaps(target: TargetResult, rules: Sequence[RuleRef]) -> Iterator[RenderableType]:
    groups = summary.gaps(target, rules)
    rows = [
        (one.topic, for_terminal(" ".join(filter(None, (one.ending, f"at {one.endpoint}" if one.endpoint else "")))))
        for one in summary.untold_interruptions(target, groups)
    ]
    rows += [(group.status, _group_line(group, target)) for group in groups]
    if rows:
        yield _heading("WHAT COULD NOT BE KNOWN")
        yield _indented(_grid((for_terminal(label), text) for label, text in rows))


def _group_line(group: summary.Group, target: TargetResult) -> str:
    runs = spans(group.rules)
    all_of_it = group.status == summary.NO_ANSWER
    rules = plural(len(group.rules), "rule") if all_of_it else several(map(for_terminal, runs), _MOST_SPANS)
    several_places = len(target.endpoints) > 1 and bool(group.endpoints)
    where = f" at {several(map(for_terminal, group.endpoints), _MOST_PLACES)}" if several_places else ""
    return f"{for_terminal(group.reason, limit=_LONGEST_REASON)} — {rules}{where}"


# --- what was looked at -----------------------------------------------------------------------------------------------


def _facts(result: ScanResult, target: TargetResult, raw: object) -> Iterator[RenderableType]:
    rows: list[tuple[str, str]] = []
    place: object = None
    for observation in as_list(at(raw, "observations")):
        evidence = at(observation, "evidence")
        found = [
            *_protocol_rows(observation),
            *tls_lines(as_text(at(observation, "topic")), evidence),
            *_certificate_rows(result, raw, observation),
            *http_lines(as_text(at(observation, "topic")), evidence),
        ]
        if found and len(target.endpoints) > 1 and at(observation, "endpoint") != place:
            place = at(observation, "endpoint")
            rows.append(("at", as_text(place)))
        rows += found
    rows += [("addresses", line) for line in address_lines(at(raw, "derived"))]
    if target.status != "unreachable":
        rows += [("clients", line) for line in client_lines(at(raw, "derived"))]
    rows.append(("server", server_line(at(raw, "derived")) or "not identified"))
    rows.append(("topics", ", ".join(dict.fromkeys(one.topic for one in target.observations)) or "none"))
    cost = target.cost
    spent = f"{plural(cost.connections, 'connection')}, {size(cost.bytes_out)} sent, {size(cost.bytes_in)} received"
    rows.append(("cost", f"{spent}, {cost.seconds:.1f} s"))
    yield _heading("WHAT WAS LOOKED AT")
    yield _indented(_grid((for_terminal(label), for_terminal(text)) for label, text in rows))


def _protocol_rows(observation: object) -> Iterator[tuple[str, str]]:
    if at(observation, "topic") == "tls_suites":
        yield from protocol_lines(at(observation, "evidence"))


def _certificate_rows(result: ScanResult, raw: object, observation: object) -> Iterator[tuple[str, str]]:
    if at(observation, "topic") != "certificates":
        return
    cards = certificates(
        at(observation, "evidence"),
        trust=at(raw, "derived", "trust"),
        endpoint=as_text(at(observation, "endpoint")),
        now=result.run.now,
    )
    for card in cards:
        until = f"until {card.until} ({card.remaining})" if card.remaining else ""
        parts = (card.subject, f"issued by {card.issuer}" if card.issuer else "", until, card.key)
        yield "certificate", ", ".join(filter(None, parts))
        for answer, stores in card.trust_by_answer.items():
            yield "trusted by", f"{', '.join(stores)}: {answer}"


# --- layout -----------------------------------------------------------------------------------------------------------


def _line(text: str, style: str = "") -> Text:
    return Text(for_terminal(text), style=style)


def _heading(text: str, style: str = "bold") -> RenderableType:
    return Padding(Text(text, style=style), (1, 0, 0, 0))


def _indented(what: RenderableType) -> Padding:
    return Padding(what, (0, 0, 0, 2))


def _grid(rows: Iterable[tuple[str, str]], label_width: int = _LABEL_WIDTH) -> Table:
    """Label and text in two columns; both are escaped already. Rows without text are left out."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=label_width, no_wrap=True, overflow="ellipsis")
    grid.add_column(overflow="fold", ratio=1)
    for label, text in rows:
        if text:
            grid.add_row(Text(label, style="dim"), Text(text))
    return grid
