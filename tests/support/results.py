"""Sample results: one scan as it really comes out, for reports and the codec."""

import dataclasses
import datetime
from collections.abc import Sequence

from scanner.model.derived import ChainTrust, Derived, KindAt, ServerGuess, ServerIdentity, StoreTrust
from scanner.model.evidence.certificates import Certificate, Certificates, Chain, HostMatch, Offer, PublicKey
from scanner.model.evidence.dns_records import Caa, DnsAddress, DnsRecords, DnsStatus, Question
from scanner.model.evidence.http_exchanges import Body, Exchange, HeaderField, HttpExchanges, Purpose
from scanner.model.evidence.tls_suites import PROTOCOLS, Preference, ProtocolSupport, Suite, TlsSuites
from scanner.model.finding import Finding, Waiver
from scanner.model.observation import Cost, Observation
from scanner.model.outcome import Answer, Outcome, Stage
from scanner.model.peer import PeerText, peer_text
from scanner.model.result import (
    EndpointStatus,
    Input,
    PolicyRef,
    RuleRef,
    Run,
    RunStatus,
    ScanResult,
    TargetRef,
    TargetResult,
    Tool,
    TotalCost,
)
from scanner.model.rule import Confidence, Reference, Remediation, RuleOutcome, RuleStatus, Severity, Snippet
from scanner.model.target import Family, TargetKind, TargetStatus

NOW = datetime.datetime(2026, 11, 21, 5, tzinfo=datetime.UTC)
WEB = "192.0.2.10:443"
THIRD_PARTY_EVIDENCE = {
    "for_": "kept as it is",
    "depth": {"unit": "fathom", "soundings": [3.5, 4, 4.25]},
    "marks": [{"name": "by the mark", "at": 5}, {"name": "by the deep", "at": 6}],
    "note": None,
}


def evidence_types() -> dict[str, type]:
    """The topics of `sample` whose evidence is typed."""
    return {
        "tls_suites": TlsSuites,
        "certificates": Certificates,
        "http_exchanges": HttpExchanges,
        "dns_records": DnsRecords,
    }


def sample(hosts: Sequence[str] = ("shop.example.org",)) -> ScanResult:
    """A scan of one weak site a host: every severity, every outcome, a waiver, gaps, known and foreign topics."""
    return ScanResult(
        tool=Tool(name="leadline", version="0.1.0", rules="1"),
        policy=PolicyRef(id="default", version="1", sha256="9f" * 32),
        inputs=(
            Input(kind="trust-store", name="mozilla", source="certifi 2026.10.18", sha256="ab" * 32),
            Input(kind="trust-store", name="system", source="/etc/ssl/certs/ca-certificates.crt", date="2026-09-30"),
        ),
        rules=tuple(one.ref for one in RULES),
        run=Run(
            id="7c9e6679-7425-40de-944b-e07fc1f90ae7",
            started=NOW,
            finished=NOW + datetime.timedelta(seconds=3.4),
            status=RunStatus.PARTIAL,
            now=NOW,
        ),
        targets=tuple(_target(host, place) for place, host in enumerate(hosts)),
    )


def unreachable() -> ScanResult:
    """A scan of a host that refused the connection."""
    whole = sample(("closed.example.org",))
    target = whole.targets[0]
    refused = dataclasses.replace(
        target.observations[0], outcome=Outcome.REFUSED, stage=Stage.CONNECT, detail=None, evidence=None
    )
    nothing = dataclasses.replace(
        target,
        status=TargetStatus.UNREACHABLE,
        reason=peer_text("tls_suites: refused at connect"),
        endpoints=(
            dataclasses.replace(
                target.endpoints[0], status=TargetStatus.UNREACHABLE, reason=peer_text("refused at connect")
            ),
            target.endpoints[1],
        ),
        observations=(refused,),
        derived=Derived(),
        outcomes=tuple(
            RuleOutcome(rule=one.ref.id, status=RuleStatus.UNKNOWN, endpoint=WEB, reason="refused at connect")
            for one in RULES
        ),
        findings=(),
        cost=TotalCost(connections=2, bytes_out=0, bytes_in=0, seconds=0.01),
    )
    return dataclasses.replace(whole, targets=(nothing,))


# --- rules and findings -----------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, kw_only=True)
class SampleRule:
    """A rule as the document names it, how it came out, and what it says where it failed."""

    ref: RuleRef
    status: RuleStatus
    reason: str | None = None
    template: str = ""
    arguments: dict[str, str] = dataclasses.field(default_factory=dict)
    at: tuple[str, ...] = ()
    confidence: Confidence = Confidence.CERTAIN
    mend: str = ""
    snippets: tuple[Snippet, ...] = ()
    waiver: Waiver | None = None


