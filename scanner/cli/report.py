"""`leadline report`: renders a saved result again."""

from scanner.cli.arguments import FormatName, OutputFiles, ResultFile


def run(
    result: ResultFile,
    format_: FormatName = None,
    output: OutputFiles = None,
) -> int:
    """Render a saved result in another format; nothing is judged anew."""
    from scanner.cli.exit_codes import ExitCode
    from scanner.cli.output import Output
    from scanner.cli.saved import read_result

    places = Output(format_, output or ())
    places.write(read_result(result))
    return ExitCode.CLEAN
