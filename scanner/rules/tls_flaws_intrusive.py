"""Rules over `tls_flaws`: oracles that only many broken handshakes show, asked about with `--intrusive` alone."""

from scanner.model.evidence.tls_flaws import TlsFlaws
from scanner.model.rule import Confidence, Reference, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import rfc
from scanner.rules.flaw_views import has, has_not, judge_flaw
from scanner.rules.registry import rule
from scanner.rules.suite_pages import OBSOLETE_EXCHANGES, ONLY_GOOD_SUITES
from scanner.rules.verdict import Verdict


@rule(
    RuleInfo(
        id="TLS077",
        name="robot",
        title="ROBOT: the server tells whether RSA padding is right",
        topic="tls_flaws",
        severity=Severity.HIGH,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Whether differently broken RSA key exchanges are answered differently, again and again. Asked with"
        " --intrusive only.",
        rationale="With enough questions somebody can decrypt recorded sessions with static RSA, or sign with the key"
        " of the certificate.",
        remediation=ONLY_GOOD_SUITES,
        references=(
            Reference(title="The ROBOT Attack", url="https://robotattack.org/"),
            rfc(5246, "7.4.7.1", "RFC 5246: RSA-Encrypted Premaster Secret Message"),
            OBSOLETE_EXCHANGES,
        ),
        cwe=(203,),
    ),
    passing=has_not("robot", "all broken key exchanges were answered alike"),
    failing=has("robot", "key exchanges with wrong padding were answered with alert 51, others with alert 20"),
)
def robot(case: Case[TlsFlaws]) -> Verdict:
    """Fails where answers to broken RSA key exchanges differ."""
    return judge_flaw(case, "robot", "the answers to broken RSA key exchanges differ: {proof}")


@rule(
    RuleInfo(
        id="TLS078",
        name="cbc-padding-oracle",
        title="The server tells whether CBC padding is right",
        topic="tls_flaws",
        severity=Severity.HIGH,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Whether records with differently broken CBC padding are answered differently (POODLE in TLS, Zombie,"
        " GOLDENDOODLE). Asked with --intrusive only.",
        rationale="Somebody on the way who can make a browser send requests can decrypt its cookies byte by byte.",
        remediation=ONLY_GOOD_SUITES,
        references=(
            rfc(7457, "2.4", "RFC 7457: Padding Oracle Attacks"),
            rfc(5246, "6.2.3.2", "RFC 5246: CBC Block Cipher"),
        ),
        cwe=(203,),
    ),
    passing=has_not("padding_oracle", "all broken records were answered alike"),
    failing=has("padding_oracle", "records with wrong padding were answered with alert 21, others with alert 20"),
)
def cbc_padding_oracle(case: Case[TlsFlaws]) -> Verdict:
    """Fails where answers to broken CBC records differ."""
    return judge_flaw(case, "padding_oracle", "the answers to broken CBC records differ: {proof}")


@rule(
    RuleInfo(
        id="TLS079",
        name="raccoon-condition",
        title="Raccoon: condition met",
        topic="tls_flaws",
        severity=Severity.INFO,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Whether the server's Diffie-Hellman secret outlives one handshake: static suites, or values that come"
        " again. Its timing is not measured.",
        rationale="Where it does, careful measuring of the server's answers can give away the secret of somebody else's"
        " session. That is hard, and needs this condition.",
        remediation=ONLY_GOOD_SUITES,
        references=(
            Reference(title="Raccoon Attack", url="https://raccoon-attack.com/"),
            OBSOLETE_EXCHANGES,
        ),
        cwe=(203,),
    ),
    passing=has_not("raccoon", "DHE: 4 public values in 4 handshakes"),
    failing=has("raccoon", "DHE: 1 public values in 4 handshakes"),
)
def raccoon_condition(case: Case[TlsFlaws]) -> Verdict:
    """Fails where Diffie-Hellman secrets are static or used again."""
    return judge_flaw(case, "raccoon", "{proof}")
