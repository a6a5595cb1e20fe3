"""Headers with members: what recipients act on, what they pass over and why; one table a family."""

import importlib.resources
import json
import re
import tomllib

import pytest

from scanner.model.evidence.http_headers import HeaderReading, HeaderState
from scanner.wire.security_headers import READERS, read_header
from scanner.wire.security_headers_permissions import (
    MOST_SUGGESTIONS,
    RETIRED_FEATURE,
    UNKNOWN_FEATURE,
    permissions_features,
)

GROUP = {"group": "g", "max_age": 60, "endpoints": [{"url": "https://a.example/r"}]}


def problems(reading: HeaderReading) -> dict[str, str]:
    """The parts that have one."""
    return {one.name: one.problem for one in reading.parts if one.problem}


@pytest.mark.parametrize(
    ("name", "lines", "effective"),
    [
        ("content-type", ["text/HTML; Charset=UTF-8"], "text/html"),
        ("content-type", ["text/html", "nonsense"], "text/html"),
        ("content-type", ["text/plain, text/html"], "text/html"),
        ("content-type", ["text/html; charset=utf-8", "text/html"], "text/html"),
        ("refresh", ["5"], "5"),
        ("refresh", ["0; URL='https://a.example/'"], "0"),
        ("refresh", [".5, /a"], "0"),
        ("service-worker-allowed", ["/"], "/"),
        ("x-dns-prefetch-control", ["Off"], "off"),
        ("x-permitted-cross-domain-policies", ["None"], "none"),
        ("x-permitted-cross-domain-policies", ["none", "none"], "none"),
        ("origin-agent-cluster", ["?0"], "?0"),
        ("document-isolation-policy", ["isolate-and-credentialless"], "isolate-and-credentialless"),
        ("integrity-policy", ["blocked-destinations=(script style), endpoints=(a)"], "script, style"),
        ("integrity-policy-report-only", ["blocked-destinations=(script), sources=(inline)"], "script"),
        ("cache-control", ["No-Store", 'max-age="60"'], "no-store, max-age"),
        ("cache-control", ['private="a, b", max-age=0'], "private, max-age"),
        ("clear-site-data", ['"cache", "cookies"', '"*"'], "cache, cookies, *"),
        ("access-control-allow-methods", ["GET, PUT", "DELETE"], "GET, PUT, DELETE"),
        ("access-control-max-age", ["0600"], "600"),
        ("timing-allow-origin", ["https://a.example", "*"], "*"),
        ("timing-allow-origin", ["https://a.example, https://b.example:8443"],
         "https://a.example, https://b.example:8443"),
        ("reporting-endpoints", ['a="https://a.example/r", b="/r"'], "a, b"),
        ("report-to", [json.dumps(GROUP), json.dumps({**GROUP, "group": "h"})], "g, h"),
        ("report-to", ['{"max_age": 0}'], "default"),
        ("report-to", ['{"max_age": 60, "endpoints": [{"url": "/reports"}]}'], "default"),
        ("nel", ['{"report_to": "g", "max_age": 60, "failure_fraction": 0.5}'], "g"),
        ("nel", ['{"max_age": 0}'], ""),
        ("alt-svc", ['h3=":443"; ma=86400, h2="alt.example:8443"'], "h3, h2"),
        ("alt-svc", ["clear"], "clear"),
        ("ratelimit", ['"default";r=50;t=30'], "default"),
        ("ratelimit-policy", ['"burst";q=100;w=60, "daily";q=1000;w=86400;pk=:YQ==:'], "burst, daily"),
        ("ratelimit-limit", ["100, 100;w=60"], "100"),
        ("feature-policy", ["camera 'none'; geolocation 'self' https://a.example"], "camera, geolocation"),
    ],
)  # fmt: skip
def test_valid(name: str, lines: list[str], effective: str) -> None:
    reading = read_header(name, lines)

    assert (reading.state, reading.effective, problems(reading)) == (HeaderState.VALID, effective, {})


