"""Rules over `tls_suites`: what is wrong with the ciphers of single suites, in whatever version they are accepted.

A suite that was seen is a fault whatever else is unknown. None seen is a pass only where every listing that could show
one ended with a proper refusal. One finding a rule lists all the suites by version.
"""

from scanner.model.evidence.tls_suites import PROTOCOLS, Suite, TlsSuites
from scanner.model.rule import Confidence, Reference, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import rfc
from scanner.rules.registry import rule
from scanner.rules.suite_pages import (
    GOOD_SUITES,
    MODERN,
    MOZILLA,
    ONLY_GOOD_SUITES,
    STATIC_AES_CBC,
    SUITES,
    example,
    listed,
    tls12,
)
from scanner.rules.suite_views import judge_suites, named, spoken, suites_of, unless_seen
from scanner.rules.verdict import Pass, Verdict, fail

_SMALL_BLOCKS = frozenset({"3DES", "IDEA", "RC2_128"})


@rule(
    RuleInfo(
        id="TLS007",
        name="null-suite-accepted",
        title="Cipher suites without encryption are accepted",
        topic="tls_suites",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for suites whose cipher is NULL, in every version.",
        rationale="Everything goes over the wire in the clear, behind a lock symbol.",
        remediation=ONLY_GOOD_SUITES,
        references=(SUITES,),
        cwe=(319,),
    ),
    passing=MODERN,
    failing=tls12(Suite(code="003B", name="TLS_RSA_WITH_NULL_SHA256")),
)
def null_suite_accepted(case: Case[TlsSuites]) -> Verdict:
    """Fails where a suite encrypts nothing."""
    return judge_suites(case, lambda one: one.null, "suites without encryption: {suites}", versions=PROTOCOLS)


@rule(
    RuleInfo(
        id="TLS008",
        name="anonymous-suite-accepted",
        title="Cipher suites without authentication are accepted",
        topic="tls_suites",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for suites whose key exchange is anonymous.",
        rationale="No certificate is shown, so anybody on the way can pose as the server.",
        remediation=ONLY_GOOD_SUITES,
        references=(
            SUITES,
            Reference(
                title="RFC 5246: Anonymous Key Exchange",
                url="https://www.rfc-editor.org/rfc/rfc5246#appendix-F.1.1.1",
                section="appendix F.1.1.1",
            ),
        ),
        cwe=(322,),
    ),
    passing=MODERN,
    failing=tls12(Suite(code="0034", name="TLS_DH_anon_WITH_AES_128_CBC_SHA", dh_bits=2048)),
)
def anonymous_suite_accepted(case: Case[TlsSuites]) -> Verdict:
    """Fails where a suite authenticates nobody."""
    return judge_suites(case, lambda one: one.anonymous, "suites without authentication: {suites}")


@rule(
    RuleInfo(
        id="TLS009",
        name="export-suite-accepted",
        title="Export cipher suites are accepted",
        topic="tls_suites",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for the suites of the 1990s whose keys were shortened for export.",
        rationale="Their keys of 40 to 56 bits fall in minutes, and an attacker can push capable clients down to them"
        " (FREAK, Logjam).",
        remediation=ONLY_GOOD_SUITES,
        references=(SUITES, Reference(title="Weak Diffie-Hellman and the Logjam Attack", url="https://weakdh.org/")),
        cwe=(326,),
    ),
    passing=MODERN,
    failing=tls12(Suite(code="0003", name="TLS_RSA_EXPORT_WITH_RC4_40_MD5")),
)
def export_suite_accepted(case: Case[TlsSuites]) -> Verdict:
    """Fails where a suite has the export mark."""
    return judge_suites(case, lambda one: one.export, "export suites: {suites}")


@rule(
    RuleInfo(
        id="TLS010",
        name="rc4-suite-accepted",
        title="RC4 cipher suites are accepted",
        topic="tls_suites",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for suites with RC4, in every version.",
        rationale="The key stream of RC4 is biased: what is sent often, such as a cookie, can be recovered. TLS forbids"
        " it.",
        remediation=ONLY_GOOD_SUITES,
        references=(rfc(7465, "2", "RFC 7465: Changes to TLS"), SUITES),
        cwe=(327,),
    ),
    passing=MODERN,
    failing=tls12(Suite(code="0005", name="TLS_RSA_WITH_RC4_128_SHA")),
)
def rc4_suite_accepted(case: Case[TlsSuites]) -> Verdict:
    """Fails where a suite uses RC4 of any key length."""
    return judge_suites(case, lambda one: one.rc4, "RC4 suites: {suites}")


