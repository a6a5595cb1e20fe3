"""Chains made to order: certificates of any shape, sound or not, in a line each. Keys are P-256 by default."""

import dataclasses
import datetime
import functools
import ipaddress
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey

NOW = datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
SERVER = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
CLIENT = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])


@functools.cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """One RSA key of a size; always the same, because they take long to make."""
    return rsa.generate_private_key(65537, bits)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A certificate and its key; it may issue others, whether it is a CA or not."""

    certificate: x509.Certificate
    key: PrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def name(common_name: str | None) -> x509.Name:
    """A subject with this common name; None: an empty one."""
    return x509.Name([] if common_name is None else [x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def alternative_names(names: Sequence[str]) -> x509.SubjectAlternativeName:
    """DNS names, and IP addresses where they are that."""
    found: list[x509.GeneralName] = []
    for one in names:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(one)))
        except ValueError:
            found.append(x509.DNSName(one))
    return x509.SubjectAlternativeName(found)


def issue(
    subject: str | None,
    issuer: Issued | None = None,
    *,
    ca: bool | None = None,
    path_length: int | None = None,
    sign_certificates: bool | None = None,
    names: Sequence[str] = (),
    purposes: x509.ExtendedKeyUsage | None = None,
    begins: datetime.datetime = NOW - 30 * DAY,
    ends: datetime.datetime = NOW + 60 * DAY,
    key: PrivateKey | None = None,
    issuer_name: x509.Name | None = None,
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
) -> Issued:
    """A certificate by `issuer`, self-signed where that is None. `ca` None leaves basicConstraints out."""
    own = key or ec.generate_private_key(ec.SECP256R1())
    signer = own if issuer is None else issuer.key
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(issuer_name or (name(subject) if issuer is None else issuer.certificate.subject))
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)
    if sign_certificates is not None:
        builder = builder.add_extension(_usage(sign_certificates=sign_certificates), critical=True)
    if names:
        builder = builder.add_extension(alternative_names(names), critical=subject is None)
    if purposes is not None:
        builder = builder.add_extension(purposes, critical=False)
    for value, critical in extensions:
        builder = builder.add_extension(value, critical=critical)
    hashless = not isinstance(signer, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    return Issued(certificate=builder.sign(signer, None if hashless else hashes.SHA256()), key=own)


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def root(subject: str = "Root", *, key: PrivateKey | None = None) -> Issued:
    """A self-signed CA."""
    return issue(subject, ca=True, sign_certificates=True, ends=NOW + 3650 * DAY, key=key)


def intermediate(subject: str, issuer: Issued, **shape: object) -> Issued:
    """A CA that another one made; `shape` as in `issue`."""
    whole = {"ca": True, "sign_certificates": True, "ends": NOW + 900 * DAY, **shape}
    return issue(subject, issuer, **whole)  # type: ignore[arg-type] # checked by issue() itself when a test runs


def leaf(issuer: Issued | None, *names: str, **shape: object) -> Issued:
    """A certificate for a server, `www.example.org` unless named; `shape` as in `issue`."""
    asked = names or ("www.example.org",)
    whole = {"subject": asked[0], "ca": False, "names": asked, "purposes": SERVER, **shape}
    return issue(issuer=issuer, **whole)  # type: ignore[arg-type] # as above
