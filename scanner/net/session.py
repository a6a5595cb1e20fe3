"""Sessions: the capability that a probe is handed. It can reach its endpoint, and nothing that was not checked."""

import datetime
import secrets
import time
from typing import Protocol, TypeVar

from scanner.model.evidence.operation import TcpHandshake
from scanner.model.observation import Observation
from scanner.model.options import ScanOptions
from scanner.model.outcome import Outcome, Stage
from scanner.model.peer import PeerText, peer_text
from scanner.model.target import Endpoint, Target
from scanner.net.budget import Deadline, Meter
from scanner.net.dial import Dialer, Stream
from scanner.net.flights import Flights
from scanner.net.resolve import Resolver
from scanner.net.tape import Tape
from scanner.net.trust_stores import TrustStores

E = TypeVar("E")


class Identity(Protocol):
    """What an observation says of the probe that made it (`probes.base.ProbeInfo` has it)."""

    @property
    def id(self) -> str:
        """The probe's id."""

    @property
    def topic(self) -> str:
        """The topic of its evidence."""

    @property
    def version(self) -> int:
        """The version of its way of looking."""


class Session:
    """One probe at one endpoint (None: at the target as a whole).

    `deadline` and `meter` are the probe's own, within the target's. `resolver` looks names up under the address
    policy; `trust` holds the trust stores and the `--ca` files. `flights` is shared by all probes at the
    endpoint; `tape`, where there is one, keeps the bytes of its connections.
    """

    def __init__(
        self,
        *,
        identity: Identity,
        target: Target,
        endpoint: Endpoint | None,
        options: ScanOptions,
        deadline: Deadline,
        meter: Meter,
        dialer: Dialer,
        resolver: Resolver,
        trust: TrustStores,
        flights: Flights | None = None,
        tape: Tape | None = None,
    ) -> None:
        self.identity = identity
        self.target = target
        self.endpoint = endpoint
        self.options = options
        self.deadline = deadline
        self.meter = meter
        self.dialer = dialer
        self.resolver = resolver
        self.trust = trust
        self.flights = flights or Flights()
        self.tape = tape
        self.restart_clock()

    def restart_clock(self) -> None:
        """Starts counting time anew: what a probe waited for others is not its own."""
        self.started = datetime.datetime.now(datetime.UTC)
        self._clock = time.monotonic()

    async def connect(self, endpoint: Endpoint | None = None, *, deadline: Deadline | None = None) -> Stream:
        """A new connection to this session's endpoint, or to another that `resolver` has given.

        `deadline` may be sooner than the session's. Raises as `Dialer.dial`.
        """
        place = endpoint or self.endpoint
        if place is None:
            raise ValueError("a session of the whole target has no endpoint of its own")
        return await self.dialer.dial(place, deadline=deadline or self.deadline, meter=self.meter, tape=self.tape)

    def slow_down(self) -> None:
        """Says that the session's endpoint turns away what it took before: connections to it are opened more slowly."""
        if self.endpoint is not None:
            self.dialer.slow_down(self.endpoint)

    @property
    def is_slowed(self) -> bool:
        """Whether the session's endpoint ever turned away what it took before."""
        return self.endpoint is not None and self.dialer.is_slowed(self.endpoint)

    @property
    def tcp_handshake(self) -> TcpHandshake | None:
        """How the first TCP handshake of this run with the session's endpoint went, whoever made it."""
        return None if self.endpoint is None else self.dialer.handshake_at(self.endpoint)

    def observe(
        self,
        evidence: E | None,
        *,
        outcome: Outcome = Outcome.OK,
        stage: Stage | None = None,
        detail: str | PeerText | None = None,
    ) -> Observation[E]:
        """The observation of this session: the evidence with what it cost and how it ended."""
        return Observation(
            probe=self.identity.id,
            version=self.identity.version,
            topic=self.identity.topic,
            endpoint=None if self.endpoint is None else self.endpoint.key,
            outcome=outcome,
            stage=stage,
            detail=peer_text(detail) if detail else None,
            started=self.started,
            elapsed_ms=round((time.monotonic() - self._clock) * 1000, 1),
            cost=self.meter.cost,
            evidence=evidence,
            capture=() if self.tape is None else self.tape.read(),
        )

    @staticmethod
    def random(count: int) -> bytes:
        """`count` unpredictable bytes, for ClientHello randoms and unguessable paths."""
        return secrets.token_bytes(count)
