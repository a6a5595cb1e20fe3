"""The registry of reports: our own by name, those of other packages through the entry-point group `leadline.reports`.

A format's module is imported when the format is asked for, so that `--help` pays for no template engine.
"""

import dataclasses
import functools
import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from scanner.errors import UserFault

if TYPE_CHECKING:
    from reports.base import Renderer  # at run time it would bring the whole model

ENTRY_POINT_GROUP = "leadline.reports"
"""An entry point of this group is named as its format, and names a class (or a function) that returns a renderer when
called without arguments."""


@dataclasses.dataclass(frozen=True, slots=True)
class _BuiltIn:
    suffix: str
    home: str


_BUILT_IN: Mapping[str, _BuiltIn] = {
    "console": _BuiltIn(".txt", "reports.console:ConsoleReport"),
    "json": _BuiltIn(".json", "reports.json_report:JsonReport"),
    "jsonl": _BuiltIn(".jsonl", "reports.json_lines:JsonLinesReport"),
    "html": _BuiltIn(".html", "reports.html.report:HtmlReport"),
}
"""Our formats in the order in which they are listed."""


def formats() -> tuple[str, ...]:
    """The names of all formats, ours first, then those of other packages by name."""
    return (*_BUILT_IN, *sorted(_plugins()))


def suffixes() -> tuple[str, ...]:
    """The file endings of all formats, with the dot, in the order of `formats`."""
    return (*(one.suffix for one in _BUILT_IN.values()), *(_plugin(name).suffix for name in sorted(_plugins())))


def check(name: str) -> str:
    """`name` itself, where a format is called so; UserFault otherwise. A format of ours is not loaded yet."""
    return name if name in _BUILT_IN else renderer(name).format


def format_of(suffix: str) -> str:
    """The format whose files end in `suffix` (`.html`). UserFault where there is none. None of ours is loaded yet."""
    ours = next((name for name, one in _BUILT_IN.items() if one.suffix == suffix.lower()), None)
    return ours or renderer_for_suffix(suffix).format


def renderer(name: str) -> "Renderer":
    """A renderer of the format `name`, as it is without options. UserFault where there is no such format."""
    if name in _BUILT_IN:
        return _built_in(name)
    if name in _plugins():
        return _plugin(name)
    raise UserFault(f"unknown format {name!r}; known are {', '.join(formats())}")


def renderer_for_suffix(suffix: str) -> "Renderer":
    """A renderer of the format whose files end in `suffix` (`.html`). UserFault where there is no such format."""
    for name, built_in in _BUILT_IN.items():
        if built_in.suffix == suffix.lower():
            return _built_in(name)
    for name in sorted(_plugins()):
        other = _plugin(name)
        if other.suffix == suffix.lower():
            return other
    raise UserFault(f"no format for files that end in {suffix!r}; known endings are {', '.join(suffixes())}")


def _built_in(name: str) -> "Renderer":
    module, _, noun = _BUILT_IN[name].home.partition(":")
    return cast("Renderer", getattr(importlib.import_module(module), noun)())


@functools.cache
def _plugins() -> Mapping[str, "importlib.metadata.EntryPoint"]:
    """The entry points of other packages by format. UserFault where one takes a name of ours."""
    import importlib.metadata

    points = {point.name: point for point in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP)}
    taken = sorted(points.keys() & _BUILT_IN.keys())
    if taken:
        raise UserFault(f"an installed package takes the format {taken[0]!r} of leadline; uninstall it")
    return points


def _plugin(name: str) -> "Renderer":
    try:
        return cast("Renderer", _plugins()[name].load()())
    except Exception as error:
        raise UserFault(
            f"the report {name!r} cannot be loaded ({type(error).__name__}: {error}); mend or uninstall its package"
        ) from error
