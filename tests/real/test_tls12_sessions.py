"""What real servers do with sessions of TLS 1.2 and below, told what to do and asked about it."""

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator

import pytest

from probes.tls12_sessions import ClassicSessions, look_at_classic_sessions
from scanner.errors import AlertReceived
from scanner.model.evidence.tls_features import Feature
from scanner.model.outcome import Answer
from scanner.net.tls12_connection import establish, open_connection
from scanner.wire.tls12_client import Extent
from scanner.wire.tls12_records import CbcProtection
from scanner.wire.tls_offer import ALL_SCHEMES, FFDHE_GROUPS, SHARED_GROUPS, Offer
from scanner.wire.tls_record import ContentType
from scanner.wire.tls_version import Version
from tests.real.openssl import OpensslServer
from tests.real.servers import Apache, Nginx
from tests.support.fake_tls import Suites, alert, fake_server, silence
from tests.support.leaf_files import Files, write_leaf
from tests.support.sessions import session_for

HOST = "www.example.org"
SUITES = (0xC02F, 0xC030, 0xC013, 0x009C, 0x002F)
YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    home = tmp_path_factory.mktemp("files")
    for folder in (home, home.parent):
        folder.chmod(0o755)
    return write_leaf(home, HOST)


async def look(
    place: tuple[str, int],
    *,
    version: Version = Version.TLS1_2,
    suites: tuple[int, ...] = SUITES,
    seconds: float = 20.0,
    max_connections: int = 4,
) -> ClassicSessions:
    session = session_for(place, host=HOST, seconds=seconds, max_connections=max_connections)
    return await look_at_classic_sessions(session, version=version, suites=suites)


def answers(found: ClassicSessions) -> dict[str, Answer]:
    parts: dict[str, Feature] = {
        "id": found.session_id,
        "ticket": found.ticket,
        "client": found.renegotiation.client_initiated,
        "insecure": found.renegotiation.insecure,
        "certificate": found.certificate_required,
    }
    return {name: one.answer for name, one in parts.items()}


def nginx(files: Files, directives: str) -> Nginx:
    protocols = "ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; ssl_ciphers ALL:@SECLEVEL=0;"
    return Nginx(f"{protocols} {directives}", tls=(files.chain, files.key))


@pytest.mark.real
@pytest.mark.parametrize("version", [Version.TLS1_2, Version.TLS1_0])
async def test_nginx_with_a_cache_and_tickets(files: Files, version: Version) -> None:
    with nginx(files, "ssl_session_cache shared:all:1m; ssl_session_timeout 7m;") as server:
        found = await look(server.place, version=version)

    assert answers(found) == {"id": YES, "ticket": YES, "client": NO, "insecure": NO, "certificate": NO}
    assert (found.completed, found.reason, found.ticket_lifetime_seconds) == (YES, None, 420)
    assert found.ticket_id_sent is not None
    assert len(found.ticket_id_sent) == 62
    assert found.ticket_id_returned == found.ticket_id_sent


@pytest.mark.real
async def test_nginx_without_either(files: Files) -> None:
    with nginx(files, "ssl_session_cache off; ssl_session_tickets off;") as server:
        found = await look(server.place, max_connections=3)

    assert answers(found) == {"id": NO, "ticket": NO, "client": NO, "insecure": NO, "certificate": NO}
    assert (found.ticket_id_sent, found.ticket_id_returned, found.ticket_lifetime_seconds) == (None, None, None)
    assert "refused" in str(found.renegotiation.client_initiated.reason)


@pytest.mark.real
async def test_nginx_that_wants_a_client_certificate_says_so_in_http_only(files: Files) -> None:
    with nginx(files, f"ssl_verify_client on; ssl_client_certificate {files.root};") as server:
        found = await look(server.place)

    assert (found.completed, found.certificate_required.answer) == (YES, NO)
    assert found.certificate_required.reason == "asked for, and a handshake without one was completed"


@pytest.mark.real
async def test_apache(files: Files) -> None:
    directives = f"SSLEngine on\nSSLProtocol all\nSSLCertificateFile {files.chain}\nSSLCertificateKeyFile {files.key}\n"
    with Apache(directives + "SSLSessionCache shmcb:cache(51200)\n", modules=("socache_shmcb", "ssl")) as server:
        found = await look(server.place)
    assert answers(found) == {"id": YES, "ticket": YES, "client": NO, "insecure": NO, "certificate": NO}

    directives += (
        f"SSLSessionCache none\nSSLSessionTickets off\nSSLVerifyClient require\nSSLCACertificateFile {files.root}\n"
    )
    with Apache(directives, modules=("socache_shmcb", "ssl")) as server:
        found = await look(server.place)
    assert found.certificate_required.answer is YES
    assert "alert 40" in str(found.certificate_required.reason)
    assert (found.completed, found.session_id.answer, found.renegotiation.insecure.answer) == (NO, UNKNOWN, UNKNOWN)


ALL = ("-cipher", "ALL:eNULL:@SECLEVEL=0")


@pytest.mark.real
async def test_openssl_that_allows_renegotiation(files: Files) -> None:
    with OpensslServer(files, *ALL, "-client_renegotiation") as server:
        found = await look(server.place)

    assert answers(found) == {"id": YES, "ticket": YES, "client": YES, "insecure": NO, "certificate": NO}
    assert found.ticket_id_returned == found.ticket_id_sent


