"""Conditions of attacks that need more than the list of suites: features, groups, flights. Pure functions."""

import dataclasses

from probes.key_reuse_flaw import DHE, Reuse
from probes.suite_conditions import (
    CLASSIC,
    SSL3,
    TLS10,
    TLS11,
    TLS12,
    TLS13,
    Accepted,
    accepted,
    doubts,
    met,
    named,
    spoken,
    support,
    unlisted,
)
from scanner.model.evidence.tls_features import TlsFeatures
from scanner.model.evidence.tls_flaws import Flaw, FlawState
from scanner.model.evidence.tls_groups import TlsGroups
from scanner.model.evidence.tls_suites import Preference, TlsSuites
from scanner.model.outcome import Answer
from scanner.model.suite_traits import traits
from scanner.net.flights import SeenFlight
from scanner.wire.octets import vector
from scanner.wire.tls_extensions import ExtensionType
from scanner.wire.tls_registry import suite_name
from scanner.wire.tls_version import Version

ENOUGH = 3
"""Handshakes with finite-field Diffie-Hellman without a repeated value that are enough to say so."""

UNTIMED = "; whether its timing gives them away was not measured"

_H2 = vector(vector(b"h2", 1), 2)
_FFDHE_CODES = frozenset({"0100", "0101", "0102", "0103", "0104"})
_BEYOND_SCHANNEL = frozenset({"CHACHA20", "CAMELLIA_128", "CAMELLIA_256", "SEED", "IDEA", "ARIA_128", "ARIA_256"})
"""Ciphers that Schannel of 2014 had not; nor has it CCM."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """All that these conditions are read from; None where a probe brought nothing."""

    suites: TlsSuites | None
    features: TlsFeatures | None
    groups: TlsGroups | None
    flights: tuple[SeenFlight, ...] = ()
    reuses: tuple[Reuse, ...] = ()


def other_conditions(seen: Seen) -> dict[str, Flaw]:
    """`lucky13`, `alpaca`, `opossum`, `winshock`, `dheat`, `http2_forbidden_suites` and `raccoon`."""
    return {
        "lucky13": _lucky13(seen),
        "alpaca": _alpaca(seen.features),
        "opossum": met(
            FlawState.UNKNOWN,
            "an upgrade to TLS within plain HTTP (RFC 2817) is not asked for by this scan",
            asked=False,
        ),
        "winshock": _winshock(seen.suites),
        "dheat": _dheat(seen),
        "http2_forbidden_suites": _http2(seen),
        "raccoon": _raccoon(seen),
    }


def _lucky13(seen: Seen) -> Flaw:
    """CBC with the MAC inside, which invites timing attacks where an implementation is careless."""
    if seen.suites is None:
        return unlisted()
    versions = (SSL3, TLS10, TLS11, TLS12)
    found = [one for one in accepted(seen.suites, versions) if one.traits.cbc]
    bare = [one for one in found if not _encrypts_then_macs(seen, one.version)]
    if bare:
        return met(FlawState.YES, f"CBC suites without encrypt-then-MAC are accepted: {named(bare)}")
    if doubt := doubts(seen.suites, versions):
        return met(FlawState.UNKNOWN, doubt)
    if found:
        return met(FlawState.NO, f"CBC suites come with encrypt-then-MAC for clients that offer it: {named(found)}")
    if not spoken(seen.suites, versions):
        return met(FlawState.NOT_APPLICABLE, f"not spoken: {', '.join(versions)}")
    return met(FlawState.NO, "no CBC suites are accepted, by listings that ended with a refusal")


def _encrypts_then_macs(seen: Seen, version: str) -> bool:
    """Whether a handshake with a CBC suite in this version came with encrypt-then-MAC (RFC 7366)."""
    if seen.features is not None and version in seen.features.versions:
        answer = seen.features.versions[version].encrypt_then_mac.answer
        if answer is not Answer.UNKNOWN:
            return answer is Answer.YES
    cbc = [
        one.flight
        for one in seen.flights
        if one.flight is not None
        and one.flight.version.title == version
        and traits(suite_name(one.flight.suite)).cbc
        and one.offer.signals
        and one.offer.extensions
    ]
    return bool(cbc) and all(ExtensionType.ENCRYPT_THEN_MAC in flight.extensions for flight in cbc)


def _alpaca(features: TlsFeatures | None) -> Flaw:
    """Neither ALPN nor SNI is enforced: a handshake meant for another service is taken (alpaca-attack.com)."""
    if features is None:
        return met(FlawState.UNKNOWN, "the probe of features brought nothing", asked=False)
    alpn, name = features.alpn.unknown_accepted.answer, features.sni.wrong.answer
    if Answer.NO in {alpn, name}:
        strict = " and ".join(what for what, answer in (("ALPN", alpn), ("SNI", name)) if answer is Answer.NO)
        return met(FlawState.NO, f"{strict} {'are' if alpn is name else 'is'} enforced")
    if alpn is Answer.YES and name is Answer.YES:
        return met(
            FlawState.YES, "handshakes with an application protocol and with a host name that do not exist are served"
        )
    return met(FlawState.UNKNOWN, "whether unknown protocols and names are served could not be told")


def _winshock(suites: TlsSuites | None) -> Flaw:
    """MS14-066 shows only in an attack, which no scan makes; it can be ruled out where this is not that Schannel."""
    if suites is not None:
        if support(suites, TLS13).supported is Answer.YES:
            return met(FlawState.NO, "TLSv1.3 is spoken, which no Schannel with the flaw can")
        other = [one for one in accepted(suites, CLASSIC) if _not_schannel(one)]
        if other:
            return met(FlawState.NO, f"suites are accepted that no Schannel with the flaw has: {named(other)}")
    return met(FlawState.UNKNOWN, "it would show only in an attack, which is not made", asked=False)


def _not_schannel(one: Accepted) -> bool:
    return one.traits.cipher in _BEYOND_SCHANNEL or one.traits.mode in {"CCM", "CCM_8"}


def _dheat(seen: Seen) -> Flaw:
    """Finite-field Diffie-Hellman costs the server more than who asks for it (CVE-2002-20001)."""
    if seen.suites is None:
        return unlisted()
    versions = (SSL3, TLS10, TLS11, TLS12)
    found = [one for one in accepted(seen.suites, versions) if one.traits.key_exchange == "DHE"]
    modern = [] if seen.groups is None else [one for one in seen.groups.tls13.groups if one.code in _FFDHE_CODES]
    sizes = {one.suite.dh_bits for one in found if one.suite.dh_bits}
    sizes |= set() if seen.groups is None else {one.bits for one in seen.groups.dh}
    if found or modern:
        bits = f" with primes of {', '.join(str(one) for one in sorted(sizes))} bits" if sizes else ""
        groups = f"groups of TLSv1.3: {', '.join(one.name for one in modern)}" if modern else ""
        texts = [text for text in (named(found) if found else "", groups) if text]
        return met(FlawState.YES, f"finite-field Diffie-Hellman is accepted{bits}: {'; '.join(texts)}")
    doubt = doubts(seen.suites, versions)
    if not doubt and support(seen.suites, TLS13).supported is not Answer.NO:
        known = seen.groups is not None and seen.groups.tls13.complete is Answer.YES
        doubt = "" if known else "TLSv1.3: the list of groups is incomplete"
    if doubt:
        return met(FlawState.UNKNOWN, doubt)
    return met(FlawState.NO, "no finite-field Diffie-Hellman is accepted, by listings that ended with a refusal")


def is_forbidden_in_http2(one: Accepted) -> bool:
    """Whether a suite of TLS 1.2 is on the list of RFC 9113 appendix A: all but ephemeral ones with AEAD."""
    return not (one.traits.forward_secret and one.traits.aead) or one.traits.anonymous


def _http2(seen: Seen) -> Flaw:
    if seen.suites is None:
        return unlisted()
    if support(seen.suites, TLS12).supported is Answer.NO:
        return met(
            FlawState.NOT_APPLICABLE, "TLSv1.2 is not spoken; HTTP/2 needs it or TLSv1.3, which has no such suites"
        )
    found = [one for one in accepted(seen.suites, (TLS12,)) if is_forbidden_in_http2(one)]
    if not found:
        doubt = doubts(seen.suites, (TLS12,))
        text = doubt or "no suites are accepted that RFC 9113 forbids, by a listing that ended with a refusal"
        return met(FlawState.UNKNOWN if doubt else FlawState.NO, text)
    spoken_h2 = _speaks_h2(seen)
    if spoken_h2 is Answer.NO:
        return met(FlawState.NOT_APPLICABLE, "HTTP/2 is not negotiated")
    if spoken_h2 is Answer.UNKNOWN:
        return met(FlawState.UNKNOWN, "whether HTTP/2 is negotiated was not seen")
    known = support(seen.suites, TLS12)
    first = known.preference is Preference.SERVER and is_forbidden_in_http2(
        Accepted(version=TLS12, suite=known.suites[0])
    )
    taken = "the server prefers one of them" if first else "clients that offer nothing better can get one"
    return met(
        FlawState.YES, f"HTTP/2 is negotiated, and suites that it forbids are accepted ({taken}): {named(found)}"
    )


def _speaks_h2(seen: Seen) -> Answer:
    """Whether HTTP/2 is chosen by ALPN (RFC 7301) where it is offered."""
    if seen.features is not None and "h2" in seen.features.alpn.protocols:
        return Answer.YES
    asked = [one.flight for one in seen.flights if one.flight is not None and "h2" in one.offer.alpn]
    alpn = ExtensionType.ALPN
    if any(_H2 in {flight.extensions.get(alpn), flight.encrypted_extensions.get(alpn)} for flight in asked):
        return Answer.YES
    # In TLS 1.3 the answer is encrypted: only a flight that was read further shows that there is none.
    read = [flight for flight in asked if flight.version < Version.TLS1_3 or flight.certificates]
    known = None if seen.features is None else seen.features.alpn
    told = known is not None and (bool(known.protocols) or known.supported.answer is Answer.NO)
    return Answer.NO if read or told else Answer.UNKNOWN


def _raccoon(seen: Seen) -> Flaw:
    """A Diffie-Hellman secret of the server that lives longer than one handshake (CVE-2020-1968, raccoon-attack.com).

    Its timing is not measured.
    """
    if seen.suites is None:
        return unlisted()
    versions = (SSL3, TLS10, TLS11, TLS12)
    static = [one for one in accepted(seen.suites, versions) if one.traits.key_exchange == "DH"]
    if static:
        return met(FlawState.YES, f"suites with static Diffie-Hellman are accepted: {named(static)}{UNTIMED}")
    reuse = next((one for one in seen.reuses if one.kind == DHE), None)
    if reuse is not None and reuse.distinct < reuse.seen:
        return met(
            FlawState.YES, f"the server uses its Diffie-Hellman secrets again: {reuse.text}{UNTIMED}", tries=reuse.seen
        )
    if doubt := doubts(seen.suites, versions):
        return met(FlawState.UNKNOWN, doubt)
    if not any(one.traits.key_exchange == "DHE" for one in accepted(seen.suites, versions)):
        return met(FlawState.NOT_APPLICABLE, "no finite-field Diffie-Hellman in TLS 1.2 or below")
    if reuse is not None and reuse.seen >= ENOUGH:
        return met(FlawState.NO, f"Diffie-Hellman secrets are not used again: {reuse.text}", tries=reuse.seen)
    return met(FlawState.UNKNOWN, f"fewer than {ENOUGH} handshakes with finite-field Diffie-Hellman were seen")
