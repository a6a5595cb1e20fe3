"""The whole handshake of TLS 1.3: its keys against RFC 8448, the machine against a fake server at every split."""

import contextlib
import dataclasses
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.errors import AlertReceived, Closed, Malformed, PeerFault
from scanner.model.outcome import Stage
from scanner.wire.key_share import KeyShare
from scanner.wire.octets import vector
from scanner.wire.session_ticket import SessionTicket, read_session_ticket
from scanner.wire.tls13_client import MAX_AFTER, MAX_DATA_RECORDS, FullHandshake, Resume
from scanner.wire.tls13_flight import RecordOpener, RecordSealer
from scanner.wire.tls13_keys import KeySchedule, finished, resumption_psk
from scanner.wire.tls_offer import Offer
from scanner.wire.tls_record import ContentType, Record
from scanner.wire.tls_version import Version
from tests.support import fake_tls, fake_tls13, rfc8448
from tests.support.fake_tls import handshake_record, message, read_hello, retry_request
from tests.support.fake_tls13 import KEY_UPDATE, Tls13Server, ticket
from tests.wire import test_tls13_flight as trace

CLOSE = (ContentType.ALERT, b"\x01\x00")
TICKET = (ContentType.HANDSHAKE, ticket(early=16384))


def test_the_key_schedule_of_the_trace() -> None:
    shared = bytes.fromhex("8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d")
    schedule = KeySchedule("sha256")
    schedule.advance(shared)
    messages = trace.CLIENT_HELLO + trace.SERVER_HELLO
    ours = schedule.derive("c hs traffic", messages)
    assert ours == rfc8448.CLIENT_HANDSHAKE_SECRET
    assert schedule.derive("s hs traffic", messages) == trace.SECRET
    messages += trace.ENCRYPTED_EXTENSIONS + trace.CERTIFICATE + trace.CERTIFICATE_VERIFY
    assert finished(trace.SECRET, messages, "sha256") == trace.FINISHED[4:]
    messages += trace.FINISHED
    schedule.advance()
    assert schedule.derive("c ap traffic", messages) == rfc8448.CLIENT_APPLICATION_SECRET
    assert schedule.derive("s ap traffic", messages) == rfc8448.SERVER_APPLICATION_SECRET
    verify = finished(ours, messages, "sha256")
    assert verify == rfc8448.CLIENT_VERIFY_DATA
    resumption = schedule.derive("res master", messages + message(20, verify))
    assert resumption == rfc8448.RESUMPTION_SECRET
    assert resumption_psk(resumption, rfc8448.TICKET_NONCE, "sha256") == rfc8448.PSK


def test_the_binder_of_the_trace() -> None:
    schedule = KeySchedule("sha256", rfc8448.PSK)
    cut = rfc8448.RESUMED_HELLO_CUT
    assert schedule.binder(cut) == rfc8448.BINDER
    assert schedule.derive("c e traffic", cut + b"\x00\x21\x20" + rfc8448.BINDER) == rfc8448.EARLY_SECRET
    # The same pre_shared_key by our own writer: 0xfad6aacb is the age that the trace sends, hidden by its age_add.
    offered = SessionTicket(identity=rfc8448.TICKET, lifetime=30, age_add=0xFAD6AACB, max_early_data=1024)
    assert (cut + b"\x00\x21\x20" + rfc8448.BINDER).endswith(offered.offered(0, rfc8448.BINDER))


@pytest.mark.parametrize("suite", [0x1301, 0x1302, 0x1303, 0x1304, 0x1305])
def test_what_is_sealed_opens(suite: int) -> None:
    secret = bytes(range(48 if suite == 0x1302 else 32))
    sealer, opener = RecordSealer(suite, secret), RecordOpener(suite, secret)
    for text in (b"one", b"two", b""):
        data = sealer.seal(ContentType.HANDSHAKE, text)
        assert int.from_bytes(data[3:5], "big") == len(data) - 5
        record = Record(ContentType.APPLICATION_DATA, 0x0303, data[5:], data[:5])
        assert opener.open(record) == (ContentType.HANDSHAKE, text)


OFFER = Offer(
    versions=(Version.TLS1_3,),
    suites=(0x1301, 0x1302),
    groups=(29, 23),
    signature_schemes=(0x0403,),
    server_name="www.example.org",
    key_shares=(29,),
)
RESUMABLE = SessionTicket(
    identity=b"ticket", lifetime=7200, age_add=0x01020304, max_early_data=16384, suite=0x1301, psk=bytes(range(32))
)


