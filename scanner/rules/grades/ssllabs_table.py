"""The numbers of SSL Labs' SSL Server Rating Guide, version 2009r (2025-05-16). Tables and nothing else.

Numbers and caps are facts put together from the guide and the vendor's announcements; no text of theirs is here.
"""

from collections.abc import Mapping

KEY = "ssllabs-2009r"

PROTOCOL_POINTS: Mapping[str, int] = {
    "SSLv2": 0,
    "SSLv3": 80,
    "TLSv1.0": 90,
    "TLSv1.1": 95,
    "TLSv1.2": 100,
    "TLSv1.3": 100,
}

KEY_POINTS: tuple[tuple[int, int], ...] = ((512, 20), (1024, 40), (2048, 80), (4096, 90))
"""Bits below which a key of RSA or Diffie-Hellman earns these points; 100 from there on."""

EXPORT_KEY_POINTS = 40
ANONYMOUS_POINTS = 0

CIPHER_POINTS: tuple[tuple[int, int], ...] = ((1, 0), (128, 20), (256, 80))
"""Bits below which a cipher earns these points; 100 from there on."""

FULL_POINTS = 100
WEIGHTS = (3, 3, 4)
"""Tenths of protocol, key exchange and cipher strength."""

LETTERS: tuple[tuple[int, str], ...] = ((80, "A"), (65, "B"), (50, "C"), (35, "D"), (20, "E"), (0, "F"))
"""The least score of each letter."""

BEST_FIRST = ("A+", "A", "A-", "B", "C", "D", "E", "F", "T", "M")
"""Every grade, best first."""

HSTS_SECONDS = 15_768_000
"""Half a year: the least max-age that counts."""

RSA_EQUIVALENT: tuple[tuple[int, int], ...] = ((160, 512), (224, 1024), (256, 2048), (384, 3072), (512, 7680))
"""Bits of an elliptic curve below which it is worth so many of RSA (NIST SP 800-57 Part 1, table 2)."""

RSA_EQUIVALENT_OF_MORE = 15360

# Groups by code. A hybrid counts as its classical part, for the scale knows no post-quantum groups.
_CURVES: dict[int, tuple[str, ...]] = {
    160: ("000F", "0010", "0011"),
    163: ("0001", "0002", "0003"),
    192: ("0012", "0013"),
    193: ("0004", "0005"),
    224: ("0014", "0015"),
    233: ("0006", "0007"),
    239: ("0008",),
    256: ("0016", "0017", "001A", "001D", "001F", "0029", "11EB", "11EC", "11EE", "6399", "639A"),
    283: ("0009", "000A"),
    384: ("0018", "001B", "0020", "11ED"),
    409: ("000B", "000C"),
    448: ("001E",),
    512: ("001C", "0021"),
    521: ("0019",),
    571: ("000D", "000E"),
}
CURVE_BITS: Mapping[str, int] = {code: bits for bits, codes in _CURVES.items() for code in codes}
"""Bits of each group on an elliptic curve."""

FIELD_BITS: Mapping[str, int] = {
    "0100": 2048,
    "0101": 3072,
    "0102": 4096,
    "0103": 6144,
    "0104": 8192,
    "0200": 3072,  # ML-KEM-512, 768 and 1024, of the strength of AES-128, 192 and 256
    "0201": 7680,
    "0202": 15360,
}
"""Bits of the groups of RFC 7919, and what the pure post-quantum ones are worth in RSA."""


def rsa_equivalent(curve_bits: int) -> int:
    """What an elliptic curve of so many bits is worth in bits of RSA."""
    return next((worth for below, worth in RSA_EQUIVALENT if curve_bits < below), RSA_EQUIVALENT_OF_MORE)


def points(bits: int, table: tuple[tuple[int, int], ...]) -> int:
    """The points for so many bits."""
    return next((worth for below, worth in table if bits < below), FULL_POINTS)


def letter(score: int) -> str:
    """The letter of a score."""
    return next(name for least, name in LETTERS if score >= least)


def worst(grades: list[str]) -> str:
    """The worst of these grades, at least one."""
    return max(grades, key=BEST_FIRST.index)
