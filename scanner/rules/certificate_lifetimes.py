"""Lifetimes: how long certificates live, and how long they may. Reads the dated schedule of the CA/Browser Forum."""

import datetime
import functools
import importlib.resources
import json
import math

from scanner.model.evidence.certificates import Certificate

_SECOND = datetime.timedelta(seconds=1)
_DAY = datetime.timedelta(days=1)


def moment(when: datetime.datetime) -> str:
    """An instant as messages write it: `2026-11-21 12:00 UTC`."""
    return f"{when:%Y-%m-%d %H:%M} UTC"


def lifetime(certificate: Certificate) -> datetime.timedelta | None:
    """From notBefore to notAfter, with both ends counted; None where a date could not be read."""
    if certificate.not_before is None or certificate.not_after is None:
        return None
    return certificate.not_after - certificate.not_before + _SECOND


def lifetime_days(certificate: Certificate) -> int | None:
    """The lifetime in days; any second more counts as a further day."""
    span = lifetime(certificate)
    return None if span is None else math.ceil(span / _DAY)


def public_limit(issued: datetime.datetime) -> tuple[datetime.date, int] | None:
    """Since when, and how many days, a publicly trusted certificate issued at `issued` may live; None before any."""
    held = [step for step in _schedule() if step[0] <= issued.date()]
    return held[-1] if held else None


@functools.cache
def _schedule() -> tuple[tuple[datetime.date, int], ...]:
    file = importlib.resources.files("scanner.rules").joinpath("data/cabf-validity.json")
    steps = json.loads(file.read_text(encoding="utf-8"))["max_validity_days"]
    return tuple((datetime.date.fromisoformat(step["from"]), int(step["days"])) for step in steps)
