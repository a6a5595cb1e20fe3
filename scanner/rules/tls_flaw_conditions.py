"""Rules over `tls_flaws`: conditions of named attacks that the accepted versions and suites make.

The suites and versions themselves are judged by the rules over `tls_suites`; to those, these add the name under which
an auditor asks. So all are informational, but for DROWN, which reaches beyond the version that makes it possible.
"""

from scanner.model.evidence.tls_flaws import TlsFlaws
from scanner.model.rule import Confidence, Reference, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import remedy, rfc
from scanner.rules.flaw_views import has, has_not, judge_flaw
from scanner.rules.registry import rule
from scanner.rules.suite_pages import BIGGER_GROUP, ONLY_GOOD_SUITES, ONLY_MODERN_VERSIONS, VERSIONS
from scanner.rules.verdict import Verdict

_BY_LISTING = "no such suites are accepted, by listings that ended with a refusal"


@rule(
    RuleInfo(
        id="TLS080",
        name="poodle-condition",
        title="POODLE: condition met",
        topic="tls_flaws",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Whether SSLv3 accepts CBC suites. That SSLv3 is spoken at all is a finding of its own.",
        rationale="SSLv3 does not check its padding: somebody on the way who can make a browser send requests finds its"
        " cookies, byte by byte.",
        remediation=ONLY_MODERN_VERSIONS,
        references=(
            rfc(7568, "4.1", "RFC 7568: Deprecating SSLv3, Record Layer"),
            Reference(title="CVE-2014-3566", url="https://nvd.nist.gov/vuln/detail/CVE-2014-3566"),
        ),
        cwe=(310,),
    ),
    passing=has_not("poodle", _BY_LISTING),
    failing=has("poodle", "CBC suites in SSLv3 are accepted: TLS_RSA_WITH_AES_128_CBC_SHA (SSLv3)"),
)
def poodle_condition(case: Case[TlsFlaws]) -> Verdict:
    """Fails where SSLv3 has CBC suites."""
    return judge_flaw(case, "poodle", "{proof}")


@rule(
    RuleInfo(
        id="TLS081",
        name="sweet32-condition",
        title="Sweet32: condition met",
        topic="tls_flaws",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Whether ciphers with blocks of 64 bits are accepted. The suites are a finding of their own.",
        rationale="After some gigabytes under one key equal blocks turn up, and give plaintext away.",
        remediation=ONLY_GOOD_SUITES,
        references=(
            Reference(title="Sweet32: Birthday attacks on 64-bit block ciphers", url="https://sweet32.info/"),
            Reference(title="CVE-2016-2183", url="https://nvd.nist.gov/vuln/detail/CVE-2016-2183"),
        ),
        cwe=(327,),
    ),
    passing=has_not("sweet32", _BY_LISTING),
    failing=has("sweet32", "ciphers with blocks of 64 bits are accepted: TLS_RSA_WITH_3DES_EDE_CBC_SHA (TLSv1.2)"),
)
def sweet32_condition(case: Case[TlsFlaws]) -> Verdict:
    """Fails where a cipher has blocks of 64 bits."""
    return judge_flaw(case, "sweet32", "{proof}")


@rule(
    RuleInfo(
        id="TLS082",
        name="freak-condition",
        title="FREAK: condition met",
        topic="tls_flaws",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Whether export suites with RSA are accepted. The suites are a finding of their own.",
        rationale="A client with the flaw can be pushed down to an RSA key of 512 bits, which is factored in hours.",
        remediation=ONLY_GOOD_SUITES,
        references=(
            Reference(title="State Machine Attacks against TLS", url="https://mitls.org/pages/attacks/SMACK"),
            Reference(title="CVE-2015-0204", url="https://nvd.nist.gov/vuln/detail/CVE-2015-0204"),
        ),
        cwe=(326,),
    ),
    passing=has_not("freak", _BY_LISTING),
    failing=has("freak", "export suites with RSA are accepted: TLS_RSA_EXPORT_WITH_RC4_40_MD5 (TLSv1.0)"),
)
def freak_condition(case: Case[TlsFlaws]) -> Verdict:
    """Fails where an export suite with RSA is accepted."""
    return judge_flaw(case, "freak", "{proof}")


