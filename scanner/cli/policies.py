"""`leadline policies`: the policies that come with leadline."""

import typer


def run() -> int:
    """List the policies: id, version and title."""
    from scanner.cli.exit_codes import ExitCode
    from scanner.policies.loader import available, load

    for name in available():
        policy = load(name)
        typer.echo(f"{policy.id}  version {policy.version}  {policy.title}")
    return ExitCode.CLEAN
