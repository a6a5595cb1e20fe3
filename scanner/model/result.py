"""Results: one whole scan as a document (`leadline/result/1`). Field names are JSON keys and are a contract."""

import dataclasses
import datetime
import enum

from scanner.model.derived import Derived
from scanner.model.finding import Finding
from scanner.model.guide import GuideResult
from scanner.model.observation import Cost, Observation
from scanner.model.peer import PeerText
from scanner.model.rule import Reference, RuleOutcome, Severity
from scanner.model.target import Family, TargetStatus

SCHEMA = "leadline/result/1"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """The program that made the result."""

    name: str
    version: str
    rules: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRef:
    """Which policy judged."""

    id: str
    version: str
    sha256: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """Data from outside that the verdicts depend on: a trust store, a preload list, a CA file, a plug-in."""

    kind: str
    name: str
    source: str
    sha256: str | None = None
    date: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RuleRef:
    """What a consumer needs to know of a rule without our documentation.

    `summary` says what it looks at, `rationale` why that matters.
    """

    id: str
    name: str
    title: str
    severity: Severity
    topic: str
    help_uri: str
    references: tuple[Reference, ...] = ()
    summary: str = ""
    rationale: str = ""


class RunStatus(enum.StrEnum):
    """Whether all that was to be scanned was scanned."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    INTERRUPTED = "interrupted"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """When, and whether to the end. `now` is the instant that rules judged by (`--now`, else `started`)."""

    id: str
    started: datetime.datetime
    finished: datetime.datetime
    status: RunStatus
    now: datetime.datetime


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TargetRef:
    """The target as the document names it."""

    url: str
    host: str
    port: int
    scheme: str
    unicode_host: str | None = None
    sni: str | None = None
    labels: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EndpointStatus:
    """One address of the target and how much of it could be seen."""

    address: str
    port: int
    family: Family
    status: TargetStatus
    reason: PeerText | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TotalCost:
    """What the scan of one target cost. `budget` is the cap of connections an address that was in force."""

    connections: int
    bytes_out: int
    bytes_in: int
    seconds: float
    budget: int | None = None

    @classmethod
    def of(cls, cost: Cost, seconds: float, budget: int | None = None) -> "TotalCost":
        """The total with its wall-clock time."""
        return cls(
            connections=cost.connections,
            bytes_out=cost.bytes_out,
            bytes_in=cost.bytes_in,
            seconds=round(seconds, 3),
            budget=budget,
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TargetResult:
    """Everything about one target.

    `judged` are the topics that were asked for; others were observed only because one of those needed them. `notes`
    say what was left out on purpose, such as addresses that the address policy refuses.
    """

    target: TargetRef
    status: TargetStatus
    reason: PeerText | None
    endpoints: tuple[EndpointStatus, ...]
    judged: tuple[str, ...] = ()
    notes: tuple[PeerText, ...] = ()
    observations: tuple[Observation[object], ...]
    derived: Derived
    outcomes: tuple[RuleOutcome, ...]
    findings: tuple[Finding, ...]
    grades: dict[str, object] = dataclasses.field(default_factory=dict)
    guides: tuple[GuideResult, ...] = ()
    cost: TotalCost


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ScanResult:
    """The document."""

    schema: str = SCHEMA
    tool: Tool
    policy: PolicyRef
    inputs: tuple[Input, ...]
    rules: tuple[RuleRef, ...]
    run: Run
    targets: tuple[TargetResult, ...]
