"""What may be kept and what is to be thrown away: Cache-Control (RFC 9111), Pragma, Vary, Clear-Site-Data."""

from collections.abc import Mapping, Sequence

from scanner.errors import Malformed
from scanner.model.evidence.http_headers import HeaderPart
from scanner.wire.security_headers_reading import TOKEN, Read, Reader, as_sent, members, part

SECONDS = frozenset({"max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"})
"""Directives whose argument is a number of seconds (RFC 9111 section 5.2.2, RFC 5861)."""

FLAGS = frozenset(
    {
        "immutable",
        "must-revalidate",
        "must-understand",
        "no-cache",
        "no-store",
        "no-transform",
        "private",
        "proxy-revalidate",
        "public",
    }
)
"""Directives that need no argument (RFC 9111 section 5.2.2, RFC 8246)."""

KINDS_OF_DATA = frozenset(
    {"*", "cache", "clienthints", "cookies", "executioncontexts", "prefetchcache", "prerendercache", "storage"}
)
"""Clear Site Data section 3.1, in lower case: what can be cleared."""


def cache_control(lines: Sequence[str]) -> Read:
    """Cache-Control (RFC 9111 section 5.2): directives of all lines, names without case; unknown ones are skipped.

    Of contradicting directives the most restrictive counts (section 4.2.1).
    """
    parts = tuple(_directive(value) for value in members(lines))
    named = [str(one.name) for one in parts]
    if not parts:
        raise Malformed("no directive")
    if all(one.problem for one in parts):
        raise Malformed(f"no directive counts: {parts[0].problem}")
    return Read(", ".join(dict.fromkeys(named)), parts)


def _directive(text: str) -> HeaderPart:
    name, mark, argument = (piece.strip(" \t") for piece in text.partition("="))
    name = name.lower()
    value = argument[1:-1] if len(argument) > 1 and argument[0] == argument[-1] == '"' else argument
    values = [value] if mark else []
    if TOKEN.fullmatch(name) is None:
        return part(name, values, "no token; a comma may be missing")
    if name in SECONDS and not (value.isascii() and value.isdigit()):
        return part(name, values, "not a whole number of seconds")
    known = name in SECONDS or name in FLAGS
    return part(name, values, None if known else "no directive that caches know")


def clear_site_data(lines: Sequence[str]) -> Read:
    """Clear-Site-Data (section 3.1): a list of quoted strings; those that are not quoted or not known do nothing."""
    parts = tuple(_kind(value) for value in members(lines))
    counted = [str(one.name) for one in parts if one.problem is None]
    if not counted:
        raise Malformed(f"it clears nothing: {parts[0].problem}" if parts else "it names nothing")
    return Read(", ".join(counted), parts)


def _kind(value: str) -> HeaderPart:
    if len(value) < 2 or value[0] != '"' or value[-1] != '"':
        return part(value, problem="not in quotes")
    name = value[1:-1]
    return part(name, problem=None if name.lower() in KINDS_OF_DATA else "no kind of data that browsers know")


CACHING_READERS: Mapping[str, Reader] = {
    "cache-control": cache_control,
    "clear-site-data": clear_site_data,
    "pragma": as_sent,
    "vary": as_sent,
}
"""Reader by name in lower case."""
