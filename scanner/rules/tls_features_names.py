"""Rules over `tls_features`: what the server makes of names: SNI, application protocols, Encrypted ClientHello."""

from scanner.model.evidence.dns_records import DnsRecords
from scanner.model.evidence.tls_features import Alpn, Ech, Feature, SniAnswer, SniBehaviour, TlsFeatures
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.model.rule import Confidence, Reference, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import remedy, rfc
from scanner.rules.registry import rule
from scanner.rules.tls_features_views import SOUND, YES, example, unless_bad, without_extensions
from scanner.rules.verdict import NotApplicable, Pass, Unknown, Verdict, fail

MAX_NAMES = 5
"""Names of a foreign certificate that a message shows; the evidence has more."""

_OTHER = SniAnswer(answer=Answer.YES, leaf_sha256="b2" * 32, names=(PeerText("intern.example.net"),))
_STRICT_NGINX = "server {\n    listen 443 ssl default_server;\n    ssl_reject_handshake on;\n}"
_STRICT_APACHE = "SSLStrictSNIVHostCheck on"


@rule(
    RuleInfo(
        id="TLS051",
        name="foreign-protocol-and-name-served",
        title="Clients of other protocols and other names are served",
        topic="tls_features",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Sends a hello for a name that the server cannot have, and one with a protocol that does not exist, and"
        " looks whether both are served.",
        rationale="A server that insists neither on its name nor on its protocol lets connections meant for another"
        " service with the same certificate end here (ALPACA). Refusing either is enough.",
        remediation=remedy(
            "Refuse unknown names, or unknown protocols: current nginx and OpenSSL applications do the latter.",
            nginx=_STRICT_NGINX,
            apache=_STRICT_APACHE,
        ),
        references=(
            rfc(7301, "3.2", "RFC 7301: Protocol Selection"),
            rfc(9325, "3.8", "RFC 9325 (BCP 195): Application-Layer Protocol Negotiation"),
            Reference(title="ALPACA: application layer protocol confusion", url="https://alpaca-attack.com/"),
        ),
        cwe=(290,),
    ),
    passing=example(),
    failing=example(
        alpn=Alpn(supported=YES, unknown_accepted=YES),
        sni=SniBehaviour(right=SOUND.sni.right, none=SOUND.sni.right, wrong=SOUND.sni.right, default_differs=Answer.NO),
    ),
)
def foreign_protocol_and_name_served(case: Case[TlsFeatures]) -> Verdict:
    """Fails where neither the name nor the protocol is insisted on."""
    protocol, name = case.evidence.alpn.unknown_accepted.answer, case.evidence.sni.wrong.answer
    if Answer.NO in {protocol, name}:
        kept = [what for what, one in (("protocols", protocol), ("names", name)) if one is Answer.NO]
        return Pass(f"unknown {' and '.join(kept)} are refused")
    if Answer.UNKNOWN in {protocol, name}:
        doubt = Unknown("whether an unknown name and an unknown protocol are served could not be told")
        return without_extensions(case) or doubt
    return fail("an unknown name is served, and an unknown protocol", ("/alpn/unknown_accepted", "/sni/wrong"))


@rule(
    RuleInfo(
        id="TLS052",
        name="default-certificate-of-another",
        title="Without the right name another certificate is served",
        topic="tls_features",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Compares the certificates that come without a name and with a wrong one with that of the host.",
        rationale="Who scans addresses learns the names in the default certificate, which may be internal ones; and"
        " clients without SNI see a warning.",
        remediation=remedy(
            "Refuse handshakes for unknown names, or serve a certificate there that tells nothing.",
            nginx=_STRICT_NGINX,
            apache=_STRICT_APACHE,
        ),
        references=(
            rfc(6066, "3", "RFC 6066: Server Name Indication"),
            rfc(9325, "3.7", "RFC 9325 (BCP 195): Server Name Indication"),
        ),
        cwe=(200,),
    ),
    passing=example(),
    failing=example(sni=SniBehaviour(right=SOUND.sni.right, none=_OTHER, wrong=_OTHER, default_differs=Answer.YES)),
)
def default_certificate_of_another(case: Case[TlsFeatures]) -> Verdict:
    """Fails where another certificate came; passes where the handshake was refused (strict SNI)."""
    sni = case.evidence.sni
    if sni.default_differs is Answer.UNKNOWN:
        return without_extensions(case) or Unknown("what is served without the right name could not be told")
    if sni.default_differs is Answer.NO:
        strict = sni.none.answer is Answer.NO and sni.wrong.answer is Answer.NO
        return Pass("handshakes without the right name are refused" if strict else None)
    others = {name: one for name, one in (("none", sni.none), ("wrong", sni.wrong)) if one.leaf_sha256}
    names = list(dict.fromkeys(name for one in others.values() for name in one.names))
    shown = ", ".join(names[:MAX_NAMES]) + (f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else "")
    return fail(
        "names in the default certificate: {names}",
        tuple(f"/sni/{place}/leaf_sha256" for place in others),
        names=shown or "none",
    )


@rule(
    RuleInfo(
        id="TLS056",
        name="encrypted-client-hello-missing",
        title="Encrypted ClientHello is not offered",
        topic="tls_features",
        severity=Severity.INFO,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Sends a hello with a GREASE extension for ECH: a server with keys answers with its configurations. The"
        " default policy leaves this out, since few servers can have it.",
        rationale="Without it everybody on the way reads the name of the site in the hello. It needs a host for many"
        " names, a key in DNS, and a recent library, so few have it yet.",
        remediation=remedy(
            "Nothing to mend. A content delivery network, or a server built with OpenSSL 4 or later, can offer it."
        ),
        references=(
            Reference(title="RFC 9849: TLS Encrypted Client Hello", url="https://www.rfc-editor.org/rfc/rfc9849"),
        ),
    ),
    passing=example(ech=Ech(retry_configs=1, accepts_grease=YES)),
    failing=example(ech=Ech(retry_configs=0, accepts_grease=YES)),
)
def encrypted_client_hello_missing(case: Case[TlsFeatures]) -> Verdict:
    """Fails where no configuration came for a hello with GREASE, and the DNS announces none."""
    ech = case.evidence.ech
    if ech.retry_configs:
        return Pass()
    dns = case.other("dns_records", DnsRecords)
    if ech.in_dns is Answer.YES or (dns is not None and dns.https.ech is Answer.YES):
        return Pass("the HTTPS record announces it")
    if ech.retry_configs == 0:
        return fail("no configuration of ECH came for a hello with a made-up one", "/ech/retry_configs")
    grease: Feature = ech.accepts_grease
    if not grease.applicable:
        return NotApplicable(str(grease.reason or "TLS 1.3 is not spoken"))
    verdict = unless_bad((grease,), none="TLS 1.3 is not spoken")
    return Unknown("no configuration could be read") if isinstance(verdict, Pass) else verdict
