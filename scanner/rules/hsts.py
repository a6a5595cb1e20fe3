"""Rules about Strict-Transport-Security, judged on every https host of the chain that is the user's own."""

from collections.abc import Iterator

from scanner.model.derived import PreloadStatus
from scanner.model.evidence.http_exchanges import Purpose
from scanner.model.evidence.http_headers import HstsAt, HstsPolicy, HttpHeaders
from scanner.model.outcome import Answer
from scanner.model.rule import Confidence, RuleInfo, Severity
from scanner.model.target import UNKNOWN_HOST
from scanner.rules.case import Case
from scanner.rules.citations import STATIC_HOSTING, mdn_header, remedy, rfc, send_header
from scanner.rules.document_gate import ON_A_CHALLENGE
from scanner.rules.header_examples import answer, hsts_case
from scanner.rules.registry import rule
from scanner.rules.verdict import Fault, NotApplicable, NotAssessed, Unknown, Verdict, fail_or_pass

MIN_AGE = 180 * 86_400
"""Seconds; the policy's threshold `hsts_min_age_seconds` overrides it."""

PRELOAD_AGE = 31_536_000
"""Seconds that the preload list asks for (hstspreload.org)."""

_YEAR = HstsPolicy(max_age=31_536_000, include_subdomains=True)
_GOOD = hsts_case(answer("max-age=31536000; includeSubDomains", policy=_YEAR))
_SEND = send_header(
    "Send the header on every https answer. Start with a short max-age and raise it to a year; add includeSubDomains"
    " once every subdomain serves https." + STATIC_HOSTING,
    "Strict-Transport-Security",
    "max-age=31536000",
)


def _own_https(case: Case[HttpHeaders]) -> dict[str, list[tuple[int, HstsAt]]]:
    """The https answers of both entries by own host, with their places in the evidence."""
    hosts: dict[str, list[tuple[int, HstsAt]]] = {}
    for place, hop in enumerate(case.evidence.hsts):
        if hop.secure and hop.own and hop.purpose in {Purpose.ENTRY, Purpose.PLAIN_ENTRY}:
            hosts.setdefault(hop.host, []).append((place, hop))
    return hosts


def no_question(case: Case[HttpHeaders]) -> Verdict | None:
    """Why HSTS is no question here; None where it is one."""
    if case.target.is_address:
        return NotApplicable("browsers keep no HSTS for an address (RFC 6797 section 8.1.1)")
    if _own_https(case):
        return None
    if case.target.host == UNKNOWN_HOST:
        return NotAssessed("the URL of the answer is not known")
    if case.target.is_tls:
        return Unknown("no answer of the host over https was seen")
    return NotApplicable("nothing was answered over https")


def _cover(case: Case[HttpHeaders], host: str) -> PreloadStatus | None:
    """The entry of the preload list that covers `host`; None where there is none, or none that is known."""
    own, named = case.derived.preload_of(host), case.derived.preload
    if own.covered is Answer.YES:
        return own
    if named.covered is not Answer.YES:
        return None
    under = named.include_subdomains and host.endswith(f".{named.entry}")
    return named if under or host in {case.target.host, named.entry} else None


def _covered(case: Case[HttpHeaders], host: str) -> bool:
    return _cover(case, host) is not None


def policies(case: Case[HttpHeaders]) -> Iterator[tuple[str, int, HstsPolicy]]:
    """Host, place and policy of the first valid header of each host."""
    for host, hops in _own_https(case).items():
        found = next(((place, hop.policy) for place, hop in hops if hop.policy), None)
        if found:
            yield host, *found


def _at(hops: list[tuple[int, HstsAt]]) -> tuple[str, ...]:
    return tuple(f"/hsts/{place}" for place, _ in hops)


@rule(
    RuleInfo(
        id="HDR001",
        name="hsts-missing",
        title="Browsers are not told to use https only",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for Strict-Transport-Security on the https answers of every own host of the chain.",
        rationale="Without it the first request of each visit can go out by plain http, where an attacker in between"
        " may answer in the site's stead.",
        remediation=_SEND,
        references=(rfc(6797, "6.1", "HSTS: the header field"), mdn_header("Strict-Transport-Security")),
        cwe=(523, 319),
    ),
    passing=_GOOD,
    failing=hsts_case(answer()),
)
def hsts_missing(case: Case[HttpHeaders]) -> Verdict:
    """Fails for each own https host that never sends the header and that the preload list does not cover."""
    preload = _cover(case, case.target.host)
    if preload is not None and all(_covered(case, host) for host in _own_https(case)):
        dated = f" of {preload.list_date}" if preload.list_date else ""
        reason = f"covered by the entry {preload.entry} of the preload list{dated}"
        return fail_or_pass((), reason)
    if (verdict := no_question(case)) is not None:
        return verdict
    blocked = case.evidence.block is not None
    faults = [
        Fault(
            message="{host} sends no Strict-Transport-Security header over https{where}",
            at=_at(hops),
            arguments={"host": host, "where": ON_A_CHALLENGE if blocked else ""},
            discriminator=host,
            confidence=Confidence.TENTATIVE if blocked else None,
        )
        for host, hops in _own_https(case).items()
        if not any(hop.raw for _, hop in hops) and not _covered(case, host)
    ]
    return fail_or_pass(faults)


