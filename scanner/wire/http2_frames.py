"""HTTP/2 frames, as far as their headers tell (RFC 9113 section 4.1): GOAWAY is taken out of the stream of bytes.

Rule of the room: bytes in, bytes and values out, the same at every split. A server that ends a connection gracefully
says GOAWAY and goes on to answer (section 6.8: nginx at `keepalive_requests`); the library reads nothing after it.
"""

import dataclasses
import struct

HEADER = 9
"""Bytes of a frame's header: length (3), type, flags, stream (4)."""

LONGEST_GOAWAY = 16 * 1024
"""Bytes of a GOAWAY that are waited for: the frame size that we allow (section 4.2)."""

_GOAWAY = 7
_GOAWAY_PAYLOAD = 8  # last stream and error code, debug data left out


@dataclasses.dataclass(frozen=True, slots=True)
class Goaway:
    """The end of a connection: streams up to `last_stream` may still be answered. `error` is a code of section 7."""

    last_stream: int
    error: int


class GoawayFilter:
    """Passes every frame on but sound GOAWAYs of the whole connection; those that are not sound are passed on too."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._passing = 0  # bytes of the current frame that are still to be passed on

    def feed(self, data: bytes) -> tuple[bytes, tuple[Goaway, ...]]:
        """What is left of `data` and of bytes held back before, and the GOAWAYs that are whole now."""
        self._buffer += data
        passed = bytearray()
        found = []
        while self._buffer:
            if self._passing:
                piece = self._buffer[: self._passing]
                passed += piece
                del self._buffer[: len(piece)]
                self._passing -= len(piece)
                continue
            if len(self._buffer) < HEADER:
                break
            size = int.from_bytes(self._buffer[:3])
            stream = int.from_bytes(self._buffer[5:HEADER]) & 0x7FFF_FFFF
            sound = self._buffer[3] == _GOAWAY and stream == 0 and _GOAWAY_PAYLOAD <= size <= LONGEST_GOAWAY
            if not sound:
                self._passing = HEADER + size
            elif len(self._buffer) < HEADER + size:
                break
            else:
                last, error = struct.unpack_from(">II", self._buffer, HEADER)
                found.append(Goaway(last & 0x7FFF_FFFF, error))
                del self._buffer[: HEADER + size]
        return bytes(passed), tuple(found)
