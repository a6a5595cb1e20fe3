"""One target: its addresses, the probes at them, what follows, and the judgement."""

import asyncio
import time
from collections.abc import Coroutine, Sequence
from typing import TypeVar

from probes.base import Probe
from scanner.engine.collect import Collection, Means, not_run, places
from scanner.engine.document import Frame
from scanner.engine.events import TargetFinished, TargetStarted
from scanner.engine.inputs import Outside
from scanner.engine.plan import make_plan
from scanner.engine.status import endpoint_status, left_out, target_status
from scanner.errors import NotAsked, OwnFault, PeerFault, Stopped
from scanner.model.observation import Observation
from scanner.model.options import ScanOptions
from scanner.model.peer import PeerText
from scanner.model.result import EndpointStatus, TargetResult, TotalCost
from scanner.model.target import Endpoint, Target, TargetStatus
from scanner.net.budget import Deadline, Meter

T = TypeVar("T")


def choose(endpoints: Sequence[Endpoint], options: ScanOptions) -> tuple[Endpoint, ...]:
    """The endpoints that `--address` asks for: all that were found, the first, or one literal (empty: not there)."""
    if options.address == "all":
        return tuple(endpoints)
    if options.address == "first":
        return tuple(endpoints[:1])
    return tuple(one for one in endpoints if one.address == options.address)


async def scan_target(
    target: Target, means: Means, frame: Frame, outside: Outside, probes: Sequence[Probe[object]]
) -> TargetResult:
    """The result for one target; never raises for what a peer or the network does."""
    clock = time.monotonic()
    options = means.options
    plan = make_plan(target, options, probes)
    deadline = Deadline.after(options.seconds)
    meter = Meter()
    fault: PeerFault | OwnFault | None = None
    endpoints: tuple[Endpoint, ...] = ()
    try:
        if means.stop.is_set():
            raise Stopped("stopped by the user before this target was begun")
        lookup = means.resolver.endpoints(target.host, target.port, deadline=deadline)
        found = await _unless_stopped(means.stop, lookup)
        endpoints = choose(found, options)
        if not endpoints:
            fault = NotAsked(f"the name has no address {options.address}")
    except (PeerFault, OwnFault) as raised:
        fault = raised
    means.listener(TargetStarted(target=target, endpoints=len(endpoints), probes=len(places(plan, endpoints))))
    seen = await Collection(target, plan, means, deadline, meter).run(endpoints)
    from scanner.engine.conclude import conclude  # rules are most of the program, and a scan begins without them
    from scanner.engine.seal import seal

    observations = seal(seen, options.headers)
    if fault is not None:
        observations += not_run(plan, fault)
    states = tuple(endpoint_status(one, observations) for one in endpoints)
    status, reason = _overall(states, observations, fault)
    result = await conclude(
        target,
        plan.judged,
        observations,
        frame=frame,
        outside=outside,
        endpoints=states,
        status=status,
        reason=reason,
        notes=(*(PeerText(note) for note in means.resolver.notes(target.host)), *left_out(observations)),
        cost=TotalCost.of(meter.cost, time.monotonic() - clock, options.max_connections),
    )
    means.listener(TargetFinished(target=target, result=result))
    return result


async def _unless_stopped(stop: asyncio.Event, work: Coroutine[object, object, T]) -> T:
    """What `work` brings; raises `Stopped` where the user stops the scan before."""
    task, stopped = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Stopped("stopped by the user while the name was looked up")
        return task.result()
    finally:
        task.cancel()
        stopped.cancel()


def _overall(
    states: tuple[EndpointStatus, ...], observations: Sequence[Observation[object]], fault: PeerFault | OwnFault | None
) -> tuple[TargetStatus, PeerText | None]:
    if fault is None:
        return target_status(states, observations)
    status = TargetStatus.PARTIAL if isinstance(fault, Stopped) else TargetStatus.UNREACHABLE
    where = f" at {fault.stage}" if fault.stage else ""
    return status, PeerText(f"{fault.outcome}{where}: {fault.detail}")
