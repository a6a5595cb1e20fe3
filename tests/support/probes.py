"""Fake probes that implement the real protocol, for tests of the engine."""

import dataclasses
from collections.abc import Awaitable, Callable

from probes.base import Group, Known, ProbeInfo, Scope
from scanner.model.observation import Observation
from scanner.model.peer import PeerText
from scanner.net.session import Session


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """The evidence of a fake probe."""

    text: PeerText


Behaviour = Callable[[Session, Known], Awaitable[Observation[Note]]]


async def fine(session: Session, _known: Known) -> Observation[Note]:
    """Sees something, without the network."""
    return session.observe(Note(text=PeerText("seen")))


class FakeProbe:
    """A probe that behaves as the test says, under the given topic."""

    def __init__(
        self,
        topic: str,
        behaviour: Behaviour = fine,
        *,
        scope: Scope = Scope.ADDRESS,
        requires: frozenset[str] = frozenset(),
        last: bool = False,
        needs_tls: bool = False,
        quick: bool = True,
        group: Group = Group.HTTP,
        max_connections: int = 5,
        compares: bool = False,
    ) -> None:
        self._behaviour = behaviour
        self.info = ProbeInfo(
            id=topic,
            topic=topic,
            group=group,
            title=f"A fake probe of {topic}",
            sends="nothing",
            scope=scope,
            max_connections=max_connections,
            produces=Note,
            since="0.1.0",
            requires=requires,
            last=last,
            needs_tls=needs_tls,
            quick=quick,
            compares=compares,
        )

    async def collect(self, session: Session, known: Known) -> Observation[Note]:
        """What the test wants."""
        return await self._behaviour(session, known)
