"""Key shares: every group against its own other half, wrong values, and the groups of RFC 7919 by their formula."""

import hashlib
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, mlkem, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.errors import Malformed
from scanner.net.new_share import new_share
from scanner.wire.ffdhe import FiniteFieldKey, ffdhe_prime
from scanner.wire.key_share import KeyShare, has_mlkem, shareable_groups
from scanner.wire.tls_offer import BRAINPOOL_GROUPS, FFDHE_GROUPS, HYBRID_GROUPS, MLKEM_GROUPS, SHARED_GROUPS

PLAIN = (*SHARED_GROUPS, *BRAINPOOL_GROUPS, *FFDHE_GROUPS)

SIZES = {
    0x001D: 32, 0x001E: 56, 0x0017: 65, 0x0018: 97, 0x0019: 133, 0x001F: 65, 0x0020: 97, 0x0021: 129,
    0x0100: 256, 0x0101: 384, 0x0102: 512, 0x0103: 768, 0x0104: 1024,
    0x0201: 1184, 0x0202: 1568, 0x11EC: 1216, 0x11EB: 1249, 0x11ED: 1665,
}  # fmt: skip
"""Bytes of the client's share (RFC 8446 4.2.8, RFC 7919, draft-ietf-tls-ecdhe-mlkem section 4.1)."""


def test_every_group_has_a_share_of_its_size() -> None:
    assert has_mlkem()  # this environment's `cryptography` has it
    assert set(shareable_groups()) == set(SIZES)
    assert {group: len(new_share(group).public) for group in SIZES} == SIZES


@pytest.mark.parametrize("group", PLAIN)
def test_both_halves_agree(group: int) -> None:
    ours, theirs = new_share(group), new_share(group)
    assert ours.secret(theirs.public) == theirs.secret(ours.public)
    if group in FFDHE_GROUPS:
        assert len(ours.secret(theirs.public)) == SIZES[group]


def test_the_post_quantum_half_comes_first_with_x25519() -> None:
    share = new_share(0x11EC)
    kem, ciphertext = mlkem.MLKEM768PublicKey.from_public_bytes(share.public[:1184]).encapsulate()
    private = x25519.X25519PrivateKey.generate()
    other = private.exchange(x25519.X25519PublicKey.from_public_bytes(share.public[1184:]))
    assert share.secret(ciphertext + private.public_key().public_bytes_raw()) == kem + other


@pytest.mark.parametrize(("group", "curve", "point"), [(0x11EB, ec.SECP256R1(), 65), (0x11ED, ec.SECP384R1(), 97)])
def test_the_post_quantum_half_comes_last_with_nist_curves(group: int, curve: ec.EllipticCurve, point: int) -> None:
    share = new_share(group)
    kind = mlkem.MLKEM768PublicKey if group == 0x11EB else mlkem.MLKEM1024PublicKey
    kem, ciphertext = kind.from_public_bytes(share.public[point:]).encapsulate()
    private = ec.generate_private_key(curve)
    other = private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(curve, share.public[:point]))
    answer = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint) + ciphertext
    assert share.secret(answer) == other + kem


@pytest.mark.parametrize("group", MLKEM_GROUPS)
def test_pure_ml_kem(group: int) -> None:
    share = new_share(group)
    kind = mlkem.MLKEM768PublicKey if group == 0x0201 else mlkem.MLKEM1024PublicKey
    kem, ciphertext = kind.from_public_bytes(share.public).encapsulate()
    assert share.secret(ciphertext) == kem


@pytest.mark.parametrize("group", [*PLAIN, *HYBRID_GROUPS, *MLKEM_GROUPS])
def test_wrong_values_are_malformed(group: int) -> None:
    share = new_share(group)
    zeros = [] if group in MLKEM_GROUPS else [bytes(SIZES[group])]  # any ciphertext of the right length has a secret
    for wrong in (b"", b"\0", share.public[:-1], share.public + b"\0", *zeros):
        with pytest.raises(Malformed, match=f"{group:04X}"):
            share.secret(wrong)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from([0x001D, 0x0017, 0x001F, 0x0100, 0x11EC, 0x11EB, 0x0201]), st.binary(max_size=1300))
def test_any_bytes_are_a_secret_or_malformed(group: int, data: bytes) -> None:
    try:
        secret = SHARES[group].secret(data)
    except Malformed:
        return
    assert secret


SHARES = {group: new_share(group) for group in (0x001D, 0x0017, 0x001F, 0x0100, 0x11EC, 0x11EB, 0x0201)}


def test_the_primes_of_rfc_7919() -> None:
    # The first and last words of the hexadecimal primes in appendix A, and Fermat's test of p and (p - 1) / 2.
    for bits in (2048, 3072, 4096, 6144, 8192):
        prime = ffdhe_prime(bits)
        assert f"{prime:x}".startswith("ffffffffffffffffadf85458a2bb4a9aafdc5620273d3cf1d8b9c583ce2d3695")
        assert f"{prime:x}".endswith("ffffffffffffffff")
        assert prime.bit_length() == bits
    for bits in (2048, 3072):
        prime = ffdhe_prime(bits)
        assert pow(3, prime - 1, prime) == pow(3, (prime - 1) // 2 - 1, (prime - 1) // 2) == 1
    assert f"{ffdhe_prime(2048):x}"[-32:] == "886b423861285c97ffffffffffffffff"


@pytest.mark.parametrize("value", [0, 1, ffdhe_prime(2048) - 1, ffdhe_prime(2048)])
def test_values_that_give_the_secret_away_are_refused(value: int) -> None:
    share = KeyShare(0x0100, FiniteFieldKey(bits=2048, exponent=int.from_bytes(hashlib.sha512(b"x").digest(), "big")))
    with pytest.raises(Malformed):
        share.secret(value.to_bytes(256, "big"))


def test_without_ml_kem_its_groups_are_not_offered() -> None:
    code = (
        "import sys; sys.modules['cryptography.hazmat.primitives.asymmetric.mlkem'] = None\n"
        "from scanner.wire.key_share import has_mlkem, shareable_groups\n"
        "from scanner.wire.tls_offer import Offer\n"
        "print(has_mlkem(), [f'{one:04X}' for one in (*shareable_groups(), *Offer.complete().groups) if one >= 0x0200])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False []"
