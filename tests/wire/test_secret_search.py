"""Secrets in text: every format is found, public keys are told apart, placeholders and hashes are left alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.model.evidence.content import Exposure
from scanner.wire.secret_patterns import PATTERNS
from scanner.wire.secret_search import MAX_FOUND, find_secrets
from tests.support.secrets import PUBLIC, SECRETS, chance, web_token, with_crc62

ALL = SECRETS | PUBLIC
SHOWN = "AKIA" + "ABCDEFGHIJKLMNOP"


def kinds(text: str) -> list[str]:
    return [one.kind for one in find_secrets(text)]


@pytest.mark.parametrize("kind", ALL)
def test_every_format_is_found_with_its_place(kind: str) -> None:
    text, value = ALL[kind]
    page = f"<script>\nvar a = '{text}';\n</script>"

    (found,) = find_secrets(page)

    assert (found.kind, found.value) == (kind, value)
    assert page[found.offset :].startswith(value)
    assert (found.exposure in {Exposure.PUBLIC, Exposure.IDENTIFIER}) is (kind in PUBLIC)
    assert value not in found.seal
    assert f"{len(value)} characters" in found.seal


def test_the_tests_know_every_format() -> None:
    assert {one.kind for one in PATTERNS} | {"named-secret"} == set(ALL)


@pytest.mark.parametrize(
    "text",
    [
        with_crc62("ghp_", chance(30))[:-1] + "~",
        "ghp_" + chance(36, seed=99),  # the checksum is wrong
        "npm_" + "x" * 36,
        "AKIA" + "IOSFODNN7EXAMPLE",
        "sk_live_" + "x" * 24,
        "sk_live_your_key_goes_here_0000",
        "postgres://user:password@localhost:5432/db",
        "postgres://shop:${DB_PASSWORD}@db.shop.net/shop",
        "mysql://root:secret@db.shop.net/shop",
        "https://user:pass@example.com/",
        "https://admin:hunter22222@api.example.org/",
        "https://www.example.org:8443/path@x",
        "-----BEGIN PRIVATE KEY-----\nYOUR KEY HERE\n-----END PRIVATE KEY-----",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "eyJhbGciOiJIUzI1NiJ9.bm90anNvbg.abcdefghijklmnopqrstuvwxyz",
        'integrity="sha384-' + chance(64) + '"',
        'apiKey: "REPLACE_WITH_YOUR_API_KEY"',
        'passwordPlaceholder: "Enter your password 1"',
        'csrfToken: "' + chance(40) + '"',
        'client_secret: "pi_' + chance(24) + "_secret_" + chance(25) + '"',
        'token: "this-is-a-sentence-of-words"',
        'secretKey: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"',
        'apiSecret: "https://www.shop.net/a1b2c3d4e5f6"',
        "x" + "A" * 40,
        "var hvs={};hvs.initializeSubscriptionsOnFirstPaint()",
    ],
)
def test_what_is_none(text: str) -> None:
    assert kinds(f"<p>{text}</p>") == []


@pytest.mark.parametrize(
    ("name", "found"),
    [("apiSecret", True), ("app.client_secret", True), ("password", True), ("accessToken", True), ("siteKey", False),
     ("className", False), ("publicKey", False), ("monkey", False)],
)  # fmt: skip
def test_values_are_judged_by_their_names(name: str, found: bool) -> None:
    (one,) = find_secrets(f'{{{name}: "{chance(32)}"}}') or (None,)

    assert (one is not None) is found
    assert one is None or (one.kind, one.name) == ("named-secret", name)


def test_the_first_format_keeps_a_value() -> None:
    assert kinds('secretKey: "' + SECRETS["stripe-secret-key"][0] + '"') == ["stripe-secret-key"]
    assert kinds(f'apiKey = "{web_token(role="anon")}"') == ["supabase-anon-key"]


def test_a_key_in_json_is_found_behind_escapes() -> None:
    text = SECRETS["private-key"][0].replace("\n", "\\n")

    assert kinds('{"type": "service_account", "private_key": "' + text + '\\n"}') == ["private-key"]


def test_what_is_kept_is_capped() -> None:
    text = " ".join(f"sk_live_{chance(30, seed=seed)}" for seed in range(1, MAX_FOUND + 9))

    assert len(find_secrets(text)) == MAX_FOUND


HOSTILE = (
    "eyJ",
    "-eyJ",
    ".eyJaaaaaaaa",
    "-----BEGIN PRIVATE KEY-----aaaa ",
    "algolia ",
    SHOWN + " ",
    "http://a:",
    "sk-" + "a" * 96 + " T3BlbkFJ",
    "AC" + "0" * 32 + " ",
    'apiKey:"aaaaaaaaaaaaaaaaa",',
    "0123456789abcdef-us",
    "https://" + "a" * 79 + ":",
)


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_repeats_end(piece: str) -> None:
    assert len(find_secrets((piece * (256 * 1024 // len(piece) + 1))[: 256 * 1024])) <= MAX_FOUND


PIECES = st.sampled_from(
    [text[:cut] for text, _ in ALL.values() for cut in (6, 20, len(text))] + ['key="', '"', ":", "\n", "@"]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(PIECES, st.text(max_size=6)), max_size=12).map("".join))
def test_any_text_is_searched(text: str) -> None:
    for one in find_secrets(text):
        assert text[one.offset : one.offset + len(one.value)] == one.value
        assert one.value in one.context
