"""Rules about what may be kept: caching where it matters, and Clear-Site-Data."""

from collections.abc import Iterator

from scanner.model.evidence.cookies import Cookie, CookieKind, Cookies
from scanner.model.evidence.http_headers import DocumentHeaders, HeaderReading, HeaderState, HttpHeaders
from scanner.model.rule import Confidence, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import mdn_header, remedy, rfc, send_header, w3c
from scanner.rules.document_gate import on_answer, on_page
from scanner.rules.header_examples import caching_case, invalid, page, part, valid
from scanner.rules.registry import rule
from scanner.rules.verdict import Fault, NotApplicable, NotAssessed, Pass, Verdict, fail, fail_or_pass

_CACHE, _CLEAR = "cache-control", "clear-site-data"
_AT = f"/final/headers/{_CACHE}"
_GUARDS = ("no-store", "private", "no-cache")
_CONTRADICTIONS = (("public", "private"), ("public", "no-store"), ("immutable", "no-store"))
_UNKNOWN = "no directive that caches know"
_CACHING = rfc(9111, "5.2.2", "HTTP caching: response directives")
_PRIVATE = valid("private", "private", (part("private"),))
_SHARED = valid("public, max-age=600", "public, max-age", (part("public"), part("max-age", "600")))


@rule(
    RuleInfo(
        id="HDR042",
        name="session-answer-cacheable",
        title="An answer that sets a session cookie may be kept by shared caches",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Where the document sets a session cookie, looks whether Cache-Control lets shared caches keep it.",
        rationale="Set-Cookie does not keep a cache from storing an answer. One that does hands the same session to the"
        " next visitor.",
        remediation=send_header(
            "Send private or no-store on every answer that is for one visitor only.", "Cache-Control", "no-store"
        ),
        references=(rfc(9111, "7.3", "HTTP caching: sensitive information"), _CACHING, mdn_header("Cache-Control")),
        cwe=(525, 524),
    ),
    passing=caching_case(_PRIVATE),
    failing=caching_case(_SHARED),
)
@on_answer
def session_answer_cacheable(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails where shared caches are told that they may keep an answer with a session cookie."""
    cookies = case.other("cookies", Cookies)
    if cookies is None:
        return NotAssessed("the cookies were not read")
    if not any(_sets_session(case, one, final) for one in cookies.cookies):
        return NotApplicable("the document sets no session cookie")
    reading = final.reading(_CACHE)
    if not _shared(reading):
        return Pass()
    return fail(
        "the answer sets a session cookie, and Cache-Control: {value} lets shared caches keep it",
        _AT,
        value=", ".join(reading.raw),
    )


def _sets_session(case: Case[HttpHeaders], cookie: Cookie, final: DocumentHeaders) -> bool:
    """Whether the cookie is a session that the final answer begins."""
    here = (cookie.purpose, cookie.hop) == (final.purpose, final.hop)
    return here and cookie.kind is CookieKind.SESSION and not cookie.refused and not cookie.is_deletion(case.now)


def _shared(reading: HeaderReading) -> bool:
    """Whether shared caches may keep an answer for a while and hand it on (RFC 9111 sections 3 and 4.2.1)."""
    if any(reading.part(name) is not None for name in _GUARDS):
        return False
    lifetime = reading.part("s-maxage") or reading.part("max-age")
    return lifetime is not None and lifetime.problem is None and lifetime.values[0].lstrip("0") != ""


@rule(
    RuleInfo(
        id="HDR043",
        name="cache-control-invalid",
        title="Cache-Control contradicts itself or breaks its grammar",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Reads the directives of all lines. Unknown ones are extensions, and no fault.",
        rationale="Caches take the stricter of two directives that contradict each other, and take an answer with a"
        " lifetime that is no number for stale: neither is what was meant.",
        remediation=remedy("Send one consistent list, with commas between directives."),
        references=(_CACHING, rfc(9111, "4.2.1", "HTTP caching: freshness lifetime"), mdn_header("Cache-Control")),
    ),
    passing=page({_CACHE: _PRIVATE}),
    failing=page({_CACHE: valid("public, private", "public, private", (part("public"), part("private")))}),
)
@on_answer
def cache_control_invalid(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails, as information, for each slip and each contradiction."""
    del case
    reading = final.reading(_CACHE)
    if reading.state is HeaderState.ABSENT:
        return NotApplicable("Cache-Control is not sent")
    return fail_or_pass(tuple(_slips(reading)))


def _slips(reading: HeaderReading) -> Iterator[Fault]:
    if reading.problem is not None and _UNKNOWN not in reading.problem:
        yield Fault(message="Cache-Control: {problem}", at=(_AT,), arguments={"problem": reading.problem})
    for place, one in enumerate(reading.parts):
        if one.problem not in {None, _UNKNOWN}:
            yield Fault(
                message="Cache-Control: {name} does not count: {problem}",
                at=(f"{_AT}/parts/{place}",),
                arguments={"name": one.name, "problem": one.problem},
                discriminator=one.name,
            )
    for first, second in _CONTRADICTIONS:
        if reading.part(first) is not None and reading.part(second) is not None:
            yield Fault(
                message="Cache-Control holds both {first} and {second}",
                at=(_AT,),
                arguments={"first": first, "second": second},
                discriminator=f"{first} {second}",
            )


@rule(
    RuleInfo(
        id="HDR044",
        name="no-store-missing",
        title="The answer may be stored",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.TENTATIVE,
        since="0.1.0",
        summary="Looks for Cache-Control: no-store. For a public page its absence is right; the rule is for sites that"
        " show personal data on every page.",
        rationale="What a browser or a shared cache keeps can be read by the next user of the machine.",
        remediation=send_header(
            "Send it on answers behind a log-in; public pages and static files may well be cached.",
            "Cache-Control",
            "no-store, max-age=0",
        ),
        references=(_CACHING, mdn_header("Cache-Control")),
        cwe=(525,),
    ),
    passing=page({_CACHE: valid("no-store", "no-store", (part("no-store"),))}),
    failing=page({}),
)
@on_page
def no_store_missing(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails, as information, where the document may be stored."""
    del case
    if final.reading(_CACHE).part("no-store") is not None:
        return Pass()
    return fail("Cache-Control: no-store is not sent, so caches may keep the page", "/final/headers")


@rule(
    RuleInfo(
        id="HDR045",
        name="clear-site-data-invalid",
        title="Clear-Site-Data does not clear what it names",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Reads the header as a list of strings in quotes, each a kind of data that browsers know.",
        rationale="Without the quotes browsers clear nothing, and a log-out leaves data behind.",
        remediation=remedy(
            'Write "cache", "cookies", "storage", each in quotes, on the answer to a log-out, over https.'
        ),
        references=(
            w3c("Clear Site Data: the header", "https://www.w3.org/TR/clear-site-data/#header", "3.1"),
            mdn_header("Clear-Site-Data"),
        ),
    ),
    passing=page({_CLEAR: valid('"cookies"', "cookies", (part("cookies"),))}),
    failing=page({_CLEAR: invalid("cookies", problem="it clears nothing: not in quotes")}),
)
@on_answer
def clear_site_data_invalid(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails where the header, or a member of it, does nothing."""
    del case
    reading = final.reading(_CLEAR)
    if reading.state is HeaderState.ABSENT:
        return NotApplicable("Clear-Site-Data is not sent")
    problem = reading.problem or next(
        (f"{one.name} is {one.problem}" for one in reading.parts if one.problem is not None), None
    )
    if problem is None and not final.secure:
        problem = "browsers heed it over https only"
    if problem is None:
        return Pass()
    return fail("Clear-Site-Data: {problem}", f"/final/headers/{_CLEAR}", problem=problem)
