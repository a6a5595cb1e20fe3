"""Tapes: keep the bytes of a probe's connections where `--capture` asks for them, up to a cap."""

import time

from scanner.model.capture import CapturedConnection, Direction, Segment

MAX_CONNECTION_BYTES = 64 * 1024
"""Bytes of one connection that are kept, both directions together."""

MAX_TAPE_BYTES = 2 * 1024 * 1024
"""Bytes of one probe at one endpoint that are kept."""


class Track:
    """One connection on a tape."""

    def __init__(self, tape: "Tape", place: str, opened: float) -> None:
        self._tape = tape
        self._place = place
        self._opened = opened
        self._segments: list[Segment] = []
        self._kept = 0
        self._omitted = 0

    def keep(self, direction: Direction, data: bytes) -> None:
        """Keeps `data`, as far as the caps allow it."""
        room = max(0, min(MAX_CONNECTION_BYTES - self._kept, self._tape.room))
        kept = data[:room]
        self._omitted += len(data) - len(kept)
        if kept:
            self._kept += len(kept)
            self._tape.room -= len(kept)
            at_ms = round((time.monotonic() - self._opened) * 1000, 1)
            self._segments.append(Segment(direction=direction, at_ms=at_ms, data=bytes(kept)))

    def read(self, begun: float) -> CapturedConnection:
        """What was kept of this connection; `begun` is the instant that `opened_ms` counts from."""
        return CapturedConnection(
            place=self._place,
            opened_ms=round((self._opened - begun) * 1000, 1),
            segments=tuple(self._segments),
            omitted=self._omitted,
        )


class Tape:
    """All the connections of one probe at one endpoint. `room` is how many bytes may still be kept."""

    def __init__(self) -> None:
        self.room = MAX_TAPE_BYTES
        self._tracks: list[Track] = []
        self._begun = 0.0

    def track(self, place: str) -> Track:
        """A track for a connection that was just opened."""
        opened = time.monotonic()
        self._begun = self._begun or opened
        track = Track(self, place, opened)
        self._tracks.append(track)
        return track

    def read(self) -> tuple[CapturedConnection, ...]:
        """What was kept, in the order in which the connections were opened."""
        return tuple(track.read(self._begun) for track in self._tracks)
