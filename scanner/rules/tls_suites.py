"""Rules over `tls_suites`: the protocol versions, and how the server dealt with our hellos.

A version whose answer is unknown makes the rule about it unknown. What is wrong with single suites is judged in
`weak_suites`.
"""

from scanner.model.evidence.tls_suites import PROTOCOLS, DroppedSuite, ProtocolSupport, Suite, TlsSuites
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.model.rule import Confidence, Reference, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import remedy, rfc
from scanner.rules.registry import rule
from scanner.rules.suite_pages import (
    ADD_TLS13,
    AES_GCM,
    MODERN,
    ONLY_GOOD_SUITES,
    ONLY_MODERN_VERSIONS,
    STATIC_AES_CBC,
    TLS13_AES,
    VERSIONS,
    example,
    listed,
)
from scanner.rules.suite_views import doubts, spoken, support, unless_seen
from scanner.rules.verdict import Pass, Unknown, Verdict, fail

_MODERN_VERSIONS = ("TLSv1.2", "TLSv1.3")


def _judge_version(case: Case[TlsSuites], version: str) -> Verdict:
    """Fails where the version is spoken, passes where it was properly refused."""
    known = support(case, version)
    if known.supported is Answer.UNKNOWN:
        return Unknown(doubts(case, (version,)))
    if known.supported is Answer.NO:
        return Pass(known.reason)
    if not known.suites:
        return fail("{version} is spoken, but no cipher suite of it was seen", f"/protocols/{version}", version=version)
    message = "{version} is accepted; suites: {count}" if case.evidence.listed else "{version} is accepted"
    return fail(message, f"/protocols/{version}", version=version, count=len(known.suites))


@rule(
    RuleInfo(
        id="TLS001",
        name="sslv2-enabled",
        title="SSLv2 is enabled",
        topic="tls_suites",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Offers SSLv2 with its own hello and looks whether the server answers in kind.",
        rationale="SSLv2 protects nothing: the handshake can be altered and keys shortened. A server with the same RSA"
        " key also betrays the TLS sessions of others (DROWN).",
        remediation=ONLY_MODERN_VERSIONS,
        references=(rfc(6176, "3", "RFC 6176: Changes to TLS"), VERSIONS),
        cwe=(327,),
    ),
    passing=MODERN,
    failing=example(SSLv2=listed(Suite(code="010080", name="SSL_CK_RC4_128_WITH_MD5")), TLSv1_2=listed(AES_GCM)),
)
def sslv2_enabled(case: Case[TlsSuites]) -> Verdict:
    """Fails where SSLv2 is spoken."""
    return _judge_version(case, "SSLv2")


@rule(
    RuleInfo(
        id="TLS002",
        name="sslv3-enabled",
        title="SSLv3 is enabled",
        topic="tls_suites",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Offers SSLv3 alone and looks whether the server accepts it.",
        rationale="The padding of its CBC suites is not authenticated, so cookies can be read byte by byte (POODLE),"
        " and its only other ciphers are RC4 and none.",
        remediation=ONLY_MODERN_VERSIONS,
        references=(rfc(7568, "3", "RFC 7568: Do Not Use SSL Version 3.0"), VERSIONS),
        cwe=(327,),
    ),
    passing=MODERN,
    failing=example(SSLv3=listed(STATIC_AES_CBC), TLSv1_2=listed(AES_GCM)),
)
def sslv3_enabled(case: Case[TlsSuites]) -> Verdict:
    """Fails where SSLv3 is spoken."""
    return _judge_version(case, "SSLv3")


@rule(
    RuleInfo(
        id="TLS003",
        name="tls-1-0-enabled",
        title="TLS 1.0 is enabled",
        topic="tls_suites",
        severity=Severity.MEDIUM,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Offers TLS 1.0 alone and looks whether the server accepts it.",
        rationale="TLS 1.0 signs its handshake with MD5 and SHA-1 and has no authenticated encryption. It was"
        " deprecated in 2021, and no browser speaks it any more.",
        remediation=ONLY_MODERN_VERSIONS,
        references=(rfc(8996, "4", "RFC 8996: Do Not Use TLS 1.0"), VERSIONS),
        cwe=(327,),
    ),
    passing=MODERN,
    failing=example(TLSv1_0=listed(STATIC_AES_CBC), TLSv1_2=listed(AES_GCM)),
)
def tls_1_0_enabled(case: Case[TlsSuites]) -> Verdict:
    """Fails where TLS 1.0 is spoken."""
    return _judge_version(case, "TLSv1.0")


@rule(
    RuleInfo(
        id="TLS004",
        name="tls-1-1-enabled",
        title="TLS 1.1 is enabled",
        topic="tls_suites",
        severity=Severity.MEDIUM,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Offers TLS 1.1 alone and looks whether the server accepts it.",
        rationale="TLS 1.1 signs its handshake with MD5 and SHA-1 and has no authenticated encryption. It was"
        " deprecated in 2021, and no browser speaks it any more.",
        remediation=ONLY_MODERN_VERSIONS,
        references=(rfc(8996, "5", "RFC 8996: Do Not Use TLS 1.1"), VERSIONS),
        cwe=(327,),
    ),
    passing=MODERN,
    failing=example(TLSv1_1=listed(STATIC_AES_CBC), TLSv1_2=listed(AES_GCM)),
)
def tls_1_1_enabled(case: Case[TlsSuites]) -> Verdict:
    """Fails where TLS 1.1 is spoken."""
    return _judge_version(case, "TLSv1.1")


