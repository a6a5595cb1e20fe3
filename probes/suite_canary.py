"""The canary: whether the endpoint still talks to us as it did, once all versions are listed.

A refusal counts only while the server still accepts what it has accepted before: one that has stopped talking to us
refuses everything, by cuts, by silence or by alerts. So the last hello of all must be accepted; where it is not, what
was refused since the last good answer is not believed. Where its repeats are answered differently, servers of several
kinds stand behind the address, and every refusal is asked for again.
"""

import asyncio
import dataclasses
from collections.abc import Sequence

from probes.hello_asker import Asker
from probes.hello_verdict import Verdict, describe, judge
from probes.suite_chain import CHOICES, Chain, Listing
from scanner.errors import OwnFault
from scanner.model.outcome import Answer, Outcome
from scanner.model.peer import peer_text

CANARY_TRIES = 3
"""Canaries that must fail before the server counts as having stopped talking to us."""

DEEP_CANARIES = 5
"""Canaries in profile `deep`, which looks for servers of several kinds behind the address."""

CONFIRMATIONS = 3
"""Times that a final refusal is asked for in profile `deep`, or where answers disagreed."""


async def verify(
    asker: Asker, chains: Sequence[Chain], listings: dict[str, Listing], *, listed: bool, deep: bool
) -> dict[str, Listing]:
    """The listings with their order of preference, and without what a blocked scan cannot know."""
    if listed:
        await asyncio.gather(*(chain.ask_order() for chain in chains))
    last_good = asker.good_at
    canary = next((chain for chain in chains if chain.accepting is not None), None)
    if canary is not None and (deep or _in_doubt(asker, listings, listed=listed)):
        fault = await _sing(asker, canary, deep=deep)
        if fault is not None:
            return _drop(chains, listings, last_good, fault)
    if listed and asker.limited and not deep:  # what was cut off may have been turned away
        cut = [chain for chain in chains if listings[chain.version.title].abrupt]
        await asyncio.gather(*(chain.confirm(2) for chain in cut))
    if listed and (deep or asker.disagreements):
        await asyncio.gather(*(chain.confirm(CONFIRMATIONS) for chain in chains))
    return _ordered(chains, listings)


def distrust(listing: Listing, reason: str, outcome: Outcome) -> Listing:
    """The listing without what it concluded from refusals."""
    support = listing.support
    return dataclasses.replace(
        listing,
        support=dataclasses.replace(
            support,
            supported=Answer.UNKNOWN if support.supported is Answer.NO else support.supported,
            complete=Answer.UNKNOWN,
            reason=peer_text("; ".join(filter(None, (support.reason, reason)))),
        ),
        fault=outcome,
    )


def _in_doubt(asker: Asker, listings: dict[str, Listing], *, listed: bool) -> bool:
    """Whether a refusal came after the last good answer. In a mere test of the versions, alerts are believed."""
    return any(one.refused_at > asker.good_at and (listed or one.abrupt) for one in listings.values())


async def _sing(asker: Asker, chain: Chain, *, deep: bool) -> Verdict | None:
    """Offers what the chain knows to be accepted; the last verdict where it is not any more."""
    assert chain.accepting is not None
    verdicts: list[Verdict] = []
    for number in range(DEEP_CANARIES if deep else CANARY_TRIES):
        went = await asker.ask(chain.accepting, chain.goal)
        chain.connections += asker.costs(went)
        verdicts.append(judge(went, chain.version, chain.accepting.suites))
        if isinstance(went.fault, OwnFault) or (number == 0 and verdicts[0].kind in CHOICES and not deep):
            break
    good = [one for one in verdicts if one.kind in CHOICES]
    if len({one.flight.suite for one in good if one.flight is not None}) > 1 or 0 < len(good) < len(verdicts):
        chain.disagree("what was accepted before", verdicts)
    return None if good else verdicts[-1]


def _drop(
    chains: Sequence[Chain], listings: dict[str, Listing], last_good: int, verdict: Verdict
) -> dict[str, Listing]:
    """Believes no refusal since the last good answer; where our own budget ended, cuts alone are doubtful."""
    assert verdict.fault is not None
    own = isinstance(verdict.fault, OwnFault)
    reason = f"blocked after about {last_good} connections: {describe(verdict.fault)}"
    if own:
        reason = f"not asked again: {describe(verdict.fault)}"
    result = _ordered(chains, listings)
    for title, listing in result.items():
        if listing.refused_at > last_good and (listing.abrupt or not own):
            result[title] = distrust(listing, reason, Outcome.NOT_ASSESSED if own else Outcome.BLOCKED)
    return result


def _ordered(chains: Sequence[Chain], listings: dict[str, Listing]) -> dict[str, Listing]:
    return listings | {chain.version.title: chain.ordered(listings[chain.version.title]) for chain in chains}
