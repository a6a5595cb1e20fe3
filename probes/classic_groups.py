"""The curves of TLS 1.2 and below: hellos with ECDHE suites only; the curve stands in ServerKeyExchange.

Which versions and suites the server has need not be known: all versions before TLS 1.3 go into the first hello, and
every ECDHE suite of the field, those that need no ECDSA certificate first. For with such a certificate the curve of
its key may have to be on offer, too (OpenSSL 1.1.1 and later want that in TLS 1.2): what is taken only then is listed
apart.
"""

import asyncio
import dataclasses

from probes.group_lanes import Lanes, Questions, group_of
from probes.group_removal import Removal
from probes.hello_verdict import Kind, Verdict
from probes.modern_groups import GroupListing, refused_listing
from probes.suite_chain import PROPER_REFUSALS
from scanner.errors import LeadlineError, OwnFault, Refused, Unreachable
from scanner.model.suite_traits import traits
from scanner.wire.server_flight import ServerFlight
from scanner.wire.tls_client_state import Goal
from scanner.wire.tls_offer import (
    ALL_SCHEMES,
    CLASSIC_CURVES,
    FFDHE_GROUPS,
    SECP256R1,
    SHARED_GROUPS,
    SMALL_GROUPS,
    SMALL_SCHEMES,
    X25519,
    Offer,
)
from scanner.wire.tls_registry import registry
from scanner.wire.tls_version import Version
from scanner.wire.x509_view import needs_isolation, read_certificate

CLASSIC_VERSIONS = (Version.TLS1_2, Version.TLS1_1, Version.TLS1_0)
CLASSIC_GROUPS = (0xFF02, 0xFF01, *reversed(CLASSIC_CURVES))
"""The two codes for curves that a server spells out (RFC 4492 section 5.1.1), and every named curve: what servers like
best comes last."""

MAX_SUITES = 30
"""ECDHE suites of each kind in one hello; the registry has those of the field first."""

MAX_FINITE_SUITES = 56
"""Finite-field suites in one hello: with the others, fewer than old stacks break at."""

SMALL_SUITES = 40
"""Suites of a short hello: with its few extensions it stays below 256 bytes."""

MAX_BROKEN = 4
"""Suites that a server may choose and then break off with before the listing is given up."""

_LIKED = frozenset({X25519, SECP256R1})
_RARE = frozenset(CLASSIC_GROUPS) - frozenset(SHARED_GROUPS)


def _suites(exchange: str, *authentications: str, limit: int = MAX_SUITES) -> tuple[int, ...]:
    """The suites with this key exchange and these kinds of authentication."""
    kinds = ((code, traits(name)) for code, name in registry().suites.items())
    return tuple(
        code
        for code, kind in kinds
        if kind.key_exchange == exchange and kind.authentication in authentications and not kind.export
    )[:limit]


