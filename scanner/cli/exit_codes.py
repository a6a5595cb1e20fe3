"""Exit codes, all of them.

    0  nothing at or above --fail-on
    1  findings at or above --fail-on (default high; none turns it off)
    2  usage or configuration
    3  no endpoint of a target answered, or a probe that started could not finish
       (not-applicable, not-assessed and a route that this machine lacks do not count)
    4  internal error
    5  interrupted, partial report written

Where several fit, the first of 5, 4, 2, 1, 3, 0 wins. `demo` exits 0 once its report is written.
"""

import enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scanner.model.result import ScanResult, TargetResult
    from scanner.model.rule import Severity


class ExitCode(enum.IntEnum):
    """What the process ends with."""

    CLEAN = 0
    FINDINGS = 1
    USAGE = 2
    INCOMPLETE = 3
    INTERNAL = 4
    INTERRUPTED = 5


def exit_code(result: "ScanResult", fail_on: "Severity | None") -> ExitCode:
    """The code for a result; `fail_on` None is `--fail-on none`."""
    from scanner.model.result import RunStatus

    if result.run.status is RunStatus.INTERRUPTED:
        return ExitCode.INTERRUPTED
    if any(_internal_error(target) for target in result.targets):
        return ExitCode.INTERNAL
    findings = [one for target in result.targets for one in target.findings if one.waiver is None]
    if fail_on is not None and any(one.severity.rank >= fail_on.rank for one in findings):
        return ExitCode.FINDINGS
    if any(_incomplete(target) for target in result.targets):
        return ExitCode.INCOMPLETE
    return ExitCode.CLEAN


def _internal_error(target: "TargetResult") -> bool:
    from scanner.model.outcome import Outcome
    from scanner.model.rule import RULE_BROKE

    broke = any((outcome.reason or "").startswith(RULE_BROKE) for outcome in target.outcomes)
    return broke or any(one.outcome is Outcome.INTERNAL_ERROR for one in target.observations)


def _incomplete(target: "TargetResult") -> bool:
    from scanner.engine.status import unfinished
    from scanner.model.target import TargetStatus

    return target.status is TargetStatus.UNREACHABLE or bool(unfinished(target.observations))
