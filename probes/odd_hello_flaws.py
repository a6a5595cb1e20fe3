"""The flaws that show in one odd conversation of TLS 1.2 or below: compression, Heartbleed, early ChangeCipherSpec.

One hello offers DEFLATE and the heartbeat extension; the records that ask about the other two follow in the same
connection. A server that takes none of that costs one connection; one that refuses such a hello is asked a plainer one.
"""

import contextlib
import dataclasses
from collections.abc import AsyncIterator, Mapping

from probes.ccs_injection import ask_ccs_injection
from probes.flaw_words import ending, no, not_applicable, not_asked, unknown, yes
from probes.heartbleed import CLAIMED_BYTES, HEARTBEAT_EXTENSION, MAY_SEND, HeartbeatAnswer, ask_heartbleed, unheard
from probes.open_flight import OpenFlight, open_flight
from scanner.errors import AlertReceived, LeadlineError, OwnFault, TimedOut
from scanner.model.evidence.tls_flaws import Flaw, FlawState
from scanner.model.evidence.tls_suites import TlsSuites
from scanner.model.outcome import Answer
from scanner.net.session import Session
from scanner.wire.server_flight import ServerFlight
from scanner.wire.tls12_records import finishable
from scanner.wire.tls_offer import Offer
from scanner.wire.tls_version import Version

MAX_CONNECTIONS = 4
"""Three hellos, each plainer than the one before, and one where the first connection ended too early."""

HANDSHAKE_SECONDS = 12.0

DEFLATE, NULL = 1, 0  # RFC 3749 section 2

CLASSIC = (Version.TLS1_2, Version.TLS1_1, Version.TLS1_0, Version.SSL3)

NAMES = ("heartbleed", "ccs_injection", "crime")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Ways:
    """What a hello has that is odd."""

    heartbeat: bool
    deflate: bool


