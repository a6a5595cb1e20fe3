"""The primes of finite-field Diffie-Hellman in TLS 1.2 and below: hellos with DHE suites only.

One names no group of RFC 7919, so that the server takes a prime of its own. One names them all, for servers that accept
DHE only then (OpenSSL 4); the listing of curves has mostly sent it already. Where a small prime comes, one more offers
the export suites, which may have another.
"""

import dataclasses

from probes.group_lanes import Lanes, Questions
from probes.hello_verdict import Kind, Verdict
from scanner import isolate
from scanner.errors import OwnFault, PeerFault
from scanner.model.evidence.tls_groups import DhPrime
from scanner.model.outcome import Answer
from scanner.model.suite_traits import SuiteTraits, traits
from scanner.wire.dh_primes import MAX_TESTED_BITS, is_safe_prime, known_prime, prime_sha256
from scanner.wire.server_flight import DhParameters
from scanner.wire.tls_client_state import Goal
from scanner.wire.tls_offer import ALL_SCHEMES, CLASSIC_CURVES, FFDHE_GROUPS, FIELD_SUITES, Offer
from scanner.wire.tls_registry import registry
from scanner.wire.tls_version import Version

SMALL_BITS = 1024
"""Up to this size of a prime, a server is old enough for export suites to be asked for."""

MAX_GENERATOR = 2**32
"""Generators from here on are not kept: a number in JSON is no place for hundreds of digits."""

TEST_SECONDS = 5.0
"""The longest that a worker may test one prime."""

_VERSIONS = (Version.TLS1_2, Version.TLS1_1, Version.TLS1_0)
_KINDS = frozenset({"RSA", "DSS", "anonymous"})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DhListing:
    """The primes seen; `reason` says why more could not be asked, None where all was answered."""

    primes: tuple[DhPrime, ...]
    reason: str | None
    connections: int
    abrupt: bool


def _suites(*, export: bool) -> tuple[int, ...]:
    """The DHE suites of the field, or those for export."""
    field = tuple(registry().suites.items())[:FIELD_SUITES]
    return tuple(code for code, name in field if _is_dhe(traits(name)) and traits(name).export is export)


def _is_dhe(suite: SuiteTraits) -> bool:
    return suite.key_exchange == "DHE" and suite.authentication in _KINDS


class DhPrimes:
    """The hellos that bring primes."""

    def __init__(self, lanes: Lanes) -> None:
        self._questions = Questions(lanes, Goal.FLIGHT)
        self._server_name = lanes.asker.server_name

    async def ask_own(self) -> tuple[Verdict, bool]:
        """A hello that names no group of RFC 7919: what came, and whether it refuses."""
        return await self._ask(ffdhe=False)

    async def conclude(self, own: tuple[Verdict, bool], named: tuple[Verdict, bool] | None) -> DhListing:
        """Every prime that was seen, and what kept others out. `named` is the answer to a hello with all groups of
        RFC 7919; None where it is still to be sent, which is no use where the first one was not answered.
        """
        if named is None and own[0].kind is not Kind.NO_ANSWER:
            named = await self._ask(ffdhe=True)
        answers = [own] if named is None else [own, named]
        seen = [one for one in map(_parameters, answers) if one is not None]
        if any(one.bits <= SMALL_BITS for one in seen):
            answers.append(await self._ask(ffdhe=False, export=True))
        primes: dict[int, list[DhParameters]] = {}
        for one in map(_parameters, answers):
            if one is not None:
                primes.setdefault(one.prime, []).append(one)
        only_named = _parameters(own) is None and own[1]
        reasons = dict.fromkeys(one[0].reason for one in answers if not one[1] and _parameters(one) is None)
        return DhListing(
            primes=tuple([await _describe(times, answers_ffdhe=only_named) for times in primes.values()]),
            reason="; ".join(reasons) or None,
            connections=self._questions.connections,
            abrupt=self._questions.abrupt,
        )

    async def _ask(self, *, ffdhe: bool, export: bool = False) -> tuple[Verdict, bool]:
        offer = Offer(
            versions=_VERSIONS,
            suites=_suites(export=export),
            groups=(*CLASSIC_CURVES, *(FFDHE_GROUPS if ffdhe else ())),
            signature_schemes=ALL_SCHEMES,
            server_name=self._server_name,
            status_request=False,
        )
        return await self._questions.ask(offer)


def _parameters(answer: tuple[Verdict, bool]) -> DhParameters | None:
    """The parameters in an answer, also in one that broke off behind them."""
    flight = answer[0].flight
    return None if flight is None else flight.dh


async def _describe(times: list[DhParameters], *, answers_ffdhe: bool) -> DhPrime:
    """One prime, seen one or several times."""
    first = times[0]
    known = known_prime(first.prime)
    return DhPrime(
        bits=first.bits,
        name=None if known is None else known.name,
        prime_sha256=prime_sha256(first.prime),
        generator=first.generator if first.generator < MAX_GENERATOR else None,
        safe=await _safety(first.prime) if known is None else Answer.YES if known.safe else Answer.NO,
        shared=known is not None,
        answers_ffdhe=answers_ffdhe,
        publics=len(times),
        distinct_publics=len({one.public for one in times}),
    )


async def _safety(prime: int) -> Answer:
    """Whether a prime of the server's own is a safe one; unknown where the test would take too long."""
    if prime.bit_length() > MAX_TESTED_BITS:
        return Answer.UNKNOWN
    try:
        safe = await isolate.run(is_safe_prime, prime, seconds=TEST_SECONDS)
    except (PeerFault, OwnFault):
        return Answer.UNKNOWN
    return Answer.YES if safe else Answer.NO
