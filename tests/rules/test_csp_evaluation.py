"""The set `leadline`: what browsers make of a policy, several policies together, proposals, and hostile input."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.csp import CspPolicy, Disposition
from scanner.rules.csp_evaluation import NO_POLICY, CspFinding, CspSet, evaluate, reused_nonces
from scanner.rules.csp_evaluation.addresses import address, bypass_lists, is_ip
from scanner.rules.csp_evaluation.evaluate import CHECKS
from scanner.rules.csp_evaluation.explain import absent, explain
from scanner.rules.csp_evaluation.proposal import by_nonce, tightened
from scanner.wire.csp import parse_csp_headers, parse_csp_meta

GOOD_NONCE = "'nonce-kQ2vXr8Zt1yLw5Hb0Jc7Ng=='"
PLEROMA = (
    "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; img-src 'self' data: blob: https:;"
    " media-src 'self' https:; style-src 'self' 'unsafe-inline'; font-src 'self'; manifest-src 'self';"
    " connect-src 'self' wss://www.example.org; script-src 'self'; upgrade-insecure-requests"
)


def parsed(*lines: str, disposition: Disposition = Disposition.ENFORCE) -> tuple[CspPolicy, ...]:
    return parse_csp_headers(lines, disposition)


def said(*lines: str, whose: CspSet = CspSet.LEADLINE) -> set[tuple[str, str | None, str | None]]:
    return {(one.check, one.directive, one.value) for one in evaluate(parsed(*lines)) if one.set is whose}


def checks(findings: tuple[CspFinding, ...]) -> set[str]:
    return {one.check for one in findings}


ROWS: tuple[tuple[str, str, str | None, str | None], ...] = (
    ("script-src 'self'; script-src *", "REPEATED_DIRECTIVE", "script-src", None),
    ("script-src 'self' “none”; img-src *", "NON_ASCII_DIRECTIVE", None, "script-src 'self' “none”"),
    ("block-all-mixed-content", "OBSOLETE_DIRECTIVE", "block-all-mixed-content", None),
    ("plugin-types application/pdf", "OBSOLETE_DIRECTIVE", "plugin-types", None),
    ("scrip-src 'self'", "DIRECTIVE_MISSPELLED", "scrip-src", "script-src"),
    ("img-src: 'self'", "DIRECTIVE_MISSPELLED", "img-src:", "img-src"),
    ("frame_ancestors 'self'", "DIRECTIVE_MISSPELLED", "frame_ancestors", "frame-ancestors"),
    ("default-src='none'", "DIRECTIVE_MISSPELLED", "default-src='none'", "default-src"),
    ("<script>", "DIRECTIVE_NAME_INVALID", "<script>", None),
    ("script-src a.example; https://b.example", "SOURCE_AS_DIRECTIVE", "https://b.example", None),
    ("Content-Security-Policy: default-src 'none'", "HEADER_NAME_IN_POLICY", "content-security-policy:", None),
    ("default-src 'self'", "BASE_URI_MISSING", "base-uri", None),
    ("default-src 'self'", "FORM_ACTION_MISSING", "form-action", None),
    ("default-src 'self'", "FRAME_ANCESTORS_MISSING", "frame-ancestors", None),
    ("default-src 'self'", "OBJECT_SRC_FALLBACK", "object-src", None),
    ("form-action https:", "FORM_ACTION_OPEN", "form-action", "https:"),
    ("frame-ancestors *", "FRAME_ANCESTORS_OPEN", "frame-ancestors", "*"),
    ("frame-ancestors https:", "FRAME_ANCESTORS_OPEN", "frame-ancestors", "https:"),
    ("img-src *", "DEFAULT_SRC_MISSING", "default-src", None),
    ("img-src *", "OPEN_SOURCE_LIST", "img-src", "*"),
    ("script-src-elem 'self'", "SCRIPTS_PARTLY_GOVERNED", "script-src-elem", None),
    ("script-src-attr 'none'", "SCRIPTS_PARTLY_GOVERNED", "script-src-attr", None),
    ("script-src 'self' 'none'", "NONE_IGNORED", "script-src", "'none'"),
    ("object-src * 'none'", "OBJECT_ALLOWLIST_BYPASS", "object-src", "*"),
    ("object-src", "EMPTY_SOURCE_LIST", "object-src", None),
    ("script-src-elem 'strict-dynamic'", "STRICT_DYNAMIC_BLOCKS_ALL", "script-src-elem", "'strict-dynamic'"),
    ("style-src 'unsafe-inline'", "STYLE_UNSAFE_INLINE", "style-src", "'unsafe-inline'"),
    ("worker-src data:", "WORKER_SOURCE_OPEN", "worker-src", "data:"),
    ("upgrade-insecure-requests 1", "VALUE_IGNORED", "upgrade-insecure-requests", "1"),
    ("sandbox allow-scripts allow-same-origin", "SANDBOX_WEAK", "sandbox", None),
    ("sandbox allow-everything", "SANDBOX_UNKNOWN_FLAG", "sandbox", "allow-everything"),
    ("trusted-types *", "TRUSTED_TYPES_WILDCARD", "trusted-types", "*"),
    ("trusted-types a 'allow-duplicates'", "TRUSTED_TYPES_DUPLICATES", "trusted-types", "'allow-duplicates'"),
    ("trusted-types a!b", "TRUSTED_TYPES_POLICY_NAME", "trusted-types", "a!b"),
    ("trusted-types a", "TRUSTED_TYPES_NOT_REQUIRED", "trusted-types", None),
    ("require-trusted-types-for script", "TRUSTED_TYPES_SINK", "require-trusted-types-for", "script"),
    ("default-src 'none'; report-to a", "REPORT_TO_ONLY", "report-to", None),
    ("default-src 'none'; report-uri /a", "REPORT_URI_ONLY", "report-uri", None),
    ("script-src 'nonce-abcdefgh12'", "NONCE_SHORT", "script-src", "'nonce-abcdefgh12'"),
    ("script-src 'nonce-a!b'", "NONCE_INVALID", "script-src", "'nonce-a!b'"),
    ("script-src 'nonce-{{nonce}}'", "NONCE_STATIC", "script-src", "'nonce-{{nonce}}'"),
    ("script-src 'nonce-r4nd0m'", "NONCE_STATIC", "script-src", "'nonce-r4nd0m'"),
    ("script-src 'nonce-12345678'", "NONCE_STATIC", "script-src", "'nonce-12345678'"),
    ("script-src 'nonce-aHVudGVyIGh1bnRlcg=='", "NONCE_STATIC", "script-src", "'nonce-aHVudGVyIGh1bnRlcg=='"),
    ("script-src 'sha256-abc='", "HASH_LENGTH", "script-src", "'sha256-abc='"),
    ("script-src 'sha1-abc='", "HASH_ALGORITHM", "script-src", "'sha1-abc='"),
    ("script-src Self", "KEYWORD_UNQUOTED", "script-src", "Self"),
    ("script-src trusted-types-eval", "KEYWORD_UNQUOTED", "script-src", "trusted-types-eval"),
    ("img-src 'unsafe-eval'", "KEYWORD_MISPLACED", "img-src", "'unsafe-eval'"),
    (f"img-src {GOOD_NONCE}", "KEYWORD_MISPLACED", "img-src", GOOD_NONCE),
    ("script-src 'wasm-eval'", "KEYWORD_OBSOLETE", "script-src", "'wasm-eval'"),
    ("script-src 'none", "QUOTES_WRONG", "script-src", "'none"),
    ('script-src "self"', "QUOTES_WRONG", "script-src", '"self"'),
    ("script-src 'a.example'", "QUOTES_WRONG", "script-src", "'a.example'"),
    ("script-src https://*.*.a.example", "INVALID_SOURCE", "script-src", "https://*.*.a.example"),
    ("script-src https://me@a.example", "USERINFO_SOURCE", "script-src", "https://me@a.example"),
    ("script-src a.example/x?y", "QUERY_SOURCE", "script-src", "a.example/x?y"),
    ("script-src *:443", "WILDCARD_HOST", "script-src", "*:443"),
    ("script-src *.com", "WILDCARD_TLD", "script-src", "*.com"),
    ("script-src https://*.github.io", "WILDCARD_SHARED_HOSTING", "script-src", "https://*.github.io"),
    ("script-src blob:", "LOCAL_SCHEME", "script-src", "blob:"),
    ("img-src http:", "INSECURE_SOURCE", "img-src", "http:"),
    ("connect-src ws://a.example", "INSECURE_SOURCE", "connect-src", "ws://a.example"),
    ("connect-src localhost:3000", "LOCALHOST_SOURCE", "connect-src", "localhost:3000"),
    ("script-src a.example/x/", "PATH_SOURCE", "script-src", "a.example/x/"),
    ("script-src 'self' Object-Src 'none'", "MISSING_SEMICOLON", "script-src", "Object-Src"),
)
"""A policy, and what is said of it."""


@pytest.mark.parametrize(("text", "check", "directive", "value"), ROWS)
def test_what_browsers_make_of_it(text: str, check: str, directive: str | None, value: str | None) -> None:
    assert (check, directive, value) in said(text)


def test_every_check_of_ours_is_tried() -> None:
    tried = {row[1] for row in ROWS}

    elsewhere = {"REPORT_ONLY", "META_UNHEEDED_DIRECTIVE", "REPORTING_DESTINATION_MISSING", "SCRIPT_ALLOWLIST_BYPASS"}
    assert CHECKS[CspSet.LEADLINE].keys() - tried == elsewhere


@pytest.mark.parametrize(
    ("text", "check"),
    [
        (f"script-src {GOOD_NONCE} 'strict-dynamic' https: a.example/x", "PATH_SOURCE"),
        (f"script-src {GOOD_NONCE}", "NONCE_SHORT"),
        (f"script-src {GOOD_NONCE}", "NONCE_STATIC"),
        ("script-src 'wasm-unsafe-eval'", "KEYWORD_MISPLACED"),
        ("img-src http:; upgrade-insecure-requests", "INSECURE_SOURCE"),
        ("default-src 'none'; report-uri /a; report-to a", "REPORT_URI_ONLY"),
        ("default-src 'none'", "OBJECT_SRC_FALLBACK"),
        ("script-src 'self' 'report-sha384' 'trusted-types-eval'", "KEYWORD_OBSOLETE"),
        ("trusted-types 'none'; require-trusted-types-for 'script'", "TRUSTED_TYPES_POLICY_NAME"),
        (f"style-src {GOOD_NONCE} 'unsafe-inline'", "STYLE_UNSAFE_INLINE"),
        ("worker-src blob: 'self'", "WORKER_SOURCE_OPEN"),
        ("connect-src wss:", "INSECURE_SOURCE"),
        ("fenced-frame-src https:", "DIRECTIVE_MISSPELLED"),
        ("sandbox", "SANDBOX_UNKNOWN_FLAG"),
    ],
)
def test_what_is_fine(text: str, check: str) -> None:
    assert check not in {one[0] for one in said(text)}


def test_a_known_way_round_counts_no_longer_under_strict_dynamic() -> None:
    hosts = "https://www.google.com https://cdnjs.cloudflare.com"
    bypass = "SCRIPT_ALLOWLIST_BYPASS"

    assert any(one[0] == bypass for one in said(f"script-src {hosts}", whose=CspSet.PLAIN))
    strict = said(f"script-src {GOOD_NONCE} 'strict-dynamic' {hosts}", whose=CspSet.PLAIN)
    assert not any(one[0] == bypass for one in strict)


def test_a_good_strict_policy_has_nothing_heavy() -> None:
    text = f"script-src {GOOD_NONCE} 'strict-dynamic'; object-src 'none'; base-uri 'none'"

    assert {one.severity for one in evaluate(parsed(text))} <= {"strict_csp", "info", "none"}


def test_a_pleroma_policy_comes_out_well() -> None:
    found = evaluate(parsed(PLEROMA))

    assert {one.check for one in found if one.set is CspSet.PLAIN} == {"SCRIPT_ALLOWLIST_BYPASS"}
    assert {one.severity for one in found} <= {"medium_maybe", "info"}
    notes = {(one.check, one.directive) for one in found}
    assert {("OPEN_SOURCE_LIST", "img-src"), ("OPEN_SOURCE_LIST", "media-src")} <= notes
    assert ("FORM_ACTION_MISSING", "form-action") in notes


class TestSeveralPolicies:
    @pytest.mark.parametrize(
        ("first", "second", "gone"),
        [
            ("script-src 'unsafe-inline'", "script-src 'self'", "SCRIPT_UNSAFE_INLINE"),
            ("script-src *", "script-src 'self'", "PLAIN_WILDCARD"),
            ("script-src https:", "default-src 'none'", "PLAIN_URL_SCHEMES"),
            ("script-src 'self' 'unsafe-eval'", "script-src 'self'", "SCRIPT_UNSAFE_EVAL"),
            ("script-src 'self'", "object-src 'none'", "MISSING_DIRECTIVES"),
            ("frame-ancestors *", "frame-ancestors 'none'", "FRAME_ANCESTORS_OPEN"),
            ("script-src *", "sandbox", "PLAIN_WILDCARD"),
            ("default-src 'self'", "require-trusted-types-for 'script'", "REQUIRE_TRUSTED_TYPES_FOR_SCRIPTS"),
        ],
    )
    def test_another_policy_closes_the_gap(self, first: str, second: str, gone: str) -> None:
        alone = checks(evaluate(parsed(first)))

        assert gone in alone
        assert gone not in checks(evaluate(parsed(first, second)))
        assert gone not in checks(evaluate(parsed(f"{second}, {first}")))

    @pytest.mark.parametrize(
        ("first", "second", "there"),
        [
            ("script-src 'unsafe-inline'", "frame-ancestors 'none'", "SCRIPT_UNSAFE_INLINE"),
            ("script-src 'unsafe-inline'", "script-src 'unsafe-inline' 'self'", "SCRIPT_UNSAFE_INLINE"),
            ("script-src *", "script-src https://*", "PLAIN_WILDCARD"),
            ("script-src *", "script-src https:", "PLAIN_URL_SCHEMES"),
            ("script-src https:", "script-src a.example", "SCRIPT_ALLOWLIST_BYPASS"),
            ("scrip-src 'self'", "default-src 'none'", "UNKNOWN_DIRECTIVE"),
            ("frame-ancestors *", "default-src 'none'", "FRAME_ANCESTORS_OPEN"),
            (f"script-src {GOOD_NONCE}; object-src 'none'", "frame-ancestors 'none'", "MISSING_DIRECTIVES"),
            ("default-src 'self'", "frame-ancestors 'none'", "OBJECT_SRC_FALLBACK"),
        ],
    )
    def test_what_every_policy_allows_and_what_is_wrong_in_one(self, first: str, second: str, there: str) -> None:
        assert there in checks(evaluate(parsed(first, second)))

    def test_a_policy_that_only_reports_closes_nothing(self) -> None:
        enforced = parsed("script-src 'unsafe-inline'")
        reporting = parsed("script-src 'none'", disposition=Disposition.REPORT)
        found = evaluate((*enforced, *reporting))

        assert {"SCRIPT_UNSAFE_INLINE", "REPORT_ONLY"} <= checks(found)
        assert next(one.policy for one in found if one.check == "REPORT_ONLY") == 1

    def test_a_rehearsal_is_evaluated_where_nothing_is_enforced(self) -> None:
        found = checks(evaluate(parsed("script-src 'unsafe-inline'", disposition=Disposition.REPORT)))

        assert {"SCRIPT_UNSAFE_INLINE", "REPORT_ONLY"} <= found

    def test_no_policy_at_all(self) -> None:
        assert checks(evaluate(())) == {"MISSING_DIRECTIVES", "REQUIRE_TRUSTED_TYPES_FOR_SCRIPTS"}
        assert evaluate(()) == evaluate((NO_POLICY,))

    def test_directives_that_a_meta_element_cannot_have(self) -> None:
        found = evaluate((parse_csp_meta("default-src 'none'; frame-ancestors 'none'"),))

        assert ("META_UNHEEDED_DIRECTIVE", "frame-ancestors") in {(one.check, one.directive) for one in found}


def test_nonces_that_come_twice() -> None:
    first = parsed(f"script-src {GOOD_NONCE} 'nonce-Hq7Lw2Zt9RbXk4Vd1Pc6Mg=='; style-src {GOOD_NONCE}")
    second = parsed(f"script-src {GOOD_NONCE}")

    assert {(one.directive, one.value) for one in reused_nonces(first, second)} == {
        ("script-src", GOOD_NONCE),
        ("style-src", GOOD_NONCE),
    }
    assert reused_nonces(first, parsed("script-src 'self'")) == ()


@pytest.mark.parametrize(
    ("value", "host"),
    [
        ("127.1", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("017700000001", "127.0.0.1"),
        ("1.2.3", "1.2.0.3"),
        ("http://me@10.0.0.1:80/x", "10.0.0.1"),
        ("%31.2.3.4", "1.2.3.4"),
        ("https://[2001:DB8::1]:443/x", "[2001:db8::1]"),
        ("//A.example:*", "a.example"),
        ("*.a.example", "*.a.example"),
        ("127.0.0.1.example", "127.0.0.1.example"),
    ],
)
def test_hosts_as_a_url_parser_reads_them(value: str, host: str) -> None:
    place = address(value)

    assert place is not None
    assert place.host == host
    assert is_ip(place.host) is (host[0].isdigit() and not host.endswith("e")) or host[0] == "["


@pytest.mark.parametrize("value", ["256.1.1.1", "1.2.3.4.5", "[foo]", "a b", "a:b", "https://", "1..2"])
def test_values_without_a_host(value: str) -> None:
    assert address(value) is None


def test_the_bypass_lists_say_where_they_are_from() -> None:
    lists = bypass_lists()

    assert lists["licence"] == "Apache-2.0, Copyright 2016 Google Inc."
    assert (lists["version"], lists["date"]) == ("1.1.8", "2026-05-14")


HOSTILE = (
    "x" * 65_000,
    "a.b." * 16_000,
    "script-src " + "*." * 30_000,
    "script-src " + "a " * 30_000,
    "script-src " + " ".join(f"h{number}.example" for number in range(4_000)),
    ";".join(f"scrip{number}-src x" for number in range(4_000)),
    "script-src 'nonce-" + "A" * 60_000 + "'",
    "script-src 'sha256-" + "=" * 60_000,
    "script-src " + "9" * 60_000,
    "script-src " + "1." * 30_000,
    "script-src [" + ":" * 60_000 + "]",
    "script-src https://" + "%41" * 20_000,
    "script-src a.example/" + "../" * 20_000,
    "trusted-types " + "!" * 60_000,
    "script-src 'strict-dynamic' 'unsafe-eval' " + " ".join(f"h{number}.example" for number in range(4_000)),
    "script-src " + " ".join(f"h{number}:" for number in range(8_000)),
    ",".join(f"script-src https: {' '.join(f'{n}.{m}' for m in range(120))}" for n in range(60)),
    ";".join(f"d{number}" for number in range(10_000)),
    "{0} {directive} {value!r}; script-src {x}",
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_the_largest_policies_are_evaluated_in_a_moment(text: str) -> None:
    begun = time.monotonic()
    policies = parsed(text)
    evaluate(policies)
    for policy in policies:
        explain(policy)
        absent(policy)
        tightened(policy)
        by_nonce(policy)

    assert time.monotonic() - begun < 5, "a policy of the largest size must not hold a scan up"


WORDS = st.sampled_from(
    ["script-src", "default-src", "'self'", "'none'", "'nonce-a'", "'", '"', "*", "https:", "[", "]", "%", "@", "{}",
     "1.2", "0x", "\\", "/", "?", "#", ";", ",", " ", "\t", "é", "\x00", "sha256-", "'strict-dynamic'", "sandbox"]
)  # fmt: skip


@given(st.lists(st.one_of(WORDS, st.text(max_size=3)), max_size=30).map("".join))
def test_any_text_has_an_answer(text: str) -> None:
    policies = parsed(text)
    for one in evaluate(policies):
        assert one.message
        assert one.check in CHECKS[one.set]
    for policy in policies:
        explain(policy)
        absent(policy)
        tightened(policy)
        by_nonce(policy)
