"""Rules about cookies, by what browsers do with them. Deletions are no cookies; the refused have rules of their own."""

from scanner.model.evidence.cookies import CookieKind, CookiePrefix, Cookies, Refusal, SameSite
from scanner.model.evidence.http_headers import HttpHeaders
from scanner.model.rule import Confidence, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import COOKIES_DRAFT, mdn_header, remedy, rfc
from scanner.rules.cookie_judging import (
    example_case,
    example_cookie,
    judge_cookies,
    kept,
    lighter_for_guessed_names,
    lighter_for_infrastructure,
    surer_for_known_names,
)
from scanner.rules.registry import rule
from scanner.rules.verdict import Verdict

_SET_COOKIE = mdn_header("Set-Cookie")


def _session(*, secure: bool = True, http_only: bool = True) -> Case[Cookies]:
    cookie = example_cookie("PHPSESSID", kind=CookieKind.SESSION, maker="PHP", secure=secure, http_only=http_only)
    return example_case(cookie)


_GOOD = _session()


def _hsts_in_force(case: Case[Cookies]) -> bool:
    """Whether browsers were told, on this visit, to use https only."""
    headers = case.other("http_headers", HttpHeaders)
    return headers is not None and any(
        hop.own and hop.secure and hop.policy and hop.policy.max_age for hop in headers.hsts
    )


@rule(
    RuleInfo(
        id="CKY001",
        name="session-cookie-without-secure",
        title="A session cookie may travel over plain http",
        topic="cookies",
        severity=Severity.MEDIUM,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Looks for session cookies, by name, that come over https without Secure; low where HSTS is in force,"
        " or where the name is no known default and only looks like a session's.",
        rationale="One request over plain http, which an attacker can provoke with an image, hands him the session.",
        remediation=remedy(
            "Set Secure on the session cookie, in the application's settings where it has one.",
            nginx="proxy_cookie_flags ~ secure;",
            apache='Header edit Set-Cookie ^((?!.*;\\s*Secure).*)$ "$1; Secure"',
        ),
        references=(rfc(6265, "4.1.2.5", "Cookies: Secure"), COOKIES_DRAFT, _SET_COOKIE),
        cwe=(614,),
    ),
    passing=_GOOD,
    failing=_session(secure=False),
)
def session_cookie_without_secure(case: Case[Cookies]) -> Verdict:
    """Fails for each session cookie without Secure that came over https."""
    lighter = Severity.LOW if _hsts_in_force(case) else None
    return judge_cookies(
        case,
        lambda one: kept(case, one) and one.secure_origin is True and one.kind is CookieKind.SESSION,
        lambda one: not one.secure,
        "the session cookie {name} is set over https without Secure",
        weight=lambda one: lighter or lighter_for_guessed_names(one),
        sureness=surer_for_known_names,
        by_origin=True,
    )


@rule(
    RuleInfo(
        id="CKY002",
        name="session-cookie-without-httponly",
        title="Scripts can read a session cookie",
        topic="cookies",
        severity=Severity.MEDIUM,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Looks for session cookies, by name, without HttpOnly; low where the name is no known default and only"
        " looks like a session's. CSRF cookies are for scripts and need none.",
        rationale="An injected script can carry the session away, to be used from elsewhere and later.",
        remediation=remedy(
            "Set HttpOnly on the session cookie.",
            nginx="proxy_cookie_flags ~ httponly;",
            apache='Header edit Set-Cookie ^((?!.*;\\s*HttpOnly).*)$ "$1; HttpOnly"',
        ),
        references=(rfc(6265, "4.1.2.6", "Cookies: HttpOnly"), COOKIES_DRAFT, _SET_COOKIE),
        cwe=(1004,),
    ),
    passing=_GOOD,
    failing=_session(http_only=False),
)
def session_cookie_without_httponly(case: Case[Cookies]) -> Verdict:
    """Fails for each session cookie without HttpOnly."""
    return judge_cookies(
        case,
        lambda one: kept(case, one) and one.kind is CookieKind.SESSION,
        lambda one: not one.http_only,
        "the session cookie {name} is set without HttpOnly",
        weight=lighter_for_guessed_names,
        sureness=surer_for_known_names,
    )


