"""What the rules over `tls_flaws` share: how a flaw is judged, and the cases that their examples are made of.

No rule lives here. A flaw that was not asked about is not assessed, one that could not be told is unknown.
"""

import dataclasses

from scanner.model.evidence.tls_flaws import Flaw, FlawState, TlsFlaws
from scanner.model.peer import PeerText
from scanner.model.rule import Severity
from scanner.rules.case import Case
from scanner.rules.verdict import NotApplicable, NotAssessed, Pass, Unknown, Verdict, fail


def judge_flaw(case: Case[TlsFlaws], name: str, message: str, *, severity: Severity | None = None) -> Verdict:
    """The verdict over the flaw `name`; `message` may use `{proof}`."""
    flaw: Flaw = getattr(case.evidence, name)
    reason = flaw.reason or "no reason is known"
    if flaw.state is FlawState.YES:
        return fail(message, f"/{name}", severity=severity, proof=flaw.proof or "seen")
    if flaw.state is FlawState.NO:
        return Pass(flaw.proof)
    if flaw.state is FlawState.NOT_APPLICABLE:
        return NotApplicable(reason)
    return Unknown(reason) if flaw.asked else NotAssessed(reason)


def has(name: str, proof: str, **more: object) -> Case[TlsFlaws]:
    """A case of a server with this flaw."""
    return _case(name, Flaw(state=FlawState.YES, proof=PeerText(proof)), **more)


def has_not(name: str, proof: str, **more: object) -> Case[TlsFlaws]:
    """A case of a server without it."""
    return _case(name, Flaw(state=FlawState.NO, proof=PeerText(proof)), **more)


def _case(name: str, flaw: Flaw, **more: object) -> Case[TlsFlaws]:
    given = dataclasses.replace(flaw, **more)  # type: ignore[arg-type] # fields by name
    return Case(evidence=dataclasses.replace(TlsFlaws(), **{name: given}))
