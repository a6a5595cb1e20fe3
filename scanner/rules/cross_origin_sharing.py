"""Rules about CORS: which origins may read an answer, and whether with the visitor's cookies (Fetch section 3.3)."""

from collections.abc import Callable, Iterable

from scanner.model.evidence.http_headers import (
    CorsAnswer,
    DocumentHeaders,
    HeaderReading,
    HeaderState,
    HttpHeaders,
    OriginKind,
)
from scanner.model.rule import Confidence, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import FETCH, mdn_header, remedy, rfc, w3c
from scanner.rules.document_gate import on_answer
from scanner.rules.header_examples import cors, cors_page, invalid, page, valid
from scanner.rules.registry import rule
from scanner.rules.verdict import Fault, NotApplicable, NotAssessed, Pass, Verdict, fail, fail_or_pass

_ORIGIN = "access-control-allow-origin"
_CREDENTIALS = "access-control-allow-credentials"
_SPELLED = {_ORIGIN: "Access-Control-Allow-Origin", _CREDENTIALS: "Access-Control-Allow-Credentials"}
_CORS = w3c("Fetch: the CORS protocol", FETCH + "#http-cors-protocol", "3.3")
_CHECK = w3c("Fetch: the CORS check", FETCH + "#cors-check", "4.10")
_LOOKALIKES = frozenset({OriginKind.SUFFIX, OriginKind.PREFIX})
_INVENTED = frozenset({OriginKind.FOREIGN, *_LOOKALIKES})
_NOT_ASKED = NotAssessed("no request with a foreign Origin was answered")
_ANYBODY = NotApplicable("every origin is let in, which HDR032 judges")
_AS_VISITOR = ", as the visitor who is logged in"
_ALLOW_LIST = remedy(
    "Compare the request's Origin with a list of whole origins, and answer with that origin and Vary: Origin, or not at"
    " all.",
    nginx='map $http_origin $cors_origin {\n    default "";\n    "https://app.example.org" $http_origin;\n}\n'
    "# in the server:\nadd_header Access-Control-Allow-Origin $cors_origin always;\nadd_header Vary Origin always;",
    apache='SetEnvIf Origin "^https://app\\.example\\.org$" CORS_ORIGIN=$0\n'
    'Header always set Access-Control-Allow-Origin "%{CORS_ORIGIN}e" env=CORS_ORIGIN\nHeader always merge Vary Origin',
)


def _answers(case: Case[HttpHeaders], wanted: Callable[[CorsAnswer], bool]) -> list[tuple[str, CorsAnswer]]:
    """Pointer and answer of those that are wanted."""
    return [(f"/cors/{place}", one) for place, one in enumerate(case.evidence.cors) if wanted(one)]


def _echoes(one: CorsAnswer) -> bool:
    """Whether the answer names the origin that was asked for, not just any."""
    return one.readable and one.allow_origin == one.origin


def _any_visitor(case: Case[HttpHeaders]) -> bool:
    """Whether a plainly foreign origin may read with credentials, which HDR032 says."""
    return any(one.kind is OriginKind.FOREIGN and one.with_credentials for one in case.evidence.cors)


def _any_foreign(case: Case[HttpHeaders]) -> bool:
    """Whether a plainly foreign origin is echoed: then those that look like the host's tell nothing more."""
    return any(one.kind is OriginKind.FOREIGN and _echoes(one) for one in case.evidence.cors)


