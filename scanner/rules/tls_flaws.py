"""Rules over `tls_flaws`: flaws of implementations that showed on the wire, each by its proof."""

from scanner.model.evidence.tls_flaws import TlsFlaws
from scanner.model.rule import Confidence, Reference, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import remedy, rfc
from scanner.rules.flaw_views import has, has_not, judge_flaw
from scanner.rules.registry import rule
from scanner.rules.verdict import Verdict

_UPDATE_OPENSSL = "Update the TLS library and restart everything that uses it."


@rule(
    RuleInfo(
        id="TLS070",
        name="heartbleed",
        title="Heartbleed: the server gives its memory away",
        topic="tls_flaws",
        severity=Severity.CRITICAL,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Whether a heartbeat request that claims more than its payload is answered with more than its payload."
        " Only our own padding is asked for.",
        rationale="Anybody can read the server's memory, 64 KiB at a time and without a trace: session cookies,"
        " passwords, the private key of the certificate.",
        remediation=remedy(
            f"{_UPDATE_OPENSSL} OpenSSL 1.0.1g mended it in 2014. Then make a new key, have the certificate reissued"
            " and the old one revoked, end all sessions and change the passwords that went through this server."
        ),
        references=(
            Reference(title="CVE-2014-0160", url="https://nvd.nist.gov/vuln/detail/CVE-2014-0160"),
            Reference(title="The Heartbleed Bug", url="https://heartbleed.com/"),
            rfc(6520, "4", "RFC 6520: Heartbeat Request and Response Messages"),
        ),
        cwe=(125, 130),
    ),
    passing=has_not("heartbleed", "the heartbeat extension was offered and not taken up: no heartbeat can be sent"),
    failing=has("heartbleed", "a heartbeat request with 8000 bytes that claims 8016 came back with 8016"),
)
def heartbleed(case: Case[TlsFlaws]) -> Verdict:
    """Fails where the server read beyond the payload of a heartbeat request."""
    return judge_flaw(case, "heartbleed", "heartbeat answers hold more than was sent: {proof}")


@rule(
    RuleInfo(
        id="TLS071",
        name="ccs-injection",
        title="CCS injection: a ChangeCipherSpec is taken before the key exchange",
        topic="tls_flaws",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Whether a ChangeCipherSpec before its time makes the server take records under keys that everybody can"
        " compute.",
        rationale="Somebody on the way between a server and a client that both have the flaw can make them use keys"
        " that he knows, and read and change everything.",
        remediation=remedy(f"{_UPDATE_OPENSSL} OpenSSL 1.0.1h, 1.0.0m and 0.9.8za mended it in 2014."),
        references=(
            Reference(title="CVE-2014-0224", url="https://nvd.nist.gov/vuln/detail/CVE-2014-0224"),
            Reference(title="OpenSSL: Vulnerabilities", url="https://openssl-library.org/news/vulnerabilities/"),
        ),
        cwe=(326,),
    ),
    passing=has_not("ccs_injection", "a ChangeCipherSpec before the key exchange was answered with alert 10"),
    failing=has("ccs_injection", "the server took a record under the keys of an empty master secret"),
)
def ccs_injection(case: Case[TlsFlaws]) -> Verdict:
    """Fails where records under the keys of an empty master secret are taken."""
    return judge_flaw(case, "ccs_injection", "a ChangeCipherSpec is taken too early: {proof}")


@rule(
    RuleInfo(
        id="TLS072",
        name="ticketbleed",
        title="Ticketbleed: session ids come back with memory behind them",
        topic="tls_flaws",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Whether a session id of 31 bytes beside a session ticket comes back with 32.",
        rationale="The bytes behind it are the server's memory, up to 31 for each connection: session ids of others and"
        " pieces of keys.",
        remediation=remedy(
            "Update the load balancer (F5 BIG-IP), or turn session tickets off in its client SSL profile."
        ),
        references=(
            Reference(title="CVE-2016-9244", url="https://nvd.nist.gov/vuln/detail/CVE-2016-9244"),
            Reference(title="Ticketbleed", url="https://filippo.io/Ticketbleed/"),
            rfc(5077, "3.4", "RFC 5077: Interaction with TLS Session ID"),
        ),
        cwe=(200,),
    ),
    passing=has_not("ticketbleed", "a session id of 31 bytes beside a ticket came back with 31, the same"),
    failing=has("ticketbleed", "a session id of 31 bytes beside a ticket came back with 32"),
)
def ticketbleed(case: Case[TlsFlaws]) -> Verdict:
    """Fails where more of a session id came back than was sent."""
    return judge_flaw(case, "ticketbleed", "session ids come back longer than they were sent: {proof}")


