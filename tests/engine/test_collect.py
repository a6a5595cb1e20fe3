"""Collecting: whatever happens to a probe becomes an observation, and nothing runs past the deadline."""

import asyncio
import time

from probes.base import Group, Known, Scope
from scanner.engine.collect import GRACE_SECONDS, Collection, Means
from scanner.engine.events import Event, ProbeFinished
from scanner.engine.plan import Plan
from scanner.errors import Blocked, Malformed
from scanner.model.observation import Observation
from scanner.model.options import PaceLimits, ScanOptions
from scanner.model.outcome import Outcome, Stage
from scanner.model.peer import PeerText
from scanner.model.target import Endpoint, Family
from scanner.net.budget import Deadline, Meter
from scanner.net.dial import Dialer
from scanner.net.pace import Paces
from scanner.net.session import Session
from scanner.net.trust_stores import TrustStores
from tests.support.probes import FakeProbe, Note
from tests.support.sessions import LoopbackResolver, endpoint_of, target_of

TARGET = target_of("www.example.org", 443)
HERE = endpoint_of("127.0.0.1", 9)
THERE = endpoint_of("127.0.0.2", 9)
HERE6 = endpoint_of("::1", 9)


class Run:
    """One collection over fake probes, with what was told to the listener."""

    def __init__(
        self,
        *probes: FakeProbe,
        seconds: float = 5.0,
        options: ScanOptions | None = None,
        dialer: Dialer | None = None,
    ) -> None:
        self.events: list[Event] = []
        self.stop = asyncio.Event()
        self.meter = Meter()
        means = Means(
            options=options or ScanOptions(),
            dialer=dialer or Dialer(Paces(PaceLimits())),
            resolver=LoopbackResolver({}),
            trust=TrustStores(),
            stop=self.stop,
            listener=self.events.append,
        )
        plan = Plan(probes=probes, judged=frozenset(probe.info.topic for probe in probes))
        self._collection = Collection(TARGET, plan, means, Deadline.after(seconds), self.meter)

    async def at(self, *endpoints: object) -> dict[tuple[str, str | None], Observation[object]]:
        seen = await self._collection.run(endpoints)  # type: ignore[arg-type]
        return {(one.topic, one.endpoint): one for one in seen}


async def test_scopes_decide_where_a_probe_runs() -> None:
    run = Run(FakeProbe("whole", scope=Scope.TARGET), FakeProbe("each"), FakeProbe("web", scope=Scope.WEB))

    seen = await run.at(HERE, THERE, HERE6)

    assert list(seen) == [
        ("whole", None),
        ("each", "127.0.0.1:9"),
        ("web", "127.0.0.1:9"),
        ("each", "127.0.0.2:9"),
        ("each", "[::1]:9"),
        ("web", "[::1]:9"),
    ]
    assert all(one.outcome is Outcome.OK for one in seen.values())


async def test_a_probe_knows_what_it_requires() -> None:
    async def read(session: Session, known: Known) -> Observation[Note]:
        note = known.evidence("first", Note)
        assert note is not None
        return session.observe(Note(text=PeerText(note.text + " and read")))

    seen = await Run(FakeProbe("second", read, requires=frozenset({"first"})), FakeProbe("first")).at(HERE)

    assert seen["second", HERE.key].evidence == Note(text=PeerText("seen and read"))


async def test_last_runs_when_all_others_are_done() -> None:
    order: list[str] = []

    def noting(name: str, pauses: int) -> FakeProbe:
        async def note(session: Session, _known: Known) -> Observation[Note]:
            for _ in range(pauses):
                await asyncio.sleep(0)
            order.append(name)
            return session.observe(Note(text=PeerText(name)))

        return FakeProbe(name, note, last=name == "odd")

    await Run(noting("odd", 0), noting("slow", 50), noting("quick", 0)).at(HERE)

    assert order == ["quick", "slow", "odd"]


async def test_faults_become_outcomes() -> None:
    async def malformed(_session: Session, _known: Known) -> Observation[Note]:
        raise Malformed("a bad length", stage=Stage.SERVER_HELLO)

    async def blocked(_session: Session, _known: Known) -> Observation[Note]:
        raise Blocked("429")

    seen = await Run(FakeProbe("bad", malformed), FakeProbe("wall", blocked)).at(HERE)

    bad, wall = seen["bad", HERE.key], seen["wall", HERE.key]
    assert (bad.outcome, bad.stage, bad.detail) == (Outcome.PROTOCOL_ERROR, Stage.SERVER_HELLO, "a bad length")
    assert wall.outcome is Outcome.BLOCKED


async def test_our_own_mistake_is_no_finding_about_the_peer() -> None:
    async def broken(_session: Session, _known: Known) -> Observation[Note]:
        raise ZeroDivisionError("ours")

    seen = await Run(FakeProbe("broken", broken), FakeProbe("fine")).at(HERE)

    assert seen["broken", HERE.key].outcome is Outcome.INTERNAL_ERROR
    assert seen["broken", HERE.key].evidence is None
    assert seen["fine", HERE.key].outcome is Outcome.OK


