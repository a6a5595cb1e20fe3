"""Rules about how a policy trusts scripts and styles: nonces, hashes, handlers, trusted types, what it leaves open."""

from scanner.model.csp import CspPolicy, Delivery
from scanner.model.evidence.http_headers import DocumentHeaders, HttpHeaders
from scanner.model.rule import Confidence, Severity
from scanner.rules.case import Case
from scanner.rules.csp_evaluation import CspFinding, reused_nonces
from scanner.rules.csp_judging import MOST_FAULTS, arguments, enforced_policies, judged_by, pointer
from scanner.rules.csp_pages import GOOD, NONCE, info, with_policy
from scanner.rules.document_gate import on_page
from scanner.rules.header_examples import document, page, policy
from scanner.rules.registry import rule
from scanner.rules.verdict import Fault, NotApplicable, NotAssessed, Verdict, fail_or_pass

_NONCES = ("nonce reuse", "#security-nonces", "7.1")
_SOURCES = ("source lists", "#framework-directive-source-list", "2.3.1")
_STRICT = ("strict policies", "#strict-csp", "8.5")
_RANDOM = "Make the nonce of at least 16 bytes from a cryptographic random generator, in base64, new for every answer."
_TRUSTED_TYPES = ("eval and trusted types", "#can-compile-strings", "4.4.1")
_OTHER_NONCE = "'nonce-Hq7Lw2Zt9RbXk4Vd1Pc6Mg=='"


def _nonce_policy(nonce: str) -> dict[str, str]:
    return {"script-src": f"{nonce} 'strict-dynamic'", "object-src": "'none'", "base-uri": "'none'"}


csp_weak_nonce = rule(
    info(
        "CSP018",
        "csp-weak-nonce",
        "The nonce can be guessed",
        severity=Severity.LOW,
        summary="Looks for nonces below 128 bits, and for those that look made up: words, placeholders, counting rows.",
        rationale="Who can guess the nonce can give it to an injected script.",
        remediation=_RANDOM,
        section=_NONCES,
        cwe=(330,),
    ),
    passing=with_policy(_nonce_policy(NONCE)),
    failing=with_policy(_nonce_policy("'nonce-abc123'")),
)(
    judged_by(
        "NONCE_LENGTH",
        "NONCE_STATIC",
        "NONCE_SHORT",
        unless=("NONCE_INVALID",),
        once=True,
        severities={"NONCE_SHORT": Severity.INFO},
        confidences={"NONCE_STATIC": Confidence.TENTATIVE},
    )
)


@rule(
    info(
        "CSP019",
        "csp-nonce-reused",
        "The same nonce comes twice",
        severity=Severity.MEDIUM,
        summary="Fetches the document a second time and compares the nonces of scripts and styles; low for styles.",
        rationale="A nonce that stays the same is a password that every visitor knows: an injected script carries it"
        " and runs. A cache in front of the site has the same effect, for it serves one answer to many.",
        remediation=_RANDOM + " Keep answers with a nonce out of shared caches (Cache-Control: private or no-store), or"
        " use hashes for pages that are cached.",
        section=_NONCES,
        cwe=(323, 330),
    ),
    passing=page(
        csp=(policy(_nonce_policy(NONCE)),), repeat=document({}, csp=(policy(_nonce_policy(_OTHER_NONCE)),))
    ),
    failing=page(csp=(policy(_nonce_policy(NONCE)),), repeat=document({}, csp=(policy(_nonce_policy(NONCE)),))),
)  # fmt: skip
@on_page
def csp_nonce_reused(case: Case[HttpHeaders], final: DocumentHeaders) -> Verdict:
    """Fails for each nonce that stands in the document and in its second fetch, once in however many directives."""
    sent = {place: one for place, one in enforced_policies(final) if _has_nonce(one)}
    if not sent:
        return NotApplicable("no nonce is in force")
    repeat = case.evidence.repeat
    if repeat is None:
        return NotAssessed("the document was not fetched a second time")
    if not any(one.delivery is Delivery.HEADER for one in sent.values()):
        return NotAssessed("the nonce is in a meta element, and only headers were read a second time")
    if not any(_has_nonce(one) for one in repeat.csp):
        return NotAssessed("the second fetch brought no nonce to compare with")
    # Of the directives that a nonce stands in, those of scripts weigh more than those of styles.
    reused = (one for one in reused_nonces(final.csp, repeat.csp) if one.policy in sent)
    again = sorted(reused, key=_of_styles)
    told = {one.value: one for one in reversed(again)}
    return fail_or_pass(
        [
            Fault(
                message="{said}; a cache may be the cause",
                at=(pointer(final, one), "/repeat/csp"),
                arguments=arguments(one),
                discriminator=f"{one.check} {one.directive}",
                severity=Severity.LOW if _of_styles(one) else None,
            )
            for one in list(told.values())[:MOST_FAULTS]
        ]
    )


def _of_styles(finding: CspFinding) -> bool:
    return (finding.directive or "").startswith("style-src")


def _has_nonce(policy: CspPolicy) -> bool:
    return any("'nonce-" in word.lower() for line in policy.directives for word in line.sources)


