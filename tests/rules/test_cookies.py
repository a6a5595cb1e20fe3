"""Details of the rules about cookies that their examples do not show, on Set-Cookie lines as they come."""

import base64
import dataclasses
import datetime
import json

import pytest

from probes.cookies import MAX_COOKIES, read_cookies
from scanner.model.evidence.cookies import Cookies, Holding, Refusal
from scanner.model.evidence.http_exchanges import Exchange, Purpose
from scanner.model.rule import Severity
from scanner.rules.case import EXAMPLE_NOW, Case
from scanner.rules.registry import all_rules
from scanner.rules.verdict import Fail, NotApplicable, NotAssessed, Pass, Verdict
from scanner.wire.visits import UNKNOWN
from tests.support.exchanges import HOST, exchange, seen, target, to_https

RULES = {one.info.id: one for one in all_rules() if one.info.topic == "cookies"}
ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"


def cookies(*lines: str, url: str = f"https://{HOST}/") -> Cookies:
    one = exchange(*(f"Set-Cookie: {line}" for line in lines), url=url)
    return read_cookies(seen(dataclasses.replace(one, own=True)))


def judged(rule: str, evidence: Cookies) -> Verdict:
    return RULES[rule].check(Case(evidence=evidence, target=target()))


def said(rule: str, evidence: Cookies) -> list[str]:
    verdict = judged(rule, evidence)
    assert isinstance(verdict, Fail)
    return [fault.message.format(**fault.arguments) for fault in verdict.faults]


def failing(evidence: Cookies) -> set[str]:
    return {key for key in RULES if isinstance(judged(key, evidence), Fail)}


def token(header: object, claims: object) -> str:
    parts = (base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in (header, claims))
    return ".".join((*parts, "sig"))


def test_a_well_kept_session_cookie_has_nothing_wrong() -> None:
    assert failing(cookies(f"__Host-app=0123456789abcdef; {ATTRIBUTES}")) == set()


@pytest.mark.parametrize(
    ("lifetime", "fails"),
    [
        ("Max-Age=34560000", False),
        ("Max-Age=34560001", True),
        ("Max-Age=99999999999999", True),
        ("Expires=Sat, 25 Dec 2027 12:00:00 GMT", False),
        ("Expires=Sun, 26 Dec 2027 12:00:01 GMT", True),
        ("Expires=Fri, 31 Dec 9999 23:59:59 GMT", True),
        ("Expires=Fri, 31 Dec 9999 23:59:59 GMT; Max-Age=60", False),
        ("", False),
    ],
)
def test_lifetime(lifetime: str, fails: bool) -> None:
    assert ("CKY013" in failing(cookies(f"theme=1; {ATTRIBUTES}; {lifetime}"))) is fails


@pytest.mark.parametrize("deletion", ["Max-Age=0", "Max-Age=-1", "Expires=Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_deletion_is_no_cookie(deletion: str) -> None:
    evidence = cookies(f"PHPSESSID=deleted; {deletion}")

    assert failing(evidence) == set()
    assert (evidence.cookies[0].lifetime(EXAMPLE_NOW) or 0) <= 0


def test_a_deletion_of_yesterday_was_a_cookie_the_day_before() -> None:
    (cookie,) = cookies("a=1; Expires=Fri, 20 Nov 2026 00:00:00 GMT").cookies

    assert cookie.is_deletion(EXAMPLE_NOW)
    assert not cookie.is_deletion(EXAMPLE_NOW - datetime.timedelta(days=5))


def test_a_public_suffix_as_domain_is_refused_with_the_reason() -> None:
    (message,) = said("CKY006", cookies(f"a=1; {ATTRIBUTES}; Domain=org"))

    assert message == "browsers refuse the cookie a: its Domain is a public suffix"


def test_a_domain_for_the_whole_site_is_noted() -> None:
    wide, narrow = cookies("a=1; Domain=example.org", "b=1; Domain=www.example.org").cookies

    assert (wide.site_wide, narrow.site_wide) == (True, False)


def test_an_attribute_that_is_too_long_is_named() -> None:
    (message,) = said("CKY014", cookies(f"a=1; {ATTRIBUTES}; Domain={'x' * 1_025}"))

    assert message == "browsers ignore Domain of the cookie a: the value is longer than 1024 octets"


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        (f"__Host-sid=1; {ATTRIBUTES}", Pass),
        (f"__Host-Http-sid=1; {ATTRIBUTES}", Pass),
        (f"__Secure-sid=1; {ATTRIBUTES}", Fail),
        (f"sid=1; {ATTRIBUTES}", Fail),
        ("__Host-sid=1; Secure; Path=/; Domain=example.org", NotApplicable),  # refused, which is another rule's matter
        (f"XSRF-TOKEN=1; {ATTRIBUTES}", NotApplicable),
    ],
)
def test_the_host_prefix(line: str, verdict: type) -> None:
    assert isinstance(judged("CKY015", cookies(line)), verdict)


