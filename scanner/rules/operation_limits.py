"""Rules on what stands in front of a site: firewalls, limits on requests, and hints in the TCP handshake.

Rule of the room: a site without any of these has no fault; where no sign shows, nothing is claimed. Only a trial
(`--intrusive`) can say that there is none.
"""

from scanner.model.evidence.http_exchanges import Purpose
from scanner.model.evidence.operation import LimitSign, Operation, TcpHandshake, WafRole, WafSign
from scanner.model.evidence.operation_trials import FirewallTrial, OperationTrials, RateTrial
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.model.rule import Confidence, Reference, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import remedy, rfc
from scanner.rules.registry import rule
from scanner.rules.verdict import NotApplicable, NotAssessed, Pass, Unknown, Verdict, fail

_WSTG_WAF = Reference(
    title="OWASP: web application firewall", url="https://owasp.org/www-community/Web_Application_Firewall"
)
_API4 = Reference(
    title="OWASP API4:2023 unrestricted resource consumption",
    url="https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/",
)


def _tried(firewall: FirewallTrial | None = None, rate: RateTrial | None = None) -> dict[str, object]:
    """The evidence of other topics in an example: the trials."""
    trials = OperationTrials(
        path="/leadline-0123456789abcdef", firewall=firewall or FirewallTrial(), rate=rate or RateTrial()
    )
    return {"operation_trials": trials}


@rule(
    RuleInfo(
        id="OPS009",
        name="waf-seen",
        title="No web application firewall interferes",
        topic="operation",
        severity=Severity.INFO,
        confidence=Confidence.TENTATIVE,
        since="0.1.0",
        summary="Looks for signs of web application firewalls in headers, cookies and refusal pages. With --intrusive"
        " one request with the textbook patterns of attacks goes to a path that is not there.",
        rationale="A firewall in front catches the crudest attempts and gives time to mend. It mends nothing itself,"
        " and it may be there without a sign.",
        remediation=remedy(
            "Where the site is worth it, put a firewall in front, such as ModSecurity or Coraza with the OWASP Core"
            " Rule Set, and watch what it stops before it stops anything.",
            nginx="modsecurity on;\nmodsecurity_rules_file /etc/modsecurity/main.conf;",
            apache="SecRuleEngine On\nIncludeOptional /usr/share/modsecurity-crs/*.load",
        ),
        references=(_WSTG_WAF, Reference(title="OWASP Core Rule Set", url="https://coreruleset.org/docs/")),
    ),
    passing=Case(
        evidence=Operation(
            waf=(WafSign(vendor="Imperva", role=WafRole.FIREWALL, where=PeerText("header x-iinfo"), at=0),)
        )
    ),
    failing=Case(evidence=Operation(), others=_tried(FirewallTrial(interfered=Answer.NO))),
)
def waf_seen(case: Case[Operation]) -> Verdict:
    """Passes with a sign; fails, as information, only where a trial went through."""
    trials = case.other("operation_trials", OperationTrials)
    trial = None if trials is None else trials.firewall
    if trial is not None and trial.interfered is Answer.YES:
        return Pass(f"an attack's pattern was turned away: {trial.sign}")
    firewalls = dict.fromkeys(one.vendor for one in case.evidence.waf if one.role is WafRole.FIREWALL)
    if firewalls:
        return Pass(f"signs of {', '.join(firewalls)}")
    if trial is not None and trial.interfered is Answer.NO:
        return fail("the textbook patterns of attacks are answered like a plain request", "/waf")
    if trial is not None:
        return Unknown(trial.reason or "the trial was not clear")
    fronts = ", ".join(dict.fromkeys(one.vendor for one in case.evidence.waf))
    if fronts:
        return NotAssessed(f"{fronts} is in front; whether its firewall is on, --intrusive asks")
    return NotAssessed("no sign was seen; whether there is one, --intrusive asks")


