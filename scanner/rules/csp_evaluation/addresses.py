"""Sources as addresses: the host of a value as a URL parser sees it, and the hosts that are known to be bypasses.

The URL Standard's host parser (section 3.5) as far as ASCII goes: numbers become IPv4 addresses. A value that it
refuses has no host; csp_evaluator ends with an error there, we go on.
"""

import functools
import importlib.resources
import ipaddress
import json
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

_SCHEME = re.compile(r"\w[+\w.-]*://", re.ASCII)
_END_OF_AUTHORITY = re.compile(r"[/\\?#]")
_ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")
_FORBIDDEN = re.compile(r"[\x00-\x20#/:<>?@\[\\\]^|%\x7f]")  # section 3.1, forbidden domain code points
_NUMBER = re.compile(r"\d+|0[xX][0-9A-Fa-f]*")
_DOTTED = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}", re.ASCII)
_WILDCARD = "wildcard_placeholder"


class Address(NamedTuple):
    """Host in lower case and path of one source."""

    host: str
    path: str


class Bypasses(NamedTuple):
    """What a source lets in: a host with JSONP endpoints, one with AngularJS."""

    jsonp: str | None
    angular: str | None


def scheme_free(value: str) -> str:
    """`value` without `scheme://`, and without `//`."""
    match = _SCHEME.match(value)
    return (value[match.end() :] if match else value).removeprefix("//")


def address(value: str) -> Address | None:
    """Host and path of a source; a wildcard label stands as `*`. None where a URL parser refuses it."""
    rest = scheme_free(value).replace(":*", "", 1).replace("*", _WILDCARD, 1).lstrip("/\\")
    end = _END_OF_AUTHORITY.search(rest)
    authority, tail = (rest, "") if end is None else (rest[: end.start()], rest[end.start() :])
    host = _host(authority.rpartition("@")[2])
    return None if host is None else Address(host.replace(_WILDCARD, "*", 1), _path(tail))


def is_ip(host: str) -> bool:
    """Whether a host looks like an address, valid or not."""
    return (host.startswith("[") and host.endswith("]")) or _DOTTED.fullmatch(host) is not None


def bypasses(value: str, *, has_eval: bool) -> Bypasses:
    """The known bypass hosts that a script source lets in; some endpoints work only together with eval."""
    place = address(value)
    if place is None:
        return Bypasses(None, None)
    data = _data()
    jsonp = _match(place, data["jsonp"])
    if jsonp in _needs_eval() and not has_eval:
        jsonp = None
    return Bypasses(jsonp, _match(place, data["angular"]))


def flash_bypass(value: str) -> str | None:
    """The host with scriptable Flash files that an object source lets in."""
    place = address(value)
    return None if place is None else _match(place, _data()["flash"])


@functools.cache
def bypass_lists() -> Mapping[str, object]:
    """The lists as they lie in the package: source, licence, version, date, and addresses by kind."""
    text = importlib.resources.files("scanner.rules").joinpath("data/csp-bypasses.json").read_text("utf-8")
    document: dict[str, object] = json.loads(text)
    return document


# --- URLs -------------------------------------------------------------------------------------------------------------


def _host(authority: str) -> str | None:
    """The host parser: IPv6 in brackets, percent-decoding, numbers as IPv4."""
    if authority.startswith("["):
        inside, bracket, port = authority[1:].partition("]")
        return f"[{inside.lower()}]" if bracket and _is_port(port.removeprefix(":")) and _is_ipv6(inside) else None
    name, _, port = authority.partition(":")
    if not name or not _is_port(port):
        return None
    if "%" in name:
        name = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), name)
    name = name.lower()
    if _FORBIDDEN.search(name):
        return None
    labels = name.split(".")
    if labels[-1] == "" and len(labels) > 1:
        labels.pop()
    return _ipv4(labels) if _NUMBER.fullmatch(labels[-1]) else name


def _is_port(text: str) -> bool:
    return text == "" or (text.isascii() and text.isdigit() and len(text) < 12 and int(text) < 65_536)


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return "%" not in text


def _ipv4(labels: Sequence[str]) -> str | None:
    """Section 3.5, the IPv4 parser: one to four numbers, the last one fills the rest."""
    numbers = [_number(label) for label in labels]
    if len(numbers) > 4 or any(one is None for one in numbers):
        return None
    *high, low = [one for one in numbers if one is not None]
    if any(one > 255 for one in high) or low >= 256 ** (5 - len(numbers)):
        return None
    return str(ipaddress.IPv4Address(low + sum(one << (8 * (3 - place)) for place, one in enumerate(high))))


def _number(label: str) -> int | None:
    """Decimal, `0x` hexadecimal or `0` octal; None for anything else."""
    if len(label) > 40 or not label:
        return None
    base = 10
    if label[:2] in {"0x", "0X"}:
        label, base = label[2:] or "0", 16
    elif len(label) > 1 and label[0] == "0":
        label, base = label[1:], 8
    try:
        return int(label, base) if "_" not in label and label[0] not in "+-" else None
    except ValueError:
        return None


def _path(tail: str) -> str:
    """The path of what follows the authority: without query and fragment, dot segments resolved."""
    text = re.split(r"[?#]", tail, maxsplit=1)[0].replace("\\", "/")
    if not text:
        return "/"
    if "/." not in text and "/%2" not in text:
        return text
    kept: list[str] = []
    segments = text[1:].split("/")
    for place, segment in enumerate(segments):
        plain = segment.lower().replace("%2e", ".")
        if plain == "..":
            del kept[-1:]
        elif plain != ".":
            kept.append(segment)
            continue
        if place == len(segments) - 1:
            kept.append("")
    return "/" + "/".join(kept)


# --- lists ------------------------------------------------------------------------------------------------------------


class _Index(NamedTuple):
    """Addresses by exact host, and by every domain above it (with a leading dot), in the list's order."""

    exact: Mapping[str, Sequence[Address]]
    below: Mapping[str, Sequence[Address]]


@functools.cache
def _data() -> Mapping[str, _Index]:
    return {name: _index(_strings(bypass_lists()[name])) for name in ("jsonp", "angular", "flash")}


@functools.cache
def _needs_eval() -> frozenset[str | None]:
    return frozenset(_strings(bypass_lists()["needs_eval"]))


def _strings(value: object) -> list[str]:
    assert isinstance(value, list)
    return [str(one) for one in value]


def _index(urls: Sequence[str]) -> _Index:
    exact: dict[str, list[Address]] = {}
    below: dict[str, list[Address]] = {}
    for url in urls:
        host, slash, path = url.removeprefix("//").partition("/")
        place = Address(host.lower(), slash + path)
        exact.setdefault(place.host, []).append(place)
        labels = place.host.split(".")
        for count in range(1, len(labels)):
            below.setdefault("." + ".".join(labels[count:]), []).append(place)
    return _Index(exact, below)


def _match(place: Address, index: _Index) -> str | None:
    """The host of the first address that the source allows: by host or wildcard, and by path (CSP3 6.7.2.10)."""
    host, path = place
    candidates = index.below.get(host[1:], ()) if host.startswith("*.") else index.exact.get(host, ())
    for one in candidates:
        if path in {"/", one.path} or (path.endswith("/") and one.path.startswith(path)):
            return one.host
    return None
