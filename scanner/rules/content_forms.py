"""Rules about forms: where they send what visitors type, and what guards them."""

from collections.abc import Sequence

from scanner.model.evidence.content import Content, FormFacts
from scanner.model.evidence.cookies import Cookie, CookieAttribute, CookieKind, Cookies, SameSite, ValueShape
from scanner.model.evidence.http_exchanges import Purpose
from scanner.model.page import Relation
from scanner.model.peer import PeerText
from scanner.model.rule import Confidence, Reference, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import COOKIES_DRAFT, HTML, remedy, w3c
from scanner.rules.content_examples import content_case, form
from scanner.rules.content_gate import on_content
from scanner.rules.header_examples import HOST, URL
from scanner.rules.registry import rule
from scanner.rules.verdict import Fault, NotApplicable, NotAssessed, Pass, Verdict, fail, fail_or_pass

_CSRF = Reference(
    title="OWASP: Cross-Site Request Forgery Prevention Cheat Sheet",
    url="https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html",
)
_TLS_SHEET = Reference(
    title="OWASP: Transport Layer Security Cheat Sheet",
    url="https://cheatsheetseries.owasp.org/cheatsheets/Transport_Layer_Security_Cheat_Sheet.html",
)
_OAT = Reference(
    title="OWASP Automated Threats to Web Applications",
    url="https://owasp.org/www-project-automated-threats-to-web-applications/",
)
_SECURE_CONTEXTS = w3c("Secure Contexts", "https://www.w3.org/TR/secure-contexts/")
_FORMS = w3c("HTML: form submission", f"{HTML}form-control-infrastructure.html#form-submission-2")
_PLAIN = PeerText("http://www.example.org/login")
_OWN = frozenset({Relation.SAME_ORIGIN, Relation.SAME_SITE})
_TO_HTTPS = remedy(
    "Give the form an https address, and redirect every page to https.",
    nginx="return 301 https://$host$request_uri;",
    apache='Redirect permanent "/" "https://www.example.org/"',
)


def _session(same_site: SameSite) -> Cookies:
    """A session cookie of the page, for the examples."""
    return Cookies(
        cookies=(
            Cookie(
                purpose=Purpose.ENTRY,
                hop=0,
                url=URL,
                host=HOST,
                secure_origin=True,
                name=PeerText("sessionid"),
                value=ValueShape(length=32, sha256_prefix="1f3a5b7c", characters="alphanumeric"),
                attributes=(CookieAttribute(name=PeerText("Secure")),),
                secure=True,
                same_site=same_site,
                kind=CookieKind.SESSION,
            ),
        )
    )


@rule(
    RuleInfo(
        id="CNT009",
        name="form-over-http",
        title="A form of an https page sends to plain http",
        topic="content",
        severity=Severity.MEDIUM,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Resolves the addresses of forms and of their buttons; high with a password, low for GET.",
        rationale="What visitors type crosses the net in the clear, although the page looked safe.",
        remediation=_TO_HTTPS,
        references=(_FORMS, _TLS_SHEET),
        cwe=(319,),
    ),
    passing=content_case(forms=(form(),)),
    failing=content_case(forms=(form(plain_target=_PLAIN, password=True),)),
)
@on_content
def form_over_http(case: Case[Content]) -> Verdict:
    """Fails for each form that sends in the clear."""
    if not case.evidence.secure:
        return NotApplicable("the page itself came by plain http")
    if not case.evidence.forms:
        return NotApplicable("the page has no form")
    return fail_or_pass(
        [
            Fault(
                message="a form sends to {url}" + (", with a password" if one.password else ""),
                at=(f"/forms/{place}",),
                arguments={"url": one.plain_target},
                discriminator=one.plain_target,
                severity=_weight(one),
            )
            for place, one in enumerate(case.evidence.forms)
            if one.plain_target is not None
        ]
    )


def _weight(one: FormFacts) -> Severity | None:
    if one.password:
        return Severity.HIGH
    return None if one.method == "post" else Severity.LOW


@rule(
    RuleInfo(
        id="CNT010",
        name="password-field-over-http",
        title="A page that came by plain http asks for a password",
        topic="content",
        severity=Severity.HIGH,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for password fields on a document that was not loaded over https.",
        rationale="Anybody on the way can change the page and have the password, wherever the form sends it.",
        remediation=_TO_HTTPS,
        references=(_SECURE_CONTEXTS, _TLS_SHEET),
        cwe=(319, 523),
    ),
    passing=content_case(forms=(form(password=True),)),
    failing=content_case(secure=False, forms=(form(password=True),)),
)
@on_content
def password_field_over_http(case: Case[Content]) -> Verdict:
    """Fails where a page without https has a form with a password."""
    asking = [place for place, one in enumerate(case.evidence.forms) if one.password]
    if not asking:
        return NotApplicable("no form of the page asks for a password")
    if case.evidence.secure:
        return Pass()
    return fail(
        "forms that ask for a password on a page without https: {count}",
        tuple(f"/forms/{place}" for place in asking),
        count=len(asking),
    )


