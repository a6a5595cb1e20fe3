"""Rules about how far and how long a cookie reaches: lifetime, prefixes, cross-site requests, limits of browsers."""

from scanner.model.evidence.cookies import CookieKind, CookiePrefix, Cookies, SameSite
from scanner.model.rule import Confidence, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import COOKIES_DRAFT, mdn_header, remedy, rfc
from scanner.rules.cookie_judging import (
    example_case,
    example_cookie,
    judge_cookies,
    kept,
    lighter_for_infrastructure,
    surer_for_known_names,
)
from scanner.rules.document_gate import BLOCKED, site_answered
from scanner.rules.registry import rule
from scanner.rules.verdict import NotApplicable, Verdict, fail, fail_or_pass

MAX_LIFETIME = 400 * 86_400
"""Seconds that browsers keep a cookie at most (RFC 6265bis section 5.5)."""

SMALLEST_JAR = 50
"""Cookies a domain that every browser keeps at least (RFC 6265 section 6.1)."""

_SET_COOKIE = mdn_header("Set-Cookie")
_HOST_PREFIXES = frozenset({CookiePrefix.HOST, CookiePrefix.HOST_HTTP})


@rule(
    RuleInfo(
        id="CKY013",
        name="cookie-lives-too-long",
        title="A cookie asks for a longer life than browsers grant",
        topic="cookies",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Compares Max-Age, else Expires, with 400 days; cookies of balancers and bot detection are left out.",
        rationale="Browsers cut the lifetime at 400 days, so the application may count on something that is gone by"
        " then. A long life also means that a stolen value is of use for long.",
        remediation=remedy("Ask for 400 days at most, for a session much less, and renew the cookie on visits."),
        references=(COOKIES_DRAFT, _SET_COOKIE),
        cwe=(613,),
    ),
    passing=example_case(example_cookie("theme", max_age=31_536_000)),
    failing=example_case(example_cookie("theme", max_age=315_360_000)),
)
def cookie_lives_too_long(case: Case[Cookies]) -> Verdict:
    """Fails, as information, for each cookie that is to live longer than 400 days."""
    return judge_cookies(
        case,
        lambda one: kept(case, one) and lighter_for_infrastructure(one) is None,
        lambda one: (one.lifetime(case.now) or 0) > MAX_LIFETIME,
        "the cookie {name} asks for more than the 400 days that browsers keep it",
    )


@rule(
    RuleInfo(
        id="CKY014",
        name="cookie-attribute-oversized",
        title="Browsers ignore an attribute of a cookie because it is too long",
        topic="cookies",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Counts the octets of each attribute's value; browsers read at most 1024.",
        rationale="The cookie is kept without the attribute, so it reaches further than it was meant to.",
        remediation=remedy("Shorten the attribute; a Domain or Path of this length is a mistake of the code."),
        references=(COOKIES_DRAFT, _SET_COOKIE),
    ),
    passing=example_case(example_cookie("basket")),
    failing=example_case(example_cookie("basket", too_long=("Path",))),
)
def cookie_attribute_oversized(case: Case[Cookies]) -> Verdict:
    """Fails for each cookie with an attribute beyond the limit."""
    return judge_cookies(
        case,
        lambda one: kept(case, one),
        lambda one: bool(one.too_long),
        "browsers ignore {too_long} of the cookie {name}: the value is longer than 1024 octets",
    )


@rule(
    RuleInfo(
        id="CKY015",
        name="session-cookie-host-prefix",
        title="A session cookie could be bound to its host by the prefix __Host-",
        topic="cookies",
        severity=Severity.INFO,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Looks for __Host- or __Host-Http- before the names of session cookies.",
        rationale="The prefix makes browsers insist on Secure, Path=/ and no Domain. No other subdomain, and nobody"
        " on a plain-http connection, can then set a session of his own choice in its place.",
        remediation=remedy(
            "Rename the session cookie to __Host-NAME and send it with Secure, Path=/ and without Domain. Where several"
            " hosts need it (single sign-on), __Secure- is what is left."
        ),
        references=(COOKIES_DRAFT, _SET_COOKIE),
        cwe=(384,),
    ),
    passing=example_case(example_cookie("__Host-session", kind=CookieKind.SESSION, prefix=CookiePrefix.HOST)),
    failing=example_case(example_cookie("sid", kind=CookieKind.SESSION)),
)
def session_cookie_host_prefix(case: Case[Cookies]) -> Verdict:
    """Fails, as information, for each session cookie without the prefix; passes where all of them have it."""
    return judge_cookies(
        case,
        lambda one: kept(case, one) and one.kind is CookieKind.SESSION,
        lambda one: one.prefix not in _HOST_PREFIXES,
        "the session cookie {name} has no __Host- prefix",
        sureness=surer_for_known_names,
    )


@rule(
    RuleInfo(
        id="CKY016",
        name="session-cookie-cross-site",
        title="A session cookie goes along with requests from other sites",
        topic="cookies",
        severity=Severity.INFO,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Looks for SameSite=None on session cookies.",
        rationale="Any site can then send requests in the visitor's name, and only CSRF tokens stand in its way."
        " Embedded applications and some ways of single sign-on need it.",
        remediation=remedy("Set SameSite=Lax where the site is not embedded; else check the CSRF tokens of all forms."),
        references=(COOKIES_DRAFT, _SET_COOKIE),
        cwe=(352, 1275),
    ),
    passing=example_case(example_cookie("sid", kind=CookieKind.SESSION)),
    failing=example_case(example_cookie("sid", kind=CookieKind.SESSION, same_site=SameSite.NONE)),
)
def session_cookie_cross_site(case: Case[Cookies]) -> Verdict:
    """Fails, as information, for each session cookie with SameSite=None that browsers keep."""
    return judge_cookies(
        case,
        lambda one: kept(case, one) and one.kind is CookieKind.SESSION,
        lambda one: one.same_site is SameSite.NONE,
        "the session cookie {name} is sent with requests from other sites (SameSite=None)",
        sureness=surer_for_known_names,
    )


@rule(
    RuleInfo(
        id="CKY017",
        name="too-many-cookies",
        title="More cookies are set than every browser keeps",
        topic="cookies",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Counts the distinct names that the answers set; browsers keep 50 a domain at least.",
        rationale="Beyond its limit a browser drops older cookies, the session among them, and the Cookie field grows"
        " until servers refuse the request.",
        remediation=remedy("Keep the data on the server, and one identifier in a cookie."),
        references=(rfc(6265, "6.1", "Cookies: limits"), COOKIES_DRAFT),
    ),
    passing=Case(evidence=Cookies(cookies=(example_cookie("basket"),), names=1)),
    failing=Case(evidence=Cookies(cookies=(example_cookie("basket"),), names=300)),
)
def too_many_cookies(case: Case[Cookies]) -> Verdict:
    """Fails where the answers set more names than every browser has room for."""
    if not site_answered(case):
        return BLOCKED
    if not case.evidence.cookies:
        return NotApplicable("no cookie is set")
    if case.evidence.names <= SMALLEST_JAR:
        return fail_or_pass(())
    return fail(
        "{count} different cookies are set; browsers keep {least} a domain at least, and some no more",
        "/names",
        count=case.evidence.names,
        least=SMALLEST_JAR,
    )
