"""Rules of headers from raw lines: what each says of sites that do it well, badly, and not at all."""

import dataclasses

import pytest

from probes.http_headers_reading import read_headers
from scanner.model.derived import Derived, PreloadStatus
from scanner.model.evidence.http_exchanges import Body, Exchange, HttpExchanges, Purpose
from scanner.model.outcome import Answer
from scanner.model.page import MetaPolicy, Page
from scanner.model.peer import PeerText
from scanner.model.rule import Severity
from scanner.rules.case import Case
from scanner.rules.registry import all_rules
from scanner.rules.verdict import Fail, NotApplicable, NotAssessed, Pass, Unknown, Verdict
from scanner.wire.origins import FOREIGN_ORIGIN
from tests.rules.test_http_good_sites import GOOD, HSTS, HTML, severities, verdicts
from tests.support.exchanges import HOST, asked, exchange, missing, seen, target

NOSNIFF = "X-Content-Type-Options: nosniff"


def judged(rule: str, *lines: str, more: tuple[Exchange, ...] = ()) -> Verdict:
    """How one rule comes out on a page with these header lines, and further exchanges."""
    return verdicts(seen(exchange(HTML, *lines), *more))[rule]


def told(rule: str, *lines: str) -> str:
    """The message of the first fault."""
    verdict = judged(rule, *lines)
    assert isinstance(verdict, Fail), verdict
    return verdict.faults[0].message.format(**verdict.faults[0].arguments)


def asset(*lines: str, status: int = 200) -> Exchange:
    """A static file."""
    return exchange(*lines, url=f"https://{HOST}/a.js", purpose=Purpose.ASSET, status=status)


@pytest.mark.parametrize(
    ("rule", "lines", "message"),
    [
        ("HDR016", ["Feature-Policy: camera 'none'"], "only Feature-Policy"),
        ("HDR017", ["Permissions-Policy: camera 'none'"], "written as Feature-Policy was"),
        ("HDR017", ["Permissions-Policy: camera=(), usb=none"], "allowlist of usb"),
        ("HDR019", ["Pragma: no-cache"], "HTTP deprecates it"),
        ("HDR019", ["X-WebKit-CSP: default-src 'self'"], "before 2014"),
        ("HDR021", ["Document-Isolation-Policy: require-corp"], "has no effect"),
        ("HDR021", ["Origin-Agent-Cluster: true"], "has no effect"),
        ("HDR022", ["Cross-Origin-Opener-Policy: unsafe-none"], "same as nothing"),
        ("HDR027", ["Permissions-Policy: camra=(), camera=()"], "names camra (not among"),
        ("HDR028", ["Permissions-Policy: camera=*, sync-xhr=*"], "all origins: camera"),
        ("HDR031", ["Cross-Origin-Embedder-Policy: credentialless"], "isolates nothing"),
        ("HDR036", ["Integrity-Policy: sources=(inline)"], "blocked-destinations is missing"),
        ("HDR037", ['Reporting-Endpoints: a="http://a.example/"'], "not https"),
        ("HDR037", ['Reporting-Endpoints: a="http://a.example/", b="/b"'], "a takes no reports"),
        ("HDR038", ["Report-To: {}"], "max_age"),
        ("HDR039", ['NEL: {"report_to": "g", "max_age": 1}'], "no Report-To header defines"),
        ("HDR040", ["Content-Security-Policy: report-to main"], "reports to main"),
        ("HDR040", ['Cross-Origin-Opener-Policy: same-origin; report-to="x"'], "reports to x"),
        ("HDR040", ["Integrity-Policy: blocked-destinations=(script), endpoints=(y)"], "reports to y"),
        ("HDR041", ['Report-To: {"max_age": 1, "endpoints": [{"url": "https://a.example/"}]}'], "without Reporting"),
        ("HDR043", ["Cache-Control: public, no-store"], "both public and no-store"),
        ("HDR043", ["Cache-Control: private, max-age=1h"], "max-age does not count"),
        ("HDR045", ["Clear-Site-Data: cookies"], "not in quotes"),
        ("HDR045", ['Clear-Site-Data: "cookies", "all"'], "all is no kind of data"),
        ("HDR046", ["X-Permitted-Cross-Domain-Policies: all"], "any policy file"),
        ("HDR049", ["Alt-Svc: h3=:443"], "cannot be read"),
        ("HDR050", ["RateLimit: many"], "cannot be read"),
        ("HDR051", ["Timing-Allow-Origin: *"], "every site"),
        ("HDR052", ["Service-Worker-Allowed: /"], "whole site"),
        ("HDR055", ["Refresh: 0; url=/new"], "leads to /new after 0 s"),
    ],
)  # fmt: skip
def test_what_is_wrong(rule: str, lines: list[str], message: str) -> None:
    assert message in told(rule, *lines)


