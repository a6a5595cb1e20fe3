"""Rules about cookies that work, but could be kept better: SameSite, scope, names, size."""

from scanner.model.evidence.cookies import CookieKind, Cookies, SameSite
from scanner.model.rule import Confidence, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import COOKIES_DRAFT, mdn_header, remedy, rfc
from scanner.rules.cookie_judging import (
    INFRASTRUCTURE,
    example_case,
    example_cookie,
    judge_cookies,
    kept,
    lighter_for_infrastructure,
    surer_for_known_names,
)
from scanner.rules.registry import rule
from scanner.rules.verdict import Verdict

MAX_PAIR = 4_096
"""Octets of name and value together that browsers keep (RFC 6265bis section 5.6)."""

_SET_COOKIE = mdn_header("Set-Cookie")
_GOOD = example_case(example_cookie("id"))


@rule(
    RuleInfo(
        id="CKY007",
        name="cookie-without-samesite",
        title="A cookie says nothing of SameSite",
        topic="cookies",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for cookies without SameSite; those of balancers and bot detection are left out.",
        rationale="Chromium takes Lax then, other browsers send the cookie with requests from other sites too. Saying"
        " it makes all browsers alike.",
        remediation=remedy(
            "Set SameSite=Lax, or Strict where no link from elsewhere needs the session.",
            nginx="proxy_cookie_flags ~ samesite=lax;",
            apache='Header edit Set-Cookie ^((?!.*;\\s*SameSite).*)$ "$1; SameSite=Lax"',
        ),
        references=(COOKIES_DRAFT, _SET_COOKIE),
        cwe=(1275,),
    ),
    passing=_GOOD,
    failing=example_case(example_cookie("id", same_site=SameSite.ABSENT)),
)
def cookie_without_samesite(case: Case[Cookies]) -> Verdict:
    """Fails, as information, for each cookie without the attribute."""
    return judge_cookies(
        case,
        lambda one: kept(case, one) and one.kind not in INFRASTRUCTURE,
        lambda one: one.same_site is SameSite.ABSENT,
        "the cookie {name} is set without SameSite",
    )


@rule(
    RuleInfo(
        id="CKY008",
        name="samesite-unknown",
        title="A cookie has a SameSite value that browsers do not know",
        topic="cookies",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for values other than Strict, Lax and None, in any case.",
        rationale="Browsers treat an unknown value as none at all, and differ in what they do then.",
        remediation=remedy("Write SameSite=Strict, Lax or None."),
        references=(COOKIES_DRAFT, _SET_COOKIE),
        cwe=(1275,),
    ),
    passing=_GOOD,
    failing=example_case(example_cookie("id", same_site=SameSite.INVALID)),
)
def samesite_unknown(case: Case[Cookies]) -> Verdict:
    """Fails for each cookie with an unknown value."""
    return judge_cookies(
        case,
        lambda one: kept(case, one) and one.same_site is not SameSite.ABSENT,
        lambda one: one.same_site is SameSite.INVALID,
        "the cookie {name} has a SameSite value that browsers do not know",
    )


@rule(
    RuleInfo(
        id="CKY009",
        name="default-session-name",
        title="The session cookie's name tells the software",
        topic="cookies",
        severity=Severity.INFO,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Compares the names of session cookies with the defaults of frameworks.",
        rationale="A default name tells what runs here as well as a header would.",
        remediation=remedy("Give the cookie a name of its own; __Host- before it adds protection."),
        references=(COOKIES_DRAFT, _SET_COOKIE),
        cwe=(200,),
    ),
    passing=example_case(example_cookie("__Host-session", kind=CookieKind.SESSION)),
    failing=example_case(example_cookie("PHPSESSID", kind=CookieKind.SESSION, maker="PHP")),
)
def default_session_name(case: Case[Cookies]) -> Verdict:
    """Fails, as information, for each default name."""
    return judge_cookies(
        case,
        lambda one: kept(case, one) and one.kind is CookieKind.SESSION,
        lambda one: one.maker is not None,
        "the session cookie {name} has the default name of {maker}",
    )


@rule(
    RuleInfo(
        id="CKY010",
        name="cookie-over-http",
        title="A cookie is set over plain http",
        topic="cookies",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for cookies on plain-http answers; information for balancers' and bot detection's.",
        rationale="The value crosses the network in clear, and an attacker in between can choose it for the visitor.",
        remediation=remedy("Redirect to https before any cookie is set."),
        references=(rfc(6265, "8.3", "Cookies: clear text"), COOKIES_DRAFT),
        cwe=(319,),
    ),
    passing=_GOOD,
    failing=example_case(example_cookie("id", secure=False, over_https=False)),
)
def cookie_over_http(case: Case[Cookies]) -> Verdict:
    """Fails for each cookie that browsers keep from a plain-http answer."""
    return judge_cookies(
        case,
        lambda one: kept(case, one),
        lambda one: one.secure_origin is False,
        "the cookie {name} is set over plain http",
        by_origin=True,
        weight=lighter_for_infrastructure,
    )


@rule(
    RuleInfo(
        id="CKY011",
        name="session-cookie-for-all-hosts",
        title="A session cookie is sent to all subdomains",
        topic="cookies",
        severity=Severity.INFO,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Looks for Domain on session cookies.",
        rationale="Every host below the domain gets the session, forgotten and foreign-run ones too. Single sign-on may"
        " need it.",
        remediation=remedy("Drop Domain, so that the cookie stays with its host; __Host- enforces it."),
        references=(rfc(6265, "4.1.2.3", "Cookies: Domain"), COOKIES_DRAFT),
    ),
    passing=example_case(example_cookie("sid", kind=CookieKind.SESSION)),
    failing=example_case(example_cookie("sid", kind=CookieKind.SESSION, domain="example.org")),
)
def session_cookie_for_all_hosts(case: Case[Cookies]) -> Verdict:
    """Fails, as information, for each session cookie with Domain."""
    return judge_cookies(
        case,
        lambda one: kept(case, one) and one.kind is CookieKind.SESSION,
        lambda one: one.domain is not None,
        "the session cookie {name} goes to every host of {domain}",
        sureness=surer_for_known_names,
    )


@rule(
    RuleInfo(
        id="CKY012",
        name="cookie-oversized",
        title="A cookie is too large for browsers",
        topic="cookies",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Counts the octets of name and value; browsers keep at most 4096.",
        rationale="Browsers ignore a larger cookie; many large ones make servers refuse the request.",
        remediation=remedy("Keep the data on the server and an identifier in the cookie."),
        references=(rfc(6265, "6.1", "Cookies: limits"), COOKIES_DRAFT),
    ),
    passing=_GOOD,
    failing=example_case(example_cookie("basket", size=5_000)),
)
def cookie_oversized(case: Case[Cookies]) -> Verdict:
    """Fails for each cookie beyond the limit."""
    return judge_cookies(
        case,
        lambda one: not one.is_deletion(case.now),
        lambda one: one.size > MAX_PAIR,
        "the cookie {name} has {size} octets; browsers keep 4096 at most",
    )
