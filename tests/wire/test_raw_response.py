import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import Malformed
from scanner.wire.raw_response import RawResponses, looks_raw, other_output, read_responses
from scanner.wire.urls import parse_url

START = parse_url("http://www.example.org/go")
PAGE = b"<!doctype html><title>Hello</title>" + b"<p>text</p>" * 40
HTML = b"Content-Type: text/html\r\n"


def one(head: bytes, body: bytes = b"") -> bytes:
    return head + b"\r\n" + body


OK = b"HTTP/1.1 200 OK\r\n"
TO_HTTPS = one(b"HTTP/1.1 301 Moved Permanently\r\nLocation: https://www.example.org/go\r\nContent-Length: 169\r\n")
TO_ROOT = one(b"HTTP/2 302 \r\nlocation: /\r\nset-cookie: a=1; Secure\r\n")
FINAL = one(b"HTTP/2 200 \r\ncontent-type: text/html\r\n", PAGE)


def text_of(raw: bytes) -> str | None:
    (answer,) = read_responses(raw).answers
    return answer.body.text if answer.body else None


def test_a_chain_with_its_urls() -> None:
    first, second, last = read_responses(TO_HTTPS + TO_ROOT + FINAL, START).answers

    assert [str(found.url) for found in (first, second, last)] == [
        "http://www.example.org/go", "https://www.example.org/go", "https://www.example.org/",
    ]  # fmt: skip
    assert [found.status for found in (first, second, last)] == [301, 302, 200]
    assert (first.body, second.body) == (None, None)
    assert last.body is not None
    assert last.body.text == PAGE.decode()
    assert (last.version, last.flaws) == ("HTTP/2", ())


def test_without_a_url_later_hops_are_known_by_an_absolute_location() -> None:
    first, second, last = read_responses(TO_HTTPS + TO_ROOT + FINAL).answers

    assert first.url is None
    assert str(second.url) == "https://www.example.org/go"
    assert str(last.url) == "https://www.example.org/"


def test_line_ends_and_a_missing_empty_line_are_the_files_own() -> None:
    pasted = b"\nHTTP/1.1 200 OK\nServer: nginx\nX-Frame-Options: DENY"
    (answer,) = read_responses(pasted).answers

    assert answer.flaws == ()
    assert answer.values("x-frame-options") == ("DENY",)


