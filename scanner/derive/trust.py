"""Trust: which stores accept the chains that a server sent, and if not, why not.

Our own path building, with the checks that browsers and OpenSSL have in common: the usual verifiers either stop at the
first path (so a cross-signed root that expired looks fatal), or refuse what every browser accepts (a server's
certificate with CA:TRUE). An incomplete chain is told apart from an unknown root, and a time that has passed from both.
"""

import base64
import datetime
from collections.abc import Sequence
from typing import Protocol

from scanner.derive.path_checks import PathProblem, place, problem_of
from scanner.derive.path_node import Node, read_nodes
from scanner.derive.path_search import End, Path, Search, SearchTooCostlyError, anchors_of
from scanner.model.derived import ChainProblem, ChainTrust, StoreTrust
from scanner.model.evidence.certificates import Certificate, Certificates, Chain
from scanner.model.outcome import Answer
from scanner.wire import x509_view

MACHINE_STORES = frozenset({"mozilla", "system"})
"""Names of the stores that come with the machine; the user named all others."""

_TIMES = frozenset({ChainProblem.EXPIRED, ChainProblem.NOT_YET_VALID})


class Store(Protocol):
    """What a trust store must tell of itself (`scanner.net.trust_stores.TrustStore`)."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def public(self) -> bool:
        """Whether it stands for the web's public roots."""

    @property
    def anchors(self) -> tuple[bytes, ...]:
        """Its roots, DER."""


def needs_worker(certificates: Certificates) -> bool:
    """Whether deriving trust for these belongs in the worker process (`scanner.isolate`)."""
    return x509_view.needs_isolation([_der(one) for one in _all(certificates)])


def derive_trust(
    endpoint: str, certificates: Certificates, stores: Sequence[Store], now: datetime.datetime
) -> tuple[ChainTrust, ...]:
    """The trust of each chain in the evidence of `endpoint`, in every store, at `now` (aware)."""
    known = {one.sha256: one for one in _all(certificates)}
    return tuple(
        _chain_trust(endpoint, index, chain, known, stores, now) for index, chain in enumerate(certificates.chains)
    )


def _all(certificates: Certificates) -> list[Certificate]:
    return [*(chain.leaf for chain in certificates.chains), *certificates.others]


def _der(certificate: Certificate) -> bytes:
    return base64.b64decode(certificate.der)


def _chain_trust(
    endpoint: str,
    index: int,
    chain: Chain,
    known: dict[str, Certificate],
    stores: Sequence[Store],
    now: datetime.datetime,
) -> ChainTrust:
    sent = read_nodes([_der(known[digest]) for digest in chain.sent if digest in known])
    leaf = sent[0] if sent else None
    if leaf is None:
        return ChainTrust(endpoint=endpoint, chain=index, stores=tuple(map(_unreadable, stores)))
    judge = _Judge(chain.leaf, leaf, [node for node in sent if node is not None], now)
    judged = [judge.in_store(store) for store in stores]
    return ChainTrust(
        endpoint=endpoint, chain=index, stores=tuple(judged), public=_is_public(stores, judged, chain.leaf)
    )


def _unreadable(store: Store) -> StoreTrust:
    return StoreTrust(
        store=store.name,
        trusted=Answer.UNKNOWN,
        problem=ChainProblem.UNREADABLE,
        reason="the server's certificate cannot be read",
    )


def _is_public(stores: Sequence[Store], judged: Sequence[StoreTrust], leaf: Certificate) -> Answer:
    """Whether a public root issued the chain. Embedded SCTs say so too: logs take only what a public root issued."""
    public = [trust for store, trust in zip(stores, judged, strict=True) if store.public]
    if any(trust.path for trust in public):
        return Answer.YES
    open_ended = any(trust.problem is ChainProblem.INCOMPLETE or trust.trusted is Answer.UNKNOWN for trust in public)
    return Answer.UNKNOWN if not public or open_ended or leaf.scts else Answer.NO


