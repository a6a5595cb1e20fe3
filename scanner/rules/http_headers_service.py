"""Rules about headers of lesser weight: Adobe's policies, prefetching, other services, limits, timings, workers."""

from scanner.model.evidence.http_headers import DocumentHeaders, HeaderState, HttpHeaders
from scanner.model.rule import Confidence, Reference, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import mdn_header, remedy, rfc, send_header, w3c
from scanner.rules.document_gate import on_answer, on_every_answer, on_page
from scanner.rules.header_examples import document, invalid, page, valid
from scanner.rules.registry import rule
from scanner.rules.verdict import Fault, NotApplicable, Pass, Verdict, fail, fail_or_pass

_DOMAINS, _PREFETCH = "x-permitted-cross-domain-policies", "x-dns-prefetch-control"
_TIMING, _WORKER = "timing-allow-origin", "service-worker-allowed"


@rule(
    RuleInfo(
        id="HDR046",
        name="cross-domain-policies-open",
        title="X-Permitted-Cross-Domain-Policies opens the site to Adobe's clients, or is misspelt",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Reads the header; `all` lets any policy file of the site decide.",
        rationale="Only clients of Adobe (Acrobat) read it; browsers do not. A misspelt value does nothing.",
        remediation=send_header("Send none, or nothing.", "X-Permitted-Cross-Domain-Policies", "none"),
        references=(mdn_header("X-Permitted-Cross-Domain-Policies"),),
    ),
    passing=page({_DOMAINS: valid("none")}),
    failing=page({_DOMAINS: valid("all")}),
)
@on_answer
def cross_domain_policies_open(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails, as information, for `all` and for values that nobody knows."""
    del case
    reading = final.reading(_DOMAINS)
    at = f"/final/headers/{_DOMAINS}"
    if reading.state is HeaderState.ABSENT:
        return NotApplicable("X-Permitted-Cross-Domain-Policies is not sent")
    if reading.state is HeaderState.INVALID:
        value = ", ".join(reading.raw)
        return fail("X-Permitted-Cross-Domain-Policies: {value} is {problem}", at, value=value, problem=reading.problem)
    if reading.effective != "all":
        return Pass()
    return fail("X-Permitted-Cross-Domain-Policies: all lets any policy file of the site decide", at)


@rule(
    RuleInfo(
        id="HDR047",
        name="cross-domain-policies-missing",
        title="No X-Permitted-Cross-Domain-Policies header",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for the header. It is optional: only clients of Adobe read it.",
        rationale="Where somebody can place a crossdomain.xml on the site, `none` keeps Acrobat from heeding it.",
        remediation=send_header("Send none where that matters.", "X-Permitted-Cross-Domain-Policies", "none"),
        references=(mdn_header("X-Permitted-Cross-Domain-Policies"),),
    ),
    passing=page({_DOMAINS: valid("none")}),
    failing=page({}),
)
@on_page
def cross_domain_policies_missing(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails, as information, where the header is absent."""
    del case
    if final.reading(_DOMAINS).state is HeaderState.ABSENT:
        return fail("X-Permitted-Cross-Domain-Policies is not sent", "/final/headers")
    return Pass()


@rule(
    RuleInfo(
        id="HDR048",
        name="dns-prefetch-control-missing",
        title="X-DNS-Prefetch-Control does not say off",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for X-DNS-Prefetch-Control: off. Most browsers look up no names of links on https pages anyway.",
        rationale="Looking up the names of links tells a resolver what a page links to before anybody follows it.",
        remediation=send_header("Send off where that matters.", "X-DNS-Prefetch-Control", "off"),
        references=(mdn_header("X-DNS-Prefetch-Control"),),
    ),
    passing=page({_PREFETCH: valid("off")}),
    failing=page({}),
)
@on_page
def dns_prefetch_control_missing(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails, as information, where the header does not say `off`."""
    del case
    reading = final.reading(_PREFETCH)
    if reading.effective == "off":
        return Pass()
    if reading.state is HeaderState.ABSENT:
        return fail("X-DNS-Prefetch-Control is not sent", "/final/headers")
    at = f"/final/headers/{_PREFETCH}"
    return fail("X-DNS-Prefetch-Control: {value} is not off", at, value=", ".join(reading.raw))


@rule(
    RuleInfo(
        id="HDR049",
        name="alt-svc-invalid",
        title="Alt-Svc breaks its grammar",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Reads Alt-Svc as RFC 7838 section 3 defines it.",
        rationale="Browsers drop a value that cannot be read, and stay with the connection that they have.",
        remediation=remedy(
            'Write h3=":443"; ma=86400, with the port in quotes, or clear.',
            nginx="add_header Alt-Svc 'h3=\":443\"; ma=86400' always;",
            apache="Header always set Alt-Svc 'h3=\":443\"; ma=86400'",
        ),
        references=(rfc(7838, "3", "HTTP alternative services: the field"), mdn_header("Alt-Svc")),
    ),
    passing=page({"alt-svc": valid('h3=":443"', "h3")}),
    failing=page({"alt-svc": invalid("h3=:443", problem="Alt-Svc breaks the grammar")}),
)
@on_every_answer
def alt_svc_invalid(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails, as information, for a value that cannot be read."""
    del case
    return _invalid(final, {"alt-svc": "Alt-Svc"})


_LIMITS = {
    "ratelimit": "RateLimit",
    "ratelimit-policy": "RateLimit-Policy",
    "ratelimit-limit": "RateLimit-Limit",
    "ratelimit-remaining": "RateLimit-Remaining",
    "ratelimit-reset": "RateLimit-Reset",
}


@rule(
    RuleInfo(
        id="HDR050",
        name="ratelimit-invalid",
        title="RateLimit fields break their grammar",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Reads RateLimit and RateLimit-Policy as structured lists, and the fields of older drafts as numbers.",
        rationale="Clients that cannot read the limits run into them.",
        remediation=remedy('Write RateLimit: "name";r=50;t=30 and RateLimit-Policy: "name";q=100;w=60.'),
        references=(
            Reference(
                title="RateLimit header fields for HTTP (draft)",
                url="https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/",
            ),
            rfc(9651, "4.2.1", "Structured fields: lists"),
        ),
    ),
    passing=page({"ratelimit": valid('"default";r=50;t=30', "default")}),
    failing=page({"ratelimit": invalid("many", problem="not a list of named policies with parameters")}),
)
@on_every_answer
def ratelimit_invalid(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails, as information, for each field that cannot be read."""
    del case
    return _invalid(final, _LIMITS)


def _invalid(final: DocumentHeaders, names: dict[str, str]) -> Verdict:
    """Fails for each of these headers that cannot be read."""
    if all(final.reading(name).state is HeaderState.ABSENT for name in names):
        return NotApplicable(f"{' or '.join(list(names.values())[:2])} is not sent")
    return fail_or_pass(
        [
            Fault(
                message="{name}: {value} cannot be read: {problem}",
                at=(f"/final/headers/{key}",),
                arguments={"name": name, "value": ", ".join(reading.raw), "problem": reading.problem},
                discriminator=key,
            )
            for key, name in names.items()
            if (reading := final.reading(key)).state is HeaderState.INVALID
        ]
    )


@rule(
    RuleInfo(
        id="HDR051",
        name="timing-allow-origin-any",
        title="Every site may see how long the answer took",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for Timing-Allow-Origin: * on the document.",
        rationale="Times and sizes of an answer that depends on the visitor tell other sites about him. For public"
        " files it is harmless, and useful.",
        remediation=remedy("Name the origins that measure, or send the header on public files only."),
        references=(
            w3c(
                "Resource Timing: Timing-Allow-Origin",
                "https://www.w3.org/TR/resource-timing/#sec-timing-allow-origin",
            ),
            mdn_header("Timing-Allow-Origin"),
        ),
        cwe=(200,),
    ),
    passing=page({_TIMING: valid("https://metrics.example.org")}),
    failing=page({_TIMING: valid("*")}),
)
@on_page
def timing_allow_origin_any(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails, as information, for `*` on a page, and for a value that nobody can use."""
    del case
    reading = final.reading(_TIMING)
    at = f"/final/headers/{_TIMING}"
    if reading.state is HeaderState.ABSENT:
        return NotApplicable("Timing-Allow-Origin is not sent")
    if reading.state is HeaderState.INVALID:
        return fail("Timing-Allow-Origin has no effect: {problem}", at, problem=reading.problem)
    if reading.effective != "*":
        return Pass()
    return fail("Timing-Allow-Origin: * shows every site the times of this page", at)


@rule(
    RuleInfo(
        id="HDR052",
        name="service-worker-allowed-wide",
        title="A script may take over the whole site as a service worker",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for Service-Worker-Allowed: / on the document and on a static file.",
        rationale="A worker answers for every page under its scope. The header widens the scope beyond the script's own"
        " folder, which matters where others can place scripts there.",
        remediation=remedy("Send it on the worker's own script only, with the narrowest path that does."),
        references=(
            w3c(
                "Service Workers: Service-Worker-Allowed",
                "https://www.w3.org/TR/service-workers/#service-worker-allowed",
            ),
            mdn_header("Service-Worker-Allowed"),
        ),
    ),
    passing=page({_WORKER: valid("/app/")}),
    failing=page({}, asset=document({_WORKER: valid("/")})),
)
@on_answer
def service_worker_allowed_wide(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails, as information, for the scope of the whole site."""
    answers = [("final", final), *((("asset", case.evidence.asset),) if case.evidence.asset else ())]
    sent = [(where, one.reading(_WORKER)) for where, one in answers if one.reading(_WORKER).raw]
    if not sent:
        return NotApplicable("Service-Worker-Allowed is not sent")
    at = tuple(f"/{where}/headers/{_WORKER}" for where, reading in sent if reading.effective == "/")
    return fail("Service-Worker-Allowed: / widens the scope to the whole site", at) if at else Pass()
