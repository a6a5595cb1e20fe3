"""Answers to hellos of TLS 1.2 and below that are wrong in one thing, as no sound server sends them."""

import functools

from cryptography.hazmat.primitives.asymmetric import rsa

from scanner.model.suite_traits import traits
from scanner.wire.octets import vector
from scanner.wire.tls_hello import RETRY_RANDOM
from scanner.wire.tls_registry import suite_name
from scanner.wire.tls_version import Version
from tests.hostile.peers import noise
from tests.hostile.tls_speakers import DHE, DONE, ECDHE, MODERN, P256, POINT, STATIC, X25519, Classic
from tests.support.fake_tls import (
    FILLER_CERTIFICATE,
    SeenHello,
    alert,
    flight,
    handshake_record,
    key_exchange,
    message,
    retry_request,
    server_hello,
)


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
        return b"".join(handshake_record(Version.TLS1_2, whole[at : at + 16384]) for at in range(0, len(whole), 16384))

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
    "SSLv3 to all": lambda _seen, _raw: flight(Version.SSL3, 0x000A),
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
    "status of 64 KB": classic_flight(
        hello=server_hello(Version.TLS1_2, ECDHE, extensions=b"\0\5\0\0"),
        certificates=message(11, vector(vector(FILLER_CERTIFICATE, 3), 3))
        + message(22, b"\1" + vector(noise(64000), 3)),
    ),
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
    "HelloRetryRequest in TLS 1.2": lambda _seen, _raw: handshake_record(Version.TLS1_2, retry_request(MODERN, X25519)),
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
