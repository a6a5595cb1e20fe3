"""The codec: results to JSON and back (`leadline/result/1`), and the JSON Schema of both ways.

Rule of the module: the only one of the model that knows msgspec. Evidence is decoded in a second step, by topic, so
that a result with a topic that this installation does not know loads all the same: its evidence stays as it stood. A
field with a trailing underscore (`for_`) has its JSON key without it; one whose key is no name in Python has it in its
metadata (`{"key": "TLSv1.3"}`).
"""

import collections.abc
import dataclasses
import datetime
import enum
import functools
import inspect
import types as kinds
import typing
from collections.abc import Collection, Mapping

import msgspec

from scanner.errors import UserFault
from scanner.model.grade import GRADE_TYPES
from scanner.model.observation import Observation
from scanner.model.result import SCHEMA, ScanResult, TargetResult

SCHEMA_ID = "urn:leadline:result:1"
"""The `$id` of the published schema: a name, not a place."""

_READING = """One scan as a document, or in JSON Lines one target of it a line.

Keys may be added within this version: pass over those that you do not know. Times are RFC 3339 in UTC. A string that
the scanned side wrote may stand anywhere below `evidence`, and in `reason`, `detail`, `message` and `arguments`: escape
it. `findings[].evidence` are JSON Pointers (RFC 6901) into this document. `unknown` and `not-assessed` are no pass."""
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_FAMILY = SCHEMA.rpartition("/")[0] + "/"
_REF = "#/$defs/{name}"
_EVIDENCE_ROOM = b"scanner.model.evidence."
_LONGEST_REASON = 300


def encode(result: ScanResult) -> bytes:
    """The result as UTF-8 JSON on one line. The same result gives the same bytes.

    Times are RFC 3339 in UTC with `Z`; a time without a zone is a ValueError, for that is a bug of ours.
    """
    return msgspec.json.encode(document(result))


def document(result: ScanResult) -> dict[str, object]:
    """The result as `encode` writes it, in dict, list, str, int, float, bool and None: JSON Pointers point into it."""
    return _object(result)


