"""Rules about what cookies hold, as far as the form of a value tells it. No value is in any message."""

from scanner.model.evidence.cookies import CookieKind, Cookies, Holding
from scanner.model.rule import Confidence, Reference, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import mdn_header, remedy, rfc
from scanner.rules.cookie_judging import example_case, example_cookie, judge_cookies
from scanner.rules.registry import rule
from scanner.rules.verdict import Verdict

_SERIALIZED = frozenset(
    {
        Holding.PHP_SERIALIZED,
        Holding.JAVA_SERIALIZED,
        Holding.NET_BINARY,
        Holding.NET_VIEWSTATE,
        Holding.PYTHON_PICKLE,
    }
)
_EXECUTING = frozenset({Holding.JAVA_SERIALIZED, Holding.NET_BINARY, Holding.PYTHON_PICKLE})
"""Forms whose readers run code that the data names."""

_GOOD = example_case(example_cookie("id"))
_BIG_IP = Reference(
    title="F5 K6917: BIG-IP persistence cookie encoding", url="https://my.f5.com/manage/s/article/K6917"
)
_UNTRUSTED_DATA = Reference(
    title="OWASP: Deserialization Cheat Sheet",
    url="https://cheatsheetseries.owasp.org/cheatsheets/Deserialization_Cheat_Sheet.html",
)


@rule(
    RuleInfo(
        id="CKY018",
        name="cookie-internal-address",
        title="A cookie gives away an internal address",
        topic="cookies",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Decodes the pool members in BIG-IP persistence cookies, and looks for plain addresses of private"
        " networks.",
        rationale="The address and port of a machine behind the balancer tell how the network is laid out, and whether"
        " two names share it.",
        remediation=remedy(
            "On BIG-IP, encrypt the persistence cookie (cookie encryption in the persistence or HTTP profile) and give"
            " it a neutral name; elsewhere let the balancer use an opaque identifier."
        ),
        references=(_BIG_IP,),
        cwe=(200,),
    ),
    passing=_GOOD,
    failing=example_case(
        example_cookie(
            "BIGipServerweb",
            kind=CookieKind.AFFINITY,
            maker="F5 BIG-IP",
            holds=(Holding.POOL_MEMBER,),
            internal=("10.1.1.100:8080",),
        )
    ),
)
def cookie_internal_address(case: Case[Cookies]) -> Verdict:
    """Fails for each cookie whose value shows an address of a private network."""
    return judge_cookies(
        case,
        lambda one: not one.is_deletion(case.now),
        lambda one: bool(one.value.internal),
        "the cookie {name} gives away the internal address {internal}",
    )


@rule(
    RuleInfo(
        id="CKY019",
        name="cookie-unsigned-token",
        title="A cookie holds a token without a signature",
        topic="cookies",
        severity=Severity.MEDIUM,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Looks for JSON Web Tokens whose algorithm is none.",
        rationale="Anybody can write such a token with claims of his choice. If the server believes it, he is whoever"
        " he likes.",
        remediation=remedy("Sign tokens, and let the verifying side accept the one algorithm that is used."),
        references=(
            rfc(7518, "3.6", "JSON Web Algorithms: none"),
            rfc(8725, "3.2", "JSON Web Token Best Current Practices: appropriate algorithms"),
        ),
        cwe=(347,),
    ),
    passing=example_case(example_cookie("token", holds=(Holding.JWT,))),
    failing=example_case(example_cookie("token", holds=(Holding.JWT, Holding.JWT_UNSIGNED))),
)
def cookie_unsigned_token(case: Case[Cookies]) -> Verdict:
    """Fails for each cookie with an unsigned token."""
    return judge_cookies(
        case,
        lambda one: not one.is_deletion(case.now) and Holding.JWT in one.value.holds,
        lambda one: Holding.JWT_UNSIGNED in one.value.holds,
        "the cookie {name} holds a JSON Web Token with the algorithm none",
    )


