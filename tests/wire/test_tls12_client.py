"""The whole client against OpenSSL in memory and against recordings: completed, resumed, renegotiated, broken."""

import dataclasses
import itertools

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st
from OpenSSL import SSL

from scanner.errors import AlertReceived, Closed, Malformed, PeerFault, TooMuch
from scanner.model.outcome import Stage
from scanner.wire.octets import vector
from scanner.wire.tls12_client import Extent, Tls12Client
from scanner.wire.tls12_exchange import pkcs1_block, rsa_key
from scanner.wire.tls12_records import CbcLayout, CbcProtection
from scanner.wire.tls12_session import ClassicSession
from scanner.wire.tls_offer import SECP256R1, SECP384R1, SECP521R1, X448, X25519, Offer
from scanner.wire.tls_record import ContentType
from scanner.wire.tls_registry import suite_name
from scanner.wire.tls_version import Version
from tests.support import fake_tls, ssl3_recordings
from tests.support.fake_tls import handshake_record, message, server_hello
from tests.support.memory_openssl import (
    LEAVES,
    OpensslPeer,
    Repeatable,
    client,
    converse,
    repeatable_share,
    server_context,
)

RSA_AES, RSA_GCM, DHE_GCM, ECDHE_GCM, ECDHE_CBC = 0x002F, 0x009C, 0x009E, 0xC02F, 0xC013


def completed(machine: Tls12Client, context: SSL.Context | None = None) -> OpensslPeer:
    peer = OpensslPeer(context or server_context())
    converse(machine, peer)
    assert machine.established
    # Both sides really have the same keys: a record goes each way.
    peer.answer(machine.seal(ContentType.APPLICATION_DATA, b"ping"))
    assert peer.heard.endswith(b"ping")
    (found,) = [one.payload for one in machine.read(peer.say(b"pong")) if one.payload]
    assert found == b"pong"
    return peer


@pytest.mark.parametrize("version", [Version.TLS1_0, Version.TLS1_1, Version.TLS1_2])
@pytest.mark.parametrize("signals", [True, False])
@pytest.mark.parametrize("suite", [RSA_AES, 0x0033, ECDHE_CBC])
def test_key_exchanges_of_each_version(version: Version, suite: int, signals: bool) -> None:
    machine = client(suite, version=version, signals=signals)
    completed(machine)

    assert machine.flight is not None
    assert (machine.flight.version, machine.flight.suite, machine.resumed) == (version, suite, False)
    assert machine.extended_master_secret is machine.encrypt_then_mac is signals
    assert machine.secure_renegotiation


@pytest.mark.parametrize(
    "suite",
    [RSA_GCM, 0x009D, 0xC09C, 0xC0A1, DHE_GCM, 0x009F, 0xCCAA, 0xC02F, 0xC030, 0xCCA8, 0xC028, 0x003D, 0x0041, 0x003B],
    ids=suite_name,
)
def test_ciphers_of_tls12(suite: int) -> None:
    completed(client(suite), server_context("ALL:eNULL"))


@pytest.mark.parametrize("group", [X25519, X448, SECP256R1, SECP384R1, SECP521R1])
def test_groups(group: int) -> None:
    machine = client(ECDHE_GCM, groups=(group,))
    completed(machine)

    assert machine.flight is not None
    assert machine.flight.group == group
    assert machine.flight.key_public


def test_an_ecdsa_certificate() -> None:
    completed(client(0xC02B), server_context(kind=trustme.KeyType.ECDSA))


def test_nobody_is_authenticated_in_anonymous_suites() -> None:
    machine = client(0xC018)
    completed(machine, server_context("aNULL"))

    assert machine.flight is not None
    assert machine.flight.certificates == ()


def test_a_session_is_resumed_by_its_ticket_and_gives_our_id_back() -> None:
    context = server_context()
    first = client(ECDHE_GCM)
    completed(first, context)
    assert first.session is not None
    assert first.session.ticket
    assert first.session.ticket_lifetime

    again = client(ECDHE_GCM, resume=first.session, session_id=b"i" * 31)
    completed(again, context)

    assert again.resumed
    assert again.flight is not None
    assert (again.flight.session_id, again.flight.certificates) == (b"i" * 31, ())
    assert again.session is not None
    assert again.session.master == first.session.master
    assert again.session.ticket


def test_a_session_is_resumed_by_its_id() -> None:
    context = server_context()
    first = client(ECDHE_GCM, ticket=False)
    completed(first, context).close()
    assert first.session is not None
    assert (first.session.ticket, len(first.session.session_id)) == (None, 32)

    again = client(ECDHE_GCM, resume=first.session, ticket=False)
    completed(again, context)

    assert again.resumed


