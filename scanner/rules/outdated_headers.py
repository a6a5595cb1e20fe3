"""Rules about headers that are out of date."""

from scanner.model.evidence.http_headers import DocumentHeaders, HeaderState, HttpHeaders
from scanner.model.rule import Confidence, RuleInfo, Severity
from scanner.model.target import TargetKind
from scanner.rules.case import Case
from scanner.rules.citations import mdn_header, remedy, rfc
from scanner.rules.document_gate import on_answer, on_page
from scanner.rules.header_examples import page, valid
from scanner.rules.registry import rule
from scanner.rules.verdict import Fault, Pass, Verdict, fail, fail_or_pass

OBSOLETE = {
    "Expect-CT": "browsers enforce Certificate Transparency without it",
    "Feature-Policy": "Permissions-Policy, with another syntax, has taken its place",
    "P3P": "only Internet Explorer read it",
    "Pragma": "HTTP deprecates it, Cache-Control has taken its place",
    "Public-Key-Pins": "no browser supports it any more",
    "Public-Key-Pins-Report-Only": "no browser supports it any more",
    "X-Content-Security-Policy": "only browsers of before 2014 read it, Content-Security-Policy has taken its place",
    "X-Download-Options": "only old Internet Explorer read it",
    "X-WebKit-CSP": "only browsers of before 2014 read it, Content-Security-Policy has taken its place",
}
"""Headers that do nothing any more, and why."""


@rule(
    RuleInfo(
        id="HDR018",
        name="xss-filter-on",
        title="X-XSS-Protection switches on a filter that no current browser has",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for X-XSS-Protection with 1. Absent or 0 is right.",
        rationale="No current browser acts on it; in old ones the filter itself opened leaks.",
        remediation=remedy(
            "Drop the header or send 0, and rely on a Content-Security-Policy.",
            nginx="proxy_hide_header X-XSS-Protection;",
            apache="Header onsuccess unset X-XSS-Protection\nHeader always unset X-XSS-Protection",
        ),
        references=(mdn_header("X-XSS-Protection"),),
    ),
    passing=page({"x-xss-protection": valid("0")}),
    failing=page({"x-xss-protection": valid("1; mode=block", "1")}),
)
@on_page
def xss_filter_on(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails, as information, where the old filter is asked for."""
    del case
    reading = final.reading("x-xss-protection")
    if reading.effective != "1":
        return Pass()
    return fail(
        "X-XSS-Protection: {value} is sent; no current browser acts on it",
        "/final/headers/x-xss-protection",
        value=reading.raw[0],
    )


@rule(
    RuleInfo(
        id="HDR019",
        name="obsolete-headers",
        title="Headers are sent that are out of date",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for Expect-CT, Public-Key-Pins, Feature-Policy, X-Download-Options, Pragma, P3P and the old"
        " names of Content-Security-Policy.",
        rationale="Most of them do nothing any more: they cost bytes and make readers believe in protection that is not"
        " there.",
        remediation=remedy("Remove them; write Permissions-Policy in place of Feature-Policy."),
        references=(
            mdn_header("Expect-CT"),
            mdn_header("Permissions-Policy"),
            rfc(9111, "5.4", "HTTP caching: Pragma"),
        ),
    ),
    passing=page({}),
    failing=page({"expect-ct": valid("max-age=0")}),
)
@on_answer
def obsolete_headers(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails, as information, for each obsolete header; of Feature-Policy alone on a page HDR016 speaks."""
    told = "Feature-Policy" if case.kind is TargetKind.PAGE and not final.reading("permissions-policy").raw else None
    return fail_or_pass(
        [
            Fault(
                message="{name} is sent: {reason}",
                at=(f"/final/headers/{name.lower()}",),
                arguments={"name": name, "reason": reason},
                discriminator=name.lower(),
            )
            for name, reason in OBSOLETE.items()
            if final.reading(name.lower()).state is not HeaderState.ABSENT and name != told
        ]
    )
