"""Groups of servers that take nothing without their certificate's curve, and fall silent before all are listed."""

import datetime
import functools

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from probes.base import Known
from probes.hello_asker import Patience
from probes.tls_groups import TlsGroupsProbe
from scanner.model.evidence.tls_groups import TlsGroups
from scanner.model.outcome import Answer
from scanner.wire.octets import vector
from scanner.wire.tls_version import Version
from tests.support import fake_tls
from tests.support.fake_tls import SeenHello, alert, fake_server, handshake_record, key_exchange, message, server_hello
from tests.support.sessions import session_for

SUITE, P256 = 0xC02B, 0x0017
TAKEN = (0x001E, 0x0019, 0x0018, 0x001D, P256)
"""x448, secp521r1, secp384r1, x25519, secp256r1."""

QUICK = Patience(answer=0.3, delayed=0.3, stall=0.1)


@functools.cache
def certificate() -> bytes:
    """A leaf on secp256r1."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "www.example.org")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now)
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def choose(hello: SeenHello) -> bytes:
    """The server's favourite among the groups, where the certificate's curve is on offer."""
    if Version.TLS1_2 not in hello.versions:
        return alert(70)
    if SUITE not in hello.suites or P256 not in hello.groups:
        return alert(40)
    group = next(one for one in TAKEN if one in hello.groups)
    return handshake_record(
        Version.TLS1_2,
        server_hello(Version.TLS1_2, SUITE),
        message(11, vector(vector(certificate(), 3), 3)),
        key_exchange(SUITE, Version.TLS1_2, group=group),
        message(14, b""),
    )


async def listed(taken_up: int | None) -> tuple[TlsGroups, int]:
    """The groups of a server that takes up so many choices of a group, and the hellos that it answered so."""
    count = 0

    def answer(hello: SeenHello) -> bytes:
        nonlocal count
        said = choose(hello)
        if said[0] == 0x16:
            count += 1
            if taken_up is not None and count > taken_up:
                raise fake_tls.Silence
        return said

    async with fake_server(answer) as server:
        session = session_for(("127.0.0.1", server.port), info=TlsGroupsProbe.info)
        observation = await TlsGroupsProbe(QUICK).collect(session, Known({}))
    assert observation.evidence is not None
    return observation.evidence, count


async def test_all_are_listed_beside_the_curve_of_the_certificate() -> None:
    evidence, _ = await listed(None)

    found = [int(one.code, 16) for one in evidence.tls12.beside_certificate_curve]
    assert sorted(found) == sorted(set(TAKEN) - {P256})
    assert [int(one.code, 16) for one in evidence.tls12.groups] == [P256]
    assert evidence.tls12.complete is Answer.YES


@pytest.mark.parametrize("taken_up", [1, 2, 3, 4, 5])
async def test_a_listing_that_is_broken_off_is_not_whole(taken_up: int) -> None:
    whole, needed = await listed(None)
    assert taken_up < needed

    evidence, _ = await listed(taken_up)

    assert evidence.tls12.complete is not Answer.YES
    assert len(evidence.tls12.beside_certificate_curve) <= len(whole.tls12.beside_certificate_curve)
    assert evidence.tls12.reason
