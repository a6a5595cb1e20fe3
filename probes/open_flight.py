"""A handshake of TLS 1.2 or below that is left open after the server's first flight, to see how it takes one record.

What is sent and what the reaction means is decided elsewhere; here is only the conversation, with its patience.
"""

import contextlib
import dataclasses
import time
from collections.abc import AsyncIterator

from probes.flaw_words import ending
from scanner.errors import BudgetSpent, Closed, LeadlineError, Malformed, PeerFault, Reset, TimedOut
from scanner.net.budget import Deadline
from scanner.net.dial import Stream
from scanner.net.new_share import new_share
from scanner.net.session import Session
from scanner.net.tls_client import converse
from scanner.wire.server_flight import ServerFlight
from scanner.wire.tls_alert import alert_text
from scanner.wire.tls_client_state import ClientHandshake, Goal
from scanner.wire.tls_offer import Offer
from scanner.wire.tls_record import ContentType, Record, RecordReader

SLOWNESS = 3.0
"""How many times the time of the handshake silence must last, where that is longer than the patience."""

MOST_SECONDS = 8.0
"""The longest that one silence is waited for."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """What came within the patience: a record, the end of the connection (`fault`), or neither: silence."""

    record: Record | None = None
    fault: LeadlineError | None = None

    @property
    def silent(self) -> bool:
        """Whether nothing came."""
        return self.record is None and self.fault is None

    @property
    def refusal(self) -> bool:
        """Whether the server would not go on: an alert, FIN or RST."""
        if self.record is not None:
            return self.record.type is ContentType.ALERT
        return isinstance(self.fault, Closed | Reset)

    @property
    def raw(self) -> bytes | None:
        """The record as it came."""
        return None if self.record is None else self.record.header + self.record.payload

    @property
    def text(self) -> str:
        """In words."""
        if self.fault is not None:
            return ending(self.fault)
        if self.record is None:
            return "silence"
        if self.record.type is ContentType.ALERT and len(self.record.payload) == 2:
            return alert_text(self.record.payload[1])
        return f"a record of type {self.record.type.name.lower()} and {len(self.record.payload)} bytes"


class OpenFlight:
    """An open handshake. `flight` is the server's, `client_random` ours; `patience` is in seconds.

    `transcript` holds the handshake messages of both sides so far.
    """

    def __init__(
        self, session: Session, stream: Stream, flight: ServerFlight, *, client_random: bytes, transcript: bytes
    ) -> None:
        self.flight = flight
        self.client_random = client_random
        self.transcript = transcript
        self.patience = 0.0
        self._session = session
        self._stream = stream
        self._records = RecordReader()
        self._waiting: list[Reaction] = []

    async def ask(self, data: bytes) -> Reaction:
        """Sends `data` (nothing where it is empty) and waits for one whole record, the end, or till patience is over.

        Raises `BudgetSpent` where the deadline leaves no time to call it silence.
        """
        if self._session.deadline.remaining() < self.patience:
            raise BudgetSpent("the time was over before silence could have been told from an answer")
        self._stream.deadline = self._session.deadline.sooner(self.patience)
        try:
            if data:
                await self._stream.send(data)
            while not self._waiting:
                await self._read()
        except TimedOut:
            return Reaction()
        except PeerFault as fault:
            return Reaction(fault=fault)
        return self._waiting.pop(0)

    async def _read(self) -> None:
        """Reads once; what breaks the grammar comes after the records before it, however the bytes were split."""
        received = await self._stream.receive()
        if not received:
            self._waiting.append(Reaction(fault=Closed()))
        try:
            for record in self._records.feed(received):
                self._waiting.append(Reaction(record=record))
        except Malformed as fault:
            self._waiting.append(Reaction(fault=fault))


@contextlib.asynccontextmanager
async def open_flight(
    session: Session, offer: Offer, *, patience: float, deadline: Deadline
) -> AsyncIterator[OpenFlight]:
    """An open handshake over one new connection, in answer to `offer`; the connection is aborted at the end.

    `patience` are the seconds of silence that are waited for, more where the handshake itself was slow. Raises as
    `scanner.net.tls_client.handshake`.
    """
    random = session.random(32)
    machine = ClientHandshake(offer, random=random, session_id=b"", make_share=new_share, goal=Goal.FLIGHT)
    began = time.monotonic()
    fault: LeadlineError | None = None
    stream: Stream | None = None
    try:
        try:
            stream = await session.connect(deadline=deadline)
            await converse(stream, machine)
        except LeadlineError as error:
            fault = error
        session.flights.keep(session.identity.topic, offer, machine.flight, fault)
        if fault is not None:
            if isinstance(fault, PeerFault) and fault.stage is None:
                fault.stage = machine.stage
            raise fault
        assert stream is not None
        assert machine.flight is not None
        one = OpenFlight(session, stream, machine.flight, client_random=random, transcript=machine.transcript)
        one.patience = min(max(patience, SLOWNESS * (time.monotonic() - began)), max(patience, MOST_SECONDS))
        yield one
    finally:
        if stream is not None:
            stream.abort()
