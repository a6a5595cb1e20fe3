"""OCSP responses as servers staple them (RFC 6960, RFC 6066 section 8): DER in, a verified `Staple` out.

Rule of the file: a value for every input, never an exception. What cannot be read becomes a note; what cannot be
verified becomes `unknown` with a reason. Whether the response is fresh is for the rules: nothing here knows the time
but the instant that the caller names, and that is for a delegate's certificate only.
"""

import dataclasses
import datetime
import hashlib
import itertools
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, SignatureAlgorithmOID

from scanner.errors import Malformed
from scanner.model.evidence.ocsp_stapling import CertStatus, Staple
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText, peer_text
from scanner.wire.der import outline
from scanner.wire.x509_names import CanonicalName, canonical_name
from scanner.wire.x509_signature import is_signed_by

T = TypeVar("T")

MAX_RESPONSE_BYTES = 64 * 1024
"""Bytes of one response. Real ones have 300 to 4000; beyond this it is not parsed."""

MAX_SINGLE_RESPONSES = 32
"""SingleResponses that are looked through for the leaf's."""

MAX_DELEGATES = 8
"""Certificates in the response that are tried as its signer."""

MAX_RESPONDER_CHARACTERS = 512
"""Characters kept of the responder's name."""

UNREADABLE = "unreadable"
"""`response_status` where there is no OCSPResponse in the bytes."""

_RESPONSE_STATUS = {
    ocsp.OCSPResponseStatus.SUCCESSFUL: "successful",
    ocsp.OCSPResponseStatus.MALFORMED_REQUEST: "malformedRequest",
    ocsp.OCSPResponseStatus.INTERNAL_ERROR: "internalError",
    ocsp.OCSPResponseStatus.TRY_LATER: "tryLater",
    ocsp.OCSPResponseStatus.SIG_REQUIRED: "sigRequired",
    ocsp.OCSPResponseStatus.UNAUTHORIZED: "unauthorized",
}
"""OCSPResponseStatus by its names in RFC 6960 section 4.2.1."""

_CERT_STATUS = {
    ocsp.OCSPCertStatus.GOOD: CertStatus.GOOD,
    ocsp.OCSPCertStatus.REVOKED: CertStatus.REVOKED,
    ocsp.OCSPCertStatus.UNKNOWN: CertStatus.UNKNOWN,
}

_HASHLESS = frozenset({SignatureAlgorithmOID.ED25519, SignatureAlgorithmOID.ED448})


