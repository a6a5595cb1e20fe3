"""Places: a bound on how many may be within at once, which can be moved while they wait."""

import asyncio
import collections


class Places:
    """So many places; who finds none waits, and is served in the order of coming.

    `width` may be changed at any time: those within stay, `hand_on` lets in those who now find a place.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self.taken = 0
        self._waiters: collections.deque[asyncio.Future[None]] = collections.deque()

    async def enter(self) -> None:
        """Takes a place, to be given back with `leave`; waits for one."""
        place = asyncio.get_running_loop().create_future()
        self._waiters.append(place)
        self.hand_on()
        try:
            await place
        except asyncio.CancelledError:
            if not place.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        """Gives a place back."""
        self.taken -= 1
        self.hand_on()

    def hand_on(self) -> None:
        """Lets in who waits, as far as there are places."""
        while self._waiters and (self.taken < self.width or self._waiters[0].done()):
            place = self._waiters.popleft()
            if not place.done():
                self.taken += 1
                place.set_result(None)
