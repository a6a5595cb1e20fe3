"""What the user may type as a target, and what is refused with one line."""

# ruff: noqa: RUF001 - characters that look like others are what this is about

import ipaddress
import re
from collections.abc import Callable
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import Malformed, UserFault
from scanner.model.options import Override
from scanner.model.target import Target
from scanner.wire.host import parse_host
from scanner.wire.target_url import MAX_URL, parse_nameserver, parse_override, parse_target

T = TypeVar("T")

L63 = "a" * 63
NAME_253 = f"{L63}.{L63}.{L63}.{'b' * 61}"

HOSTS_ACCEPTED = {
    # names
    "example.org": "example.org",
    "EXAMPLE.Org": "example.org",
    "example.org.": "example.org",
    "www.example.co.uk": "www.example.co.uk",
    "localhost": "localhost",
    "a": "a",
    "1.example": "1.example",
    "3com.com": "3com.com",
    "0x7f.example": "0x7f.example",
    "1.2.3.4.example": "1.2.3.4.example",
    "127.0.0.1.nip.io": "127.0.0.1.nip.io",
    "a1": "a1",
    "0xg": "0xg",
    "x0": "x0",
    "my_host.example": "my_host.example",
    "_dmarc.example": "_dmarc.example",
    "a--b.example": "a--b.example",
    "r3---sn-abc.example": "r3---sn-abc.example",
    "a-b-c.example": "a-b-c.example",
    f"{L63}.example": f"{L63}.example",
    NAME_253: NAME_253,
    f"{NAME_253}.": NAME_253,
    # internationalized names (UTS 46, non-transitional)
    "bücher.example": "xn--bcher-kva.example",
    "BÜCHER.example": "xn--bcher-kva.example",
    "bu\u0308cher.example": "xn--bcher-kva.example",
    "xn--bcher-kva.example": "xn--bcher-kva.example",
    "XN--BCHER-KVA.example": "xn--bcher-kva.example",
    "faß.example": "xn--fa-hia.example",
    "ς.example": "xn--3xa.example",
    "例え.テスト": "xn--r8jz45g.xn--zckzah",
    "пример.рф": "xn--e1afmkfd.xn--p1ai",
    "مثال.إختبار": "xn--mgbh0fb.xn--kgbechtv",
    "डेमो.भारत": "xn--e2b0a0era.xn--h2brj9c",
    "क्‍ष.example": "xn--11b2ezcw70k.example",
    "münchen。example": "xn--mnchen-3ya.example",
    "ｅｘａｍｐｌｅ．ｏｒｇ": "example.org",
    "example。org": "example.org",
    "example｡org": "example.org",
    "ex\u00adample.org": "example.org",
    "exam\u200bple.org": "example.org",
    "ﬁne.example": "fine.example",
    "ΑΒΓ.example": "xn--mxacd.example",
    # IPv4
    "192.0.2.1": "192.0.2.1",
    "0.0.0.0": "0.0.0.0",
    "255.255.255.255": "255.255.255.255",
    "127.0.0.1": "127.0.0.1",
    "127.0.0.1.": "127.0.0.1",
    "１２７.0.0.1": "127.0.0.1",
    "127。0。0。1": "127.0.0.1",
    "169．254．169．254": "169.254.169.254",
    "①②⑦.0.0.①": "127.0.0.1",
    # IPv6
    "[::1]": "::1",
    "[::]": "::",
    "[2001:db8::1]": "2001:db8::1",
    "[2001:DB8:0:0:0:0:0:1]": "2001:db8::1",
    "[2001:0db8:0000:0000:0000:0000:0000:0001]": "2001:db8::1",
    "[2001:db8:0:0:1:0:0:1]": "2001:db8::1:0:0:1",
    "[::ffff:192.0.2.1]": "::ffff:192.0.2.1",
    "[::FFFF:C000:0201]": "::ffff:192.0.2.1",
    "[64:ff9b::192.0.2.1]": "64:ff9b::c000:201",
    "[2002:c000:201::]": "2002:c000:201::",
    "[fe80::1]": "fe80::1",
}

NUMBER = "ends in a number"
MALFORMED = "malformed label"
EMPTY = "empty"
LONG = "longer than"
IDN = "internationalized"