def make_share(group: int) -> KeyShare:
    return KeyShare(group, X25519PrivateKey.from_private_bytes(bytes(range(32))))


def client(resume: Resume | None = None, offer: Offer = OFFER) -> FullHandshake:
    return FullHandshake(offer, random=bytes(32), session_id=bytes(32), make_share=make_share, resume=resume)


def talk(server: Tls13Server, *parts: int, resume: Resume | None = None) -> tuple[FullHandshake, bytes]:
    """The machine after the server's answer was fed in parts of these sizes, and what it sent."""
    machine = client(resume)
    answer, sent, at = server.answer(machine.start()[5:]), b"", 0
    for size in (*parts, len(answer)):
        if answer[at : at + size]:
            sent += machine.feed(answer[at : at + size])
        at += size
    return machine, sent


def test_a_full_handshake_with_tickets() -> None:
    plain = (ContentType.HANDSHAKE, ticket(lifetime=60, nonce=b"\1"))
    machine, sent = talk(Tls13Server(behind=(TICKET, plain, (ContentType.APPLICATION_DATA, b"hello"))))
    assert machine.established
    assert (machine.resumed, machine.without_dhe, machine.early_data) == (False, False, False)
    assert [(one.lifetime, one.max_early_data, one.suite) for one in machine.tickets] == [
        (7200, 16384, 0x1301),
        (60, None, 0x1301),
    ]
    assert machine.tickets[0].psk != machine.tickets[1].psk
    assert (machine.data_records, machine.stage) == (1, Stage.HANDSHAKE)
    assert machine.flight is not None
    assert machine.flight.certificates == (fake_tls.FILLER_CERTIFICATE,)
    assert sent.startswith(b"\x14\x03\x03\x00\x01\x01\x17\x03\x03")
    assert len(sent) == 6 + 5 + 36 + 1 + 16


def test_a_request_is_answered_with_an_empty_certificate() -> None:
    machine, sent = talk(Tls13Server(request=True))
    assert machine.established
    assert len(sent) == 6 + (5 + 8 + 1 + 16) + (5 + 36 + 1 + 16)


def test_resumption() -> None:
    resume = Resume(ticket=RESUMABLE, age_ms=1000)
    machine = client(resume)
    hello = read_hello(machine.start()[5:])
    assert list(hello.extensions)[-1] == 41
    identity, binders = vector(b"ticket", 2) + (0x01020304 + 1000).to_bytes(4, "big"), hello.extensions[41][-35:]
    assert hello.extensions[41] == vector(identity, 2) + binders
    assert hello.extensions[45] == b"\1\1"
    machine, _ = talk(Tls13Server(psk=RESUMABLE.psk, behind=(TICKET,)), resume=resume)
    assert (machine.established, machine.resumed, machine.without_dhe, len(machine.tickets)) == (True, True, False, 1)
    machine, _ = talk(Tls13Server(), resume=resume)
    assert (machine.established, machine.resumed) == (True, False)


def test_resumption_without_a_key_exchange() -> None:
    resume = Resume(ticket=RESUMABLE, age_ms=0, with_dhe=False)
    machine, _ = talk(Tls13Server(psk=RESUMABLE.psk, without_dhe=True), resume=resume)
    assert (machine.established, machine.resumed, machine.without_dhe) == (True, True, True)
    assert read_hello(client(resume).start()[5:]).extensions[45] == b"\1\0"


def test_early_data() -> None:
    resume = Resume(ticket=RESUMABLE, age_ms=0, early_data=True)
    server = Tls13Server(psk=RESUMABLE.psk, encrypted_extensions=b"\x00\x2a\x00\x00")
    machine, sent = talk(server, resume=resume)
    assert (machine.established, machine.early_data) == (True, True)
    assert len(sent) == 6 + (5 + 4 + 1 + 16) + (5 + 36 + 1 + 16)  # EndOfEarlyData in a record of its own
    assert 42 in read_hello(client(resume).start()[5:]).extensions
    machine, sent = talk(Tls13Server(psk=RESUMABLE.psk), resume=resume)
    assert (machine.established, machine.early_data, len(sent)) == (True, False, 6 + 5 + 36 + 1 + 16)


