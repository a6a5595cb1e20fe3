"""Findings: a rule that failed, with its proof."""

import dataclasses
import datetime

from scanner.model.peer import PeerText
from scanner.model.rule import Confidence, Reference, Remediation, Severity


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A risk that somebody accepted, until a day."""

    reason: str
    owner: str
    expires: datetime.date


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault at one or more endpoints.

    `message` is `template` with `arguments` filled in, so it can hold peer text. `evidence` are JSON Pointers
    (RFC 6901) into the result document. `fingerprint` is a hash over rule, target and discriminator: the same fault has
    the same one tomorrow, whatever the date or wording.
    """

    rule: str
    name: str
    title: str
    severity: Severity
    confidence: Confidence
    topic: str
    message: PeerText
    template: str
    arguments: dict[str, PeerText]
    endpoints: tuple[str, ...]
    evidence: tuple[str, ...]
    fingerprint: str
    remediation: Remediation
    references: tuple[Reference, ...] = ()
    waiver: Waiver | None = None
