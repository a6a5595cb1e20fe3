"""Chains: the listing of one protocol version by removal. What is common to all versions.

A chain offers many suites, takes the one that the server chooses out, and offers the rest again, until a proper
refusal. A suite counts only when the server's flight shows that a handshake with it can be completed; one that the
server chooses and then breaks off with is dropped, with the reason, and the listing goes on.
"""

import abc
import dataclasses

from probes.hello_asker import ONE_AT_A_TIME, Asker
from probes.hello_verdict import Kind, Verdict, judge
from probes.suite_order import OrderCheck, chacha_check
from scanner.errors import OwnFault, TimedOut
from scanner.model.evidence.tls_suites import DroppedSuite, Preference, ProtocolSupport, Suite
from scanner.model.outcome import Answer, Outcome
from scanner.model.peer import peer_text
from scanner.wire.server_flight import ServerFlight
from scanner.wire.tls_client_state import Goal
from scanner.wire.tls_offer import Offer
from scanner.wire.tls_registry import suite_name
from scanner.wire.tls_version import Version

CHOICES = frozenset({Kind.CHOSE, Kind.BROKE})
VERSION_REFUSALS = frozenset({Kind.OTHER_VERSION, Kind.VERSION_REFUSED})
PROPER_REFUSALS = VERSION_REFUSALS | {Kind.REFUSED}
VERSIONS_ONLY = "only the versions were asked for"
ABRUPT_TWICE = " directly after the hello, twice"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How a chain ended. `abrupt`: what it says rests on connections that were cut without an alert.

    `accepting` is an offer of which the server has accepted a suite, None where there was none; `fault` is the outcome
    of what kept the listing from its end.
    """

    support: ProtocolSupport
    abrupt: bool = False
    accepting: Offer | None = None
    fault: Outcome | None = None


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

    `accepting` is the last offer of which the server accepted a suite.
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
        self.preference = Preference.UNKNOWN
        self.accepting: Offer | None = None

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

    async def ask(self, offer: Offer, *, again: bool = False) -> Verdict:
        """One hello, judged. What broke off without an alert, or fell silent in mid-listing, is asked once more."""
        verdict = await self._ask_once(offer, again=again)
        doubtful = verdict.kind is Kind.BROKE or (verdict.kind is Kind.NO_ANSWER and self.touched)
        if doubtful and verdict.transient and not isinstance(verdict.fault, OwnFault):
            silent = isinstance(verdict.fault, TimedOut)
            if silent:
                self.asker.narrow()
            verdict = await self._ask_once(offer, again=True)
            if silent:
                self.asker.note(ONE_AT_A_TIME, verdict.fault)
        self.answers += 1
        if verdict.kind is Kind.CHOSE:
            self.accepting = offer
        return verdict

    def take(self, verdict: Verdict) -> int:
        """Moves the suite of a choice out of the pool, to the accepted or the dropped ones; its code."""
        assert verdict.flight is not None
        code = verdict.flight.suite
        if code in self.pool:
            self.pool.remove(code)
        if verdict.kind is Kind.CHOSE:
            self.accepted.setdefault(code, suite_of(verdict.flight))
            self.dropped.pop(code, None)
        elif code not in self.accepted:
            self.dropped[code] = DroppedSuite(
                code=f"{code:04X}", name=suite_name(code), reason=peer_text(verdict.reason)
            )
        return code

    async def settle_order(self, check: OrderCheck | Preference, favourite: int | None) -> None:
        """Fills `preference` in by asking `check`, and the ChaCha question where the order is the server's."""
        meaning = await self._meaning(check)
        if meaning is Preference.SERVER and favourite is not None:
            others = (code for code in self.accepted if code != favourite)
            meaning = await self._meaning(chacha_check((favourite, *others)) or meaning)
        self.preference = meaning

    async def _meaning(self, check: OrderCheck | Preference) -> Preference:
        if isinstance(check, Preference):
            return check
        verdict = await self.ask(self.offer(check.order))
        if verdict.kind is not Kind.CHOSE or verdict.flight is None:
            return Preference.UNKNOWN
        return check.expect.get(verdict.flight.suite, Preference.UNKNOWN)

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

    def conclude(self, last: Verdict, *, refused_before: bool, field_refused: bool = False) -> Listing:
        """The listing, ended by `last`. `refused_before`: an abrupt end was seen before, after the last choice.

        `field_refused`: what the field has was refused properly, whatever became of the rest.
        """
        abrupt = last.kind is Kind.HUNG_UP
        proper = last.kind in PROPER_REFUSALS or (abrupt and refused_before)
        reason = last.reason + (ABRUPT_TWICE if abrupt and refused_before else "")
        refused = Answer.NO if proper or (field_refused and not self.dropped) else Answer.UNKNOWN
        supported = Answer.YES if self.accepted else refused
        if self.dropped and not self.accepted:
            reason = f"no suite could be completed: {next(iter(self.dropped.values())).reason}"
        return Listing(
            support=ProtocolSupport(
                supported=supported,
                reason=None if proper and self.accepted else peer_text(reason),
                preference=self.preference,
                suites=tuple(self.accepted.values()),
                dropped=tuple(self.dropped.values()),
                complete=Answer.YES if proper else Answer.UNKNOWN,
                connections=self.connections,
            ),
            abrupt=abrupt and proper,
            accepting=self.accepting,
            fault=None if proper else _outcome(last),
        )

    async def _ask_once(self, offer: Offer, *, again: bool) -> Verdict:
        went = await self.asker.ask(offer, self.goal, again=again)
        self.connections += self.asker.costs(went)
        return judge(went, self.version, offer.suites)


def _outcome(verdict: Verdict) -> Outcome:
    fault = verdict.fault
    outcome = getattr(fault, "outcome", Outcome.INTERNAL_ERROR)
    assert isinstance(outcome, Outcome)
    return outcome
