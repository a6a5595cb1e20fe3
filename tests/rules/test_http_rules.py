"""Details of the rules about headers, leakage and cookies that their examples do not show."""

import pytest

from scanner.model.rule import Confidence, Severity
from scanner.rules.verdict import Fail, NotApplicable, Pass, Verdict
from tests.rules.test_http_good_sites import HSTS, HTML, severities, verdicts
from tests.support.exchanges import HOST, exchange, missing, seen, to_https


def judged(rule: str, *lines: str) -> Verdict:
    """How one rule comes out on a page with these header lines."""
    return verdicts(seen(exchange(HTML, *lines)))[rule]


class TestHsts:
    @pytest.mark.parametrize(
        ("lines", "failing"),
        [
            (["max-age=31536000"], {"HDR007"}),
            (["max-age=86400; includeSubDomains"], {"HDR003"}),
            (["max-age=0"], {"HDR004"}),
            (["max-age=abc"], {"HDR002"}),
            (["max-age=31536000; includeSubDomains", "max-age=0"], {"HDR006"}),
            (["max-age=0", "max-age=31536000; includeSubDomains"], {"HDR004", "HDR006"}),
            (["max-age=31536000; preload"], {"HDR007", "HDR008"}),
            (['max-age = "31536000" ; includeSubDomains; preload'], set()),
        ],
    )
    def test_each_fault_is_told_once(self, lines: list[str], failing: set[str]) -> None:
        found = verdicts(seen(exchange(HTML, *(f"Strict-Transport-Security: {line}" for line in lines))))

        assert {
            key for key in found if key <= "HDR008" and isinstance(found[key], Fail) and key[:3] == "HDR"
        } == failing

    def test_the_header_on_one_answer_of_a_host_is_enough(self) -> None:
        hops = (exchange("Location: /a", status=302), exchange(HTML, HSTS, url=f"https://{HOST}/a", hop=1))

        assert isinstance(verdicts(seen(*hops))["HDR001"], Pass)

    def test_the_header_over_plain_http_is_information(self) -> None:
        found = verdicts(seen(exchange(HTML, HSTS), to_https(HSTS)))

        assert severities(found)["HDR005"] is Severity.INFO


class TestCookies:
    def test_a_name_that_only_looks_like_a_session_is_tentative(self) -> None:
        known, guessed = (judged("CKY002", f"Set-Cookie: {name}=1") for name in ("JSESSIONID", "my_session"))

        assert isinstance(known, Fail)
        assert isinstance(guessed, Fail)
        assert known.faults[0].confidence is None
        assert guessed.faults[0].confidence is Confidence.TENTATIVE

    @pytest.mark.parametrize("name", ["XSRF-TOKEN", "AWSALB", "__cf_bm", "theme"])
    def test_httponly_is_asked_of_sessions_only(self, name: str) -> None:
        assert isinstance(judged("CKY002", f"Set-Cookie: {name}=1"), NotApplicable)

    def test_a_refused_cookie_has_one_fault(self) -> None:
        found = verdicts(seen(exchange(HTML, "Set-Cookie: __Host-sess=1; HttpOnly; Path=/")))

        assert {key for key in severities(found) if key.startswith("CKY")} == {"CKY005"}

    def test_balancers_are_information(self) -> None:
        found = severities(
            verdicts(seen(exchange(HTML, "Set-Cookie: AWSALB=1; Path=/"), to_https("Set-Cookie: GCLB=1")))
        )

        assert {key: one for key, one in found.items() if key.startswith("CKY")} == {
            "CKY003": Severity.INFO,
            "CKY010": Severity.INFO,
        }

    def test_a_cookie_of_several_hops_is_one_fault_with_all_its_places(self) -> None:
        cookie = "Set-Cookie: theme=1; SameSite=Lax"
        found = verdicts(seen(exchange(HTML, cookie), missing(cookie)))["CKY003"]

        assert isinstance(found, Fail)
        assert [fault.at for fault in found.faults] == [("/cookies/0", "/cookies/1")]


class TestLeakage:
    @pytest.mark.parametrize("banner", ["awselb/2.0", "Microsoft-HTTPAPI/2.0", "cloudflare", "nginx"])
    def test_a_banner_that_tells_no_version(self, banner: str) -> None:
        assert isinstance(judged("INF001", f"Server: {banner}"), Pass)
        assert isinstance(judged("INF002", f"Server: {banner}"), Fail)

    def test_the_fault_stays_the_same_over_an_update(self) -> None:
        old, new = (judged("INF001", f"Server: nginx/{version}") for version in ("1.22.1", "1.30.0"))

        assert isinstance(old, Fail)
        assert isinstance(new, Fail)
        assert old.faults[0].discriminator == new.faults[0].discriminator

    def test_platform_versions_weigh_more(self) -> None:
        assert severities(verdicts(seen(exchange("X-Powered-By: PHP/8.1"))))["INF003"] is Severity.LOW
        assert severities(verdicts(seen(exchange("X-Powered-By: Express"))))["INF003"] is Severity.INFO


class TestCrossOrigin:
    def test_null_with_credentials_is_high(self) -> None:
        lines = ("Access-Control-Allow-Origin: null", "Access-Control-Allow-Credentials: true")

        assert severities(verdicts(seen(exchange(HTML, *lines))))["HDR024"] is Severity.HIGH

    def test_upper_case_corp_has_no_effect(self) -> None:
        assert isinstance(judged("HDR021", "Cross-Origin-Resource-Policy: SAME-ORIGIN"), Fail)
        assert isinstance(judged("HDR021", "Cross-Origin-Resource-Policy: same-origin"), Pass)
