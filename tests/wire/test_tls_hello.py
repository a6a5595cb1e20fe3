"""ClientHello out, ServerHello in."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import Malformed, Truncated
from scanner.wire.tls_hello import EMPTY_RENEGOTIATION_INFO_SCSV, client_hello, server_hello
from scanner.wire.tls_offer import ALL_SCHEMES, KeyKind, Offer
from scanner.wire.tls_registry import suite_name
from scanner.wire.tls_version import Version
from tests.support.fake_tls import read_hello
from tests.support.fake_tls import server_hello as make_server_hello

RANDOM = bytes(range(32))


def test_a_tls12_hello_is_complete() -> None:
    offer = Offer.complete((Version.TLS1_2,), server_name="www.example.org")
    seen = read_hello(client_hello(offer, random=RANDOM))
    assert seen.legacy_version == 0x0303
    assert seen.suites[-1] == EMPTY_RENEGOTIATION_INFO_SCSV
    assert seen.extensions[0] == b"\x00\x12\x00\x00\x0fwww.example.org"
    assert set(seen.extensions) - {21} == {0, 5, 10, 11, 13, 18, 22, 23, 35}
    assert not {0x11EC, 0x11EB, 0x0201} & set(seen.groups), "no hybrid and no ML-KEM group below TLS 1.3"


def test_a_tls13_hello_has_no_scsv_and_its_shares() -> None:
    offer = Offer.complete((Version.TLS1_3,))
    seen = read_hello(client_hello(offer, random=RANDOM, session_id=RANDOM, shares=((29, bytes(32)),)))
    assert EMPTY_RENEGOTIATION_INFO_SCSV not in seen.suites
    assert (seen.versions, seen.shares, seen.session_id) == ((Version.TLS1_3,), (29,), RANDOM)
    assert 0 not in seen.extensions


def test_an_ssl3_hello_has_no_extensions() -> None:
    seen = read_hello(client_hello(Offer.complete((Version.SSL3,), server_name="x.test"), random=RANDOM))
    assert (seen.legacy_version, seen.extensions) == (0x0300, {})
    assert EMPTY_RENEGOTIATION_INFO_SCSV in seen.suites


@pytest.mark.parametrize("key", list(KeyKind))
def test_offers_by_key_kind(key: KeyKind) -> None:
    offer = Offer.complete((Version.TLS1_2,), key=key)
    names = [suite_name(code) for code in offer.suites]
    if key is KeyKind.RSA:
        assert all("_ECDSA_" not in name and "_anon_" not in name for name in names)
    if key in {KeyKind.ECDSA, KeyKind.EDDSA}:
        assert all("_ECDSA_" in name for name in names)
    assert offer.certificate_schemes == (() if key is KeyKind.ANY else ALL_SCHEMES)


@pytest.mark.parametrize("count", range(1, 300, 7))
def test_no_hello_has_a_length_that_middleboxes_hang_on(count: int) -> None:
    offer = Offer(
        versions=(Version.TLS1_2,), suites=tuple(range(1, count + 1)), groups=(29,), signature_schemes=(0x0401,)
    )
    size = len(client_hello(offer, random=RANDOM))
    assert not 256 <= size <= 511
    assert size % 256 not in {10, 14, 18}


def test_every_prefix_of_a_server_hello_is_malformed() -> None:
    body = make_server_hello(Version.TLS1_2, 0xC02F, extensions=b"\xff\x01\x00\x01\x00")[4:]
    assert server_hello(body).suite == 0xC02F
    for length in range(len(body)):
        if length == 38:  # extensions may be absent altogether
            continue
        with pytest.raises(Truncated) as caught:
            server_hello(body[:length])
        assert 1 <= caught.value.missing <= len(body) - length


def test_supported_versions_decides() -> None:
    body = make_server_hello(Version.TLS1_3, 0x1301, extensions=b"\x00\x2b\x00\x02\x03\x04")[4:]
    assert server_hello(body).version is Version.TLS1_3


@pytest.mark.parametrize(
    "extensions",
    [b"\xff\x01\x00\x01\x00" * 2, b"\x00\x2b\x00\x01\x03", b"\x00\x2b\x00\x02\x7f\x1c"],
    ids=["repeated", "short version", "unknown version"],
)
def test_bad_extensions_are_malformed(extensions: bytes) -> None:
    with pytest.raises(Malformed):
        server_hello(make_server_hello(Version.TLS1_2, 0xC02F, extensions=extensions)[4:])


@given(st.binary(max_size=120))
def test_any_bytes_are_a_hello_or_a_fault(data: bytes) -> None:
    with contextlib.suppress(Malformed):  # and nothing else
        server_hello(data)
