"""Rules over `certificates`: the server's own certificate: its dates, its names, what it is for.

Who issued it and how it was sent is judged in `certificate_trust`, its keys and signatures in `certificate_strength`.
"""

import datetime

from scanner.model.evidence.certificates import Certificates, HostMatch
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.model.rule import Confidence, Remediation, RuleInfo, Severity
from scanner.rules.case import EXAMPLE_NOW, Case
from scanner.rules.certificate_examples import (
    BASELINE,
    REISSUE,
    RENEW,
    VALIDITY,
    example,
    leaf_with,
    living,
)
from scanner.rules.certificate_lifetimes import lifetime, moment
from scanner.rules.certificate_views import ChainAt, Found, judge_each, leaves_of, serves
from scanner.rules.citations import rfc
from scanner.rules.registry import rule
from scanner.rules.verdict import NotApplicable, Pass, Unknown, Verdict

_DAY = datetime.timedelta(days=1)
_DATES_UNREAD = Unknown("the dates of the certificate could not be read")
_SAN = rfc(5280, "4.2.1.6", "RFC 5280: Subject Alternative Name")
_EKU = rfc(5280, "4.2.1.12", "RFC 5280: Extended Key Usage")
_IDENTITY = rfc(9525, "6", "RFC 9525: Verifying Service Identity")


@rule(
    RuleInfo(
        id="CRT001",
        name="certificate-expired",
        title="The certificate has expired",
        topic="certificates",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Compares the end of the certificate's validity with the time of the scan.",
        rationale="Browsers and programs refuse the connection, or teach their users to click warnings away.",
        remediation=RENEW,
        references=(VALIDITY,),
        cwe=(298,),
    ),
    passing=example(),
    failing=example(living(29)),
)
def certificate_expired(case: Case[Certificates]) -> Verdict:
    """Fails where notAfter has passed; the last second still counts."""

    def look(one: ChainAt) -> Found:
        ends = one.leaf.not_after
        if ends is None:
            return _DATES_UNREAD
        if case.now <= ends:
            return Pass()
        return one.fault("{certificate} expired on {date}", "not_after", date=moment(ends))

    return judge_each(map(look, leaves_of(case)))


@rule(
    RuleInfo(
        id="CRT002",
        name="certificate-not-yet-valid",
        title="The certificate is not valid yet",
        topic="certificates",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Compares the beginning of the certificate's validity with the time of the scan.",
        rationale="Browsers and programs refuse the connection. Often a clock is wrong: the issuer's, or the one of the"
        " machine that scans.",
        remediation=Remediation(text="Check the clocks, and serve the former certificate until this one is valid."),
        references=(VALIDITY,),
        cwe=(298,),
    ),
    passing=example(),
    failing=example(living(90, since=EXAMPLE_NOW + _DAY)),
)
def certificate_not_yet_valid(case: Case[Certificates]) -> Verdict:
    """Fails where notBefore is to come."""

    def look(one: ChainAt) -> Found:
        begins = one.leaf.not_before
        if begins is None:
            return _DATES_UNREAD
        if case.now >= begins:
            return Pass()
        return one.fault("{certificate} is valid from {date} only", "not_before", date=moment(begins))

    return judge_each(map(look, leaves_of(case)))


