"""Rules over `ocsp_stapling`: what it means that a staple comes, or does not.

An absence is a fault only where something was promised: a must-staple certificate without a staple breaks clients, a
certificate whose issuer offers no OCSP has nothing to staple. What a staple says is judged in `staple_contents`.
"""

from scanner.model.evidence.ocsp_stapling import OcspStapling
from scanner.model.outcome import Answer
from scanner.model.rule import Confidence, Remediation, RuleInfo, Severity, Snippet
from scanner.rules.case import Case
from scanner.rules.citations import rfc
from scanner.rules.registry import rule
from scanner.rules.staple_pages import (
    APACHE,
    GOOD_STAPLE,
    IN_TLS13,
    NGINX,
    REACH_THE_RESPONDER,
    STATUS_REQUEST,
    TLS_FEATURE,
    WELL,
    example,
)
from scanner.rules.staple_views import Leaf, fault_at, judge_absence, leaves_of, nothing_to_staple
from scanner.rules.verdict import Fault, NotApplicable, Unknown, Verdict, fail_or_pass

_NOT_REQUIRED = "the certificate does not require a staple (no TLS feature extension)"


@rule(
    RuleInfo(
        id="CRT050",
        name="required-staple-impossible",
        title="The certificate requires a staple that its issuer does not offer",
        topic="ocsp_stapling",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for a must-staple certificate that names no OCSP responder and comes without a staple.",
        rationale="Clients that honour must-staple (Firefox) refuse the connection, and no staple can be had: several"
        " issuers have switched their responders off.",
        remediation=Remediation(text="Issue the certificate anew, without the TLS feature extension (must-staple)."),
        references=(TLS_FEATURE, STATUS_REQUEST),
    ),
    passing=example(GOOD_STAPLE, GOOD_STAPLE, offered=False, required=Answer.YES),
    failing=example(None, None, offered=False, required=Answer.YES),
)
def required_staple_impossible(case: Case[OcspStapling]) -> Verdict:
    """Fails where must-staple is set, no responder is named, and a version brings no staple."""
    required = [leaf for leaf in leaves_of(case) if leaf.required is not Answer.NO]
    return judge_absence(
        (leaf for leaf in required if not leaf.offered),
        lambda leaf: _required_but_absent(
            leaf, "{certificate} requires a staple and names no OCSP responder; handshakes with a staple: {versions}"
        ),
        "the certificate names an OCSP responder" if required else _NOT_REQUIRED,
    )


@rule(
    RuleInfo(
        id="CRT051",
        name="required-staple-missing",
        title="The certificate requires a staple, and none comes",
        topic="ocsp_stapling",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for a must-staple certificate whose issuer offers OCSP but that comes without a staple,"
        " asked several times in each version.",
        rationale="Clients that honour must-staple (Firefox) refuse the connection.",
        remediation=Remediation(
            text="Turn stapling on. " + REACH_THE_RESPONDER + " A certificate without must-staple avoids the risk.",
            snippets=(NGINX, APACHE),
        ),
        references=(TLS_FEATURE, STATUS_REQUEST, IN_TLS13),
    ),
    passing=example(GOOD_STAPLE, GOOD_STAPLE, required=Answer.YES),
    failing=example(None, None, tries=5, required=Answer.YES),
)
def required_staple_missing(case: Case[OcspStapling]) -> Verdict:
    """Fails where must-staple is set, a responder is named, and a version brings no staple in any try."""
    required = [leaf for leaf in leaves_of(case) if leaf.required is not Answer.NO]
    return judge_absence(
        (leaf for leaf in required if leaf.offered),
        lambda leaf: _required_but_absent(
            leaf, "{certificate} requires a staple, and none came; handshakes with a staple: {versions}"
        ),
        "the certificate names no OCSP responder" if required else _NOT_REQUIRED,
    )


def _required_but_absent(leaf: Leaf, message: str) -> Fault | None:
    absent = leaf.those(Answer.NO)
    return fault_at(leaf, absent, message) if absent and leaf.required is Answer.YES else None


