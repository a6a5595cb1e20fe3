"""What the code of a named group says about it (IANA: TLS Supported Groups). A table and nothing else: no judgement."""

import dataclasses
import enum


class GroupKind(enum.StrEnum):
    """What a group computes in."""

    CURVE = "curve"
    FINITE_FIELD = "finite-field"
    HYBRID = "hybrid"  # a curve and ML-KEM, or what came before it
    KEM = "kem"  # ML-KEM alone
    UNKNOWN = "unknown"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class GroupTraits:
    """The nature of a group.

    `bits` is the size of the curve's or the finite field, 0 where it is not known or means nothing. `retired` marks
    post-quantum groups of drafts and experiments that never became a standard.
    """

    kind: GroupKind
    bits: int = 0
    retired: bool = False

    @property
    def post_quantum(self) -> bool:
        """Whether the exchange withstands quantum computers."""
        return self.kind in {GroupKind.HYBRID, GroupKind.KEM}


# Codes by the bits of the field: RFC 8422 section 5.1.1, RFC 7027, RFC 8734, RFC 7748, RFC 9367 and RFC 8998.
_CURVES_BY_BITS = {
    0: (0xFF01, 0xFF02),  # spelled out by the server
    160: (0x000F, 0x0010, 0x0011),
    163: (0x0001, 0x0002, 0x0003),
    192: (0x0012, 0x0013),
    193: (0x0004, 0x0005),
    224: (0x0014, 0x0015),
    233: (0x0006, 0x0007),
    239: (0x0008,),
    255: (0x001D,),
    256: (0x0016, 0x0017, 0x001A, 0x001F, 0x0022, 0x0023, 0x0024, 0x0025, 0x0029),
    283: (0x0009, 0x000A),
    384: (0x0018, 0x001B, 0x0020),
    409: (0x000B, 0x000C),
    448: (0x001E,),
    512: (0x001C, 0x0021, 0x0026, 0x0027, 0x0028),
    521: (0x0019,),
    571: (0x000D, 0x000E),
}
_CURVES = {code: bits for bits, codes in _CURVES_BY_BITS.items() for code in codes}
_FIELDS = {0x0100: 2048, 0x0101: 3072, 0x0102: 4096, 0x0103: 6144, 0x0104: 8192}
_HYBRIDS = frozenset({0x11EB, 0x11EC, 0x11ED, 0x11EE})
_KEMS = frozenset({0x0200, 0x0201, 0x0202})

RETIRED_HYBRIDS = (
    *(0x6399, 0x639A, 0xFE31, 0xFE30),  # draft-tls-westerbaan-xyber768d00 and its experiments
    0x4138,  # CECPQ2: X25519 with NTRU-HRSS
    *(0x2F39, 0x2F3A, 0x2F3C, 0x2F3D, 0x2F90),  # Kyber of round 3 with a curve, Open Quantum Safe
    *(0x2FB6, 0x2F4B, 0x2F4C, 0x2F4D, 0x2FB7),  # ML-KEM under Open Quantum Safe's own codes
)
RETIRED_KEMS = (0x023A, 0x023C, 0x023D)
"""Kyber of round 3 alone, Open Quantum Safe."""


def group_traits(code: int) -> GroupTraits:
    """What is known of the group with this code."""
    if code in _CURVES:
        return GroupTraits(kind=GroupKind.CURVE, bits=_CURVES[code])
    if code in _FIELDS:
        return GroupTraits(kind=GroupKind.FINITE_FIELD, bits=_FIELDS[code])
    if code in _HYBRIDS or code in RETIRED_HYBRIDS:
        return GroupTraits(kind=GroupKind.HYBRID, retired=code in RETIRED_HYBRIDS)
    if code in _KEMS or code in RETIRED_KEMS:
        return GroupTraits(kind=GroupKind.KEM, retired=code in RETIRED_KEMS)
    return GroupTraits(kind=GroupKind.UNKNOWN)
