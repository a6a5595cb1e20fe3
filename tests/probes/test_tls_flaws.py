"""Flaws on the wire: each has a peer that has it, and near misses that have it not."""

import asyncio
import dataclasses
import itertools
from collections.abc import Awaitable, Callable

import pytest

from probes.base import Known
from probes.heartbleed import CLAIMED_BYTES, ask_heartbleed
from probes.open_flight import open_flight
from probes.tls_flaws import TlsFlawsProbe
from scanner.model.evidence.tls_flaws import Flaw, FlawState, TlsFlaws
from scanner.model.evidence.tls_suites import PROTOCOLS, ProtocolSupport, TlsSuites
from scanner.model.observation import Observation
from scanner.model.outcome import Answer, Outcome
from scanner.net.flights import Flights
from scanner.net.tls_client import attempt
from scanner.wire.tls_offer import Offer
from scanner.wire.tls_record import Record
from scanner.wire.tls_version import Version
from tests.support.exchanges import observation as observed
from tests.support.fake_tls import FakeServer, SeenHello, alert, fake_server
from tests.support.flawed_tls import (
    INJECTABLE,
    Early,
    Flawed,
    Taking,
    change_cipher_spec,
    echo_as_claimed,
    echo_something_else,
    echo_the_payload,
    ends,
    flawed_server,
    heartbeat,
    says,
    silent,
)
from tests.support.sessions import TestIdentity, session_for

PATIENCE = 0.15
"""Seconds that stand for the silence of a server: tests wait for it, never measure it."""

YES, NO, UNKNOWN, NOT_APPLICABLE = FlawState.YES, FlawState.NO, FlawState.UNKNOWN, FlawState.NOT_APPLICABLE
HEARTBEATS = Flawed(takes_up_heartbeat=True)


async def flaws_at(
    port: int, *, flights: Flights | None = None, seconds: float = 10.0, suites: TlsSuites | None = None
) -> Observation[TlsFlaws]:
    known = Known({} if suites is None else {"tls_suites": observed("tls_suites", suites)})
    session = session_for(("127.0.0.1", port), info=TlsFlawsProbe.info, flights=flights, seconds=seconds)
    found = await TlsFlawsProbe(patience=PATIENCE).collect(session, known)
    assert found.evidence is not None
    return found


async def look(what: Flawed, *, chunk: int = 1 << 20) -> tuple[TlsFlaws, FakeServer]:
    async with flawed_server(what, chunk=chunk) as server:
        found = await flaws_at(server.port)
    assert found.outcome is Outcome.OK
    assert found.evidence is not None
    return found.evidence, server


def told(flaw: Flaw) -> str:
    """The proof or the reason: whichever the state asks for, and never both."""
    proven = flaw.state in {YES, NO}
    assert (flaw.proof is not None) == proven
    assert (flaw.reason is not None) != proven
    return flaw.proof or flaw.reason or ""


# Heartbleed


@pytest.mark.parametrize("count", [0, CLAIMED_BYTES - 1, CLAIMED_BYTES + 1])
async def test_a_request_never_claims_what_is_not_its_own(count: int) -> None:
    async with flawed_server(HEARTBEATS) as server:
        session = session_for(("127.0.0.1", server.port))
        offer = Offer.complete((Version.TLS1_2,))
        async with open_flight(session, offer, patience=PATIENCE, deadline=session.deadline) as one:
            with pytest.raises(ValueError, match="claim what is not its own"):
                await ask_heartbleed(one, bytes(count))


@pytest.mark.parametrize("chunk", [1 << 20, 1000])
async def test_heartbleed(chunk: int) -> None:
    found, server = await look(dataclasses.replace(HEARTBEATS, heartbeat=echo_as_claimed), chunk=chunk)
    flaw = found.heartbleed
    assert flaw.state is YES
    assert "claims 8016 came back with 8016" in told(flaw)
    assert (flaw.protocol, flaw.suite) == ("TLSv1.2", "C02F")
    assert flaw.sent is not None
    assert flaw.sent.startswith("1803031f53" + "01" + "1f50"), "one record of 8019 bytes that claims 8016"
    assert flaw.received is not None
    assert flaw.received.startswith("18030")
    assert found.ccs_injection.state is NO, "the same connection goes on"
    assert server.connections == 1


