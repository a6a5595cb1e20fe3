"""Sessions of TLS 1.3 with peers that real servers are not at hand for."""

import pytest
from OpenSSL import SSL
from OpenSSL._util import lib

from probes.tls13_sessions import look_at_modern_sessions
from scanner.model.options import Profile, ScanOptions
from scanner.model.outcome import Answer
from scanner.wire.tls_record import ContentType
from tests.support import fake_tls
from tests.support.fake_tls import fake_server
from tests.support.fake_tls13 import Ends, Tls13Server, conversation, ticket
from tests.support.grouped_server import Setup, grouped_server, groups
from tests.support.sessions import session_for

SUITES = (0x1301, 0x1302, 0x1303)
ALERT = ContentType.ALERT
DATA = (ContentType.APPLICATION_DATA, b"SETTINGS")
TICKET = (ContentType.HANDSHAKE, ticket())


@pytest.mark.parametrize("name", ["X25519MLKEM768", "SecP256r1MLKEM768", "MLKEM1024", "ffdhe2048"])
async def test_a_server_of_one_group(name: str) -> None:
    with grouped_server(groups(name)) as place:
        found = await look_at_modern_sessions(session_for(place, max_connections=2), suites=SUITES)
    assert (found.completed, found.psk.answer, found.tickets) == (Answer.YES, Answer.YES, 2)


async def test_tickets_that_come_with_the_first_data() -> None:
    with grouped_server(says=b"x" * 40_000) as place:
        found = await look_at_modern_sessions(session_for(place), suites=SUITES)
    assert (found.psk.answer, found.tickets) == (Answer.YES, 2)


async def test_without_a_suite_that_we_speak_there_is_nothing_to_ask() -> None:
    async with fake_server(fake_tls.silence) as server:
        found = await look_at_modern_sessions(session_for(("127.0.0.1", server.port)), suites=(0x00C6,))
        assert server.connections == 0
    assert (found.completed, found.psk.answer) == (Answer.UNKNOWN, Answer.UNKNOWN)
    assert found.psk.reason


async def test_suites_need_not_be_known() -> None:
    with grouped_server() as place:
        found = await look_at_modern_sessions(session_for(place), suites=())
    assert found.psk.answer is Answer.YES


def early_data(size: int) -> Setup:
    def allow(context: SSL.Context) -> None:
        assert lib.SSL_CTX_set_max_early_data(context._context, size) == 1

    return allow


async def test_early_data_that_is_allowed_but_never_taken() -> None:
    deep = ScanOptions(allow_private=True, profile=Profile.DEEP)
    with grouped_server(early_data(12345)) as place:
        found = await look_at_modern_sessions(session_for(place, options=deep), suites=SUITES)
    assert (found.early_data.answer, found.max_early_data) == (Answer.YES, 12345)
    assert (found.early_data.tries, found.early_data.seen) == (2, 1)
    assert "none was taken" in str(found.early_data.reason)


async def test_profile_deep_tries_again_before_it_says_no() -> None:
    deep = ScanOptions(allow_private=True, profile=Profile.DEEP)
    async with fake_server(fake_tls.silence, raw=conversation(Tls13Server(behind=(TICKET,)).answer)) as server:
        found = await look_at_modern_sessions(session_for(("127.0.0.1", server.port), options=deep), suites=SUITES)
        assert server.connections == 1 + 3 + 1
    assert (found.psk.answer, found.psk.tries) == (Answer.NO, 3)
    assert found.psk_without_dhe.answer is Answer.NO


YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN
MORTAL = (ContentType.HANDSHAKE, ticket(lifetime=0))


@pytest.mark.parametrize(
    ("server", "ends", "psk", "required", "completed"),
    [
        # Silence proves nothing, nor does a server that hangs up, nor data: it may come before our Finished was read.
        (Tls13Server(behind=(DATA,)), "never", UNKNOWN, NO, YES),
        (Tls13Server(), "at once", UNKNOWN, NO, UNKNOWN),
        (Tls13Server(behind=(DATA,)), "in turn", NO, NO, YES),
        (Tls13Server(behind=(MORTAL,)), "in turn", NO, NO, YES),
        (Tls13Server(request=True, behind=(DATA,)), "never", UNKNOWN, UNKNOWN, YES),
        (Tls13Server(request=True), "at once", UNKNOWN, UNKNOWN, UNKNOWN),
        (Tls13Server(request=True), "in turn", NO, NO, YES),
        (Tls13Server(request=True, behind=((ALERT, b"\2\x28"),)), "in turn", UNKNOWN, YES, NO),
        # internal_error is trouble, not a refusal.
        (Tls13Server(request=True, behind=((ALERT, b"\2\x50"),)), "in turn", UNKNOWN, UNKNOWN, NO),
        (Tls13Server(spoiled=True), "in turn", UNKNOWN, UNKNOWN, UNKNOWN),
        # The fake answers every ticket with a full handshake.
        (Tls13Server(behind=(TICKET,)), "in turn", NO, NO, YES),
    ],
)
async def test_what_is_made_of_it(
    server: Tls13Server, ends: Ends, psk: Answer, required: Answer, completed: Answer
) -> None:
    async with fake_server(fake_tls.silence, raw=conversation(server.answer, ends=ends)) as running:
        found = await look_at_modern_sessions(session_for(("127.0.0.1", running.port)), suites=SUITES)
    assert (found.psk.answer, found.certificate_required.answer, found.completed) == (psk, required, completed)
    assert found.psk.reason


@pytest.mark.parametrize("answer", [fake_tls.alert(40), b"HTTP/1.1 400 Bad Request\r\n\r\n", b""])
async def test_peers_that_refuse(answer: bytes) -> None:
    async with fake_server(lambda _: answer) as server:
        found = await look_at_modern_sessions(session_for(("127.0.0.1", server.port)), suites=SUITES)
    assert found.completed is (Answer.NO if answer[:1] == b"\x15" else Answer.UNKNOWN)
    assert (found.psk.answer, found.tickets) == (Answer.UNKNOWN, None)
    assert found.reason


async def test_the_protocol_that_was_chosen() -> None:
    chosen = b"\x00\x10\x00\x05\x00\x03\x02h2"
    async with fake_server(
        fake_tls.silence, raw=conversation(Tls13Server(encrypted_extensions=chosen).answer)
    ) as server:
        found = await look_at_modern_sessions(session_for(("127.0.0.1", server.port)), suites=SUITES)
    assert found.alpn == "h2"


async def test_a_talkative_server_is_left() -> None:
    flood = Tls13Server(behind=(DATA,) * 400)
    async with fake_server(fake_tls.silence, raw=conversation(flood.answer, ends="never")) as server:
        found = await look_at_modern_sessions(session_for(("127.0.0.1", server.port)), suites=SUITES)
    assert found.completed is Answer.UNKNOWN
    assert "records of application data" in str(found.reason)
