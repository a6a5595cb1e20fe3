"""Plans: which probes run for a target, and which of them are judged."""

import dataclasses
from collections.abc import Iterable, Sequence

from probes.base import Group, Probe, ProbeInfo
from scanner.errors import UserFault
from scanner.model.options import Profile, ScanOptions
from scanner.model.target import Target


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The probes to run, in report order, and the topics that are judged.

    A probe that runs only because another requires it is in `probes` but not in `judged`.
    """

    probes: tuple[Probe[object], ...]
    judged: frozenset[str]


def expand(words: Iterable[str], probes: Sequence[Probe[object]], option: str) -> frozenset[str]:
    """The topics that the words of `--only` or `--skip` stand for: topics, or groups of them.

    Raises `UserFault` for a word that is neither.
    """
    topics: set[str] = set()
    known = {probe.info.topic for probe in probes}
    for word in words:
        if word in known:
            topics.add(word)
        members = {probe.info.topic for probe in probes if probe.info.group == word}
        if not members and word not in known:
            names = ", ".join(sorted(known | {str(group) for group in Group}))
            raise UserFault(f"{option}: unknown topic {word!r}; known are {names}")
        topics |= members
    return frozenset(topics)


def make_plan(target: Target, options: ScanOptions, probes: Sequence[Probe[object]]) -> Plan:
    """The plan for one target."""
    judged = frozenset(probe.info.topic for probe in probes if _wanted(probe.info, options))
    needed = _with_required(judged, probes)
    running = tuple(
        probe for probe in probes if probe.info.topic in needed and (target.is_tls or not probe.info.needs_tls)
    )
    return Plan(probes=running, judged=judged)


def _wanted(info: ProbeInfo, options: ScanOptions) -> bool:
    if (info.intrusive and not options.intrusive) or info.topic in options.skip:
        return False
    if options.only:
        return info.topic in options.only
    return info.quick or options.profile is not Profile.QUICK


def _with_required(topics: frozenset[str], probes: Sequence[Probe[object]]) -> frozenset[str]:
    """`topics` with everything that they require, and what that requires."""
    requires = {probe.info.topic: probe.info.requires for probe in probes}
    needed: set[str] = set()
    todo = list(topics)
    while todo:
        topic = todo.pop()
        if topic not in needed:
            needed.add(topic)
            todo.extend(requires.get(topic, frozenset()))
    return frozenset(needed)


def check_selection(options: ScanOptions, probes: Sequence[Probe[object]]) -> None:
    """Raises `UserFault` where `--only`, `--skip` and `--profile` together leave no probe."""
    if not any(_wanted(probe.info, options) for probe in probes):
        raise UserFault("--only and --skip leave no probe to run")
