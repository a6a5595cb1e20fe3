"""What answers give away by their text: secrets, stack traces, listings, internal names, source maps."""

import dataclasses
import re
from collections.abc import Iterator, Sequence

from scanner.errors import Malformed
from scanner.model.evidence.content import Exposure, Internal, InternalPlace, Secret, Sign, SourceMap
from scanner.model.evidence.http_exchanges import Exchange, Purpose
from scanner.model.peer import PeerText, peer_text
from scanner.wire.code_text import in_code
from scanner.wire.internal_names import internal_names
from scanner.wire.media_type import essence
from scanner.wire.page_signs import page_signs
from scanner.wire.page_url import resolve_as_browser
from scanner.wire.secret_search import Found, find_secrets
from scanner.wire.urls import parse_url

Answers = Sequence[tuple[int, Exchange]]
"""Answers with their index in the evidence of `http_exchanges`."""

MAX_SECRETS = 100
"""Secrets that the evidence keeps; all are taken out of it."""

MAX_INTERNAL = 50
"""Internal names and addresses in error pages that are kept."""

SHOWN_FROM = 20
"""Characters that a value must have for its first four to be kept."""

LONGEST_URL = 500
_FILES = frozenset({Purpose.ASSET, Purpose.SCRIPT})
_DOCUMENT_TYPES = frozenset({"text/html", "application/xhtml+xml", "text/plain", None})
_MAP = re.compile(r"[/*][/*][#@][ \t]{0,4}sourceMappingURL=([^\s'\"*]{1,2000})")
_MAP_FIELDS = ("sourcemap", "x-sourcemap")


def secrets_of(answers: Answers) -> tuple[Secret, ...]:
    """The secrets in bodies and header fields, each value once with its first place."""
    found: dict[tuple[str, str], Secret] = {}
    searched: dict[str, tuple[Found, ...]] = {}  # the second fetch of the page mostly has the same text
    for place, exchange in answers:
        text = body_text(exchange)
        quoting = (exchange.status or 0) < 400 and _is_document(exchange)
        if text not in searched:
            searched[text] = find_secrets(text)
        for field, one in (*((None, one) for one in searched[text]), *_in_fields(exchange)):
            key = one.kind, one.sha256
            first = found.get(key) or _secret(one, exchange, place, field)
            quoted = first.quoted and quoting and field is None and in_code(text, one.offset)
            found[key] = dataclasses.replace(first, seen=first.seen + 1, quoted=quoted)
    return tuple(found.values())[:MAX_SECRETS]


def _in_fields(exchange: Exchange) -> Iterator[tuple[PeerText | None, Found]]:
    """What is a secret beyond doubt: sessions and public keys belong into headers."""
    for field in exchange.fields:
        for one in find_secrets(field.value):
            if one.exposure is Exposure.SECRET:
                yield peer_text(field.name), one


def _secret(one: Found, exchange: Exchange, place: int, field: PeerText | None) -> Secret:
    return Secret(
        kind=one.kind,
        title=one.title,
        exposure=one.exposure,
        verified=one.verified,
        exchange=place,
        purpose=exchange.purpose,
        url=exchange.url,
        offset=one.offset,
        length=len(one.value),
        sha256=one.sha256,
        field=field,
        starts=peer_text(one.value, limit=4) if len(one.value) >= SHOWN_FROM else None,
        name=None if one.name is None else peer_text(one.name),
        seen=0,
        quoted=True,  # until a place says otherwise
    )


def signs_of(answers: Answers) -> tuple[Sign, ...]:
    """What pages and error pages are by their text; scripts and stylesheets are not asked."""
    found: dict[tuple[str, str], Sign] = {}
    read: set[tuple[str, bool]] = set()
    for place, exchange in answers:
        error = (exchange.status or 0) >= 400
        if (body_text(exchange), error) in read:
            continue
        read.add((body_text(exchange), error))
        if (exchange.purpose in _FILES and not error) or not _is_document(exchange):
            continue
        for one in page_signs(body_text(exchange), error=error):
            found.setdefault(
                (one.kind, one.name),
                Sign(
                    kind=one.kind,
                    name=one.name,
                    exchange=place,
                    purpose=exchange.purpose,
                    url=exchange.url,
                    status=exchange.status or 0,
                    excerpt=peer_text(one.excerpt),
                ),
            )
    return tuple(found.values())


def internal_in_errors(answers: Answers) -> tuple[Internal, ...]:
    """Private addresses and internal names in error pages, the host's own name left out."""
    found: dict[str, Internal] = {}
    for place, exchange in answers:
        if (exchange.status or 0) < 400 or not _is_document(exchange):
            continue
        for value in internal_names(body_text(exchange)):
            if f"//{value}" not in exchange.url.lower():
                row = Internal(value=peer_text(value), place=InternalPlace.ERROR_PAGE, exchange=place, url=exchange.url)
                found.setdefault(value, row)
    return tuple(found.values())[:MAX_INTERNAL]


def source_maps_of(answers: Answers) -> tuple[SourceMap, ...]:
    """The source maps that scripts and stylesheets name, in a header or in their last comment."""
    found = []
    for place, exchange in answers:
        if exchange.purpose not in _FILES or exchange.status != 200:
            continue
        named = next((value for name in _MAP_FIELDS for value in exchange.values(name)), None)
        by = "header"
        if named is None:
            matches = _MAP.findall(body_text(exchange))
            named, by = (matches[-1] if matches else None), "comment"
        if named is None:
            continue
        embedded = named.startswith("data:")
        found.append(
            SourceMap(
                url=exchange.url,
                map=None if embedded else _map_url(exchange, named),
                embedded=embedded,
                exchange=place,
                by=by,
            )
        )
    return tuple(found)


def _map_url(exchange: Exchange, named: str) -> PeerText:
    try:
        resolved = resolve_as_browser(parse_url(exchange.url), named)
    except Malformed:
        resolved = None
    return peer_text(str(resolved or named), limit=LONGEST_URL)


def _is_document(exchange: Exchange) -> bool:
    return essence(exchange.values("content-type")) in _DOCUMENT_TYPES


def body_text(exchange: Exchange) -> str:
    """The text of an answer's body; empty where there is none."""
    return (exchange.body.text if exchange.body is not None else None) or ""


def is_cut(exchange: Exchange) -> bool:
    """Whether there is text, and only the beginning of it was read."""
    body = exchange.body
    return body is not None and bool(body.text) and (body.note is not None or not body.complete)
