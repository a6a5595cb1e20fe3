"""Names of subjects and issuers, as they are compared."""

from scanner.errors import Malformed
from scanner.wire import der as der_walk

_STRINGS = {0x0C: "utf-8", 0x13: "latin-1", 0x14: "latin-1", 0x16: "latin-1", 0x1A: "latin-1", 0x1E: "utf-16-be"}
"""Tags of the string types in names: UTF8, Printable, T61, IA5, Visible, BMP."""

CanonicalName = tuple[frozenset[tuple[bytes, str | bytes]], ...]
"""A name to compare by: each RDN's types and values, spelling of case, space and string type levelled."""


def canonical_name(name: bytes) -> CanonicalName:
    """A Name (DER) as RFC 5280 section 7.1 compares it: what OpenSSL and browsers do. Raises `Malformed`."""
    return tuple(
        frozenset(_attribute(one.whole) for one in der_walk.inside(rdn.whole, der_walk.SET))
        for rdn in der_walk.inside(name, der_walk.SEQUENCE)
    )


def _attribute(der: bytes) -> tuple[bytes, str | bytes]:
    parts = der_walk.inside(der, der_walk.SEQUENCE)
    if len(parts) != 2:
        raise Malformed("an attribute of a name has a type and a value")
    kind, value = parts
    encoding = _STRINGS.get(value.tag)
    if encoding is None:
        return kind.content, value.whole
    return kind.content, " ".join(value.content.decode(encoding, "replace").casefold().split())
