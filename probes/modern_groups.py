"""The groups of TLS 1.3: no key share is sent, so the server answers with a HelloRetryRequest and computes nothing.

Suites and groups are chosen apart in TLS 1.3, so nothing needs to be known of the server's suites.
"""

import dataclasses

from probes.group_lanes import Lanes, Questions, group_of
from probes.group_removal import Removal
from probes.hello_verdict import Kind, Verdict
from probes.suite_chain import ABRUPT_TWICE, VERSION_REFUSALS
from scanner.errors import TimedOut
from scanner.model.evidence.tls_suites import Preference
from scanner.model.group_traits import RETIRED_HYBRIDS, RETIRED_KEMS
from scanner.wire.tls_alert import HANDSHAKE_FAILURE
from scanner.wire.tls_client_state import Goal
from scanner.wire.tls_offer import (
    ALL_SCHEMES,
    BRAINPOOL_GROUPS,
    FFDHE_GROUPS,
    HYBRID_GROUPS,
    MLKEM_GROUPS,
    RETRY_GROUPS,
    SECP256R1,
    SHARED_GROUPS,
    SMALL_SCHEMES,
    X25519,
    Offer,
)
from scanner.wire.tls_registry import registry
from scanner.wire.tls_version import Version

QUANTUM_GROUPS = (0x0200, *MLKEM_GROUPS, 0x11EE, *reversed(HYBRID_GROUPS))
"""Post-quantum groups in force: ML-KEM alone, then the hybrids (0x11EE: curveSM2MLKEM768), X25519MLKEM768 last."""

_RARE = (*RETIRED_HYBRIDS, *RETIRED_KEMS, *range(0x0022, 0x0029), *BRAINPOOL_GROUPS, 0x0029)
_USUAL = (*reversed(FFDHE_GROUPS), *reversed(SHARED_GROUPS), *QUANTUM_GROUPS)
MODERN_GROUPS = (*(one for one in RETRY_GROUPS if one not in {*_RARE, *_USUAL}), *_RARE, *_USUAL)
"""Every group that is asked for, in the order in which they are offered: what servers like best comes last."""

_LIKED = frozenset({*QUANTUM_GROUPS, X25519, SECP256R1})
_ASIDE = frozenset(MODERN_GROUPS) - frozenset({*QUANTUM_GROUPS, *SHARED_GROUPS})
"""What a second lane asks for where the server's own order decides."""

