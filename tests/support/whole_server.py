"""A TLS 1.2 server for tests that completes handshakes, and misbehaves afterwards as it is told to.

Static RSA with AES-128 or 3DES in CBC and HMAC-SHA1, TLS 1.0 to 1.2, built from our own wire parts; those are shown
right against OpenSSL elsewhere. What is wrong about a block or a record it tells to its behaviour, which is as
indiscreet as the test wants it.
"""

import asyncio
import contextlib
import dataclasses
import enum
import secrets
import socket
import struct
from collections.abc import AsyncIterator, Callable

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from scanner.errors import Malformed
from scanner.wire.octets import vector
from scanner.wire.tls12_keys import KeySchedule
from scanner.wire.tls12_records import CbcProtection, PlainProtection, Protection, key_lengths
from scanner.wire.tls_record import ContentType, Record
from scanner.wire.tls_version import Version
from tests.support.fake_tls import message, read_hello
from tests.support.made_chains import leaf, rsa_key

SUITE = 0x002F
TRIPLE_DES_SUITE = 0x000A
ALONE_SECONDS = 0.01
"""How long a server waits for what may follow a ClientKeyExchange, before `Behaviour.alone` counts."""

_KEY = rsa_key(1024)  # short, for it is used hundreds of times
_NUMBERS = _KEY.private_numbers()
_DER = leaf(None, "www.example.org", key=_KEY).der


class Again(enum.Enum):
    """What a second ClientHello on a connection is answered with."""

    HANDSHAKE = "a whole handshake"
    SILENCE = "nothing"
    UNFINISHED = "a handshake that is cut off before the server's Finished"
    WRONG_FINISHED = "a handshake with a wrong Finished"


class After(enum.Enum):
    """How a connection goes on."""

    CLOSED = "FIN"
    RESET = "RST"
    OPEN = "it stays open"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Says:
    """The last words of a server: an alert, or none, and what becomes of the connection."""

    alert: int | None = None
    after: After = After.CLOSED


BAD_MAC = Says(alert=20)
CLOSES = Says()
RESETS = Says(after=After.RESET)
WAITS = Says(after=After.OPEN)


class BlockDefect(enum.Enum):
    """What is wrong about the block that RSA encrypted (RFC 5246 section 7.4.7.1)."""

    NONE = "nothing"
    START = "no 00 02"
    MISSING = "no zero behind the padding"
    LENGTH = "not 48 bytes behind the zero"
    VERSION = "another version than in the hello"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RecordDefect:
    """What of a CBC record is right: the padding, the MAC where the padding puts it; `room` for both, `data` at all."""

    padding: bool
    mac: bool
    room: bool
    data: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """`binding`: it speaks RFC 5746. `returned_id` makes the session id of a resumption by ticket from the client's.

    `block` is what it says to the block of a ClientKeyExchange at once, `alone` where nothing follows for a while,
    `finished` to a Finished that it cannot read (by the block before it), `record` to a broken record after the
    handshake, `right` to one that is not: None to go on as if all were well. `keeps_after`: it gives session ids, and
    knows such a session so many seconds after its own Finished.
    """

    again: Again = Again.HANDSHAKE
    binding: bool = True
    tickets: bool = True
    returned_id: Callable[[bytes], bytes] = bytes
    version: Version = Version.TLS1_2
    suite: int = SUITE
    block: Callable[[BlockDefect], Says | None] = lambda _: None
    alone: Callable[[BlockDefect], Says | None] = lambda _: None
    finished: Callable[[BlockDefect], Says] = lambda _: BAD_MAC
    record: Callable[[RecordDefect], Says | None] = lambda _: BAD_MAC
    right: Says | None = None
    asks_for_certificate: bool = False
    keeps_after: float | None = None


class _End(Exception):
    """The server has no more to say, but perhaps some last words."""

    def __init__(self, says: Says = CLOSES) -> None:
        super().__init__()
        self.says = says


