import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import Malformed
from scanner.model.evidence.cookies import CookiePrefix, Refusal, SameSite
from scanner.wire.set_cookie import parse_cookie_date, parse_set_cookie

HOST = "www.example.org"
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("raw", "name", "value"),
    [
        ("a=1", "a", "1"),
        (" a\t= 1 ; Secure", "a", "1"),
        ("a=b=c", "a", "b=c"),
        ('a="1"', "a", '"1"'),
        ("=value; Secure", "", "value"),
        ("value", "", "value"),
        ("a=", "a", ""),
    ],
)
def test_name_and_value(raw: str, name: str, value: str) -> None:
    cookie = parse_set_cookie(raw)

    assert (cookie.name, cookie.value) == (name, value)


def test_attributes_in_order_and_the_last_counts() -> None:
    cookie = parse_set_cookie("a=1; path=/x; PATH=/y; Domain=.Example.ORG; HttpOnly=yes; secure; Partitioned; Foo=bar;")

    assert [name for name, _ in cookie.attributes] == [
        "path", "PATH", "Domain", "HttpOnly", "secure", "Partitioned", "Foo",
    ]  # fmt: skip
    assert cookie.path == "/y"
    assert cookie.domain == "example.org"
    assert cookie.http_only
    assert cookie.secure
    assert cookie.partitioned


@pytest.mark.parametrize(
    ("attribute", "seconds"),
    [
        ("Max-Age=60", 60),
        ("Max-Age=0", 0),
        ("Max-Age=-1", -1),
        ("Max-Age=5; max-age=7", 7),
        ("Max-Age=5; max-age=x", 5),
        ("Max-Age=", None),
        ("Max-Age=+5", None),
        ("Max-Age=1.5", None),
        ("Max-Age=" + "9" * 1000, 10**10),
        ("Max-Age=" + "9" * 2000, None),
    ],
)
def test_max_age(attribute: str, seconds: int | None) -> None:
    assert parse_set_cookie(f"a=1; {attribute}").max_age == seconds


@pytest.mark.parametrize(
    ("attribute", "same_site"),
    [
        ("", SameSite.ABSENT),
        ("SameSite=lAX", SameSite.LAX),
        ("SAMESITE=STRICT", SameSite.STRICT),
        ("SameSite=None", SameSite.NONE),
        ("SameSite", SameSite.INVALID),
        ("SameSite=Maybe", SameSite.INVALID),
        ("SameSite=Maybe; SameSite=Lax", SameSite.LAX),
    ],
)
def test_same_site(attribute: str, same_site: SameSite) -> None:
    assert parse_set_cookie(f"a=1; {attribute}").same_site is same_site


@pytest.mark.parametrize(
    ("raw", "prefix", "broken"),
    [
        ("__Host-a=1; Secure; Path=/", CookiePrefix.HOST, ()),
        ("__host-a=1; Secure; Path=/; Domain=www.example.org", CookiePrefix.HOST, ("no Domain",)),
        ("__Host-a=1; Secure", CookiePrefix.HOST, ("Path=/",)),
        ("__Secure-a=1", CookiePrefix.SECURE, ("Secure",)),
        ("__Http-a=1; Secure", CookiePrefix.HTTP, ("HttpOnly",)),
        ("__Host-Http-a=1; Secure; Path=/; HttpOnly", CookiePrefix.HOST_HTTP, ()),
        ("__Host-Http-a=1; Secure; Path=/", CookiePrefix.HOST_HTTP, ("HttpOnly",)),
        ("_Host-a=1", None, ()),
    ],
)
def test_prefixes(raw: str, prefix: CookiePrefix | None, broken: tuple[str, ...]) -> None:
    cookie = parse_set_cookie(raw)

    assert cookie.prefix is prefix
    assert cookie.broken == broken
    assert (Refusal.PREFIX_BROKEN in cookie.refusals(host=HOST, secure=True)) is bool(broken)


@pytest.mark.parametrize(
    ("raw", "secure", "refusals"),
    [
        ("a=1; Secure; SameSite=None", True, ()),
        ("a=1; SameSite=None", True, (Refusal.SAMESITE_NONE_WITHOUT_SECURE,)),
        ("a=1; Secure", False, (Refusal.SECURE_OVER_HTTP,)),
        ("a=1; Partitioned", True, (Refusal.PARTITIONED_WITHOUT_SECURE,)),
        ("a=1; Domain=example.org", True, ()),
        ("a=1; Domain=ample.org", True, (Refusal.FOREIGN_DOMAIN,)),
        ("a=1; Domain=example.net", True, (Refusal.FOREIGN_DOMAIN,)),
        ("a=1; Domain=", True, ()),
        ("=", True, (Refusal.EMPTY,)),
        ("__Secure-x", True, (Refusal.NAMELESS_PREFIX,)),
        ("a=1; Domain=org", True, (Refusal.PUBLIC_SUFFIX,)),
        ("a=" + "x" * 4095, True, ()),
        ("a=" + "x" * 4096, True, (Refusal.OVERSIZED,)),
    ],
)
def test_refusals(raw: str, secure: bool, refusals: tuple[Refusal, ...]) -> None:
    assert parse_set_cookie(raw).refusals(host=HOST, secure=secure) == refusals


