"""Rules about header fields that tell what runs behind them. A name is information, a version is low.

Hiding a version is no cure for an outdated one; the remedies say so.
"""

import dataclasses

from scanner.model.evidence.http_exchanges import HttpExchanges, Purpose
from scanner.model.evidence.leakage import Leak, Leakage, LeakKind
from scanner.model.rule import Confidence, Reference, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import mdn_header, remedy, rfc
from scanner.rules.document_gate import BLOCKED, site_answered
from scanner.rules.leak_judging import (
    example_case,
    example_leak,
    leak_faults,
    leak_verdict,
    of_kind,
    telling_versions,
)
from scanner.rules.registry import rule
from scanner.rules.verdict import NotApplicable, Verdict

_COMPARED = frozenset({LeakKind.SERVER, LeakKind.PLATFORM, LeakKind.GENERATOR})
_OWASP = Reference(
    title="OWASP Secure Headers Project: prevent information disclosure",
    url="https://owasp.org/www-project-secure-headers/#prevent-information-disclosure-via-http-headers",
)
_WSTG = Reference(
    title="OWASP WSTG: fingerprint web server",
    url="https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/"
    "01-Information_Gathering/02-Fingerprint_Web_Server",
)
_HONEST = " Hiding a version is no cure: keep the software up to date."


@rule(
    RuleInfo(
        id="INF001",
        name="server-version-shown",
        title="The Server header tells a version",
        topic="leakage",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Reads the products of Server on every answer, normal and error.",
        rationale="Attackers search for versions with known flaws; the version saves them the guessing.",
        remediation=remedy(
            "Let the server name itself without a version." + _HONEST,
            nginx="server_tokens off;",
            apache="ServerTokens Prod\nServerSignature Off",
        ),
        references=(rfc(9110, "10.2.4", "HTTP: Server"), _OWASP, _WSTG),
        cwe=(200,),
    ),
    passing=example_case(example_leak("Server", "nginx", LeakKind.SERVER, ("nginx", None))),
    failing=example_case(example_leak("Server", "nginx/1.22.1", LeakKind.SERVER, ("nginx", "1.22.1"))),
)
def server_version_shown(case: Case[Leakage]) -> Verdict:
    """Fails for each server header that tells a version."""
    found = leak_faults(
        case,
        lambda leak: leak.kind is LeakKind.SERVER and bool(telling_versions(leak)),
        "{name}: {value} tells the version of the server",
    )
    return leak_verdict(case, found)


@rule(
    RuleInfo(
        id="INF002",
        name="server-product-shown",
        title="The Server header names the product",
        topic="leakage",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Lists server headers that name a product without a telling version.",
        rationale="A bare name tells little that other signs do not tell as well; it is listed for the inventory.",
        remediation=remedy("Nothing need be done. Some fronts can drop or replace the header." + _HONEST),
        references=(rfc(9110, "10.2.4", "HTTP: Server"), _OWASP),
        cwe=(200,),
    ),
    passing=example_case(),
    failing=example_case(example_leak("Server", "nginx", LeakKind.SERVER, ("nginx", None))),
)
def server_product_shown(case: Case[Leakage]) -> Verdict:
    """Fails, as information, for each server header without a version."""

    def wanted(leak: Leak) -> bool:
        return leak.kind is LeakKind.SERVER and not telling_versions(leak)

    return leak_verdict(case, leak_faults(case, wanted, "{name}: {value} names the server software"))


@rule(
    RuleInfo(
        id="INF003",
        name="platform-shown",
        title="Headers tell the platform behind the server",
        topic="leakage",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Reads X-Powered-By and the other headers of languages and frameworks; a version makes it low.",
        rationale="Nothing needs these headers; they tell where to look for known flaws.",
        remediation=remedy(
            "Switch the header off where it is made: expose_php = Off in PHP, app.disable('x-powered-by') in Express,"
            " or hide it in the front." + _HONEST,
            nginx="proxy_hide_header X-Powered-By;",
            apache="Header always unset X-Powered-By\nHeader onsuccess unset X-Powered-By",
        ),
        references=(_OWASP, _WSTG),
        cwe=(200,),
    ),
    passing=example_case(),
    failing=example_case(example_leak("X-Powered-By", "Express", LeakKind.PLATFORM, ("Express", None))),
)
def platform_shown(case: Case[Leakage]) -> Verdict:
    """Fails for each platform header but those of ASP.NET versions, which INF004 has."""

    def wanted(leak: Leak) -> bool:
        return leak.kind is LeakKind.PLATFORM and not _is_aspnet(leak)

    return leak_verdict(
        case, leak_faults(case, wanted, "{name}: {value} tells the platform", weight=_heavier_with_version)
    )


