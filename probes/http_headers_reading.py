"""The security headers of the document, of a provoked 404 and of a static file, CORS, and HSTS on every answer."""

import dataclasses

from probes.cors_answers import read_cors
from probes.page_metas import read_metas
from scanner.errors import Malformed
from scanner.model.csp import CspPolicy, Disposition
from scanner.model.evidence.http_exchanges import Exchange, HttpExchanges, Purpose
from scanner.model.evidence.http_headers import DocumentHeaders, HeaderReading, HeaderState, HstsAt, HttpHeaders
from scanner.model.page import Page
from scanner.model.peer import PeerText, peer_text
from scanner.wire.csp import parse_csp_headers
from scanner.wire.hsts import parse_hsts
from scanner.wire.media_type import essence
from scanner.wire.security_headers import LONGEST_LINE, MAX_LINES, READERS, read_header
from scanner.wire.urls import parse_url

CSP_FIELDS = {
    "content-security-policy": Disposition.ENFORCE,
    "content-security-policy-report-only": Disposition.REPORT,
}
"""The fields that hold policies, and what each does."""


OTHERS = frozenset({Purpose.UNKNOWN_HOST, Purpose.BARE_ADDRESS})
"""Requests under names that are not the site's; HSTS is no question there."""


def read_headers(seen: HttpExchanges, named: str) -> HttpHeaders:
    """The evidence of `http_headers` out of the exchanges with the host `named`."""
    final, no_final = _final(seen)
    return HttpHeaders(
        final=final,
        no_final=no_final,
        missing=_first(seen, Purpose.MISSING),
        repeat=_first(seen, Purpose.REPEAT),
        asset=_first(seen, Purpose.ASSET, Purpose.SCRIPT),
        cors=read_cors(seen, named),
        hsts=tuple(_hsts(one, named) for one in seen.exchanges if one.answered and one.purpose not in OTHERS),
        block=seen.block,
    )


def _first(seen: HttpExchanges, *purposes: Purpose) -> DocumentHeaders | None:
    """The first answer of the user's own hosts to a request with one of these purposes, redirects left out."""
    for purpose in purposes:
        for one in seen.of(purpose):
            if one.answered and one.location is None and (one.own or one.same_host):
                return _document(one)
    return None


def _final(seen: HttpExchanges) -> tuple[DocumentHeaders | None, str | None]:
    """The document at the named host or its www sibling, with what its meta elements add, or why there is none."""
    hops = seen.of(Purpose.ENTRY)
    if not hops:
        return None, "the entry was not asked"
    if seen.document is not None:
        return _with_metas(_document(seen.document), seen.page), None
    if not all(hop.own or hop.same_host for hop in hops):
        return None, "the entry redirects to another host"
    if not hops[-1].answered:
        return None, f"the entry was not answered ({hops[-1].outcome})"
    return None, "the redirects of the entry did not end"


def _with_metas(document: DocumentHeaders, page: Page | None) -> DocumentHeaders:
    """The document with the policies that its meta elements set."""
    if page is None:
        return document
    metas = read_metas(page)
    return dataclasses.replace(
        document,
        csp=(*document.csp, *metas.policies),
        unheeded_metas=metas.unheeded,
        meta_referrer=metas.referrer,
    )


def _document(exchange: Exchange) -> DocumentHeaders:
    sent = {field.name.strip(" \t").lower() for field in exchange.fields}
    headers = {name: read_header(name, exchange.values(name)) for name in READERS if name in sent}
    policies: list[CspPolicy] = []
    for name, disposition in CSP_FIELDS.items():
        if name in headers:
            headers[name], found = _policies(exchange, name, disposition, headers[name])
            policies.extend(found)
    return DocumentHeaders(
        purpose=exchange.purpose,
        hop=exchange.hop,
        url=exchange.url,
        status=exchange.status or 0,
        secure=exchange.url.lower().startswith("https:"),
        media_type=essence(exchange.values("content-type")),
        headers=headers,
        csp=tuple(policies),
    )


def _policies(
    exchange: Exchange, name: str, disposition: Disposition, reading: HeaderReading
) -> tuple[HeaderReading, tuple[CspPolicy, ...]]:
    """The policies of one CSP field; a reading that says so where they are beyond the caps."""
    try:
        return reading, parse_csp_headers(exchange.values(name), disposition)
    except Malformed as fault:
        return dataclasses.replace(reading, state=HeaderState.INVALID, effective=None, problem=fault.detail), ()


def _hsts(exchange: Exchange, named: str) -> HstsAt:
    """Strict-Transport-Security on one answer; the first line counts (RFC 6797 section 8.1)."""
    lines = exchange.values("strict-transport-security")
    policy, problem = None, None
    if lines:
        try:
            policy = parse_hsts(lines[0])
        except Malformed as fault:
            problem = fault.detail
    host = _host_of(exchange.url)
    return HstsAt(
        purpose=exchange.purpose,
        hop=exchange.hop,
        url=exchange.url,
        host=host,
        secure=exchange.url.lower().startswith("https:"),
        own=exchange.own or exchange.same_host or _are_siblings(host, named),
        status=exchange.status or 0,
        raw=tuple(peer_text(line, limit=LONGEST_LINE) for line in lines[:MAX_LINES]),
        policy=policy,
        problem=problem,
        trusted=exchange.certificate_trusted,
    )


def _host_of(url: str) -> PeerText:
    """The host of a URL; empty where the peer wrote none that can be read."""
    try:
        return peer_text(parse_url(url).host)
    except Malformed:
        return peer_text("")


def _are_siblings(host: str, named: str) -> bool:
    """Whether one is the www name of the other: the same owner, as far as names can tell."""
    return host in {f"www.{named}", named.removeprefix("www.")}
