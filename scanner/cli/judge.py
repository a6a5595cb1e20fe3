"""`leadline judge`: the same evidence, judged again. No network."""

from typing import Annotated

import typer


def run(
    result: Annotated[str, typer.Argument(metavar="RESULT.json", help="A result of `leadline scan --format json`.")],
    policy: Annotated[str, typer.Option(metavar="ID|FILE", help="The policy to judge by.")] = "default",
    format_: Annotated[
        str | None, typer.Option("--format", metavar="NAME", help="console (default), json, jsonl or html.")
    ] = None,
    output: Annotated[
        list[str] | None, typer.Option("-o", "--output", metavar="FILE", help="Write here. Repeatable.")
    ] = None,
    fail_on: Annotated[str, typer.Option(metavar="SEVERITY", help="Exit 1 from this severity on, or none.")] = "high",
    now: Annotated[str | None, typer.Option(metavar="TIME", help="Judge as of this RFC 3339 time.")] = None,
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
