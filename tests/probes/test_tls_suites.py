"""The listing of versions and suites against servers of every temper."""

import asyncio
import dataclasses
import random
from collections.abc import Callable

import pytest

from probes.base import Known
from probes.hello_asker import Patience
from probes.tls_suites import CLASSIC_VERSIONS, TlsSuitesProbe
from scanner.model.evidence.tls_suites import PROTOCOLS, Preference, TlsSuites
from scanner.model.observation import Observation
from scanner.model.options import Profile, ScanOptions
from scanner.model.outcome import Answer, Outcome
from scanner.model.suite_traits import traits
from scanner.wire.tls_offer import FFDHE_GROUPS, FIELD_SUITES
from scanner.wire.tls_registry import registry, suite_name
from scanner.wire.tls_version import Version
from tests.support import fake_tls
from tests.support.fake_tls import FFDHE, SeenHello, Suites, alert, fake_server
from tests.support.fake_tls import Answer as Reply
from tests.support.sessions import session_for

MODERN = {Version.TLS1_2: [0xC02F, 0xC030, 0xCCA8], Version.TLS1_3: [0x1302, 0x1303, 0x1301]}


async def listing(
    answer: Reply,
    *,
    seconds: float = 10.0,
    max_connections: int | None = None,
    one_at_a_time: bool = False,
    patience: Patience | None = None,
) -> tuple[Observation[TlsSuites], TlsSuites, fake_tls.FakeServer]:
    async with fake_server(answer, one_at_a_time=one_at_a_time) as server:
        session = session_for(
            ("127.0.0.1", server.port), info=TlsSuitesProbe.info, seconds=seconds, max_connections=max_connections
        )
        observation = await TlsSuitesProbe(patience).collect(session, Known({}))
    assert observation.evidence is not None
    assert tuple(observation.evidence.protocols) == PROTOCOLS
    return observation, observation.evidence, server


def codes(evidence: TlsSuites) -> dict[str, list[int]]:
    found = {name: [int(suite.code, 16) for suite in one.suites] for name, one in evidence.protocols.items()}
    return {name: listed for name, listed in found.items() if listed}


def unknown(evidence: TlsSuites) -> set[str]:
    return {name for name, one in evidence.protocols.items() if one.supported is Answer.UNKNOWN}


async def test_a_modern_server_in_its_own_order() -> None:
    observation, evidence, server = await listing(Suites(by_version=MODERN))
    assert observation.outcome is Outcome.OK
    assert codes(evidence) == {"TLSv1.2": [0xC02F, 0xC030, 0xCCA8], "TLSv1.3": [0x1302, 0x1303, 0x1301]}
    assert all(one.complete is Answer.YES for one in evidence.protocols.values())
    assert {one.preference for one in evidence.protocols.values() if one.suites} == {Preference.SERVER}
    assert evidence.protocols["TLSv1.1"].supported is Answer.NO
    assert evidence.protocols["TLSv1.1"].reason == "alert 70 (protocol_version)"
    assert sum(one.connections for one in evidence.protocols.values()) == server.connections
    assert server.connections <= 20
    assert evidence.intolerances == ()
    assert evidence.offered > 400


@pytest.mark.parametrize(
    ("server", "chacha_first", "expected"),
    [
        (True, False, Preference.SERVER),
        (False, False, Preference.CLIENT),
        (True, True, Preference.SERVER_CHACHA),
    ],
)
async def test_order(server: bool, chacha_first: bool, expected: Preference) -> None:
    _, evidence, _ = await listing(Suites(by_version=MODERN, server=server, chacha_first=chacha_first))
    assert evidence.protocols["TLSv1.2"].preference is expected
    assert evidence.protocols["TLSv1.3"].preference is expected