def _rule(
    key: str, name: str, title: str, severity: Severity, topic: str, url: str, *, summary: str, rationale: str
) -> RuleRef:
    reference = Reference(title=url.rpartition("/")[2].upper(), url=url)
    return RuleRef(
        id=key,
        name=name,
        title=title,
        severity=severity,
        topic=topic,
        help_uri=url,
        references=(reference,),
        summary=summary,
        rationale=rationale,
    )


RULES: tuple[SampleRule, ...] = (
    SampleRule(
        ref=_rule(
            "CRT001",
            "certificate-expired",
            "The certificate has expired",
            Severity.CRITICAL,
            "certificates",
            "https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5",
            summary="Whether the scan falls into the leaf's validity.",
            rationale="Every browser refuses an expired certificate, and visitors learn to click warnings away.",
        ),
        status=RuleStatus.FAIL,
        template="The certificate of {subject} expired on {date}.",
        arguments={"subject": "shop.example.org", "date": "2026-11-18"},
        at=("/targets/{t}/observations/1/evidence/chains/0/leaf/not_after",),
        mend="Renew the certificate and automate the renewal.",
    ),
    SampleRule(
        ref=_rule(
            "TLS001",
            "ssl-3-0-enabled",
            "SSL 3.0 is accepted",
            Severity.HIGH,
            "tls_suites",
            "https://www.rfc-editor.org/rfc/rfc7568",
            summary="Whether SSL 3.0 is offered.",
            rationale="SSL 3.0 cannot keep a secret against an active attacker (POODLE).",
        ),
        status=RuleStatus.PASS,
    ),
    SampleRule(
        ref=_rule(
            "TLS003",
            "tls-1-0-enabled",
            "TLS 1.0 is accepted",
            Severity.MEDIUM,
            "tls_suites",
            "https://www.rfc-editor.org/rfc/rfc8996#section-4",
            summary="Whether TLS 1.0 is offered.",
            rationale="TLS 1.0 was deprecated in 2021: its handshake depends on MD5 and SHA-1, and no browser "
            "has needed it for years.",
        ),
        status=RuleStatus.FAIL,
        template="A handshake with TLS 1.0 was completed; {suites} suites are offered with it.",
        arguments={"suites": "2"},
        at=("/targets/{t}/observations/0/evidence/protocols/TLSv1.0",),
        mend="Offer TLS 1.2 and 1.3 only.",
        snippets=(
            Snippet(server="nginx", config="ssl_protocols TLSv1.2 TLSv1.3;"),
            Snippet(server="apache", config="SSLProtocol -all +TLSv1.2 +TLSv1.3"),
        ),
    ),
    SampleRule(
        ref=_rule(
            "FPR001",
            "backend-revealed",
            "A second server behind the front gives itself away",
            Severity.HIGH,
            "server_identity",
            "https://cwe.mitre.org/data/definitions/200.html",
            summary="Whether an oversized header reaches a server other than the front.",
            rationale="Who knows the software behind the front can look for its faults, which the front then forwards.",
        ),
        status=RuleStatus.FAIL,
        template="A request with {size} bytes of X-Forwarded-For was refused by {backend}, not by {front}.",
        arguments={"size": "9000", "backend": "Apache", "front": "nginx"},
        at=("/targets/{t}/derived/server/backend", "/targets/{t}/observations/2/evidence/exchanges/0/fields/0"),
        confidence=Confidence.FIRM,
        mend="Let the front refuse what the back end would refuse, with its own page.",
        snippets=(Snippet(server="nginx", config="large_client_header_buffers 4 8k;\nproxy_intercept_errors on;"),),
    ),
    SampleRule(
        ref=_rule(
            "HDR001",
            "hsts-missing",
            "No Strict-Transport-Security",
            Severity.MEDIUM,
            "http_headers",
            "https://www.rfc-editor.org/rfc/rfc6797#section-7",
            summary="Whether the document carries Strict-Transport-Security.",
            rationale="Without it the first request of a visit may go over plain http, where anybody can answer it.",
        ),
        status=RuleStatus.FAIL,
        template="The answer of {url} has no Strict-Transport-Security.",
        arguments={"url": "https://shop.example.org/"},
        at=("/targets/{t}/observations/2/evidence/exchanges/0/fields",),
        mend="Send Strict-Transport-Security with a max-age of a year on every https answer.",
        snippets=(
            Snippet(server="nginx", config='add_header Strict-Transport-Security "max-age=31536000" always;'),
            Snippet(server="apache", config='Header always set Strict-Transport-Security "max-age=31536000"'),
        ),
    ),
    SampleRule(
        ref=_rule(
            "INF001",
            "server-version",
            "The Server header tells a version",
            Severity.LOW,
            "leakage",
            "https://www.rfc-editor.org/rfc/rfc9110#section-10.2.4",
            summary="Whether the Server header carries a version.",
            rationale="A version tells which published faults to try.",
        ),
        status=RuleStatus.FAIL,
        template="Server: {value}",
        arguments={"value": "nginx/1.22.1"},
        at=("/targets/{t}/observations/2/evidence/exchanges/0/fields/0",),
        mend="Turn the version off.",
        snippets=(
            Snippet(server="nginx", config="server_tokens off;"),
            Snippet(server="apache", config="ServerTokens Prod"),
        ),
    ),
    SampleRule(
        ref=_rule(
            "DNS001",
            "no-caa",
            "No CAA record",
            Severity.INFO,
            "dns_records",
            "https://www.rfc-editor.org/rfc/rfc8659#section-3",
            summary="Whether a CAA record says who may issue certificates.",
            rationale="With CAA, other authorities refuse to issue for the name.",
        ),
        status=RuleStatus.FAIL,
        template="Neither {name} nor a parent has a CAA record.",
        arguments={"name": "shop.example.org"},
        at=("/targets/{t}/observations/3/evidence/caa",),
        mend="Add a CAA record for the authority that you use.",
        waiver=Waiver(
            reason="the zone moves in January", owner="dns-team@example.org", expires=datetime.date(2027, 1, 31)
        ),
    ),
    SampleRule(
        ref=_rule(
            "CRT020",
            "ocsp-staple-missing",
            "No OCSP response is stapled",
            Severity.INFO,
            "ocsp_stapling",
            "https://www.rfc-editor.org/rfc/rfc6066#section-8",
            summary="Whether an OCSP response comes with the certificate.",
            rationale="A staple spares the visitor a request to the authority.",
        ),
        status=RuleStatus.UNKNOWN,
        reason="timeout at handshake: no answer in 5.0 s",
    ),
    SampleRule(
        ref=_rule(
            "TLS020",
            "no-tls-1-3",
            "TLS 1.3 is not offered",
            Severity.LOW,
            "tls_suites",
            "https://www.rfc-editor.org/rfc/rfc9325#section-3.1.1",
            summary="Whether TLS 1.3 is offered.",
            rationale="TLS 1.3 is faster and leaves fewer choices to get wrong.",
        ),
        status=RuleStatus.PASS,
        reason="TLS 1.3 with 3 suites",
    ),
    SampleRule(
        ref=_rule(
            "CSP001",
            "csp-missing",
            "No Content-Security-Policy",
            Severity.MEDIUM,
            "content",
            "https://www.w3.org/TR/CSP3/",
            summary="Whether the document carries a policy.",
            rationale="A policy limits what an injected script can do.",
        ),
        status=RuleStatus.NOT_ASSESSED,
        reason="content was not asked for",
    ),
    SampleRule(
        ref=_rule(
            "CKY001",
            "session-cookie-without-secure",
            "A session cookie lacks Secure",
            Severity.HIGH,
            "cookies",
            "https://www.rfc-editor.org/rfc/rfc6265#section-4.1.2.5",
            summary="Whether session cookies are marked Secure.",
            rationale="Without Secure the cookie also travels over plain http.",
        ),
        status=RuleStatus.NOT_APPLICABLE,
        reason="no cookie was set",
    ),
)


