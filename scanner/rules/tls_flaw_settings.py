"""Rules over `tls_flaws`: conditions of attacks that follow from how a server is set up. All are informational.

The condition of ALPACA is judged over `tls_features`, where it is seen.
"""

from scanner.model.evidence.tls_flaws import TlsFlaws
from scanner.model.rule import Confidence, Reference, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import remedy, rfc
from scanner.rules.flaw_views import has, has_not, judge_flaw
from scanner.rules.registry import rule
from scanner.rules.suite_pages import ONLY_GOOD_SUITES
from scanner.rules.verdict import Verdict


@rule(
    RuleInfo(
        id="TLS088",
        name="opossum-condition",
        title="Opossum: condition met",
        topic="tls_flaws",
        severity=Severity.INFO,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Whether plain HTTP can be upgraded to TLS within a connection (RFC 2817).",
        rationale="Where the same certificate serves upgraded and implicit TLS, somebody on the way can bring answers"
        " and requests out of step. Hardly any client has ever used that upgrade.",
        remediation=remedy("Turn the upgrade off.", apache="# not: SSLEngine optional\nSSLEngine on"),
        references=(
            Reference(title="Opossum Attack", url="https://opossum-attack.com/"),
            rfc(2817, "3", "RFC 2817: Client Requested Upgrade to HTTP over TLS"),
        ),
        cwe=(300,),
    ),
    passing=has_not("opossum", "an upgrade to TLS was offered and not taken"),
    failing=has("opossum", "an upgrade to TLS was taken"),
)
def opossum_condition(case: Case[TlsFlaws]) -> Verdict:
    """Fails where plain HTTP was upgraded to TLS."""
    return judge_flaw(case, "opossum", "{proof}")


@rule(
    RuleInfo(
        id="TLS089",
        name="winshock-condition",
        title="Winshock: condition met",
        topic="tls_flaws",
        severity=Severity.INFO,
        confidence=Confidence.TENTATIVE,
        since="0.1.0",
        summary="Whether this may be a Schannel of 2014. The flaw itself (MS14-066) shows only in an attack, which is"
        " not made; newer versions and suites rule it out.",
        rationale="A Windows that was not updated since November 2014 runs what a client sends it.",
        remediation=remedy("Install the updates of Windows."),
        references=(
            Reference(title="CVE-2014-6321", url="https://nvd.nist.gov/vuln/detail/CVE-2014-6321"),
            Reference(
                title="Microsoft Security Bulletin MS14-066",
                url="https://learn.microsoft.com/security-updates/securitybulletins/2014/ms14-066",
            ),
        ),
        cwe=(94,),
    ),
    passing=has_not("winshock", "TLSv1.3 is spoken, which no Schannel with the flaw can"),
    failing=has("winshock", "a Schannel of 2014 answers"),
)
def winshock_condition(case: Case[TlsFlaws]) -> Verdict:
    """Fails where a Schannel with the flaw was recognised."""
    return judge_flaw(case, "winshock", "{proof}")


@rule(
    RuleInfo(
        id="TLS090",
        name="dheat-condition",
        title="DHEat: condition met",
        topic="tls_flaws",
        severity=Severity.INFO,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Whether finite-field Diffie-Hellman is accepted, and with primes of which size. The load is"
        " not tried. The default policy leaves this out: it holds for almost every OpenSSL 3.",
        rationale="It makes the server compute much for a client that computes nothing. The longer the prime, the more;"
        " elliptic curves cost a small part of it.",
        remediation=ONLY_GOOD_SUITES,
        references=(
            Reference(title="DHEat Attack", url="https://dheatattack.gitlab.io/"),
            Reference(title="CVE-2002-20001", url="https://nvd.nist.gov/vuln/detail/CVE-2002-20001"),
        ),
        cwe=(400,),
    ),
    passing=has_not("dheat", "no finite-field Diffie-Hellman is accepted"),
    failing=has("dheat", "finite-field Diffie-Hellman is accepted with primes of 4096 bits"),
)
def dheat_condition(case: Case[TlsFlaws]) -> Verdict:
    """Fails where finite-field Diffie-Hellman is accepted."""
    return judge_flaw(case, "dheat", "{proof}")


@rule(
    RuleInfo(
        id="TLS091",
        name="suites-forbidden-by-http-2",
        title="Suites that HTTP/2 forbids are accepted beside it",
        topic="tls_flaws",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Whether HTTP/2 is negotiated while TLS 1.2 accepts suites of the list in RFC 9113 appendix A.",
        rationale="A client that negotiates HTTP/2 with one of them may end the connection with INADEQUATE_SECURITY."
        " For older clients without HTTP/2 they do no harm here.",
        remediation=ONLY_GOOD_SUITES,
        references=(
            rfc(9113, "9.2.2", "RFC 9113: TLS 1.2 Cipher Suites"),
            Reference(
                title="RFC 9113: Prohibited TLS 1.2 Cipher Suites",
                url="https://www.rfc-editor.org/rfc/rfc9113#appendix-A",
                section="appendix A",
            ),
        ),
    ),
    passing=has_not("http2_forbidden_suites", "no suites are accepted that RFC 9113 forbids"),
    failing=has("http2_forbidden_suites", "HTTP/2 is negotiated, and TLS_RSA_WITH_AES_128_GCM_SHA256 is accepted"),
)
def suites_forbidden_by_http2(case: Case[TlsFlaws]) -> Verdict:
    """Fails where HTTP/2 and suites that it forbids can be had together."""
    return judge_flaw(case, "http2_forbidden_suites", "HTTP/2 beside suites that it forbids: {proof}")
