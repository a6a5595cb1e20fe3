"""The table of header fields that tell what runs behind them (`data/leaking_headers.toml`)."""

import functools
import importlib.resources
import tomllib
from collections.abc import Mapping

from scanner.model.evidence.leakage import LeakKind


@functools.cache
def leaking_headers() -> Mapping[str, LeakKind]:
    """What each telling header gives away, by its name in lower case."""
    text = importlib.resources.files("scanner.wire").joinpath("data/leaking_headers.toml").read_text("utf-8")
    table = tomllib.loads(text)
    return {name: kind for kind in LeakKind for name in table[kind.value]}