@rule(
    RuleInfo(
        id="CKY003",
        name="cookie-without-secure",
        title="A cookie may travel over plain http",
        topic="cookies",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for other cookies that are set over https without Secure; information for balancers' and bot"
        " detection's.",
        rationale="Whoever listens on the way can read the cookie, and set another in its place.",
        remediation=remedy("Set Secure on every cookie of an https site.", nginx="proxy_cookie_flags ~ secure;"),
        references=(rfc(6265, "4.1.2.5", "Cookies: Secure"), COOKIES_DRAFT, _SET_COOKIE),
        cwe=(614,),
    ),
    passing=example_case(example_cookie("theme")),
    failing=example_case(example_cookie("theme", secure=False)),
)
def cookie_without_secure(case: Case[Cookies]) -> Verdict:
    """Fails for each cookie that is no session's and came over https without Secure."""
    return judge_cookies(
        case,
        lambda one: kept(case, one) and one.secure_origin is True and one.kind is not CookieKind.SESSION,
        lambda one: not one.secure,
        "the cookie {name} is set over https without Secure",
        weight=lighter_for_infrastructure,
        by_origin=True,
    )


@rule(
    RuleInfo(
        id="CKY004",
        name="samesite-none-without-secure",
        title="A cookie with SameSite=None lacks Secure, so browsers refuse it",
        topic="cookies",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for SameSite=None without Secure.",
        rationale="The cookie was meant for requests from other sites; browsers that follow RFC 6265bis drop it.",
        remediation=remedy("Add Secure, or drop SameSite=None.", nginx="proxy_cookie_flags ~ secure;"),
        references=(COOKIES_DRAFT, _SET_COOKIE),
        cwe=(1275, 614),
    ),
    passing=example_case(example_cookie("embed", same_site=SameSite.NONE)),
    failing=example_case(
        example_cookie("embed", same_site=SameSite.NONE, secure=False, refused=(Refusal.SAMESITE_NONE_WITHOUT_SECURE,))
    ),
)
def samesite_none_without_secure(case: Case[Cookies]) -> Verdict:
    """Fails for each cookie that is refused for this."""
    return judge_cookies(
        case,
        lambda one: one.same_site is SameSite.NONE and not one.is_deletion(case.now),
        lambda one: not one.secure,
        "browsers refuse the cookie {name}: SameSite=None needs Secure",
        weight=lighter_for_infrastructure,
    )


@rule(
    RuleInfo(
        id="CKY005",
        name="cookie-prefix-broken",
        title="A cookie breaks the promise of its name's prefix, so browsers refuse it",
        topic="cookies",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Checks the conditions of __Host-, __Secure-, __Http- and __Host-Http-, compared without case.",
        rationale="The prefix tells browsers to refuse a cookie that lacks the attributes; what it carries is lost.",
        remediation=remedy("Send the attributes that the prefix asks for: for __Host- Secure, Path=/ and no Domain."),
        references=(COOKIES_DRAFT, _SET_COOKIE),
        cwe=(565,),
    ),
    passing=example_case(example_cookie("__Secure-id", prefix=CookiePrefix.SECURE)),
    failing=example_case(
        example_cookie(
            "__Secure-id",
            secure=False,
            prefix=CookiePrefix.SECURE,
            broken=("Secure",),
            refused=(Refusal.PREFIX_BROKEN,),
        )
    ),
)
def cookie_prefix_broken(case: Case[Cookies]) -> Verdict:
    """Fails for each prefixed cookie whose conditions are not met."""
    return judge_cookies(
        case,
        lambda one: one.prefix is not None and not one.is_deletion(case.now),
        lambda one: bool(one.broken),
        "browsers refuse the cookie {name}: the prefix {prefix} asks for {broken}",
    )


@rule(
    RuleInfo(
        id="CKY006",
        name="cookie-refused",
        title="Browsers refuse a cookie",
        topic="cookies",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Lists cookies that browsers ignore for other reasons: a foreign Domain or a public suffix as Domain,"
        " Secure over plain http, control characters, Partitioned without Secure, neither name nor value.",
        rationale="What the cookie was to carry does not come back. Often a proxy has changed the host or the scheme.",
        remediation=remedy(
            "Mend or drop the cookie; behind a proxy, check that the application knows the public host."
        ),
        references=(rfc(6265, "5.3", "Cookies: storage model"), COOKIES_DRAFT),
    ),
    passing=_GOOD,
    failing=example_case(example_cookie("lang", domain="example.net", refused=(Refusal.FOREIGN_DOMAIN,))),
)
def cookie_refused(case: Case[Cookies]) -> Verdict:
    """Fails for each refused cookie that no other rule speaks of."""
    elsewhere = {Refusal.SAMESITE_NONE_WITHOUT_SECURE, Refusal.PREFIX_BROKEN, Refusal.OVERSIZED}
    return judge_cookies(
        case,
        lambda one: not one.is_deletion(case.now),
        lambda one: bool(set(one.refused) - elsewhere),
        "browsers refuse the cookie {name}: {why}",
        by_origin=True,
    )
