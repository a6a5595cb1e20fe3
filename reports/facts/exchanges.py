"""Facts of `http_exchanges`: each request and its answer with the header as sent."""

import dataclasses

from reports.facts.reading import as_list, as_text, at
from reports.facts.sheets import PURPOSES, answer


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


def _row(exchange: object) -> ExchangeRow:
    purpose = as_text(at(exchange, "purpose"))
    return ExchangeRow(
        purpose=PURPOSES.get(purpose, purpose),
        request=f"{as_text(at(exchange, 'method'))} {as_text(at(exchange, 'url'))}".strip(),
        answer=answer(exchange),
        location=as_text(at(exchange, "location")),
        fields=tuple((as_text(at(one, "name")), as_text(at(one, "value"))) for one in as_list(at(exchange, "fields"))),
    )
