"""What the rules on redirects share: views of the chains, the examples, and the pages they refer to."""

from scanner.model.evidence.http_exchanges import HeaderField
from scanner.model.evidence.redirects import Chain, ChainEnd, Hop, Redirects
from scanner.model.outcome import Answer, Outcome, Stage
from scanner.model.peer import PeerText
from scanner.model.rule import Reference, Snippet
from scanner.rules.case import Case
from scanner.rules.verdict import Fail, NotApplicable, NotAssessed, Pass, Unknown, Verdict

_NOT_ASKED = frozenset({Outcome.NOT_ASSESSED, Outcome.NOT_APPLICABLE, Outcome.FORBIDDEN, Outcome.CANCELLED})

_RFC9110 = "https://www.rfc-editor.org/rfc/rfc9110#section-"

HSTS = Reference(
    title="RFC 6797: HTTP Strict Transport Security",
    url="https://www.rfc-editor.org/rfc/rfc6797#section-7.2",
    section="7.2",
)
MDN_TLS = Reference(
    title="MDN: Transport layer security, practical implementation",
    url="https://developer.mozilla.org/en-US/docs/Web/Security/Practical_implementation_guides/TLS",
)
REDIRECTION = Reference(title="RFC 9110: Redirection 3xx", url=f"{_RFC9110}15.4", section="15.4")
URIS = Reference(title="RFC 9110: http and https URIs", url=f"{_RFC9110}4.2", section="4.2")
LOCATION = Reference(title="RFC 9110: Location", url=f"{_RFC9110}10.2.2", section="10.2.2")

HIDDEN = Unknown("a challenge, ban or rate limit hides where the redirects lead")

TO_HTTPS = (
    Snippet(
        server="nginx",
        config="server {\n    listen 80;\n    server_name www.example.org;\n    return 301 https://$host$request_uri;\n}",
    ),
    Snippet(
        server="apache",
        config=(
            "<VirtualHost *:80>\n    ServerName www.example.org\n"
            '    Redirect permanent "/" "https://www.example.org/"\n</VirtualHost>'
        ),
    ),
)


def hop_of(
    url: str, status: int | None, to: str | None = None, *, outcome: Outcome = Outcome.OK, stage: Stage | None = None
) -> Hop:
    """A hop for the examples."""

    def scheme_and_host(text: str) -> tuple[str, PeerText]:
        scheme, _, rest = text.partition("://")
        return scheme, PeerText(rest.partition("/")[0])

    scheme, host = scheme_and_host(url)
    to_scheme, to_host = scheme_and_host(to) if to else (None, None)
    return Hop(
        url=PeerText(url),
        scheme=scheme,
        host=host,
        same_host=host == "www.example.org",
        endpoint="192.0.2.1:443",
        outcome=outcome,
        stage=stage,
        status=status,
        fields=(HeaderField(name=PeerText("Location"), value=PeerText(to)),) if to else (),
        location=PeerText(to) if to else None,
        locations=1 if to else 0,
        to=PeerText(to) if to else None,
        to_scheme=to_scheme,
        to_host=to_host,
    )


DOCUMENT = hop_of("https://www.example.org/", 200)
HTTPS = Chain(hops=(DOCUMENT,), end=ChainEnd.ANSWER)
TO_SELF = hop_of("http://www.example.org/", 301, "https://www.example.org/")
GOOD = Redirects(https=HTTPS, http=Chain(hops=(TO_SELF, DOCUMENT), end=ChainEnd.ANSWER))


def after(*hops: Hop, end: ChainEnd = ChainEnd.ANSWER) -> Redirects:
    """The example whose plain-http chain has these hops."""
    return Redirects(https=HTTPS, http=Chain(hops=hops, end=end))


def chains(evidence: Redirects) -> list[tuple[str, Chain]]:
    """The chains that were asked, with their JSON keys."""
    both = (("https", evidence.https), ("http", evidence.http))
    return [(key, chain) for key, chain in both if chain is not None]


def own_hops(evidence: Redirects) -> list[tuple[str, Hop]]:
    """The hops at the named host, with their pointers; a hop that both chains went through counts once."""
    found: dict[str, tuple[str, Hop]] = {}
    for key, chain in chains(evidence):
        for place, hop in enumerate(chain.hops):
            if hop.same_host:
                found.setdefault(hop.url, (f"/{key}/hops/{place}", hop))
    return list(found.values())


def plain_chain(case: Case[Redirects]) -> Chain | Verdict:
    """The chain from plain http beside an https target, or the verdict where there is nothing to judge."""
    if not case.target.is_tls:
        return NotApplicable("the target itself is plain http")
    chain = case.evidence.http
    if chain is None:
        return NotAssessed(case.evidence.http_not_asked or "plain http was not asked")
    first = chain.hops[0]
    if first.outcome is Outcome.REFUSED:
        return Pass("port 80 is closed: nothing is served in the clear")
    if first.outcome in _NOT_ASKED:
        return NotAssessed(f"plain http could not be asked ({first.detail or first.outcome})")
    if not first.answered:
        return Unknown(f"plain http did not answer ({first.outcome})")
    if chain.end is ChainEnd.BLOCKED and not chain.reaches_https:
        return HIDDEN
    return chain


def unless_hidden(evidence: Redirects, verdict: Verdict) -> Verdict:
    """`verdict`, or unknown where it finds no fault and a challenge of the named host stands at a chain's end."""
    hidden = any(chain.end is ChainEnd.BLOCKED and chain.hops[-1].same_host for _, chain in chains(evidence))
    return HIDDEN if hidden and not isinstance(verdict, Fail) else verdict


def is_preloaded(case: Case[Redirects]) -> bool:
    """Whether the HSTS preload list covers the host, so that browsers never ask it over plain http."""
    return case.derived.preload.covered is Answer.YES
