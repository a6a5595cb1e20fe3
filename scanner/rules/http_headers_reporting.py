"""Rules about reports: where browsers are to send them, and whether anybody is there to take them."""

from collections.abc import Iterator

from scanner.model.evidence.http_headers import DocumentHeaders, HeaderState, HttpHeaders
from scanner.model.rule import Confidence, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import mdn_header, remedy, rfc, send_header, w3c
from scanner.rules.document_gate import on_answer, on_page
from scanner.rules.header_examples import invalid, page, part, policy, valid
from scanner.rules.registry import rule
from scanner.rules.verdict import Fault, NotApplicable, Pass, Verdict, fail, fail_or_pass

NAMING = (
    "cross-origin-embedder-policy",
    "cross-origin-embedder-policy-report-only",
    "cross-origin-opener-policy",
    "cross-origin-opener-policy-report-only",
    "document-isolation-policy",
    "document-isolation-policy-report-only",
)
"""Headers whose parameter `report-to` names an endpoint."""

INTEGRITY = ("integrity-policy", "integrity-policy-report-only")
"""Headers whose member `endpoints` names some."""

_ENDPOINTS, _OLD, _NEL = "reporting-endpoints", "report-to", "nel"
_REPORTING = w3c("Reporting API: Reporting-Endpoints", "https://www.w3.org/TR/reporting-1/#header", "3.2")
_NEL_REFERENCE = w3c(
    "Network Error Logging: the NEL header", "https://www.w3.org/TR/network-error-logging/#nel-response-header", "4.1"
)
_SRI = w3c("Subresource Integrity: integrity policy", "https://www.w3.org/TR/sri-2/#integrity-policy-section", "3.6")
_ENDPOINT = valid('main="https://reports.example.net/r"', "main", (part("main", "https://reports.example.net/r"),))


