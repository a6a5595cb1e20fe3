"""Signatures on certificates: whether one key made one signature. Names are not compared here."""

from typing import TypeGuard

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa

from scanner.model.outcome import Answer

try:
    from cryptography.hazmat.primitives.asymmetric import mldsa
except ImportError:  # in older versions of the library such signatures stay unknown
    _POST_QUANTUM: tuple[type, ...] = ()
else:
    _POST_QUANTUM = (mldsa.MLDSA44PublicKey, mldsa.MLDSA65PublicKey, mldsa.MLDSA87PublicKey)


def is_signed_by(child: x509.Certificate, issuer: x509.Certificate) -> Answer:
    """Whether the issuer's key signed the child; unknown where our library cannot check that. Never raises.

    `Certificate.verify_directly_issued_by` would refuse SHA-1, and names of one CA that are spelled differently.
    """
    try:
        _verify(child, issuer)
    except InvalidSignature:
        return Answer.NO
    except Exception:
        return Answer.UNKNOWN
    return Answer.YES


def _verify(child: x509.Certificate, issuer: x509.Certificate) -> None:
    """Raises `InvalidSignature`; nearly anything else where key or algorithm are malformed or beyond the library."""
    key = issuer.public_key()
    signature, signed, scheme = child.signature, child.tbs_certificate_bytes, child.signature_algorithm_parameters
    hash_algorithm = child.signature_hash_algorithm
    if isinstance(hash_algorithm, hashes.MD5):
        raise UnsupportedAlgorithm("the library calls every signature over MD5 invalid")
    if _signs_whole(key):
        key.verify(signature, signed)
    elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(scheme, ec.ECDSA):
        key.verify(signature, signed, scheme)
    elif not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey | dsa.DSAPublicKey):
        raise UnsupportedAlgorithm("a kind of key that the library reads, and this does not know")
    elif hash_algorithm is None:
        raise InvalidSignature("a signature without a hash, by a key that needs one")
    elif isinstance(key, rsa.RSAPublicKey) and isinstance(scheme, padding.PKCS1v15 | padding.PSS):
        key.verify(signature, signed, scheme, hash_algorithm)
    elif isinstance(key, dsa.DSAPublicKey):
        key.verify(signature, signed, hash_algorithm)
    else:
        raise InvalidSignature("a key and a signature of different kinds")


def _signs_whole(key: object) -> TypeGuard[ed25519.Ed25519PublicKey]:
    """Whether a key signs the message itself, without a hash to choose; all of these verify as Ed25519 does."""
    return isinstance(key, (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey, *_POST_QUANTUM))
