"""Policies: which rules count, how heavily, with which thresholds, lists and options."""

import dataclasses
from collections.abc import Mapping

from scanner.model.rule import Severity


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy, read from TOML.

    `include` and `exclude` hold rule ids or prefixes of them (`TLS`, `CKY00`). The longest match decides; a rule that
    neither names counts only where `include` is empty. `severities` overrides a rule's own severity by id.
    `thresholds` are named numbers that rules ask for (`hsts_min_age_seconds`), `lists` named sets of names
    (`suites`: what is allowed) and `options` named switches and texts; a profile rule whose list or number is not set
    does not apply. `description` says where the policy comes from. `sha256` is over the file as read.
    """

    id: str
    version: str
    title: str
    sha256: str
    description: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    severities: Mapping[str, Severity] = dataclasses.field(default_factory=dict)
    thresholds: Mapping[str, float] = dataclasses.field(default_factory=dict)
    lists: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    options: Mapping[str, str | bool] = dataclasses.field(default_factory=dict)

    def selects(self, rule: str) -> bool:
        """Whether the rule with this id counts here."""

        def longest(prefixes: tuple[str, ...]) -> int:
            return max((len(prefix) for prefix in prefixes if rule.startswith(prefix)), default=-1)

        excluded, included = longest(self.exclude), longest(self.include)
        if included == excluded == -1:
            return not self.include
        return included >= excluded

    def severity_of(self, rule: str, own: Severity) -> Severity:
        """The severity that this policy gives the rule; `own` where it says nothing."""
        return self.severities.get(rule, own)

    def threshold(self, name: str, default: float) -> float:
        """The number that this policy sets for `name`, else `default`."""
        return self.thresholds.get(name, default)

    def listed(self, name: str) -> tuple[str, ...] | None:
        """The members of a list; None where this policy does not set it. An empty list is set, and has no member."""
        return self.lists.get(name)

    def asks(self, name: str) -> bool:
        """Whether this switch is on; a switch that is not set is off."""
        return self.options.get(name) is True

    def text(self, name: str, default: str) -> str:
        """The text that this policy sets for `name`, else `default`."""
        value = self.options.get(name)
        return value if isinstance(value, str) else default
