"""Keys and algorithms of certificates, read from their outline: no point is computed, no key is loaded.

So a key that our library refuses (RSA of 512 bits, explicit curves, algorithms of tomorrow) is named all the same.
"""

import hashlib

from scanner.errors import Malformed
from scanner.model.evidence.certificates import PublicKey
from scanner.wire import der

EXPLICIT = "explicit"
"""`PublicKey.curve` where the certificate spells the curve out instead of naming it (RFC 5480 2.1.1 forbids that)."""

_RSA, _RSA_PSS, _EC, _DSA = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.10045.2.1", "1.2.840.10040.4.1"

_NIST_SIGNATURES = "2.16.840.1.101.3.4.3."
_POST_QUANTUM: dict[str, str] = {
    _NIST_SIGNATURES + str(arc): name
    for arc, name in enumerate(
        (
            *("ML-DSA-44", "ML-DSA-65", "ML-DSA-87"),
            *("SLH-DSA-SHA2-128s", "SLH-DSA-SHA2-128f", "SLH-DSA-SHA2-192s"),
            *("SLH-DSA-SHA2-192f", "SLH-DSA-SHA2-256s", "SLH-DSA-SHA2-256f"),
            *("SLH-DSA-SHAKE-128s", "SLH-DSA-SHAKE-128f", "SLH-DSA-SHAKE-192s"),
            *("SLH-DSA-SHAKE-192f", "SLH-DSA-SHAKE-256s", "SLH-DSA-SHAKE-256f"),
        ),
        start=17,
    )
}
"""Algorithms that withstand quantum computers; one name for key and signature (RFC 9881 section 2, RFC 9909)."""

_FIXED_KEYS: dict[str, tuple[str, int | None]] = {
    "1.3.101.112": ("ed25519", 256),
    "1.3.101.113": ("ed448", 448),
    **{oid: (name.lower(), None) for oid, name in _POST_QUANTUM.items()},
}
"""Algorithms whose keys have one size only: type and bits (RFC 8410). Bits of ML-DSA and SLH-DSA compare with none."""

_CURVES: dict[str, tuple[str, int]] = {
    "1.2.840.10045.3.1.1": ("secp192r1", 192),
    "1.2.840.10045.3.1.7": ("secp256r1", 256),
    "1.3.132.0.10": ("secp256k1", 256),
    "1.3.132.0.33": ("secp224r1", 224),
    "1.3.132.0.34": ("secp384r1", 384),
    "1.3.132.0.35": ("secp521r1", 521),
    "1.3.36.3.3.2.8.1.1.7": ("brainpoolP256r1", 256),
    "1.3.36.3.3.2.8.1.1.11": ("brainpoolP384r1", 384),
    "1.3.36.3.3.2.8.1.1.13": ("brainpoolP512r1", 512),
}
"""Named curves: name and bits (RFC 5480 section 2.1.1.1, RFC 5639)."""

_HASHES: dict[str, str] = {
    "1.2.840.113549.2.5": "md5",
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
    "2.16.840.1.101.3.4.2.4": "sha224",
}

