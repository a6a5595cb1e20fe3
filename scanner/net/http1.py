"""HTTP/1.1 over an open connection: one request out, one answer in, kept exactly as it was sent (RFC 9112).

Rule of the file: what is wrong with an answer is read as far as it goes, not mended; `scanner.wire.http_answer` frames.
"""

import contextlib

from scanner.errors import Closed, Malformed, Reset, TooMuch
from scanner.model.outcome import Stage
from scanner.net.dial import Stream
from scanner.net.http_received import Received
from scanner.net.tls_session import TlsStream
from scanner.wire.http_answer import AnswerReader

_CONTENT_TYPES = range(20, 25)  # of TLS records (RFC 8446 section 5.1)


async def ask(carrier: Stream | TlsStream, request: bytes, received: Received) -> bool:
    """Sends `request` and fills `received`; whether the connection can carry another one.

    Raises what `Stream.send` and `Stream.receive` raise, `Closed` for an end before the answer's, `Malformed` for what
    is no HTTP or no body that can be read, `TooMuch` for a head beyond its caps.
    """
    carrier.stage = Stage.REQUEST
    with contextlib.suppress(Closed, Reset):  # a peer that has closed may have answered before
        await carrier.send(request)
    reader = AnswerReader()
    try:
        received.complete = await _read(carrier, reader, received)
    finally:
        whole = reader.head is not None and reader.head.status is not None
        answer = reader.answer()
        received.head = None if answer is None else answer.head
        received.body = bytearray(answer.body) if answer is not None and whole else None
        received.cut()
    return received.complete and _stays_open(reader)


async def _read(carrier: Stream | TlsStream, reader: AnswerReader, received: Received) -> bool:
    """Reads an answer; whether all of it came, False where it was left unread at its bound."""
    opening = b""
    while not reader.complete:
        carrier.stage = Stage.RESPONSE_HEAD if reader.head is None else Stage.RESPONSE_BODY
        data = await carrier.receive()
        if not data:
            return _ended(reader)
        received.count += len(data)
        opening = opening or data[:2]
        try:
            reader.feed(data)
        except Malformed as fault:
            raise TooMuch(fault.detail, stage=Stage.RESPONSE_HEAD) from None
        head = reader.head
        if head is None:
            continue
        if head.status is None:
            raise Malformed(_what_instead(opening), stage=Stage.RESPONSE_HEAD)
        if received.is_enough(head.status, reader.body_size):
            return False
        if reader.broken:
            raise Malformed("the chunks of the body break the grammar", stage=Stage.RESPONSE_BODY)
    return True


def _ended(reader: AnswerReader) -> bool:
    """The peer has ended its side: true where that ends the answer."""
    if reader.head is None:
        raise Closed("the peer ended the connection without a whole head", stage=Stage.RESPONSE_HEAD)
    if not reader.until_the_end:
        raise Closed("the peer ended the connection within the body", stage=Stage.RESPONSE_BODY)
    return True


def _what_instead(opening: bytes) -> str:
    """What came where a status line should be."""
    if len(opening) > 1 and opening[0] in _CONTENT_TYPES and opening[1] == 3:
        return "the answer is a TLS record: this port wants TLS"
    return "the answer has no status line: HTTP/0.9, or no HTTP"


def _stays_open(reader: AnswerReader) -> bool:
    """Whether the connection persists (RFC 9112 section 9.3); after anything odd nobody knows where the next begins."""
    head = reader.head
    if head is None or head.version != "HTTP/1.1" or head.flaws or head.status == 101:
        return False
    options = {part.strip(" \t").lower() for line in head.values("connection") for part in line.split(",")}
    return "close" not in options and reader.complete and not reader.surplus
