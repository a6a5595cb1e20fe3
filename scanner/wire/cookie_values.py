"""What a cookie's value holds, told by its form: tokens, serialized objects, addresses of balancers, user data.

Rule of the file: a value goes in, names of forms and decoded addresses come out, never the value or a part of it. Only
the beginning of a value is looked at, and a form is named only where its own grammar is met. Nothing is unserialized.
"""

import base64
import binascii
import dataclasses
import ipaddress
import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote_to_bytes

from scanner.model.evidence.cookies import Holding
from scanner.model.networks import is_internal_address
from scanner.model.peer import PeerText, peer_text

LONGEST = 8_192
"""Characters of a value that are looked at; browsers keep 4096."""

MAX_ADDRESSES = 8
"""Addresses of one value that are kept."""

_LONGEST_CLAIMS = 16_384  # octets of a decoded part of a token

_JWT = re.compile(r"(eyJ[A-Za-z0-9_-]{2,})\.([A-Za-z0-9_-]{2,})\.([A-Za-z0-9_-]*)")  # RFC 7515 section 7.1
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])", re.ASCII)
_PHP = re.compile(r'(?:a:[0-9]{1,6}:\{(?:[isa]:[0-9]|\})|[OC]:[0-9]{1,4}:"[A-Za-z_\\])')  # serialize() of PHP
_ADDRESS = re.compile(r"[\"']?([0-9]{1,3}(?:\.[0-9]{1,3}){3})(?::[0-9]{1,5})?[\"']?")

# F5's article K6917: the four forms of a pool member, with `!` before them where the cookie is not encrypted by name.
_BIGIP_IPV4 = re.compile(r"!?([0-9]{8,10})\.([0-9]{1,5})\.0000")
_BIGIP_IPV6 = re.compile(r"!?vi([0-9a-f]{32})\.([0-9]{1,5})", re.IGNORECASE)
_BIGIP_ROUTED = re.compile(r"!?rd[0-9]{1,5}o([0-9a-f]{32})o([0-9]{1,5})", re.IGNORECASE)

_SERIALIZED = (
    (b"\xac\xed\x00\x05", Holding.JAVA_SERIALIZED),  # Java Object Serialization Specification, section 6.4.2
    (b"\x00\x01\x00\x00\x00\xff\xff\xff\xff", Holding.NET_BINARY),  # MS-NRBF section 2.6.1: SerializationHeaderRecord
    (b"\xff\x01", Holding.NET_VIEWSTATE),  # LosFormatter: marker and version
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ValueForms:
    """The forms that were recognised, and the addresses that the value gives away in them, with ports where told."""

    holds: tuple[Holding, ...] = ()
    addresses: tuple[PeerText, ...] = ()
    internal: tuple[PeerText, ...] = ()


def value_forms(value: str) -> ValueForms:
    """What `value` (latin-1, as sent) holds. `internal` are those of `addresses` that are of no public network."""
    text = value[:LONGEST].strip('" \t')
    plain = _decoded(text)
    holds: dict[Holding, None] = {}
    for test in (_jwt, _serialized, _user_data):
        holds.update(dict.fromkeys(test(plain)))
    pool = [one for one in (_pool_member(part) for part in re.split(r"[!&,;| ]", plain)[:MAX_ADDRESSES]) if one]
    found = dict.fromkeys(pool)
    if pool:
        holds[Holding.POOL_MEMBER] = None
    if (address := _ADDRESS.fullmatch(plain)) is not None and _is_ipv4(address[1]):
        holds[Holding.ADDRESS] = None
        found[plain.strip("\"'")] = None
    return ValueForms(
        holds=tuple(holds),
        addresses=tuple(peer_text(one, limit=64) for one in found),
        internal=tuple(peer_text(one, limit=64) for one in found if _is_internal(one)),
    )


def _decoded(text: str) -> str:
    """The text with percent signs undone once, as frameworks do."""
    return unquote_to_bytes(text.encode("latin-1", "replace")).decode("latin-1") if "%" in text else text


def _jwt(text: str) -> Iterator[Holding]:
    """A JSON Web Token (RFC 7519) anywhere in the value: unsigned ones, and those that never expire."""
    found = _JWT.search(text)
    header = None if found is None else _claims(found[1])
    if found is None or header is None or not isinstance(header.get("alg"), str):
        return
    yield Holding.JWT
    algorithm = str(header["alg"]).lower()
    if algorithm == "none":  # RFC 7518 section 3.6
        yield Holding.JWT_UNSIGNED
    claims = _claims(found[2])
    if claims is not None and "exp" not in claims:  # RFC 7519 section 4.1.4
        yield Holding.JWT_WITHOUT_EXPIRY
    if claims is not None and any(isinstance(one, str) and _EMAIL.fullmatch(one) for one in claims.values()):
        yield Holding.EMAIL


def _claims(part: str) -> dict[str, object] | None:
    """A part of a token as its JSON object; None where it is none."""
    raw = _unbased(part)
    if raw is None or len(raw) > _LONGEST_CLAIMS:
        return None
    try:
        read = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def _unbased(text: str) -> bytes | None:
    """Base64 or base64url undone; None where it is neither."""
    standard = text.replace("-", "+").replace("_", "/").rstrip("=")
    if not re.fullmatch(r"[A-Za-z0-9+/]+", standard):
        return None
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4))
    except (binascii.Error, ValueError):
        return None


