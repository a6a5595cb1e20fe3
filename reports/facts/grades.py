"""Facts of the grades, each in one line and its reasons: whatever scale it is of."""

import dataclasses
from collections.abc import Sequence

from reports.facts.reading import as_dict, as_list, as_text, at, plural, texts
from reports.facts.sheet import Sheet, cells, make_sheet
from reports.facts.tls_words import FLAWS

_NONE = "no grade"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class GradeLine:
    """One grade. `said` is such as `B (86 of 100)`, or why there is none; `caps` hold it down.

    Of several addresses the worst counts: `endpoint` is that one, `others` are such as `192.0.2.2:443: A`.

    `open` says how much was not looked at and could still change it; empty where there is nothing. `table` has every
    test of a scale that is made of tests, and says where our answer deliberately differs from its reference program.
    """

    scale: str
    said: str
    caps: tuple[str, ...] = ()
    open: str = ""
    endpoint: str = ""
    others: tuple[str, ...] = ()
    table: Sheet | None = None

    @property
    def said_by(self) -> str:
        """`grade B (86 of 100) by ssllabs-2009r`, and where, if that is not clear. The reason for no grade comes last:
        it may be long, and be cut off.
        """
        where = f", of {self.endpoint}; {', '.join(self.others)}" if self.others else ""
        if self.said.startswith(_NONE):
            return f"{_NONE} by {self.scale}{self.said.removeprefix(_NONE)}{where}"
        return f"grade {self.said} by {self.scale}{where}"


def grade_lines(target: object) -> tuple[GradeLine, ...]:
    """The grades of a target in builtins."""
    return tuple(_line(scale, grade) for scale, grade in as_dict(at(target, "grades")).items())


def _line(scale: str, grade: object) -> GradeLine:
    letter, score = as_text(at(grade, "grade")), as_text(at(grade, "score"))
    reason, tests = as_text(at(grade, "reason")), as_dict(at(grade, "tests"))
    if not letter:
        said = f"{_NONE} ({reason or 'no reason was told'})"
        return GradeLine(scale=scale, said=said, table=_table(tests) if tests else None)
    if tests:
        return _line_of_tests(scale, grade, tests)
    left = texts(at(grade, "not_assessed"))
    questions = [f"{', '.join(names)}{': ' if reason else ''}{reason}" for reason, names in _by_reason(left).items()]
    here = as_text(at(grade, "endpoint"))
    marks = [(as_text(at(one, "endpoint")), as_text(at(one, "grade"))) for one in as_list(at(grade, "endpoints"))]
    return GradeLine(
        scale=scale,
        said=f"{letter} ({score} of 100)" if score else letter,
        caps=texts(at(grade, "caps")),
        open=f"{plural(len(left), 'open question')} could change it: {'; '.join(questions)}" if left else "",
        endpoint=here,
        others=tuple(f"{place}: {letter or 'none'}" for place, letter in marks if place != here),
    )


def _line_of_tests(scale: str, grade: object, tests: dict[str, object]) -> GradeLine:
    """The line of a scale that adds up the points of its tests, which may be more than 100."""
    here, reason = as_text(at(grade, "endpoint")), as_text(at(grade, "reason"))
    marks = [(as_text(at(one, "endpoint")), as_text(at(one, "grade"))) for one in as_list(at(grade, "endpoints"))]
    letter, score = as_text(at(grade, "grade")), as_text(at(grade, "score"))
    return GradeLine(
        scale=scale,
        said=f"{letter} ({score} points{f'; {reason}' if reason else ''})",
        caps=tuple(
            f"{as_text(at(one, 'modifier'))} {name}: {as_text(at(one, 'reason'))}"
            for name, one in sorted(tests.items(), key=lambda item: _points(item[1]))  # the heaviest first
            if _points(one) < 0
        ),
        open="; ".join(f"taken for granted: {one}" for one in texts(at(grade, "assumed"))),
        endpoint=here,
        others=tuple(f"{place}: {letter or 'none'}" for place, letter in marks if place != here),
        table=_table(tests),
    )


def _points(test: object) -> int:
    points = at(test, "modifier")
    return points if isinstance(points, int) else 0


def _table(tests: dict[str, object]) -> Sheet:
    return make_sheet(
        "",
        ("Test", "Points", "Passed", "Result, and why", "Differs from the reference program"),
        (
            (
                name,
                *cells(one, "modifier", "pass"),
                ": ".join(filter(None, (as_text(at(one, "result")) or "unknown", as_text(at(one, "reason"))))),
                as_text(at(one, "differs")),
            )
            for name, one in tests.items()
        ),
    )


def _by_reason(left: Sequence[str]) -> dict[str, list[str]]:
    """Names by their reason, of texts such as `robot: it needs --intrusive`."""
    found: dict[str, list[str]] = {}
    for one in left:
        name, _, reason = one.partition(": ")
        found.setdefault(reason, []).append(FLAWS.get(name, name))
    return found
