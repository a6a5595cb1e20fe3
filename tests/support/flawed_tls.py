"""TLS servers for tests that have one flaw each, or almost: they begin a handshake and take records after it.

Certificates and signatures are filler. The keys after an early ChangeCipherSpec are real, derived as OpenSSL before
1.0.1h did: from a master secret that is empty.
"""

import asyncio
import contextlib
import dataclasses
import os
import socket
import struct
from collections.abc import AsyncIterator, Callable

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from scanner.errors import Malformed
from scanner.model.suite_traits import traits
from scanner.wire.octets import vector
from scanner.wire.tls12_flight import needs_key_exchange
from scanner.wire.tls12_keys import KeySchedule
from scanner.wire.tls12_records import Protection, key_lengths, prf_hash, protection
from scanner.wire.tls_record import ContentType, HandshakeMessage, MessageReader, Record
from scanner.wire.tls_registry import suite_name
from scanner.wire.tls_version import Version
from tests.support.fake_tls import (
    FILLER_CERTIFICATE,
    FakeServer,
    SeenHello,
    alert,
    fake_server,
    handshake_record,
    message,
    read_hello,
    server_hello,
)

SERVER_RANDOM = bytes(range(32))
HEARTBEAT_TAKEN_UP = b"\x00\x0f\x00\x01\x01"


class Ends(Exception):
    """An answer after which the connection ends; with RST where `reset`."""

    def __init__(self, answer: bytes = b"", *, reset: bool = False) -> None:
        super().__init__()
        self.answer = answer
        self.reset = reset


Taking = Callable[[Record], bytes]
"""What a server says to a record: bytes, b"" for silence, or `Ends`."""


def ends(answer: bytes = b"", *, reset: bool = False) -> Taking:
    """A server that says this and ends the connection."""

    def take(_: Record) -> bytes:
        raise Ends(answer, reset=reset)

    return take


def says(answer: bytes) -> Taking:
    """A server that says this and goes on."""
    return lambda _: answer


def silent(_: Record) -> bytes:
    """Says nothing."""
    return b""


def heartbeat(payload: bytes, *, claimed: int, kind: int = 2) -> bytes:
    """A heartbeat record."""
    body = bytes((kind,)) + claimed.to_bytes(2, "big") + payload + bytes(16)
    return b"\x18\x03\x03" + vector(body, 2)


def echo_as_claimed(asked: Record) -> bytes:
    """Heartbleed: believes the length that the request claims. There is nothing behind the record to be read here."""
    claimed = int.from_bytes(asked.payload[1:3], "big")
    return heartbeat(asked.payload[3 : 3 + claimed], claimed=claimed)


def echo_the_payload(asked: Record) -> bytes:
    """Near miss: answers with the payload without the padding."""
    body = asked.payload[3:-16]
    return heartbeat(body, claimed=len(body))


def echo_something_else(asked: Record) -> bytes:
    """Near miss: as many bytes as were claimed, but not ours."""
    return heartbeat(bytes(len(asked.payload) - 3), claimed=len(asked.payload) - 3)


_NO_HANDSHAKE = alert(40)
_REFUSES, _CANNOT_READ = ends(alert(10)), ends(alert(20))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Early:
    """How a server takes an early ChangeCipherSpec, then records under the keys of an empty master secret (`known`),
    and all other records (`other`). With `completes` it carries a right handshake under those keys to its end, with
    `own_keys` under others.
    """

    ccs: Taking = _REFUSES
    known: Taking = _CANNOT_READ
    other: Taking = _CANNOT_READ
    completes: bool = False
    own_keys: bool = False


SOUND = Early()
INJECTABLE = Early(ccs=silent, completes=True)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Flawed:
    """One server: what its hello says, and how it takes what comes after its flight.

    `refuses` says which hellos get `refusal` and no more. `public` makes the server's public value, None: that of
    a real key.
    """

    version: Version = Version.TLS1_2
    suite: int = 0xC02F
    compression: int = 0
    takes_up_heartbeat: bool = False
    heartbeat: Taking = silent
    early: Early = SOUND
    refuses: Callable[[SeenHello, bytes], bool] = lambda _hello, _raw: False
    refusal: bytes = _NO_HANDSHAKE
    public: Callable[[], bytes] | None = None

    def flight(self, own: ec.EllipticCurvePrivateKey) -> tuple[bytes, ...]:
        """The messages of its first flight, with its public value in P-256."""
        extensions = HEARTBEAT_TAKEN_UP if self.takes_up_heartbeat else b""
        kind = traits(suite_name(self.suite))
        parts = [
            server_hello(
                self.version,
                self.suite,
                compression=self.compression,
                extensions=extensions,
                random=SERVER_RANDOM,
            ),
            message(11, vector(vector(FILLER_CERTIFICATE, 3), 3)),
        ]
        if needs_key_exchange(kind):
            scheme = b"\x04\x01" if self.version >= Version.TLS1_2 else b""
            point = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
            public = point if self.public is None else self.public()
            parts.append(message(12, b"\x03\x00\x17" + vector(public, 1) + scheme + vector(bytes(64), 2)))
        return (*parts, message(14, b""))