def test_a_csrf_cookie_for_scripts_needs_no_httponly() -> None:
    assert failing(cookies("XSRF-TOKEN=9a8b7c6d5e4f3021; Path=/; Secure; SameSite=Strict")) == set()


@pytest.mark.parametrize("rule", ["CKY001", "CKY002"])
@pytest.mark.parametrize(("name", "severity"), [("PHPSESSID", None), ("session", None), ("auth_token", Severity.LOW)])
def test_a_name_that_only_looks_like_a_session_weighs_less(rule: str, name: str, severity: Severity | None) -> None:
    verdict = judged(rule, cookies(f"{name}=0123456789abcdef; Path=/"))

    assert isinstance(verdict, Fail)
    assert [fault.severity for fault in verdict.faults] == [severity]


def test_default_names_of_the_guides() -> None:
    names = ["connect.sid", "JSESSIONID", "PHPSESSID", "ASP.NET_SessionId", "laravel_session", "sid", "nab.sid"]
    names += ["_shop_session", "pleroma_key"]
    verdict = judged("CKY009", cookies(*(f"{name}=1; {ATTRIBUTES}" for name in names)))

    assert isinstance(verdict, Fail)
    assert [fault.discriminator for fault in verdict.faults] == names


def test_a_pool_member_is_named_and_only_low() -> None:
    evidence = cookies("BIGipServerpool_www=1677787402.36895.0000; Path=/; Secure")

    assert said("CKY018", evidence) == [
        "the cookie BIGipServerpool_www gives away the internal address 10.1.1.100:8080"
    ]
    assert RULES["CKY018"].info.severity is Severity.INFO
    assert failing(evidence) == {"CKY018"}


def test_tokens() -> None:
    unsigned = token({"alg": "none"}, {"sub": "1"})
    sound = token({"alg": "ES256"}, {"sub": "1", "exp": 1})

    assert failing(cookies(f"t={unsigned}; {ATTRIBUTES}")) == {"CKY019", "CKY020"}
    assert failing(cookies(f"t={sound}; {ATTRIBUTES}")) == set()


def test_no_part_of_a_value_is_kept() -> None:
    value = token({"alg": "HS256"}, {"mail": "ann@example.org"})
    evidence = cookies(f"t={value}; {ATTRIBUTES}", "e=ann@example.org", "n=10.1.2.3")

    assert value not in repr(evidence)
    assert "ann@" not in repr(evidence)
    assert [one.value.holds for one in evidence.cookies] == [
        (Holding.JWT, Holding.JWT_WITHOUT_EXPIRY, Holding.EMAIL),
        (Holding.EMAIL,),
        (Holding.ADDRESS,),
    ]


def test_a_thousand_cookies_are_one_finding() -> None:
    evidence = cookies(*(f"c{n}=1; {ATTRIBUTES}" for n in range(1_000)))

    assert len(evidence.cookies) == MAX_COOKIES
    assert said("CKY017", evidence) == [
        "1000 different cookies are set; browsers keep 50 a domain at least, and some no more"
    ]


def other(purpose: Purpose, url: str, *, own: bool) -> Exchange:
    return dataclasses.replace(exchange("Set-Cookie: c=1", url=url, purpose=purpose), own=own)


def test_cookies_of_the_www_sibling_count_and_those_of_strangers_do_not() -> None:
    evidence = read_cookies(
        seen(
            other(Purpose.SIBLING, "https://example.org/", own=True),
            other(Purpose.ENTRY, "https://example.net/", own=False),
            other(Purpose.UNKNOWN_HOST, f"https://{HOST}/", own=True),
            to_https("Set-Cookie: plain=1"),
        )
    )

    assert [(one.name, one.host, one.secure_origin) for one in evidence.cookies] == [
        ("c", "example.org", True),
        ("plain", HOST, False),
    ]


def test_where_nobody_knows_the_url_nothing_is_said_that_depends_on_it() -> None:
    evidence = cookies("PHPSESSID=1; Domain=example.org; Secure", "theme=1", url=str(UNKNOWN))

    assert {one.secure_origin for one in evidence.cookies} == {None}
    assert not any(set(one.refused) & {Refusal.FOREIGN_DOMAIN, Refusal.SECURE_OVER_HTTP} for one in evidence.cookies)
    for rule in ("CKY001", "CKY003", "CKY010"):
        assert isinstance(judged(rule, evidence), NotAssessed), rule
    assert isinstance(judged("CKY002", evidence), Fail)
