import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import Malformed
from scanner.model.csp import CspDirective, CspPolicy, Delivery, Disposition
from scanner.model.peer import PeerText
from scanner.wire.csp import MAX_POLICIES, parse_csp_headers, parse_csp_meta


def one(text: str) -> CspPolicy:
    (policy,) = parse_csp_headers([text], Disposition.ENFORCE)
    return policy


def sources(policy: CspPolicy, name: str) -> tuple[str, ...] | None:
    found = policy.effective(name)
    return None if found is None else found.sources


def test_directives_names_without_case_sources_as_written() -> None:
    policy = one("Default-SRC 'self'\thttps://A.example ;; IMG-src *;upgrade-insecure-requests")

    assert [(directive.name, directive.sources) for directive in policy.directives] == [
        ("default-src", ("'self'", "https://A.example")),
        ("img-src", ("*",)),
        ("upgrade-insecure-requests", ()),
    ]


def test_the_first_of_repeated_directives_wins() -> None:
    policy = one("script-src 'self'; SCRIPT-src *; script-src 'none'")

    assert sources(policy, "script-src") == ("'self'",)
    assert policy.repeated == ("script-src",)


def test_commas_and_repeated_lines_make_policies() -> None:
    policies = parse_csp_headers(["default-src 'self', img-src *", "script-src 'none'", " , ;"], Disposition.REPORT)

    assert [policy.directives[0].name for policy in policies] == ["default-src", "img-src", "script-src"]
    assert {policy.disposition for policy in policies} == {Disposition.REPORT}


def test_a_directive_that_is_not_ascii_is_skipped_alone() -> None:
    policy = one("img-src *; script-src h\xfcte.example; font-src 'none'")

    assert [directive.name for directive in policy.directives] == ["img-src", "font-src"]
    assert policy.dropped == ("script-src h\xfcte.example",)


@pytest.mark.parametrize(
    ("name", "governs"),
    [
        ("object-src", "default-src"),
        ("script-src-attr", "script-src"),
        ("style-src-elem", "default-src"),
        ("worker-src", "script-src"),
        ("frame-src", "default-src"),
        ("base-uri", None),
        ("form-action", None),
        ("frame-ancestors", None),
    ],
)
def test_fallbacks(name: str, governs: str | None) -> None:
    found = one("default-src a; script-src b").effective(name)

    assert (found.name if found else None) == governs


@pytest.mark.parametrize(
    ("text", "open_to_inline"),
    [
        ("script-src 'unsafe-inline'", True),
        ("script-src 'UNSAFE-INLINE'", True),
        ("default-src 'unsafe-inline'", True),
        ("script-src 'self'", False),
        ("script-src 'unsafe-inline' 'nonce-abc123=='", False),
        ("script-src 'unsafe-inline' 'sha256-AAAA='", False),
        ("script-src 'unsafe-inline' 'strict-dynamic'", False),
        ("script-src 'unsafe-inline' 'nonce-'", True),
        ("script-src 'unsafe-inline' 'sha1-AAAA'", True),
    ],
)
def test_inline_scripts_as_csp3_says(text: str, open_to_inline: bool) -> None:
    found = one(text).effective("script-src-elem")

    assert found is not None
    assert found.allows_all_inline is open_to_inline


def test_none_counts_only_alone() -> None:
    def directive(*words: str) -> CspDirective:
        return CspDirective(name=PeerText("img-src"), sources=tuple(map(PeerText, words)))

    assert directive().is_none
    assert directive("'NONE'").is_none
    assert not directive("'none'", "https://a.example").is_none


def test_meta_leaves_out_what_has_no_effect_there() -> None:
    policy = parse_csp_meta("default-src 'self', 'none'; frame-ancestors 'none'; report-uri /r; sandbox")

    assert [directive.name for directive in policy.directives] == ["default-src"]
    assert policy.unheeded == ("frame-ancestors", "report-uri", "sandbox")
    assert policy.delivery is Delivery.META


def test_caps() -> None:
    with pytest.raises(Malformed, match="policies"):
        parse_csp_headers([",".join(["img-src *"] * (MAX_POLICIES + 1))], Disposition.ENFORCE)
    with pytest.raises(Malformed, match="longer"):
        parse_csp_headers(["a" * 40_000, "a" * 40_000], Disposition.ENFORCE)
    with pytest.raises(Malformed, match="longer"):
        parse_csp_meta("a" * 70_000)


@given(st.lists(st.text(alphabet="abc-'; ,\t\n\x0b*:/\xfc", max_size=60) | st.text(max_size=40), max_size=5))
def test_policies_or_malformed_and_lines_are_commas(lines: list[str]) -> None:
    try:
        policies = parse_csp_headers(lines, Disposition.ENFORCE)
    except Malformed:
        return
    assert policies == parse_csp_headers([",".join(lines)], Disposition.ENFORCE)
    for policy in policies:
        names = [directive.name for directive in policy.directives]
        assert len(names) == len(set(names))
        assert set(policy.repeated) <= set(names)
