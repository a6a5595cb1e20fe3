"""Offers: what one ClientHello asks for, as a value, and the complete ones that do not make a server lie.

A hello must be complete or the answer to it is worthless: without SHA-384 or PSS signature algorithms, groups, SNI or
a renegotiation signal, servers refuse what they would give to a browser.
"""

import dataclasses
import enum

from scanner.model.suite_traits import traits
from scanner.wire.tls_registry import registry
from scanner.wire.tls_version import Version

X25519, SECP256R1, SECP384R1, SECP521R1, X448 = 0x001D, 0x0017, 0x0018, 0x0019, 0x001E

SHARED_GROUPS = (X25519, SECP256R1, SECP384R1, SECP521R1, X448)
"""The groups of TLS 1.3 that TLS 1.2 has too; `key_share.shareable_groups` has all that this client can finish."""

HYBRID_GROUPS = (0x11EC, 0x11EB, 0x11ED)
"""X25519MLKEM768, SecP256r1MLKEM768, SecP384r1MLKEM1024."""

MLKEM_GROUPS = (0x0201, 0x0202)
"""Pure ML-KEM-768 and ML-KEM-1024."""

BRAINPOOL_GROUPS = (0x001F, 0x0020, 0x0021)
"""The brainpool curves of TLS 1.3 (RFC 8734)."""

FFDHE_GROUPS = (0x0100, 0x0101, 0x0102, 0x0103, 0x0104)
"""ffdhe2048 to ffdhe8192 (RFC 7919)."""

OLD_CURVES = (0x001C, 0x001B, 0x001A, 0x0016, *range(0x0001, 0x0016))
"""Curves of TLS 1.2 and below that are rare today: brainpool, secp256k1, and those of RFC 4492."""

CLASSIC_CURVES = (*SHARED_GROUPS, *OLD_CURVES)
"""Every curve of TLS 1.2 and below. Hybrid and ML-KEM groups never go into such a hello: they break servers."""

RETRY_GROUPS = (
    *HYBRID_GROUPS,
    *SHARED_GROUPS,
    *(*BRAINPOOL_GROUPS, 0x0029),  # curveSM2
    *FFDHE_GROUPS,
    *(*MLKEM_GROUPS, 0x0200),  # ML-KEM-512
    *(0x6399, 0x639A, 0xFE31),  # retired Kyber drafts
    *range(0x0022, 0x0029),  # GOST
)
"""Groups for a TLS 1.3 hello that is to be answered with a HelloRetryRequest, so that nothing is computed."""

_RSA = (0x0804, 0x0401, 0x0805, 0x0501, 0x0806, 0x0601, 0x0809, 0x080A, 0x080B, 0x0301, 0x0201, 0x0101)
_ECDSA = (0x0403, 0x0503, 0x0603, 0x081A, 0x081B, 0x081C, 0x0303, 0x0203)
_EDDSA = (0x0807, 0x0808)
_ML_DSA = (0x0904, 0x0905, 0x0906)
_OTHERS = (
    *(0x0402, 0x0502, 0x0602, 0x0302, 0x0202),  # DSA
    *_ML_DSA,
    0x0708,  # SM2
    *(0x0709, 0x070A, 0x070B, 0x070C, 0x070D, 0x070E, 0x070F, 0x4040, 0x4141, 0xEDED, 0xEEEE, 0xEFEF),  # GOST
)

ALL_SCHEMES = tuple(
    sorted({*_ECDSA, *_RSA, *_EDDSA, *_OTHERS}, key=lambda one: (one in {0x0201, 0x0202, 0x0203}, one == 0x0101))
)
"""Every signature scheme that a server may need, SHA-1 and MD5 last."""

SMALL_GROUPS = (X25519, SECP256R1, SECP384R1, SECP521R1)
SMALL_SCHEMES = (0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201, 0x0202)
"""Groups and signature schemes of a hello that stays below 256 bytes: what the field cannot do without."""

FIELD_SUITES = 120
"""How many suites a careful hello has: below the 128 at which old stacks break. The registry puts those of the field
first, and every finite-field DHE suite that needs no PSK is among them."""

DECRYPTABLE_SUITES = (0x1301, 0x1302, 0x1303, 0x1304, 0x1305)
"""The TLS 1.3 suites whose flight this client can decrypt."""


class KeyKind(enum.StrEnum):
    """The kind of certificate that an offer leaves the server."""

    ANY = "any"
    RSA = "rsa"
    ECDSA = "ecdsa"
    EDDSA = "eddsa"
    ML_DSA = "ml-dsa"


