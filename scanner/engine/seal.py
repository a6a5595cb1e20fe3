"""Sealing: takes out of the evidence what no report may hold, after all probes have read it.

Cookie values are somebody's session, and values given with `--header` are the user's secrets, wherever a server may
repeat them.
"""

import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from scanner.model.evidence.http_exchanges import HeaderField
from scanner.model.observation import Observation
from scanner.model.options import HeaderOption
from scanner.model.peer import PeerText

T = TypeVar("T")
Change = Callable[[object], object]

SECRET_CHARACTERS = 4
"""Characters that a `--header` value must have to be looked for: shorter ones would be found everywhere by chance."""

PART_CHARACTERS = 8
"""The same for a part of a value."""

REDACTED = "[redacted]"


def seal(
    observations: Sequence[Observation[object]], headers: Sequence[HeaderOption]
) -> tuple[Observation[object], ...]:
    """The observations without cookie values and without the secrets in `headers`."""
    secrets = sorted({secret for one in headers for secret in _secrets(one)}, key=len, reverse=True)

    def change(value: object) -> object:
        if isinstance(value, HeaderField) and value.name.strip().lower() == "set-cookie":
            return dataclasses.replace(value, value=without_cookie_value(value.value))
        if isinstance(value, str):
            return _without(value, secrets)
        return value

    return tuple(_rewritten(one, change) for one in observations)


def without_cookie_value(line: str) -> PeerText:
    """A Set-Cookie line with its value replaced by length and short hash; name and attributes stay as sent."""
    pair, semicolon, attributes = line.partition(";")
    name, equals, value = pair.partition("=")
    if not equals or not value.strip():
        return PeerText(line)
    digest = hashlib.sha256(value.strip().encode()).hexdigest()[:8]
    return PeerText(f"{name}=[{len(value.strip())} characters, sha256 {digest}]{semicolon}{attributes}")


def _secrets(one: HeaderOption) -> Iterator[str]:
    """A field's value, and what of it a server may repeat alone: credentials after their scheme, values of cookies."""
    if len(one.value) >= SECRET_CHARACTERS:
        yield one.value
    parts: Iterable[str] = ()
    if one.name.lower() in {"authorization", "proxy-authorization"}:
        parts = one.value.split()[1:]
    elif one.name.lower() == "cookie":
        parts = (pair.partition("=")[2] for pair in one.value.split(";"))
    yield from (part for part in parts if len(part) >= PART_CHARACTERS)


def _without(text: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        if secret in text:
            text = text.replace(secret, REDACTED)
    return text


def _rewritten(value: T, change: Change) -> T:
    """`value` with `change` applied to everything in it: fields of dataclasses, members of tuples and dicts."""
    changed = change(value)
    if dataclasses.is_dataclass(changed) and not isinstance(changed, type):
        new = {field.name: _rewritten(getattr(changed, field.name), change) for field in dataclasses.fields(changed)}
        if any(new[name] is not getattr(changed, name) for name in new):
            changed = dataclasses.replace(changed, **new)
    elif type(changed) is tuple:
        members = tuple(_rewritten(member, change) for member in changed)
        if any(new is not old for new, old in zip(members, changed, strict=True)):
            changed = members
    elif type(changed) is dict:
        changed = {_rewritten(key, change): _rewritten(member, change) for key, member in changed.items()}
    return changed  # type: ignore[return-value]  # `change` keeps the type of what it changes
