import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scanner.errors import Malformed
from scanner.wire.http_answer import AnswerReader, HttpAnswer, read_answer

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("raw", "body", "complete"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd", b"abc", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", b"ab", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\nabc", b"abc", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", b"abcd", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nab", b"ab", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nab", b"ab", False),
        (b"HTTP/1.1 200 OK\r\n\r\nab", b"ab", False),
        (b"HTTP/1.1 204 No Content\r\n\r\nab", b"", True),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", b"", True),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 \r\nContent-Length: 0\r\n\r\n", b"", True),
        (CHUNKED + b"3\r\nabc\r\n2;x=1\r\nde\r\n0\r\n\r\n", b"abcde", True),
        (CHUNKED + b"3\r\nabc\r\n0\r\nTrailer: 1\r\n\r\nmore", b"abc", True),
        (CHUNKED + b"0\r\n\r\n", b"", True),
        (CHUNKED + b"3\r\nabc\r\n", b"abc", False),
        (CHUNKED + b"zz\r\nabc", b"", False),
        (CHUNKED + b"fffffffff\r\nabc", b"", False),
        (CHUNKED + b"-1\r\nabc", b"", False),
        (CHUNKED + b";" * 5000, b"", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nab", b"ab", False),
        (b"HTTP/1.1 400 Bad", b"", False),
        (b"no http at all", b"no http at all", False),
    ],
)
def test_the_framing_decides_where_the_body_ends(raw: bytes, body: bytes, complete: bool) -> None:
    answer = read_answer(raw)
    assert answer is not None
    assert (answer.body, answer.complete) == (body, complete)


@pytest.mark.parametrize("raw", [b"", b"\r\n"])
def test_nothing_is_no_answer(raw: bytes) -> None:
    assert read_answer(raw) is None


def in_pieces(raw: bytes, cuts: list[int]) -> HttpAnswer | str | None:
    reader = AnswerReader()
    places = sorted({min(cut, len(raw)) for cut in cuts} | {0, len(raw)})
    try:
        for start, end in itertools.pairwise(places):
            reader.feed(raw[start:end])
    except Malformed:
        return "malformed"
    return reader.answer()


PARTS = st.sampled_from(
    [b"HTTP/1.1 200 OK\r\n", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"\r\n", b"\n", b"5\r\n",
     b"abcde", b"0\r\n", b";x", b"HTTP/1.1 100 \r\n\r\n", b" ", b"\x00\xff", b"ffffffff\r\n"]
)  # fmt: skip


@given(raw=st.lists(PARTS | st.binary(max_size=20), max_size=12).map(b"".join), cuts=st.lists(st.integers(0, 200)))
@example(raw=CHUNKED + b"3\r\nabc\r\n0\r\n\r\n", cuts=list(range(80)))
def test_any_bytes_give_the_same_answer_at_every_split(raw: bytes, cuts: list[int]) -> None:
    assert in_pieces(raw, cuts) == in_pieces(raw, []) == in_pieces(raw, list(range(len(raw))))
