"""Rules over `ocsp_stapling`: what a staple says, whoever asked for it.

A staple is verified: status, signer, certificate and time. Where the certificate requires a staple, a bad one weighs
high, because clients that honour must-staple break the connection.
"""

import datetime

from scanner.model.evidence.ocsp_stapling import CertStatus, OcspStapling, Staple
from scanner.model.outcome import Answer
from scanner.model.rule import Confidence, Remediation, RuleInfo, Severity
from scanner.rules.case import EXAMPLE_NOW, Case
from scanner.rules.certificate_lifetimes import moment
from scanner.rules.citations import rfc
from scanner.rules.registry import rule
from scanner.rules.staple_pages import (
    ACCEPTANCE,
    APACHE,
    NGINX,
    REACH_THE_RESPONDER,
    STATUS_REQUEST,
    WELL,
    example,
    example_with,
)
from scanner.rules.staple_views import Flaw, judge_staples
from scanner.rules.verdict import Unknown, Verdict

CLOCK_SKEW = datetime.timedelta(minutes=5)
"""How far a responder's clock may be ahead of ours before `thisUpdate` counts as the future."""


@rule(
    RuleInfo(
        id="CRT053",
        name="staple-revoked",
        title="The staple says that the certificate is revoked",
        topic="ocsp_stapling",
        severity=Severity.CRITICAL,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Reads the status of the certificate in the staple. Only a verified one passes.",
        rationale="The issuer has withdrawn the certificate, for a leaked key for example. Clients that look at the"
        " staple refuse the connection, and those that do not may be talking to somebody else.",
        remediation=Remediation(
            text="Find out why it was revoked, make a new key, and install a new certificate for it at once."
        ),
        references=(ACCEPTANCE, rfc(5280, "5.3.1", "RFC 5280: Reason Code")),
        cwe=(299,),
    ),
    passing=WELL,
    failing=example_with(
        cert_status=CertStatus.REVOKED,
        revoked_at=EXAMPLE_NOW - datetime.timedelta(days=3),
        revocation_reason="keyCompromise",
    ),
)
def staple_revoked(case: Case[OcspStapling]) -> Verdict:
    """Fails on `revoked` unless the staple is another's or forged; passes on a verified `good` only."""

    def look(staple: Staple) -> Flaw | Unknown | None:
        if staple.cert_status not in {CertStatus.GOOD, CertStatus.REVOKED}:
            return Unknown("the staple does not tell whether the certificate is revoked")
        if Answer.NO in {staple.signature, staple.matches_certificate}:
            return Unknown(f"the staple says {staple.cert_status}, but it does not verify")
        verified = staple.signature is staple.matches_certificate is Answer.YES
        if staple.cert_status is CertStatus.REVOKED:
            return Flaw(
                "says that the certificate was revoked at {revoked_at} ({reason})",
                {
                    "revoked_at": moment(staple.revoked_at) if staple.revoked_at else "an unreadable time",
                    "reason": staple.revocation_reason or "no reason given",
                },
                None if verified else Confidence.FIRM,
            )
        return None if verified else Unknown(f"the staple says good, but is not verified: {_why(staple)}")

    return judge_staples(case, look, if_required=None)


@rule(
    RuleInfo(
        id="CRT054",
        name="staple-not-current",
        title="The staple is out of date",
        topic="ocsp_stapling",
        severity=Severity.MEDIUM,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Compares thisUpdate and nextUpdate of the staple with the time of the scan.",
        rationale="A client must not accept a response outside of its time: Firefox breaks the connection, others"
        " ignore the staple. The server has stopped renewing it, or its clock is wrong.",
        remediation=Remediation(text=REACH_THE_RESPONDER, snippets=(NGINX, APACHE)),
        references=(ACCEPTANCE,),
    ),
    passing=WELL,
    failing=example_with(next_update=EXAMPLE_NOW - datetime.timedelta(hours=1)),
)
def staple_not_current(case: Case[OcspStapling]) -> Verdict:
    """Fails unless thisUpdate <= now < nextUpdate; high where the certificate requires a staple."""

    def look(staple: Staple) -> Flaw | Unknown | None:
        if staple.this_update is not None and staple.this_update > case.now + CLOCK_SKEW:
            return Flaw("is for the future: thisUpdate is {time}", {"time": moment(staple.this_update)})
        if staple.next_update is not None and staple.next_update <= case.now:
            return Flaw("has expired: nextUpdate was {time}", {"time": moment(staple.next_update)})
        if staple.this_update is None or staple.next_update is None:
            return Unknown("the staple does not say from when to when it holds")
        return None

    return judge_staples(case, look)


