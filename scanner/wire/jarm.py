"""JARM: the ten hellos of that fingerprint, the reading of their answers, and the hash over them. Pure.

The method, the cipher lists and their order are those of the reference implementation (https://github.com/salesforce/
jarm), Copyright (c) 2020, salesforce.com, inc., BSD 3-Clause license; the notice stands in NOTICE. The fingerprint is
worth something only where every byte is as there, so these hellos keep none of the habits of our own.
"""

import dataclasses
import enum
import hashlib
from collections.abc import Sequence
from typing import TypeVar

from scanner.errors import Malformed
from scanner.wire.octets import Octets, codes, vector
from scanner.wire.tls_extensions import read_extensions

T = TypeVar("T")

READ_BYTES = 1484
"""Bytes of an answer that the reference reads; what lies beyond does not count."""

NO_ANSWER = "|||"
"""What stands for a refusal."""

EMPTY = "0" * 62
"""The fingerprint of a server that refused all ten."""

_MODERN = (0x1302, 0x1301, 0x1305, 0x1304, 0x1303)
_ALL = (
    *(0x0016, 0x0033, 0x0067, 0xC09E, 0xC0A2, 0x009E, 0x0039, 0x006B, 0xC09F, 0xC0A3, 0x009F, 0x0045, 0x00BE, 0x0088),
    *(0x00C4, 0x009A, 0xC008, 0xC009, 0xC023, 0xC0AC, 0xC0AE, 0xC02B, 0xC00A, 0xC024, 0xC0AD, 0xC0AF, 0xC02C, 0xC072),
    *(0xC073, 0xCCA9, 0x1302, 0x1301, 0xCC14, 0xC007, 0xC012, 0xC013, 0xC027, 0xC02F, 0xC014, 0xC028, 0xC030, 0xC060),
    *(0xC061, 0xC076, 0xC077, 0xCCA8, 0x1305, 0x1304, 0x1303, 0xCC13, 0xC011, 0x000A, 0x002F, 0x003C, 0xC09C, 0xC0A0),
    *(0x009C, 0x0035, 0x003D, 0xC09D, 0xC0A1, 0x009D, 0x0041, 0x00BA, 0x0084, 0x00C0, 0x0007, 0x0004, 0x0005),
)
_CLASSIC = tuple(one for one in _ALL if one not in _MODERN)

# The suites as the hash counts them: in rising order, with those of TLS 1.3 last.
_COUNTED = (*sorted(_CLASSIC), *sorted(_MODERN))

_RARE_ALPN = ("http/0.9", "http/1.0", "spdy/1", "spdy/2", "spdy/3", "h2c", "hq")
_COMMON_ALPN = ("http/0.9", "http/1.0", "http/1.1", "spdy/1", "spdy/2", "spdy/3", "h2", "h2c", "hq")

_TLS1_1, _TLS1_2, _TLS1_3 = 0x0302, 0x0303, 0x0304


class Order(enum.Enum):
    """In which order a list goes out."""

    FORWARD = "forward"
    REVERSE = "reverse"
    TOP_HALF = "top half"
    BOTTOM_HALF = "bottom half"
    MIDDLE_OUT = "middle out"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class JarmProbe:
    """One of the ten. `lists` is the order of ALPN names and versions; `versions` are listed up to that one."""

    version: int
    suites: tuple[int, ...] = _ALL
    order: Order = Order.FORWARD
    grease: bool = False
    alpn: tuple[str, ...] = _COMMON_ALPN
    versions: int | None = None
    lists: Order = Order.FORWARD


PROBES: tuple[JarmProbe, ...] = (
    JarmProbe(version=_TLS1_2, versions=_TLS1_2, lists=Order.REVERSE),
    JarmProbe(version=_TLS1_2, versions=_TLS1_2, order=Order.REVERSE),
    JarmProbe(version=_TLS1_2, order=Order.TOP_HALF),
    JarmProbe(version=_TLS1_2, order=Order.BOTTOM_HALF, alpn=_RARE_ALPN),
    JarmProbe(version=_TLS1_2, order=Order.MIDDLE_OUT, alpn=_RARE_ALPN, grease=True, lists=Order.REVERSE),
    JarmProbe(version=_TLS1_1),
    JarmProbe(version=_TLS1_3, versions=_TLS1_3, lists=Order.REVERSE),
    JarmProbe(version=_TLS1_3, versions=_TLS1_3, order=Order.REVERSE),
    JarmProbe(version=_TLS1_3, versions=_TLS1_3, suites=_CLASSIC),
    JarmProbe(version=_TLS1_3, versions=_TLS1_3, order=Order.MIDDLE_OUT, grease=True, lists=Order.REVERSE),
)
"""The ten hellos, in the order in which their answers are hashed."""


