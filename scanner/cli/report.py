"""`leadline report`: renders a saved result again."""

from typing import Annotated

import typer


def run(
    result: Annotated[str, typer.Argument(metavar="RESULT.json", help="A result of `leadline scan --format json`.")],
    format_: Annotated[
        str | None, typer.Option("--format", metavar="NAME", help="console (default), json, jsonl or html.")
    ] = None,
    output: Annotated[
        list[str] | None, typer.Option("-o", "--output", metavar="FILE", help="Write here. Repeatable.")
    ] = None,
) -> int:
    """Render a saved result in another format; nothing is judged anew."""
    from scanner.cli.exit_codes import ExitCode
    from scanner.cli.output import Output
    from scanner.cli.saved import read_result

    places = Output(format_, output or ())
    places.write(read_result(result))
    return ExitCode.CLEAN