async def test_the_heartbeat_request_claims_nothing_that_is_not_ours() -> None:
    seen: list[bytes] = []

    def keep(record: Record) -> bytes:
        seen.append(record.payload)
        return b""

    await look(dataclasses.replace(HEARTBEATS, heartbeat=keep))
    (request,) = seen
    claimed = int.from_bytes(request[1:3], "big")
    assert (request[0], claimed, len(request)) == (1, 8016, 1 + 2 + 8016)


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        (silent, NO, "was discarded"),
        (echo_the_payload, NO, "8000 of them"),
        (ends(alert(10)), NO, "alert 10 (unexpected_message)"),
        (ends(), NO, "the end of the connection"),
        (ends(reset=True), NO, "a reset"),
        (echo_something_else, UNKNOWN, "not those of the request"),
        (says(heartbeat(bytes(8016), claimed=8016, kind=1)), UNKNOWN, "of type 1"),
        (says(b"\x18\x03\x03\x00\x00"), UNKNOWN, "of type none"),
        (says(b"\x18\x03\x03\x00\x01\x02"), UNKNOWN, "not those of the request"),
        (says(b"220 files.example.org FTP server\r\n"), UNKNOWN, "FTP"),
        (says(b"\x16\x03\x03\x00\x04\x0e\x00\x00\x00"), UNKNOWN, "record of type handshake"),
    ],
)
async def test_near_misses_of_heartbleed(answer: Taking, state: FlawState, words: str) -> None:
    found, _ = await look(dataclasses.replace(HEARTBEATS, heartbeat=answer))
    assert found.heartbleed.state is state
    assert words in told(found.heartbleed)


@pytest.mark.parametrize("chunk", [1 << 20, 1])
async def test_a_record_counts_whatever_follows_it_however_it_is_split(chunk: int) -> None:
    answer = ends(alert(10) + b"HTTP/1.1 400 Bad Request\r\n\r\n")
    found, _ = await look(dataclasses.replace(HEARTBEATS, heartbeat=answer), chunk=chunk)
    assert found.heartbleed.state is NO
    assert "alert 10" in told(found.heartbleed)


async def test_no_heartbeat_is_sent_where_they_are_off() -> None:
    found, server = await look(Flawed(heartbeat=ends(b"a heartbeat came")))
    assert found.heartbleed.state is NO
    assert "not taken up" in told(found.heartbleed)
    assert server.hellos[0].extensions[15] == b"\x01"
    assert server.connections == 1


async def test_the_silence_of_a_deaf_server_proves_nothing() -> None:
    deaf = Early(ccs=silent, known=silent, other=silent)
    found, _ = await look(dataclasses.replace(HEARTBEATS, early=deaf))
    assert found.heartbleed.state is UNKNOWN
    assert "its silence proves nothing" in told(found.heartbleed)
    assert found.ccs_injection.state is UNKNOWN


async def test_a_late_heartbeat_answer_is_not_taken_for_silence() -> None:
    late = Early(ccs=says(heartbeat(bytes(8016), claimed=8016)))
    found, _ = await look(dataclasses.replace(HEARTBEATS, early=late))
    assert found.heartbleed.state is UNKNOWN
    assert found.ccs_injection.state is UNKNOWN


# CCS injection


@pytest.mark.parametrize(
    ("version", "suite"),
    [
        (Version.TLS1_2, 0xC02F),
        (Version.TLS1_2, 0xC030),
        (Version.TLS1_2, 0xC027),
        (Version.TLS1_1, 0xC014),
        (Version.TLS1_0, 0xC011),
    ],
)
async def test_ccs_injection(version: Version, suite: int) -> None:
    found, server = await look(Flawed(version=version, suite=suite, early=INJECTABLE))
    flaw = found.ccs_injection
    assert flaw.state is YES
    assert "a handshake was completed under the keys of an empty master secret" in told(flaw)
    assert (flaw.protocol, flaw.suite, flaw.tries) == (version.title, f"{suite:04X}", 1)
    assert server.connections == 1


