"""`leadline policies`: the policies that come with leadline."""

import textwrap

import typer

_WIDTH = 100


def run() -> int:
    """List the policies, default first: id, version and title, and where each comes from."""
    from scanner.cli.exit_codes import ExitCode
    from scanner.policies.loader import available, load

    for name in sorted(available(), key=lambda one: (one != "default", one)):
        policy = load(name)
        typer.echo(f"{policy.id}  version {policy.version}  {policy.title}")
        for line in textwrap.wrap(policy.description, _WIDTH, initial_indent="    ", subsequent_indent="    "):
            typer.echo(line)
    return ExitCode.CLEAN
