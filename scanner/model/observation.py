"""Observations: what one probe saw at one endpoint, and how it ended."""

import dataclasses
import datetime
from typing import Generic, TypeVar

from scanner.model.capture import CapturedConnection
from scanner.model.outcome import Outcome, Stage
from scanner.model.peer import PeerText

E_co = TypeVar("E_co", covariant=True)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What was spent: connections opened and bytes moved, counted at the seam."""

    connections: int = 0
    bytes_out: int = 0
    bytes_in: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        """The sum of both."""
        return Cost(
            connections=self.connections + other.connections,
            bytes_out=self.bytes_out + other.bytes_out,
            bytes_in=self.bytes_in + other.bytes_in,
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Observation(Generic[E_co]):
    """Evidence with its circumstances.

    `evidence` is None where nothing could be learned, and may be partial where `outcome` is not `ok`. `endpoint` is an
    endpoint's key, or None for what belongs to the target as a whole (DNS). `started` is UTC; `elapsed_ms` comes from
    a monotonic clock. `capture` holds the bytes of the connections where the scan was told to keep them.
    """

    probe: str
    version: int
    topic: str
    endpoint: str | None
    outcome: Outcome
    stage: Stage | None = None
    detail: PeerText | None = None
    started: datetime.datetime
    elapsed_ms: float
    cost: Cost
    evidence: E_co | None = None
    capture: tuple[CapturedConnection, ...] = ()
