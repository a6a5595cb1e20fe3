"""Addresses beside one another: what the addresses of one name do not all answer alike.

An address whose answer is not known differs from nobody. What is compared are facts of the evidence, never judgements.
"""

import dataclasses
import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from scanner.model.derived import AddressDifference, Addresses, AnswerAt, Aspect
from scanner.model.evidence.certificates import Certificates
from scanner.model.evidence.ocsp_stapling import OcspStapling
from scanner.model.evidence.tls_flaws import Flaw, FlawState, TlsFlaws
from scanner.model.evidence.tls_groups import GroupSupport, TlsGroups
from scanner.model.evidence.tls_suites import TlsSuites
from scanner.model.observation import Observation
from scanner.model.outcome import Answer, Outcome

MAX_NAMED = 6
"""Names that one answer lists."""

_NOT_ASKED = frozenset({Outcome.NOT_ASSESSED, Outcome.NOT_APPLICABLE, Outcome.FORBIDDEN})

Table = Mapping[str, str | None]
"""Subject to answer at one address; None where it is not known. A subject that is missing does not arise there."""


def compare(observations: Sequence[Observation[object]]) -> Addresses:
    """The differences between the endpoints of one target's observations, aspect by aspect."""
    compared: dict[str, tuple[str, ...]] = {}
    missing: dict[str, tuple[str, ...]] = {}
    differences: list[AddressDifference] = []
    unsettled: list[str] = []
    for aspect, topic, kind, read in _ASPECTS:
        missing[aspect.value] = tuple(_missing(observations, topic))
        seen = [(one.endpoint, one.evidence) for one in observations if isinstance(one.evidence, kind) and one.endpoint]
        tables = {endpoint: read(evidence) for endpoint, evidence in seen}
        if not tables:
            continue
        compared[aspect.value] = tuple(tables)
        if aspect in _SETS:
            tables = _without_common(tables)
        for subject in dict.fromkeys(subject for table in tables.values() for subject in table):
            answers = tuple(
                AnswerAt(endpoint=key, answer=table[subject]) for key, table in tables.items() if subject in table
            )
            known = {one.answer for one in answers if one.answer is not None}
            if len(known) > 1:
                differences.append(AddressDifference(aspect=aspect, subject=subject, answers=answers))
            elif len(answers) > 1 and any(one.answer is None for one in answers):
                unsettled.append(f"{aspect}: {subject}")
    return Addresses(
        compared=compared,
        missing={aspect: endpoints for aspect, endpoints in missing.items() if endpoints},
        differences=tuple(differences),
        unsettled=tuple(unsettled),
    )


def _missing(observations: Sequence[Observation[object]], topic: str) -> Iterator[str]:
    """The endpoints at which the topic was to be seen and was not, for a reason that is not our own."""
    for one in observations:
        if one.topic == topic and one.endpoint and one.evidence is None and one.outcome not in _NOT_ASKED:
            yield one.endpoint


def _without_common(tables: Mapping[str, Table]) -> dict[str, Table]:
    """Comma lists without the names that all addresses have: what is left is the difference."""
    found: dict[str, dict[str, str | None]] = {endpoint: {} for endpoint in tables}
    for subject in dict.fromkeys(subject for table in tables.values() for subject in table):
        lists = {key: table[subject] for key, table in tables.items() if subject in table}
        known = [set(filter(None, one.split(", "))) for one in lists.values() if one is not None]
        common = set.intersection(*known) if known else set()
        for key, one in lists.items():
            own = None if one is None else [name for name in one.split(", ") if name and name not in common]
            found[key][subject] = None if own is None else _listed(own)
    return dict(found)


def _listed(names: Sequence[str]) -> str:
    if not names:
        return "nothing more"
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return ", ".join(names[:MAX_NAMED]) + more


def _protocols(evidence: TlsSuites) -> Table:
    return {
        version: None if one.supported is Answer.UNKNOWN else one.supported.value
        for version, one in evidence.protocols.items()
    }


def _suites(evidence: TlsSuites) -> Table:
    return {
        version: ", ".join(sorted(suite.name for suite in one.suites)) if one.complete is Answer.YES else None
        for version, one in evidence.protocols.items()
        if one.supported is Answer.YES
    }


def _groups(evidence: TlsGroups) -> Table:
    sides: Iterable[tuple[str, GroupSupport]] = (("TLSv1.3", evidence.tls13), ("TLSv1.2", evidence.tls12))
    return {
        version: ", ".join(sorted(group.name for group in one.groups)) if one.complete is Answer.YES else None
        for version, one in sides
        if one.supported is Answer.YES
    }


def _certificates(evidence: Certificates) -> Table:
    """The leaf by kind of key: a difference is normal behind load balancers, and worth knowing."""
    return {
        f"{chain.leaf.key.type} certificate": f"{chain.leaf.sha256[:16]}…, valid until {_day(chain.leaf.not_after)}"
        for chain in reversed(evidence.chains)
    }


def _day(moment: datetime.datetime | None) -> str:
    return "an unreadable day" if moment is None else f"{moment:%Y-%m-%d}"


def _staples(evidence: OcspStapling) -> Table:
    return {
        one.protocol: None if one.stapled is Answer.UNKNOWN else one.stapled.value for one in reversed(evidence.staples)
    }


def _flaws(evidence: TlsFlaws) -> Table:
    states = {FlawState.YES: "yes", FlawState.NO: "no"}
    flaws: dict[str, Flaw] = {
        field.name: getattr(evidence, field.name)
        for field in dataclasses.fields(evidence)
        if isinstance(getattr(evidence, field.name), Flaw)
    }
    return {name: states.get(flaw.state) for name, flaw in flaws.items() if flaw.asked and not flaw.condition}


_ASPECTS: tuple[tuple[Aspect, str, type, Callable[..., Table]], ...] = (
    (Aspect.PROTOCOL, "tls_suites", TlsSuites, _protocols),
    (Aspect.SUITES, "tls_suites", TlsSuites, _suites),
    (Aspect.GROUPS, "tls_groups", TlsGroups, _groups),
    (Aspect.CERTIFICATE, "certificates", Certificates, _certificates),
    (Aspect.STAPLE, "ocsp_stapling", OcspStapling, _staples),
    (Aspect.FLAW, "tls_flaws", TlsFlaws, _flaws),
)
_SETS = frozenset({Aspect.SUITES, Aspect.GROUPS})
