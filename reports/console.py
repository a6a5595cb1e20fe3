"""The console report: for a terminal, or a text file. The answer first, then what is open, then what was looked at."""

import io
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from reports import summary
from reports.escape.terminal import for_terminal
from reports.facts.certificates import certificates
from reports.facts.protocols import protocols
from reports.facts.reading import as_list, as_text, at, clock, plural, size
from reports.facts.server import server_line
from scanner.model.codec import document
from scanner.model.finding import Finding
from scanner.model.result import ScanResult, TargetResult
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
_LABEL_WIDTH = 15
_MOST_RULES = 8  # rule ids of one group of open questions
_LONGEST_REASON = 250  # characters of the reason of such a group
_MOST_PLACES = 4  # endpoints or pointers of one finding


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
    raw_targets = as_list(document(result)["targets"])
    tool, policy, run = result.tool, result.policy, result.run
    yield _line(f"{tool.name} {tool.version} · policy {policy.id} {policy.version} · {clock(run.started)}", "dim")
    if run.status != "complete":
        yield _line(f"The scan is {run.status}: what is missing below was not looked at.", "bold")
    for target, raw in zip(result.targets, raw_targets, strict=True):
        yield _line("")
        yield from _target(result, target, raw)


def _target(result: ScanResult, target: TargetResult, raw: object) -> Iterator[RenderableType]:
    yield from _verdict(target)
    yield from _findings(summary.open_findings(target))
    yield from _accepted(target)
    yield from _gaps(target)
    yield from _facts(result, target, raw)


# --- the answer -------------------------------------------------------------------------------------------------------


def _verdict(target: TargetResult) -> Iterator[RenderableType]:
    yield Text.assemble((for_terminal(target.target.url), "bold"), f"  {target.status}")
    if target.reason:
        yield _indented(_line(target.reason))
    yield _indented(_line(summary.headline(target)))
    yield _indented(_tally(target))
    for endpoint in target.endpoints:
        where = f"{endpoint.address} port {endpoint.port}: {endpoint.status}"
        yield _indented(_line(": ".join(filter(None, (where, endpoint.reason))), "dim"))


def _tally(target: TargetResult) -> Text:
    """`critical 0 · high 2 · … · passed 41`."""
    numbers = summary.counts(target).items()
    parts = [Text(f"{severity} {number}", style=_STYLES[severity] if number else "dim") for severity, number in numbers]
    parts.append(Text(f"passed {len(summary.passed(target))}", style="green"))
    for status in (RuleStatus.UNKNOWN, RuleStatus.NOT_ASSESSED):
        number = len({one.rule for one in target.outcomes if one.status is status})
        parts.append(Text(f"{status.replace('-', ' ')} {number}", style="bold" if number else "dim"))
    return Text(" · ").join(parts)


def _findings(findings: Sequence[Finding]) -> Iterator[RenderableType]:
    for severity in summary.HEAVIEST_FIRST:
        of_this = [finding for finding in findings if finding.severity is severity]
        if of_this:
            yield _heading(f"{severity.upper()} ({len(of_this)})", _STYLES[severity])
        for finding in of_this:
            yield _indented(_finding(finding))


def _finding(finding: Finding) -> RenderableType:
    head = Text.assemble(
        (for_terminal(finding.rule), _STYLES[finding.severity]),
        "  ",
        (for_terminal(finding.title), "bold"),
        (f"  ({finding.confidence})" if finding.confidence != "certain" else "", "dim"),
    )
    rows = (
        ("at", _few(finding.endpoints)),
        ("proof", _few(finding.evidence)),
        ("mend", for_terminal(finding.remediation.text)),
    )
    return Group(head, _indented(_line(finding.message)), _indented(_grid(rows, label_width=6)))


def _accepted(target: TargetResult) -> Iterator[RenderableType]:
    accepted = summary.accepted_findings(target)
    if accepted:
        yield _heading(f"ACCEPTED ({len(accepted)})")
    for finding in accepted:
        if finding.waiver is not None:
            until = f"until {finding.waiver.expires}, {finding.waiver.owner}: {finding.waiver.reason}"
            yield _indented(_line(f"{finding.rule}  {finding.title} ({finding.severity}), {until}"))


# --- what is open -----------------------------------------------------------------------------------------------------


def _gaps(target: TargetResult) -> Iterator[RenderableType]:
    groups = summary.gaps(target)
    said = {group.reason for group in groups}
    rows = [
        (one.topic, for_terminal(" ".join(filter(None, (one.ending, f"at {one.endpoint}" if one.endpoint else "")))))
        for one in summary.interruptions(target)
        if one.ending not in said
    ]
    rows += [(group.status, _group_line(group)) for group in groups]
    if rows:
        yield _heading("WHAT COULD NOT BE KNOWN")
        yield _indented(_grid((for_terminal(label), text) for label, text in rows))


def _group_line(group: summary.Group) -> str:
    where = f" at {_few(group.endpoints)}" if group.endpoints else ""
    return f"{for_terminal(group.reason, limit=_LONGEST_REASON)} — {_few(group.rules, _MOST_RULES)}{where}"


# --- what was looked at -----------------------------------------------------------------------------------------------


def _facts(result: ScanResult, target: TargetResult, raw: object) -> Iterator[RenderableType]:
    yield _heading("WHAT WAS LOOKED AT")
    rows: list[tuple[str, str]] = []
    for observation in as_list(at(raw, "observations")):
        found = [*_protocol_rows(observation), *_certificate_rows(result, raw, observation)]
        if found and len(target.endpoints) > 1:
            rows.append(("at", as_text(at(observation, "endpoint"))))
        rows += found
    rows.append(("server", server_line(at(raw, "derived")) or "not identified"))
    rows.append(("topics", ", ".join(dict.fromkeys(one.topic for one in target.observations)) or "none"))
    cost = target.cost
    spent = f"{plural(cost.connections, 'connection')}, {size(cost.bytes_out)} sent, {size(cost.bytes_in)} received"
    rows.append(("cost", f"{spent}, {cost.seconds:.1f} s"))
    yield _indented(_grid((for_terminal(label), for_terminal(text)) for label, text in rows))


def _protocol_rows(observation: object) -> Iterator[tuple[str, str]]:
    if at(observation, "topic") != "tls_suites":
        return
    for row in protocols(at(observation, "evidence")):
        known = row.reason if row.supported == "unknown" else row.order if len(row.suites) > 1 else ""
        yield row.name, "; ".join(filter(None, (row.brief, known)))


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
        trust = ", ".join(f"{store} store: {answer}" for store, answer in card.trust)
        parts = (card.subject, f"by {card.issuer}" if card.issuer else "", until, card.key, trust)
        yield "certificate", ", ".join(filter(None, parts))


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


def _few(members: Sequence[str], most: int = _MOST_PLACES) -> str:
    shown = ", ".join(for_terminal(one) for one in members[:most])
    return shown if len(members) <= most else f"{shown} and {len(members) - most} more"
