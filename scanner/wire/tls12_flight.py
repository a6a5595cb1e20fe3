"""The server's messages of TLS 1.2 and below: certificate, staple, key exchange, certificate request.

What a suite needs in a whole flight is decided here, by its key exchange (RFC 5246 section 7.4.3, RFC 4279, RFC 8422).
"""

import dataclasses

from scanner.errors import Malformed
from scanner.model.suite_traits import SuiteTraits, traits
from scanner.wire import tls_extensions as ext
from scanner.wire.octets import Octets, read_codes
from scanner.wire.server_flight import CertificateRequest, DhParameters, ServerFlight
from scanner.wire.tls_extensions import ExtensionType
from scanner.wire.tls_offer import Offer
from scanner.wire.tls_record import HandshakeMessage
from scanner.wire.tls_registry import group_name, suite_name
from scanner.wire.tls_version import Version

CERTIFICATE = 11
SERVER_KEY_EXCHANGE = 12
CERTIFICATE_REQUEST = 13
SERVER_HELLO_DONE = 14
CERTIFICATE_STATUS = 22
HELLO_REQUEST = 0

MAX_CERTIFICATES = 128
"""Certificates of one message that are read. Sound chains have up to five."""

EXPLICIT_PRIME, EXPLICIT_CHAR2, NAMED_CURVE = 1, 2, 3
_EXPLICIT_GROUPS = {EXPLICIT_PRIME: 0xFF01, EXPLICIT_CHAR2: 0xFF02}
_ONE_BASIS = 1  # ECBasisType ec_basis_trinomial: one exponent; the pentanomial has three

_NO_CERTIFICATE = frozenset({"anonymous", "PSK", "SRP", "KRB5", "ECCPWD"})
_OWN_KEY_EXCHANGE = frozenset({"DHE", "ECDHE", "SRP", "CECPQ1", "ECCPWD"})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class KeyExchange:
    """What ServerKeyExchange says: a named group or DH parameters, the public value, the SignatureScheme (TLS 1.2)."""

    group: int | None = None
    dh: DhParameters | None = None
    signature: int | None = None
    public: bytes | None = None


def needs_certificate(suite: SuiteTraits) -> bool:
    """Whether a flight with this suite is whole only with a Certificate message."""
    return suite.authentication not in _NO_CERTIFICATE


def needs_key_exchange(suite: SuiteTraits) -> bool:
    """Whether a flight with this suite is whole only with a ServerKeyExchange message."""
    return suite.key_exchange in _OWN_KEY_EXCHANGE


def take_in(flight: ServerFlight, message: HandshakeMessage, seen: set[int]) -> ServerFlight:
    """`flight` with one more of the messages behind its ServerHello; ServerHelloDone is the last one.

    `seen` are the types of those before it, and gets this one's. Raises `Malformed`, also for a second one of a type,
    and for an end that comes too early for the suite.
    """
    kind, body = message.type, message.body
    suite = traits(suite_name(flight.suite))
    if kind in seen:
        raise Malformed(f"handshake message {kind} came twice")
    if kind == CERTIFICATE:
        found = read_certificates(body)
        scts = flight.extensions.get(ExtensionType.SIGNED_CERTIFICATE_TIMESTAMP)
        flight = dataclasses.replace(flight, certificates=found, staples=(None,) * len(found), sct_list=scts)
    elif kind == CERTIFICATE_STATUS:
        if not flight.certificates:
            raise Malformed("CertificateStatus without a certificate before it")
        flight = dataclasses.replace(flight, staples=(ext.read_status_response(body), *flight.staples[1:]))
    elif kind == SERVER_KEY_EXCHANGE:
        one = read_key_exchange(body, suite, flight.version)
        flight = dataclasses.replace(flight, group=one.group, dh=one.dh, signature=one.signature, key_public=one.public)
    elif kind == CERTIFICATE_REQUEST:
        flight = dataclasses.replace(flight, certificate_request=read_certificate_request(body, flight.version))
    elif kind == SERVER_HELLO_DONE:
        _check_whole(flight, suite, seen)
    else:
        raise Malformed(f"handshake message {kind} in the server's flight")
    seen.add(kind)
    return flight


