"""One chain as it was sent: its certificates read, their order, and whether a root is among them."""

import dataclasses
from collections.abc import Sequence
from itertools import pairwise

from scanner.errors import Malformed
from scanner.model.evidence.certificates import Certificate
from scanner.model.outcome import Answer
from scanner.wire.der import outline
from scanner.wire.x509_names import canonical_name
from scanner.wire.x509_view import read_chain


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ChainView:
    """`certificates` in the order of the wire, leaf first. `in_order` and `anchor_sent` as in the evidence."""

    certificates: tuple[Certificate, ...]
    in_order: Answer
    anchor_sent: bool


def view_chain(ders: Sequence[bytes]) -> ChainView:
    """A chain, read. Raises `TooMuch` beyond the caps of `x509_view`."""
    certificates = read_chain(ders)
    return ChainView(
        certificates=certificates,
        in_order=_in_order(ders),
        anchor_sent=any(one.self_signed is Answer.YES for one in certificates[1:]),
    )


def count_scts(body: bytes | None) -> int:
    """How many timestamps a SignedCertificateTimestampList holds (RFC 6962 section 3.3); 0 where it is malformed."""
    if body is None or len(body) < 2 or int.from_bytes(body[:2], "big") != len(body) - 2:
        return 0
    count, at = 0, 2
    while at + 2 <= len(body):
        at += 2 + int.from_bytes(body[at : at + 2], "big")
        count += 1
    return count if at == len(body) else 0


def _in_order(ders: Sequence[bytes]) -> Answer:
    """Whether each certificate names the next as its issuer (RFC 5246 section 7.4.2, RFC 8446 section 4.4.2)."""
    try:
        outlines = [outline(der) for der in ders]
        names = [(canonical_name(one.issuer), canonical_name(one.subject)) for one in outlines]
    except Malformed:
        return Answer.UNKNOWN
    return Answer.YES if all(lower[0] == upper[1] for lower, upper in pairwise(names)) else Answer.NO
