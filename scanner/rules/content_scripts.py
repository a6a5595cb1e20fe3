"""Rules about what the page loads and runs: hosts with a record, integrity, mixed content, inline code, the inventory.

A script of another site is no fault; it is listed, and so is what binds it.
"""

import re
from collections.abc import Sequence

from scanner.model.csp import Disposition
from scanner.model.evidence.content import Content, Inline, IntegrityState, Mixed, Part, Suspect
from scanner.model.evidence.http_headers import HttpHeaders
from scanner.model.page import Relation
from scanner.model.peer import PeerText
from scanner.model.rule import Confidence, Reference, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import CSP3, HTML, remedy, w3c
from scanner.rules.content_examples import content_case, script
from scanner.rules.content_gate import on_content
from scanner.rules.registry import rule
from scanner.rules.verdict import Fault, NotApplicable, Pass, Verdict, fail, fail_or_pass

_SRI = w3c("Subresource Integrity", "https://www.w3.org/TR/SRI/", "section 3")
_MDN_SRI = Reference(
    title="MDN: Subresource Integrity", url="https://developer.mozilla.org/docs/Web/Security/Subresource_Integrity"
)
_MIXED = w3c("Mixed Content", "https://www.w3.org/TR/mixed-content/", "section 3")
_PCI = Reference(
    title="PCI DSS 4.0.1, requirements 6.4.3 and 11.6.1",
    url="https://www.pcisecuritystandards.org/document_library/",
    section="requirements 6.4.3 and 11.6.1",
)
_SANSEC = Reference(
    title="Sansec: Polyfill supply chain attack", url="https://sansec.io/research/polyfill-supply-chain-attack"
)
_VERSIONED = re.compile(r"[@/-]v?\d+\.\d+(?:\.\d+)?(?:[/.@-]|$)")
_HTTP_IMAGE = Mixed(kind="image", active=False, url=PeerText("http://www.example.org/logo.png"))
_HTTP_SCRIPT = Mixed(kind="script", active=True, url=PeerText("http://cdn.example.net/lib.js"))
_LISTED = 5
_UNFIT = {
    IntegrityState.INVALID: "the integrity attribute of {url} holds no hash that browsers know",
    IntegrityState.REFUSED: "the hash in the integrity attribute of {url} has the wrong length: browsers refuse it",
}


@rule(
    RuleInfo(
        id="CNT001",
        name="compromised-script-host",
        title="The page loads code from a host that has served harmful scripts",
        topic="content",
        severity=Severity.HIGH,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Compares the hosts of scripts and stylesheets with a short, dated table of compromised ones.",
        rationale="A script runs with all rights of the page. Whoever holds its host reads what visitors type and sends"
        " them elsewhere; these hosts have done so, or belong to the same operator.",
        remediation=remedy(
            "Remove the script. Polyfills are hardly needed any more; serve the libraries from your own host, or from"
            " a mirror that you trust, with an integrity attribute."
        ),
        references=(_SANSEC, _SRI),
        cwe=(829, 506),
    ),
    passing=content_case(scripts=(script(),), hosts_dated="2026-11-21"),
    failing=content_case(
        scripts=(script("/v3/polyfill.min.js", host="cdn.polyfill.io"),),
        hosts_dated="2026-11-21",
        suspects=(
            Suspect(
                host=PeerText("cdn.polyfill.io"),
                url=PeerText("https://cdn.polyfill.io/v3/polyfill.min.js"),
                served=True,
                since="2024-06-25",
                source=_SANSEC.url,
            ),
        ),
    ),
)
@on_content
def compromised_script_host(case: Case[Content]) -> Verdict:
    """Fails for each host with a record; medium where only its operator has one."""
    return fail_or_pass(
        [
            Fault(
                message="{host} has served harmful scripts (reported {since})"
                if one.served
                else "{host} belongs to the operator of hosts that have served harmful scripts (reported {since})",
                at=(f"/suspects/{place}",),
                arguments={"host": one.host, "since": one.since},
                discriminator=one.host,
                severity=None if one.served else Severity.MEDIUM,
            )
            for place, one in enumerate(case.evidence.suspects)
        ],
        f"no host of the table of {case.evidence.hosts_dated}",
    )