def test_a_session_that_the_server_lost_becomes_a_full_handshake() -> None:
    first = client(ECDHE_GCM)
    completed(first)
    assert first.session is not None

    for kept in (first.session, dataclasses.replace(first.session, ticket=None, session_id=b"s" * 32)):
        again = client(ECDHE_GCM, resume=kept, session_id=b"i" * 31)
        completed(again, server_context())
        assert not again.resumed
        assert again.flight is not None
        assert again.flight.certificates


@pytest.mark.parametrize("suite", [RSA_AES, ECDHE_GCM, ECDHE_CBC])
def test_one_renegotiation_of_a_server_that_has_it(suite: int) -> None:
    context = server_context()
    context.set_options(1 << 8)  # SSL_OP_ALLOW_CLIENT_RENEGOTIATION
    machine = client(suite)
    peer = completed(machine, context)
    first = machine.session

    converse(machine, peer, machine.renegotiate())

    assert machine.done
    assert machine.round.flight is not machine.flight
    assert machine.session is not None
    assert first is not None
    assert machine.session.master != first.master
    peer.answer(machine.seal(ContentType.APPLICATION_DATA, b"again"))
    assert peer.heard.endswith(b"again")


def test_a_renegotiation_without_its_data_is_refused_by_a_sound_server() -> None:
    context = server_context()
    context.set_options(1 << 8)
    machine = client(ECDHE_GCM)
    peer = completed(machine, context)

    with pytest.raises(AlertReceived) as caught:
        converse(machine, peer, machine.renegotiate(secure=False))
    assert (caught.value.number, caught.value.stage) == (40, Stage.HANDSHAKE)


def test_a_renegotiation_without_its_data_is_completed_by_a_server_that_allows_it() -> None:
    context = server_context()
    context.set_options(1 << 8 | 1 << 18)  # and SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION
    machine = client(ECDHE_GCM)
    peer = completed(machine, context)
    first = machine.session

    converse(machine, peer, machine.renegotiate(secure=False))

    assert machine.done
    assert machine.session != first


def test_a_server_that_declines_a_renegotiation() -> None:
    machine = client(ECDHE_GCM)
    peer = completed(machine)

    with pytest.raises(AlertReceived) as caught:
        converse(machine, peer, machine.renegotiate())
    assert caught.value.number == 100


def test_a_server_that_only_asks_for_a_certificate_is_content_without() -> None:
    context = server_context()
    context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
    machine = client(ECDHE_GCM)
    completed(machine, context)

    assert machine.flight is not None
    assert machine.flight.certificate_request is not None


def test_a_server_that_needs_a_certificate_refuses() -> None:
    context = server_context()
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
    machine = client(ECDHE_GCM)

    with pytest.raises(AlertReceived) as caught:
        converse(machine, OpensslPeer(context))
    assert (caught.value.number, caught.value.stage) == (40, Stage.HANDSHAKE)
    assert machine.flight is not None
    assert machine.flight.certificate_request is not None


@pytest.mark.parametrize(
    ("suite", "recording"), [(0x002F, ssl3_recordings.AES_128_SHA), (0x0004, ssl3_recordings.RC4_128_MD5)]
)
@pytest.mark.parametrize("chunk", [1, 7, 5000])
def test_ssl3_with_a_renegotiation(suite: int, recording: bytes, chunk: int) -> None:
    machine = client(suite, version=Version.SSL3)
    machine.start()
    rounds = 0
    for at in range(0, len(recording), chunk):
        machine.feed(recording[at : at + chunk])
        while machine.done and not rounds:
            rounds += 1
            machine.renegotiate()
            machine.feed(b"")

    assert (machine.done, rounds) == (True, 1)
    assert machine.flight is not None
    assert (machine.flight.version, machine.secure_renegotiation) == (Version.SSL3, True)


def test_a_wrong_record_is_answered_with_bad_record_mac() -> None:
    machine = client(RSA_AES, signals=False)
    peer = completed(machine)
    assert isinstance(machine.writer, CbcProtection)
    right = machine.writer.layout(ContentType.APPLICATION_DATA, b"x")
    wrong = CbcLayout(payload=right.payload, mac=bytes(len(right.mac)), padding=right.padding)

    (answer,) = machine.read(peer.answer(machine.writer.seal_layout(ContentType.APPLICATION_DATA, wrong)))

    assert (answer.type, answer.payload) == (ContentType.ALERT, b"\x02\x14")


