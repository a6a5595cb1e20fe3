"""Facts of any topic: a value as a tree for reading, its size bounded however large the evidence is."""

import dataclasses
from collections.abc import Sequence

from reports.facts.reading import as_text, called

LONGEST_TEXT = 600
"""Characters of one text; the JSON report holds the whole."""

MOST_MEMBERS = 100
"""Members of one object or array that are shown."""

DEEPEST = 8
"""Levels that are shown."""

_INLINE = 200  # characters of an array of scalars that still stands on one line
_MOST_COLUMNS = 8


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """An array of like objects: the keys, and a row of texts each."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A value with its label: a `text`, a `table`, or `children`. `more` counts members that are not shown."""

    label: str
    text: str | None = None
    table: Table | None = None
    children: tuple["Node", ...] = ()
    more: int = 0


def tree(value: object, label: str = "", depth: int = 0) -> Node:
    """`value` as a tree; null members of objects are left out."""
    if isinstance(value, dict):
        members = [(str(key), one) for key, one in value.items() if one is not None]
    elif isinstance(value, list):
        inline = _inline(value)
        if inline is not None:
            return Node(label=label, text=inline)
        table = _table(value)
        if table is not None:
            return Node(label=label, table=table, more=len(value) - len(table.rows))
        members = [(str(number + 1), one) for number, one in enumerate(value)]
    else:
        return Node(label=label, text=short(as_text(value)) or "none")
    if not members:
        return Node(label=label, text="none")
    if depth >= DEEPEST:
        return Node(label=label, text="…")
    shown = members[:MOST_MEMBERS]
    return Node(
        label=label,
        children=tuple(tree(one, short(key), depth + 1) for key, one in shown),
        more=len(members) - len(shown),
    )


def short(text: str, limit: int = LONGEST_TEXT) -> str:
    """At most `limit` characters of `text`; where it was longer, the end says by how many."""
    return text if len(text) <= limit else f"{text[:limit]}… (+{len(text) - limit} characters)"


def _is_scalar(value: object) -> bool:
    return not isinstance(value, dict | list)


def _inline(values: Sequence[object]) -> str | None:
    """The members on one line, None where they are not scalars or too long for it."""
    if not all(_is_scalar(one) for one in values):
        return None
    return _joined([as_text(one) for one in values])


def _joined(members: Sequence[str]) -> str | None:
    line = ", ".join(members)
    return (line or "none") if len(line) <= _INLINE else None


def _table(values: Sequence[object]) -> Table | None:
    """A table where all members are objects of scalars (or short arrays of scalars or named objects) with few keys."""
    rows = [one for one in values[:MOST_MEMBERS] if isinstance(one, dict)]
    if len(rows) != len(values[:MOST_MEMBERS]):
        return None
    columns = tuple(dict.fromkeys(key for row in rows for key, one in row.items() if one not in (None, [])))
    cells = tuple(tuple(_cell(row.get(key)) for key in columns) for row in rows)
    if not 0 < len(columns) <= _MOST_COLUMNS or any(cell is None for row in cells for cell in row):
        return None
    return Table(columns=columns, rows=tuple(tuple(cell or "" for cell in row) for row in cells))


def _cell(value: object) -> str | None:
    if isinstance(value, list):
        named = [called(one) if isinstance(one, dict | list) else as_text(one) for one in value[:MOST_MEMBERS]]
        return (_joined(named) if all(named) else None) if value else ""
    return short(as_text(value)) if _is_scalar(value) else None
