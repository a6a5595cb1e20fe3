"""What a server says beside its messages: warning alerts, and what says nothing. Heard and counted, up to a cap."""

from collections.abc import Container

from scanner.errors import AlertReceived, Closed, Malformed
from scanner.model.outcome import Stage
from scanner.wire import tls_alert

MAX_WARNINGS = 16
"""Warning alerts of one conversation. A sound server sends one, `unrecognized_name`."""

MAX_EMPTY = 64
"""Records without content, ChangeCipherSpecs and HelloRequests that change nothing, of one conversation."""


class Asides:
    """Those of one conversation. `warnings` are the numbers of its warning alerts, in order."""

    def __init__(self) -> None:
        self.warnings: tuple[int, ...] = ()
        self._empty = 0

    def count_empty(self) -> None:
        """Counts one that says nothing. Raises `Malformed` beyond `MAX_EMPTY`."""
        self._empty += 1
        if self._empty > MAX_EMPTY:
            raise Malformed(f"more than {MAX_EMPTY} records that say nothing")

    def hear(self, payload: bytes, *, stage: Stage, ending: Container[int]) -> None:
        """Takes the payload of an alert in: level and number (RFC 5246 section 7.2).

        Raises `Closed` for close_notify, `AlertReceived` for a fatal one, to which those in `ending` belong whatever
        their level, `Malformed` for none at all and beyond `MAX_WARNINGS`.
        """
        if len(payload) != 2:
            raise Malformed(f"alert of {len(payload)} bytes")
        level, number = payload
        if number == tls_alert.CLOSE_NOTIFY:
            raise Closed("close_notify", stage=stage)
        if level != tls_alert.WARNING or number in ending:
            raise AlertReceived(number, tls_alert.alert_text(number), stage=stage)
        self.warnings = (*self.warnings, number)
        if len(self.warnings) > MAX_WARNINGS:
            raise Malformed(f"more than {MAX_WARNINGS} warning alerts")

    def end(self, *, within_record: bool, stage: Stage) -> Closed:
        """What it means that the server ended the connection here: the warnings before it, or where it broke off."""
        if self.warnings:
            texts = ", ".join(tls_alert.alert_text(number) for number in self.warnings)
            return Closed(f"after warning {texts}", stage=stage)
        return Closed("within a record" if within_record else "", stage=stage)