@rule(
    RuleInfo(
        id="OPS010",
        name="rate-limit-signs",
        title="No limit on requests shows",
        topic="operation",
        severity=Severity.INFO,
        confidence=Confidence.TENTATIVE,
        since="0.1.0",
        summary="Looks for RateLimit fields, Retry-After and status 429. With --intrusive at most 30 requests go to a"
        " path that is not there, one after the other, until one is refused.",
        rationale="Without a limit passwords can be guessed and pages copied as fast as the server answers. A limit may"
        " begin later than 30 requests, and only at the login.",
        remediation=remedy(
            "Limit requests by address, tightly where one logs in, and say so with 429 and Retry-After.",
            nginx="limit_req_zone $binary_remote_addr zone=login:10m rate=1r/s;\n"
            "location /login {\n  limit_req zone=login burst=5 nodelay;\n  limit_req_status 429;\n}",
            apache="# mod_evasive, or mod_qos\nQS_ClientEventLimitCount 20 60",
        ),
        references=(rfc(6585, "4", "429 Too Many Requests"), _API4),
        cwe=(770,),
    ),
    passing=Case(
        evidence=Operation(
            rate_limit=(
                LimitSign(
                    name=PeerText("RateLimit-Remaining"),
                    value=PeerText("99"),
                    purpose=Purpose.ENTRY,
                    status=200,
                    at=0,
                ),
            )
        )
    ),
    failing=Case(evidence=Operation(), others=_tried(rate=RateTrial(limited=Answer.NO, requests=30, seconds=3.0))),
)
def rate_limit_signs(case: Case[Operation]) -> Verdict:
    """Passes with a sign; fails, as information, only where the trial met no limit."""
    trials = case.other("operation_trials", OperationTrials)
    trial = None if trials is None else trials.rate
    if trial is not None and trial.limited is Answer.YES:
        return Pass(f"{trial.sign} after {trial.requests} requests")
    if case.evidence.rate_limit:
        return Pass(f"signs of a limit: {', '.join(one.name for one in case.evidence.rate_limit)}")
    if trial is not None and trial.limited is Answer.NO:
        return fail(
            "{requests} requests in {seconds} s met no limit",
            "/rate_limit",
            requests=trial.requests,
            seconds=trial.seconds,
        )
    if trial is not None:
        return Unknown(trial.reason or "the trial was not clear")
    return NotAssessed("no sign was seen; whether there is a limit, --intrusive asks")


@rule(
    RuleInfo(
        id="OPS014",
        name="tcp-handshake-hint",
        title="The TCP handshake hints at the operating system",
        topic="operation",
        severity=Severity.INFO,
        confidence=Confidence.TENTATIVE,
        since="0.1.0",
        summary="Reads window, window scale, timestamps and segment size of a connection that was made anyway. They are"
        " the outermost machine's: a balancer's or a CDN's where one stands in front.",
        rationale="Every system has its own defaults. They cannot be hidden in earnest, and they tell an attacker"
        " little that he could not try; this is for those who want to know what shows.",
        remediation=remedy("Nothing needs to be done. A balancer or a CDN in front shows its own traits instead."),
        references=(
            rfc(7323, "3", "TCP: timestamps option"),
            rfc(7323, "2", "TCP: window scale option"),
        ),
    ),
    passing=Case(
        evidence=Operation(
            tcp=TcpHandshake(timestamps=True, sack=True, ecn=False, window_scale=9, mss=1460, window=42_340)
        )
    ),
    failing=Case(
        evidence=Operation(
            tcp=TcpHandshake(
                timestamps=False, sack=True, ecn=False, window_scale=8, mss=1460, window=65_535, system="Windows"
            )
        )
    ),
)
def tcp_handshake_hints(case: Case[Operation]) -> Verdict:
    """Fails, as information, where the traits are usual for one system."""
    seen = case.evidence.tcp
    if seen is None:
        return NotAssessed("no connection stood, or this machine's kernel does not tell how it began")
    if seen.loopback:
        return NotApplicable("over the loopback the handshake shows this machine")
    if seen.system is None:
        return Pass("the traits are usual for no single system")
    return fail("the TCP handshake looks like that of {system}, a hint only", "/tcp/system", system=seen.system)
