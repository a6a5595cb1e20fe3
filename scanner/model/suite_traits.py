"""What the name of a cipher suite says about it. A table of name parts and nothing else: no judgement, no state.

Names are IANA's (TLS Cipher Suites registry), `SSL_CK_…` for SSLv2, or `OLD_TLS_…` for drafts that were retired.
"""

import dataclasses
import functools

AEAD_MODES = frozenset({"GCM", "CCM", "CCM_8", "OCB", "POLY1305", "MGM", "AEGIS"})
"""Modes that encrypt and authenticate in one (RFC 5116 and its like)."""

NEGOTIATED_APART = "any"
"""Key exchange and authentication of a TLS 1.3 suite: negotiated apart from it (RFC 8446 section 1.2)."""

UNKNOWN = "unknown"
"""What an unlisted name part stands for."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SuiteTraits:
    """The parts of a suite.

    `key_exchange` is `RSA`, `DHE`, `DH` (static), `ECDHE`, `ECDH` (static), `PSK`, `SRP`, `KRB5`, `GOST` …;
    `authentication` is `RSA`, `ECDSA`, `DSS`, `PSK`, `RSA_PSK`, `anonymous` …; both are `any` in TLS 1.3. `cipher` is
    such as `AES_128` or `NULL`, `mode` such as `GCM`, `CBC`, `STREAM`, `NULL`. `bits` is the effective strength of the
    cipher's key (3DES: 112). `mac` is None where the mode authenticates. `forward_secret` says whether the keys of the
    exchange are ephemeral.
    """

    key_exchange: str
    authentication: str
    cipher: str
    mode: str
    bits: int
    mac: str | None
    forward_secret: bool
    export: bool

    @property
    def anonymous(self) -> bool:
        """Whether nobody is authenticated."""
        return self.authentication == "anonymous"

    @property
    def null(self) -> bool:
        """Whether nothing is encrypted."""
        return self.cipher == "NULL"

    @property
    def rc4(self) -> bool:
        """Whether the cipher is RC4 (forbidden by RFC 7465)."""
        return self.cipher.startswith("RC4")

    @property
    def des(self) -> bool:
        """Whether the cipher is single DES, also with a shortened key."""
        return self.cipher in {"DES", "DES40"}

    @property
    def triple_des(self) -> bool:
        """Whether the cipher is triple DES."""
        return self.cipher == "3DES"

    @property
    def cbc(self) -> bool:
        """Whether the mode is cipher block chaining."""
        return self.mode == "CBC"

    @property
    def aead(self) -> bool:
        """Whether the mode is authenticated encryption."""
        return self.mode in AEAD_MODES


# Part before `_WITH_`, without TLS_ and without an export or FIPS mark: key exchange, authentication, ephemeral.
_EXCHANGES: dict[str, tuple[str, str, bool]] = {
    "NULL": ("NULL", "anonymous", False),
    "RSA": ("RSA", "RSA", False),
    "DH_DSS": ("DH", "DSS", False),
    "DH_RSA": ("DH", "RSA", False),
    "DHE_DSS": ("DHE", "DSS", True),
    "DHE_RSA": ("DHE", "RSA", True),
    "DH_anon": ("DHE", "anonymous", True),
    "ECDH_ECDSA": ("ECDH", "ECDSA", False),
    "ECDH_RSA": ("ECDH", "RSA", False),
    "ECDHE_ECDSA": ("ECDHE", "ECDSA", True),
    "ECDHE_RSA": ("ECDHE", "RSA", True),
    "ECDH_anon": ("ECDHE", "anonymous", True),
    "PSK": ("PSK", "PSK", False),
    "DHE_PSK": ("DHE", "PSK", True),
    "PSK_DHE": ("DHE", "PSK", True),  # how RFC 6655 spells two of its names
    "RSA_PSK": ("RSA", "RSA_PSK", False),
    "ECDHE_PSK": ("ECDHE", "PSK", True),
    "SRP_SHA": ("SRP", "SRP", True),
    "SRP_SHA_RSA": ("SRP", "RSA", True),
    "SRP_SHA_DSS": ("SRP", "DSS", True),
    "KRB5": ("KRB5", "KRB5", False),
    "FORTEZZA_KEA": ("KEA", "KEA", False),
    "GOSTR341094": ("GOST", "GOST", False),
    "GOSTR341001": ("GOST", "GOST", False),
    "GOSTR341112_256": ("GOST", "GOST", False),
    "CECPQ1_RSA": ("CECPQ1", "RSA", True),
    "CECPQ1_ECDSA": ("CECPQ1", "ECDSA", True),
    "ECCPWD": ("ECCPWD", "ECCPWD", True),
    # The Chinese suites of GB/T 38636 have no `_WITH_`.
    "ECDHE": ("ECDHE", "SM2", True),
    "ECC": ("SM2", "SM2", False),
    "IBSDH": ("IBSDH", "IBC", True),
    "IBC": ("IBC", "IBC", False),
}

# First match at the start of the cipher part wins: cipher, mode, effective bits.
_CIPHERS: tuple[tuple[str, str, str, int], ...] = (
    ("NULL", "NULL", "NULL", 0),
    ("RC4_128_EXPORT40", "RC4_40", "STREAM", 40),
    ("RC4_40", "RC4_40", "STREAM", 40),
    ("RC4_56", "RC4_56", "STREAM", 56),
    ("RC4_64", "RC4_64", "STREAM", 64),
    ("RC4_128", "RC4_128", "STREAM", 128),
    ("RC2_128_CBC_EXPORT40", "RC2_40", "CBC", 40),
    ("RC2_128_CBC", "RC2_128", "CBC", 128),
    ("RC2_CBC_40", "RC2_40", "CBC", 40),
    ("RC2_CBC_56", "RC2_56", "CBC", 56),
    ("RC2_CBC", "RC2_128", "CBC", 128),
    ("DES40_CBC", "DES40", "CBC", 40),
    ("DES_CBC_40", "DES40", "CBC", 40),
    ("DES_192_EDE3_CBC", "3DES", "CBC", 112),
    ("3DES_EDE_CBC", "3DES", "CBC", 112),
    ("DES_64_CBC", "DES", "CBC", 56),
    ("DES_64_CFB64", "DES", "STREAM", 56),
    ("DES_CBC", "DES", "CBC", 56),
    ("IDEA_128_CBC", "IDEA", "CBC", 128),
    ("IDEA_CBC", "IDEA", "CBC", 128),
    ("SEED_CBC", "SEED", "CBC", 128),
    ("FORTEZZA_CBC", "SKIPJACK", "CBC", 80),
    ("28147_CNT", "GOST28147", "STREAM", 256),
    ("KUZNYECHIK_CTR", "KUZNYECHIK", "STREAM", 256),
    ("MAGMA_CTR", "MAGMA", "STREAM", 256),
    ("KUZNYECHIK_MGM", "KUZNYECHIK", "MGM", 256),
    ("MAGMA_MGM", "MAGMA", "MGM", 256),
    ("CHACHA20_POLY1305", "CHACHA20", "POLY1305", 256),
    ("ESTREAM_SALSA20", "SALSA20", "STREAM", 256),
    ("SALSA20", "SALSA20", "STREAM", 256),
    ("AEGIS_128", "AEGIS_128", "AEGIS", 128),
    ("AEGIS_256", "AEGIS_256", "AEGIS", 256),
    ("SHA256_SHA256", "NULL", "NULL", 0),  # RFC 9150: integrity only
    ("SHA384_SHA384", "NULL", "NULL", 0),
    *(
        (f"{cipher}_{mode}", cipher, mode, bits)
        for cipher, bits in (
            ("AES_128", 128),
            ("AES_256", 256),
            ("CAMELLIA_128", 128),
            ("CAMELLIA_256", 256),
            ("ARIA_128", 128),
            ("ARIA_256", 256),
            ("SM4", 128),
        )
        for mode in ("GCM", "CCM_8", "CCM", "OCB", "CBC")
    ),
)

_MACS = frozenset({"MD5", "SHA", "SHA1", "SHA256", "SHA384", "SM3", "IMIT", "OMAC", "GOSTR3411"})


@functools.cache
def traits(name: str) -> SuiteTraits:
    """The traits of the suite with this name. Parts that no table knows come out as `unknown`, with 0 bits."""
    stem = name.removeprefix("OLD_").removeprefix("TLS_")
    if stem.startswith("SSL_CK_"):
        exchange, rest = ("RSA", "RSA", False), stem.removeprefix("SSL_CK_").replace("_WITH_", "_")
        marked = "EXPORT" in stem
    elif "_WITH_" in stem:
        head, rest = stem.split("_WITH_", 1)
        plain = head.removesuffix("1024").removesuffix("_EXPORT").removesuffix("_FIPS")
        exchange = _EXCHANGES.get(plain, (UNKNOWN, UNKNOWN, False))
        marked = "EXPORT" in head
    elif "_SM4_" in stem:
        head, rest = stem.split("_SM4_", 1)
        exchange, rest, marked = _EXCHANGES.get(head, (UNKNOWN, UNKNOWN, False)), f"SM4_{rest}", False
    else:
        exchange, rest, marked = (NEGOTIATED_APART, NEGOTIATED_APART, True), stem, False
    _, cipher, mode, bits = next((row for row in _CIPHERS if rest.startswith(row[0])), ("", UNKNOWN, UNKNOWN, 0))
    last = rest.rsplit("_", 1)[-1]
    return SuiteTraits(
        key_exchange=exchange[0],
        authentication=exchange[1],
        cipher=cipher,
        mode=mode,
        bits=bits,
        mac=last if last in _MACS and mode not in AEAD_MODES else None,
        forward_secret=exchange[2],
        export=marked,
    )
