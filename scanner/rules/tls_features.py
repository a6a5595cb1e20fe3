"""Rules over `tls_features`: what the hellos of TLS 1.2 and below show, and how odd hellos are dealt with."""

from scanner.model.evidence.tls_features import Feature, Renegotiation, SignatureUse, TlsFeatures, Tolerance
from scanner.model.evidence.tls_suites import TlsSuites
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.model.rule import Confidence, Reference, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import remedy, rfc
from scanner.rules.registry import rule
from scanner.rules.tls_features_views import (
    NO,
    YES,
    at,
    by_version,
    classic_example,
    example,
    unless_bad,
    unseen,
    without_extensions,
)
from scanner.rules.verdict import NotApplicable, Unknown, Verdict, fail

_UPDATE = "Update the TLS library of the server, or of the load balancer before it."
_NO_CLASSIC = "no version that has it is spoken"
_GOOD_SIGNATURES = remedy(
    "Allow signatures with SHA-256 and better only, or leave it to the security level of OpenSSL 3.",
    nginx="ssl_conf_command SignatureAlgorithms ECDSA+SHA256:RSA-PSS+SHA256:RSA+SHA256:ECDSA+SHA384:RSA+SHA384;",
    apache="SSLOpenSSLConfCmd SignatureAlgorithms ECDSA+SHA256:RSA-PSS+SHA256:RSA+SHA256:ECDSA+SHA384:RSA+SHA384",
)


@rule(
    RuleInfo(
        id="TLS040",
        name="secure-renegotiation-missing",
        title="Secure renegotiation is not supported",
        topic="tls_features",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for renegotiation_info in the hellos of TLS 1.2 and below. Medium where the server was seen"
        " to renegotiate.",
        rationale="Without it a client cannot tell whether its handshake was spliced onto another's connection, and"
        " strict clients refuse to connect.",
        remediation=remedy(_UPDATE),
        references=(
            rfc(5746, "3.6", "RFC 5746: Server Behavior: Initial Handshake"),
            rfc(9325, "3.5", "RFC 9325 (BCP 195): Renegotiation in TLS 1.2"),
        ),
        cwe=(300,),
    ),
    passing=example(),
    failing=classic_example(secure_renegotiation=NO),
)
def secure_renegotiation_missing(case: Case[TlsFeatures]) -> Verdict:
    """Fails where a version answers without renegotiation_info."""
    found = by_version(case, "secure_renegotiation")
    missing = [version for version, one in found.items() if one.answer is Answer.NO]
    if not missing:
        return unseen(case) or without_extensions(case) or unless_bad(tuple(found.values()), none=_NO_CLASSIC)
    asked: Renegotiation = case.evidence.renegotiation
    possible = Answer.YES in {asked.client_initiated.answer, asked.insecure.answer}
    return fail(
        "no renegotiation_info in {versions}" + ("; the server renegotiates" if possible else ""),
        tuple(at(version, "secure_renegotiation") for version in missing),
        severity=Severity.MEDIUM if possible else None,
        versions=", ".join(missing),
    )


@rule(
    RuleInfo(
        id="TLS041",
        name="extended-master-secret-missing",
        title="The extended master secret is not supported",
        topic="tls_features",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for extended_master_secret in the ServerHellos of TLS 1.2 and below, which our hellos offer.",
        rationale="Without it the keys of a session are not bound to its handshake, and two sessions can be made to"
        " share them (triple handshake). NIST SP 800-52 asks for it.",
        remediation=remedy(_UPDATE + " OpenSSL has it since 1.1.0, Go since 1.21."),
        references=(
            rfc(7627, "5.2", "RFC 7627: Client and Server Behavior: Full Handshake"),
            rfc(7627, "1", "RFC 7627: Introduction"),
            rfc(9325, "3.5", "RFC 9325 (BCP 195): Renegotiation in TLS 1.2"),
        ),
        cwe=(300,),
    ),
    passing=example(),
    failing=classic_example(extended_master_secret=NO),
)
def extended_master_secret_missing(case: Case[TlsFeatures]) -> Verdict:
    """Fails where a version answers without it."""
    return _missing(case, "extended_master_secret", "no extended master secret in {versions}")


