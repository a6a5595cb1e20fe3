"""The order of preference: whose it is, decided from what a server chose. Pure.

Every choice is evidence: the first acceptable suite of the hello, or the best of a ranking that the server has. A few
servers rank, but move ChaCha20 up for clients that seem to lack AES hardware: OpenSSL with `PrioritizeChaCha` where
ChaCha20 stands first in the hello, Go where the first suite that it knows is no AES-GCM.
"""

import dataclasses
import functools
import graphlib
import itertools
from collections.abc import Iterable, Sequence

from scanner.model.evidence.tls_suites import Preference
from scanner.model.suite_traits import traits
from scanner.wire.tls_registry import suite_name

MAX_QUESTIONS = 2
"""Hellos after which a version's order stays unknown."""


@functools.cache
def is_chacha(code: int) -> bool:
    """Whether the suite's cipher is ChaCha20, which servers may move up for clients that put it first."""
    return traits(suite_name(code)).cipher == "CHACHA20"


@functools.cache
def is_dhe(code: int) -> bool:
    """Whether the key exchange is finite-field Diffie-Hellman, which a server may tie to named groups (RFC 7919)."""
    return traits(suite_name(code)).key_exchange == "DHE"


@functools.cache
def is_fast_aes(code: int) -> bool:
    """Whether it is AES-GCM with elliptic curves, or of TLS 1.3: what a client with AES hardware has first."""
    suite = traits(suite_name(code))
    return suite.cipher.startswith("AES_") and suite.mode == "GCM" and suite.key_exchange in {"ECDHE", "any"}


@functools.cache
def needs_rsa_key(code: int) -> bool:
    """Whether the server needs an RSA key for it, and its certificate no other signature."""
    suite = traits(suite_name(code))
    return suite.authentication == "RSA" and suite.key_exchange in {"RSA", "DHE", "ECDHE"}


@functools.cache
def _needs_ecdsa_key(code: int) -> bool:
    suite = traits(suite_name(code))
    return suite.authentication == "ECDSA" and suite.key_exchange == "ECDHE"