@rule(
    RuleInfo(
        id="HDR036",
        name="integrity-policy-invalid",
        title="An integrity policy has no effect, or less than it says",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Reads Integrity-Policy and its report-only form: a dictionary with blocked-destinations, sources and"
        " endpoints.",
        rationale="A slip makes browsers load scripts without integrity, although the header says otherwise.",
        remediation=send_header(
            "Name the destinations in parentheses, and give every script an integrity attribute first.",
            "Integrity-Policy",
            "blocked-destinations=(script)",
        ),
        references=(_SRI, mdn_header("Integrity-Policy")),
        cwe=(353,),
    ),
    passing=page({INTEGRITY[0]: valid("blocked-destinations=(script)", "script")}),
    failing=page({INTEGRITY[0]: invalid("sources=(inline)", problem="blocked-destinations is missing")}),
)
@on_page
def integrity_policy_invalid(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails for each of the two headers that is void; information for members that browsers pass over."""
    del case
    if all(final.reading(name).state is HeaderState.ABSENT for name in INTEGRITY):
        return NotApplicable("no Integrity-Policy is sent")
    faults = []
    for name in INTEGRITY:
        reading = final.reading(name)
        wrong = next((one.problem for one in reading.parts if one.problem), None)
        if reading.problem or wrong:
            faults.append(
                Fault(
                    message="{name}: {problem}",
                    at=(f"/final/headers/{name}",),
                    arguments={"name": name.title(), "problem": reading.problem or wrong},
                    discriminator=name,
                    severity=None if reading.problem and name == INTEGRITY[0] else Severity.INFO,
                )
            )
    return fail_or_pass(faults)


@rule(
    RuleInfo(
        id="HDR037",
        name="reporting-endpoints-invalid",
        title="Reporting-Endpoints breaks its grammar",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Reads the header as a structured dictionary of https URLs in quotes.",
        rationale="One slip in the syntax makes browsers drop the whole header: violations are reported nowhere, and"
        " silence looks like peace. The JSON of Report-To is the most common slip.",
        remediation=remedy('Write name="https://…" with commas between endpoints.'),
        references=(_REPORTING, mdn_header("Reporting-Endpoints"), rfc(9651, "4.2.2", "Structured fields")),
    ),
    passing=page({_ENDPOINTS: _ENDPOINT}),
    failing=page({_ENDPOINTS: invalid('{"group": "main"}', problem="a key must begin with a lower-case letter")}),
)
@on_answer
def reporting_endpoints_invalid(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails where browsers drop the header, or one of its endpoints."""
    del case
    reading = final.reading(_ENDPOINTS)
    if reading.state is HeaderState.ABSENT:
        return NotApplicable("Reporting-Endpoints is not sent")
    at = f"/final/headers/{_ENDPOINTS}"
    if reading.state is HeaderState.INVALID:
        return fail("browsers drop the Reporting-Endpoints header: {problem}", at, problem=reading.problem)
    return fail_or_pass(
        [
            Fault(
                message="Reporting-Endpoints: {name} takes no reports: {problem}",
                at=(f"{at}/parts/{place}",),
                arguments={"name": one.name, "problem": one.problem},
                discriminator=one.name,
            )
            for place, one in enumerate(reading.parts)
            if one.problem
        ]
    )


@rule(
    RuleInfo(
        id="HDR038",
        name="report-to-invalid",
        title="Report-To holds no JSON that browsers can use",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Reads the header as JSON objects with group, max_age and endpoints.",
        rationale="A group that cannot be read takes no reports.",
        remediation=remedy("Send Reporting-Endpoints; keep Report-To, with valid JSON, only for NEL."),
        references=(mdn_header("Report-To"), _REPORTING),
    ),
    passing=page({_OLD: valid('{"group": "main"}', "main", (part("main"),))}),
    failing=page({_OLD: invalid("main", problem="no JSON objects with commas between them")}),
)
@on_answer
def report_to_invalid(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails, as information, where the header or one of its groups cannot be used."""
    del case
    reading = final.reading(_OLD)
    if reading.state is HeaderState.ABSENT:
        return NotApplicable("Report-To is not sent")
    problem = reading.problem or next((one.problem for one in reading.parts if one.problem), None)
    if problem is None:
        return Pass()
    return fail("Report-To takes no reports, or not all of them: {problem}", f"/final/headers/{_OLD}", problem=problem)


@rule(
    RuleInfo(
        id="HDR039",
        name="nel-invalid",
        title="The NEL header has no effect",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Reads the header as JSON, and looks for its group in Report-To.",
        rationale="Network errors are reported only where the policy can be read and its group is known.",
        remediation=remedy("Send NEL with max_age and report_to, and a Report-To header with that group; or neither."),
        references=(_NEL_REFERENCE, mdn_header("NEL")),
    ),
    passing=page({_NEL: valid("{…}", "main"), _OLD: valid("{…}", "main", (part("main"),))}),
    failing=page({_NEL: valid("{…}", "main")}),
)
@on_answer
def nel_invalid(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails, as information, where the policy cannot be read or its group is not there."""
    del case
    reading = final.reading(_NEL)
    at = f"/final/headers/{_NEL}"
    if reading.state is HeaderState.ABSENT:
        return NotApplicable("NEL is not sent")
    if reading.state is HeaderState.INVALID:
        return fail("browsers ignore NEL: {problem}", at, problem=reading.problem)
    if final.reading(_OLD).state is HeaderState.INVALID:
        return NotApplicable("the Report-To header that defines its group cannot be read, which HDR038 says")
    group = reading.effective
    if not group or any(one.name == group for one in final.reading(_OLD).parts):
        return Pass()
    return fail("NEL reports to the group {group}, which no Report-To header defines", at, group=group)


@rule(
    RuleInfo(
        id="HDR040",
        name="report-endpoint-unknown",
        title="A policy reports to an endpoint that no header defines",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks up the names of report-to in CSP, COOP, COEP, Document-Isolation-Policy and Integrity-Policy"
        " among those of Reporting-Endpoints and Report-To.",
        rationale="Nobody gets these reports, and silence looks like peace.",
        remediation=send_header(
            "Define the endpoint on the same answer.", "Reporting-Endpoints", 'main=\\"https://reports.example.org/\\"'
        ),
        references=(_REPORTING, mdn_header("Reporting-Endpoints")),
    ),
    passing=page({_ENDPOINTS: _ENDPOINT}, csp=(policy({"report-to": "main"}),)),
    failing=page({}, csp=(policy({"report-to": "main"}),)),
)
@on_page
def report_endpoint_unknown(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails for each name that is not defined; where the defining header is void another rule says so."""
    del case
    named = list(_named(final))
    if not named:
        return NotApplicable("no policy names an endpoint for reports")
    if HeaderState.INVALID in {final.reading(_ENDPOINTS).state, final.reading(_OLD).state}:
        return NotApplicable("the header that defines endpoints cannot be read, which HDR037 or HDR038 says")
    known = {one.name for name in (_ENDPOINTS, _OLD) for one in final.reading(name).parts}
    return fail_or_pass(
        [
            Fault(
                message="{where} reports to {endpoint}, which no header defines",
                at=(at,),
                arguments={"where": where, "endpoint": endpoint},
                discriminator=f"{where} {endpoint}",
            )
            for where, endpoint, at in dict.fromkeys(named)
            if endpoint not in known
        ]
    )


def _named(final: DocumentHeaders) -> Iterator[tuple[str, str, str]]:
    """Header, name of the endpoint, and pointer, for each endpoint that a policy names."""
    for place, one in enumerate(final.csp):
        directive = one.directive("report-to")
        if directive is not None and directive.sources:
            yield "the Content-Security-Policy", directive.sources[0], f"/final/csp/{place}"
    for name in NAMING:
        found = final.reading(name).part("report-to")
        if found is not None and found.problem is None:
            yield name.title(), found.values[0], f"/final/headers/{name}"
    for name in INTEGRITY:
        found = final.reading(name).part("endpoints")
        for value in found.values if found is not None else ():
            yield name.title(), value, f"/final/headers/{name}"


@rule(
    RuleInfo(
        id="HDR041",
        name="report-to-alone",
        title="Only the old Report-To header defines where reports go",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for Report-To without Reporting-Endpoints; with NEL, which still needs it, that is right.",
        rationale="Report-To is deprecated: only Chromium read it, and all large browsers read Reporting-Endpoints.",
        remediation=send_header(
            "Send Reporting-Endpoints, beside Report-To for as long as old browsers matter.",
            "Reporting-Endpoints",
            'main=\\"https://reports.example.org/\\"',
        ),
        references=(mdn_header("Report-To"), mdn_header("Reporting-Endpoints")),
    ),
    passing=page({_OLD: valid("{…}", "main"), _ENDPOINTS: _ENDPOINT}),
    failing=page({_OLD: valid("{…}", "main")}),
)
@on_page
def report_to_alone(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails, as information, for Report-To without its successor and without NEL."""
    del case
    if final.reading(_OLD).state is not HeaderState.VALID:
        return NotApplicable("there is no Report-To that can be read")
    others = (_ENDPOINTS, _NEL)
    if any(final.reading(name).state is not HeaderState.ABSENT for name in others):
        return Pass()
    return fail("Report-To is sent without Reporting-Endpoints", f"/final/headers/{_OLD}")
