"""Facts of `http_exchanges`: all requests in one table, and each answer with the header as sent."""

import dataclasses

from reports.facts.purposes import PURPOSES, answer
from reports.facts.reading import as_dict, as_list, as_text, at
from reports.facts.sheet import Sheet, cells, make_sheet, word

_TRUST = {"no": "certificate not trusted"}
_NOT_ASKED = {"page": "The parsed page"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRow:
    """One request and its answer. `answer` is the status line's content, or how it ended without one."""

    purpose: str
    request: str
    answer: str
    location: str
    fields: tuple[tuple[str, str], ...]


def exchanges(evidence: object) -> tuple[ExchangeRow, ...]:
    """The rows, in the order of the requests."""
    return tuple(_row(one) for one in as_list(at(evidence, "exchanges")))


def exchange_sheets(evidence: object) -> tuple[Sheet, ...]:
    """What was asked and how it was answered, a row each; then what was not asked, and why not."""
    asked = as_list(at(evidence, "exchanges"))
    left_out = as_dict(at(evidence, "left_out"))
    made = []
    if asked:
        columns = ("Why", "Asked", "Answered", "Over", "Bytes", "Milliseconds")
        made.append(make_sheet("", columns, map(_overview, asked)))
    if left_out:
        rows = ((_NOT_ASKED.get(key) or word(PURPOSES, key), as_text(why)) for key, why in left_out.items())
        made.append(make_sheet("Not asked", ("Why it would be", "Reason"), rows))
    return tuple(made)


def _overview(exchange: object) -> tuple[str, ...]:
    sent = ", ".join(": ".join(cells(one, "name", "value")) for one in as_list(at(exchange, "sent")))
    request = " ".join(filter(None, cells(exchange, "method", "url")))
    elapsed, location = at(exchange, "elapsed_ms"), as_text(at(exchange, "location"))
    trust = _TRUST.get(as_text(at(exchange, "certificate_trusted")), "")
    return (
        word(PURPOSES, at(exchange, "purpose")),
        f"{request}, with {sent}" if sent else request,
        answer(exchange) + (f" → {location}" if location else ""),
        ", ".join(filter(None, (*cells(exchange, "version", "tls"), trust))),
        as_text(at(exchange, "body", "size")),
        f"{elapsed:.0f}" if isinstance(elapsed, int | float) and not isinstance(elapsed, bool) else "",
    )


def _row(exchange: object) -> ExchangeRow:
    purpose = as_text(at(exchange, "purpose"))
    return ExchangeRow(
        purpose=PURPOSES.get(purpose, purpose),
        request=f"{as_text(at(exchange, 'method'))} {as_text(at(exchange, 'url'))}".strip(),
        answer=answer(exchange),
        location=as_text(at(exchange, "location")),
        fields=tuple((as_text(at(one, "name")), as_text(at(one, "value"))) for one in as_list(at(exchange, "fields"))),
    )