def _pointers(found: Iterable[tuple[str, CorsAnswer]]) -> tuple[str, ...]:
    return tuple(at for at, _ in found)


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
    passing=page({_ORIGIN: valid("*")}),
    failing=page({_ORIGIN: valid("*"), _CREDENTIALS: valid("true")}),
)
@on_answer
def cors_wildcard_with_credentials(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails for the pair that browsers refuse, on the document or on an answer to another origin."""
    both = _answers(case, lambda one: one.allow_origin == "*" and one.allow_credentials == "true")
    at = _pointers(both)
    if final.reading(_ORIGIN).effective == "*" and final.reading(_CREDENTIALS).effective == "true":
        at = (f"/final/headers/{_ORIGIN}", f"/final/headers/{_CREDENTIALS}", *at)
    if at:
        return fail("Access-Control-Allow-Origin: * stands beside Access-Control-Allow-Credentials: true", at)
    if final.reading(_ORIGIN).state is HeaderState.ABSENT and not _answers(case, lambda one: bool(one.allow_origin)):
        return NotApplicable("the answer allows no origin")
    return Pass()


@rule(
    RuleInfo(
        id="HDR024",
        name="cors-null-origin",
        title="CORS allows the origin null",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for Access-Control-Allow-Origin: null, without being asked and asked with that origin.",
        rationale="Every sandboxed frame and local file has the origin null, so any site can read the answer through"
        " one; with credentials it reads it as the visitor.",
        remediation=remedy("Name the origins that may read the answer; null names nobody."),
        references=(_CORS, mdn_header("Access-Control-Allow-Origin")),
        cwe=(942,),
    ),
    passing=page({_ORIGIN: valid("https://app.example.org")}),
    failing=page({_ORIGIN: valid("null")}),
)
@on_answer
def cors_null_origin(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails for the origin null; high with credentials. Where every origin is echoed, null is one of them."""
    found = _answers(case, lambda one: one.allow_origin == "null")
    reading = final.reading(_ORIGIN)
    fixed = reading.effective == "null"
    if not fixed and _any_foreign(case):
        return _ANYBODY
    if not found and not fixed:
        asked = _answers(case, lambda one: one.kind is OriginKind.NULL)
        if reading.state is HeaderState.ABSENT and not asked:
            return NotApplicable("the answer allows no origin")
        return Pass()
    with_credentials = any(one.allow_credentials == "true" for _, one in found) or (
        fixed and final.reading(_CREDENTIALS).effective == "true"
    )
    return fail(
        "Access-Control-Allow-Origin: null lets any site read the answer{how}",
        (*((f"/final/headers/{_ORIGIN}",) if fixed else ()), *_pointers(found)),
        severity=Severity.HIGH if with_credentials else None,
        how=_AS_VISITOR if with_credentials else "",
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
    passing=page({_ORIGIN: valid("*")}),
    failing=page({_ORIGIN: invalid("https://a.example, https://b.example", problem="neither one origin")}),
)
@on_answer
def cors_invalid(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails for each CORS header that browsers cannot use; `false` for credentials does what it says."""
    del case
    readings = {name: final.reading(name) for name in (_ORIGIN, _CREDENTIALS)}
    if all(reading.state is HeaderState.ABSENT for reading in readings.values()):
        return NotApplicable("no CORS header is sent")
    return fail_or_pass(
        [
            Fault(
                message="{name}: {value} is refused: {problem}",
                at=(f"/final/headers/{name}",),
                arguments={"name": _SPELLED[name], "value": ", ".join(reading.raw), "problem": reading.problem},
                discriminator=name,
                severity=Severity.INFO if name == _CREDENTIALS else None,
            )
            for name, reading in readings.items()
            if reading.state is HeaderState.INVALID and not (name == _CREDENTIALS and _says_no(reading))
        ]
    )


def _says_no(reading: HeaderReading) -> bool:
    """Whether the owner wrote false: no value that Fetch has, but browsers do what it says."""
    return {line.strip(" \t").lower() for line in reading.raw} == {"false"}


@rule(
    RuleInfo(
        id="HDR032",
        name="cors-any-origin-with-credentials",
        title="Any site can read answers as the visitor who is logged in",
        topic="http_headers",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Asks with the Origin of a foreign site and sees whether that very origin comes back, with credentials;"
        " a plain request and a preflight are two questions.",
        rationale="A page of any site can have the visitor's browser fetch the answer with his cookies and read it:"
        " data, tokens against forged requests, all that he sees himself.",
        remediation=_ALLOW_LIST,
        references=(_CHECK, mdn_header("Access-Control-Allow-Credentials")),
        cwe=(942, 346),
    ),
    passing=cors_page(cors(OriginKind.FOREIGN, "*")),
    failing=cors_page(cors(OriginKind.FOREIGN, "https://other.example", credentials=True)),
)
@on_answer
def cors_any_origin_with_credentials(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails where a foreign origin is echoed with credentials; firm where only a preflight says so."""
    del final
    asked = _answers(case, lambda one: one.kind is OriginKind.FOREIGN)
    if not asked:
        return _NOT_ASKED
    found = [(at, one) for at, one in asked if one.with_credentials]
    if not found:
        return Pass()
    only_preflight = all(one.preflight for _, one in found)
    fault = Fault(
        message="an answer to {origin} allows that origin to read it with the visitor's cookies{where}",
        at=_pointers(found),
        arguments={
            "origin": found[0][1].origin,
            "where": ", though only a preflight says so" if only_preflight else "",
        },
        confidence=Confidence.FIRM if only_preflight else None,
        severity=Severity.MEDIUM if only_preflight else None,
    )
    return fail_or_pass((fault,))


@rule(
    RuleInfo(
        id="HDR033",
        name="cors-lookalike-origin",
        title="CORS takes other people's domains for the site's own",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Asks with origins whose names begin or end like the host's.",
        rationale="A comparison that looks at the beginning or end of the name only lets in whoever registers such a"
        " domain. With credentials that is as bad as letting everybody in.",
        remediation=_ALLOW_LIST,
        references=(_CHECK, mdn_header("Access-Control-Allow-Origin")),
        cwe=(942, 346),
    ),
    passing=cors_page(cors(OriginKind.SUFFIX, None), cors(OriginKind.PREFIX, None)),
    failing=cors_page(cors(OriginKind.SUFFIX, "https://www.example.org.other.example")),
)
@on_answer
def cors_lookalike_origin(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails where a look-alike is echoed, once for all of them; high with credentials."""
    del final
    asked = _answers(case, lambda one: one.kind in _LOOKALIKES)
    if _any_foreign(case):
        return _ANYBODY
    if not asked:
        return NotAssessed("no request with an origin that looks like the host's was answered")
    found = [(at, one) for at, one in asked if _echoes(one)]
    if not found:
        return Pass()
    with_credentials = any(one.with_credentials for _, one in found)
    return fail(
        "answers to {origins} let that origin read them{how}",
        _pointers(found),
        severity=Severity.HIGH if with_credentials else None,
        origins=" and to ".join(dict.fromkeys(one.origin for _, one in found)),
        how=_AS_VISITOR if with_credentials else "",
    )


@rule(
    RuleInfo(
        id="HDR034",
        name="cors-plain-http-origin",
        title="CORS lets the site's plain-http origin read https answers",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Asks with http:// and the host's own name as Origin.",
        rationale="Whoever sits between a visitor and the site can speak for its plain-http origin, and so read what"
        " https was to keep from him.",
        remediation=_ALLOW_LIST,
        references=(_CHECK, mdn_header("Access-Control-Allow-Origin")),
        cwe=(942, 319),
    ),
    passing=cors_page(cors(OriginKind.PLAIN, None)),
    failing=cors_page(cors(OriginKind.PLAIN, "http://www.example.org")),
)
@on_answer
def cors_plain_http_origin(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails where the plain-http origin is echoed over https; medium with credentials."""
    if _any_foreign(case):
        return _ANYBODY
    asked = _answers(case, lambda one: one.kind is OriginKind.PLAIN)
    if not asked or not final.secure:
        return NotAssessed("no request with the plain-http origin was answered over https")
    found = [(at, one) for at, one in asked if _echoes(one)]
    if not found:
        return Pass()
    with_credentials = any(one.with_credentials for _, one in found)
    return fail(
        "an answer over https lets {origin} read it{how}",
        _pointers(found),
        severity=Severity.MEDIUM if with_credentials else None,
        origin=found[0][1].origin,
        how=_AS_VISITOR if with_credentials else "",
    )


@rule(
    RuleInfo(
        id="HDR035",
        name="cors-without-vary",
        title="CORS answers depend on the Origin without saying so to caches",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Where an origin of ours is echoed, looks for Vary: Origin on that answer.",
        rationale="A cache may hand the answer for one origin to another: what works for one site breaks for the next,"
        " or a stranger's origin is served to everybody.",
        remediation=remedy(
            "Send Vary: Origin on every answer of such a resource, also on those without Access-Control headers.",
            nginx="add_header Vary Origin always;",
            apache="Header always merge Vary Origin",
        ),
        references=(
            w3c("Fetch: the CORS protocol and HTTP caches", FETCH + "#cors-protocol-and-http-caches", "3.3.6"),
            rfc(9110, "12.5.5", "HTTP: Vary"),
        ),
        cwe=(524,),
    ),
    passing=cors_page(cors(OriginKind.FOREIGN, "https://other.example", vary=True)),
    failing=cors_page(cors(OriginKind.FOREIGN, "https://other.example", vary=False)),
)
@on_answer
def cors_without_vary(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails where an invented origin is echoed and Vary does not name Origin; OPTIONS answers are not cached.

    Where everybody is let in with credentials, that is the fault, and its remedy has Vary in it.
    """
    echoed = _answers(case, lambda one: one.kind in _INVENTED and _echoes(one) and not one.preflight)
    if not echoed:
        return NotApplicable("no answer echoes an origin")
    kept = (case.evidence.repeat or final).reading("cache-control")
    found = [(at, one) for at, one in echoed if not one.vary_origin]
    if not found or kept.part("no-store") is not None:
        return Pass()
    if _any_visitor(case):
        return _ANYBODY
    return fail("the answer echoes {origin} without Vary: Origin", _pointers(found), origin=found[0][1].origin)