_SUITES = (0x1301, 0x1303, 0x1302, 0x1304, 0x1305)
_OLDER_SUITES = (0xC02B, 0xC02F, 0xC013, 0xC014, 0x009C, 0x002F, 0x0035, 0x000A)
"""Suites of TLS 1.2 in the first hello: a server that knows no supported_versions then answers in TLS 1.2 at once."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """One way to ask: the groups of the first hello, whether key shares go with it, and whether the hello is short."""

    groups: tuple[int, ...]
    shares: bool = False
    short: bool = False


_WAYS = (
    _Way(groups=MODERN_GROUPS),
    _Way(groups=_USUAL),  # for those that call long lists illegal
    _Way(groups=_USUAL, shares=True),  # for those that cannot stand an empty key_share
    _Way(groups=(SECP256R1, X25519), shares=True, short=True),
)
_WITH_SHARES, _LAST = 2, len(_WAYS) - 1


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class GroupListing:
    """The groups of one half of the probe: TLS 1.3, or the versions below.

    `supported` is None where it is not known whether any group is taken; `whole` says whether all others were refused
    properly, `reason` why not, or what refused them. `groups` are taken alone, `beside` only with the curve of the
    certificate on offer; `refused` are those refused properly. `end` is the answer that kept the listing from its end.
    `abrupt` says that connections which were cut stand for refusals, `doubted` that this is not believed; `accepting`
    is an offer that the server took.
    """

    protocol: str | None
    supported: bool | None
    whole: bool
    reason: str | None
    groups: tuple[int, ...] = ()
    beside: tuple[int, ...] = ()
    preference: Preference = Preference.UNKNOWN
    refused: frozenset[int] = frozenset()
    connections: int = 0
    abrupt: bool = False
    doubted: bool = False
    accepting: Offer | None = None
    end: Verdict | None = None


def refused_listing(questions: Questions, verdict: Verdict, *, refused: bool, groups: tuple[int, ...]) -> GroupListing:
    """The listing where no group was taken: refused properly, or not known."""
    twice = ABRUPT_TWICE if refused and verdict.kind is Kind.HUNG_UP else ""
    return GroupListing(
        protocol=None,
        supported=False if refused else None,
        whole=refused,
        reason=verdict.reason + twice,
        refused=frozenset(groups) if refused else frozenset(),
        connections=questions.connections,
        abrupt=questions.abrupt,
        end=None if refused else verdict,
    )


class ModernGroups:
    """The half of TLS 1.3."""

    def __init__(self, lanes: Lanes) -> None:
        self._questions = Questions(lanes, Goal.HELLO)
        self._server_name = lanes.asker.server_name
        self._suites = (*_SUITES, *(code for code in registry().suites_tls13 if code not in _SUITES))
        self._way = 0

    async def run(self) -> GroupListing:
        """The listing of TLS 1.3."""
        verdict, refused = await self._enter()
        first = group_of(verdict)
        if first is None:
            listing = refused_listing(self._questions, verdict, refused=refused, groups=MODERN_GROUPS)
            return listing if verdict.kind is not Kind.CHOSE else _without_group(listing)
        pool = _WAYS[self._way].groups
        removed = await Removal(self._ask, pool, first=first, liked=_LIKED, aside=_ASIDE).run()
        listing = GroupListing(
            protocol=Version.TLS1_3.title,
            supported=True,
            whole=removed.end is None,
            reason=None if removed.end is None else removed.end.reason,
            groups=removed.groups,
            preference=removed.preference,
            refused=removed.refused,
            end=removed.end,
        )
        if removed.end is None and pool is not MODERN_GROUPS:
            listing = await self._ask_rest(listing)
        questions = self._questions
        return dataclasses.replace(
            listing, connections=questions.connections, abrupt=questions.abrupt, accepting=questions.accepting
        )

    async def _enter(self) -> tuple[Verdict, bool]:
        """Finds a way to ask that brings a group. Without one: the answer, and whether it is a proper refusal."""
        first = self._offer(MODERN_GROUPS, _OLDER_SUITES)
        verdict, beside = await self._questions.beside(first, self._offer(_WAYS[_LAST].groups, way=_LAST))
        ends: list[tuple[Verdict, bool]] = []
        while True:
            if verdict.kind is Kind.CHOSE:
                return verdict, False
            ends.append((verdict, verdict.kind in VERSION_REFUSALS or verdict.kind is Kind.REFUSED))
            following = _next_way(self._way, verdict)
            if beside is not None:
                following = _LAST if len(ends) == 1 else None
            if following is None:
                return self._refusal(ends)
            self._way = following
            verdict = beside or await self._questions.once(self._offer(_WAYS[following].groups), again=True)

    def _refusal(self, ends: list[tuple[Verdict, bool]]) -> tuple[Verdict, bool]:
        """The most telling of several answers: a proper refusal, else cut connections if there were two."""
        proper = next((end for end in ends if end[1]), None)
        if proper is not None:
            return proper
        cut = [verdict for verdict, _ in ends if verdict.kind is Kind.HUNG_UP]
        if len(cut) > 1 and len(cut) == len(ends):
            self._questions.abrupt = True
            return cut[-1], True
        return ends[-1]

    async def _ask(self, groups: tuple[int, ...]) -> tuple[Verdict, bool]:
        verdict, refused = await self._questions.ask(self._offer(groups))
        # Without a share to send, a server of the third way refuses the empty key_share and not the groups.
        blind = refused and _WAYS[self._way].shares and not self._shares(groups)
        # Some answer with a HelloRetryRequest all the same, and name no group in it: they take none of these.
        groupless = verdict.kind is Kind.CHOSE and group_of(verdict) is None and not _WAYS[self._way].shares
        return verdict, groupless or (refused and not blind)

    async def _ask_rest(self, listing: GroupListing) -> GroupListing:
        """What a shorter list left out is asked for at the end, as far as the server can be asked at all."""
        rest = tuple(one for one in MODERN_GROUPS if one not in listing.groups and one not in listing.refused)
        found: list[int] = []
        while rest:
            verdict, refused = await self._ask(rest)
            group = group_of(verdict)
            if group is None:
                known = refused and verdict.alert == HANDSHAKE_FAILURE
                return dataclasses.replace(
                    listing,
                    groups=(*listing.groups, *found),
                    refused=listing.refused | set(rest) if known else listing.refused,
                    whole=known,
                    reason=None if known else f"rare groups could not be asked for: {verdict.reason}",
                )
            found.append(group)
            rest = tuple(one for one in rest if one != group)
        return dataclasses.replace(listing, groups=(*listing.groups, *found))

    def _shares(self, groups: tuple[int, ...], way: int | None = None) -> tuple[int, ...]:
        """The group of the share that goes with the hello, in the ways that need one."""
        usable = tuple(one for one in SHARED_GROUPS if one in groups)[:1]
        return usable if _WAYS[self._way if way is None else way].shares else ()

    def _offer(self, groups: tuple[int, ...], older: tuple[int, ...] = (), *, way: int | None = None) -> Offer:
        short = _WAYS[self._way if way is None else way].short
        return Offer(
            versions=(Version.TLS1_3,),
            suites=(*self._suites, *older),
            groups=groups,
            signature_schemes=SMALL_SCHEMES if short else ALL_SCHEMES,
            server_name=self._server_name,
            key_shares=self._shares(groups, way),
            status_request=False,
            scts=not short,
            padded=not short,
        )


def _next_way(way: int, verdict: Verdict) -> int | None:
    """The next way that may help after this answer; None where none may."""
    if verdict.kind in VERSION_REFUSALS or way == _LAST:
        return None
    if verdict.kind is Kind.NO_ANSWER:
        return _LAST if isinstance(verdict.fault, TimedOut) else None
    if verdict.alert == HANDSHAKE_FAILURE:  # refuses groups or suites: only a key_share may still be missed
        return _WITH_SHARES if way < _WITH_SHARES else None
    return way + 1


def _without_group(listing: GroupListing) -> GroupListing:
    """A server that chose a suite and named no group: it speaks TLS 1.3, and that is all that is known."""
    return dataclasses.replace(
        listing,
        protocol=Version.TLS1_3.title,
        supported=True,
        whole=False,
        refused=frozenset(),
        reason="no group named",
    )
