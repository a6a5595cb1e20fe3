"""The probes that read exchanges: what they make of them, and what they do where there are none."""

import dataclasses
import datetime

import pytest

from probes.base import Known, Probe
from probes.cookies import MAX_COOKIES, CookiesProbe, read_cookies, value_shape
from probes.http_headers import HttpHeadersProbe
from probes.http_headers_reading import read_headers
from probes.leakage import LeakageProbe, read_leakage
from scanner.model.evidence.cookies import CookieKind, Cookies, Refusal, SameSite
from scanner.model.evidence.http_exchanges import HttpExchanges, Purpose
from scanner.model.evidence.http_headers import HeaderState, HstsPolicy, HttpHeaders
from scanner.model.evidence.leakage import Leakage, LeakKind
from scanner.model.outcome import Outcome
from scanner.wire.security_headers import READERS
from tests.support.exchanges import HOST, exchange, missing, observation, seen, to_https
from tests.support.sessions import session_for

HTML = "Content-Type: text/html; charset=utf-8"
SECRET = "s3cr3t-" + "0123456789abcdef" * 2
PROBES: list[tuple[Probe[object], type]] = [
    (HttpHeadersProbe(), HttpHeaders),
    (LeakageProbe(), Leakage),
    (CookiesProbe(), Cookies),
]


def session(probe: Probe[object]) -> object:
    return session_for(("127.0.0.1", 443), host=HOST, info=probe.info)


@pytest.mark.parametrize(("probe", "kind"), PROBES)
async def test_evidence_comes_with_the_outcome_of_the_exchanges(probe: Probe[object], kind: type) -> None:
    known = Known({"http_exchanges": observation("http_exchanges", seen(exchange(HTML)), Outcome.BLOCKED)})

    found = await probe.collect(session(probe), known)  # type: ignore[arg-type]

    assert isinstance(found.evidence, kind)
    assert found.outcome is Outcome.BLOCKED
    assert found.cost.connections == 0
    assert probe.info.max_connections == 0
    assert probe.info.produces is kind


@pytest.mark.parametrize(("probe", "kind"), PROBES)
async def test_no_evidence_where_the_exchanges_failed_or_never_ran(probe: Probe[object], kind: type) -> None:
    del kind
    failed = Known({"http_exchanges": observation("http_exchanges", None, Outcome.TIMEOUT)})

    after_failure = await probe.collect(session(probe), failed)  # type: ignore[arg-type]
    without = await probe.collect(session(probe), Known({}))  # type: ignore[arg-type]

    assert (after_failure.outcome, after_failure.evidence) == (Outcome.TIMEOUT, None)
    assert (without.outcome, without.evidence) == (Outcome.NOT_ASSESSED, None)


