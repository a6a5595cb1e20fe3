"""Well-kept sites of common kinds: nothing of medium or above, and truthful answers where a question does not arise."""

import dataclasses

import pytest

from probes.cookies import read_cookies
from probes.http_headers_reading import read_headers
from probes.leakage import read_leakage
from scanner.derive.kinds import target_kind
from scanner.model.derived import Derived, KindAt, PreloadStatus
from scanner.model.evidence.http_exchanges import HttpExchanges, Purpose
from scanner.model.outcome import Answer
from scanner.model.page import MetaPolicy, Page
from scanner.model.peer import PeerText
from scanner.model.rule import Severity
from scanner.model.target import Target
from scanner.rules.case import Case
from scanner.rules.registry import all_rules
from scanner.rules.verdict import Fail, NotApplicable, NotAssessed, Pass, Unknown, Verdict
from tests.support.exchanges import ENDPOINT, HOST, NOW, exchange, missing, seen, target, to_https

HTML = "Content-Type: text/html; charset=utf-8"
JSON = "Content-Type: application/json"
HSTS = "Strict-Transport-Security: max-age=31536000; includeSubDomains"

TOPICS = {"http_headers", "leakage", "cookies"}
RULES = [rule for rule in all_rules() if rule.info.topic in TOPICS]
DOCUMENT_RULES = [
    "HDR009", "HDR010", "HDR011", "HDR014", "HDR015", "HDR016", "HDR017", "HDR018", "HDR022",
    *(f"CSP{number:03}" for number in range(1, 11)),
]  # fmt: skip


def verdicts(
    exchanges: HttpExchanges, *, preload: PreloadStatus | None = None, site: Target | None = None
) -> dict[str, Verdict]:
    """How every rule of these topics comes out."""
    kind, because = target_kind(exchanges)
    evidence: dict[str, object] = {
        "http_exchanges": exchanges,
        "http_headers": read_headers(exchanges, HOST),
        "leakage": read_leakage(exchanges),
        "cookies": read_cookies(exchanges),
    }
    derived = Derived(
        kinds=(KindAt(endpoint=ENDPOINT, kind=kind, because=because),),
        preload=preload or PreloadStatus(covered=Answer.UNKNOWN),
    )
    return {
        rule.info.id: rule.check(
            Case(
                evidence=evidence[rule.info.topic],
                target=site or target(),
                endpoint=ENDPOINT,
                others=evidence,
                derived=derived,
                now=NOW,
            )
        )
        for rule in RULES
    }


def severities(found: dict[str, Verdict]) -> dict[str, Severity]:
    """The heaviest severity of each rule that failed."""
    own = {rule.info.id: rule.info.severity for rule in RULES}
    return {
        key: max((fault.severity or own[key] for fault in verdict.faults), key=lambda one: one.rank)
        for key, verdict in found.items()
        if isinstance(verdict, Fail)
    }


GOOD = {
    "load balancer": seen(
        exchange(
            HTML,
            HSTS,
            "Server: awselb/2.0",
            "Set-Cookie: AWSALB=abc; Expires=Sat, 28 Nov 2026 12:00:00 GMT; Path=/",
            "Set-Cookie: AWSALBCORS=abc; Expires=Sat, 28 Nov 2026 12:00:00 GMT; Path=/; SameSite=None; Secure",
            "Set-Cookie: GCLB=abc; path=/; HttpOnly",
            "Set-Cookie: ARRAffinity=abc;Path=/;HttpOnly;Domain=www.example.org",
            "Set-Cookie: BIGipServerpool=1677787402.36895.0000; path=/",
            "Set-Cookie: __cf_bm=abc; path=/; expires=Sat, 21-Nov-26 12:30:00 GMT; domain=.example.org; HttpOnly",
        ),
        missing(HTML, "Server: awselb/2.0"),
        to_https("Server: awselb/2.0", "Set-Cookie: AWSALB=abc; Path=/"),
    ),
    "login wall": seen(
        exchange(
            HTML,
            HSTS,
            "X-Content-Type-Options: nosniff",
            "Set-Cookie: sessionid=abc; Path=/; Secure; HttpOnly; SameSite=Lax",
            "Set-Cookie: XSRF-TOKEN=abc; Path=/; Secure; SameSite=Strict",
            status=401,
        ),
        missing(HTML, status=401),
    ),
    "JSON API with 404 at the root": seen(
        exchange(JSON, "Access-Control-Allow-Origin: *", status=404), missing(JSON), to_https()
    ),
    "static pages host": seen(
        exchange(
            HTML, "Server: GitHub.com", "Access-Control-Allow-Origin: *", "Via: 1.1 varnish", "X-Served-By: cache-1"
        ),
        missing(HTML, "Server: GitHub.com"),
        to_https("Server: GitHub.com"),
    ),
    "redirect-only host": seen(
        exchange("Location: https://new.example/", "Server: nginx", status=301),
        exchange(HTML, "Set-Cookie: PHPSESSID=1", "X-Powered-By: PHP/5.2", url="https://new.example/", hop=1),
        to_https(),
    ),
    "challenge": seen(
        exchange(HTML, "cf-mitigated: challenge", "Server: cloudflare", "Set-Cookie: __cf_bm=1; Secure", status=403),
        block="cf-mitigated: challenge",
    ),
    "preloaded subdomain": seen(exchange(HTML), missing(HTML)),
    "logout that deletes its cookie": seen(
        exchange(HTML, HSTS, "Set-Cookie: PHPSESSID=; expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/")
    ),
    "nothing but a page": seen(exchange(HTML)),
}