def _differs_in_size(code: int, other: int) -> bool:
    one, two = traits(suite_name(code)), traits(suite_name(other))
    return is_fast_aes(code) and one.key_exchange == two.key_exchange and one.authentication == two.authentication


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One choice. `named`: the hello named finite-field groups, so that DHE may be judged differently."""

    offered: tuple[int, ...]
    chosen: int
    named: bool


class OrderLog:
    """The choices of one version, and what they prove."""

    def __init__(self) -> None:
        self._choices: list[Choice] = []
        self._seen: list[tuple[Choice, list[int]]] = []
        self._open: tuple[int, frozenset[Preference]] = (0, frozenset(Preference))

    def add(self, offered: tuple[int, ...], chosen: int, *, named: bool = False) -> None:
        """Keeps one choice."""
        self._choices.append(Choice(offered=offered, chosen=chosen, named=named))

    @property
    def accepted(self) -> tuple[int, ...]:
        """Every suite that was chosen, in the order in which it first was."""
        return tuple(dict.fromkeys(one.chosen for one in self._choices))

    def chose_unnamed_dhe(self) -> bool:
        """Whether DHE was chosen in answer to a hello that named no finite-field group."""
        return any(is_dhe(one.chosen) and not one.named for one in self._choices)

    def may_hide_rsa(self) -> bool:
        """Whether suites that need an RSA key may hide behind those that need an ECDSA key.

        Some servers choose the certificate before the suite: a client that seems to know ECDSA is refused where no
        such suite is left. So it is until a suite with RSA was chosen while one with ECDSA was on offer.
        """
        if not any(_needs_ecdsa_key(one.chosen) for one in self._choices):
            return False
        return not any(needs_rsa_key(one.chosen) and _has_ecdsa(one.offered) for one in self._choices)

    def will_tell(self) -> bool:
        """Whether a server's order is about to show: the last choice passed a suite over that is hardly ever missing.

        That is the other size of AES-GCM with the same key exchange and authentication.
        """
        last = self._choices[-1]
        passed_over = last.offered[: last.offered.index(last.chosen)]
        return is_fast_aes(last.chosen) and any(_differs_in_size(code, last.chosen) for code in passed_over)

    def possible(self) -> frozenset[Preference]:
        """The orders that could have made all these choices. None at all: the server follows another rule.

        What was ruled out stays so. The last one is not doubted before the end, by `decided`.
        """
        count, still = self._open
        if count != len(self._choices) and len(still) > 1:
            self._open = (len(self._choices), self._still_possible())
        return self._open[1]

    def _still_possible(self) -> frozenset[Preference]:
        seen = self._judged()
        found: set[Preference] = set()
        if all(candidates[0] == one.chosen for one, candidates in seen):
            found.add(Preference.CLIENT)
        if self._ranking(Preference.SERVER) is not None:
            found.add(Preference.SERVER)
        if any(map(is_chacha, self.accepted)) and self._ranking(Preference.SERVER_CHACHA) is not None:
            found.add(Preference.SERVER_CHACHA)
        return frozenset(found)

    def decided(self) -> Preference:
        """Whose order it is; unknown where nothing or too much is possible.

        What cannot be told from ChaCha20 being moved up (a server of two suites, ChaCha20 as the favourite) is taken
        for the plainer thing.
        """
        possible = self._still_possible()
        if len(possible) > 1:
            possible -= {Preference.SERVER_CHACHA}
        return next(iter(possible)) if len(possible) == 1 and len(self.accepted) > 1 else Preference.UNKNOWN

    def ranked(self, kind: Preference) -> tuple[int, ...]:
        """The accepted suites as a server of this kind ranks them, as far as it showed; by code where it ranks none.

        ChaCha20 that was only ever chosen because it was moved up stands behind the last suite that beat it.
        """
        beaten = self._ranking(kind)
        order = self.accepted
        if kind is Preference.CLIENT:
            return tuple(sorted(order))  # how they were found says nothing, and depends on the round trip
        if beaten is None or kind is not Preference.SERVER_CHACHA:
            return order
        result = [code for code in order if not is_chacha(code)]
        for code in (one for one in order if is_chacha(one)):
            above = [at for at, other in enumerate(result) if other in beaten.get(code, set())]
            result.insert(max(above, default=-1) + 1, code)
        return tuple(sorted(result, key=needs_rsa_key) if self.may_hide_rsa() else result)

    def question(self) -> tuple[int, ...] | None:
        """An order of the accepted suites whose answer tells apart what is possible still; None where none does."""
        possible = self.possible()
        if len(self.accepted) < 2 or len(possible) < 2:
            return None
        tops = {kind: self._tops(kind) for kind in possible if kind is not Preference.CLIENT}
        favourites = [code for code in self.accepted if any(code in top for top in tops.values())]
        others = [code for code in reversed(self.accepted) if code not in favourites]
        tail = (*others, *reversed(favourites))
        best: tuple[int, tuple[int, ...]] = (0, ())
        for first in dict.fromkeys(sorted(tail, key=lambda code: (is_chacha(code), not is_fast_aes(code)))):
            order = (first, *(code for code in tail if code != first))
            best = max(best, (self._told_apart(order, possible), order), key=lambda one: one[0])
        return best[1] if best[0] else None

    def _told_apart(self, order: tuple[int, ...], possible: Iterable[Preference]) -> int:
        """How well this hello tells the kinds apart: two for each pair that must answer differently, one for may."""
        pairs = itertools.combinations([self._answers(order, kind) for kind in possible], 2)
        return sum(2 if one.isdisjoint(other) else one != other for one, other in pairs)

    def _answers(self, order: tuple[int, ...], kind: Preference) -> frozenset[int]:
        if kind is Preference.CLIENT:
            return frozenset(order[:1])
        if kind is Preference.SERVER_CHACHA and is_chacha(order[0]):
            return frozenset(filter(is_chacha, order))
        return self._tops(kind)

    def _tops(self, kind: Preference) -> frozenset[int]:
        """What may be the favourite of a server of this kind."""
        beaten = self._ranking(kind) or {}
        return frozenset(code for code in self.accepted if not beaten.get(code))

    def _ranking(self, kind: Preference) -> dict[int, set[int]] | None:
        """For each suite those that beat it; None where no ranking could have made the choices."""
        beaten: dict[int, set[int]] = {}
        for one, candidates in self._judged():
            losers = _losers(one, candidates, kind)
            if losers is None:
                return None
            for loser in losers:
                beaten.setdefault(loser, set()).add(one.chosen)
        try:
            graphlib.TopologicalSorter(beaten).prepare()
        except graphlib.CycleError:
            return None
        return beaten

    def _judged(self) -> list[tuple[Choice, list[int]]]:
        """Each choice with the suites on offer that the server is known to accept, in hellos of its kind where DHE.

        Where RSA was only ever chosen without ECDSA beside it, it does not count elsewhere.
        """
        if len(self._seen) != len(self._choices):
            hides = self.may_hide_rsa()
            known = {named: {one.chosen for one in self._choices if one.named is named} for named in (False, True)}
            free = {code for codes in known.values() for code in codes if not is_dhe(code)}
            self._seen = [
                (
                    one,
                    [
                        code
                        for code in one.offered
                        if (code in free or code in known[one.named]) and not (behind and needs_rsa_key(code))
                    ],
                )
                for one in self._choices
                for behind in (hides and _has_ecdsa(one.offered),)
            ]
        return self._seen


def _has_ecdsa(offered: Iterable[int]) -> bool:
    return any(map(_needs_ecdsa_key, offered))


def _losers(choice: Choice, candidates: Sequence[int], kind: Preference) -> list[int] | None:
    """The suites that rank below the chosen one, as it shows; None where such a server would choose otherwise."""
    others = [code for code in candidates if code != choice.chosen]
    if kind is Preference.SERVER:
        return others
    up_front = is_chacha(choice.offered[0])
    if is_chacha(choice.chosen):
        ranked = is_fast_aes(choice.offered[0])
        return others if ranked else [code for code in others if is_chacha(code)]
    if up_front and any(map(is_chacha, others)):
        return None
    unclear = is_chacha(candidates[0])
    return [code for code in others if not (unclear and is_chacha(code))]