class TestHeaders:
    def test_final_document_missing_path_and_hsts(self) -> None:
        found = read_headers(
            seen(
                exchange("Location: /home", status=302),
                exchange(
                    HTML,
                    "X-Frame-Options: DENY",
                    "X-Frame-Options: SAMEORIGIN",
                    "Content-Security-Policy: default-src 'self', img-src *",
                    "Content-Security-Policy-Report-Only: default-src 'none'",
                    "Strict-Transport-Security: max-age=60",
                    "Strict-Transport-Security: max-age=0",
                    url=f"https://{HOST}/home",
                    hop=1,
                ),
                missing("X-Content-Type-Options: nosniff"),
                to_https("Strict-Transport-Security: nonsense"),
            ),
            HOST,
        )

        assert found.final is not None
        assert (found.final.hop, found.final.media_type, found.final.secure) == (1, "text/html", True)
        assert found.final.reading("x-frame-options").raw == ("DENY", "SAMEORIGIN")
        assert found.final.reading("x-content-type-options").state is HeaderState.ABSENT
        assert [policy.disposition for policy in found.final.csp] == ["enforce", "enforce", "report"]
        assert found.missing is not None
        assert found.missing.reading("x-content-type-options").effective == "nosniff"
        assert [hop.policy for hop in found.hsts] == [None, HstsPolicy(max_age=60), None, None]
        assert len(found.hsts[1].raw) == 2
        assert (found.hsts[3].secure, found.hsts[3].problem) == (False, "max-age is missing")

    def test_an_off_site_document_is_not_kept(self) -> None:
        found = read_headers(
            seen(
                exchange("Location: https://example.net/", status=301),
                exchange(HTML, "X-Frame-Options: DENY", url="https://example.net/", hop=1),
                exchange(HTML, url="https://example.org/", purpose=Purpose.PLAIN_ENTRY),
            ),
            HOST,
        )

        assert found.final is None
        assert found.no_final == "the entry redirects to another host"
        assert [hop.own for hop in found.hsts] == [True, False, True]  # example.org is the sibling of www

    @pytest.mark.parametrize(
        ("exchanges", "why"),
        [
            (seen(), "the entry was not asked"),
            (seen(exchange("Location: /", status=302)), "the redirects of the entry did not end"),
        ],
    )
    def test_why_there_is_no_final_document(self, exchanges: HttpExchanges, why: str) -> None:
        assert read_headers(exchanges, HOST).no_final == why

    def test_a_policy_beyond_the_caps_is_invalid(self) -> None:
        found = read_headers(seen(exchange("Content-Security-Policy: " + "a," * 40_000)), HOST)

        assert found.final is not None
        assert found.final.reading("content-security-policy").state is HeaderState.INVALID
        assert found.final.csp == ()

    def test_a_thousand_fields_and_large_values_are_read_with_caps(self) -> None:
        lines = [f"{name}: {'x' * 4_000}" for name in sorted(READERS) for _ in range(14)]
        found = read_headers(seen(exchange(*lines[:1_000], "Permissions-Policy: " + "a=()," * 13_000)), HOST)

        assert found.final is not None
        for reading in found.final.headers.values():
            assert len(reading.raw) <= 64
            assert all(len(line) <= 4_096 for line in reading.raw)
            assert len(reading.parts) <= 256

    def test_a_document_over_plain_http_where_https_does_not_answer(self) -> None:
        refused = dataclasses.replace(exchange(), outcome=Outcome.REFUSED, status=None)
        plain = exchange(HTML, url=f"http://{HOST}/", purpose=Purpose.PLAIN_ENTRY)

        found = read_headers(seen(refused, plain), HOST)

        assert found.final is not None
        assert (found.final.purpose, found.final.secure) == (Purpose.PLAIN_ENTRY, False)

    def test_the_www_sibling_is_still_the_site(self) -> None:
        apex = HOST.removeprefix("www.")
        found = read_headers(
            seen(exchange(f"Location: https://{apex}/", status=301), exchange(HTML, url=f"https://{apex}/", hop=1)),
            HOST,
        )

        assert found.final is not None
        assert found.final.url == f"https://{apex}/"

    def test_static_file_and_second_fetch(self) -> None:
        asset = exchange("X-Content-Type-Options: nosniff", url=f"https://{HOST}/a.css", purpose=Purpose.ASSET)
        moved = exchange("Location: /b.js", url=f"https://{HOST}/a.js", purpose=Purpose.ASSET, status=302)
        script = exchange(url=f"https://{HOST}/b.js", purpose=Purpose.SCRIPT)
        again = exchange(HTML, purpose=Purpose.REPEAT)

        found = read_headers(seen(exchange(HTML), again, moved, asset, script), HOST)
        only_script = read_headers(seen(exchange(HTML), script), HOST)

        assert found.asset is not None
        assert found.asset.url.endswith("/a.css")
        assert found.repeat is not None
        assert found.repeat.purpose is Purpose.REPEAT
        assert only_script.asset is not None
        assert only_script.asset.purpose is Purpose.SCRIPT


class TestLeakage:
    def test_every_telling_field_on_every_answer_of_the_host(self) -> None:
        found = read_leakage(
            seen(
                exchange("Server: nginx", "X-Powered-By: PHP/8.2.1", "X-Custom: x", "X-Backend-Server: 10.0.0.7"),
                missing("server : Apache/2.4.62 (Debian)"),
                exchange("Server: other", url="https://example.net/", hop=1),
            )
        )

        assert [(leak.name.strip(), leak.status, leak.kind) for leak in found.leaks] == [
            ("Server", 200, LeakKind.SERVER),
            ("X-Powered-By", 200, LeakKind.PLATFORM),
            ("X-Backend-Server", 200, LeakKind.TOPOLOGY),
            ("server", 404, LeakKind.SERVER),
        ]
        assert found.leaks[1].products[0].version == "8.2.1"
        assert found.leaks[2].internal == ("10.0.0.7",)
        assert (found.answers, found.normal) == (2, 1)

    @pytest.mark.parametrize("name", ["X-Kong-Total-Latency", "X-Tyk-Trace-Id", "X-Woodpecker-Version", "$wsep"])
    def test_names_of_the_list(self, name: str) -> None:
        (leak,) = read_leakage(seen(missing(f"{name}: 1"))).leaks

        assert (leak.name, leak.status) == (name, 404)

    def test_a_version_is_no_address(self) -> None:
        (leak,) = read_leakage(seen(exchange("X-Powered-By: WebLogic 10.3.6.0"))).leaks

        assert leak.internal == ()
        assert leak.products[0].version == "10.3.6.0"


