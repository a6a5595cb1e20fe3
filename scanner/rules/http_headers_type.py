"""Rules about what a document says of itself: type, encoding, where it leads, and policies that it cannot set."""

import re

from scanner.model.evidence.http_exchanges import HttpExchanges
from scanner.model.evidence.http_headers import DocumentHeaders, HeaderState, HttpHeaders
from scanner.model.rule import Confidence, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import FETCH, HTML, mdn_header, remedy, rfc, w3c
from scanner.rules.document_gate import on_answer, on_every_answer, on_page
from scanner.rules.header_examples import meta_page, page, part, valid
from scanner.rules.registry import rule
from scanner.rules.verdict import Fault, NotApplicable, NotAssessed, Pass, Verdict, fail, fail_or_pass

_TYPE, _REFRESH = "content-type", "refresh"
_META_CHARSET = re.compile(r"<meta[^>]{0,200}charset\s*=", re.IGNORECASE)
_CSP_METAS = frozenset({"content-security-policy", "content-security-policy-report-only"})
_NO_CONTENT = frozenset({204, 205, 304})
_HTML_TYPE = valid("text/html; charset=utf-8", "text/html", (part("charset", "utf-8"),))
_FETCH_TYPE = w3c("Fetch: Content-Type", FETCH + "#content-type-header", "3.5")


@rule(
    RuleInfo(
        id="HDR053",
        name="content-type-missing",
        title="The answer does not say what it is",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for a Content-Type of the form type/subtype on the final answer.",
        rationale="Browsers guess the type of an answer without one, and may take an upload for a page.",
        remediation=remedy(
            "Send the media type of every answer that has content.",
            nginx="default_type application/octet-stream;",
            apache="AddDefaultCharset utf-8\nAddType text/html .html",
        ),
        references=(rfc(9110, "8.3", "HTTP: Content-Type"), _FETCH_TYPE),
        cwe=(430,),
    ),
    passing=page({_TYPE: _HTML_TYPE}),
    failing=page({}),
)
@on_every_answer
def content_type_missing(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails where there is none, or none that can be read."""
    reading = final.reading(_TYPE)
    exchanges = case.other("http_exchanges", HttpExchanges)
    answer = exchanges.document if exchanges is not None else None
    empty = answer is not None and answer.body is not None and answer.body.size == 0
    if reading.state is HeaderState.ABSENT:
        if final.status in _NO_CONTENT or empty:
            return NotApplicable("the answer has no content")
        return fail("Content-Type is not sent", "/final/headers")
    if reading.state is HeaderState.VALID:
        return Pass()
    at = f"/final/headers/{_TYPE}"
    return fail("Content-Type: {value} is {problem}", at, value=", ".join(reading.raw), problem=reading.problem)


@rule(
    RuleInfo(
        id="HDR054",
        name="charset-missing",
        title="The page does not say its character encoding",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Looks for charset in Content-Type, and for a meta element or byte order mark at the page's beginning.",
        rationale="Where browsers have to guess, text of attackers can be written so that it turns into markup.",
        remediation=remedy(
            "Send charset=utf-8, or begin the page with <meta charset=utf-8>.",
            nginx="charset utf-8;",
            apache="AddDefaultCharset utf-8",
        ),
        references=(
            rfc(9110, "8.3.2", "HTTP: charset"),
            w3c("HTML: determining the character encoding", HTML + "parsing.html#determining-the-character-encoding"),
        ),
        cwe=(838,),
    ),
    passing=page({_TYPE: _HTML_TYPE}),
    failing=page({_TYPE: valid("text/html")}),
)
@on_page
def charset_missing(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails, as information, where neither the header nor the beginning of the page names an encoding."""
    reading = final.reading(_TYPE)
    if reading.state is not HeaderState.VALID:
        return NotApplicable("there is no Content-Type that can be read")
    if reading.part("charset") is not None:
        return Pass()
    exchanges = case.other("http_exchanges", HttpExchanges)
    if exchanges is not None:
        body = exchanges.document.body if exchanges.document is not None else None
        text = body.text if body is not None else None
        if text is None:
            return NotAssessed("the page's text was not kept")
        if text.startswith("\ufeff") or _META_CHARSET.search(text[:1024]):
            return Pass("the page itself names its encoding")
    return fail("Content-Type: {value} names no charset", f"/final/headers/{_TYPE}", value=reading.raw[-1])


@rule(
    RuleInfo(
        id="HDR055",
        name="refresh-header",
        title="The page sends its visitors elsewhere with a Refresh header",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Reads Refresh: after how many seconds, and where to. A way to plain http is low.",
        rationale="A redirect by status is seen by every client and keeps the back button working; a Refresh to plain"
        " http leaves https.",
        remediation=remedy(
            "Use a redirect with status 301, 302, 303, 307 or 308.", nginx="return 301 https://$host/new;"
        ),
        references=(
            w3c("HTML: the Refresh header", HTML + "document-lifecycle.html#the-refresh-header"),
            mdn_header("Refresh"),
        ),
        cwe=(601,),
    ),
    passing=page({_REFRESH: valid("60", "60")}),
    failing=page({_REFRESH: valid("0; url=/new", "0", (part("url", "/new"),))}),
)
@on_answer
def refresh_header(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails, as information, for a Refresh to another address; low where that is plain http."""
    del case
    reading = final.reading(_REFRESH)
    if reading.state is HeaderState.ABSENT:
        return NotApplicable("Refresh is not sent")
    url = reading.part("url")
    if url is None:
        return Pass()
    plain = final.secure and url.values[0].lower().startswith("http:")
    return fail(
        "a Refresh header leads to {url} after {seconds} s",
        f"/final/headers/{_REFRESH}",
        severity=Severity.LOW if plain else None,
        url=url.values[0],
        seconds=reading.effective,
    )


@rule(
    RuleInfo(
        id="HDR056",
        name="headers-in-meta",
        title="Meta elements set policies that browsers read from headers only",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Lists meta elements such as http-equiv=X-Frame-Options, and unknown referrer policies. The rules of"
        " CSP have their own say about its meta elements.",
        rationale="HTML gives an effect to a handful of names only; the others look like protection and are none.",
        remediation=remedy("Send them as headers."),
        references=(
            w3c("HTML: pragma directives", HTML + "semantics.html#pragma-directives"),
            w3c("HTML: meta name=referrer", HTML + "semantics.html#meta-referrer"),
        ),
    ),
    passing=page({}),
    failing=meta_page(("x-frame-options", "DENY", "only the header has an effect, http-equiv has none")),
)
@on_page
def headers_in_meta(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails, as information, for each such name."""
    del case
    found: dict[str, Fault] = {}
    for place, one in enumerate(final.unheeded_metas):
        if one.name not in _CSP_METAS and one.name not in found:
            found[one.name] = Fault(
                message="the meta element {name} with {content} has no effect: {reason}",
                at=(f"/final/unheeded_metas/{place}",),
                arguments={"name": one.name, "content": one.content, "reason": one.reason},
                discriminator=one.name,
            )
    return fail_or_pass(tuple(found.values()))