@rule(
    RuleInfo(
        id="CRT003",
        name="certificate-host-mismatch",
        title="The certificate is for another host",
        topic="certificates",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Compares the host with the DNS names and IP addresses in the certificate's subjectAltName. The common"
        " name does not count: no browser looks at it any more.",
        rationale="A client cannot tell this server from any other that has some certificate, and refuses it.",
        remediation=Remediation(
            text="Have a certificate issued that names this host, and serve it for this name (one server block or"
            " virtual host with the right certificate for each name)."
        ),
        references=(_IDENTITY, _SAN),
        cwe=(297,),
    ),
    passing=example(),
    failing=example(
        leaf_with(names=(PeerText("other.example"),)),
        host=HostMatch(matches=Answer.NO, reason=PeerText("it is for other.example")),
    ),
)
def certificate_host_mismatch(case: Case[Certificates]) -> Verdict:
    """Fails where no name matches by RFC 9525."""

    def look(one: ChainAt) -> Found:
        host = one.chain.host
        if host.matches is Answer.YES:
            return Pass()
        if host.matches is Answer.UNKNOWN:
            return Unknown("the names of the certificate could not be read")
        name = case.target.sni or case.target.host
        return one.fault(
            "{certificate} is not for {host}: {reason}", "names", "addresses", host=name, reason=host.reason or ""
        )

    return judge_each(map(look, leaves_of(case)))


@rule(
    RuleInfo(
        id="CRT011",
        name="certificate-expires-soon",
        title="The certificate should have been renewed",
        topic="certificates",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Compares the time that is left with the certificate's own lifetime: low below a quarter of it (at most"
        " 30 days), high below an eighth (at most 7 days).",
        rationale="Renewal programs renew when a third of the lifetime is left (a half where it is below ten days)."
        " Where less is left, renewal has probably stopped working. A fixed number of days would blame short-lived"
        " certificates that are in good health.",
        remediation=RENEW,
        references=(VALIDITY, rfc(9773, "4.2", "RFC 9773: ACME Renewal Information")),
        cwe=(298,),
    ),
    passing=example(),
    failing=example(living(38)),
)
def certificate_expires_soon(case: Case[Certificates]) -> Verdict:
    """Fails by the share of the lifetime that is left."""

    def look(one: ChainAt) -> Found:
        ends, span = one.leaf.not_after, lifetime(one.leaf)
        if ends is None or span is None:
            return _DATES_UNREAD
        left = ends - case.now
        if left < datetime.timedelta(0):
            return NotApplicable("the certificate has expired")
        if left >= min(span / 4, 30 * _DAY):
            return Pass()
        urgent = left < min(span / 8, 7 * _DAY)
        return one.fault(
            "{certificate} ends on {date}: {left} left of {whole}",
            "not_after",
            severity=Severity.HIGH if urgent else None,
            date=moment(ends),
            left=_span(left),
            whole=_span(span),
        )

    return judge_each(map(look, leaves_of(case)))


@rule(
    RuleInfo(
        id="CRT012",
        name="certificate-without-alternative-names",
        title="The certificate names its host in the common name only",
        topic="certificates",
        severity=Severity.MEDIUM,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for a certificate without a DNS name or IP address in subjectAltName.",
        rationale="The common name was given up as a place for host names; browsers refuse such a certificate.",
        remediation=Remediation(text="Have the certificate issued anew, with every host in subjectAltName."),
        references=(_SAN, rfc(9525, "2", "RFC 9525: Naming of Application Services")),
        cwe=(297,),
    ),
    passing=example(leaf_with(common_name=None, subject=PeerText(""))),
    failing=example(leaf_with(names=())),
)
def certificate_without_alternative_names(case: Case[Certificates]) -> Verdict:
    """Fails where subjectAltName holds neither; an empty subject, or no common name, is no fault."""

    def look(one: ChainAt) -> Found:
        if one.leaf.names or one.leaf.addresses:
            return Pass()
        if one.chain.host.matches is Answer.UNKNOWN:
            return Unknown("the names of the certificate could not be read")
        return one.fault("{certificate} has no DNS name and no IP address in subjectAltName", "names", "addresses")

    return judge_each(map(look, leaves_of(case)))


