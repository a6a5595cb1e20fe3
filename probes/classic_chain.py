"""The chain of SSLv3 to TLS 1.2: from a careful hello to one that offers everything, with workarounds on the way.

The first hellos are careful: fewer suites than old stacks break at, those of the field, with ffdhe groups. When the
server has refused what is left of them, all suites are offered at once: first together with the accepted ones at the
very end of the list, which tells the order of preference and proves that so long a list is read to its end; then
without them and without ffdhe groups, so that its refusal covers everything, and finite-field DHE both with and
without those groups (OpenSSL 4 wants them, other servers use their own primes only without: RFC 7919 section 4).
Where a server does not stand the long hello, the rest goes out in chunks, each of one family: a server may choose a
suite that it has no credentials for (PSK, SRP), fail, and so hide what stands beside it (GnuTLS does).
"""

import asyncio

from probes.hello_asker import Asker
from probes.hello_verdict import Kind, Verdict
from probes.suite_chain import CHOICES, PROPER_REFUSALS, Chain, Listing
from probes.suite_order import OrderCheck, first_check
from scanner.errors import OwnFault
from scanner.model.evidence.tls_suites import Preference
from scanner.model.suite_traits import traits
from scanner.wire.tls_alert import UNKNOWN_PSK_IDENTITY
from scanner.wire.tls_offer import (
    ALL_SCHEMES,
    CLASSIC_CURVES,
    FFDHE_GROUPS,
    FIELD_SUITES,
    SECP256R1,
    SECP384R1,
    SECP521R1,
    X25519,
    Offer,
)
from scanner.wire.tls_registry import registry, suite_name
from scanner.wire.tls_version import Version

SSL3_SUITES = 104
"""Suites of a careful SSLv3 hello, which cannot be padded: it stays below the 256 bytes that some take for SSLv2."""

SMALL_SUITES = 40
"""Suites of a small hello: with its few extensions it stays below 256 bytes."""

SMALL_GROUPS = (X25519, SECP256R1, SECP384R1, SECP521R1)
SMALL_SCHEMES = (0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201, 0x0202)

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
        self._ffdhe = True
        self._proving = True
        self._end: Verdict | None = None

    async def run(self) -> Listing:
        """The listing of this version."""
        try:
            return await self._run()
        finally:
            self._step_down()

    async def _run(self) -> Listing:
        careful = asyncio.ensure_future(self._drain(self._field))
        try:
            await self._until_stalled(careful)
            refusal = None if self.touched else await self._untouched(await careful)
            return refusal or await self._finish(careful)
        finally:
            careful.cancel()

    def offer(self, suites: tuple[int, ...]) -> Offer:
        """A hello of this version: complete, or small where the server stands no other."""
        if self.version is Version.SSL3:
            return Offer(versions=(self.version,), suites=suites, status_request=False, scts=False, extensions=False)
        if self._small:
            return self._small_offer(suites)
        return Offer(
            versions=(self.version,),
            suites=suites,
            groups=(*CLASSIC_CURVES, *(FFDHE_GROUPS if self._ffdhe else ())),
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

    # The careful part

    async def _drain(self, size: int) -> Verdict:
        """Offers `size` of what is left, again and again, until something other than a choice comes back."""
        while True:
            verdict = await self.ask(self.offer(tuple(self.pool[:size])))
            if verdict.kind not in CHOICES:
                return verdict
            self.take(verdict)

    async def _until_stalled(self, careful: "asyncio.Future[Verdict]") -> None:
        """Waits until the careful part is done, or has found something and makes no progress any more.

        It may then be waiting for a delayed refusal, and the rest is asked beside it.
        """
        answers = -1
        while not careful.done() and (answers != self.answers or not self.accepted):
            answers = self.answers
            await asyncio.wait({careful}, timeout=self.asker.patience.stall)

    async def _untouched(self, first: Verdict) -> Listing | None:
        """The listing where the careful hello found nothing; None where there is more to ask."""
        last = first
        if first.kind in {Kind.HUNG_UP, Kind.NO_ANSWER} and not isinstance(first.fault, OwnFault):
            last = self._end = await self._second_opinion(first)
        if self.touched or last.kind is Kind.REFUSED:
            return None
        return self.conclude(last, refused_before=first.kind is Kind.HUNG_UP and last is not first)

    async def _second_opinion(self, first: Verdict) -> Verdict:
        """Asks with a small hello after the careful one got no proper answer; goes on with what the server stands."""
        second = await self.ask(self._small_offer(BROWSER_SUITES), again=True)
        if second.kind not in CHOICES:
            return first if second.kind is Kind.HUNG_UP and first.kind is Kind.NO_ANSWER else second
        self.take(second)
        again = await self.ask(self.offer((*self.accepted, *self.pool[: self._field - 1])))
        if again.kind in CHOICES:
            self.take(again)
            return await self._drain(self._field)
        self._small = True
        self.asker.intolerances["hellos below 256 bytes"] = None
        return await self._drain(SMALL_SUITES)

    # The rest

    async def _finish(self, careful: "asyncio.Future[Verdict]") -> Listing:
        """Order of preference, then all the suites that are left. `careful` may still be waiting for its refusal."""
        ordered = bool(self.accepted)
        if ordered:
            await self._ask_order()
        self._step_down()
        wide = not self._small and await self.asker.wide.wait()
        self._ffdhe = False
        ends = [await self._drain(len(self.pool))] if wide else []
        if not wide or ends[-1].alert == UNKNOWN_PSK_IDENTITY:
            ends = await self._drain_chunks()
        ends.append(self._end or await careful)
        if self.preference is Preference.UNKNOWN and not ordered:
            await self._ask_order()
        abrupt = sum(end.kind is Kind.HUNG_UP for end in ends)
        return self.conclude(
            max(ends, key=_doubt), refused_before=abrupt > 1, field_refused=ends[-1].kind in PROPER_REFUSALS
        )

    async def _ask_order(self) -> None:
        """The order check, and within it the proof that the long hello is read to its end."""
        chosen = tuple(self.accepted)
        check = first_check(self._order, chosen)
        answer: int | None = None
        if self._proving and not self._small and self.asker.wide.proven is None:
            answer = await self._ask_wide(check if isinstance(check, OrderCheck) else None, chosen)
        if answer is None and isinstance(check, OrderCheck):
            answer = await self.ask_order(check.order)
        await self.settle_order(check, answer)

    async def _ask_wide(self, check: OrderCheck | None, chosen: tuple[int, ...]) -> int | None:
        """Offers all that is left with the accepted suites at the end; which of those was chosen.

        A suite that comes out new is taken, and the question asked again. None where the server does not stand it.
        """
        order = chosen if check is None else check.order
        while True:
            rest = tuple(self.pool)
            # A server moves ChaCha20 up only when it stands first of all.
            suites = (order[0], *rest, *order[1:]) if check is not None and check.chacha_first else (*rest, *order)
            verdict = await self.ask(self.offer(suites))
            if verdict.kind not in CHOICES:
                self.asker.wide.settle(proven=False)
                self.asker.intolerances[f"chunks of {self._field} suites"] = None
                return None
            code = self.take(verdict)
            if code in chosen:
                self.asker.wide.settle(proven=verdict.kind is Kind.CHOSE)
                return code if verdict.kind is Kind.CHOSE else None

    async def _drain_chunks(self) -> list[Verdict]:
        """Offers all that is left in chunks; how each of them ended."""
        ends: list[Verdict] = []
        for chunk in _chunks(self.pool, SMALL_SUITES if self._small else self._field):
            left = chunk
            while left:
                verdict = await self.ask(self.offer(tuple(left)))
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