def _finding(rule: SampleRule, place: int) -> Finding:
    arguments = {key: PeerText(value) for key, value in rule.arguments.items()}
    return Finding(
        rule=rule.ref.id,
        name=rule.ref.name,
        title=rule.ref.title,
        severity=rule.ref.severity,
        confidence=rule.confidence,
        topic=rule.ref.topic,
        message=PeerText(rule.template.format(**arguments)),
        template=rule.template,
        arguments=arguments,
        endpoints=(WEB,),
        evidence=tuple(pointer.format(t=place) for pointer in rule.at),
        fingerprint=f"{rule.ref.id.lower()}{place:010d}",
        remediation=Remediation(text=rule.mend, snippets=rule.snippets),
        references=rule.ref.references,
        waiver=rule.waiver,
    )


# --- evidence ---------------------------------------------------------------------------------------------------------


def tls_suites() -> TlsSuites:
    """TLS 1.0, 1.2 and 1.3 offered, 1.1 unknown."""
    no = ProtocolSupport(supported=Answer.NO, reason=peer_text("alert 70"), complete=Answer.YES, connections=1)
    cbc = Suite(code="C013", name="TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", group="001D")
    found = {
        "TLSv1.0": (cbc, Suite(code="002F", name="TLS_RSA_WITH_AES_128_CBC_SHA")),
        "TLSv1.2": (
            Suite(code="C02F", name="TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", group="001D", signature="0804"),
            Suite(code="CCA8", name="TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", group="001D", signature="0804"),
            Suite(code="009E", name="TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", dh_bits=2048, signature="0804"),
            cbc,
        ),
        "TLSv1.3": (
            Suite(code="1302", name="TLS_AES_256_GCM_SHA384", group="11EC"),
            Suite(code="1303", name="TLS_CHACHA20_POLY1305_SHA256", group="11EC"),
            Suite(code="1301", name="TLS_AES_128_GCM_SHA256", group="11EC"),
        ),
    }
    protocols = dict.fromkeys(PROTOCOLS, no)
    for name, suites in found.items():
        protocols[name] = ProtocolSupport(
            supported=Answer.YES,
            preference=Preference.SERVER,
            suites=suites,
            complete=Answer.YES,
            connections=len(suites) + 1,
        )
    protocols["TLSv1.1"] = ProtocolSupport(supported=Answer.UNKNOWN, reason=peer_text("reset at client-hello"))
    return TlsSuites(protocols=protocols, offered=389)


