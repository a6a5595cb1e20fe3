"""Registrable domains: which hosts browsers count to one site (HTML section 7.1.1, with the Public Suffix List).

The list comes with the package `publicsuffixlist`, is dated by its version, and is read when first asked for. Its
private section counts, as in browsers: two sites at one hosting service are not one site.
"""

import functools
import ipaddress

from publicsuffixlist import PublicSuffixList

from scanner.wire.host import MAX_HOST

REMEMBERED = 4096
"""Answers that are kept: a page names the same few hosts again and again."""


@functools.lru_cache(maxsize=REMEMBERED)
def registrable(host: str) -> str | None:
    """The registrable domain (eTLD+1) of a host name in A-labels: `example.co.uk` for `www.example.co.uk`.

    A top-level domain that the list does not know is a public suffix by itself (the list's rule `*`). None for
    addresses, public suffixes, single labels, and whatever is no name.
    """
    name = host.lower().removesuffix(".")
    if not name or len(name) > MAX_HOST or _is_address(name):
        return None
    return _list().privatesuffix(name)


def same_site(one: str, other: str) -> bool:
    """Whether two hosts belong to one site, whatever their schemes (HTML: schemelessly same site)."""
    if one == other:
        return True
    site = registrable(one)
    return site is not None and site == registrable(other)


@functools.cache
def _list() -> PublicSuffixList:
    return PublicSuffixList()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
