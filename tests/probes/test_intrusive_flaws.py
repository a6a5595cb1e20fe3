"""ROBOT, CBC padding oracles and Raccoon's condition: peers that have them, and near misses that only look so."""

import dataclasses
import itertools
from collections.abc import Callable, Sequence

import pytest

from probes import cbc_oracle, raccoon, robot
from probes.base import Known
from probes.cbc_oracle import ask_cbc_oracle
from probes.intrusive_flaws import MAX_CONNECTIONS, SENDS
from probes.raccoon import show_dh_values
from probes.robot import ask_robot
from probes.tls_flaws import TlsFlawsProbe
from scanner.model.evidence.tls_flaws import Flaw, FlawState, TlsFlaws
from scanner.model.evidence.tls_suites import PROTOCOLS, ProtocolSupport, Suite, TlsSuites
from scanner.model.options import ScanOptions
from scanner.model.outcome import Answer, Outcome
from scanner.net.flights import Flights
from scanner.wire.octets import vector
from scanner.wire.tls_registry import suite_name
from scanner.wire.tls_version import Version
from tests.support.exchanges import observation as observed
from tests.support.fake_tls import (
    FILLER_CERTIFICATE,
    SeenHello,
    alert,
    fake_server,
    handshake_record,
    message,
    server_hello,
)
from tests.support.sessions import session_for
from tests.support.whole_server import (
    BAD_MAC,
    CLOSES,
    RESETS,
    SUITE,
    TRIPLE_DES_SUITE,
    WAITS,
    After,
    Behaviour,
    BlockDefect,
    RecordDefect,
    Says,
    whole_server,
)

PATIENCE = 0.07
"""Seconds that stand for the silence of a server: tests wait for it, never measure it."""

YES, NO, UNKNOWN, NOT_APPLICABLE = FlawState.YES, FlawState.NO, FlawState.UNKNOWN, FlawState.NOT_APPLICABLE
DHE, GCM = 0x0033, 0xC02F
VERSIONS = {Version.TLS1_0: "TLSv1.0", Version.TLS1_1: "TLSv1.1", Version.TLS1_2: "TLSv1.2"}


def accepting(*codes: int, versions: Sequence[Version] = (Version.TLS1_2,), whole: bool = True) -> TlsSuites:
    suites = tuple(Suite(code=f"{code:04X}", name=suite_name(code)) for code in codes)
    complete = Answer.YES if whole else Answer.UNKNOWN
    spoken = ProtocolSupport(supported=Answer.YES, suites=suites, complete=complete)
    refused = ProtocolSupport(supported=Answer.NO, complete=Answer.YES)
    names = {VERSIONS[version] for version in versions}
    return TlsSuites(protocols={name: spoken if name in names else refused for name in PROTOCOLS}, offered=400)


def told(flaw: Flaw) -> str:
    """The proof or the reason: whichever the state asks for, and never both."""
    proven = flaw.state in {YES, NO}
    assert (flaw.proof is not None) == proven
    assert (flaw.reason is not None) != proven
    return flaw.proof or flaw.reason or ""


# ROBOT


async def robot_at(behaviour: Behaviour) -> tuple[Flaw, int]:
    """The flaw, and how many connections it took."""
    suites = accepting(behaviour.suite, versions=(behaviour.version,))
    async with whole_server(behaviour) as place:
        session = session_for(place, max_connections=robot.MAX_CONNECTIONS)
        flaw = await ask_robot(session, suites, patience=PATIENCE)
    assert flaw.tries == session.meter.connections
    return flaw, flaw.tries


def tells(defects: set[BlockDefect], says: Says) -> Callable[[BlockDefect], Says | None]:
    return lambda defect: says if defect in defects else None


SPEAKS_UP = Behaviour(alone=lambda _: CLOSES)
"""A server that does not wait for what follows a ClientKeyExchange, so that the test need not wait either."""

ALL_BROKEN: set[BlockDefect] = {defect for defect in BlockDefect if defect is not BlockDefect.NONE}


