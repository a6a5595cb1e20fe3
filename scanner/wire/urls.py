"""URLs that a peer wrote: a raw `Location` against the URL that it came from (RFC 3986 section 5).

Rule of the room: length first, then the grammar; http and https only. What a browser would silently mend (control
characters, backslashes, numbers as hosts) is refused here, because clients differ about where it leads.
"""

import dataclasses
import re
from typing import Self

from scanner.errors import Malformed
from scanner.wire.host import parse_host

MAX_URL = 8192
"""Characters of a URL or reference that are looked at; RFC 9110 section 4.1 asks for at least 8000."""

DEFAULT_PORTS = {"http": 80, "https": 443}


class OtherScheme(Malformed):
    """A well-formed URL of a scheme that is neither http nor https; `scheme` names it."""

    def __init__(self, scheme: str) -> None:
        super().__init__(f"the scheme {scheme} is not followed")
        self.scheme = scheme


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HttpUrl:
    """An absolute http or https URL.

    `host` is an A-label in lower case, or an address literal without brackets; `port` is always set. `path` and `query`
    are ASCII, percent-encoded where they had to be; the fragment is gone. `user_info` tells whether the URL carried
    one; it is dropped, never sent.
    """

    scheme: str
    host: str
    port: int
    path: str = "/"
    query: str | None = None
    user_info: bool = False

    @property
    def target(self) -> str:
        """The origin-form of a request target (RFC 9112 section 3.2.1)."""
        return self.path if self.query is None else f"{self.path}?{self.query}"

    @property
    def authority(self) -> str:
        """The value of the Host field (RFC 9110 section 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port (RFC 9110 section 4.3.1)."""
        return self.scheme, self.host, self.port

    def same_host(self, other: "HttpUrl") -> bool:
        """Whether both name the same host, whatever scheme and port."""
        return self.host == other.host

    def at(self, path: str) -> Self:
        """Another path at the same origin."""
        return dataclasses.replace(self, path=path, query=None, user_info=False)

    def __str__(self) -> str:
        """The URL, without user info and fragment."""
        return f"{self.scheme}://{self.authority}{self.target}"


# RFC 3986 appendix B.
_REFERENCE = re.compile(
    r"(?:(?P<scheme>[^:/?#]+):)?(?://(?P<authority>[^/?#]*))?(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#.*)?", re.DOTALL
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_UNSAFE = re.compile(r"%(?![0-9A-Fa-f]{2})|[^!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]")


def parse_url(text: str) -> HttpUrl:
    """An absolute URL. Raises `Malformed`; `OtherScheme` for a scheme that is not http or https."""
    parts = _split(text)
    if parts["scheme"] is None:
        raise Malformed("a URL without a scheme")
    return _bounded(_absolute(parts))


def resolve_url(base: HttpUrl, reference: str) -> HttpUrl:
    """Where `reference` (the raw value of a Location field, latin-1) leads from `base` (RFC 3986 section 5.2).

    Raises `Malformed`; `OtherScheme` for a scheme that is not http or https.
    """
    return _bounded(_resolved(base, _split(reference)))


def _resolved(base: HttpUrl, parts: dict[str, str | None]) -> HttpUrl:
    scheme, authority, path, query = parts["scheme"], parts["authority"], parts["path"] or "", parts["query"]
    if scheme is not None or authority is not None:
        return _absolute({**parts, "scheme": scheme or base.scheme})
    if not path:
        return dataclasses.replace(base, query=base.query if query is None else _encoded(query), user_info=False)
    if not path.startswith("/"):
        path = base.path[: base.path.rindex("/") + 1] + path
    return dataclasses.replace(
        base,
        path=_without_dots(_encoded(path)),
        query=None if query is None else _encoded(query),
        user_info=False,
    )


def _bounded(url: HttpUrl) -> HttpUrl:
    """`url`, unless percent-encoding has made it too long."""
    if len(str(url)) > MAX_URL:
        raise Malformed(f"a URL of more than {MAX_URL} characters")
    return url


def _split(text: str) -> dict[str, str | None]:
    if len(text) > MAX_URL:
        raise Malformed(f"a URL of more than {MAX_URL} characters")
    text = text.strip(" \t")
    if not text:
        raise Malformed("an empty URL")
    if _CONTROL.search(text):
        raise Malformed("a control character in the URL")
    match = _REFERENCE.fullmatch(text)
    assert match is not None, "RFC 3986 appendix B: the expression matches every string"
    if "\\" in (match["authority"] or "") + match["path"]:
        raise Malformed("a backslash in the URL, which some clients take for a slash")
    scheme = match["scheme"]
    if scheme is not None and not _SCHEME.fullmatch(scheme):
        raise Malformed("a malformed scheme in the URL")
    return match.groupdict()


def _absolute(parts: dict[str, str | None]) -> HttpUrl:
    scheme = (parts["scheme"] or "").lower()
    if scheme not in DEFAULT_PORTS:
        raise OtherScheme(scheme)
    authority = parts["authority"]
    if not authority:
        raise Malformed("a URL without a host")
    user_info, at, place = authority.rpartition("@")
    host, port = _host_and_port(place, DEFAULT_PORTS[scheme])
    query = parts["query"]
    return HttpUrl(
        scheme=scheme,
        host=host,
        port=port,
        path=_without_dots(_encoded(parts["path"] or "/")),
        query=None if query is None else _encoded(query),
        user_info=bool(at or user_info),
    )


def _host_and_port(place: str, default: int) -> tuple[str, int]:
    if place.startswith("["):
        literal, bracket, rest = place.partition("]")
        if rest and not rest.startswith(":"):
            raise Malformed("a malformed IPv6 literal in the URL")
        return parse_host(literal + bracket).name, _port(rest[1:], default)
    host, _, port = place.partition(":")
    return parse_host(_text(host)).name, _port(port, default)


def _text(host: str) -> str:
    """A host that came as raw bytes, read as latin-1; on the wire it is UTF-8."""
    try:
        return host.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return host


def _port(text: str, default: int) -> int:
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > 5 or not 1 <= int(text) <= 65535:
        raise Malformed("a port that is not 1 to 65535")
    return int(text)


def _encoded(text: str) -> str:
    """Percent-encodes what may not stand in a path or query; the bytes are those that came (latin-1)."""
    return _UNSAFE.sub(lambda match: "".join(f"%{byte:02X}" for byte in _raw(match[0])), text)


def _raw(text: str) -> bytes:
    return text.encode("latin-1") if max(text) <= "\xff" else text.encode("utf-8", "surrogatepass")


def _without_dots(path: str) -> str:
    """Removes dot segments (RFC 3986 section 5.2.4)."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments and segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)
