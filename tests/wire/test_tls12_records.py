"""Record protection: there and back with every cipher, tampering, and records that are wrong on purpose."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.errors import Malformed, PeerFault
from scanner.wire.tls12_records import CbcLayout, CbcProtection, finishable, is_finishable, key_lengths, protection
from scanner.wire.tls12_records import Protection as Direction
from scanner.wire.tls_record import ContentType, RecordReader
from scanner.wire.tls_registry import registry, suite_name
from scanner.wire.tls_version import Version
from tests.support.memory_openssl import Repeatable

VERSIONS = (Version.SSL3, Version.TLS1_0, Version.TLS1_1, Version.TLS1_2)
AES_CBC = 0x002F


def directions(suite: int, version: Version, *, encrypt_then_mac: bool = False) -> tuple[Direction, Direction]:
    """Our writing, and how the server reads it."""
    block = bytes(range(1, 1 + key_lengths(suite).block))
    writer, reader = (
        protection(
            suite,
            version,
            block,
            client=True,
            encrypt=encrypt,
            encrypt_then_mac=encrypt_then_mac,
            random=Repeatable(),
        )
        for encrypt in (True, False)
    )
    return writer, reader


def opened(reader: Direction, sealed: bytes) -> bytes:
    (record,) = RecordReader().feed(sealed)
    return reader.open(record)


CASES = [
    (version, suite)
    for version in VERSIONS
    for suite in finishable(version, tuple(registry().suites))
    if suite_name(suite).startswith("TLS_RSA_WITH") or "CHACHA20" in suite_name(suite)
]


@pytest.mark.parametrize(("version", "suite"), CASES, ids=lambda value: getattr(value, "title", value))
@pytest.mark.parametrize("encrypt_then_mac", [False, True])
def test_there_and_back(version: Version, suite: int, encrypt_then_mac: bool) -> None:
    writer, reader = directions(suite, version, encrypt_then_mac=encrypt_then_mac)

    for payload in (b"one", b"", b"x" * 15, b"y" * 16, bytes(1000)):
        sealed = writer.seal(ContentType.APPLICATION_DATA, payload)
        assert opened(reader, sealed) == payload
    sealed = writer.seal(ContentType.ALERT, b"\x01\x00")
    with pytest.raises(Malformed, match="does not decrypt"):
        opened(reader, b"\x17" + sealed[1:])  # another type than was sealed


@pytest.mark.parametrize(("version", "suite"), CASES, ids=lambda value: getattr(value, "title", value))
def test_what_was_changed_does_not_open(version: Version, suite: int) -> None:
    for at in (5, -1):
        writer, reader = directions(suite, version)
        sealed = bytearray(writer.seal(ContentType.HANDSHAKE, b"\x14\0\0\x0c" + bytes(12)))
        sealed[at] ^= 0x40
        with pytest.raises(Malformed, match="does not decrypt"):
            opened(reader, bytes(sealed))


@given(suite=st.sampled_from([one for version, one in CASES if version is Version.TLS1_2]), data=st.binary(max_size=99))
@settings(deadline=None)
def test_garbage_is_a_fault_and_nothing_else(suite: int, data: bytes) -> None:
    for version in VERSIONS:
        for encrypt_then_mac in (False, True):
            if is_finishable(suite, version):
                _, reader = directions(suite, version, encrypt_then_mac=encrypt_then_mac)
                with pytest.raises(PeerFault):
                    opened(reader, b"\x17\x03\x01" + len(data).to_bytes(2, "big") + data)


@pytest.mark.parametrize("version", VERSIONS)
def test_wrong_records_are_wrong_where_they_should_be(version: Version) -> None:
    def sealed_with(change: CbcLayout | None, *, mac: bytes = b"", padding: bytes = b"") -> bytes:
        writer, reader = directions(AES_CBC, version)
        assert isinstance(writer, CbcProtection)
        right = writer.layout(ContentType.APPLICATION_DATA, b"five!")
        assert (len(right.mac), len(right.padding), right.padding[-1]) == (20, 7, 6)
        layout = change or CbcLayout(payload=right.payload, mac=mac or right.mac, padding=padding or right.padding)
        return opened(reader, writer.seal_layout(ContentType.APPLICATION_DATA, layout))

    assert sealed_with(None) == b"five!"
    with pytest.raises(Malformed):
        sealed_with(None, mac=bytes(20))
    with pytest.raises(Malformed):
        sealed_with(None, padding=b"\x06" * 6 + b"\x09")
    with pytest.raises(Malformed):
        sealed_with(CbcLayout(payload=b"", mac=b"", padding=b"\xff" * 16))
    if version is Version.SSL3:  # its padding may be anything: what POODLE lives on
        assert sealed_with(None, padding=b"POODLE\x06") == b"five!"
    else:
        with pytest.raises(Malformed):
            sealed_with(None, padding=b"POODLE\x06")


def test_a_whole_block_of_padding_is_sealed_as_asked() -> None:
    writer, reader = directions(AES_CBC, Version.TLS1_2)
    assert isinstance(writer, CbcProtection)
    right = writer.layout(ContentType.ALERT, b"\x01\x00")
    longer = CbcLayout(
        payload=right.payload, mac=right.mac, padding=bytes((len(right.padding) + 15,)) * (len(right.padding) + 16)
    )

    assert opened(reader, writer.seal_layout(ContentType.ALERT, longer)) == b"\x01\x00"


def test_what_can_be_finished() -> None:
    assert is_finishable(0xC02F, Version.TLS1_2)
    assert not is_finishable(0xC02F, Version.TLS1_1)  # an AEAD suite needs TLS 1.2
    assert not is_finishable(0x003C, Version.TLS1_0)  # as does SHA-256
    assert is_finishable(0x000A, Version.SSL3)
    for suite in (0x0003, 0x008B, 0xC020, 0xCC13, 0xFEFF, 0x1301, 0x0A0A, 0xC001):
        assert not is_finishable(suite, Version.TLS1_2), suite_name(suite)
    assert not is_finishable(0x1301, Version.TLS1_3)
