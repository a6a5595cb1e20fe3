"""Rules on the chains themselves: redirects out of https, without end, too many, or of doubtful target."""

from scanner.model.evidence.redirects import Chain, ChainEnd, Hop, Redirects
from scanner.model.outcome import Outcome
from scanner.model.peer import PeerText
from scanner.model.rule import Confidence, Reference, Remediation, RuleInfo, Severity, Snippet
from scanner.rules.case import Case
from scanner.rules.redirect_views import (
    GOOD,
    LOCATION,
    MDN_TLS,
    REDIRECTION,
    TO_SELF,
    after,
    chains,
    hop_of,
    own_hops,
    unless_hidden,
)
from scanner.rules.registry import rule
from scanner.rules.verdict import Fault, NotApplicable, Unknown, Verdict, fail_or_pass

MAX_COMFORTABLE_REDIRECTS = 3
"""Redirects of one chain that are not worth a word: to https, to www, to a language."""


@rule(
    RuleInfo(
        id="RDR003",
        name="https-redirects-to-http",
        title="https redirects down to plain http",
        topic="redirects",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Whether an https answer of the host sends the visitor to a plain-http URL.",
        rationale=(
            "The visitor asked for https and is led out of it. From there on everything can be read and changed on the "
            "way, and the redirect itself tells the attacker where to wait."
        ),
        remediation=Remediation(
            text="Let every redirect of an https site name an https URL, or a path without scheme and host.",
            snippets=(
                Snippet(
                    server="nginx",
                    config="# behind a TLS proxy: redirects without scheme and port\nabsolute_redirect off;",
                ),
                Snippet(server="apache", config='Redirect permanent "/old" "https://www.example.org/new"'),
            ),
        ),
        references=(REDIRECTION, MDN_TLS),
        cwe=(319,),
    ),
    passing=Case(evidence=GOOD),
    failing=Case(
        evidence=Redirects(
            https=Chain(
                hops=(
                    hop_of("https://www.example.org/", 302, "http://www.example.org/start"),
                    hop_of("http://www.example.org/start", 200),
                ),
                end=ChainEnd.ANSWER,
            ),
            http=None,
        )
    ),
)
def https_stays_https(case: Case[Redirects]) -> Verdict:
    """Fails for each https answer of the named host that redirects to http; what other hosts do is theirs."""
    secure = [(at, hop) for at, hop in own_hops(case.evidence) if hop.scheme == "https"]
    if not any(hop.answered for _, hop in secure):
        return NotApplicable("no https answer of this host in the chains")
    faults = [
        Fault(
            message="{url} redirects to {to}, which is plain http",
            at=(at,),
            arguments={"url": hop.url, "to": hop.to},
            discriminator=hop.url,
        )
        for at, hop in secure
        if hop.to_scheme == "http"
    ]
    return unless_hidden(case.evidence, fail_or_pass(faults))


@rule(
    RuleInfo(
        id="RDR004",
        name="redirect-loop",
        title="The redirects never end",
        topic="redirects",
        severity=Severity.MEDIUM,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Whether a chain comes back to a URL of its own, or has more than ten hops.",
        rationale="A visitor sees an error instead of the site, and nothing of what would be there can be judged.",
        remediation=Remediation(
            text=(
                "Look at who redirects: often a proxy speaks http to a server that wants https. Tell the server the "
                "scheme of the visitor (X-Forwarded-Proto), or let only one of the two redirect."
            ),
            snippets=(
                Snippet(server="nginx", config="proxy_set_header X-Forwarded-Proto $scheme;"),
                Snippet(
                    server="apache",
                    config='RequestHeader set X-Forwarded-Proto "https"\nSetEnvIf X-Forwarded-Proto https HTTPS=on',
                ),
            ),
        ),
        references=(REDIRECTION,),
        cwe=(835,),
    ),
    passing=Case(evidence=GOOD),
    failing=Case(
        evidence=Redirects(
            https=Chain(
                hops=(hop_of("https://www.example.org/", 301, "https://www.example.org/"),),
                end=ChainEnd.LOOP,
            ),
            http=None,
        )
    ),
)
def redirects_end(case: Case[Redirects]) -> Verdict:
    """Fails for a chain without end at the named host; where cookies are set, a browser may fare better."""
    endless = {ChainEnd.LOOP: "comes back to a URL of its own", ChainEnd.TOO_MANY_HOPS: "does not end"}
    faults: list[Fault] = []
    for key, chain in chains(case.evidence):
        if chain.end not in endless or (faults and key == "http"):
            continue
        if not chain.hops[-1].same_host:
            return Unknown("the chain that does not end is at another host")
        if any(hop.sets_cookie for hop in chain.hops):
            return Unknown("the chain sets cookies and does not end for a client that keeps none")
        faults.append(
            Fault(
                message="the chain of redirects from {url} {how} (answers: {hops})",
                at=(f"/{key}/hops/{len(chain.hops) - 1}", f"/{key}/end"),
                arguments={"url": chain.hops[0].url, "how": endless[chain.end], "hops": len(chain.hops)},
            )
        )
    return unless_hidden(case.evidence, fail_or_pass(faults))