@rule(
    RuleInfo(
        id="TLS042",
        name="encrypt-then-mac-missing",
        title="CBC suites are used without encrypt-then-MAC",
        topic="tls_features",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for encrypt_then_mac where the server chose a CBC suite and our hello offered it. The default"
        " policy leaves this out: Lucky 13 (TLS086) says the same.",
        rationale="CBC suites authenticate the plaintext and then encrypt, which padding oracles live on; this"
        " extension turns the order round.",
        remediation=remedy("Leave CBC suites out, or update the TLS library; OpenSSL has it since 1.1.0."),
        references=(rfc(7366, "3", "RFC 7366: Applying Encrypt-then-MAC"),),
    ),
    passing=example(),
    failing=classic_example(encrypt_then_mac=NO),
)
def encrypt_then_mac_missing(case: Case[TlsFeatures]) -> Verdict:
    """Fails where a CBC suite was chosen without it; not applicable where none is accepted."""
    found = by_version(case, "encrypt_then_mac")
    suites = case.other("tls_suites", TlsSuites)
    if suites is not None and not any(one.tries for one in found.values()):
        names = [one.name for support in suites.protocols.values() for one in support.suites]
        whole = suites.listed and all(
            one.supported is Answer.NO or (one.supported is Answer.YES and one.complete is Answer.YES)
            for one in suites.protocols.values()
        )
        if whole and not any("_CBC_" in name for name in names):
            return NotApplicable("no CBC suite is accepted")
    return _missing(case, "encrypt_then_mac", "CBC suites without encrypt-then-MAC in {versions}")


def _missing(case: Case[TlsFeatures], name: str, message: str) -> Verdict:
    found = by_version(case, name)
    missing = [version for version, one in found.items() if one.answer is Answer.NO]
    if missing:
        return fail(message, tuple(at(version, name) for version in missing), versions=", ".join(missing))
    return unseen(case) or without_extensions(case) or unless_bad(tuple(found.values()), none=_NO_CLASSIC)


@rule(
    RuleInfo(
        id="TLS047",
        name="downgrade-sentinel-missing",
        title="TLS 1.3 is spoken, but older handshakes do not say so",
        topic="tls_features",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks at the last eight bytes of ServerHello.random in TLS 1.2 and below, where TLS 1.3 is spoken.",
        rationale="By that mark a client notices that somebody on the way took TLS 1.3 out of its hello. A server of"
        " TLS 1.3 must set it; without it, a middlebox may answer the older versions in its place.",
        remediation=remedy(_UPDATE),
        references=(rfc(8446, "4.1.3", "RFC 8446: Server Hello"),),
        cwe=(757,),
    ),
    passing=example(),
    failing=classic_example(downgrade_sentinel=NO),
)
def downgrade_sentinel_missing(case: Case[TlsFeatures]) -> Verdict:
    """Fails where TLS 1.3 is spoken and no hello of an older version ends in the mark."""
    if "TLSv1.3" not in case.evidence.versions:
        return unseen(case, ("TLSv1.3",)) or NotApplicable("TLS 1.3 is not spoken")
    older = {version: one for version, one in by_version(case, "downgrade_sentinel").items() if version != "TLSv1.3"}
    missing = [version for version, one in older.items() if one.answer is Answer.NO]
    if missing:
        return fail(
            "no downgrade mark in {versions}",
            tuple(at(version, "downgrade_sentinel") for version in missing),
            versions=", ".join(missing),
        )
    return unseen(case) or unless_bad(tuple(older.values()), none="no older version is spoken")


@rule(
    RuleInfo(
        id="TLS048",
        name="fallback-scsv-missing",
        title="A fallback to an older version is not refused",
        topic="tls_features",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Sends a hello of the second highest version that marks itself as a fallback. Asked only where two"
        " versions up to TLS 1.2 are spoken and TLS 1.3 is not.",
        rationale="Clients that try again with an older version after a failure can be pushed down by anybody who"
        " breaks connections; a server that knows the mark refuses (POODLE used it).",
        remediation=remedy("Speak TLS 1.3, or one version only. " + _UPDATE),
        references=(rfc(7507, "3", "RFC 7507: Server Behavior"),),
        cwe=(757,),
    ),
    passing=example(),
    failing=example(fallback_scsv=NO),
)
def fallback_scsv_missing(case: Case[TlsFeatures]) -> Verdict:
    """Fails where the marked hello was served."""
    feature = case.evidence.fallback_scsv
    if feature.answer is Answer.NO:
        return fail("a hello marked as a fallback is served", "/fallback_scsv")
    return unless_bad((feature,), none=_NO_CLASSIC)


def _signed(protocol: str, old: Feature) -> SignatureUse:
    return SignatureUse(protocol=protocol, schemes=("0804",), names=("rsa_pss_rsae_sha256",), old_hashes=old)


