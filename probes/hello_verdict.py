"""Verdicts: what one answer to a hello means for the listing of suites. Pure decisions over an `Attempt`."""

import dataclasses
import enum

from scanner.errors import AlertReceived, Closed, LeadlineError, OwnFault, PeerFault, Reset
from scanner.model.outcome import Stage
from scanner.net.tls_client import Attempt
from scanner.wire.server_flight import ServerFlight
from scanner.wire.tls_alert import PROTOCOL_VERSION, REFUSALS
from scanner.wire.tls_version import Version


class Kind(enum.Enum):
    """What came back."""

    CHOSE = "chose"  # a suite on offer, with all that its flight needs
    BROKE = "broke"  # a suite on offer, and then the flight broke off
    OTHER_VERSION = "other-version"  # a hello in a version that was not offered: refuses the one that was
    VERSION_REFUSED = "version-refused"  # alert 70: refuses the version at once
    REFUSED = "refused"  # an alert that refuses this offer
    HUNG_UP = "hung-up"  # FIN, RST or an odd alert directly after the hello: a refusal only when seen twice
    NO_ANSWER = "no-answer"  # silence, something that is no answer, or our own trouble


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One judged answer. `flight` is what was seen of the server's flight, `fault` what ended it."""

    kind: Kind
    flight: ServerFlight | None
    fault: LeadlineError | None

    @property
    def reason(self) -> str:
        """What came back, in words."""
        if self.kind is Kind.CHOSE:
            return "accepted"
        return "" if self.fault is None else describe(self.fault)

    @property
    def alert(self) -> int | None:
        """The number of the alert that came, None where it was something else."""
        return self.fault.number if isinstance(self.fault, AlertReceived) else None

    @property
    def transient(self) -> bool:
        """Whether asking again may end differently: what came was no answer of the TLS layer."""
        return self.kind is not Kind.CHOSE and not isinstance(self.fault, AlertReceived)


def judge(attempt: Attempt, version: Version, suites: tuple[int, ...]) -> Verdict:
    """The verdict on an attempt that offered `suites` in `version`."""
    return Verdict(kind=_kind(attempt, version, suites), flight=attempt.flight, fault=attempt.fault)


def _kind(attempt: Attempt, version: Version, suites: tuple[int, ...]) -> Kind:
    flight, fault = attempt.flight, attempt.fault
    if fault is None:
        return Kind.CHOSE
    if isinstance(fault, OwnFault):
        return Kind.NO_ANSWER
    if flight is not None:
        if flight.version is not version:
            return Kind.OTHER_VERSION
        return Kind.BROKE if flight.suite in suites else Kind.NO_ANSWER
    if isinstance(fault, AlertReceived):
        if fault.number == PROTOCOL_VERSION:
            return Kind.VERSION_REFUSED
        return Kind.REFUSED if fault.number in REFUSALS else Kind.HUNG_UP
    return Kind.HUNG_UP if hung_up(fault) else Kind.NO_ANSWER


def hung_up(fault: LeadlineError | None) -> bool:
    """Whether the peer ended the connection directly after the hello (Schannel refuses so)."""
    return isinstance(fault, Closed | Reset) and fault.stage is Stage.CLIENT_HELLO


_WORDS: dict[type[LeadlineError], str] = {Closed: "the connection was closed", Reset: "the connection was reset"}


def describe(fault: LeadlineError) -> str:
    """A fault in words: what happened, where, and its detail."""
    if isinstance(fault, AlertReceived):
        return fault.detail
    words = _WORDS.get(type(fault)) or (
        fault.outcome.value.replace("-", " ") if isinstance(fault, PeerFault | OwnFault) else str(fault)
    )
    stage = getattr(fault, "stage", None)
    detail = getattr(fault, "detail", "")
    return words + (f" at {stage}" if stage else "") + (f": {detail}" if detail else "")