@pytest.mark.parametrize(
    ("behaviour", "kind", "words"),
    [
        (Behaviour(block=tells(ALL_BROKEN, Says(alert=51))), "a weak oracle", "alert 51 (decrypt_error)"),
        (Behaviour(block=tells({BlockDefect.START}, CLOSES)), "a strong oracle", "the end of the connection"),
        (Behaviour(block=tells({BlockDefect.VERSION}, RESETS)), "a weak oracle", "a reset"),
        (Behaviour(block=tells({BlockDefect.MISSING}, WAITS)), "a strong oracle", "without a zero: silence"),
        (
            Behaviour(finished=lambda defect: Says(alert=20 if defect is BlockDefect.LENGTH else 51)),
            "a strong oracle",
            "a block with its zero in a wrong place: alert 20",
        ),
        (Behaviour(alone=tells(ALL_BROKEN, Says(alert=47))), "a weak oracle", "with nothing behind it, 4 times each"),
        (
            Behaviour(block=tells(ALL_BROKEN, CLOSES), version=Version.TLS1_0, suite=TRIPLE_DES_SUITE),
            "a weak oracle",
            "alert 20 (bad_record_mac)",
        ),
    ],
)
async def test_robot(behaviour: Behaviour, kind: str, words: str) -> None:
    flaw, connections = await robot_at(behaviour)
    assert flaw.state is YES, flaw
    assert told(flaw).startswith(kind)
    assert words in told(flaw)
    assert (flaw.protocol, flaw.suite) == (VERSIONS[behaviour.version], f"{behaviour.suite:04X}")
    assert connections <= robot.MAX_CONNECTIONS


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (Behaviour(), "with alert 20 (bad_record_mac), then the end of the connection"),
        (dataclasses.replace(SPEAKS_UP, finished=lambda _: CLOSES), "with the end of the connection"),
        (dataclasses.replace(SPEAKS_UP, finished=lambda _: RESETS), "with a reset"),
        (dataclasses.replace(SPEAKS_UP, finished=lambda _: Says(alert=51)), "with alert 51"),
        (Behaviour(block=lambda _: Says(alert=80)), "with nothing behind it with alert 80"),
        (dataclasses.replace(SPEAKS_UP, version=Version.TLS1_0, finished=lambda _: Says(alert=40)), "with alert 40"),
    ],
)
async def test_uniform_answers_are_no_robot(behaviour: Behaviour, words: str) -> None:
    flaw, connections = await robot_at(behaviour)
    assert flaw.state is NO, flaw
    assert words in told(flaw)
    assert connections == 10


def in_turn(*all_of_them: Says) -> Callable[[object], Says]:
    """Answers as a load balancer gives them: by turns, whatever was asked."""
    turns = itertools.cycle(all_of_them)
    return lambda _: next(turns)


@pytest.mark.parametrize("servers", [(BAD_MAC, CLOSES), (BAD_MAC, BAD_MAC, RESETS), (BAD_MAC,) * 3 + (CLOSES,)])
async def test_flaky_answers_are_no_robot(servers: tuple[Says, ...]) -> None:
    flaw, connections = await robot_at(dataclasses.replace(SPEAKS_UP, finished=in_turn(*servers)))
    assert flaw.state is UNKNOWN, flaw
    assert "the same form was answered in different ways" in told(flaw) or "not asked again" in told(flaw)
    assert connections <= robot.MAX_CONNECTIONS


@pytest.mark.parametrize(("broken", "state"), [(51, YES), (20, UNKNOWN)])
async def test_a_race_of_fin_and_rst_hides_no_oracle_and_makes_none(broken: int, state: FlawState) -> None:
    ends = itertools.cycle((After.CLOSED, After.RESET, After.RESET))

    def finished(defect: BlockDefect) -> Says:
        return Says(alert=20 if defect is BlockDefect.NONE else broken, after=next(ends))

    flaw, _ = await robot_at(dataclasses.replace(SPEAKS_UP, finished=finished))
    assert flaw.state is state, flaw


async def test_silence_is_no_proof_of_soundness() -> None:
    flaw, _ = await robot_at(Behaviour(finished=lambda _: WAITS))
    assert flaw.state is UNKNOWN
    assert "no broken key exchange was answered" in told(flaw)


