"""Rules about headers that are out of date, and about headers that error pages lose."""

from collections.abc import Iterator

from scanner.model.evidence.http_exchanges import Purpose
from scanner.model.evidence.http_headers import DocumentHeaders, HeaderState, HttpHeaders
from scanner.model.rule import Confidence, RuleInfo, Severity
from scanner.model.target import TargetKind
from scanner.rules.case import Case
from scanner.rules.citations import mdn_header, remedy, rfc
from scanner.rules.document_gate import on_answer, on_page
from scanner.rules.header_examples import document, page, valid
from scanner.rules.registry import rule
from scanner.rules.verdict import Fault, NotApplicable, Pass, Verdict, fail, fail_or_pass

OBSOLETE = {
    "Expect-CT": "browsers enforce Certificate Transparency without it",
    "Feature-Policy": "Permissions-Policy, with another syntax, has taken its place",
    "Public-Key-Pins": "no browser supports it any more",
    "Public-Key-Pins-Report-Only": "no browser supports it any more",
    "X-Download-Options": "only old Internet Explorer read it",
}
"""Headers that do nothing any more, and why."""

_ON_EVERYTHING = ("X-Content-Type-Options",)
_ON_HTML = ("Content-Security-Policy", "X-Frame-Options")
_MISSING_STATUSES = frozenset({404, 410})
"""What a site itself answers for a path that it does not have; others may be a filter's, not the site's."""


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
            apache="Header always unset X-XSS-Protection",
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
        title="Headers are sent that do nothing any more",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for Expect-CT, Public-Key-Pins, Feature-Policy and X-Download-Options.",
        rationale="They cost bytes and make readers believe in protection that is not there.",
        remediation=remedy("Remove them; write Permissions-Policy in place of Feature-Policy."),
        references=(mdn_header("Expect-CT"), mdn_header("Permissions-Policy")),
    ),
    passing=page({}),
    failing=page({"expect-ct": valid("max-age=0")}),
)
@on_answer
def obsolete_headers(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails, as information, for each obsolete header."""
    del case
    return fail_or_pass(
        [
            Fault(
                message="{name} is sent: {reason}",
                at=(f"/final/headers/{name.lower()}",),
                arguments={"name": name, "reason": reason},
                discriminator=name.lower(),
            )
            for name, reason in OBSOLETE.items()
            if final.reading(name.lower()).state is not HeaderState.ABSENT
        ]
    )


@rule(
    RuleInfo(
        id="HDR020",
        name="headers-lost-on-errors",
        title="Error answers lose security headers",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Compares the headers of the final document with those of a path that does not exist.",
        rationale="Error pages can hold reflected input as well as any page. In nginx, add_header without `always`"
        " leaves errors out; in Apache, Header without `always` does.",
        remediation=remedy(
            "Send the headers on every status.",
            nginx='add_header X-Content-Type-Options "nosniff" always;',
            apache='Header always set X-Content-Type-Options "nosniff"',
        ),
        references=(mdn_header("X-Content-Type-Options"), rfc(6797, "7.1", "HSTS: every https answer")),
        cwe=(693,),
    ),
    passing=page(
        {"x-content-type-options": valid("nosniff")},
        missing=document({"x-content-type-options": valid("nosniff")}, status=404),
    ),
    failing=page({"x-content-type-options": valid("nosniff")}, missing=document({}, status=404)),
)
@on_answer
def headers_lost_on_errors(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails where an error answer lacks headers that the document has."""
    missing = case.evidence.missing
    if missing is None or missing.status not in _MISSING_STATUSES or final.status >= 400:
        return NotApplicable("there is no pair of a document and a 404 or 410 to compare")
    lost = sorted(_lost(case, final, missing))
    if not lost:
        return Pass()
    return fail(
        "the answer with status {status} lacks headers that the document has: {names}",
        "/missing/headers",
        status=missing.status,
        names=", ".join(lost),
    )


def _lost(case: Case[HttpHeaders], final: DocumentHeaders, missing: DocumentHeaders) -> Iterator[str]:
    """Names of the headers in force on the document that are absent from the error answer."""
    is_page = case.kind is TargetKind.PAGE and missing.media_type == "text/html"
    for name in (*_ON_EVERYTHING, *(_ON_HTML if is_page else ())):
        before, after = final.reading(name.lower()), missing.reading(name.lower())
        if before.effective is not None and after.state is HeaderState.ABSENT:
            yield name
    by_purpose = {hop.purpose: hop for hop in case.evidence.hsts if hop.own and hop.secure}
    entry, error = by_purpose.get(Purpose.ENTRY), by_purpose.get(Purpose.MISSING)
    if entry and entry.policy and error and not error.raw:
        yield "Strict-Transport-Security"
