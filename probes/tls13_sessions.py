"""Sessions of TLS 1.3: what one whole handshake and one resumption show. Part of the probe `tls_features`."""

import dataclasses
import time

from probes.hello_verdict import describe
from scanner.errors import AlertReceived, LeadlineError, Malformed
from scanner.model.evidence.tls_features import Feature
from scanner.model.options import Profile
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText, peer_text
from scanner.net.session import Session
from scanner.net.tls13_connection import Established, establish
from scanner.wire.octets import Octets
from scanner.wire.session_ticket import SessionTicket
from scanner.wire.tls13_client import Resume
from scanner.wire.tls_extensions import ExtensionType
from scanner.wire.tls_offer import DECRYPTABLE_SUITES, Offer
from scanner.wire.tls_version import Version

MAX_CONNECTIONS = 2
"""Connections of profile standard; profile deep opens up to four more."""

DEEP_RETRIES = 2
"""Further resumptions that profile deep tries where the first was declined: another back end may know the key."""

HANDSHAKE_SECONDS = 8.0
"""The longest that one connection may take, within the probe's deadline."""

# h2 first: it makes servers speak first, and some (BoringSSL) hold their tickets back until they do.
PROTOCOLS = ("h2", "http/1.1")

_NO_CERTIFICATE_ALERTS = frozenset({40, 41, 42, 43, 46, 48, 49, 116})
"""Alerts that mean "not without a certificate" in answer to an empty one: certificate_required (116) and what stacks
said before there was one."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ModernSessions:
    """What TLS 1.3 connections showed.

    `completed`: the server's Finished was right and ours was not refused. `tickets` is their number behind the first
    handshake, None where none was completed; `psk_lifetime_seconds` the longest lifetime, `max_early_data` the largest
    max_early_data_size in bytes, None where no ticket allows early data. `psk_without_dhe` is asked with profile deep
    only. `alpn` is the protocol chosen of h2 and http/1.1. `reason` says why something is unknown as a whole.
    """

    psk: Feature = dataclasses.field(default_factory=Feature)
    psk_without_dhe: Feature = dataclasses.field(default_factory=Feature)
    early_data: Feature = dataclasses.field(default_factory=Feature)
    max_early_data: int | None = None
    psk_lifetime_seconds: int | None = None
    tickets: int | None = None
    certificate_required: Feature = dataclasses.field(default_factory=Feature)
    alpn: PeerText | None = None
    completed: Answer = Answer.UNKNOWN
    reason: PeerText | None = None


async def look_at_modern_sessions(session: Session, *, suites: tuple[int, ...]) -> ModernSessions:
    """What the sessions of a server that speaks TLS 1.3 are like. Raises nothing of the peer's.

    `suites` are those that it accepts in TLS 1.3; empty where that is not known.
    """
    usable = tuple(code for code in DECRYPTABLE_SUITES if not suites or code in suites)
    if not usable:
        return _unknown("the server accepts no suite of TLS 1.3 that is spoken here")
    hello = Offer.complete((Version.TLS1_3,), server_name=session.target.sni, status_request=False, alpn=PROTOCOLS)
    hello = dataclasses.replace(hello, suites=usable, scts=False)
    first = await _establish(session, hello)
    if not first.completed:
        return _refused(first)
    tickets = [one for one in first.tickets if one.lifetime]
    asker = _Resumer(session, hello, first, tickets)
    psk = await asker.psk() if tickets else _without_ticket(first)
    deep = session.options.profile is Profile.DEEP
    return ModernSessions(
        psk=psk,
        psk_without_dhe=await asker.without_dhe() if deep else _unasked(),
        early_data=await asker.early_data(psk, verify=deep),
        max_early_data=max((one.max_early_data or 0 for one in first.tickets), default=0) or None,
        psk_lifetime_seconds=max((one.lifetime for one in first.tickets), default=None),
        tickets=len(first.tickets),
        certificate_required=_certificate_required(first),
        alpn=_alpn(first),
        completed=_completed(first),
        reason=None if first.fault is None else peer_text(describe(first.fault)),
    )


class _Resumer:
    """Resumes the sessions of the first connection, each ticket once while there are fresh ones."""

    def __init__(self, session: Session, hello: Offer, first: Established, tickets: list[SessionTicket]) -> None:
        self._session = session
        self._hello = hello
        self._group = None if first.flight is None else first.flight.group
        self._at = first.ticket_at
        self._tickets = tickets
        self._turn = 0

    async def psk(self) -> Feature:
        """Whether a ticket is taken, with a fresh key exchange."""
        most = 1 + (DEEP_RETRIES if self._session.options.profile is Profile.DEEP else 0)
        for tries in range(1, most + 1):
            went = await self._resume()
            if went.resumed and went.completed:
                return _feature(Answer.YES, "the server took the ticket", tries=tries, seen=1)
            if not went.completed:
                return _feature(Answer.UNKNOWN, f"the resumption failed: {_words(went.fault)}", tries=tries)
        return _feature(Answer.NO, "a ticket was offered; the server made a full handshake instead", tries=most)

    async def without_dhe(self) -> Feature:
        """Whether a ticket is taken without a key exchange (psk_ke), which gives up forward secrecy."""
        if not self._tickets:
            return _feature(Answer.UNKNOWN, "no ticket came")
        went = await self._resume(with_dhe=False)
        if went.without_dhe and went.completed:
            return _feature(Answer.YES, "the server resumed without a key exchange", tries=1, seen=1)
        if went.completed or isinstance(went.fault, AlertReceived):
            words = "a key exchange was made all the same" if went.completed else f"refused: {_words(went.fault)}"
            return _feature(Answer.NO, words, tries=1)
        return _feature(Answer.UNKNOWN, f"the resumption failed: {_words(went.fault)}", tries=1)

    async def early_data(self, psk: Feature, *, verify: bool) -> Feature:
        """Whether a ticket allows early data (RFC 8446 section 4.6.1); with `verify` also whether it is then taken."""
        if not self._tickets:
            return _feature(psk.answer, str(psk.reason or ""), tries=psk.tries)
        ticket = max(self._tickets, key=lambda one: one.max_early_data or 0)
        if not ticket.max_early_data:
            return _feature(Answer.NO, "no ticket allows early data", tries=1)
        said = f"a ticket allows {ticket.max_early_data} bytes of early data"
        if not verify:
            return _feature(Answer.YES, said, tries=1, seen=1)
        went = await self._resume(ticket, early_data=True)
        then = "and it was taken" if went.early_data and went.completed else "but none was taken when it was offered"
        return _feature(Answer.YES, f"{said}, {then}", tries=2, seen=1 + went.early_data)

    async def _resume(
        self, ticket: SessionTicket | None = None, *, with_dhe: bool = True, early_data: bool = False
    ) -> Established:
        if ticket is None:
            ticket = self._tickets[self._turn % len(self._tickets)]
            self._turn += 1
        shares = self._hello.key_shares if self._group is None else (self._group,)
        hello = dataclasses.replace(self._hello, suites=(ticket.suite,), key_shares=shares)
        age = int((time.monotonic() - self._at) * 1000)
        resume = Resume(ticket=ticket, age_ms=age, with_dhe=with_dhe, early_data=early_data)
        return await _establish(self._session, hello, resume)


async def _establish(session: Session, hello: Offer, resume: Resume | None = None) -> Established:
    return await establish(session, hello, resume=resume, deadline=session.deadline.sooner(HANDSHAKE_SECONDS))


def _feature(answer: Answer, reason: str, *, tries: int = 0, seen: int = 0) -> Feature:
    return Feature(answer=answer, reason=peer_text(reason), tries=tries, seen=seen)


def _words(fault: LeadlineError | None) -> str:
    return "no reason was given" if fault is None else describe(fault)


def _unasked() -> Feature:
    return _feature(Answer.UNKNOWN, "asked with profile deep only")


def _unknown(reason: str, *, completed: Answer = Answer.UNKNOWN) -> ModernSessions:
    one = Feature(reason=peer_text(reason))
    return ModernSessions(
        psk=one,
        psk_without_dhe=one,
        early_data=one,
        certificate_required=one,
        completed=completed,
        reason=peer_text(reason),
    )


def _refused(first: Established) -> ModernSessions:
    refused = isinstance(first.fault, AlertReceived)
    return _unknown(f"no handshake: {_words(first.fault)}", completed=Answer.NO if refused else Answer.UNKNOWN)


def _completed(first: Established) -> Answer:
    """Silence behind our Finished is consent; an alert is not, and a connection that is gone is neither."""
    if isinstance(first.fault, AlertReceived) and not first.tickets:
        return Answer.NO
    return Answer.YES if first.tickets or (first.fault is None and not first.hung_up) else Answer.UNKNOWN


def _without_ticket(first: Established) -> Feature:
    if first.tickets:
        return _feature(Answer.NO, "the tickets have a lifetime of 0", tries=1)
    if first.fault is not None:
        return _feature(Answer.UNKNOWN, f"no ticket came: {describe(first.fault)}", tries=1)
    if first.ended:
        return _feature(Answer.NO, "the server sent no ticket until the connection was ended in order", tries=1)
    words = "the server hung up" if first.hung_up else "no ticket came in time; it may come with the first answer only"
    return _feature(Answer.UNKNOWN, words, tries=1)


def _certificate_required(first: Established) -> Feature:
    if first.flight is None or first.flight.certificate_request is None:
        return _feature(Answer.NO, "no certificate was asked for in the handshake", tries=1)
    if isinstance(first.fault, AlertReceived):
        sure = first.fault.number in _NO_CERTIFICATE_ALERTS and not first.tickets
        words = f"{describe(first.fault)}, in answer to an empty certificate"
        return _feature(Answer.YES if sure else Answer.UNKNOWN, words, tries=1, seen=int(sure))
    if first.tickets or first.ended:
        return _feature(Answer.NO, "asked for, but the handshake was completed without one", tries=1)
    words = "the server hung up on an empty one" if first.hung_up else "no answer came to an empty one"
    return _feature(Answer.UNKNOWN, f"asked for; {words}", tries=1)


def _alpn(first: Established) -> PeerText | None:
    """The one name in the server's ALPN extension (RFC 7301 section 3.1)."""
    body = None if first.flight is None else first.flight.encrypted_extensions.get(ExtensionType.ALPN)
    if body is None:
        return None
    try:
        return peer_text(Octets(Octets(body).vector(2)).vector(1))
    except Malformed:
        return None