async def test_a_server_that_wants_a_client_certificate_never_looks_at_the_block() -> None:
    flaw, _ = await robot_at(Behaviour(asks_for_certificate=True))
    assert flaw.state is UNKNOWN
    assert "asks for a client certificate" in told(flaw)


@pytest.mark.parametrize("after", [0, 1, 7])
async def test_robot_stops_at_the_first_sign_of_a_block(after: int) -> None:
    count = itertools.count()

    async with whole_server(Behaviour(), refuses=lambda: next(count) >= after) as place:
        session = session_for(place)
        flaw = await ask_robot(session, accepting(SUITE), patience=PATIENCE)
    assert flaw.state is UNKNOWN
    assert f"handshake {after + 1} with static RSA could not be begun" in told(flaw)
    assert session.meter.connections == after + 1


@pytest.mark.parametrize(
    ("suites", "state", "words"),
    [
        (accepting(GCM), NOT_APPLICABLE, "no suite with static RSA"),
        (accepting(GCM, whole=False), UNKNOWN, "incomplete"),
        (accepting(0x0008, versions=(Version.TLS1_0,)), UNKNOWN, "no handshake can be completed here"),  # export
        (accepting(0x008C, 0x0094), NOT_APPLICABLE, "no suite with static RSA"),  # PSK, RSA_PSK
        (None, UNKNOWN, "were not listed"),
    ],
)
async def test_where_robot_cannot_be(suites: TlsSuites | None, state: FlawState, words: str) -> None:
    session = session_for(("127.0.0.1", 1), max_connections=0)
    flaw = await ask_robot(session, suites)
    assert flaw.state is state
    assert words in told(flaw)


# CBC


async def oracle_at(behaviour: Behaviour, suites: TlsSuites | None = None) -> tuple[Flaw, int]:
    """The flaw, and how many connections it took."""
    suites = suites or accepting(behaviour.suite, versions=(behaviour.version,))
    async with whole_server(behaviour) as place:
        session = session_for(place, max_connections=cbc_oracle.MAX_CONNECTIONS, seconds=30)
        flaw = await ask_cbc_oracle(session, suites, patience=PATIENCE)
    assert flaw.tries == session.meter.connections
    return flaw, flaw.tries


def other_when(odd: Callable[[RecordDefect], bool], says: Says | None) -> Callable[[RecordDefect], Says | None]:
    return lambda defect: says if odd(defect) else BAD_MAC


def ignores_padding(defect: RecordDefect) -> bool:
    return defect.mac


def bad_padding(defect: RecordDefect) -> bool:
    return not defect.padding


OLD = Says(alert=21)


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        (Behaviour(record=other_when(ignores_padding, None)), "POODLE over TLS"),
        (Behaviour(record=other_when(ignores_padding, None), version=Version.TLS1_0, right=RESETS), "POODLE over TLS"),
        (Behaviour(record=other_when(ignores_padding, None), right=CLOSES), "POODLE over TLS"),
        (
            Behaviour(record=other_when(lambda one: one.padding, None), right=CLOSES, suite=TRIPLE_DES_SUITE),
            "broken records are taken",
        ),
        (Behaviour(record=other_when(bad_padding, OLD), right=CLOSES), "GOLDENDOODLE (right padding, wrong MAC)"),
        (
            Behaviour(record=other_when(lambda one: one.mac, CLOSES), right=RESETS),
            "Zombie POODLE (wrong padding with a right MAC)",
        ),
        (
            Behaviour(record=other_when(lambda one: one.padding and one.room and one.data, WAITS), right=CLOSES),
            "GOLDENDOODLE",
        ),
        (
            Behaviour(record=other_when(lambda one: one.padding and not one.room, Says(alert=22)), right=CLOSES),
            "CVE-2016-2107",
        ),
        (Behaviour(record=other_when(lambda one: one.mac and not one.data, RESETS), right=CLOSES), "0-length"),
        (
            Behaviour(
                record=other_when(bad_padding, OLD), right=CLOSES, version=Version.TLS1_1, suite=TRIPLE_DES_SUITE
            ),
            "GOLDENDOODLE",
        ),
    ],
)
async def test_padding_oracles(behaviour: Behaviour, kind: str) -> None:
    flaw, connections = await oracle_at(behaviour)
    assert flaw.state is YES, flaw
    assert kind in told(flaw)
    assert "4 times each" in told(flaw)
    assert (flaw.protocol, flaw.suite) == (VERSIONS[behaviour.version], f"{behaviour.suite:04X}")
    assert connections == 40


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (Behaviour(), "alert 20 (bad_record_mac), then the end of the connection"),
        (Behaviour(version=Version.TLS1_0, record=lambda _: OLD), "alert 21 (decryption_failed)"),
        (Behaviour(record=lambda _: CLOSES, suite=TRIPLE_DES_SUITE), "CBC_SHA: the end of the connection"),
        (Behaviour(record=lambda _: RESETS, version=Version.TLS1_1), "CBC_SHA: a reset"),
        (Behaviour(record=lambda _: WAITS, right=CLOSES), "CBC_SHA: silence"),
    ],
)
async def test_uniform_answers_are_no_padding_oracle(behaviour: Behaviour, words: str) -> None:
    flaw, connections = await oracle_at(behaviour)
    assert flaw.state is NO, flaw
    assert words in told(flaw)
    assert connections == 10


