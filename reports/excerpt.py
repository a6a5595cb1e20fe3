"""Excerpts: what a finding's JSON Pointers lead to, short enough to stand beside the claim."""

import dataclasses
import re
from collections.abc import Sequence

from reports.facts.page_words import page_words
from reports.facts.purposes import answer
from reports.facts.reading import as_list, as_text, at, called, plural, texts
from reports.facts.tls_words import feature_words, flaw_words, prime_words
from reports.facts.tree import short
from reports.pointer import MISSING, resolve, tokens

MOST_LINES = 12
"""Lines of one excerpt."""

MOST_NAMED = 4
"""Members of an array inside an excerpt that are named."""

LONGEST_LINE = 240
"""Characters of one line of an excerpt."""

_LABELS = {"headers": "security headers"}
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """One proof: the topic, the place or places in its evidence, and the value there in `lines`."""

    topic: str
    place: str
    lines: tuple[str, ...]

    @property
    def line(self) -> str:
        """All of it on one line."""
        return "; ".join(self.lines)


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
    label = _LABELS.get(place[-1], place[-1]) if place and not place[-1].isdigit() else ""
    return Excerpt(topic=topic, place=" / ".join(place), lines=_lines(resolve(document, pointer), label))


def _lines(value: object, label: str) -> tuple[str, ...]:
    """What stands at a pointer; a value that says nothing by itself has the name of its place before it."""
    if value is MISSING:
        return ("(not in this document)",)
    known = feature_words(value) or flaw_words(value)
    of_a_page = page_words(value)
    if known:
        members = [f"{label.replace('_', ' ')}: {known}" if label and not label.isdigit() else known]
    elif of_a_page:
        members = [of_a_page]
    elif isinstance(at(value, "prime_sha256"), str):
        members = [prime_words(value)]
    elif isinstance(value, dict) and value:
        members = [_as_sent(value, label)] if _as_sent(value, label) else _members(value)
    elif isinstance(value, list) and value:
        members = [_brief(one) for one in value]
    else:
        members = [line.rstrip() for line in as_text(value).split("\n") if line.strip()] or ["none"]
        if len(members) == 1 and label:
            members = [f"{label}: {members[0]}"]
    shown = [short(line, LONGEST_LINE) for line in members[:MOST_LINES]]
    left = len(members) - len(shown)
    return (*shown, f"… and {left} more") if left else tuple(shown)


def _members(value: dict[str, object]) -> list[str]:
    """Key and value of each member that says something to a reader: neither null, nor empty, nor a hash."""
    telling = {key: one for key, one in value.items() if one not in (None, []) and not _is_hash(one)}
    return [_as_sent(one, key) or f"{key}: {_brief(one)}" for key, one in (telling or value).items()]


def _brief(value: object) -> str:
    """A value on one line; what is inside containers only as far as it says more than their size."""
    if isinstance(value, dict):
        return page_words(value) or _as_sent(value, "") or called(value) or f"({plural(len(value), 'member')})"
    if isinstance(value, list):
        members = [called(one) if isinstance(one, dict | list) else as_text(one) for one in value[:MOST_NAMED]]
        if not all(members):
            return f"({plural(len(value), 'item')})"
        more = f" and {len(value) - MOST_NAMED} more" if len(value) > MOST_NAMED else ""
        return f"{', '.join(members)}{more}" or "none"
    return as_text(value) or "none"


def _as_sent(value: object, label: str) -> str:
    """A header field or reading, a policy, a cookie, a suite or an exchange on one line; empty for what is none."""
    name, raw = at(value, "name"), texts(at(value, "raw"))
    if isinstance(name, str) and isinstance(at(value, "attributes"), list):
        attributes = ["=".join(texts([at(one, "name"), at(one, "value")])) for one in as_list(at(value, "attributes"))]
        return "; ".join((f"Set-Cookie: {name}=…", *attributes))
    if isinstance(name, str) and isinstance(at(value, "value"), str):
        return f"{name}: {as_text(at(value, 'value'))}"
    if isinstance(name, str) and isinstance(at(value, "code"), str):
        return called(value)
    if isinstance(at(value, "url"), str) and isinstance(at(value, "outcome"), str):
        location = as_text(at(value, "location"))
        return f"{as_text(at(value, 'url'))}: {answer(value)}{f', Location: {location}' if location else ''}"
    if isinstance(at(value, "supported"), str):
        suites, reason = as_list(at(value, "suites")), as_text(at(value, "reason"))
        number = plural(len(suites), "suite") if suites else ""
        said = ", ".join(filter(None, (as_text(at(value, "supported")), number)))
        return ": ".join(filter(None, (label, said, reason)))
    directives = as_list(at(value, "directives"))
    if directives:
        return "; ".join(" ".join((as_text(at(one, "name")), *texts(at(one, "sources")))) for one in directives)
    return ": ".join(filter(None, (label, ", ".join(raw)))) if raw else ""


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and _HASH.fullmatch(value) is not None
