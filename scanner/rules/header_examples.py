"""Literals for the examples of header rules: a page with these headers, an answer with that HSTS."""

from collections.abc import Mapping, Sequence

from scanner.model.csp import CspDirective, CspPolicy, Delivery, Disposition
from scanner.model.derived import Derived, KindAt
from scanner.model.evidence.http_exchanges import Purpose
from scanner.model.evidence.http_headers import (
    DocumentHeaders,
    HeaderReading,
    HeaderState,
    HstsAt,
    HstsPolicy,
    HttpHeaders,
)
from scanner.model.peer import PeerText
from scanner.model.target import TargetKind
from scanner.rules.case import Case

ENDPOINT = "192.0.2.1:443"
URL = PeerText("https://www.example.org/")
HOST = PeerText("www.example.org")


def valid(raw: str, effective: str | None = None) -> HeaderReading:
    """A header that follows its grammar; `effective` where it differs from `raw`."""
    return HeaderReading(state=HeaderState.VALID, raw=(PeerText(raw),), effective=PeerText(effective or raw))


def invalid(*raw: str, problem: str, effective: str | None = None) -> HeaderReading:
    """A header that breaks its grammar."""
    return HeaderReading(
        state=HeaderState.INVALID,
        raw=tuple(PeerText(line) for line in raw),
        effective=None if effective is None else PeerText(effective),
        problem=problem,
    )


def policy(
    directives: Mapping[str, str], *, disposition: Disposition = Disposition.ENFORCE, repeated: Sequence[str] = ()
) -> CspPolicy:
    """A CSP: directive names with their sources in one string."""
    return CspPolicy(
        disposition=disposition,
        delivery=Delivery.HEADER,
        directives=tuple(
            CspDirective(name=PeerText(name), sources=tuple(PeerText(one) for one in sources.split()))
            for name, sources in directives.items()
        ),
        repeated=tuple(PeerText(name) for name in repeated),
    )


def document(
    headers: Mapping[str, HeaderReading], *, status: int = 200, csp: tuple[CspPolicy, ...] = ()
) -> DocumentHeaders:
    """An HTML answer with these headers."""
    return DocumentHeaders(
        purpose=Purpose.MISSING if status == 404 else Purpose.ENTRY,
        hop=0,
        url=URL,
        status=status,
        secure=True,
        media_type=PeerText("text/html"),
        headers=dict(headers),
        csp=csp,
    )


def page(
    headers: Mapping[str, HeaderReading] | None = None,
    *,
    csp: tuple[CspPolicy, ...] = (),
    missing: DocumentHeaders | None = None,
) -> Case[HttpHeaders]:
    """A page of the named host."""
    evidence = HttpHeaders(final=document(headers or {}, csp=csp), missing=missing)
    return Case(evidence=evidence, derived=derived(TargetKind.PAGE))


def derived(kind: TargetKind) -> Derived:
    """What is derived of the example's endpoint."""
    return Derived(kinds=(KindAt(endpoint=ENDPOINT, kind=kind, because="an example"),))


def answer(
    *raw: str, policy: HstsPolicy | None = None, problem: str | None = None, secure: bool = True, hop: int = 0
) -> HstsAt:
    """HSTS on one answer."""
    return HstsAt(
        purpose=Purpose.ENTRY if secure else Purpose.PLAIN_ENTRY,
        hop=hop,
        url=URL if secure else PeerText("http://www.example.org/"),
        host=HOST,
        secure=secure,
        own=True,
        status=200,
        raw=tuple(PeerText(line) for line in raw),
        policy=policy,
        problem=problem,
    )


def hsts_case(*answers: HstsAt) -> Case[HttpHeaders]:
    """A page whose answers carried this HSTS."""
    return Case(evidence=HttpHeaders(final=document({}), hsts=answers), derived=derived(TargetKind.PAGE))
