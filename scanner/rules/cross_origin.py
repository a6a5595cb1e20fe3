"""Rules about other origins: opener, embedder and resource policies, and CORS."""

from collections.abc import Mapping

from scanner.model.evidence.http_headers import DocumentHeaders, HeaderState, HttpHeaders
from scanner.model.rule import Confidence, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import FETCH, HTML, STATIC_HOSTING, mdn_header, remedy, rfc, send_header, w3c
from scanner.rules.document_gate import on_answer, on_page
from scanner.rules.header_examples import invalid, page, valid
from scanner.rules.registry import rule
from scanner.rules.verdict import Fault, NotApplicable, Pass, Verdict, fail, fail_or_pass

POLICIES: Mapping[str, str] = {
    "Cross-Origin-Opener-Policy": "same-origin, same-origin-allow-popups, noopener-allow-popups, unsafe-none",
    "Cross-Origin-Embedder-Policy": "require-corp, credentialless, unsafe-none",
    "Cross-Origin-Resource-Policy": "same-origin, same-site, cross-origin",
}
"""The three policies with their values, which are compared with case."""

_ALLOW_ORIGIN = "access-control-allow-origin"
_ALLOW_CREDENTIALS = "access-control-allow-credentials"
_SPELLED = {
    _ALLOW_ORIGIN: "Access-Control-Allow-Origin",
    _ALLOW_CREDENTIALS: "Access-Control-Allow-Credentials",
}
_CORS = w3c("Fetch: the CORS protocol", FETCH + "#http-cors-protocol", "3.3")


