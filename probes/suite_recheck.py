"""Rechecking: whether a further address of a name accepts what the first one did, in two hellos a version.

The accepted suites are offered again, and all the others beside them: the first must be answered with the suite that
the first address' order calls for, the second refused. A version that the first address refused is tested as there.
Whatever comes out otherwise differs, and is listed in full.
"""

import dataclasses

from probes.hello_verdict import Kind, Verdict
from probes.suite_chain import PROPER_REFUSALS, Chain, Listing
from scanner.model.evidence.tls_suites import Preference, ProtocolSupport, TlsSuites
from scanner.model.outcome import Answer


def can_compare(first: TlsSuites) -> bool:
    """Whether the listing at the first address is whole, and was made without workarounds."""
    whole = all(
        one.supported is not Answer.UNKNOWN and (one.supported is Answer.NO or one.complete is Answer.YES)
        for one in first.protocols.values()
    )
    return first.listed and whole and not first.intolerances


async def recheck(chain: Chain, at_first: ProtocolSupport) -> Listing | None:
    """The listing of the chain's version where it is as at the first address; None where it differs.

    `connections` counts the hellos of this address; the suites are those of the first.
    """
    if at_first.supported is Answer.NO:
        tested = await chain.test()
        return tested if tested.support.supported is Answer.NO else None
    accepted = tuple(int(suite.code, 16) for suite in at_first.suites)
    offered = tuple(reversed(accepted))
    again = await chain.ask(chain.offer(offered))
    if again.kind is not Kind.CHOSE or not _expected(again, offered, at_first):
        return None
    dropped = {int(one.code, 16) for one in at_first.dropped}
    rest = tuple(code for code in chain.pool if code not in {*accepted, *dropped})
    refused = await chain.ask(chain.offer(rest))
    if refused.kind not in PROPER_REFUSALS:
        return None
    support = dataclasses.replace(at_first, connections=chain.connections)
    return Listing(support=support, accepting=chain.accepting, refused_at=chain.asker.turns)


def _expected(again: Verdict, offered: tuple[int, ...], at_first: ProtocolSupport) -> bool:
    """Whether the choice is the one that the first address would have made."""
    assert again.flight is not None
    chosen = again.flight.suite
    if at_first.preference is Preference.SERVER:
        return chosen == offered[-1]
    if at_first.preference is Preference.CLIENT:
        return chosen == offered[0]
    return chosen in offered
