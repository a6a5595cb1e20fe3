"""Sessions of SSLv3 to TLS 1.2: completes handshakes, and says what they show. Part of the probe of TLS features.

At most four connections: a full handshake with a ticket and one renegotiation in it, its resumption by ticket; a full
handshake without tickets, its resumption by session id. The two pairs go side by side and share nothing, for a server
may forget a session whose renegotiation it refused. No application data is sent.
"""

import asyncio
import dataclasses

from probes.hello_verdict import describe
from scanner.errors import AlertReceived, Closed, LeadlineError, PeerFault, Reset, TimedOut
from scanner.model.evidence.tls_features import Feature, Renegotiation
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText, peer_text
from scanner.model.suite_traits import traits
from scanner.net.budget import Deadline
from scanner.net.session import Session
from scanner.net.tls12_connection import Tls12Connection, open_connection
from scanner.wire.server_flight import ServerFlight
from scanner.wire.tls12_records import finishable
from scanner.wire.tls12_session import ClassicSession
from scanner.wire.tls_extensions import ExtensionType
from scanner.wire.tls_offer import ALL_SCHEMES, FFDHE_GROUPS, SHARED_GROUPS, Offer
from scanner.wire.tls_registry import suite_name
from scanner.wire.tls_version import Version

CONNECTION_SECONDS = 12.0
"""The longest that one connection may last."""

RENEGOTIATION_SECONDS = 2.0
"""How long a server may be silent about a renegotiation; on slow paths `RENEGOTIATION_HANDSHAKES` times as long as the
first handshake took."""

RENEGOTIATION_HANDSHAKES = 4

CLOSING_SECONDS = 0.5
"""Kept back from the deadline, so that what was learned is handed over."""

KEEPING_SECONDS = 0.05
"""What a server is given to put a session away before it is asked for: it does so after its own last word."""

TICKET_ID_BYTES = 31
"""Bytes of the session id that goes out beside a ticket. One less than usual: a server that gives 32 back has put
another byte behind it (CVE-2016-9244)."""

OFFERED_SUITES = 12
"""Suites of our offers at most, so that the hellos stay small."""

CERTIFICATE_ALERTS = frozenset({40, 41, 42, 43, 46, 48, 49, 116})
"""Fatal alerts by which a server refuses a handshake for the want of a client certificate."""

SECURE = "the server speaks RFC 5746, which binds renegotiations to their connection; without it none was tried"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ClassicSessions:
    """What completed handshakes of one version below TLS 1.3 show.

    `session_id` and `ticket`: such a session was resumed. `ticket_lifetime_seconds` is the server's hint, 0 where it
    leaves that open (RFC 5077 section 3.3). `ticket_id_sent` and `ticket_id_returned` are the session ids, in
    hexadecimal, of the resumption by ticket; the second is None where nothing was resumed, for then it is a new one.
    `certificate_required`: a handshake without a client certificate was refused. `completed`: whether any handshake was
    completed; `reason` says why none was.
    """

    session_id: Feature = dataclasses.field(default_factory=Feature)
    ticket: Feature = dataclasses.field(default_factory=Feature)
    ticket_lifetime_seconds: int | None = None
    ticket_id_sent: str | None = None
    ticket_id_returned: str | None = None
    renegotiation: Renegotiation = dataclasses.field(default_factory=Renegotiation)
    certificate_required: Feature = dataclasses.field(default_factory=Feature)
    completed: Answer = Answer.UNKNOWN
    reason: PeerText | None = None


async def look_at_classic_sessions(session: Session, *, version: Version, suites: tuple[int, ...]) -> ClassicSessions:
    """What the server does with sessions in `version`, of whose suites it accepts `suites`.

    Opens at most four connections; none where it accepts no suite with which a handshake can be completed here.
    Raises nothing of the peer's: what could not be found out is unknown, with the reason.
    """
    picked = _picked(version, suites)
    if not picked:
        why = f"{version.title} is accepted with no suite that this client can complete a handshake with"
        return _nothing(why)
    look = _Look(session, _offer(version, picked, session.target.sni))
    async with asyncio.TaskGroup() as group:
        by_ticket = group.create_task(look.with_ticket())
        by_id = group.create_task(look.without_ticket())
    found, session_id = by_ticket.result(), by_id.result()
    required = _certificate_required(look)
    return dataclasses.replace(
        found,
        session_id=session_id,
        certificate_required=required,
        completed=_completed(look, required),
        reason=None if look.completed else found.reason,
    )


