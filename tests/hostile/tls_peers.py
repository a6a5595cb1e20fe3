"""Peers that are hostile within TLS: each answers hellos with something that a sound server never sends.

A peer is a script for `tests.hostile.peers`. `classic` is what it says to a hello of TLS 1.2 and below, `modern` to one
of TLS 1.3; certificates and signatures are filler, the key shares are real, and so are the keys behind them.
"""

import asyncio
import dataclasses
import functools
from collections.abc import Awaitable, Callable, Iterator

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from OpenSSL import SSL

from scanner.model.suite_traits import traits
from scanner.wire.octets import vector
from scanner.wire.tls12_keys import KeySchedule
from scanner.wire.tls12_records import Protection, key_lengths, prf_hash, protection
from scanner.wire.tls_hello import RETRY_RANDOM
from scanner.wire.tls_record import ContentType
from scanner.wire.tls_registry import suite_name
from scanner.wire.tls_version import Version
from tests.hostile.peers import Gone, Peer, Script, noise
from tests.support.fake_tls import (
    FILLER_CERTIFICATE,
    SeenHello,
    alert,
    flight,
    handshake_record,
    key_exchange,
    message,
    read_hello,
    retry_request,
    server_hello,
)
from tests.support.fake_tls13 import KEY_UPDATE, Behind, Tls13Server, ticket

ECDHE, DHE, STATIC, MODERN = 0xC02F, 0x009E, 0x009C, 0x1301
P256, X25519 = 0x0017, 0x001D
VERSIONS_13 = b"\x00\x2b\x00\x02\x03\x04"
DONE = message(14, b"")
POINT = ec.derive_private_key(7, ec.SECP256R1()).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

Classic = Callable[[SeenHello, bytes], bytes | None]
"""What is said to a hello, given parsed and raw; None: nothing."""


async def read_client_hello(peer: Peer) -> tuple[SeenHello, bytes] | None:
    """The next ClientHello; None for what is none (a hello of SSLv2)."""
    data = await peer.heard()
    while True:
        if data[0] != 0x16:
            return None
        if len(data) >= 5 and len(data) >= 5 + int.from_bytes(data[3:5], "big"):
            raw = data[5 : 5 + int.from_bytes(data[3:5], "big")]
            return read_hello(raw), raw
        data += await peer.heard()


def sound_classic(hello: SeenHello, _raw: bytes = b"") -> bytes:
    """A flight of TLS 1.2 with an elliptic curve, or a refusal."""
    if Version.TLS1_2 not in hello.versions:
        return alert(70)
    return flight(Version.TLS1_2, ECDHE) if ECDHE in hello.suites and P256 in hello.groups else alert(40)


def sound_modern(hello: SeenHello, raw: bytes, server: Tls13Server | None = None) -> bytes:
    """A whole flight of TLS 1.3, a HelloRetryRequest where the key share is missing, or a refusal."""
    if MODERN not in hello.suites or X25519 not in hello.groups:
        return alert(40)
    if X25519 not in hello.shares:
        return handshake_record(Version.TLS1_2, retry_request(MODERN, X25519))
    return (server or Tls13Server()).answer(raw)


def speaking(
    classic: Classic = sound_classic,
    modern: Classic | None = sound_modern,
    *,
    then: Callable[[Peer], Awaitable[None]] | None = None,
    ahead: bytes = b"",
) -> Script:
    """A server that answers each hello so, and then does `then`; silence unless given. Without `modern` it has no
    TLS 1.3. `ahead` comes before every answer.
    """

    async def script(peer: Peer) -> None:
        read = await read_client_hello(peer)
        if read is None:
            await peer.send(alert(70))
            await peer.finish()
            return
        hello, raw = read
        newer = modern is not None and Version.TLS1_3 in hello.versions
        said = modern(hello, raw) if newer and modern is not None else classic(hello, raw)
        if said is None:
            await peer.stall()
            return
        await peer.send(ahead + said)
        if said[:1] == b"\x15" and then is None:
            await peer.finish()
        await (then or Peer.stall)(peer)

    return script


