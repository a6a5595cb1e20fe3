"""`leadline csp`: policies from the command line or standard input, evaluated and explained; nothing is fetched.

One answer a policy, in order, as each is read: standard input may be endless, a line may not.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, BinaryIO, Literal, NamedTuple

import typer

if TYPE_CHECKING:
    from scanner.model.csp import CspPolicy
    from scanner.rules.csp_evaluation import CspFinding

MAX_LINE = 524_288
"""Bytes of one line of standard input: the largest policy as a JSON string with every character escaped."""

_HEADER = re.compile(r"\s*content-security-policy(-report-only)?[ \t]*:", re.IGNORECASE)


class Text(NamedTuple):
    """One policy as given; `exact` keeps what looks like a header's name, as it is for JSON strings."""

    text: str
    where: str
    exact: bool


def run(
    policy: Annotated[
        str | None,
        typer.Argument(
            metavar="[POLICY|-]",
            help="A policy, with or without the header's name before it; `-` reads one a line from standard input,"
            " raw or as a JSON string.",
        ),
    ] = None,
    format_name: Annotated[
        Literal["console", "json", "jsonl"], typer.Option("--format", help="How the answer is written.")
    ] = "console",
) -> int:
    """Explain a Content-Security-Policy, find its weaknesses, and propose a stricter one."""
    from scanner.cli.exit_codes import ExitCode
    from scanner.errors import UserFault

    if policy is None:
        raise UserFault("name a policy, or - to read one a line from standard input; see `leadline csp --help`")
    if sys.stdout is None:
        raise UserFault("standard output is closed")
    given: Iterable[Text] = [Text(policy, "the policy", exact=False)] if policy != "-" else _lines()
    if format_name == "console":
        _console(given)
    elif format_name == "jsonl" or policy != "-":
        for one in given:
            _write(json.dumps(_document(one)) + "\n")
    else:
        _json_list(given)
    return ExitCode.CLEAN


def _json_list(given: Iterable[Text]) -> None:
    """All policies of standard input in one document, written as they are read."""
    _write('{"policies": [')
    for place, one in enumerate(given):
        _write(("," if place else "") + "\n" + json.dumps(_document(one)))
    _write("\n]}\n")


def _console(given: Iterable[Text]) -> None:
    from scanner.cli.csp_page import csp_page
    from scanner.cli.output import terminal_width

    width = terminal_width()
    for place, one in enumerate(given):
        policies = parse(one)
        _write(("\n" if place else "") + csp_page(one.text, policies, findings(policies), width=width))


def _document(one: Text) -> dict[str, object]:
    return {
        "policy": one.text,
        "findings": [
            {
                "check": finding.check,
                "set": finding.set.value,
                "directive": finding.directive,
                "value": finding.value,
                "severity": finding.severity.value,
                "message": finding.message,
            }
            for finding in findings(parse(one))
        ],
    }


def findings(policies: "tuple[CspPolicy, ...]") -> "list[CspFinding]":
    """What is to be said of the policies, heaviest first."""
    from scanner.rules.csp_evaluation import evaluate

    return sorted(evaluate(policies), key=lambda one: (one.severity.rank, one.policy))


def parse(one: Text) -> "tuple[CspPolicy, ...]":
    """The policies of one text: a comma begins another. Raises `UserFault` beyond the caps of the parser."""
    from scanner.errors import Malformed, UserFault
    from scanner.model.csp import Disposition
    from scanner.wire.csp import parse_csp_headers

    header = None if one.exact else _HEADER.match(one.text)
    text = one.text if header is None else one.text[header.end() :]
    disposition = Disposition.REPORT if header is not None and header[1] else Disposition.ENFORCE
    try:
        return parse_csp_headers([text], disposition)
    except Malformed as fault:
        raise UserFault(f"{one.where}: {fault.detail}") from None


# --- standard input ---------------------------------------------------------------------------------------------------


def _lines() -> Iterator[Text]:
    from scanner.errors import UserFault

    if sys.stdin is None:
        raise UserFault("standard input is closed")
    stream: BinaryIO = sys.stdin.buffer
    number = 0
    while line := stream.readline(MAX_LINE + 1):
        number += 1
        where = f"standard input, line {number}"
        if len(line) > MAX_LINE:
            raise UserFault(f"{where}: longer than {MAX_LINE} bytes")
        yield _line(line, where)


def _line(line: bytes, where: str) -> Text:
    from scanner.errors import UserFault

    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        text = line.decode("latin-1")  # header bytes without a charset
    text = text.removesuffix("\n").removesuffix("\r")
    if not text.lstrip().startswith('"'):
        return Text(text, where, exact=False)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise UserFault(f"{where}: begins like a JSON string but is none") from None
    return Text(value, where, exact=True)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