@rule(
    RuleInfo(
        id="CKY020",
        name="cookie-token-without-expiry",
        title="A cookie holds a token that never expires",
        topic="cookies",
        severity=Severity.LOW,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Looks for JSON Web Tokens without an exp claim.",
        rationale="Who gets hold of such a token can use it until the key is changed; ending the session in the browser"
        " does not end it on the server.",
        remediation=remedy("Give tokens an exp claim of minutes to hours, and renew them."),
        references=(
            rfc(7519, "4.1.4", "JSON Web Token: exp"),
            rfc(8725, "3", "JSON Web Token Best Current Practices"),
        ),
        cwe=(613,),
    ),
    passing=example_case(example_cookie("token", holds=(Holding.JWT,))),
    failing=example_case(example_cookie("token", holds=(Holding.JWT, Holding.JWT_WITHOUT_EXPIRY))),
)
def cookie_token_without_expiry(case: Case[Cookies]) -> Verdict:
    """Fails for each cookie with a token that has no end."""
    return judge_cookies(
        case,
        lambda one: not one.is_deletion(case.now) and Holding.JWT in one.value.holds,
        lambda one: Holding.JWT_WITHOUT_EXPIRY in one.value.holds,
        "the cookie {name} holds a JSON Web Token without an expiry",
    )


@rule(
    RuleInfo(
        id="CKY021",
        name="cookie-serialized-object",
        title="A cookie holds a serialized object",
        topic="cookies",
        severity=Severity.LOW,
        confidence=Confidence.TENTATIVE,
        since="0.1.0",
        summary="Looks for the beginnings of objects that PHP, Java, .NET or Python serialized, plain or in base64.",
        rationale="The visitor can change what the server makes an object of. Where no signature is checked first, such"
        " objects have led to the execution of foreign code time and again.",
        remediation=remedy(
            "Keep objects on the server. What must travel in a cookie is plain data (JSON), signed, and checked before"
            " it is read."
        ),
        references=(_UNTRUSTED_DATA,),
        cwe=(502,),
    ),
    passing=_GOOD,
    failing=example_case(example_cookie("prefs", holds=(Holding.PHP_SERIALIZED,))),
)
def cookie_serialized_object(case: Case[Cookies]) -> Verdict:
    """Fails for each cookie with such a form; firm where reading it can run code."""
    return judge_cookies(
        case,
        lambda one: not one.is_deletion(case.now),
        lambda one: not _SERIALIZED.isdisjoint(one.value.holds),
        "the cookie {name} looks like a serialized object ({holds})",
        sureness=lambda one: None if _EXECUTING.isdisjoint(one.value.holds) else Confidence.FIRM,
    )


@rule(
    RuleInfo(
        id="CKY022",
        name="cookie-holds-user-data",
        title="A cookie holds an e-mail address",
        topic="cookies",
        severity=Severity.INFO,
        confidence=Confidence.TENTATIVE,
        since="0.1.0",
        summary="Looks for e-mail addresses in values: plain, in base64, and in the claims of tokens.",
        rationale="Cookies are stored, logged and sent with every request. Personal data in them spreads further than"
        " anybody meant, and may be changed by the visitor.",
        remediation=remedy("Keep the data on the server and an opaque identifier in the cookie."),
        references=(mdn_header("Set-Cookie"), rfc(6265, "7", "Cookies: privacy considerations")),
        cwe=(312, 359),
    ),
    passing=_GOOD,
    failing=example_case(example_cookie("remembered", holds=(Holding.EMAIL,))),
)
def cookie_holds_user_data(case: Case[Cookies]) -> Verdict:
    """Fails, as information, for each cookie with something that looks like an e-mail address."""
    return judge_cookies(
        case,
        lambda one: not one.is_deletion(case.now),
        lambda one: Holding.EMAIL in one.value.holds,
        "the cookie {name} seems to hold an e-mail address",
    )
