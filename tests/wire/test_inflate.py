"""Content codings: what is undone, and that nothing expands beyond its bounds."""

import gzip
import random
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.errors import Malformed
from scanner.wire.inflate import FREE_OUTPUT, MAX_MEMBERS, MAX_OUTPUT, Inflated, codings_of, inflate

PAGE = b"<p>a page like any other: %d</p>" * 50


def zipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("data", "codings"),
    [
        (PAGE, ()),
        (zipped(PAGE), ("gzip",)),
        (zipped(PAGE), ("x-gzip",)),
        (zlib.compress(PAGE), ("deflate",)),
        (raw_deflate(PAGE), ("deflate",)),
        (zipped(zlib.compress(PAGE)), ("deflate", "gzip")),
        (zipped(PAGE[:100]) + zipped(PAGE[100:]), ("gzip",)),
    ],
    ids=["identity", "gzip", "x-gzip", "zlib", "raw-deflate", "two-layers", "two-members"],
)
def test_codings_are_undone(data: bytes, codings: tuple[str, ...]) -> None:
    assert inflate(data, codings) == Inflated(PAGE, complete=True)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_cut_stream_gives_its_beginning(coding: str) -> None:
    noise = random.Random(1).randbytes(5000)
    whole = zipped(noise) if coding == "gzip" else zlib.compress(noise)

    part = inflate(whole[:3000], (coding,))
    assert not part.complete
    assert part.data
    assert noise.startswith(part.data)


def test_output_is_bounded() -> None:
    noise = random.Random(2).randbytes(MAX_OUTPUT // 2) * 4

    out = inflate(zipped(noise), ("gzip",))
    assert len(out.data) == MAX_OUTPUT
    assert not out.complete


def test_many_members_are_cut_off() -> None:
    out = inflate(zipped(b"x") * (MAX_MEMBERS + 1), ("gzip",))

    assert out == Inflated(b"x" * MAX_MEMBERS, complete=False)


def test_a_small_even_page_is_no_bomb() -> None:
    assert inflate(zipped(bytes(FREE_OUTPUT)), ("gzip",)) == Inflated(bytes(FREE_OUTPUT), complete=True)
    with pytest.raises(Malformed, match="bomb"):
        inflate(zipped(bytes(FREE_OUTPUT + 1)), ("gzip",))


@pytest.mark.parametrize("layers", [1, 2])
def test_bombs_are_refused(layers: int) -> None:
    bomb = bytes(4 * 1024 * 1024)
    for _ in range(layers):
        bomb = zipped(bomb)

    with pytest.raises(Malformed, match="bomb"):
        inflate(bomb, ("gzip",) * layers)


@pytest.mark.parametrize(
    ("data", "codings", "message"),
    [
        (b"x", ("br",), "br is not decoded"),
        (b"x", ("zstd",), "zstd is not decoded"),
        (zipped(PAGE), ("br", "gzip"), "br is not decoded"),
        (b"x", ("gzip", "gzip", "gzip"), "3 layers"),
        (b"no gzip at all", ("gzip",), "broken"),
        (b"\xff\xff", ("deflate",), "broken"),
    ],
)
def test_what_cannot_be_undone_is_malformed(data: bytes, codings: tuple[str, ...], message: str) -> None:
    with pytest.raises(Malformed, match=message):
        inflate(data, codings)


def test_codings_are_read_in_order_of_application() -> None:
    assert codings_of(("gzip, identity", " Deflate ")) == ("gzip", "deflate")
    assert codings_of(("", "identity")) == ()


@settings(max_examples=200)
@given(st.binary(max_size=300), st.lists(st.sampled_from(["gzip", "deflate", "br"]), max_size=3))
def test_any_bytes_give_bounded_output_or_malformed(data: bytes, codings: list[str]) -> None:
    try:
        out = inflate(data, codings)
    except Malformed:
        return
    assert len(out.data) <= max(len(data) * 100, FREE_OUTPUT)