def test_interim_answers_a_tunnel_and_a_challenge_are_no_answers_of_the_site() -> None:
    tunnel = one(b"HTTP/1.1 200 Connection established\r\n")
    challenge = one(b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest x\r\nContent-Length: 10\r\n")
    hints = one(b"HTTP/2 103 \r\nlink: </a.css>\r\n")
    found = read_responses(tunnel + challenge + hints + FINAL, START)

    (answer,) = found.answers
    assert (answer.status, answer.interim) == (200, 1)
    assert str(answer.url) == str(START)
    assert found.left_out == ("2 answers of a proxy, or that asked for credentials",)


def test_a_page_cannot_pass_for_a_further_answer() -> None:
    fake = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nStrict-Transport-Security: max-age=1\r\n\r\nfake"
    for head in (OK + HTML, b"HTTP/2 200 \r\nset-cookie: a=1\r\n", b"HTTP/1.1 404 Not Found\r\nServer: x\r\n"):
        (answer,) = read_responses(one(head, fake)).answers
        assert answer.values("strict-transport-security") == ()

    redirect = b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: %d\r\n" % len(fake)
    (answer,) = read_responses(one(redirect, fake), START).answers
    assert answer.status == 302


def test_a_further_answer_behind_a_whole_body_is_left_out() -> None:
    found = read_responses(one(OK + HTML + b"Content-Length: %d\r\n" % len(PAGE), PAGE) + FINAL)

    assert len(found.answers) == 1
    assert found.answers[0].body is not None
    assert found.answers[0].body.size == len(PAGE)
    assert found.left_out == ("further answers after the first whole one",)


@pytest.mark.parametrize(
    "raw",
    [
        one(OK + HTML, PAGE),
        one(OK + HTML + b"Transfer-Encoding: chunked\r\n", PAGE),
        one(OK + HTML + b"Transfer-Encoding: chunked\r\n", b"%x\r\n%s\r\n0\r\n\r\n" % (len(PAGE), PAGE)),
        one(OK + HTML + b"Content-Encoding: gzip\r\n", gzip.compress(PAGE)),
        one(OK + HTML + b"Content-Encoding: gzip\r\nContent-Length: 99\r\n", PAGE),
        one(OK + HTML + b"Content-Encoding: br\r\n", PAGE),
    ],
    ids=["plain", "chunks undone", "chunks left", "gzip left", "gzip undone", "br undone"],
)
def test_bodies_as_curl_prints_them(raw: bytes) -> None:
    assert text_of(raw) == PAGE.decode()


def test_bodies_that_cannot_be_read_say_why() -> None:
    brotli = read_responses(one(OK + HTML + b"Content-Encoding: br\r\n", b"\x0b\x00\x80\x01\x02\x03")).answers[0]
    image = read_responses(one(OK + b"Content-Type: image/png\r\n", b"\x89PNG")).answers[0]
    bomb = read_responses(one(OK + HTML + b"Content-Encoding: gzip\r\n", gzip.compress(bytes(50_000_000)))).answers[0]

    assert brotli.body is not None
    assert (brotli.body.text, brotli.body.note) == (None, "not decoded: the content coding br is not decoded here")
    assert image.body is not None
    assert image.body.note == "not a text type"
    assert bomb.body is not None
    assert bomb.body.text is None or len(bomb.body.text) <= 256 * 1024


def test_a_head_alone_has_no_body() -> None:
    (answer,) = read_responses(OK + HTML + b"Content-Length: 7\r\n\r\n").answers

    assert answer.body is None


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "status line"),
        (b"<html>", "status line"),
        (b"HTTP/1.1\r\n\r\n", "status line"),
        (b"HTTP/1.1 abc\r\n\r\n", "status line"),
        (b"* Trying 127.0.0.1:443...\n< HTTP/1.1 200 OK\n", "curl -v"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300_000, "head of more than"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 40, "interim"),
    ],
)
def test_what_is_no_answer_is_said_in_a_sentence(raw: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        read_responses(raw)


def test_what_looks_like_a_response() -> None:
    assert looks_raw(b"\xef\xbb\xbf\r\nHTTP/2 200 \r\n")
    assert not looks_raw(b'{"log": {}}')
    assert other_output(b"HTTP/1.1 200 OK\n") is None
    assert other_output(b"") is None


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"> GET / HTTP/1.1\n", "output of curl -v"),
        (b"*   Trying 192.0.2.1:443...\n", "output of curl -v"),
        (b"  HTTP/1.1 200 OK\n  Server: nginx\n", "output of wget -S"),
        (b"--2026-11-21 16:00:00--  https://www.example.org/\n", "output of wget -S"),
        (b"  % Total    % Received % Xferd  Average Speed\n", "progress meter"),
        (b"GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\nHTTP/1.1 200 OK\r\n", "prints its request"),
        (OK + b"< HTTP/1.1 200 OK\r\nServer: nginx\r\n< Server: nginx\r\n\r\n", "between the fields"),
        (OK + b"Server: nginx\r\n* Connection #0 left intact\r\n\r\n", "between the fields"),
        (OK, "no header field"),
    ],
)
def test_what_is_no_answer_alone_is_said_in_a_sentence(raw: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        read_responses(raw)


@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/2", "HTTP/3"])
def test_every_version_that_curl_prints(version: str) -> None:
    (answer,) = read_responses(version.encode() + b" 200 \r\n" + HTML + b"\r\n<p>x").answers

    assert (answer.version, answer.status, answer.flaws) == (version, 200, ())


PIECES = [
    TO_HTTPS,
    TO_ROOT,
    FINAL,
    OK,
    HTML,
    b"\r\n",
    b"\n",
    b"HTTP/1.1 ",
    b"Content-Length: 5\r\n",
    b"\x00",
    b"a: b\r\n",
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join) | st.binary(max_size=100))
def test_any_bytes_are_answers_or_malformed(rest: bytes) -> None:
    for raw in (rest, b"HTTP/1.1 200 OK\r\n" + rest):
        try:
            found = read_responses(raw, START)
        except Malformed:
            continue
        assert isinstance(found, RawResponses)
        assert found.answers
        assert all(one.status for one in found.answers)


def test_many_redirects_end() -> None:
    assert len(read_responses(TO_ROOT * 1_000, START).answers) <= 60
