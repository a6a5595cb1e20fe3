"""Flights: what the hellos to one endpoint brought, kept so that no probe asks again for what another has seen."""

import dataclasses
import datetime
from collections.abc import Iterable

from scanner.errors import LeadlineError
from scanner.wire.server_flight import ServerFlight
from scanner.wire.tls_offer import Offer

MAX_FLIGHTS = 600
"""Flights of one endpoint that are kept; more than any profile asks for."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SeenFlight:
    """One hello and what came of it: `topic` of the probe that asked, when the answer was there.

    `fault` is None where the flight is as whole as was asked for.
    """

    topic: str
    offer: Offer
    flight: ServerFlight | None
    fault: LeadlineError | None
    at: datetime.datetime


class Flights:
    """The flights of one endpoint in the order in which they were answered."""

    def __init__(self) -> None:
        self._seen: list[SeenFlight] = []

    def keep(self, topic: str, offer: Offer, flight: ServerFlight | None, fault: LeadlineError | None) -> None:
        """Keeps one."""
        if len(self._seen) < MAX_FLIGHTS:
            now = datetime.datetime.now(datetime.UTC)
            self._seen.append(SeenFlight(topic=topic, offer=offer, flight=flight, fault=fault, at=now))

    def of(self, topics: Iterable[str]) -> tuple[SeenFlight, ...]:
        """Those that probes of these topics asked for. A probe names only topics that it requires, and its own."""
        wanted = frozenset(topics)
        return tuple(one for one in self._seen if one.topic in wanted)
