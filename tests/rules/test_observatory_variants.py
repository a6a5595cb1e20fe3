"""Variants of a good site, each judged by the scale and by what browsers do with it."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.rules.grades.observatory_table import TESTS
from tests.support.observatory_variants import HOST, SRI, answer, case, graded, page, redirect, result, short

BODY = "<title>t</title><p>hello"
NONCE = "'nonce-YWJjZGVmZ2hpamts'"
POLICIES = [
    ("default-src 'self'", "no-unsafe"),
    ("default-src *", "unsafe-inline"),
    ("default-src 'none' 'self'", "no-unsafe"),
    ("default-src", "no-unsafe-default-src-none"),
    ("  default-src   'none'  ;; ; ", "no-unsafe-default-src-none"),
    ("DEFAULT-SRC 'None'", "no-unsafe-default-src-none"),
    ("script-src 'self'", "unsafe-inline"),  # object-src is open
    ("script-src 'self'; object-src 'none'", "unsafe-inline-in-style-src-only"),
    ("default-src 'none'; script-src 'unsafe-inline' 'nonce-'", "unsafe-inline"),  # no valid nonce
    (f"default-src 'none'; script-src 'unsafe-inline' {NONCE}", "no-unsafe-default-src-none"),
    (f"default-src 'none'; script-src {NONCE}; style-src 'unsafe-inline'", "unsafe-inline-in-style-src-only"),
    (f"default-src 'none'; style-src 'unsafe-inline' {NONCE}", "no-unsafe-default-src-none"),
    (f"default-src 'unsafe-inline' {NONCE}", "no-unsafe"),
    ("default-src 'none'; script-src 'strict-dynamic' 'sha256-abcd' http: *", "no-unsafe-default-src-none"),
    ("default-src 'self' 'strict-dynamic'", "csp-header-invalid"),
    ("default-src 'none'; script-src 'unsafe-eval'", "unsafe-eval"),
    ("default-src 'self' 'unsafe-eval'", "unsafe-eval"),
    ("default-src 'self' 'unsafe-hashes'", "no-unsafe"),
    ("default-src 'none'; style-src https:", "unsafe-inline-in-style-src-only"),
    ("default-src 'none'; object-src data:", "no-unsafe-default-src-none"),
    ("default-src 'none'; object-src *", "unsafe-inline"),
    ("default-src 'none'; script-src blob:", "no-unsafe-default-src-none"),
    ("default-src 'none'; media-src ftp://a.example", "insecure-scheme-in-passive-content-only"),
    ("default-src 'self' http://a.example", "insecure-scheme"),
    ("default-src 'none'; connect-src http://a.example", "insecure-scheme"),
    ("default-src 'none'; report-uri http://a.example/r", "insecure-scheme"),
    ("default-src 'none'; img-src http://a.example; script-src 'unsafe-eval'", "unsafe-eval"),
    ("default-src 'none'; report-uri /a; report-uri /b", "csp-implemented-but-duplicate-directives"),
    ("default-src *; report-uri /a; report-uri /b", "unsafe-inline"),
    ("img-src a; IMG-SRC b", "csp-header-invalid"),
    ("a-src", "csp-header-invalid"),
    ("sandbox", "unsafe-inline"),
    ("; ; ; ; ; ;", "csp-not-implemented"),
]


@pytest.mark.parametrize(("policy", "wanted"), POLICIES)
def test_policies(policy: str, wanted: str) -> None:
    assert short(result(case(page(Content_Security_Policy=policy)), "content-security-policy")) == wanted


@pytest.mark.parametrize(
    ("policies", "wanted"),
    [
        (["default-src 'self'", "default-src 'none'"], "no-unsafe-default-src-none"),
        (["default-src 'none'", "default-src 'none'; script-src 'unsafe-inline'"], "no-unsafe-default-src-none"),
        (["default-src 'none'; script-src 'unsafe-inline'", "default-src 'none'"], "no-unsafe-default-src-none"),
        (["default-src https:", "default-src 'self'"], "no-unsafe"),
        (["script-src 'self'", "object-src 'none'"], "unsafe-inline-in-style-src-only"),
        (["script-src 'unsafe-inline'; object-src 'none'", "script-src 'unsafe-inline'"], "unsafe-inline"),
        (["default-src 'none'; frame-src http:", "default-src 'none'"], "no-unsafe-default-src-none"),
        (["default-src 'self'; img-src http:", "default-src 'self'"], "no-unsafe"),
        (
            ["default-src 'self'; img-src http:", "default-src 'self'; img-src *"],
            "insecure-scheme-in-passive-content-only",
        ),
        (["default-src 'self', ,", "frame-ancestors 'none'"], "csp-header-invalid"),
        (["default-src 'self'", "default-src https://cdn.example"], "no-unsafe-default-src-none"),
        (["default-src 'none'", "abc"], "csp-header-invalid"),
        (["default-src 'none'", ""], "csp-header-invalid"),
    ],
)
def test_several_policies_are_all_in_force(policies: list[str], wanted: str) -> None:
    assert short(result(case(page(Content_Security_Policy=policies)), "content-security-policy")) == wanted


@pytest.mark.parametrize(
    ("head", "body", "wanted"),
    [
        ("<meta http-equiv=content-security-policy content=\"default-src 'none'\">", "", "no-unsafe-default-src-none"),
        ("<meta http-equiv=' Content-Security-Policy ' content=\"default-src 'self'\">", "", "no-unsafe"),
        ('<meta http-equiv=content-security-policy content="">', "", "csp-not-implemented"),
        ('<meta http-equiv=content-security-policy content="frame-ancestors x">', "", "csp-not-implemented"),
        (
            "<meta http-equiv=content-security-policy-report-only content=\"default-src 'none'\">",
            "",
            "csp-not-implemented",
        ),
        ("", "<meta http-equiv=content-security-policy content=\"default-src 'none'\">", "csp-not-implemented"),
        (
            "<template><meta http-equiv=content-security-policy content=\"default-src 'none'\"></template>",
            "",
            "csp-not-implemented",
        ),
        ("<meta name=content-security-policy content=\"default-src 'none'\">", "", "csp-not-implemented"),
    ],
)
def test_policies_of_meta_elements(head: str, body: str, wanted: str) -> None:
    html = f"<!doctype html><html><head><title>t</title>{head}</head><body><p>x</p>{body}</body></html>"
    assert short(result(case(page(html, Content_Security_Policy=None)), "content-security-policy")) == wanted


@pytest.mark.parametrize(
    ("cookies", "wanted"),
    [
        (["a=1; Secure; SameSite=Lax"], "secure-with-httponly-sessions-and-samesite"),
        (["a=1; Secure"], "secure-with-httponly-sessions"),
        (["a=1; Secure; SameSite=None"], "secure-with-httponly-sessions-and-samesite"),
        (["a=1; SameSite=None"], "samesite-flag-invalid"),
        (["a=1; Secure; SameSite"], "samesite-flag-invalid"),
        (["a=1; Secure; SameSite=Lax; SameSite=no"], "samesite-flag-invalid"),
        (["LOGIN=1; Secure; HttpOnly; SameSite=Lax"], "secure-with-httponly-sessions-and-samesite"),
        (["myLoginToken=1; Secure; SameSite=Lax"], "session-without-httponly-flag"),
        (["possess=1; HttpOnly; SameSite=Lax"], "session-without-secure-flag-but-protected-by-hsts"),
        (["sess=1; HttpOnly", "csrf=1; Secure"], "anticsrf-without-samesite-flag"),
        (["csrf=1; Secure; SameSite=Strict"], "secure-with-httponly-sessions-and-samesite"),
        (["heroku-session-affinity=1"], "not-found"),
        (["a=1; Domain=other.example"], "not-found"),
        (["__Host-a=1; Secure; Path=/; SameSite=Lax"], "secure-with-httponly-sessions-and-samesite"),
        (["__Host-a=1; Secure"], "not-found"),
        (["a=1; Max-Age=0"], "not-found"),
        (["a=1", "a=; Max-Age=0"], "not-found"),
        (["a=1; Path=/x", "a=1; Secure; SameSite=Lax"], "without-secure-flag-but-protected-by-hsts"),
        (["a=1; Path=/", "a=1; Secure; SameSite=Lax"], "secure-with-httponly-sessions-and-samesite"),
    ],
)
def test_cookies(cookies: list[str], wanted: str) -> None:
    assert short(result(case(page(Set_Cookie=cookies)), "cookies")) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ('max-age="31536000"', "implemented-max-age-at-least-six-months"),
        ("max-age = 31536000", "implemented-max-age-at-least-six-months"),
        ("includeSubDomains; MAX-AGE=31536000;", "implemented-max-age-at-least-six-months"),
        (["max-age=31536000", "max-age=0"], "implemented-max-age-at-least-six-months"),
        (["max-age=0", "max-age=31536000"], "not-implemented"),
        ("max-age=1e9", "header-invalid"),
        ("max-age=", "header-invalid"),
        ("preload", "header-invalid"),
        ("max-age=99999999999999999999", "implemented-max-age-at-least-six-months"),
    ],
)
def test_hsts(value: str | list[str], wanted: str) -> None:
    assert short(result(case(page(Strict_Transport_Security=value)), "strict-transport-security")) == wanted


@pytest.mark.parametrize(
    ("test", "header", "value", "wanted"),
    [
        ("x-frame-options", "X-Frame-Options", "DENY, SAMEORIGIN", "header-invalid"),
        ("x-frame-options", "X-Frame-Options", "deny, DENY", "sameorigin-or-deny"),
        ("x-frame-options", "X-Frame-Options", "allowall", "header-invalid"),
        ("x-frame-options", "Content-Security-Policy", "default-src 'none'; frame-ancestors", "implemented-via-csp"),
        (
            "x-frame-options",
            "Content-Security-Policy",
            "default-src 'none'; frame-ancestors http:",
            "implemented-via-csp",
        ),
        (
            "x-frame-options",
            "Content-Security-Policy",
            ["frame-ancestors *", "frame-ancestors 'self'"],
            "implemented-via-csp",
        ),
        ("x-content-type-options", "X-Content-Type-Options", "nosniff, x", "x-content-type-options-nosniff"),
        ("x-content-type-options", "X-Content-Type-Options", "x, nosniff", "x-content-type-options-header-invalid"),
        ("referrer-policy", "Referrer-Policy", ["unsafe-url", "strict-origin"], "referrer-policy-private"),
        ("referrer-policy", "Referrer-Policy", " NO-REFERRER ,", "referrer-policy-private"),
        ("referrer-policy", "Referrer-Policy", ",", "referrer-policy-not-implemented"),
        ("cross-origin-resource-policy", "Cross-Origin-Resource-Policy", "SAME-ORIGIN", "corp-header-invalid"),
        (
            "cross-origin-resource-policy",
            "Cross-Origin-Resource-Policy",
            ["same-site", "same-site"],
            "corp-header-invalid",
        ),
        (
            "cross-origin-opener-policy",
            "Cross-Origin-Opener-Policy",
            'same-origin;report-to="a;b";x=1;y',
            "coop-implemented-with-same-origin",
        ),
        ("cross-origin-opener-policy", "Cross-Origin-Opener-Policy", '"same-origin"', "coop-header-invalid"),
        ("cross-origin-opener-policy", "Cross-Origin-Opener-Policy", "Same-Origin", "coop-header-invalid"),
        ("cross-origin-opener-policy", "Cross-Origin-Opener-Policy", "same-origin ;x", "coop-header-invalid"),
        (
            "cross-origin-embedder-policy",
            "Cross-Origin-Embedder-Policy",
            ["credentialless", "credentialless"],
            "coep-header-invalid",
        ),
        ("cross-origin-embedder-policy", "Cross-Origin-Embedder-Policy", "same-origin", "coep-header-invalid"),
    ],
)
def test_single_headers(test: str, header: str, value: str | list[str], wanted: str) -> None:
    assert short(result(case(answer(BODY, 200, {header: value})), test)) == wanted


@pytest.mark.parametrize(
    ("scripts", "wanted"),
    [
        ("", "not-implemented-but-no-scripts-loaded"),
        ("<script src=''></script>", "not-implemented-but-all-scripts-loaded-from-secure-origin"),
        (f"<script src=https://c.test/a {SRI}></script>", "implemented-and-external-scripts-loaded-securely"),
        (
            f"<script src=/a {SRI}></script><script src=https://c.test/a></script>",
            "not-implemented-but-external-scripts-loaded-securely",
        ),
        (
            f"<script src=/a {SRI}></script><script src=https://c.test/a {SRI}></script>",
            "implemented-and-all-scripts-loaded-securely",
        ),
        (f"<script src=//c.test/a {SRI}></script>", "implemented-but-external-scripts-not-loaded-securely"),
        (
            f"<script src=http://c.test/a {SRI}></script><script src=https://c.test/b></script>",
            "not-implemented-but-external-scripts-loaded-securely",
        ),
        ("<script src=/\\c.test/a></script>", "not-implemented-and-external-scripts-not-loaded-securely"),
        ("<script src='\thtt\nps://c.test/a'></script>", "not-implemented-but-external-scripts-loaded-securely"),
        ("<script src=https://cdn.v.example/a></script>", "not-implemented-but-all-scripts-loaded-from-secure-origin"),
        ("<script src=http://v.example/a></script>", "not-implemented-but-all-scripts-loaded-from-secure-origin"),
        (
            "<script src=https://c.test/a integrity='x sha256-YQ=='></script>",
            "implemented-and-external-scripts-loaded-securely",
        ),
        (
            "<script src=https://c.test/a integrity='sha1-YQ=='></script>",
            "not-implemented-but-external-scripts-loaded-securely",
        ),
        (
            "<script type=application/json src=https://c.test/a></script>",
            "not-implemented-but-all-scripts-loaded-from-secure-origin",
        ),
        (
            "<script>document.write('<script src=https://c.test/a>')</script>",
            "not-implemented-but-all-scripts-loaded-from-secure-origin",
        ),
        ("<textarea><script src=https://c.test/a></script></textarea>", "not-implemented-but-no-scripts-loaded"),
        ("<svg><script href=https://c.test/a /></svg>", "not-implemented-but-external-scripts-loaded-securely"),
    ],
)
def test_scripts(scripts: str, wanted: str) -> None:
    html = f"<!doctype html><title>t</title><body><p>x</p>{scripts}"
    assert short(result(case(page(html)), "subresource-integrity")) == wanted


@pytest.mark.parametrize(
    ("status", "allowed", "credentials", "wanted"),
    [
        (200, "*", "true", "implemented-with-public-access"),
        (200, "{origin}", "true", "implemented-with-universal-access"),
        (200, "{origin}", None, "implemented-with-restricted-access"),
        (200, "{origin}/", "true", "implemented-with-restricted-access"),
        (200, "null", "true", "implemented-with-restricted-access"),
        (301, "{origin}", "true", "not-implemented"),
        (500, "*", None, "not-implemented"),
        (204, None, "true", "not-implemented"),
    ],
)
def test_sharing(status: int, allowed: str | None, credentials: str | None, wanted: str) -> None:
    lines = [["Access-Control-Allow-Origin", allowed], ["Access-Control-Allow-Credentials", credentials]]
    answer = {"status": status, "headers": [line for line in lines if line[1] is not None], "body": ""}
    both = {"GET /": page(), "OPTIONS /": answer}
    assert short(result(case(more={f"https://{HOST}": both}), "cross-origin-resource-sharing")) == wanted


@pytest.mark.parametrize(
    ("plain", "wanted"),
    [
        (redirect(f"https://{HOST}/x"), "to-https"),
        (redirect(f"https://www.{HOST}/"), "off-host-from-http"),
        (redirect("/"), "not-to-https"),  # a loop
        (redirect("ftp://v.example/"), "not-to-https"),
        (redirect("https://dead.example/"), "off-host-from-http"),
        ({"status": 421, "headers": [], "body": ""}, "not-needed-no-http"),
        ({"status": 404, "headers": [], "body": ""}, "missing"),
        ({"status": 500, "headers": [], "body": ""}, "missing"),
        ({"status": 304, "headers": [["Location", "https://v.example/"]], "body": ""}, "missing"),
    ],
)
def test_redirection(plain: Any, wanted: str) -> None:
    more = {f"https://www.{HOST}": {"GET /": page()}}
    assert short(result(case(plain=plain, more=more), "redirection")) == wanted


def test_a_certificate_that_is_not_trusted_on_the_way() -> None:
    more = {"https://mid.example": {"GET /": redirect(f"https://{HOST}/")}}
    made = case(plain=redirect("https://mid.example/"), more=more, tls={"mid.example": "expired"})
    assert result(made, "redirection") == "redirection-invalid-cert"
    assert result(made, "strict-transport-security") == "hsts-implemented-max-age-at-least-six-months"


def test_the_preload_list_covers_every_host_of_a_chain() -> None:
    entry = {"include_subdomains": True, "mode": "force-https"}
    made = case(plain=redirect(f"https://www.{HOST}/"), more={f"https://www.{HOST}": {"GET /": page()}})
    assert (
        result(dataclasses.replace(made, preload={HOST: entry}), "redirection") == "redirection-all-redirects-preloaded"
    )
    alone = dataclasses.replace(made, preload={HOST: {**entry, "include_subdomains": False}})
    assert result(alone, "redirection") == "redirection-off-host-from-http"
    assert result(alone, "strict-transport-security") == "hsts-preloaded"


# --- whatever a peer sends --------------------------------------------------------------------------------------------

NAMES = (
    "Content-Security-Policy",
    "Content-Type",
    "Cross-Origin-Embedder-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Referrer-Policy",
    "Set-Cookie",
    "Strict-Transport-Security",
    "X-Content-Type-Options",
    "X-Frame-Options",
)
VALUES = st.lists(st.text(st.characters(max_codepoint=255), max_size=40), max_size=3)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), VALUES), st.text(max_size=60))
def test_any_values_give_a_result_of_the_scale(headers: dict[str, list[str]], body: str) -> None:
    for test, found in graded(case(answer(body, 200, headers))).tests.items():
        assert found.result is None or found.result in TESTS[test]
        assert found.reason