@pytest.mark.parametrize(
    ("rule", "lines"),
    [
        ("HDR016", ["Permissions-Policy: camera=()"]),
        ("HDR017", ['Permissions-Policy: camera=(self "https://a.example"), unheard-of=()']),
        ("HDR021", ["Cross-Origin-Embedder-Policy: credentialless", "Origin-Agent-Cluster: ?1"]),
        ("HDR027", ["Permissions-Policy: camera=(), interest-cohort=self"]),
        ("HDR028", ["Permissions-Policy: camera=(self), autoplay=*"]),
        ("HDR031", ["Cross-Origin-Embedder-Policy: require-corp", "Cross-Origin-Opener-Policy: same-origin"]),
        ("HDR031", ["Cross-Origin-Embedder-Policy: require-corp",
                    "Document-Isolation-Policy: isolate-and-credentialless"]),
        ("HDR036", ["Integrity-Policy: blocked-destinations=(script style)"]),
        ("HDR037", ['Reporting-Endpoints: a="https://a.example/", b="/b"']),
        ("HDR039", ['NEL: {"report_to": "g", "max_age": 1}',
                    'Report-To: {"group": "g", "max_age": 1, "endpoints": [{"url": "https://a.example/"}]}']),
        ("HDR040", ["Content-Security-Policy: report-to main", 'Reporting-Endpoints: main="/r"']),
        ("HDR041", ['NEL: {"report_to": "g", "max_age": 1}',
                    'Report-To: {"group": "g", "max_age": 1, "endpoints": [{"url": "https://a.example/"}]}']),
        ("HDR043", ["Cache-Control: no-store, no-cache, must-revalidate, post-check=0, pre-check=0"]),
        ("HDR045", ['Clear-Site-Data: "cache", "cookies", "storage"']),
        ("HDR049", ['Alt-Svc: h3=":443"; ma=86400']),
        ("HDR049", ["Alt-Svc: clear"]),
        ("HDR050", ['RateLimit: "a";r=1;t=2', "RateLimit-Limit: 10"]),
        ("HDR052", ["Service-Worker-Allowed: /app/"]),
        ("HDR055", ["Refresh: 300"]),
    ],
)  # fmt: skip
def test_what_is_right(rule: str, lines: list[str]) -> None:
    assert isinstance(judged(rule, *lines), Pass)


def test_what_is_not_sent_is_no_question() -> None:
    found = verdicts(seen(exchange(HTML)))
    optional = [f"HDR{number:03}" for number in (*range(36, 42), 43, 45, 46, 49, 50, 51, 52, 55)]

    assert {key: found[key] for key in optional if not isinstance(found[key], NotApplicable)} == {}


def test_a_bare_page_has_nothing_above_low() -> None:
    found = severities(verdicts(seen(exchange(HTML), missing(HTML), asset())))

    assert {key: one for key, one in found.items() if one.rank > Severity.LOW.rank} == {}
    assert {found[key] for key in ("HDR016", "HDR022", "HDR029", "HDR030", "HDR044", "HDR047", "HDR048")} == {
        Severity.INFO
    }


