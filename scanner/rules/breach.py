"""BREACH as a condition, over `http_exchanges`: pages compressed over TLS. What a page echoes is not looked into."""

from scanner.model.evidence.http_exchanges import Exchange, HeaderField, HttpExchanges, Purpose
from scanner.model.outcome import Outcome
from scanner.model.peer import PeerText
from scanner.model.rule import Confidence, Reference, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import remedy
from scanner.rules.registry import rule
from scanner.rules.verdict import NotApplicable, Pass, Unknown, Verdict, fail

_COMPRESSING = frozenset({"gzip", "x-gzip", "deflate", "compress", "x-compress", "br", "zstd"})
"""Content codings that compress (IANA HTTP Content Coding Registry)."""


_PAGES = frozenset({Purpose.ENTRY, Purpose.PLAIN_ENTRY, Purpose.REPEAT, Purpose.MISSING, Purpose.ORIGIN})
"""Purposes whose answers are documents or error pages of the site; what is left are files and other hosts."""

_HTML = frozenset({"text/html", "application/xhtml+xml"})


def _codings(exchange: Exchange) -> tuple[str, ...]:
    listed = ",".join(exchange.values("content-encoding")).split(",")
    return tuple(one for one in (each.strip().lower() for each in listed) if one in _COMPRESSING)


def _may_hold_a_secret(exchange: Exchange) -> bool:
    """Whether an answer is a page that is made for the visitor: HTML, or of no type. Static files are the same for all.

    https://www.breachattack.com/: the attack needs a secret in the body, and input of the attacker's beside it.
    """
    if exchange.purpose not in _PAGES:
        return False
    kinds = [value.partition(";")[0].strip(" \t").lower() for value in exchange.values("content-type")]
    return not kinds or not _HTML.isdisjoint(kinds)


def _example(*fields: tuple[str, str]) -> Case[HttpExchanges]:
    answer = Exchange(
        purpose=Purpose.ENTRY,
        hop=0,
        method="GET",
        url=PeerText("https://www.example.org/"),
        same_host=True,
        endpoint="192.0.2.1:443",
        outcome=Outcome.OK,
        status=200,
        fields=tuple(HeaderField(name=PeerText(name), value=PeerText(value)) for name, value in fields),
    )
    return Case(evidence=HttpExchanges(exchanges=(answer,)))


@rule(
    RuleInfo(
        id="TLS092",
        name="breach-condition",
        title="BREACH: condition met",
        topic="http_exchanges",
        severity=Severity.INFO,
        confidence=Confidence.TENTATIVE,
        since="0.1.0",
        summary="Whether pages over https are compressed. Whether a page holds a secret and echoes what a request"
        " says, which the attack needs as well, is not looked into.",
        rationale="The length of a compressed page tells whether a guess in the request matches a secret in the page."
        " Compression saves much, so it is worth knowing where to look, and no fault by itself.",
        remediation=remedy(
            "Leave compression on where pages hold no secret. Where they do, change how the secret is written with"
            " every answer (as frameworks do with tokens against CSRF), keep it apart from what requests can put into"
            " the page, or do not compress that page; SameSite cookies keep the attacker's requests from being answered"
            " as the visitor's.",
            nginx="gzip off;  # in the locations of such pages",
            apache="SetEnv no-gzip 1  # in the locations of such pages",
        ),
        references=(
            Reference(title="BREACH Attack", url="https://www.breachattack.com/"),
            Reference(title="CVE-2013-3587", url="https://nvd.nist.gov/vuln/detail/CVE-2013-3587"),
        ),
        cwe=(310,),
    ),
    passing=_example(("Content-Type", "text/html")),
    failing=_example(("Content-Type", "text/html"), ("Content-Encoding", "gzip")),
)
def breach_condition(case: Case[HttpExchanges]) -> Verdict:
    """Fails where a page of this host over https was compressed."""
    answers = [
        (place, one)
        for place, one in enumerate(case.evidence.exchanges)
        if one.answered and one.same_host and one.url.lower().startswith("https:") and _may_hold_a_secret(one)
    ]
    compressed = [(place, codings) for place, one in answers if (codings := _codings(one))]
    if compressed:
        names = sorted({coding for _, codings in compressed for coding in codings})
        return fail(
            "the condition of BREACH is met: pages over https are compressed ({codings})",
            tuple(f"/exchanges/{place}/fields" for place, _ in compressed),
            codings=", ".join(names),
        )
    if not answers:
        asked = [one for one in case.evidence.exchanges if one.same_host and one.url.lower().startswith("https:")]
        if not asked:
            return NotApplicable("nothing was asked over https")
        answered = any(one.answered for one in asked)
        return NotApplicable("no answer over https is a page") if answered else Unknown("no answer over https came")
    return Pass()
