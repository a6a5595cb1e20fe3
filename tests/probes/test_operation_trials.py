"""The trials of a firewall and of a limit against real sockets: they end at the first sign that somebody minds."""

import asyncio
from collections.abc import Callable

import pytest

from probes.base import Known
from probes.operation_trials import MOST_REQUESTS, OperationTrialsProbe
from scanner.model.evidence.operation_trials import OperationTrials
from scanner.model.observation import Observation
from scanner.model.outcome import Answer, Outcome
from tests.support.exchanges import HOST, exchange, observation, seen
from tests.support.loopback import Server, read_head, serving
from tests.support.sessions import session_for

Reply = Callable[[str, int], str | None]
"""The status line for the target of the n-th request; None cuts the connection."""


async def run(reply: Reply, *, block: str | None = None) -> tuple[Observation[OperationTrials], list[str], Server]:
    targets: list[str] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            target = (await read_head(reader)).decode("ascii").split(" ", 2)[1]
            targets.append(target)
            status = reply(target, len(targets))
            if status is None:
                return
            more = "Retry-After: 5\r\n" if status.startswith("503") else ""
            writer.write(f"HTTP/1.1 {status}\r\n{more}Content-Length: 2\r\n\r\nno".encode())
            await writer.drain()

    async with serving(handler) as server:
        session = session_for(server.endpoint, scheme="http", info=OperationTrialsProbe.info)
        answers = seen(exchange(url=f"http://{HOST}/"), block=block)
        known = Known({"http_exchanges": observation("http_exchanges", answers)})
        found = await OperationTrialsProbe(interval=0).collect(session, known)
    return found, targets, server


async def test_nobody_minds() -> None:
    found, targets, server = await run(lambda _target, _number: "404 Not Found")

    evidence = found.evidence
    assert evidence is not None
    assert (evidence.firewall.interfered, evidence.rate.limited) == (Answer.NO, Answer.NO)
    assert evidence.rate.requests == MOST_REQUESTS
    assert len(targets) == 2 + MOST_REQUESTS
    assert {target.partition("?")[0] for target in targets} == {evidence.path}
    assert evidence.path.startswith("/leadline-")
    assert sum("?" in target for target in targets) == 1
    assert server.connections == 2, "the pattern goes over a connection of its own"


async def test_a_firewall_answers_and_is_left_alone() -> None:
    found, targets, _ = await run(lambda target, _number: "403 Forbidden" if "?" in target else "404 Not Found")

    assert found.evidence is not None
    assert (found.evidence.firewall.interfered, found.evidence.firewall.sign) == (Answer.YES, "status 403")
    assert len(targets) == 3
    assert found.evidence.rate.limited is Answer.UNKNOWN
    assert found.evidence.rate.requests == 0


async def test_a_cut_connection_is_a_sign_as_well() -> None:
    found, targets, _ = await run(lambda target, _number: None if "?" in target else "404 Not Found")
    assert sum("?" in target for target in targets) == 1, "the pattern goes out once"

    assert found.evidence is not None
    assert found.evidence.firewall.interfered is Answer.YES
    assert "ended" in (found.evidence.firewall.sign or "")


async def test_a_ban_is_no_proof_of_a_firewall() -> None:
    found, targets, _ = await run(lambda _target, number: "404 Not Found" if number == 1 else "403 Forbidden")

    assert found.evidence is not None
    assert found.evidence.firewall.interfered is Answer.UNKNOWN
    assert len(targets) == 3


async def test_another_answer_to_the_pattern_is_unknown() -> None:
    found, _, _ = await run(lambda target, _number: "200 OK" if "?" in target else "404 Not Found")

    assert found.evidence is not None
    assert found.evidence.firewall.interfered is Answer.UNKNOWN


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
async def test_a_limit_ends_it_at_once(status: str) -> None:
    found, targets, _ = await run(lambda _target, number: status if number > 9 else "404 Not Found")

    assert found.evidence is not None
    assert found.evidence.rate.limited is Answer.YES
    assert found.evidence.rate.requests == 8
    assert len(targets) == 10


async def test_another_answer_in_between_is_unknown_and_ends_it() -> None:
    found, targets, _ = await run(lambda _target, number: "403 Forbidden" if number > 9 else "404 Not Found")

    assert found.evidence is not None
    assert found.evidence.rate.limited is Answer.UNKNOWN
    assert len(targets) == 10


async def test_nothing_is_tried_where_a_challenge_stands() -> None:
    found, targets, _ = await run(lambda _target, _number: "404 Not Found", block="a challenge")

    assert found.outcome is Outcome.NOT_ASSESSED
    assert targets == []


def test_it_needs_the_users_word_and_comes_last() -> None:
    info = OperationTrialsProbe.info

    assert info.intrusive
    assert info.last
    assert "server_identity" in info.requires
