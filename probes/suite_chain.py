"""Chains: the listing of one protocol version by removal. What is common to all versions.

A chain offers many suites, takes the one that the server chooses out, and offers the rest again, until a proper
refusal. A suite counts only when the server's flight shows that a handshake with it can be completed; one that the
server chooses and then breaks off with is dropped, with the reason, and the listing goes on.
"""

import abc
import asyncio
import dataclasses
from collections.abc import Sequence
from typing import Any

from probes.hello_asker import ONE_AT_A_TIME, Asker
from probes.hello_verdict import Kind, Verdict, judge
from probes.suite_order import MAX_QUESTIONS, OrderLog, is_chacha
from scanner.errors import OwnFault, TimedOut
from scanner.model.evidence.tls_suites import Disagreement, DroppedSuite, ProtocolSupport, Suite
from scanner.model.outcome import Answer, Outcome
from scanner.model.peer import peer_text
from scanner.wire.server_flight import ServerFlight
from scanner.wire.tls_client_state import Goal
from scanner.wire.tls_offer import FFDHE_GROUPS, Offer
from scanner.wire.tls_registry import suite_name
from scanner.wire.tls_version import Version

CHOICES = frozenset({Kind.CHOSE, Kind.BROKE})
VERSION_REFUSALS = frozenset({Kind.OTHER_VERSION, Kind.VERSION_REFUSED})
PROPER_REFUSALS = VERSION_REFUSALS | {Kind.REFUSED}
VERSIONS_ONLY = "only the versions were asked for"
ABRUPT_TWICE = " directly after the hello, twice"
ABRUPT_AS_OTHERS = " directly after the hello, as one of another version was, twice"

MAX_WASTED = 1
"""Hellos of a chain that may be answered with a suite that is known already, to learn the order of preference."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How a chain ended. `abrupt`: what it says rests on connections that were cut without an alert.

    `accepting` is an offer of which the server has accepted a suite, None where there was none; `fault` is the outcome
    of what kept the listing from its end, `end` that of its last answer. The last refusal that it rests on was there at
    turn `refused_at`.
    """

    support: ProtocolSupport
    abrupt: bool = False
    accepting: Offer | None = None
    fault: Outcome | None = None
    end: Outcome | None = None
    refused_at: int = 0


def suite_of(flight: ServerFlight) -> Suite:
    """The evidence that one flight gives."""
    return Suite(
        code=f"{flight.suite:04X}",
        name=suite_name(flight.suite),
        group=None if flight.group is None else f"{flight.group:04X}",
        dh_bits=None if flight.dh is None else flight.dh.bits,
        signature=None if flight.signature is None else f"{flight.signature:04X}",
    )


