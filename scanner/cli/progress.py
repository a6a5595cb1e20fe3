"""Progress on standard error: a line that moves where that is a terminal, a line a probe with `--verbose`."""

import os
import sys
from typing import Self

from scanner.cli.messages import tell
from scanner.engine.events import Event, ProbeFinished, TargetFinished, TargetStarted

_CLEAR = "\r\x1b[K"


def _can_move() -> bool:
    """Whether standard error is a terminal that can clear a line."""
    return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


class Progress:
    """Shows how far a run has come. Nothing of a peer is shown but what is plain ASCII."""

    def __init__(self, targets: int, *, quiet: bool, verbose: bool) -> None:
        self._moving = not quiet and _can_move()
        self._lines = verbose and not quiet
        self._targets = targets
        self._targets_done = 0
        self._probes = 0
        self._probes_done = 0
        self._shown = False

    def on_event(self, event: Event) -> None:
        """The engine's listener."""
        if isinstance(event, TargetStarted):
            self._probes += event.probes
        elif isinstance(event, ProbeFinished):
            self._probes_done += 1
            if self._lines:
                self._say(event)
        elif isinstance(event, TargetFinished):
            self._targets_done += 1
        self._draw()

    def _say(self, event: ProbeFinished) -> None:
        one = event.observation
        self._erase()
        place = one.endpoint or event.target.host
        tell(f"{event.target.url} {place} {one.probe}: {one.outcome} in {one.elapsed_ms:.0f} ms\n")

    def _draw(self) -> None:
        if self._moving:
            targets = f"{self._targets_done}/{self._targets} targets, " if self._targets > 1 else ""
            tell(f"{_CLEAR}scanning: {targets}{self._probes_done}/{self._probes} probes")
            self._shown = True

    def _erase(self) -> None:
        if self._shown:
            tell(_CLEAR)
            self._shown = False

    def __enter__(self) -> Self:
        """The display itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Takes the moving line away."""
        self._erase()
