"""Origins for a host: none of them is a host of the site's own."""

import pytest

from scanner.model.evidence.http_headers import OriginKind
from scanner.wire.host import are_siblings, sibling_of
from scanner.wire.origins import FOREIGN_ORIGIN, kind_of, origins
from scanner.wire.public_suffix import same_site


@pytest.mark.parametrize("host", ["example.org", "www.example.org", "a.b.example.co.uk"])
def test_every_kind(host: str) -> None:
    found = origins(host)

    assert set(found) == set(OriginKind)
    assert found[OriginKind.FOREIGN] == FOREIGN_ORIGIN
    assert found[OriginKind.NULL] == "null"
    assert found[OriginKind.PLAIN] == f"http://{host}"
    for kind in (OriginKind.FOREIGN, OriginKind.SUFFIX, OriginKind.PREFIX):
        assert not same_site(found[kind].removeprefix("https://"), host)
    assert found[OriginKind.SUFFIX].startswith(f"https://{host}.")
    assert host.endswith(found[OriginKind.PREFIX].removeprefix("https://leadline-probe-"))
    assert [kind_of(origin, host) for origin in found.values()] == list(found)


@pytest.mark.parametrize("host", ["localhost", "192.0.2.1", "co.uk"])
def test_no_domain_no_prefix(host: str) -> None:
    assert OriginKind.PREFIX not in origins(host)


def test_an_ipv6_address() -> None:
    assert origins("2001:db8::1")[OriginKind.PLAIN] == "http://[2001:db8::1]"
    assert OriginKind.SUFFIX not in origins("2001:db8::1")


def test_an_origin_of_somebody_else() -> None:
    assert kind_of("https://example.net", "example.org") is None


@pytest.mark.parametrize(
    ("one", "other", "siblings"),
    [
        ("example.org", "www.example.org", True),
        ("www.example.org", "example.org", True),
        ("www.example.org", "www.example.org", False),
        ("www.www.example.org", "www.example.org", True),
        ("example.org", "www.example.net", False),
        ("example.org", "ww.example.org", False),
    ],
)
def test_siblings(one: str, other: str, *, siblings: bool) -> None:
    assert are_siblings(one, other) is siblings
    assert are_siblings(other, one) is siblings


def test_the_sibling_of_a_host() -> None:
    assert sibling_of("example.org") == "www.example.org"
    assert sibling_of("www.example.org") == "example.org"