@rule(
    RuleInfo(
        id="HDR002",
        name="hsts-invalid",
        title="The HSTS header breaks its grammar, so browsers ignore it",
        topic="http_headers",
        severity=Severity.MEDIUM,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Reads Strict-Transport-Security as RFC 6797 section 6.1 defines it.",
        rationale="The owner believes that https is enforced; browsers drop a header that breaks the grammar, and"
        " nothing is enforced.",
        remediation=_SEND,
        references=(rfc(6797, "6.1", "HSTS: the header field"), rfc(6797, "8.1", "HSTS: processing the header")),
        cwe=(523, 319),
    ),
    passing=_GOOD,
    failing=hsts_case(answer("max-age=abc", problem="max-age is not a whole number of seconds")),
)
def hsts_invalid(case: Case[HttpHeaders]) -> Verdict:
    """Fails for each own https host whose header cannot be read on one of its answers."""
    if (verdict := no_question(case)) is not None:
        return verdict
    faults = []
    for host, hops in _own_https(case).items():
        broken = [(place, hop) for place, hop in hops if hop.problem]
        if broken:
            faults.append(
                Fault(
                    message="{host} sends Strict-Transport-Security: {value}, which browsers ignore: {problem}",
                    at=_at(broken),
                    arguments={"host": host, "value": broken[0][1].raw[0], "problem": broken[0][1].problem},
                    discriminator=host,
                    severity=Severity.LOW if _covered(case, host) else None,
                )
            )
    return fail_or_pass(faults)


@rule(
    RuleInfo(
        id="HDR003",
        name="hsts-short",
        title="HSTS is forgotten soon",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Compares max-age with the least that the policy asks for (half a year by default).",
        rationale="A visitor who comes back after max-age has run out is unprotected on his first request again.",
        remediation=_SEND,
        references=(rfc(6797, "6.1.1", "HSTS: max-age"), mdn_header("Strict-Transport-Security")),
        cwe=(523,),
    ),
    passing=_GOOD,
    failing=hsts_case(answer("max-age=3600", policy=HstsPolicy(max_age=3600))),
)
def hsts_short(case: Case[HttpHeaders]) -> Verdict:
    """Fails for each own https host with a max-age above zero and below the policy's threshold."""
    if (verdict := no_question(case)) is not None:
        return verdict
    least = int(case.policy.threshold("hsts_min_age_seconds", MIN_AGE))
    faults = [
        Fault(
            message="{host} asks browsers to remember https for {seconds} seconds; at least {least} are advised",
            at=(f"/hsts/{place}/policy/max_age",),
            arguments={"host": host, "seconds": found.max_age, "least": least},
            discriminator=host,
        )
        for host, place, found in policies(case)
        if 0 < found.max_age < least and not _covered(case, host)
    ]
    return fail_or_pass(faults)


@rule(
    RuleInfo(
        id="HDR004",
        name="hsts-off",
        title="HSTS is switched off with max-age=0",
        topic="http_headers",
        severity=Severity.MEDIUM,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for max-age=0, which makes browsers forget the host.",
        rationale="max-age=0 removes protection that a browser had. It is meant for leaving https, not for keeping it.",
        remediation=_SEND,
        references=(rfc(6797, "6.1.1", "HSTS: max-age"),),
        cwe=(523,),
    ),
    passing=_GOOD,
    failing=hsts_case(answer("max-age=0", policy=HstsPolicy(max_age=0))),
)
def hsts_off(case: Case[HttpHeaders]) -> Verdict:
    """Fails for each own https host whose max-age is zero, unless the preload list covers it."""
    if (verdict := no_question(case)) is not None:
        return verdict
    faults = [
        Fault(
            message="{host} sends max-age=0: browsers forget that it wants https",
            at=(f"/hsts/{place}/policy/max_age",),
            arguments={"host": host},
            discriminator=host,
        )
        for host, place, found in policies(case)
        if found.max_age == 0 and not _covered(case, host)
    ]
    return fail_or_pass(faults)


