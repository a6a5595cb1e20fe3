"""Octets: reading numbers and vectors of the TLS presentation language (RFC 8446 section 3), and writing them."""

import struct

from scanner.errors import Malformed, Truncated


class Octets:
    """A cursor over bytes. Every read that goes beyond the end raises `Truncated` with the count of missing bytes."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        """How many bytes are unread."""
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        end = self._at + count
        if end > len(self._data):
            raise Truncated(end - len(self._data))
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def number(self, size: int) -> int:
        """The next `size` bytes as an unsigned number."""
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> bytes:
        """A vector whose length stands before it in `size` bytes."""
        return self.take(self.number(size))

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(self.left)

    def finish(self, what: str) -> None:
        """Raises `Malformed` where bytes are left over behind `what`."""
        if self.left:
            raise Malformed(f"{self.left} bytes left over behind {what}")


def vector(body: bytes, size: int) -> bytes:
    """`body` with its length before it in `size` bytes."""
    return len(body).to_bytes(size, "big") + body


def codes(values: tuple[int, ...]) -> bytes:
    """Two-byte numbers, one behind the other."""
    return struct.pack(f">{len(values)}H", *values)


def read_codes(body: bytes, what: str) -> tuple[int, ...]:
    """The two-byte numbers of `body`. Raises `Malformed` for an odd length."""
    if len(body) % 2:
        raise Malformed(f"odd length of {what}")
    return struct.unpack(f">{len(body) // 2}H", body)
