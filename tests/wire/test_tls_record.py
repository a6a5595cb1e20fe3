"""The record layer: caps at the header, the same answer at every split."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import Malformed, PeerFault
from scanner.wire.tls_record import MAX_RECORDS, ContentType, MessageReader, RecordReader, record

TWO = record(ContentType.HANDSHAKE, 0x0303, b"abc") + record(ContentType.ALERT, 0x0301, b"\x01\x70")


def test_records_are_cut_out() -> None:
    found = list(RecordReader().feed(TWO))
    assert [(one.type, one.version, one.payload) for one in found] == [
        (ContentType.HANDSHAKE, 0x0303, b"abc"),
        (ContentType.ALERT, 0x0301, b"\x01\x70"),
    ]


def test_every_prefix_says_exactly_how_much_is_missing() -> None:
    one = record(ContentType.HANDSHAKE, 0x0303, bytes(20))
    for length in range(1, len(one)):
        reader = RecordReader()
        assert not list(reader.feed(one[:length]))
        assert reader.missing == (len(one) - length if length >= 5 else 5 - length)


def test_a_message_is_joined_from_one_byte_records() -> None:
    message = b"\x0b\x00\x01\x00" + bytes(256)
    reader = MessageReader()
    found = [one for at in range(len(message)) for one in reader.feed(message[at : at + 1])]
    assert [(one.type, len(one.body), one.raw) for one in found] == [(11, 256, message)]


def test_sixteen_megabytes_are_refused_at_the_header() -> None:
    with pytest.raises(Malformed, match="16777215 bytes"):
        list(MessageReader().feed(b"\x0b\xff\xff\xff"))


def test_a_long_record_is_refused_at_the_header() -> None:
    with pytest.raises(Malformed, match="65535 bytes"):
        list(RecordReader().feed(b"\x16\x03\x01\xff\xff"))


@pytest.mark.parametrize(
    ("beginning", "says"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", "plain HTTP"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "SSH"),
        (b"220 mail ready\r\n", "SMTP"),
        (b"<html>", "markup"),
        (b"\x16\x02", "no TLS record"),
        (b"\x00", "no TLS record"),
    ],
)
def test_other_protocols_are_named(beginning: bytes, says: str) -> None:
    with pytest.raises(Malformed, match=says):
        list(RecordReader().feed(beginning))


def test_records_are_counted() -> None:
    reader = RecordReader()
    with pytest.raises(Malformed, match="records"):
        list(reader.feed(record(ContentType.HANDSHAKE, 0x0303, b"") * 20_000))


@given(st.binary(max_size=200), st.lists(st.integers(1, 50)))
def test_any_bytes_at_any_split_end_the_same(data: bytes, sizes: list[int]) -> None:
    def read(parts: list[bytes]) -> list[object]:
        reader, found = RecordReader(), list[object]()
        try:
            for part in parts:
                found += [(one.type, one.payload) for one in reader.feed(part)]
        except PeerFault as fault:
            found.append(type(fault))
        return found

    parts, at = [], 0
    for size in sizes:
        parts.append(data[at : at + size])
        at += size
    parts.append(data[at:])
    whole, split = read([data]), read([part for part in parts if part])
    # A fault may end the whole feed before records that the split feed has handed over already: never the other way.
    assert split[: len(whole)] == whole or whole[-1] is Malformed


def test_the_records_of_one_conversation_are_counted() -> None:
    reader, one = RecordReader(), record(ContentType.HANDSHAKE, 0x0303, b"x")
    assert sum(1 for _ in reader.feed(one * MAX_RECORDS)) == MAX_RECORDS
    with pytest.raises(Malformed, match=f"more than {MAX_RECORDS} records"):
        list(reader.feed(one))
