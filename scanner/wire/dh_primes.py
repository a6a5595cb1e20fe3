"""Primes of finite-field Diffie-Hellman: by whom one is known, and whether it is a safe prime.

The table is built by `tools/build_dh_primes.py`, which names its source. Nothing here decides what is weak.
"""

import dataclasses
import functools
import hashlib
import importlib.resources
import json
from collections.abc import Mapping

MAX_TESTED_BITS = 4096
"""The largest prime that `is_safe_prime` is meant for: a few seconds of one core."""

_SMALL_PRIMES = tuple(n for n in range(3, 2000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2)))
_FIXED_BASES = (2, 3, 5)
_DERIVED_BASES = 3


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class KnownPrime:
    """A prime that many servers have: its name, and whether it is a safe prime."""

    name: str
    bits: int
    safe: bool


def prime_sha256(prime: int) -> str:
    """SHA-256, in hexadecimal, over the prime in big-endian bytes without leading zeros."""
    return hashlib.sha256(prime.to_bytes((prime.bit_length() + 7) // 8, "big")).hexdigest()


def known_prime(prime: int) -> KnownPrime | None:
    """By whom the prime is known; None for one that is in no table."""
    return _table().get(prime_sha256(prime))


def is_safe_prime(number: int) -> bool:
    """Whether `number` and `(number - 1) / 2` are both prime.

    `False` is certain: a divisor or a witness was found. `True` is so but for a number that was made to deceive
    (Miller-Rabin, FIPS 186-5 appendix B.3.1). Takes some seconds for 4096 bits: call it in a worker.
    """
    half = number >> 1
    if number < 7 or number % 4 != 3:
        return number == 5
    if any((one % prime == 0 and one != prime) for prime in _SMALL_PRIMES for one in (number, half)):
        return False
    # Pocklington: half is prime and beyond the root of the number, 3 does not divide it, so one power decides.
    return _is_probable_prime(half) and (number == 7 or pow(2, number - 1, number) == 1)


def _is_probable_prime(number: int) -> bool:
    """Miller-Rabin for an odd number without small divisors."""
    shift = ((number - 1) & -(number - 1)).bit_length() - 1
    odd = (number - 1) >> shift
    return not any(_is_witness(base, number, odd, shift) for base in _bases(number) if base % number > 1)


def _bases(number: int) -> tuple[int, ...]:
    """Small bases, and some that follow from the number itself: no clock and no chance in this room."""
    seed = prime_sha256(number).encode()
    derived = (int(hashlib.sha512(seed + bytes((at,))).hexdigest(), 16) for at in range(_DERIVED_BASES))
    return (*_FIXED_BASES, *derived)


def _is_witness(base: int, number: int, odd: int, shift: int) -> bool:
    """Whether the base proves that the number is composite."""
    power = pow(base, odd, number)
    if power in {1, number - 1}:
        return False
    for _ in range(shift - 1):
        power = power * power % number
        if power == number - 1:
            return False
    return True


@functools.cache
def _table() -> Mapping[str, KnownPrime]:
    text = importlib.resources.files("scanner.wire").joinpath("data/dh-primes.json").read_text(encoding="utf-8")
    rows = json.loads(text)["primes"]
    return {digest: KnownPrime(name=name, bits=bits, safe=safe) for digest, name, bits, safe in rows}
