"""`leadline judge`: the same evidence, judged again. No network."""

from typing import Annotated

import typer

from scanner.cli.arguments import FailOn, FormatName, Now, OutputFiles, PolicyName, ResultFile


def run(
    result: ResultFile,
    policy: PolicyName = "default",
    format_: FormatName = None,
    output: OutputFiles = None,
    fail_on: FailOn = "high",
    now: Now = None,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No summary line.")] = False,
) -> int:
    """Judge saved evidence again, under another policy or as of another day, without any network."""
    from scanner.cli import scan_options as parse
    from scanner.cli.exit_codes import exit_code
    from scanner.cli.messages import tell
    from scanner.cli.output import Output
    from scanner.cli.saved import read_result
    from scanner.cli.summary import summary_line
    from scanner.engine.api import judge
    from scanner.policies.loader import load

    threshold = parse.severity(fail_on)
    chosen = load(policy)
    instant = parse.instant(now)
    places = Output(format_, output or ())
    judged = judge(read_result(result), policy=chosen, now=instant)
    places.write(judged)
    if not quiet:
        tell(summary_line(judged) + "\n")
    return exit_code(judged, threshold)
