"""What the readers of security headers share: the value they give back, and Fetch's ways to join and split lines.

Rule of these files (`security_headers_*.py`): all the lines of one field in, a `Read` out, or Malformed with the reason
why recipients act on none of it. Each header has its own rule for repeats and for case, as its standard has it.
"""

import dataclasses
import re
from collections.abc import Callable, Iterable, Sequence

from scanner.model.evidence.http_headers import HeaderPart
from scanner.model.peer import peer_text

MAX_PARTS = 256
"""Members of one field that are kept."""

MAX_VALUES = 64
"""Values of one member that are kept."""

LONGEST_VALUE = 1_024
"""Characters of a name or value that are kept."""

ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/?#,@]+", re.IGNORECASE)
"""A serialized origin (RFC 6454 section 6.2), without the port's range."""

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""RFC 9110 section 5.6.2."""

_PIECES = re.compile(r'(?:[^",]+|"(?:[^"\\]|\\.)*"?)*')


@dataclasses.dataclass(frozen=True, slots=True)
class Read:
    """What recipients act on: the canonical value, and the members of a field that has several."""

    effective: str
    parts: tuple[HeaderPart, ...] = ()


Reader = Callable[[Sequence[str]], Read]
"""All lines of one field in; raises Malformed."""


def part(name: str, values: Iterable[str] = (), problem: str | None = None) -> HeaderPart:
    """A member with what is kept of it."""
    kept = tuple(peer_text(value, limit=LONGEST_VALUE) for value in list(values)[:MAX_VALUES])
    return HeaderPart(name=peer_text(name, limit=LONGEST_VALUE), values=kept, problem=problem)


def split_list(lines: Sequence[str]) -> list[str]:
    """Get, decode, and split (Fetch section 2.2.2): commas outside quotes part the values; tabs and spaces go."""
    text = ", ".join(lines)
    values: list[str] = []
    place = 0
    while place <= len(text):
        piece = _PIECES.match(text, place)
        assert piece is not None  # the pattern also matches nothing at all
        values.append(piece[0].strip(" \t"))
        place = piece.end() + 1
    return values


def members(lines: Sequence[str]) -> list[str]:
    """The members of a list field; empty ones do not count (RFC 9110 section 5.6.1.2)."""
    return [value for value in split_list(lines) if value]


def joined(lines: Sequence[str]) -> str:
    """All lines with a comma between them, as Fetch's `get` does (section 2.2.2)."""
    return ", ".join(line.strip(" \t") for line in lines)


def as_sent(lines: Sequence[str]) -> Read:
    """A field whose value has no grammar that anything here depends on."""
    return Read(joined(lines))
