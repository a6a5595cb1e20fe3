"""Conditions of attacks that follow from the accepted versions and suites alone: a table, and how it is read.

Pure functions over evidence. A condition is met where a suite was seen, whatever else is unknown; it is not met only
where every listing that could show one is whole.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence

from probes.flaw_words import MAX_TEXT
from scanner.model.evidence.tls_flaws import Flaw, FlawState
from scanner.model.evidence.tls_suites import PROTOCOLS, ProtocolSupport, Suite, TlsSuites
from scanner.model.outcome import Answer
from scanner.model.peer import peer_text
from scanner.model.suite_traits import SuiteTraits, traits

SSL2, SSL3, TLS10, TLS11, TLS12, TLS13 = PROTOCOLS
CLASSIC = PROTOCOLS[:-1]

SMALL_BLOCKS = frozenset({"3DES", "DES", "DES40", "IDEA", "RC2_128", "RC2_56", "RC2_40", "SKIPJACK"})
"""Block ciphers with blocks of 64 bits."""

SHORT_DH_BITS = 1024
"""Below this, Logjam's precomputation is within anybody's reach."""

MAX_NAMES = 6


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """One accepted suite and its version."""

    version: str
    suite: Suite

    @property
    def traits(self) -> SuiteTraits:
        """What its name says."""
        return traits(self.suite.name)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A kind of suite in some versions, with `what` to call it."""

    what: str
    versions: tuple[str, ...]
    met_by: Callable[[Accepted], bool]


def _short_dhe(one: Accepted) -> bool:
    short = one.suite.dh_bits is not None and one.suite.dh_bits < SHORT_DH_BITS
    return one.traits.key_exchange == "DHE" and (one.traits.export or short)


CONDITIONS: Mapping[str, Condition] = {
    "poodle": Condition(what="CBC suites in SSLv3", versions=(SSL3,), met_by=lambda one: one.traits.cbc),
    "sweet32": Condition(
        what="ciphers with blocks of 64 bits",
        versions=CLASSIC,
        met_by=lambda one: one.traits.cbc and one.traits.cipher in SMALL_BLOCKS,
    ),
    "freak": Condition(
        what="export suites with RSA",
        versions=CLASSIC[1:],
        met_by=lambda one: one.traits.export and one.traits.key_exchange == "RSA",
    ),
    "logjam": Condition(
        what=f"Diffie-Hellman for export or below {SHORT_DH_BITS} bits", versions=CLASSIC[1:], met_by=_short_dhe
    ),
    "rc4": Condition(what="RC4 suites", versions=CLASSIC, met_by=lambda one: one.traits.rc4),
    "beast": Condition(
        what="CBC suites in TLS 1.0 or SSLv3", versions=(SSL3, TLS10), met_by=lambda one: one.traits.cbc
    ),
    "export": Condition(what="export suites", versions=CLASSIC, met_by=lambda one: one.traits.export),
    "null": Condition(what="suites without encryption", versions=PROTOCOLS, met_by=lambda one: one.traits.null),
    "anonymous": Condition(
        what="suites without authentication", versions=CLASSIC, met_by=lambda one: one.traits.anonymous
    ),
}
"""Flaw: what makes its condition."""


def suite_conditions(suites: TlsSuites | None) -> dict[str, Flaw]:
    """The flaws of `CONDITIONS`, and `drown`."""
    if suites is None:
        return dict.fromkeys((*CONDITIONS, "drown"), unlisted())
    return {name: judged(one, suites) for name, one in CONDITIONS.items()} | {"drown": _drown(suites)}


def judged(condition: Condition, suites: TlsSuites, *, note: str = "") -> Flaw:
    """One condition. `note` is added to a proof."""
    found = [one for one in accepted(suites, condition.versions) if condition.met_by(one)]
    if found:
        return met(FlawState.YES, f"{condition.what} are accepted: {named(found)}{note}")
    if doubt := doubts(suites, condition.versions):
        return met(FlawState.UNKNOWN, doubt)
    if not spoken(suites, condition.versions):
        return met(FlawState.NOT_APPLICABLE, f"not spoken: {', '.join(condition.versions)}")
    return met(FlawState.NO, f"no {condition.what} are accepted, by listings that ended with a refusal{note}")


def met(state: FlawState, text: str, **more: object) -> Flaw:
    """A condition in this state, with its proof or reason."""
    words = peer_text(text, limit=MAX_TEXT)
    proven = state in {FlawState.YES, FlawState.NO}
    flaw = Flaw(state=state, proof=words if proven else None, reason=None if proven else words, condition=True)
    return dataclasses.replace(flaw, **more) if more else flaw  # type: ignore[arg-type] # fields by name


def unlisted() -> Flaw:
    """A condition about which nothing is known, because there is no listing."""
    return met(FlawState.UNKNOWN, "the versions and suites were not listed", asked=False)


def support(suites: TlsSuites, version: str) -> ProtocolSupport:
    """What is known of a version."""
    return suites.protocols.get(version) or ProtocolSupport(supported=Answer.UNKNOWN)


def spoken(suites: TlsSuites, versions: Iterable[str]) -> tuple[str, ...]:
    """Those of these versions that are spoken."""
    return tuple(one for one in versions if support(suites, one).supported is Answer.YES)


def accepted(suites: TlsSuites, versions: Iterable[str]) -> tuple[Accepted, ...]:
    """The suites that these versions accept."""
    return tuple(
        Accepted(version=version, suite=suite)
        for version in spoken(suites, versions)
        for suite in support(suites, version).suites
    )


def doubts(suites: TlsSuites, versions: Iterable[str]) -> str:
    """What is not known of these versions, in words; empty where everything is."""
    texts: list[str] = []
    for version in versions:
        known = support(suites, version)
        because = f" ({known.reason})" if known.reason else ""
        if known.supported is Answer.UNKNOWN:
            texts.append(f"{version}: whether it is spoken could not be told{because}")
        elif known.supported is Answer.YES and (known.complete is not Answer.YES or not suites.listed):
            texts.append(f"{version}: the list of suites is incomplete{because}")
    return "; ".join(texts)


def named(found: Sequence[Accepted]) -> str:
    """Some suites, with their versions."""
    texts = [f"{one.suite.name} ({one.version})" for one in found[:MAX_NAMES]]
    rest = len(found) - len(texts)
    return ", ".join(texts) + (f" and {rest} more" if rest else "")


def _drown(suites: TlsSuites) -> Flaw:
    """SSLv2 with the key of the certificate: each recorded session with that key can be attacked (CVE-2016-0800)."""
    known = support(suites, SSL2)
    elsewhere = "; whether another server with the same key speaks it was not asked"
    if known.supported is Answer.YES:
        found = accepted(suites, (SSL2,))
        return met(FlawState.YES, f"SSLv2 is spoken here{': ' + named(found) if found else ''}", protocol=SSL2)
    if known.supported is Answer.NO:
        return met(FlawState.NO, f"SSLv2 is refused here{elsewhere}")
    return met(FlawState.UNKNOWN, doubts(suites, (SSL2,)))
