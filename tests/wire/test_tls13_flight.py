"""The TLS 1.3 flight against the trace of RFC 8448 section 3 (Simple 1-RTT Handshake)."""

import contextlib

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import Malformed
from scanner.wire.key_share import KeyShare
from scanner.wire.tls13_flight import (
    RecordOpener,
    expand_label,
    hash_of_suite,
    read_certificate,
    read_certificate_request,
    read_certificate_verify,
    read_encrypted_extensions,
)
from scanner.wire.tls13_keys import KeySchedule
from scanner.wire.tls_hello import server_hello
from scanner.wire.tls_record import ContentType, MessageReader, Record

CLIENT_PRIVATE = bytes.fromhex("49af42ba7f7994852d713ef2784bcbcaa7911de26adc5642cb634540e7ea5005")
CLIENT_HELLO = bytes.fromhex(
    "010000c00303cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece700000613011303130201000091"
    "0000000b0009000006736572766572ff01000100000a00140012001d001700180019010001010102010301040023000000330026"
    "0024001d002099381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c002b0003020304000d0020001e04"
    "0305030603020308040805080604010501060102010402050206020202002d00020101001c00024001"
)
SERVER_HELLO = bytes.fromhex(
    "020000560303a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e2692800130100002e00330024001d0020"
    "c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f002b00020304"
)
ENCRYPTED_EXTENSIONS = bytes.fromhex("080000240022000a00140012001d00170018001901000101010201030104001c0002400100000000")
CERTIFICATE = bytes.fromhex(
    "0b0001b9000001b50001b0308201ac30820115a003020102020102300d06092a864886f70d01010b0500300e310c300a06035504"
    "031303727361301e170d3136303733303031323335395a170d3236303733303031323335395a300e310c300a0603550403130372"
    "736130819f300d06092a864886f70d010101050003818d0030818902818100b4bb498f8279303d980836399b36c6988c0c68de55"
    "e1bdb826d3901a2461eafd2de49a91d015abbc9a95137ace6c1af19eaa6af98c7ced43120998e187a80ee0ccb0524b1b018c3e0b"
    "63264d449a6d38e22a5fda430846748030530ef0461c8ca9d9efbfae8ea6d1d03e2bd193eff0ab9a8002c47428a6d35a8d88d79f"
    "7f1e3f0203010001a31a301830090603551d1304023000300b0603551d0f0404030205a0300d06092a864886f70d01010b050003"
    "81810085aad2a0e5b9276b908c65f73a7267170618a54c5f8a7b337d2df7a594365417f2eae8f8a58c8f8172f9319cf36b7fd6c5"
    "5b80f21a03015156726096fd335e5e67f2dbf102702e608ccae6bec1fc63a42a99be5c3eb7107c3c54e9b9eb2bd5203b1c3b84e0"
    "a8b2f759409ba3eac9d91d402dcc0cc8f8961229ac9187b42b4de10000"
)
CERTIFICATE_VERIFY = bytes.fromhex(
    "0f000084080400805a747c5d88fa9bd2e55ab085a61015b7211f824cd484145ab3ff52f1fda8477b0b7abc90db78e2d33a5c141a"
    "078653fa6bef780c5ea248eeaaa785c4f394cab6d30bbe8d4859ee511f602957b15411ac027671459e46445c9ea58c181e818e95"
    "b8c3fb0bf3278409d3be152a3da5043e063dda65cdf5aea20d53dfacd42f74f3"
)
FINISHED = bytes.fromhex("140000209b9b141d906337fbd2cbdce71df4deda4ab42c309572cb7fffee5454b78f0718")
SECRET = bytes.fromhex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38")
KEY = bytes.fromhex("3fce516009c21727d0f2e4e86ee403bc")
IV = bytes.fromhex("5d313eb2671276ee13000b30")
HEADER = bytes.fromhex("17030302a2")


def sealed() -> Record:
    """The trace's encrypted record: AES-GCM is deterministic, so sealing its plaintext gives the same bytes."""
    plain = ENCRYPTED_EXTENSIONS + CERTIFICATE + CERTIFICATE_VERIFY + FINISHED + b"\x16"
    payload = AESGCM(KEY).encrypt(IV, plain, HEADER)
    assert len(payload) == 0x2A2
    assert payload[:16].hex() == "d1ff334a56f5bff6594a07cc87b58023"
    return Record(ContentType.APPLICATION_DATA, 0x0303, payload, HEADER)


def test_the_key_schedule_of_the_trace() -> None:
    hello = server_hello(SERVER_HELLO[4:])
    share = KeyShare(29, X25519PrivateKey.from_private_bytes(CLIENT_PRIVATE))
    assert share.public == CLIENT_HELLO[CLIENT_HELLO.index(b"\x00\x1d\x00\x20") + 4 :][:32]
    shared = share.secret(hello.extensions[51][4:])
    assert shared.hex() == "8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d"
    schedule = KeySchedule(hash_of_suite(hello.suite))
    schedule.advance(shared)
    assert schedule.derive("s hs traffic", CLIENT_HELLO + SERVER_HELLO) == SECRET
    assert expand_label(SECRET, "key", b"", 16, "sha256") == KEY
    assert expand_label(SECRET, "iv", b"", 12, "sha256") == IV


def test_the_encrypted_flight_of_the_trace() -> None:
    content, plain = RecordOpener(0x1301, SECRET).open(sealed())
    assert content is ContentType.HANDSHAKE
    messages = list(MessageReader().feed(plain))
    assert [one.type for one in messages] == [8, 11, 15, 20]
    assert set(read_encrypted_extensions(messages[0].body)) == {10, 28, 0}
    found = read_certificate(messages[1].body)
    assert [len(one) for one in found.certificates] == [432]
    assert (found.staples, found.sct_list) == ((None,), None)
    assert read_certificate_verify(messages[2].body) == 0x0804


def test_a_changed_record_does_not_decrypt() -> None:
    record = sealed()
    bad = Record(record.type, record.version, record.payload[:-1] + b"\0", record.header)
    with pytest.raises(Malformed, match="decrypt"):
        RecordOpener(0x1301, SECRET).open(bad)


def test_a_point_outside_the_group_is_malformed() -> None:
    share = KeyShare(29, X25519PrivateKey.from_private_bytes(CLIENT_PRIVATE))
    with pytest.raises(Malformed, match="001D"):
        share.secret(bytes(32))
    with pytest.raises(Malformed, match="001D"):
        share.secret(b"short")


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_malformed(data: bytes) -> None:
    for reader in (read_encrypted_extensions, read_certificate, read_certificate_request, read_certificate_verify):
        with contextlib.suppress(Malformed):  # and nothing else
            reader(data)
