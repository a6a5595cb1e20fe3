"""Certification paths: every way from a leaf up to a trust anchor, over the certificates that were sent.

The order in which they were sent does not matter, nor do extra ones; cross-signed CAs make several paths. Names and
signatures are looked at here; whether a path may be used is judged by `path_checks`.
"""

import dataclasses
import enum
import functools
from collections.abc import Iterator, Sequence

from scanner.derive.path_node import Node, read_nodes
from scanner.model.outcome import Answer
from scanner.wire.x509_names import CanonicalName

MAX_DEPTH = 10
"""Certificates in one path; public ones have at most five."""

MAX_SIGNATURES = 100
"""Signatures that one search verifies."""

MAX_STEPS = 200
"""Certificates that one search visits: cross-signed CAs can make a number of paths that explodes."""


class End(enum.Enum):
    """How a path ends."""

    ANCHOR = enum.auto()
    SELF_SIGNED = enum.auto()  # at a self-signed certificate that is no anchor
    NO_ISSUER = enum.auto()  # the next issuer was not sent and is no anchor
    BAD_SIGNATURE = enum.auto()  # certificates of the issuer's name are there; none of them made the signature
    UNVERIFIABLE = enum.auto()  # a signature that our library cannot check
    TOO_LONG = enum.auto()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """Leaf first. Where it ends at an anchor, that is the last."""

    nodes: tuple[Node, ...]
    end: End


class SearchTooCostlyError(Exception):
    """A search was given up at `MAX_SIGNATURES` or `MAX_STEPS`."""


class Anchors:
    """The roots of one store, by name."""

    def __init__(self, ders: Sequence[bytes]) -> None:
        self._by_subject: dict[CanonicalName, list[Node]] = {}
        for node in read_nodes(ders):
            if node is not None:
                self._by_subject.setdefault(node.subject, []).append(node)
        self._identities = frozenset(node.identity for nodes in self._by_subject.values() for node in nodes)

    def named(self, subject: CanonicalName) -> Sequence[Node]:
        """The anchors with this name."""
        return self._by_subject.get(subject, ())

    def holds(self, node: Node) -> bool:
        """Whether a certificate stands for one of the anchors: same name and same key."""
        return node.identity in self._identities


@functools.lru_cache(maxsize=16)
def anchors_of(ders: tuple[bytes, ...]) -> Anchors:
    """The anchors of a store, indexed once."""
    return Anchors(ders)


class Search:
    """The search for paths from one leaf. Signatures that it verified serve the searches in all stores."""

    def __init__(self, leaf: Node, sent: Sequence[Node]) -> None:
        self._leaf = leaf
        self._sent = tuple(dict.fromkeys(node for node in sent if node is not leaf))
        self._verified: dict[tuple[bytes, bytes], Answer] = {}
        self._steps = 0

    def paths(self, anchors: Anchors) -> Iterator[Path]:
        """Every path. Raises `SearchTooCostlyError` on the way."""
        self._steps = 0
        return self._climb((self._leaf,), anchors)

    def _climb(self, nodes: tuple[Node, ...], anchors: Anchors) -> Iterator[Path]:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise SearchTooCostlyError
        top = nodes[-1]
        if anchors.holds(top):
            yield Path(nodes=nodes, end=End.ANCHOR)
            return
        if len(nodes) == MAX_DEPTH:
            yield Path(nodes=nodes, end=End.TOO_LONG)
            return
        used = {node.identity for node in nodes}
        candidates = [
            *anchors.named(top.issuer),
            *(one for one in self._sent if one.subject == top.issuer and one.identity not in used),
        ]
        answers = [self._is_signed(top, one) for one in candidates]
        for issuer, answer in zip(candidates, answers, strict=True):
            if answer is Answer.YES:
                yield from self._climb((*nodes, issuer), anchors)
        if Answer.YES not in answers:
            yield Path(nodes=nodes, end=self._dead_end(top, answers))

    def _dead_end(self, top: Node, answers: Sequence[Answer]) -> End:
        if top.is_self_issued:
            return End.SELF_SIGNED
        if Answer.UNKNOWN in answers:
            return End.UNVERIFIABLE
        return End.BAD_SIGNATURE if answers else End.NO_ISSUER

    def _is_signed(self, child: Node, issuer: Node) -> Answer:
        key = (child.der, issuer.spki)
        if key not in self._verified:
            if len(self._verified) >= MAX_SIGNATURES:
                raise SearchTooCostlyError
            self._verified[key] = child.is_signed_by(issuer)
        return self._verified[key]
