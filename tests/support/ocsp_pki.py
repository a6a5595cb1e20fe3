"""A small PKI that issues certificates and OCSP responses, right and wrong, for tests of stapling."""

import dataclasses
import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

NOW = datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.UTC)
"""The instant around which everything here is valid unless told otherwise."""

DAY = datetime.timedelta(days=1)

VALID = (NOW - 30 * DAY, NOW + 60 * DAY)
"""When a certificate is valid unless told otherwise."""

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


def ec_key() -> ec.EllipticCurvePrivateKey:
    """A P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def der_of(certificate: x509.Certificate) -> bytes:
    """The certificate's DER."""
    return certificate.public_bytes(serialization.Encoding.DER)


def _hash_for(key: Key) -> hashes.SHA256 | None:
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def der(self) -> bytes:
        """The certificate's DER."""
        return der_of(self.certificate)

    def write(self, folder: Path, *chain: "Issued") -> tuple[Path, Path]:
        """Writes the chain and the key as PEM; their paths."""
        pem = serialization.Encoding.PEM
        certificates, key = folder / "chain.pem", folder / "key.pem"
        certificates.write_bytes(b"".join(one.certificate.public_bytes(pem) for one in (self, *chain)))
        key.write_bytes(
            self.key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        )
        return certificates, key


def issue(
    name: str,
    *,
    by: Issued | None = None,
    key: Key | None = None,
    names: tuple[str, ...] = (),
    ocsp_url: str | None = None,
    must_staple: bool = False,
    usages: tuple[x509.ObjectIdentifier, ...] = (),
    valid: tuple[datetime.datetime, datetime.datetime] = VALID,
    serial: int | None = None,
) -> Issued:
    """A certificate for `name`, self-signed where `by` is None."""
    key = key or ec_key()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(valid[0])
        .not_valid_after(valid[1])
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), critical=False)
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    if must_staple:
        builder = builder.add_extension(x509.TLSFeature([x509.TLSFeatureType.status_request]), critical=False)
    if ocsp_url:
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(ocsp_url))
        builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    signer = by.key if by else key
    return Issued(certificate=builder.sign(signer, _hash_for(signer)), key=key)


def delegate(by: Issued, *, signing: bool = True, valid: tuple[datetime.datetime, datetime.datetime] = VALID) -> Issued:
    """An OCSP responder's certificate; without OCSPSigning where `signing` is false."""
    usage = ExtendedKeyUsageOID.OCSP_SIGNING if signing else ExtendedKeyUsageOID.SERVER_AUTH
    return issue("Responder", by=by, usages=(usage,), valid=valid)


def respond(
    leaf: Issued,
    issuer: Issued,
    *,
    signer: Issued | None = None,
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
    this_update: datetime.datetime = NOW - DAY,
    next_update: datetime.datetime | None = NOW + 6 * DAY,
    hashed_with: hashes.HashAlgorithm | None = None,
    include_signer: bool = True,
) -> bytes:
    """An OCSP response for `leaf`, signed by `signer` (the issuer unless given)."""
    revoked = status is ocsp.OCSPCertStatus.REVOKED
    signer = signer or issuer
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            leaf.certificate,
            issuer.certificate,
            hashed_with or hashes.SHA1(),  # the hash of RFC 5019 section 2.1.1
            status,
            this_update,
            next_update,
            NOW - 3 * DAY if revoked else None,
            x509.ReasonFlags.key_compromise if revoked else None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
    )
    if signer is not issuer and include_signer:
        builder = builder.certificates([signer.certificate])
    return builder.sign(signer.key, _hash_for(signer.key)).public_bytes(serialization.Encoding.DER)
