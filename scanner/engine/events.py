"""Events: what happens during a run, for progress displays and for those who embed the engine."""

import dataclasses
from collections.abc import Callable

from scanner.model.observation import Observation
from scanner.model.result import TargetResult
from scanner.model.target import Target


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TargetStarted:
    """Work on a target began: `endpoints` addresses, `probes` probe runs in all."""

    target: Target
    endpoints: int
    probes: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ProbeFinished:
    """One probe ended at one endpoint."""

    target: Target
    observation: Observation[object]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TargetFinished:
    """A target is done and judged."""

    target: Target
    result: TargetResult


Event = TargetStarted | ProbeFinished | TargetFinished
Listener = Callable[[Event], None]


def silent(_event: Event) -> None:
    """A listener that does not care."""