@rule(
    RuleInfo(
        id="CNT011",
        name="csrf-token-missing",
        title="A form that posts shows no token against forged requests",
        topic="content",
        severity=Severity.LOW,
        confidence=Confidence.TENTATIVE,
        since="0.1.0",
        summary="Looks for a hidden field or meta element that is named like a token, in forms that post to the site"
        " itself, where a session cookie has no SameSite attribute. Other guards (Origin checks) cannot be seen.",
        rationale="Without a token another site can have a visitor's browser send the form with the visitor's session.",
        remediation=remedy(
            "Have the framework add its token to every form that changes something, and set SameSite=Lax or Strict on"
            " the session cookie.",
            nginx="proxy_cookie_flags ~ samesite=lax;",
            apache='Header always edit Set-Cookie "^((?!.*SameSite).*)$" "$1; SameSite=Lax"',
        ),
        references=(_CSRF, COOKIES_DRAFT),
        cwe=(352,),
    ),
    passing=Case(
        evidence=content_case(forms=(form(token=PeerText("csrf_token")),)).evidence,
        others={"cookies": _session(SameSite.ABSENT)},
        derived=content_case().derived,
    ),
    failing=Case(
        evidence=content_case(forms=(form(),)).evidence,
        others={"cookies": _session(SameSite.ABSENT)},
        derived=content_case().derived,
    ),
)
@on_content
def csrf_token_missing(case: Case[Content]) -> Verdict:
    """Fails for each such form, where the session would go along with a forged request."""
    posting = _posting(case.evidence)
    if not posting:
        return NotApplicable("no form of the page posts to the site")
    cookies = case.other("cookies", Cookies)
    if cookies is None:
        return NotAssessed("cookies were not looked at")
    loose = [
        one
        for one in cookies.cookies
        if one.kind is CookieKind.SESSION
        and one.same_site not in {SameSite.STRICT, SameSite.LAX}
        and not one.refused
        and not one.is_deletion(case.now)
    ]
    if not loose:
        return NotApplicable("no session cookie without SameSite was set")
    if case.evidence.csrf_meta:
        return Pass("a meta element holds a token")
    bare = [place for place, one in posting if one.token is None]
    if not bare:
        return Pass("each of these forms holds a token")
    return fail(
        "forms that post to the site without a field like a token: {count}; and the cookie {cookie} has "
        + ("SameSite=None" if loose[0].same_site is SameSite.NONE else "no SameSite"),
        tuple(f"/forms/{place}" for place in bare),
        count=len(bare),
        cookie=loose[0].name,
    )


@rule(
    RuleInfo(
        id="CNT012",
        name="captcha-absent-info",
        title="A form with a password shows no known CAPTCHA widget",
        topic="content",
        severity=Severity.INFO,
        confidence=Confidence.TENTATIVE,
        since="0.1.0",
        summary="Looks for the scripts and frames of known widgets. Many sites show one only after failed attempts, or"
        " guard their forms otherwise: this is no fault.",
        rationale="Forms without any brake on programs are tried with lists of stolen passwords.",
        remediation=remedy(
            "Limit attempts by account and address first; a CAPTCHA is one more brake, with a price for visitors.",
            nginx="limit_req_zone $binary_remote_addr zone=login:10m rate=5r/m;",
        ),
        references=(_OAT,),
        cwe=(307, 799),
    ),
    passing=content_case(forms=(form(password=True),), captchas=("Turnstile",)),
    failing=content_case(forms=(form(password=True),)),
)
@on_content
def captcha_absent(case: Case[Content]) -> Verdict:
    """Fails, as information, where a form asks for a password and no widget is known on the page."""
    asking = [place for place, one in enumerate(case.evidence.forms) if one.password]
    if not asking:
        return NotApplicable("no form of the page asks for a password")
    if case.evidence.captchas:
        return Pass(f"a known widget was seen: {', '.join(case.evidence.captchas)}")
    return fail(
        "no known CAPTCHA widget beside forms with a password: {count}",
        tuple(f"/forms/{one}" for one in asking),
        count=len(asking),
    )


def _posting(content: Content) -> Sequence[tuple[int, FormFacts]]:
    return [(at, one) for at, one in enumerate(content.forms) if one.method == "post" and one.relation in _OWN]
