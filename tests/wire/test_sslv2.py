"""SSLv2: one hello out, the answer in."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import AlertReceived, Malformed, Truncated
from scanner.wire import sslv2

BODY = bytes.fromhex("04 00 01 0002 0003 0006 0010") + b"DER" + bytes.fromhex("010080 0700c0") + bytes(16)
ANSWER = (0x8000 | len(BODY)).to_bytes(2, "big") + BODY


def test_hello_and_answer() -> None:
    hello = sslv2.client_hello((0x010080,), bytes(16))
    assert hello == bytes.fromhex("801c 01 0002 0003 0000 0010 010080") + bytes(16)
    found = sslv2.read_answer(ANSWER)
    assert (found.kinds, found.certificate, found.version) == ((0x010080, 0x0700C0), b"DER", 2)


def test_every_prefix_says_what_is_missing() -> None:
    for length in range(len(ANSWER)):
        with pytest.raises(Truncated) as caught:
            sslv2.read_answer(ANSWER[:length])
        assert caught.value.missing == (len(ANSWER) - length if length >= 2 else 2 - length)


def test_a_tls_alert_refuses() -> None:
    with pytest.raises(AlertReceived) as caught:
        sslv2.read_answer(b"\x15\x03\x01\x00\x02\x02\x46")
    assert caught.value.number == 70


def test_no_cipher_in_common_refuses() -> None:
    with pytest.raises(AlertReceived) as caught:
        sslv2.read_answer(b"\x80\x03\x00\x00\x01")  # what Java says with SSLv2Hello enabled
    assert caught.value.number == 40
    assert "SSLv2 error 1" in caught.value.detail


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 400",
        b"\x80\x03\x00\x00\x02",
        b"\x80\x01\x09",
        b"\x80\x05\x04\x00\x01\x00\x02",
        b"\x16\x03\x01\x00\x00",
    ],
    ids=["http", "error", "other message", "short message", "handshake record"],
)
def test_what_is_no_answer_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        sslv2.read_answer(data)
    assert not isinstance(caught.value, Truncated)


@given(st.binary(max_size=100))
def test_any_bytes_are_an_answer_or_a_fault(data: bytes) -> None:
    with contextlib.suppress(Malformed, AlertReceived):  # and nothing else
        sslv2.read_answer(data)
