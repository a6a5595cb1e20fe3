"""Answers to hellos of TLS 1.3 that are wrong in one thing, as no sound server sends them."""

from scanner.wire.octets import vector
from scanner.wire.tls_hello import RETRY_RANDOM
from scanner.wire.tls_record import ContentType
from scanner.wire.tls_version import Version
from tests.hostile.peers import noise
from tests.hostile.tls_speakers import ECDHE, MODERN, P256, VERSIONS_13, X25519, Classic, sound_modern
from tests.support.fake_tls import (
    FILLER_CERTIFICATE,
    handshake_record,
    message,
    server_hello,
)
from tests.support.fake_tls13 import KEY_UPDATE, Behind, Tls13Server, ticket


def hello_13(extensions: bytes, *, suite: int = MODERN, compression: int = 0, legacy: int = 0x0303) -> Classic:
    """A ServerHello of TLS 1.3 with these extensions, alone."""
    body = legacy.to_bytes(2, "big") + bytes(range(32)) + b"\0" + suite.to_bytes(2, "big") + bytes((compression,))
    return lambda _seen, _raw: handshake_record(Version.TLS1_2, message(2, body + vector(extensions, 2)))


def share(group: int, value: bytes) -> bytes:
    """The extension key_share of a ServerHello."""
    return b"\x00\x33" + vector(group.to_bytes(2, "big") + vector(value, 2), 2)


def retry(*, suite: int = MODERN, group: int | None = X25519, more: bytes = b"") -> Classic:
    """A HelloRetryRequest to every hello."""
    asked = b"" if group is None else b"\x00\x33\x00\x02" + group.to_bytes(2, "big")
    said = server_hello(Version.TLS1_3, suite, extensions=VERSIONS_13 + asked + more, random=RETRY_RANDOM)
    return lambda _seen, _raw: handshake_record(Version.TLS1_2, said)


def with_server(server: Tls13Server) -> Classic:
    """A sound beginning, and the rest as this server has it."""
    return lambda seen, raw: sound_modern(seen, raw, server)


def encrypted(extensions: bytes) -> Classic:
    """EncryptedExtensions with these."""
    return with_server(Tls13Server(encrypted_extensions=extensions))


def behind(*records: Behind) -> Classic:
    """These records behind the Finished."""
    return with_server(Tls13Server(behind=records))


HS, AD = ContentType.HANDSHAKE, ContentType.APPLICATION_DATA