def _serialized(text: str) -> Iterator[Holding]:
    """An object that some runtime would make again from the value; plain or in base64, signed behind it or not."""
    raw = _unbased(re.split(r"[.:|]|--", text, maxsplit=1)[0]) or b""
    unbased = raw.decode("latin-1")
    if _PHP.match(text) or _PHP.match(unbased):
        yield Holding.PHP_SERIALIZED
    yield from (holding for start, holding in _SERIALIZED if raw.startswith(start))
    if len(raw) > 3 and raw[0] == 0x80 and 2 <= raw[1] <= 5 and raw.rstrip()[-1:] == b".":  # PROTO … STOP
        yield Holding.PYTHON_PICKLE


def _user_data(text: str) -> Iterator[Holding]:
    """An e-mail address, in the value or in the base64 that the value is."""
    inner = (_unbased(text) or b"").decode("latin-1")
    printable = inner.isascii() and inner.isprintable()
    if _EMAIL.search(text) or (printable and _EMAIL.search(inner)):
        yield Holding.EMAIL


def _pool_member(text: str) -> str | None:
    """Address and port of a BIG-IP pool member."""
    tests: tuple[tuple[re.Pattern[str], Callable[[str], str | None], Callable[[str], int]], ...] = (
        (_BIGIP_IPV4, _reversed_ipv4, _swapped),
        (_BIGIP_IPV6, _ipv6, _swapped),
        (_BIGIP_ROUTED, _ipv6, int),
    )
    for pattern, read_address, read_port in tests:
        if (found := pattern.fullmatch(text)) is not None:
            address, port = read_address(found[1]), read_port(found[2])
            if address is not None and 0 < port <= 65535:
                return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    return None


def _reversed_ipv4(number: str) -> str | None:
    """The address whose octets stand in reverse order in a decimal number."""
    value = int(number)
    return str(ipaddress.IPv4Address(value.to_bytes(4, "little"))) if value < 2**32 else None


def _ipv6(digits: str) -> str | None:
    address = ipaddress.IPv6Address(int(digits, 16))
    return str(address.ipv4_mapped or address)


def _swapped(port: str) -> int:
    """A port whose two octets are swapped."""
    value = int(port)
    return (value & 0xFF) << 8 | value >> 8 if value < 2**16 else 0


def _is_ipv4(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def _is_internal(place: str) -> bool:
    """Whether an address, with its port or without, is of a private network."""
    return is_internal_address(place.partition("]")[0][1:] if place.startswith("[") else place.partition(":")[0])
