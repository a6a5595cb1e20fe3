"""Signature use: with which schemes the server signs its handshakes. Seen in flights, never guessed.

A server whose certificate is fine may still sign its key exchange with SHA-1 for a client that takes nothing better.
"""

import asyncio
import dataclasses
from collections.abc import Sequence

from probes.feature_asker import FeatureAsker, refused
from probes.hello_features import not_applicable, signs, unknown
from probes.hello_verdict import describe
from scanner.model.evidence.tls_features import Feature, SignatureUse
from scanner.model.evidence.tls_suites import TlsSuites
from scanner.model.options import Profile
from scanner.model.outcome import Answer
from scanner.model.peer import peer_text
from scanner.net.flights import SeenFlight
from scanner.net.tls_client import Attempt
from scanner.wire.tls_client_state import Goal
from scanner.wire.tls_offer import ALL_SCHEMES, Offer
from scanner.wire.tls_registry import signature_name
from scanner.wire.tls_version import Version

OLD_SCHEMES = (0x0203, 0x0201, 0x0202, 0x0101, 0x0103, 0x0102)
"""ECDSA, RSA and DSA with SHA-1, then RSA, ECDSA and DSA with MD5 (RFC 5246 section 7.4.1.4.1)."""

MAX_SCHEMES = 14
"""Hellos of one version in profile `deep`."""

VERSIONS = (Version.TLS1_2, Version.TLS1_3)
"""The versions in which the client names the schemes that it takes."""


async def look_at_signatures(
    asker: FeatureAsker, seen: Sequence[SeenFlight], suites: TlsSuites | None
) -> tuple[SignatureUse, ...]:
    """The use in each of `VERSIONS` that is spoken: one hello a version, in profile `deep` until a refusal."""
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_look(asker, version, seen, suites)) for version in VERSIONS if asker.speaks(version)
        ]
    return tuple(task.result() for task in tasks)


async def _look(
    asker: FeatureAsker, version: Version, seen: Sequence[SeenFlight], suites: TlsSuites | None
) -> SignatureUse:
    found = dict.fromkeys(
        one.flight.signature
        for one in seen
        if one.flight is not None and one.flight.version is version and one.flight.signature is not None
    )
    schemes = list(found)
    plain = _plain(asker, version, suites)
    if plain is None:
        return _use(version, schemes, old=not_applicable("no handshake of this version is signed"))
    if asker.session.options.profile is not Profile.DEEP:
        went = await _ask(asker, plain, OLD_SCHEMES)
        return _use(version, _more(schemes, went), old=_old(went))
    async with asyncio.TaskGroup() as group:
        old = group.create_task(_ask(asker, plain, OLD_SCHEMES))
        listed = group.create_task(_list(asker, plain, schemes))
    complete, reason = listed.result()
    return _use(version, _more(schemes, old.result()), old=_old(old.result()), complete=complete, reason=reason)


def _plain(asker: FeatureAsker, version: Version, suites: TlsSuites | None) -> Offer | None:
    """A hello of this version whose handshake is signed: in TLS 1.2 with suites that the server is known to have."""
    plain = asker.templates.by_version.get(version)
    if plain is None or version is Version.TLS1_3:
        return plain
    support = None if suites is None else suites.protocols.get(version.title)
    listed = () if support is None else tuple(int(one.code, 16) for one in support.suites)
    signed = tuple(code for code in sorted(listed) if signs(code))
    return dataclasses.replace(plain, versions=(version,), suites=signed) if signed else None


async def _ask(asker: FeatureAsker, plain: Offer, schemes: tuple[int, ...]) -> Attempt:
    """One hello that takes only these schemes for the handshake, and any for certificates."""
    offer = dataclasses.replace(plain, signature_schemes=schemes, certificate_schemes=ALL_SCHEMES)
    return await asker.ask_twice(offer, Goal.FLIGHT)


async def _list(asker: FeatureAsker, plain: Offer, schemes: list[int]) -> tuple[Answer, str]:
    """Removes what was used until nothing is; adds to `schemes`."""
    for _ in range(MAX_SCHEMES):
        left = tuple(one for one in ALL_SCHEMES if one not in schemes and one not in OLD_SCHEMES)
        went = await _ask(asker, plain, left)
        used = None if went.flight is None else went.flight.signature
        if went.fault is not None:
            return (Answer.YES if refused(went) else Answer.UNKNOWN), describe(went.fault)
        if used is None or used not in left:
            return Answer.UNKNOWN, "signed with what was not offered"
        schemes.append(used)
    return Answer.UNKNOWN, f"more than {MAX_SCHEMES} hellos were needed"


def _more(schemes: list[int], went: Attempt) -> list[int]:
    used = None if went.flight is None else went.flight.signature
    return schemes if used is None or used in schemes else [*schemes, used]


def _old(went: Attempt) -> Feature:
    """Whether a hello that takes SHA-1 and MD5 alone was signed so."""
    used = None if went.flight is None else went.flight.signature
    if used in OLD_SCHEMES:
        return Feature(answer=Answer.YES, tries=1, seen=1, reason=peer_text(signature_name(used)))
    if used is not None:
        return Feature(
            answer=Answer.NO, tries=1, reason=peer_text(f"signed with {signature_name(used)}, which was not offered")
        )
    if went.fault is not None and refused(went):
        return Feature(answer=Answer.NO, tries=1, reason=peer_text(describe(went.fault)))
    return unknown("no signature was seen" if went.fault is None else describe(went.fault), tries=1)


def _use(
    version: Version, schemes: Sequence[int], *, old: Feature, complete: Answer = Answer.UNKNOWN, reason: str = ""
) -> SignatureUse:
    return SignatureUse(
        protocol=version.title,
        schemes=tuple(f"{one:04X}" for one in schemes),
        names=tuple(signature_name(one) for one in schemes),
        complete=complete,
        reason=peer_text(reason) if reason else None,
        old_hashes=old,
    )
