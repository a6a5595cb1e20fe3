"""The handshake as a state machine: whole flights, broken ones, floods, at every split of the bytes."""

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.errors import AlertReceived, Closed, Malformed, PeerFault
from scanner.model.outcome import Stage
from scanner.wire.key_share import KeyShare
from scanner.wire.octets import vector
from scanner.wire.server_flight import ServerFlight
from scanner.wire.tls_client_state import ClientHandshake, Goal
from scanner.wire.tls_hello import RETRY_RANDOM
from scanner.wire.tls_offer import Offer
from scanner.wire.tls_version import Version
from tests.support import fake_tls
from tests.support.fake_tls import alert, flight, handshake_record, message, server_hello

STATUS = message(22, b"\x01" + vector(b"OCSP", 3))
HELLO_REQUEST = message(0, b"")


def make_share(group: int) -> KeyShare:
    return KeyShare(group, X25519PrivateKey.from_private_bytes(bytes(range(32))))


def machine(*versions: Version, goal: Goal = Goal.FLIGHT, suites: tuple[int, ...] = ()) -> ClientHandshake:
    offer = Offer(
        versions=versions or (Version.TLS1_2,),
        suites=suites or (0xC02F, 0x009E, 0x009C, 0x0018, 0x1301),
        groups=(29, 23),
        signature_schemes=(0x0401,),
        key_shares=(29,) if Version.TLS1_3 in versions else (),
    )
    made = ClientHandshake(offer, random=bytes(32), session_id=bytes(32), make_share=make_share, goal=goal)
    made.start()
    return made


def read(data: bytes, *parts: int, handshake: ClientHandshake | None = None) -> ServerFlight:
    """The flight that `data` is, fed in parts of these sizes."""
    client = handshake or machine()
    at = 0
    for size in (*parts, len(data)):
        if data[at : at + size] and not client.done:
            client.feed(data[at : at + size])
        at += size
    if not client.done:
        raise client.end()
    assert client.flight is not None
    return client.flight


def test_an_ecdhe_flight() -> None:
    found = read(flight(Version.TLS1_2, 0xC02F))
    assert (found.version, found.suite, found.group, found.signature) == (Version.TLS1_2, 0xC02F, 23, 0x0401)
    assert (found.certificates, found.staples) == ((fake_tls.FILLER_CERTIFICATE,), (None,))


def test_requests_for_a_hello_are_passed_over_anywhere() -> None:
    head, rest = server_hello(0x0303, 0x009C), flight(Version.TLS1_2, 0x009C)[5:]
    tail = rest[len(head) :]
    asked = handshake_record(0x0303, HELLO_REQUEST, head, HELLO_REQUEST, HELLO_REQUEST, tail)
    assert read(asked) == read(flight(Version.TLS1_2, 0x009C))
    client = machine()
    client.feed(handshake_record(0x0303, head, HELLO_REQUEST))
    assert client.stage is Stage.SERVER_HELLO


def test_the_transcript_is_the_messages_of_both_sides() -> None:
    client = machine()
    data = flight(Version.TLS1_2, 0x009C)
    head = server_hello(0x0303, 0x009C)
    before = client.transcript
    client.feed(handshake_record(0x0303, HELLO_REQUEST, head, HELLO_REQUEST, data[5 + len(head) :]))
    assert before[0] == 1
    assert client.transcript == before + data[5:]


def test_a_dhe_flight_has_the_prime() -> None:
    found = read(flight(Version.TLS1_2, 0x009E))
    assert found.dh is not None
    assert (found.dh.bits, found.group) == (2048, None)


def test_static_rsa_and_anonymous_flights() -> None:
    assert read(flight(Version.TLS1_2, 0x009C)).group is None
    assert read(flight(Version.TLS1_2, 0x0018)).certificates == ()