@rule(
    RuleInfo(
        id="CRT013",
        name="certificate-wildcard",
        title="The certificate is for every name below a domain",
        topic="certificates",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for wildcard names.",
        rationale="Whoever takes the key from any of the machines that share it can stand for every name below the"
        " domain. That is a choice, not a fault.",
        remediation=Remediation(text="Where machines of different trust share the key, give each its own certificate."),
        references=(rfc(9525, "7.1", "RFC 9525: Wildcard Certificates"),),
    ),
    passing=example(),
    failing=example(leaf_with(names=(PeerText("example.org"), PeerText("*.example.org")))),
)
def certificate_wildcard(case: Case[Certificates]) -> Verdict:
    """Fails, as an information, where a name begins with `*.`."""

    def look(one: ChainAt) -> Found:
        wild = [(index, name) for index, name in enumerate(one.leaf.names) if name.startswith("*.")]
        if not wild:
            return Pass()
        return one.fault(
            "{certificate} is for {names}",
            *(f"names/{index}" for index, _ in wild[:5]),
            names=", ".join(name for _, name in wild[:5]) + (f" and {len(wild) - 5} more" if len(wild) > 5 else ""),
        )

    return judge_each(map(look, leaves_of(case)))


@rule(
    RuleInfo(
        id="CRT015",
        name="certificate-not-for-servers",
        title="The certificate is not made for TLS servers",
        topic="certificates",
        severity=Severity.MEDIUM,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for an extended key usage without serverAuth, and for a publicly trusted certificate without"
        " any.",
        rationale="Where the extension is there and leaves serverAuth out, clients refuse the certificate. Public"
        " issuers must set it.",
        remediation=Remediation(text="Have a certificate issued for TLS servers (extKeyUsage = serverAuth)."),
        references=(_EKU, BASELINE),
        cwe=(295,),
    ),
    passing=example(),
    failing=example(leaf_with(extended_key_usage=("clientAuth",))),
)
def certificate_not_for_servers(case: Case[Certificates]) -> Verdict:
    """Fails where serverAuth is left out; high where the extension names other purposes only."""

    def look(one: ChainAt) -> Found:
        purposes = one.leaf.extended_key_usage
        if serves(one.leaf):
            return Pass()
        if purposes:
            return one.fault(
                "{certificate} is for {purposes} only, not for TLS servers",
                "extended_key_usage",
                severity=Severity.HIGH,
                purposes=", ".join(purposes),
            )
        if any("extensions could not" in note or "extKeyUsage could not" in note for note in one.leaf.notes):
            return Unknown("the extended key usage could not be read")
        if one.public is Answer.YES:
            return one.fault("{certificate} has no extended key usage", "extended_key_usage")
        return Pass("without an extended key usage it is good for every purpose")

    return judge_each(map(look, leaves_of(case)))


@rule(
    RuleInfo(
        id="CRT019",
        name="certificate-is-a-ca",
        title="The server's certificate is a CA's",
        topic="certificates",
        severity=Severity.MEDIUM,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for a server's certificate, signed by somebody else, that has CA:TRUE.",
        rationale="The key on this server can sign certificates for other names that every client of the same root"
        " believes.",
        remediation=REISSUE,
        references=(rfc(5280, "4.2.1.9", "RFC 5280: Basic Constraints"), BASELINE),
        cwe=(295,),
    ),
    passing=example(),
    failing=example(leaf_with(is_ca=Answer.YES)),
)
def certificate_is_a_ca(case: Case[Certificates]) -> Verdict:
    """Fails where basicConstraints makes a leaf a CA. A self-signed one speaks for itself only."""

    def look(one: ChainAt) -> Found:
        if one.leaf.self_signed is Answer.YES:
            return NotApplicable("the certificate is self-signed")
        if one.leaf.is_ca is Answer.UNKNOWN:
            return Unknown("the basic constraints could not be read")
        if one.leaf.is_ca is Answer.NO:
            return Pass()
        return one.fault("{certificate} has CA:TRUE, so its key can issue certificates", "is_ca")

    return judge_each(map(look, leaves_of(case)))


def _span(span: datetime.timedelta) -> str:
    """Days, or hours where it is less than two days."""
    return f"{span // _DAY} days" if span >= 2 * _DAY else f"{span // datetime.timedelta(hours=1)} hours"
