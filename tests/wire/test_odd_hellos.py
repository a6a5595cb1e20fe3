"""What goes out and comes in beyond the usual: versions that nobody knows, packed certificates."""

import contextlib
import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import Malformed, PeerFault
from scanner.wire.octets import vector
from scanner.wire.tls13_flight import read_compression_algorithm
from scanner.wire.tls_client_state import ClientHandshake
from scanner.wire.tls_hello import client_hello
from scanner.wire.tls_offer import Offer
from scanner.wire.tls_version import Version
from tests.support.fake_tls import message, read_hello
from tests.support.fake_tls13 import Tls13Server
from tests.wire.test_tls_client_state import make_share

PLAIN = Offer(versions=(Version.TLS1_3,), suites=(0x1301,), groups=(29,), signature_schemes=(0x0403,), key_shares=(29,))
PACKED = message(25, b"\0\2" + (300).to_bytes(3, "big") + vector(bytes(40), 3))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Packer(Tls13Server):
    """A server that sends its certificate compressed."""

    sent: bytes = PACKED

    def _flight(self) -> list[bytes]:
        return [message(8, b"\0\0"), self.sent, message(15, b"\x04\x03" + vector(bytes(64), 2))]


def converse(offer: Offer, server: Tls13Server) -> ClientHandshake:
    client = ClientHandshake(offer, random=bytes(32), session_id=bytes(32), make_share=make_share)
    hello = client.start()
    client.feed(server.answer(hello[5:]))
    return client


def test_unknown_versions_stand_before_the_known_ones() -> None:
    hello = read_hello(client_hello(dataclasses.replace(PLAIN, unknown_versions=(0x3A3A, 0x0305)), random=bytes(32)))

    assert hello.versions == (0x3A3A, 0x0305, 0x0304)
    assert hello.legacy_version == 0x0303


def test_the_version_field_can_be_set() -> None:
    offer = Offer(versions=(Version.TLS1_2,), suites=(0xC02F,), legacy_version=0x0304)
    hello = read_hello(client_hello(offer, random=bytes(32)))

    assert hello.legacy_version == 0x0304
    assert 43 not in hello.extensions


def test_a_packed_certificate_that_was_asked_for_is_noted() -> None:
    asked = dataclasses.replace(PLAIN, extra_extensions=((27, b"\2\0\2"),))

    client = converse(asked, Packer())

    assert client.done
    assert client.flight is not None
    assert client.flight.certificate_compression == 2
    assert (client.flight.certificates, client.flight.signature) == ((), 0x0403)


def test_one_that_was_not_asked_for_is_a_fault() -> None:
    with pytest.raises(Malformed):
        converse(PLAIN, Packer())


def test_one_that_does_not_add_up_is_a_fault() -> None:
    asked = dataclasses.replace(PLAIN, extra_extensions=((27, b"\2\0\2"),))

    with pytest.raises(Malformed):
        converse(asked, Packer(sent=message(25, b"\0\2\0\0")))


@given(st.binary(max_size=80))
def test_any_bytes_give_a_number_or_a_fault(body: bytes) -> None:
    with contextlib.suppress(PeerFault):
        assert 0 <= read_compression_algorithm(body) < 2**16
