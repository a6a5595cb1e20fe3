"""The registry of grades: `@grader(key)` enters a scale here; `give_grades` asks them all.

A grade is an opinion beside the findings: it is the same under every policy and changes no exit code.
"""

import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence

from scanner.model.observation import Observation
from scanner.model.peer import peer_text
from scanner.rules.judge import Bench

Grader = Callable[[Sequence[Observation[object]], Bench], object | None]
"""Gives a grade, a dataclass of `scanner.model.grade`; None where the scale says nothing of the target."""

_GRADERS: dict[str, Grader] = {}


def grader(key: str) -> Callable[[Grader], Grader]:
    """A decorator that enters a scale under its key in the result's `grades`; a repeated key is a ValueError."""

    def enter(grade: Grader) -> Grader:
        if key in _GRADERS:
            raise ValueError(f"grade {key} is there already")
        _GRADERS[key] = grade
        return grade

    return enter


def all_graders() -> Mapping[str, Grader]:
    """Every scale by its key. The first call imports the modules of this package."""
    _import_scales()
    return {key: _GRADERS[key] for key in sorted(_GRADERS)}


@functools.cache
def _import_scales() -> None:
    """Once, as for the rules."""
    package = importlib.import_module("scanner.rules.grades")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"scanner.rules.grades.{module.name}")


def give_grades(observations: Sequence[Observation[object]], bench: Bench) -> dict[str, object]:
    """The grades of one target by key. A scale that breaks gives no grade and says so: our fault, never a letter."""
    grades: dict[str, object] = {}
    for key, grade in all_graders().items():
        try:
            found = grade(observations, bench)
        except Exception as error:
            found = {"grade": None, "reason": peer_text(f"internal error: {type(error).__name__}: {error}")}
        if found is not None:
            grades[key] = found
    return grades
