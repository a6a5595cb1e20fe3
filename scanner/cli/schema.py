"""`leadline schema`: the JSON Schema of results."""

import sys


def run() -> int:
    """Print the JSON Schema of `--format json`, the contract for everything that reads results."""
    import importlib.resources

    from scanner.cli.exit_codes import ExitCode

    sys.stdout.write(importlib.resources.files("reports.schema").joinpath("leadline-result-1.json").read_text("utf-8"))
    return ExitCode.CLEAN
