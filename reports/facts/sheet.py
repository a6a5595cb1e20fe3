"""Sheets: the form of a table in reports, and how one is made of evidence."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from reports.facts.reading import as_text, at, texts
from reports.facts.tree import short

MOST_ROWS = 200
"""Rows of one table; the JSON report holds the whole."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table: its title (empty: none needed), the columns that have any content, and rows. `more` are not shown.

    Without columns it is only a remark, its title; with columns and no rows, nothing was there.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: int = 0


def make_sheet(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Sheet:
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


def cells(value: object, *keys: str) -> tuple[str, ...]:
    """What stands below each of the keys of an object, in words."""
    return tuple(as_text(at(value, key)) for key in keys)


def listed(value: object, between: str = ", ") -> str:
    """The members of an array on one line."""
    return between.join(texts(value))


def word(words: Mapping[str, str], value: object) -> str:
    """The wording of a value, the value itself where there is none."""
    return words.get(as_text(value), as_text(value))
