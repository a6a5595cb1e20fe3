"""The address policy: which addresses a scan may dial. Nobody dials an address that has not passed here.

What is public follows from IANA's special-purpose address registries (RFC 6890, RFC 8190), kept as data beside this
module with source and date. An IPv6 address that carries an IPv4 address inside is judged by both: a translator on
the way would bring us to the inner one.
"""

import csv
import dataclasses
import functools
import importlib.resources
import ipaddress
from collections.abc import Iterator, Mapping

from scanner.errors import Forbidden
from scanner.model.outcome import Stage

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

REGISTRIES = ("iana-special-registry-ipv4.csv", "iana-special-registry-ipv6.csv")
"""Files in `data/`; their first lines name source and date."""

METADATA_ADDRESSES: Mapping[str, str] = {
    "169.254.169.254": "Amazon, Google, Microsoft, Oracle and others",
    "169.254.170.2": "Amazon ECS task credentials",
    "169.254.170.23": "Amazon EKS pod identity",
    "fd00:ec2::254": "Amazon EC2",
    "fd00:ec2::23": "Amazon EKS pod identity",
    "fd20:ce::254": "Google Cloud",
    "168.63.129.16": "Azure WireServer",
    "100.100.100.200": "Alibaba Cloud",
    "192.0.0.192": "Oracle Cloud (classic)",
    "169.254.0.23": "Tencent Cloud",
    "169.254.42.42": "Scaleway",
    "fd00:42::42": "Scaleway",
    "fe80::a9fe:a9fe": "OpenStack",
}
"""Where clouds answer their own machines, credentials included: never dialled, whatever the options say."""

# IANA has given out only this block for global unicast (RFC 4291 section 2.4; IANA IPv6 Address Space).
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052 section 2.1
_NAT64_LOCAL = ipaddress.IPv6Network("64:ff9b:1::/48")  # RFC 8215
_V4_COMPATIBLE = ipaddress.IPv6Network("::/96")  # RFC 4291 section 2.5.5.1, deprecated

_METADATA = {ipaddress.ip_address(text): owner for text, owner in METADATA_ADDRESSES.items()}


@dataclasses.dataclass(frozen=True, slots=True)
class _Block:
    """One row of a registry. A deprecated block has no flags there, and counts as not reachable."""

    network: _Network
    name: str
    rfc: str
    reachable: bool


class AddressPolicy:
    """Says which addresses are public, and refuses those that a scan must not dial."""

    def is_public(self, address: str) -> bool:
        """Whether an address literal is globally reachable unicast; False for what is never dialled or no address."""
        parsed = _parse(address)
        return parsed is not None and _never(parsed) is None and _public(parsed)

    def check(self, address: str, *, typed: bool, allow_private: bool, from_public: bool) -> None:
        """Returns where the address may be dialled; raises `Forbidden` where not, with a sentence that says why.

        `typed`: the user wrote the address (or `localhost`) or gave it with `--resolve`. `allow_private`: the option.
        `from_public`: a public target led here (a redirect, a URL in its certificate), which no option excuses unless
        the user wrote the address.
        """
        parsed = _parse(address)
        if parsed is None:
            raise _forbidden(f"{address[:64]!r} is no IP address without a zone")
        reason = _never(parsed)
        if reason is not None:
            raise _forbidden(reason)
        if typed or _public(parsed):
            return
        kind = _kind(parsed)
        if from_public:
            raise _forbidden(f"{parsed} is not public ({kind}), and a public target may not lead there")
        if not allow_private:
            raise _forbidden(f"{parsed} is not public ({kind}); add --allow-private to scan it")


def _forbidden(detail: str) -> Forbidden:
    return Forbidden(detail, stage=Stage.RESOLVE)


def _parse(address: str) -> _Address | None:
    """The address; None for a zone id (RFC 4007 section 11), which only means something on one machine."""
    if "%" in address:
        return None
    try:
        return ipaddress.ip_address(address)
    except ValueError:
        return None


def _never(address: _Address) -> str | None:
    """Why this address is dialled under no circumstances; None where it may depend."""
    inside = tuple(_inner(address))
    for one in (address, *inside):
        if one in _METADATA:
            return f"{address} leads to a cloud's metadata service ({_METADATA[one]}), which is never contacted"
    # Where the IPv4 address stands under a local prefix is a guess: good enough to refuse metadata, not more.
    for one in (address, *(() if address in _NAT64_LOCAL else inside)):
        if one.is_multicast or one.is_unspecified or str(one) == "255.255.255.255":
            return f"{address} names no single host (multicast, broadcast or unspecified)"
    return None


def _public(address: _Address) -> bool:
    block = _block(address)
    if block is not None:
        itself = block.reachable
    elif isinstance(address, ipaddress.IPv6Address):
        itself = address in _GLOBAL_UNICAST
    else:
        itself = not address.is_multicast
    return itself and all(_public(inner) for inner in _inner(address))


def _kind(address: _Address) -> str:
    """What the registries call the address, or the IPv4 address inside it: `Private-Use, RFC 1918`."""
    for one in (address, *_inner(address)):
        block = _block(one)
        if block is not None and not block.reachable:
            return f"{block.name}, {block.rfc}"
    return "outside the global unicast space"


def _inner(address: _Address) -> Iterator[ipaddress.IPv4Address]:
    """The IPv4 addresses that an IPv6 address carries and that a packet to it may end at."""
    if isinstance(address, ipaddress.IPv4Address):
        return
    number = int(address)
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    elif address.sixtofour is not None:
        yield address.sixtofour
    elif address.teredo is not None:
        yield from address.teredo  # server and client
    elif address in _NAT64 or (address in _V4_COMPATIBLE and number > 1):
        yield ipaddress.IPv4Address(number & 0xFFFFFFFF)
    elif address in _NAT64_LOCAL:
        # RFC 6052 section 2.2: behind a prefix of 48, 56, 64 or 96 bits, bits 64 to 71 left out.
        without_u = (number >> 64) << 56 | number & 0xFF_FFFF_FFFF_FFFF
        yield from (ipaddress.IPv4Address(without_u >> (88 - length) & 0xFFFFFFFF) for length in (48, 56, 64))
        yield ipaddress.IPv4Address(number & 0xFFFFFFFF)


def _block(address: _Address) -> _Block | None:
    """The most specific registered block around the address."""
    around = (one for one in _registered() if address in one.network)
    return max(around, key=lambda one: one.network.prefixlen, default=None)


@functools.cache
def _registered() -> tuple[_Block, ...]:
    return tuple(block for name in REGISTRIES for block in _read(name))


def _read(name: str) -> Iterator[_Block]:
    text = importlib.resources.files("scanner.net").joinpath("data", name).read_text("ascii")
    rows = (line for line in text.splitlines() if not line.startswith("#"))
    for row in csv.DictReader(rows):
        yield _Block(
            network=ipaddress.ip_network(row["Address Block"]),
            name=row["Name"],
            rfc=row["RFC"],
            reachable=row["Globally Reachable"] in {"True", "N/A"},
        )
