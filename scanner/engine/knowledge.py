"""Knowledge: has everything derived that follows from one target's observations."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import TypeVar

from scanner import isolate
from scanner.derive.addresses import compare
from scanner.derive.client_server import ServerView
from scanner.derive.clients import simulate
from scanner.derive.kinds import target_kind
from scanner.derive.preload import preload_of_hosts, preload_status
from scanner.derive.server import identify
from scanner.derive.trust import derive_trust, needs_worker
from scanner.engine.inputs import Outside
from scanner.errors import OwnFault, PeerFault
from scanner.model.derived import ChainTrust, ClientResult, Derived, KindAt, ServerIdentity
from scanner.model.evidence.certificates import Certificates
from scanner.model.evidence.http_exchanges import HttpExchanges
from scanner.model.evidence.server_identity import ServerAnswers
from scanner.model.evidence.tls_features import TlsFeatures
from scanner.model.evidence.tls_groups import TlsGroups
from scanner.model.evidence.tls_suites import TlsSuites
from scanner.model.observation import Observation
from scanner.model.target import Target

T = TypeVar("T")

TRUST_SECONDS = 2.0
"""The longest that path building over costly certificates may take, in the worker process."""


async def derive(target: Target, observations: Sequence[Observation[object]], outside: Outside) -> Derived:
    """All derived knowledge of one target. Costly certificates are worked on in the worker process."""
    # A recording that was judged offline may not know the address: then there is no endpoint to name.
    exchanges = {one.endpoint: one.evidence for one in observations if isinstance(one.evidence, HttpExchanges)}
    return Derived(
        server=_server(target, observations, exchanges),
        kinds=tuple(_kinds(exchanges)),
        trust=await _trust(observations, outside),
        preload=preload_status(target.host, outside.preload_list, outside.now),
        preloaded=preload_of_hosts(target.host, exchanges.values(), outside.preload_list, outside.now),
        addresses=compare(observations),
        clients=tuple(_clients(target, observations)),
    )


def _evidence(observations: Sequence[Observation[object]], kind: type[T]) -> Iterator[tuple[str, T]]:
    """The evidence of one type, with the endpoint that it is of."""
    for one in observations:
        if one.endpoint is not None and isinstance(one.evidence, kind):
            yield one.endpoint, one.evidence


def _server(
    target: Target, observations: Sequence[Observation[object]], exchanges: dict[str | None, HttpExchanges]
) -> ServerIdentity:
    """The identity at the first endpoint where anything could be told: by odd answers, else by ordinary ones."""
    odd: dict[str | None, ServerAnswers] = dict(_evidence(observations, ServerAnswers))
    for endpoint in dict.fromkeys((*odd, *exchanges)):
        found = identify(odd.get(endpoint), exchanges.get(endpoint), host=target.host)
        if found.front is not None or found.backend is not None or found.candidates:
            return found
    return ServerIdentity()


def _kinds(exchanges: dict[str | None, HttpExchanges]) -> Iterator[KindAt]:
    for endpoint, seen in exchanges.items():
        kind, because = target_kind(seen)
        yield KindAt(endpoint=endpoint, kind=kind, because=because)


def _clients(target: Target, observations: Sequence[Observation[object]]) -> Iterator[ClientResult]:
    """What becomes of the known clients at each endpoint whose suites were listed."""
    groups, certificates = dict(_evidence(observations, TlsGroups)), dict(_evidence(observations, Certificates))
    features = dict(_evidence(observations, TlsFeatures))
    for endpoint, suites in _evidence(observations, TlsSuites):
        if suites.listed:
            server = ServerView(
                suites=suites,
                groups=groups.get(endpoint),
                certificates=certificates.get(endpoint),
                features=features.get(endpoint),
                named=target.sni is not None,
            )
            yield from simulate(endpoint, server)


async def _trust(observations: Sequence[Observation[object]], outside: Outside) -> tuple[ChainTrust, ...]:
    found: list[ChainTrust] = []
    for endpoint, certificates in _evidence(observations, Certificates):
        stores = outside.trust.stores()
        if not needs_worker(certificates):
            found.extend(derive_trust(endpoint, certificates, stores, outside.now))
            continue
        with contextlib.suppress(PeerFault, OwnFault):  # nothing derived: the rules about trust come out unknown
            found.extend(
                await isolate.run(derive_trust, endpoint, certificates, stores, outside.now, seconds=TRUST_SECONDS)
            )
    return tuple(found)