@rule(
    RuleInfo(
        id="CNT002",
        name="sri-missing",
        title="Scripts or stylesheets of other sites have no integrity attribute",
        topic="content",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Lists what the page loads from other sites without a hash; a file with a version in its address, which"
        " does not change, is low.",
        rationale="With a hash the browser refuses a file that was changed at its host. Files that their makers change"
        " at will (payment, analytics, maps) cannot have one.",
        remediation=remedy(
            "Serve the file from your own host, or write its hash into integrity, with crossorigin:"
            ' <script src="…" integrity="sha384-…" crossorigin="anonymous"></script>.'
        ),
        references=(_SRI, _MDN_SRI, _PCI),
        cwe=(353, 829),
    ),
    passing=content_case(scripts=(script(integrity=IntegrityState.VALID, crossorigin=True),)),
    failing=content_case(scripts=(script("/jquery@3.7.1/jquery.min.js"),)),
)
@on_content
def sri_missing(case: Case[Content]) -> Verdict:
    """Fails for each other site's host with files without a hash."""
    foreign = _foreign(case.evidence)
    if not foreign:
        return NotApplicable("the page loads no script and no stylesheet of another site")
    bare = [(at, one) for at, one in foreign if one.integrity is IntegrityState.NONE]
    hosts: dict[str, list[tuple[str, Part]]] = {}
    for at, one in bare:
        hosts.setdefault(one.host or "", []).append((at, one))
    return fail_or_pass(
        [
            Fault(
                message="loaded without integrity from {host}: {urls}",
                at=tuple(at for at, _ in found),
                arguments={"count": len(found), "host": host, "urls": _urls([one for _, one in found])},
                discriminator=host,
                severity=Severity.LOW if any(_VERSIONED.search(one.url or "") for _, one in found) else None,
            )
            for host, found in hosts.items()
        ],
        "all scripts and stylesheets of other sites are bound by a hash",
    )


@rule(
    RuleInfo(
        id="CNT003",
        name="sri-invalid",
        title="An integrity attribute does not do its work",
        topic="content",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Reads integrity attributes as browsers do: sha256, sha384, sha512 or ed25519, with base64.",
        rationale="Browsers pass over what they do not understand and load the file unchecked. A hash of the wrong"
        " length fits no file, so they refuse it, and the page lacks it.",
        remediation=remedy("Write the hash as sha384- and base64: openssl dgst -sha384 -binary FILE | base64 -w0."),
        references=(_SRI, _MDN_SRI),
        cwe=(353,),
    ),
    passing=content_case(scripts=(script(integrity=IntegrityState.VALID, crossorigin=True),)),
    failing=content_case(scripts=(script(integrity=IntegrityState.INVALID, crossorigin=True),)),
)
@on_content
def sri_invalid(case: Case[Content]) -> Verdict:
    """Fails for each file whose integrity attribute browsers ignore, or that no file can meet."""
    bound = [(at, one) for at, one in _external(case.evidence) if one.integrity is not IntegrityState.NONE]
    if not bound:
        return NotApplicable("nothing on the page has an integrity attribute")
    return fail_or_pass(
        [
            Fault(
                message=_UNFIT[one.integrity],
                at=(at,),
                arguments={"url": one.url or ""},
                discriminator=one.url or "",
            )
            for at, one in bound
            if one.integrity in _UNFIT
        ]
    )