@rule(
    RuleInfo(
        id="CRT055",
        name="staple-for-another-certificate",
        title="The staple is for another certificate",
        topic="ocsp_stapling",
        severity=Severity.MEDIUM,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Compares serial number, issuer name hash and issuer key hash of the staple with the certificate's.",
        rationale="A staple for another certificate proves nothing; strict clients break the connection. Mostly a"
        " staple file was kept when the certificate was renewed.",
        remediation=Remediation(
            text="Fetch the response for the certificate that is in use, and reload the server when either changes."
        ),
        references=(ACCEPTANCE, rfc(6960, "4.1.1", "RFC 6960: ASN.1 Specification of the OCSP Request")),
    ),
    passing=WELL,
    failing=example_with(matches_certificate=Answer.NO),
)
def staple_for_another_certificate(case: Case[OcspStapling]) -> Verdict:
    """Fails where the CertID is not the leaf's; high where the certificate requires a staple."""

    def look(staple: Staple) -> Flaw | Unknown | None:
        if staple.matches_certificate is Answer.NO:
            return Flaw("is for another certificate")
        if staple.matches_certificate is Answer.UNKNOWN:
            return Unknown(f"which certificate the staple is for could not be told: {_why(staple)}")
        return None

    return judge_staples(case, look)


@rule(
    RuleInfo(
        id="CRT056",
        name="staple-signature-invalid",
        title="The staple is not signed by somebody who may",
        topic="ocsp_stapling",
        severity=Severity.MEDIUM,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Verifies the staple's signature: by the issuer, or by a certificate in the response that the issuer"
        " made for OCSP signing and that is valid.",
        rationale="Anybody could have made such a response; strict clients break the connection.",
        remediation=Remediation(
            text="Fetch the response from the responder that the certificate names. If the responder signs with an"
            " expired certificate, tell the issuer."
        ),
        references=(rfc(6960, "4.2.2.2", "RFC 6960: Authorized Responders"), ACCEPTANCE),
        cwe=(347,),
    ),
    passing=WELL,
    failing=example_with(
        signature=Answer.NO, signature_reason="signed by a certificate without the extended key usage OCSPSigning"
    ),
)
def staple_signature_invalid(case: Case[OcspStapling]) -> Verdict:
    """Fails where no authorised responder signed; high where the certificate requires a staple."""

    def look(staple: Staple) -> Flaw | Unknown | None:
        if staple.signature is Answer.NO:
            return Flaw("does not verify: {reason}", {"reason": staple.signature_reason or "bad signature"})
        if staple.signature is Answer.UNKNOWN:
            return Unknown(f"the staple's signature could not be verified: {_why(staple)}")
        return None

    return judge_staples(case, look)


@rule(
    RuleInfo(
        id="CRT057",
        name="staple-without-answer",
        title="The staple gives no answer",
        topic="ocsp_stapling",
        severity=Severity.MEDIUM,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for a staple that is an error of the responder, is no OCSP response, or does not know the"
        " certificate.",
        rationale="A server that hands on the responder's error (tryLater) is refused by Firefox, where no staple at"
        " all would have been accepted.",
        remediation=Remediation(
            text="Do not hand errors of the responder on. " + REACH_THE_RESPONDER, snippets=(NGINX, APACHE)
        ),
        references=(rfc(6960, "4.2.1", "RFC 6960: ASN.1 Specification of the OCSP Response"), STATUS_REQUEST),
    ),
    passing=WELL,
    failing=example(*(Staple(der_sha256="c2" * 32, size=5, response_status="tryLater"),) * 2),
)
def staple_without_answer(case: Case[OcspStapling]) -> Verdict:
    """Fails unless the response is successful and says good or revoked; high where a staple is required."""

    def look(staple: Staple) -> Flaw | Unknown | None:
        if staple.response_status != "successful":
            return Flaw("is no usable response: {status}", {"status": staple.response_status})
        if staple.cert_status is CertStatus.UNKNOWN:
            return Flaw("says that the responder does not know the certificate")
        return Unknown(f"the staple's status could not be read: {_why(staple)}") if staple.cert_status is None else None

    return judge_staples(case, look)


def _why(staple: Staple) -> str:
    """What stood in the way of reading or verifying a staple."""
    verified = staple.signature is not Answer.UNKNOWN
    reasons = (*staple.notes, *(() if verified or not staple.signature_reason else (staple.signature_reason,)))
    return "; ".join(reasons) or staple.response_status
