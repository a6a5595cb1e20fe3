"""Verdicts: what a rule says of one case. Five answers; silence is none of them."""

import dataclasses
from collections.abc import Mapping, Sequence

from scanner.model.rule import Confidence, Severity


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong.

    `message` is a template with `{name}` places for `arguments` (numbers and strings; peer text is welcome, the sinks
    escape it). `at` are JSON Pointers relative to the evidence (`/protocols/TLSv1.0`), at least one: no claim without
    its proof. `discriminator` tells apart several faults of one rule at one target (a cookie's name). `severity` and
    `confidence` override the rule's own for this fault.
    """

    message: str
    at: tuple[str, ...]
    arguments: Mapping[str, object] = dataclasses.field(default_factory=dict)
    discriminator: str = ""
    severity: Severity | None = None
    confidence: Confidence | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Pass:
    """Looked at, and fine. `reason` says why where that is not obvious."""

    reason: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Fail:
    """Wrong in one way or several."""

    faults: tuple[Fault, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Unknown:
    """Could not be told; never fine."""

    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class NotApplicable:
    """The question does not arise here."""

    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class NotAssessed:
    """The question arises, but this scan did not ask it."""

    reason: str


Verdict = Pass | Fail | Unknown | NotApplicable | NotAssessed


def fail(message: str, at: str | tuple[str, ...], *, severity: Severity | None = None, **arguments: object) -> Fail:
    """A failure in one way."""
    pointers = (at,) if isinstance(at, str) else at
    return Fail((Fault(message=message, at=pointers, arguments=arguments, severity=severity),))


def fail_or_pass(faults: Sequence[Fault], reason: str | None = None) -> Verdict:
    """Fail with these faults; where there are none, pass for `reason`."""
    return Fail(tuple(faults)) if faults else Pass(reason)
