"""Permissions-Policy, a dictionary of features with allowlists (section 5.2), and its forerunner Feature-Policy."""

import dataclasses
import difflib
import functools
import importlib.resources
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence

from scanner.errors import Malformed
from scanner.model.evidence.http_headers import HeaderPart
from scanner.wire.fields import InnerList, Item, Member, Token, parse_dictionary
from scanner.wire.security_headers_reading import Read, Reader, part

UNKNOWN_FEATURE = "not among the features known on"
"""How the problem of a feature that is not in the table begins; the table's date follows, and what may be meant."""

MOST_SUGGESTIONS = 8
"""Unknown names of one field for which the table is searched for a like one."""

LIKENESS = 0.8
"""How like a name of the table an unknown one must be, for that to be meant (`difflib`, 0 to 1)."""

RETIRED_FEATURE = "a feature that browsers have given up"
"""The problem of a feature that once was one."""

_NO_SLIP = (UNKNOWN_FEATURE, RETIRED_FEATURE)
_LONGEST_NAME = 64
_SOURCE = re.compile(
    r"[a-z][a-z0-9+.-]*:|(?:[a-z][a-z0-9+.-]*://)?"
    r"(?:\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\])(?::(?:[0-9]+|\*))?(?:/[^?#]*)?",
    re.IGNORECASE,
)
"""permissions-source-expression (section 5.1): a scheme-source or host-source of CSP."""

_OLD_SYNTAX = re.compile(r"(?<![a-z-])[a-z-]++ ++(?:'(?:none|self|src)'|\*|https?:)", re.IGNORECASE)


@functools.cache
def permissions_features() -> Mapping[str, bool]:
    """Every feature by name, with whether browsers still know it (`data/permissions_features.toml`)."""
    table = _table()
    return {name: current for key, current in (("retired", False), ("current", True)) for name in table[key]}


@functools.cache
def _table() -> Mapping[str, Sequence[str]]:
    """The data file as it lies in the package; `date` is kept as text."""
    text = importlib.resources.files("scanner.wire").joinpath("data/permissions_features.toml").read_text("utf-8")
    return {key: one if isinstance(one, list) else str(one) for key, one in tomllib.loads(text).items()}


def permissions_policy(lines: Sequence[str]) -> Read:
    """The features with their allowlists, `self`, `*` and origins; one slip in the syntax voids the whole field.

    A member without an allowlist that counts is a part with that problem; with no other member the field is void.
    """
    try:
        fields = parse_dictionary(lines)
    except Malformed as fault:
        if any(_OLD_SYNTAX.search(line) for line in lines):
            raise Malformed(f"it is written as Feature-Policy was: {fault.detail}") from fault
        raise
    parts = _suggested(_feature(name, member) for name, member in fields.items())
    counted = [str(one.name) for one in parts if one.problem is None or one.problem.startswith(_NO_SLIP)]
    if parts and not counted:
        raise Malformed(f"no allowlist counts: {parts[0].problem}")
    return Read(", ".join(counted), parts)


def _feature(name: str, member: Member) -> HeaderPart:
    items = member.items if isinstance(member, InnerList) else (member,)
    values = [_spelled(one) for one in items]
    problem = next((found for one in items if (found := _wrong(one))), None)
    if problem is None:
        current = permissions_features().get(name)
        problem = f"{UNKNOWN_FEATURE} {_table()['date']}" if current is None else None if current else RETIRED_FEATURE
    return part(name, values, problem)


def _suggested(parts: Iterable[HeaderPart]) -> tuple[HeaderPart, ...]:
    """The parts, those of unknown names with the feature that may be meant."""
    searched = 0
    found = []
    for one in parts:
        if one.problem is not None and one.problem.startswith(UNKNOWN_FEATURE) and searched < MOST_SUGGESTIONS:
            searched += 1
            like = difflib.get_close_matches(one.name[:_LONGEST_NAME], permissions_features(), n=1, cutoff=LIKENESS)
            meant = f"; {like[0]} may be meant" if like else ""
            found.append(dataclasses.replace(one, problem=one.problem + meant))
        else:
            found.append(one)
    return tuple(found)


def _spelled(item: Item) -> str:
    """A member of an allowlist as a word: `self`, `*`, an origin."""
    if isinstance(item.value, bool):
        return "?1" if item.value else "?0"
    return str(item.value)


def _wrong(item: Item) -> str | None:
    """Why browsers pass over a member of an allowlist; None where it counts.

    A string outside a list counts too: section 5.2 allows it, and Chromium reads it.
    """
    value = item.value
    if not isinstance(value, str):
        return "an allowlist holds neither a token nor a string"
    if isinstance(value, Token):
        if value in {"self", "*"}:
            return None
        if value == "src":
            return "src has a meaning in the allow attribute of frames only"
        return "an origin stands without quotes" if ":" in value else f"{value[:50]} is neither self nor * nor ()"
    if value in {"self", "none", "src"}:
        return f"{value} stands in quotes"
    return None if _SOURCE.fullmatch(value) else "a quoted value is no origin"


def feature_policy(lines: Sequence[str]) -> Read:
    """Feature-Policy, as browsers read it before 2020: features and sources between semicolons and commas."""
    parts = []
    for directive in ", ".join(lines).replace(",", ";").split(";"):
        words = directive.split()
        if words:
            parts.append(part(words[0].lower(), words[1:]))
    return Read(", ".join(str(one.name) for one in parts), tuple(parts))


PERMISSIONS_READERS: Mapping[str, Reader] = {
    "feature-policy": feature_policy,
    "permissions-policy": permissions_policy,
    "permissions-policy-report-only": permissions_policy,
}
"""Reader by name in lower case."""
