"""Key shares of TLS 1.3 (RFC 8446 section 4.2.8): private keys made elsewhere, their public value, the shared secret.

A hybrid is two exchanges in one group (draft-ietf-tls-ecdhe-mlkem): its values stand one behind the other. ML-KEM
needs a newer `cryptography` than this project does; `has_mlkem` says whether it is there.
"""

import functools
from collections.abc import Callable
from typing import Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, x448, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from scanner.errors import Malformed
from scanner.wire import tls_offer
from scanner.wire.ffdhe import FiniteFieldKey

_MLKEM_SEED = bytes(64)
_CIPHERTEXT_BYTES = {1184: 1088, 1568: 1568}
"""Length of an ML-KEM ciphertext by that of the encapsulation key (FIPS 203 table 3)."""


class _KemPublic(Protocol):
    def public_bytes_raw(self) -> bytes:
        """The encapsulation key."""


class KemPrivateKey(Protocol):
    """A private key of ML-KEM, whatever its size."""

    def public_key(self) -> _KemPublic:
        """The public half."""

    def decapsulate(self, ciphertext: bytes, /) -> bytes:
        """The shared secret of a ciphertext."""


PrivateKey = x25519.X25519PrivateKey | x448.X448PrivateKey | ec.EllipticCurvePrivateKey | FiniteFieldKey | KemPrivateKey

_KEYS_ALIKE = (x25519.X25519PrivateKey, x448.X448PrivateKey, ec.EllipticCurvePrivateKey)
"""Keys of exchanges in which both sides send a value of the same kind."""


class KeyShare:
    """Our half of the exchange in one group: one private key, or a hybrid's two in the order of the group's name."""

    def __init__(self, group: int, *private: PrivateKey) -> None:
        self.group = group
        self._private = private

    @property
    def public(self) -> bytes:
        """The public value as it goes into key_share."""
        return b"".join(_public(one) for one in self._private)

    def secret(self, peer: bytes) -> bytes:
        """The shared secret with the peer's public value. Raises `Malformed` for a value that is not in the group."""
        rest, secrets = peer, b""
        try:
            for one in self._private:
                size = _peer_bytes(one)
                secrets += _secret(one, rest[:size])
                rest = rest[size:]
        except ValueError:
            raise self._no_element() from None
        if rest:
            raise self._no_element()
        return secrets

    def _no_element(self) -> Malformed:
        return Malformed(f"the key share is no element of group {self.group:04X}")


ShareMaker = Callable[[int], KeyShare]
"""Makes a fresh share in a group: the randomness that this room has not."""


@functools.cache
def has_mlkem() -> bool:
    """Whether the installed `cryptography` can do ML-KEM."""
    try:
        from cryptography.hazmat.primitives.asymmetric import mlkem

        mlkem.MLKEM768PrivateKey.from_seed_bytes(_MLKEM_SEED)
    except (ImportError, AttributeError, UnsupportedAlgorithm):
        return False
    return True


@functools.cache
def shareable_groups() -> tuple[int, ...]:
    """The groups in which this installation can make a share, the usual ones first."""
    quantum = (*tls_offer.HYBRID_GROUPS, *tls_offer.MLKEM_GROUPS) if has_mlkem() else ()
    return (*tls_offer.SHARED_GROUPS, *quantum, *tls_offer.BRAINPOOL_GROUPS, *tls_offer.FFDHE_GROUPS)


def _public(private: PrivateKey) -> bytes:
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    if isinstance(private, FiniteFieldKey):
        return private.public
    return private.public_key().public_bytes_raw()


def _peer_bytes(private: PrivateKey) -> int:
    """The length of the answer to a public value; only ML-KEM's is another than its own."""
    if isinstance(private, FiniteFieldKey):
        return private.bits // 8  # known without a power as dear as the exchange itself
    own = len(_public(private))
    return own if isinstance(private, _KEYS_ALIKE) else _CIPHERTEXT_BYTES[own]


def _secret(private: PrivateKey, peer: bytes) -> bytes:
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(private.curve, peer))
    if isinstance(private, x25519.X25519PrivateKey):
        return private.exchange(x25519.X25519PublicKey.from_public_bytes(peer))
    if isinstance(private, x448.X448PrivateKey):
        return private.exchange(x448.X448PublicKey.from_public_bytes(peer))
    if isinstance(private, FiniteFieldKey):
        return private.exchange(peer)
    return private.decapsulate(peer)