def _heavier_with_version(leak: Leak) -> Severity | None:
    return Severity.LOW if telling_versions(leak) else None


def _is_aspnet(leak: Leak) -> bool:
    return leak.name.lower() in {"x-aspnet-version", "x-aspnetmvc-version"}


@rule(
    RuleInfo(
        id="INF004",
        name="aspnet-version-shown",
        title="ASP.NET tells its version",
        topic="leakage",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for X-AspNet-Version and X-AspNetMvc-Version.",
        rationale="The headers serve nobody but those who look for known flaws.",
        remediation=remedy(
            'Set <httpRuntime enableVersionHeader="false" /> in web.config, and MvcHandler.DisableMvcResponseHeader ='
            " true in Application_Start." + _HONEST
        ),
        references=(
            Reference(
                title="Microsoft: HttpRuntimeSection.EnableVersionHeader",
                url="https://learn.microsoft.com/dotnet/api/system.web.configuration.httpruntimesection.enableversionheader",
            ),
            _OWASP,
        ),
        cwe=(200,),
    ),
    passing=example_case(),
    failing=example_case(
        example_leak("X-AspNet-Version", "4.0.30319", LeakKind.PLATFORM, ("x-aspnet-version", "4.0.30319"))
    ),
)
def aspnet_version_shown(case: Case[Leakage]) -> Verdict:
    """Fails for each of the two headers."""
    return leak_verdict(case, leak_faults(case, _is_aspnet, "{name}: {value} tells the version of ASP.NET"))


@rule(
    RuleInfo(
        id="INF005",
        name="generator-shown",
        title="Headers name the content management system",
        topic="leakage",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Reads X-Generator and the like; a version makes it low.",
        rationale="Systems with many plug-ins are attacked by name, day and night.",
        remediation=remedy(
            "Switch the header off in the system, or hide it in the front." + _HONEST,
            nginx="proxy_hide_header X-Generator;",
            apache="Header always unset X-Generator",
        ),
        references=(_OWASP,),
        cwe=(200,),
    ),
    passing=example_case(),
    failing=example_case(example_leak("X-Generator", "Drupal 10", LeakKind.GENERATOR, ("Drupal", "10"))),
)
def generator_shown(case: Case[Leakage]) -> Verdict:
    """Fails for each generator header."""
    what = "{name}: {value} tells what makes the pages"
    return leak_verdict(case, leak_faults(case, of_kind(LeakKind.GENERATOR), what, weight=_heavier_with_version))


@rule(
    RuleInfo(
        id="INF006",
        name="proxies-shown",
        title="Headers tell of proxies and caches on the way",
        topic="leakage",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Lists Via and the headers of caches.",
        rationale="Via is part of HTTP; a proxy may give itself a pseudonym there.",
        remediation=remedy("Let the proxy use a pseudonym without a version in Via." + _HONEST, apache="ProxyVia Off"),
        references=(rfc(9110, "7.6.3", "HTTP: Via"), mdn_header("Via")),
    ),
    passing=example_case(),
    failing=example_case(example_leak("Via", "1.1 varnish (Varnish/6.5)", LeakKind.PROXY, ("varnish", None))),
)
def proxies_shown(case: Case[Leakage]) -> Verdict:
    """Fails, as information, for each such header."""
    return leak_verdict(case, leak_faults(case, of_kind(LeakKind.PROXY), "{name}: {value} tells of a proxy or cache"))


@rule(
    RuleInfo(
        id="INF007",
        name="internal-address-shown",
        title="A header tells an internal address",
        topic="leakage",
        severity=Severity.LOW,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Looks for private, loopback and link-local addresses in the values of telling headers.",
        rationale="Internal addresses are the map for whoever can make the server send requests of his choosing.",
        remediation=remedy("Find what adds the header, most often a balancer or a debug setting, and remove it there."),
        references=(rfc(1918, "3", "Private address space"), _OWASP),
        cwe=(200,),
    ),
    passing=example_case(example_leak("X-Served-By", "cache-fra-eddf1", LeakKind.TOPOLOGY)),
    failing=example_case(example_leak("X-Backend-Server", "10.0.3.17", LeakKind.TOPOLOGY, internal="10.0.3.17")),
)
def internal_address_shown(case: Case[Leakage]) -> Verdict:
    """Fails for each header with an internal address in its value."""
    return leak_verdict(
        case, leak_faults(case, lambda leak: bool(leak.internal), "{name} tells the address {internal}")
    )