@rule(
    RuleInfo(
        id="CNT004",
        name="sri-without-crossorigin",
        title="An integrity attribute of another origin's file stands without crossorigin",
        topic="content",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for valid integrity on files of other origins that are not asked for with CORS.",
        rationale="Browsers may check the hash of what CORS lets them read only, and block the file otherwise.",
        remediation=remedy('Add crossorigin="anonymous"; the host has to answer with Access-Control-Allow-Origin.'),
        references=(
            _SRI,
            w3c("HTML: CORS settings attributes", f"{HTML}urls-and-fetching.html#cors-settings-attributes"),
        ),
        cwe=(353,),
    ),
    passing=content_case(scripts=(script(integrity=IntegrityState.VALID, crossorigin=True),)),
    failing=content_case(scripts=(script(integrity=IntegrityState.VALID),)),
)
@on_content
def sri_without_crossorigin(case: Case[Content]) -> Verdict:
    """Fails for each file that browsers will refuse; module scripts are always asked for with CORS."""
    bound = [
        (at, one)
        for at, one in _external(case.evidence)
        if one.integrity is IntegrityState.VALID and one.relation is not Relation.SAME_ORIGIN
    ]
    if not bound:
        return NotApplicable("no file of another origin has a valid integrity attribute")
    return fail_or_pass(
        [
            Fault(
                message="{url} has integrity without crossorigin, so browsers refuse it",
                at=(at,),
                arguments={"url": one.url or ""},
                discriminator=one.url or "",
            )
            for at, one in bound
            if not one.crossorigin and one.kind != "module"
        ]
    )


@rule(
    RuleInfo(
        id="CNT005",
        name="third-party-scripts",
        title="The page runs scripts of other sites",
        topic="content",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="The inventory of scripts by host. The evidence has every script with its address or hash.",
        rationale="Each host can change what the page does. On payment pages PCI DSS wants a list of scripts with the"
        " reason for each, and a sign when it changes.",
        remediation=remedy(
            "Keep the list, know why each script is there, and bind or drop the rest. Compare scans with a baseline to"
            " see changes."
        ),
        references=(_PCI, _SRI),
        cwe=(829,),
    ),
    passing=content_case(scripts=(script(host="www.example.org"),)),
    failing=content_case(scripts=(script(),)),
)
@on_content
def third_party_scripts(case: Case[Content]) -> Verdict:
    """Fails, as information, with the hosts of other sites whose scripts run."""
    foreign = [
        (f"/scripts/{place}", one)
        for place, one in enumerate(case.evidence.scripts)
        if one.runs and one.relation is Relation.CROSS_SITE
    ]
    if not foreign:
        return Pass("no script of another site runs")
    hosts = dict.fromkeys(one.host or "" for _, one in foreign)
    return fail(
        "scripts of other sites that run in the page: {count}, from {hosts}",
        tuple(at for at, _ in foreign),
        count=len(foreign),
        number=len(hosts),
        hosts=", ".join(list(hosts)[: _LISTED * 2]) + (" …" if len(hosts) > _LISTED * 2 else ""),
    )


@rule(
    RuleInfo(
        id="CNT006",
        name="mixed-content-active",
        title="An https page loads code or frames by plain http",
        topic="content",
        severity=Severity.MEDIUM,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for scripts, stylesheets, frames, fonts and objects with http addresses on an https page.",
        rationale="Browsers block them, so the page is broken; where an old client does not, anybody on the way runs"
        " code in the page.",
        remediation=remedy(
            "Use https addresses. Until all are found, upgrade-insecure-requests in the CSP makes browsers do so.",
            nginx='add_header Content-Security-Policy "upgrade-insecure-requests" always;',
            apache='Header always set Content-Security-Policy "upgrade-insecure-requests"',
        ),
        references=(_MIXED, w3c("Upgrade Insecure Requests", "https://www.w3.org/TR/upgrade-insecure-requests/")),
        cwe=(319, 829),
    ),
    passing=content_case(),
    failing=content_case(mixed=(_HTTP_SCRIPT,)),
)
@on_content
def mixed_content_active(case: Case[Content]) -> Verdict:
    """Fails where anything is loaded by http that browsers block; passes where the page has it upgraded."""
    return _mixed(case, active=True, message="loaded by plain http, which browsers block: {urls}")


