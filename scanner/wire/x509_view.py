"""The parse room for certificates: DER in, a `Certificate` of the evidence out, whatever the bytes.

cryptography is lazy: a certificate that loads may still raise when a field is touched. So every access happens here,
inside a net, and what cannot be read becomes a note. Nothing of it is verified but whether a certificate signed itself.
"""

import base64
import dataclasses
import hashlib
import warnings
from collections.abc import Callable, Sequence
from typing import TypeVar

from cryptography import x509
from cryptography.x509.oid import NameOID

from scanner.errors import Malformed, TooMuch
from scanner.model.evidence.certificates import Certificate, PublicKey
from scanner.model.outcome import Answer, Stage
from scanner.model.peer import PeerText, peer_text
from scanner.wire import der as der_walk
from scanner.wire.x509_extensions import Extensions
from scanner.wire.x509_keys import EXPLICIT, read_key, read_signature_algorithm
from scanner.wire.x509_signature import is_signed_by

MAX_CERTIFICATES = 32
"""Certificates in one chain."""

MAX_CHAIN_BYTES = 256 * 1024
"""Bytes of all the certificates of one chain."""

COSTLY_CHAIN_BYTES = 64 * 1024
"""Bytes from which on a chain is read in the worker process."""

COSTLY_KEY_BITS = 8192
"""Bits of RSA or DSA beyond which one signature costs too much for the event loop."""

_NAME_CHARACTERS = 2048
T = TypeVar("T")
D = TypeVar("D")


def needs_isolation(ders: Sequence[bytes]) -> bool:
    """Whether reading or verifying these certificates belongs in the worker process (`scanner.isolate`).

    Decided by their size and the outline of their keys: giant keys, and explicit curve parameters (CVE-2022-0778).
    """
    return sum(map(len, ders)) > COSTLY_CHAIN_BYTES or any(map(_is_costly, ders))


def read_chain(ders: Sequence[bytes]) -> tuple[Certificate, ...]:
    """Each certificate of a chain, in order. Raises `TooMuch` beyond the caps of number and size."""
    if len(ders) > MAX_CERTIFICATES:
        raise TooMuch(f"{len(ders)} certificates in one chain; {MAX_CERTIFICATES} are read", stage=Stage.PARSE)
    if sum(map(len, ders)) > MAX_CHAIN_BYTES:
        raise TooMuch(f"a chain of more than {MAX_CHAIN_BYTES} bytes", stage=Stage.PARSE)
    return tuple(map(read_certificate, ders))


def read_certificate(der: bytes) -> Certificate:
    """What can be read of one certificate; `notes` says what cannot. Never raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cryptography warns of odd serials; the serial is read from the outline
        return _Reading(der).certificate()


def _is_costly(der: bytes) -> bool:
    try:
        key = read_key(der_walk.outline(der).spki)
    except Malformed:
        return False  # no certificate; cryptography refuses it at once
    return key.curve == EXPLICIT or (key.bits or 0) > COSTLY_KEY_BITS


class _Reading:
    """One certificate being read, field by field."""

    def __init__(self, der: bytes) -> None:
        self.der = der
        self.notes: list[str] = []
        self.outline = self.attempt("the outline", lambda: der_walk.outline(der), None)
        self.loaded = self.attempt("the certificate", lambda: x509.load_der_x509_certificate(der), None)

    def attempt(self, what: str, read: Callable[[], T], default: D) -> T | D:
        """What `read` returns; else `default`, and a note that names the field but quotes nothing."""
        try:
            return read()
        except Exception as error:
            kind = type(error).__name__
        except BaseException as error:
            # A panic in cryptography's Rust is a BaseException, of a type that has no importable name.
            if type(error).__name__ != "PanicException":
                raise
            kind = "PanicException"
        self.notes.append(f"{what} could not be read ({kind})")
        return default

    def certificate(self) -> Certificate:
        """All that can be read."""
        bare = Certificate(
            sha256=hashlib.sha256(self.der).hexdigest(),
            der=base64.b64encode(self.der).decode(),
            size=len(self.der),
            subject=PeerText(""),
            issuer=PeerText(""),
            serial="",
            not_before=None,
            not_after=None,
            key=PublicKey(type="unreadable"),
            signature_algorithm="unreadable",
        )
        whole = self._with_extensions(self._with_fields(self._with_outline(bare)))
        return dataclasses.replace(whole, notes=tuple(self.notes))

    def _with_outline(self, bare: Certificate) -> Certificate:
        outline = self.outline
        if outline is None:
            return bare
        name, hash_name = read_signature_algorithm(outline.algorithm)
        return dataclasses.replace(
            bare,
            serial=_hexadecimal(outline.serial),
            version=outline.version,
            key=read_key(outline.spki),
            signature_algorithm=name,
            signature_hash=hash_name,
            self_issued=outline.subject == outline.issuer,
        )

    def _with_fields(self, bare: Certificate) -> Certificate:
        loaded = self.loaded
        if loaded is None:
            return bare
        return dataclasses.replace(
            bare,
            subject=self.attempt("subject", lambda: _name(loaded.subject), PeerText("")),
            issuer=self.attempt("issuer", lambda: _name(loaded.issuer), PeerText("")),
            common_name=self.attempt("commonName", lambda: _common_name(loaded.subject), None),
            not_before=self.attempt("notBefore", lambda: loaded.not_valid_before_utc, None),
            not_after=self.attempt("notAfter", lambda: loaded.not_valid_after_utc, None),
            self_signed=is_signed_by(loaded, loaded) if bare.self_issued else Answer.NO,
        )

    def _with_extensions(self, bare: Certificate) -> Certificate:
        loaded = self.loaded
        if loaded is None:
            return bare
        extensions = self.attempt("extensions", lambda: Extensions(loaded, self.der), None)
        if extensions is None:
            return dataclasses.replace(bare, must_staple=Answer.UNKNOWN)
        names, addresses = self.attempt("subjectAltName", extensions.names, None) or ((), ())
        is_ca, path_length = self.attempt("basicConstraints", extensions.is_ca, None) or (Answer.UNKNOWN, None)
        ocsp_urls, ca_issuer_urls = self.attempt("authorityInfoAccess", extensions.authority_urls, None) or ((), ())
        read = dataclasses.replace(
            bare,
            names=names,
            addresses=addresses,
            is_ca=is_ca,
            path_length=path_length,
            ocsp_urls=ocsp_urls,
            ca_issuer_urls=ca_issuer_urls,
            key_usage=self.attempt("keyUsage", extensions.key_usage, ()),
            extended_key_usage=self.attempt("extKeyUsage", extensions.purposes, ()),
            crl_urls=self.attempt("cRLDistributionPoints", extensions.crl_urls, ()),
            must_staple=self.attempt("tlsFeature", extensions.must_staple, Answer.UNKNOWN),
            scts=self.attempt("signedCertificateTimestampList", extensions.scts, 0),
        )
        self.notes += extensions.notes
        return read


def _name(name: x509.Name) -> PeerText:
    return peer_text(name.rfc4514_string(), limit=_NAME_CHARACTERS)


def _common_name(name: x509.Name) -> PeerText | None:
    values = [one.value for one in name.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if not values:
        return None
    value = values[0]
    return peer_text(value, limit=_NAME_CHARACTERS)


def _hexadecimal(number: int) -> str:
    """Upper-case, an even number of digits, `-` before a negative one."""
    digits = f"{abs(number):X}"
    return ("-" if number < 0 else "") + digits.zfill(len(digits) + len(digits) % 2)
