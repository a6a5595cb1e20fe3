"""The chain of TLS 1.3: no key share is sent, so the server answers with a HelloRetryRequest and computes nothing."""

import asyncio

from probes.hello_asker import Asker
from probes.hello_verdict import Kind, Verdict
from probes.suite_chain import CHOICES, VERSION_REFUSALS, Chain, Listing, give_up
from probes.suite_order import is_chacha
from scanner.errors import OwnFault, TimedOut
from scanner.wire.tls_alert import HANDSHAKE_FAILURE
from scanner.wire.tls_client_state import Goal
from scanner.wire.tls_offer import (
    ALL_SCHEMES,
    RETRY_GROUPS,
    SECP256R1,
    SHARED_GROUPS,
    SMALL_SCHEMES,
    X25519,
    Offer,
)
from scanner.wire.tls_registry import registry
from scanner.wire.tls_version import Version

# ChaCha20 first, so that a server which moves it up does so, and AES in the order that most servers do not have.
FIRST_SUITES = (0x1303, 0x1301, 0x1302, 0x1304, 0x1305)

OLDER_SUITES = (0xC02B, 0xC02F, 0xC013, 0xC014, 0x009C, 0x002F, 0x0035, 0x000A)
"""Suites of TLS 1.2 in the first hello: a server that knows no supported_versions then answers in TLS 1.2, which is a
proper refusal at once."""

# Ways to ask, from the cheapest on: groups, groups with a share, and the workaround's name.
_WAYS: tuple[tuple[tuple[int, ...], tuple[int, ...], str | None], ...] = (
    (RETRY_GROUPS, (), None),
    (SHARED_GROUPS, (X25519, SECP256R1), "key shares for TLS 1.3"),
    ((X25519, SECP256R1), (X25519,), "short hello for TLS 1.3"),
)


class ModernChain(Chain):
    """The chain of TLS 1.3."""

    goal = Goal.HELLO

    def __init__(self, asker: Asker) -> None:
        known = registry().suites_tls13
        super().__init__(asker, Version.TLS1_3, (*FIRST_SUITES, *(code for code in known if code not in FIRST_SUITES)))
        self._way = 0

    async def run(self) -> Listing:
        """The listing of this version."""
        refused = await self._enter()
        if refused is not None:
            return refused
        last, twice = await self._drain()
        if self.asker.far:
            await self.ask_order()  # beside the longer chains: later it would cost time
        return self.conclude(last, refused_before=twice)

    async def test(self) -> Listing:
        """Whether TLS 1.3 is spoken: its first suite shows it."""
        return await self._enter() or self.spoken()

    async def _enter(self) -> Listing | None:
        """Finds a way to ask that brings a suite, and takes that; the listing where there is none."""
        first = asyncio.ensure_future(self.ask(self.offer((*self.pool, *OLDER_SUITES))))
        beside: list[asyncio.Future[Verdict]] = []
        try:
            await asyncio.wait({first}, timeout=self.asker.patience.stall)
            if not first.done() and self.asker.held_back:  # other ways may be refused as late
                others = (self._offer(tuple(self.pool), way) for way in range(1, len(_WAYS)))
                beside = [asyncio.ensure_future(self.ask(offer)) for offer in others]
            ends = [await first]
            while self._way + 1 < len(_WAYS) and (_another_way(ends) or await self._small_ones_only(ends)):
                self._way += 1
                again = beside[self._way - 1] if beside else self.ask(self.offer(tuple(self.pool)), again=True)
                ends.append(await again)
        finally:
            await give_up(first, *beside)
        if ends[-1].kind not in CHOICES:
            return self._refused(ends)
        if (workaround := _WAYS[self._way][2]) is not None:
            self.asker.note(workaround)
        self.take(ends[-1])
        return None

    async def _small_ones_only(self, ends: list[Verdict]) -> bool:
        """Whether a refusal may be of all large hellos: TLS 1.2 stood none."""
        if ends[-1].kind is not Kind.REFUSED:
            return False
        return bool(await self.asker.small.wait(self.asker.patience.stall))

    def offer(self, suites: tuple[int, ...]) -> Offer:
        """A hello of TLS 1.3 in the way that the server stands."""
        return self._offer(suites, self._way)

    def _offer(self, suites: tuple[int, ...], way: int) -> Offer:
        groups, shares, _ = _WAYS[way]
        short = way == len(_WAYS) - 1
        return Offer(
            versions=(self.version,),
            suites=suites,
            groups=groups,
            signature_schemes=SMALL_SCHEMES if short else ALL_SCHEMES,
            server_name=self.asker.server_name,
            key_shares=shares,
            status_request=False,
            scts=not short,
            padded=not short,
        )

    async def _drain(self) -> tuple[Verdict, bool]:
        """Removal until a refusal: that, and whether it was a cut seen twice. ChaCha20 goes last from now on."""
        while True:
            chacha = [code for code in self.pool if is_chacha(code)]
            others = [code for code in reversed(self.pool) if not is_chacha(code)]
            retained = self.retained() if len(self.accepted) == 1 else ()
            verdict, twice = await self.ask_firmly(self.offer((*others, *chacha, *retained)))
            if verdict.kind not in CHOICES:
                return verdict, twice
            self.take(verdict)

    def _refused(self, ends: list[Verdict]) -> Listing:
        """No way led to a choice: the most telling refusal counts, an abrupt one only when it came twice."""
        proper = next((end for end in ends if end.kind in VERSION_REFUSALS | {Kind.REFUSED}), None)
        abrupt = sum(end.kind is Kind.HUNG_UP for end in ends)
        theirs = [end for end in ends if not isinstance(end.fault, OwnFault)] or ends
        return self.conclude(proper or theirs[-1], refused_before=abrupt > 1)


def _another_way(ends: list[Verdict]) -> bool:
    """Whether asking differently may help: always once after what may be dislike of an empty key_share, and once more
    after an answer other than handshake_failure: some stacks cannot stand long lists of groups, or long hellos.
    """
    last = ends[-1]
    if last.kind in CHOICES | VERSION_REFUSALS:
        return False
    if len(ends) == 1:
        return last.kind is not Kind.NO_ANSWER or isinstance(last.fault, TimedOut)
    return last.kind in {Kind.HUNG_UP, Kind.REFUSED} and last.alert != HANDSHAKE_FAILURE