# Kind: authentication in suites of TLS 1.2 and below (RFC 8422: EdDSA uses the ECDSA suites), signature schemes.
_KINDS: dict[KeyKind, tuple[frozenset[str], tuple[int, ...]]] = {
    KeyKind.ANY: (frozenset({"RSA", "ECDSA", "DSS", "GOST", "SM2"}), ALL_SCHEMES),
    KeyKind.RSA: (frozenset({"RSA"}), _RSA),
    KeyKind.ECDSA: (frozenset({"ECDSA"}), _ECDSA),
    KeyKind.EDDSA: (frozenset({"ECDSA"}), _EDDSA),
    KeyKind.ML_DSA: (frozenset(), _ML_DSA),  # TLS 1.3 only
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The choices of one ClientHello (RFC 8446 section 4.1.2).

    `versions` are the acceptable ones, highest first. `suites` go out in this order, and a renegotiation SCSV behind
    them where a version below TLS 1.3 is offered. `certificate_schemes` is signature_algorithms_cert. `key_shares` are
    groups for which a share is sent in TLS 1.3; empty makes the server answer with a HelloRetryRequest. `server_name`
    None leaves SNI out. `padded` fills hellos whose length old middleboxes cannot stand (RFC 7685). `signals` are the
    empty extensions of TLS 1.2 and below: extended master secret, encrypt-then-MAC, session ticket. `extensions` False
    leaves all of them out (SSLv3). `compressions` are the compression methods (RFC 3749). `extra_extensions` are code
    and body each, beside those that the other fields make. `legacy_version` stands in the hello's version field in
    place of the highest version up to TLS 1.2, `unknown_versions` before the versions in supported_versions: they show
    how a server deals with versions that it cannot know.
    """

    versions: tuple[Version, ...]
    suites: tuple[int, ...]
    groups: tuple[int, ...] = ()
    signature_schemes: tuple[int, ...] = ()
    certificate_schemes: tuple[int, ...] = ()
    server_name: str | None = None
    key_shares: tuple[int, ...] = ()
    status_request: bool = True
    scts: bool = True
    alpn: tuple[str, ...] = ()
    padded: bool = True
    signals: bool = True
    extensions: bool = True
    compressions: tuple[int, ...] = (0,)
    extra_extensions: tuple[tuple[int, bytes], ...] = ()
    legacy_version: int | None = None
    unknown_versions: tuple[int, ...] = ()

    @property
    def highest(self) -> Version:
        """The highest version on offer."""
        return max(self.versions)

    @classmethod
    def complete(
        cls,
        versions: tuple[Version, ...] = (Version.TLS1_3, Version.TLS1_2),
        *,
        key: KeyKind = KeyKind.ANY,
        server_name: str | None = None,
        status_request: bool = True,
        alpn: tuple[str, ...] = (),
    ) -> "Offer":
        """An offer for a handshake that brings the certificate: every usual suite, group and signature algorithm.

        `key` narrows suites (TLS 1.2 and below) and signature algorithms to those that need that kind of certificate;
        the algorithms of the certificates above it stay free.
        """
        modern, classic = Version.TLS1_3 in versions, min(versions) < Version.TLS1_3
        authentications, schemes = _KINDS[key]
        field = tuple(registry().suites.items())[:FIELD_SUITES] if classic else ()
        return cls(
            versions=versions,
            suites=(DECRYPTABLE_SUITES if modern else ())
            + tuple(code for code, name in field if traits(name).authentication in authentications),
            groups=_complete_groups(versions),
            signature_schemes=schemes,
            certificate_schemes=() if key is KeyKind.ANY else ALL_SCHEMES,
            server_name=server_name,
            key_shares=(X25519, SECP256R1) if modern else (),
            status_request=status_request,
            alpn=alpn,
            extensions=max(versions) > Version.SSL3,
        )


def _complete_groups(versions: tuple[Version, ...]) -> tuple[int, ...]:
    """Every group in which the exchange can be finished; those of TLS 1.3 alone only where nothing older is meant."""
    from scanner.wire.key_share import shareable_groups

    if Version.TLS1_3 not in versions:
        return (*CLASSIC_CURVES, *FFDHE_GROUPS)
    if min(versions) == Version.TLS1_3:
        return shareable_groups()
    both = {*SHARED_GROUPS, *HYBRID_GROUPS, *MLKEM_GROUPS}  # ffdhe groups would change what TLS 1.2 does (RFC 7919)
    return tuple(one for one in shareable_groups() if one in both)
