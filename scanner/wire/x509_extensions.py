"""Extensions of certificates, read one by one: a broken one does not hide the sound ones beside it.

cryptography decodes all extensions at once and raises for all when one is bad; then each is read by itself.
"""

from typing import TypeVar

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID

from scanner.errors import Malformed
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText, peer_text
from scanner.wire import der as der_walk

MAX_NAMES = 4096
"""Names of one certificate that are kept. The largest in use have some hundreds."""

MAX_URLS = 32
"""URLs of one kind that are kept."""

MAX_EXTENSIONS = 64
"""Extensions that are read one by one; certificates in use have about ten."""

_URL_CHARACTERS = 2048
_V = TypeVar("_V", bound=x509.ExtensionType)

_KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
)

_NAMES = {
    "digital_signature": "digitalSignature",
    "content_commitment": "nonRepudiation",
    "key_encipherment": "keyEncipherment",
    "data_encipherment": "dataEncipherment",
    "key_agreement": "keyAgreement",
    "key_cert_sign": "keyCertSign",
    "crl_sign": "cRLSign",
}
"""KeyUsage bits by cryptography's and RFC 5280's name (section 4.2.1.3)."""

_PURPOSES = {
    "1.3.6.1.5.5.7.3.1": "serverAuth",
    "1.3.6.1.5.5.7.3.2": "clientAuth",
    "1.3.6.1.5.5.7.3.3": "codeSigning",
    "1.3.6.1.5.5.7.3.4": "emailProtection",
    "1.3.6.1.5.5.7.3.8": "timeStamping",
    "1.3.6.1.5.5.7.3.9": "OCSPSigning",
    "2.5.29.37.0": "anyExtendedKeyUsage",
}
"""KeyPurposeIds (RFC 5280 section 4.2.1.12); others stand as OID in dots."""


