"""Signs of limits on requests: header fields and statuses by which a server says how much it lets through.

Rule of the file: a table of names. RateLimit and RateLimit-Policy are the HTTP working group's draft
(draft-ietf-httpapi-ratelimit-headers), RateLimit-Limit and its like an earlier draft of it, the X- names the practice
before; Retry-After is RFC 9110 section 10.2.3 and counts on 429 (RFC 6585 section 4) and 503 only.
"""

import re
from collections.abc import Iterator

from scanner.model.evidence.http_exchanges import Exchange
from scanner.model.evidence.operation import LimitSign
from scanner.model.peer import peer_text

LONGEST_VALUE = 200
"""Characters of a value that are kept."""

_NAMES = re.compile(
    r"ratelimit(?:-(?:policy|limit|remaining|reset|used))?"
    r"|x-rate-?limit-(?:limit|remaining|reset|used|resource|policy|retry-after(?:-seconds)?)(?:-[a-z]+)?"
    r"|x-ratelimit(?:-[a-z]+)?",
    re.IGNORECASE,
)
"""Fields that tell of a limit, whatever the status."""

_WAITING = frozenset({429, 503})
"""Statuses on which Retry-After tells of a limit."""


def limit_signs(exchange: Exchange, place: int) -> Iterator[LimitSign]:
    """The signs on one answer. `place` is the answer's place in the evidence."""
    status = exchange.status or 0
    if status == 429:
        yield LimitSign(
            name=peer_text("status"), value=peer_text("429"), purpose=exchange.purpose, status=status, at=place
        )
    for field in exchange.fields:
        name = field.name.strip(" \t")
        if _NAMES.fullmatch(name[:64]) or (name.lower() == "retry-after" and status in _WAITING):
            yield LimitSign(
                name=peer_text(name),
                value=peer_text(field.value, limit=LONGEST_VALUE),
                purpose=exchange.purpose,
                status=status,
                at=place,
            )