@pytest.mark.parametrize("host", ["localhost", "app.localhost", "127.0.0.1", "::1"])
def test_secure_is_kept_from_this_machine_without_https(host: str) -> None:
    assert parse_set_cookie("a=1; Secure").refusals(host=host, secure=False) == ()


@pytest.mark.parametrize(
    ("host", "domain", "refusals", "site_wide"),
    [
        ("shop.example.co.uk", "co.uk", (Refusal.PUBLIC_SUFFIX,), False),
        ("shop.example.co.uk", "example.co.uk", (), True),
        ("me.github.io", "github.io", (Refusal.PUBLIC_SUFFIX,), False),
        ("github.io", "github.io", (), False),  # the host itself: browsers take it for no Domain
        ("a.b.example.org", "b.example.org", (), False),
        ("intranet", "intranet", (), False),
    ],
)
def test_domains_and_the_public_suffix_list(
    host: str, domain: str, refusals: tuple[Refusal, ...], site_wide: bool
) -> None:
    cookie = parse_set_cookie(f"a=1; Domain={domain}")

    assert cookie.refusals(host=host, secure=True) == refusals
    assert cookie.site_wide is site_wide


def test_what_is_not_known_of_the_origin_refuses_nothing() -> None:
    cookie = parse_set_cookie("a=1; Domain=example.org; Secure")

    assert cookie.refusals(host=None, secure=None) == ()


def test_attributes_that_are_ignored_for_their_length() -> None:
    cookie = parse_set_cookie(f"a=1; Path=/{'x' * 1024}; Domain=example.org; Path=/y; Foo={'y' * 2000}")

    assert cookie.too_long == ("Path", "Foo")
    assert cookie.path == "/y"


def test_a_value_is_not_in_the_repr() -> None:
    assert "c0ffee" not in repr(parse_set_cookie("sid=c0ffee; Path=/"))


def test_an_address_has_no_parent_domain() -> None:
    assert parse_set_cookie("a=1; Domain=0.0.1").refusals(host="127.0.0.1", secure=True) == (Refusal.FOREIGN_DOMAIN,)


@pytest.mark.parametrize("raw", ["a=1\x00; Secure", "a=1\r\n", "a\x7f=1", "a=" + "x" * 70_000, "a=1" + ";x" * 100])
def test_what_is_ignored_as_a_whole(raw: str) -> None:
    with pytest.raises(Malformed):
        parse_set_cookie(raw)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Thu, 01 Jan 1970 00:00:00 GMT", EPOCH),
        ("Thu, 01-Jan-70 00:00:00 GMT", EPOCH),
        ("Thu Jan  1 00:00:00 1970", EPOCH),
        ("1970 Jan 1 00:00:00", EPOCH),
        ("Wed, 09 Jun 2027 10:18:14 GMT", datetime.datetime(2027, 6, 9, 10, 18, 14, tzinfo=datetime.UTC)),
        ("09 june 27 1:2:3pm", datetime.datetime(2027, 6, 9, 1, 2, 3, tzinfo=datetime.UTC)),
        ("Tue, 30 Feb 2027 10:00:00 GMT", None),
        ("Tue, 3 Mar 2027 25:00:00 GMT", None),
        ("Tue, 3 Mar 1600 10:00:00 GMT", None),
        ("0", None),
        ("-1", None),
        ("", None),
    ],
)
def test_cookie_dates(text: str, moment: datetime.datetime | None) -> None:
    assert parse_cookie_date(text) == moment


LIKELY = st.text(alphabet='ab=; ,-_/.SecureHttpOnlyMaxAgeDomainPath019\t"\xfc', max_size=80)


@given(LIKELY | st.text(max_size=80))
def test_a_cookie_or_malformed(raw: str) -> None:
    try:
        cookie = parse_set_cookie(raw)
    except Malformed:
        return
    assert cookie.name in raw
    assert cookie.value in raw
    cookie.refusals(host=HOST, secure=True)


@given(st.text(alphabet="0123456789: -,JanFebMarGMT", max_size=40) | st.text(max_size=40))
def test_a_date_or_none(text: str) -> None:
    found = parse_cookie_date(text)

    assert found is None or found.tzinfo is datetime.UTC
