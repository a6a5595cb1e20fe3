"""Statuses: how much of an endpoint and a target could be seen."""

import dataclasses

from scanner.engine.status import endpoint_status, left_out, target_status, unfinished
from scanner.model.observation import Observation
from scanner.model.outcome import Outcome, Stage
from scanner.model.peer import PeerText
from scanner.model.target import TargetStatus
from tests.support.probes import FakeProbe, Note
from tests.support.sessions import endpoint_of, session_for

HERE, THERE = endpoint_of("127.0.0.1", 443), endpoint_of("127.0.0.2", 443)
NOTE = Note(text=PeerText("seen"))


def seen(
    outcome: Outcome = Outcome.OK,
    stage: Stage | None = None,
    evidence: Note | None = NOTE,
    topic: str = "a",
    at: object = HERE,
) -> Observation[object]:
    session = session_for(at, info=FakeProbe(topic).info)  # type: ignore[arg-type]
    return session.observe(evidence, outcome=outcome, stage=stage)


def status(*observations: Observation[object]) -> TargetStatus:
    return endpoint_status(HERE, observations).status


def test_all_seen_is_complete() -> None:
    assert status(seen(), seen(Outcome.NOT_APPLICABLE, evidence=None)) is TargetStatus.COMPLETE


def test_a_closed_port_is_unreachable_even_where_evidence_says_so_in_detail() -> None:
    refused = seen(Outcome.REFUSED, Stage.CONNECT)

    assert status(refused, seen(Outcome.NOT_APPLICABLE, evidence=None)) is TargetStatus.UNREACHABLE


def test_a_fault_after_the_connection_stood_is_partial() -> None:
    assert status(seen(Outcome.TIMEOUT, Stage.SERVER_HELLO, None), seen()) is TargetStatus.PARTIAL
    assert status(seen(Outcome.PROTOCOL_ERROR, Stage.SERVER_HELLO, None)) is TargetStatus.PARTIAL


def test_a_challenge_blocks_the_site_but_not_the_probe() -> None:
    challenge = seen(Outcome.BLOCKED)

    assert status(challenge, seen()) is TargetStatus.BLOCKED
    assert unfinished([challenge]) == []
    assert unfinished([seen(Outcome.BLOCKED, evidence=None)]) != []


def test_an_address_without_a_route_leaves_the_target_complete() -> None:
    here = seen()
    lost = seen(Outcome.NOT_ASSESSED, Stage.CONNECT, None, at=THERE)
    states = [endpoint_status(HERE, [here, lost]), endpoint_status(THERE, [here, lost])]

    assert states[1].status is TargetStatus.UNREACHABLE
    assert target_status(states, [here, lost]) == (TargetStatus.COMPLETE, None)


def test_no_address_reached_is_unreachable() -> None:
    refused = seen(Outcome.REFUSED, Stage.CONNECT, None)

    assert target_status([endpoint_status(HERE, [refused])], [refused])[0] is TargetStatus.UNREACHABLE


def test_what_the_cap_left_out_is_noted() -> None:
    detail = "not assessed at connect: the cap of 9 connections is reached"
    capped = dataclasses.replace(seen(Outcome.NOT_ASSESSED), topic="tls_suites", detail=PeerText(detail))

    assert [str(note).endswith(": tls_suites") for note in left_out([capped, seen(Outcome.OK)])] == [True]
    assert left_out([seen(Outcome.NOT_ASSESSED)]) == ()
