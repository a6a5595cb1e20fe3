"""Heads of HTTP/1 answers, read from the raw bytes and kept exactly as sent.

Rule of the room: what is wrong with a head is noted, not mended. Clients differ about such heads, and an HTTP library
throws many of them away whole; a scanner must see them. RFC 9112 sections 2 to 6 are the grammar.
"""

import dataclasses
import enum
import re

from scanner.errors import Malformed, Truncated
from scanner.model.evidence.http_exchanges import HeaderField
from scanner.model.peer import PeerText, peer_text

HEAD_BYTES = 256 * 1024
"""The longest answer head that is read, interim answers included; servers stop at 8 to 64 KiB."""

MAX_FIELDS = 1000
"""Field lines that are kept; browsers stop at about as many."""

MAX_FRAMING = 8
"""Fields that are kept beyond that because they frame the body."""

MAX_LINES = 16 * 1024
"""Field lines that are looked at; a head of many more costs more time than it can tell."""

MAX_INTERIM = 16
"""Interim answers (1xx) before the final one; an endless row of them is an attack (CVE-2021-3737)."""


class Flaw(enum.StrEnum):
    """What was wrong with a head. Closed; each names the section that it breaks."""

    BAD_CONTENT_LENGTH = "bad-content-length"  # RFC 9110 section 8.6: not a number
    BAD_STATUS_LINE = "bad-status-line"  # RFC 9112 section 4
    BARE_CR = "bare-cr"  # RFC 9112 section 2.2
    BARE_LF = "bare-lf"  # RFC 9112 section 2.2: LF alone ends a line
    CONFLICTING_CONTENT_LENGTH = "conflicting-content-length"  # RFC 9112 section 6.3
    CONTROL_CHARACTER = "control-character"  # RFC 9110 section 5.5
    EMPTY_NAME = "empty-name"  # RFC 9110 section 5.1
    HTTP_0_9 = "http-0.9"  # no status line at all: HTTP/0.9, or no HTTP
    INCOMPLETE = "incomplete"  # RFC 9112 section 8: ended before the empty line
    INVALID_NAME = "invalid-name"  # RFC 9110 section 5.6.2: not a token
    LEADING_BLANK_LINE = "leading-blank-line"  # RFC 9112 section 4: nothing precedes the status line
    LENGTH_AND_CHUNKED = "length-and-chunked"  # RFC 9112 section 6.3: response splitting
    NO_COLON = "no-colon"  # RFC 9112 section 5
    NON_ASCII = "non-ascii"  # RFC 9110 section 5.5: obs-text
    NUL = "nul"  # RFC 9110 section 5.5
    OBS_FOLD = "obs-fold"  # RFC 9112 section 5.2
    REPEATED_CONTENT_LENGTH = "repeated-content-length"  # RFC 9110 section 8.6: the same number again
    SPACE_BEFORE_COLON = "space-before-colon"  # RFC 9112 section 5.1
    SPACE_BEFORE_FIRST_FIELD = "space-before-first-field"  # RFC 9112 section 2.2
    STATUS_OUT_OF_RANGE = "status-out-of-range"  # RFC 9110 section 15: not 100 to 599
    TOO_MANY_FIELDS = "too-many-fields"  # our cap: the rest is left out


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The head of a final answer, as sent.

    `version` is `HTTP/1.1` and the like, `HTTP/0.9` where there is no status line; `status` is None where none can be
    made out. `fields` keep spelling, order and repeats; white space round a value is not part of it, a fold inside it
    is kept. `interim` counts the 1xx answers before it. `flaws` are sorted and distinct.
    """

    version: str
    status: int | None
    reason: PeerText | None
    fields: tuple[HeaderField, ...]
    flaws: tuple[Flaw, ...]
    interim: int

    def values(self, name: str) -> tuple[PeerText, ...]:
        """The values of every field with this name, compared without case or the white space that breaks it."""
        wanted = name.lower()
        return tuple(one.value for one in self.fields if one.name.strip(" \t").lower() == wanted)


class HeadReader:
    """Reads one answer's head from pieces of any size; the result does not depend on where they are cut.

    `head` is None until it is whole. `rest` are the bytes after it, as far as they were fed.
    """

    def __init__(self) -> None:
        self.head: Head | None = None
        self._buffer = bytearray()
        self._start = 0  # of the line that is not whole yet
        self._searched = 0  # no line end between `_start` and here
        self._lines: list[bytes] = []
        self._line_count = 0
        self._flaws: set[Flaw] = set()
        self._interim = 0

    @property
    def rest(self) -> bytes:
        """What follows the head."""
        return bytes(self._buffer[self._start :]) if self.head is not None else b""

    @property
    def size(self) -> int:
        """Bytes fed so far."""
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        """Takes the next piece. Raises `Malformed` past the caps; what came before can still be had with `end`."""
        self._buffer += data
        while self.head is None:
            if not self._lines and not self._looks_like_http():
                if self._start > HEAD_BYTES:
                    raise Malformed(f"a head of more than {HEAD_BYTES} bytes")
                return
            newline = self._buffer.find(b"\n", max(self._start, self._searched))
            if max(newline, 0) > HEAD_BYTES or (newline < 0 and len(self._buffer) > HEAD_BYTES):
                raise Malformed(f"a head of more than {HEAD_BYTES} bytes")
            if newline < 0:
                self._searched = len(self._buffer)
                return
            line = bytes(self._buffer[self._start : newline])
            self._start = newline + 1
            self._take(line)

    def end(self) -> Head:
        """The head as far as it came, because the peer has ended or we stopped.

        Raises `Truncated` where nothing came that could be one.
        """
        if self.head is not None:
            return self.head
        left = bytes(self._buffer[self._start : HEAD_BYTES])
        if not self._lines and not left.strip(b"\r\n"):
            raise Truncated(1, "an end before the first byte of an answer")
        if left and len(self._lines) <= MAX_FIELDS:
            self._lines.append(left)
        self._flaws.add(Flaw.INCOMPLETE)
        self._start = len(self._buffer)
        return self._finish()

    def _looks_like_http(self) -> bool:
        """Whether a status line may begin here; sets `head` where that is out of the question (HTTP/0.9)."""
        blank = _BLANK.match(self._buffer, self._start)
        if blank is not None:
            self._flaws.add(Flaw.LEADING_BLANK_LINE)
            self._start = blank.end()
        opening = bytes(self._buffer[self._start : self._start + 5])
        if b"HTTP/".startswith(opening.upper()):
            return bool(opening)
        self.head = Head(
            version="HTTP/0.9",
            status=None,
            reason=None,
            fields=(),
            flaws=tuple(sorted(self._flaws | {Flaw.HTTP_0_9})),
            interim=self._interim,
        )
        return False

    def _take(self, line: bytes) -> None:
        if line.endswith(b"\r"):
            line = line[:-1]
        else:
            self._flaws.add(Flaw.BARE_LF)
        if line:
            self._line_count += 1
            if self._line_count > MAX_LINES:
                raise Malformed(f"a head of more than {MAX_LINES} lines")
            # What frames the body is read beyond the cap as well: without it the end of the answer cannot be told.
            framing = len(self._lines) <= MAX_FIELDS + MAX_FRAMING and _FRAMING.match(line) is not None
            if self._line_count <= MAX_FIELDS + 1 or framing:
                self._lines.append(line)
            return
        head = self._finish()
        if head.status is not None and 100 <= head.status < 200 and head.status != 101:
            self.head = None
            self._interim += 1
            self._lines, self._line_count, self._flaws = [], 0, set()
            if self._interim > MAX_INTERIM:
                raise Malformed(f"more than {MAX_INTERIM} interim answers")

    def _finish(self) -> Head:
        flaws = set(self._flaws)
        if self._line_count > MAX_FIELDS + 1:
            flaws.add(Flaw.TOO_MANY_FIELDS)
        version, status, reason = _status_line(self._lines[0], flaws)
        fields = _fields(self._lines[1:], flaws)
        _check_framing(fields, flaws)
        self.head = Head(
            version=version,
            status=status,
            reason=reason,
            fields=fields,
            flaws=tuple(sorted(flaws)),
            interim=self._interim,
        )
        return self.head


def parse_head(raw: bytes) -> tuple[Head, bytes]:
    """The head at the beginning of `raw`, and the bytes after it. Raises `Truncated` where it is not whole."""
    reader = HeadReader()
    reader.feed(raw)
    if reader.head is None:
        raise Truncated(1, "the head is not whole")
    return reader.head, reader.rest


_STATUS_LINE = re.compile(
    rb"(HTTP/\d\.\d) (\d{3})(?: (.*))?", re.DOTALL
)  # RFC 9112 section 4; many leave the last SP out
_LOOSE_STATUS_LINE = re.compile(rb"(HTTP/\d+(?:\.\d+)?)[ \t]+(\d{3})(?!\d)[ \t]*(.*)", re.DOTALL | re.IGNORECASE)
_BLANK = re.compile(rb"[\r\n]+")
_FRAMING = re.compile(rb"(?:content-length|transfer-encoding|connection)[ \t]*:", re.IGNORECASE)
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110 section 5.6.2
_CONTROL = re.compile(rb"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NON_ASCII = re.compile(rb"[\x80-\xff]")


def _status_line(line: bytes, flaws: set[Flaw]) -> tuple[str, int | None, PeerText | None]:
    _check_characters(line, flaws)
    match = _STATUS_LINE.fullmatch(line)
    if match is None:
        flaws.add(Flaw.BAD_STATUS_LINE)
        match = _LOOSE_STATUS_LINE.fullmatch(line)
        if match is None:
            return "HTTP", None, None
    status = int(match[2])
    if not 100 <= status <= 599:
        flaws.add(Flaw.STATUS_OUT_OF_RANGE)
    return match[1].decode("ascii").upper(), status, peer_text(match[3] or b"")


def _fields(lines: list[bytes], flaws: set[Flaw]) -> tuple[HeaderField, ...]:
    raw: list[tuple[bytes, bytes]] = []
    for line in lines:
        _check_characters(line, flaws)
        if line[:1] in {b" ", b"\t"}:
            if raw:
                flaws.add(Flaw.OBS_FOLD)
                name, value = raw[-1]
                raw[-1] = (name, value + b"\r\n" + line)
                continue
            flaws.add(Flaw.SPACE_BEFORE_FIRST_FIELD)
        name, colon, value = line.partition(b":")
        _check_name(name, colon, flaws)
        raw.append((name, value))
    return tuple(HeaderField(name=peer_text(name), value=peer_text(value.strip(b" \t"))) for name, value in raw)


def _check_name(name: bytes, colon: bytes, flaws: set[Flaw]) -> None:
    if not colon:
        flaws.add(Flaw.NO_COLON)
    elif not name:
        flaws.add(Flaw.EMPTY_NAME)
    elif name[-1:] in {b" ", b"\t"}:
        flaws.add(Flaw.SPACE_BEFORE_COLON)
    elif not _TOKEN.fullmatch(name):
        flaws.add(Flaw.INVALID_NAME)


def _check_characters(line: bytes, flaws: set[Flaw]) -> None:
    if b"\x00" in line:
        flaws.add(Flaw.NUL)
    if b"\r" in line:
        flaws.add(Flaw.BARE_CR)
    if _CONTROL.search(line):
        flaws.add(Flaw.CONTROL_CHARACTER)
    if _NON_ASCII.search(line):
        flaws.add(Flaw.NON_ASCII)


def _check_framing(fields: tuple[HeaderField, ...], flaws: set[Flaw]) -> None:
    """What the fields say of the body's length (RFC 9112 section 6.3)."""

    def members(name: str) -> list[str]:
        wanted = [one.value for one in fields if one.name.strip(" \t").lower() == name]
        return [member.strip(" \t") for value in wanted for member in value.split(",")]

    lengths = members("content-length")
    if any(not (one.isascii() and one.isdigit()) for one in lengths):
        flaws.add(Flaw.BAD_CONTENT_LENGTH)
    if len(set(lengths)) > 1:
        flaws.add(Flaw.CONFLICTING_CONTENT_LENGTH)
    elif len(lengths) > 1:
        flaws.add(Flaw.REPEATED_CONTENT_LENGTH)
    if lengths and any(one.lower() == "chunked" for one in members("transfer-encoding")):
        flaws.add(Flaw.LENGTH_AND_CHUNKED)
