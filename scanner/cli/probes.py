"""`leadline probes`: what each probe sends."""

import textwrap

import typer

WIDTH = 100
"""Columns of the text."""


def run() -> int:
    """List the probes: what each sends, how many connections it may open, and where it runs."""
    from probes.registry import all_probes
    from scanner.cli.exit_codes import ExitCode

    for probe in all_probes():
        info = probe.info
        count = info.max_connections
        connections = f"at most {count} connection{'' if count == 1 else 's'}" if count else "no connections"
        marks = "".join(
            f", {mark}" for mark, is_so in (("runs last", info.last), ("intrusive", info.intrusive)) if is_so
        )
        typer.echo(f"{info.topic} ({info.group}; once for each {info.scope}; {connections}{marks})")
        typer.echo(f"  {info.title}")
        for label, text in (
            ("", info.sends),
            ("On request: ", info.sends_on_request),
            ("With --intrusive: ", info.sends_intrusive),
        ):
            if text is not None:
                words = label + " ".join(text.split())
                typer.echo(textwrap.fill(words, WIDTH, initial_indent="  ", subsequent_indent="  "))
        typer.echo("")
    return ExitCode.CLEAN
