"""Heartbleed (CVE-2014-0160), by a proof that leaks nothing.

The request (RFC 6520 section 4) carries 8000 bytes of our own payload and 16 of our own padding in one record, and
claims a payload of 8016. A server with the flaw believes the claim and sends our padding back; nothing beyond our own
record is ever asked for. A sound one discards the request in silence, as the RFC wants.
"""

import dataclasses

from probes.flaw_words import no, unknown, yes
from probes.open_flight import OpenFlight, Reaction
from scanner.model.evidence.tls_flaws import Flaw
from scanner.wire.tls_record import ContentType, record

HEARTBEAT_EXTENSION = 15
MAY_SEND = b"\x01"
"""HeartbeatMode peer_allowed_to_send (RFC 6520 section 2)."""

PAYLOAD_BYTES = 8000
"""Own payload: below 4 KiB, servers with the flaw were seen to keep the answer in their buffers."""

PADDING_BYTES = 16
"""The least padding that RFC 6520 section 4 asks for."""

CLAIMED_BYTES = PAYLOAD_BYTES + PADDING_BYTES
"""What the request says its payload is: all of the record that is ours, and not a byte more."""

_REQUEST, _RESPONSE = 1, 2


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatAnswer:
    """The flaw as far as it is known, and whether the conversation can go on.

    Silence is soundness only where the server still listens: `silent` says that this remains to be shown.
    """

    flaw: Flaw
    goes_on: bool
    silent: bool = False


async def ask_heartbleed(one: OpenFlight, own: bytes) -> HeartbeatAnswer:
    """Asks in an open handshake. `own` are `CLAIMED_BYTES` unpredictable bytes; `ValueError` for any other number."""
    if len(own) != CLAIMED_BYTES:
        raise ValueError(f"{CLAIMED_BYTES} bytes are needed, or the request would claim what is not its own")
    flight = one.flight
    if HEARTBEAT_EXTENSION not in flight.extensions:
        return HeartbeatAnswer(
            flaw=no("the heartbeat extension was offered and not taken up: no heartbeat can be sent", flight),
            goes_on=True,
        )
    request = bytes((_REQUEST,)) + CLAIMED_BYTES.to_bytes(2, "big") + own
    sent = record(ContentType.HEARTBEAT, flight.version, request)
    reaction = await one.ask(sent)
    if reaction.silent:
        flaw = no("heartbeats are on, and a request that claims more than its payload was discarded", flight, sent=sent)
        return HeartbeatAnswer(flaw=flaw, goes_on=True, silent=True)
    answer = reaction.record
    if answer is None or answer.type is not ContentType.HEARTBEAT:
        return HeartbeatAnswer(flaw=_refused(reaction, one, sent), goes_on=False)
    return HeartbeatAnswer(flaw=_judged(answer.payload, own, one, sent, reaction), goes_on=True)


def unheard(flaw: Flaw) -> Flaw:
    """What silence is worth of a server that did not show that it still listened: the answer may only be late."""
    return unknown(
        "the server reacted to nothing that came later, or with something else: its silence proves nothing",
        tries=flaw.tries,
    )


def _refused(reaction: Reaction, one: OpenFlight, sent: bytes) -> Flaw:
    if reaction.refusal:
        proof = f"heartbeats are on, and a request that claims more than its payload was answered with {reaction.text}"
        return no(proof, one.flight, sent=sent, received=reaction.raw)
    return unknown(f"a heartbeat request was answered with {reaction.text}", tries=1)


def _judged(payload: bytes, own: bytes, one: OpenFlight, sent: bytes, reaction: Reaction) -> Flaw:
    """A heartbeat message came. Only our own padding in it proves the flaw."""
    claimed = int.from_bytes(payload[1:3], "big")
    body = payload[3:]
    if payload[:1] != bytes((_RESPONSE,)):
        return unknown(f"a heartbeat message of type {payload[0] if payload else 'none'} came", tries=1)
    if claimed > PAYLOAD_BYTES and body.startswith(own):
        proof = (
            f"a heartbeat request with {PAYLOAD_BYTES} bytes that claims {CLAIMED_BYTES} came back with {claimed}:"
            f" the server read {PADDING_BYTES} bytes beyond the payload, our own padding"
        )
        return yes(proof, one.flight, sent=sent, received=reaction.raw)
    if 0 < claimed <= PAYLOAD_BYTES and body.startswith(own[:claimed]):
        proof = f"a heartbeat request that claims {CLAIMED_BYTES} bytes was answered with {claimed} of them"
        return no(proof, one.flight, sent=sent, received=reaction.raw)
    return unknown(f"a heartbeat answer of {claimed} bytes that are not those of the request", tries=1)
