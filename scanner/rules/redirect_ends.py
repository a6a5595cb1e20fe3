"""Rules on where chains lead: to hosts that are not there, to internal ones, and through the clear on the way."""

import dataclasses
import ipaddress

from scanner.model.evidence.redirects import Chain, ChainEnd, Hop, Redirects
from scanner.model.networks import is_internal_address, is_internal_name
from scanner.model.outcome import Outcome, Stage
from scanner.model.peer import PeerText
from scanner.model.rule import Confidence, Remediation, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import rfc
from scanner.rules.redirect_views import GOOD, LOCATION, MDN_TLS, REDIRECTION, chains, hop_of, own_hops, unless_hidden
from scanner.rules.registry import rule
from scanner.rules.verdict import Fault, NotApplicable, NotAssessed, Unknown, Verdict, fail_or_pass

_CLOSED = frozenset({Outcome.REFUSED, Outcome.UNREACHABLE})
"""How a hop ends where nobody is; silence may have other reasons."""

_OURS = frozenset({Outcome.FORBIDDEN, Outcome.NOT_ASSESSED, Outcome.CANCELLED})
"""How a hop ends that we did not ask."""

_NO_SUCH_NAME = ("there is no such name", "the name has no address")
"""How the detail of a hop begins whose name does not exist; other words say that a name server failed."""

_ENTRY = "https://www.example.org/"


def _led(*hops: Hop, end: ChainEnd = ChainEnd.ANSWER) -> Case[Redirects]:
    return Case(evidence=Redirects(https=Chain(hops=hops, end=end), http=None))


@rule(
    RuleInfo(
        id="RDR010",
        name="redirect-leads-nowhere",
        title="A redirect leads to a host that is not there",
        topic="redirects",
        severity=Severity.LOW,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Whether the last hop of each chain could be reached; silence and our own limits do not count.",
        rationale="Visitors end at an error. A name that does not exist any more can be registered by somebody else,"
        " who then gets the site's visitors.",
        remediation=Remediation(text="Let the redirect name a host that exists and answers, or take it away."),
        references=(LOCATION, REDIRECTION),
        cwe=(672,),
    ),
    passing=Case(evidence=GOOD),
    failing=_led(
        hop_of(_ENTRY, 301, "https://shop.example.net/"),
        dataclasses.replace(
            hop_of("https://shop.example.net/", None, outcome=Outcome.UNRESOLVED, stage=Stage.RESOLVE),
            detail=PeerText("there is no such name (NXDOMAIN)"),
        ),
        end=ChainEnd.FAILED,
    ),
)
def redirect_leads_somewhere(case: Case[Redirects]) -> Verdict:
    """Fails for each chain of several hops whose last one could not be reached from here."""
    redirected = [(key, chain) for key, chain in chains(case.evidence) if len(chain.hops) > 1]
    if not redirected:
        return unless_hidden(case.evidence, NotApplicable("no redirect was followed"))
    faults: dict[str, Fault] = {}
    for key, chain in redirected:
        last, before = chain.hops[-1], chain.hops[-2]
        # The named host's own silence at https is what the whole scan is about.
        if _is_nowhere(last) and last.url != case.target.url:
            fault = Fault(
                message="{url} redirects to {to}, where nobody answers ({how})",
                at=(f"/{key}/hops/{len(chain.hops) - 2}", f"/{key}/hops/{len(chain.hops) - 1}"),
                arguments={"url": before.url, "to": last.url, "how": last.outcome},
                discriminator=last.url,
            )
            faults.setdefault(last.url, fault)
    failed = next((chain.hops[-1] for _, chain in redirected if chain.end is ChainEnd.FAILED), None)
    if failed is not None and not faults:
        unseen = NotAssessed if failed.outcome in _OURS else Unknown
        return unseen(f"the host that a redirect leads to did not answer ({failed.outcome})")
    return unless_hidden(case.evidence, fail_or_pass(tuple(faults.values())))


def _is_nowhere(hop: Hop) -> bool:
    """Whether it is proven that nobody is there: a closed port, no route, or a name that does not exist."""
    return hop.outcome in _CLOSED or (
        hop.outcome is Outcome.UNRESOLVED and (hop.detail or "").startswith(_NO_SUCH_NAME)
    )


