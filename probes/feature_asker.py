"""The hellos of `tls_features`: each is one that this server has answered before, changed in one thing.

So the plain hello is known to work, and what comes of the changed one is owed to the change. Extensions that are not in
question ride on hellos that are sent anyway; where such a hello is not answered it is sent again without them, so that
they never decide anything.
"""

import asyncio
import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from probes.hello_verdict import hung_up
from scanner.errors import AlertReceived, Closed, OwnFault, Refused, Reset, ShutOut
from scanner.model.outcome import Answer, Stage
from scanner.net.flights import SeenFlight
from scanner.net.session import Session
from scanner.net.tls_client import Attempt, attempt
from scanner.wire.tls_client_state import Goal
from scanner.wire.tls_offer import Offer
from scanner.wire.tls_version import Version

HELLO_SECONDS = 8.0
"""The longest that one hello may take. A refusal that is delayed longer stays unknown."""

PROBE_SECONDS = 25.0
"""The longest that all hellos together may take, so that repeats do not add up."""

CLOSING_SECONDS = 0.5
"""Kept back from the deadline, so that what was learned is handed over."""

PARALLEL = 6
"""Hellos at once."""

CUTS_IN_A_ROW = 3
"""Hellos cut off in a row, from which on a plain one shows whether the server still talks to us."""

PLAIN_TRIES = 2
"""Plain hellos that must be cut off, too, before it counts as having shut us out."""

SOURCES = ("certificates", "tls_suites")
"""Topics whose flights are read, those with the most complete hellos first."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Templates:
    """Offers that this server answered with a whole flight, by the version that it chose."""

    by_version: Mapping[Version, Offer]

    @property
    def modern(self) -> Offer | None:
        """One of TLS 1.3."""
        return self.by_version.get(Version.TLS1_3)

    @property
    def classic(self) -> Offer | None:
        """One of the highest version from TLS 1.0 to 1.2; SSLv3 can carry none of our questions."""
        versions = [one for one in self.by_version if Version.SSL3 < one < Version.TLS1_3]
        return self.by_version[max(versions)] if versions else None

    @property
    def main(self) -> Offer | None:
        """The most modern one."""
        return self.modern or self.classic

    @property
    def cheap(self) -> Offer | None:
        """One whose ServerHello alone answers most questions: TLS 1.2 or below, where there is one."""
        return self.classic or self.modern


def in_order(seen: Iterable[SeenFlight]) -> tuple[SeenFlight, ...]:
    """The flights by what was asked, whenever the answers came: so that the same server always shows the same."""

    def place(one: SeenFlight) -> tuple[object, ...]:
        offer = one.offer
        return (
            SOURCES.index(one.topic) if one.topic in SOURCES else len(SOURCES),
            -offer.highest,
            -len(offer.suites),
            offer.suites,
            offer.signature_schemes,
            offer.alpn,
            offer.extra_extensions,
            offer.groups,
        )

    return tuple(sorted(seen, key=place))


def templates(seen: Sequence[SeenFlight]) -> Templates:
    """The first whole flight of each version; those of `SOURCES` in their order."""
    found: dict[Version, Offer] = {}
    for topic in SOURCES:
        for one in seen:
            if one.topic == topic and one.flight is not None and one.fault is None and one.flight.certificates:
                found.setdefault(one.flight.version, one.offer)
    return Templates(by_version=found)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What may ride on a hello. `classic` ones go only where TLS 1.3 is not offered."""

    extensions: tuple[tuple[int, bytes], ...] = ()
    compressions: tuple[int, ...] = (0,)

    def on(self, offer: Offer) -> Offer:
        """The offer with them. Compression goes only into hellos without TLS 1.3 (RFC 8446 section 4.1.2)."""
        classic = Version.TLS1_3 not in offer.versions
        return dataclasses.replace(
            offer,
            extra_extensions=(*offer.extra_extensions, *self.extensions),
            compressions=self.compressions if classic else offer.compressions,
        )