_PLAINER = (
    _Ways(heartbeat=True, deflate=True),
    _Ways(heartbeat=True, deflate=False),
    _Ways(heartbeat=False, deflate=False),
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OddAnswers:
    """The flaws in `NAMES`; `fault` is what kept us from asking at all, None where we could."""

    flaws: Mapping[str, Flaw]
    fault: LeadlineError | None = None


async def ask_odd_hellos(session: Session, suites: TlsSuites | None, *, patience: float) -> OddAnswers:
    """The flaws in `NAMES`. `suites` tells which version and suites are worth a hello; None: it is found out."""
    if suites is not None and all(one.supported is not Answer.YES for one in suites.protocols.values()):
        return OddAnswers(flaws=dict.fromkeys(NAMES, unknown("no version of TLS was seen to be spoken")))
    versions = _versions(suites)
    if not versions:
        return OddAnswers(flaws=dict.fromkeys(NAMES, not_applicable(_no_classic_version(suites))))
    return await _Questions(session, suites, versions, patience).ask()


def _no_classic_version(suites: TlsSuites | None) -> str:
    modern = None if suites is None else suites.protocols.get(Version.TLS1_3.title)
    if modern is None or modern.supported is not Answer.YES:
        return "no version from SSLv3 to TLSv1.2 is spoken"
    return (
        "only TLSv1.3 is spoken: it has no compression and no ChangeCipherSpec that means anything, and no stack that"
        " has it ever had the heartbeat flaw"
    )


def _versions(suites: TlsSuites | None) -> tuple[Version, ...]:
    """The versions for one hello: the highest that is known to be spoken, or all that TLS may have."""
    known = {} if suites is None else suites.protocols
    supported = {one: known[one.title].supported if one.title in known else Answer.UNKNOWN for one in CLASSIC}
    for version, answer in supported.items():
        if answer is Answer.YES:
            return (version,)
    return tuple(one for one, answer in supported.items() if answer is Answer.UNKNOWN and one is not Version.SSL3)


class _Questions:
    """What is asked of one endpoint, and what was learned of the hellos that it refused."""

    def __init__(
        self, session: Session, suites: TlsSuites | None, versions: tuple[Version, ...], patience: float
    ) -> None:
        self._session = session
        self._patience = patience
        self._versions = versions
        self._suites = _sealable(suites, versions)
        self._refusals: dict[_Ways, LeadlineError] = {}

    async def ask(self) -> OddAnswers:
        for ways in _PLAINER:
            if not ways.heartbeat and self._versions == (Version.SSL3,):
                continue
            if ways.heartbeat and any(isinstance(fault, TimedOut) for fault in self._refusals.values()):
                continue  # silence is waited for twice, not three times
            try:
                async with self._open(ways) as one:
                    return OddAnswers(flaws=await self._converse(one, ways))
            except OwnFault as fault:
                return self._never(next(iter(self._refusals.values()), fault))
            except LeadlineError as fault:
                self._refusals[ways] = fault
        return self._never(next(iter(self._refusals.values())))

    def _never(self, fault: LeadlineError) -> OddAnswers:
        """No handshake could be begun."""
        reason = f"no handshake could be begun: {ending(fault)}"
        own = isinstance(fault, OwnFault)
        flaw = not_asked(reason) if own else unknown(reason, tries=len(self._refusals))
        return OddAnswers(flaws=dict.fromkeys(NAMES, flaw), fault=fault)

    def _offer(self, ways: _Ways) -> Offer:
        # No staple is asked for: some servers hang up on hellos that do, for reasons of their own.
        offer = Offer.complete(self._versions, server_name=self._session.target.sni, status_request=False)
        extra = ((HEARTBEAT_EXTENSION, MAY_SEND),) if ways.heartbeat and offer.extensions else ()
        return dataclasses.replace(
            offer,
            suites=self._suites or offer.suites,
            compressions=(DEFLATE, NULL) if ways.deflate else (NULL,),
            extra_extensions=extra,
        )

    @contextlib.asynccontextmanager
    async def _open(self, ways: _Ways) -> AsyncIterator[OpenFlight]:
        deadline = self._session.deadline.sooner(HANDSHAKE_SECONDS)
        async with open_flight(self._session, self._offer(ways), patience=self._patience, deadline=deadline) as one:
            yield one

    async def _converse(self, one: OpenFlight, ways: _Ways) -> dict[str, Flaw]:
        heartbeat = await self._heartbleed(one, ways)
        flaws = {"heartbleed": heartbeat.flaw, "crime": self._crime(one.flight, ways)}
        plain = _Ways(heartbeat=False, deflate=False)
        try:
            heard, settled = False, False
            if heartbeat.goes_on:
                flaws["ccs_injection"], heard = await ask_ccs_injection(one, self._session.random)
                settled = one.flight.compression == NULL or flaws["ccs_injection"].state is not FlawState.UNKNOWN
            if not settled:
                async with self._open(plain) as other:
                    flaws["ccs_injection"], _ = await ask_ccs_injection(other, self._session.random)
        except LeadlineError as fault:
            flaws["ccs_injection"], heard = unknown(f"the conversation broke off: {ending(fault)}", tries=1), False
        if heartbeat.silent and not heard:
            flaws["heartbleed"] = unheard(heartbeat.flaw)
        return flaws

    async def _heartbleed(self, one: OpenFlight, ways: _Ways) -> HeartbeatAnswer:
        if one.flight.version is Version.SSL3:
            return HeartbeatAnswer(flaw=not_applicable("SSLv3 has no extensions, so no heartbeat"), goes_on=True)
        if ways.heartbeat:
            try:
                return await ask_heartbleed(one, self._session.random(CLAIMED_BYTES))
            except OwnFault as fault:
                return HeartbeatAnswer(flaw=not_asked(ending(fault)), goes_on=False)
        flaw = self._by_refusal(_PLAINER[1], "the heartbeat extension", one.flight)
        return HeartbeatAnswer(flaw=flaw, goes_on=True)

    def _crime(self, flight: ServerFlight, ways: _Ways) -> Flaw:
        if not ways.heartbeat:
            return unknown(
                "hellos with DEFLATE and the heartbeat extension were refused, and none with DEFLATE alone sent"
            )
        if not ways.deflate:
            return self._by_refusal(_PLAINER[0], "DEFLATE", flight)
        offered = bytes((DEFLATE, NULL))
        if flight.compression != NULL:
            return yes("DEFLATE was offered beside no compression, and chosen", flight, sent=offered, received=b"\x01")
        return no("DEFLATE was offered, and no compression chosen", flight, sent=offered, received=b"\x00")

    def _by_refusal(self, ways: _Ways, what: str, flight: ServerFlight) -> Flaw:
        """What a hello that was refused says, now that the same one without `what` was taken."""
        fault = self._refusals.get(ways) or next(iter(self._refusals.values()))
        if isinstance(fault, AlertReceived):
            return no(f"a hello with {what} was refused with {ending(fault)}, one without it was taken", flight)
        return unknown(f"a hello with {what} got no answer: {ending(fault)}", tries=1)


def _sealable(suites: TlsSuites | None, versions: tuple[Version, ...]) -> tuple[int, ...]:
    """Of the suites that are known to be accepted, those that records can be made of; empty: offer all."""
    if suites is None or len(versions) != 1:
        return ()
    listed: Mapping[int, None] = dict.fromkeys(int(one.code, 16) for one in suites.protocols[versions[0].title].suites)
    return finishable(versions[0], tuple(listed))
