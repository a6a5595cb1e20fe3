"""The rule on HTTP/3: what is announced should be there. Silence is no proof, since UDP is filtered in many places."""

from scanner.model.evidence.http3 import AnnouncedBy, Announcement, Http3
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.model.rule import Confidence, Reference, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import remedy, rfc
from scanner.rules.registry import rule
from scanner.rules.verdict import NotApplicable, Pass, Unknown, Verdict, fail

_ANNOUNCED = (Announcement(by=AnnouncedBy.ALT_SVC, protocol=PeerText("h3"), host=PeerText(""), port=443),)


@rule(
    RuleInfo(
        id="OPS008",
        name="http3-announced-unreachable",
        title="HTTP/3 is announced and refused",
        topic="http3",
        severity=Severity.INFO,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Where Alt-Svc or the HTTPS record announces h3: whether one QUIC handshake and one request succeed.",
        rationale="Browsers try what is announced, and fall back after a wait. Those that are refused lose time.",
        remediation=remedy(
            "Open the UDP port in the firewall and let the server listen on it, or take the announcement back.",
            nginx="listen 443 quic reuseport;\nadd_header Alt-Svc 'h3=\":443\"; ma=86400' always;",
            apache='Header always set Alt-Svc "clear"  # Apache has no HTTP/3 of its own',
        ),
        references=(
            rfc(9114, "3.1.1", "HTTP/3: Alt-Svc"),
            rfc(9460, "9", "HTTPS records"),
            Reference(title="nginx: QUIC and HTTP/3", url="https://nginx.org/en/docs/quic.html"),
        ),
    ),
    passing=Case(evidence=Http3(announced=_ANNOUNCED, port=443, handshake=Answer.YES, request=Answer.YES, status=200)),
    failing=Case(
        evidence=Http3(
            announced=_ANNOUNCED,
            port=443,
            handshake=Answer.NO,
            request=Answer.NO,
            reason=PeerText("refused at connect: nothing listens on this UDP port"),
        )
    ),
)
def http3_announced_unreachable(case: Case[Http3]) -> Verdict:
    """Fails, as information, where the server itself said no."""
    seen = case.evidence
    if seen.port is None:
        return NotApplicable(seen.reason or "HTTP/3 is not announced at this host")
    if Answer.NO in {seen.handshake, seen.request}:
        return fail(
            "HTTP/3 is announced at UDP port {port}, and fails: {reason}",
            ("/announced/0", "/reason"),
            port=seen.port,
            reason=seen.reason or "no reason was given",
        )
    if seen.request is Answer.YES:
        return Pass()
    return Unknown(f"no answer over UDP, which may be filtered on the way ({seen.reason})")
