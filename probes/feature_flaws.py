"""Flaws that follow from what `tls_features` saw: Ticketbleed and both kinds of renegotiation. Pure functions."""

from probes.flaw_words import no, not_applicable, not_asked, unknown, yes
from scanner.model.evidence.tls_features import Feature, TlsFeatures
from scanner.model.evidence.tls_flaws import Flaw
from scanner.model.evidence.tls_suites import PROTOCOLS, TlsSuites
from scanner.model.outcome import Answer

MAX_SESSION_ID = 32
"""Bytes of the longest session id (RFC 5246 section 7.4.1.2); servers with Ticketbleed always return that many."""

NO_FEATURES = "the probe of features brought nothing"
NO_CLASSIC_VERSION = "only TLSv1.3 is spoken"


def feature_flaws(features: TlsFeatures | None, suites: TlsSuites | None) -> dict[str, Flaw]:
    """`ticketbleed`, `insecure_renegotiation` and `client_renegotiation`."""
    names = ("ticketbleed", "insecure_renegotiation", "client_renegotiation")
    if suites is not None and _only_tls13(suites):
        return dict.fromkeys(names, not_applicable(NO_CLASSIC_VERSION))
    if features is None:
        return dict.fromkeys(names, not_asked(NO_FEATURES))
    asked = features.renegotiation
    return {
        "ticketbleed": _ticketbleed(features),
        "insecure_renegotiation": _renegotiation(asked.insecure, "second handshake without RFC 5746"),
        "client_renegotiation": _renegotiation(asked.client_initiated, "second handshake that the client began"),
    }


def _only_tls13(suites: TlsSuites) -> bool:
    classic = [suites.protocols[one] for one in PROTOCOLS[:-1] if one in suites.protocols]
    modern = suites.protocols.get(PROTOCOLS[-1])
    spoken = modern is not None and modern.supported is Answer.YES
    return spoken and len(classic) == len(PROTOCOLS) - 1 and all(one.supported is Answer.NO for one in classic)


def _ticketbleed(features: TlsFeatures) -> Flaw:
    """CVE-2016-9244: a session id shorter than 32 bytes comes back with bytes of the server's memory behind it."""
    resumption = features.resumption
    try:
        sent = bytes.fromhex(resumption.ticket_id_sent or "")
        returned = bytes.fromhex(resumption.ticket_id_returned or "")
    except ValueError:
        return unknown("the session ids in the evidence are no hexadecimal")
    if sent and resumption.ticket_id_returned is None:
        return unknown("what session id came back beside the ticket was not seen", tries=1)
    if len(sent) >= MAX_SESSION_ID:
        return unknown("the session id beside the ticket left no room for bytes of the server", tries=1)
    if sent:
        return _compared(sent, returned)
    if resumption.ticket.answer is Answer.NO or not resumption.ticket.applicable:
        return not_applicable(f"no resumption by ticket in TLS 1.2 or below: {resumption.ticket.reason or 'not seen'}")
    return unknown(f"no resumption by ticket was tried: {resumption.ticket.reason or 'no reason is known'}")


def _compared(sent: bytes, returned: bytes) -> Flaw:
    counts = f"a session id of {len(sent)} bytes beside a ticket came back with {len(returned)}"
    if len(returned) >= MAX_SESSION_ID and returned.startswith(sent):
        proof = f"{counts}: ours, and {len(returned) - len(sent)} of the server's memory"
        return yes(proof, sent=sent, received=returned[: len(sent)])  # what is not ours is not kept
    if returned == sent:
        return no(f"{counts}, the same", sent=sent, received=returned)
    return no(f"{counts}, none of ours beyond chance: the session was not resumed", sent=sent)


def _renegotiation(feature: Feature, what: str) -> Flaw:
    tries = max(feature.tries, 1)
    if feature.answer is Answer.YES:
        return yes(feature.reason or f"a {what} was completed", tries=tries)
    because = f": {feature.reason}" if feature.reason else ""
    if feature.answer is Answer.NO:
        return no(f"no {what} was completed{because}", tries=tries)
    if not feature.applicable:
        return not_applicable(feature.reason or f"no {what} is possible")
    if not feature.tries:
        return not_asked(f"no {what} was tried{because}")
    return unknown(f"whether a {what} is completed could not be told{because}", tries=feature.tries)