class TestCookies:
    def test_every_cookie_on_every_hop_of_both_chains(self) -> None:
        found = read_cookies(
            seen(
                exchange(f"Set-Cookie: PHPSESSID={SECRET}; Secure; HttpOnly; SameSite=Lax", "Location: /a", status=302),
                exchange(
                    "Set-Cookie: AWSALB=x; Path=/", "Set-Cookie: XSRF-TOKEN=y; Secure", url=f"https://{HOST}/a", hop=1
                ),
                exchange("Set-Cookie: foreign=1", url="https://example.net/", hop=2),
                to_https("Set-Cookie: early=1; Secure"),
            )
        )

        assert [(one.name, one.hop, one.kind) for one in found.cookies] == [
            ("PHPSESSID", 0, CookieKind.SESSION),
            ("AWSALB", 1, CookieKind.AFFINITY),
            ("XSRF-TOKEN", 1, CookieKind.CSRF),
            ("early", 0, CookieKind.OTHER),
        ]
        assert found.cookies[0].same_site is SameSite.LAX
        assert found.cookies[3].refused == (Refusal.SECURE_OVER_HTTP,)
        assert not found.cookies[3].secure_origin

    @pytest.mark.parametrize(
        "line",
        [
            f"sid={SECRET}; Path=/",
            f"{SECRET}",
            f"={SECRET}",
            f"a=1; sid={SECRET}; Path=/",
            f"sid={SECRET}\x01",
            f"{SECRET}\x01",
            f"a=1; Comment={SECRET}",
        ],
    )
    def test_no_value_is_kept(self, line: str) -> None:
        found = read_cookies(seen(exchange(f"Set-Cookie: {line}")))

        assert len(found.cookies) == 1
        assert SECRET not in repr(found)

    def test_a_malformed_cookie_is_named_and_refused(self) -> None:
        (cookie,) = read_cookies(seen(exchange("Set-Cookie: sid=a\x00b; Secure"))).cookies

        assert (cookie.name, cookie.refused) == ("sid", (Refusal.MALFORMED,))

    def test_a_thousand_cookies_are_counted(self) -> None:
        found = read_cookies(seen(exchange(*(f"Set-Cookie: c{n}=1" for n in range(1000)))))

        assert len(found.cookies) == MAX_COOKIES
        assert found.skipped == 1000 - MAX_COOKIES

    @pytest.mark.parametrize(
        ("value", "characters"),
        [
            ("", "empty"),
            ("12", "digits"),
            ("00ff", "hexadecimal"),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_", "jwt"),
            ("Zz9", "alphanumeric"),
            ("a-b_c", "base64url"),
            ("a+b/c==", "base64"),
            ("s%3Aabc", "percent-encoded"),
            ("a b", "ascii"),
            ("\xfc", "binary"),
        ],
    )
    def test_the_shape_of_a_value(self, value: str, characters: str) -> None:
        shape = value_shape(value)

        assert (shape.length, shape.characters, len(shape.sha256_prefix)) == (len(value), characters, 8)

    def test_deletions(self) -> None:
        now = datetime.datetime(2026, 11, 21, tzinfo=datetime.UTC)
        lines = (
            "a=; Max-Age=0",
            "b=; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "c=1",
            "d=1; Max-Age=9; Expires=0 Jan 1970",
        )

        found = read_cookies(seen(exchange(*(f"Set-Cookie: {line}" for line in lines))))

        assert [one.is_deletion(now) for one in found.cookies] == [True, True, False, False]
