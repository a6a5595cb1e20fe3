"""A whole TLS 1.3 connection: handshake, the tickets that follow it, and an orderly end. No application data is sent.

The server is not authenticated (see `scanner.wire.tls13_client`), so nothing secret may go this way.
"""

import dataclasses
import time

from scanner.errors import Closed, LeadlineError, PeerFault, TimedOut
from scanner.net.budget import Deadline
from scanner.net.dial import Stream
from scanner.net.new_share import new_share
from scanner.net.session import Session
from scanner.wire.server_flight import ServerFlight
from scanner.wire.session_ticket import SessionTicket
from scanner.wire.tls13_client import FullHandshake, Resume
from scanner.wire.tls_offer import Offer

FIRST_TICKET_SECONDS = (0.3, 3.0)
"""The shortest and longest wait for a first ticket; between them, two round trips."""

MORE_TICKETS_SECONDS = (0.1, 0.3)
"""The shortest and longest silence after which no further ticket is waited for; between them, half a round trip."""

FAREWELL_SECONDS = (0.5, 3.0)
"""The shortest and longest wait for the answer to our close_notify; between them, two round trips. It is waited for
only where no ticket came."""

LINGER_SECONDS = 4.0
"""The longest that a server which goes on talking is listened to behind the handshake."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Established:
    """How one connection went. `flight` is what was seen of the server's flight, also of one that broke off.

    `completed`: the server's Finished came, was right, and ours went out, unless what came with it already ended the
    connection. `tickets` came behind it, the first at `ticket_at` (monotonic seconds).
    `hung_up` says whether the server ended the connection in order unasked, `ended` whether it did in answer to our
    close_notify. `resumed`, `without_dhe` and `early_data` as `FullHandshake` has them.
    `fault` is what went wrong, before or behind the handshake.
    """

    flight: ServerFlight | None
    completed: bool
    resumed: bool
    without_dhe: bool
    early_data: bool
    tickets: tuple[SessionTicket, ...]
    ticket_at: float
    hung_up: bool
    ended: bool
    fault: LeadlineError | None


async def establish(
    session: Session, offer: Offer, *, resume: Resume | None = None, deadline: Deadline | None = None
) -> Established:
    """One connection with `offer`, which must be of TLS 1.3 alone, over a new connection of `session`.

    Without `resume` it listens for tickets, and the handshake is kept among the flights; a resumption ends at once.
    Raises nothing of the peer's: every fault is a value.
    """
    machine = FullHandshake(
        offer, random=session.random(32), session_id=session.random(32), make_share=new_share, resume=resume
    )
    talk = _Talk(machine, listens=resume is None)
    fault: LeadlineError | None = None
    try:
        async with await session.connect(deadline=deadline) as stream:
            await talk.run(stream)
    except LeadlineError as raised:
        fault = raised
        if isinstance(fault, PeerFault) and fault.stage is None:
            fault.stage = machine.stage
    if resume is None:
        session.flights.keep(session.identity.topic, offer, machine.flight, None if machine.established else fault)
    return Established(
        flight=machine.flight,
        completed=machine.established,
        resumed=machine.resumed,
        without_dhe=machine.without_dhe,
        early_data=machine.early_data,
        tickets=tuple(machine.tickets),
        ticket_at=talk.ticket_at,
        hung_up=talk.ended and not talk.said_goodbye,
        ended=talk.ended and talk.said_goodbye,
        fault=fault,
    )


class _Talk:
    """The conversation of one machine over one stream."""

    def __init__(self, machine: FullHandshake, *, listens: bool) -> None:
        self.machine = machine
        self._listens = listens
        self.ticket_at = 0.0
        self.ended = False
        self.said_goodbye = False
        self._round_trip = 0.0

    async def run(self, stream: Stream) -> None:
        """Handshake, tickets, farewell. Raises the fault that ended it, if it was one."""
        started = time.monotonic()
        await stream.send(self.machine.start())
        while not self.machine.established:
            data = await stream.receive()
            self._round_trip = self._round_trip or time.monotonic() - started
            if not data:
                raise self.machine.end()
            await self._take(stream, data)
        whole = stream.deadline
        if self._listens:
            await self._listen(stream, whole)
        if not self.ended:
            stream.deadline = whole
            self.said_goodbye = True
            await stream.send(self.machine.close())
            if self._listens and not self.machine.tickets:
                await self._farewell(stream, whole)

    async def _take(self, stream: Stream, data: bytes) -> None:
        answer = self.machine.feed(data)
        stream.stage = self.machine.stage
        if answer:
            await stream.send(answer)
        if self.machine.tickets and not self.ticket_at:
            self.ticket_at = time.monotonic()

    async def _listen(self, stream: Stream, whole: Deadline) -> None:
        """Takes what comes until it is quiet."""
        last = whole.sooner(LINGER_SECONDS)
        while last.remaining() and not self.ended:
            waits = (0.5, MORE_TICKETS_SECONDS) if self.machine.tickets else (2, FIRST_TICKET_SECONDS)
            stream.deadline = last.sooner(self._patience(*waits))
            if not await self._one(stream):
                return

    async def _farewell(self, stream: Stream, whole: Deadline) -> None:
        """Waits for the server's own end: what it still had to say, it says before that."""
        last = whole.sooner(self._patience(2, FAREWELL_SECONDS))
        stream.deadline = last
        while last.remaining() and not self.ended and await self._one(stream):
            pass

    async def _one(self, stream: Stream) -> bool:
        """Takes one piece; False where none came in time."""
        try:
            data = await stream.receive()
        except TimedOut:
            return False
        if not data:
            self.ended = True
            return True
        try:
            await self._take(stream, data)
        except Closed:
            self.ended = True
        return True

    def _patience(self, round_trips: float, bounds: tuple[float, float]) -> float:
        least, most = bounds
        return min(most, max(least, round_trips * self._round_trip))
