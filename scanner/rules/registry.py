"""The registry of rules: `@rule(...)` enters a function here; the engine, the command line and the docs read it."""

import dataclasses
import functools
import importlib
import pkgutil
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from scanner.model.rule import RuleInfo
from scanner.rules.case import Case
from scanner.rules.verdict import Verdict

E = TypeVar("E")

FAMILIES: Mapping[str, str] = {
    "TLS": "protocol and crypto",
    "CRT": "certificate and chain",
    "HDR": "headers",
    "CSP": "content security policy",
    "CKY": "cookies",
    "RDR": "redirects and https",
    "INF": "leakage",
    "FPR": "server identity",
    "CNT": "page content",
    "DNS": "DNS",
    "OPS": "operation",
    "ADR": "differences between addresses",
}
"""Rule families: the letters that open an id."""

_ID = re.compile(rf"(?:{'|'.join(FAMILIES)})\d{{3}}")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_OWN_MODULES = frozenset({"case", "verdict", "registry", "judge"})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule: its page, its judgement, and the two cases that are its test and its documentation."""

    info: RuleInfo
    check: Callable[[Case[Any]], Verdict]
    passing: Case[object]
    failing: Case[object]

    @property
    def examples(self) -> tuple[str, object, object]:
        """What tells the examples apart, in words, and that part of the passing and of the failing one.

        Mostly the evidence; else what was derived from it, the evidence of other topics, or the policy.
        """
        parts: tuple[tuple[str, Callable[[Case[object]], object]], ...] = (
            (f"Evidence of `{self.info.topic}`, as in the JSON report.", lambda case: case.evidence),
            ("What was derived (`derived` in the JSON report).", lambda case: case.derived),
            ("Evidence of other topics, as in the JSON report.", lambda case: dict(case.others)),
            ("The policy.", lambda case: case.policy),
        )
        for words, part in parts:
            if part(self.passing) != part(self.failing):
                return words, part(self.passing), part(self.failing)
        words, part = parts[0]
        return words, part(self.passing), part(self.failing)


_RULES: dict[str, Rule] = {}


def rule(
    info: RuleInfo, *, passing: Case[E], failing: Case[E]
) -> Callable[[Callable[[Case[E]], Verdict]], Callable[[Case[E]], Verdict]]:
    """A decorator that enters a function as the rule `info` describes.

    `passing` and `failing` are cases that must come out so. A malformed or repeated id, name, or a rule without a
    reference is a ValueError at import.
    """
    if not _ID.fullmatch(info.id) or not _NAME.fullmatch(info.name):
        raise ValueError(f"rule {info.id} {info.name}: an id is family letters and three digits, a name is kebab-case")
    if info.id in _RULES or any(one.info.name == info.name for one in _RULES.values()):
        raise ValueError(f"rule {info.id} {info.name} is there already")
    if not info.references:
        raise ValueError(f"rule {info.id} has no reference")

    def enter(check: Callable[[Case[E]], Verdict]) -> Callable[[Case[E]], Verdict]:
        _RULES[info.id] = Rule(info=info, check=check, passing=passing, failing=failing)
        return check

    return enter


def all_rules() -> tuple[Rule, ...]:
    """Every rule, by id. The first call imports the topic modules of this package."""
    _import_topics()
    return tuple(_RULES[key] for key in sorted(_RULES))


@functools.cache
def _import_topics() -> None:
    """Once: looking for the files again for every target would cost more than all the rules do."""
    package = importlib.import_module("scanner.rules")
    for module in pkgutil.iter_modules(package.__path__):
        if module.name not in _OWN_MODULES:
            importlib.import_module(f"scanner.rules.{module.name}")