async def test_many_suites_from_all_over_the_registry() -> None:
    layouts = {"RSA", "ECDSA", "DSS", "anonymous", "PSK", "RSA_PSK", "GOST", "KRB5"}
    many = [code for code, name in registry().suites.items() if traits(name).authentication in layouts][::5]
    assert len(many) > 60
    observation, evidence, server = await listing(
        Suites(by_version={Version.TLS1_2: many}, refuse_version=lambda _: alert(40)), seconds=30
    )
    assert observation.outcome is Outcome.OK
    assert {name: set(listed) for name, listed in codes(evidence).items()} == {"TLSv1.2": set(many)}
    assert server.connections <= len(many) + 12


@pytest.mark.parametrize("code", [0xCC13, 0x008C, 0xFF85, 0x0000, 0xC018])
async def test_one_exotic_suite_is_found(code: int) -> None:
    _, evidence, _ = await listing(Suites(by_version={Version.TLS1_1: [code]}))
    assert codes(evidence) == {"TLSv1.1": [code]}
    assert unknown(evidence) == set()


@pytest.mark.parametrize("refuse", [fake_tls.reset, fake_tls.hang_up, lambda _: alert(80)], ids=["RST", "FIN", "80"])
async def test_cut_connections_refuse_when_seen_twice(refuse: Reply) -> None:
    observation, evidence, _ = await listing(Suites(by_version=MODERN, refuse=refuse, refuse_version=refuse))
    assert observation.outcome is Outcome.OK
    assert {name: set(listed) for name, listed in codes(evidence).items()} == {
        "TLSv1.2": {0xC02F, 0xC030, 0xCCA8},
        "TLSv1.3": {0x1301, 0x1302, 0x1303},
    }
    assert unknown(evidence) == set()
    assert "twice" in str(evidence.protocols["TLSv1.0"].reason)
    assert evidence.intolerances == ()


@pytest.mark.parametrize("answer", [fake_tls.reset, fake_tls.hang_up], ids=["RST", "FIN"])
async def test_cut_connections_alone_say_nothing(answer: Reply) -> None:
    observation, evidence, _ = await listing(answer)
    assert observation.outcome in {Outcome.RESET, Outcome.CLOSED}
    assert unknown(evidence) >= set(PROTOCOLS) - {"SSLv2"}
    assert all(one.supported is not Answer.YES for one in evidence.protocols.values())


async def test_a_lower_version_refuses_the_higher() -> None:
    _, evidence, server = await listing(Suites(by_version={Version.TLS1_0: [0x002F, 0x0035]}))
    assert codes(evidence) == {"TLSv1.0": [0x002F, 0x0035]}
    assert unknown(evidence) == set()
    assert evidence.protocols["TLSv1.2"].connections == 1
    assert server.connections <= 14


async def test_a_server_without_tls13_that_answers_40_costs_little() -> None:
    _, evidence, _ = await listing(Suites(by_version={Version.TLS1_2: [0xC02F]}, refuse_version=lambda _: alert(40)))
    assert evidence.protocols["TLSv1.3"].supported is Answer.NO
    assert evidence.protocols["TLSv1.3"].connections <= 2
    assert evidence.protocols["TLSv1.0"].connections <= 2


@dataclasses.dataclass(frozen=True, slots=True)
class Twist:
    """A sound server, and a look at the hello before it answers: what comes back goes out instead."""

    base: Suites
    look: Callable[[SeenHello], bytes | None]

    def __call__(self, hello: SeenHello) -> bytes:
        instead = self.look(hello)
        return self.base(hello) if instead is None else instead


WIDE = {Version.TLS1_2: [0xC02F, 0xCC13, 0x009E, 0xFF85], Version.TLS1_0: [0x002F]}


@pytest.mark.parametrize("refusal", [alert(40), alert(50), b""], ids=["40", "50", "FIN"])
async def test_a_server_that_stands_128_suites_at_most(refusal: bytes) -> None:
    twist = Twist(Suites(by_version=WIDE), lambda hello: refusal if len(hello.suites) > 128 else None)
    _, evidence, _ = await listing(twist)
    assert codes(evidence) == {"TLSv1.0": [0x002F], "TLSv1.2": [0xC02F, 0x009E, 0xCC13, 0xFF85]}
    assert "chunks of 120 suites" in evidence.intolerances