class _Reader:
    """Reads one attribute at a time: cryptography parses on access, and an access may raise nearly anything."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def read(self, what: str, access: Callable[[], T]) -> T | None:
        """What `access` returns; None and a note where it raises."""
        try:
            return access()
        except Exception as error:
            self.notes.append(f"{what} could not be read ({type(error).__name__})")
            return None


def read_staple(response: bytes, *, leaf: bytes, issuers: Iterable[bytes], at: datetime.datetime) -> Staple:
    """The stapled OCSPResponse `response` (DER), read and verified for the certificate `leaf` (DER).

    `issuers` are DER certificates among which the leaf's issuer is looked for; they are loaded one by one until it is
    found. A delegate that signed must have been valid at `at` (aware, UTC). Never raises; see `Staple` for the answers.
    """
    digest = hashlib.sha256(response).hexdigest()
    parsed = _parse(response)
    if isinstance(parsed, str):
        return Staple(der_sha256=digest, size=len(response), response_status=UNREADABLE, notes=(parsed,))
    reader = _Reader()
    status = reader.read("responseStatus", lambda: _RESPONSE_STATUS[parsed.response_status]) or UNREADABLE
    if status != "successful":
        return Staple(der_sha256=digest, size=len(response), response_status=status, notes=tuple(reader.notes))

    certificate = reader.read("the leaf certificate", lambda: _load(leaf))
    issuer = None if certificate is None else _issuer_of(certificate, issuers)
    single = _single_for(certificate, parsed, reader)
    signature, signature_reason = _signature(parsed, issuer, at)
    staple = Staple(
        der_sha256=digest,
        size=len(response),
        response_status=status,
        produced_at=reader.read("producedAt", lambda: parsed.produced_at_utc),
        signature=signature,
        signature_reason=signature_reason,
        matches_certificate=_matches(single, certificate, issuer, reader),
        responder=reader.read("responderID", lambda: _responder(parsed)),
    )
    if single is not None:
        staple = _with_single(staple, single, reader)
    return dataclasses.replace(staple, notes=tuple(reader.notes))


def _with_single(staple: Staple, single: ocsp.OCSPSingleResponse, reader: _Reader) -> Staple:
    reason = reader.read("revocationReason", lambda: single.revocation_reason)
    return dataclasses.replace(
        staple,
        cert_status=reader.read("certStatus", lambda: _CERT_STATUS[single.certificate_status]),
        revoked_at=reader.read("revocationTime", lambda: single.revocation_time_utc),
        revocation_reason=None if reason is None else reason.value,
        this_update=reader.read("thisUpdate", lambda: single.this_update_utc),
        next_update=reader.read("nextUpdate", lambda: single.next_update_utc),
    )


def _parse(response: bytes) -> ocsp.OCSPResponse | str:
    """The response; where there is none, why."""
    if not response:
        return "empty"
    if len(response) > MAX_RESPONSE_BYTES:
        return f"{len(response)} bytes; responses of more than {MAX_RESPONSE_BYTES} are not parsed"
    try:
        return ocsp.load_der_ocsp_response(response)
    except Exception as error:
        return f"no OCSPResponse ({type(error).__name__})"


def _load(der: bytes) -> x509.Certificate:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cryptography warns of odd serials and encodings; those are others' evidence
        return x509.load_der_x509_certificate(der)


def _issuer_of(leaf: x509.Certificate, pool: Iterable[bytes]) -> x509.Certificate | None:
    """The certificate in `pool` whose name is the leaf's issuer and whose key signed the leaf."""
    try:
        wanted = _issuer_name(leaf)
    except Malformed:
        return None
    for der in pool:
        try:
            candidate = _load(der) if canonical_name(outline(der).subject) == wanted else None
        except (Malformed, ValueError):
            continue  # whatever is odd about it, it is not the issuer that we can verify
        if candidate is not None and is_signed_by(leaf, candidate) is Answer.YES:
            return candidate
    return None


def _issuer_name(certificate: x509.Certificate) -> CanonicalName:
    return canonical_name(outline(certificate.public_bytes(Encoding.DER)).issuer)


def _single_for(
    leaf: x509.Certificate | None, response: ocsp.OCSPResponse, reader: _Reader
) -> ocsp.OCSPSingleResponse | None:
    """The SingleResponse with the leaf's serial; where there is none, the first."""
    singles = reader.read("responses", lambda: tuple(itertools.islice(response.responses, MAX_SINGLE_RESPONSES)))
    if not singles:
        reader.notes.append("the response speaks of no certificate")
        return None

    def with_serial() -> ocsp.OCSPSingleResponse | None:
        serial = None if leaf is None else leaf.serial_number
        return next((single for single in singles if single.serial_number == serial), None)

    return reader.read("serialNumber", with_serial) or singles[0]


def _matches(
    single: ocsp.OCSPSingleResponse | None,
    leaf: x509.Certificate | None,
    issuer: x509.Certificate | None,
    reader: _Reader,
) -> Answer:
    """Whether the CertID (RFC 6960 section 4.1.1) is the leaf's: serial, and the issuer's name and key hashed anew."""
    if single is None or leaf is None:
        return Answer.UNKNOWN
    same_serial = reader.read("serialNumber", lambda: single.serial_number == leaf.serial_number)
    if same_serial is None:
        return Answer.UNKNOWN
    if not same_serial:
        return Answer.NO
    if issuer is None:
        reader.notes.append("issuerNameHash and issuerKeyHash not compared: the issuer's certificate is not known")
        return Answer.UNKNOWN
    same_issuer = reader.read("certID", lambda: _same_issuer(single, leaf, issuer))
    if same_issuer is None:
        return Answer.UNKNOWN
    return Answer.YES if same_issuer else Answer.NO


