"""Sessions to loopback servers, for tests of probes and of the net."""

import dataclasses
from collections.abc import Mapping

from scanner.errors import Forbidden, Unresolved
from scanner.model.options import ScanOptions
from scanner.model.outcome import Stage
from scanner.model.target import Endpoint, Family, Target
from scanner.net.budget import Deadline, Meter
from scanner.net.dial import Dialer
from scanner.net.dns_answer import DnsAnswer
from scanner.net.flights import Flights
from scanner.net.pace import Paces
from scanner.net.resolve import Resolver
from scanner.net.session import Identity, Session
from scanner.net.trust_stores import TrustStores

TEST_HOST = "www.example.org"
"""The name that a test session scans unless told otherwise."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TestIdentity:
    """The identity of a session that belongs to no probe."""

    __test__ = False

    id: str = "test"
    topic: str = "test"
    version: int = 1


def endpoint_of(address: str, port: int) -> Endpoint:
    """The endpoint of an address literal."""
    return Endpoint(address=address, port=port, family=Family.IPV6 if ":" in address else Family.IPV4)


def target_of(host: str, port: int, scheme: str = "https", path: str = "/") -> Target:
    """The target `scheme://host:port/path`."""
    shown = f"[{host}]" if ":" in host else host
    default = {"https": 443, "http": 80}[scheme]
    is_address = ":" in host or host.replace(".", "").isdigit()
    return Target(
        url=f"{scheme}://{shown}{path}" if port == default else f"{scheme}://{shown}:{port}{path}",
        host=host,
        port=port,
        scheme=scheme,
        path=path,
        sni=host if scheme == "https" and not is_address else None,
    )


class LoopbackResolver(Resolver):
    """A resolver of a fixed table `(host, port) -> endpoints`; what is not in it does not resolve.

    `asked` keeps every question. A place in `forbidden` is refused as the address policy refuses it.
    """

    def __init__(
        self,
        table: Mapping[tuple[str, int], tuple[Endpoint, ...]],
        *,
        forbidden: frozenset[tuple[str, int]] = frozenset(),
    ) -> None:
        super().__init__(allow_private=True)
        self._table = table
        self._forbidden = forbidden
        self.asked: list[tuple[str, int]] = []

    def overridden(self, host: str) -> bool:
        """Whether the table names this host at any port."""
        return any(name == host for name, _ in self._table)

    async def endpoints(
        self, host: str, port: int, *, deadline: Deadline, origin: Target | None = None, from_public: bool = False
    ) -> tuple[Endpoint, ...]:
        """The endpoints in the table."""
        del deadline, origin, from_public
        self.asked.append((host, port))
        if (host, port) in self._forbidden:
            raise Forbidden(f"{host} leads to a non-public address", stage=Stage.RESOLVE)
        if (host, port) not in self._table:
            raise Unresolved(stage=Stage.RESOLVE)
        return self._table[host, port]

    async def query(self, name: str, record_type: str, *, deadline: Deadline) -> DnsAnswer:
        """Every question is answered with nxdomain."""
        del deadline
        return DnsAnswer(name=name, type=record_type, status="nxdomain")


def session_for(
    place: Endpoint | tuple[str, int],
    *,
    host: str = TEST_HOST,
    scheme: str = "https",
    path: str = "/",
    url_port: int | None = None,
    sni: str | None = None,
    info: Identity | None = None,
    seconds: float = 10.0,
    options: ScanOptions | None = None,
    max_bytes_in: int | None = None,
    max_connections: int | None = None,
    also: Mapping[tuple[str, int], Endpoint] | None = None,
    forbidden: frozenset[tuple[str, int]] = frozenset(),
    trust: TrustStores | None = None,
    target: Target | None = None,
    flights: Flights | None = None,
) -> Session:
    """A session of a probe at `place`: an endpoint, or an address and port.

    The target is `scheme://host:url_port/path` (`url_port` is the endpoint's port unless given), its name resolves to
    `place`, and the names in `also` to their endpoints; nothing else resolves. `sni` overrides the name in TLS.
    Sessions that are given the same `flights` share what was seen.
    """
    endpoint = place if isinstance(place, Endpoint) else endpoint_of(*place)
    options = options or ScanOptions(allow_private=True)
    named = target or target_of(host, url_port or endpoint.port, scheme, path)
    if sni is not None:
        named = dataclasses.replace(named, sni=sni)
    table = {(named.host, named.port): (endpoint,)} | {key: (value,) for key, value in (also or {}).items()}
    return Session(
        identity=info or TestIdentity(),
        target=named,
        endpoint=endpoint,
        options=options,
        deadline=Deadline.after(seconds),
        meter=Meter(max_bytes_in=max_bytes_in, max_connections=max_connections),
        dialer=Dialer(Paces(options.pace)),
        resolver=LoopbackResolver(table, forbidden=forbidden),
        trust=trust or TrustStores(options.ca),
        flights=flights,
    )