@rule(
    RuleInfo(
        id="RDR007",
        name="doubtful-location",
        title="A redirect names a target that clients differ about",
        topic="redirects",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Whether each Location of the host is one well-formed URL without user info.",
        rationale=(
            "What one client refuses, another mends in its own way: control characters, backslashes and several "
            "Location fields lead visitors to different places, and user info in a URL ends up in logs and histories."
        ),
        remediation=Remediation(
            text="Send one Location with one valid URL, built by the framework and never from raw input.",
        ),
        references=(
            LOCATION,
            Reference(title="RFC 3986: User Information", url="https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1"),
        ),
        cwe=(601,),
    ),
    passing=Case(evidence=GOOD),
    failing=Case(
        evidence=Redirects(
            https=Chain(
                hops=(
                    Hop(
                        url=PeerText("https://www.example.org/"),
                        scheme="https",
                        host=PeerText("www.example.org"),
                        same_host=True,
                        endpoint="192.0.2.1:443",
                        outcome=Outcome.OK,
                        status=302,
                        location=PeerText("https://\\login.example.org/"),
                        locations=1,
                        problem=PeerText("a backslash in the URL, which some clients take for a slash"),
                    ),
                ),
                end=ChainEnd.MALFORMED,
            ),
            http=None,
        )
    ),
)
def location_is_sound(case: Case[Redirects]) -> Verdict:
    """Fails for each Location of the named host that is malformed, repeated with another value, or has user info."""
    redirects = [(at, hop) for at, hop in own_hops(case.evidence) if hop.location is not None]
    if not redirects:
        return unless_hidden(case.evidence, NotApplicable("no redirect of this host"))
    faults = []
    for at, hop in redirects:
        what = _doubt(hop)
        if what is not None:
            faults.append(
                Fault(
                    message="the redirect of {url} has {what}: {location}",
                    at=(f"{at}/location",),
                    arguments={"url": hop.url, "what": what, "location": hop.location},
                    discriminator=hop.url,
                )
            )
    return unless_hidden(case.evidence, fail_or_pass(faults))


def _doubt(hop: Hop) -> str | None:
    if hop.problem is not None:
        return hop.problem
    if hop.user_info:
        return "user info in its target"
    if hop.locations > 1:
        return f"{hop.locations} different targets"
    return None


@rule(
    RuleInfo(
        id="RDR009",
        name="long-redirect-chain",
        title="Many redirects before the document",
        topic="redirects",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="How many redirects it takes from an entry to the document; the policy sets `max_redirects`.",
        rationale="Each redirect is a round trip for every new visitor, and one more place that can be misconfigured.",
        remediation=Remediation(text="Redirect to the final URL directly, after the one step to https."),
        references=(REDIRECTION,),
    ),
    passing=Case(evidence=GOOD),
    failing=Case(
        evidence=after(
            TO_SELF,
            *(hop_of(f"https://www.example.org/{n}", 302, f"https://www.example.org/{n + 1}") for n in range(3)),
            hop_of("https://www.example.org/3", 200),
        )
    ),
)
def chain_is_short(case: Case[Redirects]) -> Verdict:
    """Fails for chains that end after more redirects than the policy likes."""
    most = int(case.policy.threshold("max_redirects", MAX_COMFORTABLE_REDIRECTS))
    faults = [
        Fault(
            message="{count} redirects lead from {url} to {last}",
            at=(f"/{key}/hops",),
            arguments={"count": len(chain.hops) - 1, "url": chain.hops[0].url, "last": chain.hops[-1].url},
            discriminator=key,
        )
        for key, chain in chains(case.evidence)
        if chain.end is ChainEnd.ANSWER and len(chain.hops) - 1 > most
    ]
    return unless_hidden(case.evidence, fail_or_pass(faults))
