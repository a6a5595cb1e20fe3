"""Literals for the examples of header rules: a page with these headers, an answer with that HSTS."""

import dataclasses
from collections.abc import Mapping, Sequence

from scanner.model.csp import CspDirective, CspPolicy, Delivery, Disposition
from scanner.model.derived import Derived, KindAt
from scanner.model.evidence.cookies import Cookie, CookieKind, Cookies, ValueShape
from scanner.model.evidence.http_exchanges import Purpose
from scanner.model.evidence.http_headers import (
    CorsAnswer,
    DocumentHeaders,
    HeaderPart,
    HeaderReading,
    HeaderState,
    HstsAt,
    HstsPolicy,
    HttpHeaders,
    OriginKind,
    UnheededMeta,
)
from scanner.model.peer import PeerText
from scanner.model.target import TargetKind
from scanner.rules.case import Case

ENDPOINT = "192.0.2.1:443"
URL = PeerText("https://www.example.org/")
HOST = PeerText("www.example.org")


ORIGINS = {
    OriginKind.FOREIGN: "https://other.example",
    OriginKind.NULL: "null",
    OriginKind.SUFFIX: "https://www.example.org.other.example",
    OriginKind.PREFIX: "https://other-example.org",
    OriginKind.PLAIN: "http://www.example.org",
}
"""An origin of each kind, for the examples."""


def valid(raw: str, effective: str | None = None, parts: tuple[HeaderPart, ...] = ()) -> HeaderReading:
    """A header that follows its grammar; `effective` where it differs from `raw`."""
    value = PeerText(effective or raw)
    return HeaderReading(state=HeaderState.VALID, raw=(PeerText(raw),), effective=value, parts=parts)


def part(name: str, *values: str, problem: str | None = None) -> HeaderPart:
    """A member of a header."""
    return HeaderPart(name=PeerText(name), values=tuple(PeerText(value) for value in values), problem=problem)


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
    asset: DocumentHeaders | None = None,
    repeat: DocumentHeaders | None = None,
) -> Case[HttpHeaders]:
    """A page of the named host, with its other answers."""
    final = document(headers or {}, csp=csp)
    evidence = HttpHeaders(final=final, missing=missing, asset=asset, repeat=repeat)
    return Case(evidence=evidence, derived=derived(TargetKind.PAGE))


def meta_page(*metas: tuple[str, str, str]) -> Case[HttpHeaders]:
    """A page with meta elements that browsers do not heed: name, content and reason of each."""
    unheeded = tuple(
        UnheededMeta(name=PeerText(name), content=PeerText(content), reason=reason) for name, content, reason in metas
    )
    final = dataclasses.replace(document({}), unheeded_metas=unheeded)
    return Case(evidence=HttpHeaders(final=final), derived=derived(TargetKind.PAGE))


def cors(
    kind: OriginKind,
    allow_origin: str | None,
    *,
    credentials: bool = False,
    vary: bool = True,
    preflight: bool = False,
) -> CorsAnswer:
    """An answer to a request with an Origin of this kind."""
    origin = ORIGINS[kind]
    readable = allow_origin in {"*", origin}
    return CorsAnswer(
        kind=kind,
        origin=PeerText(origin),
        preflight=preflight,
        status=204 if preflight else 200,
        url=URL,
        allow_origin=None if allow_origin is None else PeerText(allow_origin),
        allow_credentials=PeerText("true") if credentials else None,
        vary_origin=vary,
        readable=readable,
        with_credentials=credentials and allow_origin == origin,
    )


def cors_page(*answers: CorsAnswer) -> Case[HttpHeaders]:
    """A page whose answers to requests with an Origin were these."""
    return Case(evidence=HttpHeaders(final=document({}), cors=answers), derived=derived(TargetKind.PAGE))


def derived(kind: TargetKind) -> Derived:
    """What is derived of the example's endpoint."""
    return Derived(kinds=(KindAt(endpoint=ENDPOINT, kind=kind, because="an example"),))


def answer(
    *raw: str,
    policy: HstsPolicy | None = None,
    problem: str | None = None,
    secure: bool = True,
    hop: int = 0,
    trusted: bool | None = None,
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
        trusted=trusted,
    )


def caching_case(cache_control: HeaderReading) -> Case[HttpHeaders]:
    """A page that sets a session cookie, with this Cache-Control."""
    session = Cookie(
        purpose=Purpose.ENTRY,
        hop=0,
        url=URL,
        host=HOST,
        secure_origin=True,
        name=PeerText("PHPSESSID"),
        value=ValueShape(length=32, sha256_prefix="00000000", characters="hexadecimal"),
        kind=CookieKind.SESSION,
    )
    case = page({"cache-control": cache_control})
    return dataclasses.replace(case, others={"cookies": Cookies(cookies=(session,))})


def hsts_case(*answers: HstsAt) -> Case[HttpHeaders]:
    """A page whose answers carried this HSTS."""
    return Case(evidence=HttpHeaders(final=document({}), hsts=answers), derived=derived(TargetKind.PAGE))
