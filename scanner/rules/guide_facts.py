"""The registry of facts: what a guide's row asks beside the rules. `@fact(...)` enters a function here.

A fact is judged like a rule, and makes no finding: it passes where it speaks for the advice, fails where it speaks
against, and says in its reason what was seen. The functions live in the modules `guide_facts_*`.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from typing import TypeVar

from scanner.model.rule import Confidence, Remediation, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.registry import Rule
from scanner.rules.verdict import Verdict

E = TypeVar("E")

_PREFIX = "guide_facts_"
_FACTS: dict[str, Rule] = {}


def fact(
    name: str, topic: str, summary: str, *, passing: Case[E], against: Case[E] | None = None
) -> Callable[[Callable[[Case[E]], Verdict]], Callable[[Case[E]], Verdict]]:
    """A decorator that enters a function as the fact `name` about the evidence of `topic`.

    `passing` is a case that must pass. `against` must not: it fails, or cannot be told; None for a fact that only
    states what was seen. A repeated name is a ValueError at import.
    """
    if name in _FACTS:
        raise ValueError(f"fact {name} is there already")
    info = RuleInfo(
        id=name,
        name=name,
        title=summary,
        topic=topic,
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary=summary,
        rationale="",
        remediation=Remediation(text=""),
        references=(),
    )

    def enter(check: Callable[[Case[E]], Verdict]) -> Callable[[Case[E]], Verdict]:
        _FACTS[name] = Rule(info=info, check=check, passing=passing, failing=passing if against is None else against)
        return check

    return enter


def all_facts() -> Mapping[str, Rule]:
    """Every fact by its name. The first call imports the modules `guide_facts_*` of this package."""
    package = importlib.import_module("scanner.rules")
    for module in pkgutil.iter_modules(package.__path__):
        if module.name.startswith(_PREFIX):
            importlib.import_module(f"scanner.rules.{module.name}")
    return {name: _FACTS[name] for name in sorted(_FACTS)}
