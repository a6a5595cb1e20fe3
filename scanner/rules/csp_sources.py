"""Rules about the sources that a policy trusts: known ways round it, wide lists, plain http, addresses, paths.

What the evaluator says in its own severities is weighed here for a scan: a site that runs well gets advice, no alarm.
"""

from scanner.model.evidence.http_headers import DocumentHeaders, HttpHeaders
from scanner.model.rule import Confidence, Severity
from scanner.rules.case import Case
from scanner.rules.csp_evaluation import CspFinding, CspSeverity
from scanner.rules.csp_judging import enforced_policies, judged_by, trusting_scripts
from scanner.rules.csp_pages import GOOD, info, with_policy
from scanner.rules.document_gate import on_page
from scanner.rules.registry import rule
from scanner.rules.verdict import NotApplicable, Verdict

_SOURCES = ("source lists", "#framework-directive-source-list", "2.3.1")
_MATCHING = ("matching a URL", "#match-url-to-source-list", "6.7.2.7")
_ONE_BY_ONE = "Trust scripts one by one, by nonce or hash with 'strict-dynamic'; hosts count no longer then."


def _is_known(finding: CspFinding) -> bool:
    return finding.severity is CspSeverity.HIGH


def _about(*directives: str) -> frozenset[str]:
    return frozenset(directives)


_PLUGINS = _about("object-src")
_BASE = _about("base-uri")
_BASE_OPEN = judged_by(
    "BASE_URI_MISSING",
    "PLAIN_WILDCARD",
    "PLAIN_URL_SCHEMES",
    when=lambda one: one.directive in _BASE,
    absences=("BASE_URI_MISSING",),
)
_PLUGINS_OPEN = judged_by("PLAIN_WILDCARD", "PLAIN_URL_SCHEMES", when=lambda one: one.directive in _PLUGINS)
_PLUGINS_FREE = judged_by(
    "MISSING_DIRECTIVES", when=lambda one: one.directive in _PLUGINS, absences=("MISSING_DIRECTIVES",)
)

csp_bypass_host = rule(
    info(
        "CSP011",
        "csp-bypass-host",
        "The policy trusts a host that is a way round it",
        severity=Severity.LOW,
        confidence=Confidence.FIRM,
        summary="Compares script sources with csp_evaluator's list of hosts that serve JSONP endpoints or AngularJS."
        " Under 'strict-dynamic' hosts do not count and are not judged.",
        rationale="An injected script element can name such an address: the host is trusted, and the answer runs what"
        " the attacker wrote into the query or the page's markup.",
        remediation=_ONE_BY_ONE + " Where a host must stay, name the path of the one script that is needed.",
        section=_MATCHING,
        cwe=(79,),
    ),
    passing=GOOD,
    failing=with_policy({"script-src": "'self' https://www.google.com", "object-src": "'none'"}),
)(
    judged_by(
        "SCRIPT_ALLOWLIST_BYPASS", when=_is_known, unless=("WILDCARD_HOST", "WILDCARD_TLD", "WILDCARD_SHARED_HOSTING")
    )
)