@rule(
    RuleInfo(
        id="HDR021",
        name="cross-origin-policy-invalid",
        title="A cross-origin policy has a value that browsers ignore",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Reads COOP and COEP as structured fields and CORP byte by byte; case counts in all three.",
        rationale="A misspelt, repeated or upper-case value does nothing, although the header is there.",
        remediation=remedy("Send each header once, with one of its values in lower case."),
        references=(
            w3c("HTML: cross-origin opener policies", HTML + "browsers.html#cross-origin-opener-policies"),
            w3c("Fetch: Cross-Origin-Resource-Policy", FETCH + "#cross-origin-resource-policy-header", "3.7"),
            rfc(9651, "4.2.3", "Structured fields: items"),
        ),
    ),
    passing=page({"cross-origin-opener-policy": valid("same-origin")}),
    failing=page({"cross-origin-resource-policy": invalid("SAME-ORIGIN", problem="not one of same-origin, same-site")}),
)
@on_answer
def cross_origin_policy_invalid(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails for each of the three headers that has no effect."""
    del case
    if all(final.reading(name.lower()).state is HeaderState.ABSENT for name in POLICIES):
        return NotApplicable("no cross-origin policy (COOP, COEP, CORP) is sent")
    return fail_or_pass(
        [
            Fault(
                message="{name}: {value} has no effect; the values are {values}",
                at=(f"/final/headers/{name.lower()}",),
                arguments={"name": name, "value": ", ".join(final.reading(name.lower()).raw), "values": values},
                discriminator=name.lower(),
            )
            for name, values in POLICIES.items()
            if final.reading(name.lower()).state is HeaderState.INVALID
        ]
    )


@rule(
    RuleInfo(
        id="HDR022",
        name="opener-policy-missing",
        title="No Cross-Origin-Opener-Policy header",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for an effective Cross-Origin-Opener-Policy.",
        rationale="It cuts the tie to windows of other sites that open the page. It is advice: only pages that need"
        " cross-origin isolation depend on it, together with COEP, which can break third-party content.",
        remediation=send_header(
            "Send same-origin, or same-origin-allow-popups where the page opens log-in windows." + STATIC_HOSTING,
            "Cross-Origin-Opener-Policy",
            "same-origin",
        ),
        references=(mdn_header("Cross-Origin-Opener-Policy"),),
    ),
    passing=page({"cross-origin-opener-policy": valid("same-origin")}),
    failing=page({}),
)
@on_page
def opener_policy_missing(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails, as information, where the header is absent."""
    del case
    if final.reading("cross-origin-opener-policy").state is HeaderState.ABSENT:
        return fail("Cross-Origin-Opener-Policy is not sent", "/final/headers")
    return Pass()


@rule(
    RuleInfo(
        id="HDR023",
        name="cors-wildcard-with-credentials",
        title="CORS allows every origin with credentials, which browsers refuse",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for Access-Control-Allow-Origin: * beside Access-Control-Allow-Credentials: true.",
        rationale="Browsers refuse the pair, so nothing leaks and nothing works. The usual mend, to reflect any origin,"
        " would open the site to every other one.",
        remediation=remedy("Drop Access-Control-Allow-Credentials, or name the origins that may send credentials."),
        references=(_CORS, mdn_header("Access-Control-Allow-Credentials")),
        cwe=(942,),
    ),
    passing=page({_ALLOW_ORIGIN: valid("*")}),
    failing=page({_ALLOW_ORIGIN: valid("*"), _ALLOW_CREDENTIALS: valid("true")}),
)
@on_answer
def cors_wildcard_with_credentials(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails for the pair that browsers refuse."""
    del case
    if final.reading(_ALLOW_ORIGIN).state is HeaderState.ABSENT:
        return NotApplicable("the answer allows no origin")
    both = final.reading(_ALLOW_ORIGIN).effective == "*" and final.reading(_ALLOW_CREDENTIALS).effective == "true"
    if not both:
        return Pass()
    at = (f"/final/headers/{_ALLOW_ORIGIN}", f"/final/headers/{_ALLOW_CREDENTIALS}")
    return fail("Access-Control-Allow-Origin: * stands beside Access-Control-Allow-Credentials: true", at)


@rule(
    RuleInfo(
        id="HDR024",
        name="cors-null-origin",
        title="CORS allows the origin null",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for Access-Control-Allow-Origin: null.",
        rationale="Every sandboxed frame and local file has the origin null, so any site can read the answer through"
        " one; with credentials it reads it as the visitor.",
        remediation=remedy("Name the origins that may read the answer; null names nobody."),
        references=(_CORS, mdn_header("Access-Control-Allow-Origin")),
        cwe=(942,),
    ),
    passing=page({_ALLOW_ORIGIN: valid("https://app.example.org")}),
    failing=page({_ALLOW_ORIGIN: valid("null")}),
)
@on_answer
def cors_null_origin(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails for the origin null; medium where credentials are allowed."""
    del case
    reading = final.reading(_ALLOW_ORIGIN)
    if reading.state is HeaderState.ABSENT:
        return NotApplicable("the answer allows no origin")
    if reading.effective != "null":
        return Pass()
    with_credentials = final.reading(_ALLOW_CREDENTIALS).effective == "true"
    return fail(
        "Access-Control-Allow-Origin: null lets any site read the answer{how}",
        f"/final/headers/{_ALLOW_ORIGIN}",
        severity=Severity.MEDIUM if with_credentials else None,
        how=", as the visitor who is logged in" if with_credentials else "",
    )


@rule(
    RuleInfo(
        id="HDR025",
        name="cors-invalid",
        title="A CORS header has a value that browsers refuse",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Reads Access-Control-Allow-Origin (one origin, * or null) and -Credentials (true).",
        rationale="A list of origins, a repeated header or a path matches no origin: what was to be shared is not.",
        remediation=remedy("Send one origin, chosen by the request's Origin, together with Vary: Origin."),
        references=(_CORS,),
    ),
    passing=page({_ALLOW_ORIGIN: valid("*")}),
    failing=page({_ALLOW_ORIGIN: invalid("https://a.example, https://b.example", problem="neither one origin")}),
)
@on_answer
def cors_invalid(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails for each CORS header that browsers cannot use; false for credentials is harmless."""
    del case
    readings = {name: final.reading(name) for name in (_ALLOW_ORIGIN, _ALLOW_CREDENTIALS)}
    if all(reading.state is HeaderState.ABSENT for reading in readings.values()):
        return NotApplicable("no CORS header is sent")
    return fail_or_pass(
        [
            Fault(
                message="{name}: {value} is refused: {problem}",
                at=(f"/final/headers/{name}",),
                arguments={"name": _SPELLED[name], "value": ", ".join(reading.raw), "problem": reading.problem},
                discriminator=name,
                severity=Severity.INFO if name == _ALLOW_CREDENTIALS else None,
            )
            for name, reading in readings.items()
            if reading.state is HeaderState.INVALID
        ]
    )