TAKES_RECORDS = Early(ccs=silent, known=silent)


@pytest.mark.parametrize(
    ("early", "state", "words"),
    [
        *((Early(ccs=ends(alert(number))), NO, f"alert {number} ") for number in (10, 20, 40, 47, 80)),
        (Early(ccs=says(alert(10, level=1))), NO, "alert 10"),
        (Early(ccs=ends()), NO, "the end of the connection"),
        (Early(ccs=ends(reset=True)), NO, "a reset"),
        (Early(ccs=silent), NO, "under the keys of an empty master secret was answered with alert 20"),
        (dataclasses.replace(TAKES_RECORDS, other=silent), UNKNOWN, "neither to an early ChangeCipherSpec nor"),
        (dataclasses.replace(INJECTABLE, own_keys=True), UNKNOWN, "no handshake could be completed"),
        (Early(ccs=says(b"HTTP/1.1 400 Bad Request\r\n\r\n")), UNKNOWN, "plain HTTP"),
        (Early(ccs=silent, known=says(b"\x16\x03\x03\x00\x01\x00")), UNKNOWN, "record of type handshake"),
        (Early(ccs=says(change_cipher_spec(Version.TLS1_2))), UNKNOWN, "record of type change_cipher_spec"),
    ],
)
async def test_near_misses_of_ccs_injection(early: Early, state: FlawState, words: str) -> None:
    found, server = await look(Flawed(early=early))
    assert found.ccs_injection.state is state
    assert words in told(found.ccs_injection)
    assert server.connections == 1


async def test_a_server_that_completes_no_handshake_with_known_keys_is_not_blamed() -> None:
    taken = itertools.count(1)

    def refuses_the_third(record: Record) -> bytes:
        return ends(alert(51))(record) if next(taken) == 3 else b""

    found, _ = await look(Flawed(early=dataclasses.replace(TAKES_RECORDS, known=refuses_the_third)))
    assert found.ccs_injection.state is UNKNOWN
    assert "no handshake could be completed with them: alert 51 (decrypt_error)" in told(found.ccs_injection)


async def test_a_key_that_nothing_can_be_encrypted_with_leaves_it_unknown() -> None:
    found, _ = await look(Flawed(suite=0x009C, early=TAKES_RECORDS))  # its certificate is filler
    assert found.ccs_injection.state is UNKNOWN
    assert "an early ChangeCipherSpec brought silence, and then: " in told(found.ccs_injection)


async def test_heartbleed_and_ccs_injection_together() -> None:
    found, server = await look(dataclasses.replace(HEARTBEATS, heartbeat=echo_as_claimed, early=INJECTABLE))
    assert (found.heartbleed.state, found.ccs_injection.state, found.crime.state) == (YES, YES, NO)
    assert server.connections == 1


# CRIME


async def test_crime() -> None:
    found, server = await look(Flawed(compression=1))
    assert found.crime.state is YES
    assert "DEFLATE was offered beside no compression, and chosen" in told(found.crime)
    assert found.ccs_injection.state is NO
    assert server.connections == 1


async def test_no_compression_is_no_crime() -> None:
    found, _ = await look(Flawed())
    assert found.crime.state is NO
    assert (found.crime.sent, found.crime.received) == ("0100", "00")


def offers_deflate(_: SeenHello, raw: bytes) -> bool:
    return b"\x00\xff\x02\x01\x00" in raw  # the SCSV that ends the suites, then two compression methods


def has_heartbeat(hello: SeenHello, _: bytes) -> bool:
    return 15 in hello.extensions


