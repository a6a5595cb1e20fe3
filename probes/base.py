"""The probe protocol: what every probe is, ours or another package's."""

import dataclasses
import enum
from collections.abc import Mapping
from typing import Protocol, TypeVar

from scanner.model.observation import Observation
from scanner.net.session import Session

E_co = TypeVar("E_co", covariant=True)
T = TypeVar("T")


class Scope(enum.StrEnum):
    """How often a probe runs for one target."""

    TARGET = "target"  # once
    ADDRESS = "address"  # at every address
    WEB = "web"  # at the first IPv4 and the first IPv6 address


class Group(enum.StrEnum):
    """The groups that `--only` and `--skip` know beside topics."""

    TLS = "tls"
    CERTIFICATES = "certificates"
    HTTP = "http"
    IDENTITY = "identity"
    DNS = "dns"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ProbeInfo:
    """A probe's identity and its promise to the operator.

    `sends` says in prose what goes on the wire, and why it is harmless. `max_connections` is its own cap at one
    endpoint, 0 for a probe that only reads what others saw. `requires` are topics that must have been tried before.
    `produces` is the type of its evidence. `sends_intrusive` says what it sends beside that with `--intrusive` only,
    and `max_connections_intrusive` come on top of the cap then; `sends_on_request` with another option. `last` marks
    probes that send odd requests: they run when everything else at the endpoint is done. `needs_tls` keeps it from
    plain-http targets.
    """

    id: str
    topic: str
    group: Group
    title: str
    sends: str
    scope: Scope
    max_connections: int
    produces: type
    since: str
    version: int = 1
    intrusive: bool = False
    max_connections_intrusive: int = 0
    sends_intrusive: str | None = None
    sends_on_request: str | None = None
    requires: frozenset[str] = frozenset()
    last: bool = False
    needs_tls: bool = False
    compares: bool = False
    quick: bool = True


class Known:
    """What other probes have seen at the same endpoint, and of the target as a whole.

    `first` is what a probe that `compares` saw itself at the target's first address; None at that one.
    """

    def __init__(
        self, observations: Mapping[str, Observation[object]], first: Observation[object] | None = None
    ) -> None:
        self._observations = observations
        self.first = first

    def observation(self, topic: str) -> Observation[object] | None:
        """The observation of `topic`; None where its probe did not run."""
        return self._observations.get(topic)

    def evidence(self, topic: str, kind: type[T]) -> T | None:
        """The evidence of `topic`; None where there is none of that type."""
        found = self._observations.get(topic)
        return found.evidence if found is not None and isinstance(found.evidence, kind) else None

    def at_first(self, kind: type[T]) -> tuple[str, T] | None:
        """The first address and this probe's own evidence there; None at that address, or where there is none."""
        first = self.first
        if first is None or first.endpoint is None or not isinstance(first.evidence, kind):
            return None
        return first.endpoint, first.evidence


class Probe(Protocol[E_co]):
    """Something that looks at an endpoint and says what it saw."""

    @property
    def info(self) -> ProbeInfo:
        """Who it is and what it sends."""

    async def collect(self, session: Session, known: Known) -> Observation[E_co]:
        """Looks, and returns what was seen (`session.observe`).

        A `PeerFault` or `OwnFault` that it lets through becomes an observation without evidence, with the fault's
        outcome. It is cancelled at its deadline.
        """