class Chain(abc.ABC):
    """One version's removal: the suites left to offer, those accepted in order, those dropped.

    `accepting` is the last offer of which the server accepted a suite, `rejected` the longest that it did not; `log`
    keeps the choices for what they tell of the order.
    """

    goal = Goal.FLIGHT

    def __init__(self, asker: Asker, version: Version, pool: tuple[int, ...]) -> None:
        self.asker = asker
        self.version = version
        self.pool = list(pool)
        self.accepted: dict[int, Suite] = {}
        self.dropped: dict[int, DroppedSuite] = {}
        self.answers = 0
        self.connections = 0
        self.log = OrderLog()
        self.accepting: Offer | None = None
        self.rejected: Offer | None = None
        self._longest_rejected = 0
        self._rejected_at = 0
        self._wasted = 0
        self._questions = 0
        self._heard_of_cuts = False

    @abc.abstractmethod
    async def run(self) -> Listing:
        """The listing of this version."""

    @abc.abstractmethod
    async def test(self) -> Listing:
        """Whether this version is spoken, with as few hellos as tell it."""

    @abc.abstractmethod
    def offer(self, suites: tuple[int, ...]) -> Offer:
        """A hello of this version with these suites."""

    @property
    def touched(self) -> bool:
        """Whether the server ever chose a suite in this version."""
        return bool(self.accepted or self.dropped)

    async def ask(self, offer: Offer, *, again: bool = False, twice: bool = False) -> Verdict:
        """One hello, judged.

        What broke off without an alert, fell silent in mid-listing, or was refused for a version that was accepted
        before, is asked once more. `twice` as for `Asker.ask`.
        """
        verdict = await self._ask_once(offer, again=again, twice=twice)
        doubtful = verdict.kind is Kind.BROKE or (verdict.kind is Kind.NO_ANSWER and self.touched)
        if doubtful and verdict.transient and not isinstance(verdict.fault, OwnFault):
            silent = isinstance(verdict.fault, TimedOut)
            if silent:
                self.asker.narrow()
            verdict = await self._ask_once(offer, again=True)
            if silent:
                self.asker.note(ONE_AT_A_TIME, verdict.fault)
        if self.touched and verdict.kind in VERSION_REFUSALS:
            second = await self._ask_once(offer, again=True)
            if second.kind in CHOICES:
                self.disagree("a version that was accepted before", (verdict, second))
                verdict = second
        self.answers += 1
        if verdict.kind is Kind.CHOSE and verdict.flight is not None:
            self.accepting = offer
            named = any(group in offer.groups for group in FFDHE_GROUPS)
            self.log.add(offer.suites, verdict.flight.suite, named=named)
        elif verdict.kind is not Kind.BROKE and len(offer.suites) >= self._longest_rejected:
            self.rejected, self._longest_rejected = offer, len(offer.suites)
        return verdict

    async def ask_firmly(self, offer: Offer) -> tuple[Verdict, bool]:
        """The verdict on a hello, and whether it was cut off twice.

        A connection that is cut directly after the hello is tried once more, unless that is how the server refuses.
        """
        verdict = await self.ask(offer, twice=True)
        if verdict.kind is not Kind.HUNG_UP:
            return verdict, False
        if await self.cuts_refuse():
            return verdict, True
        again = await self.ask(offer)
        self.asker.cuts.say(again.kind is Kind.HUNG_UP)
        if again.kind in CHOICES:
            self.disagree("what was cut off before", (verdict, again))
        usable = again.kind in {*CHOICES, *PROPER_REFUSALS, Kind.HUNG_UP}
        return (again, again.kind is Kind.HUNG_UP) if usable else (verdict, False)

    async def cuts_refuse(self) -> bool:
        """Whether another chain found that a cut connection is a refusal: the same hello was cut off twice there."""
        self._heard_of_cuts = self._heard_of_cuts or await self.asker.cuts.refuse(self.asker.patience.stall)
        return self._heard_of_cuts

    def disagree(self, offer: str, verdicts: Sequence[Verdict]) -> None:
        """Keeps that the same hello was answered differently, unless cuts may be owed to how fast we asked."""
        if self.asker.limited and all(one.kind in {*CHOICES, Kind.HUNG_UP} for one in verdicts):
            return
        self.asker.disagreements.append(
            Disagreement(
                protocol=self.version.title,
                offer=offer,
                accepted=sum(one.kind in CHOICES for one in verdicts),
                asked=len(verdicts),
                answers=tuple(dict.fromkeys(peer_text(one.reason) for one in verdicts)),
            )
        )

    def take(self, verdict: Verdict) -> int:
        """Moves the suite of a choice out of the pool, to the accepted or the dropped ones; its code."""
        assert verdict.flight is not None
        code = verdict.flight.suite
        if code in self.pool:
            self.pool.remove(code)
        elif code in self.accepted:
            self._wasted += 1
        if verdict.kind is Kind.CHOSE:
            self.accepted.setdefault(code, suite_of(verdict.flight))
            self.dropped.pop(code, None)
        elif code not in self.accepted:
            self.dropped[code] = DroppedSuite(
                code=f"{code:04X}", name=suite_name(code), reason=peer_text(verdict.reason)
            )
        return code

    def retained(self) -> tuple[int, ...]:
        """Accepted suites to put behind all others, the first choice last, while the order is not clear.

        Where the client's order decides, something else is chosen and nothing is lost; else the answer settles it.
        """
        unclear = len(self.accepted) > 1 or (len(self.log.accepted) == 1 and is_chacha(self.log.accepted[0]))
        if self._wasted >= MAX_WASTED or not unclear or len(self.log.possible()) < 2 or self.log.will_tell():
            return ()
        return tuple(reversed(self.accepted))

    async def ask_order(self) -> None:
        """Asks what is still to be known of the order of preference."""
        while self.accepted and self._questions < MAX_QUESTIONS and (order := self.log.question()) is not None:
            self._questions += 1
            verdict = await self.ask(self.offer(order))
            if verdict.kind in PROPER_REFUSALS | {Kind.HUNG_UP}:
                self.disagree("the accepted suites", (_ACCEPTED_BEFORE, verdict))
            if verdict.kind is not Kind.CHOSE:
                return

    def spoken(self) -> Listing:
        """The end of a mere version test: the version is spoken, and nothing more was asked."""
        return Listing(
            support=ProtocolSupport(
                supported=Answer.YES,
                reason=peer_text(VERSIONS_ONLY),
                suites=tuple(self.accepted.values()),
                dropped=tuple(self.dropped.values()),
                connections=self.connections,
            ),
            accepting=self.accepting,
        )

    async def confirm(self, times: int) -> None:
        """Offers again what was refused, `times` in all; what another server behind the address then takes is taken."""
        if self.rejected is None:
            return
        verdicts = [await self.ask(self.rejected) for _ in range(times - 1)]
        found = [one for one in verdicts if one.kind in CHOICES]
        if not found:
            return
        self.disagree("what was refused before", verdicts)
        while found:
            self.take(found.pop())
            again = await self.ask(self.offer(tuple(self.pool)))
            found = [again] if again.kind in CHOICES else []

    def ordered(self, listing: Listing) -> Listing:
        """The listing with whose order decides, as the choices show it, and the suites in the server's."""
        if not self.accepted:
            return listing
        preference = self.log.decided()
        ranked = (*self.log.ranked(preference), *self.accepted)
        suites = tuple(self.accepted[code] for code in dict.fromkeys(ranked) if code in self.accepted)
        support = dataclasses.replace(
            listing.support,
            supported=Answer.YES,
            preference=preference,
            suites=suites,
            connections=self.connections,
        )
        return dataclasses.replace(listing, support=support, accepting=self.accepting)

    def conclude(self, last: Verdict, *, refused_before: bool, field_refused: bool = False) -> Listing:
        """The listing, ended by `last`. `refused_before`: an abrupt end was seen before, after the last choice.

        `field_refused`: what the field has was refused properly, whatever became of the rest.
        """
        abrupt = last.kind is Kind.HUNG_UP
        proper = last.kind in PROPER_REFUSALS or (abrupt and refused_before)
        how = ABRUPT_AS_OTHERS if self._heard_of_cuts else ABRUPT_TWICE
        reason = last.reason + (how if abrupt and refused_before else "")
        refused = Answer.NO if proper or (field_refused and not self.dropped) else Answer.UNKNOWN
        supported = Answer.YES if self.accepted else refused
        if self.dropped and not self.accepted:
            reason = f"no suite could be completed: {next(iter(self.dropped.values())).reason}"
        return Listing(
            support=ProtocolSupport(
                supported=supported,
                reason=None if proper and self.accepted else peer_text(reason),
                suites=tuple(self.accepted.values()),
                dropped=tuple(self.dropped.values()),
                complete=Answer.YES if proper else Answer.UNKNOWN,
                connections=self.connections,
            ),
            abrupt=abrupt and proper,
            accepting=self.accepting,
            fault=None if proper else _outcome(last),
            end=_outcome(last),
            refused_at=self._rejected_at,
        )

    async def _ask_once(self, offer: Offer, *, again: bool, twice: bool = False) -> Verdict:
        went, turn = await self.asker.ask_in_turn(offer, self.goal, again=again, twice=twice)
        self.connections += self.asker.costs(went)
        verdict = judge(went, self.version, offer.suites)
        if verdict.kind not in CHOICES:
            self._rejected_at = max(self._rejected_at, turn)
        return verdict


_ACCEPTED_BEFORE = Verdict(kind=Kind.CHOSE, flight=None, fault=None)


async def give_up(*asked: "asyncio.Future[Any] | None") -> None:
    """Cancels what nobody waits for any more."""
    rest = [one for one in asked if one is not None and one.cancel()]
    if rest:
        await asyncio.wait(rest)


def _outcome(verdict: Verdict) -> Outcome:
    fault = verdict.fault
    outcome = getattr(fault, "outcome", Outcome.INTERNAL_ERROR)
    assert isinstance(outcome, Outcome)
    return outcome
