"""Policies that a document sets itself in meta elements, read as browsers do (HTML section 4.2.5, CSP3 section 3.3)."""

import dataclasses
from collections.abc import Iterator

from scanner.errors import Malformed
from scanner.model.csp import CspPolicy
from scanner.model.evidence.http_headers import UnheededMeta
from scanner.model.page import MetaPolicy, Page
from scanner.model.peer import PeerText, peer_text
from scanner.wire.csp import parse_csp_meta
from scanner.wire.security_headers import REFERRER_POLICIES

LEGACY_REFERRER = {
    "never": "no-referrer",
    "default": "strict-origin-when-cross-origin",
    "always": "unsafe-url",
    "origin-when-crossorigin": "origin-when-cross-origin",
}
"""Old words of meta name=referrer, and what they stand for (HTML section 4.2.5.1)."""

HEADERS_ONLY = frozenset(
    {
        "cross-origin-embedder-policy",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
        "feature-policy",
        "permissions-policy",
        "referrer-policy",
        "strict-transport-security",
        "x-content-type-options",
        "x-frame-options",
        "x-xss-protection",
    }
)
"""Security headers that some pages write as http-equiv, which no standard gives an effect (HTML section 4.2.5.3)."""

MAX_METAS = 64
"""Meta elements that are read."""

LONGEST_CONTENT = 4_096
"""Characters of an unheeded content that are kept."""

_CSP = "content-security-policy"
_REPORT_ONLY = "content-security-policy-report-only"
_NO_EFFECT = "only the header has an effect, http-equiv has none"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PageMetas:
    """What the meta elements of a page set: policies in force, the referrer policy, and what is not heeded."""

    policies: tuple[CspPolicy, ...] = ()
    referrer: PeerText | None = None
    unheeded: tuple[UnheededMeta, ...] = ()


def read_metas(page: Page) -> PageMetas:
    """The policies of a page's meta elements, the first `MAX_METAS` of them."""
    metas = page.metas[:MAX_METAS]
    policies = [read for one in metas if isinstance(read := _csp(one), CspPolicy)]
    known = [read for one in metas if (read := _referrer(one)) in REFERRER_POLICIES]
    return PageMetas(
        policies=tuple(policies),
        referrer=PeerText(known[-1]) if known else None,
        unheeded=tuple(
            UnheededMeta(name=one.name, content=peer_text(one.content, limit=LONGEST_CONTENT), reason=reason)
            for one in metas
            for reason in _unheeded(one)
        ),
    )


def _csp(meta: MetaPolicy) -> CspPolicy | str | None:
    """The policy of a meta element, or why it is none; None for an element that names none or says nothing."""
    if not meta.http_equiv or meta.name not in {_CSP, _REPORT_ONLY} or not meta.content.strip():
        return None
    if meta.name == _REPORT_ONLY:
        return "a policy that only reports can stand in a header only"
    if not meta.in_head:
        return "it stands outside the head"
    try:
        policy = parse_csp_meta(meta.content)
    except Malformed as fault:
        return fault.detail
    return policy if policy.directives or policy.dropped else "it holds no directive that counts in a meta element"


def _referrer(meta: MetaPolicy) -> str:
    """The value of meta name=referrer with old words replaced; empty for other elements. It is no list here."""
    if meta.http_equiv or meta.name != "referrer":
        return ""
    value = meta.content.lower()
    return LEGACY_REFERRER.get(value, value)


def _unheeded(meta: MetaPolicy) -> Iterator[str]:
    """Why browsers pass over this element, if they do."""
    read = _csp(meta)
    if isinstance(read, str):
        yield read
    if meta.http_equiv and meta.name in HEADERS_ONLY:
        yield _NO_EFFECT
    if not meta.http_equiv and meta.name == "referrer" and _referrer(meta) not in {*REFERRER_POLICIES, ""}:
        yield "no known policy"