@pytest.mark.parametrize("exchanges", GOOD.values(), ids=GOOD.keys())
def test_nothing_of_medium_or_above(exchanges: HttpExchanges) -> None:
    found = severities(verdicts(exchanges))

    assert {key: one for key, one in found.items() if one.rank >= Severity.MEDIUM.rank} == {}


def test_a_challenge_leaves_the_document_unknown_but_judges_hsts_and_nosniff() -> None:
    found = verdicts(GOOD["challenge"])

    assert all(isinstance(found[key], Unknown) for key in DOCUMENT_RULES)
    assert isinstance(found["HDR001"], Fail)
    assert isinstance(found["HDR012"], Fail)


def test_a_challenge_leaves_the_site_s_own_answers_unknown() -> None:
    found = verdicts(GOOD["challenge"])

    assert all(isinstance(found[key], Unknown) for key in ("CKY002", "HDR019", "HDR020", "HDR023"))


def test_an_api_is_asked_nothing_about_documents() -> None:
    found = verdicts(GOOD["JSON API with 404 at the root"])

    assert all(isinstance(found[key], NotApplicable) for key in DOCUMENT_RULES)
    assert isinstance(found["HDR001"], Fail)
    assert isinstance(found["HDR012"], Fail)
    assert isinstance(found["HDR023"], Pass)


def test_a_redirect_is_asked_for_hsts_only() -> None:
    found = verdicts(GOOD["redirect-only host"])

    assert all(isinstance(found[key], NotApplicable) for key in (*DOCUMENT_RULES, "HDR012", "HDR020", "HDR021"))
    assert severities(found) == {"HDR001": Severity.LOW, "INF002": Severity.INFO}


@pytest.mark.parametrize("status", [404, 500, 503])
def test_an_error_page_at_the_root_is_not_assessed_as_a_document(status: int) -> None:
    found = verdicts(seen(exchange(HTML, HSTS, "X-Content-Type-Options: nosniff", status=status)))

    assert all(isinstance(found[key], NotAssessed) for key in DOCUMENT_RULES)
    assert isinstance(found["HDR001"], Pass)
    assert isinstance(found["HDR012"], Pass)


def test_preloading_covers_a_subdomain_and_names_entry_and_date() -> None:
    covered = PreloadStatus(covered=Answer.YES, entry="example.org", include_subdomains=True, list_date="2026-11-01")
    found = verdicts(GOOD["preloaded subdomain"], preload=covered)

    assert found["HDR001"] == Pass("covered by the entry example.org of the preload list of 2026-11-01")


def test_preloading_of_the_parent_covers_the_parent_as_well() -> None:
    covered = PreloadStatus(covered=Answer.YES, entry="example.org", include_subdomains=True)
    apex = exchange(
        f"Location: https://{HOST}/", url="https://example.org/", purpose=Purpose.PLAIN_ENTRY, hop=1, status=301
    )
    found = verdicts(seen(exchange(HTML), apex), preload=covered)

    assert isinstance(found["HDR001"], Pass)


def test_hsts_is_no_question_for_an_address() -> None:
    site = Target(url="https://192.0.2.1/", host="192.0.2.1", port=443, scheme="https")

    assert isinstance(verdicts(GOOD["nothing but a page"], site=site)["HDR001"], NotApplicable)


