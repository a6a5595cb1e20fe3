"""Saying what is known of a flaw: short ways to make each kind of `Flaw`. Nothing is asked or decided here."""

from scanner.errors import AlertReceived, Closed, LeadlineError, Malformed, OwnFault, Reset
from scanner.model.evidence.tls_flaws import Flaw, FlawState
from scanner.model.peer import peer_text
from scanner.wire.server_flight import ServerFlight
from scanner.wire.tls_alert import alert_text

MAX_TEXT = 600
"""Characters of a proof or reason."""

MAX_BYTES = 64
"""Bytes of what was sent and received that are kept: enough for every header that decides something."""


def shown(data: bytes | None) -> str | None:
    """The beginning of some bytes in hexadecimal."""
    return None if data is None else data[:MAX_BYTES].hex()


def yes(
    proof: str,
    flight: ServerFlight | None = None,
    *,
    sent: bytes | None = None,
    received: bytes | None = None,
    tries: int = 1,
) -> Flaw:
    """The server has it."""
    return _seen(FlawState.YES, proof, flight, sent, received, tries)


def no(
    proof: str,
    flight: ServerFlight | None = None,
    *,
    sent: bytes | None = None,
    received: bytes | None = None,
    tries: int = 1,
) -> Flaw:
    """The server has it not: its answer is not what a server with the flaw would give."""
    return _seen(FlawState.NO, proof, flight, sent, received, tries)


def unknown(reason: str, *, tries: int = 0) -> Flaw:
    """It was asked, and could not be told."""
    return Flaw(state=FlawState.UNKNOWN, reason=peer_text(reason, limit=MAX_TEXT), tries=tries)


def not_asked(reason: str) -> Flaw:
    """This scan did not ask."""
    return Flaw(state=FlawState.UNKNOWN, reason=peer_text(reason, limit=MAX_TEXT), asked=False)


def not_applicable(reason: str) -> Flaw:
    """The question does not arise."""
    return Flaw(state=FlawState.NOT_APPLICABLE, reason=peer_text(reason, limit=MAX_TEXT))


def ending(fault: LeadlineError) -> str:
    """What ended a conversation, in words."""
    if isinstance(fault, AlertReceived):
        return alert_text(fault.number)
    if isinstance(fault, Closed):
        return "the end of the connection"
    if isinstance(fault, Reset):
        return "a reset"
    if isinstance(fault, Malformed | OwnFault) and fault.detail:
        return fault.detail
    outcome = getattr(fault, "outcome", None)
    return str(outcome) if outcome is not None else type(fault).__name__


def _seen(
    state: FlawState,
    proof: str,
    flight: ServerFlight | None,
    sent: bytes | None,
    received: bytes | None,
    tries: int,
) -> Flaw:
    return Flaw(
        state=state,
        proof=peer_text(proof, limit=MAX_TEXT),
        protocol=None if flight is None else flight.version.title,
        suite=None if flight is None else f"{flight.suite:04X}",
        tries=tries,
        sent=shown(sent),
        received=shown(received),
    )