class _Judge:
    """One chain, to be judged in several stores."""

    def __init__(self, view: Certificate, leaf: Node, sent: Sequence[Node], now: datetime.datetime) -> None:
        self._view = view
        self._sent = frozenset(node.identity for node in sent)
        self._search = Search(leaf, sent)
        self._now = now

    def in_store(self, store: Store) -> StoreTrust:
        """The best path in one store, or the reason why there is none."""
        best: StoreTrust | None = None
        try:
            for path in self._search.paths(anchors_of(store.anchors)):
                judged = self._judged(path, store)
                if judged.trusted is Answer.YES:
                    return judged
                best = judged if best is None or _weight(judged) < _weight(best) else best
        except SearchTooCostlyError:
            best = None
        return best or StoreTrust(
            store=store.name, trusted=Answer.UNKNOWN, reason="there are too many possible paths to follow"
        )

    def _judged(self, path: Path, store: Store) -> StoreTrust:
        if path.end is not End.ANCHOR:
            return self._dead_end(path, store)
        problem = problem_of(path.nodes, self._now)
        return StoreTrust(
            store=store.name,
            trusted=_answer(problem),
            problem=problem.kind if problem else None,
            reason=problem.reason if problem else None,
            complete=self._completeness(path),
            path=tuple(node.sha256 for node in path.nodes),
        )

    def _completeness(self, path: Path) -> Answer:
        """The root may be left out (RFC 8446 section 4.4.2); an anchor that another CA issued is an intermediate."""
        *below, anchor = path.nodes
        needed = below if anchor.is_self_issued else path.nodes
        return Answer.YES if all(node.identity in self._sent for node in needed) else Answer.NO

    def _dead_end(self, path: Path, store: Store) -> StoreTrust:
        kind, words, trusted = _ENDS[path.end]
        top = place((*path.nodes, path.nodes[-1]), len(path.nodes) - 1)
        if path.end is End.SELF_SIGNED and len(path.nodes) > 1:
            top = "the root that was sent"
        complete = Answer.YES if path.end is End.SELF_SIGNED else Answer.UNKNOWN
        if path.end is End.NO_ISSUER and self._lacks_intermediate(path, store):
            kind, complete = ChainProblem.INCOMPLETE, Answer.NO
        return StoreTrust(
            store=store.name, trusted=trusted, problem=kind, reason=words.format(top=top), complete=complete
        )

    def _lacks_intermediate(self, path: Path, store: Store) -> bool:
        """Whether a missing issuer is an intermediate rather than a root that the store does not know.

        Only where nothing was sent beside the server's certificate. SCTs are given to certificates of public roots,
        which sign no server's certificate themselves; a caIssuers URL names the missing one; and a CA file that the
        user named says that its root is to be known.
        """
        signs = self._view.scts or self._view.ca_issuer_urls or store.name not in MACHINE_STORES
        return len(path.nodes) == 1 and bool(signs)


_ENDS: dict[End, tuple[ChainProblem, str, Answer]] = {
    End.SELF_SIGNED: (ChainProblem.SELF_SIGNED, "{top} is self-signed and not in the store", Answer.NO),
    End.NO_ISSUER: (
        ChainProblem.UNKNOWN_ISSUER,
        "the issuer of {top} was not sent and is not in the store",
        Answer.NO,
    ),
    End.BAD_SIGNATURE: (
        ChainProblem.BAD_SIGNATURE,
        "the signature on {top} was not made by the issuer of that name",
        Answer.NO,
    ),
    End.UNVERIFIABLE: (ChainProblem.UNREADABLE, "the signature on {top} cannot be checked here", Answer.UNKNOWN),
    End.TOO_LONG: (ChainProblem.PATH_LENGTH, "the chain is longer than any that is in use", Answer.UNKNOWN),
}
"""What a path that reaches no anchor says: problem, words, and whether the store trusts it."""


def _answer(problem: PathProblem | None) -> Answer:
    if problem is None:
        return Answer.YES
    return Answer.NO if problem.certain else Answer.UNKNOWN


def _weight(trust: StoreTrust) -> tuple[bool, bool, bool]:
    """What makes one failing path a worse account of the failure than another, smallest best."""
    return not trust.path, trust.problem not in _TIMES, trust.trusted is Answer.NO
