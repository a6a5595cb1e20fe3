"""The escaper of JSON: characters that steer a terminal or a display become JSON's own escapes.

JSON lets C1 controls and bidirectional overrides stand as they are, and people look at JSON in terminals. A parser
reads the same text either way (RFC 8259 section 7).
"""

import re

from reports.escape.visible import STEERING


def plain_json(document: bytes) -> bytes:
    """`document`, JSON in UTF-8 without line breaks, with such characters escaped: they stand in strings only."""
    text = document.decode("utf-8")
    return document if STEERING.search(text) is None else STEERING.sub(_escape, text).encode("utf-8")


def _escape(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[place : place + 2].hex()}" for place in range(0, len(units), 2))