class TestLost:
    def test_what_static_files_lose(self) -> None:
        found = judged("HDR026", NOSNIFF, HSTS, "X-Frame-Options: DENY", more=(asset(),))

        assert isinstance(found, Fail)
        assert found.faults[0].arguments["names"] == "Strict-Transport-Security, X-Content-Type-Options"

    def test_static_files_need_no_document_headers(self) -> None:
        lines = (NOSNIFF, HSTS, "X-Frame-Options: DENY", "Content-Security-Policy: default-src 'self'")

        assert isinstance(judged("HDR026", *lines, more=(asset(NOSNIFF, HSTS),)), Pass)

    def test_what_was_not_fetched_is_not_assessed(self) -> None:
        assert isinstance(judged("HDR026", NOSNIFF), NotAssessed)
        assert isinstance(judged("HDR026", NOSNIFF, more=(asset(status=404),)), NotApplicable)

    def test_a_script_stands_in_for_the_static_file(self) -> None:
        script = exchange(url=f"https://{HOST}/b.js", purpose=Purpose.SCRIPT)

        assert isinstance(judged("HDR026", NOSNIFF, more=(script,)), Fail)

    def test_headers_that_are_there_once_only(self) -> None:
        lines = (NOSNIFF, "Referrer-Policy: no-referrer")

        found = judged("HDR057", *lines, more=(asked(FOREIGN_ORIGIN, HTML, NOSNIFF),))

        assert isinstance(found, Fail)
        assert found.faults[0].arguments["names"] == "Referrer-Policy"
        assert isinstance(judged("HDR057", *lines, more=(asked(FOREIGN_ORIGIN, HTML, *lines),)), Pass)

    @pytest.mark.parametrize("other", [asked(FOREIGN_ORIGIN, HTML, status=403), asked(FOREIGN_ORIGIN)])
    def test_another_kind_of_answer_is_not_compared(self, other: Exchange) -> None:
        assert isinstance(judged("HDR057", NOSNIFF, more=(other,)), NotApplicable)


class TestFraming:
    def test_the_source_that_lets_anybody_in_is_named(self) -> None:
        line = "Content-Security-Policy: default-src 'self'; frame-ancestors https://a.example https:"

        assert told("HDR009", line).startswith("https: in frame-ancestors")

    def test_a_conflict_that_frame_ancestors_decides_is_information(self) -> None:
        lines = ("X-Frame-Options: DENY", "X-Frame-Options: SAMEORIGIN")
        decided = "Content-Security-Policy: frame-ancestors 'self'"

        assert severities(verdicts(seen(exchange(HTML, *lines))))["HDR011"] is Severity.LOW
        assert severities(verdicts(seen(exchange(HTML, *lines, decided))))["HDR011"] is Severity.INFO

    def test_a_policy_beyond_the_caps_is_unknown_and_not_absent(self) -> None:
        found = verdicts(seen(exchange(HTML, "Content-Security-Policy: " + "img-src 'self'," * 65)))

        assert all(isinstance(found[rule], Unknown) for rule in ("HDR009", "CSP001", "CSP003", "CSP014"))

    def test_frame_ancestors_on_an_error_stands_in_for_x_frame_options(self) -> None:
        lines = (NOSNIFF, "X-Frame-Options: DENY")
        other = missing(HTML, NOSNIFF, "Content-Security-Policy: frame-ancestors 'none'")
        bare = missing(HTML, NOSNIFF)
        again = dataclasses.replace(other, status=200, purpose=Purpose.REPEAT)
        found = judged("HDR057", *lines, more=(again,))

        assert isinstance(judged("HDR020", *lines, more=(other,)), Pass)
        assert isinstance(judged("HDR020", *lines, more=(bare,)), Fail)
        assert isinstance(found, Fail)
        assert found.faults[0].arguments["names"] == "Content-Security-Policy"


