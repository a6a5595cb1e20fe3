"""The chain of SSLv3 to TLS 1.2: a careful lane and a wide one beside it, with workarounds on the way.

The hellos of the careful lane have fewer suites than old stacks break at, those of the field, with ffdhe groups. When
it has found two, or is done, a wide hello offers all that is left in reverse order, the accepted ones at its very end.
The answer proves that so long a list is read to its end, and tells the order of preference. Where the client's order
decides, the wide lane then goes on at once, from the other end of the list, and both meet in the middle. Elsewhere it
would be given the same suites as the careful lane, and waits for that to end. It goes out without ffdhe groups, so that
its refusal covers everything, and finite-field DHE both with and without those groups (OpenSSL 4 wants them, other
servers use their own primes only without: RFC 7919 section 4). Where a server does not stand the wide hello, the rest
goes out in chunks, each of one family: a server may choose a suite that it has no credentials for (PSK, SRP), fail, and
so hide what stands beside it (GnuTLS does).
"""

import asyncio
from typing import Any

from probes.hello_asker import Asker
from probes.hello_verdict import Kind, Verdict
from probes.suite_chain import CHOICES, PROPER_REFUSALS, Chain, Listing
from probes.suite_order import first_check, is_chacha
from scanner.errors import OwnFault
from scanner.model.evidence.tls_suites import Preference
from scanner.model.suite_traits import traits
from scanner.wire.tls_alert import UNKNOWN_PSK_IDENTITY
from scanner.wire.tls_offer import (
    ALL_SCHEMES,
    CLASSIC_CURVES,
    FFDHE_GROUPS,
    FIELD_SUITES,
    SMALL_GROUPS,
    SMALL_SCHEMES,
    Offer,
)
from scanner.wire.tls_registry import registry, suite_name
from scanner.wire.tls_version import Version

SSL3_SUITES = 104
"""Suites of a careful SSLv3 hello, which cannot be padded: it stays below the 256 bytes that some take for SSLv2."""

SMALL_SUITES = 40
"""Suites of a small hello: with its few extensions it stays below 256 bytes."""

# What browsers of all times have offered: the suites of the small hello that gives a second opinion.
BROWSER_SUITES = (
    *(0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0x009E, 0x009F, 0xC009, 0xC013, 0xC00A, 0xC014),
    *(0x0033, 0x0039, 0x009C, 0x009D, 0x003C, 0x003D, 0x002F, 0x0035, 0x000A, 0x0005, 0x0004, 0x0016, 0x0032, 0x0013),
)


