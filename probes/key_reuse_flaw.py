"""Ephemeral keys that are used again: the server's public values, compared over all handshakes that were seen.

A pure function over flights that other probes asked for; nothing is sent.
"""

import collections
import dataclasses
from collections.abc import Iterable

from probes.flaw_words import no, not_applicable, unknown, yes
from scanner.model.evidence.tls_flaws import Flaw
from scanner.model.evidence.tls_suites import TlsSuites
from scanner.model.outcome import Answer
from scanner.model.suite_traits import traits
from scanner.net.flights import SeenFlight
from scanner.wire.server_flight import ServerFlight
from scanner.wire.tls_registry import suite_name
from scanner.wire.tls_version import Version

ENOUGH = 3
"""Key exchanges without a repeat that are enough to say so."""

DHE, ECDHE, TLS13 = "DHE", "ECDHE", "TLSv1.3"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reuse:
    """The exchanges of one kind: how many were seen, with how many public values."""

    kind: str
    seen: int
    distinct: int

    @property
    def text(self) -> str:
        """In words."""
        return f"{self.kind}: {self.distinct} public values in {self.seen} handshakes"


def reuses(flights: Iterable[SeenFlight]) -> tuple[Reuse, ...]:
    """The kinds of exchange among these flights, each counted."""
    publics: dict[str, list[tuple[object, bytes]]] = collections.defaultdict(list)
    for one in flights:
        flight = one.flight
        if flight is not None and flight.key_public:
            group = (flight.dh.prime, flight.dh.generator) if flight.dh is not None else flight.group
            publics[_kind(flight)].append((group, flight.key_public))
    return tuple(
        Reuse(kind=kind, seen=len(values), distinct=len(set(values))) for kind, values in sorted(publics.items())
    )


def key_reuse(found: tuple[Reuse, ...], suites: TlsSuites | None) -> Flaw:
    """The flaw `key_reuse`."""
    tries = sum(one.seen for one in found)
    text = "; ".join(one.text for one in found)
    if any(one.distinct < one.seen for one in found):
        return yes(text, tries=tries)
    if tries >= ENOUGH:
        return no(text, tries=tries)
    if suites is not None and _none_ephemeral(suites):
        return not_applicable("no accepted suite has an ephemeral key exchange")
    return unknown(f"only {tries} key exchanges were seen, of {ENOUGH} that are needed", tries=tries)


def _kind(flight: ServerFlight) -> str:
    if flight.version is Version.TLS1_3:
        return TLS13
    return DHE if traits(suite_name(flight.suite)).key_exchange == DHE else ECDHE


def _none_ephemeral(suites: TlsSuites) -> bool:
    """Whether every version is listed to its end, and no suite in any of them is ephemeral."""
    known = suites.protocols.values()
    whole = all(one.supported is Answer.NO or one.complete is Answer.YES for one in known)
    names = [suite.name for one in known if one.supported is Answer.YES for suite in one.suites]
    spoken13 = any(name == TLS13 and one.supported is not Answer.NO for name, one in suites.protocols.items())
    return whole and bool(names) and not spoken13 and not any(traits(name).forward_secret for name in names)
