"""Peer text: a string that the scanned side wrote, and that nobody may trust."""

from typing import NewType

PeerText = NewType("PeerText", str)
"""A string under the peer's control. Each sink escapes it; tests find the fields that hold it by introspection."""


def peer_text(raw: bytes | str, *, limit: int | None = None) -> PeerText:
    """`raw` as peer text: bytes are read as latin-1, which loses nothing (RFC 9110 5.5 leaves other bytes opaque).

    With `limit`, at most that many characters are kept.
    """
    text = raw.decode("latin-1") if isinstance(raw, bytes) else raw
    return PeerText(text if limit is None else text[:limit])
