"""Notes: how checks write findings down. Each check has one line in a table: its severity and what it says."""

from collections.abc import Mapping

from scanner.model.peer import PeerText
from scanner.rules.csp_evaluation.finding import CspFinding, CspSet, CspSeverity

Table = Mapping[str, tuple[CspSeverity, str]]
"""Severity and message template by check; `{directive}`, `{value}` and what the check adds stand in the template."""


class Notes:
    """Findings as they come, from one set of checks on one policy."""

    def __init__(self, whose: CspSet, table: Table, policy: int) -> None:
        self._whose = whose
        self._table = table
        self._policy = policy
        self.found: list[CspFinding] = []

    def add(
        self,
        check: str,
        directive: str | None,
        value: str | None = None,
        *,
        severity: CspSeverity | None = None,
        saying: str | None = None,
        **more: str,
    ) -> None:
        """Writes a finding down; `severity` and `saying` stand in for the table's."""
        usual, template = self._table[check]
        self.found.append(
            CspFinding(
                check,
                self._whose,
                None if directive is None else PeerText(directive),
                None if value is None else PeerText(value),
                severity or usual,
                (saying or template).format(directive=directive, value=value, **more),
                self._policy,
            )
        )