class Extensions:
    """The extensions of one certificate, by type. `notes` says which could not be read, and what was cut."""

    def __init__(self, certificate: x509.Certificate, der: bytes) -> None:
        self.notes: list[str] = []
        self.broken: set[str] = set()
        self._values: dict[type[x509.ExtensionType], x509.ExtensionType] = {}
        try:
            found = list(certificate.extensions)
        except Exception:
            found = self._one_by_one(der)
        for extension in found:
            self._values[type(extension.value)] = extension.value

    def _one_by_one(self, der: bytes) -> list[x509.Extension[x509.ExtensionType]]:
        found: dict[str, x509.Extension[x509.ExtensionType]] = {}
        try:
            parts = der_walk.outline(der).extensions
        except Malformed:
            self.notes.append("extensions could not be read")
            self.broken.add("*")
            return []
        if len(parts) > MAX_EXTENSIONS:
            self.notes.append(f"only the first {MAX_EXTENSIONS} of {len(parts)} extensions were read")
        for part in parts[:MAX_EXTENSIONS]:
            oid = _oid_of(part)
            if oid in found or oid in self.broken:
                self.notes.append(f"extension {_title(oid)} occurs twice")
                continue
            try:
                alone = x509.load_der_x509_certificate(der_walk.with_one_extension(der, part))
                found[oid] = next(iter(alone.extensions))
            except Exception as error:
                self.broken.add(oid)
                self.notes.append(f"extension {_title(oid)} could not be read ({type(error).__name__})")
        return list(found.values())

    def get(self, kind: type[_V]) -> _V | None:
        """The extension of this type; None where there is none, or none that could be read."""
        value = self._values.get(kind)
        return value if isinstance(value, kind) else None

    def is_broken(self, kind: type[x509.ExtensionType]) -> bool:
        """Whether an extension of this type is there, or may be there, and could not be read."""
        return "*" in self.broken or kind.oid.dotted_string in self.broken

    def names(self) -> tuple[tuple[PeerText, ...], tuple[str, ...]]:
        """DNS names and IP addresses of subjectAltName (RFC 5280 section 4.2.1.6), in order, at most `MAX_NAMES`."""
        san = self.get(x509.SubjectAlternativeName)
        if san is None:
            return (), ()
        names = list(san)
        if len(names) > MAX_NAMES:
            self.notes.append(f"only the first {MAX_NAMES} of {len(names)} names are kept")
        kept = names[:MAX_NAMES]
        dns = tuple(peer_text(one.value, limit=_URL_CHARACTERS) for one in kept if isinstance(one, x509.DNSName))
        return dns, tuple(str(one.value) for one in kept if isinstance(one, x509.IPAddress))

    def is_ca(self) -> tuple[Answer, int | None]:
        """Whether basicConstraints makes it a CA, and its path length (RFC 5280 section 4.2.1.9)."""
        constraints = self.get(x509.BasicConstraints)
        if constraints is None:
            return (Answer.UNKNOWN if self.is_broken(x509.BasicConstraints) else Answer.NO), None
        return (Answer.YES if constraints.ca else Answer.NO), constraints.path_length

    def key_usage(self) -> tuple[str, ...]:
        """The bits of keyUsage that are set, by RFC 5280's names; empty where the extension is not there."""
        usage = self.get(x509.KeyUsage)
        return () if usage is None else tuple(_NAMES[bit] for bit in _KEY_USAGES if getattr(usage, bit))

    def purposes(self) -> tuple[str, ...]:
        """The purposes of extKeyUsage; empty where the extension is not there."""
        purposes = self.get(x509.ExtendedKeyUsage)
        if purposes is None:
            return ()
        return tuple(_PURPOSES.get(one.dotted_string, one.dotted_string) for one in purposes)

    def authority_urls(self) -> tuple[tuple[PeerText, ...], tuple[PeerText, ...]]:
        """OCSP and caIssuers URLs of authorityInfoAccess (RFC 5280 section 4.2.2.1)."""
        access = self.get(x509.AuthorityInformationAccess)
        if access is None:
            return (), ()

        def of(method: x509.ObjectIdentifier) -> tuple[PeerText, ...]:
            return _urls([one.access_location for one in access if one.access_method == method])

        return of(AuthorityInformationAccessOID.OCSP), of(AuthorityInformationAccessOID.CA_ISSUERS)

    def crl_urls(self) -> tuple[PeerText, ...]:
        """The URLs of cRLDistributionPoints (RFC 5280 section 4.2.1.13)."""
        points = self.get(x509.CRLDistributionPoints)
        return () if points is None else _urls([name for point in points for name in point.full_name or ()])

    def must_staple(self) -> Answer:
        """Whether the TLS feature extension asks for a staple (RFC 7633)."""
        feature = self.get(x509.TLSFeature)
        if feature is None:
            return Answer.UNKNOWN if self.is_broken(x509.TLSFeature) else Answer.NO
        return Answer.YES if x509.TLSFeatureType.status_request in feature else Answer.NO

    def scts(self) -> int:
        """How many signed certificate timestamps are embedded (RFC 6962 section 3.3)."""
        embedded = self.get(x509.PrecertificateSignedCertificateTimestamps)
        return 0 if embedded is None else len(embedded)


def _urls(names: list[x509.GeneralName]) -> tuple[PeerText, ...]:
    found = [one.value for one in names if isinstance(one, x509.UniformResourceIdentifier)]
    return tuple(peer_text(one, limit=_URL_CHARACTERS) for one in found[:MAX_URLS])


def _oid_of(extension: bytes) -> str:
    try:
        return der_walk.object_identifier(der_walk.inside(extension, der_walk.SEQUENCE)[0])
    except (Malformed, IndexError):
        return "?"


_TITLES = {
    oid.dotted_string: title
    for oid, title in {
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME: "subjectAltName",
        ExtensionOID.BASIC_CONSTRAINTS: "basicConstraints",
        ExtensionOID.KEY_USAGE: "keyUsage",
        ExtensionOID.EXTENDED_KEY_USAGE: "extKeyUsage",
        ExtensionOID.NAME_CONSTRAINTS: "nameConstraints",
        ExtensionOID.AUTHORITY_INFORMATION_ACCESS: "authorityInfoAccess",
        ExtensionOID.CRL_DISTRIBUTION_POINTS: "cRLDistributionPoints",
        ExtensionOID.TLS_FEATURE: "tlsFeature",
        ExtensionOID.PRECERT_SIGNED_CERTIFICATE_TIMESTAMPS: "signedCertificateTimestampList",
    }.items()
}


def _title(oid: str) -> str:
    return _TITLES.get(oid, oid)
