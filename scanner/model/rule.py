"""Rules as data: what one is called, how heavy it is, why it matters, how to mend it; and how it came out."""

import dataclasses
import enum

RULE_BROKE = "internal error in the rule"
"""How the reason of an outcome begins whose rule raised: our fault, never a finding."""


class Severity(enum.StrEnum):
    """How much a finding matters, lightest first."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info to 4 for critical: what `--fail-on` compares."""
        return list(Severity).index(self)


class Confidence(enum.StrEnum):
    """How sure a finding is: seen itself, follows firmly from what was seen, or suggested by it."""

    CERTAIN = "certain"
    FIRM = "firm"
    TENTATIVE = "tentative"


class RuleStatus(enum.StrEnum):
    """How a rule came out at one endpoint."""

    PASS = "pass"  # noqa: S105 - the word of the contract, no secret
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"
    NOT_ASSESSED = "not-assessed"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Where the rule comes from: a standard's section, or a vendor's page."""

    title: str
    url: str
    section: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """Configuration that mends the finding on one kind of server (`nginx`, `apache` …)."""

    server: str
    config: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Remediation:
    """What to do."""

    text: str
    snippets: tuple[Snippet, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RuleInfo:
    """A rule's identity and page.

    `id` is family letters and three digits, never reused; `name` is kebab-case. `summary` says what it looks at,
    `rationale` why that matters.
    """

    id: str
    name: str
    title: str
    topic: str
    severity: Severity
    confidence: Confidence
    since: str
    summary: str
    rationale: str
    remediation: Remediation
    references: tuple[Reference, ...]
    cwe: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RuleOutcome:
    """How one rule came out at one endpoint (None: the target as a whole)."""

    rule: str
    status: RuleStatus
    endpoint: str | None
    reason: str | None = None
