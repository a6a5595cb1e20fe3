"""`leadline explain`: the page of one rule."""

from typing import Annotated

import typer


def run(rule: Annotated[str, typer.Argument(metavar="RULE", help="A rule's id (TLS003) or name.")]) -> int:
    """Explain a rule: what it looks at, why, how to fix it, and an example each way."""
    from reports.rule_page import rule_page
    from scanner.cli.exit_codes import ExitCode
    from scanner.errors import UserFault
    from scanner.model.codec import to_builtins
    from scanner.rules.registry import all_rules

    for one in all_rules():
        if rule.upper() == one.info.id or rule.lower() == one.info.name:
            shown, passing, failing = one.examples
            page = rule_page(one.info, shown=shown, passing=to_builtins(passing), failing=to_builtins(failing))
            typer.echo(page, nl=False)
            return ExitCode.CLEAN
    raise UserFault(f"unknown rule {rule!r}; `leadline rules` lists them")