@rule(
    info(
        "CSP012",
        "csp-plugins-open",
        "The policy lets plugins in",
        severity=Severity.INFO,
        summary="Looks for object-src or its fallback default-src, and for open values in object-src.",
        rationale="Current browsers have no plugins, but an object element can still load a document.",
        remediation="Add object-src 'none'.",
        section=("object-src", "#directive-object-src", "6.1.9"),
    ),
    passing=GOOD,
    failing=with_policy({"script-src": "'self'"}),
)
@on_page
def csp_plugins(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails where nothing governs plugins, or what does is open; an empty list is 'none' to browsers."""
    governed = any(one.effective("object-src") for _, one in enforced_policies(final))
    return (_PLUGINS_OPEN if governed else _PLUGINS_FREE)(case)


csp_frame_ancestors_open = rule(
    info(
        "CSP013",
        "csp-frame-ancestors-open",
        "The policy lets any site frame the page",
        severity=Severity.LOW,
        summary="Looks for *, https: and the like in frame-ancestors, where every enforced policy allows it.",
        rationale="A page in an attacker's frame can be made to take clicks that the visitor meant for something else."
        " Where frame-ancestors is there, browsers do not look at X-Frame-Options.",
        remediation="Name the sites that may frame the page, or write 'self' or 'none'. A widget that is made for any"
        " site's frame may keep *, if nothing in it acts for the visitor.",
        section=("frame-ancestors", "#directive-frame-ancestors", "6.4.2"),
        cwe=(1021,),
    ),
    passing=GOOD,
    failing=with_policy({"default-src": "'self'", "frame-ancestors": "*"}),
)(judged_by("FRAME_ANCESTORS_OPEN"))

csp_form_action = rule(
    info(
        "CSP014",
        "csp-form-action-open",
        "The policy lets forms go anywhere",
        severity=Severity.INFO,
        summary="Looks for form-action, which has no fallback, and for open values in it.",
        rationale="Injected markup can send what a visitor or a password manager fills in to another host.",
        remediation="Add form-action 'self', or name the hosts that forms go to, those of redirects included.",
        section=("form-action", "#directive-form-action", "6.4.1"),
    ),
    passing=GOOD,
    failing=with_policy({"default-src": "'self'"}),
)(judged_by("FORM_ACTION_MISSING", "FORM_ACTION_OPEN", absences=("FORM_ACTION_MISSING",)))


@rule(
    info(
        "CSP015",
        "csp-base-uri-open",
        "The policy leaves the base element open",
        severity=Severity.INFO,
        summary="Looks for base-uri, which has no fallback, and for open values in it. Policies of nonces or hashes,"
        " where it matters most, are judged by another rule.",
        rationale="An injected base element takes the page's relative addresses to another host.",
        remediation="Add base-uri 'none', or 'self' where the page has a base element.",
        section=("base-uri", "#directive-base-uri", "6.3.1"),
    ),
    passing=GOOD,
    failing=with_policy({"default-src": "'self'"}),
)
@on_page
def csp_base_uri_open(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails for base-uri absent or open, as information; beside nonces and hashes CSP007 says it."""
    if trusting_scripts(enforced_policies(final)):
        return NotApplicable("scripts are let in by nonce or hash, so CSP007 judges base-uri")
    return _BASE_OPEN(case)


csp_invalid_source = rule(
    info(
        "CSP024",
        "csp-invalid-source",
        "The policy has sources that browsers ignore",
        severity=Severity.INFO,
        summary="Compares each source with the grammar: hosts without users, queries and fragments, one leading *.",
        rationale="What does not match the grammar is dropped without a sign, so what it should let in is blocked.",
        remediation="Write scheme, host, port and path only.",
        section=_SOURCES,
    ),
    passing=GOOD,
    failing=with_policy({"default-src": "'self' https://*.*.example.org"}),
)(judged_by("INVALID_SOURCE", "USERINFO_SOURCE", "QUERY_SOURCE"))

csp_plain_http_source = rule(
    info(
        "CSP025",
        "csp-plain-http-source",
        "The policy trusts plain http",
        severity=Severity.INFO,
        summary="Looks for http: and ws: sources, and for reports that go over http. With upgrade-insecure-requests"
        " bare schemes and ws: are not judged.",
        rationale="Who sits on the line can change what comes over http. Browsers block most of it on https pages; the"
        " source stays as a gap for the rest.",
        remediation="Write https: and wss:, or hosts without a scheme: on an https page they mean https.",
        section=_MATCHING,
        cwe=(319,),
    ),
    passing=GOOD,
    failing=with_policy({"default-src": "'self'", "img-src": "http://images.example.org"}),
)(judged_by("SRC_HTTP", "INSECURE_SOURCE"))

csp_address_source = rule(
    info(
        "CSP026",
        "csp-address-source",
        "The policy names addresses or this machine",
        severity=Severity.INFO,
        summary="Looks for IP addresses and localhost among the sources.",
        rationale="CSP matches no address but 127.0.0.1, so the source does nothing; localhost is the visitor's own"
        " machine, and mostly left over from development.",
        remediation="Drop it, or name the host.",
        section=("host-part matching", "#match-hosts", "6.7.2.10"),
    ),
    passing=GOOD,
    failing=with_policy({"default-src": "'self'", "connect-src": "'self' http://127.0.0.1:3000"}),
)(judged_by("IP_SOURCE", "LOCALHOST_SOURCE"))

csp_path_source = rule(
    info(
        "CSP027",
        "csp-path-source",
        "The policy relies on paths",
        severity=Severity.INFO,
        summary="Looks for script sources with a path.",
        rationale="After a redirect browsers compare the host only, so an open redirect on any trusted host leads to"
        " every path of this one.",
        remediation=_ONE_BY_ONE,
        section=("paths and redirects", "#source-list-paths-and-redirects", "7.6"),
    ),
    passing=GOOD,
    failing=with_policy({"script-src": "'self' https://cdn.example.org/app/"}),
)(judged_by("PATH_SOURCE"))

csp_shared_hosting = rule(
    info(
        "CSP028",
        "csp-shared-domain",
        "The policy trusts a domain where anybody gets a host",
        severity=Severity.LOW,
        confidence=Confidence.FIRM,
        summary="Looks for wildcards over top-level domains and over domains of hosting services, where scripts, frames"
        " or the base element are concerned.",
        rationale="An attacker takes a host below that domain and serves from there.",
        remediation="Name the one host that the page uses.",
        section=_MATCHING,
        cwe=(79,),
    ),
    passing=GOOD,
    failing=with_policy({"script-src": "'self' https://*.cloudfront.net"}),
)(judged_by("WILDCARD_HOST", "WILDCARD_TLD", "WILDCARD_SHARED_HOSTING"))

csp_workers_open = rule(
    info(
        "CSP029",
        "csp-workers-open",
        "The policy lets workers come from anywhere",
        severity=Severity.INFO,
        summary="Looks for *, bare schemes and data: in worker-src and child-src.",
        rationale="A worker's script runs with the page's origin when it comes from there.",
        remediation="Write worker-src 'self', with blob: only where a library needs it.",
        section=("worker-src", "#directive-worker-src", "6.2.2"),
    ),
    passing=GOOD,
    failing=with_policy({"default-src": "'self'", "worker-src": "*"}),
)(judged_by("WORKER_SOURCE_OPEN"))

csp_open_list = rule(
    info(
        "CSP033",
        "csp-open-list",
        "The policy lets images, styles or connections go to any host",
        severity=Severity.INFO,
        summary="Looks for * and bare schemes in directives that do not govern scripts.",
        rationale="No script comes in that way, but data can leave: an injected image or style carries it in its"
        " address. Pages that show their users' links need open images; this is advice.",
        remediation="Name the hosts where they are known, connect-src first.",
        section=_SOURCES,
    ),
    passing=GOOD,
    failing=with_policy({"default-src": "'self'", "connect-src": "*"}),
)(judged_by("OPEN_SOURCE_LIST"))

csp_default_missing = rule(
    info(
        "CSP034",
        "csp-default-missing",
        "The policy has no default-src",
        severity=Severity.INFO,
        summary="Looks for default-src in any enforced policy.",
        rationale="What no directive names may come from anywhere.",
        remediation="Add default-src 'self', or 'none' where every kind of content has its own directive.",
        section=("default-src", "#directive-default-src", "6.1.3"),
    ),
    passing=GOOD,
    failing=with_policy({"script-src": "'self'", "object-src": "'none'"}),
)(judged_by("DEFAULT_SRC_MISSING", absences=("DEFAULT_SRC_MISSING",)))