async def test_a_server_that_reads_128_suites_and_no_more() -> None:
    base = Suites(by_version=WIDE)
    _, evidence, _ = await listing(lambda hello: base(dataclasses.replace(hello, suites=hello.suites[:128])))
    assert {name: set(listed) for name, listed in codes(evidence).items()} == {
        "TLSv1.0": {0x002F},
        "TLSv1.2": {0xC02F, 0x009E, 0xCC13, 0xFF85},
    }


@pytest.mark.parametrize(
    "refusal",
    [fake_tls.reset, fake_tls.hang_up, lambda _: alert(40), lambda _: alert(50)],
    ids=["RST", "FIN", "40", "50"],
)
async def test_a_server_that_stands_255_bytes_at_most(refusal: Reply) -> None:
    by_version = {Version.TLS1_2: [0xC02F, 0xC030, 0x002F], Version.TLS1_0: [0x002F]}
    twist = Twist(Suites(by_version=by_version), lambda hello: refusal(hello) if hello.size > 255 else None)
    _, evidence, _ = await listing(twist)
    assert codes(evidence) == {"TLSv1.0": [0x002F], "TLSv1.2": [0xC02F, 0xC030, 0x002F]}
    assert "hellos below 256 bytes" in evidence.intolerances


@pytest.mark.parametrize("refusal", [fake_tls.reset, lambda _: alert(50)], ids=["RST", "50"])
async def test_tls13_that_stands_255_bytes_at_most(refusal: Reply) -> None:
    twist = Twist(Suites(by_version=MODERN), lambda hello: refusal(hello) if hello.size > 255 else None)
    _, evidence, _ = await listing(twist)
    assert set(codes(evidence)["TLSv1.3"]) == {0x1301, 0x1302, 0x1303}
    assert "short hello for TLS 1.3" in evidence.intolerances


@pytest.mark.parametrize("wanted", [True, False], ids=["only with ffdhe groups", "only without"])
async def test_dhe_with_and_without_ffdhe_groups(wanted: bool) -> None:
    dhe = {0x009E, 0x0039}
    base = Suites(by_version={Version.TLS1_2: [0xC02F, 0x009E, 0x0039]})

    def answer(hello: SeenHello) -> bytes:
        named = bool(FFDHE & set(hello.groups))
        suites = hello.suites if named is wanted else tuple(code for code in hello.suites if code not in dhe)
        return base(dataclasses.replace(hello, suites=suites))

    assert set(FFDHE_GROUPS) == FFDHE
    _, evidence, _ = await listing(answer)
    assert {name: set(listed) for name, listed in codes(evidence).items()} == {"TLSv1.2": {0xC02F, 0x009E, 0x0039}}
    assert {suite.dh_bits for suite in evidence.protocols["TLSv1.2"].suites} == {None, 2048}


async def test_a_suite_that_breaks_off_is_dropped_with_its_reason() -> None:
    base = Suites(by_version={Version.TLS1_2: [0x0032, 0xC02F, 0x002F]})

    def answer(hello: SeenHello) -> bytes:
        if 0x0032 in hello.suites and Version.TLS1_2 in hello.versions:
            return fake_tls.handshake_record(0x0303, fake_tls.server_hello(Version.TLS1_2, 0x0032)) + alert(80)
        return base(hello)

    observation, evidence, _ = await listing(answer)
    assert observation.outcome is Outcome.OK
    tls12 = evidence.protocols["TLSv1.2"]
    assert [suite.code for suite in tls12.suites] == ["C02F", "002F"]
    assert [(one.code, one.reason) for one in tls12.dropped] == [("0032", "alert 80 (internal_error)")]
    assert tls12.complete is Answer.YES


