"""The three scores of the SSL Labs scale: protocol, key exchange, cipher strength; and the total.

Every step is cut off to a whole number, as the guide's examples are: (best + worst) / 2 of 95 and 100 is 97.
"""

import dataclasses
from collections.abc import Iterator

from scanner.model.evidence.certificates import PublicKey
from scanner.model.evidence.tls_suites import Suite
from scanner.model.suite_traits import UNKNOWN
from scanner.rules.grades.ssllabs_table import (
    ANONYMOUS_POINTS,
    CIPHER_POINTS,
    CURVE_BITS,
    EXPORT_KEY_POINTS,
    FIELD_BITS,
    KEY_POINTS,
    PROTOCOL_POINTS,
    WEIGHTS,
    points,
    rsa_equivalent,
)
from scanner.rules.grades.ssllabs_view import Exam

_CURVE_KEYS = {"ec": None, "ed25519": 256, "ed448": 448}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """The three scores, 0 to 100 each, and the total of them."""

    protocol: int
    key_exchange: int
    cipher: int

    @property
    def total(self) -> int:
        """0.3 of protocol, 0.3 of key exchange and 0.4 of cipher; 0 where one of them is 0."""
        parts = (self.protocol, self.key_exchange, self.cipher)
        return sum(weight * part for weight, part in zip(WEIGHTS, parts, strict=True)) // 10 if all(parts) else 0


def scores(exam: Exam) -> Scores | None:
    """The scores of an endpoint; None where no suite or no key's size was seen."""
    keys = list(_key_points(exam))
    ciphers = [points(kind.bits, CIPHER_POINTS) for _, _, kind in exam.accepted() if kind.cipher != UNKNOWN]
    protocols = [PROTOCOL_POINTS[version] for version in exam.spoken]
    if not (keys and ciphers and protocols):
        return None
    return Scores(
        protocol=(max(protocols) + min(protocols)) // 2,
        key_exchange=min(keys),
        cipher=(max(ciphers) + min(ciphers)) // 2,
    )


def _key_points(exam: Exam) -> Iterator[int]:
    for leaf in exam.leaves:
        bits = key_bits(leaf.key)
        if bits is not None:
            yield points(bits, KEY_POINTS)
    for _, suite, kind in exam.accepted():
        if kind.anonymous:
            yield ANONYMOUS_POINTS
        if kind.export:
            yield EXPORT_KEY_POINTS
        bits = exchange_bits(suite)
        if bits is not None:
            yield points(bits, KEY_POINTS)
    for bits in exam.dh_bits:
        yield points(bits, KEY_POINTS)


def key_bits(key: PublicKey) -> int | None:
    """The size of a key in bits of RSA; None where it is not known."""
    if key.type in _CURVE_KEYS:
        bits = _CURVE_KEYS[key.type] or key.bits
        return None if bits is None else rsa_equivalent(bits)
    return key.bits


def exchange_bits(suite: Suite) -> int | None:
    """The size of the group that the suite was completed in, in bits of RSA; None where it has none or was not seen."""
    if suite.dh_bits is not None:
        return suite.dh_bits
    if suite.group is None:
        return None
    curve = CURVE_BITS.get(suite.group)
    return rsa_equivalent(curve) if curve is not None else FIELD_BITS.get(suite.group)