# TLS 1.2 and below: flights that are wrong in one thing


def classic_flight(
    suite: int = ECDHE,
    *,
    hello: bytes | None = None,
    certificates: bytes | None = None,
    exchange: bytes | None = None,
    before_done: bytes = b"",
) -> Classic:
    """The flight with these messages in place of the sound ones; refused is what does not offer the suite."""

    def said(seen: SeenHello, _raw: bytes) -> bytes:
        if Version.TLS1_2 not in seen.versions:
            return alert(70)
        if suite not in seen.suites or (suite == ECDHE and P256 not in seen.groups):
            return alert(40)
        first = server_hello(Version.TLS1_2, suite) if hello is None else hello
        chain = message(11, vector(vector(FILLER_CERTIFICATE, 3), 3)) if certificates is None else certificates
        needs = traits(suite_name(suite)).key_exchange in {"ECDHE", "DHE"}
        third = (key_exchange(suite, Version.TLS1_2) if needs else b"") if exchange is None else exchange
        whole = first + chain + third + before_done + DONE
        return b"".join(
            handshake_record(Version.TLS1_2, whole[at : at + 16384]) for at in range(0, len(whole), 16384)
        )

    return said


def extended(extensions: bytes, suite: int = ECDHE) -> Classic:
    """A flight whose hello has these extensions."""
    return classic_flight(suite, hello=server_hello(Version.TLS1_2, suite, extensions=extensions))


def finite(prime: int, generator: int = 2, public: int = 3, *, size: int | None = None) -> Classic:
    """A flight with Diffie-Hellman over this prime."""
    length = size or max(1, (prime.bit_length() + 7) // 8)
    numbers = [vector(one.to_bytes(length, "big"), 2) for one in (prime, generator, public)]
    return classic_flight(DHE, exchange=message(12, b"".join(numbers) + b"\x04\x01" + vector(bytes(64), 2)))


def curve(point: bytes, *, kind: int = 3, group: int = P256) -> Classic:
    """A flight with this point."""
    body = bytes((kind,)) + group.to_bytes(2, "big") + vector(point, 1) + b"\x04\x01" + vector(bytes(64), 2)
    return classic_flight(ECDHE, exchange=message(12, body))


@functools.cache
def _spki_of(modulus: int, exponent: int) -> bytes:
    """A SubjectPublicKeyInfo of RSA with these numbers, sound or not."""

    def der(tag: int, body: bytes) -> bytes:
        size = len(body)
        length = bytes((size,)) if size < 128 else bytes((0x82,)) + size.to_bytes(2, "big")
        return bytes((tag,)) + length + body

    def integer(value: int) -> bytes:
        return der(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))

    key = der(0x30, integer(modulus) + integer(exponent))
    algorithm = bytes.fromhex("300d06092a864886f70d0101010500")
    spki = der(0x30, algorithm + der(3, b"\0" + key))
    name = bytes.fromhex("3000")
    dates = der(0x30, der(0x17, b"200101000000Z") + der(0x17, b"400101000000Z"))
    signature_kind = bytes.fromhex("300d06092a864886f70d01010b0500")
    tbs = der(0x30, integer(5) + signature_kind + name + dates + name + spki)
    return der(0x30, tbs + signature_kind + der(3, b"\0" + bytes(64)))


def rsa_key(modulus: int, exponent: int = 65537) -> Classic:
    """A flight with static RSA, and a certificate with this key."""
    chain = message(11, vector(vector(_spki_of(modulus, exponent), 3), 3))
    return classic_flight(STATIC, certificates=chain)


