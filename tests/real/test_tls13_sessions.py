"""Sessions of TLS 1.3 with real servers that were told what to do."""

import pathlib

import pytest

from probes.tls13_sessions import MAX_CONNECTIONS, ModernSessions, look_at_modern_sessions
from scanner.model.options import Profile, ScanOptions
from scanner.model.outcome import Answer
from tests.real.openssl import OpensslServer
from tests.real.servers import Apache, Nginx, RealServer
from tests.support.leaf_files import Files, write_leaf
from tests.support.sessions import session_for

pytestmark = pytest.mark.real

HOST = "www.example.org"
SUITES = (0x1301, 0x1302, 0x1303)


@pytest.fixture
def files(tmp_path: pathlib.Path) -> Files:
    tmp_path.chmod(0o755)
    return write_leaf(tmp_path, HOST)


async def look(
    server: RealServer, *, profile: Profile = Profile.STANDARD, most: int = MAX_CONNECTIONS
) -> ModernSessions:
    session = session_for(
        server.place, host=HOST, options=ScanOptions(allow_private=True, profile=profile), max_connections=most
    )
    return await look_at_modern_sessions(session, suites=SUITES)


def answers(found: ModernSessions) -> tuple[Answer, Answer, Answer, Answer]:
    return found.completed, found.psk.answer, found.early_data.answer, found.certificate_required.answer


@pytest.mark.parametrize("suite", ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"])
async def test_openssl(files: Files, suite: str) -> None:
    with OpensslServer(files, "-ciphersuites", suite, "-num_tickets", "3") as server:
        found = await look(server)
    assert answers(found) == (Answer.YES, Answer.YES, Answer.NO, Answer.NO)
    assert (found.tickets, found.psk_lifetime_seconds, found.max_early_data) == (3, 7200, None)
    assert (found.psk_without_dhe.answer, found.reason) == (Answer.UNKNOWN, None)


async def test_openssl_with_one_group_that_takes_a_retry(files: Files) -> None:
    with OpensslServer(files, "-groups", "P-521") as server:
        found = await look(server)
    assert answers(found) == (Answer.YES, Answer.YES, Answer.NO, Answer.NO)


async def test_openssl_without_tickets(files: Files) -> None:
    with OpensslServer(files, "-num_tickets", "0") as server:
        found = await look(server)
    assert found.completed is Answer.YES
    assert found.psk.answer is not Answer.YES
    assert (found.tickets, found.psk_lifetime_seconds) == (0, None)
    assert found.psk.reason


async def test_openssl_that_resumes_without_a_key_exchange(files: Files) -> None:
    with OpensslServer(files, "-allow_no_dhe_kex") as server:
        found = await look(server, profile=Profile.DEEP, most=6)
    assert (found.psk.answer, found.psk_without_dhe.answer) == (Answer.YES, Answer.YES)


async def test_openssl_that_requires_a_certificate(files: Files) -> None:
    with OpensslServer(files, "-Verify", "1") as server:
        found = await look(server)
    assert answers(found) == (Answer.NO, Answer.UNKNOWN, Answer.UNKNOWN, Answer.YES)
    assert "alert 116" in str(found.certificate_required.reason)


async def test_openssl_that_only_asks_for_a_certificate(files: Files) -> None:
    with OpensslServer(files, "-verify", "1") as server:
        found = await look(server)
    assert answers(found) == (Answer.YES, Answer.YES, Answer.NO, Answer.NO)
    assert "without one" in str(found.certificate_required.reason)


async def test_nginx_with_early_data(files: Files) -> None:
    directives = "ssl_early_data on; ssl_protocols TLSv1.3; ssl_session_timeout 17m;"
    with Nginx(directives, tls=(files.chain, files.key)) as server:
        found = await look(server)
        deep = await look(server, profile=Profile.DEEP, most=6)
    assert answers(found) == (Answer.YES, Answer.YES, Answer.YES, Answer.NO)
    assert (found.max_early_data, found.psk_lifetime_seconds) == (16384, 17 * 60)
    assert "it was taken" in str(deep.early_data.reason)
    assert deep.psk_without_dhe.answer is Answer.NO


async def test_nginx_whose_tickets_lead_nowhere(files: Files) -> None:
    with Nginx("ssl_session_tickets off; ssl_protocols TLSv1.3;", tls=(files.chain, files.key)) as server:
        found = await look(server)
    assert answers(found) == (Answer.YES, Answer.NO, Answer.NO, Answer.NO)
    assert found.tickets


async def test_nginx_that_refuses_over_http_only(files: Files) -> None:
    directives = f"ssl_protocols TLSv1.3; ssl_verify_client on; ssl_client_certificate {files.root};"
    with Nginx(directives, tls=(files.chain, files.key)) as server:
        found = await look(server)
    assert found.completed is Answer.YES
    assert found.certificate_required.answer is Answer.NO


async def test_apache_that_requires_a_certificate(files: Files) -> None:
    tls = f"SSLEngine on\nSSLCertificateFile {files.chain}\nSSLCertificateKeyFile {files.key}\n"
    with Apache(tls, modules=("ssl",)) as server:
        found = await look(server)
    assert answers(found) == (Answer.YES, Answer.YES, Answer.NO, Answer.NO)
    tls += f"SSLVerifyClient require\nSSLCACertificateFile {files.root}\n"
    with Apache(tls, modules=("ssl",)) as server:
        found = await look(server)
    assert answers(found) == (Answer.NO, Answer.UNKNOWN, Answer.UNKNOWN, Answer.YES)
