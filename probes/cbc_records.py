"""The broken CBC records by which a padding oracle shows, and the right one beside them. All are of one length.

Only what is inside differs, so that whatever a server says differently tells of the inside (RFC 5246 section 6.2.3.2).
The kinds are those of Merget et al.: Scalable Scanning and Automatic Classification of TLS Padding Oracle
Vulnerabilities (2019).
"""

import dataclasses
from collections.abc import Callable, Mapping

from scanner.wire.tls12_records import CbcLayout, CbcProtection
from scanner.wire.tls_record import ContentType

SIZE = 80
"""Bytes inside a record: whole blocks of 8 and of 16, with room for every MAC and some padding."""

PAYLOAD = b"\r\n"
"""What the records carry: an empty line, which HTTP servers skip before a request (RFC 9112 section 2.2)."""

RIGHT = "right"
MAC, PADDING, BOTH, EMPTY_MAC, EMPTY_PADDING, NO_ROOM = (
    "mac",
    "padding",
    "both",
    "empty-mac",
    "empty-padding",
    "no-room",
)
PADDINGS = frozenset({PADDING, "padding-first", EMPTY_PADDING})
"""Those with a right MAC and wrong padding."""

NAMES: Mapping[str, str] = {
    RIGHT: "a right record",
    MAC: "a wrong MAC",
    "mac-last": "a MAC with a wrong last byte",
    PADDING: "wrong padding",
    "padding-first": "padding with a wrong first byte",
    BOTH: "wrong padding and a wrong MAC",
    "length": "padding longer than the record",
    EMPTY_MAC: "no data and a wrong MAC",
    EMPTY_PADDING: "no data and wrong padding",
    NO_ROOM: "nothing but padding",
}
"""Form of the record: what to call it."""


def right_layout(protection: CbcProtection, payload: bytes = PAYLOAD) -> CbcLayout:
    """The right record with as much padding as `SIZE` takes."""
    mac = protection.mac(ContentType.APPLICATION_DATA, payload)
    count = SIZE - len(payload) - len(mac) - 1
    return CbcLayout(payload=payload, mac=mac, padding=bytes((count,)) * (count + 1))


def _at(data: bytes, place: int) -> bytes:
    """`data` with the highest bit at one place changed."""
    changed = bytearray(data)
    changed[place] ^= 0x80
    return bytes(changed)


def _all_but_last(data: bytes) -> bytes:
    return bytes(octet ^ 0x80 for octet in data[:-1]) + data[-1:]


def _no_room(layout: CbcLayout) -> CbcLayout:
    del layout
    return CbcLayout(payload=b"", mac=b"", padding=bytes((SIZE - 1,)) * SIZE)


_CHANGES: Mapping[str, tuple[bytes, Callable[[CbcLayout], CbcLayout]]] = {
    RIGHT: (PAYLOAD, lambda one: one),
    MAC: (PAYLOAD, lambda one: dataclasses.replace(one, mac=_at(one.mac, 0))),
    "mac-last": (PAYLOAD, lambda one: dataclasses.replace(one, mac=_at(one.mac, -1))),
    PADDING: (PAYLOAD, lambda one: dataclasses.replace(one, padding=_all_but_last(one.padding))),
    "padding-first": (PAYLOAD, lambda one: dataclasses.replace(one, padding=_at(one.padding, 0))),
    BOTH: (PAYLOAD, lambda one: dataclasses.replace(one, mac=_at(one.mac, 0), padding=_all_but_last(one.padding))),
    "length": (PAYLOAD, lambda one: dataclasses.replace(one, padding=b"\xff" * len(one.padding))),
    EMPTY_MAC: (b"", lambda one: dataclasses.replace(one, mac=_at(one.mac, 0))),
    EMPTY_PADDING: (b"", lambda one: dataclasses.replace(one, padding=_all_but_last(one.padding))),
    NO_ROOM: (b"", _no_room),
}
"""Form: the payload, and what is changed of the right record."""


def sealed(protection: CbcProtection, form: str) -> bytes:
    """One record in this form, sealed."""
    payload, change = _CHANGES[form]
    return protection.seal_layout(ContentType.APPLICATION_DATA, change(right_layout(protection, payload)))
