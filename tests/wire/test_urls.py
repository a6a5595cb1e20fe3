"""URLs of peers: where a Location leads, and what is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.errors import Malformed
from scanner.wire.urls import MAX_URL, HttpUrl, OtherScheme, parse_url, resolve_url

BASE = parse_url("https://www.example.org/a/b/c?q=1")


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("https://example.net/", "https://example.net/"),
        ("HTTPS://EXAMPLE.net", "https://example.net/"),
        ("//cdn.example.net/x", "https://cdn.example.net/x"),
        ("/x", "https://www.example.org/x"),
        ("x", "https://www.example.org/a/b/x"),
        ("./x", "https://www.example.org/a/b/x"),
        ("../x", "https://www.example.org/a/x"),
        ("../../../../x", "https://www.example.org/x"),
        ("..", "https://www.example.org/a/"),
        ("?p=2", "https://www.example.org/a/b/c?p=2"),
        ("#top", "https://www.example.org/a/b/c?q=1"),
        ("  /x  ", "https://www.example.org/x"),
        ("/a b", "https://www.example.org/a%20b"),
        ("/100%", "https://www.example.org/100%25"),
        ("/%7Eu%zz", "https://www.example.org/%7Eu%25zz"),
        ("/caf\xc3\xa9", "https://www.example.org/caf%C3%A9"),
        ("http://www.example.org:80/", "http://www.example.org/"),
        ("http://www.example.org:443/", "http://www.example.org:443/"),
        ("https://www.example.org:8443", "https://www.example.org:8443/"),
        ("https://www.example.org:/x", "https://www.example.org/x"),
        ("https://www.example.org./x", "https://www.example.org/x"),
        ("https://192.0.2.1/x", "https://192.0.2.1/x"),
        ("https://[2001:DB8::1]:8443/x", "https://[2001:db8::1]:8443/x"),
        ("https://b\xc3\xbccher.example/", "https://xn--bcher-kva.example/"),
        ("https://my_host.example/", "https://my_host.example/"),
        ("?next=https:\\\\x", "https://www.example.org/a/b/c?next=https:%5C%5Cx"),
    ],
)
def test_location_is_resolved(location: str, expected: str) -> None:
    assert str(resolve_url(BASE, location)) == expected


def test_user_info_is_dropped_and_flagged() -> None:
    url = resolve_url(BASE, "https://admin:secret@example.net/x")

    assert url.user_info
    assert str(url) == "https://example.net/x"


@pytest.mark.parametrize(
    "location",
    [
        "",
        "   ",
        "https://",
        "https:///x",
        "https:x",
        "https://exa mple.net/",
        "https://example.net:0/",
        "https://example.net:70000/",
        "https://example.net:8a/",
        "https://example.net:1:2/",
        "https://[::1/",
        "https://[::1]x/",
        "https://[fe80::1%eth0]/",
        "https://[v1.x]/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://1.2.3.4.5/",
        "https://-x.example/",
        "https://a..b/",
        "https://%31.example/",
        "https://xn--\xc3\xbc.example/",
        "https:\\\\evil.example/",
        "/\\evil.example",
        "/x\r\ny",
        "/x\x00",
        "1http://x/",
        "/" + "x" * MAX_URL,
        "/" + "\xff" * (MAX_URL // 2),
        "https://" + "a." * 200 + "example/",
    ],
)
def test_malformed_location_is_refused(location: str) -> None:
    with pytest.raises(Malformed) as caught:
        resolve_url(BASE, location)
    assert not isinstance(caught.value, OtherScheme)


@pytest.mark.parametrize("location", ["javascript:alert(1)", "ftp://x/", "app://open", "data:text/html,x", "file:///x"])
def test_other_schemes_are_told_apart(location: str) -> None:
    with pytest.raises(OtherScheme) as caught:
        resolve_url(BASE, location)
    assert caught.value.scheme == location.partition(":")[0]


def test_host_port_and_origin() -> None:
    url = parse_url("http://Example.org:8080/x?y#z")

    assert url == HttpUrl(scheme="http", host="example.org", port=8080, path="/x", query="y")
    assert url.authority == "example.org:8080"
    assert url.target == "/x?y"
    assert url.origin == ("http", "example.org", 8080)
    assert url.same_host(parse_url("https://example.org/"))
    assert not url.same_host(parse_url("https://www.example.org/"))
    assert str(url.at("/other")) == "http://example.org:8080/other"


def test_a_relative_url_is_none_to_parse() -> None:
    with pytest.raises(Malformed, match="without a scheme"):
        parse_url("//example.org/")


ALPHABET = st.sampled_from("abAZ09:/?#[]@!$&'()*+,;=-._~%\\ \t\r\n\x00\xfc\xff\u2100\uff0e") | st.characters()


@settings(max_examples=600)
@given(
    st.text(ALPHABET, max_size=60), st.sampled_from(["", "http://", "https://", "//", "/", "https://[", "https://a@"])
)
def test_any_text_gives_a_url_that_stands_or_malformed(text: str, prefix: str) -> None:
    try:
        url = resolve_url(BASE, prefix + text)
    except Malformed:
        return
    again = parse_url(str(url))
    assert again == HttpUrl(scheme=url.scheme, host=url.host, port=url.port, path=url.path, query=url.query)
    assert str(url).isascii()
    assert not set(str(url)) & set(" \t\r\n\\\x00")
