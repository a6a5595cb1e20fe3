"""What came of one request: filled as it comes, so that a fault leaves what was there before it.

Rule of the file: state and its bounds; HTTP/1.1 and HTTP/2 fill it alike.
"""

from scanner.errors import Closed, OwnFault, PeerFault, Reset
from scanner.model.outcome import Stage
from scanner.net.tls_session import TlsStream
from scanner.wire.http_head import Head

BODY_BYTES = 1024 * 1024
"""Bytes of a body that are read, as they come; the rest is left unread."""

REDIRECT_BODY_BYTES = 64 * 1024
"""The same for a redirect, whose body nobody sees."""

FRAMING_BYTES = 256 * 1024
"""Bytes that the head, chunks and frames of an answer may take on top of that."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""Statuses that send a client elsewhere (RFC 9110 section 15.4)."""


class Received:
    """One attempt at an answer.

    `count` is the bytes of plaintext that came for it. `head` may be a part of one; `body` is None until the head is
    whole. `unheard`: the server says that it has not looked at the request. `secured` is the TLS connection that
    carried it, None for none.
    """

    def __init__(self, body_bytes: int) -> None:
        self._body_bytes = min(body_bytes, BODY_BYTES)
        self.count = 0
        self.head: Head | None = None
        self.body: bytearray | None = None
        self.complete = False
        self.unheard = False
        self.secured: TlsStream | None = None
        self.fault: PeerFault | OwnFault | None = None

    def is_enough(self, status: int | None, size: int) -> bool:
        """Whether nothing more is read of an answer with this status after `size` bytes of its body.

        Chunks of one byte cost six on the wire, and more time than they are worth: framing has a bound as well.
        """
        limit = self._limit(status)
        return size > limit or self.count > limit + FRAMING_BYTES

    def cut(self) -> None:
        """Takes away what of the body is beyond its bound."""
        if self.body is not None and self.head is not None:
            del self.body[self._limit(self.head.status) :]

    @property
    def repeatable(self) -> bool:
        """Whether the connection broke before the first byte of an answer: old ones do, and one reset proves little."""
        if not isinstance(self.fault, Reset | Closed) or self.fault.stage not in {Stage.REQUEST, Stage.RESPONSE_HEAD}:
            return False
        return self.count == 0 or self.unheard

    def _limit(self, status: int | None) -> int:
        return min(self._body_bytes, REDIRECT_BODY_BYTES) if status in REDIRECTS else self._body_bytes
