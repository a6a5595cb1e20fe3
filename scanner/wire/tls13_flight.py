"""The server's encrypted flight of TLS 1.3: keys, records, EncryptedExtensions to CertificateVerify (RFC 8446).

Only the server's handshake keys are derived. Nothing is authenticated: who wants to trust what is read here checks the
certificate elsewhere.
"""

import dataclasses
import hmac
from collections.abc import Callable, Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305

from scanner.errors import Malformed
from scanner.wire import tls_extensions as ext
from scanner.wire.octets import Octets, vector
from scanner.wire.server_flight import CertificateRequest
from scanner.wire.tls12_flight import MAX_CERTIFICATES
from scanner.wire.tls_extensions import ExtensionType
from scanner.wire.tls_record import ContentType, Record

ENCRYPTED_EXTENSIONS = 8
CERTIFICATE = 11
CERTIFICATE_REQUEST = 13
CERTIFICATE_VERIFY = 15
FINISHED = 20
COMPRESSED_CERTIFICATE = 25
MESSAGE_HASH = 254

_CERTIFICATE_AUTHORITIES = 47
_IV_BYTES = 12
_TAG, _SHORT_TAG = 16, 8

Aead = AESGCM | AESCCM | ChaCha20Poly1305


def _ccm_8(key: bytes) -> Aead:
    return AESCCM(key, tag_length=_SHORT_TAG)