@pytest.mark.parametrize(
    ("name", "lines", "why"),
    [
        ("content-type", ["html"], "type/subtype"),
        ("content-type", ["*/*"], "type/subtype"),
        ("refresh", ["soon"], "no number"),
        ("service-worker-allowed", ["/a, /b"], "not one path"),
        ("x-dns-prefetch-control", ["0"], "neither on nor off"),
        ("x-permitted-cross-domain-policies", ["none, all"], "not one of"),
        ("document-isolation-policy", ["require-corp"], "not one of"),
        ("integrity-policy", ["sources=(inline)"], "blocked-destinations is missing"),
        ("integrity-policy", ["blocked-destinations=script"], "in a list"),
        ("integrity-policy", ['blocked-destinations=("script")'], "in a list"),
        ("integrity-policy", ["blocked-destinations=(script), sources=(header)"], "inline"),
        ("cache-control", [","], "no directive"),
        ("cache-control", ["max-age=soon"], "whole number"),
        ("clear-site-data", ["cache"], "not in quotes"),
        ("clear-site-data", ['"everything"'], "no kind of data"),
        ("clear-site-data", [""], "names nothing"),
        ("access-control-allow-methods", ["GET PUT"], "no token"),
        ("access-control-max-age", ["-1"], "whole number"),
        ("timing-allow-origin", ["a.example"], "neither an origin"),
        ("reporting-endpoints", ["a=https"], "string in quotes"),
        ("reporting-endpoints", ['a="http://a.example/"'], "not https"),
        ("reporting-endpoints", ['{"group": "a"}'], "key must begin"),
        ("report-to", ["{'group': 'a'}"], "no JSON"),
        ("report-to", ['"a"'], "no JSON object"),
        ("report-to", ["[" * 5_000], "no JSON"),
        ("report-to", ['{"max_age": NaN}'], "no JSON"),
        ("report-to", [json.dumps({**GROUP, "max_age": "60"})], "max_age"),
        ("report-to", [json.dumps({**GROUP, "endpoints": [{"url": "http://a.example/"}]})], "no https endpoint"),
        ("report-to", [json.dumps({**GROUP, "group": 1})], "group is no text"),
        ("report-to", ["", ""], "no JSON"),
        ("nel", ['{"max_age": 60}'], "report_to"),
        ("nel", ['{"report_to": "g"}'], "max_age"),
        ("nel", ['{"report_to": "g", "max_age": true}'], "max_age"),
        ("nel", ['{"report_to": "g", "max_age": 1, "success_fraction": 2}'], "success_fraction"),
        ("nel", [""], "no JSON object"),
        ("alt-svc", ["h3=:443"], "grammar"),
        ("alt-svc", [""], "no service"),
        ("ratelimit", ["limit"], "not a list of named policies"),
        ("ratelimit", ['"default";t=30'], "r is no whole number"),
        ("ratelimit-policy", ["("], "key must begin"),
        ("ratelimit-limit", ["many"], "whole number"),
        ("permissions-policy", ["camera 'none'; geolocation 'self'"], "as Feature-Policy was"),
        ("permissions-policy", ["camera=(), "], "last comma"),
    ],
)
def test_void(name: str, lines: list[str], why: str) -> None:
    reading = read_header(name, lines)

    assert (reading.state, reading.effective) == (HeaderState.INVALID, None)
    assert why in (reading.problem or "")


@pytest.mark.parametrize(
    ("name", "line", "part", "why"),
    [
        ("referrer-policy", "none, no-referrer", "none", "no known policy"),
        ("cache-control", "max-age=soon, private", "max-age", "whole number"),
        ("cache-control", "no-storage, private", "no-storage", "no directive that caches know"),
        ("cache-control", "no-store max-age=0, private", "no-store max-age", "comma"),
        ("clear-site-data", '"cache", cookies', "cookies", "not in quotes"),
        ("timing-allow-origin", "https://a.example, b.example", "b.example", "neither"),
        ("reporting-endpoints", 'a="/r", b="http://b.example/"', "b", "not https"),
        ("integrity-policy", "blocked-destinations=(script image)", "blocked-destinations", "do not know"),
        ("integrity-policy", "blocked-destinations=(script), endpoint=(a)", "endpoint", "no key"),
        ("cross-origin-opener-policy", "same-origin; report-to=coop", "report-to", "not in quotes"),
        ("ratelimit", "limit=100, remaining=50, reset=5", "remaining", "drafts"),
        ("ratelimit-policy", "100;w=60", "100", "drafts"),
        ("ratelimit-policy", '"a";q=1, "b"', "b", "whole number"),
    ],
)
def test_a_member_that_is_passed_over(name: str, line: str, part: str, why: str) -> None:
    reading = read_header(name, [line])

    assert reading.state is HeaderState.VALID
    assert list(problems(reading)) == [part] or part in problems(reading)
    assert why in problems(reading)[part]


