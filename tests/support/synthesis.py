"""Synthesis: a value of any type of the model, built from its annotations, with one text in every string of it.

A field that is added to the model is covered the day it is added.
"""

import collections.abc
import dataclasses
import datetime
import enum
import functools
import importlib
import pkgutil
import types
import typing
from collections.abc import Iterator

import scanner.model.evidence
from scanner.model.observation import Observation
from scanner.model.peer import PeerText
from scanner.model.result import ScanResult
from scanner.model.rule import RuleStatus

NOW = datetime.datetime(2026, 11, 21, 5, tzinfo=datetime.UTC)
_SCALARS: dict[object, object] = {
    bool: True,
    int: 7,
    float: 1.5,
    bytes: b"\x16\x03\x01",
    datetime.datetime: NOW,
    datetime.date: NOW.date(),
}


def synthesize(hint: object, text: str) -> typing.Any:
    """A value of the type `hint` with `text` in every string; every optional member is there, every array has one."""
    if isinstance(hint, typing.NewType):
        return synthesize(hint.__supertype__, text)
    if hint is str:
        return text
    if hint in _SCALARS:
        return _SCALARS[hint]
    if hint is object or isinstance(hint, typing.TypeVar):
        return {text: [text, {"a": text, "b": [text]}]}
    kind, arguments = typing.get_origin(hint) or hint, typing.get_args(hint)
    if kind in {typing.Union, types.UnionType}:
        return synthesize(next(one for one in arguments if one is not type(None)), text)
    assert isinstance(kind, type), hint
    if issubclass(kind, enum.Enum):
        return next(iter(kind))
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return kind(**{field.name: synthesize(hints[field.name], text) for field in dataclasses.fields(kind)})
    if issubclass(kind, collections.abc.Mapping):
        return {synthesize(arguments[0], text): synthesize(arguments[1], text)}
    if issubclass(kind, tuple) and Ellipsis not in arguments:
        return tuple(synthesize(one, text) for one in arguments)
    return typing.cast("typing.Any", kind)((synthesize(arguments[0], text),))


def evidence_classes() -> tuple[tuple[str, type], ...]:
    """Every dataclass of every evidence module, with the module's topic."""
    found = []
    for module in pkgutil.iter_modules(scanner.model.evidence.__path__):
        content = vars(importlib.import_module(f"scanner.model.evidence.{module.name}"))
        found += [(module.name, one) for one in content.values() if isinstance(one, type) and _is_own(one, module.name)]
    return tuple(found)


@functools.cache
def hostile_result(text: str) -> ScanResult:
    """A result with `text` in every string: every evidence class observed, every rule status, a waived finding too."""
    whole: ScanResult = synthesize(ScanResult, text)
    target, observation = whole.targets[0], whole.targets[0].observations[0]
    observed: list[Observation[object]] = [observation]
    observed += [
        dataclasses.replace(observation, topic=topic, evidence=synthesize(kind, text))
        for topic, kind in evidence_classes()
    ]
    finding = target.findings[0]
    hostile = dataclasses.replace(
        target,
        observations=tuple(observed),
        outcomes=tuple(dataclasses.replace(target.outcomes[0], status=status) for status in RuleStatus),
        findings=(finding, dataclasses.replace(finding, waiver=None)),
    )
    return dataclasses.replace(whole, targets=(hostile,))


def peer_fields() -> tuple[str, ...]:
    """`Class.field` of every field in the type tree of a result, evidence included, that holds peer text."""
    seen: set[type] = set()
    roots: list[object] = [ScanResult, *(kind for _, kind in evidence_classes())]
    found = []
    while roots:
        hint = roots.pop()
        kind = typing.get_origin(hint) or hint
        roots += typing.get_args(hint)
        if isinstance(kind, type) and dataclasses.is_dataclass(kind) and kind not in seen:
            seen.add(kind)
            for name, one in typing.get_type_hints(kind).items():
                roots.append(one)
                if PeerText in set(_leaves(one)):
                    found.append(f"{kind.__name__}.{name}")
    return tuple(sorted(found))


def _leaves(hint: object) -> Iterator[object]:
    yield hint
    for one in typing.get_args(hint):
        yield from _leaves(one)


def _is_own(kind: type, module: str) -> bool:
    return dataclasses.is_dataclass(kind) and kind.__module__.endswith(f".{module}")