def _picked(version: Version, suites: tuple[int, ...]) -> tuple[int, ...]:
    """The suites to offer: those that are kept best first, in case that not all fit."""

    def age(suite: int) -> tuple[bool, bool]:
        kind = traits(suite_name(suite))
        return not kind.forward_secret, not kind.aead

    return tuple(sorted(finishable(version, suites), key=age)[:OFFERED_SUITES])


def _offer(version: Version, suites: tuple[int, ...], server_name: str | None) -> Offer:
    finite = any(traits(suite_name(suite)).key_exchange == "DHE" for suite in suites)
    return Offer(
        versions=(version,),
        suites=suites,
        groups=(*SHARED_GROUPS, *FFDHE_GROUPS) if finite else SHARED_GROUPS,
        signature_schemes=ALL_SCHEMES,
        server_name=server_name,
        status_request=False,
        scts=False,
        extensions=version > Version.SSL3,
    )


def _nothing(why: str) -> ClassicSessions:
    unknown = _unknown(why)
    return ClassicSessions(
        session_id=unknown,
        ticket=unknown,
        renegotiation=Renegotiation(client_initiated=unknown, insecure=unknown),
        certificate_required=unknown,
        reason=peer_text(why),
    )


def _yes(why: str) -> Feature:
    return Feature(answer=Answer.YES, reason=peer_text(why), tries=1, seen=1)


def _no(why: str) -> Feature:
    return Feature(answer=Answer.NO, reason=peer_text(why), tries=1, seen=0)


def _unknown(why: str) -> Feature:
    return Feature(answer=Answer.UNKNOWN, reason=peer_text(why))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Went:
    """How one resumption went: what was seen of the server's flight, whether the session was taken up, what failed."""

    flight: ServerFlight | None = None
    resumed: bool = False
    fault: LeadlineError | None = None


class _Look:
    """The connections to one server. `flights` and `faults` are those of its full handshakes."""

    def __init__(self, session: Session, offer: Offer) -> None:
        self.flights: list[ServerFlight] = []
        self.faults: list[LeadlineError] = []
        self.completed = 0
        self._session = session
        self._offer = offer

    async def with_ticket(self) -> ClassicSessions:
        """A full handshake that asks for a ticket, one renegotiation in it, and the resumption by ticket."""
        async with asyncio.TaskGroup() as group:
            try:
                async with await self._open() as connection:
                    kept = await self._complete(connection)
                    resumption = group.create_task(self._by_ticket(kept, connection.flight))
                    renegotiation = await _renegotiation(connection)
            except LeadlineError as fault:
                return _nothing(describe(fault))
            # The first connection ends before the second is waited for: some servers take one at a time.
        return dataclasses.replace(resumption.result(), renegotiation=renegotiation)

    async def without_ticket(self) -> Feature:
        """A full handshake without tickets, and the resumption by session id."""
        try:
            async with await self._open(ticket=False) as connection:
                kept = await self._complete(connection)
        except LeadlineError as fault:
            return _unknown(describe(fault))
        if not kept.session_id:
            return _no("the server's hello has no session id")
        await asyncio.sleep(KEEPING_SECONDS)
        went = await self._resume(dataclasses.replace(kept, ticket=None), ticket=False)
        return _judged(went, "session id")

    async def _by_ticket(self, kept: ClassicSession, flight: ServerFlight | None) -> ClassicSessions:
        if kept.version is Version.SSL3:
            return ClassicSessions(ticket=Feature(applicable=False, reason=peer_text("SSLv3 has no tickets")))
        if kept.ticket is None:
            promised = flight is not None and ExtensionType.SESSION_TICKET in flight.extensions
            why = "the server sent no ticket" if promised else "the server's hello has no session_ticket extension"
            return ClassicSessions(ticket=_no(why))
        sent = self._session.random(TICKET_ID_BYTES)
        went = await self._resume(kept, session_id=sent)
        returned = went.flight.session_id if went.flight is not None else b""
        echoed = went.resumed or returned.startswith(sent)
        return ClassicSessions(
            ticket=_judged(went, "ticket"),
            ticket_lifetime_seconds=kept.ticket_lifetime,
            ticket_id_sent=sent.hex(),
            ticket_id_returned=returned.hex() if went.flight is not None and echoed else None,
        )

    async def _resume(self, kept: ClassicSession, *, session_id: bytes = b"", ticket: bool = True) -> _Went:
        try:
            async with await self._open(resume=kept, session_id=session_id, ticket=ticket) as connection:
                try:
                    await connection.handshake()
                except LeadlineError as fault:
                    return _Went(flight=connection.flight, resumed=connection.resumed, fault=fault)
                return _Went(flight=connection.flight, resumed=connection.resumed)
        except LeadlineError as fault:
            return _Went(fault=fault)

    async def _open(
        self, *, resume: ClassicSession | None = None, session_id: bytes = b"", ticket: bool = True
    ) -> Tls12Connection:
        left = max(0.0, self._session.deadline.remaining() - CLOSING_SECONDS)
        deadline: Deadline = self._session.deadline.sooner(min(left, CONNECTION_SECONDS))
        return await open_connection(
            self._session, self._offer, resume=resume, session_id=session_id, ticket=ticket, deadline=deadline
        )

    async def _complete(self, connection: Tls12Connection) -> ClassicSession:
        """The session of a full handshake, which is counted. Raises what ended it."""
        try:
            await connection.handshake()
        except LeadlineError as fault:
            self.faults.append(fault)
            raise
        finally:
            if connection.flight is not None:
                self.flights.append(connection.flight)
        self.completed += 1
        assert connection.session is not None
        return connection.session


