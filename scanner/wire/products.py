"""Product names and versions in header values such as Server, X-Powered-By and Via (RFC 9110 sections 10.2.4, 7.6.3).

The grammar `token ["/" version]` is what software should send; `Drupal 10 (https://…)` and a bare `4.0.30319` are what
it sends too, and both are read.
"""

import ipaddress
import re

from scanner.model.evidence.leakage import Product
from scanner.model.peer import PeerText, peer_text

MAX_SIZE = 1_024
"""Characters of a value that are looked at."""

MAX_PRODUCTS = 16
"""Products of one value that are kept."""

_COMMENT = re.compile(r"\([^()]*\)")
_WORDS = re.compile(r"[^\s,;]+")
_VERSION = re.compile(r"[vV]?([0-9]+(?:\.[0-9]+)*[0-9A-Za-z.+~_-]*)")
_DOTTED = re.compile(r"[vV]?[0-9]+(?:\.[0-9A-Za-z_+-]+)+")
_ADDRESS = re.compile(
    r"(?<![0-9A-Za-z.:/])(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|f[cde][0-9a-f]{2}:[0-9a-f:]{2,35})(?![0-9.])"
)


def parse_products(value: str, *, fallback: str) -> tuple[Product, ...]:
    """The products that a value names, in order. A version without a name belongs to `fallback`, the header's name.

    Comments are no products. A word that is a version belongs to the word before it (`Drupal 10`).
    """
    products: list[Product] = []
    text = _COMMENT.sub(" ", value[:MAX_SIZE])
    for word in _WORDS.findall(text):
        name, slash, rest = word.partition("/")
        version = _VERSION.match(rest) if slash else None
        if version:
            products.append(Product(name=peer_text(name), version=peer_text(version[1])))
        elif products and products[-1].version is None and _VERSION.fullmatch(word):
            products[-1] = Product(name=products[-1].name, version=peer_text(word))
        elif _DOTTED.fullmatch(word):
            products.append(Product(name=peer_text(fallback), version=peer_text(word)))
        else:
            products.append(Product(name=peer_text(word)))
    return tuple(products[:MAX_PRODUCTS])


def internal_addresses(value: str) -> tuple[PeerText, ...]:
    """The private, loopback and link-local addresses that stand in a value, in order, each once."""
    found: list[PeerText] = []
    for word in _ADDRESS.findall(value[:MAX_SIZE].lower()):
        try:
            address = ipaddress.ip_address(word)
        except ValueError:
            continue
        if address.is_private and not address.is_unspecified:
            found.append(peer_text(word))
    return tuple(dict.fromkeys(found))