def check_group(group: int | None, offer: Offer) -> None:
    """Raises `Malformed` for a group that was not offered. A hello without groups leaves the choice free."""
    if group is not None and offer.groups and offer.extensions and group not in offer.groups:
        raise Malformed(f"chose group {group_name(group)}, which was not offered")


def _check_whole(flight: ServerFlight, suite: SuiteTraits, seen: set[int]) -> None:
    if needs_certificate(suite) and not flight.certificates:
        raise Malformed("ServerHelloDone without a certificate")
    if needs_key_exchange(suite) and SERVER_KEY_EXCHANGE not in seen:
        raise Malformed("ServerHelloDone without ServerKeyExchange")


def read_certificates(body: bytes) -> tuple[bytes, ...]:
    """The DER certificates of a Certificate message, leaf first."""
    octets = Octets(body)
    listed = Octets(octets.vector(3))
    octets.finish("Certificate")
    found: list[bytes] = []
    while listed.left:
        if len(found) == MAX_CERTIFICATES:
            raise Malformed(f"more than {MAX_CERTIFICATES} certificates")
        found.append(listed.vector(3))
    return tuple(found)


def read_certificate_request(body: bytes, version: Version) -> CertificateRequest:
    """A CertificateRequest of TLS 1.2 or below (RFC 5246 section 7.4.4)."""
    octets = Octets(body)
    types = tuple(octets.vector(1))
    schemes = read_codes(octets.vector(2), "CertificateRequest") if version >= Version.TLS1_2 else ()
    listed = Octets(octets.vector(2))
    octets.finish("CertificateRequest")
    authorities: list[bytes] = []
    while listed.left:
        authorities.append(listed.vector(2))
    return CertificateRequest(authorities=tuple(authorities), signature_schemes=schemes, certificate_types=types)


def read_key_exchange(body: bytes, suite: SuiteTraits, version: Version) -> KeyExchange:
    """A ServerKeyExchange for a suite of this kind. Kinds without a known layout are taken as they are."""
    octets = Octets(body)
    if suite.authentication == "PSK" and suite.key_exchange in {"DHE", "ECDHE"}:
        octets.vector(2)  # psk_identity_hint (RFC 4279, RFC 5489)
    if suite.key_exchange == "DHE":
        prime, generator, public = (_integer(octets, what) for what in ("prime", "generator", "Ys"))
        dh = DhParameters(
            prime=int.from_bytes(prime, "big"),
            generator=int.from_bytes(generator, "big"),
            public=int.from_bytes(public, "big"),
        )
        return KeyExchange(dh=dh, signature=_signature(octets, suite, version), public=public)
    if suite.key_exchange == "ECDHE" and suite.authentication != "SM2":
        group = _curve(octets)
        point = octets.vector(1)
        return KeyExchange(group=group, signature=_signature(octets, suite, version), public=point)
    return KeyExchange()


def _integer(octets: Octets, what: str) -> bytes:
    found = octets.vector(2)
    if not found:
        raise Malformed(f"empty {what}")
    return found


def _curve(octets: Octets) -> int:
    """The group of ECParameters (RFC 8422 section 5.4; explicit curves: RFC 4492 section 5.4)."""
    kind = octets.number(1)
    if kind == NAMED_CURVE:
        return octets.number(2)
    if kind == EXPLICIT_PRIME:
        vectors = 6  # prime, a, b, base, order, cofactor
    elif kind == EXPLICIT_CHAR2:
        octets.number(2)
        basis = octets.number(1)
        vectors = 5 + (1 if basis == _ONE_BASIS else 3)
    else:
        raise Malformed(f"curve type {kind}")
    for _ in range(vectors):
        octets.vector(1)
    return _EXPLICIT_GROUPS[kind]


def _signature(octets: Octets, suite: SuiteTraits, version: Version) -> int | None:
    """The SignatureScheme that signs the parameters; None before TLS 1.2 and where nothing signs them."""
    if suite.authentication in {"anonymous", "PSK"}:
        octets.finish("ServerKeyExchange")
        return None
    scheme = octets.number(2) if version >= Version.TLS1_2 else None
    octets.vector(2)
    octets.finish("ServerKeyExchange")
    return scheme