MODERN_SAYS: dict[str, Classic] = {
    "1.3: version not offered": hello_13(b"\x00\x2b\x00\x02\x03\x05" + share(X25519, bytes(32))),
    "1.3: version of a draft": hello_13(b"\x00\x2b\x00\x02\x7f\x1c" + share(X25519, bytes(32))),
    "1.3: version 1.2 in supported_versions": hello_13(b"\x00\x2b\x00\x02\x03\x03" + share(X25519, bytes(32))),
    "1.3: no key share": hello_13(VERSIONS_13),
    "1.3: share of a group not offered": hello_13(VERSIONS_13 + share(0xFEFE, bytes(32))),
    "1.3: share of zeros": hello_13(VERSIONS_13 + share(X25519, bytes(32))),
    "1.3: share of nothing": hello_13(VERSIONS_13 + share(X25519, b"")),
    "1.3: share of garbage on P-256": hello_13(VERSIONS_13 + share(P256, b"\x04" + b"\xff" * 64)),
    "1.3: suite of TLS 1.2": hello_13(VERSIONS_13 + share(X25519, bytes(32)), suite=ECDHE),
    "1.3: suite not offered": hello_13(VERSIONS_13 + share(X25519, bytes(32)), suite=0x13FE),
    "1.3: compression": hello_13(VERSIONS_13 + share(X25519, bytes(32)), compression=1),
    "1.3: psk never offered": hello_13(VERSIONS_13 + share(X25519, bytes(32)) + b"\x00\x29\x00\x02\x00\x00"),
    "1.3: cookie in the hello": hello_13(VERSIONS_13 + share(X25519, bytes(32)) + b"\x00\x2c\x00\x03\x00\x01a"),
    "1.3: retries for ever": retry(),
    "1.3: retry for a group not offered": retry(group=0xFEFE),
    "1.3: retry for a GREASE group": retry(group=0x1A1A),
    "1.3: retry for nothing": retry(group=None),
    "1.3: retry with a suite not offered": retry(suite=0x13FE),
    "1.3: retry with a cookie of 64 KB": retry(more=b"\x00\x2c" + vector(vector(bytes(65000), 2), 2)),
    "1.3: retry with an empty cookie": retry(more=b"\x00\x2c\x00\x02\x00\x00"),
    "1.3: retry with ECH of garbage": retry(more=b"\xfe\x0d\x00\x08" + bytes(8)),
    "1.3: ALPN of garbage": encrypted(b"\x00\x10" + vector(b"\xff\xff\0", 2)),
    "1.3: ALPN never offered": encrypted(b"\x00\x10" + vector(vector(vector(b"gopher", 1), 2), 2)),
    "1.3: extension never sent": encrypted(b"\xab\xcd\x00\x00"),
    "1.3: supported groups of garbage": encrypted(b"\x00\x0a\x00\x03\xff\xff\xff"),
    "1.3: supported groups of 60 KB": encrypted(b"\x00\x0a" + vector(vector(noise(60_000), 2), 2)),
    "1.3: ECH configurations of 64 KB": encrypted(b"\xfe\x0d" + vector(vector(noise(15_000), 2), 2)),
    "1.3: ECH configurations of garbage": encrypted(b"\xfe\x0d" + vector(b"\xff\xff\xff", 2)),
    "1.3: ECH configurations of nothing": encrypted(b"\xfe\x0d\x00\x00"),
    "1.3: early data never offered": encrypted(b"\x00\x2a\x00\x00"),
    "1.3: extension of 1.2": encrypted(b"\x00\x17\x00\x00"),
    "1.3: Finished is wrong": with_server(Tls13Server(spoiled=True)),
    "1.3: no EncryptedExtensions": with_server(Tls13Server(missing=frozenset({8}))),
    "1.3: no certificate": with_server(Tls13Server(missing=frozenset({11, 15}))),
    "1.3: no CertificateVerify": with_server(Tls13Server(missing=frozenset({15}))),
    "1.3: CertificateRequest": with_server(Tls13Server(request=True)),
    "1.3: sixty tickets": behind(*((HS, ticket()) for _ in range(60))),
    "1.3: a thousand tickets": behind(*((HS, ticket() * 10) for _ in range(100))),
    "1.3: ticket of 60 KB": behind(
        *((HS, ticket(identity=noise(60_000))[at : at + 16000]) for at in range(0, 60_020, 16000))
    ),
    "1.3: ticket without identity": behind((HS, ticket(identity=b""))),
    "1.3: ticket for ever": behind((HS, ticket(lifetime=0xFFFFFFFF))),
    "1.3: ticket of no life": behind((HS, ticket(lifetime=0))),
    "1.3: ticket cut short": behind((HS, message(4, b"\0\0\0\1\1\2"))),
    "1.3: ticket with early data of 4 GB": behind((HS, ticket(early=0xFFFFFFFF))),
    "1.3: tickets all the same": behind((HS, ticket()), (HS, ticket())),
    "1.3: a hundred key updates": behind(*((HS, KEY_UPDATE + b"\0") for _ in range(100))),
    "1.3: a hundred key updates that want one back": behind(*((HS, KEY_UPDATE + b"\1") for _ in range(100))),
    "1.3: key update of garbage": behind((HS, KEY_UPDATE + b"\7")),
    "1.3: CertificateRequest behind": behind(
        (HS, message(13, b"\1a" + vector(b"\x00\x0d\x00\x04\x00\x02\x04\x03", 2)))
    ),
    "1.3: HelloRequest behind": behind((HS, message(0, b""))),
    "1.3: a thousand records of data": behind(*((AD, b"x") for _ in range(1000))),
    "1.3: records of nothing": behind(*((AD, b"") for _ in range(1000))),
    "1.3: close_notify behind": behind((ContentType.ALERT, b"\1\0")),
    "1.3: alert behind": behind((ContentType.ALERT, b"\2\x74")),
    "1.3: heartbeat behind": behind((ContentType.HEARTBEAT, b"\1\0\1a" + bytes(16))),
    "1.3: flight twice": lambda seen, raw: sound_modern(seen, raw) * 2,
    "1.3: certificate in the clear": lambda _seen, _raw: handshake_record(
        Version.TLS1_2,
        server_hello(Version.TLS1_3, MODERN, extensions=VERSIONS_13 + share(X25519, b"\x09" + bytes(31))),
        message(11, b"\0" + vector(vector(FILLER_CERTIFICATE, 3) + b"\0\0", 3)),
    ),
    "1.3: ciphertext of garbage": lambda _seen, _raw: (
        handshake_record(
            Version.TLS1_2,
            server_hello(Version.TLS1_3, MODERN, extensions=VERSIONS_13 + share(X25519, b"\x09" + bytes(31))),
        )
        + b"\x17\x03\x03\x40\x00"
        + noise(16384)
    ),
}
"""What is said to a hello with TLS 1.3; TLS 1.2 is sound."""