csp_broken_nonce_or_hash = rule(
    info(
        "CSP020",
        "csp-broken-nonce-or-hash",
        "The policy has nonces or hashes that match nothing",
        severity=Severity.LOW,
        summary="Compares nonces and hashes with the grammar and with the length of the hash.",
        rationale="Browsers do not take them for nonces or hashes. What they should let in is blocked, and an"
        " 'unsafe-inline' that they should turn off stays on.",
        remediation="Write base64 (a nonce: at least 22 characters; a hash: sha256 44, sha384 64, sha512 88).",
        section=_SOURCES,
    ),
    passing=with_policy(_nonce_policy(NONCE)),
    failing=with_policy(_nonce_policy("'sha256-abc='")),
)(judged_by("NONCE_INVALID", "HASH_LENGTH", "HASH_ALGORITHM"))

csp_scripts_partly_governed = rule(
    info(
        "CSP030",
        "csp-scripts-partly-governed",
        "The policy governs one half of the scripts only",
        severity=Severity.LOW,
        summary="Looks for script-src-elem or script-src-attr without script-src and default-src.",
        rationale="Each speaks of its own half: script elements, or inline handlers. The other half, eval and workers"
        " are free.",
        remediation="Add script-src as the fallback of both.",
        section=("the fallback list of a directive", "#directive-fallback-list", "6.8.3"),
        cwe=(79,),
    ),
    passing=GOOD,
    failing=with_policy({"script-src-elem": "'self'"}),
)(judged_by("SCRIPTS_PARTLY_GOVERNED"))

csp_unsafe_hashes = rule(
    info(
        "CSP031",
        "csp-unsafe-hashes",
        "The policy lets listed inline handlers run",
        severity=Severity.INFO,
        summary="Looks for 'unsafe-hashes' in what governs scripts.",
        rationale="Handlers whose hash is listed run wherever they are injected, on any element.",
        remediation="Turn inline handlers into listeners that a script adds.",
        section=("usage of 'unsafe-hashes'", "#unsafe-hashes-usage", "8.3"),
    ),
    passing=GOOD,
    failing=with_policy({"script-src": "'self' 'unsafe-hashes'"}),
)(judged_by("SCRIPT_UNSAFE_HASHES"))

csp_inline_styles = rule(
    info(
        "CSP032",
        "csp-inline-styles",
        "The policy lets inline styles count",
        severity=Severity.INFO,
        summary="Looks for 'unsafe-inline' in the style directives, without a nonce or hash.",
        rationale="Injected styles run no script, but can deface the page and read parts of it letter by letter. Many"
        " good sites need them; this is advice.",
        remediation="Move styles into files, or give style elements a nonce.",
        section=("style-src", "#directive-style-src", "6.1.13"),
    ),
    passing=GOOD,
    failing=with_policy({"default-src": "'self'", "style-src": "'self' 'unsafe-inline'"}),
)(judged_by("STYLE_UNSAFE_INLINE"))

csp_trusted_types_missing = rule(
    info(
        "CSP035",
        "csp-trusted-types-missing",
        "The policy does not require trusted types",
        severity=Severity.INFO,
        summary="Looks for require-trusted-types-for 'script' in any enforced policy.",
        rationale="With it, innerHTML and its like take values that the page's own policies made, and no plain text:"
        " injection through the DOM has fewer places to go. This is advice, no fault.",
        remediation="Try require-trusted-types-for 'script' in a policy that only reports; browsers without it ignore"
        " the directive.",
        section=_TRUSTED_TYPES,
        cwe=(79,),
    ),
    passing=GOOD,
    failing=with_policy({"default-src": "'self'"}),
)(judged_by("REQUIRE_TRUSTED_TYPES_FOR_SCRIPTS", absences=("REQUIRE_TRUSTED_TYPES_FOR_SCRIPTS",)))

csp_trusted_types_weak = rule(
    info(
        "CSP036",
        "csp-trusted-types-weak",
        "The trusted types directives of the policy are open or mistaken",
        severity=Severity.INFO,
        summary="Looks for * and 'allow-duplicates', for names that no policy can have, for sinks that do not exist,"
        " and for trusted-types without require-trusted-types-for.",
        rationale="A list of policy names restricts only when it is short, exact and required.",
        remediation="Name the policies that the page makes, and add require-trusted-types-for 'script'.",
        section=_TRUSTED_TYPES,
    ),
    passing=GOOD,
    failing=with_policy({"require-trusted-types-for": "'script'", "trusted-types": "*", "default-src": "'self'"}),
)(
    judged_by(
        "TRUSTED_TYPES_WILDCARD",
        "TRUSTED_TYPES_DUPLICATES",
        "TRUSTED_TYPES_POLICY_NAME",
        "TRUSTED_TYPES_NOT_REQUIRED",
        "TRUSTED_TYPES_SINK",
    )
)

csp_hosts_trusted = rule(
    info(
        "CSP042",
        "csp-hosts-trusted",
        "The policy trusts hosts instead of scripts",
        severity=Severity.INFO,
        summary="Looks for hosts and schemes in what governs scripts, without 'strict-dynamic'.",
        rationale="Whatever a trusted host serves may run, and large hosts serve what helps an attacker. Nonces and"
        " hashes name the scripts themselves. This is advice, no fault.",
        remediation="Use a nonce or hashes with 'strict-dynamic', and object-src 'none' and base-uri 'none'.",
        section=_STRICT,
    ),
    passing=GOOD,
    failing=with_policy({"default-src": "'self'", "script-src": "'self' https://cdn.example.org"}),
)(judged_by("STRICT_DYNAMIC"))
