"""Rules about other origins: opener, embedder, resource and isolation policies."""

from collections.abc import Mapping

from scanner.model.evidence.http_headers import DocumentHeaders, HeaderState, HttpHeaders
from scanner.model.rule import Confidence, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import FETCH, HTML, STATIC_HOSTING, mdn_header, remedy, rfc, send_header, w3c
from scanner.rules.document_gate import on_answer, on_page
from scanner.rules.header_examples import invalid, page, valid
from scanner.rules.registry import rule
from scanner.rules.verdict import Fault, NotApplicable, Pass, Verdict, fail, fail_or_pass

_OPENERS = "same-origin, same-origin-allow-popups, noopener-allow-popups, unsafe-none"
_EMBEDDERS = "require-corp, credentialless, unsafe-none"
_ISOLATIONS = "isolate-and-require-corp, isolate-and-credentialless, none"

POLICIES: Mapping[str, str] = {
    "Cross-Origin-Opener-Policy": _OPENERS,
    "Cross-Origin-Embedder-Policy": _EMBEDDERS,
    "Cross-Origin-Resource-Policy": "same-origin, same-site, cross-origin",
    "Document-Isolation-Policy": _ISOLATIONS,
    "Origin-Agent-Cluster": "?1, ?0",
    "Cross-Origin-Opener-Policy-Report-Only": _OPENERS,
    "Cross-Origin-Embedder-Policy-Report-Only": _EMBEDDERS,
    "Document-Isolation-Policy-Report-Only": _ISOLATIONS,
}
"""The policies with their values, which are compared with case."""

REPORTING_ONLY = "-Report-Only"
"""What the names end with whose loss costs reports, not protection."""

_COOP, _COEP = "cross-origin-opener-policy", "cross-origin-embedder-policy"
_CORP, _DIP = "cross-origin-resource-policy", "document-isolation-policy"
_ISOLATING = frozenset({"require-corp", "credentialless"})
_OPEN = "unsafe-none"


@rule(
    RuleInfo(
        id="HDR021",
        name="cross-origin-policy-invalid",
        title="A cross-origin policy has a value that browsers ignore",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Reads COOP, COEP, Document-Isolation-Policy and Origin-Agent-Cluster as structured fields and CORP"
        " byte by byte; case counts in all of them.",
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
    """Fails for each of the headers that has no effect; information for those that only report."""
    del case
    if all(final.reading(name.lower()).state is HeaderState.ABSENT for name in POLICIES):
        return NotApplicable("no cross-origin policy (COOP, COEP, CORP …) is sent")
    return fail_or_pass(
        [
            Fault(
                message="{name}: {value} has no effect; the values are {values}",
                at=(f"/final/headers/{name.lower()}",),
                arguments={"name": name, "value": ", ".join(final.reading(name.lower()).raw), "values": values},
                discriminator=name.lower(),
                severity=Severity.INFO if name.endswith(REPORTING_ONLY) else None,
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
    """Fails, as information, where the header is absent, or says what browsers do without it."""
    del case
    return _wanted(final, "Cross-Origin-Opener-Policy", _OPEN)


def _wanted(final: DocumentHeaders, name: str, default: str) -> Verdict:
    """Fails where a header is absent or says `default`, what browsers do by themselves; HDR021 has invalid ones."""
    reading = final.reading(name.lower())
    if reading.state is HeaderState.ABSENT:
        return fail("{name} is not sent", "/final/headers", name=name)
    if reading.effective == default:
        at = f"/final/headers/{name.lower()}"
        return fail("{name}: {value} is sent, which is the same as nothing", at, name=name, value=default)
    return Pass()


@rule(
    RuleInfo(
        id="HDR029",
        name="embedder-policy-missing",
        title="No Cross-Origin-Embedder-Policy header",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for an effective Cross-Origin-Embedder-Policy.",
        rationale="With COOP it gives the page a process without other sites' data. Only pages that need cross-origin"
        " isolation depend on it, and it can break third-party content, so its absence is no fault.",
        remediation=send_header(
            "Try it with Cross-Origin-Embedder-Policy-Report-Only first." + STATIC_HOSTING,
            "Cross-Origin-Embedder-Policy",
            "require-corp",
        ),
        references=(
            w3c("HTML: cross-origin embedder policies", HTML + "browsers.html#coep"),
            mdn_header("Cross-Origin-Embedder-Policy"),
        ),
    ),
    passing=page({_COEP: valid("require-corp")}),
    failing=page({}),
)
@on_page
def embedder_policy_missing(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails, as information, where the header is absent or unsafe-none."""
    del case
    return _wanted(final, "Cross-Origin-Embedder-Policy", _OPEN)


@rule(
    RuleInfo(
        id="HDR030",
        name="resource-policy-missing",
        title="No Cross-Origin-Resource-Policy header",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for Cross-Origin-Resource-Policy on the document.",
        rationale="It keeps other sites from loading an answer as an image or script, and so from its reach in the"
        " browser's memory. It is advice: what is meant to be embedded elsewhere must not send same-origin.",
        remediation=send_header(
            "Send same-origin or same-site, and cross-origin on what others may embed." + STATIC_HOSTING,
            "Cross-Origin-Resource-Policy",
            "same-origin",
        ),
        references=(
            w3c("Fetch: Cross-Origin-Resource-Policy", FETCH + "#cross-origin-resource-policy-header", "3.7"),
            mdn_header("Cross-Origin-Resource-Policy"),
        ),
    ),
    passing=page({_CORP: valid("same-site")}),
    failing=page({}),
)
@on_page
def resource_policy_missing(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails, as information, where the header is absent; `cross-origin` is a choice."""
    del case
    if final.reading(_CORP).state is HeaderState.ABSENT:
        return fail("Cross-Origin-Resource-Policy is not sent", "/final/headers")
    return Pass()


@rule(
    RuleInfo(
        id="HDR031",
        name="isolation-incomplete",
        title="The page asks for cross-origin isolation by half",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Where Cross-Origin-Embedder-Policy isolates, looks for Cross-Origin-Opener-Policy: same-origin.",
        rationale="Browsers isolate a page only with both headers (or with Document-Isolation-Policy alone); the"
        " embedder policy by itself restricts what the page loads without that gain.",
        remediation=send_header("Send both headers, or neither.", "Cross-Origin-Opener-Policy", "same-origin"),
        references=(
            w3c("HTML: cross-origin opener policies", HTML + "browsers.html#cross-origin-opener-policies"),
            mdn_header("Cross-Origin-Embedder-Policy"),
            w3c("Document Isolation Policy", "https://wicg.github.io/document-isolation-policy/"),
        ),
    ),
    passing=page({_COEP: valid("require-corp"), _COOP: valid("same-origin")}),
    failing=page({_COEP: valid("require-corp")}),
)
@on_page
def isolation_incomplete(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails, as information, for an embedder policy without the opener policy that it needs."""
    del case
    embedder = final.reading(_COEP).effective
    if embedder not in _ISOLATING:
        return NotApplicable("no embedder policy asks for isolation")
    if (final.reading(_DIP).effective or "none") != "none" or final.reading(_COOP).effective == "same-origin":
        return Pass()
    return fail(
        "Cross-Origin-Embedder-Policy: {value} isolates nothing without Cross-Origin-Opener-Policy: same-origin",
        f"/final/headers/{_COEP}",
        value=embedder,
    )
