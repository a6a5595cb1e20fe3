"""SSLv2: one hello out, the server's hello in (draft-hickman-netscape-ssl-00). Nothing more of it is spoken."""

import dataclasses

from scanner.errors import AlertReceived, Malformed, Truncated
from scanner.wire.octets import Octets
from scanner.wire.tls_alert import HANDSHAKE_FAILURE, alert_text
from scanner.wire.tls_record import ContentType, not_tls
from scanner.wire.tls_version import Version

ERROR, CLIENT_HELLO, SERVER_HELLO = 0, 1, 4

NO_CIPHER = 1
"""The number of NO-CIPHER-ERROR."""

CHALLENGE_BYTES = 16

MAX_SPECS = 256
"""Cipher kinds of one ServerHello that are read; there are a dozen."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ssl2ServerHello:
    """What an SSLv2 server says first: its cipher kinds (three-byte codes), all that it shares, and its certificate."""

    version: int
    kinds: tuple[int, ...]
    certificate: bytes
    connection_id: bytes


def client_hello(kinds: tuple[int, ...], challenge: bytes) -> bytes:
    """The CLIENT-HELLO record that offers these cipher kinds; `challenge` is 16 random bytes."""
    specs = b"".join(kind.to_bytes(3, "big") for kind in kinds)
    body = (
        bytes((CLIENT_HELLO,))
        + Version.SSL2.to_bytes(2, "big")
        + len(specs).to_bytes(2, "big")
        + b"\0\0"  # no session id
        + len(challenge).to_bytes(2, "big")
        + specs
        + challenge
    )
    return (0x8000 | len(body)).to_bytes(2, "big") + body


def read_answer(data: bytes) -> Ssl2ServerHello:
    """The SERVER-HELLO at the beginning of `data`.

    Raises `Truncated` while bytes are missing, `AlertReceived` where a TLS server answers with an alert or an SSLv2
    server with NO-CIPHER-ERROR, `Malformed` for anything else, other SSLv2 error messages too.
    """
    octets = Octets(data)
    head = octets.take(2)
    if head[0] in ContentType.__members__.values():
        _raise_tls(data)
    if not head[0] & 0x80:
        raise Malformed(not_tls(data) or f"no SSLv2 record: it begins with {data[:8].hex(' ')}")
    message = octets.take(int.from_bytes(head, "big") & 0x7FFF)
    try:
        return _server_hello(Octets(message))
    except Truncated as fault:
        raise Malformed(f"an SSLv2 message lacks {fault.missing} bytes") from None


def _server_hello(body: Octets) -> Ssl2ServerHello:
    kind = body.number(1)
    if kind == ERROR:
        number = body.number(2)
        if number == NO_CIPHER:  # what handshake_failure says in SSLv3 and later
            raise AlertReceived(HANDSHAKE_FAILURE, "SSLv2 error 1 (no cipher kind is shared)")
        raise Malformed(f"SSLv2 error {number}")
    if kind != SERVER_HELLO:
        raise Malformed(f"SSLv2 message {kind} instead of SERVER-HELLO")
    body.take(2)  # SESSION-ID-HIT, CERTIFICATE-TYPE
    version = body.number(2)
    sizes = [body.number(2) for _ in range(3)]
    certificate, specs, connection_id = (body.take(size) for size in sizes)
    body.finish("SERVER-HELLO")
    if len(specs) % 3 or len(specs) > 3 * MAX_SPECS:
        raise Malformed(f"cipher kinds of {len(specs)} bytes")
    return Ssl2ServerHello(
        version=version,
        kinds=tuple(int.from_bytes(specs[at : at + 3], "big") for at in range(0, len(specs), 3)),
        certificate=certificate,
        connection_id=connection_id,
    )


def _raise_tls(data: bytes) -> None:
    """What a TLS record in answer to the hello means: an alert refuses, anything else makes no sense."""
    octets = Octets(data)
    kind, major = octets.number(1), octets.number(1)
    octets.take(1)
    payload = octets.vector(2) if major == 3 else b""
    if kind == ContentType.ALERT and len(payload) == 2:
        raise AlertReceived(payload[1], alert_text(payload[1]))
    raise Malformed(f"no SSLv2 answer: it begins with {data[:8].hex(' ')}")
