"""`leadline judge`: evidence that is there already: a saved result, a HAR file or a raw response. No network."""

from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.arguments import FailOn, FormatName, GuideNames, Now, OutputFiles, PolicyName

if TYPE_CHECKING:
    import datetime
    from collections.abc import Sequence

    from scanner.model.guide import Guide
    from scanner.model.policy import Policy
    from scanner.model.result import ScanResult

TAKES = "judge takes a leadline result, a HAR file, or the output of curl -i"


def run(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="A result of `leadline scan --format json`, a HAR file, or what `curl -i` or `curl -iL` printed; - is "
            "standard input. What it is shows by its content.",
        ),
    ],
    url: Annotated[
        str | None,
        typer.Option(
            "--url", metavar="URL", help="The URL that curl was asked for; of a HAR file, the document to judge."
        ),
    ] = None,
    policy: PolicyName = "default",
    guide: GuideNames = None,
    format_: FormatName = None,
    output: OutputFiles = None,
    fail_on: FailOn = "high",
    now: Now = None,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No summary line.")] = False,
) -> int:
    """Judge a saved result, a HAR file or a raw response, without any network.

    A saved result is judged again, under another policy or as of another day. Of the others everything is judged that
    they hold; the rest is not assessed.
    """
    from scanner.cli import scan_options as parse
    from scanner.cli.exit_codes import exit_code
    from scanner.cli.messages import tell
    from scanner.cli.output import Output
    from scanner.cli.summary import summary_line
    from scanner.policies.loader import load

    threshold = parse.severity(fail_on)
    chosen = load(policy)
    guides = parse.guides(guide) or None
    instant = parse.instant(now)
    places = Output(format_, output or ())
    judged = _judged(file, url, chosen, guides, instant)
    places.write(judged)
    if not quiet:
        tell(summary_line(judged) + "\n")
    return exit_code(judged, threshold)


def _judged(
    file: str,
    url: str | None,
    policy: "Policy",
    guides: "Sequence[Guide] | None",
    now: "datetime.datetime | None",
) -> "ScanResult":
    from scanner.cli.saved import parse_result, read_bytes, shown
    from scanner.engine.api import judge
    from scanner.engine.offline import judge_recording, recording_of
    from scanner.errors import UserFault
    from scanner.wire.target_url import parse_target
    from scanner.wire.urls import parse_url

    place = None if url is None else parse_url(parse_target(url).url)
    raw, name = read_bytes(file), shown(file)
    recording = recording_of(raw, name)
    if recording is not None:
        return judge_recording(recording, url=place, policy=policy, guides=guides or (), now=now)
    if place is not None:
        raise UserFault(f"--url: {name} is neither a HAR file nor the output of curl -i")
    try:
        result = parse_result(raw, name)
    except UserFault as fault:
        raise UserFault(f"{fault}; {TAKES}") from None
    return judge(result, policy=policy, guides=guides, now=now)
