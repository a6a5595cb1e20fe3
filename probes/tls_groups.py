"""The probe of groups: those of TLS 1.3, those of TLS 1.2 and below, and the primes of finite-field Diffie-Hellman.

It requires nothing of other probes, so that its waits, above all a refusal that a server delays by half a minute, are
beside theirs and not behind them.
"""

import asyncio
import dataclasses

from probes.base import Group as ProbeGroup
from probes.base import Known, ProbeInfo, Scope
from probes.classic_groups import CLASSIC_VERSIONS, ClassicGroups
from probes.dh_primes import DhListing, DhPrimes
from probes.group_lanes import Lanes
from probes.hello_asker import Asker, Patience
from probes.modern_groups import QUANTUM_GROUPS, GroupListing, ModernGroups
from scanner.errors import Closed, Reset
from scanner.model.evidence.tls_groups import Group, GroupSupport, PostQuantum, TlsGroups
from scanner.model.group_traits import group_traits
from scanner.model.observation import Observation
from scanner.model.outcome import Answer, Outcome, Stage
from scanner.model.peer import peer_text
from scanner.net.session import Session
from scanner.wire.tls_client_state import Goal
from scanner.wire.tls_offer import Offer
from scanner.wire.tls_registry import group_name
from scanner.wire.tls_version import Version

MAX_CONNECTIONS = 100
"""A server with all 50 groups of both lists, and every repeat, stays below it."""


class TlsGroupsProbe:
    """Lists groups and primes."""

    info = ProbeInfo(
        id="tls_groups",
        topic="tls_groups",
        group=ProbeGroup.TLS,
        title="Groups of the key exchange",
        sends=(
            "ClientHellos, one a connection: in TLS 1.3, and in TLS 1.2 or the highest version below it, until every "
            "group is accepted or refused; two with finite-field suites only, a third where a small prime came. Each "
            "connection ends after the server's first flight. TLS 1.3 is asked without a key share, so that the "
            "server has nothing to compute."
        ),
        scope=Scope.ADDRESS,
        max_connections=MAX_CONNECTIONS,
        produces=TlsGroups,
        since="0.1.0",
        needs_tls=True,
        quick=False,
    )

    def __init__(self, patience: Patience | None = None) -> None:
        self._patience = patience or Patience()

    async def collect(self, session: Session, known: Known) -> Observation[TlsGroups]:
        """Lists the groups of the session's endpoint."""
        del known
        asker = Asker(session, server_name=session.target.sni, provers=0, patience=self._patience)
        lanes = Lanes(asker)
        curves, primes = ClassicGroups(lanes), DhPrimes(lanes)
        async with asyncio.TaskGroup() as group:
            modern = group.create_task(ModernGroups(lanes).run())
            classic = group.create_task(curves.run())
            own = group.create_task(primes.ask_own())
        dh = await primes.conclude(own.result(), curves.finite)
        halves, dh, blocked = await _doubt_the_abrupt(asker, (modern.result(), classic.result()), dh)
        return _observation(session, halves, dh, blocked=blocked)


Halves = tuple[GroupListing, GroupListing]


async def _doubt_the_abrupt(asker: Asker, halves: Halves, dh: DhListing) -> tuple[Halves, DhListing, bool]:
    """Believes cut connections to be refusals only while the server still accepts what it has accepted before.

    The last value: whether it hung up on what it had accepted, so that we are blocked.
    """
    if not (dh.abrupt or any(one.abrupt for one in halves)):
        return halves, dh, False
    accepted = next((one.accepting for one in halves if one.accepting is not None), None)
    fault = None
    for canary in (accepted,) if accepted is not None else _canaries(asker.server_name):
        fault = (await asker.ask(canary, Goal.HELLO, again=True)).fault
        if fault is None:
            return halves, dh, False
    spent = asker.session.meter.connections
    why = f"the server stopped answering after about {spent} connections"
    if accepted is None:
        why = "nothing else was accepted either"
    modern, classic = (_unknown(one, why) for one in halves)
    if dh.abrupt:
        dh = dataclasses.replace(dh, reason=_doubted(dh.reason, why))
    return (modern, classic), dh, accepted is not None and isinstance(fault, Closed | Reset)


def _canaries(server_name: str | None) -> tuple[Offer, ...]:
    """Hellos that a server without any group takes: static RSA keys, in the versions before TLS 1.3."""
    kinds = (CLASSIC_VERSIONS, (Version.SSL3,))
    return tuple(Offer.complete(one, server_name=server_name, status_request=False) for one in kinds)


def _unknown(listing: GroupListing, why: str) -> GroupListing:
    """The listing without what it concluded from cut connections."""
    if not listing.abrupt:
        return listing
    return dataclasses.replace(
        listing,
        supported=listing.supported or None,
        whole=False,
        doubted=True,
        refused=frozenset(),
        reason=_doubted(listing.reason, why),
    )


def _doubted(reason: str | None, why: str) -> str:
    return f"{reason or 'the connection was cut'}; {why}"


def _observation(session: Session, halves: Halves, dh: DhListing, *, blocked: bool) -> Observation[TlsGroups]:
    modern, classic = halves
    quantum = tuple(one for one in modern.groups if group_traits(one).post_quantum)
    evidence = TlsGroups(
        tls13=_support(modern),
        tls12=_support(classic),
        dh=dh.primes,
        dh_reason=None if dh.reason is None else peer_text(dh.reason),
        post_quantum=_post_quantum(modern),
        post_quantum_groups=_named(quantum),
    )
    troubled = [one for one in halves if one.supported is None or one.end is not None or one.doubted]
    spoken = [one for one in halves if one.supported]
    # A half that stayed open is said in the evidence; where the other one is whole, the observation is.
    worst = next((one for one in troubled if one.supported or not spoken), None)
    if worst is None:
        return session.observe(evidence)
    fault = None if worst.end is None else worst.end.fault
    # What does not even connect any more, where it has answered before, is a block as well.
    blocked = blocked or (bool(spoken) and isinstance(fault, Reset) and fault.stage is Stage.CONNECT)
    outcome = Outcome.BLOCKED if blocked else getattr(fault, "outcome", Outcome.CLOSED)
    assert isinstance(outcome, Outcome)
    return session.observe(evidence, outcome=outcome, detail=worst.reason)


def _support(listing: GroupListing) -> GroupSupport:
    supported = {True: Answer.YES, False: Answer.NO, None: Answer.UNKNOWN}[listing.supported]
    return GroupSupport(
        protocol=listing.protocol,
        supported=supported,
        groups=_named(listing.groups),
        beside_certificate_curve=_named(listing.beside),
        preference=listing.preference,
        complete=Answer.YES if listing.whole else Answer.UNKNOWN,
        reason=None if listing.reason is None else peer_text(listing.reason),
        connections=listing.connections,
    )


def _named(codes: tuple[int, ...]) -> tuple[Group, ...]:
    return tuple(Group(code=f"{code:04X}", name=group_name(code)) for code in codes)


def _post_quantum(modern: GroupListing) -> PostQuantum:
    """Offered where a group in force was taken; not offered only where all of them were refused properly."""
    taken = {one for one in modern.groups if group_traits(one).post_quantum}
    if any(not group_traits(one).retired for one in taken):
        return PostQuantum.OFFERED
    refused = modern.refused >= set(QUANTUM_GROUPS)
    if refused and (modern.supported is False or not taken):
        return PostQuantum.NOT_OFFERED
    return PostQuantum.OFFERED if taken else PostQuantum.UNKNOWN
