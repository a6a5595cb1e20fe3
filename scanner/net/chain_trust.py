"""Whether the certificate of an HTTP connection would be accepted: chain, dates, purpose and name, by OpenSSL.

Rule of the room: a verdict about one connection that was made anyway, at once, with none of its own. Why a chain is not
trusted, and in which store, is derived elsewhere from the evidence of the certificates.
"""

import datetime
import functools
import hashlib
import weakref
from collections.abc import Sequence

from OpenSSL import crypto

from scanner.model.outcome import Answer
from scanner.net.trust_stores import TrustStores
from scanner.wire.host_match import match_host
from scanner.wire.x509_view import needs_isolation, read_certificate

_SERVER_PURPOSES = frozenset({"serverAuth", "anyExtendedKeyUsage"})


class ChainTrust:
    """The verdicts of one run: each distinct chain and host is looked at once."""

    def __init__(self, stores: TrustStores) -> None:
        self._anchors = tuple(store.anchors for store in stores.stores())
        self._by_instant: dict[datetime.datetime | None, crypto.X509Store] = {}
        self._verdicts: dict[tuple[bytes, str, datetime.datetime | None], bool | None] = {}

    def accepts(self, chain: Sequence[bytes], host: str, now: datetime.datetime | None) -> bool | None:
        """Whether `chain` (DER, leaf first) leads to a root of any store, is valid at `now`, and is for `host`.

        `host` is an A-label or an address literal. `now` is aware, None for this instant. None where it cannot be told:
        no chain, or keys that cost too much to verify here.
        """
        key = (hashlib.sha256(b"".join(chain)).digest(), host, now)
        if key not in self._verdicts:
            self._verdicts[key] = self._judge(chain, host, now)
        return self._verdicts[key]

    def _judge(self, chain: Sequence[bytes], host: str, now: datetime.datetime | None) -> bool | None:
        if not chain or needs_isolation(chain):
            return None
        leaf = read_certificate(chain[0])
        if leaf.extended_key_usage and not _SERVER_PURPOSES.intersection(leaf.extended_key_usage):
            return False  # RFC 5280 section 4.2.1.12
        named = match_host(leaf, host).matches
        if named is not Answer.YES:
            return False if named is Answer.NO else None
        return self._is_anchored(chain, now)

    def _is_anchored(self, chain: Sequence[bytes], now: datetime.datetime | None) -> bool | None:
        try:
            leaf, *others = (crypto.load_certificate(crypto.FILETYPE_ASN1, der) for der in chain)
        except (crypto.Error, ValueError):
            return None
        try:
            crypto.X509StoreContext(self._at(now), leaf, others).verify_certificate()
        except crypto.X509StoreContextError:
            return False
        return True

    def _at(self, now: datetime.datetime | None) -> crypto.X509Store:
        """The anchors at an instant. A store takes an instant once: OpenSSL lets a later one not replace it."""
        if now not in self._by_instant:
            store = self._by_instant[now] = _store(self._anchors)
            if now is not None:
                store.set_time(now.astimezone(datetime.UTC))
        return self._by_instant[now]


_RUNS: weakref.WeakKeyDictionary[TrustStores, ChainTrust] = weakref.WeakKeyDictionary()


def chain_trust(stores: TrustStores) -> ChainTrust:
    """The verdicts of the run that has these stores. Raises `UserFault` for a `--ca` file that cannot be read."""
    found = _RUNS.get(stores)
    if found is None:
        found = _RUNS[stores] = ChainTrust(stores)
    return found


def _store(stores: Sequence[tuple[bytes, ...]]) -> crypto.X509Store:
    """One OpenSSL store of all the anchors, each of which ends a path, root or not, as `--ca` promises."""
    store = crypto.X509Store()
    store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
    known: set[bytes] = set()
    for anchors in stores:
        for der, loaded in zip(anchors, _loaded(anchors), strict=True):
            if loaded is not None and der not in known:
                store.add_cert(loaded)
            known.add(der)
    return store


@functools.lru_cache(maxsize=16)
def _loaded(anchors: tuple[bytes, ...]) -> tuple[crypto.X509 | None, ...]:
    return tuple(map(_load, anchors))


def _load(der: bytes) -> crypto.X509 | None:
    try:
        return crypto.load_certificate(crypto.FILETYPE_ASN1, der)
    except (crypto.Error, ValueError):
        return None