class ClassicChain(Chain):
    """One version of SSLv3 to TLS 1.2."""

    def __init__(self, asker: Asker, version: Version) -> None:
        super().__init__(asker, version, tuple(registry().suites))
        self._field = SSL3_SUITES if version is Version.SSL3 else FIELD_SUITES
        self._order = tuple(self.pool)
        self._small = False
        self._proving = True
        self._end: Verdict | None = None
        # What the careful lane found, in the order in which the server chose it.
        self._chosen: list[int] = []
        self._go_wide = asyncio.Event()
        self._passed_over: frozenset[int] = frozenset()
        self._by_client = False

    async def run(self) -> Listing:
        """The listing of this version."""
        try:
            return await self._run()
        finally:
            self._step_down()

    async def test(self) -> Listing:
        """Whether this version is spoken: one careful hello shows it, a second one where the first was cut off."""
        first = last = await self.ask(self.offer(tuple(self.pool[: self._field])))
        if first.kind in {Kind.HUNG_UP, Kind.NO_ANSWER} and not isinstance(first.fault, OwnFault):
            last = await self.ask(self._small_offer(BROWSER_SUITES), again=True)
        if last.kind not in CHOICES:
            return self.conclude(last, refused_before=first.kind is Kind.HUNG_UP and last is not first)
        self.take(last)
        return self.spoken()

    async def _run(self) -> Listing:
        if self.version is Version.SSL3 and (whole := await self._wide_at_once()) is not None:
            return whole
        careful = asyncio.ensure_future(self._drain_field())
        try:
            await self._until_stalled(careful, or_enough=True)
            refusal = None if self.touched else await self._untouched(await careful)
            return refusal or await self._finish(careful)
        finally:
            careful.cancel()

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

    # The careful lane

    async def _drain_field(self) -> Verdict:
        """Offers what the field has of what is left, until something other than a choice comes back."""
        while True:
            size = SMALL_SUITES if self._small else self._field
            verdict = await self.ask(self.offer(tuple(self.pool[:size])))
            if verdict.kind not in CHOICES:
                return verdict
            code = self.take(verdict)
            if verdict.kind is Kind.CHOSE:
                self._chosen.append(code)
            if len(self._chosen) > 1 or self.asker.wide.claim():
                self._go_wide.set()

    async def _until_stalled(self, careful: "asyncio.Future[Verdict]", *, or_enough: bool = False) -> None:
        """Waits until the careful lane is done, or has found something and makes no progress any more.

        It may then be waiting for a delayed refusal, and the rest is asked beside it. With `or_enough` it is enough,
        too, that it has found what the wide lane needs to begin.
        """
        enough = asyncio.ensure_future(self._go_wide.wait())
        awaited: set[asyncio.Future[Any]] = {careful, enough} if or_enough else {careful}
        stall, answers, done = self.asker.patience.stall, -1, False
        try:
            while not done and (answers != self.answers or not self.accepted):
                answers = self.answers
                done = bool((await asyncio.wait(awaited, timeout=stall, return_when=asyncio.FIRST_COMPLETED))[0])
        finally:
            enough.cancel()

    async def _untouched(self, first: Verdict) -> Listing | None:
        """The listing where the careful hello found nothing; None where there is more to ask."""
        last = first
        if first.kind in {Kind.HUNG_UP, Kind.NO_ANSWER} and not isinstance(first.fault, OwnFault):
            last = self._end = await self._second_opinion(first)
        if self.touched or last.kind is Kind.REFUSED:
            return None
        return self.conclude(last, refused_before=first.kind is Kind.HUNG_UP and last is not first)

    async def _second_opinion(self, first: Verdict) -> Verdict:
        """Asks with a small hello after the careful one found nothing; goes on with what the server stands."""
        second = await self.ask(self._small_offer(BROWSER_SUITES), again=True)
        if second.kind not in CHOICES:
            late = (first.kind, second.kind) == (Kind.NO_ANSWER, Kind.HUNG_UP)
            return first if late or first.kind is Kind.REFUSED or isinstance(second.fault, OwnFault) else second
        self.take(second)
        again = await self.ask(self.offer((*self.accepted, *self.pool[: self._field - 1])))
        if again.kind in CHOICES:
            self.take(again)
            return await self._drain_field()
        self._small = True
        self.asker.note("hellos below 256 bytes", again.fault)
        return await self._drain_field()

    # The wide lane

    async def _wide_at_once(self) -> Listing | None:
        """SSLv3, which few servers have, is left until a wide hello is proven, and then needs no careful lane.

        None where it is not proven soon, or no proper refusal came.
        """
        self._step_down()
        try:
            async with asyncio.timeout(self.asker.patience.stall):
                proven = await self.asker.wide.wait()
        except TimeoutError:
            proven = False
        if not proven:
            return None
        end = (await self._drain_rest())[-1]
        if end.kind not in PROPER_REFUSALS:
            return None
        await self._settle()
        return self.conclude(end, refused_before=False)

    async def _finish(self, careful: "asyncio.Future[Verdict]") -> Listing:
        """The wide lane, and the order of preference. `careful` may still be finding suites."""
        if self.accepted and not self._small and self._may_go_wide():
            await self._ask_wide()
        if not self._by_client:
            await self._until_stalled(careful)
        self._step_down()
        if not self.touched and self._end is None and not await self.asker.wide.wait():
            self._end = await self._second_opinion(await careful)  # a refusal may be dislike of all large hellos
        known = bool(self._chosen)
        async with asyncio.TaskGroup() as group:
            rest = group.create_task(self._drain_rest())
            if known:
                group.create_task(self._settle())
        ends = [*rest.result(), self._end or await careful]
        if not known:
            await self._settle()
        abrupt = sum(end.kind is Kind.HUNG_UP for end in ends)
        return self.conclude(
            max(ends, key=_doubt), refused_before=abrupt > 1, field_refused=ends[-1].kind in PROPER_REFUSALS
        )

    def _may_go_wide(self) -> bool:
        """Whether a first wide hello can tell anything: the order of preference, or that it is read at all."""
        return self.asker.wide.proven is not False and (self._go_wide.is_set() or self.asker.wide.claim())

    async def _ask_wide(self) -> None:
        """Offers all that is left backwards, with accepted suites at the end, until the answer tells the order.

        The suite that was chosen first, before all others of the field, now stands last. Where another one is chosen
        now, the order is the client's; but ChaCha20 is moved up by some servers, and then proves nothing.
        """
        while True:
            first = next(iter(self._chosen), None)
            accepted = [code for code in reversed(self.accepted) if code == first or not is_chacha(code)]
            suites = (*reversed(self.pool), *(accepted or self.accepted))
            verdict = await self.ask(self.offer(suites))
            if verdict.kind not in CHOICES:
                self.asker.wide.settle(proven=False)
                self.asker.note(f"chunks of {self._field} suites", verdict.fault)
                return
            code = self.take(verdict)
            if code not in suites[-self._field :]:
                continue  # not yet a proof that the list is read to its end
            self.asker.wide.settle(proven=True)
            if code == first:
                self._passed_over = frozenset(suites[:-1])
            elif first is not None and code in self._order[: self._field]:
                self._by_client = not is_chacha(code) and not is_chacha(first)
            if self._by_client or code in accepted:
                return

    async def _settle(self) -> None:
        """Fills `preference` in, from what the wide hello told or by asking."""
        if self._by_client:
            self.preference = Preference.CLIENT
            return
        chosen = tuple(self._chosen or self.accepted)
        passed_over = self._passed_over.intersection(chosen)
        check = Preference.SERVER if passed_over else first_check(self._order, chosen)
        await self.settle_order(check, next(iter(chosen), None))

    async def _drain_rest(self) -> list[Verdict]:
        """Offers all that is left until it is refused: at once, or in chunks. How each list ended."""
        while not self._small and await self.asker.wide.wait():
            suites = tuple(reversed(self.pool) if self._by_client else self.pool)
            verdict = await self.ask(self.offer(suites, ffdhe=False))
            if verdict.kind in CHOICES:
                self.take(verdict)
            elif verdict.alert == UNKNOWN_PSK_IDENTITY:
                break
            else:
                return [verdict]
        return await self._drain_chunks()

    async def _drain_chunks(self) -> list[Verdict]:
        """Offers all that is left in chunks; how each of them ended."""
        ends: list[Verdict] = []
        for chunk in _chunks(self.pool, SMALL_SUITES if self._small else self._field):
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


def _chunks(pool: list[int], size: int) -> list[list[int]]:
    """The suites in chunks of at most `size`, each of one family, in the order of the pool."""
    families: dict[str, list[int]] = {}
    for code in pool:
        families.setdefault(_family(code), []).append(code)
    return [listed[at : at + size] for listed in families.values() for at in range(0, len(listed), size)]


def _family(code: int) -> str:
    """What a server needs for the suite: a certificate of a usual kind or none at all, a pre-shared key, or more."""
    suite = traits(suite_name(code))
    if suite.authentication in {"RSA", "ECDSA", "DSS", "anonymous"} and suite.key_exchange != "SRP":
        return "certificate"
    return "PSK" if "PSK" in suite.authentication else "other"


def _doubt(verdict: Verdict) -> int:
    """How little an end is worth: a proper refusal least in doubt, no answer most."""
    return {Kind.NO_ANSWER: 2, Kind.HUNG_UP: 1}.get(verdict.kind, 0)
