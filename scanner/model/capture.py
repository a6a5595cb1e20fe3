"""Captures: the bytes of a probe's connections as they went over the wire (`--capture`), capped."""

import dataclasses
import enum


class Direction(enum.StrEnum):
    """Which side sent the bytes."""

    SENT = "sent"
    RECEIVED = "received"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Bytes of one send or one receive, base64 in JSON. `at_ms` counts from the opening of the connection."""

    direction: Direction
    at_ms: float
    data: bytes


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CapturedConnection:
    """One connection of the probe. `place` is the address and port that was dialled, `opened_ms` counts from the
    probe's first connection. `omitted` counts the bytes beyond the cap, which are not kept.
    """

    place: str
    opened_ms: float
    segments: tuple[Segment, ...] = ()
    omitted: int = 0
