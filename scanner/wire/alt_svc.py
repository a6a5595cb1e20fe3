"""Alt-Svc (RFC 7838 section 3): the lines of the field in, alternative services out."""

import re
from collections.abc import Iterator, Sequence

from scanner.errors import Malformed
from scanner.model.evidence.operation import AltService
from scanner.model.peer import peer_text

MAX_SIZE = 8_192
"""Characters of the field, all lines together."""

MAX_SERVICES = 16
"""Services that are kept."""

DEFAULT_AGE = 86_400
"""Seconds that a service stays fresh where `ma` does not say so (section 3.1)."""

LONGEST_AGE = 10**10

_NAME = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_VALUE = rf'({_NAME})=("(?:[^"\\]|\\.)*")'
_PARAMETER = rf'[ \t]*;[ \t]*({_NAME})=({_NAME}|"(?:[^"\\]|\\.)*")'
_SERVICE = re.compile(rf"[ \t]*{_VALUE}((?:{_PARAMETER})*)[ \t]*(?:,|$)", re.DOTALL)
_ONE_PARAMETER = re.compile(_PARAMETER, re.DOTALL)
_BLANK = re.compile(r"[ \t]*(?:,|$)")
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]/?#@\s]*):([0-9]{1,5})")
_ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")


def parse_alt_svc(lines: Sequence[str]) -> tuple[AltService, ...] | None:
    """The services; None for `clear`. Raises `Malformed` for what breaks the grammar, all of it then being void."""
    text = ",".join(lines)
    if len(text) > MAX_SIZE:
        raise Malformed(f"Alt-Svc of more than {MAX_SIZE} characters")
    if text.strip(" \t") == "clear":
        return None
    return tuple(_services(text))[:MAX_SERVICES]


def _services(text: str) -> Iterator[AltService]:
    place = 0
    while place < len(text):
        if blank := _BLANK.match(text, place):
            place = blank.end() or len(text)
            continue
        match = _SERVICE.match(text, place)
        if match is None:
            raise Malformed("Alt-Svc breaks the grammar")
        yield _service(match)
        place = match.end()


def _service(match: re.Match[str]) -> AltService:
    authority = _AUTHORITY.fullmatch(_unquoted(match[2]))
    if authority is None or not 1 <= int(authority[2]) <= 65_535:
        raise Malformed("Alt-Svc without a port")
    parameters = {one[1].lower(): _unquoted(one[2]) for one in _ONE_PARAMETER.finditer(match[3])}
    age = parameters.get("ma", "")
    return AltService(
        protocol=peer_text(_ESCAPED.sub(lambda one: chr(int(one[1], 16)), match[1]), limit=64),
        host=peer_text(authority[1].strip("[]").lower(), limit=255),
        port=int(authority[2]),
        max_age=min(int(age[:12]), LONGEST_AGE) if age.isascii() and age.isdigit() else DEFAULT_AGE,
        persist=parameters.get("persist") == "1",
    )


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL) if value.startswith('"') else value
