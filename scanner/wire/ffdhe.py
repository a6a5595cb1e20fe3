"""Finite-field Diffie-Hellman in the groups of RFC 7919, in plain arithmetic: `cryptography` is giving it up.

Its timing depends on the exponent. That is fine for keys that live for one handshake and protect nothing of worth.
"""

import dataclasses

GENERATOR = 2
EXPONENT_BYTES = 64
"""More than twice the strength of the largest group (RFC 7919 section 5.2)."""

FFDHE_BITS = {0x0100: 2048, 0x0101: 3072, 0x0102: 4096, 0x0103: 6144, 0x0104: 8192}
"""Size of the prime by group."""

_X = {2048: 560316, 3072: 2625351, 4096: 5736041, 6144: 15705020, 8192: 10965728}
_GUARD_BITS = 64


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FiniteFieldKey:
    """A private key: the exponent, in the group of a safe prime of `bits` bits."""

    bits: int
    exponent: int = dataclasses.field(repr=False)

    @property
    def public(self) -> bytes:
        """The public value, as long as the prime (RFC 8446 section 4.2.8.1)."""
        return pow(GENERATOR, self.exponent, ffdhe_prime(self.bits)).to_bytes(self.bits // 8, "big")

    def exchange(self, peer: bytes) -> bytes:
        """The shared secret, as long as the prime (RFC 8446 section 7.4.1). Raises `ValueError` for a wrong value."""
        prime, value = ffdhe_prime(self.bits), int.from_bytes(peer, "big")
        if len(peer) != self.bits // 8 or not 1 < value < prime - 1:
            raise ValueError("no element of the group")
        return pow(value, self.exponent, prime).to_bytes(self.bits // 8, "big")


def ffdhe_prime(bits: int) -> int:
    """The prime of RFC 7919 appendix A with that many bits: 2^b - 2^(b-64) + (floor(2^(b-130) * e) + X) * 2^64 - 1."""
    return (1 << bits) - (1 << (bits - 64)) + ((_euler(bits - 130) + _X[bits]) << 64) - 1


def _euler(bits: int) -> int:
    """floor(2^bits * e), by the series of 1/k!."""
    term = total = 1 << (bits + _GUARD_BITS)
    k = 1
    while term:
        term //= k
        total += term
        k += 1
    return total >> _GUARD_BITS
