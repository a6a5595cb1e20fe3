"""Names of subjects and issuers, as they are compared and as they are shown."""

from scanner.errors import Malformed
from scanner.wire import der as der_walk

_STRINGS = {0x0C: "utf-8", 0x13: "latin-1", 0x14: "latin-1", 0x16: "latin-1", 0x1A: "latin-1", 0x1E: "utf-16-be"}
"""Tags of the string types in names: UTF8, Printable, T61, IA5, Visible, BMP."""

CanonicalName = tuple[frozenset[tuple[bytes, str | bytes]], ...]
"""A name to compare by: each RDN's types and values, spelling of case, space and string type levelled."""


_ATTRIBUTES = {
    "2.5.4.3": "CN",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
}
"""Short names of attribute types (RFC 4514 section 3)."""

_SPECIAL = frozenset('",+;<>\\')


def rfc4514_name(name: bytes) -> str:
    """A Name (DER) as text, the last RDN first (RFC 4514 section 2). Raises `Malformed`."""
    rdns = der_walk.inside(name, der_walk.SEQUENCE)
    return ",".join(
        "+".join(_shown(one.whole) for one in der_walk.inside(rdn.whole, der_walk.SET)) for rdn in reversed(rdns)
    )


def _shown(der: bytes) -> str:
    parts = der_walk.inside(der, der_walk.SEQUENCE)
    if len(parts) != 2:
        raise Malformed("an attribute of a name has a type and a value")
    kind = der_walk.object_identifier(parts[0])
    encoding = _STRINGS.get(parts[1].tag)
    if encoding is None or kind not in _ATTRIBUTES:
        return f"{kind}=#{parts[1].whole.hex()}"
    return f"{_ATTRIBUTES[kind]}={_escaped(parts[1].content.decode(encoding, 'replace'))}"


def _escaped(text: str) -> str:
    """A value with what has a meaning escaped (RFC 4514 section 2.4)."""
    last = len(text) - 1
    return "".join(
        f"\\{one}"
        if one in _SPECIAL or (at == 0 and one in " #") or (at == last and one == " ")
        else ("\\00" if one == "\0" else one)
        for at, one in enumerate(text)
    )


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
