"""How rules ask about policies: over all enforced ones, and out of the evaluator's findings. No rule lives here."""

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence

from scanner.model.csp import CspPolicy, Disposition
from scanner.model.evidence.http_headers import DocumentHeaders, HeaderState, HttpHeaders
from scanner.model.rule import Confidence, Severity
from scanner.rules.case import Case
from scanner.rules.csp_evaluation import CspFinding, evaluate
from scanner.rules.document_gate import Check, on_page
from scanner.rules.verdict import Fault, NotApplicable, Unknown, Verdict, fail_or_pass

MOST_FAULTS = 25
"""Faults of one rule at one document; a policy may have thousands of mistakes, a reader has seen enough by then."""

Placed = Sequence[tuple[int, CspPolicy]]

_NONE = NotApplicable("no Content-Security-Policy is enforced")
_NO_SCRIPTS = NotApplicable("the policy names no sources of scripts, and what else it lacks comes after that")
_SECRET = ("NONCE_",)
"""Checks whose values change with every answer: they are left out of fingerprints."""


def enforced_policies(final: DocumentHeaders) -> Placed:
    """The enforced policies with their places in the evidence."""
    return [(place, one) for place, one in enumerate(final.csp) if one.disposition is Disposition.ENFORCE]


def beyond_caps(final: DocumentHeaders) -> Unknown | None:
    """Why nobody knows what the policies of the header are; None where they were read."""
    reading = final.reading("content-security-policy")
    if reading.state is not HeaderState.INVALID:
        return None
    return Unknown(f"the Content-Security-Policy is beyond what is read: {reading.problem}")


def on_policies(check: Callable[[Placed], Verdict]) -> Check:
    """A rule that asks about enforced policies; without one the question does not arise."""

    @functools.wraps(check)
    def gated(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
        del case
        if enforced := enforced_policies(final):
            return check(enforced)
        return beyond_caps(final) or _NONE

    return on_page(gated)


def on_findings(check: Callable[[DocumentHeaders, Sequence[CspFinding]], Verdict]) -> Check:
    """The same with what the evaluator says of them; `check` gets the document too."""

    @functools.wraps(check)
    def gated(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
        del case
        if enforced_policies(final):
            return check(final, evaluate(final.csp))
        return beyond_caps(final) or _NONE

    return on_page(gated)


def judged_by(
    *checks: str,
    when: Callable[[CspFinding], bool] = lambda _: True,
    unless: Iterable[str] = (),
    absences: Iterable[str] = (),
    once: bool = False,
    severities: Mapping[str, Severity] | None = None,
    confidences: Mapping[str, Confidence] | None = None,
) -> Check:
    """A rule that fails for each finding of these checks.

    `when` chooses among them; a finding of a check in `unless` about the same value of the same directive stands in for
    them, because another rule says it better. Those in `absences` count only where the policy names sources of scripts:
    one that does not is no defence against injection, which CSP004 says once. With `once` each value is told once, by
    the first of `checks`.
    """
    order = {check: place for place, check in enumerate(checks)}
    better = frozenset(unless)
    idle = frozenset(absences)

    @on_findings
    def judge(final: DocumentHeaders, findings: Sequence[CspFinding]) -> Verdict:
        said = {(one.directive, one.value) for one in findings if one.check in better}
        chosen = [
            one
            for one in findings
            if one.check in order and when(one) and (one.directive, one.value) not in said
        ]  # fmt: skip
        if not names_scripts(final):
            counting = [one for one in chosen if one.check not in idle]
            if len(counting) < len(chosen) and not counting:
                return _NO_SCRIPTS
            chosen = counting
        if once:
            chosen.sort(key=lambda one: order[one.check])
            chosen = list({one.value: one for one in reversed(chosen)}.values())
        return faults_of(final, chosen, severities=severities, confidences=confidences)

    return judge


def trusting_scripts(enforced: Placed) -> list[int]:
    """Places of the policies that let scripts in by nonce, hash or 'strict-dynamic'."""
    scripts = ((place, found) for place, one in enforced if (found := one.effective("script-src-elem")))
    return [place for place, found in scripts if found.has_nonce_or_hash or found.is_strict]


def names_scripts(final: DocumentHeaders) -> bool:
    """Whether an enforced policy lists sources of scripts, of elements or of handlers."""
    return any(
        one.effective(name) for _, one in enforced_policies(final) for name in ("script-src-elem", "script-src-attr")
    )


def faults_of(
    final: DocumentHeaders,
    findings: Iterable[CspFinding],
    *,
    severities: Mapping[str, Severity] | None = None,
    confidences: Mapping[str, Confidence] | None = None,
) -> Verdict:
    """Fails for each finding, with the directive as the proof; `MOST_FAULTS` of them."""
    return fail_or_pass(
        [
            Fault(
                message="{said}",
                at=(pointer(final, one),),
                arguments=arguments(one),
                discriminator=discriminator(one),
                severity=(severities or {}).get(one.check),
                confidence=(confidences or {}).get(one.check),
            )
            for one in list(findings)[:MOST_FAULTS]
        ]
    )


def arguments(finding: CspFinding) -> dict[str, object]:
    """What a fault carries of a finding."""
    return {
        "said": finding.message,
        "check": finding.check,
        "set": finding.set.value,
        "directive": finding.directive or "",
        "value": finding.value or "",
    }


def discriminator(finding: CspFinding) -> str:
    """What tells findings of one rule apart, the same in every scan."""
    parts = [finding.check, finding.directive or ""]
    if not finding.check.startswith(_SECRET):
        parts.append(finding.value or "")
    return " ".join(parts)


def pointer(final: DocumentHeaders, finding: CspFinding) -> str:
    """Where in the evidence the finding's directive is; the policy where it is not there."""
    policy = final.csp[finding.policy]
    names = [directive.name for directive in policy.directives]
    at = f"/final/csp/{finding.policy}"
    return f"{at}/directives/{names.index(finding.directive)}" if finding.directive in names else at
