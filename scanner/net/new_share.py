"""Fresh key shares: the randomness that the sans-IO handshake has not."""

import functools
import secrets
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import ec, x448, x25519

from scanner.wire import tls_offer
from scanner.wire.ffdhe import EXPONENT_BYTES, FFDHE_BITS, FiniteFieldKey
from scanner.wire.key_share import KemPrivateKey, KeyShare, PrivateKey


def new_share(group: int) -> KeyShare:
    """A fresh key share in one of `scanner.wire.key_share.shareable_groups`."""
    return KeyShare(group, *(make() for make in _MAKERS[group]))


def _curve(curve: type[ec.EllipticCurve]) -> Callable[[], PrivateKey]:
    return lambda: ec.generate_private_key(curve())


def _finite_field(bits: int) -> FiniteFieldKey:
    return FiniteFieldKey(bits=bits, exponent=int.from_bytes(secrets.token_bytes(EXPONENT_BYTES), "big"))


def _mlkem768() -> KemPrivateKey:
    from cryptography.hazmat.primitives.asymmetric import mlkem

    return mlkem.MLKEM768PrivateKey.generate()


def _mlkem1024() -> KemPrivateKey:
    from cryptography.hazmat.primitives.asymmetric import mlkem

    return mlkem.MLKEM1024PrivateKey.generate()


_P256, _P384 = _curve(ec.SECP256R1), _curve(ec.SECP384R1)
_X25519 = x25519.X25519PrivateKey.generate

# Group: its private keys, a hybrid's in the order in which its values stand (draft-ietf-tls-ecdhe-mlkem section 4).
_MAKERS: dict[int, tuple[Callable[[], PrivateKey], ...]] = {
    tls_offer.X25519: (_X25519,),
    tls_offer.X448: (x448.X448PrivateKey.generate,),
    tls_offer.SECP256R1: (_P256,),
    tls_offer.SECP384R1: (_P384,),
    tls_offer.SECP521R1: (_curve(ec.SECP521R1),),
    0x001F: (_curve(ec.BrainpoolP256R1),),
    0x0020: (_curve(ec.BrainpoolP384R1),),
    0x0021: (_curve(ec.BrainpoolP512R1),),
    0x11EC: (_mlkem768, _X25519),
    0x11EB: (_P256, _mlkem768),
    0x11ED: (_P384, _mlkem1024),
    0x0201: (_mlkem768,),
    0x0202: (_mlkem1024,),
    **{group: (functools.partial(_finite_field, bits),) for group, bits in FFDHE_BITS.items()},
}
