"""Statuses: how much of an endpoint and of a target could be seen. Pure."""

from collections.abc import Iterable, Sequence

from scanner.model.observation import Observation
from scanner.model.outcome import Outcome, Stage
from scanner.model.peer import PeerText
from scanner.model.result import EndpointStatus
from scanner.model.target import Endpoint, TargetStatus

FINISHED = frozenset({Outcome.OK, Outcome.NOT_APPLICABLE, Outcome.NOT_ASSESSED})
"""Outcomes that leave nothing open: the probe did what there was to do."""

CAP = "the cap of"
"""What the detail of an observation says that a cap on connections ended (`scanner.net.budget.Meter`)."""

_NOT_THERE = frozenset(
    {Outcome.UNRESOLVED, Outcome.UNREACHABLE, Outcome.REFUSED, Outcome.FORBIDDEN, Outcome.NOT_ASSESSED}
)


def unfinished(observations: Iterable[Observation[object]]) -> list[Observation[object]]:
    """The observations of probes that started and could not finish.

    A challenge page that was seen as such is all that there was to see: it blocks the site, not the probe.
    """
    return [one for one in observations if one.outcome not in FINISHED and not _saw_a_block(one)]


def _saw_a_block(one: Observation[object]) -> bool:
    return one.outcome is Outcome.BLOCKED and one.evidence is not None


def endpoint_status(endpoint: Endpoint, observations: Sequence[Observation[object]]) -> EndpointStatus:
    """The status of one endpoint from what the probes there met."""
    here = [one for one in observations if one.endpoint == endpoint.key]
    status, reason = _status(here)
    return EndpointStatus(
        address=endpoint.address, port=endpoint.port, family=endpoint.family, status=status, reason=reason
    )


def target_status(
    endpoints: Sequence[EndpointStatus], observations: Sequence[Observation[object]]
) -> tuple[TargetStatus, PeerText | None]:
    """The status of the whole target, and the reason where it is not complete.

    `endpoints` is not empty. One that this machine has no route to does not make the target partial while another
    one answered.
    """
    reached = [one for one in endpoints if one.status is not TargetStatus.UNREACHABLE]
    if not reached:
        return TargetStatus.UNREACHABLE, endpoints[0].reason
    worst = [one for one in reached if one.status is not TargetStatus.COMPLETE]
    if worst:
        return worst[0].status, worst[0].reason
    lost = unfinished(observations)
    if lost:
        return TargetStatus.PARTIAL, _whose(lost[0])
    return TargetStatus.COMPLETE, None


def left_out(observations: Iterable[Observation[object]]) -> tuple[PeerText, ...]:
    """A note of what the cap on connections left out, so that a complete status is not read as a whole report."""
    topics = {one.topic for one in observations if one.outcome is Outcome.NOT_ASSESSED and CAP in (one.detail or "")}
    if not topics:
        return ()
    return (
        PeerText(f"the cap on connections was reached: not assessed, or not to the end: {', '.join(sorted(topics))}"),
    )


def _status(here: Sequence[Observation[object]]) -> tuple[TargetStatus, PeerText | None]:
    if not any(_answered(one) for one in here):
        first = next((one for one in here if one.outcome not in {Outcome.OK, Outcome.NOT_APPLICABLE}), None)
        if first is not None and first.outcome is Outcome.CANCELLED:
            return TargetStatus.PARTIAL, _why(first)
        if first is not None:
            return TargetStatus.UNREACHABLE, _why(first)
    blocked = next((one for one in here if one.outcome is Outcome.BLOCKED), None)
    if blocked is not None:
        return TargetStatus.BLOCKED, _whose(blocked)
    lost = unfinished(here)
    if lost:
        return TargetStatus.PARTIAL, _whose(lost[0])
    return TargetStatus.COMPLETE, None


def _answered(one: Observation[object]) -> bool:
    """Whether anything on the other side was there: bytes, an answer, or a fault after the connection stood."""
    if one.cost.bytes_in:
        return True
    if one.outcome is Outcome.NOT_ASSESSED and one.cost.connections:
        return True  # our own cap ended it, after a connection stood
    if one.outcome in {Outcome.OK, Outcome.BLOCKED}:
        return one.evidence is not None
    return one.outcome not in _NOT_THERE and one.stage not in {None, Stage.RESOLVE, Stage.CONNECT}


def _why(one: Observation[object]) -> PeerText:
    """How the observation ended: `timeout at connect`, with the detail where it says more."""
    ended = f"{one.outcome} at {one.stage}" if one.stage else str(one.outcome)
    if one.detail and one.detail.startswith((one.outcome, one.outcome.replace("-", " "))):
        return one.detail
    return PeerText(f"{ended}: {one.detail}" if one.detail else ended)


def _whose(one: Observation[object]) -> PeerText:
    """The same, with the probe that it happened to."""
    return PeerText(f"{one.probe}: {_why(one)}")
