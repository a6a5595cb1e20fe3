"""Collecting: runs the planned probes at one target's endpoints, and brings back every observation.

A probe waits for what it requires, then runs beside the others. Whatever happens to it becomes an observation: a
fault, the deadline, a stop by the user, or a mistake of our own.
"""

import asyncio
import dataclasses
import datetime
import logging
from collections.abc import Iterable

from probes.base import Group, Known, Probe, Scope
from scanner.engine.events import Listener, ProbeFinished
from scanner.engine.plan import Plan
from scanner.errors import OwnFault, PeerFault
from scanner.model.observation import Cost, Observation
from scanner.model.options import ScanOptions
from scanner.model.outcome import Outcome, Stage
from scanner.model.peer import peer_text
from scanner.model.target import Endpoint, Family, Target
from scanner.net.budget import Deadline, Meter
from scanner.net.dial import Dialer
from scanner.net.flights import Flights
from scanner.net.resolve import Resolver
from scanner.net.session import Session
from scanner.net.tape import Tape
from scanner.net.trust_stores import TrustStores

GRACE_SECONDS = 0.25
"""How long after the deadline a probe may tidy up before it is cancelled."""

PROBE_BYTES = 8 * 1024 * 1024
"""Bytes that one probe may be sent at one endpoint."""

DETAIL_LIMIT = 300
"""Characters of detail that an observation keeps."""

CAPTURED = frozenset({Group.TLS, Group.CERTIFICATES})
"""The groups whose bytes `--capture` keeps. Those of HTTP could hold the user's own secrets and other people's."""

