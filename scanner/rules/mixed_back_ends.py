"""The rule over repeats that disagree: servers of several kinds behind one address."""

from scanner.model.evidence.tls_suites import Disagreement, ProtocolSupport, TlsSuites
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.model.rule import Confidence, Reference, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import remedy, rfc
from scanner.rules.registry import rule
from scanner.rules.verdict import Fault, NotAssessed, Verdict, fail_or_pass

_PROTOCOLS = {"TLSv1.2": ProtocolSupport(supported=Answer.YES, complete=Answer.YES)}
_MIXED = Disagreement(
    protocol="TLSv1.2",
    offer="what was accepted before",
    accepted=2,
    asked=3,
    answers=(PeerText("accepted"), PeerText("alert 40 (handshake_failure)")),
)


@rule(
    RuleInfo(
        id="ADR007",
        name="mixed-back-ends",
        title="Behind one address, servers answer differently",
        topic="tls_suites",
        severity=Severity.LOW,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Looks whether hellos that were sent several times to one address were answered alike. Profile `deep`"
        " repeats them on purpose.",
        rationale="A load balancer passes connections to servers with different configurations. What one of them still"
        " accepts, the address accepts; and each scan may see another one.",
        remediation=remedy(
            "Give every server behind the load balancer the same configuration, or end TLS at the load balancer."
        ),
        references=(
            rfc(9325, "3.9", "RFC 9325 (BCP 195): Multi-Server Deployment"),
            Reference(title="Mozilla: Server Side TLS", url="https://wiki.mozilla.org/Security/Server_Side_TLS"),
        ),
    ),
    passing=Case(evidence=TlsSuites(protocols=_PROTOCOLS, offered=400)),
    failing=Case(evidence=TlsSuites(protocols=_PROTOCOLS, offered=400, disagreements=(_MIXED,))),
)
def mixed_back_ends(case: Case[TlsSuites]) -> Verdict:
    """Fails where repeats of one hello disagreed; a mere test of versions repeats nothing."""
    if not case.evidence.listed:
        return NotAssessed("only the versions were asked for")
    faults = [
        Fault(
            message="{protocol}: {offer} was accepted {accepted} of {asked} times",
            at=(f"/disagreements/{place}",),
            arguments={
                "protocol": one.protocol,
                "offer": one.offer,
                "accepted": one.accepted,
                "asked": one.asked,
            },
            discriminator=one.protocol,
        )
        for place, one in enumerate(case.evidence.disagreements)
    ]
    return fail_or_pass(faults, "no repeat was answered differently")
