"""Text bodies: which types are text, and which charset is taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.wire.text_body import decode_text, is_text


@pytest.mark.parametrize(
    "kind", ["text/html", "TEXT/plain; x=y", "application/json", "application/ld+json", "image/svg+xml"]
)
def test_text_types(kind: str) -> None:
    assert is_text((kind,))


@pytest.mark.parametrize("kind", ["image/png", "application/octet-stream", "application/zip", "video/mp4"])
def test_other_types(kind: str) -> None:
    assert not is_text((kind,))


def test_a_missing_type_may_be_text() -> None:
    assert is_text(())


@pytest.mark.parametrize(
    ("data", "kind", "text"),
    [
        ("é".encode(), "text/html; charset=utf-8", "é"),
        (b"\xe9", "text/html; charset=iso-8859-1", "é"),
        (b"\x80", "text/html; charset='ISO-8859-1'", "€"),
        (b"\xef\xbb\xbfx", "text/html; charset=iso-8859-1", "x"),
        (b"\xff\xfex\x00", "text/html", "x"),
        ("é".encode(), "text/html", "é"),
        (b"caf\xe9 au lait", "text/html", "café au lait"),
        ("aé".encode()[:2], "text/html", "a\ufffd"),
        (b"x", "text/html; charset=rot13", "x"),
        (b"\xff", "text/html; charset=utf-8", "\ufffd"),
    ],
)
def test_charset(data: bytes, kind: str, text: str) -> None:
    assert decode_text(data, (kind,)) == text


@given(st.binary(max_size=80), st.text(max_size=60))
def test_any_bytes_and_any_type_give_text(data: bytes, kind: str) -> None:
    assert isinstance(decode_text(data, (kind,)), str)
    assert isinstance(decode_text(data, (f"text/html; charset={kind}",)), str)