def _same_issuer(single: ocsp.OCSPSingleResponse, leaf: x509.Certificate, issuer: x509.Certificate) -> bool:
    ours = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, single.hash_algorithm).build()
    return ours.issuer_name_hash == single.issuer_name_hash and ours.issuer_key_hash == single.issuer_key_hash


def _responder(response: ocsp.OCSPResponse) -> PeerText | None:
    name = response.responder_name
    if name is not None:
        return peer_text(name.rfc4514_string(), limit=MAX_RESPONDER_CHARACTERS)
    key_hash = response.responder_key_hash
    return None if key_hash is None else peer_text(f"key SHA-1 {key_hash.hex()}", limit=MAX_RESPONDER_CHARACTERS)


def _signature(
    response: ocsp.OCSPResponse, issuer: x509.Certificate | None, at: datetime.datetime
) -> tuple[Answer, str]:
    """Whether an authorised responder signed (RFC 6960 section 4.2.2.2): the issuer itself, or its delegate."""
    if issuer is None:
        return Answer.UNKNOWN, "the issuer's certificate is not known"
    try:
        if _verifies(issuer, response):
            return Answer.YES, "signed by the issuer"
        flaws = []
        for delegate in _delegates(response):
            if _verifies(delegate, response):
                flaw = _flaw_of(delegate, issuer, at)
                if flaw is None:
                    return Answer.YES, "signed by a delegate of the issuer"
                flaws.append(flaw)
    except Exception as error:
        return Answer.UNKNOWN, f"the signature could not be checked ({type(error).__name__})"
    return Answer.NO, flaws[0] if flaws else "made by neither the issuer nor a certificate in the response"


def _delegates(response: ocsp.OCSPResponse) -> Iterator[x509.Certificate]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        certificates = response.certificates
    return itertools.islice(certificates, MAX_DELEGATES)


def _verifies(signer: x509.Certificate, response: ocsp.OCSPResponse) -> bool:
    """Whether the key of `signer` made the signature. Raises `UnsupportedAlgorithm` where that cannot be computed."""
    key, signature, signed = signer.public_key(), response.signature, response.tbs_response_bytes
    hashless = response.signature_algorithm_oid in _HASHLESS
    algorithm = None if hashless else response.signature_hash_algorithm
    try:
        if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
            key.verify(signature, signed)
        elif algorithm is None:
            return False
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(algorithm))
        else:
            raise UnsupportedAlgorithm(f"OCSP signatures by {type(key).__name__} are not verified")
    except InvalidSignature:
        return False
    return True


def _flaw_of(delegate: x509.Certificate, issuer: x509.Certificate, at: datetime.datetime) -> str | None:
    """Why a certificate that made the signature may not speak for the issuer; None where it may."""
    subject = canonical_name(outline(issuer.public_bytes(Encoding.DER)).subject)
    made = is_signed_by(delegate, issuer) if _issuer_name(delegate) == subject else Answer.NO
    if made is Answer.UNKNOWN:
        raise UnsupportedAlgorithm("the signature on a delegate's certificate cannot be checked")
    if made is Answer.NO:
        return "signed by a certificate that the issuer did not make"
    try:
        usages = delegate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return "signed by a certificate without the extended key usage OCSPSigning"
    if ExtendedKeyUsageOID.OCSP_SIGNING not in usages:
        return "signed by a certificate without the extended key usage OCSPSigning"
    if not delegate.not_valid_before_utc <= at <= delegate.not_valid_after_utc:
        return "signed by a delegate whose certificate is not valid now"
    return None
