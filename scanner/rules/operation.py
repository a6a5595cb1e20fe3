"""Rules on how a site is run: methods, HTTP/2, the answers to other names. What is only listed was never tried."""

from scanner.model.evidence.operation import (
    Http2,
    Methods,
    Operation,
    Reception,
    Sibling,
    SiblingRelation,
    VirtualHost,
)
from scanner.model.evidence.tls_features import TlsFeatures
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.model.rule import Confidence, Reference, RuleInfo, Severity
from scanner.model.target import TargetKind
from scanner.rules.case import Case
from scanner.rules.citations import remedy, rfc
from scanner.rules.operation_examples import WSTG_HOST, WSTG_METHODS, site, unsure
from scanner.rules.registry import rule
from scanner.rules.verdict import Fault, NotApplicable, Pass, Unknown, Verdict, fail, fail_or_pass

_WRITING = frozenset({"PUT", "DELETE", "PATCH"})
"""Methods that change things: an API's daily bread, and rarely meant on a site of pages."""

_ODD = frozenset({"TRACE", "TRACK", "DEBUG", "CONNECT"})
"""Methods that no site needs at its pages (RFC 9110 sections 9.3.6 and 9.3.8, and two of IIS)."""

_DAV = frozenset({"PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "SEARCH", "BIND"})
"""WebDAV (RFC 4918, RFC 5323, RFC 5842)."""


@rule(
    RuleInfo(
        id="OPS004",
        name="methods-risky",
        title="The server lists methods that change or reveal things",
        topic="operation",
        severity=Severity.INFO,
        confidence=Confidence.TENTATIVE,
        since="0.1.0",
        summary="Reads Allow for PUT, DELETE, PATCH, CONNECT and WebDAV, and for TRACE where that could not be tried."
        " They are listed by the server; none of the others was tried.",
        rationale="What is listed may be refused in earnest. Where it is not, and nobody meant it, somebody can write"
        " to the site.",
        remediation=remedy(
            "Allow what the site uses, and refuse the rest at the front.",
            nginx="limit_except GET POST { deny all; }  # in the location; GET includes HEAD",
            apache="<LimitExcept GET POST OPTIONS>\n  Require all denied\n</LimitExcept>\nTraceEnable off",
        ),
        references=(rfc(9110, "10.2.1", "HTTP: Allow"), WSTG_METHODS),
        cwe=(650,),
    ),
    passing=site(methods=Methods(allowed=(PeerText("GET"), PeerText("HEAD"), PeerText("OPTIONS")), allow_at=2)),
    failing=site(methods=Methods(allowed=(PeerText("GET"), PeerText("PUT"), PeerText("DELETE")), allow_at=2)),
)
def methods_risky(case: Case[Operation]) -> Verdict:
    """Fails, as information, for methods that are listed; at a page WebDAV and odd ones are low. An API may write.

    TRACE was tried, so its own rule has the answer: IIS lists it and refuses it.
    """
    seen = case.evidence.methods
    if not seen.allowed:
        return Pass("no answer lists methods") if seen.trace is not Answer.UNKNOWN else unsure(None, seen.trace_reason)
    tried = frozenset() if seen.trace is Answer.UNKNOWN else frozenset({"TRACE"})
    listed = {name.upper() for name in seen.allowed} - tried
    page = case.kind is TargetKind.PAGE
    groups = [(_ODD, Severity.LOW if page else Severity.INFO), (_DAV, Severity.LOW if page else Severity.INFO)]
    if case.kind is not TargetKind.API:
        groups.append((_WRITING, Severity.INFO))
    found = [(sorted(listed & names), weight) for names, weight in groups if listed & names]
    faults = [
        Fault(
            message="the server lists {methods} in Allow, which was not tried",
            at=("/methods/allowed",),
            arguments={"methods": ", ".join(names)},
            discriminator=" ".join(names),
            severity=weight,
        )
        for names, weight in found
    ]
    return fail_or_pass(faults)


@rule(
    RuleInfo(
        id="OPS005",
        name="trace-enabled",
        title="TRACE sends the request back",
        topic="operation",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Sends TRACE with a mark to a path that is not there, and looks for the mark in the answer.",
        rationale="The echo shows what stands in the request when it arrives: header fields that a proxy adds, and"
        " cookies that scripts must not see. Browsers no longer send TRACE; other clients do.",
        remediation=remedy(
            "Switch TRACE off at every server of the chain.",
            nginx="if ($request_method = TRACE) { return 405; }  # only where a server behind it answers TRACE",
            apache="TraceEnable off",
        ),
        references=(
            rfc(9110, "9.3.8", "HTTP: TRACE"),
            WSTG_METHODS,
            Reference(title="Apache: TraceEnable", url="https://httpd.apache.org/docs/2.4/mod/core.html#traceenable"),
        ),
        cwe=(693,),
    ),
    passing=site(methods=Methods(trace=Answer.NO, trace_at=5, trace_reason=PeerText("status 405, without our mark"))),
    failing=site(methods=Methods(trace=Answer.YES, trace_at=5, trace_reason=PeerText("the answer holds our own mark"))),
)
def trace_enabled(case: Case[Operation]) -> Verdict:
    """Fails where our own mark came back; names the foreign fields in the echo."""
    seen = case.evidence.methods
    if seen.trace is Answer.NO:
        return Pass(seen.trace_reason)
    if seen.trace is Answer.UNKNOWN:
        return unsure(seen.trace_at, seen.trace_reason)
    if not seen.trace_echo:
        return fail("TRACE is answered with the request", "/methods/trace")
    return fail(
        "TRACE is answered with the request, and shows fields that were added on the way: {fields}",
        ("/methods/trace", "/methods/trace_echo"),
        fields=", ".join(seen.trace_echo),
    )


@rule(
    RuleInfo(
        id="OPS007",
        name="http2-missing",
        title="HTTP/2 is not spoken",
        topic="operation",
        severity=Severity.INFO,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Offers h2 in ALPN and looks whether an exchange goes over it.",
        rationale="HTTP/2 saves connections and round trips; what it asks of TLS is what good servers do anyway.",
        remediation=remedy(
            "Switch it on at the front; it needs TLS 1.2 with modern suites, or 1.3.",
            nginx="http2 on;  # before 1.25.1: listen 443 ssl http2;",
            apache="Protocols h2 http/1.1",
        ),
        references=(
            rfc(9113, "3.2", "HTTP/2: starting HTTP/2 for https URIs"),
            Reference(title="nginx: ngx_http_v2_module", url="https://nginx.org/en/docs/http/ngx_http_v2_module.html"),
        ),
    ),
    passing=site(http2=Http2(spoken=Answer.YES, at=2)),
    failing=site(http2=Http2(spoken=Answer.NO, reason=PeerText("HTTP/1.1 was chosen where h2 was offered"), at=2)),
)
def http2_missing(case: Case[Operation]) -> Verdict:
    """Fails, as information, where h2 was offered and not chosen, and ALPN never showed it either."""
    seen = case.evidence.http2
    if not case.target.is_tls:
        return NotApplicable("HTTP/2 is spoken over TLS")
    if seen.spoken is Answer.YES:
        return Pass()
    features = case.other("tls_features", TlsFeatures)
    if features is not None and "h2" in features.alpn.protocols:
        return Pass("ALPN offers h2")
    if seen.spoken is Answer.UNKNOWN:
        return unsure(seen.at, seen.reason)
    return fail("HTTP/2 is not spoken ({reason})", "/http2/reason", reason=seen.reason or "")


@rule(
    RuleInfo(
        id="OPS011",
        name="host-header-reflected",
        title="The host of the request comes back in links or redirects",
        topic="operation",
        severity=Severity.LOW,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Asks for / with a Host that nobody has, and looks for it in Location, Content-Location, Link, Refresh"
        " and in the links of the page.",
        rationale="Where the application builds its links from the request, whoever gets such an answer into a cache,"
        " or has a mail with a link to set a password sent, decides where it leads.",
        remediation=remedy(
            "Let a default server refuse every name that is not yours, and build links from a configured name.",
            nginx="server {\n  listen 443 ssl default_server;\n  ssl_reject_handshake on;\n}\n"
            "server {\n  listen 80 default_server;\n  return 444;\n}",
            apache="<VirtualHost *:443>\n  # the first one answers for every unknown name\n"
            "  ServerName default.invalid\n  Redirect 421 /\n</VirtualHost>\nUseCanonicalName On",
        ),
        references=(rfc(9110, "7.2", "HTTP: Host and :authority"), WSTG_HOST),
        cwe=(644,),
    ),
    passing=site(
        unknown_host=VirtualHost(reception=Reception.REFUSED, reason=PeerText("status 421"), at=6, status=421)
    ),
    failing=site(
        unknown_host=VirtualHost(
            reception=Reception.REDIRECT_TO_SELF,
            at=6,
            asked=PeerText("leadline-0123456789abcdef.invalid"),
            status=301,
            location=PeerText("https://leadline-0123456789abcdef.invalid/"),
            reflected_in=(PeerText("Location"),),
        )
    ),
)
def host_header_reflected(case: Case[Operation]) -> Verdict:
    """Fails where the answer repeats the unknown host as a place to go."""
    seen = case.evidence.unknown_host
    if seen.reflected_in:
        return fail(
            "an unknown Host comes back in {places}",
            "/unknown_host/reflected_in",
            places=", ".join(seen.reflected_in),
        )
    if seen.reception is Reception.UNKNOWN:
        return unsure(seen.at, seen.reason)
    return Pass()


def _chosen_by_tls(case: Case[Operation]) -> bool:
    """Whether the server tells its sites apart by the name in TLS.

    Our unknown Host comes over a connection under the site's own name. Names that others point at the address come
    without it, as the bare address does.
    """
    seen = case.evidence
    shown = seen.unknown_host.reception is Reception.SITE
    return case.target.is_tls and shown and seen.bare_address.reception is Reception.REFUSED


_SHOWN = {
    Reception.SITE: "the site itself",
    Reception.DEFAULT_PAGE: "the server software's default page",
    Reception.OTHER_PAGE: "another page",
    Reception.REDIRECT_ELSEWHERE: "a redirect to another host",
}


@rule(
    RuleInfo(
        id="OPS012",
        name="default-virtual-host",
        title="Requests for unknown names or the bare address are served",
        topic="operation",
        severity=Severity.INFO,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="What / shows for a Host that nobody has, under the site's own name in TLS, and for the bare address"
        " without a name in TLS. A refusal, a closed connection and a redirect to the site are good answers; where the"
        " bare address is refused, the site for any Host is one as well.",
        rationale="Scanners that go through the addresses see what the default server shows, and tie the address to the"
        " site. Names that others point at the address are answered with the site's pages.",
        remediation=remedy(
            "Give unknown names a default server that refuses.",
            nginx="server {\n  listen 443 ssl default_server;\n  ssl_reject_handshake on;\n}",
            apache="<VirtualHost *:443>\n  # the first one answers for every unknown name\n"
            "  ServerName default.invalid\n  Redirect 421 /\n</VirtualHost>",
        ),
        references=(
            rfc(9110, "7.4", "HTTP: rejecting misdirected requests"),
            WSTG_HOST,
            Reference(
                title="nginx: ssl_reject_handshake",
                url="https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_reject_handshake",
            ),
        ),
    ),
    passing=site(
        unknown_host=VirtualHost(reception=Reception.REFUSED, at=6, status=421),
        bare_address=VirtualHost(reception=Reception.REDIRECT_TO_SITE, at=7, status=301),
    ),
    failing=site(
        unknown_host=VirtualHost(reception=Reception.SITE, at=6, status=200),
        bare_address=VirtualHost(reception=Reception.DEFAULT_PAGE, at=7, status=200),
    ),
)
def default_virtual_host(case: Case[Operation]) -> Verdict:
    """Fails, as information, for each of both that is served with something."""
    seen = case.evidence
    both = (
        ("unknown_host", "a Host that nobody has", seen.unknown_host),
        ("bare_address", "the bare address", seen.bare_address),
    )
    faults = [
        Fault(
            message="{asked} is answered with {shown}",
            at=(f"/{key}/reception",),
            arguments={"asked": words, "shown": _SHOWN[one.reception]},
            discriminator=key,
        )
        for key, words, one in both
        if one.reception in _SHOWN
    ]
    if [one.discriminator for one in faults] == ["unknown_host"] and _chosen_by_tls(case):
        return Pass("without the site's own name in TLS the server refuses; under it any Host is answered")
    if faults:
        return fail_or_pass(faults)
    open_ends = [one for _, _, one in both if one.reception is Reception.UNKNOWN]
    if len(open_ends) == len(both):
        return unsure(open_ends[0].at, open_ends[0].reason)
    if open_ends and open_ends[0].at is not None:
        return Unknown(open_ends[0].reason or "one of both could not be told")
    return Pass()


@rule(
    RuleInfo(
        id="OPS013",
        name="www-apex-differ",
        title="The name with www and the one without are not run alike",
        topic="operation",
        severity=Severity.LOW,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Asks the www sibling (or the name without www) for /, where it has an address: whether it leads to the"
        " site or shows the same, whether its certificate is trusted, and whether HSTS covers it.",
        rationale="People type either name. The one that is forgotten shows an error, another page or no HSTS, which"
        " leaves the first visit in the clear.",
        remediation=remedy(
            "Redirect one to the other over https, with a certificate for both and the same HSTS policy.",
            nginx="server {\n  listen 443 ssl;\n  server_name www.example.org;\n"
            '  add_header Strict-Transport-Security "max-age=63072000" always;\n'
            "  return 301 https://example.org$request_uri;\n}",
            apache="<VirtualHost *:443>\n  ServerName www.example.org\n"
            '  Header always set Strict-Transport-Security "max-age=63072000"\n'
            "  Redirect permanent / https://example.org/\n</VirtualHost>",
        ),
        references=(
            rfc(6797, "6.1", "HSTS: the header field"),
            Reference(
                title="Google: redirects and search",
                url="https://developers.google.com/search/docs/crawling-indexing/301-redirects",
            ),
        ),
    ),
    passing=site(sibling=Sibling(relation=SiblingRelation.REDIRECTS_HERE, at=5, trusted=True)),
    failing=site(
        sibling=Sibling(
            relation=SiblingRelation.ERROR, reason=PeerText("status 404"), at=5, url=PeerText("https://example.org/")
        )
    ),
)
def www_apex_differ(case: Case[Operation]) -> Verdict:
    """Fails for a sibling that shows something else, is not trusted, or lacks the HSTS that the site has."""
    seen = case.evidence.sibling
    if seen.relation is SiblingRelation.ABSENT:
        return NotApplicable(seen.reason or "there is no sibling")
    if seen.relation is SiblingRelation.UNKNOWN:
        return unsure(seen.at, seen.reason)
    return fail_or_pass(_sibling_faults(seen))


_DIFFERING = {
    SiblingRelation.ERROR: "{url} does not answer as the site does: {reason}",
    SiblingRelation.OTHER_DOCUMENT: "{url} shows another document than the site",
    SiblingRelation.REDIRECTS_ELSEWHERE: "{url} leads elsewhere",
}


def _sibling_faults(seen: Sibling) -> list[Fault]:
    arguments = {"url": seen.url or "the sibling", "reason": seen.reason or ""}
    faults = []
    if seen.relation in _DIFFERING:
        faults.append(
            Fault(
                message=_DIFFERING[seen.relation],
                at=("/sibling/relation",),
                arguments=arguments,
                discriminator="relation",
                severity=Severity.INFO,
            )
        )
    if seen.trusted is False and seen.trusted_here is not False:  # both are the chain's own matter, said there
        faults.append(
            Fault(
                message="the certificate at {url} is not trusted",
                at=("/sibling/trusted",),
                arguments=arguments,
                discriminator="trust",
            )
        )
    if seen.hsts_here and not seen.hsts_there and seen.status is not None and not _covered(seen):
        faults.append(
            Fault(
                message="{url} sends no Strict-Transport-Security, and the site does",
                at=("/sibling/hsts_here",),
                arguments=arguments,
                discriminator="hsts",
            )
        )
    return faults


def _covered(seen: Sibling) -> bool:
    """Whether the site's own policy holds for the sibling as well: a subdomain of it, and includeSubDomains."""
    below = (seen.url or "").lower().startswith("https://www.")
    return below and "includesubdomains" in (seen.hsts_here or "").lower()
