"""Rules about the Content-Security-Policy of the final document: all enforced policies count, as in browsers."""

from collections.abc import Callable, Sequence

from scanner.model.csp import CspDirective, Disposition
from scanner.model.evidence.http_headers import DocumentHeaders, HttpHeaders
from scanner.model.rule import Confidence, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import CSP3, STATIC_HOSTING_META, mdn_header, remedy, send_header, w3c
from scanner.rules.csp_evaluation import CspFinding
from scanner.rules.csp_judging import (
    Placed,
    beyond_caps,
    enforced_policies,
    faults_of,
    on_findings,
    on_policies,
    trusting_scripts,
)
from scanner.rules.csp_names import DEPRECATED
from scanner.rules.document_gate import on_page, page_unread
from scanner.rules.header_examples import page, policy
from scanner.rules.registry import rule
from scanner.rules.verdict import Fault, NotApplicable, Pass, Verdict, fail, fail_or_pass

BROAD_SOURCES = frozenset({"*", "http:", "https:", "http://*", "https://*", "data:", "blob:", "filesystem:"})
"""Script sources that an attacker can serve from."""

_CSP = mdn_header("Content-Security-Policy")
_STRICT = "Use a nonce or hashes with 'strict-dynamic' for scripts, and object-src 'none' and base-uri 'none'."
_ADD = "Begin with Content-Security-Policy-Report-Only, read the reports, then enforce. "
_GOOD = page(csp=(policy({"default-src": "'self'", "object-src": "'none'", "base-uri": "'none'"}),))
_INLINE = ("SCRIPT_UNSAFE_INLINE", "'unsafe-inline'")
_EVAL = ("SCRIPT_UNSAFE_EVAL", "'unsafe-eval'")
_GONE = "OBSOLETE_DIRECTIVE"
_BROAD = ("", "")
_HINTS = frozenset({"DIRECTIVE_MISSPELLED", "SOURCE_AS_DIRECTIVE", "HEADER_NAME_IN_POLICY", "DIRECTIVE_NAME_INVALID"})


def _open_scripts(
    enforced: Placed, name: str, is_open: Callable[[CspDirective], bool], what: str, check: str, value: str
) -> Verdict:
    """Fails where every policy that governs `name` is open in this way; `what` says how, after the directive's name."""
    governing = [(place, found) for place, one in enforced if (found := one.effective(name))]
    if not governing:
        return NotApplicable("no directive governs scripts, which CSP004 says")
    if not all(is_open(found) for _, found in governing):
        return Pass()
    at = tuple(f"/final/csp/{place}" for place, _ in governing)
    sources = _broad_in(governing)
    return fail(
        "{directive} " + what,
        at,
        directive=governing[0][1].name,
        sources=sources,
        check=check or _broad_check(sources),
        set="plain",
        value=value or sources,
    )


def _broad_check(sources: str) -> str:
    return "PLAIN_WILDCARD" if "*" in sources else "PLAIN_URL_SCHEMES"


def _broad_in(governing: Sequence[tuple[int, CspDirective]]) -> str:
    return ", ".join(sorted({source for _, found in governing for source in _broad(found)}))


def _broad(directive: CspDirective) -> list[str]:
    return [source for source in directive.sources if source.lower() in BROAD_SOURCES]


def _no_scripts(sandbox: CspDirective | None) -> bool:
    return sandbox is not None and not sandbox.has("allow-scripts")


