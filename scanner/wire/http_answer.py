"""Whole HTTP/1 answers, head and body, from raw bytes: where the message ends (RFC 9112 section 6.3).

Rule of the room: framing only. A body is taken out of its chunks and stays encoded otherwise; broken framing ends the
body there and is no fault, because odd requests get odd answers.
"""

import dataclasses

from scanner.errors import Malformed, Truncated
from scanner.wire.http_head import Head, HeadReader

_CHUNK_LINE_BYTES = 4096
"""The longest chunk-size line, extensions included."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """One answer. `complete` says whether its own framing ends it; a body until the connection's end never is."""

    head: Head
    body: bytes
    complete: bool


class AnswerReader:
    """Reads one answer from pieces of any size. `complete` tells that nothing more belongs to it."""

    def __init__(self) -> None:
        self._head = HeadReader()
        self._body: _LengthBody | _ChunkedBody | _OpenBody | None = None

    @property
    def complete(self) -> bool:
        """Whether the message has ended by its own framing."""
        return self._body is not None and self._body.complete

    @property
    def head(self) -> Head | None:
        """The head, once it is whole."""
        return self._head.head

    @property
    def body_size(self) -> int:
        """Bytes of the body so far."""
        return 0 if self._body is None else len(self._body.data)

    @property
    def broken(self) -> bool:
        """Whether the framing of the body broke, so that its end cannot be told."""
        return isinstance(self._body, _ChunkedBody) and self._body.broken

    @property
    def until_the_end(self) -> bool:
        """Whether the body lasts until the peer ends the connection."""
        return isinstance(self._body, _OpenBody)

    @property
    def surplus(self) -> bool:
        """Whether bytes came that belong to no answer."""
        return isinstance(self._body, _LengthBody | _ChunkedBody) and self._body.surplus

    def feed(self, data: bytes) -> None:
        """Takes the next piece. Raises `Malformed` where the head is beyond all caps."""
        if self._body is not None:
            self._body.feed(data)
            return
        self._head.feed(data)
        if self._head.head is not None:
            self._body = _body_of(self._head.head)
            self._body.feed(self._head.rest)

    def answer(self) -> HttpAnswer | None:
        """What came so far, None where nothing did but interim answers; half a head is kept as far as it came."""
        try:
            head = self._head.end()
        except Truncated:
            return None
        if self._body is None:
            interim = head.status is not None and head.status < 200
            return None if interim else HttpAnswer(head=head, body=b"", complete=False)
        return HttpAnswer(head=head, body=bytes(self._body.data), complete=self._body.complete)


def read_answer(raw: bytes) -> HttpAnswer | None:
    """The answer in `raw`; None where there is none that could be read."""
    reader = AnswerReader()
    try:
        reader.feed(raw)
    except Malformed:
        return None
    return reader.answer()


class _LengthBody:
    """A body of `Content-Length` bytes; zero for statuses that have none."""

    def __init__(self, length: int) -> None:
        self.data = bytearray()
        self.surplus = False
        self._length = length

    @property
    def complete(self) -> bool:
        return len(self.data) >= self._length

    def feed(self, data: bytes) -> None:
        left = self._length - len(self.data)
        self.data += data[:left]
        self.surplus = self.surplus or len(data) > left


class _OpenBody:
    """A body until the end of the connection."""

    complete = False

    def __init__(self) -> None:
        self.data = bytearray()

    def feed(self, data: bytes) -> None:
        self.data += data


class _ChunkedBody:
    """A chunked body (RFC 9112 section 7.1). A broken chunk ends it, incomplete; trailers are passed over."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.complete = False
        self._pending = bytearray()
        self._left = 0
        self.broken = False
        self._trailers = False

    @property
    def surplus(self) -> bool:
        return self.complete and bool(self._pending)

    def feed(self, data: bytes) -> None:
        self._pending += data
        while not self.complete and not self.broken and self._step():
            pass

    def _step(self) -> bool:
        if self._left:
            piece = self._pending[: self._left]
            self.data += piece
            del self._pending[: len(piece)]
            self._left -= len(piece)
            return bool(piece)
        end = self._pending.find(b"\n")
        if end < 0:
            self.broken = len(self._pending) > _CHUNK_LINE_BYTES
            return False
        line = bytes(self._pending[:end]).rstrip(b"\r")
        del self._pending[: end + 1]
        self._take(line)
        return True

    def _take(self, line: bytes) -> None:
        if self._trailers:
            self.complete = not line
        elif line or not self.data:  # the empty line after a chunk's data is passed over
            size = line.partition(b";")[0].strip()
            if not 0 < len(size) <= 8 or size.strip(b"0123456789abcdefABCDEF"):
                self.broken = True
            elif int(size, 16) == 0:
                self._trailers = True
            else:
                self._left = int(size, 16)


def _body_of(head: Head) -> _LengthBody | _ChunkedBody | _OpenBody:
    """The reader that this head asks for, in the order of RFC 9112 section 6.3."""
    if head.status in {204, 304} or (head.status is not None and head.status < 200):
        return _LengthBody(0)
    codings = [part.strip(" \t").lower() for value in head.values("transfer-encoding") for part in value.split(",")]
    if codings:
        return _ChunkedBody() if codings[-1] == "chunked" else _OpenBody()
    lengths = {part.strip(" \t") for value in head.values("content-length") for part in value.split(",")}
    sole = next(iter(lengths)) if len(lengths) == 1 else ""
    return _LengthBody(int(sole)) if sole.isascii() and sole.isdigit() and len(sole) <= 18 else _OpenBody()
