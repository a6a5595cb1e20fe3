"""ClientKeyExchange of SSLv3 to TLS 1.2: our half of RSA, DHE and ECDHE, from what the server's flight says.

Plain arithmetic where `cryptography` refuses (small or odd keys, finite fields): nothing of worth is protected by it.
Neither the certificate nor the signature over the server's parameters is checked.
"""

import dataclasses
from collections.abc import Callable

from scanner.errors import Malformed, TooMuch
from scanner.model.suite_traits import SuiteTraits
from scanner.wire import der
from scanner.wire.key_share import ShareMaker
from scanner.wire.octets import vector
from scanner.wire.server_flight import DhParameters, ServerFlight
from scanner.wire.tls12_records import RandomBytes
from scanner.wire.tls_offer import SHARED_GROUPS
from scanner.wire.tls_registry import group_name
from scanner.wire.tls_version import Version

MAX_MODULUS_BITS = 16_384
"""The largest RSA modulus and DH prime that is computed with; beyond it an answer costs more than it is worth."""

MAX_EXPONENT_BITS = 64
"""The largest public exponent of RSA; in the field it is 65537."""

PREMASTER_BYTES = 48
DH_EXPONENT_BYTES = 32

BlockMaker = Callable[[bytes, int], bytes]
"""Makes the block that RSA encrypts, as many bytes as the modulus has (the number), from the premaster secret."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ClientExchange:
    """Our ClientKeyExchange: the message's body, and the premaster secret that it leads to."""

    body: bytes
    premaster: bytes = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RsaKey:
    """An RSA public key."""

    modulus: int
    exponent: int

    @property
    def size(self) -> int:
        """Bytes of the modulus."""
        return (self.modulus.bit_length() + 7) // 8

    def encrypt(self, block: bytes) -> bytes:
        """The bare RSA operation on a block (RFC 8017 section 5.1.1), which must be smaller than the modulus."""
        return pow(int.from_bytes(block, "big"), self.exponent, self.modulus).to_bytes(self.size, "big")


def rsa_key(certificate: bytes) -> RsaKey:
    """The RSA key of a DER certificate (RFC 8017 appendix A.1.1).

    Raises `Malformed` where there is none, `TooMuch` for one of a size that nobody uses.
    """
    spki = der.inside(der.outline(certificate).spki, der.SEQUENCE)
    if len(spki) != 2 or spki[1].tag != der.BIT_STRING:
        raise Malformed("the certificate's key is not readable")
    numbers = der.inside(spki[1].content[1:], der.SEQUENCE)
    if len(numbers) != 2:
        raise Malformed("the certificate's key is no RSA key")
    modulus, exponent = map(der.integer, numbers)
    if modulus < 1 << 64 or exponent < 1:
        raise Malformed("the certificate's RSA key is no key")
    if modulus.bit_length() > MAX_MODULUS_BITS or exponent.bit_length() > MAX_EXPONENT_BITS:
        raise TooMuch(f"an RSA key of {modulus.bit_length()} bits, exponent of {exponent.bit_length()}")
    return RsaKey(modulus=modulus, exponent=exponent)


def pkcs1_block(premaster: bytes, size: int, random: RandomBytes) -> bytes:
    """The right block for a premaster secret: 00 02, padding without zeros, 00, the secret (RFC 8017 section 7.2.1).

    Raises `Malformed` where the server's key is too small for it.
    """
    count = size - 3 - len(premaster)
    if count < 8:
        raise Malformed(f"an RSA key of {size} bytes is too small for TLS")
    return b"\0\2" + bytes(octet or 1 for octet in random(count)) + b"\0" + premaster


def client_exchange(
    suite: SuiteTraits,
    flight: ServerFlight,
    *,
    client_version: int,
    random: RandomBytes,
    make_share: ShareMaker,
    make_block: BlockMaker | None = None,
) -> ClientExchange:
    """Our half of the exchange for a whole flight with a finishable suite.

    `client_version` is the version in our ClientHello, which the premaster secret of RSA begins with. `make_block`
    replaces `pkcs1_block`. Raises `Malformed`, or `TooMuch` for numbers of a size that nobody uses.
    """
    if suite.key_exchange == "RSA":
        premaster = client_version.to_bytes(2, "big") + random(PREMASTER_BYTES - 2)
        key = rsa_key(flight.certificates[0])
        block = make_block(premaster, key.size) if make_block else pkcs1_block(premaster, key.size, random)
        encrypted = key.encrypt(block)
        # SSLv3 has no length before it (RFC 5246 section 7.4.7.1).
        body = encrypted if flight.version is Version.SSL3 else vector(encrypted, 2)
        return ClientExchange(body=body, premaster=premaster)
    if suite.key_exchange == "DHE":
        if flight.dh is None:
            raise Malformed("a flight without DH parameters")
        return _finite_field(flight.dh, int.from_bytes(random(DH_EXPONENT_BYTES), "big"))
    return _elliptic(flight, make_share)


def _finite_field(dh: DhParameters, exponent: int) -> ClientExchange:
    """RFC 5246 section 8.1.2: leading zero bytes of the shared value are left out."""
    if dh.bits > MAX_MODULUS_BITS:
        raise TooMuch(f"a DH prime of {dh.bits} bits")
    if not 1 < dh.public < dh.prime - 1 or not 1 < dh.generator < dh.prime:
        raise Malformed("the server's DH values are no elements of a group")
    ours, shared = pow(dh.generator, exponent, dh.prime), pow(dh.public, exponent, dh.prime)
    return ClientExchange(body=vector(_bare(ours), 2), premaster=_bare(shared))


def _bare(number: int) -> bytes:
    return number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big")


def _elliptic(flight: ServerFlight, make_share: ShareMaker) -> ClientExchange:
    """RFC 8422 section 5.7."""
    if flight.group not in SHARED_GROUPS or flight.key_public is None:
        raise Malformed(f"chose group {group_name(flight.group or 0)}, in which this client has no key")
    share = make_share(flight.group)
    return ClientExchange(body=vector(share.public, 1), premaster=share.secret(flight.key_public))
