"""Grades: a whole endpoint put in one letter by somebody's published scale. JSON keys are a contract."""

import dataclasses
from collections.abc import Mapping

from scanner.model.peer import PeerText


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SslLabsMark:
    """What SSL Labs' rating guide makes of what was seen.

    `grade` is `A+`, `A`, `A-`, `B` … `F`, `T` (not trusted) or `M` (another host's certificate); None where the
    essentials are missing, and `reason` then says which. `score` is 0 to 100, from `protocol`, `key_exchange` and
    `cipher` (0 to 100 each), whole numbers, cut off at each step. `caps` are the reasons that hold the grade down, each
    with its letter before it; `grade_trust_ignored` is the grade without T and M. `warnings` bar A+. `not_assessed`
    lists what was not asked or not told and could still change the grade.
    """

    grade: str | None = None
    score: int | None = None
    caps: tuple[PeerText, ...] = ()
    protocol: int | None = None
    key_exchange: int | None = None
    cipher: int | None = None
    grade_trust_ignored: str | None = None
    warnings: tuple[PeerText, ...] = ()
    not_assessed: tuple[PeerText, ...] = ()
    reason: PeerText | None = None
    endpoint: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SslLabsGrade(SslLabsMark):
    """The mark of the target: that of its worst endpoint, with the marks of all `endpoints` where there are several."""

    endpoints: tuple[SslLabsMark, ...] = ()


GRADE_TYPES: Mapping[str, type] = {"ssllabs-2009r": SslLabsGrade}
"""The grades that are decoded as a type, by their key in a result; others stay as they stood."""