@rule(
    RuleInfo(
        id="CNT007",
        name="mixed-content-passive",
        title="An https page names images or media by plain http",
        topic="content",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for images, audio and video with http addresses on an https page.",
        rationale="Current browsers ask by https instead, and show nothing where that fails; older ones do not.",
        remediation=remedy("Use https addresses."),
        references=(_MIXED,),
        cwe=(319,),
    ),
    passing=content_case(),
    failing=content_case(mixed=(_HTTP_IMAGE,)),
)
@on_content
def mixed_content_passive(case: Case[Content]) -> Verdict:
    """Fails where images or media have http addresses."""
    return _mixed(case, active=False, message="images or media named by plain http: {urls}")


@rule(
    RuleInfo(
        id="CNT008",
        name="inline-scripts",
        title="The page runs inline code",
        topic="content",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Counts inline scripts without a nonce, event handler attributes and javascript: addresses.",
        rationale="A policy that stops injected code has to forbid inline code; each piece of it needs a nonce or hash"
        " first, and handlers and javascript: addresses have to go.",
        remediation=remedy(
            "Move the code into files, or give the script elements a nonce; bind handlers from a script."
        ),
        references=(w3c("Content Security Policy: unsafe-inline", f"{CSP3}#unsafe-inline"),),
        cwe=(1021,),
    ),
    passing=content_case(inline=Inline(scripts=1, scripts_with_nonce=1)),
    failing=content_case(inline=Inline(scripts=2, handlers={"onclick": 3})),
)
@on_content
def inline_scripts(case: Case[Content]) -> Verdict:
    """Fails, as information, with what runs inline."""
    inline = case.evidence.inline
    bare, handlers = inline.scripts - inline.scripts_with_nonce, sum(inline.handlers.values())
    if not (bare or handlers or inline.javascript_urls):
        return Pass("nothing runs inline without a nonce")
    return fail(
        "inline scripts without a nonce: {scripts}; event handlers: {handlers}; javascript: addresses: {urls}",
        "/inline",
        scripts=bare,
        handlers=handlers,
        urls=inline.javascript_urls,
    )


def _external(content: Content) -> list[tuple[str, Part]]:
    """The scripts and stylesheets that are loaded, with their JSON Pointers."""
    rows = [
        *((f"/scripts/{place}", one) for place, one in enumerate(content.scripts) if one.runs),
        *((f"/stylesheets/{place}", one) for place, one in enumerate(content.stylesheets)),
    ]
    return [(at, one) for at, one in rows if one.host is not None]


def _foreign(content: Content) -> list[tuple[str, Part]]:
    return [(at, one) for at, one in _external(content) if one.relation is Relation.CROSS_SITE]


def _urls(parts: Sequence[Part]) -> str:
    shown = ", ".join((one.url or "") for one in parts[:_LISTED])
    return shown + (" …" if len(parts) > _LISTED else "")


def _mixed(case: Case[Content], *, active: bool, message: str) -> Verdict:
    if not case.evidence.secure:
        return NotApplicable("the page itself came by plain http")
    found = [(place, one) for place, one in enumerate(case.evidence.mixed) if one.active is active]
    if not found:
        return Pass()
    if _upgraded(case):
        return Pass("the page's policy has browsers upgrade these addresses to https")
    shown = ", ".join(one.url for _, one in found[:_LISTED]) + (" …" if len(found) > _LISTED else "")
    return fail(message, tuple(f"/mixed/{place}" for place, _ in found), count=len(found), urls=shown)


def _upgraded(case: Case[Content]) -> bool:
    headers = case.other("http_headers", HttpHeaders)
    if headers is None or headers.final is None:
        return False
    enforced = [policy for policy in headers.final.csp if policy.disposition is Disposition.ENFORCE]
    return any(one.name == "upgrade-insecure-requests" for policy in enforced for one in policy.directives)