async def test_a_server_that_refuses_deflate_does_not_compress() -> None:
    found, server = await look(Flawed(refuses=offers_deflate))
    assert found.crime.state is NO
    assert "a hello with DEFLATE was refused with alert 40 (handshake_failure)" in told(found.crime)
    assert (found.heartbleed.state, found.ccs_injection.state) == (NO, NO)
    assert server.connections == 2


async def test_a_server_that_hangs_up_on_deflate_says_nothing_of_it() -> None:
    found, _ = await look(Flawed(refuses=offers_deflate, refusal=b""))
    assert found.crime.state is UNKNOWN
    assert "a hello with DEFLATE got no answer: " in told(found.crime)
    assert found.ccs_injection.state is NO


async def test_a_server_that_hangs_up_on_those_who_ask_for_a_staple_is_asked_all_the_same() -> None:
    found, server = await look(Flawed(refuses=lambda hello, _: 5 in hello.extensions, refusal=b""))
    assert (found.crime.state, found.ccs_injection.state, server.connections) == (NO, NO, 1)


async def test_a_server_that_refuses_the_heartbeat_extension() -> None:
    found, server = await look(Flawed(refuses=has_heartbeat))
    assert found.heartbleed.state is NO
    assert "a hello with the heartbeat extension was refused" in told(found.heartbleed)
    assert found.crime.state is UNKNOWN, "DEFLATE was never refused alone"
    assert found.ccs_injection.state is NO
    assert server.connections == 3


async def test_a_compression_that_was_not_offered_is_no_answer() -> None:
    async with flawed_server(Flawed(compression=64)) as server:
        found = await flaws_at(server.port)
    assert found.evidence is not None
    assert found.evidence.crime.state is UNKNOWN
    assert "which was not offered" in told(found.evidence.crime)
    assert found.outcome is Outcome.PROTOCOL_ERROR


# What keeps from asking


def only(*versions: str, others: Answer = Answer.NO) -> TlsSuites:
    return TlsSuites(
        protocols={
            name: ProtocolSupport(supported=Answer.YES if name in versions else others, complete=Answer.YES)
            for name in PROTOCOLS
        },
        offered=400,
    )


async def test_nothing_is_sent_where_only_tls_1_3_is_spoken() -> None:
    async with flawed_server(Flawed()) as server:
        found = await flaws_at(server.port, suites=only("TLSv1.3"))
    assert found.evidence is not None
    for name in ("heartbleed", "ccs_injection", "crime", "ticketbleed", "insecure_renegotiation"):
        flaw: Flaw = getattr(found.evidence, name)
        assert flaw.state is NOT_APPLICABLE, name
        assert "only TLSv1.3 is spoken" in told(flaw)
    assert server.connections == 0


@pytest.mark.parametrize("others", [Answer.NO, Answer.UNKNOWN])
async def test_nothing_is_sent_where_no_version_was_seen(others: Answer) -> None:
    async with flawed_server(Flawed()) as server:
        known = Known({"tls_suites": observed("tls_suites", only(others=others))})
        found = await TlsFlawsProbe().collect(session_for(("127.0.0.1", server.port), info=TlsFlawsProbe.info), known)
    assert (found.outcome, found.evidence) == (Outcome.NOT_ASSESSED, None)
    assert server.connections == 0


async def test_the_highest_version_that_is_spoken_is_asked() -> None:
    async with flawed_server(Flawed(version=Version.TLS1_0, suite=0xC013)) as server:
        found = await flaws_at(server.port, suites=only("TLSv1.0", "SSLv3"))
    assert found.evidence is not None
    assert found.evidence.ccs_injection.protocol == "TLSv1.0"
    assert [hello.legacy_version for hello in server.hellos] == [Version.TLS1_0]


async def test_sslv3_has_no_heartbeat() -> None:
    async with flawed_server(Flawed(version=Version.SSL3, suite=0x002F)) as server:
        found = await flaws_at(server.port, suites=only("SSLv3"))
    assert found.evidence is not None
    assert found.evidence.heartbleed.state is NOT_APPLICABLE
    assert found.evidence.ccs_injection.state is NO
    assert not server.hellos[0].extensions


