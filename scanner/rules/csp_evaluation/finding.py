"""What the evaluator says: findings, in sets that tell whose check it is."""

import dataclasses
import enum

from scanner.model.peer import PeerText


class CspSet(enum.StrEnum):
    """Whose check a finding comes from."""

    PLAIN = "plain"  # the default checks of csp_evaluator
    STRICT = "strict"  # what its checks for a strict policy add
    LEADLINE = "leadline"  # ours: what browsers do, from CSP3


class CspSeverity(enum.StrEnum):
    """The severity names of csp_evaluator, heaviest first."""

    HIGH = "high"
    SYNTAX = "syntax"
    MEDIUM = "medium"
    HIGH_MAYBE = "high_maybe"
    STRICT_CSP = "strict_csp"
    MEDIUM_MAYBE = "medium_maybe"
    INFO = "info"
    NONE = "none"

    @property
    def rank(self) -> int:
        """0 for high to 7 for none."""
        return _RANKS[self]


_RANKS = {one: rank for rank, one in enumerate(CspSeverity)}


@dataclasses.dataclass(frozen=True, slots=True)
class CspFinding:
    """One thing that a check says.

    `check` is csp_evaluator's type name, or one of ours in the same style. `directive` is None where the policy as a
    whole is meant, `value` where the directive as a whole is. `message` is part of a sentence. `policy` is the place of
    the policy among those that were evaluated.
    """

    check: str
    set: CspSet
    directive: PeerText | None
    value: PeerText | None
    severity: CspSeverity
    message: str
    policy: int = 0
