"""Configuration: `leadline.toml`, or `[tool.leadline]` in `pyproject.toml`, holds defaults for `leadline scan`.

Keys are the long options of `scan` without the dashes (`fail-on = "medium"`). The command line wins. Secrets have no
place in it: the value of a `header` is `env:NAME`.
"""

import pathlib
from collections.abc import Mapping

from scanner.errors import UserFault

OWN_FILE = "leadline.toml"
SHARED_FILE = "pyproject.toml"

_NOT_HERE = frozenset({"urls", "quiet", "verbose"})
_NAMES = {"format_": "format"}
Default = str | int | float | bool | list[str]


def read_defaults(folder: pathlib.Path) -> dict[str, Default]:
    """The defaults for the parameters of `scan` in this folder, by parameter name; empty where no file sets any.

    Raises `UserFault` for a file that is no TOML, a key that is no option, or a secret that stands in it.
    """
    for name in (OWN_FILE, SHARED_FILE):
        path = folder / name
        if path.is_file():
            table = _table(path)
            if name == OWN_FILE or table:
                return {_parameter(name, key): _value(name, key, value) for key, value in table.items()}
    return {}


def _table(path: pathlib.Path) -> Mapping[str, object]:
    import tomllib

    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        if path.name == SHARED_FILE:
            return {}  # somebody else's file: whether it is right is not for us to say
        raise UserFault(f"{path.name}: cannot be read: {error}") from None
    if path.name == OWN_FILE:
        return data
    tool = data.get("tool", {})
    table = tool.get("leadline", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise UserFault(f"{path.name}: [tool.leadline] is no table")
    return table


def _parameter(file: str, key: str) -> str:
    """The parameter of `scan` that a key stands for."""
    import inspect

    from scanner.cli import scan

    names = {_NAMES.get(name, name).replace("_", "-"): name for name in inspect.signature(scan.run).parameters}
    known = {option: name for option, name in names.items() if name not in _NOT_HERE}
    if key not in known:
        raise UserFault(f"{file}: unknown key {key!r}; known are {', '.join(sorted(known))}")
    return known[key]


def _value(file: str, key: str, value: object) -> Default:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        values = [str(one) for one in value]
    elif isinstance(value, str | int | float | bool):
        values = [str(value)]
    else:
        raise UserFault(f"{file}: {key} is a text, a number, true, false, or a list of texts")
    if key == "header" and not all(one.partition(":")[2].strip().startswith("env:") for one in values):
        raise UserFault(f"{file}: header: secrets come from the environment; write 'Name: env:VARIABLE'")
    return values if isinstance(value, list) else value