def certificate(common_name: str, issuer: str, *, letter: str, days: int, names: tuple[str, ...] = ()) -> Certificate:
    """An RSA certificate that ends `days` after NOW."""
    return Certificate(
        sha256=letter * 64,
        der="MIIB",
        size=1203,
        subject=peer_text(f"CN={common_name}"),
        issuer=peer_text(issuer),
        serial="04A1B2C3D4E5F60718293A4B5C6D7E8F9001",
        not_before=NOW + datetime.timedelta(days=days - 90),
        not_after=NOW + datetime.timedelta(days=days),
        key=PublicKey(type="rsa", bits=2048, spki_sha256="e5" * 32),
        signature_algorithm="sha256WithRSAEncryption",
        signature_hash="sha256",
        version=3,
        common_name=peer_text(common_name),
        names=tuple(map(peer_text, names)),
        scts=2,
    )


def certificates(host: str) -> Certificates:
    """One chain of two certificates, the leaf expired three days before NOW."""
    issuer = "CN=R11,O=Let's Encrypt,C=US"
    leaf = certificate(host, issuer, letter="a", days=-3, names=(host, f"www.{host}"))
    chain = Chain(
        for_=Offer(sigalg="rsa", protocol="TLSv1.2", suite="C02F", signature="0804"),
        leaf=leaf,
        sent=(leaf.sha256, "b" * 64),
        in_order=Answer.YES,
        anchor_sent=False,
        host=HostMatch(matches=Answer.YES),
    )
    intermediate = certificate("R11", "CN=ISRG Root X1,O=Internet Security Research Group,C=US", letter="b", days=480)
    return Certificates(chains=(chain,), others=(intermediate,))


def http_exchanges(host: str) -> HttpExchanges:
    """The page, the redirect to it from plain http, and a provoked 404."""
    server = HeaderField(name=peer_text("Server"), value=peer_text("nginx/1.22.1"))
    html = HeaderField(name=peer_text("Content-Type"), value=peer_text("text/html; charset=utf-8"))
    page = Exchange(
        purpose=Purpose.ENTRY,
        hop=0,
        method="GET",
        url=peer_text(f"https://{host}/"),
        same_host=True,
        endpoint=WEB,
        outcome=Outcome.OK,
        version="HTTP/1.1",
        status=200,
        reason=peer_text("OK"),
        fields=(server, html, HeaderField(name=peer_text("X-Frame-Options"), value=peer_text("SAMEORIGIN"))),
        body=Body(size=5120, complete=True, sha256="c" * 64, text=peer_text("<!doctype html><title>Shop</title>")),
        certificate_trusted=False,
        elapsed_ms=18.25,
    )
    plain = dataclasses.replace(
        page,
        purpose=Purpose.PLAIN_ENTRY,
        url=peer_text(f"http://{host}/"),
        status=301,
        reason=peer_text("Moved Permanently"),
        location=peer_text(f"https://{host}/"),
        fields=(server, HeaderField(name=peer_text("Location"), value=peer_text(f"https://{host}/"))),
        body=None,
    )
    missing = dataclasses.replace(
        page,
        purpose=Purpose.MISSING,
        url=peer_text(f"https://{host}/leadline-5b1f"),
        status=404,
        reason=peer_text("Not Found"),
    )
    return HttpExchanges(exchanges=(page, plain, missing))


