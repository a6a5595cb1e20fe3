import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.evidence.leakage import LeakKind
from scanner.wire.leaking_headers import leaking_headers
from scanner.wire.products import MAX_PRODUCTS, internal_addresses, parse_products


@pytest.mark.parametrize(
    ("value", "products"),
    [
        ("nginx", [("nginx", None)]),
        ("nginx/1.22.1", [("nginx", "1.22.1")]),
        ("Apache/2.4.71 (Debian) OpenSSL/3.0.22", [("Apache", "2.4.71"), ("OpenSSL", "3.0.22")]),
        ("PHP/8.2.1, ASP.NET", [("PHP", "8.2.1"), ("ASP.NET", None)]),
        ("Drupal 10 (https://www.drupal.org)", [("Drupal", "10")]),
        ("WordPress 6.4.2", [("WordPress", "6.4.2")]),
        ("4.0.30319", [("x", "4.0.30319")]),
        ("Phusion Passenger(R) 6.0.4", [("Phusion", None), ("Passenger", "6.0.4")]),
        ("Jetty(9.4.z-SNAPSHOT)", [("Jetty", None)]),
        ("HIT", [("HIT", None)]),
        ("", []),
        ("(only a comment)", []),
    ],
)
def test_products(value: str, products: list[tuple[str, str | None]]) -> None:
    assert [(one.name, one.version) for one in parse_products(value, fallback="x")] == products


@pytest.mark.parametrize(
    ("value", "addresses"),
    [
        ("10.0.3.17", ["10.0.3.17"]),
        ("web1 (192.168.0.4:8080), 172.16.9.9", ["192.168.0.4", "172.16.9.9"]),
        ("127.0.0.1 127.0.0.1", ["127.0.0.1"]),
        ("169.254.169.254", ["169.254.169.254"]),
        ("fd00::17", ["fd00::17"]),
        ("8.8.8.8", []),
        ("0.0.0.0", []),
        ("10.0.3.999", []),
        ("1.10.0.0.1", []),
        ("version 10.0.3", []),
        ("WebLogic/10.3.6.0", []),
    ],
)
def test_internal_addresses(value: str, addresses: list[str]) -> None:
    assert list(internal_addresses(value)) == addresses


@given(st.text(alphabet="aP/.10 ()v,;-:", max_size=200) | st.text(max_size=100))
def test_products_whatever_came(value: str) -> None:
    products = parse_products(value, fallback="x")

    assert len(products) <= MAX_PRODUCTS
    assert all(one.name or one.version for one in products)
    internal_addresses(value)


def test_the_table_of_headers() -> None:
    table = leaking_headers()

    assert len(table) >= 90
    assert all(name == name.lower() for name in table)
    assert table["server"] is LeakKind.SERVER
    assert table["x-aspnet-version"] is LeakKind.PLATFORM
    assert set(table.values()) == set(LeakKind)
