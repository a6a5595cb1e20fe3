"""Networks that are nobody's on the internet: which addresses and names are internal by themselves."""

import ipaddress

INTERNAL_NETWORKS: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = (
    *map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")),  # RFC 1918
    ipaddress.IPv4Network("100.64.0.0/10"),  # RFC 6598: shared address space
    ipaddress.IPv4Network("169.254.0.0/16"),  # RFC 3927: link-local
    *map(ipaddress.IPv6Network, ("fc00::/7", "fe80::/10")),  # RFC 4193, RFC 4291 section 2.5.6
)
"""Private, shared and link-local networks. Loopback and documentation addresses tell nothing about a network."""


INTERNAL_SUFFIXES = (
    *(".internal", ".local", ".lan", ".intranet", ".corp", ".home", ".private"),
    *(".home.arpa", ".localdomain", ".localhost"),
)
"""Endings that no public name has: RFC 6762 and its appendix G, RFC 6761, RFC 8375, and ICANN's .internal."""


def is_internal_name(name: str) -> bool:
    """Whether a host name only means something inside a network: one of those endings, or a single label."""
    plain = name.lower().rstrip(".")
    return bool(plain) and ("." not in plain or plain.endswith(INTERNAL_SUFFIXES))


def is_internal_address(text: str) -> bool:
    """Whether `text`, without brackets, is an address of one of them; false for whatever is no address."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(address in network for network in INTERNAL_NETWORKS if network.version == address.version)
