"""Rules about document headers: framing, sniffing and referrers."""

from scanner.model.csp import Delivery, Disposition
from scanner.model.evidence.http_headers import DocumentHeaders, HeaderState, HttpHeaders
from scanner.model.rule import Confidence, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import (
    FETCH,
    HTML,
    STATIC_HOSTING,
    STATIC_HOSTING_META,
    mdn_header,
    remedy,
    send_header,
    w3c,
)
from scanner.rules.csp_judging import beyond_caps
from scanner.rules.document_gate import ON_A_CHALLENGE, on_every_answer, on_page, page_unread
from scanner.rules.header_examples import invalid, page, policy, valid
from scanner.rules.registry import rule
from scanner.rules.verdict import Fail, Fault, NotApplicable, Pass, Verdict, fail

_ANY_FRAMER = frozenset(
    {"*", "*:*", "http:", "https:", "http://*", "http://*:*", "https://*", "https://*:*", "https://*:443"}
)
"""Sources of frame-ancestors that let anybody frame the page."""

UNSAFE_REFERRER = frozenset({"unsafe-url", "no-referrer-when-downgrade", "origin-when-cross-origin", "origin"})
"""Referrer policies weaker than the browsers' own default."""

_LEAKS_PATHS = frozenset({"unsafe-url", "no-referrer-when-downgrade"})

_SEND_FRAMING = send_header(
    "Say who may frame the page with the CSP directive frame-ancestors; X-Frame-Options: DENY or SAMEORIGIN does for"
    " old browsers." + STATIC_HOSTING,
    "Content-Security-Policy",
    "frame-ancestors 'self'",
)
_XFO = w3c("HTML: the X-Frame-Options header", HTML + "document-lifecycle.html#the-x-frame-options-header")
_FRAME_ANCESTORS = w3c("CSP3: frame-ancestors", "https://www.w3.org/TR/CSP3/#directive-frame-ancestors", "6.4.2")


def _framers(final: DocumentHeaders) -> list[tuple[int, str | None]]:
    """Place and the source that lets anybody in, None where none does, of each enforced policy with frame-ancestors."""
    return [
        (place, next((source for source in found.sources if source.lower() in _ANY_FRAMER), None))
        for place, one in enumerate(final.csp)
        if one.disposition is Disposition.ENFORCE
        and one.delivery is Delivery.HEADER
        and (found := one.directive("frame-ancestors"))
    ]


