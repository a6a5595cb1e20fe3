"""Tolerance: whether the server stands what a valid hello may have and it cannot know (RFC 8446 9.3, RFC 8701).

One hello has all of it at once, and shows with one answer that a server is sound. Only where it fails is each thing
asked for alone, twice; and a plain hello that still works must come after, or nothing is said.
"""

import asyncio
import dataclasses
from collections.abc import Callable, Mapping

from probes.alpn import CLASSIC
from probes.feature_asker import FeatureAsker
from probes.hello_features import not_applicable, unknown
from probes.hello_verdict import describe
from scanner.errors import OwnFault
from scanner.model.evidence.tls_features import Feature, Tolerance
from scanner.model.outcome import Answer
from scanner.model.peer import peer_text
from scanner.net.tls_client import Attempt
from scanner.wire.tls_extensions import ExtensionType
from scanner.wire.tls_offer import Offer
from scanner.wire.tls_version import Version

# Values of RFC 8701 section 2, one for each place, so that none is repeated in a list.
_SUITE, _GROUP, _SCHEME, _VERSION, _FIRST, _LAST = 0x0A0A, 0x1A1A, 0x2A2A, 0x3A3A, 0x4A4A, 0x5A5A

NEXT_VERSION = 0x0305
"""The version behind TLS 1.3, which does not exist."""

UNKNOWN_EXTENSION = 0xFC57
"""An extension that IANA has not assigned."""

LONG_BYTES = 3000
"""Padding of the long hello: with it three TCP segments, as hellos with post-quantum key shares have two or more."""


def with_grease(offer: Offer) -> Offer:
    """Reserved values in every list, and two extensions (RFC 8701 section 3.1)."""
    modern = Version.TLS1_3 in offer.versions
    return dataclasses.replace(
        offer,
        suites=(_SUITE, *offer.suites),
        groups=(_GROUP, *offer.groups) if offer.groups else (),
        signature_schemes=(_SCHEME, *offer.signature_schemes) if offer.signature_schemes else (),
        unknown_versions=(_VERSION, *offer.unknown_versions) if modern else (),
        extra_extensions=((_FIRST, b""), *offer.extra_extensions, (_LAST, b"\0")),
    )


def with_next_version(offer: Offer) -> Offer:
    """A version that does not exist yet: in supported_versions, or in the hello's own field where TLS 1.3 is not on
    offer (RFC 5246 appendix E.1: the server answers with the highest that it has).
    """
    if Version.TLS1_3 in offer.versions:
        return dataclasses.replace(offer, unknown_versions=(*offer.unknown_versions, NEXT_VERSION))
    return dataclasses.replace(offer, versions=_down_from(offer), legacy_version=Version.TLS1_3)


def with_unknown_extension(offer: Offer) -> Offer:
    """An extension that nobody knows."""
    return dataclasses.replace(offer, extra_extensions=(*offer.extra_extensions, (UNKNOWN_EXTENSION, bytes(16))))


def made_long(offer: Offer) -> Offer:
    """Padded beyond two segments (RFC 7685)."""
    padding = (int(ExtensionType.PADDING), bytes(LONG_BYTES))
    return dataclasses.replace(offer, padded=False, extra_extensions=(*offer.extra_extensions, padding))


ODDITIES: Mapping[str, Callable[[Offer], Offer]] = {
    "grease": with_grease,
    "unknown_version": with_next_version,
    "unknown_extension": with_unknown_extension,
    "long_hello": made_long,
}
"""The fields of `Tolerance`, and how a plain hello becomes such a one."""


async def look_at_tolerance(asker: FeatureAsker) -> Tolerance:
    """One hello of TLS 1.3 with everything, or two of an older version; more only where one of them fails."""
    plain = asker.templates.main
    if plain is None:
        return Tolerance()
    if Version.TLS1_3 in plain.versions:
        return Tolerance(**await _all_of(asker, plain, tuple(ODDITIES)))
    together = tuple(name for name in ODDITIES if name != "unknown_version")
    async with asyncio.TaskGroup() as group:
        common = group.create_task(_all_of(asker, plain, together))
        version = group.create_task(_all_of(asker, plain, ("unknown_version",)))
    return Tolerance(**common.result(), **version.result())


