"""JARM: sends the ten hellos of that fingerprint, reads each answer as far as it counts, and hashes them."""

import asyncio

from probes.feature_asker import HELLO_SECONDS
from scanner.errors import Closed, LeadlineError, Reset
from scanner.net.session import Session
from scanner.wire.jarm import NO_ANSWER, PROBES, READ_BYTES, JarmProbe, jarm_answer, jarm_hash, jarm_hello

PARALLEL = 4
"""Hellos at once."""

_RECORD_HEADER = 5
_GREASE_VALUES = 16


async def take_jarm(session: Session, *, seconds: float = HELLO_SECONDS) -> tuple[str | None, tuple[str, ...]]:
    """The fingerprint and the ten answers it was made of. None where one of them stayed away: silence is no answer,
    and half a fingerprint would be another server's. `timeout` stands in its place. Each is waited for `seconds`.
    """
    gate = asyncio.Semaphore(PARALLEL)

    async def one(probe: JarmProbe) -> str | None:
        async with gate:
            return await _ask(session, probe, seconds)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(probe)) for probe in PROBES]
    answers = [task.result() for task in tasks]
    whole = [answer for answer in answers if answer is not None]
    return (jarm_hash(whole) if len(whole) == len(PROBES) else None), tuple(one or "timeout" for one in answers)


async def _ask(session: Session, probe: JarmProbe, seconds: float) -> str | None:
    """One answer; a refusal by whatever means is one, too. None for silence and for trouble of our own."""
    hello = jarm_hello(
        probe,
        session.target.sni or session.target.host,
        random=session.random(32),
        session_id=session.random(32),
        share=session.random(32),
        grease=tuple(_grease(octet) for octet in session.random(4)),
    )
    data = b""
    try:
        async with await session.connect(deadline=session.deadline.sooner(seconds)) as stream:
            await stream.send(hello)
            while len(data) < _wanted(data) and (piece := await stream.receive()):
                data += piece
    except (Reset, Closed):
        return jarm_answer(data) if data else NO_ANSWER
    except LeadlineError:
        return None
    return jarm_answer(data)


def _wanted(data: bytes) -> int:
    """How many bytes are needed: the first record, as far as it counts."""
    if len(data) < _RECORD_HEADER:
        return _RECORD_HEADER
    return min(_RECORD_HEADER + int.from_bytes(data[3:5], "big"), READ_BYTES)


def _grease(octet: int) -> int:
    """One of the values of RFC 8701."""
    return 0x0A0A + 0x1010 * (octet % _GREASE_VALUES)
