"""JARM against known answers: of its authors, of others who use it, and of the reference implementation."""

import hashlib
import random

import pytest

from scanner.wire.jarm import EMPTY, NO_ANSWER, PROBES, READ_BYTES, jarm_answer, jarm_hash, jarm_hello
from scanner.wire.octets import vector

# The beginning of the SHA-256 of each hello of the reference implementation (https://github.com/salesforce/jarm,
# version 1.0) for the host www.example.org, with 0x0A0A for every GREASE value and 0x07 for every random byte.
HELLOS = (
    "e59558d017279a43",
    "0946a33207ffeb27",
    "daadffb9b2ba2ba8",
    "a05064c158a97acc",
    "8e2e8a780b4c629c",
    "6b9d12471a16169a",
    "4dffc3af892b9fdd",
    "8e60578a2a074852",
    "7aadb6fd5ea330db",
    "b2681ea10aa9a865",
)

# Answers and fingerprint of rud.is as the README of the R package jarmed shows them.
RUD_IS = (
    "009e|0303|h2|0000-ff01-0010,c030|0303|h2|0000-ff01-000b-0010,009f|0303|h2|0000-ff01-0010,"
    "c02f|0303||0000-ff01-000b,c02f|0303||0000-ff01-000b,|||,009e|0303|h2|0000-ff01-0010,"
    "c030|0303|h2|0000-ff01-000b-0010,009e|0303|h2|0000-ff01-0010,c02f|0303|h2|0000-ff01-000b-0010"
)
RUD_IS_JARM = "15d2ad16d29d29d00015d2ad15d29dd1c3ca624d74ad1df5cec63008795502"


def answer(suite: int, extensions: bytes | None, *, version: int = 0x0303, session_id: bytes = b"") -> bytes:
    body = version.to_bytes(2, "big") + bytes(32) + vector(session_id, 1) + suite.to_bytes(2, "big") + b"\0"
    body += b"" if extensions is None else vector(extensions, 2)
    return b"\x16\x03\x03" + vector(b"\2" + vector(body, 3), 2)


@pytest.mark.parametrize(("number", "expected"), list(enumerate(HELLOS)))
def test_every_hello_is_the_reference_s_to_the_byte(number: int, expected: str) -> None:
    made = jarm_hello(
        PROBES[number],
        "www.example.org",
        random=b"\7" * 32,
        session_id=b"\7" * 32,
        share=b"\7" * 32,
        grease=(0x0A0A,) * 4,
    )

    assert hashlib.sha256(made).hexdigest()[:16] == expected


def test_the_hash_over_answers() -> None:
    assert jarm_hash(RUD_IS.split(",")) == RUD_IS_JARM
    assert jarm_hash([NO_ANSWER] * 10) == EMPTY
    assert len(EMPTY) == 62


def test_answers_are_read_as_the_hash_takes_them() -> None:
    alpn = b"\0\x10" + vector(vector(vector(b"h2", 1), 2), 2)
    extensions = b"\xff\x01\0\1\0" + b"\0\x0b\0\2\1\0" + alpn

    assert jarm_answer(answer(0xC02F, extensions)) == "c02f|0303|h2|ff01-000b-0010"
    assert jarm_answer(answer(0xC02F, extensions, session_id=bytes(32))) == "c02f|0303|h2|ff01-000b-0010"
    assert jarm_answer(answer(0x0005, None, version=0x0301)) == "0005|0301||"
    assert jarm_answer(answer(0x0005, b"")) == "0005|0303||"


def test_what_is_no_server_hello_is_no_answer() -> None:
    for data in (b"", b"\x15\3\3\0\2\2\x28", b"HTTP/1.1 400 Bad Request\r\n", answer(0xC02F, b"")[:20]):
        assert jarm_answer(data) == NO_ANSWER


def test_a_name_cannot_break_the_text_apart() -> None:
    alpn = b"\0\x10" + vector(vector(vector(b"a|b,c", 1), 2), 2)

    read = jarm_answer(answer(0xC02F, alpn))

    assert read == "c02f|0303|a?b?c|0010"
    assert len(jarm_hash([read] * 10)) == 62


def test_any_bytes_give_an_answer_and_a_hash() -> None:
    dice = random.Random(8446)
    whole = answer(0xC02F, b"\xff\x01\0\1\0\0\x10\0\5\0\3\2h2")
    for _ in range(3000):
        data = bytearray(whole)
        for _ in range(dice.randrange(1, 6)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        read = jarm_answer(bytes(data[: dice.randrange(len(data) + 1)]))
        assert read.count("|") == 3
        assert len(jarm_hash([read] * 10)) == 62


def test_only_so_much_is_read() -> None:
    long = answer(0xC02F, b"\xff\x01" + vector(bytes(READ_BYTES), 2))

    assert jarm_answer(long) == NO_ANSWER