# Suite: hash, key length, cipher (RFC 8446 appendix B.4).
_SUITES: dict[int, tuple[str, int, Callable[[bytes], Aead]]] = {
    0x1301: ("sha256", 16, AESGCM),
    0x1302: ("sha384", 32, AESGCM),
    0x1303: ("sha256", 32, ChaCha20Poly1305),
    0x1304: ("sha256", 16, AESCCM),
    0x1305: ("sha256", 16, _ccm_8),
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CertificateMessage:
    """A Certificate message: the DER certificates, each one's staple, and the leaf's SCT list."""

    certificates: tuple[bytes, ...]
    staples: tuple[bytes | None, ...]
    sct_list: bytes | None


def expand_label(secret: bytes, label: str, context: bytes, length: int, hash_name: str) -> bytes:
    """HKDF-Expand-Label (RFC 8446 section 7.1)."""
    info = length.to_bytes(2, "big") + vector(b"tls13 " + label.encode("ascii"), 1) + vector(context, 1)
    out, block, counter = b"", b"", 1
    while len(out) < length:
        block = hmac.digest(secret, block + info + bytes((counter,)), hash_name)
        out += block
        counter += 1
    return out[:length]


def hash_of_suite(suite: int) -> str:
    """The hash of a decryptable suite, by hashlib's name."""
    return _SUITES[suite][0]


class RecordOpener:
    """Decrypts the server's handshake records, in order (RFC 8446 section 5.2)."""

    def __init__(self, suite: int, secret: bytes) -> None:
        self._aead, self._iv = _keys(suite, secret)
        self._sequence = 0

    def open(self, record: Record) -> tuple[ContentType, bytes]:
        """The inner type and plaintext. Raises `Malformed` where it does not decrypt or has no type."""
        nonce = (self._iv ^ self._sequence).to_bytes(_IV_BYTES, "big")
        self._sequence += 1
        try:
            inner = self._aead.decrypt(nonce, record.payload, record.header)
        except (InvalidTag, ValueError):
            raise Malformed("a record does not decrypt") from None
        content = inner.rstrip(b"\0")
        if not content:
            raise Malformed("a record without a content type")
        try:
            return ContentType(content[-1]), content[:-1]
        except ValueError:
            raise Malformed(f"inner content type {content[-1]}") from None


class RecordSealer:
    """Encrypts our own records under one traffic secret, in order (RFC 8446 section 5.2)."""

    def __init__(self, suite: int, secret: bytes) -> None:
        self._aead, self._iv = _keys(suite, secret)
        self._tag_bytes = _SHORT_TAG if _SUITES[suite][2] is _ccm_8 else _TAG
        self._sequence = 0

    def seal(self, content: ContentType, payload: bytes) -> bytes:
        """One record with `payload`, which must not be longer than 2**14 bytes."""
        nonce = (self._iv ^ self._sequence).to_bytes(_IV_BYTES, "big")
        self._sequence += 1
        inner = payload + bytes((content,))
        length = len(inner) + self._tag_bytes
        header = bytes((ContentType.APPLICATION_DATA, 3, 3)) + length.to_bytes(2, "big")
        return header + self._aead.encrypt(nonce, inner, header)


def _keys(suite: int, secret: bytes) -> tuple[Aead, int]:
    """The cipher and the static part of the nonces (section 7.3)."""
    hash_name, key_bytes, cipher = _SUITES[suite]
    iv = int.from_bytes(expand_label(secret, "iv", b"", _IV_BYTES, hash_name), "big")
    return cipher(expand_label(secret, "key", b"", key_bytes, hash_name)), iv


def read_encrypted_extensions(body: bytes) -> Mapping[int, bytes]:
    """The extensions of an EncryptedExtensions message."""
    octets = Octets(body)
    extensions = ext.read_extensions(octets.vector(2), "EncryptedExtensions")
    octets.finish("EncryptedExtensions")
    return extensions


def read_compression_algorithm(body: bytes) -> int:
    """The algorithm of a CompressedCertificate message (RFC 8879 section 4), which is left packed."""
    octets = Octets(body)
    algorithm, _ = octets.number(2), octets.number(3)
    octets.vector(3)
    octets.finish("CompressedCertificate")
    return algorithm


def read_certificate(body: bytes) -> CertificateMessage:
    """A Certificate message (section 4.4.2). Every entry may carry its own staple and SCTs."""
    octets = Octets(body)
    octets.vector(1)  # certificate_request_context, empty from a server
    listed = Octets(octets.vector(3))
    octets.finish("Certificate")
    certificates: list[bytes] = []
    staples: list[bytes | None] = []
    sct_list: bytes | None = None
    while listed.left:
        if len(certificates) == MAX_CERTIFICATES:
            raise Malformed(f"more than {MAX_CERTIFICATES} certificates")
        certificates.append(listed.vector(3))
        extensions = ext.read_extensions(listed.vector(2), "Certificate")
        status = extensions.get(ExtensionType.STATUS_REQUEST)
        staples.append(None if status is None else ext.read_status_response(status))
        if len(certificates) == 1:
            sct_list = extensions.get(ExtensionType.SIGNED_CERTIFICATE_TIMESTAMP)
    return CertificateMessage(certificates=tuple(certificates), staples=tuple(staples), sct_list=sct_list)


def read_certificate_request(body: bytes) -> CertificateRequest:
    """A CertificateRequest (section 4.3.2)."""
    octets = Octets(body)
    octets.vector(1)  # certificate_request_context
    extensions = ext.read_extensions(octets.vector(2), "CertificateRequest")
    octets.finish("CertificateRequest")
    schemes = extensions.get(ExtensionType.SIGNATURE_ALGORITHMS)
    names: list[bytes] = []
    if (authorities := extensions.get(_CERTIFICATE_AUTHORITIES)) is not None:
        listed = Octets(Octets(authorities).vector(2))
        while listed.left:
            names.append(listed.vector(2))
    return CertificateRequest(
        authorities=tuple(names), signature_schemes=() if schemes is None else ext.read_signature_algorithms(schemes)
    )


def read_certificate_verify(body: bytes) -> int:
    """The SignatureScheme of a CertificateVerify (section 4.4.3)."""
    octets = Octets(body)
    scheme = octets.number(2)
    octets.vector(2)
    octets.finish("CertificateVerify")
    return scheme
