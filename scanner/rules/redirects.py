"""Rules on the way from plain http to https: whether a visitor who starts in the clear ends on TLS."""

import ipaddress

from scanner.model.evidence.redirects import Chain, ChainEnd, Redirects
from scanner.model.rule import Confidence, Reference, Remediation, RuleInfo, Severity
from scanner.model.target import Target
from scanner.rules.case import Case
from scanner.rules.redirect_views import (
    DOCUMENT,
    GOOD,
    HSTS,
    MDN_TLS,
    REDIRECTION,
    TO_HTTPS,
    TO_SELF,
    URIS,
    after,
    hop_of,
    is_preloaded,
    plain_chain,
)
from scanner.rules.registry import rule
from scanner.rules.verdict import NotApplicable, NotAssessed, Pass, Unknown, Verdict, fail

_TEMPORARY = frozenset({302, 303, 307})  # RFC 9110 section 15.4


@rule(
    RuleInfo(
        id="RDR001",
        name="http-not-redirected-to-https",
        title="Plain http does not lead to https",
        topic="redirects",
        severity=Severity.MEDIUM,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Whether http://host/ leads to https, or serves the site in the clear.",
        rationale=(
            "Whoever types the name or follows an old link starts in the clear. Without a redirect he stays there: "
            "anybody on the way can read and change what he gets, and no HSTS policy ever reaches his browser."
        ),
        remediation=Remediation(
            text="Answer every plain-http request with a permanent redirect to the same URL on https.",
            snippets=TO_HTTPS,
        ),
        references=(HSTS, MDN_TLS),
        cwe=(319,),
    ),
    passing=Case(evidence=GOOD),
    failing=Case(evidence=after(hop_of("http://www.example.org/", 200))),
)
def http_leads_to_https(case: Case[Redirects]) -> Verdict:
    """Fails where plain http serves a document; an error or a closed port serves none."""
    chain = plain_chain(case)
    if not isinstance(chain, Chain):
        return chain
    if chain.reaches_https:
        return Pass()
    if is_preloaded(case):
        return Pass("browsers never ask plain http: the host is covered by the HSTS preload list")
    last = chain.hops[-1]
    if chain.end is not ChainEnd.ANSWER or last.status is None:
        return Unknown(f"where plain http leads could not be seen ({chain.end})")
    if 200 <= last.status < 300 or last.status == 401:
        return fail(
            "http://{host}/ ends at {url} with status {status}, without https",
            f"/http/hops/{len(chain.hops) - 1}",
            host=case.target.host,
            url=last.url,
            status=last.status,
        )
    if 400 <= last.status < 500:
        return Pass(f"plain http serves no document (status {last.status})")
    return Unknown(f"plain http answers with status {last.status}")


@rule(
    RuleInfo(
        id="RDR002",
        name="http-leaves-host-before-https",
        title="Plain http redirects to another host before https on its own",
        topic="redirects",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Whether the first redirect from http://host/ stays on the host.",
        rationale=(
            "A browser learns HSTS only from an https answer of the very host. Where the first redirect leaves the "
            "host, visitors who type this name are never protected by its HSTS policy and start in the clear each time."
        ),
        remediation=Remediation(
            text="Redirect to https on the same host first, send HSTS there, and only then redirect to the other host.",
            snippets=TO_HTTPS,
        ),
        references=(HSTS, Reference(title="HSTS preload list: requirements", url="https://hstspreload.org/")),
        cwe=(319,),
    ),
    passing=Case(evidence=GOOD),
    failing=Case(
        evidence=after(
            hop_of("http://www.example.org/", 301, "https://shop.example.net/"),
            hop_of("https://shop.example.net/", 200),
        )
    ),
)
def http_stays_on_host(case: Case[Redirects]) -> Verdict:
    """Fails where the first redirect from plain http goes to another host."""
    chain = plain_chain(case)
    if not isinstance(chain, Chain):
        return NotApplicable("port 80 is closed") if isinstance(chain, Pass) else chain
    first = chain.hops[0]
    if first.to_host is None:
        return NotApplicable("plain http does not redirect")
    if first.to_host == first.host:
        return Pass()
    if is_preloaded(case):
        return Pass("browsers never ask plain http: the host is covered by the HSTS preload list")
    return fail(
        "http://{host}/ redirects to {to} before any https answer of {host}",
        "/http/hops/0",
        host=case.target.host,
        to=first.to,
    )


