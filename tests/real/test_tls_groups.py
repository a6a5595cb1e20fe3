"""The listing of real servers' groups equals what they were told to take: none missing, none extra."""

import asyncio
import contextlib
import pathlib
import subprocess
from collections.abc import AsyncIterator

import pytest
import trustme
from OpenSSL import SSL

from probes.base import Known
from probes.tls_groups import TlsGroupsProbe
from scanner.model.evidence.tls_groups import Group, PostQuantum, TlsGroups
from scanner.model.outcome import Answer, Outcome
from tests.real.openssl import OpensslServer
from tests.real.servers import Nginx, program
from tests.support.leaf_files import Files, write_leaf
from tests.support.sessions import session_for

pytestmark = pytest.mark.real

HOST = "www.example.org"
ECDHE = "ECDHE+AESGCM:ECDHE+AES"


@pytest.fixture
def files(tmp_path: pathlib.Path) -> Files:
    tmp_path.chmod(0o755)
    return write_leaf(tmp_path, HOST)


async def listing(place: tuple[str, int]) -> tuple[TlsGroups, int]:
    """The evidence, and the connections that it took."""
    observation = await TlsGroupsProbe().collect(
        session_for(place, host=HOST, info=TlsGroupsProbe.info, seconds=30), Known({})
    )
    assert observation.outcome is Outcome.OK, (observation.outcome, observation.stage, observation.detail)
    assert observation.evidence is not None
    return observation.evidence, observation.cost.connections


def names(groups: tuple[Group, ...]) -> set[str]:
    return {one.name for one in groups}


async def test_nginx_with_curves_of_its_own(files: Files) -> None:
    directives = f"ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers {ECDHE}; ssl_ecdh_curve secp384r1:prime256v1:X448;"
    with Nginx(directives, tls=(files.chain, files.key)) as server:
        evidence, connections = await listing(server.place)

    curves = {"secp384r1", "secp256r1", "x448"}
    assert names(evidence.tls13.groups) == curves
    assert names(evidence.tls12.groups) == curves
    assert (evidence.tls13.complete, evidence.tls12.complete) == (Answer.YES, Answer.YES)
    assert evidence.post_quantum is PostQuantum.NOT_OFFERED
    assert (evidence.dh, evidence.dh_reason) == ((), None)
    assert connections <= 13


async def test_openssl_with_groups_of_its_own(files: Files) -> None:
    with OpensslServer(files, "-groups", "P-521:X25519:ffdhe3072:ffdhe2048") as server:
        evidence, _ = await listing(server.place)

    assert {"secp521r1", "x25519", "ffdhe3072", "ffdhe2048"} == names(evidence.tls13.groups)
    assert names(evidence.tls12.groups) == {"secp521r1", "x25519"}


async def test_openssl_of_an_old_version(files: Files) -> None:
    with OpensslServer(
        files, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0", "-named_curve", "secp224r1", "-no_dhe"
    ) as server:
        evidence, _ = await listing(server.place)

    assert evidence.tls12.protocol == "TLSv1.1"
    assert names(evidence.tls12.groups) == {"secp224r1"}
    assert evidence.tls13.supported is Answer.NO
    assert (evidence.dh, evidence.dh_reason) == ((), None)


async def test_openssl_with_finite_fields(files: Files) -> None:
    with OpensslServer(files, "-tls1_2", "-cipher", "DHE+AESGCM:ECDHE+AESGCM") as server:
        evidence, _ = await listing(server.place)

    (prime,) = evidence.dh
    assert (prime.bits, prime.name, prime.safe, prime.shared) == (2048, "modp2048 (RFC 3526)", Answer.YES, True)
    assert prime.publics == prime.distinct_publics
    assert evidence.tls12.complete is Answer.YES


@pytest.fixture
def dsa_like(tmp_path: pathlib.Path) -> pathlib.Path:
    """Parameters that are made fast, and not of a safe prime."""
    path = tmp_path / "dh.pem"
    command = [program("openssl"), "dhparam", "-dsaparam", "-out", str(path), "1024"]
    subprocess.run(command, check=True, capture_output=True)
    return path


async def test_parameters_made_like_those_of_dsa(files: Files, dsa_like: pathlib.Path) -> None:
    directives = f"ssl_protocols TLSv1.2; ssl_ciphers DHE+AESGCM:@SECLEVEL=0; ssl_dhparam {dsa_like};"
    with Nginx(directives, tls=(files.chain, files.key)) as server:
        evidence, _ = await listing(server.place)

    (prime,) = evidence.dh
    assert (prime.bits, prime.name, prime.safe, prime.shared) == (1024, None, Answer.NO, False)
    assert prime.generator is None  # it is as long as the prime
    assert evidence.tls12.supported is Answer.NO


async def test_an_ecdsa_certificate_whose_curve_must_be_on_offer(tmp_path: pathlib.Path) -> None:
    files = write_leaf(tmp_path, HOST, key_type=trustme.KeyType.ECDSA)
    with OpensslServer(files) as server:
        evidence, connections = await listing(server.place)

    assert names(evidence.tls12.groups) == {"secp256r1"}
    assert names(evidence.tls12.beside_certificate_curve) == {"x25519", "x448", "secp384r1", "secp521r1"}
    assert evidence.tls12.complete is Answer.YES
    assert {"secp256r1", "x25519", "x448", "secp384r1", "secp521r1"} <= names(evidence.tls13.groups)
    assert connections <= 22


@contextlib.asynccontextmanager
async def own_server(files: Files, ciphers: bytes | None = None) -> AsyncIterator[tuple[str, int]]:
    """A server with the OpenSSL that comes with `cryptography`, which reads one hello and answers it."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.use_certificate_chain_file(str(files.chain))
    context.use_privatekey_file(str(files.key))
    if ciphers is not None:
        context.set_cipher_list(ciphers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = SSL.Connection(context)
        connection.set_accept_state()
        connection.bio_write(await reader.read(16384))
        with contextlib.suppress(SSL.Error):
            connection.do_handshake()
        with contextlib.suppress(SSL.Error, ConnectionError):
            writer.write(connection.bio_read(65536))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[:2]


async def test_post_quantum_groups_of_a_new_openssl(files: Files) -> None:
    async with own_server(files) as place:
        evidence, _ = await listing(place)

    assert evidence.post_quantum is PostQuantum.OFFERED
    assert "X25519MLKEM768" in names(evidence.post_quantum_groups)
    assert {"x25519", "secp256r1"} <= names(evidence.tls13.groups)
    assert evidence.tls13.complete is Answer.YES
    assert not any("MLKEM" in one.name for one in evidence.tls12.groups)


async def test_finite_fields_of_a_new_openssl(files: Files) -> None:
    async with own_server(files, b"ECDHE+AESGCM:DHE+AESGCM") as place:
        evidence, _ = await listing(place)

    assert [(one.name, one.answers_ffdhe) for one in evidence.dh] == [("ffdhe2048", True)]
    assert evidence.tls12.complete is Answer.YES