class FeatureAsker:
    """Sends hellos to one endpoint, for each of which it waits `seconds` at most.

    `spoken` is what is known of its versions, `right` the name of the host. `shut_out` is None until the server is
    found to cut off what it took before; then nothing more is asked.
    """

    def __init__(
        self,
        session: Session,
        spoken: Mapping[Version, Answer],
        known: Templates,
        *,
        seconds: float = HELLO_SECONDS,
    ) -> None:
        self.seconds = seconds
        self.session = session
        self.spoken = spoken
        self.templates = known
        self.right = session.target.sni
        self._deadline = session.deadline.sooner(
            min(PROBE_SECONDS, max(0.0, session.deadline.remaining() - CLOSING_SECONDS))
        )
        self._gate = asyncio.Semaphore(PARALLEL)
        self.shut_out: ShutOut | None = None
        self._cuts = 0
        self._doubting = asyncio.Lock()
        self._cuts_refuse = _refuses_by_cuts(session.flights.of(SOURCES))

    async def ask(self, offer: Offer, goal: Goal | None = None) -> Attempt:
        """One hello. Unless a `goal` is given, no more is read than what answers extensions."""
        async with self._gate:
            went = await self._once(offer, goal)
            if _is_cut(went):
                self._cuts += 1
                if self._cuts >= CUTS_IN_A_ROW:
                    await self.settle_cuts()
            elif went.fault is None:
                self._cuts = 0
        return went if self.shut_out is None or not _is_cut(went) else Attempt(flight=None, fault=self.shut_out)

    async def settle_cuts(self) -> None:
        """Finds out whether the last cuts, where there are any, were owed to their hellos or end the conversation."""
        async with self._doubting:
            plain = self.templates.cheap
            if not self._cuts or self.shut_out is not None or plain is None:
                return
            spent = self.session.meter.connections
            for _ in range(PLAIN_TRIES):
                if not _is_cut(await self._once(plain, Goal.HELLO)):
                    self._cuts = 0
                    return
            self.shut_out = ShutOut(f"the server stopped answering after about {spent} connections of this probe")

    async def _once(self, offer: Offer, goal: Goal | None) -> Attempt:
        if self.shut_out is not None:
            return Attempt(flight=None, fault=self.shut_out)
        deadline = self._deadline.sooner(self.seconds)
        return await attempt(self.session, offer, goal=goal or goal_of(offer), deadline=deadline)

    async def ask_with(
        self, offer: Offer, extras: Extras, *, settles: frozenset[int] = frozenset(), goal: Goal | None = None
    ) -> Attempt:
        """One hello with extras riding on it; where it was refused otherwise than by an alert that `settles` the
        question, the same without them.
        """
        went = await self.ask(extras.on(offer), goal)
        if went.flight is not None or not _answered(went) or alert_of(went) in settles:
            return went
        again = await self.ask(offer, goal)
        return went if isinstance(again.fault, OwnFault) else again

    async def ask_twice(self, offer: Offer, goal: Goal | None = None) -> Attempt:
        """One hello, and once more where the server hung up on it; a hang-up that is returned came twice, or is how
        this server refuses.
        """
        went = await self.ask(offer, goal)
        if not hung_up(went.fault) or self._cuts_refuse:
            return went
        again = await self.ask(offer, goal)
        return Attempt(flight=None, fault=again.fault)

    def speaks(self, version: Version) -> bool:
        """Whether a version is known to be spoken."""
        return self.spoken.get(version) is Answer.YES


def goal_of(offer: Offer) -> Goal:
    """How far to read for the answers to extensions: up to the ServerHello where TLS 1.3 is not on offer."""
    return Goal.FLIGHT if Version.TLS1_3 in offer.versions else Goal.HELLO


def alert_of(went: Attempt) -> int | None:
    """The number of the fatal alert that came; None where there was none."""
    return went.fault.number if isinstance(went.fault, AlertReceived) else None


def refused(went: Attempt) -> bool:
    """Whether the server said no to this hello, which differs from one that works in one thing only: any alert is a
    no, and so is a hang-up that came twice (`ask_twice`).
    """
    return isinstance(went.fault, AlertReceived) or (went.flight is None and hung_up(went.fault))


def _refuses_by_cuts(seen: Iterable[SeenFlight]) -> bool:
    """Whether the server hung up on the same hello twice, as far as others asked it twice, and each time they did."""
    ends: dict[Offer, list[bool]] = {}
    for one in seen:
        ends.setdefault(one.offer, []).append(hung_up(one.fault))
    asked_again = [all(cuts) for cuts in ends.values() if len(cuts) > 1 and cuts[0]]
    return bool(asked_again) and all(asked_again)


def _is_cut(went: Attempt) -> bool:
    """Whether the connection was refused, or cut before the server said anything."""
    at_connect = isinstance(went.fault, Reset | Refused) and went.fault.stage is Stage.CONNECT
    return went.flight is None and (hung_up(went.fault) or at_connect)


def _answered(went: Attempt) -> bool:
    """Whether anything came back that another try may change: no silence, and no trouble of our own."""
    return isinstance(went.fault, AlertReceived | Closed | Reset)
