"""Heads: what is read, which flaws are named, and that neither depends on how the bytes were cut."""

import contextlib
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.errors import Malformed, PeerFault, Truncated
from scanner.wire.http_head import HEAD_BYTES, MAX_FIELDS, MAX_FRAMING, MAX_INTERIM, Flaw, Head, HeadReader, parse_head

SOUND = b"HTTP/1.1 200 OK\r\nServer: nginx\r\nSet-Cookie: a=1\r\nset-cookie:  b=2 \r\n\r\nbody"


def head_of(raw: bytes) -> Head:
    return parse_head(raw)[0]


def test_sound_head_is_kept_as_sent() -> None:
    head, rest = parse_head(SOUND)

    assert (head.version, head.status, head.reason) == ("HTTP/1.1", 200, "OK")
    assert [(one.name, one.value) for one in head.fields] == [
        ("Server", "nginx"),
        ("Set-Cookie", "a=1"),
        ("set-cookie", "b=2"),
    ]
    assert head.values("SET-COOKIE") == ("a=1", "b=2")
    assert head.flaws == ()
    assert rest == b"body"


@pytest.mark.parametrize(
    ("lines", "flaw"),
    [
        (b"HTTP/1.1 200 OK\r\nX: a\x00b\r\n\r\n", Flaw.NUL),
        (b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", Flaw.OBS_FOLD),
        (b"HTTP/1.1 200 OK\r\n X: a\r\nY: b\r\n\r\n", Flaw.SPACE_BEFORE_FIRST_FIELD),
        (b"HTTP/1.1 200 OK\r\nX : a\r\n\r\n", Flaw.SPACE_BEFORE_COLON),
        (b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n", Flaw.NO_COLON),
        (b"HTTP/1.1 200 OK\r\n: a\r\n\r\n", Flaw.EMPTY_NAME),
        (b"HTTP/1.1 200 OK\r\nX(Y): a\r\n\r\n", Flaw.INVALID_NAME),
        (b"HTTP/1.1 200 OK\nX: a\n\n", Flaw.BARE_LF),
        (b"HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n", Flaw.BARE_CR),
        (b"HTTP/1.1 200 OK\r\nX: a\x1b[2J\r\n\r\n", Flaw.CONTROL_CHARACTER),
        (b"HTTP/1.1 200 OK\r\nX: \xff\xfe\r\n\r\n", Flaw.NON_ASCII),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", Flaw.CONFLICTING_CONTENT_LENGTH),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\n", Flaw.CONFLICTING_CONTENT_LENGTH),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", Flaw.REPEATED_CONTENT_LENGTH),
        (b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n", Flaw.BAD_CONTENT_LENGTH),
        (b"HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n", Flaw.BAD_CONTENT_LENGTH),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n",
            Flaw.LENGTH_AND_CHUNKED,
        ),
        (b"<html>hello</html>", Flaw.HTTP_0_9),
        (b"220 mail.example.org ESMTP\r\n", Flaw.HTTP_0_9),
        (b"HTTP/1.1 20 OK\r\n\r\n", Flaw.BAD_STATUS_LINE),
        (b"HTTP/1.1  200 OK\r\n\r\n", Flaw.BAD_STATUS_LINE),
        (b"HTTP/2 200\r\n\r\n", Flaw.BAD_STATUS_LINE),
        (b"HTTP/1.1 999 Request denied\r\n\r\n", Flaw.STATUS_OUT_OF_RANGE),
        (b"\r\nHTTP/1.1 200 OK\r\n\r\n", Flaw.LEADING_BLANK_LINE),
    ],
)
def test_each_flaw_is_named(lines: bytes, flaw: Flaw) -> None:
    assert flaw in head_of(lines).flaws


def test_every_flaw_but_the_two_of_size_is_in_the_table() -> None:
    table = next(mark for mark in test_each_flaw_is_named.pytestmark if mark.name == "parametrize")  # type: ignore[attr-defined]

    assert {row[1] for row in table.args[1]} == set(Flaw) - {Flaw.INCOMPLETE, Flaw.TOO_MANY_FIELDS}


def test_flawed_lines_are_kept() -> None:
    head = head_of(b"HTTP/1.1 200 OK\r\nX : a\r\nno colon\r\n: b\r\nY: c\r\n\t d\r\n\r\n")

    assert [(one.name, one.value) for one in head.fields] == [
        ("X ", "a"),
        ("no colon", ""),
        ("", "b"),
        ("Y", "c\r\n\t d"),
    ]
    assert head.values("x") == ("a",)


def test_status_of_a_bad_status_line_is_still_read() -> None:
    assert head_of(b"HTTP/2 404\r\n\r\n").status == 404
    assert head_of(b"HTTP/1.1 404\r\n\r\n").flaws == ()
    assert head_of(b"HTTP/1.1 40x\r\n\r\n").status is None


def test_interim_answers_are_counted_and_passed_over() -> None:
    head, rest = parse_head(b"HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\nHTTP/1.1 100\r\n\r\n" + SOUND)

    assert (head.status, head.interim, rest) == (200, 2, b"body")
    assert head.values("link") == ()


def test_a_switch_of_protocols_is_final() -> None:
    assert head_of(b"HTTP/1.1 101 Switching\r\n\r\n").status == 101


def test_endless_interim_answers_are_cut_off() -> None:
    with pytest.raises(Malformed, match="interim"):
        parse_head(b"HTTP/1.1 100 Continue\r\n\r\n" * (MAX_INTERIM + 1))


def test_what_frames_the_body_is_read_beyond_the_cap() -> None:
    raw = b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * (MAX_FIELDS + 5) + b"Content-Length: 2\r\n" * 50 + b"\r\nhi"
    head, rest = parse_head(raw)
    assert [one.value for one in head.fields[MAX_FIELDS:]] == ["2"] * MAX_FRAMING
    assert (Flaw.TOO_MANY_FIELDS in head.flaws, rest) == (True, b"hi")


def test_too_many_fields_are_left_out_and_said() -> None:
    head = head_of(b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * (MAX_FIELDS + 5) + b"\r\n")

    assert len(head.fields) == MAX_FIELDS
    assert Flaw.TOO_MANY_FIELDS in head.flaws


@pytest.mark.parametrize("filler", [b"a", b"X: a\r\n"])
def test_an_endless_head_is_cut_off_and_its_beginning_kept(filler: bytes) -> None:
    reader = HeadReader()
    with pytest.raises(Malformed, match="more than"):
        reader.feed(b"HTTP/1.1 200 OK\r\nServer: x\r\n" + filler * HEAD_BYTES)

    head = reader.end()
    assert head.status == 200
    assert head.values("server") == ("x",)
    assert Flaw.INCOMPLETE in head.flaws


def test_every_proper_prefix_is_truncated() -> None:
    whole = SOUND[:-4]
    for length in range(len(whole)):
        with pytest.raises(Truncated):
            parse_head(whole[:length])


def test_an_end_in_the_middle_keeps_what_came() -> None:
    reader = HeadReader()
    reader.feed(b"HTTP/1.1 200 OK\r\nServer: ngi")

    head = reader.end()
    assert head.values("server") == ("ngi",)
    assert head.flaws == (Flaw.INCOMPLETE,)


@pytest.mark.parametrize("nothing", [b"", b"\r\n", b"\r\n\r\n"])
def test_an_end_before_anything_is_truncated(nothing: bytes) -> None:
    reader = HeadReader()
    reader.feed(nothing)
    with pytest.raises(Truncated):
        reader.end()


def read_in_pieces(pieces: list[bytes]) -> tuple[object, ...]:
    reader = HeadReader()
    failed = None
    for piece in pieces:
        try:
            reader.feed(piece)
        except PeerFault as fault:
            failed = fault.detail
            break
    ended: Head | None = None
    if failed is None:
        with contextlib.suppress(Truncated):
            ended = reader.end()
    return failed, ended


PARTS = st.sampled_from(
    [
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 100 Continue",
        b"http/1.0 301",
        b"HTTP/",
        b"\r\n",
        b"\n",
        b"\r",
        b" ",
        b"\t",
        b":",
        b"Server: x",
        b"Content-Length: 1",
        b"Transfer-Encoding: chunked",
        b"\x00",
        b"\xff",
        b"<html>",
        b"X",
    ]
)
BYTES = st.one_of(st.binary(max_size=60), st.lists(PARTS, max_size=30).map(b"".join))


@settings(max_examples=400)
@given(BYTES, st.lists(st.integers(0, 200), max_size=6))
def test_any_bytes_give_a_value_or_a_peer_fault_the_same_at_every_split(raw: bytes, cuts: list[int]) -> None:
    places = sorted({0, len(raw), *(cut for cut in cuts if cut < len(raw))})
    pieces = [raw[start:end] for start, end in itertools.pairwise(places)]
    single = [raw[place : place + 1] for place in range(len(raw))]

    at_once = read_in_pieces([raw])
    assert read_in_pieces(pieces) == at_once
    assert read_in_pieces(single) == at_once