@rule(
    RuleInfo(
        id="HDR005",
        name="hsts-over-http",
        title="HSTS is sent over plain http, where it has no effect",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for Strict-Transport-Security on answers without TLS.",
        rationale="Browsers must ignore it there, and RFC 6797 forbids servers to send it. It often means that the"
        " header was put into the wrong server block.",
        remediation=remedy("Send the header from the https server only."),
        references=(rfc(6797, "7.2", "HSTS: http request type"),),
    ),
    passing=hsts_case(answer("max-age=31536000", policy=_YEAR), answer(secure=False)),
    failing=hsts_case(answer("max-age=31536000", policy=_YEAR, secure=False)),
)
def hsts_over_http(case: Case[HttpHeaders]) -> Verdict:
    """Fails where an own plain-http answer carries the header."""
    plain = [(place, hop) for place, hop in enumerate(case.evidence.hsts) if hop.own and not hop.secure]
    if not plain:
        return NotApplicable("nothing was answered over plain http")
    found = [(place, hop) for place, hop in plain if hop.raw]
    message = "Strict-Transport-Security is sent over plain http, where browsers ignore it"
    return fail_or_pass([Fault(message=message, at=_at(found))] if found else [])


@rule(
    RuleInfo(
        id="HDR006",
        name="hsts-repeated",
        title="The HSTS header is sent more than once",
        topic="http_headers",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Counts the lines of Strict-Transport-Security on each https answer.",
        rationale="Browsers process the first line only. When a proxy and an application both send one, the weaker may"
        " come first, and nobody sees which one counts.",
        remediation=remedy(
            "Send it in one place: hide the application's header where the proxy sets its own.",
            nginx="proxy_hide_header Strict-Transport-Security;\n"
            'add_header Strict-Transport-Security "max-age=31536000" always;',
            apache="Header onsuccess unset Strict-Transport-Security\n"
            'Header always set Strict-Transport-Security "max-age=31536000"',
        ),
        references=(rfc(6797, "8.1", "HSTS: processing the header"),),
    ),
    passing=_GOOD,
    failing=hsts_case(answer("max-age=0", "max-age=31536000", policy=HstsPolicy(max_age=0))),
)
def hsts_repeated(case: Case[HttpHeaders]) -> Verdict:
    """Fails for each own https host that sends several lines on one answer; info where they are all equal."""
    if (verdict := no_question(case)) is not None:
        return verdict
    faults = []
    for host, hops in _own_https(case).items():
        repeated = [(place, hop) for place, hop in hops if len(hop.raw) > 1]
        if repeated:
            equal = all(len(set(hop.raw)) == 1 for _, hop in repeated)
            faults.append(
                Fault(
                    message="{host} sends Strict-Transport-Security {count} times on one answer; the first one counts",
                    at=tuple(f"{pointer}/raw" for pointer in _at(repeated)),
                    arguments={"host": host, "count": len(repeated[0][1].raw)},
                    discriminator=host,
                    severity=Severity.INFO if equal else None,
                )
            )
    return fail_or_pass(faults)


@rule(
    RuleInfo(
        id="HDR007",
        name="hsts-without-subdomains",
        title="HSTS leaves subdomains out",
        topic="http_headers",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for includeSubDomains in a valid header.",
        rationale="An attacker in between can invent a subdomain over plain http and set cookies for the parent from"
        " it. It is a choice: every subdomain must serve https first.",
        remediation=send_header(
            "Once every subdomain serves https, add includeSubDomains.",
            "Strict-Transport-Security",
            "max-age=31536000; includeSubDomains",
        ),
        references=(rfc(6797, "6.1.2", "HSTS: includeSubDomains"), rfc(6797, "14.4", "HSTS: the need for it")),
    ),
    passing=_GOOD,
    failing=hsts_case(answer("max-age=31536000", policy=HstsPolicy(max_age=31_536_000))),
)
def hsts_without_subdomains(case: Case[HttpHeaders]) -> Verdict:
    """Fails for each own https host whose valid policy does not include subdomains."""
    if (verdict := no_question(case)) is not None:
        return verdict
    found = [(host, place, policy) for host, place, policy in policies(case) if policy.max_age]
    if not found:
        return NotApplicable("there is no HSTS policy in force")
    faults = [
        Fault(
            message="{host} sends HSTS without includeSubDomains",
            at=(f"/hsts/{place}/policy/include_subdomains",),
            arguments={"host": host},
            discriminator=host,
        )
        for host, place, policy in found
        if not policy.include_subdomains and not ((cover := _cover(case, host)) and cover.include_subdomains)
    ]
    return fail_or_pass(faults)