@rule(
    RuleInfo(
        id="CRT052",
        name="staple-missing",
        title="No staple comes though the issuer offers OCSP",
        topic="ocsp_stapling",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for a certificate that names an OCSP responder and comes without a staple in every version.",
        rationale="Without a staple, a client that checks asks the issuer itself: slower, and the issuer learns who"
        " visits whom. Most clients do not check at all, so nothing breaks.",
        remediation=Remediation(text="Turn stapling on. " + REACH_THE_RESPONDER, snippets=(NGINX, APACHE)),
        references=(STATUS_REQUEST, IN_TLS13),
        cwe=(299,),
    ),
    passing=WELL,
    failing=example(None, None, tries=5),
)
def staple_missing(case: Case[OcspStapling]) -> Verdict:
    """Fails where no must-staple is set, a responder is named, and no version brings a staple."""
    offered = [leaf for leaf in leaves_of(case) if leaf.offered]

    def fault(leaf: Leaf) -> Fault | None:
        absent = leaf.those(Answer.NO)
        if not absent or len(absent) < len(leaf.at):
            return None
        return fault_at(
            leaf, absent, "{certificate} names an OCSP responder, and no staple came; handshakes with one: {versions}"
        )

    return judge_absence(
        (leaf for leaf in offered if leaf.required is Answer.NO),
        fault,
        "the certificate requires a staple: an absence weighs more" if offered else nothing_to_staple(case),
    )


@rule(
    RuleInfo(
        id="CRT058",
        name="staple-now-and-then",
        title="The staple comes in some handshakes only",
        topic="ocsp_stapling",
        severity=Severity.INFO,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Compares TLS 1.2 with TLS 1.3, and the first handshake with later ones.",
        rationale="nginx and Apache fetch the staple after the first handshake that asks for it, each nginx worker for"
        " itself; visitors who come first get none. A difference between versions hints at two configurations.",
        remediation=Remediation(
            text="Where every handshake must bring one, fetch the response before the server starts and give it as a"
            " file, and set up stapling alike for every version.",
            snippets=(
                Snippet(server="nginx", config="ssl_stapling on;\nssl_stapling_file /etc/ssl/staple.der;  # renew it"),
            ),
        ),
        references=(STATUS_REQUEST, IN_TLS13),
    ),
    passing=WELL,
    failing=example(GOOD_STAPLE, None),
)
def staple_now_and_then(case: Case[OcspStapling]) -> Verdict:
    """Fails where versions disagree or a staple came in m of n handshakes with 0 < m < n."""
    leaves = [leaf for leaf in leaves_of(case) if leaf.those(Answer.YES)]
    doubts = [leaf.doubt for leaf in leaves_of(case) if leaf.doubt]
    faults = [
        fault_at(leaf, leaf.at, "handshakes that brought a staple for {certificate}: {versions}")
        for leaf in leaves
        if leaf.those(Answer.NO) or any(one.seen < one.tries for _, one in leaf.those(Answer.YES))
    ]
    if not faults and doubts:
        return Unknown("; ".join(doubts))
    return fail_or_pass(faults) if leaves else NotApplicable("no staple came")


@rule(
    RuleInfo(
        id="CRT059",
        name="staple-unasked",
        title="A staple comes though the certificate names no responder",
        topic="ocsp_stapling",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for a staple with a certificate that names no OCSP responder.",
        rationale="Nothing breaks, but somebody feeds the server a response by hand, and once that stops, clients that"
        " look at an expired staple refuse the connection.",
        remediation=Remediation(text="Remove the configured staple unless a client of yours needs it."),
        references=(STATUS_REQUEST, rfc(5280, "4.2.2.1", "RFC 5280: Authority Information Access")),
    ),
    passing=WELL,
    failing=example(GOOD_STAPLE, GOOD_STAPLE, offered=False),
)
def staple_unasked(case: Case[OcspStapling]) -> Verdict:
    """Fails where a staple comes with a leaf that names no responder."""
    leaves = [leaf for leaf in leaves_of(case) if leaf.those(Answer.YES)]
    faults = [
        fault_at(leaf, leaf.those(Answer.YES), "{certificate} names no OCSP responder, yet a staple came: {versions}")
        for leaf in leaves
        if not leaf.offered
    ]
    return fail_or_pass(faults) if leaves else NotApplicable("no staple came")
