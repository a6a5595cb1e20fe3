"""Extensions of ClientHello and of the server's messages (RFC 8446 section 4.2 and the documents it names)."""

import enum

from scanner.errors import Malformed
from scanner.wire.octets import Octets, codes, read_codes, vector

MAX_EXTENSIONS = 256
"""Extensions of one message that are read; the registry has some sixty."""


class ExtensionType(enum.IntEnum):
    """ExtensionType, as far as this client sends or reads it."""

    SERVER_NAME = 0
    STATUS_REQUEST = 5
    SUPPORTED_GROUPS = 10
    EC_POINT_FORMATS = 11
    SIGNATURE_ALGORITHMS = 13
    ALPN = 16
    SIGNED_CERTIFICATE_TIMESTAMP = 18
    PADDING = 21
    ENCRYPT_THEN_MAC = 22
    EXTENDED_MASTER_SECRET = 23
    COMPRESS_CERTIFICATE = 27
    SESSION_TICKET = 35
    SUPPORTED_VERSIONS = 43
    COOKIE = 44
    PSK_KEY_EXCHANGE_MODES = 45
    SIGNATURE_ALGORITHMS_CERT = 50
    KEY_SHARE = 51
    RENEGOTIATION_INFO = 0xFF01


def extension(code: int, body: bytes = b"") -> bytes:
    """One extension as it goes out."""
    return code.to_bytes(2, "big") + vector(body, 2)


def server_name(name: str) -> bytes:
    """server_name with one host name, an A-label (RFC 6066 section 3)."""
    return extension(ExtensionType.SERVER_NAME, vector(b"\0" + vector(name.encode("ascii"), 2), 2))


def supported_groups(groups: tuple[int, ...]) -> bytes:
    """supported_groups (RFC 8446 section 4.2.7)."""
    return extension(ExtensionType.SUPPORTED_GROUPS, vector(codes(groups), 2))


def signature_algorithms(schemes: tuple[int, ...]) -> bytes:
    """signature_algorithms (RFC 8446 section 4.2.3)."""
    return extension(ExtensionType.SIGNATURE_ALGORITHMS, vector(codes(schemes), 2))


def signature_algorithms_cert(schemes: tuple[int, ...]) -> bytes:
    """signature_algorithms_cert (RFC 8446 section 4.2.3)."""
    return extension(ExtensionType.SIGNATURE_ALGORITHMS_CERT, vector(codes(schemes), 2))


def ec_point_formats() -> bytes:
    """ec_point_formats with all three (RFC 8422 section 5.1.2): servers with old curves may want compressed ones."""
    return extension(ExtensionType.EC_POINT_FORMATS, vector(b"\0\1\2", 1))


def alpn(protocols: tuple[str, ...]) -> bytes:
    """application_layer_protocol_negotiation (RFC 7301)."""
    names = b"".join(vector(name.encode("ascii"), 1) for name in protocols)
    return extension(ExtensionType.ALPN, vector(names, 2))


def status_request() -> bytes:
    """status_request for OCSP, any responder, no extensions (RFC 6066 section 8)."""
    return extension(ExtensionType.STATUS_REQUEST, b"\1\0\0\0\0")


def supported_versions(versions: tuple[int, ...]) -> bytes:
    """supported_versions of a ClientHello (RFC 8446 section 4.2.1)."""
    return extension(ExtensionType.SUPPORTED_VERSIONS, vector(codes(versions), 1))


def key_share(shares: tuple[tuple[int, bytes], ...]) -> bytes:
    """key_share of a ClientHello: group and public value each; none at all asks for a HelloRetryRequest."""
    entries = b"".join(group.to_bytes(2, "big") + vector(public, 2) for group, public in shares)
    return extension(ExtensionType.KEY_SHARE, vector(entries, 2))


def psk_key_exchange_modes() -> bytes:
    """psk_key_exchange_modes with psk_dhe_ke (RFC 8446 section 4.2.9)."""
    return extension(ExtensionType.PSK_KEY_EXCHANGE_MODES, b"\1\1")


def padding(count: int) -> bytes:
    """The padding extension that takes `count` bytes in all, at least 5 (RFC 7685)."""
    return extension(ExtensionType.PADDING, bytes(count - 4))


def read_extensions(body: bytes, what: str) -> dict[int, bytes]:
    """The extensions in a vector's body, in the order of the wire. Raises `Malformed`, also for a repeated one."""
    found: dict[int, bytes] = {}
    octets = Octets(body)
    while octets.left:
        code = octets.number(2)
        if code in found:
            raise Malformed(f"extension {code} is repeated in {what}")
        if len(found) == MAX_EXTENSIONS:
            raise Malformed(f"more than {MAX_EXTENSIONS} extensions in {what}")
        found[code] = octets.vector(2)
    return found


def read_selected_version(body: bytes) -> int:
    """The version in a ServerHello's supported_versions."""
    if len(body) != 2:
        raise Malformed(f"supported_versions of {len(body)} bytes")
    return int.from_bytes(body, "big")


def read_server_share(body: bytes) -> tuple[int, bytes]:
    """Group and public value of a ServerHello's key_share."""
    octets = Octets(body)
    group, public = octets.number(2), octets.vector(2)
    octets.finish("key_share")
    return group, public


def read_selected_group(body: bytes) -> int:
    """The group that a HelloRetryRequest's key_share asks for."""
    if len(body) != 2:
        raise Malformed(f"key_share of {len(body)} bytes in HelloRetryRequest")
    return int.from_bytes(body, "big")


def read_status_response(body: bytes) -> bytes | None:
    """The raw OCSPResponse of a CertificateStatus (RFC 6066 section 8); None for another kind or an empty one."""
    octets = Octets(body)
    if octets.number(1) != 1:
        return None
    response = octets.vector(3)
    octets.finish("CertificateStatus")
    return response or None


def read_signature_algorithms(body: bytes) -> tuple[int, ...]:
    """The schemes in a signature_algorithms extension."""
    octets = Octets(body)
    listed = octets.vector(2)
    octets.finish("signature_algorithms")
    return read_codes(listed, "signature_algorithms")
