"""`leadline policies`: the policies and guides that come with leadline."""

import textwrap

import typer

_WIDTH = 100


def run() -> int:
    """List the policies, default first, with where each comes from; then the guides."""
    from scanner.cli.exit_codes import ExitCode
    from scanner.policies.guide_loader import available_guides, load_guide
    from scanner.policies.loader import available, load

    for name in sorted(available(), key=lambda one: (one != "default", one)):
        policy = load(name)
        _show(f"{policy.id}  version {policy.version}  {policy.title}", policy.description)
    typer.echo("\nGuides: checklists for `leadline scan --guide ID`\n")
    for name in available_guides():
        guide = load_guide(name)
        _show(f"{guide.id}  version {guide.version}  {guide.title} ({len(guide.rows)} rows)", guide.description)
    return ExitCode.CLEAN


def _show(title: str, description: str) -> None:
    typer.echo(title)
    for line in textwrap.wrap(description, _WIDTH, initial_indent="    ", subsequent_indent="    "):
        typer.echo(line)
