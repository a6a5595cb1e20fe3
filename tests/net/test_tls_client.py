"""Our TLS client over real sockets: real OpenSSL servers, and fake ones that misbehave."""

import asyncio
import contextlib
import socket
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from scanner.errors import AlertReceived, Closed, Malformed, PeerFault, Reset, TimedOut
from scanner.model.outcome import Stage
from scanner.net.budget import Deadline
from scanner.net.sslv2_client import ssl2_hello
from scanner.net.tls_client import attempt, handshake
from scanner.wire.tls_client_state import Goal
from scanner.wire.tls_offer import KeyKind, Offer
from scanner.wire.tls_version import Version
from tests.support import fake_tls
from tests.support.fake_tls import Suites, alert, fake_server, flight
from tests.support.sessions import session_for


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """PEM files with chain and key, by kind."""
    home = tmp_path_factory.mktemp("keys")
    ca = trustme.CA()
    found = {}
    for kind in (trustme.KeyType.RSA, trustme.KeyType.ECDSA):
        leaf = ca.issue_cert("www.example.org", key_type=kind)
        found[kind.name] = home / f"{kind.name}.pem"
        found[kind.name].write_bytes(leaf.private_key_and_cert_chain_pem.bytes())
    return found


@contextlib.asynccontextmanager
async def s_server(*arguments: str) -> AsyncIterator[int]:
    """A real `openssl s_server` on 127.0.0.1; its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    child = await asyncio.create_subprocess_exec(
        "openssl", "s_server", "-accept", f"127.0.0.1:{port}", *arguments,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert child.stdout is not None
        async with asyncio.timeout(10):
            while b"ACCEPT" not in await child.stdout.readline():
                pass
        yield port
    finally:
        child.kill()
        await child.communicate()


def both(keys: dict[str, Path]) -> tuple[str, ...]:
    """Arguments for a server with an RSA and an ECDSA certificate."""
    return (
        "-cert", str(keys["RSA"]), "-key", str(keys["RSA"]), "-cert_chain", str(keys["RSA"]),
        "-dcert", str(keys["ECDSA"]), "-dkey", str(keys["ECDSA"]), "-cipher", "ALL:eNULL:@SECLEVEL=0",
    )  # fmt: skip


@pytest.mark.real
@pytest.mark.parametrize("version", [Version.TLS1_3, Version.TLS1_2, Version.TLS1_1, Version.TLS1_0])
async def test_the_chain_for_each_kind_of_key(keys: dict[str, Path], version: Version) -> None:
    async with s_server(*both(keys)) as port:
        for kind, name in ((KeyKind.RSA, "RSA"), (KeyKind.ECDSA, "EC")):
            offer = Offer.complete((version,), key=kind, server_name="www.example.org")
            found = await handshake(session_for(("127.0.0.1", port)), offer)
            assert found.version is version
            leaf = x509.load_der_x509_certificate(found.certificates[0])
            assert type(leaf.public_key()).__name__ == f"{name}PublicKey"
            assert found.signature is not None or version < Version.TLS1_2


@pytest.mark.real
@pytest.mark.parametrize(("group", "code"), [("P-384", 0x18), ("P-521", 0x19), ("X448", 0x1E), ("X25519", 0x1D)])
async def test_a_retry_request_is_followed(keys: dict[str, Path], group: str, code: int) -> None:
    async with s_server(*both(keys), "-tls1_3", "-groups", group) as port:
        found = await handshake(session_for(("127.0.0.1", port)), Offer.complete((Version.TLS1_3,)))
        assert (found.group, bool(found.certificates)) == (code, True)


@pytest.mark.real
@pytest.mark.parametrize("suite", [0x1301, 0x1302, 0x1303, 0x1304, 0x1305])
async def test_every_cipher_of_tls13_is_decrypted(keys: dict[str, Path], suite: int) -> None:
    names = (
        "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256:"
        "TLS_AES_128_CCM_8_SHA256"
    )
    offer = Offer(
        versions=(Version.TLS1_3,), suites=(suite,), groups=(29,), signature_schemes=(0x0804, 0x0403), key_shares=(29,)
    )
    async with s_server(*both(keys), "-ciphersuites", names) as port:
        found = await handshake(session_for(("127.0.0.1", port)), offer)
    assert found.suite == suite
    assert found.certificates


@pytest.mark.real
@pytest.mark.parametrize("version", [Version.TLS1_3, Version.TLS1_2])
async def test_staple_and_client_certificate_request(keys: dict[str, Path], version: Version, tmp_path: Path) -> None:
    staple = tmp_path / "ocsp.der"
    staple.write_bytes(_any_ocsp_response())
    async with s_server(*both(keys), "-status_file", str(staple), "-Verify", "1") as port:
        offer = Offer.complete((version,), key=KeyKind.RSA)
        found = await handshake(session_for(("127.0.0.1", port)), offer)
        assert found.staples[0] == staple.read_bytes()
        assert found.certificate_request is not None
        assert found.certificate_request.signature_schemes
        offer = Offer.complete((version,), key=KeyKind.RSA, status_request=False)
        found = await handshake(session_for(("127.0.0.1", port)), offer)
        assert found.staples[0] is None


def _any_ocsp_response() -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER).public_bytes(Encoding.DER)


OFFER = Offer.complete((Version.TLS1_2,))


@pytest.fixture(params=[None, 1, 7])
def chunk(request: pytest.FixtureRequest) -> int | None:
    size: int | None = request.param
    return size


async def test_a_flight_in_pieces(chunk: int | None) -> None:
    async with fake_server(Suites(by_version={Version.TLS1_2: [0xC02F]}), chunk=chunk) as server:
        found = await handshake(session_for(("127.0.0.1", server.port)), OFFER)
    assert found.suite == 0xC02F


@pytest.mark.parametrize(
    ("answer", "fault", "stage"),
    [
        (lambda _: alert(40), AlertReceived, Stage.CLIENT_HELLO),
        (fake_tls.hang_up, Closed, Stage.CLIENT_HELLO),
        (fake_tls.reset, Reset, Stage.CLIENT_HELLO),
        (lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n", Malformed, Stage.CLIENT_HELLO),
        (lambda _: flight(0x0303, 0xC02F)[:60], Closed, Stage.SERVER_HELLO),
        (lambda _: fake_tls.handshake_record(0x0303, fake_tls.server_hello(0x303, 0x2F)), Closed, Stage.SERVER_HELLO),
        (lambda _: flight(0x0303, 0x1301), Malformed, Stage.SERVER_HELLO),
        (lambda _: alert(112, level=1) * 100, Malformed, Stage.CLIENT_HELLO),
        (lambda _: b"\x16\x03\x03\x00\x04\x0b\xff\xff\xff", Malformed, Stage.CLIENT_HELLO),
    ],
    ids=["alert", "FIN", "RST", "plain HTTP", "cut", "hello only", "not offered", "flood", "16 MB"],
)
async def test_faults(answer: fake_tls.Answer, fault: type[PeerFault], stage: Stage) -> None:
    async with fake_server(answer) as server:
        with pytest.raises(fault) as caught:
            await handshake(session_for(("127.0.0.1", server.port)), OFFER)
    assert caught.value.stage is stage


async def test_silence_times_out() -> None:
    async with fake_server(fake_tls.silence) as server:
        went = await attempt(session_for(("127.0.0.1", server.port)), OFFER, deadline=Deadline.after(0.1))
    assert isinstance(went.fault, TimedOut)
    assert (went.fault.stage, went.flight) == (Stage.CLIENT_HELLO, None)


async def test_what_was_chosen_is_kept_when_the_flight_breaks() -> None:
    def broken(_: fake_tls.SeenHello) -> bytes:
        return flight(0x0303, 0xC02F)[:-4] + b""

    async with fake_server(broken) as server:
        went = await attempt(session_for(("127.0.0.1", server.port)), OFFER, goal=Goal.FLIGHT)
    assert isinstance(went.fault, Closed)
    assert went.flight is None

    def alarmed(_: fake_tls.SeenHello) -> bytes:
        return fake_tls.handshake_record(0x0303, fake_tls.server_hello(0x0303, 0xC02F)) + alert(80)

    async with fake_server(alarmed) as server:
        went = await attempt(session_for(("127.0.0.1", server.port)), OFFER)
    assert isinstance(went.fault, AlertReceived)
    assert went.flight is not None
    assert went.flight.suite == 0xC02F


async def test_ssl2() -> None:
    body = bytes.fromhex("04 00 01 0002 0000 0003 0010") + bytes.fromhex("0700c0") + bytes(16)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(2)
        for byte in (0x8000 | len(body)).to_bytes(2, "big") + body:
            writer.write(bytes((byte,)))
            await writer.drain()
        await reader.read()

    async with fake_server(fake_tls.hang_up, raw=answer) as server:
        found = await ssl2_hello(session_for(("127.0.0.1", server.port)), (0x0700C0, 0x010080))
    assert found.kinds == (0x0700C0,)


async def test_ssl2_refused() -> None:
    async with fake_server(fake_tls.hang_up) as server:
        with pytest.raises(AlertReceived):
            await ssl2_hello(session_for(("127.0.0.1", server.port)), (0x0700C0,))
