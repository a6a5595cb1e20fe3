"""The probe of protocol versions and cipher suites: six chains of hellos side by side, one for each version."""

import asyncio
from collections.abc import Sequence

from probes.base import Group, Known, ProbeInfo, Scope
from probes.classic_chain import ClassicChain
from probes.hello_asker import Asker, Patience
from probes.hello_verdict import describe
from probes.modern_chain import ModernChain
from probes.suite_canary import distrust, verify
from probes.suite_chain import ABRUPT_TWICE, Chain, Listing, give_up
from probes.suite_recheck import can_compare, recheck
from scanner.errors import AlertReceived, Closed, LeadlineError, OwnFault, Reset, TimedOut
from scanner.model.evidence.tls_suites import PROTOCOLS, ProtocolSupport, Suite, TlsSuites
from scanner.model.observation import Observation
from scanner.model.options import Profile
from scanner.model.outcome import Answer, Outcome, Stage
from scanner.model.peer import peer_text
from scanner.net.session import Session
from scanner.net.sslv2_client import ssl2_hello
from scanner.wire.sslv2 import Ssl2ServerHello
from scanner.wire.tls_registry import registry
from scanner.wire.tls_version import Version

CLASSIC_VERSIONS = (Version.TLS1_2, Version.TLS1_1, Version.TLS1_0, Version.SSL3)


class TlsSuitesProbe:
    """Lists protocol versions and suites."""

    info = ProbeInfo(
        id="tls_suites",
        topic="tls_suites",
        group=Group.TLS,
        title="Protocol versions and cipher suites",
        sends=(
            "ClientHellos, one a connection: SSLv2 once, SSLv3 to TLS 1.3 until every suite of the registry is "
            "accepted or refused. Each connection ends after the server's first flight, no handshake is completed. "
            "TLS 1.3 is asked without a key share, so that the server has nothing to compute. At further addresses of "
            "the name two hellos a version show whether the same is accepted; where not, that address is listed, too."
        ),
        scope=Scope.ADDRESS,
        max_connections=300,
        produces=TlsSuites,
        since="0.1.0",
        needs_tls=True,
        compares=True,
    )

    def __init__(self, patience: Patience | None = None) -> None:
        self._patience = patience or Patience()

    async def collect(self, session: Session, known: Known) -> Observation[TlsSuites]:
        """Lists the versions of the session's endpoint; a further address of the name is compared with the first."""
        first = known.at_first(TlsSuites)
        if first is not None and session.options.profile is Profile.STANDARD and can_compare(first[1]):
            alike = await self._compare(session, *first)
            if alike is not None:
                return alike
        listed = session.options.profile is not Profile.QUICK
        asker, chains = self._start(session)
        async with asyncio.TaskGroup() as group:
            running = {one.version: group.create_task(one.run() if listed else one.test()) for one in chains}
            running[Version.SSL2] = group.create_task(_list_ssl2(asker))
        listings = {version.title: task.result() for version, task in running.items()}
        listings = await _verify(asker, chains, listings)
        return _observation(session, asker, listings, listed=listed)

    async def _compare(self, session: Session, place: str, first: TlsSuites) -> Observation[TlsSuites] | None:
        """The listing where this address answers as the first one did; None where anything differs."""
        asker, chains = self._start(session)
        async with asyncio.TaskGroup() as group:
            running = {one: group.create_task(recheck(one, first.protocols[one.version.title])) for one in chains}
            ssl2 = group.create_task(_list_ssl2(asker))
        listings = {chain.version.title: task.result() for chain, task in running.items()}
        alike = {title: listing for title, listing in listings.items() if listing is not None}
        old = first.protocols[Version.SSL2.title]
        listed = ssl2.result().support
        if len(alike) < len(chains) or (listed.supported, listed.suites) != (old.supported, old.suites):
            return None
        alike[Version.SSL2.title] = ssl2.result()
        alike = await verify(asker, chains, alike, listed=False, deep=False)
        return _observation(session, asker, alike, listed=True, compared_with=place)

    def _start(self, session: Session) -> tuple[Asker, list[Chain]]:
        asker = Asker(
            session,
            server_name=session.target.sni,
            provers=len(CLASSIC_VERSIONS),
            patience=self._patience,
        )
        return asker, [*(ClassicChain(asker, version) for version in CLASSIC_VERSIONS), ModernChain(asker)]


