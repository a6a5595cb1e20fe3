"""Content codings, undone under bounds (RFC 9110 section 8.4.1): gzip and deflate.

Rule of the room: the output is bounded before a byte of it exists. 590 bytes can hold 256 MB; nobody needs them.
"""

import dataclasses
import zlib
from collections.abc import Sequence

from scanner.errors import Malformed

MAX_OUTPUT = 1024 * 1024
"""Bytes that are decoded at most, in each layer."""

MAX_RATIO = 100
"""Bytes out for each byte in; HTML comes to about ten."""

FREE_OUTPUT = 64 * 1024
"""Bytes that may come out whatever went in: small, even pages compress better than a hundredfold."""

MAX_LAYERS = 2
"""Codings on top of each other; one is usual."""

MAX_MEMBERS = 16
"""Members of one gzip file that are read; servers send one."""

_GZIP = 16 + zlib.MAX_WBITS
_ZLIB = zlib.MAX_WBITS
_RAW = -zlib.MAX_WBITS

_IDENTITY = frozenset({"", "identity"})
_GZIP_NAMES = frozenset({"gzip", "x-gzip"})


@dataclasses.dataclass(frozen=True, slots=True)
class Inflated:
    """Decoded bytes. `complete` is False where the input ended early or the output reached its bound."""

    data: bytes
    complete: bool


def codings_of(values: Sequence[str]) -> tuple[str, ...]:
    """The codings that Content-Encoding fields name, in the order in which they were applied, identity left out."""
    named = [one.strip(" \t").lower() for value in values for one in value.split(",")]
    return tuple(one for one in named if one not in _IDENTITY)


def inflate(data: bytes, codings: Sequence[str]) -> Inflated:
    """`data` with `codings` (in the order in which they were applied) undone, at most `MAX_OUTPUT` bytes.

    Raises `Malformed` for an unknown coding, too many layers, broken input, or more than `MAX_RATIO` out for one in,
    `FREE_OUTPUT` excepted. Brotli and Zstandard are not decoded: no request of ours announces them.
    """
    if len(codings) > MAX_LAYERS:
        raise Malformed(f"{len(codings)} layers of content coding")
    complete = True
    bound = min(MAX_OUTPUT, max(FREE_OUTPUT, len(data) * MAX_RATIO))
    for coding in reversed(codings):
        layer = _undo(data, coding, bound)
        data, complete = layer.data, complete and layer.complete
    return Inflated(data[:MAX_OUTPUT], complete and len(data) <= MAX_OUTPUT)


def _undo(data: bytes, coding: str, bound: int) -> Inflated:
    if coding in _GZIP_NAMES:
        return _expand(data, _GZIP, bound)
    if coding == "deflate":
        # RFC 9110 section 8.4.1.2: zlib it should be, raw deflate it sometimes is.
        try:
            return _expand(data, _ZLIB, bound)
        except Malformed:
            return _expand(data, _RAW, bound)
    raise Malformed(f"the content coding {coding[:40]} is not decoded here")


def _expand(data: bytes, window: int, bound: int) -> Inflated:
    """One layer; gzip may consist of several members (RFC 1952 section 2.2)."""
    out = bytearray()
    left = data
    for _ in range(MAX_MEMBERS):
        decoder = zlib.decompressobj(window)
        try:
            out += decoder.decompress(left, bound + 1 - len(out))
        except zlib.error as error:
            if out:
                return Inflated(bytes(out), complete=False)
            raise Malformed(f"broken compressed data: {error}") from None
        if len(out) > bound:
            return _at_bound(bytes(out), bound)
        if not decoder.eof:
            return Inflated(bytes(out), complete=False)
        left = decoder.unused_data if window == _GZIP else b""
        if not left:
            break
    return Inflated(bytes(out), complete=not left)


def _at_bound(out: bytes, bound: int) -> Inflated:
    if bound < MAX_OUTPUT:
        raise Malformed(f"a decompression bomb: more than {MAX_RATIO} bytes out for each byte in")
    return Inflated(out[:bound], complete=False)
