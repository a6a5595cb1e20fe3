"""Facts of the grades, each in one line and its reasons: whatever scale it is of."""

import dataclasses

from reports.facts.reading import as_dict, as_text, at, plural, texts


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class GradeLine:
    """One grade. `said` is such as `B (86 of 100)`, or why there is none; `caps` hold it down.

    `open` says how much was not looked at and could still change it; empty where there is nothing.
    """

    scale: str
    said: str
    caps: tuple[str, ...] = ()
    open: str = ""

    @property
    def text(self) -> str:
        """All of it in one line."""
        return "; ".join(filter(None, (f"{self.said} by {self.scale}", *self.caps, self.open)))


def grade_lines(target: object) -> tuple[GradeLine, ...]:
    """The grades of a target in builtins."""
    return tuple(_line(scale, grade) for scale, grade in as_dict(at(target, "grades")).items())


def _line(scale: str, grade: object) -> GradeLine:
    letter, score = as_text(at(grade, "grade")), as_text(at(grade, "score"))
    if not letter:
        return GradeLine(scale=scale, said=f"no grade ({as_text(at(grade, 'reason')) or 'no reason was told'})")
    left = len(texts(at(grade, "not_assessed")))
    return GradeLine(
        scale=scale,
        said=f"{letter} ({score} of 100)" if score else letter,
        caps=texts(at(grade, "caps")),
        open=f"{plural(left, 'question')} open that could change it" if left else "",
    )
