"""`leadline demo`: scans the embedded weak endpoint, for real."""

from typing import Annotated

import typer

DEFAULT_REPORT = "leadline-demo.html"
"""Where the HTML report goes."""


def run(
    output: Annotated[
        list[str] | None,
        typer.Option("-o", "--output", metavar="FILE", help=f"Write here instead of {DEFAULT_REPORT}. Repeatable."),
    ] = None,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress, no summary line.")] = False,
) -> int:
    """Start an embedded, deliberately weak endpoint on loopback, scan it, and write an HTML report."""
    from scanner.cli.exit_codes import ExitCode
    from scanner.cli.messages import tell
    from scanner.cli.output import Output
    from scanner.cli.run_scan import run_scan
    from scanner.demo.endpoint import DemoEndpoint
    from scanner.demo.pages import HOST
    from scanner.model.options import Override, ScanOptions
    from scanner.policies.loader import load
    from scanner.wire.target_url import parse_target

    files = output or [DEFAULT_REPORT]
    places = Output(None, files, also_standard=True)
    with DemoEndpoint() as endpoint:
        overrides = (
            Override(host=HOST, port=443, address=endpoint.address, to_port=endpoint.https_port),
            Override(host=HOST, port=80, address=endpoint.address, to_port=endpoint.http_port),
        )
        code = run_scan(
            [parse_target(HOST)],
            options=ScanOptions(overrides=overrides),
            policy=load("default"),
            output=places,
            fail_on=None,
            quiet=quiet,
            verbose=False,
        )
    if code in {ExitCode.INTERRUPTED, ExitCode.INTERNAL}:
        return code
    if not quiet:
        tell(f"leadline: the report is in {', '.join(files)}\n")
    return ExitCode.CLEAN