_log = logging.getLogger("leadline")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a run has, shared by all its targets."""

    options: ScanOptions
    dialer: Dialer
    resolver: Resolver
    trust: TrustStores
    stop: asyncio.Event
    listener: Listener


@dataclasses.dataclass(frozen=True, slots=True)
class _Place:
    """One probe at one endpoint (None: at the target as a whole)."""

    probe: Probe[object]
    endpoint: Endpoint | None


def places(plan: Plan, endpoints: tuple[Endpoint, ...]) -> list[_Place]:
    """Where each planned probe runs, in report order: endpoint by endpoint, the target as a whole first."""
    web = _first_of_each_family(endpoints)
    found = [_Place(probe, None) for probe in plan.probes if probe.info.scope is Scope.TARGET]
    for endpoint in endpoints:
        for probe in plan.probes:
            everywhere = probe.info.scope is Scope.ADDRESS
            if everywhere or (probe.info.scope is Scope.WEB and endpoint in web):
                found.append(_Place(probe, endpoint))
    return found


def _first_of_each_family(endpoints: Iterable[Endpoint]) -> tuple[Endpoint, ...]:
    first: dict[Family, Endpoint] = {}
    for endpoint in endpoints:
        first.setdefault(endpoint.family, endpoint)
    return tuple(first.values())


class Collection:
    """The work on one target: one task a probe and endpoint, each waiting for what it requires."""

    def __init__(self, target: Target, plan: Plan, means: Means, deadline: Deadline, meter: Meter) -> None:
        self._target = target
        self._plan = plan
        self._means = means
        self._deadline = deadline
        self._meter = meter
        self._tasks: dict[_Place, asyncio.Task[Observation[object]]] = {}
        self._flights: dict[Endpoint | None, Flights] = {}
        self._first: Endpoint | None = None

    async def run(self, endpoints: tuple[Endpoint, ...]) -> tuple[Observation[object], ...]:
        """Every observation, in report order. Never raises for what a peer does; ends at the deadline or at a stop."""
        meters = {
            one: Meter(parent=self._meter, max_connections=self._means.options.max_connections) for one in endpoints
        }
        self._first = next((one for one in endpoints if self._means.dialer.has_route(one)), None)
        todo = places(self._plan, endpoints)
        for place in todo:
            meter = self._meter if place.endpoint is None else meters[place.endpoint]
            self._tasks[place] = asyncio.create_task(self._observe(place, meter))
        stopper = asyncio.create_task(self._stop_all())
        try:
            return tuple([await self._tasks[place] for place in todo])
        finally:
            stopper.cancel()
            for task in self._tasks.values():
                task.cancel()

    async def _stop_all(self) -> None:
        await self._means.stop.wait()
        for task in self._tasks.values():
            task.cancel()

    async def _observe(self, place: _Place, meter: Meter) -> Observation[object]:
        info = place.probe.info
        most = info.max_connections + (info.max_connections_intrusive if self._means.options.intrusive else 0)
        session = Session(
            identity=info,
            target=self._target,
            endpoint=place.endpoint,
            options=self._means.options,
            deadline=self._deadline,
            meter=Meter(parent=meter, max_connections=most, max_bytes_in=PROBE_BYTES),
            dialer=self._means.dialer,
            resolver=self._means.resolver,
            trust=self._means.trust,
            flights=self._flights.setdefault(place.endpoint, Flights()),
            tape=Tape() if self._means.options.capture and info.group in CAPTURED else None,
        )
        try:
            known = await self._wait_for_required(place)
            session.restart_clock()
            observation = await self._collect(place, session, known)
        except asyncio.CancelledError:
            if not self._means.stop.is_set():
                raise
            observation = session.observe(None, outcome=Outcome.CANCELLED, detail="stopped by the user")
        self._means.listener(ProbeFinished(target=self._target, observation=observation))
        return observation

    async def _wait_for_required(self, place: _Place) -> Known:
        """What the probe may know: the topics that it requires, for a `last` probe all the others. Waits for them.

        Nothing else is handed on, even where it happens to be there: what a probe does must not depend on chance.
        """
        info = place.probe.info
        others_last = {probe.info.topic for probe in self._plan.probes if probe.info.last}
        wanted = {
            other.probe.info.topic: task
            for other, task in self._tasks.items()
            if other is not place
            and other.endpoint in {place.endpoint, None}
            and (other.probe.info.topic in info.requires or (info.last and other.probe.info.topic not in others_last))
        }
        first = None
        if info.compares and place.endpoint is not None and place.endpoint != self._first:
            first = self._tasks.get(_Place(place.probe, self._first))
        if awaited := {*wanted.values(), *(() if first is None else (first,))}:
            await asyncio.wait(awaited)
        return Known(
            {topic: task.result() for topic, task in wanted.items() if not task.cancelled()},
            None if first is None or first.cancelled() else first.result(),
        )

    async def _collect(self, place: _Place, session: Session, known: Known) -> Observation[object]:
        if place.endpoint is not None and not self._means.dialer.has_route(place.endpoint):
            detail = f"this machine has no route to {place.endpoint.family} addresses"
            return session.observe(None, outcome=Outcome.NOT_ASSESSED, stage=Stage.CONNECT, detail=detail)
        guard = asyncio.timeout(self._deadline.remaining() + GRACE_SECONDS)
        try:
            async with guard:
                return await place.probe.collect(session, known)
        except (PeerFault, OwnFault) as fault:
            return session.observe(
                None, outcome=fault.outcome, stage=fault.stage, detail=peer_text(fault.detail, limit=DETAIL_LIMIT)
            )
        except Exception as error:
            if guard.expired():
                return session.observe(None, outcome=Outcome.TIMEOUT, detail="the deadline of the target has passed")
            _log.debug("probe %s failed", place.probe.info.id, exc_info=True)
            detail = peer_text(f"{type(error).__name__}: {error}", limit=DETAIL_LIMIT)
            return session.observe(None, outcome=Outcome.INTERNAL_ERROR, detail=detail)


def not_run(plan: Plan, fault: PeerFault | OwnFault) -> tuple[Observation[object], ...]:
    """Observations of the probes that had no endpoint to run at: all of the plan but the target's own."""
    return tuple(
        Observation(
            probe=probe.info.id,
            version=probe.info.version,
            topic=probe.info.topic,
            endpoint=None,
            outcome=fault.outcome,
            stage=fault.stage,
            detail=peer_text(fault.detail, limit=DETAIL_LIMIT),
            started=datetime.datetime.now(datetime.UTC),
            elapsed_ms=0.0,
            cost=Cost(),
        )
        for probe in plan.probes
        if probe.info.scope is not Scope.TARGET
    )
