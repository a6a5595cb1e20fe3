"""Blocks: whether another probe of the endpoint was shut out, so that nothing more is asked there."""

from collections.abc import Iterable

from probes.base import Known
from scanner.model.evidence.tls_suites import TlsSuites
from scanner.model.observation import Observation
from scanner.model.outcome import Answer, Outcome
from scanner.model.peer import PeerText, peer_text


def shut_out(known: Known, topics: Iterable[str]) -> PeerText | None:
    """Why nothing more is asked of the endpoint; None where no probe of these topics was blocked.

    A listing of versions that ended with nothing but cut connections counts as one, for a server that took some hello
    before has then stopped talking to us.
    """
    for topic in sorted(topics):
        seen = known.observation(topic)
        if seen is not None and (seen.outcome is Outcome.BLOCKED or _nothing_but_cuts(seen)):
            ended = f": {seen.detail}" if seen.detail else ""
            return peer_text(f"{topic} was {seen.outcome}, so nothing more is asked{ended}")
    return None


def _nothing_but_cuts(seen: Observation[object]) -> bool:
    if seen.outcome not in {Outcome.CLOSED, Outcome.RESET} or not isinstance(seen.evidence, TlsSuites):
        return False
    return all(one.supported is not Answer.YES for one in seen.evidence.protocols.values())
