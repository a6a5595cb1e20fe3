"""The table of known Diffie-Hellman primes, and the test for safe primes."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.wire.dh_primes import is_safe_prime, known_prime, prime_sha256

# RFC 7919 appendix A.1.
FFDHE2048 = int(
    "FFFFFFFFFFFFFFFFADF85458A2BB4A9AAFDC5620273D3CF1D8B9C583CE2D3695A9E13641146433FBCC939DCE249B3EF97D2FE363630C75D8"
    "F681B202AEC4617AD3DF1ED5D5FD65612433F51F5F066ED0856365553DED1AF3B557135E7F57C935984F0C70E0E68B77E2A689DAF3EFE872"
    "1DF158A136ADE73530ACCA4F483A797ABC0AB182B324FB61D108A94BB2C8E3FBB96ADAB760D7F4681D4F42A3DE394DF4AE56EDE76372BB19"
    "0B07A7C8EE0A6D709E02FCE1CDF7E2ECC03404CD28342F619172FE9CE98583FF8E4F1232EEF28183C3FE3B1B4C6FAD733BB5FCBC2EC22005"
    "C58EF1837D1683B2C6F34A26C1B2EFFA886B423861285C97FFFFFFFFFFFFFFFF",
    16,
)
SMALL_SAFE = [5, 7, 11, 23, 47, 59, 83, 107, 167, 179, 227, 263, 347, 359, 383, 467, 479, 503]


def is_prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, math.isqrt(number) + 1))


def test_a_known_prime_has_its_name() -> None:
    found = known_prime(FFDHE2048)
    assert found is not None
    assert (found.name, found.bits, found.safe) == ("ffdhe2048", 2048, True)


def test_an_unknown_prime_has_none() -> None:
    assert known_prime(FFDHE2048 + 2) is None


def test_the_digest_is_over_the_bytes_without_leading_zeros() -> None:  # of one byte, 0x17
    assert prime_sha256(0x17) == "8f11b05da785e43e713d03774c6bd3405d99cd3024af334ffd68db663aa37034"


def test_safe_primes_below_512() -> None:
    assert [number for number in range(512) if is_safe_prime(number)] == SMALL_SAFE


@given(st.integers(min_value=0, max_value=3_000_000))
def test_agrees_with_division(number: int) -> None:
    assert is_safe_prime(number) is (is_prime(number) and is_prime(number >> 1))


@pytest.mark.parametrize(
    "number",
    [
        FFDHE2048 + 4,
        FFDHE2048 * FFDHE2048,
        2 * (2**127 - 1) + 1,  # (p - 1) / 2 is prime, p is not
        2**255 - 19,  # prime, but (p - 1) / 2 is even
    ],
)
def test_large_numbers_that_are_none(number: int) -> None:
    assert is_safe_prime(number) is False


def test_a_large_one() -> None:
    assert is_safe_prime(FFDHE2048)