@rule(
    RuleInfo(
        id="TLS005",
        name="no-modern-version",
        title="Neither TLS 1.2 nor TLS 1.3 is spoken",
        topic="tls_suites",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks whether the server speaks TLS 1.2 or TLS 1.3.",
        rationale="Current browsers and libraries cannot connect at all, and those that can get no protection to rely"
        " on.",
        remediation=ONLY_MODERN_VERSIONS,
        references=(VERSIONS, rfc(8996, "4", "RFC 8996: Do Not Use TLS 1.0")),
        cwe=(327,),
    ),
    passing=MODERN,
    failing=example(TLSv1_0=listed(STATIC_AES_CBC)),
)
def no_modern_version(case: Case[TlsSuites]) -> Verdict:
    """Fails where older versions are spoken and both modern ones were refused."""
    if spoken(case, _MODERN_VERSIONS):
        return Pass()
    unknown = [version for version in _MODERN_VERSIONS if support(case, version).supported is Answer.UNKNOWN]
    if unknown:
        return Unknown(doubts(case, unknown))
    older = spoken(case)
    if not older:
        return Unknown("no version was accepted at all")
    return fail(
        "TLSv1.2 and TLSv1.3 are refused; spoken: {versions}",
        tuple(f"/protocols/{version}" for version in (*_MODERN_VERSIONS, *older)),
        versions=", ".join(older),
    )


@rule(
    RuleInfo(
        id="TLS006",
        name="tls-1-3-missing",
        title="TLS 1.3 is not spoken",
        topic="tls_suites",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Offers TLS 1.3 alone and looks whether the server accepts it.",
        rationale="TLS 1.3 saves a round trip, hides the certificate from onlookers, has no weak suites to switch off,"
        " and is the only version with post-quantum key exchange.",
        remediation=ADD_TLS13,
        references=(VERSIONS, rfc(8446, "1.2", "RFC 8446: Major Differences from TLS 1.2")),
    ),
    passing=MODERN,
    failing=example(TLSv1_2=listed(AES_GCM)),
)
def tls_1_3_missing(case: Case[TlsSuites]) -> Verdict:
    """Fails where TLS 1.3 was refused and another version is spoken."""
    known = support(case, "TLSv1.3")
    if known.supported is Answer.YES:
        return Pass()
    if known.supported is Answer.UNKNOWN:
        return Unknown(doubts(case, ("TLSv1.3",)))
    others = spoken(case)
    if not others:
        return Unknown("no version was accepted at all")
    return fail("TLSv1.3 is refused; spoken: {versions}", "/protocols/TLSv1.3", versions=", ".join(others))


@rule(
    RuleInfo(
        id="TLS019",
        name="suite-chosen-but-not-completed",
        title="The server chooses suites that it cannot complete a handshake with",
        topic="tls_suites",
        severity=Severity.INFO,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Looks for suites that the server chose and whose handshake then broke off, by the server's doing.",
        rationale="A client that is given such a suite cannot connect, though it may have offered better ones. Mostly"
        " the certificate's key does not fit the configured suites.",
        remediation=ONLY_GOOD_SUITES,
        references=(rfc(5246, "7.4.1.3", "RFC 5246: Server Hello"), rfc(5246, "7.4.2", "RFC 5246: Server Certificate")),
    ),
    passing=MODERN,
    failing=example(
        TLSv1_2=ProtocolSupport(
            supported=Answer.YES,
            complete=Answer.YES,
            suites=(AES_GCM,),
            dropped=(
                DroppedSuite(
                    code="0032",
                    name="TLS_DHE_DSS_WITH_AES_128_CBC_SHA",
                    reason=PeerText("alert 80 (internal_error)"),
                ),
            ),
        )
    ),
)
def suite_chosen_but_not_completed(case: Case[TlsSuites]) -> Verdict:
    """Fails where a version has dropped suites."""
    dropped = [
        (version, place, suite) for version in PROTOCOLS for place, suite in enumerate(support(case, version).dropped)
    ]
    if dropped:
        return fail(
            "chosen by the server, then broken off: {suites}",
            tuple(f"/protocols/{version}/dropped/{place}" for version, place, _ in dropped),
            suites="; ".join(f"{version}: {suite.name} ({suite.reason})" for version, _, suite in dropped),
        )
    return unless_seen(case, PROTOCOLS)


@rule(
    RuleInfo(
        id="TLS020",
        name="hello-intolerance",
        title="The server cannot stand every valid hello",
        topic="tls_suites",
        severity=Severity.INFO,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Names the workarounds without which the server, or something before it, did not answer our hellos.",
        rationale="A hello may list what a server does not know, and be long. One that fails at that will fail for new"
        " clients, whose hellos grow with post-quantum key shares.",
        remediation=remedy("Update the TLS library, and the load balancer or firewall before it."),
        references=(
            rfc(8446, "4.1.2", "RFC 8446: Client Hello"),
            rfc(8701, "1", "RFC 8701 (GREASE): Introduction"),
            Reference(title="TLS Post-Quantum Confidentiality: long hellos", url="https://tldr.fail/"),
        ),
    ),
    passing=MODERN,
    failing=example("chunks of 60 suites", TLSv1_2=listed(AES_GCM), TLSv1_3=listed(TLS13_AES)),
)
def hello_intolerance(case: Case[TlsSuites]) -> Verdict:
    """Fails where a workaround was needed."""
    needed = case.evidence.intolerances
    if needed:
        return fail(
            "workarounds that were needed: {workarounds}",
            tuple(f"/intolerances/{place}" for place in range(len(needed))),
            workarounds="; ".join(needed),
        )
    return unless_seen(case, PROTOCOLS)
