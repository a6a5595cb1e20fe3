"""A policy as the checks read it: directives by name, their values in normal form, and what governs what.

Two readings: `as_written` is csp_evaluator's, which keeps directives that are not ASCII; `in_force` is the browsers'.
"""

import re
from collections.abc import Mapping, Sequence

from scanner.model.csp import CspPolicy
from scanner.rules.csp_evaluation.names import FETCH, KEYWORDS

Lists = dict[str, list[str]]
"""Values by directive name. Keywords and bare schemes are in lower case, and no value stands twice."""

SCHEME = re.compile(r"[a-zA-Z][+a-zA-Z0-9.-]*:")
NONCE = re.compile(r"'nonce-(.+)'", re.IGNORECASE)
"""A nonce, whatever its characters."""

_GOOD_NONCE = re.compile(r"'nonce-[a-zA-Z0-9+/_-]+={0,2}'", re.IGNORECASE)
_GOOD_HASH = re.compile(r"'sha(?:256|384|512)-[a-zA-Z0-9+/_-]+={0,2}'", re.IGNORECASE)
_OUTSIDE_ASCII = re.compile(r"[^\s\ufeff]+")


def in_force(policy: CspPolicy) -> Lists:
    """The directives that browsers heed."""
    return {directive.name: _normal_list(directive.sources) for directive in policy.directives}


def as_written(policy: CspPolicy, heeded: Lists) -> Lists:
    """The same with the directives that browsers drop for not being ASCII; `heeded` is what `in_force` gave."""
    if not policy.dropped:
        return heeded
    lists = dict(heeded)
    for text in policy.dropped:
        name, *values = _OUTSIDE_ASCII.findall(text) or [""]
        lists.setdefault(name.lower(), _normal_list(values))
    return lists


def _normal_list(values: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([normal(value) for value in values]))


def normal(value: str) -> str:
    """`value`, in lower case where case has no meaning: keywords and bare schemes."""
    if value[0] == "'" or value[-1] == ":":
        lower = value.lower()
        if lower in KEYWORDS or SCHEME.fullmatch(value):
            return lower
    return value


def governing(lists: Mapping[str, Sequence[str]], name: str) -> str:
    """The directive in force for `name`, present or not; csp_evaluator's fallbacks, which are simpler than CSP3's."""
    if name in lists:
        return name
    if name in {"script-src-attr", "script-src-elem"} and "script-src" in lists:
        return "script-src"
    return "default-src" if name in FETCH else name


def is_nonce(value: str) -> bool:
    """A nonce-source of the grammar (CSP3 section 2.3.1)."""
    return _GOOD_NONCE.fullmatch(value) is not None


def is_hash(value: str) -> bool:
    """A hash-source of the grammar (CSP3 section 2.3.1)."""
    return _GOOD_HASH.fullmatch(value) is not None


def has_nonce(values: Sequence[str]) -> bool:
    """Whether a valid nonce is among the values."""
    return any(value[0] == "'" and is_nonce(value) for value in values)


def has_hash(values: Sequence[str]) -> bool:
    """Whether a valid hash is among the values."""
    return any(value[0] == "'" and is_hash(value) for value in values)