async def test_a_choice_that_was_not_offered_is_not_believed() -> None:
    observation, evidence, _ = await listing(lambda _: fake_tls.flight(Version.TLS1_2, 0x5A5A))
    assert codes(evidence) == {}
    assert evidence.protocols["TLSv1.2"].supported is Answer.UNKNOWN
    assert "not offered" in str(evidence.protocols["TLSv1.2"].reason)
    assert observation.outcome is Outcome.PROTOCOL_ERROR


@pytest.mark.parametrize("number", [40, 47, 50])
async def test_tls13_that_wants_a_key_share(number: int) -> None:
    twist = Twist(
        Suites(by_version=MODERN), lambda hello: None if hello.shares or 43 not in hello.extensions else alert(number)
    )
    _, evidence, _ = await listing(twist)
    assert codes(evidence)["TLSv1.3"] == [0x1302, 0x1303, 0x1301]
    assert evidence.intolerances == ("key shares for TLS 1.3",)


async def test_tls13_that_dislikes_a_long_group_list() -> None:
    twist = Twist(
        Suites(by_version=MODERN), lambda hello: alert(47) if 43 in hello.extensions and len(hello.groups) > 3 else None
    )
    _, evidence, _ = await listing(twist)
    assert codes(evidence)["TLSv1.3"] == [0x1302, 0x1303, 0x1301]
    assert evidence.intolerances == ("short hello for TLS 1.3",)


