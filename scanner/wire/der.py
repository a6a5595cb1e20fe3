"""DER: a cheap walk over the outline of a certificate, without decoding what is inside.

Belongs here: finding where the parts of a certificate lie (X.690, RFC 5280 section 4.1), and the few facts that can be
read from the outline alone. Reading the parts themselves is `x509_view`'s. Pure Python, linear in the input, no
recursion into what the peer nested: safe to call on anything.
"""

import dataclasses
from collections.abc import Iterator

from scanner.errors import Malformed, Truncated
from scanner.model.outcome import Stage

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OID, SEQUENCE, SET = 0x01, 0x02, 0x03, 0x04, 0x06, 0x30, 0x31
_VERSION, _EXTENSIONS = 0xA0, 0xA3  # the context tags [0] and [3] of TBSCertificate
_LENGTH_BYTES = 4
_OID_BYTES = 64
"""The longest OBJECT IDENTIFIER that is read; those in use have 3 to 12 bytes."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element: `whole` is the element with its header, `content` what is in it."""

    tag: int
    content: bytes
    whole: bytes


def elements(data: bytes) -> Iterator[Element]:
    """The elements that stand one after the other in `data`. Raises `Malformed` or `Truncated` on the way."""
    at = 0
    while at < len(data):
        one = element(data, at)
        yield one
        at += len(one.whole)


def element(data: bytes, at: int = 0) -> Element:
    """The element that begins at `at`. Raises `Truncated` where bytes are missing, else `Malformed`."""
    if len(data) < at + 2:
        raise Truncated(at + 2 - len(data), stage=Stage.PARSE)
    tag, first = data[at], data[at + 1]
    if tag & 0x1F == 0x1F:
        raise Malformed("a tag number above 30", stage=Stage.PARSE)
    start, length = at + 2, first
    if first & 0x80:
        count = first & 0x7F
        if not 1 <= count <= _LENGTH_BYTES:
            raise Malformed("a length of a form that DER does not have", stage=Stage.PARSE)
        start += count
        if len(data) < start:
            raise Truncated(start - len(data), stage=Stage.PARSE)
        length = int.from_bytes(data[at + 2 : start], "big")
    end = start + length
    if len(data) < end:
        raise Truncated(end - len(data), stage=Stage.PARSE)
    return Element(tag=tag, content=data[start:end], whole=data[at:end])


def inside(data: bytes, tag: int) -> tuple[Element, ...]:
    """The elements inside `data`, which must be one element with `tag`."""
    outer = element(data)
    _expect(outer, tag)
    return tuple(elements(outer.content))


def integer(one: Element) -> int:
    """The value of an INTEGER."""
    _expect(one, INTEGER)
    if not one.content:
        raise Malformed("an empty INTEGER", stage=Stage.PARSE)
    return int.from_bytes(one.content, "big", signed=True)


def object_identifier(one: Element) -> str:
    """The value of an OBJECT IDENTIFIER in dots (X.690 section 8.19)."""
    _expect(one, OID)
    if not 0 < len(one.content) <= _OID_BYTES or one.content[-1] & 0x80:
        raise Malformed("an OBJECT IDENTIFIER that does not end", stage=Stage.PARSE)
    arcs: list[int] = []
    value = 0
    for octet in one.content:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    top = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (top, arcs[0] - 40 * top, *arcs[1:]))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Algorithm:
    """An AlgorithmIdentifier (RFC 5280 section 4.1.1.2): the OID in dots, and its parameters as they stand."""

    oid: str
    parameters: Element | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """The parts of a certificate (RFC 5280 section 4.1), each as DER.

    `version` counts from 1. `algorithm` is the signature's AlgorithmIdentifier, `spki` the SubjectPublicKeyInfo.
    `extensions` holds each Extension as it stands.
    """

    version: int
    serial: int
    algorithm: "Algorithm"
    issuer: bytes
    subject: bytes
    spki: bytes
    extensions: tuple[bytes, ...]


def outline(der: bytes) -> Outline:
    """The outline of a certificate. Raises `Malformed` or `Truncated`."""
    parts = inside(der, SEQUENCE)
    if len(parts) != 3:
        raise Malformed("a certificate has three parts", stage=Stage.PARSE)
    fields = list(inside(parts[0].whole, SEQUENCE))
    version = 1
    if fields and fields[0].tag == _VERSION:
        version = integer(element(fields.pop(0).content)) + 1
    if len(fields) < 6:
        raise Malformed("a certificate lacks one of its fields", stage=Stage.PARSE)
    serial, _, issuer, _, subject, spki, *optional = fields
    return Outline(
        version=version,
        serial=integer(serial),
        algorithm=algorithm(parts[1].whole),
        issuer=issuer.whole,
        subject=subject.whole,
        spki=spki.whole,
        extensions=next(
            (tuple(each.whole for each in inside(one.content, SEQUENCE)) for one in optional if one.tag == _EXTENSIONS),
            (),
        ),
    )


def with_one_extension(der: bytes, extension: bytes) -> bytes:
    """The certificate with `extension` as its only one, so that a sound extension can be read beside a broken one.

    Its signature is void; it is for reading only. Raises `Malformed` or `Truncated`.
    """
    tbs, *rest = inside(der, SEQUENCE)
    kept = [one.whole for one in inside(tbs.whole, SEQUENCE) if one.tag != _EXTENSIONS]
    kept.append(_encoded(_EXTENSIONS, _encoded(SEQUENCE, extension)))
    return _encoded(SEQUENCE, _encoded(SEQUENCE, b"".join(kept)) + b"".join(one.whole for one in rest))


def algorithm(der: bytes) -> Algorithm:
    """An AlgorithmIdentifier. Raises `Malformed` or `Truncated`."""
    parts = inside(der, SEQUENCE)
    if not parts:
        raise Malformed("an empty AlgorithmIdentifier", stage=Stage.PARSE)
    return Algorithm(oid=object_identifier(parts[0]), parameters=parts[1] if len(parts) > 1 else None)


def _encoded(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def _expect(one: Element, tag: int) -> None:
    if one.tag != tag:
        raise Malformed(f"tag {one.tag:02x} where {tag:02x} belongs", stage=Stage.PARSE)