class TestFeatures:
    def test_a_feature_that_the_table_has_not_may_be_newer(self) -> None:
        newer = judged("HDR027", "Permissions-Policy: camera=(), telepathy=()")

        assert isinstance(newer, Unknown)
        assert "telepathy" in newer.reason
        assert isinstance(judged("HDR017", "Permissions-Policy: camera=(), telepathy=(), camra=()"), Pass)


class TestOneMistakeOneFinding:
    def test_feature_policy_alone(self) -> None:
        alone = severities(verdicts(seen(exchange(HTML, "Feature-Policy: camera 'none'"))))
        both = verdicts(seen(exchange(HTML, "Feature-Policy: camera 'none'", "Permissions-Policy: camera=()")))

        assert {"HDR016", "HDR019"} & alone.keys() == {"HDR016"}
        assert isinstance(both["HDR019"], Fail)

    def test_a_report_to_of_no_json(self) -> None:
        lines = ("Report-To: main", 'NEL: {"report_to": "main", "max_age": 60}')
        found = severities(verdicts(seen(exchange(HTML, *lines))))

        assert {"HDR038", "HDR039", "HDR040", "HDR041"} & found.keys() == {"HDR038"}
        assert isinstance(judged("HDR041", lines[0]), NotApplicable)


class TestReferrer:
    def meta(self, content: str, *lines: str) -> dict[str, Verdict]:
        element = MetaPolicy(name=PeerText("referrer"), content=PeerText(content), http_equiv=False)
        page = Page(url=PeerText(f"https://{HOST}/"), metas=(element,))
        return verdicts(dataclasses.replace(seen(exchange(HTML, *lines)), page=page))

    def test_a_meta_element_comes_after_the_header(self) -> None:
        loose = self.meta("always", "Referrer-Policy: no-referrer")
        strict = self.meta("no-referrer", "Referrer-Policy: unsafe-url")

        assert isinstance(loose["HDR015"], Fail)
        assert loose["HDR015"].faults[0].at == ("/final/meta_referrer",)
        assert isinstance(strict["HDR015"], Pass)
        assert isinstance(self.meta("origin")["HDR014"], Pass)

    def test_an_unknown_word_is_told(self) -> None:
        found = self.meta("nobody")

        assert isinstance(found["HDR014"], Fail)
        assert isinstance(found["HDR056"], Fail)


class TestCaching:
    SESSION = "Set-Cookie: PHPSESSID=0123456789abcdef; Secure; HttpOnly; SameSite=Lax"

    @pytest.mark.parametrize(
        ("lines", "failing"),
        [
            (["Cache-Control: public, max-age=600"], True),
            (["Cache-Control: s-maxage=600, max-age=0"], True),
            (["Cache-Control: max-age=600"], True),
            (["Cache-Control: max-age=600, s-maxage=0"], False),
            (["Cache-Control: private, max-age=600"], False),
            (["Cache-Control: no-cache"], False),
            (['Cache-Control: no-cache="Set-Cookie", max-age=600'], False),
            (["Cache-Control: max-age=0, must-revalidate"], False),
            ([], False),
        ],
    )
    def test_a_session_in_a_shared_cache(self, lines: list[str], failing: bool) -> None:
        assert isinstance(judged("HDR042", self.SESSION, *lines), Fail) is failing

    def test_other_cookies_are_no_question(self) -> None:
        assert isinstance(judged("HDR042", "Set-Cookie: theme=dark", "Cache-Control: max-age=600"), NotApplicable)


