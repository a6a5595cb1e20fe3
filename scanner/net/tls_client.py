"""Our own TLS client: drives the sans-IO handshake of `scanner.wire` over a stream, one new connection each time.

It reads the server's first flight and goes no further: nothing is authenticated and no application data is sent.
"""

import dataclasses
from collections.abc import Callable

from scanner.errors import LeadlineError, PeerFault
from scanner.net.budget import Deadline
from scanner.net.dial import Stream
from scanner.net.new_share import new_share
from scanner.net.session import Session
from scanner.wire.server_flight import ServerFlight
from scanner.wire.tls_client_state import ClientHandshake, Goal
from scanner.wire.tls_offer import Offer


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """How one handshake went. `flight` is what was seen, also of a flight that broke off after the ServerHello.

    `fault` is None when the goal was reached.
    """

    flight: ServerFlight | None
    fault: LeadlineError | None


async def handshake(
    session: Session, offer: Offer, *, goal: Goal = Goal.FLIGHT, deadline: Deadline | None = None
) -> ServerFlight:
    """The server's flight in answer to `offer`, over one new connection of `session`.

    With `Goal.FLIGHT` it is whole: up to ServerHelloDone (TLS 1.2 and below), or CertificateVerify (TLS 1.3,
    decrypted). The version may be lower than the highest offered: it is one of `offer.versions`, and suite, group and
    compression are verified to be among those offered. `deadline` may be sooner than the session's.

    Raises what `Session.connect` raises, and `AlertReceived` (a fatal alert), `Closed` (FIN), `Reset`, `TimedOut`,
    `TooMuch`, or `Malformed` (with a clear detail where the peer spoke plain HTTP or answered with something that was
    not offered). `stage` is client-hello while nothing of TLS came, then server-hello, then certificate.
    """
    went = await attempt(session, offer, goal=goal, deadline=deadline)
    if went.fault is not None:
        raise went.fault
    assert went.flight is not None
    return went.flight


async def attempt(
    session: Session,
    offer: Offer,
    *,
    goal: Goal = Goal.FLIGHT,
    deadline: Deadline | None = None,
    opened: Callable[[Stream], None] | None = None,
) -> Attempt:
    """As `handshake`, with the fault as a value beside what was seen before it. Raises nothing of the peer's.

    `opened` is told the stream once it stands, and may bring its deadline forward: so patience with the server does
    not count the time that was spent waiting for a place.
    """
    machine = ClientHandshake(
        offer, random=session.random(32), session_id=session.random(32), make_share=new_share, goal=goal
    )
    try:
        async with await session.connect(deadline=deadline) as stream:
            if opened is not None:
                opened(stream)
            await converse(stream, machine)
    except LeadlineError as fault:
        if isinstance(fault, PeerFault) and fault.stage is None:
            fault.stage = machine.stage
        went = Attempt(flight=machine.flight, fault=fault)
    else:
        went = Attempt(flight=machine.flight, fault=None)
    session.flights.keep(session.identity.topic, offer, went.flight, went.fault)
    return went


async def converse(stream: Stream, machine: ClientHandshake) -> None:
    """Brings `machine` to its goal over `stream`. Raises as `handshake`, with a stage only where the wire gave one."""
    await stream.send(machine.start())
    while not machine.done:
        data = await stream.receive()
        if not data:
            raise machine.end()
        answer = machine.feed(data)
        stream.stage = machine.stage
        if answer:
            await stream.send(answer)
