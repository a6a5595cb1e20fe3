"""Every fact's own examples, and what facts make of cases that are easily taken wrong."""

import dataclasses

import pytest

from scanner.model.codec import to_builtins
from scanner.model.csp import Delivery
from scanner.model.derived import Derived, PreloadStatus, ServerGuess, ServerIdentity
from scanner.model.evidence.cookies import CookieKind, CookiePrefix, Refusal
from scanner.model.evidence.http_headers import HstsPolicy
from scanner.model.evidence.tls_suites import Preference
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.rules.case import EXAMPLE_TARGET, Case
from scanner.rules.certificate_examples import example as certificate
from scanner.rules.certificate_examples import leaf_with
from scanner.rules.cookie_judging import example_case, example_cookie
from scanner.rules.guide_facts import all_facts
from scanner.rules.guide_facts_headers import csp_closed_by_default, framing_denied, hsts_preload, referrer_stays_home
from scanner.rules.guide_facts_pages import stock_page_of, system_in
from scanner.rules.guide_facts_site import (
    an_answer,
    front_refuses_first,
    own_user_agent,
    proxy_in_front,
    session_host_prefix,
)
from scanner.rules.guide_facts_tls import inner_names_in_certificate, order_of_suites
from scanner.rules.header_examples import answer, hsts_case, page, policy, valid
from scanner.rules.registry import Rule, all_rules
from scanner.rules.server_examples import QUIET
from scanner.rules.server_examples import example as odd
from scanner.rules.suite_pages import AES_GCM, STATIC_AES_CBC, listed
from scanner.rules.suite_pages import example as suites
from scanner.rules.verdict import Fail, NotApplicable, NotAssessed, Pass, Unknown, Verdict
from tests.rules.test_examples import resolve

FACTS = tuple(all_facts().values())


def said(verdict: Verdict) -> str:
    if isinstance(verdict, Fail):
        return "; ".join(fault.message.format(**fault.arguments) for fault in verdict.faults)
    return verdict.reason or ""


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.info.id)
def test_passing_example_passes_and_says_what_was_seen(fact: Rule) -> None:
    verdict = fact.check(fact.passing)
    assert isinstance(verdict, Pass)
    assert verdict.reason


@pytest.mark.parametrize(
    "fact", [one for one in FACTS if one.failing is not one.passing], ids=lambda fact: fact.info.id
)
def test_the_example_against_it_does_not_pass(fact: Rule) -> None:
    verdict = fact.check(fact.failing)
    assert isinstance(verdict, Fail | Unknown)
    if isinstance(verdict, Fail):
        document = to_builtins(fact.failing.evidence)
        for fault in verdict.faults:
            assert fault.message.format(**fault.arguments).strip()
            assert fault.at, "no claim without its proof"
            for pointer in fault.at:
                resolve(document, pointer)


def test_no_fact_has_the_name_of_a_rule() -> None:
    rules = {key for rule in all_rules() for key in (rule.info.id, rule.info.name)}
    assert not rules & set(all_facts())
    assert len(FACTS) >= 20


# --- headers ----------------------------------------------------------------------------------------------------------


def test_frame_ancestors_is_heeded_before_x_frame_options() -> None:
    deny = {"x-frame-options": valid("DENY", "deny")}
    assert isinstance(framing_denied(page(deny, csp=(policy({"frame-ancestors": "'self'"}),))), Fail)
    assert isinstance(framing_denied(page({}, csp=(policy({"frame-ancestors": "'none'"}),))), Pass)
    in_meta = dataclasses.replace(policy({"frame-ancestors": "'none'"}), delivery=Delivery.META)
    assert isinstance(framing_denied(page({}, csp=(in_meta,))), Fail), "browsers ignore it in a meta element"


@pytest.mark.parametrize(("value", "verdict"), [("no-referrer", Pass), ("same-origin", Pass), ("origin", Fail)])
def test_the_referrer_stays_home(value: str, verdict: type) -> None:
    assert isinstance(referrer_stays_home(page({"referrer-policy": valid(value)})), verdict)


def test_the_usual_policy_of_a_hardened_instance_comes_out_well_with_its_remarks() -> None:
    usual = policy(
        {
            "default-src": "'none'",
            "base-uri": "'self'",
            "frame-ancestors": "'none'",
            "img-src": "'self' data: blob: https:",
            "media-src": "'self' https:",
            "style-src": "'self' 'unsafe-inline'",
            "font-src": "'self'",
            "manifest-src": "'self'",
            "connect-src": "'self' wss://www.example.org",
            "script-src": "'self'",
            "upgrade-insecure-requests": "",
        }
    )
    verdict = csp_closed_by_default(page(csp=(usual,)))
    assert isinstance(verdict, Pass)
    for remark in ("style-src has 'unsafe-inline'", "img-src takes any host", "media-src takes any", "no form-action"):
        assert remark in said(verdict)


def test_what_a_policy_lacks_is_named() -> None:
    verdict = csp_closed_by_default(page(csp=(policy({"default-src": "'self' 'unsafe-inline'"}),)))
    for what in (
        "default-src 'none'",
        "frame-ancestors 'none'",
        "upgrade-insecure-requests",
        "'unsafe-inline', a weak",
    ):
        assert what in said(verdict)
    assert "no Content-Security-Policy" in said(csp_closed_by_default(page()))