HOSTS_REFUSED = {
    # numbers that some clients take for an IPv4 address
    "127.1": NUMBER,
    "127.0.1": NUMBER,
    "2130706433": NUMBER,
    "0": NUMBER,
    "1": NUMBER,
    "017700000001": NUMBER,
    "0177.0.0.1": NUMBER,
    "0177.0.0.01": NUMBER,
    "127.0.0.01": NUMBER,
    "00.0.0.0": NUMBER,
    "0x7f.1": NUMBER,
    "0x7f.0.0.1": NUMBER,
    "0x7f000001": NUMBER,
    "0X7F000001": NUMBER,
    "0x7f.0x0.0x0.0x1": NUMBER,
    "127.0.0.0x1": NUMBER,
    "0x": NUMBER,
    "example.0x": NUMBER,
    "example.0xff": NUMBER,
    "example.1": NUMBER,
    "foo.0": NUMBER,
    "1.2.3": NUMBER,
    "1.2.3.4.5": NUMBER,
    "1.2.3.08": NUMBER,
    "4294967296": NUMBER,
    "127.0.0.1e1.2": NUMBER,
    "２１３０７０６４３３": NUMBER,
    "０x7f.1": NUMBER,
    "127。1": NUMBER,
    "256.1.1.1": "at most 255",
    "1.1.1.256": "at most 255",
    "999.999.999.999": "at most 255",
    "127.1.": NUMBER,
    "192.0.2.1..": EMPTY,
    # labels
    ".": EMPTY,
    "..": EMPTY,
    ".example.org": EMPTY,
    "example..org": EMPTY,
    "example.org..": EMPTY,
    "a.。b": EMPTY,
    "\u200b.example": EMPTY,
    "-a.example": MALFORMED,
    "a-.example": MALFORMED,
    "-": MALFORMED,
    "a!b.example": MALFORMED,
    "a*b.example": MALFORMED,
    "*.example.org": MALFORMED,
    "a,b.example": MALFORMED,
    "a;b.example": MALFORMED,
    "a=b": MALFORMED,
    "a&b": MALFORMED,
    "a$b": MALFORMED,
    "a'b": MALFORMED,
    'a"b': MALFORMED,
    "a(b)": MALFORMED,
    "a+b.example": MALFORMED,
    "a~b.example": MALFORMED,
    "a|b.example": MALFORMED,
    "a^b.example": MALFORMED,
    "a`b.example": MALFORMED,
    "a{b}.example": MALFORMED,
    "<script>.example": MALFORMED,
    "a]b": MALFORMED,
    "a[b": MALFORMED,
    "b\u2044c.example": IDN,
    # length
    f"{'a' * 64}.example": LONG,
    f"{NAME_253}b": LONG,
    "a." * 127 + "aa": LONG,
    "a" * 10_000: LONG,
    "ü" * 10_000: LONG,
    "ü" * 64: IDN,
    f"{'ü.' * 60}example": LONG,
    # internationalized names
    "xn--": IDN,
    "xn--a": IDN,
    "xn--zzzzzzz--": IDN,
    "xn--bcher-kva-": IDN,
    "xn--ls8h.example": IDN,
    "xn--0": IDN,
    "❤.example": IDN,
    "💩.example": IDN,
    "a\u202eb.example": IDN,
    "a\u2028b.example": "white space",
    "\u0300a.example": IDN,
    "אa.example": IDN,
    "a\ufffdb.example": IDN,
    "a\ue000b.example": IDN,
    "a\U000e0001b.example": IDN,
    "ab⒈com": IDN,
    "a\u2024b": IDN,
    "a\u200cb.example": IDN,
    "a\u200db.example": IDN,
    "-ü.example": IDN,
    "ü-.example": IDN,
    "üü--ü.example": IDN,
    # percent signs, brackets, zones
    "%31%32%37.0.0.1": "percent sign",
    "example%2eorg": "percent sign",
    "ex%61mple.org": "percent sign",
    "％３１.example": MALFORMED,
    "[]": "no IPv6 address",
    "[": "not closed",
    "[::1": "not closed",
    "[::1]]": "after the ]",
    "[[::1]]": "after the ]",
    "[::1]x": "after the ]",
    "[::1].example": "after the ]",
    "[1.2.3.4]": "no IPv6 address",
    "[example.org]": "no IPv6 address",
    "[:::1]": "no IPv6 address",
    "[::1::]": "no IPv6 address",
    "[1:2:3:4:5:6:7]": "no IPv6 address",
    "[1:2:3:4:5:6:7:8:9]": "no IPv6 address",
    "[12345::]": "no IPv6 address",
    "[::g]": "no IPv6 address",
    "[::ffff:256.0.0.1]": "no IPv6 address",
    "[::ffff:0x7f.1]": "no IPv6 address",
    "[v1.fe80]": "no IPv6 address",
    "[::1/64]": "not closed",
    "[fe80::1%eth0]": "zone",
    "[fe80::1%25eth0]": "zone",
    "[::1%]": "zone",
    "::1": "brackets",
    "2001:db8::1": "brackets",
    "fe80::1%eth0": "brackets",
    # user info
    "user@example.org": "user names",
    "@example.org": "user names",
    "@": "user names",
    "a@b@c": "user names",
    # white space, control characters, backslashes
    "exam ple.org": "white space",
    "example.org\u00a0x": "white space",
    "example\u3000org": "white space",
    "example\torg": "white space",
    "example\norg": "white space",
    "exam\x00ple.org": "control character",
    "exam\x1bple.org": "control character",
    "exam\x7fple.org": "control character",
    "exam\x9bple.org": "control character",
    "example.org\\@evil.example": "backslash",
    "\\\\example.org": "backslash",
}  # fmt: skip


