"""Cases: all that a rule may look at when it judges one endpoint."""

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Generic, TypeVar

from scanner.model.derived import Derived
from scanner.model.policy import Policy
from scanner.model.target import Target, TargetKind

E_co = TypeVar("E_co", covariant=True)
T = TypeVar("T")

EXAMPLE_TARGET = Target(
    url="https://www.example.org/", host="www.example.org", port=443, scheme="https", sni="www.example.org"
)
EXAMPLE_POLICY = Policy(id="default", version="1", title="Default", sha256="")
EXAMPLE_NOW = datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.UTC)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Case(Generic[E_co]):
    """The evidence of the rule's topic at one endpoint, with what else is known of the target.

    `others` holds the evidence of the other topics at the same endpoint, and of the target as a whole, by topic. The
    defaults serve examples and tests: a rule is tested with a literal.
    """

    evidence: E_co
    target: Target = EXAMPLE_TARGET
    endpoint: str | None = "192.0.2.1:443"
    others: Mapping[str, object] = dataclasses.field(default_factory=dict)
    derived: Derived = dataclasses.field(default_factory=Derived)
    policy: Policy = EXAMPLE_POLICY
    now: datetime.datetime = EXAMPLE_NOW

    @property
    def kind(self) -> TargetKind:
        """What kind of thing answers at this endpoint."""
        return self.derived.kind_at(self.endpoint)

    def other(self, topic: str, kind: type[T]) -> T | None:
        """The evidence of another topic at the same endpoint; None where there is none of that type."""
        found = self.others.get(topic)
        return found if isinstance(found, kind) else None