def test_staple_scts_and_certificate_request() -> None:
    request = message(13, b"\x01\x40" + b"\x00\x02\x04\x01" + vector(vector(b"DN", 2), 2))
    found = read(
        handshake_record(
            0x0303,
            server_hello(Version.TLS1_2, 0x009C, extensions=b"\x00\x12\x00\x03SCT"),
            message(11, vector(vector(b"leaf", 3) + vector(b"ca", 3), 3)),
            STATUS,
            request,
            message(14, b""),
        )
    )
    assert (found.certificates, found.staples, found.sct_list) == ((b"leaf", b"ca"), (b"OCSP", None), b"SCT")
    assert found.certificate_request is not None
    assert found.certificate_request.authorities == (b"DN",)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (flight(Version.TLS1_2, 0xC030), "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, which was not offered"),
        (flight(Version.TLS1_1, 0x009C), "TLSv1.1, which was not offered"),
        (flight(Version.TLS1_2, 0xC02F, group=0x0016), "group secp256k1, which was not offered"),
        (handshake_record(0x0303, server_hello(Version.TLS1_2, 0x009C, compression=1)), "compression 1"),
        (handshake_record(0x0303, server_hello(0x0303, 0x009C), message(14, b"")), "without a certificate"),
        (
            handshake_record(
                0x0303, server_hello(0x0303, 0xC02F), message(11, vector(vector(b"x", 3), 3)), message(14, b"")
            ),
            "without ServerKeyExchange",
        ),
        (handshake_record(0x0303, message(11, b"")), "instead of ServerHello"),
        (handshake_record(0x0303, server_hello(0x0303, 0xC02F, random=RETRY_RANDOM)), "HelloRetryRequest of TLSv1.2"),
        (handshake_record(0x0303, server_hello(0x0303, 0x0018), STATUS), "without a certificate before it"),
        (handshake_record(0x0303, server_hello(0x0303, 0x009C), *[HELLO_REQUEST] * 65), "say nothing"),
        (handshake_record(0x0303, *[HELLO_REQUEST] * 65), "say nothing"),
        (handshake_record(0x0303, server_hello(0x0303, 0x009C), message(20, b"")), "message 20"),
        (alert(112, level=1) * 17, "warning alerts"),
        (b"\x14\x03\x03\x00\x01\x01" * 65, "say nothing"),
        (b"\x17\x03\x03\x00\x01x", "application_data"),
        (b"\x15\x03\x03\x00\x01\x02", "alert of 1 bytes"),
        (b"HTTP/1.1 400 Bad Request\r\n", "plain HTTP"),
    ],
)
def test_wrong_answers_are_malformed(data: bytes, says: str) -> None:
    with pytest.raises(Malformed, match=says):
        read(data)


def test_alerts() -> None:
    with pytest.raises(AlertReceived) as caught:
        read(alert(40))
    assert (caught.value.number, caught.value.stage) == (40, Stage.CLIENT_HELLO)
    with pytest.raises(AlertReceived, match="alert 70"):
        read(alert(70, level=1))
    with pytest.raises(Closed, match="close_notify"):
        read(alert(0, level=1))
    assert read(alert(112, level=1) + flight(Version.TLS1_2, 0x009C)).warnings == (112,)


def test_an_alert_after_the_hello_keeps_what_was_chosen() -> None:
    client = machine()
    with pytest.raises(AlertReceived) as caught:
        client.feed(handshake_record(0x0303, server_hello(0x0303, 0x009C)) + alert(80))
    assert caught.value.stage is Stage.SERVER_HELLO
    assert client.flight is not None
    assert client.flight.suite == 0x009C


def test_the_end_says_where_it_was() -> None:
    client = machine()
    assert client.end().stage is Stage.CLIENT_HELLO
    client.feed(alert(112, level=1))
    assert "unrecognized_name" in client.end().detail


def test_a_retry_request_ends_a_hello_goal() -> None:
    client = machine(Version.TLS1_3, goal=Goal.HELLO)
    client.feed(handshake_record(0x0303, fake_tls.retry_request(0x1301, 23)))
    assert client.done
    assert client.flight is not None
    assert (client.flight.group, client.flight.retried) == (23, True)


def test_only_the_first_hello_may_have_an_old_record_version() -> None:
    offer = Offer(versions=(Version.TLS1_3,), suites=(0x1301,), groups=(29, 23), key_shares=(23,))
    client = ClientHandshake(offer, random=bytes(32), session_id=bytes(32), make_share=make_share)
    first = client.start()
    second = client.feed(handshake_record(0x0303, fake_tls.retry_request(0x1301, 29)))
    assert (first[:3].hex(), second[:3].hex()) == ("160301", "160303")  # RFC 8446 section 5.1; Go insists on it


@pytest.mark.parametrize("group", [29, 0x0018], ids=["sent already", "not offered"])
def test_a_senseless_retry_request_is_malformed(group: int) -> None:
    with pytest.raises(Malformed):
        machine(Version.TLS1_3).feed(handshake_record(0x0303, fake_tls.retry_request(0x1301, group)))


def test_every_truncation_of_a_flight_is_a_fault() -> None:
    whole = flight(Version.TLS1_2, 0xC02F)
    for length in range(len(whole)):
        with pytest.raises(Closed):
            read(whole[:length])


@settings(max_examples=60)
@given(st.lists(st.integers(1, 400), max_size=20))
def test_a_flight_is_the_same_at_every_split(parts: list[int]) -> None:
    whole = alert(112, level=1) + flight(Version.TLS1_2, 0xC02F)
    assert read(whole, *parts) == read(whole)


def test_one_byte_records() -> None:
    whole = flight(Version.TLS1_2, 0x009C)[5:]
    shredded = b"".join(handshake_record(0x0303, whole[at : at + 1]) for at in range(len(whole)))
    assert read(shredded) == read(flight(Version.TLS1_2, 0x009C))


@settings(max_examples=200)
@given(st.data())
def test_mutated_flights_are_a_value_or_a_fault(data: st.DataObject) -> None:
    whole = bytearray(flight(Version.TLS1_2, data.draw(st.sampled_from([0xC02F, 0x009E, 0x009C]))))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    ends: list[object] = []
    for parts in ((), (cut,)):
        try:
            ends.append(read(bytes(whole), *parts))
        except PeerFault as fault:
            ends.append((type(fault), fault.detail))
    assert ends[0] == ends[1] or isinstance(ends[0], tuple)
