"""The conclusion: what follows from one target's observations, and how it is judged.

Loaded when the observations are there: rules and derivations are most of the program, and a scan begins without them.
"""

import dataclasses

from scanner.engine.document import Frame, target_of, target_ref
from scanner.engine.inputs import Outside
from scanner.engine.knowledge import derive
from scanner.model.observation import Observation
from scanner.model.peer import PeerText
from scanner.model.result import EndpointStatus, TargetResult, TotalCost
from scanner.model.target import Target, TargetStatus
from scanner.rules.grades.registry import give_grades
from scanner.rules.guides import judge_guides
from scanner.rules.judge import Bench, judge


async def conclude(
    target: Target,
    judged: frozenset[str],
    observations: tuple[Observation[object], ...],
    *,
    frame: Frame,
    outside: Outside,
    endpoints: tuple[EndpointStatus, ...],
    status: TargetStatus,
    reason: PeerText | None,
    notes: tuple[PeerText, ...],
    cost: TotalCost,
) -> TargetResult:
    """Derives from the observations and judges them."""
    bench = Bench(
        target=target,
        derived=await derive(target, observations, outside),
        policy=frame.policy,
        now=frame.now,
        judged=judged,
    )
    outcomes, findings = judge(frame.rules, observations, bench)
    return TargetResult(
        target=target_ref(target),
        status=status,
        reason=reason,
        endpoints=endpoints,
        notes=notes,
        observations=observations,
        judged=tuple(sorted(judged)),
        derived=bench.derived,
        outcomes=outcomes,
        findings=findings,
        grades=give_grades(observations, bench),
        guides=judge_guides(frame.guides, observations, bench),
        cost=cost,
    )


def rejudge(result: TargetResult, frame: Frame) -> TargetResult:
    """The same observations and derived knowledge, judged by `frame`'s policy and instant."""
    bench = Bench(
        target=target_of(result.target),
        derived=result.derived,
        policy=frame.policy,
        now=frame.now,
        judged=frozenset(result.judged),
    )
    outcomes, findings = judge(frame.rules, result.observations, bench)
    grades = {**result.grades, **give_grades(result.observations, bench)}
    guides = judge_guides(frame.guides, result.observations, bench)
    return dataclasses.replace(result, outcomes=outcomes, findings=findings, grades=grades, guides=guides)
