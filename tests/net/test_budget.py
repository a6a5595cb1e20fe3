"""Budgets: absolute deadlines and meters with caps."""

import asyncio

import pytest

from scanner.errors import BudgetSpent, TimedOut, TooMuch
from scanner.model.observation import Cost
from scanner.model.outcome import Stage
from scanner.net.budget import Deadline, Meter


async def test_progress_does_not_move_a_deadline() -> None:
    deadline = Deadline.after(0.05)
    steps = 0

    async def trickle() -> None:
        nonlocal steps
        while True:
            async with deadline.enforced(Stage.RESPONSE_BODY):
                await asyncio.sleep(0.01)
                steps += 1

    with pytest.raises(TimedOut) as caught:
        await trickle()

    assert caught.value.stage is Stage.RESPONSE_BODY
    assert 1 <= steps <= 6


async def test_a_timeout_of_the_inner_work_is_its_own() -> None:
    with pytest.raises(TimeoutError):
        async with Deadline.after(60).enforced(Stage.CONNECT):
            raise TimeoutError("somebody else's")


def test_sooner_never_extends() -> None:
    deadline = Deadline.after(1)

    assert deadline.sooner(100).at == deadline.at
    assert deadline.sooner(0.1).at < deadline.at
    assert Deadline(0.0).remaining() == 0.0


def test_counts_reach_the_parents() -> None:
    target = Meter()
    probe = Meter(parent=Meter(parent=target))

    probe.opening()
    probe.sent(10)
    probe.received(20)

    assert probe.cost == target.cost == Cost(connections=1, bytes_out=10, bytes_in=20)


def test_a_parents_cap_holds_for_the_child_and_counts_nothing() -> None:
    parent = Meter(max_connections=1)
    first, second = Meter(parent=parent), Meter(parent=parent)
    first.opening()

    with pytest.raises(BudgetSpent, match="cap of 1 connections"):
        second.opening()

    assert second.connections == 0


def test_bytes_beyond_the_cap_are_the_peers_fault() -> None:
    meter = Meter(max_bytes_in=100)
    meter.received(100)

    with pytest.raises(TooMuch):
        meter.received(1)
