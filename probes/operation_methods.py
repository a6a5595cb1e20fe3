"""Methods out of the exchanges: what Allow lists, and whether TRACE comes back (RFC 9110 sections 9.3.8 and 10.2.1)."""

import re
from collections.abc import Iterable

from probes.block_signs import block_sign
from scanner.model.evidence.http_exchanges import Exchange, HttpExchanges, Purpose
from scanner.model.evidence.operation import Methods
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText, peer_text
from scanner.wire.media_type import essence

MAX_METHODS = 64
"""Methods that are kept."""

MAX_ECHOED = 32
"""Names of echoed fields that are kept."""

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,40}")
_FIELD = re.compile(r"^([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,80}):", re.MULTILINE)
_LISTING = (Purpose.PREFLIGHT, Purpose.TRACE)
ECHO_TYPE = "message/http"
"""The media type of an echo (RFC 9110 section 9.3.8). A proxy may have taken our mark out of it."""

_UNSURE_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses that say nothing about the method."""

_OURS = frozenset(
    {"host", "user-agent", "accept", "accept-language", "accept-encoding", "connection", "origin", "content-length"}
)
"""Fields that our requests carry (`scanner.net.http_session`)."""


def read_methods(seen: HttpExchanges, own_fields: Iterable[str] = ()) -> Methods:
    """What the exchanges tell of methods. `own_fields` are further fields that the user had us send."""
    listing = next(
        (
            (place, one)
            for purpose in _LISTING
            for place, one in enumerate(seen.exchanges)
            if one.purpose is purpose and one.answered and one.values("allow")
        ),
        None,
    )
    at = next((place for place, one in enumerate(seen.exchanges) if one.purpose is Purpose.TRACE), None)
    trace, reason, echo = _traced(None if at is None else seen.exchanges[at], seen, own_fields)
    return Methods(
        allowed=() if listing is None else _listed(listing[1]),
        allow_at=None if listing is None else listing[0],
        trace=trace,
        trace_at=at,
        trace_reason=peer_text(reason, limit=200),
        trace_echo=echo,
    )


def _listed(answer: Exchange) -> tuple[PeerText, ...]:
    parts = (part.strip(" \t") for line in answer.values("allow") for part in line.split(","))
    return tuple(dict.fromkeys(peer_text(part) for part in parts if _TOKEN.fullmatch(part)))[:MAX_METHODS]


def _traced(
    answer: Exchange | None, seen: HttpExchanges, own_fields: Iterable[str]
) -> tuple[Answer, str, tuple[PeerText, ...]]:
    """Whether the request came back, why that is believed, and the foreign fields in it."""
    if answer is None:
        return Answer.UNKNOWN, seen.left_out.get(Purpose.TRACE, "it was not asked"), ()
    text = None if answer.body is None else answer.body.text
    if answer.answered and seen.mark and text is not None and seen.mark in text:
        ours = _OURS | {one.name.lower() for one in answer.sent} | {name.lower() for name in own_fields}
        named = (match[1].lower() for match in _FIELD.finditer(text))
        foreign = dict.fromkeys(peer_text(name) for name in named if name not in ours)
        return Answer.YES, "the answer holds our own mark", tuple(foreign)[:MAX_ECHOED]
    if not answer.answered:
        return Answer.UNKNOWN, f"no answer ({answer.outcome})", ()
    if (sign := block_sign(answer)) is not None or answer.status in _UNSURE_STATUSES:
        return Answer.UNKNOWN, f"something else answered: {sign or f'status {answer.status}'}", ()
    if (answer.status or 0) < 300 and text is None:
        return Answer.UNKNOWN, "the body could not be read", ()
    if (answer.status or 0) < 300 and essence(answer.values("content-type")) == ECHO_TYPE:
        return Answer.UNKNOWN, f"the answer is {ECHO_TYPE}, but our mark is not in it", ()
    return Answer.NO, f"status {answer.status}, without our mark", ()
