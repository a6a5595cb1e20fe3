"""Certificates for hostile servers: a sound leaf, one for another host, one that is huge, and a chain without end."""

import dataclasses
import datetime
import functools

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.hostile.peers import noise

CHAIN = 100
HUGE_BYTES = 60_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A chain, leaf first, and the leaf's key, in PEM."""

    chain: tuple[bytes, ...]
    key: bytes


@functools.cache
def authority() -> trustme.CA:
    """The authority that the scans trust."""
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


def leaf(*names: str) -> Pair:
    """A sound leaf for these names: ten of its sixty days are gone."""
    begin = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=10)
    end = begin + datetime.timedelta(days=60)
    made = authority().issue_cert(*names, key_type=trustme.KeyType.ECDSA, not_before=begin, not_after=end)
    return Pair(chain=tuple(one.bytes() for one in made.cert_chain_pems), key=made.private_key_pem.bytes())


def long(*names: str) -> Pair:
    """A sound leaf, and a hundred certificates that have nothing to do with it."""
    sound = leaf(*names)
    others = tuple(leaf(f"{number}.invalid").chain[0] for number in range(CHAIN))
    return Pair(chain=(sound.chain[0], *others), key=sound.key)


def huge(*names: str) -> Pair:
    """A leaf with an unknown extension of 60 KB."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
    begin = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=10)
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), noise(HUGE_BYTES))
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + datetime.timedelta(days=60))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .add_extension(unknown, critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Pair(chain=(made.public_bytes(serialization.Encoding.PEM),), key=secret)
