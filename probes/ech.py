"""Encrypted ClientHello (RFC 9849): one hello with a GREASE extension. Part of the probe `tls_features`.

A server with ECH keys cannot decrypt the GREASE and answers with its configurations; one without must not mind it.
"""

import dataclasses

from probes.hello_verdict import describe
from scanner.errors import AlertReceived, Malformed
from scanner.model.evidence.tls_features import Ech, Feature
from scanner.model.outcome import Answer
from scanner.model.peer import peer_text
from scanner.net.session import Session
from scanner.net.tls_client import Attempt, attempt
from scanner.wire.ech import ENCRYPTED_CLIENT_HELLO, GREASE_BYTES, grease_ech, read_ech_configs
from scanner.wire.server_flight import ServerFlight
from scanner.wire.tls_alert import REFUSALS
from scanner.wire.tls_offer import Offer
from scanner.wire.tls_version import Version

MAX_CONNECTIONS = 1

HANDSHAKE_SECONDS = 8.0
"""The longest that the handshake may take, within the probe's deadline."""

_CONTROLS = frozenset({"tls_suites", "certificates"})
"""Topics whose flights show that the server takes hellos without ECH."""


async def look_for_ech(session: Session) -> Ech:
    """Whether the server has ECH keys, and whether it stands GREASE. Raises nothing of the peer's.

    `in_dns` is left unknown: the DNS is asked elsewhere.
    """
    hello = dataclasses.replace(
        Offer.complete((Version.TLS1_3,), server_name=session.target.sni, status_request=False),
        scts=False,
        extra_extensions=((ENCRYPTED_CLIENT_HELLO, grease_ech(session.random(GREASE_BYTES))),),
    )
    went = await attempt(session, hello, deadline=session.deadline.sooner(HANDSHAKE_SECONDS))
    flight = went.flight
    if flight is None or went.fault is not None:
        return Ech(accepts_grease=_refused(session, went))
    return _read(flight)


def _read(flight: ServerFlight) -> Ech:
    accepts = Feature(answer=Answer.YES, reason=peer_text("the handshake went on"), tries=1, seen=1)
    body = flight.encrypted_extensions.get(ENCRYPTED_CLIENT_HELLO)
    if body is None:
        return Ech(retry_configs=0, accepts_grease=accepts)
    try:
        configs = read_ech_configs(body)
    except Malformed as fault:
        reason = peer_text(f"the handshake went on, with ECH configurations that cannot be read: {fault.detail}")
        return Ech(accepts_grease=dataclasses.replace(accepts, reason=reason))
    names = dict.fromkeys(one.public_name for one in configs if one.public_name is not None)
    return Ech(retry_configs=len(configs), public_names=tuple(names), accepts_grease=accepts)


def _refused(session: Session, went: Attempt) -> Feature:
    """A proper refusal is a no where the server has taken the same hello without ECH."""
    assert went.fault is not None
    topics = _CONTROLS | {session.identity.topic}
    taken = any(
        one.fault is None and one.flight is not None and one.flight.version is Version.TLS1_3
        for one in session.flights.of(topics)
    )
    refusal = isinstance(went.fault, AlertReceived) and went.fault.number in REFUSALS
    answer = Answer.NO if taken and refusal else Answer.UNKNOWN
    return Feature(answer=answer, reason=peer_text(describe(went.fault)), tries=1)