def test_the_table_has_at_least_150_forms() -> None:
    assert len(HOSTS_ACCEPTED) + len(HOSTS_REFUSED) >= 150


@pytest.mark.parametrize(("typed", "host"), HOSTS_ACCEPTED.items(), ids=ascii)
def test_host_accepted(typed: str, host: str) -> None:
    target = parse_target(f"https://{typed}/")

    assert target.host == host
    assert parse_target(typed) == target
    is_address = ":" in host or host.replace(".", "").isdigit()
    assert target.is_address == is_address
    assert target.sni == (None if is_address else host)


@pytest.mark.parametrize(("typed", "reason"), HOSTS_REFUSED.items(), ids=lambda value: ascii(value)[:40])
def test_host_refused(typed: str, reason: str) -> None:
    for url in (f"https://{typed}/", typed):
        with pytest.raises(UserFault, match=re.escape(reason)) as caught:
            parse_target(url)
        assert one_clear_line(str(caught.value))


def one_clear_line(message: str) -> bool:
    return message.isprintable() and len(message) < 400


URLS = {
    "example.org": ("https://example.org/", "https", 443, "/"),
    "https://example.org": ("https://example.org/", "https", 443, "/"),
    "HTTPS://EXAMPLE.ORG/": ("https://example.org/", "https", 443, "/"),
    "http://example.org/": ("http://example.org/", "http", 80, "/"),
    "https://example.org:443/": ("https://example.org/", "https", 443, "/"),
    "http://example.org:443/": ("http://example.org:443/", "http", 443, "/"),
    "https://example.org:80": ("https://example.org:80/", "https", 80, "/"),
    "example.org:8443": ("https://example.org:8443/", "https", 8443, "/"),
    "localhost:8443/a": ("https://localhost:8443/a", "https", 8443, "/a"),
    "localhost:8443?q": ("https://localhost:8443/?q", "https", 8443, "/?q"),
    "localhost:8443#f": ("https://localhost:8443/", "https", 8443, "/"),
    "example.org:0443": ("https://example.org/", "https", 443, "/"),
    "example.org/a/b?c=d#e": ("https://example.org/a/b?c=d", "https", 443, "/a/b?c=d"),
    "example.org?c=d": ("https://example.org/?c=d", "https", 443, "/?c=d"),
    "example.org#top": ("https://example.org/", "https", 443, "/"),
    "example.org/a:b@c": ("https://example.org/a:b@c", "https", 443, "/a:b@c"),
    "example.org/?u=https://x@y/": ("https://example.org/?u=https://x@y/", "https", 443, "/?u=https://x@y/"),
    "example.org/%7Ea%2fb": ("https://example.org/%7Ea%2fb", "https", 443, "/%7Ea%2fb"),
    "example.org/é?ü": ("https://example.org/%C3%A9?%C3%BC", "https", 443, "/%C3%A9?%C3%BC"),
    'example.org/"<>': ("https://example.org/%22%3C%3E", "https", 443, "/%22%3C%3E"),
    "https://[2001:DB8::1]:8443/x": ("https://[2001:db8::1]:8443/x", "https", 8443, "/x"),
    "[2001:db8::1]": ("https://[2001:db8::1]/", "https", 443, "/"),
    "http://[::1]:80": ("http://[::1]/", "http", 80, "/"),
    "127.0.0.1:8080": ("https://127.0.0.1:8080/", "https", 8080, "/"),
    "  https://example.org/\r\n": ("https://example.org/", "https", 443, "/"),
    "https://bücher.example/": ("https://xn--bcher-kva.example/", "https", 443, "/"),
    "http.example:8080": ("https://http.example:8080/", "https", 8080, "/"),
}