async def test_plain_http() -> None:
    observation, evidence, _ = await listing(lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n")
    assert observation.outcome is Outcome.PROTOCOL_ERROR
    assert "plain HTTP" in str(observation.detail)
    assert not codes(evidence)


async def test_silence() -> None:
    observation, evidence, _ = await listing(fake_tls.silence, seconds=0.8)
    assert observation.outcome is Outcome.TIMEOUT
    assert unknown(evidence) >= set(PROTOCOLS) - {"SSLv2"}
    assert observation.elapsed_ms < 6000


async def test_one_connection_at_a_time() -> None:
    _, evidence, _ = await listing(Suites(by_version=MODERN), one_at_a_time=True)
    assert set(codes(evidence)) == {"TLSv1.2", "TLSv1.3"}
    assert unknown(evidence) == set()


async def test_never_more_than_six_at_once() -> None:
    _, _, server = await listing(Suites(by_version={**MODERN, Version.TLS1_0: [0x2F], Version.SSL3: [0x2F]}))
    assert server.most_open <= 6


async def test_a_ban_in_mid_scan_leaves_unknowns_and_no_false_no() -> None:
    served = 0

    def answer(hello: SeenHello) -> bytes:
        nonlocal served
        served += 1
        return fake_tls.reset(hello) if served > 12 else sound(hello)

    sound = Suites(by_version={**MODERN, Version.TLS1_0: [0x2F, 0x35, 0x0A, 0x05, 0x04]})
    observation, evidence, _ = await listing(answer)
    assert observation.outcome is Outcome.BLOCKED
    for version, suites in sound.by_version.items():
        one = evidence.protocols[Version(version).title]
        assert one.supported is not Answer.NO
        assert one.complete is not Answer.YES or {int(suite.code, 16) for suite in one.suites} == set(suites)
    assert any("blocked after about" in str(one.reason) for one in evidence.protocols.values())


async def test_our_own_budget_ends_the_listing_as_unknown() -> None:
    observation, evidence, _ = await listing(Suites(by_version=MODERN), max_connections=8)
    assert observation.outcome is Outcome.NOT_ASSESSED
    assert observation.cost.connections == 8
    assert any(one.complete is Answer.UNKNOWN for one in evidence.protocols.values())


def late(hello: SeenHello) -> bytes:
    del hello
    raise fake_tls.Late(alert(40), 0.6)


async def test_delayed_refusals_are_waited_for_side_by_side() -> None:
    patience = Patience(answer=0.3, delayed=2.0, stall=0.1)
    observation, evidence, _ = await listing(
        Suites(by_version=MODERN, refuse=late, refuse_version=late), patience=patience
    )
    assert observation.outcome is Outcome.OK
    assert {name: set(listed) for name, listed in codes(evidence).items()} == {
        "TLSv1.2": {0xC02F, 0xC030, 0xCCA8},
        "TLSv1.3": {0x1301, 0x1302, 0x1303},
    }
    assert unknown(evidence) == set()
    assert observation.elapsed_ms < 6000


async def test_a_version_that_falls_silent_is_unknown_and_the_others_are_not() -> None:
    patience = Patience(answer=0.2, delayed=0.4, stall=0.1)
    observation, evidence, _ = await listing(
        Suites(by_version=MODERN, refuse_version=fake_tls.silence), patience=patience
    )
    assert observation.outcome is Outcome.OK
    assert set(codes(evidence)) == {"TLSv1.2", "TLSv1.3"}
    assert unknown(evidence) == {"SSLv3", "TLSv1.0", "TLSv1.1"}
    assert "timeout" in str(evidence.protocols["TLSv1.0"].reason)


async def test_a_suite_without_credentials_does_not_hide_its_neighbours() -> None:
    sound = {0xC02F, 0x002F, 0xCC13}
    base = Suites(by_version={Version.TLS1_2: sorted(sound)}, server=False)

    def answer(hello: SeenHello) -> bytes:
        first = next((code for code in hello.suites if code in sound or "PSK" in suite_name(code)), 0)
        return alert(40) if "PSK" in suite_name(first) and Version.TLS1_2 in hello.versions else base(hello)

    _, evidence, _ = await listing(answer)
    assert set(codes(evidence)["TLSv1.2"]) == sound


async def test_a_refused_field_is_a_no_even_when_time_runs_out_over_the_rest() -> None:
    patience = Patience(answer=0.3, delayed=2.0, stall=0.1)
    server = Suites(by_version={Version.TLS1_2: [0xC02F]}, refuse_version=late)
    _, evidence, _ = await listing(server, patience=patience, seconds=1.5)
    assert {name for name, one in evidence.protocols.items() if one.supported is Answer.YES} == {"TLSv1.2"}
    assert evidence.protocols["TLSv1.0"].supported is Answer.NO


async def _ssl2_only(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that answers an SSLv2 hello and hangs up on everything else."""
    if (await reader.read(4096))[0] & 0x80:
        kinds = bytes.fromhex("010080 0700c0")
        body = bytes((4, 0, 1)) + (2).to_bytes(2) + (300).to_bytes(2) + len(kinds).to_bytes(2) + (16).to_bytes(2)
        body += fake_tls.FILLER_CERTIFICATE + kinds + bytes(16)
        writer.write((0x8000 | len(body)).to_bytes(2) + body)
        await writer.drain()
    writer.close()


async def test_a_server_of_sslv2_alone_refuses_all_others() -> None:
    async with await asyncio.start_server(_ssl2_only, "127.0.0.1", 0) as server:
        session = session_for(server.sockets[0].getsockname()[:2], info=TlsSuitesProbe.info)
        observation = await TlsSuitesProbe().collect(session, Known({}))
    assert observation.outcome is Outcome.OK
    assert observation.evidence is not None
    assert unknown(observation.evidence) == set()
    assert codes(observation.evidence) == {"SSLv2": [0x010080, 0x0700C0]}


def some_server(seed: int) -> Suites:
    """A server with suites from all over the registry in some versions, and refusals of some kind."""
    chance = random.Random(seed)
    field, exotic = tuple(registry().suites)[:FIELD_SUITES], tuple(registry().suites)[FIELD_SUITES:]
    layouts = {"RSA", "ECDSA", "DSS", "anonymous", "PSK", "RSA_PSK", "GOST", "KRB5"}
    rare = tuple(code for code in exotic if traits(suite_name(code)).authentication in layouts)

    def suites() -> list[int]:
        return chance.sample(field, chance.choice([1, 2, 3, 6, 25])) + chance.sample(rare, chance.choice([0, 0, 2]))

    versions = chance.sample(CLASSIC_VERSIONS, chance.choice([1, 2, 4]))
    return Suites(
        by_version={version: chance.sample(listed := suites(), len(listed)) for version in versions},
        server=chance.random() < 0.5,
        refuse=chance.choice([lambda _: alert(40), lambda _: alert(71), fake_tls.reset]),
        refuse_version=chance.choice([lambda _: alert(70), lambda _: alert(40), fake_tls.hang_up]),
    )


@pytest.mark.parametrize("seed", range(12))
async def test_every_suite_of_any_server_is_found_and_no_other(seed: int) -> None:
    server = some_server(seed)
    observation, evidence, _ = await listing(server, seconds=30)
    assert observation.outcome is Outcome.OK
    assert unknown(evidence) == set()
    wanted = {version.title: set(listed) for version, listed in server.by_version.items()}
    assert {name: set(listed) for name, listed in codes(evidence).items()} == wanted
    right = {Preference.SERVER if server.server else Preference.CLIENT, Preference.UNKNOWN}
    assert {evidence.protocols[name].preference for name in wanted} <= right


async def test_where_the_client_decides_far_away_two_hellos_are_out_at_once() -> None:
    many = list(registry().suites)[:40]
    sound = Suites(by_version={Version.TLS1_2: many}, server=False)

    def far_away(hello: SeenHello) -> bytes:
        raise fake_tls.Late(sound(hello), 0.03)

    _, evidence, server = await listing(far_away)
    assert set(codes(evidence)["TLSv1.2"]) == set(many)
    assert evidence.protocols["TLSv1.2"].preference is Preference.CLIENT
    assert evidence.protocols["TLSv1.2"].connections <= len(many) + 5
    field = set(list(registry().suites)[:FIELD_SUITES])
    ends = [hello.suites[0] in field for hello in server.hellos if len(hello.suites) > FIELD_SUITES + 1]
    assert 15 < sum(ends) < 30  # the one lane begins with the field's suites, the other ends with them


async def test_where_the_server_decides_no_suite_is_asked_for_twice() -> None:
    many = list(registry().suites)[:40]
    _, evidence, _ = await listing(Suites(by_version={Version.TLS1_2: many}))
    assert codes(evidence)["TLSv1.2"] == many
    assert evidence.protocols["TLSv1.2"].connections <= len(many) + 4


@pytest.mark.parametrize("kind", [Preference.SERVER, Preference.SERVER_CHACHA])
async def test_chacha_that_the_wide_hello_found_counts_for_the_order(kind: Preference) -> None:
    by_version = {Version.TLS1_2: [0xC02F, 0xC030, 0x002F, 0xCCA8]}
    server = Suites(by_version=by_version, chacha_first=kind is Preference.SERVER_CHACHA)
    _, evidence, _ = await listing(server)
    assert evidence.protocols["TLSv1.2"].preference is kind


async def test_one_suite_and_a_delayed_refusal() -> None:
    """Nothing more is found, so nothing moves: the wide hello goes out all the same."""
    patience = Patience(answer=0.3, delayed=2.0, stall=0.1)
    server = Suites(by_version={Version.TLS1_2: [0xC02F]}, refuse=late, refuse_version=late)
    observation, evidence, _ = await listing(server, patience=patience)
    assert unknown(evidence) == set()
    assert codes(evidence) == {"TLSv1.2": [0xC02F]}
    assert observation.elapsed_ms < 6000


async def test_delayed_refusals_of_all_old_versions_are_refusals() -> None:
    patience = Patience(answer=0.3, delayed=2.0, stall=0.1)
    server = Suites(by_version={Version.TLS1_3: MODERN[Version.TLS1_3]}, refuse=late, refuse_version=late)
    _, evidence, _ = await listing(server, patience=patience, seconds=2.0)
    assert unknown(evidence) == set()


@pytest.mark.parametrize("number", [40, 70])
async def test_a_block_by_alerts_is_no_refusal(number: int) -> None:
    served = 0
    sound = Suites(by_version={**MODERN, Version.TLS1_0: [0x2F, 0x35, 0x0A, 0x05, 0x04]})

    def answer(hello: SeenHello) -> bytes:
        nonlocal served
        served += 1
        return alert(number) if served > 10 else sound(hello)

    observation, evidence, _ = await listing(answer)
    assert observation.outcome is Outcome.BLOCKED
    assert "blocked after about" in str(observation.detail)
    for version, suites in sound.by_version.items():
        one = evidence.protocols[Version(version).title]
        assert one.supported is not Answer.NO
        assert one.complete is not Answer.YES or {int(suite.code, 16) for suite in one.suites} == set(suites)


async def test_servers_of_two_kinds_behind_one_address() -> None:
    """Every second hello of TLS 1.2 is answered by a server that does not speak it."""
    turns = iter(range(10_000))
    full, lean = Suites(by_version=MODERN), Suites(by_version={Version.TLS1_3: MODERN[Version.TLS1_3]})

    def answer(hello: SeenHello) -> bytes:
        odd = Version.TLS1_2 in hello.versions and next(turns) % 2
        return (lean if odd else full)(hello)

    _, evidence, _ = await listing(answer)
    assert set(codes(evidence)["TLSv1.2"]) == set(MODERN[Version.TLS1_2])
    tls12 = [one for one in evidence.disagreements if one.protocol == "TLSv1.2"]
    assert tls12
    assert all(0 < one.accepted < one.asked for one in tls12)
    assert {one.protocol for one in evidence.disagreements} == {"TLSv1.2"}


async def test_the_deep_profile_finds_the_one_server_of_three_that_differs() -> None:
    turns = iter(range(10_000))
    full, lean = Suites(by_version=MODERN), Suites(by_version={Version.TLS1_3: MODERN[Version.TLS1_3]})

    def answer(hello: SeenHello) -> bytes:
        odd = Version.TLS1_2 in hello.versions and next(turns) % 3 != 2
        return (lean if odd else full)(hello)

    async with fake_server(answer) as server:
        session = session_for(
            ("127.0.0.1", server.port),
            info=TlsSuitesProbe.info,
            options=ScanOptions(allow_private=True, profile=Profile.DEEP),
        )
        evidence = (await TlsSuitesProbe().collect(session, Known({}))).evidence
    assert evidence is not None
    tls12 = [one for one in evidence.disagreements if one.protocol == "TLSv1.2"]
    assert tls12
    assert all(0 < one.accepted < one.asked for one in tls12)
    assert evidence.protocols["TLSv1.2"].supported is Answer.YES


async def test_tls13_that_refuses_every_large_hello_with_an_alert() -> None:
    twist = Twist(Suites(by_version=MODERN), lambda hello: alert(40) if hello.size > 255 else None)
    _, evidence, _ = await listing(twist)
    assert set(codes(evidence)["TLSv1.3"]) == {0x1301, 0x1302, 0x1303}


async def test_tls13_alone_and_old_versions_refused_by_40_cost_one_hello_each() -> None:
    tls13 = Suites(by_version={Version.TLS1_3: MODERN[Version.TLS1_3]})

    def answer(hello: SeenHello) -> bytes:
        return alert(40) if hello.versions == (Version.SSL3,) else tls13(hello)

    _, evidence, server = await listing(answer)
    assert unknown(evidence) == set()
    assert evidence.protocols["SSLv3"].connections == 1
    assert server.connections <= 11


async def test_delayed_cuts_of_old_versions_are_refusals() -> None:
    patience = Patience(answer=0.4, delayed=1.5, stall=0.1)

    def cut(hello: SeenHello) -> bytes:
        del hello
        raise fake_tls.Late(b"", 0.6)

    server = Suites(by_version=MODERN, refuse=cut, refuse_version=cut)
    observation, evidence, _ = await listing(server, patience=patience, seconds=4.0)
    assert unknown(evidence) == set()
    assert observation.elapsed_ms < 4000
