"""How the chains of SSLv3 to TLS 1.2 begin: the hellos that find a first suite, or show that there is none.

A careful hello goes first; where it is refused or cut off, a small one and one with all that the careful one left out.
The older versions begin with a wide hello where that is proven to be read. Where a refusal is late in coming, what
would be asked after it is asked beside it: each of them may be delayed as long.
"""

import abc
import asyncio
from collections.abc import Collection, Sequence

from probes.hello_asker import Asker
from probes.hello_verdict import Kind, Verdict
from probes.suite_chain import CHOICES, PROPER_REFUSALS, VERSION_REFUSALS, Chain, Listing, give_up
from probes.suite_lists import BROWSER_SUITES, SMALL_SUITES, SSL3_SUITES, chunks, first_order
from scanner.errors import OwnFault
from scanner.wire.tls_offer import (
    ALL_SCHEMES,
    CLASSIC_CURVES,
    FFDHE_GROUPS,
    FIELD_SUITES,
    SMALL_GROUPS,
    SMALL_SCHEMES,
    Offer,
)
from scanner.wire.tls_version import Version


class ClassicEntry(Chain, abc.ABC):
    """The beginning of one version of SSLv3 to TLS 1.2."""

    def __init__(self, asker: Asker, version: Version) -> None:
        super().__init__(asker, version, first_order())
        self._order = tuple(self.pool)
        self._field = SSL3_SUITES if version is Version.SSL3 else FIELD_SUITES
        self._small = False
        self._proving = True
        self._careful_first = True
        self._version_refused = False
        self._aside: frozenset[int] = frozenset()

    @property
    def leads(self) -> bool:
        """Whether the chains of the older versions wait for this one."""
        return self.version is Version.TLS1_2

    def offer(self, suites: tuple[int, ...], *, ffdhe: bool = True) -> Offer:
        """A hello of this version: complete, or small where the server stands no other."""
        if self.version is Version.SSL3:
            return Offer(versions=(self.version,), suites=suites, status_request=False, scts=False, extensions=False)
        if self._small:
            return self._small_offer(suites)
        return Offer(
            versions=(self.version,),
            suites=suites,
            groups=(*CLASSIC_CURVES, *(FFDHE_GROUPS if ffdhe else ())),
            signature_schemes=ALL_SCHEMES,
            server_name=self.asker.server_name,
            status_request=False,
        )

    def _small_offer(self, suites: tuple[int, ...]) -> Offer:
        return Offer(
            versions=(self.version,),
            suites=suites,
            groups=SMALL_GROUPS,
            signature_schemes=SMALL_SCHEMES,
            server_name=self.asker.server_name,
            status_request=False,
            scts=False,
            padded=False,
            signals=False,
            extensions=self.version > Version.TLS1_0,
        )

    # The first hellos

    async def _enter(self) -> Listing | None:
        """Takes the first suite; the listing where there is none.

        Where a careful hello is not answered soon, its refusal may be a delayed one: what would be asked after it is
        asked beside it.
        """
        if not self.leads:
            await self.asker.wide.led.wait(2 * self.asker.patience.stall)
        if self.version is Version.SSL3 or self.asker.wide.proven:
            return await self._enter_wide()
        first = asyncio.ensure_future(self.ask(self.offer(tuple(self.pool[: self._field]))))
        doubts: asyncio.Future[list[Verdict]] | None = None
        try:
            await asyncio.wait({first}, timeout=self.asker.patience.stall)
            late = not first.done() and self.asker.held_back
            if not first.done():
                doubts = asyncio.ensure_future(self._doubt_refusal(late=late))
            verdict = await first
            if verdict.kind in CHOICES:
                self.take(verdict)
                return None
            self._version_refused = verdict.kind is Kind.VERSION_REFUSED
            below_floor = verdict.kind is Kind.REFUSED and self.asker.floor.said is True
            if verdict.kind in VERSION_REFUSALS or below_floor or isinstance(verdict.fault, OwnFault):
                return self.conclude(verdict, refused_before=False)
            if verdict.kind is not Kind.REFUSED and not (late and doubts):
                return await self._enter_small(verdict)
            ends = await (doubts or self._doubt_refusal())
        finally:
            await give_up(first, doubts)
        if self.touched:
            return None
        if verdict.kind is Kind.REFUSED:
            return self._refused(verdict, ends)
        cut = sum(end.kind is Kind.HUNG_UP for end in (verdict, *ends))
        return self.conclude(max((verdict, *ends), key=doubt), refused_before=cut > 1)

    async def _enter_wide(self) -> Listing | None:
        """As `_enter`, with a hello that offers everything."""
        self._step_down()
        self._careful_first = False
        verdict, twice = await self.ask_firmly(self.offer(tuple(self.pool), ffdhe=False))
        if verdict.kind in CHOICES:
            self.take(verdict)
            return None
        self._version_refused = verdict.kind is Kind.VERSION_REFUSED
        if verdict.kind is Kind.REFUSED and not self.asker.wide.proven and not await self._floor_is_above():
            ends = await self._drain_chunks()
            return None if self.touched else self._refused(verdict, ends)
        return self.conclude(verdict, refused_before=twice)

    async def _floor_is_above(self) -> bool:
        """Whether TLS 1.2 or 1.0 was refused for its version, or the wide hello is proven meanwhile.

        A server that spoke anything below the version on offer would have chosen that (RFC 5246 appendix E.1).
        """
        return await self.asker.wide.wait() or bool(await self.asker.floor.wait(self.asker.patience.stall))

    async def _doubt_refusal(self, *, late: bool = False) -> list[Verdict]:
        """Asks in other ways after a refusal: it may be of the suites, or of all large hellos. How these ended.

        `late`: the refusal may be a delayed one, and these may be, too; so all are asked side by side.
        """
        self._step_down()
        if await self.asker.wide.led.wait(self.asker.patience.stall) or self.asker.wide.proven:
            return [await self._ask_rest()]
        small = asyncio.ensure_future(self._second_opinion(late=late))
        rest: asyncio.Future[Verdict] | None = None
        try:
            await asyncio.wait({small}, timeout=self.asker.patience.stall if late else None)
            if not small.done():
                rest = asyncio.ensure_future(self._ask_rest())
            ends = [await small]
            if not self.touched:
                ends.append(await (rest or self._ask_rest()))
            elif rest is None:
                return await self._drain_field()
        finally:
            await give_up(small, rest)
        return ends

    async def _ask_rest(self) -> Verdict:
        """Offers what the careful hello left out, and takes what comes."""
        rest = await self.ask(self.offer(tuple(self.pool[self._field :]), ffdhe=False))
        if rest.kind in CHOICES:
            self.take(rest)
        return rest

    def _refused(self, first: Verdict, ends: Sequence[Verdict]) -> Listing:
        """The listing of a version whose careful hello was refused; the rest may have ended otherwise."""
        return self.conclude(ends[-1] if ends else first, refused_before=False, field_refused=True)

    async def _enter_small(self, first: Verdict) -> Listing | None:
        """After a careful hello was cut off or not answered: asks with a small one, and takes what comes."""
        second = await self._second_opinion()
        if self.touched:
            return None
        late = (first.kind, second.kind) == (Kind.NO_ANSWER, Kind.HUNG_UP)
        last = first if late or isinstance(second.fault, OwnFault) else second
        if last.kind is Kind.REFUSED:
            ends = await self._doubt_refusal()
            return None if self.accepted else self._refused(last, ends)
        return self.conclude(last, refused_before=first.kind is Kind.HUNG_UP and last is not first)

    async def _second_opinion(self, *, late: bool = False) -> Verdict:
        """Asks with a small hello after the careful one found nothing; finds out what the server stands."""
        second = await self.ask(self._small_offer(BROWSER_SUITES), again=not late)
        if second.kind not in CHOICES:
            return second
        self.take(second)
        again = await self.ask(self.offer((*self.accepted, *self.pool[: self._field - 1])))
        if again.kind in CHOICES:
            self.take(again)
        else:
            self._small = True
            self.asker.note("hellos below 256 bytes", again.fault)
        return second

    # What is left, in hellos that the server stands

    async def _drain_field(self) -> list[Verdict]:
        """Offers what the field has of what is left in careful hellos; how that ended."""
        while True:
            size = SMALL_SUITES if self._small else self._field
            verdict = await self.ask(self.offer(tuple(self.pool[:size])))
            if verdict.kind not in CHOICES:
                return [verdict]
            self.take(verdict)

    async def _drain_chunks(self, only: Collection[int] | None = None) -> list[Verdict]:
        """Offers all that is left in chunks, one a family where the server reads long lists; how each of them ended."""
        ends: list[Verdict] = []
        size = len(self.pool) if self.asker.wide.proven else self._field
        pool = [code for code in self.pool if only is None or code in only]
        for chunk in chunks(pool, SMALL_SUITES if self._small else size):
            left = chunk
            while left:
                verdict = await self.ask(self.offer(tuple(left), ffdhe=False))
                if verdict.kind not in CHOICES:
                    ends.append(verdict)
                    break
                code = self.take(verdict)
                left = [one for one in left if one != code]
            if ends and ends[-1].kind not in PROPER_REFUSALS | {Kind.HUNG_UP}:
                break
        return ends

    def _step_down(self) -> None:
        if self._proving:
            self._proving = False
            self.asker.wide.step_down()
            if self.leads:
                self.asker.wide.led.say(self.asker.wide.proven)


def doubt(verdict: Verdict) -> int:
    """How little an end is worth: a proper refusal least in doubt, no answer most."""
    return {Kind.NO_ANSWER: 2, Kind.HUNG_UP: 1}.get(verdict.kind, 0)