@pytest.mark.parametrize("servers", [(BAD_MAC, CLOSES), (BAD_MAC, BAD_MAC, OLD), (BAD_MAC,) * 8 + (RESETS,)])
async def test_flaky_answers_are_no_padding_oracle(servers: tuple[Says, ...]) -> None:
    flaw, connections = await oracle_at(Behaviour(record=in_turn(*servers)))
    assert flaw.state is UNKNOWN, flaw
    assert "the same form was answered in different ways" in told(flaw)
    assert connections <= cbc_oracle.MAX_CONNECTIONS


@pytest.mark.parametrize(
    "behaviour", [Behaviour(record=lambda _: None), Behaviour(record=lambda _: CLOSES, right=CLOSES)]
)
async def test_a_server_that_treats_all_records_alike_shows_nothing(behaviour: Behaviour) -> None:
    flaw, _ = await oracle_at(behaviour)
    assert flaw.state is UNKNOWN
    assert "broken records are answered like right ones" in told(flaw)


async def test_a_handshake_that_is_refused_shows_nothing() -> None:
    flaw, connections = await oracle_at(Behaviour(asks_for_certificate=True))
    assert flaw.state is UNKNOWN
    assert "handshake 1 could not be completed: alert 40" in told(flaw)
    assert connections == 1


async def test_the_pairs_that_are_asked_about() -> None:
    every = accepting(0x000A, 0xC013, SUITE, 0x003C, GCM, versions=tuple(VERSIONS))
    assert [(pair.version, pair.suite) for pair in cbc_oracle._pairs(every)] == [
        (Version.TLS1_2, SUITE),
        (Version.TLS1_0, SUITE),
        (Version.TLS1_2, 0x000A),
    ]
    modern = accepting(0xC027, 0xC013, GCM)
    assert [(pair.version, pair.suite) for pair in cbc_oracle._pairs(modern)] == [(Version.TLS1_2, 0xC013)]
    odd = accepting(0x0041, GCM, versions=(Version.TLS1_1,))
    assert [(pair.version, pair.suite) for pair in cbc_oracle._pairs(odd)] == [(Version.TLS1_1, 0x0041)]


@pytest.mark.parametrize(
    ("suites", "state", "words"),
    [
        (accepting(GCM), NOT_APPLICABLE, "no CBC suite"),
        (accepting(GCM, whole=False), UNKNOWN, "incomplete"),
        (accepting(0x008C), UNKNOWN, "no handshake can be completed here"),  # TLS_PSK_WITH_AES_128_CBC_SHA
        (None, UNKNOWN, "were not listed"),
    ],
)
async def test_where_no_padding_oracle_can_be(suites: TlsSuites | None, state: FlawState, words: str) -> None:
    session = session_for(("127.0.0.1", 1), max_connections=0)
    flaw = await ask_cbc_oracle(session, suites)
    assert flaw.state is state
    assert words in told(flaw)