def to_builtins(value: object) -> object:
    """Any value of the model (an observation, the evidence of one topic) in builtins, as it stands in a document.

    Types beyond the common ones are as msgspec has them: dates in ISO 8601, bytes in base64.
    """
    if isinstance(value, enum.Enum):
        return to_builtins(value.value)
    if isinstance(value, str):
        return _encodable(value)
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, tuple | list):
        return [to_builtins(one) for one in value]
    if isinstance(value, Mapping):
        return {_encodable(str(key)): to_builtins(one) for key, one in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((to_builtins(one) for one in value), key=msgspec.json.encode)
    if isinstance(value, datetime.datetime):
        return _utc(value)
    if dataclasses.is_dataclass(value):
        return _object(value)
    return msgspec.to_builtins(value)


def decode(raw: bytes, types: Mapping[str, type]) -> ScanResult:
    """The result that `raw` holds, each observation's evidence as the type that `types` names for its topic.

    UserFault, in one line, where `raw` is no JSON, no result, or a result of another schema version.
    """
    try:
        read = msgspec.json.decode(raw)
        _check_version(read)
        result = msgspec.convert(_to_fields(read, ScanResult), ScanResult, str_keys=True)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UserFault(f"not a leadline result: {_one_line(error)}") from error
    return dataclasses.replace(result, targets=tuple(_with_evidence(target, types) for target in result.targets))


def schema(types: Mapping[str, type]) -> dict[str, object]:
    """The JSON Schema (2020-12) of the document, with the evidence of each topic in `types` tied to that topic.

    Observations of other topics may carry any evidence.
    """
    topics = dict(sorted(types.items()))
    references, components = msgspec.json.schema_components(
        (ScanResult, Observation[object], *topics.values(), *GRADE_TYPES.values()),
        schema_hook=_any_value,
        ref_template=_REF,
    )
    kinds_within = _kinds({ScanResult, Observation, *topics.values(), *GRADE_TYPES.values()})
    keys = {kind.__name__: dict(_keys(kind)) for kind in kinds_within if dataclasses.is_dataclass(kind)}
    for component in components.values():
        _tidy(component, keys.get(component.get("title", ""), {}))
    for kind in kinds_within:
        if issubclass(kind, enum.Enum) and kind.__name__ in components:
            components[kind.__name__]["enum"] = [member.value for member in kind]
    root, observation = (
        components[reference["$ref"].removeprefix(_REF.format(name=""))] for reference in references[:2]
    )
    root["properties"]["schema"] = {"const": SCHEMA}
    root["required"] = ["schema", *root["required"]]
    observation["title"] = Observation.__name__
    if topics:
        observation["allOf"] = [_tie(*pair) for pair in zip(topics, references[2 : 2 + len(topics)], strict=True)]
    grades = components[TargetResult.__name__]["properties"]["grades"]
    grades["properties"] = dict(zip(GRADE_TYPES, references[2 + len(topics) :], strict=True))
    definitions = dict(sorted(components.items()))
    whole = {
        "$schema": _DIALECT,
        "$id": SCHEMA_ID,
        "title": SCHEMA,
        "description": _READING,
        **references[0],
        "$defs": definitions,
    }
    return _under_plain_name(whole)


# --- values to builtins -----------------------------------------------------------------------------------------------


def _object(value: object) -> dict[str, object]:
    """A dataclass by its JSON keys, in the order of its fields."""
    kind: type = type(value)
    return {key: to_builtins(getattr(value, name)) for name, key in _keys(kind)}


def _encodable(text: str) -> str:
    r"""`text`, with halves of surrogate pairs, which UTF-8 cannot carry, written as `\udc80`."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _utc(moment: datetime.datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone has no place in a result: {moment}")
    return str(msgspec.to_builtins(moment.astimezone(datetime.UTC)))


@functools.cache
def _keys(kind: type) -> tuple[tuple[str, str], ...]:
    """Field name and JSON key of each field of a dataclass, in order."""
    return tuple(
        (field.name, field.metadata.get("key", field.name.removesuffix("_"))) for field in dataclasses.fields(kind)
    )


# --- builtins to values -----------------------------------------------------------------------------------------------


def _check_version(read: object) -> None:
    version = read.get("schema") if isinstance(read, dict) else None
    if not isinstance(version, str) or not version.startswith(_FAMILY):
        raise UserFault(f"not a leadline result: the document does not say that it is {SCHEMA}")
    if version != SCHEMA:
        raise UserFault(f"the result is {_one_line(version)}, but this leadline reads {SCHEMA} only")


def _with_evidence(target: TargetResult, types: Mapping[str, type]) -> TargetResult:
    return dataclasses.replace(
        target,
        observations=tuple(_typed_evidence(observation, types) for observation in target.observations),
        grades={key: _typed_grade(key, grade) for key, grade in target.grades.items()},
    )


def _typed_grade(key: str, grade: object) -> object:
    kind = GRADE_TYPES.get(key)
    return grade if kind is None else _typed(grade, kind, f"grade {key}")


def _typed_evidence(observation: Observation[object], types: Mapping[str, type]) -> Observation[object]:
    kind = types.get(observation.topic)
    if kind is None or observation.evidence is None:
        return observation
    return dataclasses.replace(
        observation, evidence=_typed(observation.evidence, kind, f"evidence of {observation.topic}")
    )


def _typed(value: object, kind: type, what: str) -> object:
    try:
        typed: object = msgspec.convert(_to_fields(value, kind), kind, str_keys=True)
    except (msgspec.ValidationError, RecursionError) as error:
        raise UserFault(f"not a leadline result: {what}: {_one_line(error)}") from error
    return typed


def _to_fields(value: object, hint: object) -> object:
    """`value` with the JSON keys of the dataclasses in `hint` turned into their field names.

    Only keys that a dataclass owns are touched: a mapping's keys may be the peer's.
    """
    kind = typing.get_origin(hint) or hint
    arguments = typing.get_args(hint)
    if kind in {typing.Union, kinds.UnionType}:
        return _to_fields(value, next((one for one in arguments if _fits(value, one)), object))
    if isinstance(value, dict) and isinstance(kind, type) and dataclasses.is_dataclass(kind):
        hints = _hints(kind)
        return {name: _to_fields(value[key], hints[name]) for name, key in _keys(kind) if key in value}
    if isinstance(value, dict) and len(arguments) == 2:
        return {key: _to_fields(one, arguments[1]) for key, one in value.items()}
    if isinstance(value, list) and arguments:
        return [_to_fields(one, arguments[0]) for one in value]
    return value


def _fits(value: object, hint: object) -> bool:
    """Whether a JSON value has the shape of `hint`, a member of a union."""
    kind = typing.get_origin(hint) or hint
    if not isinstance(kind, type):
        return False
    if isinstance(value, dict):
        return dataclasses.is_dataclass(kind) or issubclass(kind, collections.abc.Mapping)
    return isinstance(value, list) and issubclass(kind, collections.abc.Collection) and not issubclass(kind, str)


@functools.cache
def _hints(kind: type) -> dict[str, object]:
    return typing.get_type_hints(kind)


def _one_line(reason: object) -> str:
    """The reason on one line that a terminal can show: what cannot be printed is escaped, the length is capped."""
    text = str(reason)[:_LONGEST_REASON]
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


# --- schema -----------------------------------------------------------------------------------------------------------


def _any_value(kind: type) -> dict[str, object]:
    """The schema of `object`, which a result leaves open; other types have no place in it."""
    if kind is object:
        return {"description": "any JSON value"}
    raise NotImplementedError


def _tidy(component: dict[str, typing.Any], keys: Mapping[str, str]) -> None:
    """Names the properties of one dataclass as their JSON keys, and takes the indentation out of its docstring."""
    if "properties" in component:
        component["properties"] = {
            keys.get(name, name.removesuffix("_")): one for name, one in component["properties"].items()
        }
        component["required"] = [keys.get(name, name.removesuffix("_")) for name in component["required"]]
    if "description" in component:
        component["description"] = inspect.cleandoc(component["description"])


def _kinds(hints: Collection[object]) -> tuple[type, ...]:
    """Every class in the types that `hints` are made of.

    Their enums are listed in their own order, for msgspec lists members by letter; fields by their JSON keys.
    """
    left, seen = list(hints), set[object]()
    while left:
        hint = left.pop()
        kind = typing.get_origin(hint) or hint
        left += typing.get_args(hint)
        if dataclasses.is_dataclass(kind) and isinstance(kind, type) and kind not in seen:
            left += _hints(kind).values()
        seen.add(kind)
    return tuple(kind for kind in seen if isinstance(kind, type))


def _under_plain_name(whole: dict[str, object]) -> dict[str, object]:
    """The schema with shorter names than msgspec gives.

    `Observation[object]` is called `Observation`; classes of one name in two topics are told apart by the topic.
    """
    raw = msgspec.json.encode(whole).replace(b"Observation_object_", b"Observation").replace(_EVIDENCE_ROOM, b"")
    return msgspec.json.decode(raw, type=dict[str, object])


def _tie(topic: str, reference: dict[str, typing.Any]) -> dict[str, object]:
    return {
        "if": {"properties": {"topic": {"const": topic}}, "required": ["topic"]},
        "then": {"properties": {"evidence": {"anyOf": [reference, {"type": "null"}]}}},
    }
