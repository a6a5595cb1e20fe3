"""`leadline schema`: the JSON Schema of results."""

import typer


def run() -> int:
    """Print the JSON Schema of `--format json`, the contract for everything that reads results."""
    import importlib.resources

    from scanner.cli.exit_codes import ExitCode

    file = importlib.resources.files("reports.schema").joinpath("leadline-result-1.json")
    typer.echo(file.read_bytes(), nl=False)
    return ExitCode.CLEAN
