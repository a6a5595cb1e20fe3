"""Facts of the topics that read best as tables: a few columns each, in words."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from reports.facts.reading import as_dict, as_list, as_text, at, day, texts
from reports.facts.tree import short

MOST_ROWS = 200
"""Rows of one table; the JSON report holds the whole."""

_AFTERWARDS = {
    "fin": "connection ended",
    "reset": "connection reset",
    "open": "connection kept",
    "timeout": "no whole answer in time",
    "cut": "longer than was read",
}
_CHAIN_ENDS = {
    "answer": "ends with an answer",
    "blocked": "ends at a block",
    "failed": "fails",
    "loop": "is a loop",
    "too-many-hops": "has too many hops",
    "request-cap": "was not followed to its end",
    "malformed": "ends at a Location that is no URL",
    "other-scheme": "leaves http and https",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table: its title (empty: none needed), the columns that have any content, and rows. `more` are not shown.

    Without columns it is only a remark, its title; with columns and no rows, nothing was there.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: int = 0


def sheets(topic: str, evidence: object) -> tuple[Sheet, ...]:
    """The tables of one observation; none where the topic has no such form or the evidence another shape."""
    make = _SHEETS.get(topic)
    return tuple(make(evidence)) if make is not None else ()


def _cookies(evidence: object) -> Iterator[Sheet]:
    if isinstance(at(evidence, "cookies"), list):
        yield _sheet(
            "",
            ("Cookie", "Kind", "Secure", "HttpOnly", "SameSite", "Set by", "Refused by browsers"),
            (
                (*_all(one, "name", "kind", "secure", "http_only", "same_site", "url"), _list(at(one, "refused")))
                for one in as_list(at(evidence, "cookies"))
            ),
        )


def _odd_requests(evidence: object) -> Iterator[Sheet]:
    if isinstance(at(evidence, "replies"), list):
        yield _sheet(
            f"Sent to {as_text(at(evidence, 'path'))}" if at(evidence, "path") else "",
            ("Request", "Bytes", "Answer", "Afterwards"),
            (
                (*_all(one, "title", "size"), answer(one), _word(_AFTERWARDS, at(one, "ending")))
                for one in as_list(at(evidence, "replies"))
            ),
        )
    left_out = as_list(at(evidence, "left_out"))
    if left_out:
        yield _sheet("Left out", ("Request", "Reason"), (_all(one, "request", "reason") for one in left_out))


def _redirects(evidence: object) -> Iterator[Sheet]:
    for start in ("https", "http"):
        hops = as_list(at(evidence, start, "hops"))
        if hops:
            yield _sheet(
                f"The chain from {start} {_word(_CHAIN_ENDS, at(evidence, start, 'end'))}",
                ("URL", "Answer", "Leads to"),
                ((as_text(at(one, "url")), answer(one), as_text(at(one, "location"))) for one in hops),
            )
    reason = as_text(at(evidence, "http_not_asked"))
    if reason:
        yield _sheet(f"Plain http was not asked: {reason}", (), ())


def _headers(evidence: object) -> Iterator[Sheet]:
    for key, words in (("final", "On the page"), ("missing", "On the answer for a path that does not exist")):
        document = at(evidence, key)
        if isinstance(document, dict):
            yield _sheet(
                f"{words} ({', '.join(filter(None, _all(document, 'status', 'media_type')))})",
                ("Header", "As sent", "Reading", "Problem"),
                (
                    (str(name), _list(at(reading, "raw"), " ⏎ "), *_all(reading, "state", "problem"))
                    for name, reading in as_dict(at(document, "headers")).items()
                ),
            )
    hsts = as_list(at(evidence, "hsts"))
    if hsts:
        yield _sheet(
            "Strict-Transport-Security on each answer",
            ("URL", "As sent", "Problem"),
            (
                (as_text(at(one, "url")), _list(at(one, "raw"), " ⏎ ") or "none", as_text(at(one, "problem")))
                for one in hsts
            ),
        )


def _staples(evidence: object) -> Iterator[Sheet]:
    if isinstance(at(evidence, "staples"), list):
        yield _sheet(
            "",
            ("Version", "Stapled", "Seen", "Status", "Next update", "Signature", "Reason"),
            (
                (
                    *_all(one, "protocol", "stapled"),
                    f"{as_text(at(one, 'seen'))} of {as_text(at(one, 'tries'))}",
                    as_text(at(one, "staple", "cert_status")),
                    day(at(one, "staple", "next_update")),
                    as_text(at(one, "staple", "signature_reason")),
                    as_text(at(one, "reason")),
                )
                for one in as_list(at(evidence, "staples"))
            ),
        )


_SHEETS: Mapping[str, Callable[[object], Iterator[Sheet]]] = {
    "cookies": _cookies,
    "server_identity": _odd_requests,
    "redirects": _redirects,
    "http_headers": _headers,
    "ocsp_stapling": _staples,
}


def answer(exchange: object) -> str:
    """`200 OK`, or how an exchange ended that brought no status line: `timeout at connect: no answer`."""
    status = as_text(at(exchange, "status"))
    if status:
        return f"{status} {as_text(at(exchange, 'reason'))}".strip()
    stage = as_text(at(exchange, "stage"))
    words = as_text(at(exchange, "outcome")) + (f" at {stage}" if stage else "")
    return ": ".join(filter(None, (words, as_text(at(exchange, "detail")))))


def _sheet(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Sheet:
    """A sheet of at most `MOST_ROWS` rows, without the columns that are empty in all of them."""
    whole = [tuple(short(cell) for cell in row) for row in rows]
    shown = whole[:MOST_ROWS]
    used = [place for place in range(len(columns)) if not shown or any(row[place] for row in shown)]
    return Sheet(
        title=short(title),
        columns=tuple(columns[place] for place in used),
        rows=tuple(tuple(row[place] for place in used) for row in shown),
        more=len(whole) - len(shown),
    )


def _all(value: object, *keys: str) -> tuple[str, ...]:
    return tuple(as_text(at(value, key)) for key in keys)


def _list(value: object, between: str = ", ") -> str:
    return between.join(texts(value))


def _word(words: Mapping[str, str], value: object) -> str:
    return words.get(as_text(value), as_text(value))
