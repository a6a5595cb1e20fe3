"""Excerpts: what a finding's JSON Pointers lead to, short enough to stand beside the claim."""

import dataclasses
from collections.abc import Sequence

from reports.facts.reading import as_text, at, called, plural
from reports.facts.tree import short
from reports.pointer import MISSING, resolve, tokens

MOST_LINES = 12
"""Lines of one excerpt."""

MOST_NAMED = 4
"""Members of an array inside an excerpt that are named."""

LONGEST_LINE = 240
"""Characters of one line of an excerpt."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """One proof: the topic, the place or places in its evidence, and the value there in `lines`."""

    topic: str
    place: str
    lines: tuple[str, ...]


def excerpts(document: object, pointers: Sequence[str]) -> tuple[Excerpt, ...]:
    """One excerpt for each value that the pointers lead to, in order; places with the same content share one."""
    found: dict[tuple[str, tuple[str, ...]], Excerpt] = {}
    for pointer in dict.fromkeys(pointers):
        one = _excerpt(document, pointer)
        first = found.get((one.topic, one.lines))
        shared = one if first is None else dataclasses.replace(first, place=f"{first.place}, {one.place}")
        found[one.topic, one.lines] = shared
    return tuple(found.values())


def _excerpt(document: object, pointer: str) -> Excerpt:
    path = tokens(pointer)
    observation = resolve(document, "/".join(("", *path[:4]))) if len(path) > 4 else None
    topic = as_text(at(observation, "topic"))
    topic, place = (topic, path[5:]) if topic else ("".join(path[2:3]), path[3:])
    return Excerpt(topic=topic, place=" / ".join(place), lines=_lines(resolve(document, pointer)))


def _lines(value: object) -> tuple[str, ...]:
    if value is MISSING:
        return ("(not in this document)",)
    if isinstance(value, dict):
        line = _field_line(value)
        members = [line] if line else [f"{key}: {_brief(one)}" for key, one in value.items() if one not in (None, [])]
    elif isinstance(value, list):
        members = [_brief(one) for one in value]
    else:
        members = [line.rstrip() for line in as_text(value).split("\n")]
    shown = [short(line, LONGEST_LINE) for line in members[:MOST_LINES]]
    left = len(members) - len(shown)
    return (*shown, f"… and {left} more") if left else tuple(filter(None, shown)) or ("none",)


def _brief(value: object) -> str:
    """A value on one line; what is inside containers only as far as it says more than their size."""
    if isinstance(value, dict):
        return _field_line(value) or called(value) or f"({plural(len(value), 'member')})"
    if isinstance(value, list):
        members = [called(one) if isinstance(one, dict | list) else as_text(one) for one in value[:MOST_NAMED]]
        if not all(members):
            return f"({plural(len(value), 'item')})"
        more = f" and {len(value) - MOST_NAMED} more" if len(value) > MOST_NAMED else ""
        return f"{', '.join(members)}{more}" or "none"
    return as_text(value) or "none"


def _field_line(value: dict[str, object]) -> str:
    """A header field as it stood on the wire; empty where `value` is something else."""
    name, content = value.get("name"), value.get("value")
    return f"{name}: {content}" if isinstance(name, str) and isinstance(content, str) else ""