def jarm_hello(
    probe: JarmProbe, host: str, *, random: bytes, session_id: bytes, share: bytes, grease: Sequence[int]
) -> bytes:
    """The record of one hello. `random`, `session_id` and `share` are 32 bytes each.

    `grease` are four values of RFC 8701: for suites, extensions, key shares and versions.
    """
    suite, extension, group, version = grease
    suites = ((suite,) if probe.grease else ()) + _ordered(probe.suites, probe.order)
    extensions = (
        (_extension(extension) if probe.grease else b"")
        + _extension(0, vector(b"\0" + vector(host.encode("ascii"), 2), 2))
        + _extension(23)
        + _extension(1, b"\1")
        + _extension(0xFF01, b"\0")
        + _extension(10, vector(codes((0x001D, 0x0017, 0x0018, 0x0019)), 2))
        + _extension(11, b"\1\0")
        + _extension(35)
        + _extension(16, vector(b"".join(vector(one.encode(), 1) for one in _ordered(probe.alpn, probe.lists)), 2))
        + _extension(13, vector(bytes.fromhex("040308040401050308050501080606010201"), 2))
        + _extension(51, vector((codes((group, 1)) + b"\0" if probe.grease else b"") + b"\0\x1d\0\x20" + share, 2))
        + _extension(45, b"\1\1")
        + _versions(probe, version)
    )
    legacy = min(probe.version, _TLS1_2)
    body = (
        legacy.to_bytes(2, "big")
        + random
        + vector(session_id, 1)
        + vector(codes(suites), 2)
        + b"\1\0"
        + vector(extensions, 2)
    )
    layer = 0x0301 if probe.version == _TLS1_3 else probe.version
    return b"\x16" + layer.to_bytes(2, "big") + vector(b"\1" + vector(body, 3), 2)


def jarm_answer(data: bytes) -> str:
    """One answer as the hash takes it: `suite|version|alpn|extension-extension`; `NO_ANSWER` for anything else."""
    record = Octets(data[:READ_BYTES])
    try:
        kind, _, payload = record.number(1), record.number(2), record
        length = payload.number(2)
        message = Octets(payload.take(min(length, payload.left)))
        if (kind, message.number(1)) != (22, 2):
            return NO_ANSWER
        hello = Octets(message.vector(3))
        version, _, _ = hello.number(2), hello.take(32), hello.vector(1)
        suite, _ = hello.number(2), hello.number(1)
        extensions = read_extensions(hello.vector(2), "ServerHello") if hello.left else {}
    except Malformed:
        return NO_ANSWER
    alpn = extensions.get(16, b"")[3:].decode("ascii", "replace")
    types = "-".join(f"{code:04x}" for code in extensions)
    return f"{suite:04x}|{version:04x}|{_plain(alpn)}|{types}"


def jarm_hash(answers: Sequence[str]) -> str:
    """The fingerprint over ten answers: 30 characters of suites and versions, 32 of a SHA-256 over the rest."""
    if all(one == NO_ANSWER for one in answers):
        return EMPTY
    parts = [one.split("|") for one in answers]
    choices = "".join(_suite(suite) + _version(version) for suite, version, _, _ in parts)
    rest = "".join(alpn + types for _, _, alpn, types in parts)
    return choices + hashlib.sha256(rest.encode()).hexdigest()[:32]


def _plain(text: str) -> str:
    """A name that a peer made up, without what would break the text apart."""
    return text.replace("|", "?").replace(",", "?")


def _suite(code: str) -> str:
    """Its place in the list, from 1, in hexadecimal; one behind the end where it is not in it."""
    if not code:
        return "00"
    number = int(code, 16)
    return f"{_COUNTED.index(number) + 1 if number in _COUNTED else len(_COUNTED) + 1:02x}"


def _version(code: str) -> str:
    if not code:
        return "0"
    minor = int(code[3], 16)
    return "abcdef"[minor] if minor < len("abcdef") else "0"


def _versions(probe: JarmProbe, grease: int) -> bytes:
    if probe.versions is None:
        return b""
    listed = _ordered(tuple(range(0x0301, probe.versions + 1)), probe.lists)
    return _extension(43, vector(codes((*((grease,) if probe.grease else ()), *listed)), 1))


def _extension(code: int, body: bytes = b"") -> bytes:
    return code.to_bytes(2, "big") + vector(body, 2)


def _ordered(items: tuple[T, ...], order: Order) -> tuple[T, ...]:
    """The items in an order of the reference; of an odd number, the top half has the middle one, and has it first."""
    middle, odd = divmod(len(items), 2)
    if order is Order.REVERSE:
        return items[::-1]
    if order is Order.BOTTOM_HALF:
        return items[middle + odd :]
    if order is Order.TOP_HALF:
        return (*items[middle : middle + odd], *items[:middle][::-1])
    if order is Order.MIDDLE_OUT:
        after = items[middle + odd :]
        pairs = (pair for both in zip(after, items[:middle][::-1], strict=True) for pair in both)
        return (*items[middle : middle + odd], *pairs)
    return items