async def _list_ssl2(asker: Asker) -> Listing:
    """SSLv2 with one hello: its answer names all suites at once. An RST is asked about twice."""
    answer = await _ask_ssl2(asker)
    connections = 1
    if isinstance(answer, Reset):
        answer = await _ask_ssl2(asker)
        connections = 2
    if isinstance(answer, Ssl2ServerHello):
        names = registry().suites_sslv2
        suites = tuple(Suite(code=f"{kind:06X}", name=names[kind]) for kind in answer.kinds if kind in names)
        return Listing(
            support=ProtocolSupport(supported=Answer.YES, suites=suites, complete=Answer.YES, connections=connections)
        )
    abrupt = isinstance(answer, Closed | Reset)
    refused = abrupt or isinstance(answer, AlertReceived)
    return Listing(
        support=ProtocolSupport(
            supported=Answer.NO if refused else Answer.UNKNOWN,
            reason=peer_text(describe(answer) + (ABRUPT_TWICE if isinstance(answer, Reset) else "")),
            complete=Answer.YES if refused else Answer.UNKNOWN,
            connections=0 if isinstance(answer, OwnFault) else connections,
        ),
        abrupt=abrupt,
        refused_at=asker.turns if refused else 0,
        fault=None if refused else getattr(answer, "outcome", Outcome.INTERNAL_ERROR),
    )


async def _ask_ssl2(asker: Asker) -> Ssl2ServerHello | LeadlineError:
    """The server's SSLv2 hello, or what came instead.

    Servers that do not know it may wait for more bytes for ever: a delayed refusal is waited for only while others are.
    """
    patience, deadline = asker.patience, asker.deadline.sooner(asker.patience.delayed)
    asking = asyncio.ensure_future(ssl2_hello(asker.session, tuple(registry().suites_sslv2), deadline=deadline))
    try:
        await asyncio.wait({asking}, timeout=patience.answer)
        while not asking.done() and asker.waits:
            await asyncio.wait({asking}, timeout=patience.stall)
        return await asking if asking.done() else TimedOut(stage=Stage.CLIENT_HELLO)
    except LeadlineError as fault:
        return fault
    finally:
        await give_up(asking)


async def _verify(asker: Asker, chains: Sequence[Chain], listings: dict[str, Listing]) -> dict[str, Listing]:
    """The listings with what the last hellos show: the order of preference, and whether refusals can be believed."""
    profile = asker.session.options.profile
    result = await verify(asker, chains, listings, listed=profile is not Profile.QUICK, deep=profile is Profile.DEEP)
    if any(chain.accepting is not None for chain in chains) or not any(one.abrupt for one in result.values()):
        return result
    reason, outcome = "no version was accepted", Outcome.CLOSED
    if result[Version.SSL2.title].support.supported is Answer.YES:
        again = await _ask_ssl2(asker)
        if not isinstance(again, LeadlineError):
            return result
        reason, outcome = f"blocked after about {asker.turns} connections: {describe(again)}", Outcome.BLOCKED
    blocked = outcome is Outcome.BLOCKED
    return {
        title: distrust(one, reason, one.fault or (None if blocked else one.end) or outcome) if one.abrupt else one
        for title, one in result.items()
    }


def _observation(
    session: Session, asker: Asker, listings: dict[str, Listing], *, listed: bool, compared_with: str | None = None
) -> Observation[TlsSuites]:
    evidence = TlsSuites(
        protocols={title: listings[title].support for title in PROTOCOLS},
        offered=sum(len(table) for table in (registry().suites, registry().suites_tls13, registry().suites_sslv2)),
        listed=listed,
        intolerances=tuple(asker.intolerances),
        disagreements=tuple(asker.disagreements),
        compared_with=compared_with,
    )
    supported = [one for one in listings.values() if one.support.supported is Answer.YES]
    # A version test that stayed open is said in the evidence; a listing that was cut off ends the observation so, too.
    blocked = [one for one in listings.values() if one.fault is Outcome.BLOCKED]
    troubled = blocked or [one for one in (supported or listings.values()) if one.fault is not None]
    if not troubled:
        return session.observe(evidence)
    worst = next((one for one in troubled if one.fault in {Outcome.PROTOCOL_ERROR, Outcome.BLOCKED}), troubled[0])
    return session.observe(evidence, outcome=worst.fault or Outcome.OK, detail=worst.support.reason)
