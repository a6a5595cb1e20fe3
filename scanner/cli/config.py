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
Default = str | list[str]


def read_defaults(folder: pathlib.Path) -> dict[str, Default]:
    """The defaults for the parameters of `scan` in this folder, by parameter name; empty where no file sets any.

    Raises `UserFault` for a file that is no TOML, a key that is no option, or a secret that stands in it.
    """
    for name in (OWN_FILE, SHARED_FILE):
        path = folder / name
        if _is_there(path):
            table = _table(path)
            if name == OWN_FILE or table:
                return dict(_default(name, key, value) for key, value in table.items())
    return {}


def _is_there(path: pathlib.Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder that we may not look into holds nothing for us
        return False


def _table(path: pathlib.Path) -> Mapping[str, object]:
    import tomllib

    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, RecursionError, tomllib.TOMLDecodeError) as error:
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


def _default(file: str, key: str, value: object) -> tuple[str, Default]:
    """The parameter of `scan` that a key stands for, with its value; one text does where a list may stand."""
    import inspect

    from scanner.cli import scan

    parameters = inspect.signature(scan.run).parameters
    names = {_NAMES.get(name, name).replace("_", "-"): name for name in parameters}
    known = {option: name for option, name in names.items() if name not in _NOT_HERE}
    if key not in known:
        raise UserFault(f"{file}: unknown key {key!r}; known are {', '.join(sorted(known))}")
    checked = _value(file, key, value)
    if parameters[known[key]].annotation.__origin__ == scan.Many:
        checked = checked if isinstance(checked, list) else [checked]
    elif isinstance(checked, list):
        raise UserFault(f"{file}: {key} is one value, no list")
    return known[key], checked


def _value(file: str, key: str, value: object) -> Default:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        values = [str(one) for one in value]
    elif isinstance(value, str | int | float | bool):
        values = [str(value)]
    else:
        raise UserFault(f"{file}: {key} is a text, a number, true, false, or a list of texts")
    if key == "header" and not all(one.partition(":")[2].strip().startswith("env:") for one in values):
        raise UserFault(f"{file}: header: secrets come from the environment; write 'Name: env:VARIABLE'")
    # As text, like a word of the command line, so that the option itself says what is wrong: a true is no 1.
    return values if isinstance(value, list) else values[0]
