"""The record layer: bytes to records, records to handshake messages (RFC 8446 section 5, RFC 5246 section 6.2).

Caps come before parsing: a length is refused at its header, never after it was read.
"""

import dataclasses
import enum
from collections.abc import Iterator

from scanner.errors import Malformed

MAX_RECORD_BYTES = 2**14 + 2048
"""The longest payload: a TLS 1.2 ciphertext (RFC 5246 section 6.2.3); TLS 1.3's is shorter."""

MAX_RECORDS = 16_384
"""Records of one conversation: a whole flight cut into one-byte records still fits."""

MAX_MESSAGE_BYTES = 256 * 1024
"""The longest handshake message that is read. The field's largest certificate chains stay under a tenth of it."""

HEADER_BYTES = 5

_GREETINGS = (
    (b"HTTP/", "plain HTTP"),
    (b"<", "markup"),
    (b"SSH-", "SSH"),
    (b"220", "an SMTP or FTP greeting"),
    (b"+OK", "a POP3 greeting"),
    (b"* OK", "an IMAP greeting"),
)


class ContentType(enum.IntEnum):
    """ContentType (RFC 8446 section 5.1; heartbeat: RFC 6520)."""

    CHANGE_CIPHER_SPEC = 20
    ALERT = 21
    HANDSHAKE = 22
    APPLICATION_DATA = 23
    HEARTBEAT = 24


@dataclasses.dataclass(frozen=True, slots=True)
class Record:
    """One record: its type, its legacy version, its payload, and the header as sent (the AEAD's additional data)."""

    type: ContentType
    version: int
    payload: bytes
    header: bytes


@dataclasses.dataclass(frozen=True, slots=True)
class HandshakeMessage:
    """One handshake message: its type, its body, and all of it as sent (for the transcript)."""

    type: int
    body: bytes
    raw: bytes


def record(content: ContentType, version: int, payload: bytes) -> bytes:
    """One record with `payload`, which must not be longer than 2**14 bytes."""
    return bytes((content,)) + version.to_bytes(2, "big") + len(payload).to_bytes(2, "big") + payload


def not_tls(beginning: bytes) -> str | None:
    """What speaks there instead of TLS, judged by its first bytes; None while they may be a record."""
    for greeting, name in _GREETINGS:
        if beginning.startswith(greeting):
            return f"the peer speaks {name}, not TLS"
    may_be = beginning[0] in ContentType.__members__.values() and (len(beginning) < 2 or beginning[1] == 3)
    return None if may_be else f"no TLS record: it begins with {beginning[:8].hex(' ')}"


class RecordReader:
    """Cuts a stream of bytes into records, at whatever places it was split."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._count = 0

    def feed(self, data: bytes) -> Iterator[Record]:
        """Takes bytes in and yields the records that became whole. Raises `Malformed`."""
        self._buffer += data
        while (found := self._next()) is not None:
            yield found

    @property
    def missing(self) -> int:
        """How many bytes the record begun needs at least; 0 between records."""
        if not self._buffer:
            return 0
        if len(self._buffer) < HEADER_BYTES:
            return HEADER_BYTES - len(self._buffer)
        return HEADER_BYTES + int.from_bytes(self._buffer[3:5], "big") - len(self._buffer)

    @property
    def in_handshake(self) -> bool:
        """Whether the record begun is one of the handshake."""
        return self._buffer[:1] == bytes((ContentType.HANDSHAKE,))

    def _next(self) -> Record | None:
        buffer = self._buffer
        if not buffer:
            return None
        if (fault := not_tls(bytes(buffer[:8]))) is not None:
            raise Malformed(fault)
        if len(buffer) < HEADER_BYTES:
            return None
        length = int.from_bytes(buffer[3:5], "big")
        if length > MAX_RECORD_BYTES:
            raise Malformed(f"record of {length} bytes")
        end = HEADER_BYTES + length
        if len(buffer) < end:
            return None
        self._count += 1
        if self._count > MAX_RECORDS:
            raise Malformed(f"more than {MAX_RECORDS} records")
        header, payload = bytes(buffer[:HEADER_BYTES]), bytes(buffer[HEADER_BYTES:end])
        del buffer[:end]
        return Record(ContentType(header[0]), int.from_bytes(header[1:3], "big"), payload, header)


class MessageReader:
    """Joins the payloads of handshake records and cuts them into messages (RFC 8446 section 4)."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, payload: bytes) -> Iterator[HandshakeMessage]:
        """Takes a payload in and yields the messages that became whole. Raises `Malformed`."""
        self._buffer += payload
        while (found := self._next()) is not None:
            yield found

    @property
    def missing(self) -> bool:
        """Whether a message was begun and is not whole."""
        return bool(self._buffer)

    def _next(self) -> HandshakeMessage | None:
        buffer = self._buffer
        if len(buffer) < 4:
            return None
        length = int.from_bytes(buffer[1:4], "big")
        if length > MAX_MESSAGE_BYTES:
            raise Malformed(f"handshake message of {length} bytes")
        if len(buffer) < 4 + length:
            return None
        raw = bytes(buffer[: 4 + length])
        del buffer[: 4 + length]
        return HandshakeMessage(raw[0], raw[4:], raw)
