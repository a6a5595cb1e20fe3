"""The command: finds the verb, and turns what goes wrong into one clear line and an exit code.

Verbs import what they need when they run, so that `--help` and `--version` are instant.
"""

import io
import logging
import os
import pathlib
import sys
from typing import Annotated

import typer

from scanner.cli import csp, demo, explain, judge, limits, policies, probes, report, rules, scan, schema
from scanner.cli.config import read_defaults
from scanner.cli.exit_codes import ExitCode
from scanner.cli.messages import tell
from scanner.errors import UserFault
from scanner.version import __version__

app = typer.Typer(
    name="leadline",
    help="Scans live HTTP/TLS endpoints: evidence first, judged by policy, with proof for every claim.",
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

VERBS = {
    verb.__name__.rsplit(".", 1)[1]: verb
    for verb in (scan, demo, judge, report, csp, rules, explain, probes, limits, schema, policies)
}

for name, verb in VERBS.items():
    app.command(name=name)(verb.run)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"leadline {__version__}")
        raise typer.Exit


@app.callback()
def leadline(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Scans live HTTP/TLS endpoints: evidence first, judged by policy, with proof for every claim."""


def complain(text: str) -> None:
    """One line on standard error, whatever `text` holds."""
    line = " ".join(text.split())
    tell(f"leadline: {line.encode('ascii', 'backslashreplace').decode()}\n")


def main() -> None:
    """The entry point of the console script."""
    level = logging.getLevelNamesMapping().get(os.environ.get("LEADLINE_LOG", "").upper(), logging.CRITICAL)
    logging.basicConfig(level=level, stream=sys.stderr)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a locale that lacks a letter costs that letter only
    raise SystemExit(execute(sys.argv[1:]))


def execute(arguments: list[str]) -> int:
    """Runs one command and returns its exit code; never raises."""
    try:
        defaults = {"scan": read_defaults(pathlib.Path())} if "scan" in arguments else {}
        return app(arguments, standalone_mode=False, prog_name="leadline", default_map=defaults) or ExitCode.CLEAN
    except typer.TyperException as error:
        verb = f"{arguments[0]} " if arguments and arguments[0] in VERBS else ""
        complain(f"{error.format_message().rstrip('.')}; see `leadline {verb}--help`")
        return ExitCode.USAGE
    except UserFault as fault:
        complain(str(fault))
        return ExitCode.USAGE
    except (KeyboardInterrupt, typer.Abort):
        complain("interrupted")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.CLEAN
    except Exception as error:
        logging.getLogger("leadline").debug("internal error", exc_info=True)
        complain(f"internal error: {type(error).__name__}: {error}; LEADLINE_LOG=DEBUG shows where")
        return ExitCode.INTERNAL
