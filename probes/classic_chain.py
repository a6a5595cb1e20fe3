"""The chain of SSLv3 to TLS 1.2: a careful hello, then wide ones, with workarounds on the way.

The first hello has fewer suites than old stacks break at, those of the field, and names finite-field groups. The next
ones offer all that is left, the field's suites last: an answer with one of those proves that so long a list is read to
its end, and then a refusal covers everything. TLS 1.2 finds that out, the older versions wait for it and begin with a
wide hello. The wide ones name no finite-field groups, and what DHE is left is asked for with them once more (OpenSSL 4
wants them, other servers use their own primes only without: RFC 7919 section 4), where nothing shows the answer.

The order of the hellos makes the choices tell whose order of preference it is. Where the client's decides and the
endpoint is far away, a second lane begins at the other end of the list, and both meet in the middle.

Where a server does not stand the wide hello, the rest goes out in chunks, each of one family: a server may choose a
suite that it has no credentials for (PSK, SRP), fail, and so hide what stands beside it (GnuTLS does).
"""

import asyncio
from collections.abc import Sequence

from probes.hello_asker import Asker
from probes.hello_verdict import Kind, Verdict
from probes.suite_chain import CHOICES, PROPER_REFUSALS, VERSION_REFUSALS, Chain, Listing, give_up
from probes.suite_lists import chunks, first_order, last_order
from probes.suite_order import is_dhe
from scanner.errors import OwnFault
from scanner.model.evidence.tls_suites import Preference
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
        super().__init__(asker, version, first_order())
        self._order = tuple(self.pool)
        self._field = SSL3_SUITES if version is Version.SSL3 else FIELD_SUITES
        self._small = False
        self._proving = True
        self._careful_first = True
        self._version_refused = False

    @property
    def leads(self) -> bool:
        """Whether the chains of the older versions wait for this one."""
        return self.version is Version.TLS1_2

    async def run(self) -> Listing:
        """The listing of this version."""
        refused = False
        try:
            listing = await self._run()
            refused = self._version_refused
        finally:
            self._step_down()
            if self.version is Version.TLS1_0:
                self.asker.floor.say(refused)
            if self.leads:
                self.asker.small.say(self._small)
                self.asker.named_dhe.say(None)
        return listing

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
        refusal = await self._enter()
        if refusal is not None:
            return refusal
        drain = asyncio.ensure_future(self._drain())
        try:
            await self._until_stalled(drain)
            named = await self._ask_named_dhe()
            ends = [*await drain, *named]
        finally:
            await give_up(drain)
        abrupt = sum(end.kind is Kind.HUNG_UP for end in ends)
        return self.conclude(max(ends, key=_doubt), refused_before=abrupt > 1)

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
            if not first.done():
                doubts = asyncio.ensure_future(self._doubt_refusal())
            verdict = await first
            if verdict.kind in CHOICES:
                self.take(verdict)
                return None
            self._version_refused = verdict.kind is Kind.VERSION_REFUSED
            if verdict.kind in VERSION_REFUSALS or isinstance(verdict.fault, OwnFault):
                return self.conclude(verdict, refused_before=False)
            if verdict.kind is not Kind.REFUSED:
                return await self._enter_small(verdict)
            ends = await (doubts or self._doubt_refusal())
        finally:
            await give_up(first, doubts)
        return None if self.touched else self._refused(verdict, ends)

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
        """Whether TLS 1.0 was refused for its version, or the wide hello is proven meanwhile.

        A server that spoke anything below the version on offer would have chosen that (RFC 5246 appendix E.1).
        """
        return await self.asker.wide.wait() or bool(await self.asker.floor.wait(self.asker.patience.stall))

    async def _doubt_refusal(self) -> list[Verdict]:
        """Asks in other ways after a refusal: it may be of the suites, or of all large hellos. How these ended."""
        self._step_down()
        ends: list[Verdict] = []
        if not await self.asker.wide.led.wait(self.asker.patience.stall) and not self.asker.wide.proven:
            small = await self._second_opinion()
            if self.touched:
                return await self._drain_field()
            ends.append(small)
        wide = await self.ask(self.offer(tuple(self.pool[self._field :]), ffdhe=False))
        if wide.kind in CHOICES:
            self.take(wide)
        return [*ends, wide]

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

    async def _second_opinion(self) -> Verdict:
        """Asks with a small hello after the careful one found nothing; finds out what the server stands."""
        second = await self.ask(self._small_offer(BROWSER_SUITES), again=True)
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

    # Removal

    async def _drain(self) -> list[Verdict]:
        """Offers all that is left until it is refused; how each list ended."""
        if not self._small and self.asker.wide.proven is not False:
            ends = await self._drain_wide()
            if ends is not None:
                return ends
        self._step_down()
        return [*await self._drain_field(), *await self._drain_chunks()]

    async def _drain_wide(self) -> list[Verdict] | None:
        """The same in wide hellos; None where the server does not stand them."""
        while True:
            if (
                self.asker.wide.proven
                and self.asker.far
                and Preference.CLIENT in self.log.possible()
                and len(self.accepted) > 1
            ):
                return await self._meet_in_the_middle()
            verdict = await self._ask_wide()
            if verdict is None:
                return None
            if verdict.kind not in CHOICES:
                return await self._end_wide(verdict)
            self.take(verdict)

    async def _ask_wide(self) -> Verdict | None:
        """One wide hello, backwards; None where it was refused and so may be each that is as long."""
        offer = self.offer((*self._backwards(), *self.retained()), ffdhe=False)
        asked = asyncio.ensure_future(self.ask(offer))
        try:
            if self.asker.wide.proven is None:
                await asyncio.wait({asked}, timeout=self.asker.patience.stall)
            if not asked.done() and self.asker.wide.proven is None and not await self._prove(None):
                return None
            verdict = await asked
        finally:
            await give_up(asked)
        if verdict.alert == UNKNOWN_PSK_IDENTITY:
            return None
        if verdict.kind in CHOICES:
            if verdict.flight is not None and verdict.flight.suite in offer.suites[-self._field :]:
                self.asker.wide.settle(proven=True)
        elif self.asker.wide.proven is None and not await self._prove(verdict):
            return None
        return verdict

    async def _prove(self, refused: Verdict | None) -> bool:
        """Finds out, or hears, whether a refusal of a wide hello tells anything: accepted suites stand at its end."""
        if not self.asker.wide.claim():
            self._step_down()
            return await self.asker.wide.wait()
        verdict = await self.ask(self.offer((*self._backwards(), *reversed(self.accepted)), ffdhe=False))
        proven = verdict.kind in CHOICES
        self.asker.wide.settle(proven=proven)
        if proven:
            self.take(verdict)
        else:
            self.asker.note(f"chunks of {self._field} suites", (refused or verdict).fault)
        return proven

    async def _end_wide(self, verdict: Verdict) -> list[Verdict]:
        """How the wide hellos ended: a cut is tried again, and what that finds is taken."""
        ends = [verdict]
        while ends[-1].kind is Kind.HUNG_UP and len(ends) < 2:
            again, _ = await self.ask_firmly(self.offer(tuple(self._backwards()), ffdhe=False))
            if again.kind in CHOICES:
                self.disagree("what was cut off before", (verdict, again))
                self.take(again)
                return await self._drain_wide() or ends
            ends.append(again)
        return ends

    async def _meet_in_the_middle(self) -> list[Verdict]:
        """Two lanes from both ends of the list, until one is refused; how they ended."""
        async with asyncio.TaskGroup() as group:
            lanes = [group.create_task(self._lane(backwards=backwards)) for backwards in (False, True)]
        ends = [end for lane in lanes if (end := lane.result()) is not None]
        return ends if len(ends) > 1 else await self._end_wide(ends[0])

    async def _lane(self, *, backwards: bool) -> Verdict | None:
        """Removal from one end; None where the backward lane ends, for its hellos cannot be refused.

        Each has an accepted suite at its very end: where that is chosen nothing else is left, or the server's order
        decides; and it shows that the server still talks to us when the forward lane is refused.
        """
        last = next(reversed(self.accepted))
        while True:
            suites = (
                (*self._backwards(), *(self.retained() or (last,))) if backwards else tuple(reversed(self._backwards()))
            )
            verdict = await self.ask(self.offer(suites, ffdhe=False))
            if verdict.kind not in CHOICES:
                return verdict
            code = self.take(verdict)
            if backwards and (code in {last, suites[-1]} or Preference.CLIENT not in self.log.possible()):
                return None
            # The other lane's answer is due now: what it took is not to be offered again. The forward lane goes first.
            await asyncio.sleep((self.asker.round_trip or 0.0) * (0.1 if backwards else 0.05))

    def _backwards(self) -> list[int]:
        """What is left, the field's suites last and the best of those first: no ChaCha20 stands before AES-GCM."""
        return sorted(self.pool, key=last_order().__getitem__)

    async def _drain_field(self) -> list[Verdict]:
        """Offers what the field has of what is left in careful hellos; how that ended."""
        while True:
            size = SMALL_SUITES if self._small else self._field
            verdict = await self.ask(self.offer(tuple(self.pool[:size])))
            if verdict.kind not in CHOICES:
                return [verdict]
            self.take(verdict)

    async def _drain_chunks(self) -> list[Verdict]:
        """Offers all that is left in chunks; how each of them ended."""
        ends: list[Verdict] = []
        for chunk in chunks(self.pool, SMALL_SUITES if self._small else self._field):
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

    async def _until_stalled(self, drain: "asyncio.Future[list[Verdict]]") -> None:
        """Waits until removal is done, or makes no progress any more: it may be waiting for a delayed refusal."""
        answers, done = -1, False
        while not done and answers != self.answers:
            answers = self.answers
            done = bool((await asyncio.wait({drain}, timeout=self.asker.patience.stall))[0])

    # DHE in named groups

    async def _ask_named_dhe(self) -> list[Verdict]:
        """Offers the DHE that is left with its groups named; how that ended, empty where it needs no question."""
        left = [code for code in self._order[: self._field] if is_dhe(code) and code in self.pool]
        if self._small or self.version is Version.SSL3 or not left:
            return []
        if self._dhe_is_known() or (not self.leads and await self.asker.named_dhe.wait() is False):
            if self.leads:
                self.asker.named_dhe.say(False)  # noqa: FBT003 - the word itself
            return []
        ends: list[Verdict] = []
        while left and not ends:
            verdict = await self.ask(self.offer(tuple(left)))
            if verdict.kind in CHOICES:
                code = self.take(verdict)
                left = [one for one in left if one != code]
            else:
                ends.append(verdict)
        if self.leads and all(end.kind in PROPER_REFUSALS for end in ends):
            self.asker.named_dhe.say(any(is_dhe(code) for code in self.accepted))
        return ends

    def _dhe_is_known(self) -> bool:
        """Whether DHE was accepted without named groups, or a client's order passed over all of it with them."""
        if self.log.chose_unnamed_dhe():
            return True
        first = self.log.accepted[0] if self._careful_first and self.log.accepted else None
        return first is not None and not is_dhe(first) and self.log.decided() is Preference.CLIENT

    def _step_down(self) -> None:
        if self._proving:
            self._proving = False
            self.asker.wide.step_down()
            if self.leads:
                self.asker.wide.led.say(self.asker.wide.proven)


def _doubt(verdict: Verdict) -> int:
    """How little an end is worth: a proper refusal least in doubt, no answer most."""
    return {Kind.NO_ANSWER: 2, Kind.HUNG_UP: 1}.get(verdict.kind, 0)