# Raccoon


def dhe_flight(public: Callable[[], int]) -> Callable[[SeenHello], bytes]:
    """A server whose DHE values come from `public`."""

    def answer(hello: SeenHello) -> bytes:
        if DHE not in hello.suites:
            return alert(40)
        prime, generator, value = b"\xff" * 256, b"\x02", public().to_bytes(256, "big")
        exchange = b"".join(vector(part, 2) for part in (prime, generator, value)) + b"\x04\x01" + vector(bytes(64), 2)
        return handshake_record(
            Version.TLS1_2,
            server_hello(Version.TLS1_2, DHE),
            message(11, vector(vector(FILLER_CERTIFICATE, 3), 3)),
            message(12, exchange),
            message(14, b""),
        )

    return answer


@pytest.mark.parametrize(
    ("values", "state"),
    [((3, 3, 3), YES), ((3, 4, 4), YES), ((3, 4, 3), YES), (None, NO)],
)
async def test_raccoon(values: tuple[int, ...] | None, state: FlawState) -> None:
    turns = itertools.count(10) if values is None else itertools.chain(values, itertools.count(10))
    flights = Flights()
    async with fake_server(dhe_flight(lambda: next(turns))) as server:
        options = ScanOptions(allow_private=True, intrusive=True)
        session = session_for(("127.0.0.1", server.port), info=TlsFlawsProbe.info, options=options, flights=flights)
        assert await show_dh_values(session, accepting(DHE)) == raccoon.HANDSHAKES
        assert server.connections == raccoon.HANDSHAKES
        known = Known({"tls_suites": observed("tls_suites", accepting(DHE))})
        plain = session_for(("127.0.0.1", server.port), info=TlsFlawsProbe.info, flights=flights)
        found = await TlsFlawsProbe(patience=PATIENCE).collect(plain, known)
    assert found.evidence is not None
    flaw = found.evidence.raccoon
    assert flaw.state is state, flaw
    assert "public values in 4 handshakes" in told(flaw)
    assert ("timing" in told(flaw)) == (state is YES)


async def test_raccoon_stops_at_the_first_refusal_and_asks_nobody_else() -> None:
    async with fake_server(lambda _: alert(40)) as server:
        session = session_for(("127.0.0.1", server.port))
        assert await show_dh_values(session, accepting(DHE)) == 1
        assert await show_dh_values(session, accepting(GCM)) == 0
        assert await show_dh_values(session, None) == 0
    assert server.connections == 1


# The whole


async def test_the_probe_asks_with_intrusive_only() -> None:
    known = Known({"tls_suites": observed("tls_suites", accepting(SUITE))})
    behaviour = Behaviour(record=other_when(bad_padding, OLD), right=CLOSES, block=tells(ALL_BROKEN, Says(alert=51)))
    found: dict[bool, TlsFlaws] = {}
    async with whole_server(behaviour) as place:
        for intrusive in (False, True):
            options = ScanOptions(allow_private=True, intrusive=intrusive)
            session = session_for(place, info=TlsFlawsProbe.info, options=options, seconds=30)
            observation = await TlsFlawsProbe(patience=PATIENCE).collect(session, known)
            assert observation.outcome is Outcome.OK
            assert observation.evidence is not None
            found[intrusive] = observation.evidence
    for name in ("robot", "padding_oracle"):
        quiet, asked = (getattr(found[one], name) for one in (False, True))
        assert (quiet.state, quiet.asked) == (UNKNOWN, False)
        assert (asked.state, asked.asked) == (YES, True)
    assert found[True].raccoon.state is NOT_APPLICABLE


def test_what_it_sends_is_said() -> None:
    info = TlsFlawsProbe.info
    assert info.sends_intrusive == SENDS
    assert info.max_connections_intrusive == MAX_CONNECTIONS == 3 + 25 + 60
    for word in ("ROBOT", "CBC", "Raccoon", "41 17"):
        assert word in (SENDS or "")
