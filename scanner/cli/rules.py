"""`leadline rules`: lists the rules."""

from typing import Annotated

import typer


def run(
    policy: Annotated[str, typer.Option(metavar="ID|FILE", help="With this policy's selection.")] = "default",
) -> int:
    """List the rules that a policy selects: id, severity, topic and title."""
    from scanner.cli.exit_codes import ExitCode
    from scanner.policies.loader import load
    from scanner.rules.registry import all_rules

    chosen = load(policy)
    for rule in all_rules():
        info = rule.info
        if chosen.selects(info.id):
            severity = chosen.severity_of(info.id, info.severity)
            typer.echo(f"{info.id}  {severity:8}  {info.topic:16}  {info.name}: {info.title}")
    return ExitCode.CLEAN