async def test_a_time_out_of_the_system_is_not_called_the_deadline() -> None:
    async def timed_out(_session: Session, _known: Known) -> Observation[Note]:
        raise TimeoutError("Connection timed out")

    seen = await Run(FakeProbe("early", timed_out)).at(HERE)

    assert seen["early", HERE.key].outcome is Outcome.INTERNAL_ERROR
    assert "deadline" not in str(seen["early", HERE.key].detail)


async def test_a_probe_that_never_ends_is_cut_off() -> None:
    async def stuck(_session: Session, _known: Known) -> Observation[Note]:
        await asyncio.Event().wait()
        raise AssertionError

    begun = time.monotonic()
    seen = await Run(FakeProbe("stuck", stuck), seconds=0.2).at(HERE)

    assert seen["stuck", HERE.key].outcome is Outcome.TIMEOUT
    assert time.monotonic() - begun < 0.2 + GRACE_SECONDS + 5.0


async def test_a_stop_by_the_user_leaves_cancelled_observations() -> None:
    run = Run()

    async def stuck(_session: Session, _known: Known) -> Observation[Note]:
        run.stop.set()
        await asyncio.Event().wait()
        raise AssertionError

    run = Run(FakeProbe("stuck", stuck), FakeProbe("after", requires=frozenset({"stuck"})), FakeProbe("done"))
    seen = await run.at(HERE)

    assert seen["done", HERE.key].outcome is Outcome.OK
    assert {seen[topic, HERE.key].outcome for topic in ("stuck", "after")} == {Outcome.CANCELLED}
    assert len([event for event in run.events if isinstance(event, ProbeFinished)]) == 3


async def test_connections_are_capped_for_each_address_and_probe() -> None:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    place = endpoint_of("127.0.0.1", server.sockets[0].getsockname()[1])

    async def greedy(session: Session, _known: Known) -> Observation[Note]:
        while True:
            async with await session.connect():
                pass

    async with server:
        own = Run(FakeProbe("greedy", greedy, max_connections=3))
        capped = Run(FakeProbe("greedy", greedy), options=ScanOptions(max_connections=2))
        by_probe = (await own.at(place))["greedy", place.key]
        by_address = (await capped.at(place))["greedy", place.key]

    assert (by_probe.outcome, by_probe.cost.connections) == (Outcome.NOT_ASSESSED, 3)
    assert (by_address.outcome, by_address.cost.connections) == (Outcome.NOT_ASSESSED, 2)
    assert own.meter.connections == 3


class OnlyIPv4(Dialer):
    """A dialer of a machine without IPv6."""

    def has_route(self, endpoint: Endpoint) -> bool:
        return endpoint.family is Family.IPV4


async def test_a_missing_route_is_our_own_lack() -> None:
    seen = await Run(FakeProbe("each"), dialer=OnlyIPv4(Paces(PaceLimits()))).at(HERE, HERE6)

    assert seen["each", HERE.key].outcome is Outcome.OK
    one = seen["each", HERE6.key]
    assert one.outcome is Outcome.NOT_ASSESSED
    assert one.detail is not None
    assert "route" in one.detail


async def test_further_addresses_are_told_what_was_seen_at_the_first() -> None:
    told: dict[str, tuple[str, Note] | None] = {}

    async def compare(session: Session, known: Known) -> Observation[Note]:
        assert session.endpoint is not None
        told[session.endpoint.key] = known.at_first(Note)
        if session.endpoint == HERE:
            await asyncio.sleep(0.05)
        return session.observe(Note(text=PeerText(session.endpoint.key)))

    await Run(FakeProbe("each", compare, compares=True)).at(HERE, THERE)

    assert told == {HERE.key: None, THERE.key: (HERE.key, Note(text=PeerText(HERE.key)))}


async def test_the_first_address_is_one_that_can_be_reached() -> None:
    told: list[tuple[str, Note] | None] = []

    async def compare(session: Session, known: Known) -> Observation[Note]:
        told.append(known.at_first(Note))
        return session.observe(Note(text=PeerText("seen")))

    probe = FakeProbe("each", compare, compares=True)
    await Run(probe, dialer=OnlyIPv4(Paces(PaceLimits()))).at(HERE6, HERE, THERE)

    assert told == [None, (HERE.key, Note(text=PeerText("seen")))]


async def test_bytes_are_kept_for_tls_probes_only_and_only_when_asked() -> None:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    place = endpoint_of("127.0.0.1", server.sockets[0].getsockname()[1])

    async def speak(session: Session, _known: Known) -> Observation[Note]:
        async with await session.connect() as stream:
            await stream.send(b"hello")
        return session.observe(Note(text=PeerText("seen")))

    probes = [FakeProbe("tls", speak, group=Group.TLS), FakeProbe("http", speak, group=Group.HTTP)]
    async with server:
        kept = await Run(*probes, options=ScanOptions(capture=True)).at(place)
        not_kept = await Run(*probes).at(place)

    assert [one.data for each in kept["tls", place.key].capture for one in each.segments] == [b"hello"]
    assert kept["http", place.key].capture == ()
    assert not_kept["tls", place.key].capture == ()