class TestPermissions:
    @pytest.mark.parametrize(
        ("allowlist", "why"),
        [
            ("none", "neither self"),
            ("src", "allow attribute"),
            ("https://a.example", "without quotes"),
            ('("self")', "in quotes"),
            ('("a b")', "no origin"),
            ('("https://a.example?q")', "no origin"),
            ("?0", "neither a token nor a string"),
            ("", None),
        ],
    )
    def test_an_allowlist_that_does_not_count(self, allowlist: str, why: str | None) -> None:
        member = f"camera={allowlist}" if allowlist else "camera"
        reading = read_header("permissions-policy", [f"usb=(), {member}"])

        assert reading.effective == "usb"
        assert (why or "neither a token") in problems(reading)["camera"]

    @pytest.mark.parametrize(
        "allowlist",
        [
            "()",
            "*",
            "self",
            "(self)",
            '(self "https://a.example" "https://*.b.example")',
            '"https://a.example"',
            '("https:" "*" "https://a.example:*" "wss://a.example:8443/" "https://[::1]")',
        ],
    )
    def test_an_allowlist_that_counts(self, allowlist: str) -> None:
        assert problems(read_header("permissions-policy", [f"camera={allowlist}"])) == {}

    def test_the_values_are_kept(self) -> None:
        reading = read_header("permissions-policy", ['camera=(self "https://a.example"), usb=(), midi=*'])

        assert [(one.name, one.values) for one in reading.parts] == [
            ("camera", ("self", "https://a.example")),
            ("usb", ()),
            ("midi", ("*",)),
        ]

    def test_features_that_are_not_known_or_no_more(self) -> None:
        reading = read_header("permissions-policy", ["camera=(), vibrate=(), camra=()"])

        found = problems(reading)
        assert (found["vibrate"], reading.effective) == (RETIRED_FEATURE, "camera, vibrate, camra")
        assert re.fullmatch(UNKNOWN_FEATURE + r" 20\d\d-\d\d-\d\d; camera may be meant", found["camra"])

    def test_what_is_like_nothing_may_be_newer(self) -> None:
        found = problems(read_header("permissions-policy", ["telepathy=()"]))

        assert re.fullmatch(UNKNOWN_FEATURE + r" 20\d\d-\d\d-\d\d", found["telepathy"])

    def test_a_thousand_unknown_names_are_not_all_compared(self) -> None:
        found = problems(read_header("permissions-policy", [", ".join(f"camra{place}=()" for place in range(200))]))

        assert sum("may be meant" in problem for problem in found.values()) == MOST_SUGGESTIONS

    def test_the_table_knows_what_owasp_lists(self) -> None:
        listed = (
            "accelerometer autoplay camera cross-origin-isolated display-capture encrypted-media fullscreen geolocation"
            " gyroscope keyboard-map magnetometer microphone midi payment picture-in-picture publickey-credentials-get"
            " screen-wake-lock sync-xhr usb web-share xr-spatial-tracking clipboard-read clipboard-write gamepad hid"
            " idle-detection interest-cohort serial unload"
        )

        assert set(listed.split()) <= set(permissions_features())


def test_a_feature_is_current_or_retired() -> None:
    text = importlib.resources.files("scanner.wire").joinpath("data/permissions_features.toml").read_text("utf-8")
    table = tomllib.loads(text)
    names = [*table["current"], *table["retired"]]

    assert len(names) == len(set(names))
    assert all(name == name.lower() for name in names)


def test_the_charset_of_a_like_value_is_kept() -> None:
    """Fetch section 3.5: a value of the same type without a charset takes over the one before it."""
    kept = read_header("content-type", ["text/html; charset=utf-8", "text/html"]).part("charset")
    other = read_header("content-type", ["text/plain; charset=utf-8", "text/html"]).part("charset")

    assert kept is not None
    assert (kept.values, other) == (("utf-8",), None)


def test_charset_and_address_are_parts() -> None:
    quoted = read_header("content-type", ['text/html; x=1; charset="UTF-8"']).part("charset")
    bare = read_header("content-type", ["text/html"]).part("charset")
    refresh = read_header("refresh", ['3;url="/next"']).part("url")

    assert quoted is not None
    assert quoted.values == ("utf-8",)
    assert bare is None
    assert refresh is not None
    assert refresh.values == ("/next",)


@pytest.mark.parametrize(
    "text",
    [
        "1" * 60_000 + "x",
        "a" * 60_000,
        "a-" * 20_000 + " " * 20_000,
        " " * 60_000 + "x",
        "0;" + " " * 60_000 + "url" + " " * 100,
        'a;charset="' * 5_000,
        '"' * 60_000,
        "\\" * 60_000,
        ";" * 60_000,
        "(" * 60_000,
        "a=(" * 15_000,
        "a=();" * 12_000,
        "h3=" * 20_000,
        '{"a":' * 10_000,
    ],
)
def test_long_input_is_read_in_time(text: str) -> None:
    """A pattern that goes over its input again and again would hang here."""
    for name in READERS:
        assert read_header(name, [text]).state in {HeaderState.VALID, HeaderState.INVALID}


def test_members_are_capped() -> None:
    reading = read_header("cache-control", [", ".join(f"a{number}" for number in range(1_000)) + ", private"])

    assert len(reading.parts) == 256
