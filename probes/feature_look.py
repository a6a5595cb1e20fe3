"""The look at TLS features: first what others saw, then one hello a question, all side by side.

Each has its own deadline, so that a server that is slow to refuse leaves one thing unknown and holds nothing up.
"""

import asyncio
import dataclasses
from collections.abc import Sequence

from probes import alpn
from probes.ech import look_for_ech
from probes.feature_asker import SOURCES, Extras, FeatureAsker, in_order, templates
from probes.flight_facts import read_client_certificate, read_clock, read_ja3s
from probes.hello_features import (
    HEARTBEAT,
    MAX_FRAGMENT_LENGTH,
    RECORD_SIZE_LIMIT,
    not_applicable,
    read_versions,
    unknown,
)
from probes.jarm import take_jarm
from probes.signature_use import look_at_signatures
from probes.sni_behaviour import look_at_sni
from probes.tls12_sessions import ClassicSessions, look_at_classic_sessions
from probes.tls13_sessions import ModernSessions, look_at_modern_sessions
from probes.tolerance import look_at_fallback, look_at_tolerance
from scanner.model.evidence.tls_features import Ech, Feature, Renegotiation, Resumption, SniAnswer, TlsFeatures
from scanner.model.evidence.tls_suites import TlsSuites
from scanner.model.observation import Observation
from scanner.model.outcome import Answer, Outcome
from scanner.model.peer import peer_text
from scanner.net.flights import SeenFlight
from scanner.net.session import Session
from scanner.wire.octets import codes, vector
from scanner.wire.tls_client_state import Goal
from scanner.wire.tls_extensions import ExtensionType
from scanner.wire.tls_version import Version

# The bodies of what rides along: RFC 6520 section 2 (may send), RFC 8449 section 4, RFC 6066 section 4 (4096 bytes),
# RFC 8879 section 3 (zlib, brotli, zstd).
_HEARTBEAT = (HEARTBEAT, b"\1")
_SIZE_LIMIT = (RECORD_SIZE_LIMIT, (2**14).to_bytes(2, "big"))
_FRAGMENTS = (MAX_FRAGMENT_LENGTH, b"\4")
_PACKED = (int(ExtensionType.COMPRESS_CERTIFICATE), vector(codes((1, 2, 3)), 1))
_DEFLATE = (1, 0)

# Which hello carries what. The sizes exclude each other; the versions below TLS 1.3 are asked twice, since a server
# may well refuse both a wrong name and a strange protocol.
_ON_BROWSER = Extras(extensions=(_PACKED, _SIZE_LIMIT))
_ON_NAMELESS = Extras(extensions=(_HEARTBEAT, _FRAGMENTS))
_ON_WRONG_NAME = Extras(extensions=(_HEARTBEAT, _SIZE_LIMIT), compressions=_DEFLATE)
_ON_STRANGE_PROTOCOL = Extras(extensions=(_HEARTBEAT, _FRAGMENTS), compressions=_DEFLATE)


async def look(session: Session, suites: TlsSuites | None, *, seconds: float) -> Observation[TlsFeatures]:
    """The features of the session's endpoint. Not assessed without a single ServerHello; each hello has `seconds`."""
    seen = in_order(session.flights.of(SOURCES))
    if not any(one.flight is not None for one in seen):
        return session.observe(None, outcome=Outcome.NOT_ASSESSED, detail="no ServerHello was seen")
    asker = FeatureAsker(session, _spoken(suites, seen), templates(seen), seconds=seconds)
    found = await _look(asker, seen, suites)
    if asker.shut_out is None:
        return session.observe(found)
    return session.observe(_doubted(found), outcome=Outcome.BLOCKED, detail=asker.shut_out.detail)


def _doubted(found: TlsFeatures) -> TlsFeatures:
    """Without the refusals that may have been cuts, for the server had begun to cut off everything."""
    why = "the server stopped answering"

    def name(one: SniAnswer) -> SniAnswer:
        cut = one.answer is Answer.NO and one.alert is None
        return dataclasses.replace(one, answer=Answer.UNKNOWN, reason=peer_text(why)) if cut else one

    def feature(one: Feature) -> Feature:
        return unknown(why, tries=one.tries) if one.answer is Answer.NO else one

    return dataclasses.replace(
        found,
        sni=dataclasses.replace(found.sni, none=name(found.sni.none), wrong=name(found.sni.wrong)),
        alpn=dataclasses.replace(found.alpn, unknown_accepted=feature(found.alpn.unknown_accepted)),
        signatures=tuple(dataclasses.replace(one, old_hashes=feature(one.old_hashes)) for one in found.signatures),
    )


def _spoken(suites: TlsSuites | None, seen: Sequence[SeenFlight]) -> dict[Version, Answer]:
    """What is known of each version: what was listed, or what a flight shows."""
    listed = {} if suites is None else suites.protocols
    shown = {one.flight.version for one in seen if one.flight is not None and one.fault is None}
    return {
        version: Answer.YES
        if version in shown
        else (listed[version.title].supported if version.title in listed else Answer.UNKNOWN)
        for version in Version
    }


