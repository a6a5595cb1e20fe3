"""The listing of groups by removal, from both ends of the list at once.

The first hello brings a group; it offers last what servers like best. Where it is one that servers like best, the
order is taken to be the server's own: two lanes ask side by side, one for most groups, the other for those that it
leaves aside, from the start or from when a rare group was found. Every group found then that stood before the first
one, and was passed over, proves the order.
Elsewhere one lane offers what is left forwards, the other backwards, its first hello with the group that is known at
the very end. Where the server takes another one now, the client's order decides: the lanes go on from their ends, and
meet in the middle. Where it takes the known one again, the order is the server's.
So k groups cost k + 1 hellos with the client's order, k + 3 at most with the server's, and half as many waits.
"""

import asyncio
import dataclasses
import enum
from collections.abc import Awaitable, Callable

from probes.group_lanes import group_of
from probes.hello_verdict import Verdict
from scanner.model.evidence.tls_suites import Preference

Ask = Callable[[tuple[int, ...]], Awaitable[tuple[Verdict, bool]]]
"""Offers groups in this order: what came, and whether it refuses all of them."""


class _Lane(enum.Enum):
    FORWARD = enum.auto()
    BACKWARD = enum.auto()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What a removal brought.

    `groups` are in the order of the server's choice, those left aside behind the others; where the client's order
    decides, in the order of the field, the best liked first. `refused` are those refused properly. `end` is what kept
    the listing from being whole, None where it is.
    """

    groups: tuple[int, ...]
    refused: frozenset[int]
    preference: Preference
    end: Verdict | None


class Removal:
    """One removal from `pool`, which was offered in this order, and of which the server has taken `first`.

    `liked` are the groups that most servers like best, `aside` those for a lane of their own. Where one of `rare` is
    found, there may be many of them, and half of what is left is set aside. A fault of the peer ends both lanes.
    """

    def __init__(
        self,
        ask: Ask,
        pool: tuple[int, ...],
        *,
        first: int,
        liked: frozenset[int],
        aside: frozenset[int] = frozenset(),
        rare: frozenset[int] = frozenset(),
    ) -> None:
        self._ask = ask
        self._pool = pool
        self._first = first
        self._aside = aside
        self._rare = rare
        self._found: dict[_Lane, dict[int, None]] = {_Lane.FORWARD: {first: None}, _Lane.BACKWARD: {}}
        self._refused: set[int] = set()
        self._flying: dict[asyncio.Task[tuple[Verdict, bool]], tuple[_Lane, tuple[int, ...]]] = {}
        self._ends = {_Lane.FORWARD: pool.index(first), _Lane.BACKWARD: len(pool)}
        self._order_asked = self._apart = first in liked
        self._preference = Preference.UNKNOWN
        self._end: Verdict | None = None

    async def run(self) -> Removed:
        """Asks until everything is taken or refused."""
        try:
            while self._launch():
                done, _ = await asyncio.wait(self._flying, return_when=asyncio.FIRST_COMPLETED)
                for task in sorted(done, key=lambda one: self._flying[one][0] is _Lane.BACKWARD):
                    lane, groups = self._flying.pop(task)
                    self._read(lane, groups, *task.result())
        finally:
            for task in self._flying:
                task.cancel()
            await asyncio.gather(*self._flying, return_exceptions=True)
        await self._settle_order()
        return Removed(
            groups=self._in_order(), refused=frozenset(self._refused), preference=self._preference, end=self._end
        )

    def _launch(self) -> bool:
        """Starts what may be asked now; whether anything is under way."""
        for lane in _Lane:
            if all(flying is not lane for flying, _ in self._flying.values()) and (groups := self._next(lane)):
                self._flying[asyncio.ensure_future(self._ask(groups))] = (lane, groups)
        return bool(self._flying)

    def _next(self, lane: _Lane) -> tuple[int, ...]:
        """What this lane offers next; nothing where the other lane's answer should be waited for, or all is done."""
        left = self._left()
        if self._end is not None or not left:
            return ()
        if lane is _Lane.BACKWARD and not self._order_asked:
            self._order_asked = True
            return (*reversed(left), self._first)
        if self._apart:
            return tuple(one for one in left if (one in self._aside) is (lane is _Lane.BACKWARD))
        if self._preference is Preference.CLIENT and self._flying and len(self._untested(left)) < 2:
            return ()
        if self._preference is Preference.UNKNOWN and lane is _Lane.BACKWARD:
            return ()
        return left if lane is _Lane.FORWARD else left[::-1]

    def _left(self) -> tuple[int, ...]:
        """What is neither taken nor refused, in the order of the pool."""
        return tuple(one for one in self._pool if not self._is_found(one) and one not in self._refused)

    def _untested(self, left: tuple[int, ...]) -> tuple[int, ...]:
        """What neither lane has passed over, where the client's order decides."""
        front, back = self._ends[_Lane.FORWARD], self._ends[_Lane.BACKWARD]
        return tuple(one for one in left if front < self._pool.index(one) < back)

    def _read(self, lane: _Lane, groups: tuple[int, ...], verdict: Verdict, refused: bool) -> None:
        group = group_of(verdict)
        asks_order = lane is _Lane.BACKWARD and groups[-1] == self._first
        if group is None:
            if refused:
                self._refused |= set(groups) - {self._first}
            else:
                self._end = verdict
            return
        if asks_order:
            self._preference = Preference.SERVER if group == self._first else Preference.CLIENT
            self._apart = group == self._first
        self._move(lane, group)
        if not self._is_found(group):
            self._found[lane][group] = None
            self._refused.discard(group)
        if group in self._rare and not self._aside:
            self._aside = frozenset(self._left()[::2])

    def _move(self, lane: _Lane, group: int) -> None:
        """Where the lanes stand. One that is given what the other has passed over shows the server's own order."""
        place = self._pool.index(group)
        other = self._ends[_Lane.BACKWARD if lane is _Lane.FORWARD else _Lane.FORWARD]
        crossed = place > other if lane is _Lane.FORWARD else place < other
        backwards = place < self._ends[lane] if lane is _Lane.FORWARD else place > self._ends[lane]
        if not self._apart and self._preference is Preference.CLIENT:
            if self._is_found(group):
                self._apart = True
            if crossed or backwards:
                self._apart, self._preference = True, Preference.SERVER
        self._ends[lane] = place

    def _is_found(self, group: int) -> bool:
        return any(group in found for found in self._found.values())

    async def _settle_order(self) -> None:
        """Whose order decides, where that was only presumed. With one group nothing can be known."""
        others = tuple(one for found in self._found.values() for one in found if one != self._first)
        if not others:
            self._preference = Preference.UNKNOWN
        elif self._preference is Preference.UNKNOWN and self._end is None:
            if any(self._pool.index(one) < self._pool.index(self._first) for one in others):
                self._preference = Preference.SERVER
                return
            group = group_of((await self._ask((*others, self._first)))[0])
            if group is not None:
                self._preference = Preference.SERVER if group == self._first else Preference.CLIENT

    def _in_order(self) -> tuple[int, ...]:
        found = (*self._found[_Lane.FORWARD], *self._found[_Lane.BACKWARD])
        if self._preference is not Preference.CLIENT:
            return found
        return tuple(sorted(found, key=self._pool.index, reverse=True))