@rule(
    RuleInfo(
        id="TLS011",
        name="des-suite-accepted",
        title="DES cipher suites are accepted",
        topic="tls_suites",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for suites with single DES, in every version.",
        rationale="A key of 56 bits is found by trying them all, for the price of a rented machine.",
        remediation=ONLY_GOOD_SUITES,
        references=(SUITES, rfc(5469, "4", "RFC 5469: Security Considerations of the DES and IDEA suites")),
        cwe=(326, 327),
    ),
    passing=MODERN,
    failing=tls12(Suite(code="0009", name="TLS_RSA_WITH_DES_CBC_SHA")),
)
def des_suite_accepted(case: Case[TlsSuites]) -> Verdict:
    """Fails where a suite uses single DES."""
    return judge_suites(case, lambda one: one.des, "DES suites: {suites}")


@rule(
    RuleInfo(
        id="TLS012",
        name="small-block-suite-accepted",
        title="3DES or another cipher with blocks of 64 bits is accepted",
        topic="tls_suites",
        severity=Severity.MEDIUM,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for suites with 3DES, IDEA or RC2, in every version.",
        rationale="With blocks of 64 bits, equal blocks turn up after some gigabytes and give plaintext away"
        " (Sweet32).",
        remediation=ONLY_GOOD_SUITES,
        references=(
            Reference(title="Sweet32: Birthday attacks on 64-bit block ciphers", url="https://sweet32.info/"),
            SUITES,
        ),
        cwe=(327,),
    ),
    passing=MODERN,
    failing=tls12(Suite(code="000A", name="TLS_RSA_WITH_3DES_EDE_CBC_SHA")),
)
def small_block_suite_accepted(case: Case[TlsSuites]) -> Verdict:
    """Fails where a suite uses 3DES, IDEA or RC2 with a full key."""
    return judge_suites(case, lambda one: one.cipher in _SMALL_BLOCKS, "suites with blocks of 64 bits: {suites}")


@rule(
    RuleInfo(
        id="TLS016",
        name="cbc-suite-in-tls-1-2",
        title="CBC cipher suites are accepted in TLS 1.2",
        topic="tls_suites",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for CBC suites in TLS 1.2.",
        rationale="TLS authenticates before it encrypts with CBC, which made many implementations leak through timing"
        " (Lucky 13). Patched ones do not, so this is worth knowing and no fault by itself.",
        remediation=ONLY_GOOD_SUITES,
        references=(GOOD_SUITES, rfc(7457, "2.4", "RFC 7457: Padding Oracle Attacks")),
    ),
    passing=MODERN,
    failing=tls12(Suite(code="C027", name="TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", group="001D", signature="0804")),
)
def cbc_suite_in_tls_1_2(case: Case[TlsSuites]) -> Verdict:
    """Fails where TLS 1.2 has a CBC suite."""
    return judge_suites(case, lambda one: one.cbc, "CBC suites: {suites}", versions=("TLSv1.2",))


@rule(
    RuleInfo(
        id="TLS017",
        name="no-authenticated-encryption",
        title="TLS 1.2 offers no authenticated encryption",
        topic="tls_suites",
        severity=Severity.MEDIUM,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks whether TLS 1.2 has a suite with GCM, CCM or ChaCha20-Poly1305. Low where TLS 1.3 is spoken.",
        rationale="CBC and RC4 are all that is left, and each has been attacked in practice. Every client of TLS 1.2 of"
        " the last ten years has AES-GCM.",
        remediation=ONLY_GOOD_SUITES,
        references=(GOOD_SUITES, MOZILLA),
        cwe=(327,),
    ),
    passing=MODERN,
    failing=example(TLSv1_2=listed(STATIC_AES_CBC)),
)
def no_authenticated_encryption(case: Case[TlsSuites]) -> Verdict:
    """Fails where TLS 1.2 is spoken, its list is whole, and no suite in it is AEAD."""
    version = "TLSv1.2"
    suites = suites_of(case, (version,))
    verdict = unless_seen(case, (version,))
    if any(one.traits.aead for one in suites):
        return Pass()
    if not isinstance(verdict, Pass):
        return verdict
    return fail(
        "no suite of {version} has authenticated encryption: {suites}",
        f"/protocols/{version}",
        severity=Severity.LOW if spoken(case, ("TLSv1.3",)) else None,
        version=version,
        suites=named(suites),
    )
