"""CORS and its kin: which other origins may read an answer, and its timing (Fetch section 3.3, Resource Timing)."""

from collections.abc import Mapping, Sequence

from scanner.errors import Malformed
from scanner.wire.security_headers_reading import ORIGIN, TOKEN, Read, Reader, joined, members, part


def allow_origin(lines: Sequence[str]) -> Read:
    """Access-Control-Allow-Origin (Fetch section 4.10): one origin, `*` or `null`, compared byte by byte."""
    value = joined(lines)
    if value in {"*", "null"} or ORIGIN.fullmatch(value):
        return Read(value)
    raise Malformed("neither one origin nor * nor null")


def allow_credentials(lines: Sequence[str]) -> Read:
    """Access-Control-Allow-Credentials (Fetch section 3.3.3): `true`, with case, is the only value."""
    if joined(lines) != "true":
        raise Malformed("the only value is true, in lower case, once")
    return Read("true")


def names(lines: Sequence[str]) -> Read:
    """A list of methods or field names (Fetch section 3.3.4); `*` is one of them."""
    values = members(lines)
    if any(TOKEN.fullmatch(value) is None for value in values):
        raise Malformed("a member is no token")
    return Read(", ".join(values), tuple(part(value) for value in values))


def max_age(lines: Sequence[str]) -> Read:
    """Access-Control-Max-Age (Fetch section 3.3.3): whole seconds; browsers cut it to a day or less."""
    value = joined(lines)
    if not (value.isascii() and value.isdigit()) or len(value) > 15:
        raise Malformed("not a whole number of seconds")
    return Read(str(int(value)))


def timing_allow_origin(lines: Sequence[str]) -> Read:
    """Timing-Allow-Origin (Resource Timing): `*`, `null` and origins; each is compared by itself."""
    values = members(lines)
    wrong = "neither an origin nor *"
    parts = tuple(part(one, problem=None if one in {"*", "null"} or ORIGIN.fullmatch(one) else wrong) for one in values)
    if all(one.problem for one in parts):
        raise Malformed("it holds neither an origin nor *")
    return Read("*" if "*" in values else ", ".join(one.name for one in parts if one.problem is None), parts)


CORS_READERS: Mapping[str, Reader] = {
    "access-control-allow-credentials": allow_credentials,
    "access-control-allow-headers": names,
    "access-control-allow-methods": names,
    "access-control-allow-origin": allow_origin,
    "access-control-expose-headers": names,
    "access-control-max-age": max_age,
    "timing-allow-origin": timing_allow_origin,
}
"""Reader by name in lower case."""