def test_frame_ancestors_decides_over_x_frame_options() -> None:
    def framing(*lines: str) -> Verdict:
        return verdicts(seen(exchange(HTML, *lines)))["HDR009"]

    assert isinstance(framing("X-Frame-Options: DENY", "Content-Security-Policy: frame-ancestors *"), Fail)
    assert isinstance(framing("Content-Security-Policy: frame-ancestors *, frame-ancestors 'self'"), Pass)
    assert isinstance(framing("Content-Security-Policy-Report-Only: frame-ancestors 'self'"), Fail)
    assert isinstance(framing("X-Frame-Options: DENY", "X-Frame-Options: SAMEORIGIN"), Pass)
    assert isinstance(framing("X-Frame-Options: ALLOW-FROM https://a.example"), Fail)


def test_several_policies_count_at_once() -> None:
    def inline(policy: str) -> Verdict:
        return verdicts(seen(exchange(HTML, f"Content-Security-Policy: {policy}")))["CSP003"]

    assert isinstance(inline("script-src 'unsafe-inline'"), Fail)
    assert isinstance(inline("script-src 'unsafe-inline', script-src 'self'"), Pass)
    assert isinstance(inline("script-src 'unsafe-inline', img-src 'self'"), Fail)
    assert isinstance(inline("img-src 'self'"), NotApplicable)


def test_a_meta_policy_keeps_csp_from_being_called_missing() -> None:
    policy = MetaPolicy(
        name=PeerText("content-security-policy"), content=PeerText("default-src 'self'"), http_equiv=True
    )
    page = Page(url=PeerText(f"https://{HOST}/"), metas=(policy,))

    found = verdicts(dataclasses.replace(seen(exchange(HTML)), page=page))

    assert isinstance(found["CSP001"], Pass)
    assert isinstance(found["CSP003"], Pass)


def test_session_cookies_are_heavy_and_lighter_under_hsts() -> None:
    cookie = "Set-Cookie: PHPSESSID=abc; Path=/"

    bare = severities(verdicts(seen(exchange(HTML, cookie))))
    under_hsts = severities(verdicts(seen(exchange(HTML, HSTS, cookie))))

    assert (bare["CKY001"], bare["CKY002"]) == (Severity.MEDIUM, Severity.MEDIUM)
    assert (under_hsts["CKY001"], under_hsts["CKY002"]) == (Severity.LOW, Severity.MEDIUM)


def test_hsts_faults_are_of_each_own_host() -> None:
    sibling = f"https://{HOST.removeprefix('www.')}/"
    found = verdicts(
        seen(
            exchange(HTML, HSTS),
            exchange(f"Location: https://{HOST}/", url=sibling, purpose=Purpose.PLAIN_ENTRY, hop=1, status=301),
        )
    )["HDR001"]

    assert isinstance(found, Fail)
    assert [fault.discriminator for fault in found.faults] == ["example.org"]


def test_headers_lost_on_errors_are_named() -> None:
    found = verdicts(
        seen(
            exchange(HTML, HSTS, "X-Frame-Options: DENY", "X-Content-Type-Options: nosniff"),
            missing(HTML, "X-Content-Type-Options: nosniff"),
        )
    )["HDR020"]

    assert isinstance(found, Fail)
    assert found.faults[0].arguments["names"] == "Strict-Transport-Security, X-Frame-Options"


@pytest.mark.parametrize("status", [403, 429, 503])
def test_another_refusal_than_the_site_s_own_is_not_compared(status: int) -> None:
    found = verdicts(seen(exchange(HTML, HSTS), missing(HTML, status=status)))

    assert isinstance(found["HDR020"], NotApplicable)


def test_one_trouble_is_said_once() -> None:
    framed = verdicts(seen(exchange(HTML, "X-Frame-Options: ALLOW-FROM https://a.example")))
    inside = verdicts(seen(exchange(HTML, "X-Backend-Server: 10.0.3.17")))

    assert isinstance(framed["HDR009"], Fail)
    assert isinstance(framed["HDR010"], NotApplicable)
    assert isinstance(inside["INF007"], Fail)
    assert isinstance(inside["INF008"], Pass)


def test_error_answers_that_tell_more() -> None:
    found = verdicts(seen(exchange(HTML, "Server: nginx"), missing("Server: Apache/2.4.62")))

    assert isinstance(found["INF010"], Fail)
    assert isinstance(found["INF001"], Fail)


def test_who_cannot_set_headers_is_told_another_way() -> None:
    found = severities(verdicts(GOOD["static pages host"]))
    advice = {rule.info.id: rule.info.remediation.text for rule in RULES if rule.info.severity is Severity.LOW}

    told = {key for key, text in advice.items() if "On static hosting" in text}
    assert {key for key, severity in found.items() if severity is Severity.LOW} <= told
