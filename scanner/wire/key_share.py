"""Key shares of TLS 1.3 (RFC 8446 section 4.2.8): a private key made elsewhere, its public value, the shared secret."""

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import ec, x448, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from scanner.errors import Malformed

PrivateKey = x25519.X25519PrivateKey | x448.X448PrivateKey | ec.EllipticCurvePrivateKey


class KeyShare:
    """Our half of a Diffie-Hellman exchange in one group."""

    def __init__(self, group: int, private: PrivateKey) -> None:
        self.group = group
        self._private = private

    @property
    def public(self) -> bytes:
        """The public value as it goes into key_share."""
        if isinstance(self._private, ec.EllipticCurvePrivateKey):
            return self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return self._private.public_key().public_bytes_raw()

    def secret(self, peer: bytes) -> bytes:
        """The shared secret with the peer's public value. Raises `Malformed` for a value that is not in the group."""
        try:
            if isinstance(self._private, ec.EllipticCurvePrivateKey):
                point = ec.EllipticCurvePublicKey.from_encoded_point(self._private.curve, peer)
                return self._private.exchange(ec.ECDH(), point)
            if isinstance(self._private, x25519.X25519PrivateKey):
                return self._private.exchange(x25519.X25519PublicKey.from_public_bytes(peer))
            return self._private.exchange(x448.X448PublicKey.from_public_bytes(peer))
        except ValueError:
            raise Malformed(f"the key share is no element of group {self.group:04X}") from None


ShareMaker = Callable[[int], KeyShare]
"""Makes a fresh share in a group: the randomness that this room has not."""