def test_preload_tells_the_list_from_the_wish() -> None:
    asking = hsts_case(answer("…", policy=HstsPolicy(max_age=31_536_000, include_subdomains=True, preload=True)))
    dated = PreloadStatus(covered=Answer.NO, list_date="2026-11-01")
    wish = dataclasses.replace(asking, derived=dataclasses.replace(asking.derived, preload=dated))
    assert said(hsts_preload(wish)).endswith("not on the list of 2026-11-01")
    listed_host = PreloadStatus(covered=Answer.YES, entry="example.org", include_subdomains=True)
    assert isinstance(hsts_preload(Case(evidence=page().evidence, derived=Derived(preload=listed_host))), Pass)
    short = hsts_case(answer("…", policy=HstsPolicy(max_age=600, preload=True)))
    assert isinstance(hsts_preload(short), Fail)


# --- TLS and certificates ---------------------------------------------------------------------------------------------


def test_the_order_is_stated_with_what_it_matters_for() -> None:
    ordered = dataclasses.replace(listed(AES_GCM, STATIC_AES_CBC), preference=Preference.SERVER)
    verdict = order_of_suites(suites(TLSv1_0=listed(STATIC_AES_CBC), TLSv1_2=ordered))
    assert isinstance(verdict, Pass)
    assert said(verdict) == "the order that decides is, in TLSv1.2: the server's; TLSv1.0 with CBC suites"
    assert isinstance(order_of_suites(suites()), Unknown)


@pytest.mark.parametrize("name", ["web01", "db.internal", "host.lan", "x.home.arpa"])
def test_inner_names_are_found_in_certificates(name: str) -> None:
    case = certificate(leaf_with(names=(PeerText("www.example.org"), PeerText(name))))
    assert name in said(inner_names_in_certificate(case))


def test_inner_addresses_are_found_and_an_inner_site_may_name_itself() -> None:
    case = certificate(leaf_with(addresses=("10.0.0.7",)))
    assert "10.0.0.7" in said(inner_names_in_certificate(case))
    inner = dataclasses.replace(EXAMPLE_TARGET, host="wiki.corp")
    assert isinstance(inner_names_in_certificate(dataclasses.replace(case, target=inner)), Pass)


# --- the site ---------------------------------------------------------------------------------------------------------


def test_a_proxy_shows_by_what_it_adds() -> None:
    assert "via" in said(proxy_in_front(an_answer(("Via", "1.1 varnish"))))
    front = ServerGuess(family="haproxy", engine="haproxy", confidence=0.9)
    alone = Case(evidence=an_answer().evidence, derived=Derived(server=ServerIdentity(front=front)))
    assert "haproxy answers" in said(proxy_in_front(alone))
    php = Case(
        evidence=an_answer(("X-Powered-By", "PHP/8.3")).evidence,
        derived=Derived(server=ServerIdentity(front=dataclasses.replace(front, family="nginx"))),
    )
    assert isinstance(proxy_in_front(php), Unknown), "nginx runs PHP without another HTTP server"


def test_nothing_refused_shows_no_limit() -> None:
    assert isinstance(front_refuses_first(odd()), Unknown)
    verdict = front_refuses_first(odd(QUIET))
    assert isinstance(verdict, Pass)
    assert "X-Forwarded-For of 9000 bytes (200 bytes in all, status 400)" in said(verdict)


def test_the_prefix_counts_only_where_its_promise_is_kept() -> None:
    broken = example_cookie(
        "__Host-sid",
        kind=CookieKind.SESSION,
        prefix=CookiePrefix.HOST,
        broken=("Path=/",),
        refused=(Refusal.PREFIX_BROKEN,),
    )
    assert "breaks what its prefix promises (Path=/)" in said(session_host_prefix(example_case(broken)))
    assert isinstance(session_host_prefix(example_case(example_cookie("theme"))), NotApplicable)


@pytest.mark.parametrize(
    ("agent", "verdict"), [("leadline/0.1.0 (+https://example.org/)", Pass), ("Mozilla/5.0 (X11)", Fail), ("x", Fail)]
)
def test_our_own_name_tells_who_asks(agent: str, verdict: type) -> None:
    case = Case(evidence=dataclasses.replace(an_answer().evidence, user_agent=agent))
    assert isinstance(own_user_agent(case), verdict)


def test_the_name_in_a_recording_is_not_ours() -> None:
    assert isinstance(own_user_agent(an_answer()), NotAssessed)


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("banner", "system"),
    [
        ("Apache/2.4.62 (Debian)", "Debian"),
        ("nginx/1.18.0 (Ubuntu)", "Ubuntu"),
        ("Apache/2.4.6 (CentOS) OpenSSL/1.0.2k-fips", "CentOS"),
        ("Apache/2.4.58 (Win64)", "Win64"),
        ("PHP/8.2.7-1+deb12u1", "deb12u1"),
        ("Microsoft-IIS/10.0", "Windows"),
        ("nginx", None),
        ("Apache", None),
        ("cloudflare (linux-gnu-ish)", None),
        ("1.1 varnish (Varnish/7.1)", None),
    ],
)
def test_systems_in_banners(banner: str, system: str | None) -> None:
    assert system_in(banner) == system


@pytest.mark.parametrize(
    ("page_text", "software"),
    [
        (
            "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>",
            "nginx",
        ),
        (
            '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>404 Not Found</title>',
            "Apache httpd",
        ),
        ("404 page not found\n", "Traefik or Go"),
        ("<body>\n<pre>Cannot GET /leadline-0</pre>\n</body>", "Express"),
        ('{"detail":"Not Found"}', "Starlette"),
        ("", None),
        ("<h1>We could not find that</h1><p>Try our search.</p>", None),
        ("Not Found\n", None),
    ],
)
def test_stock_pages(page_text: str, software: str | None) -> None:
    assert stock_page_of(page_text) == software
