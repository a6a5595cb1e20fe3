"""Servers that hold refusals back, limit connections, or shut us out: patience, hellos beside one another, pace."""

import asyncio
import dataclasses

import pytest

from probes.base import Known
from probes.hello_asker import Patience
from probes.tls_groups import TlsGroupsProbe
from probes.tls_suites import TlsSuitesProbe
from scanner.model.evidence.tls_suites import TlsSuites
from scanner.model.options import PaceLimits, ScanOptions
from scanner.model.outcome import Answer, Outcome
from scanner.net.dial import Dialer
from scanner.net.pace import Paces
from scanner.net.session import Session
from scanner.wire.tls_version import Version
from tests.support import fake_tls
from tests.support.fake_tls import SeenHello, Suites, fake_server
from tests.support.sessions import session_for

DELAY = 0.8
PATIENCE = Patience(answer=0.4, delayed=1.2, stall=0.1)
BOTH = {Version.TLS1_2: [0xC02F, 0xC030], Version.TLS1_3: [0x1301, 0x1302]}
MODERN = {Version.TLS1_3: [0x1301, 0x1302]}


def late_end(hello: SeenHello) -> bytes:
    del hello
    raise fake_tls.Late(b"", DELAY)


def held_back(by_version: dict[Version, list[int]]) -> Suites:
    return Suites(by_version=by_version, refuse=late_end, refuse_version=late_end)


def patient(session: Session, limits: PaceLimits | None = None) -> Session:
    """The session with a pace whose times fit those of the server."""
    session.dialer = Dialer(Paces(limits or PaceLimits(), stall=0.1))
    return session


@pytest.mark.parametrize("by_version", [BOTH, MODERN], ids=["1.2 and 1.3", "1.3 alone"])
async def test_refusals_by_a_late_end_are_all_known_after_little_more_than_one(
    by_version: dict[Version, list[int]],
) -> None:
    async with fake_server(held_back(by_version)) as server:
        session = patient(session_for(("127.0.0.1", server.port), info=TlsSuitesProbe.info, seconds=1.8))
        observation = await TlsSuitesProbe(PATIENCE).collect(session, Known({}))
    assert observation.outcome is Outcome.OK
    evidence = observation.evidence
    assert evidence is not None
    found = {name: one.supported for name, one in evidence.protocols.items()}
    assert found == {name: Answer.YES if name in {v.title for v in by_version} else Answer.NO for name in found}
    assert all(one.complete is Answer.YES for one in evidence.protocols.values())


@pytest.mark.patient
async def test_hellos_that_wait_for_a_place_do_not_lose_their_patience() -> None:
    """One place only, which is not lent: each refusal holds it for as long as the patience of the others."""
    async with fake_server(held_back(BOTH)) as server:
        session = session_for(("127.0.0.1", server.port), info=TlsSuitesProbe.info, seconds=20.0)
        patient(session, PaceLimits(open_at_once=1, waiting=0))
        observation = await TlsSuitesProbe(PATIENCE).collect(session, Known({}))
    assert isinstance(observation.evidence, TlsSuites)
    listed = observation.evidence.protocols
    assert (listed["TLSv1.2"].complete, listed["TLSv1.3"].complete) == (Answer.YES, Answer.YES)


async def test_where_answers_are_prompt_nothing_is_sent_twice() -> None:
    async with fake_server(Suites(by_version=BOTH)) as server:
        session = session_for(("127.0.0.1", server.port), info=TlsSuitesProbe.info)
        await TlsSuitesProbe().collect(session, Known({}))
    said = [(one.legacy_version, one.suites, one.groups, tuple(one.extensions)) for one in server.hellos]
    assert len(set(said)) == len(said)


@dataclasses.dataclass(slots=True)
class Limited:
    """A server that takes so many connections in each window of 0.3 s, and resets the others."""

    base: Suites
    most: int
    taken: list[float] = dataclasses.field(default_factory=list)

    def __call__(self, hello: SeenHello) -> bytes:
        now = asyncio.get_running_loop().time()
        self.taken = [one for one in self.taken if now - one < 0.3]
        if len(self.taken) >= self.most:
            raise fake_tls.Reset
        self.taken.append(now)
        return self.base(hello)


@pytest.mark.patient
async def test_a_server_that_limits_connections_is_listed_at_a_lower_pace() -> None:
    async with fake_server(Limited(Suites(by_version=BOTH), most=6)) as server:
        session = session_for(("127.0.0.1", server.port), info=TlsSuitesProbe.info, seconds=20.0)
        observation = await TlsSuitesProbe().collect(session, Known({}))
        groups = await TlsGroupsProbe().collect(session, Known({}))
    assert observation.outcome is Outcome.OK
    assert observation.evidence is not None
    assert observation.evidence.disagreements == ()
    listed = {name: len(one.suites) for name, one in observation.evidence.protocols.items() if one.suites}
    assert listed == {"TLSv1.2": 2, "TLSv1.3": 2}
    assert {one.complete for one in observation.evidence.protocols.values()} == {Answer.YES}
    assert groups.evidence is not None
    assert groups.evidence.tls13.supported is Answer.YES


async def test_once_shut_out_nothing_more_is_asked() -> None:
    served = 0
    base = Suites(by_version=BOTH)

    def answer(hello: SeenHello) -> bytes:
        nonlocal served
        served += 1
        if served > 6:
            raise fake_tls.Reset
        return base(hello)

    async with fake_server(answer) as server:
        session = session_for(("127.0.0.1", server.port), info=TlsSuitesProbe.info, seconds=20.0, options=ScanOptions())
        observation = await TlsSuitesProbe().collect(session, Known({}))
    assert observation.outcome is Outcome.BLOCKED
    assert served <= 6 + 16