@rule(
    RuleInfo(
        id="TLS083",
        name="logjam-condition",
        title="Logjam: condition met",
        topic="tls_flaws",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Whether Diffie-Hellman comes with export suites or with fewer than 1024 bits. Both are findings of"
        " their own.",
        rationale="Discrete logarithms in such groups are found in minutes once a prime has been worked on, and most"
        " servers share a few primes.",
        remediation=BIGGER_GROUP,
        references=(
            Reference(title="Weak Diffie-Hellman and the Logjam Attack", url="https://weakdh.org/"),
            Reference(title="CVE-2015-4000", url="https://nvd.nist.gov/vuln/detail/CVE-2015-4000"),
        ),
        cwe=(326,),
    ),
    passing=has_not("logjam", _BY_LISTING),
    failing=has("logjam", "TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA (TLSv1.0) is accepted"),
)
def logjam_condition(case: Case[TlsFlaws]) -> Verdict:
    """Fails where Diffie-Hellman is for export or below 1024 bits."""
    return judge_flaw(case, "logjam", "{proof}")


@rule(
    RuleInfo(
        id="TLS084",
        name="drown-condition",
        title="DROWN: sessions of modern clients can be attacked through SSLv2",
        topic="tls_flaws",
        severity=Severity.HIGH,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Whether SSLv2 is spoken here. Whether another server with the same key speaks it is not asked.",
        rationale="SSLv2 serves as an oracle for the RSA key of the certificate: recorded sessions with static RSA that"
        " use the same key, here or on another server, can be decrypted, whatever version they were in.",
        remediation=remedy(
            "Turn SSLv2 off on every server that has this key, mail servers too. OpenSSL 1.1.0 and later have none.",
            nginx="ssl_protocols TLSv1.2 TLSv1.3;",
            apache="SSLProtocol -all +TLSv1.2 +TLSv1.3",
        ),
        references=(
            Reference(title="The DROWN Attack", url="https://drownattack.com/"),
            rfc(6176, "3", "RFC 6176: Prohibiting SSL Version 2.0"),
        ),
        cwe=(326, 203),
    ),
    passing=has_not("drown", "SSLv2 is refused here"),
    failing=has("drown", "SSLv2 is spoken here: SSL_CK_RC4_128_WITH_MD5 (SSLv2)"),
)
def drown_condition(case: Case[TlsFlaws]) -> Verdict:
    """Fails where SSLv2 is spoken."""
    return judge_flaw(case, "drown", "the key of the certificate serves SSLv2, too: {proof}")


@rule(
    RuleInfo(
        id="TLS085",
        name="beast-condition",
        title="BEAST: condition met",
        topic="tls_flaws",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Whether TLS 1.0 or SSLv3 accept CBC suites. That TLS 1.0 is spoken at all is a finding of its own.",
        rationale="Up to TLS 1.0 the last block of a record is the first vector of the next one. Browsers have split"
        " records since 2011, which ends the attack; other clients may not.",
        remediation=ONLY_MODERN_VERSIONS,
        references=(
            Reference(title="CVE-2011-3389", url="https://nvd.nist.gov/vuln/detail/CVE-2011-3389"),
            rfc(7457, "2.3", "RFC 7457: BEAST"),
            VERSIONS,
        ),
        cwe=(326,),
    ),
    passing=has_not("beast", _BY_LISTING),
    failing=has("beast", "TLS_RSA_WITH_AES_128_CBC_SHA (TLSv1.0) is accepted"),
)
def beast_condition(case: Case[TlsFlaws]) -> Verdict:
    """Fails where TLS 1.0 or SSLv3 has CBC suites."""
    return judge_flaw(case, "beast", "{proof}")


@rule(
    RuleInfo(
        id="TLS086",
        name="lucky13-condition",
        title="Lucky 13: condition met",
        topic="tls_flaws",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Whether CBC suites are accepted without encrypt-then-MAC.",
        rationale="Where the MAC is inside, an implementation must check padding and MAC in constant time. Current ones"
        " do; whether this one does cannot be seen from outside without disturbing it.",
        remediation=ONLY_GOOD_SUITES,
        references=(
            Reference(title="Lucky Thirteen", url="https://www.isg.rhul.ac.uk/tls/Lucky13.html"),
            rfc(7366, "1", "RFC 7366: Encrypt-then-MAC for TLS"),
            rfc(7457, "2.4", "RFC 7457: Padding Oracle Attacks"),
        ),
        cwe=(208,),
    ),
    passing=has_not("lucky13", _BY_LISTING),
    failing=has("lucky13", "CBC suites without encrypt-then-MAC: TLS_RSA_WITH_AES_128_CBC_SHA (TLSv1.2)"),
)
def lucky13_condition(case: Case[TlsFlaws]) -> Verdict:
    """Fails where CBC suites come without encrypt-then-MAC."""
    return judge_flaw(case, "lucky13", "{proof}")
