"""Evidence of `operation_trials`: what a firewall and a limit on requests did when they were tried (`--intrusive`)."""

import dataclasses

from scanner.model.outcome import Answer, Outcome
from scanner.model.peer import PeerText


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TrialAnswer:
    """One request of a trial: what was asked, and the status (None: none came, `outcome` says how it ended)."""

    request: str
    outcome: Outcome
    status: int | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FirewallTrial:
    """A path that is not there, asked plainly, with an attack's pattern in the query, and plainly again.

    `interfered` is yes where only the pattern was turned away, no where it got the plain answer. `sign` names how.
    """

    interfered: Answer = Answer.UNKNOWN
    reason: str | None = None
    sign: PeerText | None = None
    answers: tuple[TrialAnswer, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RateTrial:
    """The same path asked again and again, until a limit showed or all requests were made.

    `limited` is no where every request got the plain answer. `requests` counts them, `seconds` is how long they took.
    """

    limited: Answer = Answer.UNKNOWN
    reason: str | None = None
    sign: PeerText | None = None
    requests: int = 0
    seconds: float = 0.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OperationTrials:
    """Both trials at one endpoint; `path` is the unguessable path that they used."""

    path: str
    firewall: FirewallTrial = dataclasses.field(default_factory=FirewallTrial)
    rate: RateTrial = dataclasses.field(default_factory=RateTrial)
