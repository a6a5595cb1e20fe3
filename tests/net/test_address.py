"""The address policy: which addresses are public, and who may lead where."""

import csv
import importlib.resources
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import Forbidden
from scanner.model.outcome import Outcome, Stage
from scanner.net.address import METADATA_ADDRESSES, REGISTRIES, AddressPolicy

POLICY = AddressPolicy()

PUBLIC = (
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
    "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.0.9", "192.0.0.10", "192.0.1.0",
    "192.0.3.0", "192.31.196.1", "192.52.193.1", "192.167.255.255", "192.169.0.0", "192.175.48.1", "198.17.255.255",
    "198.20.0.0", "198.51.99.255", "203.0.114.0", "223.255.255.255",
    "2001:1::1", "2001:1::2", "2001:3::1", "2001:4:112::1", "2001:20::1", "2001:200::1", "2606:4700:4700::1111",
    "2620:4f:8000::1", "2a00:1450:4001:81b::200e", "64:ff9b::8.8.8.8", "2002:808:808::1",
    "2001:0:808:808:0:0:fefe:fefe",
)  # fmt: skip

NOT_PUBLIC = (
    "0.0.0.0", "0.0.0.1", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1",
    "127.255.255.255", "169.254.0.1", "169.254.169.254", "172.16.0.0", "172.31.255.255", "192.0.0.1", "192.0.0.8",
    "192.0.0.11", "192.0.0.170", "192.0.0.171", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.0",
    "192.168.255.255", "198.18.0.0", "198.19.255.255", "198.51.100.1", "203.0.113.255", "224.0.0.1", "239.255.255.255",
    "240.0.0.0", "255.255.255.254", "255.255.255.255", "168.63.129.16", "100.100.100.200",
    "::", "::1", "::2", "::8.8.8.8", "::127.0.0.1", "::ffff:8.8.8.8", "::ffff:127.0.0.1", "::ffff:0:8.8.8.8",
    "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::1", "100::1", "100:0:0:1::1",
    "2001::1", "2001:0:808:808:0:0:f5ff:fffe", "2001:0:a00:1:0:0:fefe:fefe", "2001:2::1", "2001:10::1", "2001:db8::1",
    "2002:a00:1::1", "2002:7f00:1::1", "2002:a9fe:a9fe::1", "3fff::1", "4000::1", "5f00::1", "fc00::1", "fd00::1",
    "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "200::1", "8000::1",
    "fe80::1%eth0", "1.2.3", "example.org", "", "0x7f.1", "010.0.0.1", "1.2.3.4 ", "[::1]",
)  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert POLICY.is_public(address)
    POLICY.check(address, typed=False, allow_private=False, from_public=True)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_not_public(address: str) -> None:
    assert not POLICY.is_public(address)
    with pytest.raises(Forbidden) as caught:
        POLICY.check(address, typed=False, allow_private=True, from_public=True)
    assert caught.value.stage is Stage.RESOLVE
    assert caught.value.outcome is Outcome.FORBIDDEN


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "::1", "fd12::1", "192.0.2.1", "64:ff9b::10.0.0.1"])
class TestWhoMayLeadToPrivateAddresses:
    def test_the_user_by_typing(self, address: str) -> None:
        POLICY.check(address, typed=True, allow_private=False, from_public=False)

    def test_a_name_with_the_option(self, address: str) -> None:
        POLICY.check(address, typed=False, allow_private=True, from_public=False)

    def test_a_name_without_the_option_is_told_of_it(self, address: str) -> None:
        with pytest.raises(Forbidden, match="--allow-private"):
            POLICY.check(address, typed=False, allow_private=False, from_public=False)

    @pytest.mark.parametrize("allow_private", [False, True])
    def test_never_a_public_target(self, address: str, allow_private: bool) -> None:
        with pytest.raises(Forbidden, match="a public target may not lead there"):
            POLICY.check(address, typed=False, allow_private=allow_private, from_public=True)


def _disguises(address: str) -> list[str]:
    """Every way to carry an IPv4 address inside an IPv6 one."""
    number = int(ipaddress.IPv4Address(address))
    high, low = number >> 16, number & 0xFFFF
    return [
        f"::ffff:{address}",
        f"::{address}",
        f"64:ff9b::{address}",
        f"64:ff9b:1::{address}",
        f"64:ff9b:1:{high:x}:{low >> 8:x}:{(low & 0xFF) << 8:x}::",
        f"64:ff9b:1:0:{high >> 8:x}:{(high & 0xFF) << 8 | low >> 8:x}:{(low & 0xFF) << 8:x}:0",
        f"2002:{high:x}:{low:x}::1",
        f"2001:0:{high:x}:{low:x}::1",
        f"2001:0:808:808:0:0:{high ^ 0xFFFF:x}:{low ^ 0xFFFF:x}",
    ]


METADATA = [form for plain in METADATA_ADDRESSES for form in (plain, *(() if ":" in plain else _disguises(plain)))]


@pytest.mark.parametrize("address", METADATA)
def test_metadata_addresses_are_never_dialled(address: str) -> None:
    assert not POLICY.is_public(address)
    with pytest.raises(Forbidden, match="metadata"):
        POLICY.check(address, typed=True, allow_private=True, from_public=False)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "ff02::1", "64:ff9b::224.0.0.1"])
def test_what_names_no_single_host_is_never_dialled(address: str) -> None:
    with pytest.raises(Forbidden, match="no single host"):
        POLICY.check(address, typed=True, allow_private=True, from_public=False)


@pytest.mark.parametrize("address", ["fe80::1%eth0", "not an address", "1.2.3.4%lo"])
def test_zones_and_nonsense_are_never_dialled(address: str) -> None:
    with pytest.raises(Forbidden, match="no IP address"):
        POLICY.check(address, typed=True, allow_private=True, from_public=False)


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "192.168.1.1", "169.254.1.1"])
def test_disguises_do_not_make_a_private_address_public(address: str) -> None:
    for disguise in _disguises(address):
        assert not POLICY.is_public(disguise), disguise


@pytest.mark.parametrize("name", REGISTRIES)
def test_registries_name_their_source_and_date(name: str) -> None:
    lines = importlib.resources.files("scanner.net").joinpath("data", name).read_text("ascii").splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))

    assert "as of 20" in lines[0]
    assert "https://www.iana.org/" in lines[1]
    assert len(rows) == 25
    assert {row["Globally Reachable"] for row in rows} <= {"True", "False", "N/A", ""}
    for row in rows:
        ipaddress.ip_network(row["Address Block"])


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_typed_covers_what_is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if POLICY.is_public(str(address)):
        POLICY.check(str(address), typed=False, allow_private=False, from_public=True)
    else:
        with pytest.raises(Forbidden):
            POLICY.check(str(address), typed=False, allow_private=False, from_public=False)


@given(st.text(max_size=60))
def test_any_text_is_forbidden_or_an_address(text: str) -> None:
    try:
        POLICY.check(text, typed=True, allow_private=True, from_public=False)
    except Forbidden:
        return
    ipaddress.ip_address(text)