def dns_records(host: str) -> DnsRecords:
    """An address of each family, and no CAA record."""

    def asked(kind: str, *records: str) -> Question:
        status = DnsStatus.OK if records else DnsStatus.NODATA
        return Question(name=host, type=kind, status=status, records=tuple(map(peer_text, records)))

    return DnsRecords(
        host=host,
        ipv4=(DnsAddress(address=peer_text("192.0.2.10"), public=False),),
        ipv6=(DnsAddress(address=peer_text("2001:db8::10"), public=False),),
        aliases=(),
        caa=Caa(present=Answer.NO, reason="no name from the host up to its parent has a CAA record"),
        questions=(asked("A", "192.0.2.10"), asked("AAAA", "2001:db8::10"), asked("CAA")),
    )


def _observe(topic: str, evidence: object, *, outcome: Outcome = Outcome.OK, ms: float) -> Observation[object]:
    late = outcome is Outcome.TIMEOUT
    return Observation(
        probe=topic,
        version=1,
        topic=topic,
        endpoint=None if topic == "dns_records" else WEB,
        outcome=outcome,
        stage=Stage.HANDSHAKE if late else None,
        detail=peer_text("no answer in 5.0 s") if late else None,
        started=NOW + datetime.timedelta(milliseconds=ms),
        elapsed_ms=ms,
        cost=Cost(connections=3, bytes_out=1200, bytes_in=8000),
        evidence=evidence,
    )


def _derived() -> Derived:
    return Derived(
        server=ServerIdentity(
            front=ServerGuess(
                family="nginx",
                engine="nginx",
                confidence=0.93,
                because=("Server: nginx/1.22.1", "its own page for a request line of 9000 bytes"),
            ),
            backend=ServerGuess(
                family="apache", engine="apache", confidence=0.88, because=("Apache's page for a 9000-byte field",)
            ),
        ),
        kinds=(KindAt(endpoint=WEB, kind=TargetKind.PAGE, because="text/html with 200"),),
        trust=(
            ChainTrust(
                endpoint=WEB,
                chain=0,
                stores=(
                    StoreTrust(store="mozilla", trusted=Answer.NO, reason="certificate has expired"),
                    StoreTrust(store="system", trusted=Answer.UNKNOWN, reason="the store could not be read"),
                ),
                public=Answer.YES,
            ),
        ),
    )


def _target(host: str, place: int) -> TargetResult:
    observations = (
        _observe("tls_suites", tls_suites(), ms=640.5),
        _observe("certificates", certificates(host), ms=88.0),
        _observe("http_exchanges", http_exchanges(host), ms=120.75),
        _observe("dns_records", dns_records(host), ms=12.5),
        _observe("ocsp_stapling", None, outcome=Outcome.TIMEOUT, ms=5000.0),
        _observe("soundings", THIRD_PARTY_EVIDENCE, ms=1.0),
    )
    return TargetResult(
        target=TargetRef(url=f"https://{host}/", host=host, port=443, scheme="https", sni=host),
        status=TargetStatus.PARTIAL,
        reason=None,
        endpoints=(
            EndpointStatus(address="192.0.2.10", port=443, family=Family.IPV4, status=TargetStatus.PARTIAL),
            EndpointStatus(
                address="2001:db8::10",
                port=443,
                family=Family.IPV6,
                status=TargetStatus.UNREACHABLE,
                reason=peer_text("not assessed: this machine has no IPv6 route"),
            ),
        ),
        observations=observations,
        derived=_derived(),
        outcomes=tuple(
            RuleOutcome(rule=one.ref.id, status=one.status, endpoint=WEB, reason=one.reason) for one in RULES
        ),
        findings=tuple(_finding(one, place) for one in RULES if one.status is RuleStatus.FAIL),
        cost=TotalCost(connections=18, bytes_out=7200, bytes_in=48000, seconds=3.4, budget=300),
    )
