"""GOAWAY frames are taken out of the bytes, whatever their pieces; all else goes through as it came."""

import itertools
import struct

from hypothesis import given
from hypothesis import strategies as st

from scanner.wire.http2_frames import LONGEST_GOAWAY, Goaway, GoawayFilter


def frame(kind: int, payload: bytes = b"", stream: int = 0) -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes([kind, 0]) + struct.pack(">I", stream) + payload


def goaway(last: int, error: int, more: bytes = b"") -> bytes:
    return frame(7, struct.pack(">II", last, error) + more)


def fed(data: bytes, cuts: list[int]) -> tuple[bytes, list[Goaway]]:
    reader = GoawayFilter()
    passed = b""
    found: list[Goaway] = []
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for start, end in itertools.pairwise(edges):
        piece, gone = reader.feed(data[start:end])
        passed += piece
        found += gone
    return passed, found


def test_it_is_taken_out_from_between() -> None:
    data = frame(4) + goaway(1, 0, b"bye") + frame(0, b"hello", 1) + goaway(0, 11)

    assert fed(data, []) == (frame(4) + frame(0, b"hello", 1), [Goaway(1, 0), Goaway(0, 11)])


def test_the_reserved_bits_do_not_count() -> None:
    reserved = frame(7, struct.pack(">II", 0x8000_0001, 0), 0x8000_0000)

    assert fed(reserved, []) == (b"", [Goaway(1, 0)])


def test_what_is_no_sound_goaway_is_for_the_library_to_refuse() -> None:
    for odd in (frame(7, b"short"), frame(7, bytes(8), 3), frame(7, bytes(LONGEST_GOAWAY + 1))):
        assert fed(odd, []) == (odd, [])


def test_nothing_but_a_goaway_is_held_back() -> None:
    reader = GoawayFilter()

    assert reader.feed(frame(0, bytes(1000), 1)[:500]) == (frame(0, bytes(1000), 1)[:500], ())
    assert reader.feed(goaway(1, 0)[:0]) == (b"", ())


@given(
    st.lists(st.one_of(st.binary(max_size=40), st.just(goaway(1, 0)), st.just(frame(0, b"x" * 20, 1))), max_size=6),
    st.lists(st.integers(min_value=0), max_size=8),
)
def test_cuts_make_no_difference(pieces: list[bytes], cuts: list[int]) -> None:
    data = b"".join(pieces)

    assert fed(data, cuts) == fed(data, [])