class ClassicGroups:
    """The half of TLS 1.2 and below.

    Behind the ECDHE suites every hello offers finite-field ones, with all groups of RFC 7919: a server that took ECDHE
    before takes them only where it refuses all the curves. `finite` is what came of that, and whether it refuses them,
    too; None where it did not come to that.
    """

    def __init__(self, lanes: Lanes) -> None:
        self._questions = Questions(lanes, Goal.FLIGHT)
        self._server_name = lanes.asker.server_name
        self._free = _suites("ECDHE", "RSA", "anonymous")
        self._bound = _suites("ECDHE", "ECDSA")
        self._suites = (*self._free, *self._bound)
        self._finite_suites = _suites("DHE", "RSA", "DSS", "anonymous", limit=MAX_FINITE_SUITES)
        self.finite: tuple[Verdict, bool] | None = None
        self._versions: tuple[Version, ...] = CLASSIC_VERSIONS
        self._groups = CLASSIC_GROUPS
        self._short = False

    async def run(self) -> GroupListing:
        """The listing of the highest version before TLS 1.3 that is spoken."""
        verdict, refused = await self._enter()
        first = group_of(verdict)
        if first is None or verdict.flight is None:
            return refused_listing(self._questions, verdict, refused=refused, groups=self._groups)
        self._versions = (verdict.flight.version,)
        listing = await self._list(first, verdict.flight)
        questions = self._questions
        return dataclasses.replace(
            listing, connections=questions.connections, abrupt=questions.abrupt, accepting=questions.accepting
        )

    async def _enter(self) -> tuple[Verdict, bool]:
        """The first answer with a curve. What is cut off or not answered is asked again with a short hello."""
        verdict, beside = await self._questions.beside(
            self._offer(self._groups), self._offer(SMALL_GROUPS[::-1], short=True)
        )
        if verdict.kind is Kind.BROKE:
            verdict = await self._unbroken(self._groups, verdict)
        if verdict.flight is not None and verdict.flight.dh is not None:
            self._settle_finite(verdict, refused=False)
            verdict = await self._unbroken(self._groups)
        refused = verdict.kind in PROPER_REFUSALS
        if isinstance(verdict.fault, OwnFault) or verdict.kind not in {Kind.HUNG_UP, Kind.NO_ANSWER}:
            if refused:
                self._settle_finite(verdict, refused=True)
            return verdict, refused
        return await self._second_opinion(verdict, beside)

    async def _second_opinion(self, first: Verdict, beside: Verdict | None) -> tuple[Verdict, bool]:
        """What a short hello brings where the long one was cut off or not answered; it was sent `beside` that one?"""
        if isinstance(first.fault, Refused | Unreachable):
            return first, False
        finite, self._finite_suites = self._finite_suites, ()
        self._short, self._groups = True, SMALL_GROUPS[::-1]
        second = await self._unbroken(self._groups, beside)
        if first.kind is second.kind is Kind.HUNG_UP:
            self._questions.abrupt = True
            if beside is not None and finite:  # it refuses all that was on offer; asking again would take as long
                self.finite = (first, True)
            return second, True
        late = second.kind is Kind.NO_ANSWER or isinstance(second.fault, OwnFault)
        return (first, False) if late else (second, second.kind in PROPER_REFUSALS)

    async def _unbroken(self, groups: tuple[int, ...], verdict: Verdict | None = None) -> Verdict:
        """What comes of one hello, where it is not the `verdict` that is there already.

        Suites that the server chooses and then breaks off with are left out and it is asked again.
        """
        verdict = verdict or await self._questions.once(self._offer(groups), again=True)
        for _ in range(MAX_BROKEN):
            flight = verdict.flight
            if verdict.kind is not Kind.BROKE or flight is None or flight.group is not None or flight.dh is not None:
                break
            self._suites = tuple(one for one in self._suites if one != flight.suite)
            self._finite_suites = tuple(one for one in self._finite_suites if one != flight.suite)
            verdict = await self._questions.once(self._offer(groups), again=True)
        return verdict

    def _settle_finite(self, verdict: Verdict, *, refused: bool) -> None:
        """Keeps the answer to the finite-field suites; they need not be offered any more."""
        if self._finite_suites:
            self.finite = (verdict, refused)
            self._finite_suites = ()

    async def _list(self, first: int, flight: ServerFlight) -> GroupListing:
        free = tuple(one for one in self._suites if one in self._free)
        bound = tuple(one for one in self._suites if one in self._bound)
        if flight.suite in self._free:
            self._suites = free
            return await self._remove(first)
        curve = _certificate_curve(flight)
        without = tuple(one for one in self._groups if one != curve)
        async with asyncio.TaskGroup() as group:  # beside an ECDSA certificate there may be another
            other = group.create_task(self._ask(self._groups, free))
            freely = group.create_task(self._ask(without, bound))
        unbound = group_of(other.result()[0])
        if unbound is not None:
            self._suites = free
            return await self._remove(unbound)
        self._suites = bound
        verdict, refused = freely.result()
        alone = group_of(verdict)
        if alone is not None or curve not in self._groups or curve is None:
            return await self._remove(first if alone is None else alone)
        return await self._list_bound(curve, first, verdict, refused=refused)

    async def _remove(self, first: int) -> GroupListing:
        removed = await Removal(self._ask, self._groups, first=first, liked=_LIKED, rare=_RARE).run()
        asked_all = self._groups is CLASSIC_GROUPS
        short = None if asked_all else "only the usual curves could be asked for: longer hellos are not answered"
        return GroupListing(
            protocol=self._versions[0].title,
            supported=True,
            whole=removed.end is None and asked_all,
            reason=short if removed.end is None else removed.end.reason,
            groups=removed.groups,
            preference=removed.preference,
            refused=removed.refused,
            end=removed.end,
        )

    async def _list_bound(self, curve: int, first: int, without: Verdict, *, refused: bool) -> GroupListing:
        """A server that takes nothing without its certificate's curve: whether it takes that alone, and what beside."""
        verdict, alone_refused = await self._ask((curve,))
        groups = (curve,) if group_of(verdict) == curve else ()
        beside = [] if first == curve else [first]
        broken: Verdict | None = None
        while len(beside) < len(self._groups) - 1:
            left = tuple(one for one in self._groups if one != curve and one not in beside)
            answer, no_more = await self._ask((*left, curve))
            group = group_of(answer)
            if group is None or group == curve:
                broken = answer if group is None and not no_more else None
                break
            beside.append(group)
        whole = refused and broken is None and (bool(groups) or alone_refused)
        end = None if whole else broken or (verdict if refused else without)
        return GroupListing(
            protocol=self._versions[0].title,
            supported=True,
            whole=whole,
            reason=None if end is None else end.reason,
            groups=groups,
            beside=tuple(beside),
            refused=frozenset(self._groups) - {curve, *beside} if whole else frozenset(),
            end=end,
        )

    async def _ask(self, groups: tuple[int, ...], suites: tuple[int, ...] | None = None) -> tuple[Verdict, bool]:
        offer = self._offer(groups, suites)
        verdict, refused = await self._questions.ask(offer)
        if verdict.flight is not None and verdict.flight.dh is not None:
            self._settle_finite(verdict, refused=False)
            return verdict, True
        if refused and set(self._finite_suites) & set(offer.suites):
            self._settle_finite(verdict, refused=True)
        return verdict, refused or _took_another(verdict, offer)

    def _offer(self, groups: tuple[int, ...], suites: tuple[int, ...] | None = None, *, short: bool = False) -> Offer:
        elliptic = self._suites if suites is None else suites
        short = short or self._short
        finite = () if short else self._finite_suites
        return Offer(
            versions=self._versions,
            suites=elliptic[:SMALL_SUITES] if short else (*elliptic, *finite),
            groups=(*groups, *(FFDHE_GROUPS if finite else ())),
            signature_schemes=SMALL_SCHEMES if short else ALL_SCHEMES,
            server_name=self._server_name,
            status_request=False,
            scts=not short,
            padded=not short,
            signals=not short,
        )


def _took_another(verdict: Verdict, offer: Offer) -> bool:
    """Whether the server took a group that was not on offer: it has one that it takes then, and none of these."""
    group = None if verdict.flight is None else verdict.flight.group
    return verdict.kind is Kind.BROKE and group is not None and group not in offer.groups


def _certificate_curve(flight: ServerFlight) -> int | None:
    """The code of the curve of the leaf's key; None where it has none, or cannot be read here."""
    leaf = flight.certificates[:1]
    if not leaf or needs_isolation(leaf):
        return None
    try:
        name = read_certificate(leaf[0]).key.curve
    except LeadlineError:
        return None
    return next((code for code in CLASSIC_CURVES if registry().groups.get(code) == name), None)
