"""URLs inside a document, read as browsers read them (WHATWG URL section 4.4).

Other than `scanner.wire.urls`, which refuses what clients differ about, this mends what browsers mend: what counts here
is where a browser would go, not where a scanner should.
"""

import ipaddress
import re
from urllib.parse import unquote_to_bytes

from scanner.errors import Malformed
from scanner.model.page import Link, Relation
from scanner.model.peer import PeerText, peer_text
from scanner.wire.public_suffix import same_site
from scanner.wire.urls import DEFAULT_PORTS, MAX_URL, HttpUrl, parse_url, resolve_url

LONGEST_RAW = 2000
"""Characters of an attribute's value that are kept as written."""

_ENDS = "".join(map(chr, range(0x21)))
_DROPPED = str.maketrans("", "", "\t\n\r")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_SLASHES = re.compile(r"[/\\]*")
_AUTHORITY = re.compile(r"[^/\\?]*")
_ENCODED = re.compile(r"[^\x21-\x7e]+|[\"<>`{}|^]")


def scheme_of(raw: str) -> str | None:
    """The scheme that `raw` names itself, in lower case; None for a relative reference."""
    match = _SCHEME.match(_cleaned(raw[: MAX_URL + 1]))
    return match[1].lower() if match else None


def read_link(document: HttpUrl, base: HttpUrl, raw: str) -> Link:
    """The link that an attribute with this value makes in `document`, where references start from `base`."""
    kept = peer_text(raw, limit=LONGEST_RAW)
    url = resolve_as_browser(base, raw)
    if url is None:
        return Link(relation=Relation.OTHER, raw=kept)
    return Link(
        relation=relation(document, url),
        raw=kept,
        url=peer_text(str(url)),
        host=PeerText(url.host),
        secure=url.scheme == "https",
    )


def relation(document: HttpUrl, url: HttpUrl) -> Relation:
    """Whose `url` is, seen from the document."""
    if url.origin == document.origin:
        return Relation.SAME_ORIGIN
    return Relation.SAME_SITE if same_site(document.host, url.host) else Relation.CROSS_SITE


def resolve_as_browser(base: HttpUrl, raw: str) -> HttpUrl | None:
    """Where browsers go from `base` for an attribute with this value: an http or https URL, None for anything else."""
    if len(raw) > MAX_URL:
        return None
    text = _cleaned(raw).partition("#")[0]
    match = _SCHEME.match(text)
    scheme = match[1].lower() if match else base.scheme
    if scheme not in DEFAULT_PORTS:
        return None
    rest = text[match.end() :] if match else text
    slashes = _SLASHES.match(rest)
    assert slashes is not None, "the expression matches the empty string"
    try:
        if len(slashes[0]) >= 2 or scheme != base.scheme:
            return _absolute(scheme, rest[slashes.end() :])
        return resolve_url(base, _as_path(_tail(rest))) if rest else base
    except (Malformed, UnicodeError):
        return None


def _cleaned(raw: str) -> str:
    return raw.strip(_ENDS).translate(_DROPPED)


def _as_path(path: str) -> str:
    """A relative path so that nothing in it is taken for a scheme."""
    return path if path.startswith(("/", "?")) else f"./{path}"


def _absolute(scheme: str, rest: str) -> HttpUrl:
    match = _AUTHORITY.match(rest)
    assert match is not None, "the expression matches the empty string"
    place = match[0].rpartition("@")[2]
    if not place.startswith("["):
        host, colon, port = place.partition(":")
        place = _host(host) + (colon + (port.lstrip("0") or port[:1]) if port else "")
    tail = _tail(rest[match.end() :])
    return parse_url(f"{scheme}://{place}{tail if tail.startswith('/') else '/' + tail}")


def _tail(text: str) -> str:
    """A path and query with the backslashes of the path turned, and what has to be percent-encoded as UTF-8."""
    path, mark, query = text.partition("?")
    return _encoded(path.replace("\\", "/")) + (mark + _encoded(query) if mark else "")


def _encoded(text: str) -> str:
    return _ENCODED.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "replace")), text)


def _host(text: str) -> str:
    """The host: percent-decoded, and an IPv4 address where its last label is a number (WHATWG URL section 3.5)."""
    text = unquote_to_bytes(text).decode("utf-8")
    parts = text.removesuffix(".").split(".")
    if not parts[-1].isdigit() and not re.fullmatch(r"0[xX][0-9A-Fa-f]*", parts[-1]):
        return text
    numbers = [_number(part) for part in parts]
    if len(numbers) > 4 or any(number > 255 for number in numbers[:-1]):
        raise Malformed("no IPv4 address")
    value = sum(number << 8 * (3 - place) for place, number in enumerate(numbers[:-1]))
    if numbers[-1] >= 256 ** (5 - len(numbers)):
        raise Malformed("no IPv4 address")
    return str(ipaddress.IPv4Address(value + numbers[-1]))


def _number(text: str) -> int:
    """A part of an IPv4 address: decimal, octal behind 0, hexadecimal behind 0x."""
    if not re.fullmatch(r"0[xX][0-9A-Fa-f]{0,16}|[0-9]{1,16}", text):
        raise Malformed("no IPv4 address")
    if text[:2] in {"0x", "0X"}:
        return int(text[2:] or "0", 16)
    if not text.startswith("0"):
        return int(text)
    if not re.fullmatch(r"[0-7]+", text):
        raise Malformed("no IPv4 address")
    return int(text, 8)
