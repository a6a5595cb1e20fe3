"""Rules on the files that sites write for others: security.txt (RFC 9116) and robots.txt (RFC 9309)."""

import datetime

from scanner.model.evidence.operation import Operation, Robots, SecurityTxt
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.model.rule import Confidence, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import remedy, rfc
from scanner.rules.operation_examples import SECURITY_TXT_HOWTO, security_txt, site, unsure
from scanner.rules.registry import rule
from scanner.rules.verdict import Fault, NotApplicable, Pass, Verdict, fail, fail_or_pass

YEAR = datetime.timedelta(days=366)
"""How far ahead Expires should be at most (RFC 9116 section 2.5.5: less than a year)."""

_GOOD = security_txt(
    ("Contact", "mailto:security@example.org"),
    ("Expires", "2027-06-01T00:00:00Z"),
    expires=datetime.datetime(2027, 6, 1, tzinfo=datetime.UTC),
)
_SERVE = remedy(
    "Write /.well-known/security.txt with at least Contact and Expires, and serve it as text/plain over https.",
    nginx="location = /.well-known/security.txt {\n  alias /srv/security.txt;\n  default_type text/plain;\n"
    "  charset utf-8;\n}",
    apache='Alias "/.well-known/security.txt" "/srv/security.txt"\n<Location "/.well-known/security.txt">\n'
    '  ForceType "text/plain; charset=utf-8"\n</Location>',
)


@rule(
    RuleInfo(
        id="OPS001",
        name="security-txt-missing",
        title="No security.txt",
        topic="operation",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Whether /.well-known/security.txt is there; a page that answers for every path is not counted as one.",
        rationale="Who finds a hole looks there for whom to tell. Without it, reports reach nobody or the public.",
        remediation=_SERVE,
        references=(rfc(9116, "3", "security.txt: location"), SECURITY_TXT_HOWTO),
    ),
    passing=_GOOD,
    failing=site(security_txt=SecurityTxt(present=Answer.NO, reason=PeerText("status 404"), at=3, status=404)),
)
def security_txt_missing(case: Case[Operation]) -> Verdict:
    """Fails, as information, where the server says that there is none."""
    seen = case.evidence.security_txt
    if seen.present is Answer.YES:
        return Pass()
    if seen.present is Answer.UNKNOWN:
        return unsure(seen.at, seen.reason)
    return fail("there is no /.well-known/security.txt ({reason})", "/security_txt/reason", reason=seen.reason or "")


@rule(
    RuleInfo(
        id="OPS002",
        name="security-txt-invalid",
        title="security.txt breaks its standard",
        topic="operation",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Contact and Expires, single fields, URIs, dates, the media type and the place of security.txt. What is"
        " only recommended is information: an expiry within a year, a Canonical that names the place.",
        rationale="Programs read the file for people. One that they cannot read is as good as none, and looks kept.",
        remediation=_SERVE,
        references=(
            rfc(9116, "2.5", "security.txt: fields"),
            rfc(9116, "4", "security.txt: grammar"),
            SECURITY_TXT_HOWTO,
        ),
    ),
    passing=_GOOD,
    failing=security_txt(("Contact", "security@example.org"), problems=("Expires is missing",)),
)
def security_txt_invalid(case: Case[Operation]) -> Verdict:
    """Fails for each problem; for what is only recommended, as information."""
    seen = case.evidence.security_txt
    if seen.present is not Answer.YES:
        return _absent(seen)
    faults = [
        Fault(
            message="security.txt: {problem}",
            at=(f"/security_txt/problems/{place}",),
            arguments={"problem": problem},
            discriminator=problem,
        )
        for place, problem in enumerate(seen.problems)
    ]
    faults += [
        Fault(
            message="security.txt: {advice}",
            at=(f"/security_txt/advice/{place}",),
            arguments={"advice": advice},
            discriminator=advice,
            severity=Severity.INFO,
        )
        for place, advice in enumerate(seen.advice)
    ]
    if seen.expires is not None and seen.expires > case.now + YEAR:
        faults.append(
            Fault(
                message="security.txt: Expires is {date}, more than a year ahead",
                at=("/security_txt/expires",),
                arguments={"date": f"{seen.expires:%Y-%m-%d}"},
                discriminator="expires-far",
                severity=Severity.INFO,
            )
        )
    return fail_or_pass(faults)


def _absent(seen: SecurityTxt) -> Verdict:
    """The verdict of rules that ask about the contents."""
    if seen.present is Answer.NO:
        return NotApplicable("there is no security.txt")
    return unsure(seen.at, seen.reason)


@rule(
    RuleInfo(
        id="OPS003",
        name="security-txt-expired",
        title="security.txt has expired",
        topic="operation",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Whether the date in Expires has passed.",
        rationale="After that date nobody should rely on the file: whoever keeps to the standard will not write to the"
        " address in it.",
        remediation=remedy("Check the contacts, and write a new date that is less than a year ahead."),
        references=(rfc(9116, "2.5.5", "security.txt: Expires"), SECURITY_TXT_HOWTO),
    ),
    passing=_GOOD,
    failing=security_txt(
        ("Contact", "mailto:security@example.org"),
        ("Expires", "2026-01-01T00:00:00Z"),
        expires=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
    ),
)
def security_txt_expired(case: Case[Operation]) -> Verdict:
    """Fails once the date has passed; without a readable date it is OPS002's."""
    seen = case.evidence.security_txt
    if seen.present is not Answer.YES:
        return _absent(seen)
    if seen.expires is None:
        return NotApplicable("there is no date that could be read")
    if seen.expires > case.now:
        return Pass()
    return fail("security.txt has expired on {date}", "/security_txt/expires", date=f"{seen.expires:%Y-%m-%d}")


@rule(
    RuleInfo(
        id="OPS006",
        name="robots-names-inner-areas",
        title="robots.txt names inner areas",
        topic="operation",
        severity=Severity.INFO,
        confidence=Confidence.TENTATIVE,
        since="0.1.0",
        summary="Reads Disallow in robots.txt for paths with words such as admin, backup, config or staging.",
        rationale="The file keeps robots from indexing, and people who look for doors read it first. It protects"
        " nothing: an area that is not for everybody needs a login.",
        remediation=remedy(
            "Protect such areas themselves. To keep a page out of an index without naming it in public, send"
            " X-Robots-Tag: noindex with it.",
            nginx='add_header X-Robots-Tag "noindex" always;',
            apache='Header always set X-Robots-Tag "noindex"',
        ),
        references=(rfc(9309, "3", "robots.txt: security considerations"),),
    ),
    passing=site(robots=Robots(present=Answer.YES, at=4, status=200, disallowed=(PeerText("/search"),))),
    failing=site(
        robots=Robots(
            present=Answer.YES,
            at=4,
            status=200,
            disallowed=(PeerText("/search"), PeerText("/backup/")),
            telling=(PeerText("/backup/"),),
        )
    ),
)
def robots_names_inner_areas(case: Case[Operation]) -> Verdict:
    """Fails, as information, where a path names such an area."""
    seen = case.evidence.robots
    if seen.present is Answer.NO:
        return Pass("there is no robots.txt")
    if seen.present is Answer.UNKNOWN:
        return unsure(seen.at, seen.reason)
    if not seen.telling:
        return Pass()
    shown = ", ".join(seen.telling[:5]) + (" …" if len(seen.telling) > 5 else "")
    return fail("robots.txt names {paths}", "/robots/telling", paths=shown)