@rule(
    RuleInfo(
        id="RDR011",
        name="redirect-to-internal-host",
        title="A redirect gives away an internal host",
        topic="redirects",
        severity=Severity.LOW,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Looks for private addresses, single labels and endings such as .internal or .local in the targets of"
        " redirects. A target that is internal itself is left out.",
        rationale="Visitors cannot follow it, and it tells how the machines behind the front are called. Mostly an"
        " application builds its URLs from the name it has itself.",
        remediation=Remediation(
            text="Tell the application its public name (X-Forwarded-Host, or a setting), or let it redirect by path.",
        ),
        references=(LOCATION, rfc(9110, "17.9", "HTTP: disclosure of sensitive information in URIs")),
        cwe=(200,),
    ),
    passing=Case(evidence=GOOD),
    failing=_led(hop_of(_ENTRY, 302, "http://10.1.1.7/login"), end=ChainEnd.FAILED),
)
def redirect_names_no_internal_host(case: Case[Redirects]) -> Verdict:
    """Fails for each redirect of a public target's host to an internal one."""
    if _is_internal(case.target.host) or _at_private_address(case.endpoint):
        return NotApplicable("the target is internal itself")
    redirects = [(at, hop) for at, hop in own_hops(case.evidence) if hop.to_host is not None]
    if not redirects:
        return unless_hidden(case.evidence, NotApplicable("no redirect of this host"))
    faults = [
        Fault(
            message="{url} redirects to the internal host {host}",
            at=(f"{at}/to_host",),
            arguments={"url": hop.url, "host": hop.to_host},
            discriminator=hop.url,
        )
        for at, hop in redirects
        if _is_internal(hop.to_host or "")
    ]
    return unless_hidden(case.evidence, fail_or_pass(faults))


def _is_internal(host: str) -> bool:
    """Whether a host is one of a private network by its address or name; this machine's own names included."""
    try:
        return ipaddress.ip_address(host).is_loopback or is_internal_address(host)
    except ValueError:
        return is_internal_name(host)


def _at_private_address(endpoint: str | None) -> bool:
    """Whether the scan itself ran inside: then internal names are where they belong."""
    return endpoint is not None and _is_internal(endpoint.rpartition(":")[0].strip("[]"))


@rule(
    RuleInfo(
        id="RDR012",
        name="chain-leaves-https",
        title="A redirect of another host leads from https down to plain http",
        topic="redirects",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Whether a chain that has reached https stays there beyond the named host, too.",
        rationale="The site sends its visitors to a host that leads them into the clear, where anybody on the way can"
        " read and change what they get.",
        remediation=Remediation(
            text="Redirect to the final https URL directly, or have the other host mend its redirect."
        ),
        references=(REDIRECTION, MDN_TLS),
        cwe=(319,),
    ),
    passing=Case(evidence=GOOD),
    failing=_led(
        hop_of(_ENTRY, 301, "https://shop.example.net/"),
        hop_of("https://shop.example.net/", 302, "http://shop.example.net/start"),
        hop_of("http://shop.example.net/start", 200),
    ),
)
def chain_stays_on_https(case: Case[Redirects]) -> Verdict:
    """Fails for each step from https to http that another host than the named one takes in a chain of ours."""
    faults: dict[str, Fault] = {}
    others = 0
    for key, chain in chains(case.evidence):
        for place, hop in enumerate(chain.hops):
            if hop.same_host or hop.scheme != "https":
                continue
            others += 1
            if hop.to_scheme == "http":
                fault = Fault(
                    message="the chain from {start} is led from {url} to {to}, which is plain http",
                    at=(f"/{key}/hops/{place}",),
                    arguments={"start": chain.hops[0].url, "url": hop.url, "to": hop.to},
                    discriminator=hop.url,
                )
                faults.setdefault(hop.url, fault)
    if not others and not any(chain.reaches_https for _, chain in chains(case.evidence)):
        return NotApplicable("no chain reaches https")
    return unless_hidden(case.evidence, fail_or_pass(tuple(faults.values())))