class _Conversation:
    """One connection after the flight: keys, messages, and what is said to each record."""

    def __init__(self, what: Flawed, hello: bytes) -> None:
        self._what = what
        self._key = ec.generate_private_key(ec.SECP256R1())
        messages = what.flight(self._key)
        self.flight = handshake_record(what.version, *messages)
        self._transcript = hello + b"".join(messages)
        self._messages = MessageReader()
        self._master = b""
        self._reads: Protection | None = None
        self._schedule = KeySchedule(
            version=what.version,
            hash_name=prf_hash(what.suite),
            client_random=hello[6:38],
            server_random=SERVER_RANDOM,
        )

    def take(self, record: Record) -> bytes:
        """What is said to a record."""
        early = self._what.early
        if self._reads is None:
            if record.type is ContentType.HEARTBEAT:
                return self._what.heartbeat(record)
            if record.type is not ContentType.CHANGE_CIPHER_SPEC:
                return early.other(record)
            self._reads = self._keys(b"", client=True)
            return early.ccs(record)
        try:
            plain = self._reads.open(record)
        except Malformed:
            return early.other(record)
        if not early.completes:
            return early.known(record)
        return b"".join(self._on_message(one) for one in self._messages.feed(plain))

    def _on_message(self, one: HandshakeMessage) -> bytes:
        """As OpenSSL 1.0.1: the keys stay, the master secret and Finished are right."""
        if one.type == 16:
            point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), one.body[1:])
            self._transcript += one.raw
            self._master = self._schedule.master_secret(self._key.exchange(ec.ECDH(), point))
            return b""
        expected = self._schedule.verify_data(self._master, self._transcript, client=True)
        if (one.type, one.body) != (20, expected):
            raise Ends(alert(51))
        self._transcript += one.raw
        finished = message(20, self._schedule.verify_data(self._master, self._transcript, client=False))
        writes = self._keys(self._master if self._what.early.own_keys else b"", client=False)
        return change_cipher_spec(self._what.version) + writes.seal(ContentType.HANDSHAKE, finished)

    def _keys(self, master: bytes, *, client: bool) -> Protection:
        """The keys that one side writes with, from a master secret."""
        return protection(
            self._what.suite,
            self._what.version,
            self._schedule.key_block(master, key_lengths(self._what.suite).block),
            client=client,
            encrypt=not client,
            encrypt_then_mac=False,
            random=os.urandom,
        )


def change_cipher_spec(version: Version) -> bytes:
    """One ChangeCipherSpec record."""
    return b"\x14" + version.to_bytes(2, "big") + b"\x00\x01\x01"


@contextlib.asynccontextmanager
async def flawed_server(what: Flawed, *, chunk: int = 1 << 20) -> AsyncIterator[FakeServer]:
    """Runs the server on 127.0.0.1; it sends `chunk` bytes at a time."""

    async def send(writer: asyncio.StreamWriter, data: bytes) -> None:
        for at in range(0, len(data), chunk):
            writer.write(data[at : at + chunk])
            await writer.drain()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raw = (await read_record(reader)).payload
        hello = read_hello(raw)
        state.hellos.append(hello)
        if what.version not in hello.versions or what.suite not in hello.suites or what.refuses(hello, raw):
            await send(writer, what.refusal)
            return
        conversation = _Conversation(what, raw)
        await send(writer, conversation.flight)
        try:
            while True:
                await send(writer, conversation.take(await read_record(reader)))
        except Ends as end:
            await send(writer, end.answer)
            if end.reset:
                sock: socket.socket = writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()

    async with fake_server(lambda _: b"", raw=serve) as state:
        yield state


async def read_record(reader: asyncio.StreamReader) -> Record:
    """One record."""
    header = await reader.readexactly(5)
    payload = await reader.readexactly(int.from_bytes(header[3:], "big"))
    return Record(ContentType(header[0]), int.from_bytes(header[1:3], "big"), payload, header)
