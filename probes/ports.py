"""Ports: which of a short list take a TCP connection at the endpoint's address. Asked for with `--ports` only.

Rule of the room: connect and close; not a byte is sent. A refusal is a closed port, silence is unknown. It runs last,
because there are guards that ban whoever knocks at many doors.
"""

import asyncio
import dataclasses

from probes.base import Group, Known, ProbeInfo, Scope
from scanner.errors import CapReached, OwnFault, PeerFault, Refused, TimedOut
from scanner.model.evidence.ports import Port, PortRole, Ports, Service
from scanner.model.observation import Observation
from scanner.model.outcome import Answer, Outcome, Stage
from scanner.model.peer import peer_text
from scanner.model.port_list import PORTS
from scanner.net.pace import Pace
from scanner.net.session import Session

SECONDS = 2.0
"""The longest that one connect may take; an answer from the other side of the world takes 0.4 s."""

MOST_OPEN = 8
"""Connections that are under way at once."""

EVERYTHING = 0.75
"""The part of the ports from which on so many open ones are not believed: some front ends accept them all."""

NOT_ASKED = "not asked; use --ports"

GONE = "the scanned port itself takes no connection any more, so a refusal may be a ban"


class PortsProbe:
    """Tries to connect to each port of the list."""

    info = ProbeInfo(
        id="ports",
        topic="ports",
        group=Group.IDENTITY,
        title="Open ports",
        sends="Nothing without --ports.",
        sends_on_request=(
            f"With --ports, one TCP connection to each of {len(PORTS)} ports at every address, closed at once without a"
            f" byte sent, at most {MOST_OPEN} at a time and {SECONDS:g} s each, and two to the scanned port itself."
        ),
        scope=Scope.ADDRESS,
        max_connections=len(PORTS) + 2,
        produces=Ports,
        since="0.1.0",
        last=True,
        quick=False,
    )

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds

    async def collect(self, session: Session, known: Known) -> Observation[Ports]:
        """The ports. Raises what connecting to the scanned port raises: without it nothing can be told."""
        del known
        if not session.options.ports:
            return session.observe(None, outcome=Outcome.NOT_ASSESSED, detail=NOT_ASKED)
        assert session.endpoint is not None, "this probe runs at endpoints"
        (await session.connect()).abort()
        limits = session.options.pace
        pace = Pace(dataclasses.replace(limits, open_at_once=min(MOST_OPEN, limits.open_at_once)))
        found = tuple(await asyncio.gather(*(self._look(session, pace, row) for row in PORTS)))
        try:
            (await session.connect(deadline=session.deadline.sooner(self._seconds))).abort()
        except PeerFault:
            doubted = Ports(ports=tuple(_doubted(one) for one in found))
            return session.observe(doubted, outcome=Outcome.BLOCKED, stage=Stage.CONNECT, detail=GONE)
        except OwnFault:
            pass  # the second look at the scanned port is beyond a cap: what was seen stands
        several = [one for one in found if one.service is Service.LISTED]
        everything = sum(one.open is Answer.YES for one in several) > EVERYTHING * len(several)
        return session.observe(Ports(ports=found, everything_open=everything))

    async def _look(self, session: Session, pace: Pace, row: tuple[int, str, PortRole]) -> Port:
        """One port, in its turn."""
        number, name, role = row
        endpoint = session.endpoint
        assert endpoint is not None, "this probe runs at endpoints"
        port = Port(
            port=number,
            name=name,
            role=role,
            service=Service.TARGET if number == endpoint.port else Service.LISTED,
        )
        if number == endpoint.port:
            return dataclasses.replace(port, open=Answer.YES)
        await pace.enter()
        try:
            answer, reason = await self._connect(session, number)
        finally:
            pace.leave()
        return dataclasses.replace(port, open=answer, reason=None if reason is None else peer_text(reason, limit=200))

    async def _connect(self, session: Session, number: int) -> tuple[Answer, str | None]:
        assert session.endpoint is not None, "this probe runs at endpoints"
        place = dataclasses.replace(session.endpoint, port=number)
        try:
            stream = await session.connect(place, deadline=session.deadline.sooner(self._seconds))
        except Refused:
            return Answer.NO, None
        except TimedOut:
            return Answer.UNKNOWN, "no answer: filtered, or lost on the way"
        except CapReached as fault:
            return Answer.UNKNOWN, fault.detail
        except (PeerFault, OwnFault) as fault:
            return Answer.UNKNOWN, f"{fault.outcome}: {fault.detail}" if fault.detail else str(fault.outcome)
        stream.abort()
        return Answer.YES, None


def _doubted(one: Port) -> Port:
    """A port without its refusal, which may have been a ban."""
    return dataclasses.replace(one, open=Answer.UNKNOWN, reason=peer_text(GONE)) if one.open is Answer.NO else one