def _decrypted(encrypted: bytes) -> bytes:
    """The block under the key, well-formed or not (RFC 8017 section 5.1.2, by the Chinese remainders)."""
    key, number = _NUMBERS, int.from_bytes(encrypted, "big")
    one, other = pow(number, key.dmp1, key.p), pow(number, key.dmq1, key.q)
    return (other + (one - other) * key.iqmp % key.p * key.q).to_bytes(_KEY.key_size // 8, "big")


def _block_defect(block: bytes, version: Version) -> BlockDefect:
    end = block.find(b"\0", 2)
    if block[:2] != b"\0\2":
        return BlockDefect.START
    if end < 0:
        return BlockDefect.MISSING
    if len(block) - end - 1 != 48:
        return BlockDefect.LENGTH
    return BlockDefect.NONE if block[end + 1 : end + 3] == version.to_bytes(2, "big") else BlockDefect.VERSION


class _Inspector(CbcProtection):
    """Opens records, and says of those that are broken what is wrong about them."""

    opened = b""

    def _without_padding(self, data: bytes) -> bytes:
        self.opened = data
        return super()._without_padding(data)

    def defect(self, content: ContentType) -> RecordDefect:
        """Of the record that could not be opened last."""
        data, count = self.opened, self.opened[-1]
        end = len(data) - count - 1 - self.mac_bytes
        room = end >= 0
        payload, mac = (data[:end], data[end : end + self.mac_bytes]) if room else (b"", b"")
        return RecordDefect(
            padding=count < len(data) and set(data[-count - 1 :]) == {count},
            mac=mac == self.mac(content, payload),
            room=room,
            data=bool(payload),
        )


class _Conversation:
    """One connection."""

    def __init__(
        self, behaviour: Behaviour, kept: dict[bytes, bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._behaviour = behaviour
        self._kept = kept
        self._reader = reader
        self._writer = writer
        self._opener: Protection = PlainProtection(behaviour.version)
        self._sealer: Protection = PlainProtection(behaviour.version)
        self._block = BlockDefect.NONE
        self._established = False
        self._transcript = b""
        self._verify = b""

    async def run(self) -> None:
        """Handshakes until the client has enough."""
        again = False
        try:
            while True:
                await self._handshake(await self._message(), again=again)
                again = True
        except _End as end:
            await self._last_words(end.says)

    async def _last_words(self, says: Says) -> None:
        if says.alert is not None:
            self._writer.write(self._sealer.seal(ContentType.ALERT, bytes((2, says.alert))))
            await self._writer.drain()
        if says.after is After.OPEN:
            await self._reader.read()
        if says.after is After.RESET:
            sock: socket.socket = self._writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._writer.transport.abort()

    async def _handshake(self, hello: bytes, *, again: bool) -> None:
        behaviour, seen = self._behaviour, read_hello(hello)
        if again and behaviour.again is Again.SILENCE:
            await self._reader.read()
            raise _End
        self._transcript = hello
        master = self._kept.get(seen.extensions.get(35, b"")) or self._kept.get(seen.session_id)
        random = secrets.token_bytes(32)
        schedule = KeySchedule(
            version=behaviour.version, hash_name="sha256", client_random=hello[6:38], server_random=random
        )
        extensions = b""
        if behaviour.binding:
            extensions += b"\xff\x01" + vector(vector(self._verify, 1), 2)
        ticket = secrets.token_bytes(40) if behaviour.tickets and 35 in seen.extensions and master is None else None
        if ticket:
            extensions += b"\0\x23\0\0"
        fresh = b"" if behaviour.keeps_after is None or ticket else secrets.token_bytes(32)
        session_id = fresh if master is None else behaviour.returned_id(seen.session_id)
        version, suite = (number.to_bytes(2, "big") for number in (behaviour.version, behaviour.suite))
        body = version + random + vector(session_id, 1) + suite + b"\0"
        self._say(message(2, body + (vector(extensions, 2) if extensions else b"")))
        if master is not None:
            ours = self._change(schedule, master)
            theirs = await self._changed(schedule, master)
        else:
            master = await self._exchange(schedule)
            theirs = await self._changed(schedule, master)
            if again and behaviour.again is Again.UNFINISHED:
                raise _End
            if ticket:
                self._kept[ticket] = master
                self._say(message(4, (600).to_bytes(4, "big") + vector(ticket, 2)))
            if fresh:
                after = behaviour.keeps_after or 0.0
                asyncio.get_running_loop().call_later(after, self._kept.__setitem__, fresh, master)
            ours = self._change(schedule, master, wrong=again and behaviour.again is Again.WRONG_FINISHED)
        self._verify = theirs + ours
        self._established = True

    async def _exchange(self, schedule: KeySchedule) -> bytes:
        self._say(message(11, vector(vector(_DER, 3), 3)))
        if self._behaviour.asks_for_certificate:
            schemes = vector(b"\x04\x01", 2) if self._behaviour.version is Version.TLS1_2 else b""
            self._say(message(13, vector(b"\x01", 1) + schemes + vector(b"", 2)))
        self._say(message(14, b""))
        if self._behaviour.asks_for_certificate:
            await self._message()
            raise _End(Says(alert=40))
        exchange = await self._message()
        self._transcript += exchange
        block = _decrypted(exchange[6:])
        self._block = _block_defect(block, self._behaviour.version)
        await self._judge_block()
        sound = self._block is BlockDefect.NONE
        return schedule.master_secret(block[-48:] if sound else secrets.token_bytes(48))

    async def _judge_block(self) -> None:
        if (says := self._behaviour.block(self._block)) is not None:
            raise _End(says)
        if (says := self._behaviour.alone(self._block)) is not None:
            await asyncio.sleep(ALONE_SECONDS)
            if not self._reader._buffer:  # type: ignore[attr-defined] # no other way to look without reading
                raise _End(says)

    def _change(self, schedule: KeySchedule, master: bytes, *, wrong: bool = False) -> bytes:
        """Our ChangeCipherSpec and Finished."""
        self._writer.write(self._sealer.seal(ContentType.CHANGE_CIPHER_SPEC, b"\x01"))
        self._sealer = self._protection(schedule, master, client=False)
        verify = schedule.verify_data(master, self._transcript, client=False)
        self._say(message(20, bytes(12) if wrong else verify))
        return verify

    async def _changed(self, schedule: KeySchedule, master: bytes) -> bytes:
        """The client's ChangeCipherSpec and Finished."""
        assert await self._record() == (ContentType.CHANGE_CIPHER_SPEC, b"\x01")
        self._established = False
        self._opener = self._protection(schedule, master, client=True)
        verify = schedule.verify_data(master, self._transcript, client=True)
        finished = await self._message()
        assert finished == message(20, verify)
        self._transcript += finished
        return verify

    def _protection(self, schedule: KeySchedule, master: bytes, *, client: bool) -> Protection:
        version, suite = self._behaviour.version, self._behaviour.suite
        lengths = key_lengths(suite)
        mac_key, key, iv = lengths.cut(schedule.key_block(master, lengths.block), client=client)
        return _Inspector(
            version,
            "sha1",
            mac_key,
            algorithm=AES(key) if suite == SUITE else TripleDES(key),
            iv=iv,
            encrypt_then_mac=False,
            random=secrets.token_bytes,
        )

    def _say(self, said: bytes) -> None:
        self._transcript += said
        self._writer.write(self._sealer.seal(ContentType.HANDSHAKE, said))

    async def _message(self) -> bytes:
        """The next message; our client writes one in each record."""
        kind, payload = await self._record()
        while self._established and kind is ContentType.APPLICATION_DATA:
            if self._behaviour.right is not None:
                raise _End(self._behaviour.right)
            kind, payload = await self._record()
        if kind is not ContentType.HANDSHAKE:
            raise _End
        return payload

    async def _record(self) -> tuple[ContentType, bytes]:
        await self._writer.drain()
        head = await self._reader.readexactly(5)
        payload = await self._reader.readexactly(int.from_bytes(head[3:5], "big"))
        found = Record(ContentType(head[0]), int.from_bytes(head[1:3], "big"), payload, head)
        try:
            return found.type, self._opener.open(found)
        except Malformed:
            return found.type, self._on_broken(found.type)

    def _on_broken(self, content: ContentType) -> bytes:
        """A record that does not open: the end, or taken for a right one."""
        if not self._established:
            raise _End(self._behaviour.finished(self._block))
        assert isinstance(self._opener, _Inspector)
        says = self._behaviour.record(self._opener.defect(content))
        if says is not None:
            raise _End(says)
        self._opener.sequence += 1
        return b""


@contextlib.asynccontextmanager
async def whole_server(
    behaviour: Behaviour, *, refuses: Callable[[], bool] = lambda: False
) -> AsyncIterator[tuple[str, int]]:
    """Runs such a server on 127.0.0.1; its place. Where `refuses` says so, a connection is ended at once."""
    kept: dict[bytes, bytes] = {}
    serving: set[asyncio.Task[None]] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                if not refuses():
                    await _Conversation(behaviour, kept, reader, writer).run()
        finally:
            writer.close()

    def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(converse(reader, writer))
        serving.add(task)
        task.add_done_callback(serving.discard)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        await asyncio.sleep(0)  # closed transports lose their sockets on the next turn