@rule(
    RuleInfo(
        id="INF008",
        name="inner-workings-shown",
        title="Headers tell of machines, timings and traces inside",
        topic="leakage",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Lists headers that name back ends, tell run times or carry the ids of monitoring agents.",
        rationale="They help the operator and tell others how the service is built.",
        remediation=remedy("Drop them in the front unless somebody outside needs them."),
        references=(_OWASP,),
        cwe=(200,),
    ),
    passing=example_case(),
    failing=example_case(example_leak("X-Runtime", "0.0123", LeakKind.TIMING)),
)
def inner_workings_shown(case: Case[Leakage]) -> Verdict:
    """Fails, as information, for each such header but those with an internal address, which INF007 has."""
    inside = of_kind(LeakKind.TOPOLOGY, LeakKind.TIMING, LeakKind.TRACE)

    def wanted(leak: Leak) -> bool:
        return inside(leak) and not leak.internal

    return leak_verdict(case, leak_faults(case, wanted, "{name}: {value} tells of the inner workings"))


@rule(
    RuleInfo(
        id="INF009",
        name="debug-headers-shown",
        title="Headers of development aids are sent",
        topic="leakage",
        severity=Severity.LOW,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Looks for the headers of profilers and debug bars, and for source paths; SourceMap is information.",
        rationale="They show that development settings are live; profilers behind such headers tell queries, settings"
        " and sessions.",
        remediation=remedy("Switch the debug settings off in production."),
        references=(
            Reference(title="Symfony: the profiler", url="https://symfony.com/doc/current/profiler.html"),
            mdn_header("SourceMap"),
        ),
        cwe=(489,),
    ),
    passing=example_case(),
    failing=example_case(
        example_leak("X-Debug-Token-Link", "https://www.example.org/_profiler/a1b2c3", LeakKind.DEBUG)
    ),
)
def debug_headers_shown(case: Case[Leakage]) -> Verdict:
    """Fails for each header of a development aid."""

    def lighter_for_maps(leak: Leak) -> Severity | None:
        return Severity.INFO if leak.name.lower() in {"sourcemap", "x-sourcemap"} else None

    message = "{name}: {value} comes from a development aid"
    return leak_verdict(case, leak_faults(case, of_kind(LeakKind.DEBUG), message, weight=lighter_for_maps))


@rule(
    RuleInfo(
        id="INF010",
        name="error-answers-tell-more",
        title="Error answers tell more than normal ones",
        topic="leakage",
        severity=Severity.INFO,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Compares the telling headers of error answers with those of normal answers.",
        rationale="A name that only shows on errors is one that somebody tried to hide, or another server than the one"
        " in front.",
        remediation=remedy("Apply the settings that hide it to error answers as well; in nginx headers need `always`."),
        references=(_OWASP, _WSTG),
        cwe=(209,),
    ),
    passing=example_case(example_leak("Server", "nginx", LeakKind.SERVER, ("nginx", None))),
    failing=example_case(
        example_leak("Server", "nginx", LeakKind.SERVER, ("nginx", None)),
        dataclasses.replace(
            example_leak("Server", "Apache/2.4.62", LeakKind.SERVER, ("Apache", "2.4.62")),
            purpose=Purpose.MISSING,
            status=404,
        ),
    ),
)
def error_answers_tell_more(case: Case[Leakage]) -> Verdict:
    """Fails, as information, for products that only error answers name."""
    if not site_answered(case):
        return BLOCKED
    if case.evidence.normal == 0 or not _entry_is_sound(case):
        return NotApplicable("there is no normal answer to compare with")
    normal = {one for leak in case.evidence.leaks if leak.status < 400 for one in _names(leak)}

    def wanted(leak: Leak) -> bool:
        return leak.status >= 400 and leak.kind in _COMPARED and not _names(leak) <= normal

    return leak_verdict(case, leak_faults(case, wanted, "only error answers tell {name}: {value}"))


def _entry_is_sound(case: Case[Leakage]) -> bool:
    """Whether the entry ends in a normal answer; a redirect from plain http alone may be another server's."""
    exchanges = case.other("http_exchanges", HttpExchanges)
    return exchanges is None or any((one.status or 500) < 400 for one in exchanges.of(Purpose.ENTRY)[-1:])


def _names(leak: Leak) -> frozenset[str]:
    """What a field is compared by: the products of a server header, else the header's name."""
    if leak.kind is LeakKind.SERVER:
        return frozenset(one.name.lower() for one in leak.products)
    return frozenset({leak.name.lower()})