async def _talks_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(5)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()


async def _talks_ftp(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 files.example.org FTP server\r\n")
    await writer.drain()


async def _says_nothing(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def _hangs_up(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read(5)


@pytest.mark.parametrize(
    ("peer", "outcome"),
    [
        (_talks_http, Outcome.PROTOCOL_ERROR),
        (_talks_ftp, Outcome.PROTOCOL_ERROR),
        (_says_nothing, Outcome.TIMEOUT),
        (_hangs_up, Outcome.CLOSED),
    ],
)
async def test_what_is_no_tls_has_no_known_flaw_and_no_known_soundness(
    peer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], outcome: Outcome
) -> None:
    async with fake_server(lambda _: b"", raw=peer) as server:
        found = await flaws_at(server.port, seconds=0.7)
    assert found.evidence is not None
    assert found.outcome in {outcome, Outcome.RESET} if outcome is Outcome.CLOSED else found.outcome is outcome
    states = {field.name: getattr(found.evidence, field.name).state for field in dataclasses.fields(TlsFlaws)}
    assert set(states.values()) == {UNKNOWN}


async def test_a_spent_budget_is_not_the_server_s_doing() -> None:
    async with flawed_server(Flawed()) as server:
        session = session_for(("127.0.0.1", server.port), info=TlsFlawsProbe.info, max_connections=0)
        found = await TlsFlawsProbe(patience=PATIENCE).collect(session, Known({}))
    assert found.outcome is Outcome.NOT_ASSESSED
    assert found.evidence is not None
    assert not found.evidence.heartbleed.asked


# Keys that are used again


async def _after_handshakes(what: Flawed, count: int) -> Flaw:
    flights = Flights()
    async with flawed_server(what) as server:
        identity = TestIdentity(id="tls_suites", topic="tls_suites")
        for _ in range(count):
            session = session_for(("127.0.0.1", server.port), info=identity, flights=flights)
            went = await attempt(session, Offer.complete((Version.TLS1_2,)))
            assert went.fault is None
        found = await flaws_at(server.port, flights=flights)
    assert found.evidence is not None
    return found.evidence.key_reuse


async def test_key_reuse() -> None:
    flaw = await _after_handshakes(Flawed(suite=0xC02F, public=lambda: b"\x04" + bytes(range(64))), 3)
    assert flaw.state is YES
    assert told(flaw) == "ECDHE: 1 public values in 4 handshakes"
    assert flaw.tries == 4


async def test_some_keys_are_used_again() -> None:
    keys = iter([b"\x04" + bytes(64), b"\x04" + bytes(range(64)), b"\x04" + bytes(64), b"\x04" + b"\x01" * 64])
    flaw = await _after_handshakes(Flawed(suite=0xC02F, public=lambda: next(keys)), 3)
    assert flaw.state is YES
    assert told(flaw) == "ECDHE: 3 public values in 4 handshakes"


async def test_fresh_keys_are_not_used_again() -> None:
    flaw = await _after_handshakes(Flawed(suite=0xC02F), 3)
    assert flaw.state is NO
    assert told(flaw) == "ECDHE: 4 public values in 4 handshakes"


async def test_two_handshakes_are_too_few() -> None:
    flaw = await _after_handshakes(Flawed(suite=0xC02F), 1)
    assert flaw.state is UNKNOWN
    assert "only 2 key exchanges" in told(flaw)


# The whole


async def test_intrusive_questions_are_not_asked_by_default() -> None:
    found, _ = await look(Flawed())
    for flaw in (found.robot, found.padding_oracle):
        assert not flaw.asked
        assert "--intrusive" in told(flaw)


async def test_every_flaw_has_a_proof_or_a_reason() -> None:
    found, server = await look(Flawed())
    for field in dataclasses.fields(TlsFlaws):
        assert told(getattr(found, field.name)), field.name
    assert server.connections == 1
