"""Whether an HSTS header comes to anything: the conditions of the preload list, and of the connection."""

from scanner.model.evidence.http_exchanges import HttpExchanges, Purpose
from scanner.model.evidence.http_headers import HstsPolicy, HttpHeaders
from scanner.model.rule import Confidence, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import mdn_header, remedy, rfc, send_header
from scanner.rules.header_examples import answer, hsts_case
from scanner.rules.hsts import PRELOAD_AGE, no_question, policies
from scanner.rules.registry import rule
from scanner.rules.verdict import Fault, NotApplicable, Verdict, fail_or_pass

_YEAR = HstsPolicy(max_age=31_536_000)
_SENT = "max-age=31536000"


@rule(
    RuleInfo(
        id="HDR058",
        name="hsts-untrusted-certificate",
        title="HSTS is sent over a connection whose certificate is not trusted",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks at the certificate of each own https answer that carries Strict-Transport-Security.",
        rationale="Browsers note an HSTS host only where the connection had no errors or warnings, so here the header"
        " does nothing. What is wrong with the certificate other rules say.",
        remediation=remedy("Mend the certificate; the header needs no change."),
        references=(rfc(6797, "8.1", "HSTS: processing the header"),),
        cwe=(295,),
    ),
    passing=hsts_case(answer(_SENT, policy=_YEAR, trusted=True)),
    failing=hsts_case(answer(_SENT, policy=_YEAR, trusted=False)),
)
def hsts_untrusted_certificate(case: Case[HttpHeaders]) -> Verdict:
    """Fails, as information, for each own host whose header came over an untrusted connection."""
    sent = [
        (place, hop)
        for place, hop in enumerate(case.evidence.hsts)
        if hop.own and hop.secure and hop.policy and hop.purpose in {Purpose.ENTRY, Purpose.PLAIN_ENTRY}
    ]
    known = [(place, hop) for place, hop in sent if hop.trusted is not None]
    if not known:
        return NotApplicable("no HSTS header came over https with a certificate that was checked")
    faults: dict[str, Fault] = {}
    for place, hop in known:
        if hop.trusted is False and hop.host not in faults:
            faults[hop.host] = Fault(
                message="{host} sends HSTS with a certificate that is not trusted, so browsers ignore it",
                at=(f"/hsts/{place}",),
                arguments={"host": hop.host},
                discriminator=hop.host,
            )
    return fail_or_pass(tuple(faults.values()))


@rule(
    RuleInfo(
        id="HDR008",
        name="hsts-preload-unmet",
        title="HSTS asks for preloading without meeting its conditions",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Checks a header with `preload` for max-age of a year and includeSubDomains, and plain http for a"
        " redirect to https on the same host.",
        rationale="The directive is a consent to be put on the browsers' list. Without the conditions the host is not"
        " taken, or is dropped from the list again.",
        remediation=send_header(
            "Send all three directives, or drop preload. Being on the list is hard to undo: ask for it only when every"
            " subdomain will stay on https.",
            "Strict-Transport-Security",
            "max-age=31536000; includeSubDomains; preload",
        ),
        references=(mdn_header("Strict-Transport-Security"), rfc(6797, "12.3", "HSTS: pre-loaded list")),
    ),
    passing=hsts_case(
        answer(
            "max-age=31536000; includeSubDomains; preload",
            policy=HstsPolicy(max_age=31_536_000, include_subdomains=True, preload=True),
        )
    ),
    failing=hsts_case(answer("max-age=600; preload", policy=HstsPolicy(max_age=600, preload=True))),
)
def hsts_preload_unmet(case: Case[HttpHeaders]) -> Verdict:
    """Fails for each own https host whose header says preload but not what the list asks for."""
    if (verdict := no_question(case)) is not None:
        return verdict
    asking = [(host, place, policy) for host, place, policy in policies(case) if policy.preload]
    if not asking:
        return NotApplicable("no header asks for preloading")
    faults = [
        Fault(
            message="{host} sends preload, but " + " and ".join(_unmet(policy)),
            at=(f"/hsts/{place}/policy",),
            arguments={
                "host": host,
                "seconds": policy.max_age,
                "least": PRELOAD_AGE,
            },
            discriminator=host,
        )
        for host, place, policy in asking
        if _unmet(policy)
    ]
    strays = _stray_redirect(case)
    return fail_or_pass(
        [*faults, *((strays,) if strays and any(host == case.target.host for host, *_ in asking) else ())]
    )


def _unmet(policy: HstsPolicy) -> list[str]:
    """What the list asks for and the policy has not, as pieces of a message."""
    young = ["max-age is {seconds} where the list asks for {least}"] if policy.max_age < PRELOAD_AGE else []
    return young if policy.include_subdomains else [*young, "includeSubDomains is missing"]


def _stray_redirect(case: Case[HttpHeaders]) -> Fault | None:
    """The list also asks plain http, where it is answered, to redirect to https on the same host first."""
    exchanges = case.other("http_exchanges", HttpExchanges)
    first = next(iter(exchanges.of(Purpose.PLAIN_ENTRY)), None) if exchanges is not None else None
    place = next((place for place, hop in enumerate(case.evidence.hsts) if hop.own and not hop.secure), None)
    if first is None or not first.answered or place is None:
        return None
    to = (first.redirect.to if first.redirect else None) or first.location or ""
    if to.lower().startswith((f"https://{case.target.host}/", f"https://{case.target.host}:")):
        return None
    return Fault(
        message="{host} sends preload, but plain http does not redirect to https on the same host first",
        at=(f"/hsts/{place}",),
        arguments={"host": case.target.host},
        discriminator=f"redirect {case.target.host}",
    )
