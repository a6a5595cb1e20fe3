import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.wire.error_pages import digest, likeness, normalise, shingles, words

NGINX = "<html>\r\n<head><title>400 Bad Request</title></head>\r\n<hr><center>{name}</center></html>"


def test_versions_make_no_difference() -> None:
    assert normalise(NGINX.format(name="nginx/1.22.1")) == normalise(NGINX.format(name="nginx"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<address>Apache/2.4.62 (Debian) Server at a.example Port 80</address>",
         "<address>Apache/2.4.1 (Unix) Server at b.test Port 443</address>"),
        ("Cannot GET /leadline-0123456789abcdef", "Cannot GET /leadline-fedcba9876543210"),
        ("URI: /leadline-01?q=" + "a" * 3000, "URI: /leadline-02?q=" + "a" * 200),
        ("Sat, 21 Nov 2026 01:47:54 GMT", "Sun, 22 Nov 2026 11:00:01 GMT"),
        ("request id 0f0f0f0f0f0f0f0f", "request id 1234567890abcdef"),
    ],
)  # fmt: skip
def test_what_varies_is_taken_out(one: str, other: str) -> None:
    assert digest(normalise(one)) == digest(normalise(other))


def test_the_host_is_taken_out() -> None:
    assert normalise("Hello WWW.Example.org!", "www.example.org") == "hello ~!"


def test_likeness_is_one_for_equal_and_zero_for_unrelated_pages() -> None:
    page = shingles(normalise(NGINX.format(name="nginx")))
    assert likeness(page, page) == 1.0
    assert likeness(page, shingles("something else entirely is written here")) == 0.0
    assert likeness(page, frozenset()) == 0.0


@given(st.text(max_size=300))
def test_any_text_can_be_normalised(text: str) -> None:
    once = normalise(text)
    assert len(digest(once)) == 64
    assert all(word for word in words(once))


@pytest.mark.parametrize("filling", ["a", "/", "0", "a/", "mon, ", "f0 ", " server at ", "x-", "?q=a"])
def test_no_page_takes_long(filling: str) -> None:
    started = time.perf_counter()
    normalise((filling * 4096)[:4096])
    assert time.perf_counter() - started < 2
