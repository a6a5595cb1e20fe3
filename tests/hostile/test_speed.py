"""No input costs a parser more than a blink, and none makes it keep more than its caps."""

import contextlib
import gzip
import time
from collections.abc import Callable

import pytest

from scanner.errors import Malformed, PeerFault
from scanner.wire.http_answer import AnswerReader
from scanner.wire.http_head import HEAD_BYTES, MAX_LINES, HeadReader
from scanner.wire.inflate import codings_of, inflate
from scanner.wire.text_body import decode_text, is_text
from scanner.wire.urls import parse_url, resolve_url
from tests.hostile.peers import noise

LONGEST = 0.5
"""Seconds of CPU for one input, of the best of three. Sound ones take a hundredth; what is quadratic takes many."""

READ = 16 * 1024
STATUS = b"HTTP/1.1 200 OK\r\n"
CHUNKED = STATUS + b"Transfer-Encoding: chunked\r\n\r\n"


def flood(piece: bytes, size: int = HEAD_BYTES - 100) -> bytes:
    return piece * (size // len(piece))


def head(raw: bytes, *, pieces: int = READ) -> None:
    reader = HeadReader()
    for at in range(0, len(raw), pieces):
        reader.feed(raw[at : at + pieces])
    reader.end()


def one_read_of_a_body(raw: bytes) -> None:
    reader = AnswerReader()
    reader.feed(CHUNKED)
    reader.feed(raw[:READ])


BOMB = gzip.compress(bytes(32 << 20))
TWICE = gzip.compress(BOMB)
BASE = parse_url("https://example.org/a/b")

INPUTS: dict[str, Callable[[], object]] = {
    "many fields": lambda: head(STATUS + flood(b"a:b\r\n")),
    "many fields in small pieces": lambda: head(STATUS + flood(b"a:b\r\n"), pieces=100),
    "many nameless fields": lambda: head(STATUS + flood(b":\r\n")),
    "many folds": lambda: head(STATUS + b"a:b\r\n" + flood(b" b\r\n")),
    "long folds": lambda: head(STATUS + b"a:b\r\n" + (b" " + b"b" * 250 + b"\r\n") * 999 + b"\r\n"),
    "many bare lines": lambda: head(STATUS + flood(b"a\n")),
    "many blank lines": lambda: head(flood(b"\r\n")),
    "one long line byte by byte": lambda: head(STATUS + b"a:" + b"b" * 40_000, pieces=1),
    "a length of commas": lambda: head(STATUS + b"Content-Length: " + flood(b",") + b"\r\n\r\n"),
    "a length of digits": lambda: head(STATUS + b"Content-Length: " + flood(b"9") + b"\r\n\r\n"),
    "a status line of blanks": lambda: head(b"HTTP/1.1" + flood(b" ") + b"x\r\n\r\n"),
    "a version of digits": lambda: head(b"HTTP/" + flood(b"1") + b"\r\n\r\n"),
    "small chunks": lambda: one_read_of_a_body(flood(b"1\r\na\r\n")),
    "trailers": lambda: one_read_of_a_body(b"0\r\n" + flood(b"a:b\r\n")),
    "many codings": lambda: codings_of([","] * 1000 + ["," * HEAD_BYTES]),
    "a bomb": lambda: inflate(BOMB, ("gzip",)),
    "a bomb in a bomb": lambda: inflate(TWICE, ("gzip", "gzip")),
    "a charset of nothing": lambda: decode_text(noise(1 << 20), ["text/html" + "; charset =" * 20_000]),
    "noise in another charset": lambda: decode_text(noise(1 << 20), ["text/html; charset=gb18030"]),
    "a type without end": lambda: is_text(["application/" + "+jso" * 60_000]),
    "dots": lambda: resolve_url(BASE, "/" + "../" * 2700),
    "percent signs": lambda: resolve_url(BASE, "?" + "%" * 8000),
    "at signs": lambda: resolve_url(BASE, "//" + "@" * 8000 + "a"),
    "labels": lambda: resolve_url(BASE, "//" + "a." * 125 + "b"),
    "wide labels": lambda: resolve_url(BASE, "//" + "\xe4\xb8\xad" * 80 + ".com"),
}


@pytest.mark.parametrize("name", INPUTS)
def test_no_input_costs_much(name: str) -> None:
    seconds = []
    for _ in range(3):
        begun = time.process_time()
        with contextlib.suppress(PeerFault):
            INPUTS[name]()
        seconds.append(time.process_time() - begun)

    assert min(seconds) < LONGEST


@pytest.mark.parametrize("size", [1, 1000, READ])
def test_blank_lines_without_end_are_too_much(size: int) -> None:
    reader = HeadReader()
    for _ in range(HEAD_BYTES // (2 * size)):
        reader.feed(b"\r\n" * size)

    with pytest.raises(Malformed, match="more than"):
        reader.feed(b"\r\n" * READ)


def test_lines_without_end_are_too_much_and_the_first_are_kept() -> None:
    reader = HeadReader()
    with pytest.raises(Malformed, match="lines"):
        reader.feed(STATUS + b"a:b\r\n" * (MAX_LINES + 1))

    assert reader.end().values("a")[0] == "b"