def _judged(went: _Went, what: str) -> Feature:
    if went.fault is not None:
        return dataclasses.replace(_unknown(describe(went.fault)), tries=1)
    if went.resumed:
        return _yes(f"a session was resumed by its {what}")
    return _no(f"the server gave a {what}, and answered it with a full handshake")


async def _renegotiation(connection: Tls12Connection) -> Renegotiation:
    """The one renegotiation: bound to the first handshake where the server speaks RFC 5746, else without."""
    secure = connection.secure_renegotiation
    seconds = max(RENEGOTIATION_SECONDS, RENEGOTIATION_HANDSHAKES * connection.handshake_seconds)
    try:
        await connection.renegotiate(secure=secure, seconds=seconds)
    except LeadlineError as fault:
        asked = _refused(fault, seconds, in_time=connection.stream.deadline.remaining() > 0)
    else:
        asked = _yes("a second handshake that we began was completed")
    return Renegotiation(
        client_initiated=asked,
        insecure=dataclasses.replace(_no(SECURE), tries=0) if secure else asked,
    )


def _refused(fault: LeadlineError, seconds: float, *, in_time: bool) -> Feature:
    """What an unfinished renegotiation shows: silence within the time that it had is a refusal, too."""
    if isinstance(fault, AlertReceived | Closed | Reset):
        return _no(f"refused: {describe(fault)}")
    if isinstance(fault, TimedOut) and in_time:
        return _no(f"refused by silence: no answer within {seconds:.1f} s")
    return dataclasses.replace(_unknown(describe(fault)), tries=1)


def _certificate_required(look: _Look) -> Feature:
    """Whether a handshake without a client certificate is refused: by an alert, or cut off each time."""
    asked = [one for one in look.flights if one.certificate_request is not None]
    if look.completed and look.flights:
        return _no("asked for, and a handshake without one was completed" if asked else "the server asks for none")
    if not asked or not look.faults:
        return _unknown(describe(look.faults[0]) if look.faults else "no handshake was completed")
    # Where we still wrote when the server had enough, a reset may have swallowed its alert.
    refused = all(_asks_by_alert(fault) or isinstance(fault, Closed | Reset) for fault in look.faults)
    certain = any(map(_asks_by_alert, look.faults)) or len(look.faults) > 1
    if refused and certain and len(look.faults) == len(asked):
        why = f"refused without one: {describe(next(filter(_asks_by_alert, look.faults), look.faults[0]))}"
        return Feature(answer=Answer.YES, reason=peer_text(why), tries=len(asked), seen=len(asked))
    return _unknown(describe(look.faults[0]))


def _asks_by_alert(fault: LeadlineError) -> bool:
    return isinstance(fault, AlertReceived) and fault.number in CERTIFICATE_ALERTS


def _completed(look: _Look, required: Feature) -> Answer:
    if look.completed:
        return Answer.YES
    peers = look.faults and all(isinstance(fault, PeerFault) for fault in look.faults)
    return Answer.NO if peers and required.answer is Answer.YES else Answer.UNKNOWN
