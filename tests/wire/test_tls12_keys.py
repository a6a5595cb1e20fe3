"""The key schedule: published vectors, and values that OpenSSL gave (`openssl kdf … TLS1-PRF`)."""

import hashlib

import pytest

from scanner.wire.tls12_keys import KeySchedule, prf
from scanner.wire.tls_version import Version

SECRET = bytes.fromhex("9bbe436ba940f017b17652849a71db35")
SEED = bytes.fromhex("a0ba9f936cda311827a6f796ffd5198c")


def test_the_prf_of_tls12() -> None:
    # The vectors that the TLS working group's list agreed on for P_SHA256 and P_SHA384.
    assert prf(Version.TLS1_2, "sha256", SECRET, b"test label", SEED, 100) == bytes.fromhex(
        "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17"
        "abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66"
    )
    secret, seed = bytes.fromhex("b80b733d6ceefcdc71566ea48e5567df"), bytes.fromhex("cd665cf6a8447dd6ff8b27555edb7465")
    assert prf(Version.TLS1_2, "sha384", secret, b"test label", seed, 148) == bytes.fromhex(
        "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0e534cb400fed2700"
        "884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d9184259b5bf8cd4d90fa0d31e2dec479e4f1a2"
        "6066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be85e0990703d73e56f"
    )


@pytest.mark.parametrize("version", [Version.TLS1_0, Version.TLS1_1])
def test_the_prf_of_tls10_also_with_a_secret_of_odd_length(version: Version) -> None:
    even = prf(version, "sha256", SECRET, b"master secret", SEED, 48)
    odd = prf(version, "sha256", SECRET + b"\x01", b"key expansion", SEED, 48)

    assert even.hex() == (
        "29aae869b360ca1c5c9fdf7cbd25757f7f41786ba8c5d98d5568fb22c93a088b95bafdedd232360faf9e8346e7dcf11c"
    )
    assert odd.hex() == (
        "df5cebfa382262ec29aa1ab2f1f4ffafc8baaa47570c08432ea2228c097380eda9f5319a7d39695b26a10310360da24c"
    )


def test_the_extended_master_secret_of_tls12() -> None:
    schedule = KeySchedule(version=Version.TLS1_2, hash_name="sha256", client_random=b"", server_random=b"")

    assert schedule.extended_master_secret(SECRET, b"abc").hex() == (
        "c953840a10e00117057b57ca0f6943a70c4834b87891038a458b4e4f3a8ecd3d45c3d838e11bebecbb492ede5377900d"
    )


def test_ssl3_derives_as_its_document_spells_it() -> None:
    schedule = KeySchedule(version=Version.SSL3, hash_name="sha256", client_random=b"c" * 32, server_random=b"s" * 32)

    def spelled(salt: bytes, secret: bytes, seed: bytes) -> bytes:
        return hashlib.md5(secret + hashlib.sha1(salt + secret + seed).digest()).digest()

    pre, seed = b"p" * 48, b"c" * 32 + b"s" * 32
    assert schedule.master_secret(pre) == b"".join(spelled(salt, pre, seed) for salt in (b"A", b"BB", b"CCC"))
    swapped = b"s" * 32 + b"c" * 32
    assert schedule.key_block(pre, 20) == (spelled(b"A", pre, swapped) + spelled(b"BB", pre, swapped))[:20]
    inner = hashlib.sha1(b"said" + b"SRVR" + pre + b"\x36" * 40).digest()
    assert schedule.verify_data(pre, b"said", client=False)[16:] == hashlib.sha1(pre + b"\x5c" * 40 + inner).digest()
