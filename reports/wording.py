"""Wording: the few turns of phrase that all reports for people share."""

import itertools
import re
from collections.abc import Iterable, Sequence

from scanner.model.finding import Finding

_FIRST_WORD = re.compile(r"[a-z]+(?= )")
_ARTICLES = ("the ", "a ", "an ", "no ")
_ENDINGS = {"not-applicable": "does not apply", "not-assessed": "not assessed"}
_RULE = re.compile(r"([A-Z]+)([0-9]{3})")


def message(finding: Finding) -> str:
    """The finding's message with a capital letter where it begins with a plain word of our own.

    What begins with an argument, a header or a directive (`max-age`) stays as it is.
    """
    begins = finding.template.startswith("{proof}") or finding.message.startswith(_ARTICLES)
    ours = _FIRST_WORD.match(finding.template) or begins
    return sentence(finding.message) if ours else finding.message


def capital(text: str) -> str:
    """`text` with a capital letter, whatever word it begins with: only for texts of our own."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """`text` with a capital letter where it begins with a plain word."""
    return capital(text) if _FIRST_WORD.match(text) else text


def ending(outcome: str, stage: str = "", detail: str = "") -> str:
    """How a probe or an exchange ended: `timeout at connect: no answer in 5.0 s`, never the same word twice."""
    if detail and (outcome == "not-assessed" or (detail.startswith(outcome) and not stage)):
        return detail
    words = _ENDINGS.get(outcome, outcome) + (f" at {stage}" if stage else "")
    return f"{words}: {detail}" if detail else words


def spans(rules: Sequence[str]) -> tuple[str, ...]:
    """Rule ids with runs of three and more drawn together: `TLS001 to TLS009`, `TLS012`."""
    found: list[str] = []
    for _, run in itertools.groupby(enumerate(rules), key=lambda pair: _run(*pair)):
        ids = [rule for _, rule in run]
        found += [f"{ids[0]} to {ids[-1]}"] if len(ids) > 2 else ids
    return tuple(found)


def clipped(text: str, limit: int) -> str:
    """`text` where it is short enough, else its beginning up to a whole word, and an ellipsis."""
    if len(text) <= limit:
        return text
    kept = text[:limit].rpartition(" ")[0] or text[:limit]
    return f"{kept.rstrip(' ,;:')} …"


def several(members: Iterable[str], most: int, between: str = ", ") -> str:
    """The first `most` members, and how many more there are."""
    whole = list(members)
    shown = between.join(whole[:most])
    return shown if len(whole) <= most else f"{shown} and {len(whole) - most} more"


def _run(place: int, rule: str) -> tuple[str, int]:
    """What rules that follow one another directly have in common."""
    match = _RULE.fullmatch(rule)
    return (match[1], int(match[2]) - place) if match else (rule, place)