@pytest.mark.parametrize(("typed", "expected"), URLS.items(), ids=ascii)
def test_url_accepted(typed: str, expected: tuple[str, str, int, str]) -> None:
    target = parse_target(typed)

    assert (target.url, target.scheme, target.port, target.path) == expected
    assert parse_target(target.url) == target or target.unicode_host


URLS_REFUSED = {
    "": "the URL is empty",
    "   ": "the URL is empty",
    "https://": "no host",
    "https:///path": "no host",
    "https://?q": "no host",
    "https://:443/": "the host is empty",
    "/path": "no host",
    "?q": "no host",
    "#f": "no host",
    ":443": "the host is empty",
    "//example.org/": "no scheme",
    "https:example.org": "two slashes",
    "https:/example.org": "two slashes",
    "http:8080": "two slashes",
    "ftp://example.org/": "the scheme ftp is not scanned",
    "https://user:secret@example.org/": "user names",
    "user:secret@example.org": "neither https nor http",
    "file:///etc/passwd": "the scheme file is not scanned",
    "ws://example.org/": "the scheme ws is not scanned",
    "javascript:alert(1)": "neither https nor http",
    "mailto:a@example.org": "neither https nor http",
    "data:text/html,x": "neither https nor http",
    "https://https://example.org": "the port is missing",
    "example.org:": "the port is missing",
    "localhost:": "the port is missing",
    "https://example.org:/": "the port is missing",
    "example.org:0": "between 1 and 65535",
    "example.org:70000": "between 1 and 65535",
    "example.org:65536": "between 1 and 65535",
    "example.org:99999999999999999999": "between 1 and 65535",
    "example.org:-1": "the port is no number",
    "example.org:+1": "the port is no number",
    "example.org:https": "the port is no number",
    "example.org:８０": "the port is no number",
    "example.org:²": "the port is no number",
    "https://localhost:80x/": "the port is no number",
    "example.org:80:80": "more than one colon",
    "[::1]:": "the port is missing",
    "[::1]:x": "the port is no number",
    "[::1]443": "after the ]",
    "example.org/100%": "%25",
    "example.org/%zz": "%25",
    "example.org/a b": "white space",
    "example.org/a\\b": "backslash",
    "example.org/\x00": "control character",
    "example.org/\x1b[31m": "control character",
    "example.org/\ud800": "no text",
    "ex\udc80mple.org": "no text",
    "x" * (MAX_URL + 1): "longer than",
    "example.org/" + "x" * MAX_URL: "longer than",
}


@pytest.mark.parametrize(("typed", "reason"), URLS_REFUSED.items(), ids=lambda value: ascii(value)[:40])
def test_url_refused(typed: str, reason: str) -> None:
    with pytest.raises(UserFault, match=re.escape(reason)) as caught:
        parse_target(typed)
    assert one_clear_line(str(caught.value))


def test_a_password_is_not_repeated() -> None:
    for url in ("https://root:hunter2@example.org/", "root:hunter2@example.org", "https://root:hunter2/x@example.org"):
        with pytest.raises(UserFault) as caught:
            parse_target(url)
        assert "hunter2" not in str(caught.value)


def test_both_forms_of_an_internationalized_name_are_kept() -> None:
    target = parse_target("https://Bücher.example:8443/")

    assert (target.host, target.unicode_host, target.sni) == (
        "xn--bcher-kva.example", "bücher.example", "xn--bcher-kva.example",
    )  # fmt: skip
    assert parse_target("xn--bcher-kva.example").unicode_host == "bücher.example"
    assert parse_target("example.org").unicode_host is None


def test_plain_http_has_no_name_in_tls_and_labels_are_kept() -> None:
    assert parse_target("http://example.org").sni is None
    assert parse_target("example.org", labels=("shop",)).labels == ("shop",)