def test_a_block_of_ones_own_and_how_far_to_go() -> None:
    blocks: list[tuple[bytes, int]] = []

    def wrong(premaster: bytes, size: int) -> bytes:
        blocks.append((premaster, size))
        return b"\0\x17" + pkcs1_block(premaster, size, Repeatable())[2:]

    for extent, count in ((Extent.KEY_EXCHANGE, 1), (Extent.CLIENT_FINISHED, 3)):
        machine = client(RSA_AES, make_block=wrong, extent=extent)
        peer = OpensslPeer(server_context())
        out = machine.feed(peer.answer(machine.start()))
        assert (machine.done, machine.established, machine.session) == (True, False, None)
        records = [at for at in out.split(b"\x03\x03") if at]
        assert len(records) >= count
        answer = [one.payload for one in machine.read(peer.answer(out))]
        # A server that leaks nothing goes on with a secret of its own, and fails at our Finished.
        assert answer == ([] if extent is Extent.KEY_EXCHANGE else [b"\x02\x14"])
    assert blocks[0] == blocks[1]
    assert blocks[0][0][:2] == b"\x03\x03"
    assert blocks[0][1] == 256


def flight_with(*messages: bytes, suite: int = ECDHE_GCM, extensions: bytes = b"") -> bytes:
    return handshake_record(0x0303, server_hello(Version.TLS1_2, suite, extensions=extensions), *messages)


CHANGE = b"\x14\x03\x03\x00\x01\x01"
LEAF = message(11, vector(vector(LEAVES[trustme.KeyType.RSA].cert_chain_pems[0].bytes(), 3), 3))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (handshake_record(0x0303, server_hello(Version.TLS1_1, ECDHE_GCM)), "TLSv1.1, which was not offered"),
        (handshake_record(0x0303, server_hello(Version.TLS1_2, 0x0005)), "RC4_128_SHA in TLSv1.2, which was not"),
        (handshake_record(0x0303, server_hello(Version.TLS1_2, ECDHE_GCM, compression=1)), "compression 1"),
        (flight_with(extensions=b"\xff\x01\x00\x02\x01x"), "renegotiation_info does not fit"),
        (flight_with(message(14, b"")), "without a certificate"),
        (flight_with(LEAF, message(14, b"")), "without ServerKeyExchange"),
        (flight_with(LEAF, LEAF), "came twice"),
        (flight_with(message(20, bytes(12))), "handshake message 20"),
        (flight_with(message(4, bytes(6))), "a session that was not offered"),
        (flight_with() + CHANGE, "a session that was not offered"),
        (CHANGE, "out of order"),
        (flight_with() + b"\x14\x03\x03\x00\x01\x02", "that is none"),
        (flight_with(b"\x0b\0\0") + CHANGE, "within a message"),
        (flight_with(LEAF) + CHANGE, "out of order"),
        (handshake_record(0x0303, message(20, b"")), "message 20 out of order"),
        (handshake_record(0x0303, *[message(0, b"")] * 65), "say nothing"),
        (b"\x16\x03\x03\x00\x00" * 65, "say nothing"),
        (b"\x17\x03\x03\x00\x01x", "application_data record within"),
        (b"\x15\x03\x03\x00\x01\x02", "alert of 1 bytes"),
        (fake_tls.alert(112, level=1) * 17, "warning alerts"),
        (flight_with(LEAF, fake_tls.key_exchange(ECDHE_GCM, 0x0303, group=0x0016)), "group secp256k1"),
        (flight_with(LEAF, fake_tls.key_exchange(ECDHE_GCM, 0x0303), message(14, b"")), "no element of group"),
        (flight_with(LEAF, message(14, b""), suite=RSA_AES), "tag"),
        (b"HTTP/1.1 400 Bad Request\r\n", "plain HTTP"),
    ],
)
def test_wrong_answers_are_malformed(data: bytes, says: str) -> None:
    machine = client(ECDHE_GCM, RSA_AES)
    machine.start()
    with pytest.raises(Malformed, match=says):
        machine.feed(data)


def test_numbers_that_nobody_uses_are_not_computed_with() -> None:
    huge = vector(b"\xff" * 2049, 2) + vector(b"\x02", 2) + vector(b"\x03" * 2049, 2) + b"\x04\x01\0\0"
    machine = client(DHE_GCM)
    machine.start()
    with pytest.raises(TooMuch, match="16392 bits"):
        machine.feed(flight_with(LEAF, message(12, huge), message(14, b""), suite=DHE_GCM))

    tiny = vector(b"\x07", 2) + vector(b"\x02", 2) + vector(b"\x06", 2) + b"\x04\x01\0\0"
    machine = client(DHE_GCM)
    machine.start()
    with pytest.raises(Malformed, match="no elements of a group"):
        machine.feed(flight_with(LEAF, message(12, tiny), message(14, b""), suite=DHE_GCM))


def test_alerts_and_ends() -> None:
    machine = client(ECDHE_GCM)
    machine.start()
    assert (machine.stage, str(machine.end())) == (Stage.CLIENT_HELLO, "")
    with pytest.raises(AlertReceived, match="alert 40"):
        machine.feed(fake_tls.alert(40))
    machine = client(ECDHE_GCM)
    machine.start()
    machine.feed(fake_tls.alert(112, level=1) + flight_with() + b"\x16\x03")
    assert machine.flight is not None
    assert (machine.flight.warnings, machine.stage) == ((112,), Stage.SERVER_HELLO)
    assert "unrecognized_name" in str(machine.end())
    with pytest.raises(Closed, match="close_notify"):
        client(ECDHE_GCM).feed(fake_tls.alert(0, level=1))


