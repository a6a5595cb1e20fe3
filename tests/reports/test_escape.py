"""The escapers, each against the properties that Unicode publishes."""

import json
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.escape.html import for_page, link
from reports.escape.json_text import plain_json
from reports.escape.terminal import for_terminal
from reports.escape.visible import visible

STEERING_BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def test_every_control_separator_and_bidi_character_becomes_visible() -> None:
    for code in range(sys.maxunicode + 1):
        one = chr(code)
        if unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"} or unicodedata.bidirectional(one) in STEERING_BIDI:
            assert visible(one).isascii(), hex(code)
            assert visible(one).isprintable(), hex(code)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31m", r"\x1b[31m"),
        ("\x9b", r"\x9b"),
        ("a\r\nb\tc", r"a\x0d\x0ab\x09c"),
        ("\u202e", r"\u202e"),
        ("\U000e0041", r"\U000e0041"),
        ("é 中文 😀 §", "é 中文 😀 §"),
        ("", ""),
    ],
)
def test_visible(raw: str, shown: str) -> None:
    assert visible(raw) == shown


def test_layout_keeps_line_feeds_and_tabs_only() -> None:
    assert for_page("a\n\tb\r\x0b\x0c") == "a\n\tb\\x0d\\x0b\\x0c"


@given(st.text())
def test_escaping_twice_is_escaping_once(text: str) -> None:
    assert visible(visible(text)) == visible(text)


def test_the_terminal_shows_no_more_than_the_limit_and_says_so() -> None:
    assert for_terminal("x" * 10, limit=10) == "x" * 10
    assert for_terminal("x" * 11, limit=10) == "x" * 10 + "… (+1 characters)"
    assert for_terminal("\x1b" * 11, limit=2) == r"\x1b\x1b… (+9 characters)"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "data:text/html,x",
        "ftp://example.org/",
        "//example.org/",
        "/path",
        "",
        "https://",
        "https:///x",
        "https://[x/",
        "https://exämple.org/",
        "https://example.org/\n",
        "https://example.org/ x",
        "https://example.org/\x00",
    ],
)
def test_what_is_no_plain_web_address_is_no_link(url: str) -> None:
    assert link(url) is None


def test_web_addresses_are_links() -> None:
    assert (
        link("https://www.rfc-editor.org/rfc/rfc9110#section-5") == "https://www.rfc-editor.org/rfc/rfc9110#section-5"
    )
    assert link("http://example.org") == "http://example.org"


@pytest.mark.parametrize("character", ["\x7f", "\x9b", "\u202e", "\u2066", "\u200b", "\U000e0001", "\ufeff"])
def test_json_holds_nothing_that_steers_a_display_and_reads_the_same(character: str) -> None:
    document = json.dumps({"server": f"a{character}b\n"}, ensure_ascii=False).encode()
    escaped = plain_json(document)
    assert character.encode() not in escaped
    assert json.loads(escaped) == json.loads(document)


def test_json_without_such_characters_stays_as_it_is() -> None:
    document = '{"server": "Bücher \\u0000 \\n ελ 日本"}'.encode()
    assert plain_json(document) is document
