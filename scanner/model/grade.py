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


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ObservatoryTest:
    """One test of the Observatory's scale.

    `result` is the scale's key, None where it could not be told; `modifier` the points that it adds or takes, `passed`
    (in JSON `pass`) whether it counts as passed, both None with it. `reason` says in plain words what was seen.
    `differs` says where the site was deliberately read in another way than the reference program does, so that the
    result is or may be another; None where it was not.
    """

    result: str | None = None
    modifier: int | None = None
    passed: bool | None = dataclasses.field(default=None, metadata={"key": "pass"})
    reason: PeerText | None = None
    differs: PeerText | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ObservatoryMark:
    """What the scale of the HTTP Observatory makes of what was seen at one endpoint.

    `score` starts at 100, is never below 0 and has no upper end; `grade` is `A+`, `A`, `A-` … `F`. Both are None where
    something that counts could not be told or where there is no site to grade: `reason` then says so, and `tests` holds
    what could be told all the same. `document` is the URL of the answer that was graded. `assumed` are the things that
    were taken for granted because nobody said.
    """

    algorithm: int = 6
    score: int | None = None
    grade: str | None = None
    tests: Mapping[str, ObservatoryTest] = dataclasses.field(default_factory=dict)
    reason: PeerText | None = None
    document: PeerText | None = None
    assumed: tuple[PeerText, ...] = ()
    endpoint: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ObservatoryGrade(ObservatoryMark):
    """The mark of the target: that of its worst endpoint, with the marks of all `endpoints` where there are several."""

    endpoints: tuple[ObservatoryMark, ...] = ()


GRADE_TYPES: Mapping[str, type] = {"observatory": ObservatoryGrade, "ssllabs-2009r": SslLabsGrade}
"""The grades that are decoded as a type, by their key in a result; others stay as they stood."""
