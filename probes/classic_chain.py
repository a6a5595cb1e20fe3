"""The chain of SSLv3 to TLS 1.2: a careful hello, then wide ones, with workarounds on the way.

The first hello has fewer suites than old stacks break at, those of the field, and names finite-field groups. The next
ones offer all that is left, the field's suites last: an answer with one of those proves that so long a list is read to
its end, and then a refusal covers everything. TLS 1.2 finds that out, the older versions wait for it and begin with a
wide hello. The wide ones name no finite-field groups, and what DHE is left is asked for with them once more (OpenSSL 4
wants them, other servers use their own primes only without: RFC 7919 section 4), where nothing shows the answer.

The order of the hellos makes the choices tell whose order of preference it is. Where the client's decides and the
endpoint is far away, a second lane begins at the other end of the list, and both meet in the middle.

Where a server does not stand the wide hello, the rest goes out in chunks, each of one family: a server may choose a
suite that it has no credentials for (PSK, SRP), fail, and so hide what stands beside it (GnuTLS does). Where its alert
says so, those families alone go out apart. Others choose the certificate before the suite, and refuse whoever seems to
know ECDSA where no such suite is left: what needs an RSA key is then asked for apart, too.
"""

import asyncio

from probes.classic_entry import ClassicEntry, doubt
from probes.hello_asker import Word
from probes.hello_verdict import Kind, Verdict
from probes.suite_chain import CHOICES, PROPER_REFUSALS, Listing, give_up
from probes.suite_lists import BROWSER_SUITES, last_order, needs_more
from probes.suite_order import is_dhe, needs_rsa_key
from scanner.errors import OwnFault
from scanner.model.evidence.tls_suites import Preference
from scanner.wire.tls_alert import UNKNOWN_PSK_IDENTITY
from scanner.wire.tls_version import Version


class ClassicChain(ClassicEntry):
    """One version of SSLv3 to TLS 1.2."""

    async def run(self) -> Listing:
        """The listing of this version."""
        refused = False
        try:
            listing = await self._run()
            refused = self._version_refused
        finally:
            self._step_down()
            if self.version is Version.TLS1_0 or (self.leads and refused):
                self.asker.floor.say(refused)
            if self.leads:
                self.asker.small.say(self._small)
                self.asker.named_dhe.say(None)
                self.asker.hidden_rsa.say(None)
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
            apart = await self._ask_apart()
            ends = [*await drain, *apart]
        finally:
            await give_up(drain)
        abrupt = sum(end.kind is Kind.HUNG_UP for end in ends)
        return self.conclude(max(ends, key=doubt), refused_before=abrupt > 1)

    # Removal

    async def _drain(self) -> list[Verdict]:
        """Offers all that is left until it is refused; how each list ended."""
        if not self._small and self.asker.wide.proven is not False:
            ends = await self._drain_wide()
            if ends is not None:
                return [*ends, *(await self._drain_chunks(self._aside) if self._aside else ())]
        self._step_down()
        careful = [] if self.asker.wide.proven else await self._drain_field()
        return [*careful, *await self._drain_chunks()]

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
        asked = asyncio.ensure_future(self.ask(offer, twice=True))
        try:
            if self.asker.wide.proven is None:
                await asyncio.wait({asked}, timeout=self.asker.patience.stall)
            if not asked.done() and self.asker.wide.proven is None and not await self._prove(None):
                return None
            verdict = await asked
        finally:
            await give_up(asked)
        if verdict.alert == UNKNOWN_PSK_IDENTITY and not self._aside:
            self._aside = frozenset(code for code in self.pool if needs_more(code))
            return await self._ask_wide()
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
        if verdict.kind is not Kind.HUNG_UP:
            return [verdict]
        if await self.cuts_refuse():
            return [verdict, verdict]
        again = await self.ask(self.offer(tuple(self._backwards()), ffdhe=False))
        self.asker.cuts.say(again.kind is Kind.HUNG_UP)
        if again.kind in CHOICES:
            self.disagree("what was cut off before", (verdict, again))
            self.take(again)
            return await self._drain_wide() or [verdict]
        return [verdict, again]

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
            await asyncio.sleep((self.asker.round_trip or 0.0) * (0.17 if backwards else 0.12))

    def _backwards(self) -> list[int]:
        """What is left, the field's suites last and the best of those first: no ChaCha20 stands before AES-GCM."""
        return sorted((one for one in self.pool if one not in self._aside), key=last_order().__getitem__)

    async def _until_stalled(self, drain: "asyncio.Future[list[Verdict]]") -> None:
        """Waits until removal is done, or makes no progress any more: it may be waiting for a delayed refusal."""
        answers, done = -1, False
        while not done and answers != self.answers:
            answers = self.answers
            done = bool((await asyncio.wait({drain}, timeout=self.asker.patience.stall))[0])

    # What the wide hellos hide

    async def _ask_apart(self) -> list[Verdict]:
        """Offers what is left of the suites that wide hellos may hide; how that ended, empty without a question.

        That is DHE, for which some servers want its groups named, and what needs an RSA key, where the server may have
        chosen its ECDSA certificate before it looked for a suite.
        """
        if self._small or self.version is Version.SSL3:
            return []
        named, hidden = await self._unnamed_dhe(), await self._hidden()
        left = [code for code in self._order if code in named or code in hidden]
        ends: list[Verdict] = []
        while left and not ends:
            verdict = await self.ask(self.offer(tuple(left[: self._field]), ffdhe=bool(named)))
            if verdict.kind in CHOICES:
                code = self.take(verdict)
                rare = [one for one in self.pool if is_dhe(one) and one not in left] if code in named else []
                left = [one for one in (*left, *rare) if one != code]
            else:
                ends.append(verdict)
        if self.leads and all(end.kind in PROPER_REFUSALS for end in ends):
            self.asker.named_dhe.say(any(is_dhe(code) for code in self.accepted) if named else False)
            self.asker.hidden_rsa.say(not hidden.isdisjoint(self.accepted))
        return ends

    async def _unnamed_dhe(self) -> frozenset[int]:
        """The DHE that is left, where it is to be asked for with its groups named: the field's until any was taken."""
        order = self._order if any(map(is_dhe, self.accepted)) else self._order[: self._field]
        left = frozenset(code for code in order if is_dhe(code) and code in self.pool)
        if not left or self._dhe_is_known() or (not self.leads and await self._hears(self.asker.named_dhe) is False):
            return frozenset()
        return left

    async def _hidden(self) -> frozenset[int]:
        """What is left of the suites that need an RSA key, where they may be hidden: the older versions hear that."""
        if self.leads and not self.log.may_hide_rsa():
            return frozenset()
        told = None if self.leads else await self._hears(self.asker.hidden_rsa)
        if told is False or (told is None and not self.log.may_hide_rsa()):
            return frozenset()
        return frozenset(code for code in self.pool if needs_rsa_key(code))

    async def _hears(self, word: Word) -> bool | None:
        """What TLS 1.2 found out; None where nothing, also where it only waits for a delayed refusal."""
        return await word.wait(2 * self.asker.patience.stall)

    def _dhe_is_known(self) -> bool:
        """Whether DHE was accepted without named groups, or a client's order passed over all of it with them."""
        if self.log.chose_unnamed_dhe():
            return True
        first = self.log.accepted[0] if self._careful_first and self.log.accepted else None
        return first is not None and not is_dhe(first) and self.log.decided() is Preference.CLIENT