@rule(
    RuleInfo(
        id="CSP001",
        name="csp-missing",
        title="No Content-Security-Policy",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for an enforced policy in the headers and the meta elements of the final document.",
        rationale="A policy is the second line of defence: it keeps an injected script from running where the first"
        " line, correct escaping, has a gap.",
        remediation=send_header(
            "Begin with Content-Security-Policy-Report-Only, read the reports, then enforce. "
            + _STRICT
            + STATIC_HOSTING_META,
            "Content-Security-Policy",
            "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'self'",
        ),
        references=(w3c("Content Security Policy Level 3", CSP3), _CSP),
        cwe=(693, 79),
    ),
    passing=_GOOD,
    failing=page({}),
)
@on_page
def csp_missing(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails where nothing is enforced; where a policy only reports, CSP002 says so instead."""
    if enforced_policies(final):
        return Pass()
    if (unread := beyond_caps(final) or page_unread(case)) is not None:
        return unread
    if final.csp:
        return NotApplicable("a policy is there, but it only reports")
    return fail("the document comes without a Content-Security-Policy", "/final/headers")


@rule(
    RuleInfo(
        id="CSP002",
        name="csp-report-only",
        title="The Content-Security-Policy only reports",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for documents with Content-Security-Policy-Report-Only and no enforced policy.",
        rationale="A policy that reports blocks nothing. It is the right step before enforcing one.",
        remediation=remedy("Once the reports are quiet, send the policy as Content-Security-Policy."),
        references=(
            w3c("CSP3: Content-Security-Policy-Report-Only", CSP3 + "#cspro-header", "3.2"),
            mdn_header("Content-Security-Policy-Report-Only"),
        ),
    ),
    passing=_GOOD,
    failing=page(csp=(policy({"default-src": "'self'"}, disposition=Disposition.REPORT),)),
)
@on_page
def csp_report_only(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails, as information, where policies report and none is enforced."""
    del case
    if not final.csp:
        return NotApplicable("no Content-Security-Policy is sent")
    if enforced_policies(final):
        return Pass()
    at = tuple(f"/final/csp/{place}" for place in range(len(final.csp)))
    return fail("the Content-Security-Policy is sent as report-only: nothing is blocked", at)


@rule(
    RuleInfo(
        id="CSP003",
        name="csp-inline-scripts",
        title="The policy lets inline scripts run",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Applies CSP3's test for inline scripts: 'unsafe-inline' counts unless a nonce, a hash or"
        " 'strict-dynamic' stands beside it.",
        rationale="Injected scripts are mostly inline. A policy that lets them run does not stop them.",
        remediation=remedy(_STRICT),
        references=(w3c("CSP3: allow all inline behavior", CSP3 + "#allow-all-inline", "6.7.3.2"), _CSP),
        cwe=(79,),
    ),
    passing=page(csp=(policy({"script-src": "'unsafe-inline' 'nonce-c29tZXRoaW5nIHJhbmRvbQ=='"}),)),
    failing=page(csp=(policy({"default-src": "'self' 'unsafe-inline'"}),)),
)
@on_policies
def csp_inline_scripts(enforced: Placed) -> Verdict:
    """Fails where every policy lets any inline script element run."""
    what = "allows 'unsafe-inline' without a nonce or hash"
    return _open_scripts(enforced, "script-src-elem", lambda one: one.allows_all_inline, what, *_INLINE)


@rule(
    RuleInfo(
        id="CSP004",
        name="csp-scripts-unrestricted",
        title="The policy says nothing of scripts",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for script-src or its fallback default-src in any enforced policy.",
        rationale="Without either, scripts may come from anywhere, and inline ones run.",
        remediation=remedy("Add script-src, or default-src as the fallback of all. " + _STRICT),
        references=(w3c("CSP3: script-src", CSP3 + "#directive-script-src", "6.1.10"), _CSP),
        cwe=(79,),
    ),
    passing=_GOOD,
    failing=page(csp=(policy({"frame-ancestors": "'none'"}),)),
)
@on_policies
def csp_scripts_unrestricted(enforced: Placed) -> Verdict:
    """Fails where no policy governs script elements."""
    if any(one.effective("script-src-elem") or _no_scripts(one.directive("sandbox")) for _, one in enforced):
        return Pass()
    at = tuple(f"/final/csp/{place}" for place, _ in enforced)
    return fail(
        "neither script-src nor default-src is in the policy",
        at,
        check="MISSING_DIRECTIVES",
        set="plain",
        directive="script-src",
        value="",
    )


@rule(
    RuleInfo(
        id="CSP005",
        name="csp-broad-script-source",
        title="The policy lets scripts come from anywhere",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for *, bare schemes and data: among the sources that govern scripts, unless 'strict-dynamic'"
        " switches them off.",
        rationale="An attacker serves his script from a host of his own, or from a data: URL.",
        remediation=remedy("Name the hosts that scripts come from, or better: " + _STRICT),
        references=(w3c("CSP3: script-src", CSP3 + "#directive-script-src", "6.1.10"), _CSP),
        cwe=(79,),
    ),
    passing=_GOOD,
    failing=page(csp=(policy({"script-src": "https:"}),)),
)
@on_policies
def csp_broad_script_source(enforced: Placed) -> Verdict:
    """Fails where every policy that governs scripts has a source that anybody can serve from."""
    what = "lets scripts come from {sources}"
    return _open_scripts(
        enforced, "script-src-elem", lambda one: not one.is_strict and bool(_broad(one)), what, *_BROAD
    )


@rule(
    RuleInfo(
        id="CSP006",
        name="csp-eval",
        title="The policy allows eval",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for 'unsafe-eval' in what governs scripts.",
        rationale="Text that an attacker controls can become code through eval and its relatives. Some frameworks and"
        " tag managers need it.",
        remediation=remedy("Drop 'unsafe-eval' where the page's scripts run without it."),
        references=(w3c("CSP3: eval", CSP3 + "#can-compile-strings", "4.4.1"), _CSP),
        cwe=(95,),
    ),
    passing=_GOOD,
    failing=page(csp=(policy({"script-src": "'self' 'unsafe-eval'"}),)),
)
@on_policies
def csp_eval(enforced: Placed) -> Verdict:
    """Fails, as information, where every policy that governs scripts allows eval."""
    what = "allows 'unsafe-eval'"
    return _open_scripts(enforced, "script-src", lambda one: one.has("'unsafe-eval'"), what, *_EVAL)


@rule(
    RuleInfo(
        id="CSP007",
        name="csp-base-uri-missing",
        title="A nonce or hash policy leaves the base element open",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for base-uri beside nonces, hashes or 'strict-dynamic', and for open values in it. It has no"
        " fallback.",
        rationale="An injected base element makes the page's own relative scripts, nonce and all, load from the"
        " attacker's host.",
        remediation=remedy("Add base-uri 'none', or 'self' where the page has a base element."),
        references=(w3c("CSP3: base-uri", CSP3 + "#directive-base-uri", "6.3.1"), _CSP),
    ),
    passing=page(csp=(policy({"script-src": "'nonce-c29tZXRoaW5n'", "base-uri": "'none'"}),)),
    failing=page(csp=(policy({"script-src": "'nonce-c29tZXRoaW5n'"}),)),
)
@on_policies
def csp_base_uri_missing(enforced: Placed) -> Verdict:
    """Fails where scripts are let in by nonce or hash and no policy has base-uri, or each has an open one."""
    trusting = trusting_scripts(enforced)
    if not trusting:
        return NotApplicable("scripts are not let in by nonce or hash")
    bases = [found for _, one in enforced if (found := one.directive("base-uri"))]
    if any(not _broad(found) for found in bases):
        return Pass()
    value = _broad(bases[0])[0] if bases else ""
    return fail(
        "scripts are let in by nonce or hash, but base-uri {lack}",
        tuple(f"/final/csp/{place}" for place in trusting),
        check=_broad_check(value) if bases else "MISSING_DIRECTIVES",
        set="plain",
        directive="base-uri",
        value=value,
        lack=f"lets in {value}" if bases else "is missing",
    )


@rule(
    RuleInfo(
        id="CSP008",
        name="csp-directive-repeated",
        title="A directive stands twice in one policy",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Lists directives that browsers skip because the name was there before.",
        rationale="Browsers take the first and ignore the rest, so sources in the second one are not in force.",
        remediation=remedy("Join the directives into one."),
        references=(w3c("CSP3: parse a serialized CSP", CSP3 + "#parse-serialized-policy", "2.2.1"),),
    ),
    passing=_GOOD,
    failing=page(csp=(policy({"script-src": "'self'"}, repeated=("script-src",)),)),
)
@on_policies
def csp_directive_repeated(enforced: Placed) -> Verdict:
    """Fails for each repeated name."""
    return fail_or_pass(
        [
            Fault(
                message="{directive} stands twice in one policy; browsers ignore the second",
                at=(f"/final/csp/{place}/repeated",),
                arguments={"directive": name, "check": "REPEATED_DIRECTIVE", "set": "leadline", "value": ""},
                discriminator=f"{place} {name}",
            )
            for place, one in enforced
            for name in one.repeated
        ]
    )


@rule(
    RuleInfo(
        id="CSP009",
        name="csp-unknown-directive",
        title="The policy has a directive that browsers do not know",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Compares directive names with those of the standards.",
        rationale="A slip of the pen or a missing semicolon switches a restriction off without a sign.",
        remediation=remedy("Mend the name, or put the missing semicolon before it."),
        references=(w3c("Content Security Policy Level 3", CSP3), _CSP),
    ),
    passing=_GOOD,
    failing=page(csp=(policy({"scrip-src": "'self'"}),)),
)
@on_findings
def csp_unknown_directive(final: DocumentHeaders, findings: Sequence[CspFinding]) -> Verdict:
    """Fails for each unknown name, with what seems to be meant, and for directives that are not ASCII.

    A name that is like none may be newer than the table: information.
    """
    hints = {(one.policy, one.directive): one for one in findings if one.check in _HINTS}
    unknown = [hints.get((one.policy, one.directive), one) for one in findings if one.check == "UNKNOWN_DIRECTIVE"]
    dropped = [one for one in findings if one.check == "NON_ASCII_DIRECTIVE"]
    heeded = {(place, one.name) for place, policy in enumerate(final.csp) for one in policy.directives}
    found = [*(one for one in unknown if (one.policy, one.directive) in heeded), *dropped]
    return faults_of(
        final,
        found,
        severities={"UNKNOWN_DIRECTIVE": Severity.INFO},
        confidences={"UNKNOWN_DIRECTIVE": Confidence.TENTATIVE},
    )


@rule(
    RuleInfo(
        id="CSP010",
        name="csp-deprecated-directive",
        title="The policy has a directive that browsers have dropped",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for directives that were removed from the standard. report-uri beside report-to is fine.",
        rationale="They do nothing and make the policy harder to read.",
        remediation=remedy("Drop them, or write what has taken their place."),
        references=(_CSP,),
    ),
    passing=_GOOD,
    failing=page(csp=(policy({"default-src": "'self'", "block-all-mixed-content": ""}),)),
)
@on_policies
def csp_deprecated_directive(enforced: Placed) -> Verdict:
    """Fails, as information, for each dropped directive."""
    return fail_or_pass(
        [
            Fault(
                message="{directive} is out of use; in its place: {instead}",
                at=(f"/final/csp/{place}",),
                arguments={"directive": name, "instead": instead, "check": _GONE, "set": "leadline", "value": ""},
                discriminator=f"{place} {name}",
            )
            for place, one in enforced
            for name, instead in DEPRECATED.items()
            if one.directive(name)
        ]
    )
