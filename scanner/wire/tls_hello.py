"""ClientHello out, ServerHello in (RFC 8446 section 4.1, RFC 5246 section 7.4.1)."""

import dataclasses
from collections.abc import Mapping

from scanner.errors import Malformed
from scanner.wire import tls_extensions as ext
from scanner.wire.octets import Octets, codes, vector
from scanner.wire.tls_extensions import ExtensionType
from scanner.wire.tls_offer import Offer
from scanner.wire.tls_version import Version

CLIENT_HELLO = 1
SERVER_HELLO = 2

EMPTY_RENEGOTIATION_INFO_SCSV = 0x00FF
"""Signals secure renegotiation without an extension (RFC 5746 section 3.3): Windows refuses hellos without a signal."""

RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""The random that makes a ServerHello a HelloRetryRequest: SHA-256 of that name (RFC 8446 section 4.1.3)."""

# Lengths of the message that old middleboxes cannot stand: 256 to 511 (F5 took it for SSLv2, RFC 7685 section 3), and
# ends that some load balancers hang on, for the message with and without its header.
_BAD_RANGE = range(256, 512)
_BAD_ENDS = frozenset({10, 14, 18})
_NUDGE = 9

_SIGNALS = b"".join(
    ext.extension(code)
    for code in (
        ExtensionType.EXTENDED_MASTER_SECRET,
        ExtensionType.ENCRYPT_THEN_MAC,
        ExtensionType.SESSION_TICKET,
    )
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ServerHello:
    """A ServerHello or HelloRetryRequest. `version` is the one negotiated; `extensions` map code to raw body."""

    version: Version
    random: bytes
    session_id: bytes
    suite: int
    compression: int
    extensions: Mapping[int, bytes]

    @property
    def is_retry(self) -> bool:
        """Whether it is a HelloRetryRequest."""
        return self.random == RETRY_RANDOM


def client_hello(
    offer: Offer,
    *,
    random: bytes,
    session_id: bytes = b"",
    shares: tuple[tuple[int, bytes], ...] = (),
    cookie: bytes | None = None,
    signal: bool = True,
) -> bytes:
    """The handshake message of `offer`, header included. `shares` are group and public value each (TLS 1.3).

    `cookie` is the body of the HelloRetryRequest's cookie extension, to be sent back. `signal` False leaves the
    renegotiation SCSV out, which has no place in a renegotiation (RFC 5746 section 3.5).
    """
    classic = any(version < Version.TLS1_3 for version in offer.versions)
    suites = (*offer.suites, EMPTY_RENEGOTIATION_INFO_SCSV) if classic and signal else offer.suites
    legacy = min(offer.highest, Version.TLS1_2) if offer.legacy_version is None else offer.legacy_version
    head = (
        legacy.to_bytes(2, "big")
        + random
        + vector(session_id, 1)
        + vector(codes(suites), 2)
        + vector(bytes(offer.compressions), 1)
    )
    if offer.extensions:
        extensions = _extensions(offer, shares, cookie)
        bare = 4 + len(head) + 2 + len(extensions)
        head += vector(extensions + (_padding(bare) if offer.padded else b""), 2)
    return bytes((CLIENT_HELLO,)) + vector(head, 3)


def _extensions(offer: Offer, shares: tuple[tuple[int, bytes], ...], cookie: bytes | None) -> bytes:
    """All extensions but padding. None that may be empty comes last: some servers refuse such hellos."""
    classic, modern = min(offer.versions) < Version.TLS1_3, offer.highest >= Version.TLS1_3
    signing = offer.highest >= Version.TLS1_2  # a client of earlier versions has no choice (RFC 5246 7.4.1.4.1)
    parts = (
        b"" if offer.server_name is None else ext.server_name(offer.server_name),
        _SIGNALS if offer.signals and classic else b"",
        ext.alpn(offer.alpn) if offer.alpn else b"",
        ext.status_request() if offer.status_request else b"",
        ext.extension(ExtensionType.SIGNED_CERTIFICATE_TIMESTAMP) if offer.scts else b"",
        ext.ec_point_formats() if offer.groups and classic else b"",
        ext.signature_algorithms(offer.signature_schemes) if offer.signature_schemes and signing else b"",
        ext.signature_algorithms_cert(offer.certificate_schemes) if offer.certificate_schemes and signing else b"",
        b"".join(ext.extension(code, body) for code, body in offer.extra_extensions),
        _modern_extensions(offer, shares, cookie) if modern else b"",
        ext.supported_groups(offer.groups) if offer.groups else b"",
    )
    return b"".join(parts)


def _modern_extensions(offer: Offer, shares: tuple[tuple[int, bytes], ...], cookie: bytes | None) -> bytes:
    return (
        ext.supported_versions((*offer.unknown_versions, *offer.versions))
        + ext.psk_key_exchange_modes()
        + (b"" if cookie is None else ext.extension(ExtensionType.COOKIE, cookie))
        + ext.key_share(shares)
    )


def _padding(length: int) -> bytes:
    """The padding extension for a message of `length` bytes without it; empty where none is needed."""
    if length in _BAD_RANGE:
        return ext.padding(max(_BAD_RANGE.stop - length, 5))
    if length % 256 in _BAD_ENDS:
        return ext.padding(_NUDGE)
    return b""


def server_hello(body: bytes) -> ServerHello:
    """Reads the body of a ServerHello. Raises `Malformed`, also for a version that there is not, or not with this."""
    octets = Octets(body)
    legacy, random = octets.number(2), octets.take(32)
    session_id = octets.vector(1)
    if len(session_id) > 32:
        raise Malformed(f"session id of {len(session_id)} bytes")
    suite, compression = octets.number(2), octets.number(1)
    extensions = ext.read_extensions(octets.vector(2), "ServerHello") if octets.left else {}
    octets.finish("ServerHello")
    selected = extensions.get(ExtensionType.SUPPORTED_VERSIONS)
    number = legacy if selected is None else ext.read_selected_version(selected)
    try:
        version = Version(number)
    except ValueError:
        raise Malformed(f"ServerHello with version {number:04x}") from None
    if random == RETRY_RANDOM and version is not Version.TLS1_3:
        raise Malformed(f"HelloRetryRequest of {version.title}")
    return ServerHello(
        version=version,
        random=random,
        session_id=session_id,
        suite=suite,
        compression=compression,
        extensions=extensions,
    )