async def _all_of(asker: FeatureAsker, plain: Offer, names: tuple[str, ...]) -> dict[str, Feature]:
    """These oddities in one hello, which offers HTTP/1.1 too; each alone where that fails."""
    offer = dataclasses.replace(plain, alpn=CLASSIC)
    for name in names:
        offer = ODDITIES[name](offer)
    went = await asker.ask(offer)
    if went.fault is None:
        return dict.fromkeys(names, Feature(answer=Answer.YES, tries=1, seen=1))
    if isinstance(went.fault, OwnFault):
        return dict.fromkeys(names, unknown(describe(went.fault)))
    async with asyncio.TaskGroup() as group:
        tasks = {name: group.create_task(_alone(asker, ODDITIES[name](plain))) for name in names}
    found = {name: task.result() for name, task in tasks.items()}
    if all(one.answer is Answer.YES for one in found.values()) or (await asker.ask(plain)).fault is None:
        return found
    gone = unknown("afterwards a plain hello failed, too")
    return {name: one if one.answer is Answer.YES else gone for name, one in found.items()}


async def _alone(asker: FeatureAsker, offer: Offer) -> Feature:
    """One oddity: sound where one of two hellos is answered."""
    ends: list[Attempt] = []
    for _ in range(2):
        went = await asker.ask(offer)
        if went.fault is None:
            return Feature(answer=Answer.YES, tries=len(ends) + 1, seen=1)
        if isinstance(went.fault, OwnFault):
            return unknown(describe(went.fault), tries=len(ends))
        ends.append(went)
    reason = "; then: ".join(describe(one.fault) for one in ends if one.fault is not None)
    return Feature(answer=Answer.NO, tries=len(ends), reason=peer_text(reason))


def _down_from(offer: Offer) -> tuple[Version, ...]:
    """Every version that a server may answer with that takes the hello's field for what it is."""
    return tuple(one for one in (Version.TLS1_2, Version.TLS1_1, Version.TLS1_0) if one <= offer.highest)


async def look_at_fallback(asker: FeatureAsker) -> Feature:
    """Whether a hello that marks itself as a fallback is refused where a higher version is spoken (RFC 7507).

    Meaningful only with two versions up to TLS 1.2 and without TLS 1.3, which tells of downgrades by its own means.
    """
    modern = asker.spoken.get(Version.TLS1_3, Answer.UNKNOWN)
    if modern is Answer.YES:
        return not_applicable("TLS 1.3 is spoken, which protects against downgrades itself")
    older = [one for one in (Version.TLS1_2, Version.TLS1_1, Version.TLS1_0, Version.SSL3) if asker.speaks(one)]
    if len(older) < 2:
        doubt = any(answer is Answer.UNKNOWN for answer in asker.spoken.values())
        reason = "fewer than two versions up to TLS 1.2 are spoken"
        return unknown(f"{reason}, as far as could be told") if doubt else not_applicable(reason)
    if modern is Answer.UNKNOWN:
        return unknown("whether TLS 1.3 is spoken could not be told")
    return await _fall_back(asker, older[1])


FALLBACK_SCSV, INAPPROPRIATE_FALLBACK = 0x5600, 86


async def _fall_back(asker: FeatureAsker, version: Version) -> Feature:
    plain = asker.templates.by_version.get(version)
    if plain is None:
        return unknown(f"no hello of {version.title} was answered before")
    went = await asker.ask(dataclasses.replace(plain, versions=(version,), suites=(*plain.suites, FALLBACK_SCSV)))
    if went.fault is None:
        return Feature(answer=Answer.NO, tries=1, reason=peer_text(f"a fallback to {version.title} was served"))
    if getattr(went.fault, "number", None) == INAPPROPRIATE_FALLBACK:
        return Feature(answer=Answer.YES, tries=1, seen=1, reason=peer_text(describe(went.fault)))
    return unknown(describe(went.fault), tries=1)
