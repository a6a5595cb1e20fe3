"""Saved files: reads what `judge` and `report` are pointed at, a file or standard input."""

import pathlib
import sys

from probes.registry import evidence_types
from scanner.errors import UserFault
from scanner.model.codec import decode
from scanner.model.result import ScanResult

MAX_RESULT_BYTES = 1024 * 1024 * 1024
"""The largest result file that is read."""

STANDARD_INPUT = "-"
"""The name that stands for standard input."""


def shown(name: str) -> str:
    """How messages and results call the file."""
    return "standard input" if name == STANDARD_INPUT else name


def read_bytes(name: str) -> bytes:
    """The content of a file, or of standard input. Raises `UserFault` where it cannot be read or is too large."""
    try:
        if name == STANDARD_INPUT:
            if sys.stdin is None:
                raise UserFault("standard input is closed; name a file")
            raw = sys.stdin.buffer.read(MAX_RESULT_BYTES + 1)
        else:
            with pathlib.Path(name).open("rb") as file:
                raw = file.read(MAX_RESULT_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise UserFault(f"{shown(name)}: cannot be read: {why}") from None
    if len(raw) > MAX_RESULT_BYTES:
        raise UserFault(f"{shown(name)}: larger than {MAX_RESULT_BYTES} bytes")
    return raw


def read_result(name: str) -> ScanResult:
    """The result in a file. Raises `UserFault` where it cannot be read or is no result of this schema."""
    return parse_result(read_bytes(name), shown(name))


def parse_result(raw: bytes, name: str) -> ScanResult:
    """The result in the bytes of the file `name`. Raises `UserFault` where they are no result of this schema."""
    try:
        result = decode(raw, evidence_types())
    except UserFault as fault:
        raise UserFault(f"{name}: {fault}") from None
    run = result.run
    started = (one.started for target in result.targets for one in target.observations)
    if any(moment.tzinfo is None for moment in (run.started, run.finished, run.now, *started)):
        raise UserFault(f"{name}: not a leadline result: a time without a zone")
    return result
