"""Loading policies: TOML in, `Policy` out, or one clear line about what is wrong with the file."""

import hashlib
import importlib.resources
import math
import pathlib
import tomllib
from collections.abc import Mapping
from typing import Any

from scanner.errors import UserFault
from scanner.model.policy import Policy
from scanner.model.rule import Severity
from scanner.policies.vocabulary import LISTS, OPTIONS, THRESHOLDS
from scanner.rules.registry import FAMILIES, all_rules

MAX_POLICY_BYTES = 1024 * 1024
"""The largest policy file that is read."""

_KEYS = frozenset(
    {
        *("id", "version", "title", "description", "include", "exclude"),
        *("severities", "thresholds", "lists", "options"),
    }
)


def available() -> tuple[str, ...]:
    """The ids of the policies that come with leadline."""
    files = importlib.resources.files("scanner.policies").iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


def load(name: str) -> Policy:
    """The policy with this id, or in the file of this name. Raises `UserFault` for one that cannot be used."""
    if name in available():
        raw = importlib.resources.files("scanner.policies").joinpath(f"{name}.toml").read_bytes()
        return parse(raw, name, checked=True)  # a test looks each rule up; at start-up that would load all of them
    try:
        with pathlib.Path(name).open("rb") as file:
            raw = file.read(MAX_POLICY_BYTES + 1)
    except FileNotFoundError:
        raise UserFault(f"unknown policy {name!r}: neither a file nor one of {', '.join(available())}") from None
    except OSError as error:
        raise UserFault(f"policy {name}: {error.strerror}") from None
    if len(raw) > MAX_POLICY_BYTES:
        raise UserFault(f"policy {name}: larger than {MAX_POLICY_BYTES} bytes")
    return parse(raw, name)


def parse(raw: bytes, name: str, *, checked: bool = False) -> Policy:
    """The policy in a TOML text; `name` stands for it in messages.

    The rules that it names must exist, unless that was `checked` before.
    """
    try:
        data = tomllib.loads(raw.decode("utf-8"))
    except (UnicodeDecodeError, RecursionError, tomllib.TOMLDecodeError) as error:
        raise UserFault(f"policy {name}: no TOML: {error}") from None
    unknown = sorted(set(data) - _KEYS)
    if unknown:
        raise UserFault(f"policy {name}: unknown key {unknown[0]!r}; known are {', '.join(sorted(_KEYS))}")
    return Policy(
        id=_text(data, "id", name),
        version=_text(data, "version", name),
        title=_text(data, "title", name),
        description=_text(data, "description", name) if "description" in data else "",
        sha256=hashlib.sha256(raw).hexdigest(),
        include=_prefixes(data, "include", name, checked=checked),
        exclude=_prefixes(data, "exclude", name, checked=checked),
        severities=_severities(data, name, checked=checked),
        thresholds=_thresholds(data, name),
        lists=_lists(data, name),
        options=_options(data, name),
    )


def _text(data: Mapping[str, Any], key: str, name: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value:
        raise UserFault(f"policy {name}: {key} is missing or no text")
    return value


def _prefixes(data: Mapping[str, Any], key: str, name: str, *, checked: bool) -> tuple[str, ...]:
    values = data.get(key, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise UserFault(f"policy {name}: {key} is a list of rule ids or prefixes")
    for value in () if checked else values:
        if value not in FAMILIES and not any(rule.info.id.startswith(value) for rule in all_rules()):
            raise UserFault(f"policy {name}: {key} names {value!r}, which is no rule (see `leadline rules`)")
    return tuple(values)


def _severities(data: Mapping[str, Any], name: str, *, checked: bool) -> dict[str, Severity]:
    table = data.get("severities", {})
    if not isinstance(table, dict):
        raise UserFault(f"policy {name}: severities is a table of rule id = severity")
    for rule, value in table.items():
        if not checked and rule not in {one.info.id for one in all_rules()}:
            raise UserFault(f"policy {name}: severities names {rule!r}, which is no rule (see `leadline rules`)")
        if value not in list(Severity):
            raise UserFault(f"policy {name}: {rule} = {value!r} is no severity; use one of {', '.join(Severity)}")
    return {rule: Severity(value) for rule, value in table.items()}


def _thresholds(data: Mapping[str, Any], name: str) -> dict[str, float]:
    table = data.get("thresholds", {})
    if not isinstance(table, dict):
        raise UserFault(f"policy {name}: thresholds is a table of name = number")
    for key, value in table.items():
        if key not in THRESHOLDS:
            raise UserFault(f"policy {name}: unknown threshold {key!r}; known are {', '.join(sorted(THRESHOLDS))}")
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise UserFault(f"policy {name}: threshold {key} is no number")
    return {key: float(value) for key, value in table.items()}


def _lists(data: Mapping[str, Any], name: str) -> dict[str, tuple[str, ...]]:
    table = data.get("lists", {})
    if not isinstance(table, dict):
        raise UserFault(f"policy {name}: lists is a table of name = list of names")
    for key, values in table.items():
        if key not in LISTS:
            raise UserFault(f"policy {name}: unknown list {key!r}; known are {', '.join(sorted(LISTS))}")
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise UserFault(f"policy {name}: {key} is a list of names")
        strange = sorted(set(values) - LISTS[key]())
        if strange:
            raise UserFault(f"policy {name}: {key} names {strange[0]!r}, which no rule knows")
    return {key: tuple(values) for key, values in table.items()}


def _options(data: Mapping[str, Any], name: str) -> dict[str, str | bool]:
    table = data.get("options", {})
    if not isinstance(table, dict):
        raise UserFault(f"policy {name}: options is a table of name = true, false or text")
    for key, value in table.items():
        if key not in OPTIONS:
            raise UserFault(f"policy {name}: unknown option {key!r}; known are {', '.join(sorted(OPTIONS))}")
        if not isinstance(value, OPTIONS[key]):
            wanted = "true or false" if OPTIONS[key] is bool else "a text"
            raise UserFault(f"policy {name}: option {key} is {wanted}")
    return dict(table)