@rule(
    RuleInfo(
        id="TLS073",
        name="insecure-renegotiation",
        title="Renegotiation without RFC 5746",
        topic="tls_flaws",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Whether a second handshake within a connection is completed for a client that knows nothing of secure"
        " renegotiation.",
        rationale="Somebody on the way can put his own requests before those of a visitor, and the server takes both"
        " for one conversation.",
        remediation=remedy(
            f"{_UPDATE_OPENSSL} OpenSSL has RFC 5746 since 0.9.8m (2010).",
            apache="SSLInsecureRenegotiation off",
        ),
        references=(
            rfc(5746, "1", "RFC 5746: TLS Renegotiation Indication Extension"),
            Reference(title="CVE-2009-3555", url="https://nvd.nist.gov/vuln/detail/CVE-2009-3555"),
        ),
        cwe=(300,),
    ),
    passing=has_not("insecure_renegotiation", "a second handshake without RFC 5746 was refused"),
    failing=has("insecure_renegotiation", "a second handshake without RFC 5746 was completed"),
)
def insecure_renegotiation(case: Case[TlsFlaws]) -> Verdict:
    """Fails where a second handshake without RFC 5746 was completed."""
    return judge_flaw(case, "insecure_renegotiation", "renegotiation is not bound to its connection: {proof}")


@rule(
    RuleInfo(
        id="TLS074",
        name="client-renegotiation",
        title="Clients may renegotiate",
        topic="tls_flaws",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Whether a second handshake that the client begins is completed; exactly one is asked for.",
        rationale="A handshake costs the server many times what it costs the client, and here one connection is enough"
        " for any number of them. No browser needs it.",
        remediation=remedy(
            "Refuse renegotiation that clients begin, as nginx, Apache and OpenSSL 3 do unless told otherwise, or limit"
            " how many a connection may have."
        ),
        references=(
            rfc(9325, "3.5", "RFC 9325 (BCP 195): Renegotiation in TLS 1.2"),
            Reference(title="CVE-2011-1473", url="https://nvd.nist.gov/vuln/detail/CVE-2011-1473"),
        ),
        cwe=(400,),
    ),
    passing=has_not("client_renegotiation", "a second handshake that the client began was refused"),
    failing=has("client_renegotiation", "a second handshake that the client began was completed"),
)
def client_renegotiation(case: Case[TlsFlaws]) -> Verdict:
    """Fails where a second handshake that we began was completed."""
    return judge_flaw(case, "client_renegotiation", "clients can make the server handshake again and again: {proof}")


@rule(
    RuleInfo(
        id="TLS075",
        name="tls-compression",
        title="CRIME: TLS compresses",
        topic="tls_flaws",
        severity=Severity.MEDIUM,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Whether the server chooses DEFLATE where a hello offers it beside no compression.",
        rationale="The length of compressed records tells what is in them: somebody who can make a browser send"
        " requests and sees their lengths finds its cookies. Current browsers do not offer it; other clients do.",
        remediation=remedy(
            "Turn the compression of TLS off; that of HTTP is another thing.",
            apache="SSLCompression off",
        ),
        references=(
            rfc(9325, "3.3", "RFC 9325 (BCP 195): Compression"),
            Reference(title="CVE-2012-4929", url="https://nvd.nist.gov/vuln/detail/CVE-2012-4929"),
        ),
        cwe=(310,),
    ),
    passing=has_not("crime", "DEFLATE was offered, and no compression chosen"),
    failing=has("crime", "DEFLATE was offered beside no compression, and chosen"),
)
def tls_compression(case: Case[TlsFlaws]) -> Verdict:
    """Fails where compression was chosen."""
    return judge_flaw(case, "crime", "TLS compresses: {proof}")


@rule(
    RuleInfo(
        id="TLS076",
        name="ephemeral-key-reuse",
        title="Ephemeral keys are used again",
        topic="tls_flaws",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Compares the server's public values over all handshakes of a scan.",
        rationale="Forward secrecy lasts no longer than the key is kept: whoever takes it from the server's memory can"
        " read all handshakes that it served, and a mistake in checking the client's value can give it away.",
        remediation=remedy(
            "Make a new key for every handshake. OpenSSL does since 1.0.2f; older ones need SSL_OP_SINGLE_ECDH_USE and"
            " SSL_OP_SINGLE_DH_USE. Schannel keeps keys for some time by design."
        ),
        references=(rfc(9325, "7.4", "RFC 9325 (BCP 195): Diffie-Hellman Exponent Reuse"),),
        cwe=(323,),
    ),
    passing=has_not("key_reuse", "ECDHE: 9 public values in 9 handshakes", tries=9),
    failing=has("key_reuse", "ECDHE: 1 public values in 9 handshakes", tries=9),
)
def ephemeral_key_reuse(case: Case[TlsFlaws]) -> Verdict:
    """Fails where a public value came in more than one handshake."""
    return judge_flaw(case, "key_reuse", "ephemeral keys serve more than one handshake: {proof}")