@rule(
    RuleInfo(
        id="HDR009",
        name="framing-unrestricted",
        title="Any site may show this page in a frame",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for an enforced frame-ancestors; only without one does X-Frame-Options count, as in browsers.",
        rationale="A hostile site can lay the page invisibly over its own and have visitors click on it.",
        remediation=_SEND_FRAMING,
        references=(_FRAME_ANCESTORS, _XFO),
        cwe=(1021,),
    ),
    passing=page(csp=(policy({"frame-ancestors": "'none'"}),)),
    failing=page({}),
)
@on_page
def framing_unrestricted(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails where neither frame-ancestors nor an effective X-Frame-Options restricts framing."""
    del case
    framers = _framers(final)
    if any(opening is None for _, opening in framers):
        return Pass("frame-ancestors restricts framing")
    if framers:
        at = tuple(f"/final/csp/{place}" for place, _ in framers)
        message = "{value} in frame-ancestors lets any site frame the page, and browsers then ignore X-Frame-Options"
        return fail(message, at, value=framers[0][1])
    if (unread := beyond_caps(final)) is not None:
        return unread
    reading = final.reading("x-frame-options")
    if reading.effective is not None:
        return Pass(f"X-Frame-Options: {reading.effective}")
    if reading.state is HeaderState.INVALID:
        at = ("/final/headers/x-frame-options",)
        return fail(
            "X-Frame-Options: {value} has no effect ({problem}), and there is no frame-ancestors",
            at,
            value=reading.raw[0],
            problem=reading.problem,
        )
    return fail("neither frame-ancestors nor X-Frame-Options is sent", "/final/headers")


@rule(
    RuleInfo(
        id="HDR010",
        name="xfo-invalid",
        title="X-Frame-Options has a value that browsers ignore",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Reads X-Frame-Options as browsers do, beside a frame-ancestors that decides; ALLOW-FROM is no value"
        " for any current one. Without frame-ancestors HDR009 says what follows.",
        rationale="The header does nothing, and one who reads it takes it for what is in force.",
        remediation=_SEND_FRAMING,
        references=(_XFO, mdn_header("X-Frame-Options")),
        cwe=(1021,),
    ),
    passing=page({"x-frame-options": valid("DENY", "deny")}),
    failing=page(
        {
            "x-frame-options": invalid(
                "ALLOW-FROM https://example.net", problem="ALLOW-FROM is honoured by no current browser"
            )
        },
        csp=(policy({"frame-ancestors": "https://example.net"}),),
    ),
)
@on_page
def xfo_invalid(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails, as information, for an X-Frame-Options without effect beside frame-ancestors."""
    del case
    reading = final.reading("x-frame-options")
    if reading.state is HeaderState.ABSENT:
        return NotApplicable("X-Frame-Options is not sent")
    if reading.state is HeaderState.VALID or reading.effective is not None:
        return Pass()
    if not _framers(final):
        return NotApplicable("X-Frame-Options has no effect, which HDR009 says")
    return fail(
        "X-Frame-Options: {value} has no effect: {problem}",
        "/final/headers/x-frame-options",
        value=reading.raw[0],
        problem=reading.problem,
    )


@rule(
    RuleInfo(
        id="HDR011",
        name="xfo-conflicting",
        title="X-Frame-Options contradicts itself",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Compares the values of all X-Frame-Options lines.",
        rationale="Values that differ make browsers refuse all framing, the site's own included: safe, but hardly"
        " meant. Usually a proxy and an application each set one.",
        remediation=remedy(
            "Send the header in one place: hide the application's where the server in front sets its own.",
            nginx='proxy_hide_header X-Frame-Options;\nadd_header X-Frame-Options "SAMEORIGIN" always;',
            apache='Header onsuccess unset X-Frame-Options\nHeader always set X-Frame-Options "SAMEORIGIN"',
        ),
        references=(_XFO,),
    ),
    passing=page({"x-frame-options": valid("DENY", "deny")}),
    failing=page(
        {"x-frame-options": invalid("DENY", "SAMEORIGIN", problem="several values that differ", effective="deny")}
    ),
)
@on_page
def xfo_conflicting(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails where different values refuse all framing; information beside frame-ancestors, which decides then."""
    del case
    reading = final.reading("x-frame-options")
    if reading.state is HeaderState.ABSENT:
        return NotApplicable("X-Frame-Options is not sent")
    if reading.state is HeaderState.VALID or reading.effective is None:
        return Pass()
    return fail(
        "X-Frame-Options is sent with values that differ: {values}",
        "/final/headers/x-frame-options",
        severity=Severity.INFO if _framers(final) else None,
        values=", ".join(reading.raw),
    )


_NOSNIFF = send_header("Send it on every answer." + STATIC_HOSTING, "X-Content-Type-Options", "nosniff")


@rule(
    RuleInfo(
        id="HDR012",
        name="nosniff-missing",
        title="Browsers may guess media types",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for X-Content-Type-Options: nosniff on the final answer, whatever its type.",
        rationale="Without it a browser may run an upload or a JSON answer as a script.",
        remediation=_NOSNIFF,
        references=(w3c("Fetch: X-Content-Type-Options", FETCH + "#x-content-type-options-header", "3.6"),),
        cwe=(693,),
    ),
    passing=page({"x-content-type-options": valid("nosniff")}),
    failing=page({}),
)
@on_every_answer
def nosniff_missing(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails where the header is absent."""
    if final.reading("x-content-type-options").state is not HeaderState.ABSENT:
        return Pass()
    if case.evidence.block is None:
        return fail("X-Content-Type-Options is not sent", "/final/headers")
    message = "X-Content-Type-Options is not sent" + ON_A_CHALLENGE
    return Fail((Fault(message=message, at=("/final/headers",), confidence=Confidence.TENTATIVE),))


@rule(
    RuleInfo(
        id="HDR013",
        name="nosniff-invalid",
        title="X-Content-Type-Options has a value that browsers ignore",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Reads the first value of X-Content-Type-Options, which must be nosniff.",
        rationale="Only the first value counts; any other word than nosniff does nothing.",
        remediation=_NOSNIFF,
        references=(w3c("Fetch: X-Content-Type-Options", FETCH + "#x-content-type-options-header", "3.6"),),
        cwe=(693,),
    ),
    passing=page({"x-content-type-options": valid("nosniff")}),
    failing=page({"x-content-type-options": invalid("yes", problem="the first value is not nosniff")}),
)
@on_every_answer
def nosniff_invalid(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails where the header is there without effect."""
    del case
    reading = final.reading("x-content-type-options")
    if reading.state is HeaderState.ABSENT:
        return NotApplicable("X-Content-Type-Options is not sent")
    if reading.state is HeaderState.VALID:
        return Pass()
    at = "/final/headers/x-content-type-options"
    return fail(
        "X-Content-Type-Options: {value} has no effect: {problem}", at, value=reading.raw[0], problem=reading.problem
    )


_SEND_REFERRER = send_header(
    "Send strict-origin-when-cross-origin, or a stricter policy." + STATIC_HOSTING_META,
    "Referrer-Policy",
    "strict-origin-when-cross-origin",
)
_REFERRER = w3c("Referrer Policy", "https://www.w3.org/TR/referrer-policy/", "section 3")


@rule(
    RuleInfo(
        id="HDR014",
        name="referrer-policy-missing",
        title="No Referrer-Policy header",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for the Referrer-Policy header, and for a meta element that sets a policy.",
        rationale="Current browsers fall back to strict-origin-when-cross-origin, which is fine; old ones send the"
        " whole address of the page to other sites.",
        remediation=_SEND_REFERRER,
        references=(_REFERRER, mdn_header("Referrer-Policy")),
        cwe=(200,),
    ),
    passing=page({"referrer-policy": valid("no-referrer")}),
    failing=page({}),
)
@on_page
def referrer_policy_missing(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails, as information, where the header is absent."""
    if final.reading("referrer-policy").state is not HeaderState.ABSENT:
        return Pass()
    if final.meta_referrer is not None:
        return Pass(f"a meta element sets {final.meta_referrer}")
    if (unread := page_unread(case)) is not None:
        return unread
    return fail("Referrer-Policy is not sent; browsers use their own default", "/final/headers")


@rule(
    RuleInfo(
        id="HDR015",
        name="referrer-policy-unsafe",
        title="The referrer policy gives more away than browsers would by themselves",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Reads the last policy that browsers know: of a meta element, which comes after the header, else of the"
        " header's list.",
        rationale="unsafe-url and no-referrer-when-downgrade hand paths and queries of the page to other sites; origin"
        " policies without strict- send the origin over plain http as well.",
        remediation=_SEND_REFERRER,
        references=(_REFERRER, mdn_header("Referrer-Policy")),
        cwe=(200,),
    ),
    passing=page({"referrer-policy": valid("strict-origin")}),
    failing=page({"referrer-policy": valid("unsafe-url")}),
)
@on_page
def referrer_policy_unsafe(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails for a policy weaker than the default; information for those that send the origin only."""
    del case
    if final.meta_referrer is not None:
        return _weighed(final.meta_referrer, "{value}, the referrer policy of a meta element,", "/final/meta_referrer")
    reading = final.reading("referrer-policy")
    at = "/final/headers/referrer-policy"
    if reading.state is HeaderState.ABSENT:
        return NotApplicable("Referrer-Policy is not sent")
    if reading.effective is None:
        return fail("Referrer-Policy names no policy that browsers know: {value}", at, value=reading.raw[0])
    return _weighed(reading.effective, "Referrer-Policy: {value}", at)


def _weighed(policy: str, what: str, at: str) -> Verdict:
    """Fails for a policy that is weaker than the default."""
    if policy not in UNSAFE_REFERRER:
        return Pass()
    weight = None if policy in _LEAKS_PATHS else Severity.INFO
    return fail(what + " is weaker than the browsers' default", at, severity=weight, value=policy)
