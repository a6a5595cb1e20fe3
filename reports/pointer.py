"""JSON Pointers (RFC 6901) into a document of builtins."""

import re
from typing import Final

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")  # section 4: no leading zeros

MISSING: Final = object()
"""What `resolve` says of a pointer that leads nowhere."""


def resolve(document: object, pointer: str) -> object:
    """The value that `pointer` leads to; `MISSING` where it leads nowhere or is no pointer."""
    if pointer == "":
        return document
    if not pointer.startswith("/"):
        return MISSING
    value = document
    for token in tokens(pointer):
        value = _step(value, token)
        if value is MISSING:
            return MISSING
    return value


def tokens(pointer: str) -> tuple[str, ...]:
    """The reference tokens of a pointer, unescaped (section 4: `~1` is a slash, `~0` a tilde)."""
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:])


def _step(value: object, token: str) -> object:
    if isinstance(value, dict):
        return value.get(token, MISSING)
    if isinstance(value, list) and _INDEX.fullmatch(token) and int(token) < len(value):
        return value[int(token)]
    return MISSING
