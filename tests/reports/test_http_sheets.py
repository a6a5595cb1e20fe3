"""Facts of the HTTP topics: policies, cookies, requests, and the few lines for reports with little room."""

from hypothesis import given
from hypothesis import strategies as st

from reports.facts.exchanges import exchange_sheets
from reports.facts.http_lines import http_lines
from reports.facts.page_words import page_words
from reports.facts.policies import policy_sheets
from reports.facts.sheets import sheets
from tests.reports.test_facts import SHAPED

TOPICS = ("http_exchanges", "http_headers", "cookies", "content", "operation", "http3", "ports")


def policy(*directives: str, **others: object) -> dict[str, object]:
    listed = [{"name": name, "sources": sources} for name, *sources in map(str.split, directives)]
    return {"delivery": "header", "disposition": "enforce", "directives": listed, **others}


def test_a_policy_says_what_each_directive_governs_and_what_nothing_limits() -> None:
    (found,) = policy_sheets([policy("default-src 'self'", "script-src 'none'", "sandbox", "img-src", "img-src *")])
    rows = {row[0]: row[1:] for row in found.rows}
    assert found.title == "Content security policy: from the header, enforced"
    assert rows["script-src"] == ("'none'", "script-src-attr, script-src-elem, worker-src")
    assert rows["default-src"][0] == "'self'"
    assert {"connect-src", "style-src", "object-src", "frame-src"} <= set(rows["default-src"][1].split(", "))
    assert "script-src" not in rows["default-src"][1].split(", ")
    assert rows["img-src"] == ("nothing", ""), "the first of a name counts"
    assert rows["sandbox"] == ("", "")
    assert rows["not set, so without limit"] == ("base-uri, form-action, frame-ancestors", "")


def test_what_browsers_pass_over_is_said_and_meta_needs_no_frame_ancestors() -> None:
    meta = policy("base-uri 'none'", "form-action 'self'", delivery="meta", unheeded=["report-uri"], repeated=["x"])
    remark, first, second = policy_sheets([policy("default-src *"), meta])
    assert remark.columns == ()
    assert (first.title, second.title) == (
        "Content security policy 1 of 2: from the header, enforced",
        "Content security policy 2 of 2: from a meta element, enforced",
    )
    rows = {row[0]: row[1] for row in second.rows}
    assert rows["report-uri"] == "without effect in a meta element"
    assert rows["x"] == "stands there again; the first counts"
    assert "frame-ancestors" not in rows["not set, so without limit"]


def cookie(purpose: str = "entry", **others: object) -> dict[str, object]:
    return {"purpose": purpose, "name": "a", "kind": "other", "same_site": "absent", "path": "/", **others}


def test_cookies_that_several_answers_set_alike_are_one_row() -> None:
    held = {"holds": ["jwt", "jwt-without-expiry"], "internal": []}
    (found,) = sheets(
        "cookies",
        {
            "cookies": [
                cookie(value=held, max_age=63_072_000, secure=True, same_site="none"),
                cookie("repeat", value=held, max_age=63_072_000, secure=True, same_site="none"),
                cookie("plain-entry", name="b", kind="session", maker="PHP", domain="example.org", path="/shop"),
                cookie("entry", name="c", max_age=0),
                cookie("entry", name="d", expires="2027-12-31T23:59:59Z", refused=["oversized"]),
            ]
        },
    )
    assert found.columns == ("Cookie", "For", "Attributes", "Sent to", "Kept", "Holds", "Set by", "Refused by browsers")
    assert found.rows[0] == (
        *("a", "", "Secure, SameSite=None", "this host", "2 years", "a JSON Web Token, no expiry in it"),
        *("The page; The page again, as another site asks", ""),
    )
    assert found.rows[1][1:5] == (
        *("a session, PHP", "none of those that protect", "example.org and below, /shop"),
        "for the session",
    )
    assert [row[4] for row in found.rows[2:]] == ["deleted at once", "until 2027-12-31"]
    assert found.rows[3][-1] == "oversized"


def test_requests_say_why_how_and_what_came() -> None:
    asked = {
        "purpose": "repeat",
        "method": "GET",
        "url": "https://a/",
        "status": 301,
        "location": "/b",
        "tls": "TLSv1.3",
    }
    more = {
        "sent": [{"name": "Origin", "value": "https://x"}],
        "version": "HTTP/2",
        "tls": "TLSv1.3",
        "certificate_trusted": False,
    }
    made = exchange_sheets(
        {
            "exchanges": [{**asked, **more, "elapsed_ms": 12.6, "body": {"size": 7}}],
            "left_out": {"trace": "the document is at another site"},
        }
    )
    assert made[0].rows == (
        (
            *("The page again, as another site asks", "GET https://a/, with Origin: https://x", "301 → /b"),
            *("HTTP/2, TLSv1.3, certificate not trusted", "7", "13"),
        ),
    )
    assert (made[1].title, made[1].rows) == ("Not asked", (("TRACE", "the document is at another site"),))


def test_the_lines_say_the_answer_first() -> None:
    headers = {
        "final": {
            "purpose": "entry",
            "hop": 0,
            "headers": {"x-frame-options": {}},
            "csp": [policy("default-src 'self'"), policy("script-src *", disposition="report")],
        },
        "hsts": [{"purpose": "entry", "hop": 0, "raw": ["max-age=1"]}],
        "cors": [{"readable": True, "with_credentials": True}, {"readable": False}],
    }
    assert dict(http_lines("http_headers", headers)) == {
        "headers": "HSTS, CSP, X-Frame-Options",
        "not sent": "X-Content-Type-Options, Referrer-Policy, Permissions-Policy, COOP",
        "scripts by CSP": "'self'",
        "other origins": "may read answers with cookies",
    }
    scripts = [
        {"relation": "inline"},
        {"relation": "same-origin", "integrity": "none"},
        {"relation": "cross-site", "host": "cdn.example", "integrity": "none"},
    ]
    assert dict(http_lines("content", {"scripts": scripts, "secrets": [{"title": "a key", "exposure": "secret"}]})) == {
        "scripts": "1 of the site, 1 inline, 1 of other sites (cdn.example), 1 of them without integrity",
        "keys in pages": "a key",
    }
    ports = {"ports": [{"port": 443, "open": "yes", "service": "target"}, {"port": 25, "open": "no"}]}
    assert http_lines("ports", ports) == (("open ports", "none of 2"),)
    assert http_lines("tls_suites", {}) == ()


def test_what_a_finding_points_at_is_one_line() -> None:
    secret = {"title": "key of X", "exposure": "secret", "length": 40, "sha256": "aabbccdd", "url": "https://a/x.js"}
    assert page_words(secret) == "key of X, 40 characters (sha256 aabbccdd…), at https://a/x.js"
    cors = {"origin": "https://x", "allow_origin": "https://x", "preflight": False, "allow_credentials": "true"}
    assert page_words(cors).endswith("Access-Control-Allow-Origin: https://x; Access-Control-Allow-Credentials: true")
    assert page_words({"name": "script-src", "sources": ["'self'", "*"]}) == "script-src 'self' *"
    assert page_words({"depth": 3}) == page_words("text") == ""


@given(st.sampled_from(TOPICS), SHAPED)
def test_lines_and_sheets_take_any_evidence(topic: str, evidence: object) -> None:
    assert isinstance(http_lines(topic, evidence), tuple)
    assert isinstance(sheets(topic, evidence), tuple)
    assert isinstance(page_words(evidence), str)
    assert isinstance(tuple(policy_sheets(evidence)), tuple)