def test_a_retry_request_makes_a_second_hello_with_a_binder_of_its_own() -> None:
    machine = client(Resume(ticket=RESUMABLE, age_ms=0, early_data=True), dataclasses.replace(OFFER, key_shares=(23,)))
    first = machine.start()[5:]
    retry = retry_request(0x1301, 29)
    second = machine.feed(handshake_record(0x0303, retry))[5:]
    once, again = read_hello(first).extensions, read_hello(second).extensions
    assert 42 in once
    assert 42 not in again  # RFC 8446 section 4.2.10
    assert once[41][:-32] == again[41][:-32]
    assert once[41][-32:] != again[41][-32:]
    assert list(again)[-1] == 41
    before = bytes.fromhex("fe000020") + hashlib.sha256(first).digest() + retry
    cut = second[:-35]
    assert KeySchedule("sha256", RESUMABLE.psk).binder(before + cut) == again[41][-32:]
    assert machine.flight is not None
    assert (machine.flight.retried, machine.flight.is_retry) == (True, True)
    machine.feed(Tls13Server(psk=RESUMABLE.psk).answer(second, before))
    assert (machine.established, machine.resumed) == (True, True)
    assert (machine.flight.retried, machine.flight.is_retry) == (True, False)


def test_a_server_keeps_to_its_retry_request() -> None:
    machine = client(offer=dataclasses.replace(OFFER, key_shares=(23,)))
    machine.start()
    second = machine.feed(handshake_record(0x0303, retry_request(0x1301, 29)))[5:]
    with pytest.raises(Malformed, match="another version or suite"):  # RFC 8446 section 4.1.4
        machine.feed(Tls13Server(suite=0x1302).answer(second))


def test_key_updates() -> None:
    asks, tells = (ContentType.HANDSHAKE, KEY_UPDATE + b"\1"), (ContentType.HANDSHAKE, KEY_UPDATE + b"\0")
    machine, sent = talk(Tls13Server(behind=(asks, TICKET, tells, TICKET)))
    assert len(machine.tickets) == 2
    assert len(sent) == 6 + (5 + 36 + 1 + 16) + (5 + 5 + 1 + 16)  # one KeyUpdate in return
    assert len(machine.close()) == 5 + 2 + 1 + 16


def test_an_end_and_alerts_behind_the_handshake() -> None:
    with pytest.raises(Closed, match="close_notify") as closed:
        talk(Tls13Server(behind=(TICKET, CLOSE)))
    assert closed.value.stage is Stage.HANDSHAKE
    for level in (1, 2):
        with pytest.raises(AlertReceived) as caught:
            talk(Tls13Server(request=True, behind=((ContentType.ALERT, bytes((level, 116))),)))
        assert (caught.value.number, caught.value.stage) == (116, Stage.HANDSHAKE)


DHE = Resume(ticket=RESUMABLE, age_ms=0)


@pytest.mark.parametrize(
    ("server", "resume", "says"),
    [
        (Tls13Server(spoiled=True), None, "Finished is wrong"),
        (Tls13Server(missing=frozenset({15})), None, "without CertificateVerify"),
        (Tls13Server(missing=frozenset({8})), None, "without EncryptedExtensions"),
        (Tls13Server(missing=frozenset({11})), None, "CertificateVerify without"),
        (Tls13Server(missing=frozenset({8}), psk=RESUMABLE.psk), DHE, "Finished without EncryptedExtensions"),
        (Tls13Server(behind=((ContentType.HANDSHAKE, KEY_UPDATE + b"\0" + ticket()),)), None, "change of keys"),
        (Tls13Server(psk=RESUMABLE.psk), None, "pre-shared key that was not offered"),
        (Tls13Server(psk=RESUMABLE.psk, without_dhe=True), DHE, "without key_share"),
        (Tls13Server(psk=bytes(32)), DHE, "does not decrypt"),
        (Tls13Server(suite=0x1302, psk=RESUMABLE.psk), DHE, "pre-shared key that was not offered"),
        (Tls13Server(psk=RESUMABLE.psk, encrypted_extensions=b"\x00\x2a\x00\x00"), DHE, "early data"),
        (Tls13Server(encrypted_extensions=b"\x00\x2a\x00\x00"), None, "early data"),
        (Tls13Server(behind=(TICKET,) * (MAX_AFTER + 1)), None, "messages behind"),
        (Tls13Server(behind=((ContentType.APPLICATION_DATA, b""),) * (MAX_DATA_RECORDS + 1)), None, "application data"),
        (Tls13Server(behind=((ContentType.HANDSHAKE, message(13, b"")),)), None, "message 13 behind"),
        (Tls13Server(behind=((ContentType.HANDSHAKE, KEY_UPDATE + b"\2"),)), None, "KeyUpdate"),
        (Tls13Server(behind=((ContentType.HEARTBEAT, b"x"),)), None, "heartbeat"),
        (Tls13Server(behind=((ContentType.HANDSHAKE, ticket(identity=b"")),)), None, "empty session ticket"),
    ],
)
def test_wrong_answers_are_malformed(server: Tls13Server, resume: Resume | None, says: str) -> None:
    with pytest.raises(Malformed, match=says):
        talk(server, resume=resume)


