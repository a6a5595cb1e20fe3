"""What the pages of the policy rules share: a short way to write them, and the literals of their examples.

No rule lives here, and nothing that judges.
"""

from scanner.model.evidence.http_headers import HttpHeaders
from scanner.model.rule import Confidence, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import CSP3, mdn_header, remedy, w3c
from scanner.rules.header_examples import page, policy

MDN = mdn_header("Content-Security-Policy")
NONCE = "'nonce-kQ2vXr8Zt1yLw5Hb0Jc7Ng=='"

GOOD = page(
    csp=(
        policy(
            {
                "default-src": "'self'",
                "object-src": "'none'",
                "base-uri": "'none'",
                "form-action": "'self'",
                "frame-ancestors": "'none'",
                "require-trusted-types-for": "'script'",
                "report-uri": "/csp",
                "report-to": "csp",
            }
        ),
    )
)
"""A page whose policy no rule has anything to say of."""


def with_policy(directives: dict[str, str]) -> Case[HttpHeaders]:
    """A page with one enforced policy."""
    return page(csp=(policy(directives),))


def info(
    rule_id: str,
    name: str,
    title: str,
    *,
    severity: Severity,
    summary: str,
    rationale: str,
    remediation: str,
    section: tuple[str, str, str],
    confidence: Confidence = Confidence.CERTAIN,
    cwe: tuple[int, ...] = (),
) -> RuleInfo:
    """The page of a rule about the policy; `section` is title, anchor and number in CSP3."""
    words, anchor, number = section
    return RuleInfo(
        id=rule_id,
        name=name,
        title=title,
        topic="http_headers",
        severity=severity,
        confidence=confidence,
        since="0.1.0",
        summary=summary,
        rationale=rationale,
        remediation=remedy(remediation),
        references=(w3c(f"CSP3: {words}", CSP3 + anchor, number), MDN),
        cwe=cwe,
    )