@pytest.mark.real
async def test_openssl_that_forgets_everything(files: Files) -> None:
    with OpensslServer(files, *ALL, "-no_ticket", "-no_cache") as server:
        found = await look(server.place)

    assert answers(found) == {"id": NO, "ticket": NO, "client": NO, "insecure": NO, "certificate": NO}
    assert found.session_id.reason == "the server's hello has no session id"


@pytest.mark.real
@pytest.mark.parametrize(("option", "answer"), [("-Verify", YES), ("-verify", NO)])
async def test_openssl_and_a_client_certificate(files: Files, option: str, answer: Answer) -> None:
    with OpensslServer(files, *ALL, option, "1") as server:
        found = await look(server.place)

    assert found.certificate_required.answer is answer
    assert found.completed is (NO if answer is YES else YES)


@contextlib.contextmanager
def python_server(files: Files) -> Iterator[tuple[str, int]]:
    """Python's `ssl` as a server that reads until the end, one connection a thread."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.chain, files.key)

    def serve(sock: socket.socket) -> None:
        with contextlib.suppress(OSError), context.wrap_socket(sock, server_side=True) as wrapped:
            while wrapped.recv(4096):
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()
        listener.shutdown(socket.SHUT_RDWR)


async def test_python(files: Files) -> None:
    with python_server(files) as place:
        found = await look(place)

    assert (found.ticket.answer, found.renegotiation.client_initiated.answer) == (YES, NO)
    assert found.ticket_id_returned == found.ticket_id_sent


async def test_no_suite_that_can_be_finished_costs_no_connection() -> None:
    found = await look(("127.0.0.1", 9), suites=(0x0003, 0xC0B4, 0x008B), max_connections=0)

    assert set(answers(found).values()) == {UNKNOWN}
    assert found.reason == "TLSv1.2 is accepted with no suite that this client can complete a handshake with"


async def test_servers_that_break_off_leave_everything_unknown() -> None:
    async with fake_server(Suites(by_version={Version.TLS1_2: SUITES})) as server:
        found = await look(("127.0.0.1", server.port))
    assert set(answers(found).values()) == {UNKNOWN}
    assert (found.completed, server.connections) == (UNKNOWN, 2)

    async with fake_server(lambda _: alert(40)) as server:
        found = await look(("127.0.0.1", server.port))
    assert set(answers(found).values()) == {UNKNOWN}
    assert found.reason == "alert 40 (handshake_failure)"

    async with fake_server(silence) as server:
        found = await look(("127.0.0.1", server.port), seconds=0.8)
    assert set(answers(found).values()) == {UNKNOWN}
    assert "timeout" in str(found.reason)


async def test_our_own_cap_is_no_fact_about_the_server(files: Files) -> None:
    with python_server(files) as place:
        for cap in range(4):
            found = await look(place, max_connections=cap)
            assert found.session_id.answer in {NO, UNKNOWN} if cap > 1 else UNKNOWN
            if cap < 3:
                assert found.ticket.answer is UNKNOWN
                assert "cap of" in str(found.ticket.reason)


def offer(*suites: int) -> Offer:
    return Offer(
        versions=(Version.TLS1_2,),
        suites=suites,
        groups=(*SHARED_GROUPS, *FFDHE_GROUPS),
        signature_schemes=ALL_SCHEMES,
        server_name=HOST,
        signals=False,
    )


@pytest.mark.real
async def test_records_and_blocks_that_are_wrong_reach_a_real_server(files: Files) -> None:
    with nginx(files, "ssl_session_cache off;") as server:
        session = session_for(server.place, host=HOST)
        async with await establish(session, offer(0x002F)) as connection:
            await connection.send(ContentType.APPLICATION_DATA, b"GET / HTTP/1.0\r\n\r\n")
            answer = await connection.next_record(seconds=5)
            assert answer.payload.startswith(b"HTTP/1.1 ")
        async with await establish(session, offer(0x002F)) as connection:
            writer = connection.writer
            assert isinstance(writer, CbcProtection)
            layout = writer.layout(ContentType.APPLICATION_DATA, b"five!")
            wrong = type(layout)(
                payload=layout.payload, mac=layout.mac, padding=bytes(len(layout.padding) - 1) + b"\x00"
            )
            await connection.send_raw(writer.seal_layout(ContentType.APPLICATION_DATA, wrong))
            alerted = await connection.next_record(seconds=5)
            assert (alerted.type, alerted.payload) == (ContentType.ALERT, b"\x02\x14")

        stopped = await open_connection(
            session, offer(0x009C), make_block=lambda _, size: bytes(size), extent=Extent.CLIENT_FINISHED
        )
        async with stopped:
            await stopped.handshake()
            alerted = await stopped.next_record(seconds=5)
            assert (alerted.type, alerted.payload) == (ContentType.ALERT, b"\x02\x14")
        with pytest.raises(AlertReceived):
            await establish(session, offer(0xC0B4))


@pytest.mark.real
async def test_the_two_pairs_go_side_by_side(files: Files) -> None:
    with nginx(files, "ssl_session_cache shared:all:1m;") as server:
        async with asyncio.timeout(5):
            found = await asyncio.gather(*(look(server.place) for _ in range(5)))

    assert {one.ticket.answer for one in found} == {one.session_id.answer for one in found} == {YES}