OVERRIDES = {
    "example.org:443:127.0.0.1": Override(host="example.org", port=443, address="127.0.0.1", to_port=443),
    "example.org:443:127.0.0.1:8443": Override(host="example.org", port=443, address="127.0.0.1", to_port=8443),
    "example.org:443:[::1]": Override(host="example.org", port=443, address="::1", to_port=443),
    "EXAMPLE.org.:80:[2001:DB8::1]:8080": Override(host="example.org", port=80, address="2001:db8::1", to_port=8080),
    "bücher.example:443:192.0.2.1": Override(host="xn--bcher-kva.example", port=443, address="192.0.2.1", to_port=443),
    "[::1]:443:127.0.0.1": Override(host="::1", port=443, address="127.0.0.1", to_port=443),
}


@pytest.mark.parametrize(("typed", "expected"), OVERRIDES.items(), ids=ascii)
def test_override(typed: str, expected: Override) -> None:
    assert parse_override(typed) == expected


@pytest.mark.parametrize(
    "typed",
    [
        "", ":", "::", "example.org", "example.org:443", "example.org:443:", "example.org::127.0.0.1",
        ":443:127.0.0.1", "example.org:0:127.0.0.1", "example.org:70000:127.0.0.1", "example.org:x:127.0.0.1",
        "example.org:443:other.example", "example.org:443:::1", "example.org:443:[::1", "example.org:443:[::1]x",
        "example.org:443:127.0.0.1:", "example.org:443:127.0.0.1:0", "example.org:443:127.0.0.1:1:2",
        "example.org:443:127.1", "example.org:443:2130706433", "example.org:443:[fe80::1%lo]", "*:443:127.0.0.1",
        "exa mple.org:443:127.0.0.1", "\x1b:443:127.0.0.1",
    ],
)  # fmt: skip
def test_override_refused(typed: str) -> None:
    with pytest.raises(UserFault, match="write HOST:PORT:ADDR") as caught:
        parse_override(typed)
    assert one_clear_line(str(caught.value))


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("192.0.2.53", ("192.0.2.53", 53)),
        ("192.0.2.53:5353", ("192.0.2.53", 5353)),
        ("2001:DB8::53", ("2001:db8::53", 53)),
        ("[2001:db8::53]", ("2001:db8::53", 53)),
        ("[2001:db8::53]:5353", ("2001:db8::53", 5353)),
    ],
)
def test_nameserver(typed: str, expected: tuple[str, int]) -> None:
    assert parse_nameserver(typed) == expected


@pytest.mark.parametrize("typed", ["", "dns.example", "192.0.2.53:", "192.0.2.53:0", "[::1]:x", "::1]", "127.1", "%"])
def test_nameserver_refused(typed: str) -> None:
    with pytest.raises(UserFault, match="write the resolver as") as caught:
        parse_nameserver(typed)
    assert one_clear_line(str(caught.value))


PIECES = st.sampled_from(
    [
        "https://", "http://", "//", "/", ":", "@", "[", "]", ".", "..", "%", "%25", "0x", "127", "1", "443", "::",
        "xn--", "-", "_", "ü", "。", "．", "\u200d", "\u202e", "#", "?", "\\", " ", "example", "org", "ß", "א", "\x00",
    ]
)  # fmt: skip
ANYTHING = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=12).map("".join))
HOST_CHARACTERS = re.compile(r"[a-z0-9_.-]{1,253}")


def read(parse: Callable[[str], T], text: str) -> T | None:
    """What the parser makes of the text; None for a fault, which is one clear line."""
    message = ""
    try:
        return parse(text)
    except UserFault as fault:
        message = str(fault)
    assert one_clear_line(message)
    return None


@given(ANYTHING)
def test_any_text_is_a_canonical_target_or_a_user_fault(text: str) -> None:
    target = read(parse_target, text)
    if target is None:
        return
    assert sound(target)
    again = parse_target(target.url)
    assert (again.url, again.host, again.port) == (target.url, target.host, target.port)


def sound(target: Target) -> bool:
    """What everyone behind the parser relies on."""
    assert target.url.isascii()
    assert 1 <= target.port <= 65535
    assert target.path.startswith("/")
    if target.is_address:
        ipaddress.ip_address(target.host)
        return target.sni is None
    return bool(HOST_CHARACTERS.fullmatch(target.host)) and not target.host.endswith(".")


@given(ANYTHING)
def test_any_text_is_a_host_or_malformed(text: str) -> None:
    try:
        host = parse_host(text)
    except Malformed:
        return
    shown = f"[{host.name}]" if ":" in host.name else host.name
    assert parse_host(shown) == host


@given(ANYTHING)
def test_any_text_is_an_override_or_a_user_fault(text: str) -> None:
    override = read(parse_override, text)
    if override is not None:
        ipaddress.ip_address(override.address)
