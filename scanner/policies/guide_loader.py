"""Loading guides: TOML in, `Guide` out, or one clear line about what is wrong with the file.

Rows name rules by id or by name; the guide that comes out holds ids. A row that names what does not exist is refused,
for it would promise a check that nobody makes.
"""

import hashlib
import importlib.resources
import math
import pathlib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scanner.errors import UserFault
from scanner.model.guide import Advice, Guide, GuideStatus
from scanner.policies.vocabulary import THRESHOLDS
from scanner.rules.guide_facts import all_facts
from scanner.rules.registry import all_rules

MAX_GUIDE_BYTES = 1024 * 1024
"""The largest guide file that is read."""

_KEYS = frozenset({"id", "version", "title", "description", "thresholds", "rows"})
_TEXTS = ("instead", "do", "ask", "unseen")
_RULES = ("rules", "also")
_FACTS = ("facts", "remarks")
_ROW_KEYS = frozenset({"id", "advice", *_FACTS, "at_best", "not_applicable", "observable", *_TEXTS, *_RULES})
_IF_NOT_APPLICABLE = (GuideStatus.MET, GuideStatus.NOT_MET, GuideStatus.UNKNOWN)
_AT_BEST = (GuideStatus.MET, GuideStatus.UNKNOWN, GuideStatus.NOT_OBSERVABLE)


def available_guides() -> tuple[str, ...]:
    """The ids of the guides that come with leadline."""
    files = importlib.resources.files("scanner.policies").joinpath("guides").iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


def load_guides(names: Iterable[str]) -> tuple[Guide, ...]:
    """The guides with these ids or in these files, each once, in the order given."""
    return tuple(load_guide(name) for name in dict.fromkeys(names))


def load_guide(name: str) -> Guide:
    """The guide with this id, or in the file of this name. Raises `UserFault` for one that cannot be used."""
    if name in available_guides():
        raw = importlib.resources.files("scanner.policies").joinpath("guides", f"{name}.toml").read_bytes()
        return parse_guide(raw, name)
    try:
        with pathlib.Path(name).open("rb") as file:
            raw = file.read(MAX_GUIDE_BYTES + 1)
    except FileNotFoundError:
        raise UserFault(f"unknown guide {name!r}: neither a file nor one of {', '.join(available_guides())}") from None
    except OSError as error:
        raise UserFault(f"guide {name}: {error.strerror}") from None
    except ValueError:  # a name that no file can have
        raise UserFault(f"unknown guide {name!r}: one of {', '.join(available_guides())}, or a file") from None
    if len(raw) > MAX_GUIDE_BYTES:
        raise UserFault(f"guide {name}: larger than {MAX_GUIDE_BYTES} bytes")
    return parse_guide(raw, name)


def parse_guide(raw: bytes, name: str) -> Guide:
    """The guide in a TOML text; `name` stands for it in messages."""
    try:
        data = tomllib.loads(raw.decode("utf-8"))
    except (UnicodeDecodeError, RecursionError, tomllib.TOMLDecodeError) as error:
        raise UserFault(f"guide {name}: no TOML: {error}") from None
    _check_keys(data, _KEYS, f"guide {name}")
    rows = data.get("rows", [])
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise UserFault(f"guide {name}: rows are tables: [[rows]], at least one")
    known = {key: rule.info.id for rule in all_rules() for key in (rule.info.id, rule.info.name)}
    advice = tuple(_advice(row, place, name, known) for place, row in enumerate(rows, 1))
    ids = [row.id for row in advice]
    if repeated := next((one for one in ids if ids.count(one) > 1), None):
        raise UserFault(f"guide {name}: there are two rows {repeated!r}")
    return Guide(
        id=_text(data, "id", f"guide {name}"),
        version=_text(data, "version", f"guide {name}"),
        title=_text(data, "title", f"guide {name}"),
        description=_text(data, "description", f"guide {name}") if "description" in data else "",
        sha256=hashlib.sha256(raw).hexdigest(),
        thresholds=_thresholds(data.get("thresholds", {}), f"guide {name}"),
        rows=advice,
    )


def _advice(row: Mapping[str, Any], place: int, name: str, known: Mapping[str, str]) -> Advice:
    where = f"guide {name}, row {row.get('id', place)}"
    _check_keys(row, _ROW_KEYS, where)
    texts = {key: _text(row, key, where) for key in _TEXTS if key in row}
    rules = {key: _rules(row.get(key, []), where, key, known) for key in _RULES}
    facts = {key: _facts(row.get(key, []), where, key) for key in _FACTS}
    observable = row.get("observable", True)
    if not isinstance(observable, bool):
        raise UserFault(f"{where}: observable is true or false")
    asked = [*rules["rules"], *facts["facts"]]
    if observable and not asked and "instead" not in texts:
        raise UserFault(f"{where}: name rules or facts that decide it, or set observable = false")
    if not observable and (asked or rules["also"] or facts["remarks"] or "do" not in texts):
        raise UserFault(f"{where}: what cannot be observed has no rules, and says what to do")
    return Advice(
        id=_text(row, "id", where),
        advice=_text(row, "advice", where),
        rules=rules["rules"],
        also=rules["also"],
        facts=facts["facts"],
        remarks=facts["remarks"],
        observable=observable,
        at_best=_status(row, "at_best", _AT_BEST, where),
        not_applicable=_status(row, "not_applicable", _IF_NOT_APPLICABLE, where),
        instead=texts.get("instead"),
        do=texts.get("do"),
        ask=texts.get("ask"),
        unseen=texts.get("unseen"),
    )


def _check_keys(table: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise UserFault(f"{where}: unknown key {unknown[0]!r}; known are {', '.join(sorted(known))}")


def _text(table: Mapping[str, Any], key: str, where: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise UserFault(f"{where}: {key} is missing or no text")
    return " ".join(value.split())


def _names(value: object, where: str, key: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise UserFault(f"{where}: {key} is a list of names")
    return tuple(dict.fromkeys(value))


def _rules(value: object, where: str, key: str, known: Mapping[str, str]) -> tuple[str, ...]:
    names = _names(value, where, key)
    for one in names:
        if one not in known:
            raise UserFault(f"{where}: {key} names {one!r}, which is no rule (see `leadline rules`)")
    return tuple(dict.fromkeys(known[one] for one in names))


def _facts(value: object, where: str, key: str) -> tuple[str, ...]:
    names = _names(value, where, key)
    for one in names:
        if one not in all_facts():
            raise UserFault(f"{where}: {key} names {one!r}; known are {', '.join(all_facts())}")
    return names


def _status(row: Mapping[str, Any], key: str, known: Sequence[GuideStatus], where: str) -> GuideStatus:
    value = row.get(key, "met")
    if not isinstance(value, str) or value not in known:
        raise UserFault(f"{where}: {key} is one of {', '.join(known)}")
    return GuideStatus(value)


def _thresholds(table: object, where: str) -> dict[str, float]:
    if not isinstance(table, dict):
        raise UserFault(f"{where}: thresholds is a table of name = number")
    for key, value in table.items():
        if key not in THRESHOLDS:
            raise UserFault(f"{where}: unknown threshold {key!r}; known are {', '.join(sorted(THRESHOLDS))}")
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise UserFault(f"{where}: threshold {key} is no number")
    return {key: float(value) for key, value in table.items()}