@rule(
    RuleInfo(
        id="RDR005",
        name="temporary-redirect-to-https",
        title="The redirect from http to https is temporary",
        topic="redirects",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Whether the redirect from plain http to https on the same host is permanent (301 or 308).",
        rationale=(
            "A permanent redirect is kept by browsers and search engines, so that later visits start on https even "
            "where HSTS is missing or has run out."
        ),
        remediation=Remediation(text="Answer with 301 or 308 instead of 302, 303 or 307.", snippets=TO_HTTPS),
        references=(REDIRECTION,),
    ),
    passing=Case(evidence=GOOD),
    failing=Case(evidence=after(hop_of("http://www.example.org/", 302, "https://www.example.org/"), DOCUMENT)),
)
def redirect_is_permanent(case: Case[Redirects]) -> Verdict:
    """Fails where the redirect that leads to https on the same host is a temporary one."""
    chain = plain_chain(case)
    if not isinstance(chain, Chain):
        return NotApplicable("port 80 is closed") if isinstance(chain, Pass) else chain
    first = chain.hops[0]
    if first.to_scheme != "https" or first.to_host != first.host:
        return NotApplicable("plain http does not redirect to https on the same host")
    if first.status not in _TEMPORARY:
        return Pass()
    return fail("{url} redirects to https with status {status}", "/http/hops/0", url=first.url, status=first.status)


@rule(
    RuleInfo(
        id="RDR006",
        name="plain-http-on-the-way-to-https",
        title="The way to https passes through a second plain-http URL",
        topic="redirects",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Whether the chain from http://host/ goes to https at once.",
        rationale=(
            "Each answer in the clear is one more chance to be led astray, and the host that was left has no chance to "
            "send HSTS."
        ),
        remediation=Remediation(
            text="Let the first redirect go to https already; change host or path afterwards.", snippets=TO_HTTPS
        ),
        references=(HSTS, MDN_TLS),
        cwe=(319,),
    ),
    passing=Case(evidence=GOOD),
    failing=Case(
        evidence=after(
            hop_of("http://www.example.org/", 301, "http://www.example.org/en/"),
            hop_of("http://www.example.org/en/", 301, "https://www.example.org/en/"),
            hop_of("https://www.example.org/en/", 200),
        )
    ),
)
def goes_to_https_at_once(case: Case[Redirects]) -> Verdict:
    """Fails where a chain that does reach https has plain-http hops after the first."""
    chain = plain_chain(case)
    if not isinstance(chain, Chain):
        return NotApplicable("port 80 is closed") if isinstance(chain, Pass) else chain
    if not chain.reaches_https:
        return NotApplicable("plain http does not lead to https")
    first_secure = next((place for place, hop in enumerate(chain.hops) if hop.scheme == "https"), len(chain.hops))
    between = range(1, first_secure)
    if not between:
        return Pass()
    return fail(
        "http://{host}/ leads through {url} in the clear before it reaches https",
        tuple(f"/http/hops/{place}" for place in between),
        host=case.target.host,
        url=chain.hops[1].url,
    )


_PLAIN_TARGET = Target(url="http://www.example.org/", host="www.example.org", port=80, scheme="http")


@rule(
    RuleInfo(
        id="RDR008",
        name="served-over-plain-http",
        title="The site is served over plain http",
        topic="redirects",
        severity=Severity.MEDIUM,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Whether a target that was named with http:// ends on https.",
        rationale="Everything between the visitor and this server can be read and changed by anybody on the way.",
        remediation=Remediation(
            text="Get a certificate (ACME makes that free and automatic), serve https and redirect to it.",
            snippets=TO_HTTPS,
        ),
        references=(MDN_TLS, URIS),
        cwe=(319,),
    ),
    passing=Case(
        target=_PLAIN_TARGET,
        evidence=Redirects(https=None, http=Chain(hops=(TO_SELF, DOCUMENT), end=ChainEnd.ANSWER)),
    ),
    failing=Case(
        target=_PLAIN_TARGET,
        evidence=Redirects(https=None, http=Chain(hops=(hop_of("http://www.example.org/", 200),), end=ChainEnd.ANSWER)),
    ),
)
def plain_target_ends_on_https(case: Case[Redirects]) -> Verdict:
    """Fails where an http target serves its answer in the clear; low at addresses that are not on the internet."""
    if case.target.is_tls:
        return NotApplicable("the target is https")
    chain = case.evidence.http
    if chain is None:
        return NotAssessed("the target was not asked")
    last = chain.hops[-1]
    if chain.reaches_https:
        return Pass()
    if chain.end is not ChainEnd.ANSWER or last.status is None or last.status >= 500:
        why = f"status {last.status}" if chain.end is ChainEnd.ANSWER and last.status else chain.end
        return Unknown(f"where the target leads could not be seen ({why})")
    return fail(
        "{url} is answered with status {status} over plain http",
        f"/http/hops/{len(chain.hops) - 1}",
        severity=Severity.LOW if _is_private(case.endpoint) else None,
        url=last.url,
        status=last.status,
    )


def _is_private(endpoint: str | None) -> bool:
    """Whether an endpoint's key names an address of a private network or of this machine."""
    if endpoint is None:
        return False
    return ipaddress.ip_address(endpoint.rpartition(":")[0].strip("[]")).is_private