_SIGNATURES: dict[str, tuple[str, str | None]] = {
    "1.2.840.113549.1.1.2": ("md2WithRSAEncryption", "md2"),
    "1.2.840.113549.1.1.3": ("md4WithRSAEncryption", "md4"),
    "1.2.840.113549.1.1.4": ("md5WithRSAEncryption", "md5"),
    "1.2.840.113549.1.1.5": ("sha1WithRSAEncryption", "sha1"),
    "1.2.840.113549.1.1.11": ("sha256WithRSAEncryption", "sha256"),
    "1.2.840.113549.1.1.12": ("sha384WithRSAEncryption", "sha384"),
    "1.2.840.113549.1.1.13": ("sha512WithRSAEncryption", "sha512"),
    "1.2.840.113549.1.1.14": ("sha224WithRSAEncryption", "sha224"),
    "1.2.840.10040.4.3": ("dsa-with-SHA1", "sha1"),
    "1.2.840.10045.4.1": ("ecdsa-with-SHA1", "sha1"),
    "1.2.840.10045.4.3.1": ("ecdsa-with-SHA224", "sha224"),
    "1.2.840.10045.4.3.2": ("ecdsa-with-SHA256", "sha256"),
    "1.2.840.10045.4.3.3": ("ecdsa-with-SHA384", "sha384"),
    "1.2.840.10045.4.3.4": ("ecdsa-with-SHA512", "sha512"),
    "1.3.14.3.2.29": ("sha1WithRSASignature", "sha1"),
    "1.3.101.112": ("Ed25519", None),
    "1.3.101.113": ("Ed448", None),
    "2.16.840.1.101.3.4.3.1": ("dsa-with-SHA224", "sha224"),
    "2.16.840.1.101.3.4.3.2": ("dsa-with-SHA256", "sha256"),
    **{oid: (name, None) for oid, name in _POST_QUANTUM.items()},
}
"""Signature algorithms: name and hash, None where the algorithm brings its own (RFC 3279, 4055, 5758, 8410, 9881)."""


def read_key(spki: bytes) -> PublicKey:
    """The key in a SubjectPublicKeyInfo (RFC 5280 section 4.1). `unreadable` where it breaks the grammar."""
    digest = hashlib.sha256(spki).hexdigest()
    try:
        kind, bits, curve = _facts(spki)
    except Malformed:
        kind, bits, curve = "unreadable", None, None
    return PublicKey(type=kind, bits=bits, curve=curve, spki_sha256=digest)


def read_signature_algorithm(algorithm: der.Algorithm) -> tuple[str, str | None]:
    """The name of a signature algorithm (its OID in dots where unknown) and of its hash, None where it has none."""
    if algorithm.oid == _RSA_PSS:
        return "rsassaPss", _pss_hash(algorithm.parameters)
    return _SIGNATURES.get(algorithm.oid, (algorithm.oid, None))


def _facts(spki: bytes) -> tuple[str, int | None, str | None]:
    parts = der.inside(spki, der.SEQUENCE)
    if len(parts) != 2:
        raise Malformed("a SubjectPublicKeyInfo has two parts")
    algorithm, key = der.algorithm(parts[0].whole), parts[1]
    if algorithm.oid in {_RSA, _RSA_PSS}:
        return "rsa", _first_integer(der.element(key.content, 1)).bit_length(), None
    if algorithm.oid == _EC:
        return "ec", *_curve(algorithm.parameters)
    if algorithm.oid == _DSA:
        parameters = algorithm.parameters
        return "dsa", None if parameters is None else _first_integer(parameters).bit_length(), None
    kind, bits = _FIXED_KEYS.get(algorithm.oid, (algorithm.oid, None))
    return kind, bits, None


def _first_integer(sequence: der.Element) -> int:
    parts = der.inside(sequence.whole, der.SEQUENCE)
    if not parts:
        raise Malformed("a key without numbers")
    return der.integer(parts[0])


def _curve(parameters: der.Element | None) -> tuple[int | None, str]:
    """Bits and name of a curve."""
    if parameters is None or parameters.tag != der.OID:
        return None, EXPLICIT
    oid = der.object_identifier(parameters)
    name, bits = _CURVES.get(oid, (oid, None))
    return bits, name


def _pss_hash(parameters: der.Element | None) -> str | None:
    """The hash in RSASSA-PSS-params (RFC 4055 section 3.1); SHA-1 is the default."""
    try:
        parts = () if parameters is None else der.inside(parameters.whole, der.SEQUENCE)
        named = next((one for one in parts if one.tag == 0xA0), None)
        return "sha1" if named is None else _HASHES.get(der.algorithm(named.content).oid)
    except Malformed:
        return None
