"""Bodies as evidence: what was read of one, its hash, and the beginning of its text.

Rule of the room: decoding is bounded, and what is large is decoded in the worker process.
"""

import asyncio
import hashlib

from scanner import isolate
from scanner.errors import OwnFault, PeerFault, TooMuch
from scanner.model.evidence.http_exchanges import Body
from scanner.model.outcome import Stage
from scanner.model.peer import PeerText, peer_text
from scanner.wire.http_head import Head
from scanner.wire.inflate import Inflated, codings_of, inflate
from scanner.wire.text_body import decode_text, is_text

TEXT_CHARACTERS = 256 * 1024
"""Characters of a decoded body that the evidence keeps; nine pages of ten are shorter."""

ISOLATE_BYTES = 64 * 1024
"""Compressed bytes from which on decoding runs in the worker process."""

DECODE_SECONDS = 2.0
"""The longest that decoding a body may take there; a megabyte takes a hundredth of it."""


async def read_body(raw: bytes, head: Head, *, complete: bool, seconds: float) -> Body:
    """The evidence of a body. What is not decoded within `seconds` stays encoded, rather than to cost the exchange."""
    text, note = await _text(raw, head, min(DECODE_SECONDS, seconds))
    return Body(size=len(raw), complete=complete, sha256=hashlib.sha256(raw).hexdigest(), text=text, note=note)


async def _text(raw: bytes, head: Head, seconds: float) -> tuple[PeerText | None, str | None]:
    """The beginning of a body as text, or None and why not."""
    content_types = head.values("content-type")
    if not is_text(content_types):
        return None, "not a text type"
    codings = codings_of(head.values("content-encoding"))
    try:
        decoded = await _decoded(raw, codings, seconds)
    except (PeerFault, OwnFault) as fault:
        return None, f"not decoded: {fault.detail}"
    text = decode_text(decoded.data, content_types)
    note = None if decoded.complete and len(text) <= TEXT_CHARACTERS else "the beginning only"
    return peer_text(text, limit=TEXT_CHARACTERS), note


async def _decoded(raw: bytes, codings: tuple[str, ...], seconds: float) -> Inflated:
    if not codings:
        return Inflated(raw, complete=True)
    if len(raw) <= ISOLATE_BYTES:
        return inflate(raw, codings)
    try:
        async with asyncio.timeout(seconds):  # the wait for a free worker included
            return await isolate.run(inflate, raw, codings, seconds=seconds)
    except TimeoutError:
        raise TooMuch(f"decoding took more than {seconds:g} s", stage=Stage.PARSE) from None
