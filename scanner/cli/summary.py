"""The one summary line that goes to standard error after the reports."""

from collections import Counter

from scanner.model.outcome import Outcome
from scanner.model.result import RunStatus, ScanResult
from scanner.model.rule import RULE_BROKE, RuleStatus, Severity


def summary_line(result: ScanResult) -> str:
    """How many targets, findings by severity, what stayed unknown, and what it cost."""
    targets = result.targets
    severities = Counter(one.severity for target in targets for one in target.findings)
    counts = ", ".join(f"{severities[one]} {one}" for one in reversed(Severity) if severities[one])
    total = sum(severities.values())
    unknown = sum(1 for target in targets for one in target.outcomes if one.status is RuleStatus.UNKNOWN)
    connections = sum(target.cost.connections for target in targets)
    seconds = (result.run.finished - result.run.started).total_seconds()
    words = [
        _count(len(targets), "target"),
        _count(total, "finding") + (f" ({counts})" if counts else ""),
        f"{unknown} unknown",
        _count(connections, "connection"),
        f"{seconds:.1f} s",
    ]
    state = "" if result.run.status is RunStatus.COMPLETE else f" [{result.run.status}]"
    return f"leadline: {', '.join(words)}{state}"


def internal_errors(result: ScanResult) -> list[str]:
    """A line for each probe and rule that broke: mistakes of ours, which exit code 4 is about."""
    lines = [
        f"internal error in the probe {one.probe}: {one.detail}; LEADLINE_LOG=DEBUG shows where"
        for target in result.targets
        for one in target.observations
        if one.outcome is Outcome.INTERNAL_ERROR
    ]
    broken = [
        f"{one.rule}: {one.reason}"
        for target in result.targets
        for one in target.outcomes
        if (one.reason or "").startswith(RULE_BROKE)
    ]
    return [line.encode("ascii", "backslashreplace").decode() for line in dict.fromkeys((*lines, *broken))]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
