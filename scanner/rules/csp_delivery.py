"""Rules about how a policy comes and reports: meta elements that browsers do not heed, what a meta policy cannot do."""

import dataclasses

from scanner.model.csp import Delivery
from scanner.model.evidence.http_headers import DocumentHeaders, HttpHeaders
from scanner.model.peer import PeerText
from scanner.model.rule import Severity
from scanner.rules.case import Case
from scanner.rules.csp_evaluation import evaluate
from scanner.rules.csp_judging import enforced_policies, faults_of, judged_by
from scanner.rules.csp_pages import GOOD, info, with_policy
from scanner.rules.document_gate import on_page, page_unread
from scanner.rules.header_examples import meta_page, page, policy
from scanner.rules.registry import rule
from scanner.rules.verdict import Fail, Fault, NotApplicable, Pass, Verdict, fail_or_pass

_META = ("the meta element", "#meta-element", "3.3")
_NAMES = ("content-security-policy", "content-security-policy-report-only")
_META_POLICY = dataclasses.replace(policy({"default-src": "'self'"}), delivery=Delivery.META)


@rule(
    info(
        "CSP038",
        "csp-meta-unheeded",
        "A policy in a meta element is not in force",
        severity=Severity.LOW,
        summary="Looks for meta elements with a policy where browsers do not read one: outside the head, in markup that"
        " is not part of the document, or for reporting only.",
        rationale="The page seems to have a policy, and browsers act on none of it.",
        remediation="Send the policy as a header, or put the element into the head, before any script.",
        section=_META,
    ),
    passing=GOOD,
    failing=meta_page(("content-security-policy", "default-src 'self'", "it stands outside the head")),
)
@on_page
def csp_meta_unheeded(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails for each meta policy that browsers do not heed; information where another policy is enforced."""
    if (unread := page_unread(case)) is not None:
        return unread
    return fail_or_pass(
        [
            Fault(
                message="browsers pass over the policy {value} in a meta element, for {why}",
                at=(f"/final/unheeded_metas/{place}",),
                arguments={
                    "value": one.content,
                    "why": one.reason,
                    "check": "META_UNHEEDED",
                    "set": "leadline",
                    "directive": "",
                },
                discriminator=str(place),
                severity=Severity.INFO if enforced_policies(final) else None,
            )
            for place, one in enumerate(final.unheeded_metas)
            if one.name.lower() in _NAMES
        ]
    )


@rule(
    info(
        "CSP039",
        "csp-meta-limits",
        "A meta policy has directives that need the header",
        severity=Severity.LOW,
        summary="Looks for frame-ancestors, report-uri and sandbox in policies of meta elements.",
        rationale="Browsers read past them there, so the page may be framed, reports go nowhere, nothing is sandboxed.",
        remediation="Send these directives in a Content-Security-Policy header.",
        section=_META,
    ),
    passing=page(csp=(_META_POLICY,)),
    failing=page(csp=(dataclasses.replace(_META_POLICY, unheeded=(PeerText("frame-ancestors"),)),)),
)
@on_page
def csp_meta_limits(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails for each directive that has no effect where it stands; a header that has it too makes it fine."""
    del case
    if not any(one.delivery is Delivery.META for one in final.csp):
        return NotApplicable("no policy is in a meta element")
    sent = {line.name for _, one in enforced_policies(final) for line in one.directives}
    found = [one for one in evaluate(final.csp) if one.check == "META_UNHEEDED_DIRECTIVE" and one.directive not in sent]
    verdict = faults_of(final, found)
    return verdict if isinstance(verdict, Fail) else Pass()


csp_reporting = rule(
    info(
        "CSP041",
        "csp-reporting",
        "The policy's reports reach few or nobody",
        severity=Severity.INFO,
        summary="Looks for report-uri and report-to; both together are right.",
        rationale="Reports show what a policy breaks, and what somebody tries. report-uri is deprecated, and report-to"
        " is young in some browsers; those that know report-to ignore report-uri beside it. This is advice.",
        remediation="Add report-to with a Reporting-Endpoints header, and keep report-uri beside it.",
        section=("reporting directives", "#directives-reporting", "6.5"),
    ),
    passing=GOOD,
    failing=with_policy({"default-src": "'self'", "report-uri": "/csp"}),
)(judged_by("REPORTING_DESTINATION_MISSING", "REPORT_TO_ONLY", "REPORT_URI_ONLY"))