def names(size: int) -> bytes:
    """A CertificateRequest with about this many bytes of CA names."""
    name = bytes.fromhex("300d310b3009060355040613025858")
    return message(13, b"\x01\x01" + b"\x00\x02\x04\x01" + vector(vector(name, 2) * (size // 17), 2))


SOUND_MODULUS = rsa.generate_private_key(65537, 1024).public_key().public_numbers().n

CLASSIC: dict[str, Classic] = {
    "suite not offered": lambda seen, _: flight(Version.TLS1_2, 0xC0FF if 0xC0FF not in seen.suites else 0x00FE),
    "TLS 1.3 suite in TLS 1.2": classic_flight(hello=server_hello(Version.TLS1_2, MODERN)),
    "signalling suite chosen": classic_flight(hello=server_hello(Version.TLS1_2, 0x00FF)),
    "version not offered": classic_flight(hello=message(2, b"\x03\x09" + bytes(32) + b"\0" + b"\xc0\x2f\0")),
    "SSLv3 to all": lambda seen, _: flight(Version.SSL3, 0x000A),
    "DTLS version": classic_flight(hello=message(2, b"\xfe\xfd" + bytes(32) + b"\0" + b"\xc0\x2f\0")),
    "compression not offered": classic_flight(hello=server_hello(Version.TLS1_2, ECDHE, compression=64)),
    "DEFLATE for all": classic_flight(hello=server_hello(Version.TLS1_2, ECDHE, compression=1)),
    "extension never sent": extended(b"\xab\xcd\x00\x02hi"),
    "extension twice": extended(b"\x00\x17\x00\x00\x00\x17\x00\x00"),
    "extension cut short": extended(b"\x00\x17\x00\x09a"),
    "a thousand extensions": extended(b"".join((9000 + n).to_bytes(2, "big") + b"\0\0" for n in range(1000))),
    "GREASE extension echoed": lambda seen, _: extended(
        b"".join(code.to_bytes(2, "big") + b"\0\0" for code in seen.extensions if code & 0x0F0F == 0x0A0A)
    )(seen, b""),
    "all extensions echoed": lambda seen, _: extended(
        b"".join(code.to_bytes(2, "big") + vector(body, 2) for code, body in seen.extensions.items())
    )(seen, b""),
    "GREASE suite chosen": lambda seen, _: flight(
        Version.TLS1_2, next((one for one in seen.suites if one & 0x0F0F == 0x0A0A), ECDHE)
    ),
    "ALPN of garbage": extended(b"\x00\x10" + vector(b"\xff\xff\x00", 2)),
    "ALPN of two": extended(b"\x00\x10" + vector(vector(b"\x02h2\x08http/1.1", 2), 2)),
    "ALPN of nothing": extended(b"\x00\x10\x00\x02\x00\x00"),
    "ALPN with control characters": extended(b"\x00\x10" + vector(vector(vector(b"\x1b]0;x\x07", 1), 2), 2)),
    "ALPN never offered": extended(b"\x00\x10" + vector(vector(vector(b"gopher", 1), 2), 2)),
    "renegotiation_info of garbage": extended(b"\xff\x01\x00\x03abc"),
    "heartbeat of garbage": extended(b"\x00\x0f\x00\x02zz"),
    "point formats of garbage": extended(b"\x00\x0b\x00\x01\xff"),
    "supported groups of garbage": extended(b"\x00\x0a\x00\x03\xff\xff\xff"),
    "record size limit of garbage": extended(b"\x00\x1c\x00\x01a"),
    "record size limit of zero": extended(b"\x00\x1c\x00\x02\x00\x00"),
    "fragment length of garbage": extended(b"\x00\x01\x00\x01\xff"),
    "session id of 33 bytes": classic_flight(
        hello=message(2, b"\x03\x03" + bytes(32) + b"\x21" + bytes(33) + b"\xc0\x2f\0")
    ),
    "hello of six bytes": classic_flight(hello=message(2, bytes(6))),
    "empty hello": classic_flight(hello=message(2, b"")),
    "hello with a tail": classic_flight(hello=message(2, server_hello(Version.TLS1_2, ECDHE)[4:] + b"\0\0tail")),
    "random of ones": classic_flight(hello=server_hello(Version.TLS1_2, ECDHE, random=b"\xff" * 32)),
    "random of the retry": classic_flight(hello=server_hello(Version.TLS1_2, ECDHE, random=RETRY_RANDOM)),
    "sentinel for TLS 1.1": classic_flight(
        hello=server_hello(Version.TLS1_2, ECDHE, random=bytes(24) + b"DOWNGRD\x00")
    ),
    "sentinel for TLS 1.2": classic_flight(
        hello=server_hello(Version.TLS1_2, ECDHE, random=bytes(24) + b"DOWNGRD\x01")
    ),
    "no certificate": classic_flight(certificates=b""),
    "certificates of none": classic_flight(certificates=message(11, b"\0\0\0")),
    "certificate of nothing": classic_flight(certificates=message(11, vector(vector(b"", 3), 3))),
    "a thousand certificates": classic_flight(certificates=message(11, vector(vector(FILLER_CERTIFICATE, 3) * 200, 3))),
    "certificate of garbage": classic_flight(certificates=message(11, vector(vector(noise(3000), 3), 3))),
    "certificate of 200 KB": classic_flight(certificates=message(11, vector(vector(noise(200_000), 3), 3))),
    "status of 64 KB": lambda seen, raw: classic_flight(
        hello=server_hello(Version.TLS1_2, ECDHE, extensions=b"\0\5\0\0"),
        certificates=message(11, vector(vector(FILLER_CERTIFICATE, 3), 3)) + message(22, b"\1" + vector(noise(64000), 3)),
    )(seen, raw),
    "CA names of 60 KB": classic_flight(before_done=names(60_000)),
    "CertificateRequest of 100 KB of garbage": classic_flight(before_done=message(13, noise(100_000))),
    "CertificateRequest, a hundred": classic_flight(before_done=names(100) * 100),
    "key exchange for static RSA": classic_flight(STATIC, exchange=key_exchange(ECDHE, Version.TLS1_2)),
    "key exchange missing": classic_flight(ECDHE, exchange=b""),
    "key exchange empty": classic_flight(ECDHE, exchange=message(12, b"")),
    "key exchange twice": classic_flight(ECDHE, exchange=key_exchange(ECDHE, Version.TLS1_2) * 2),
    "prime of one bit": finite(1),
    "prime of zero": finite(0),
    "prime of two": finite(2),
    "prime of three": finite(3),
    "even prime": finite((1 << 2048) - 2),
    "prime of nothing": classic_flight(DHE, exchange=message(12, b"\0\0" * 3 + b"\x04\x01" + vector(bytes(64), 2))),
    "prime of 16384 bits": finite((1 << 16384) - 1),
    "even prime of 16384 bits": finite((1 << 16384) - 2),
    "prime of 65535 bytes": finite((1 << 40_000) - 1),
    "prime with leading zeros": finite((1 << 1024) - 1, size=2000),
    "generator of zero": finite((1 << 2048) - 1, 0),
    "generator of one": finite((1 << 2048) - 1, 1),
    "generator beyond the prime": finite((1 << 2047) - 1, (1 << 2048) - 1),
    "public value of zero": finite((1 << 2048) - 1, 2, 0),
    "public value of one": finite((1 << 2048) - 1, 2, 1),
    "public value beyond the prime": finite((1 << 2047) - 1, 2, (1 << 2048) - 1),
    "point of garbage": curve(b"\x04" + b"\xff" * 64),
    "point of nothing": curve(b""),
    "point at infinity": curve(b"\x00"),
    "point of one byte": curve(b"\x04"),
    "point compressed": curve(b"\x02" + POINT[1:33]),
    "point not on the curve": curve(b"\x04" + bytes(63) + b"\1"),
    "curve not offered": curve(POINT, group=0xFEFE),
    "curve of another size": curve(POINT, group=X25519),
    "x25519 of zeros": curve(bytes(32), group=X25519),
    "explicit curve": curve(POINT, kind=1),
    "curve kind of garbage": curve(POINT, kind=77),
    "RSA of 8 bits": rsa_key(251),
    "RSA of zero": rsa_key(0),
    "RSA even": rsa_key((1 << 2048) - 2),
    "RSA of 88 bits": rsa_key((1 << 87) + 1),
    "RSA of 32768 bits": rsa_key((1 << 32768) - 1),
    "RSA exponent of one": rsa_key(SOUND_MODULUS, 1),
    "RSA exponent of zero": rsa_key(SOUND_MODULUS, 0),
    "RSA exponent even": rsa_key(SOUND_MODULUS, 4),
    "RSA exponent huge": rsa_key(SOUND_MODULUS, (1 << 2000) + 1),
    "message of type 99": classic_flight(before_done=message(99, b"?")),
    "messages of no bytes": classic_flight(before_done=message(0, b"") * 5000),
    "NewSessionTicket before its time": classic_flight(before_done=message(4, bytes(6))),
    "HelloRetryRequest in TLS 1.2": lambda seen, raw: handshake_record(Version.TLS1_2, retry_request(MODERN, X25519)),
    "only warnings": lambda _seen, _raw: alert(112, level=1) * 20,
    "alert of level 9": lambda _seen, _raw: alert(40, level=9),
    "alert of number 255": lambda _seen, _raw: alert(255),
    "everything is missing_extension": lambda _seen, _raw: alert(109),
    "everything is certificate_required": lambda _seen, _raw: alert(116),
    "everything is inappropriate_fallback": lambda _seen, _raw: alert(86),
    "everything is no_renegotiation": lambda _seen, _raw: alert(100, level=1),
    "nothing at all": lambda _seen, _raw: None,
}
"""What is said to a hello without TLS 1.3."""


# TLS 1.3


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
ECH = 0xFE0D

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
    "1.3: ticket of 60 KB": behind(*((HS, ticket(identity=noise(60_000))[at : at + 16000]) for at in range(0, 60_020, 16000))),
    "1.3: ticket without identity": behind((HS, ticket(identity=b""))),
    "1.3: ticket for ever": behind((HS, ticket(lifetime=0xFFFFFFFF))),
    "1.3: ticket of no life": behind((HS, ticket(lifetime=0))),
    "1.3: ticket cut short": behind((HS, message(4, b"\0\0\0\1\1\2"))),
    "1.3: ticket with early data of 4 GB": behind((HS, ticket(early=0xFFFFFFFF))),
    "1.3: tickets all the same": behind((HS, ticket()), (HS, ticket())),
    "1.3: a hundred key updates": behind(*((HS, KEY_UPDATE + b"\0") for _ in range(100))),
    "1.3: a hundred key updates that want one back": behind(*((HS, KEY_UPDATE + b"\1") for _ in range(100))),
    "1.3: key update of garbage": behind((HS, KEY_UPDATE + b"\7")),
    "1.3: CertificateRequest behind": behind((HS, message(13, b"\1a" + vector(b"\x00\x0d\x00\x04\x00\x02\x04\x03", 2)))),
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
    "1.3: ciphertext of garbage": lambda _seen, _raw: handshake_record(
        Version.TLS1_2,
        server_hello(Version.TLS1_3, MODERN, extensions=VERSIONS_13 + share(X25519, b"\x09" + bytes(31))),
    )
    + b"\x17\x03\x03\x40\x00"
    + noise(16384),
}
"""What is said to a hello with TLS 1.3; TLS 1.2 is sound."""


# Floods before, in and behind the handshake


def floods(piece: bytes) -> Callable[[Peer], Awaitable[None]]:
    """`piece` for ever."""

    async def flood(peer: Peer) -> None:
        await peer.flood(peer.send, piece)

    return flood


def drips(piece: bytes, pause: float) -> Callable[[Peer], Awaitable[None]]:
    """`piece` again and again, slowly, so that no wait for the next byte ever ends."""

    async def drip(peer: Peer) -> None:
        while peer.established:
            await peer.send(piece)
            await asyncio.sleep(pause)
        raise Gone

    return drip


WARNING, EMPTY = alert(112, level=1), b"\x16\x03\x03\x00\x00"
HELLO_REQUEST = handshake_record(Version.TLS1_2, message(0, b""))
HEARTBEAT = b"\x18\x03\x03\x00\x14\x01\x00\x01a" + bytes(16)


def in_records_of_one_byte(said: bytes) -> bytes:
    """Handshake records cut into records of one byte each; others stay."""
    out, at = b"", 0
    while at < len(said):
        size = int.from_bytes(said[at + 3 : at + 5], "big")
        record = said[at : at + 5 + size]
        at += 5 + size
        if record[0] == 0x16:
            out += b"".join(record[:3] + b"\x00\x01" + bytes((byte,)) for byte in record[5:])
        else:
            out += record
    return out


async def banner(peer: Peer) -> None:
    """SSH."""
    await peer.send(b"SSH-2.0-OpenSSH_9.9\r\n")
    await peer.stall()


async def plain_http(peer: Peer) -> None:
    """A server of plain HTTP that is asked in TLS."""
    await peer.heard()
    await peer.send(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
    await peer.finish()


async def mail(peer: Peer) -> None:
    """A greeting of SMTP, then complaints."""
    await peer.send(b"220 mail.example.org ESMTP\r\n")
    while True:
        await peer.heard()
        await peer.send(b"500 unrecognized command\r\n")


async def mirror(peer: Peer) -> None:
    """Whatever comes goes back."""
    while True:
        await peer.send(await peer.heard())


def cut_off(after: int, *, reset: bool) -> Script:
    """The answer is cut off behind so many bytes; TLS 1.3 is sound."""

    async def script(peer: Peer) -> None:
        read = await read_client_hello(peer)
        if read is None or Version.TLS1_3 in read[0].versions:
            await peer.send(alert(70) if read is None else sound_modern(*read))
            await peer.finish()
            return
        await peer.send(sound_classic(*read)[:after])
        await asyncio.sleep(0.02)
        if not reset:
            await peer.finish()
        peer.reset()

    return script


async def reset_after_hello(peer: Peer) -> None:
    """A ServerHello in a record of its own, and RST."""
    read = await read_client_hello(peer)
    if read is not None:
        await peer.send(handshake_record(Version.TLS1_2, server_hello(Version.TLS1_2, ECDHE)))
        await asyncio.sleep(0.02)
    peer.reset()


def slowly(seconds: float) -> Script:
    """A sound answer, a byte each `seconds`."""

    async def script(peer: Peer) -> None:
        read = await read_client_hello(peer)
        said = alert(70) if read is None else sound_classic(*read)
        await peer.split(peer.send, said, pause=seconds)
        await peer.stall()

    return script


def huge(kind: int) -> Callable[[Peer], Awaitable[None]]:
    """A handshake message of 16 MB of this type."""

    async def flood(peer: Peer) -> None:
        await peer.send(b"\x16\x03\x03\x40\x00" + bytes((kind,)) + b"\xff\xff\xff" + bytes(16380))
        await peer.flood(peer.send, b"\x16\x03\x03\x40\x00" + bytes(16384))

    return flood


def only_hello(seen: SeenHello, _raw: bytes) -> bytes:
    """A ServerHello of TLS 1.2 and nothing behind it."""
    if ECDHE not in seen.suites or P256 not in seen.groups:
        return alert(40)
    return handshake_record(Version.TLS1_2, server_hello(Version.TLS1_2, ECDHE))


PEERS: dict[str, Script] = {
    "plain http": plain_http,
    "ssh": banner,
    "mail": mail,
    "silent": Peer.stall,
    "mirror": mirror,
    "reset after the hello": reset_after_hello,
    "reset within the hello": cut_off(30, reset=True),
    "closed within the hello": cut_off(30, reset=False),
    "closed within the first header": cut_off(3, reset=False),
    "a byte a second": slowly(1.0),
    "a byte each 50 ms": slowly(0.05),
    "in records of one byte": speaking(
        lambda seen, raw: in_records_of_one_byte(sound_classic(seen, raw)),
        lambda seen, raw: in_records_of_one_byte(sound_modern(seen, raw)),
    ),
    "warnings for ever": speaking(lambda _seen, _raw: WARNING, None, then=floods(WARNING)),
    "warnings for ever, slowly": speaking(lambda _seen, _raw: WARNING, None, then=drips(WARNING, 0.5)),
    "warnings behind the flight": speaking(then=floods(WARNING)),
    "a warning before each answer": speaking(ahead=WARNING),
    "empty records for ever": speaking(lambda _seen, _raw: EMPTY, None, then=floods(EMPTY)),
    "empty records for ever, slowly": speaking(lambda _seen, _raw: EMPTY, None, then=drips(EMPTY, 0.5)),
    "hello requests for ever": speaking(lambda _seen, _raw: HELLO_REQUEST, None, then=floods(HELLO_REQUEST)),
    "hello requests for ever, slowly": speaking(lambda *_: HELLO_REQUEST, None, then=drips(HELLO_REQUEST, 0.5)),
    "hello requests behind the flight, slowly": speaking(then=drips(HELLO_REQUEST, 0.5)),
    "heartbeats behind the flight": speaking(then=floods(HEARTBEAT)),
    "heartbeats behind the flight, slowly": speaking(
        lambda seen, raw: extended(b"\x00\x0f\x00\x01\x01" if 15 in seen.extensions else b"")(seen, raw),
        None,
        then=drips(HEARTBEAT, 0.5),
    ),
    "change cipher specs behind the flight": speaking(then=floods(b"\x14\x03\x03\x00\x01\x01")),
    "data behind the flight": speaking(then=floods(b"\x17\x03\x03\x00\x20" + bytes(32))),
    "certificate of 16 MB": speaking(only_hello, None, then=huge(11)),
    "key exchange of 16 MB": speaking(only_hello, None, then=huge(12)),
    "hello of 16 MB": speaking(lambda *_: b"", None, then=huge(2)),
    "flights for ever": speaking(sound_classic, None, then=floods(flight(Version.TLS1_2, ECDHE))),
    "hello and silence": speaking(only_hello, None),
}
"""Whole peers."""


# Behind a real handshake


def real(newest: int, then: Callable[[Peer], Awaitable[None]]) -> tuple[Script, int]:
    """A sound server that turns behind the handshake."""

    async def script(peer: Peer) -> None:
        await peer.secure()
        await then(peer)

    return script, newest


def sealer_12(peer: Peer) -> Protection:
    """What seals further records of a finished handshake of TLS 1.2."""
    assert peer.tls is not None
    suite = {"ECDHE-ECDSA-AES256-GCM-SHA384": 0xC02C, "ECDHE-ECDSA-AES128-GCM-SHA256": 0xC02B}.get(
        peer.tls.get_cipher_name() or "", 0xCCA9
    )
    random, hello, master = peer.tls.server_random(), peer.tls.client_random(), peer.tls.master_key()
    assert random is not None
    assert hello is not None
    assert master is not None
    schedule = KeySchedule(
        version=Version.TLS1_2, hash_name=prf_hash(suite), client_random=hello, server_random=random
    )
    made = protection(
        suite,
        Version.TLS1_2,
        schedule.key_block(master, key_lengths(suite).block),
        client=False,
        encrypt=True,
        encrypt_then_mac=False,
        random=noise,
    )
    made.seal(HS, b"the Finished")
    return made


def sealed_12(kind: ContentType, body: bytes, *, pause: float = 0.0, wait: bool = False) -> Callable[[Peer], Awaitable[None]]:
    """Sealed records for ever; after the client's next word where `wait`."""

    async def flood(peer: Peer) -> None:
        if wait:
            await peer.heard()
        sealer = sealer_12(peer)
        while True:
            await peer.send(b"".join(sealer.seal(kind, body) for _ in range(1 if pause else 100)))
            await asyncio.sleep(pause)

    return flood


def sealed_13(body: bytes, *, pause: float = 0.0) -> Callable[[Peer], Awaitable[None]]:
    """Handshake messages of TLS 1.3 for ever."""

    async def flood(peer: Peer) -> None:
        sealer = peer.sealer()
        while True:
            await peer.send(b"".join(sealer.handshake(body) for _ in range(1 if pause else 100)))
            await asyncio.sleep(pause)

    return flood


def updates_13(pause: float) -> Callable[[Peer], Awaitable[None]]:
    """KeyUpdates for ever."""

    async def flood(peer: Peer) -> None:
        sealer = peer.sealer()
        while True:
            await peer.send(b"".join(sealer.key_update() for _ in range(1 if pause else 100)))
            await asyncio.sleep(pause)

    return flood


NEW_HELLO = server_hello(Version.TLS1_2, 0xC02B)

REAL: dict[str, tuple[Script, int]] = {
    "real 1.3: tickets for ever": real(SSL.TLS1_3_VERSION, sealed_13(ticket())),
    "real 1.3: tickets for ever, slowly": real(SSL.TLS1_3_VERSION, sealed_13(ticket(), pause=0.4)),
    "real 1.3: key updates for ever": real(SSL.TLS1_3_VERSION, updates_13(0.0)),
    "real 1.3: key updates for ever, slowly": real(SSL.TLS1_3_VERSION, updates_13(0.4)),
    "real 1.3: ticket of 64 KB": real(
        SSL.TLS1_3_VERSION, sealed_13(b"\x04\x00\xff\xff" + bytes(12000), pause=0.2)
    ),
    "real 1.2: hello requests for ever": real(SSL.TLS1_2_VERSION, sealed_12(HS, message(0, b""))),
    "real 1.2: hello requests for ever, slowly": real(SSL.TLS1_2_VERSION, sealed_12(HS, message(0, b""), pause=0.4)),
    "real 1.2: hellos for the renegotiation": real(SSL.TLS1_2_VERSION, sealed_12(HS, NEW_HELLO, wait=True)),
    "real 1.2: warnings for ever": real(SSL.TLS1_2_VERSION, sealed_12(ContentType.ALERT, b"\1\x70")),
    "real 1.2: warnings for ever, slowly": real(SSL.TLS1_2_VERSION, sealed_12(ContentType.ALERT, b"\1\x70", pause=0.4)),
    "real 1.2: data for ever": real(SSL.TLS1_2_VERSION, sealed_12(AD, b"x" * 1000)),
    "real 1.2: data for ever, slowly": real(SSL.TLS1_2_VERSION, sealed_12(AD, b"x", pause=0.4)),
    "real 1.2: empty data for ever": real(SSL.TLS1_2_VERSION, sealed_12(AD, b"")),
    "real 1.2: garbage behind": real(SSL.TLS1_2_VERSION, floods(b"\x17\x03\x03\x01\x00" + noise(256))),
    "real 1.2: reset behind": real(SSL.TLS1_2_VERSION, lambda peer: _reset(peer)),
    "real 1.2: the renegotiation brings tickets": real(
        SSL.TLS1_2_VERSION, sealed_12(HS, message(4, bytes(4) + vector(bytes(60000), 2))[:16000], wait=True)
    ),
}
"""Peers that complete handshakes with OpenSSL, with the newest version of each."""


async def _reset(peer: Peer) -> None:
    peer.reset()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TlsPeer:
    """One hostile peer; `newest` where OpenSSL does its handshakes."""

    name: str
    script: Script
    newest: int = SSL.TLS1_3_VERSION


def tls_peers() -> Iterator[TlsPeer]:
    """All of them."""
    for name, script in PEERS.items():
        yield TlsPeer(name=name, script=script)
    for name, classic in CLASSIC.items():
        yield TlsPeer(name=name, script=speaking(classic, None))
    for name, modern in MODERN_SAYS.items():
        yield TlsPeer(name=name, script=speaking(sound_classic, modern))
    for name, (script, newest) in REAL.items():
        yield TlsPeer(name=name, script=script, newest=newest)
