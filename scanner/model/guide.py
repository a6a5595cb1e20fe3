"""Guides: checklists of advice, each row with the rules that decide it; and how the rows came out at one target.

A guide is an opinion beside the findings: it makes none, weighs none and changes no exit code.
"""

import dataclasses
import enum
from collections.abc import Mapping

from scanner.model.peer import PeerText


class GuideStatus(enum.StrEnum):
    """How a row came out. `superseded` advice is old practice: following it or not is no fault."""

    MET = "met"
    NOT_MET = "not-met"
    UNKNOWN = "unknown"
    NOT_OBSERVABLE = "not-observable"
    SUPERSEDED = "superseded"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One row of a guide, as data.

    Of `rules` (ids) and `facts` (names) all must pass. Those in `also` may only speak against: what they leave open
    does not hold the row up. `remarks` (facts) only add what they saw. Where all pass, the row comes out as `at_best`:
    not met where most of the advice is out of sight. Where all that was asked does not apply, it is `not_applicable`.

    `observable` is False for what cannot be seen from outside; `instead` is set for superseded advice and says what to
    do today. `do` is what to do where the advice is not met or cannot be seen (None: the remediation of the rule that
    failed), `ask` how to find out what this scan could not tell, `unseen` what of the advice no scan can tell.
    """

    id: str
    advice: str
    rules: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    at_best: GuideStatus = GuideStatus.MET
    not_applicable: GuideStatus = GuideStatus.MET
    observable: bool = True
    instead: str | None = None
    do: str | None = None
    ask: str | None = None
    unseen: str | None = None

    @property
    def asked_rules(self) -> tuple[str, ...]:
        """The ids of all rules that have a say, each once."""
        return tuple(dict.fromkeys((*self.rules, *self.also)))

    @property
    def asked_facts(self) -> tuple[str, ...]:
        """The names of all facts that have a say, each once."""
        return tuple(dict.fromkeys((*self.facts, *self.remarks)))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """A guide, read from TOML.

    `thresholds` are the guide's own numbers for its rules (those of a policy do not count here), `description` says
    whom it is for. `sha256` is over the file as read.
    """

    id: str
    version: str
    title: str
    sha256: str
    description: str = ""
    thresholds: Mapping[str, float] = dataclasses.field(default_factory=dict)
    rows: tuple[Advice, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class GuideRow:
    """How one row came out.

    `reason` says why, and may quote the peer. `do` is what to do, `instead` what to do in place of superseded advice;
    None where there is nothing to do. `rules` and `facts` had a say, `failed` are those of them that spoke against,
    `evidence` are JSON Pointers (RFC 6901) to what they saw.
    """

    id: str
    advice: str
    status: GuideStatus
    reason: PeerText
    instead: str | None = None
    do: str | None = None
    rules: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class GuideResult:
    """A guide's rows at one target, in the guide's order."""

    id: str
    title: str
    version: str
    sha256: str
    rows: tuple[GuideRow, ...] = ()

    def count(self, status: GuideStatus) -> int:
        """How many rows came out so."""
        return sum(row.status is status for row in self.rows)
