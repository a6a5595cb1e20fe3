"""A TLS 1.3 server without certificate checks for tests: one ClientHello in, its whole flight and what follows out.

It needs nothing more from the client: what stands behind the server's Finished may be sent at once (RFC 8446 4.4.4).
Its key and randoms are fixed, so the same hello is answered with the same bytes.
"""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from scanner.wire.octets import Octets, vector
from scanner.wire.tls13_flight import RecordSealer, hash_of_suite
from scanner.wire.tls13_keys import KeySchedule, finished, updated
from scanner.wire.tls_record import ContentType
from tests.support.fake_tls import FILLER_CERTIFICATE, handshake_record, message, read_hello, server_hello

PRIVATE = X25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
X25519 = 0x001D

Ends = Literal["at once", "in turn", "never"]

Behind = tuple[ContentType, bytes]
"""One record behind the server's Finished: its type and content."""

KEY_UPDATE = b"\x18\x00\x00\x01"


def ticket(
    *, lifetime: int = 7200, early: int | None = None, identity: bytes = b"ticket", nonce: bytes = b"\0"
) -> bytes:
    """A NewSessionTicket message."""
    extensions = b"" if early is None else b"\x00\x2a\x00\x04" + early.to_bytes(4, "big")
    body = lifetime.to_bytes(4, "big") + b"\x01\x02\x03\x04" + vector(nonce, 1) + vector(identity, 2)
    return message(4, body + vector(extensions, 2))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Tls13Server:
    """How the server answers. `psk` is the one that it resumes with; `without_dhe` leaves its key share out.

    `request` asks for a certificate. `behind` are records after the Finished. `spoiled` breaks the Finished,
    `missing` leaves messages of these types out.
    """

    suite: int = 0x1301
    psk: bytes | None = None
    without_dhe: bool = False
    encrypted_extensions: bytes = b""
    request: bool = False
    behind: tuple[Behind, ...] = ()
    spoiled: bool = False
    missing: frozenset[int] = frozenset()

    def answer(self, hello: bytes, before: bytes = b"") -> bytes:
        """The records in answer to a ClientHello message; `before` are the messages of the transcript before it."""
        hash_name = hash_of_suite(self.suite)
        shared = None if self.without_dhe else PRIVATE.exchange(X25519PublicKey.from_public_bytes(share_of(hello)))
        extensions = b"\x00\x2b\x00\x02\x03\x04"
        if shared is not None:
            own = PRIVATE.public_key().public_bytes_raw()
            extensions += b"\x00\x33" + vector(X25519.to_bytes(2, "big") + vector(own, 2), 2)
        if self.psk is not None:
            extensions += b"\x00\x29\x00\x02\x00\x00"
        first = server_hello(0x0304, self.suite, extensions=extensions)
        messages = before + hello + first
        schedule = KeySchedule(hash_name, self.psk)
        schedule.advance(shared)
        secret = schedule.derive("s hs traffic", messages)
        flight = b"".join(one for one in self._flight() if one[0] not in self.missing)
        proof = finished(secret, messages + flight, hash_name)
        flight += message(20, bytes(len(proof)) if self.spoiled else proof)
        out = handshake_record(0x0303, first) + b"\x14\x03\x03\x00\x01\x01"
        out += RecordSealer(self.suite, secret).seal(ContentType.HANDSHAKE, flight)
        schedule.advance()
        return out + self._seal_behind(schedule.derive("s ap traffic", messages + flight), hash_name)

    def _flight(self) -> list[bytes]:
        parts = [message(8, vector(self.encrypted_extensions, 2))]
        if self.request:
            parts.append(message(13, b"\0" + vector(b"\x00\x0d\x00\x04\x00\x02\x04\x03", 2)))
        if self.psk is None:
            parts.append(message(11, b"\0" + vector(vector(FILLER_CERTIFICATE, 3) + b"\0\0", 3)))
            parts.append(message(15, b"\x04\x03" + vector(bytes(64), 2)))
        return parts

    def _seal_behind(self, secret: bytes, hash_name: str) -> bytes:
        out, sealer = b"", RecordSealer(self.suite, secret)
        for content, body in self.behind:
            out += sealer.seal(content, body)
            if body.startswith(KEY_UPDATE):
                secret = updated(secret, hash_name)
                sealer = RecordSealer(self.suite, secret)
        return out


def share_of(hello: bytes) -> bytes:
    """The x25519 share in a ClientHello message."""
    entries = Octets(read_hello(hello).extensions[51][2:])
    while entries.left:
        group, value = entries.number(2), entries.vector(2)
        if group == X25519:
            return value
    raise AssertionError("no x25519 share")


def conversation(
    answer: Callable[[bytes], bytes], *, ends: Ends = "in turn"
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """A connection for `fake_tls.fake_server(raw=…)`: reads one hello, answers, and ends.

    It ends at once, in turn (behind the client's flight and its close_notify), or never.
    """

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readexactly(5)
        hello = await reader.readexactly(int.from_bytes(head[3:5], "big"))
        writer.write(answer(hello))
        await writer.drain()
        if ends == "in turn":
            await reader.read(4096)
            await reader.read(4096)
        if ends != "never":
            writer.write_eof()
        await reader.read()

    return talk