async def _look(asker: FeatureAsker, seen: tuple[SeenFlight, ...], suites: TlsSuites | None) -> TlsFeatures:
    session = asker.session
    right = tuple(one for one in seen if one.offer.server_name == asker.right)
    async with asyncio.TaskGroup() as group:
        sni = group.create_task(look_at_sni(asker, right, nameless=_ON_NAMELESS, wrong=_ON_WRONG_NAME))
        group.create_task(alpn.ask_browser(asker, _ON_BROWSER))
        nobodys = group.create_task(alpn.ask_nobodys(asker, _ON_STRANGE_PROTOCOL))
        tolerance = group.create_task(look_at_tolerance(asker))
        fallback = group.create_task(look_at_fallback(asker))
        signatures = group.create_task(look_at_signatures(asker, right, suites))
        classic = group.create_task(_classic_sessions(asker, suites))
        modern = group.create_task(_modern_sessions(asker, suites))
        ech = group.create_task(_ech(asker))
        jarm = group.create_task(take_jarm(session, seconds=asker.seconds)) if session.options.jarm else None
    await _ask_what_is_left(asker, nobodys.result())
    await asker.settle_cuts()
    everything = in_order(session.flights.of((*SOURCES, session.identity.topic)))
    ours = tuple(one for one in everything if one.offer.server_name == asker.right)
    older, newer = classic.result(), modern.result()
    fingerprints = read_ja3s(right, SOURCES)
    if jarm is not None:
        value, raw = jarm.result()
        fingerprints = dataclasses.replace(fingerprints, jarm=value, jarm_raw=raw)
    return TlsFeatures(
        versions=read_versions(everything, asker.spoken),
        alpn=alpn.read_alpn(ours, nobodys.result()),
        resumption=_resumption(older, newer),
        renegotiation=older.renegotiation,
        sni=sni.result(),
        client_certificate=read_client_certificate(ours, _required(newer.certificate_required, older)),
        fallback_scsv=fallback.result(),
        tolerance=tolerance.result(),
        ech=ech.result(),
        signatures=signatures.result(),
        clock=read_clock(everything),
        fingerprints=fingerprints,
    )


async def _ask_what_is_left(asker: FeatureAsker, strange_protocol: Feature) -> None:
    """What the hellos that should have carried it did not bring: HTTP/1.1 by ALPN, and the extras of TLS 1.2."""
    own = asker.session.flights.of({asker.session.identity.topic})
    answer = alpn.read_alpn([one for one in own if one.offer.server_name == asker.right], strange_protocol)
    if answer.chosen == "h2" and "http/1.1" not in answer.protocols:
        await alpn.ask_classic(asker)
    classic = asker.templates.classic
    asked = any(
        one.flight is not None and one.flight.version < Version.TLS1_3 and _HEARTBEAT in one.offer.extra_extensions
        for one in own
    )
    if classic is not None and not asked:
        await asker.ask(Extras(extensions=(_HEARTBEAT, _SIZE_LIMIT), compressions=_DEFLATE).on(classic), Goal.HELLO)


def _codes(asker: FeatureAsker, suites: TlsSuites | None, version: Version) -> tuple[int, ...]:
    """The suites that a version is known to accept: those listed, else those of the flights that were seen."""
    support = None if suites is None else suites.protocols.get(version.title)
    if support is not None and support.suites:
        return tuple(int(one.code, 16) for one in support.suites)
    seen = (one for one in asker.session.flights.of(SOURCES) if one.flight is not None and one.fault is None)
    return tuple(dict.fromkeys(one.flight.suite for one in seen if one.flight and one.flight.version is version))


async def _classic_sessions(asker: FeatureAsker, suites: TlsSuites | None) -> ClassicSessions:
    """The sessions of the highest version below TLS 1.3."""
    spoken = [one for one in (Version.TLS1_2, Version.TLS1_1, Version.TLS1_0, Version.SSL3) if asker.speaks(one)]
    if spoken:
        return await look_at_classic_sessions(asker.session, version=spoken[0], suites=_codes(asker, suites, spoken[0]))
    none = _not_spoken(asker, [one for one in Version if one < Version.TLS1_3], "no version below TLS 1.3 is spoken")
    return ClassicSessions(
        session_id=none,
        ticket=none,
        renegotiation=Renegotiation(client_initiated=none, insecure=none),
        certificate_required=none,
    )


async def _modern_sessions(asker: FeatureAsker, suites: TlsSuites | None) -> ModernSessions:
    """The sessions of TLS 1.3."""
    if asker.speaks(Version.TLS1_3):
        return await look_at_modern_sessions(asker.session, suites=_codes(asker, suites, Version.TLS1_3))
    none = _not_spoken(asker, [Version.TLS1_3], "TLS 1.3 is not spoken")
    return ModernSessions(psk=none, psk_without_dhe=none, early_data=none, certificate_required=none)


async def _ech(asker: FeatureAsker) -> Ech:
    """Encrypted ClientHello, which only TLS 1.3 has."""
    if asker.speaks(Version.TLS1_3):
        return await look_for_ech(asker.session)
    return Ech(accepts_grease=_not_spoken(asker, [Version.TLS1_3], "TLS 1.3 is not spoken"))


def _not_spoken(asker: FeatureAsker, versions: Sequence[Version], reason: str) -> Feature:
    """Not applicable where these versions are known not to be spoken."""
    if all(asker.spoken.get(one) is Answer.NO for one in versions):
        return not_applicable(reason)
    return unknown("whether the version is spoken could not be told")


def _required(newer: Feature, older: ClassicSessions) -> Feature:
    """Whether a client certificate is required: in TLS 1.3, where that is known, else below."""
    return newer if newer.answer is not Answer.UNKNOWN else older.certificate_required


def _resumption(older: ClassicSessions, newer: ModernSessions) -> Resumption:
    return Resumption(
        session_id=older.session_id,
        ticket=older.ticket,
        ticket_lifetime_seconds=older.ticket_lifetime_seconds,
        ticket_id_sent=older.ticket_id_sent,
        ticket_id_returned=older.ticket_id_returned,
        psk=newer.psk,
        psk_without_dhe=newer.psk_without_dhe,
        psk_lifetime_seconds=newer.psk_lifetime_seconds,
        early_data=newer.early_data,
        max_early_data=newer.max_early_data,
        tickets=newer.tickets,
    )
