"""Literals for the examples of content rules: a page with these scripts, forms, signs or secrets."""

import dataclasses

from scanner.model.evidence.content import (
    Content,
    Exposure,
    FormFacts,
    IntegrityState,
    Part,
    Secret,
    Sign,
    SignKind,
)
from scanner.model.evidence.http_exchanges import Purpose
from scanner.model.page import Relation
from scanner.model.peer import PeerText
from scanner.model.target import TargetKind
from scanner.rules.case import Case
from scanner.rules.header_examples import URL, derived

_PAGE = Content(url=URL, secure=True, answers=2, errors=1)
CDN = "cdn.example.net"


def content_case(**changes: object) -> Case[Content]:
    """A page of the named host with these fields of the evidence."""
    evidence = dataclasses.replace(_PAGE, **changes)  # type: ignore[arg-type]  # names and types are the caller's
    return Case(evidence=evidence, derived=derived(TargetKind.PAGE))


def script(
    path: str = "/lib.js",
    *,
    host: str = CDN,
    integrity: IntegrityState = IntegrityState.NONE,
    crossorigin: bool = False,
    kind: str = "classic",
) -> Part:
    """An external script of another site, or of the page's own."""
    return Part(
        kind=kind,
        runs=kind != "stylesheet",
        relation=Relation.SAME_ORIGIN if host == "www.example.org" else Relation.CROSS_SITE,
        url=PeerText(f"https://{host}{path}"),
        host=PeerText(host),
        secure=True,
        integrity=integrity,
        algorithms=("sha384",) if integrity is IntegrityState.VALID else (),
        crossorigin=crossorigin,
    )


def form(**changes: object) -> FormFacts:
    """A form that posts to the page's own origin."""
    one = FormFacts(method="post", relation=Relation.SAME_ORIGIN, action=PeerText(f"{URL}send"), fields=3)
    return dataclasses.replace(one, **changes)  # type: ignore[arg-type]  # names and types are the caller's


def sign(kind: SignKind, name: str, excerpt: str, *, status: int = 200) -> Sign:
    """A sign on the page, or on the answer to a path that does not exist."""
    return Sign(
        kind=kind,
        name=name,
        exchange=0 if status == 200 else 1,
        purpose=Purpose.ENTRY if status == 200 else Purpose.MISSING,
        url=URL,
        status=status,
        excerpt=PeerText(excerpt),
    )


def secret(kind: str, title: str, exposure: Exposure, *, verified: bool = False, name: str | None = None) -> Secret:
    """A secret in the page."""
    return Secret(
        kind=kind,
        title=title,
        exposure=exposure,
        verified=verified,
        exchange=0,
        purpose=Purpose.ENTRY,
        url=URL,
        offset=1200,
        length=40,
        sha256="1f3a5b7c",
        name=None if name is None else PeerText(name),
    )
