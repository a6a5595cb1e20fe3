"""Guides in words: how each row came out, and what to do about it."""

import dataclasses
from collections.abc import Mapping

from scanner.model.guide import GuideResult, GuideRow, GuideStatus

WORDS: Mapping[GuideStatus, str] = {
    GuideStatus.MET: "met",
    GuideStatus.NOT_MET: "not met",
    GuideStatus.UNKNOWN: "could not tell",
    GuideStatus.NOT_OBSERVABLE: "not observable",
    GuideStatus.SUPERSEDED: "superseded",
}
"""Each status as people read it: words, never a colour alone."""

_LEADS: Mapping[GuideStatus, str] = {
    GuideStatus.NOT_MET: "To do",
    GuideStatus.UNKNOWN: "To find out",
    GuideStatus.NOT_OBSERVABLE: "On the host",
    GuideStatus.SUPERSEDED: "Today",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RowWords:
    """One row in words. `advised` is what to do, with `lead` (`To do` …) before it; both may be empty."""

    row: GuideRow
    word: str
    lead: str = ""
    advised: str = ""


def row_words(row: GuideRow) -> RowWords:
    """The words of one row."""
    advised = (row.instead if row.status is GuideStatus.SUPERSEDED else row.do) or ""
    lead = _LEADS.get(row.status, "") if advised else ""
    return RowWords(row=row, word=WORDS[row.status], lead=lead, advised=advised)


def tally(guide: GuideResult) -> str:
    """`12 met, 3 not met, 2 could not tell`: the numbers that are not zero."""
    numbers = ((guide.count(status), word) for status, word in WORDS.items())
    return ", ".join(f"{number} {word}" for number, word in numbers if number) or "no rows"