@rule(
    RuleInfo(
        id="TLS049",
        name="old-signature-on-request",
        title="Handshakes are signed with SHA-1 or MD5 for clients that take nothing better",
        topic="tls_features",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Offers only SHA-1 and MD5 for the signature over the handshake, in TLS 1.2 and TLS 1.3. Whether the"
        " server does so though better was offered is judged by another rule.",
        rationale="Collisions of these hashes are affordable (SLOTH). No current client asks for them, so that nothing"
        " is lost by refusing.",
        remediation=_GOOD_SIGNATURES,
        references=(rfc(9155, "4", "RFC 9155: Server Key Exchange"),),
        cwe=(328,),
    ),
    passing=example(signatures=(_signed("TLSv1.2", NO), _signed("TLSv1.3", NO))),
    failing=example(
        signatures=(
            _signed("TLSv1.2", Feature(answer=Answer.YES, tries=1, seen=1, reason=PeerText("rsa_pkcs1_sha1"))),
            _signed("TLSv1.3", NO),
        )
    ),
)
def old_signature_on_request(case: Case[TlsFeatures]) -> Verdict:
    """Fails where a handshake was signed so."""
    uses = case.evidence.signatures
    signed = [(place, one) for place, one in enumerate(uses) if one.old_hashes.answer is Answer.YES]
    old = [(place, one) for place, one in signed if not _signs_so_anyway(case, one.protocol)]
    if signed and not old:
        return NotApplicable("handshakes are signed so without being asked, which is a finding of its own")
    if old:
        return fail(
            "signed on request: {uses}",
            tuple(f"/signatures/{place}/old_hashes" for place, _ in old),
            uses=", ".join(f"{one.protocol} with {one.old_hashes.reason}" for _, one in old),
        )
    return unless_bad(tuple(one.old_hashes for one in uses), none="neither TLS 1.2 nor TLS 1.3 was seen")


def _signs_so_anyway(case: Case[TlsFeatures], version: str) -> bool:
    """Whether a suite of the version was signed with MD5 or SHA-1 though better was offered (RFC 5246 7.4.1.4.1)."""
    suites = case.other("tls_suites", TlsSuites)
    support = None if suites is None else suites.protocols.get(version)
    return support is not None and any((one.signature or "")[:2] in {"01", "02"} for one in support.suites)


_ODDITIES = {
    "grease": "reserved values in its lists",
    "unknown_version": "a version that does not exist yet",
    "unknown_extension": "an unknown extension",
    "long_hello": "more than two TCP segments",
}


@rule(
    RuleInfo(
        id="TLS050",
        name="modern-hello-intolerance",
        title="Valid hellos that are new to the server fail",
        topic="tls_features",
        severity=Severity.LOW,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Sends hellos with reserved values, an unknown version, an unknown extension, and of three segments;"
        " each that fails is sent twice, between two plain ones that work.",
        rationale="Browsers send such hellos today, and those with post-quantum key shares are long. Who fails at them"
        " is cut off step by step.",
        remediation=remedy(_UPDATE),
        references=(
            rfc(8446, "9.3", "RFC 8446: Protocol Invariants"),
            rfc(8701, "1", "RFC 8701 (GREASE): Introduction"),
            Reference(title="TLS Post-Quantum Confidentiality: long hellos", url="https://tldr.fail/"),
        ),
    ),
    passing=example(),
    failing=example(tolerance=Tolerance(grease=YES, unknown_version=YES, unknown_extension=YES, long_hello=NO)),
)
def modern_hello_intolerance(case: Case[TlsFeatures]) -> Verdict:
    """Fails where such a hello failed twice."""
    found: dict[str, Feature] = {name: getattr(case.evidence.tolerance, name) for name in _ODDITIES}
    failed = [name for name, one in found.items() if one.answer is Answer.NO]
    if failed:
        return fail(
            "a hello fails that has {oddities}",
            tuple(f"/tolerance/{name}" for name in failed),
            oddities="; ".join(_ODDITIES[name] for name in failed),
        )
    return without_extensions(case) or unless_bad(tuple(found.values()), none=_NO_CLASSIC)


@rule(
    RuleInfo(
        id="TLS055",
        name="heartbeat-extension-enabled",
        title="The heartbeat extension is enabled",
        topic="tls_features",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Offers the heartbeat extension and looks whether the server takes it. Whether it leaks memory is"
        " another question.",
        rationale="No HTTPS client needs it, and it brought Heartbleed. BSI TR-02102-2 advises against it.",
        remediation=remedy("Update the TLS library: OpenSSL has none since 1.1.1. Older ones can be built without."),
        references=(
            rfc(6520, "2", "RFC 6520: Heartbeat Hello Extension"),
            Reference(
                title="BSI TR-02102-2: Use of TLS",
                url="https://www.bsi.bund.de/EN/Themen/Unternehmen-und-Organisationen/Standards-und-Zertifizierung/"
                "Technische-Richtlinien/TR-nach-Thema-sortiert/tr02102/tr02102_node.html",
            ),
        ),
    ),
    passing=example(),
    failing=classic_example(heartbeat=YES),
)
def heartbeat_extension_enabled(case: Case[TlsFeatures]) -> Verdict:
    """Fails where the server takes the extension in any version."""
    found = by_version(case, "heartbeat")
    taken = [version for version, one in found.items() if one.answer is Answer.YES]
    if taken:
        return fail(
            "heartbeat in {versions}",
            tuple(at(version, "heartbeat") for version in taken),
            versions=", ".join(taken),
        )
    # One stack answers all versions: those in which no hello had the extension follow those that had it.
    told = [one for one in found.values() if one.tries or not one.applicable]
    if not told:
        return Unknown("no hello with the extension was answered")
    return unless_bad(told, none=_NO_CLASSIC)
