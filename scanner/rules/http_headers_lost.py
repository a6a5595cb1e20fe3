"""Rules about headers that come and go: lost on error answers, on static files, or from one fetch to the next."""

from collections.abc import Iterator

from scanner.model.csp import Disposition
from scanner.model.evidence.http_exchanges import Purpose
from scanner.model.evidence.http_headers import DocumentHeaders, HeaderState, HstsAt, HttpHeaders
from scanner.model.rule import Confidence, RuleInfo, Severity
from scanner.model.target import TargetKind
from scanner.rules.case import Case
from scanner.rules.citations import mdn_header, remedy, rfc
from scanner.rules.document_gate import on_answer
from scanner.rules.header_examples import document, page, valid
from scanner.rules.registry import rule
from scanner.rules.verdict import NotApplicable, NotAssessed, Pass, Verdict, fail

ON_EVERYTHING = ("X-Content-Type-Options",)
"""Headers that matter on any answer, beside HSTS."""

ON_HTML = ("Content-Security-Policy", "X-Frame-Options")
"""Headers that matter on every HTML answer."""

STEADY = (
    *ON_EVERYTHING,
    *ON_HTML,
    "Cross-Origin-Opener-Policy",
    "Permissions-Policy",
    "Referrer-Policy",
)
"""Headers that should not depend on when one asks."""

MISSING_STATUSES = frozenset({404, 410})
"""What a site itself answers for a path that it does not have; others may be a filter's, not the site's."""

_HSTS = "Strict-Transport-Security"
_NOSNIFF = {"x-content-type-options": valid("nosniff")}


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
    passing=page(_NOSNIFF, missing=document(_NOSNIFF, status=404)),
    failing=page(_NOSNIFF, missing=document({}, status=404)),
)
@on_answer
def headers_lost_on_errors(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails where an error answer lacks headers that the document has."""
    missing = case.evidence.missing
    if missing is None or missing.status not in MISSING_STATUSES or final.status >= 400:
        return NotApplicable("there is no pair of a document and a 404 or 410 to compare")
    is_page = case.kind is TargetKind.PAGE and missing.media_type == "text/html"
    lost = [*_lost(final, missing, (*ON_EVERYTHING, *(ON_HTML if is_page else ()))), *_lost_hsts(case, Purpose.MISSING)]
    if not lost:
        return Pass()
    return fail(
        "the answer with status {status} lacks headers that the document has: {names}",
        "/missing/headers",
        status=missing.status,
        names=", ".join(sorted(lost)),
    )


@rule(
    RuleInfo(
        id="HDR026",
        name="headers-lost-on-static",
        title="Static files lose security headers",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Compares HSTS and X-Content-Type-Options of the final document with those of one static file of the"
        " site.",
        rationale="Without nosniff a browser may run an uploaded text file as a script. In nginx a location with an"
        " add_header of its own inherits none from outside, which is how a cache rule for static files loses them.",
        remediation=remedy(
            "Repeat the headers where static files have headers of their own, or set them in one place in front.",
            nginx='location /static/ {\n    add_header Cache-Control "public, max-age=86400";\n'
            "    # a location with its own add_header inherits none from outside\n"
            '    add_header X-Content-Type-Options "nosniff" always;\n}',
            apache='Header always set X-Content-Type-Options "nosniff"',
        ),
        references=(mdn_header("X-Content-Type-Options"), rfc(6797, "7.1", "HSTS: every https answer")),
        cwe=(693,),
    ),
    passing=page(_NOSNIFF, asset=document(_NOSNIFF)),
    failing=page(_NOSNIFF, asset=document({})),
)
@on_answer
def headers_lost_on_static(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails where a static file lacks headers that matter on any answer and that the document has."""
    asset = case.evidence.asset
    if asset is None:
        return NotAssessed("no static file of the site was fetched")
    if asset.status >= 400 or final.status >= 400:
        return NotApplicable("there is no pair of a document and a static file to compare")
    lost = [*_lost(final, asset, ON_EVERYTHING), *_lost_hsts(case, asset.purpose)]
    if not lost:
        return Pass()
    return fail(
        "{url} lacks headers that the document has: {names}",
        "/asset/headers",
        url=asset.url,
        names=", ".join(sorted(lost)),
    )


@rule(
    RuleInfo(
        id="HDR057",
        name="headers-not-steady",
        title="Security headers change from one fetch to the next",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Fetches the document twice and compares which security headers are there.",
        rationale="Headers that are there on some fetches only mostly mean back ends that are not configured alike, or"
        " a cache that keeps an older answer; part of the visitors go without.",
        remediation=remedy("Set the headers in one place in front of all back ends, and clear caches after changes."),
        references=(mdn_header("Content-Security-Policy"), rfc(6797, "7.1", "HSTS: every https answer")),
        cwe=(693,),
    ),
    passing=page(_NOSNIFF, repeat=document(_NOSNIFF)),
    failing=page(_NOSNIFF, repeat=document({})),
)
@on_answer
def headers_not_steady(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails for headers that only one of two like answers has."""
    repeat = case.evidence.repeat
    if repeat is None:
        return NotAssessed("the document was fetched only once")
    if (repeat.status, repeat.media_type) != (final.status, final.media_type):
        return NotApplicable("the second fetch brought another kind of answer")
    changed = [name for name in STEADY if _steady(final, name) is not _steady(repeat, name)]
    if not changed:
        return Pass()
    return fail(
        "of two fetches of the document only one has {names}",
        ("/final/headers", "/repeat/headers"),
        names=", ".join(changed),
    )


def _steady(answer: DocumentHeaders, name: str) -> bool:
    return _has(answer, name) or _stands_in(answer, name)


def _has(answer: DocumentHeaders, name: str) -> bool:
    return answer.reading(name.lower()).state is not HeaderState.ABSENT


def _lost(final: DocumentHeaders, other: DocumentHeaders, names: tuple[str, ...]) -> Iterator[str]:
    """Names of the headers in force on the document that are absent from the other answer."""
    for name in names:
        if final.reading(name.lower()).effective is not None and not _has(other, name) and not _stands_in(other, name):
            yield name


def _stands_in(answer: DocumentHeaders, name: str) -> bool:
    """Whether another header does the same: frame-ancestors, beside which X-Frame-Options does not count."""
    return name == "X-Frame-Options" and any(
        one.disposition is Disposition.ENFORCE and one.directive("frame-ancestors") for one in answer.csp
    )


def _lost_hsts(case: Case[HttpHeaders], purpose: Purpose) -> Iterator[str]:
    """HSTS, where an answer of this purpose lacks what the entry's last answer at the same host has."""
    before, after = _hsts(case, Purpose.ENTRY), _hsts(case, purpose)
    if before and before.policy and after and not after.raw and before.host == after.host:
        yield _HSTS


def _hsts(case: Case[HttpHeaders], purpose: Purpose) -> HstsAt | None:
    """HSTS on the last own https answer of this purpose."""
    found = [hop for hop in case.evidence.hsts if hop.own and hop.secure and hop.purpose is purpose]
    return found[-1] if found else None