def test_messages_in_the_clear_behind_the_server_hello_are_malformed() -> None:
    extensions = message(8, b"\0\0")
    machine = client()
    hello = Tls13Server().answer(machine.start()[5:])
    hello = hello[: 5 + int.from_bytes(hello[3:5], "big")]
    with pytest.raises(Malformed, match="not encrypted"):
        machine.feed(hello + handshake_record(0x0303, extensions))
    for within in (extensions, extensions[:1]):  # RFC 8446 section 5.1
        machine = client()
        machine.start()
        with pytest.raises(Malformed, match="change of keys"):
            machine.feed(handshake_record(0x0303, hello[5:], within))


def test_application_data_before_the_finished_is_malformed() -> None:
    machine = client()
    machine.start()
    with pytest.raises(Malformed, match="application_data"):
        machine.feed(b"\x17\x03\x03\x00\x01x")


BUSY = Tls13Server(request=True, behind=(TICKET, (ContentType.HANDSHAKE, KEY_UPDATE + b"\1"), TICKET))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 300), max_size=20))
def test_a_conversation_is_the_same_at_every_split(parts: list[int]) -> None:
    whole, sent = talk(BUSY)
    machine, also = talk(BUSY, *parts)
    assert (machine.flight, machine.tickets, also) == (whole.flight, whole.tickets, sent)


def test_a_conversation_byte_by_byte() -> None:
    machine, sent = talk(BUSY, *([1] * 2000))
    assert (machine.tickets, sent) == (talk(BUSY)[0].tickets, talk(BUSY)[1])


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_mutated_conversations_are_a_value_or_a_fault(data: st.DataObject) -> None:
    machines = (client(DHE), client(DHE))
    answer = bytearray(Tls13Server(psk=RESUMABLE.psk, behind=(TICKET,)).answer(machines[0].start()[5:]))
    machines[1].start()
    for _ in range(data.draw(st.integers(1, 4))):
        answer[data.draw(st.integers(0, len(answer) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(answer)))
    ends: list[object] = []
    for machine, pieces in zip(machines, ((answer,), (answer[:cut], answer[cut:])), strict=True):
        try:
            for piece in pieces:
                machine.feed(bytes(piece))
        except PeerFault as fault:
            ends.append(type(fault))
        else:
            ends.append((machine.flight, machine.tickets))
    assert ends[0] == ends[1]


@given(st.binary(max_size=60))
def test_any_bytes_are_a_ticket_or_malformed(data: bytes) -> None:
    with contextlib.suppress(Malformed):  # and nothing else
        read_session_ticket(data)


def test_a_ticket_keeps_to_itself_what_resumes_its_session() -> None:
    assert "identity" not in repr(Resume(ticket=RESUMABLE, age_ms=0))
    assert "psk" not in repr(RESUMABLE)


def test_a_ticket_with_strange_early_data_is_malformed() -> None:
    body = bytes(8) + b"\0" + b"\x00\x01t" + vector(b"\x00\x2a\x00\x02\x00\x00", 2)
    with pytest.raises(Malformed, match="early_data"):
        read_session_ticket(body)
    assert read_session_ticket(ticket(early=0)[4:]).max_early_data == 0


def test_the_hello_offers_what_the_server_knows() -> None:
    assert fake_tls13.share_of(client().start()[5:]) == make_share(29).public