def test_what_a_caller_may_not_ask() -> None:
    offer = Offer(versions=(Version.TLS1_3,), suites=(0x1301,))
    with pytest.raises(ValueError, match=r"TLS 1\.2"):
        Tls12Client(offer, random=Repeatable(), make_share=repeatable_share)
    with pytest.raises(ValueError, match="nothing is established"):
        client(ECDHE_GCM).renegotiate()


def test_a_resumed_session_must_be_the_one_that_was_offered() -> None:
    kept = ClassicSession(
        version=Version.TLS1_2, suite=RSA_AES, master=bytes(48), extended_master_secret=False, ticket=b"t"
    )
    machine = client(ECDHE_GCM, RSA_AES, resume=kept)
    machine.start()
    with pytest.raises(Malformed, match="another version or suite"):
        machine.feed(flight_with() + CHANGE)


@pytest.mark.parametrize("extended", [True, False])
def test_a_session_is_resumed_with_the_kind_of_master_secret_that_it_has(extended: bool) -> None:
    kept = ClassicSession(
        version=Version.TLS1_2, suite=ECDHE_GCM, master=bytes(48), extended_master_secret=extended, ticket=b"t"
    )
    machine = client(ECDHE_GCM, resume=kept)
    machine.start()
    with pytest.raises(Malformed, match="another kind of master secret"):  # RFC 7627 section 5.3
        machine.feed(flight_with(extensions=b"" if extended else b"\x00\x17\0\0") + CHANGE)


def test_the_key_of_a_certificate() -> None:
    for broken in (b"", b"\x30\x00", LEAVES[trustme.KeyType.ECDSA].cert_chain_pems[0].bytes()):
        with pytest.raises(Malformed):
            rsa_key(broken)
    with pytest.raises(Malformed, match="too small"):
        pkcs1_block(bytes(48), 56, Repeatable())


def recorded(suite: int) -> bytes:
    """All that OpenSSL says to our client in a handshake that goes well."""
    peer = OpensslPeer(server_context())
    converse(client(suite), peer)
    return peer.said


RECORDINGS = {suite: recorded(suite) for suite in (RSA_AES, DHE_GCM, ECDHE_GCM, ECDHE_CBC)}


def outcome(suite: int, data: bytes, cuts: list[int]) -> tuple[object, object, object]:
    """The value or the fault that these bytes lead to, cut at these places."""
    machine = client(suite)
    machine.start()
    parts = sorted({min(cut, len(data)) for cut in (0, *cuts, len(data))})
    try:
        for start, end in itertools.pairwise(parts):
            if not machine.done:
                machine.feed(data[start:end])
    except PeerFault as fault:
        said = str(fault).split(": it begins")[0]  # quotes as much as is there
        return type(fault), said, machine.flight
    return machine.done, machine.session, machine.flight


@given(suite=st.sampled_from(sorted(RECORDINGS)), cuts=st.lists(st.integers(0, 4000), max_size=8))
@settings(max_examples=40, deadline=None)
def test_a_recording_is_completed_at_every_split(suite: int, cuts: list[int]) -> None:
    done, session, _ = outcome(suite, RECORDINGS[suite], cuts)

    assert done is True
    assert isinstance(session, ClassicSession)


@given(
    suite=st.sampled_from(sorted(RECORDINGS)),
    cuts=st.lists(st.integers(0, 4000), max_size=6),
    changes=st.lists(st.tuples(st.integers(0, 4000), st.integers(1, 255)), min_size=1, max_size=3),
)
@settings(max_examples=150, deadline=None)
def test_a_broken_recording_is_a_value_or_a_fault_the_same_at_every_split(
    suite: int, cuts: list[int], changes: list[tuple[int, int]]
) -> None:
    data = bytearray(RECORDINGS[suite])
    for at, mask in changes:
        data[at % len(data)] ^= mask

    assert outcome(suite, bytes(data), cuts) == outcome(suite, bytes(data), [])


@given(tail=st.binary(max_size=200), suite=st.sampled_from([RSA_AES, ECDHE_GCM]))
@settings(max_examples=50, deadline=None)
def test_anything_after_a_handshake_is_a_value_or_a_fault(tail: bytes, suite: int) -> None:
    for change in (False, True):
        machine = client(suite)
        machine.start()
        machine.feed(RECORDINGS[suite])
        assert machine.established
        try:
            if change:
                machine.renegotiate()
                machine.feed(tail)
            else:
                list(machine.read(tail))
        except PeerFault:
            pass