class TestTypes:
    def page(self, text: str | None, content_type: str = "Content-Type: text/html") -> Verdict:
        body = Body(size=10, complete=True, sha256="", text=None if text is None else PeerText(text))
        one = dataclasses.replace(exchange(content_type), body=body)
        return verdicts(HttpExchanges(exchanges=(one,)))["HDR054"]

    def test_where_a_page_names_its_encoding(self) -> None:
        assert isinstance(self.page("<p>", HTML), Pass)
        assert isinstance(self.page("<!doctype html><meta charset=utf-8>"), Pass)
        assert isinstance(self.page('<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'), Pass)
        assert isinstance(self.page("<!doctype html><p>"), Fail)
        assert isinstance(self.page(None), NotAssessed)

    def test_an_answer_without_a_type(self) -> None:
        bare = dataclasses.replace(exchange(), body=Body(size=3, complete=True, sha256="", text=PeerText("<p>")))
        empty = dataclasses.replace(exchange(), body=Body(size=0, complete=True, sha256="", text=PeerText("")))

        assert isinstance(verdicts(seen(bare))["HDR053"], Fail)
        assert isinstance(verdicts(seen(empty))["HDR053"], NotApplicable)
        assert isinstance(verdicts(seen(exchange(status=204)))["HDR053"], NotApplicable)
        assert isinstance(verdicts(seen(exchange("Content-Type: html")))["HDR053"], Fail)

    def test_a_refresh_to_plain_http_is_low(self) -> None:
        found = severities(verdicts(seen(exchange(HTML, f"Refresh: 0; url=http://{HOST}/"))))

        assert found["HDR055"] is Severity.LOW


class TestHsts:
    PRELOAD = HSTS + "; preload"

    @pytest.mark.parametrize(
        ("location", "kind"),
        [(f"https://{HOST}/", Pass), ("https://example.org/", Fail), (f"http://{HOST}/x", Fail), (None, Fail)],
    )
    def test_preloading_asks_for_a_redirect_on_the_same_host(self, location: str | None, kind: type) -> None:
        lines = () if location is None else (f"Location: {location}",)
        status = 200 if location is None else 301
        plain = exchange(*lines, url=f"http://{HOST}/", purpose=Purpose.PLAIN_ENTRY, status=status)

        assert isinstance(judged("HDR008", self.PRELOAD, more=(plain,)), kind)
        assert isinstance(judged("HDR008", self.PRELOAD), Pass)

    def test_each_host_has_its_own_entry_of_the_preload_list(self) -> None:
        apex = exchange(HTML, url="https://example.org/", purpose=Purpose.PLAIN_ENTRY, hop=1)
        hosts = {HOST: "www.example.org", "example.org": "org"}
        covered = {
            host: PreloadStatus(covered=Answer.YES, entry=entry, list_date="2026-11-01")
            for host, entry in hosts.items()
        }
        derived = Derived(preload=covered[HOST], preloaded=covered)
        evidence = read_headers(seen(exchange(HTML), apex), HOST)
        (rule,) = (one for one in all_rules() if one.info.id == "HDR001")

        assert isinstance(rule.check(Case(evidence=evidence, target=target(), derived=derived)), Pass)
        fewer = dataclasses.replace(derived, preloaded={HOST: covered[HOST]})
        assert isinstance(rule.check(Case(evidence=evidence, target=target(), derived=fewer)), Fail)

    @pytest.mark.parametrize(("trusted", "kind"), [(True, Pass), (False, Fail), (None, NotApplicable)])
    def test_a_certificate_that_is_not_trusted(self, trusted: bool | None, kind: type) -> None:
        one = dataclasses.replace(exchange(HTML, HSTS), certificate_trusted=trusted)

        assert isinstance(verdicts(seen(one))["HDR058"], kind)


def test_frame_ancestors_counts_in_headers_only() -> None:
    element = MetaPolicy(
        name=PeerText("content-security-policy"), content=PeerText("frame-ancestors 'none'"), http_equiv=True
    )
    page = Page(url=PeerText(f"https://{HOST}/"), metas=(element,))
    found = verdicts(dataclasses.replace(seen(exchange(HTML)), page=page))

    assert isinstance(found["HDR009"], Fail)


@pytest.mark.parametrize("exchanges", GOOD.values(), ids=GOOD.keys())
def test_good_sites_ask_nothing_of_cors_by_themselves(exchanges: HttpExchanges) -> None:
    found = severities(verdicts(exchanges))

    assert {key for key in found if "HDR031" < key < "HDR036"} == set()
