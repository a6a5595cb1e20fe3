"""Nodes of a certification path: one certificate, its outline at once, the rest when first needed.

A trust store has more than a hundred roots; only those that a path may use are parsed by cryptography.
"""

import functools
import hashlib
import warnings
from collections.abc import Sequence

from cryptography import x509

from scanner.errors import Malformed
from scanner.model.outcome import Answer
from scanner.wire import der as der_walk
from scanner.wire.x509_extensions import Extensions
from scanner.wire.x509_names import CanonicalName, canonical_name
from scanner.wire.x509_signature import is_signed_by


class Node:
    """One certificate in a search. Raises `Malformed` where its outline cannot be read."""

    def __init__(self, der: bytes) -> None:
        self.der = der
        outline = der_walk.outline(der)
        self.version = outline.version
        self.spki = outline.spki
        self.subject = canonical_name(outline.subject)
        self.issuer = canonical_name(outline.issuer)
        self.critical = frozenset(_critical_oids(outline.extensions))

    def __eq__(self, other: object) -> bool:
        """Whether both are the same certificate."""
        return isinstance(other, Node) and self.der == other.der

    def __hash__(self) -> int:
        """By the DER."""
        return hash(self.der)

    @property
    def is_self_issued(self) -> bool:
        """Whether issuer and subject are the same name."""
        return self.subject == self.issuer

    @property
    def identity(self) -> tuple[CanonicalName, bytes]:
        """Name and key: what stands for a trust anchor (RFC 5280 section 6.1.1), whatever certificate carries it."""
        return self.subject, self.spki

    @functools.cached_property
    def sha256(self) -> str:
        """The hash over the DER, hexadecimal."""
        return hashlib.sha256(self.der).hexdigest()

    @functools.cached_property
    def certificate(self) -> x509.Certificate | None:
        """As cryptography reads it; None where it cannot."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd serials, also of public roots
            try:
                return x509.load_der_x509_certificate(self.der)
            except Exception:
                return None

    @functools.cached_property
    def extensions(self) -> Extensions | None:
        """Its extensions; None where the certificate cannot be read."""
        return None if self.certificate is None else Extensions(self.certificate, self.der)

    def is_signed_by(self, issuer: "Node") -> Answer:
        """Whether `issuer`'s key made this certificate's signature; unknown where our library cannot check it."""
        if self.certificate is None or issuer.certificate is None:
            return Answer.UNKNOWN
        return is_signed_by(self.certificate, issuer.certificate)


def read_nodes(ders: Sequence[bytes]) -> tuple[Node | None, ...]:
    """A node for each certificate, None for those without an outline."""
    return tuple(map(_node, ders))


def _node(der: bytes) -> Node | None:
    try:
        return Node(der)
    except Malformed:
        return None


def _critical_oids(extensions: Sequence[bytes]) -> list[str]:
    """The OIDs of the extensions that are marked critical (RFC 5280 section 4.2)."""
    parts = [der_walk.inside(one, der_walk.SEQUENCE) for one in extensions]
    return [
        der_walk.object_identifier(part[0])
        for part in parts
        if len(part) == 3 and part[1].tag == der_walk.BOOLEAN and part[1].content != b"\x00"
    ]
