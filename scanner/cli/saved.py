"""Saved results: reads a result file for `judge` and `report`."""

import pathlib

from probes.registry import evidence_types
from scanner.errors import UserFault
from scanner.model.codec import decode
from scanner.model.result import ScanResult

MAX_RESULT_BYTES = 1024 * 1024 * 1024
"""The largest result file that is read."""


def read_result(name: str) -> ScanResult:
    """The result in a file. Raises `UserFault` where it cannot be read or is no result of this schema."""
    try:
        with pathlib.Path(name).open("rb") as file:
            raw = file.read(MAX_RESULT_BYTES + 1)
    except OSError as error:
        raise UserFault(f"{name}: cannot be read: {error.strerror}") from None
    if len(raw) > MAX_RESULT_BYTES:
        raise UserFault(f"{name}: larger than {MAX_RESULT_BYTES} bytes")
    try:
        result = decode(raw, evidence_types())
    except UserFault as fault:
        raise UserFault(f"{name}: {fault}") from None
    run = result.run
    started = (one.started for target in result.targets for one in target.observations)
    if any(moment.tzinfo is None for moment in (run.started, run.finished, run.now, *started)):
        raise UserFault(f"{name}: not a leadline result: a time without a zone")
    return result
