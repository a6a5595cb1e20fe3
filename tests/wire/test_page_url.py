"""URLs in documents: where browsers go, and whose that is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.model.page import Relation
from scanner.wire.page_url import read_link, resolve_as_browser, scheme_of
from scanner.wire.public_suffix import registrable, same_site
from scanner.wire.urls import parse_url

BASE = parse_url("https://www.example.org/a/b?q")


@pytest.mark.parametrize(
    ("raw", "url"),
    [
        ("x", "https://www.example.org/a/x"),
        ("", "https://www.example.org/a/b?q"),
        ("#f", "https://www.example.org/a/b?q"),
        ("?z", "https://www.example.org/a/b?z"),
        ("\x00 HTTPS://CDN.example.net/x ", "https://cdn.example.net/x"),
        ("ht\ntps://a\tb.test/", "https://ab.test/"),
        ("/\\cdn.test\\x?a\\b", "https://cdn.test/x?a%5Cb"),
        ("////cdn.test/x", "https://cdn.test/x"),
        ("https:/x.test/y", "https://www.example.org/x.test/y"),
        ("https:y", "https://www.example.org/a/y"),
        ("http:x.test/y", "http://x.test/y"),
        ("https://user:pass@h.test:0443/x#f", "https://h.test/x"),
        ("https://0x7f.1/", "https://127.0.0.1/"),
        ("https://017700000001/", "https://127.0.0.1/"),
        ("https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443/"),
        ("https://b\xfccher.example/\xfc ?\u20ac", "https://xn--bcher-kva.example/%C3%BC%20?%E2%82%AC"),
        ("https://ex%61mple.org", "https://example.org/"),
    ],
)
def test_where_a_browser_goes(raw: str, url: str) -> None:
    assert str(resolve_as_browser(BASE, raw)) == url


@pytest.mark.parametrize(
    "raw",
    ["javascript:x", "data:,x", "mailto:a@b.test", "blob:https://x/", "https://", "https://a b/", "https://h:99999/",
     "https://1.2.3.4.5/", "https://09/", "https://256.1.1.1/", "https://[::1", "https://%ff/",
     "https://a..b/", "x" * 9000],
)  # fmt: skip
def test_what_is_no_web_address(raw: str) -> None:
    assert resolve_as_browser(BASE, raw) is None
    assert read_link(BASE, BASE, raw).relation is Relation.OTHER


@pytest.mark.parametrize(
    ("raw", "scheme"), [(" java\tscript:x", "javascript"), ("/x:y", None), ("x", None), ("DATA:,", "data")]
)
def test_scheme(raw: str, scheme: str | None) -> None:
    assert scheme_of(raw) == scheme


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("ahtps:/\\@[]%.?#0x \t9é\ud800-"), max_size=24))
def test_any_attribute_becomes_a_link(raw: str) -> None:
    link = read_link(BASE, BASE, raw)

    assert (link.url is None) is (link.relation is Relation.OTHER)


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.bbc.co.uk", "bbc.co.uk"),
        ("WWW.Example.org.", "example.org"),
        ("alice.github.io", "alice.github.io"),
        ("github.io", None),
        ("co.uk", None),
        ("www.ck", "www.ck"),
        ("shop.zoo.test", "zoo.test"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("localhost", None),
        ("192.0.2.1", None),
        ("2001:db8::1", None),
        ("", None),
        ("a..b", None),
        ("x" * 300, None),
    ],
)
def test_registrable(host: str, domain: str | None) -> None:
    assert registrable(host) == domain


def test_sites() -> None:
    assert same_site("localhost", "localhost")
    assert same_site("a.example.org", "b.example.org")
    assert not same_site("alice.github.io", "bob.github.io")
    assert not same_site("192.0.2.1", "198.0.2.1")
