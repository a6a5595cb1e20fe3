"""Target URLs: what the user typed, read strictly into a `Target`, or one line that says what to do about it.

Nothing is mended in silence: what a browser would strip or guess (control characters, backslashes, odd numbers for
hosts) is refused with a hint. This is the one parser of the wire that reads the user's text, so its fault is
`UserFault`.
"""

import re

from scanner.errors import Malformed, UserFault
from scanner.model.options import Override
from scanner.model.target import Target
from scanner.wire.host import Host, parse_host

MAX_URL = 8192
"""Characters of a URL; RFC 9110 section 4.1 asks for at least 8000."""

DEFAULT_PORTS = {"https": 443, "http": 80}

MAX_PORT = 65535

DNS_PORT = 53

_SHOWN = 80  # characters of the user's text that a message repeats

_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?P<rest>.*)", re.DOTALL)
_AUTHORITY = re.compile(r"(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?:#.*)?", re.DOTALL)
# What follows the first colon of a bare `host:port/path`, good or bad, or of an IPv6 address without brackets.
_LIKE_A_PORT = re.compile(r"-?[0-9]+(?:[/?#]|$)|:|$")
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
# What may stand in a path or query as it is (RFC 3986 sections 3.3 and 3.4).
_UNSAFE = re.compile(r"[^A-Za-z0-9\-._~!$&'()*+,;=:@/?%]")


def parse_target(text: str, *, labels: tuple[str, ...] = ()) -> Target:
    """The target that the user means by `text`; a bare host means `https://host/`.

    The URL comes back canonical: scheme and host in lower case, the host as A-labels without a trailing dot, the
    default port and the fragment gone. `path` keeps the query, as a request line carries it. `sni` is the host for an
    https URL with a name. Raises `UserFault`.
    """
    try:
        return _target(text.strip(" \t\r\n"), labels)
    except Malformed as fault:
        raise UserFault(f"{_shown(text)}: {fault.detail}") from None


def parse_override(text: str) -> Override:
    """The `--resolve` option `HOST:PORT:ADDR[:PORT]`, with IPv6 addresses in brackets. Raises `UserFault`."""
    try:
        host, rest = _cut_host(text)
        port, _, rest = (rest or "").partition(":")
        address, to_port = _cut_host(rest)
        number = _port(port)
        return Override(
            host=parse_host(host).name,
            port=number,
            address=_address(address),
            to_port=number if to_port is None else _port(to_port),
        )
    except Malformed as fault:
        raise UserFault(
            f"{_shown(text)}: {fault.detail}; write HOST:PORT:ADDR or HOST:PORT:ADDR:PORT,"
            " such as www.example.org:443:192.0.2.1 or www.example.org:443:[2001:db8::1]:8443"
        ) from None


def parse_nameserver(text: str) -> tuple[str, int]:
    """Address and port of the `--resolver` option `ADDR[:PORT]`; port 53 unless given. Raises `UserFault`."""
    bare_ipv6 = text.count(":") > 1 and not text.startswith("[")
    try:
        address, port = _cut_host(f"[{text}]" if bare_ipv6 else text)
        return _address(address), DNS_PORT if port is None else _port(port)
    except Malformed as fault:
        raise UserFault(
            f"{_shown(text)}: {fault.detail}; write the resolver as ADDR, ADDR:PORT or [IPV6]:PORT"
        ) from None


def _target(text: str, labels: tuple[str, ...]) -> Target:
    _check_characters(text)
    scheme, rest = _cut_scheme(text)
    parts = _AUTHORITY.fullmatch(rest)
    assert parts is not None, "the expression matches every string"
    host, port = _host_and_port(parts["authority"], scheme)
    path = _encoded(parts["path"] or "/") + _encoded(parts["query"] or "")
    shown = f"[{host.name}]" if ":" in host.name else host.name
    place = shown if port == DEFAULT_PORTS[scheme] else f"{shown}:{port}"
    return Target(
        url=f"{scheme}://{place}{path}",
        host=host.name,
        port=port,
        scheme=scheme,
        path=path,
        unicode_host=host.unicode_name,
        sni=host.name if scheme == "https" and not host.is_address else None,
        labels=labels,
    )


def _check_characters(text: str) -> None:
    if not text:
        raise Malformed("the URL is empty; give a host or a URL, such as https://www.example.org/")
    if len(text) > MAX_URL:
        raise Malformed(f"the URL is longer than {MAX_URL} characters")
    if any(character.isspace() for character in text):
        raise Malformed("there is white space inside the URL; remove it or write %20")
    if any(character < " " or "\x7f" <= character <= "\x9f" for character in text):
        raise Malformed("there is a control character in the URL; remove it")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise Malformed("the URL holds bytes that are no text")
    if "\\" in text:
        raise Malformed("there is a backslash in the URL; write / or %5C")


def _cut_scheme(text: str) -> tuple[str, str]:
    """The scheme in lower case and what follows `//`; https for a bare host."""
    if text.startswith("//"):
        raise Malformed("the URL has no scheme; write https:// before the host")
    match = _SCHEME.fullmatch(text)
    if match is None:
        return "https", text
    scheme, rest = match["scheme"].lower(), match["rest"]
    if scheme in DEFAULT_PORTS:
        if not rest.startswith("//"):
            raise Malformed(f"two slashes are missing; write {scheme}://")
        return scheme, rest[2:]
    if rest.startswith("//"):
        raise Malformed(f"the scheme {scheme} is not scanned; use https or http")
    if "." in scheme or _LIKE_A_PORT.match(rest):
        return "https", text
    raise Malformed(f"{scheme} is neither https nor http, and what follows the colon is no port")


def _host_and_port(authority: str, scheme: str) -> tuple[Host, int]:
    if "@" in authority:
        raise Malformed("user names and passwords in URLs are refused; use --header with a value from the environment")
    if not authority:
        raise Malformed("the URL has no host; write one, such as https://www.example.org/")
    if authority.count(":") > 1 and not authority.startswith("["):
        raise Malformed(
            "there is more than one colon; an IPv6 address stands in brackets, such as https://[2001:db8::1]/"
        )
    if "%" in authority and not authority.startswith("["):
        raise Malformed("there is a percent sign in the host; write the host in plain letters")
    host, port = _cut_host(authority)
    return parse_host(host), DEFAULT_PORTS[scheme] if port is None else _port(port)


def _cut_host(text: str) -> tuple[str, str | None]:
    """The host, with brackets where it has them, and what follows the colon behind it; None without a colon."""
    if text.startswith("["):
        literal, bracket, rest = text.partition("]")
        if rest and not rest.startswith(":"):
            raise Malformed("after the ] of an IPv6 address comes a colon and a port, or the path")
        return literal + bracket, rest[1:] if rest else None
    host, colon, rest = text.partition(":")
    return host, rest if colon else None


def _address(text: str) -> str:
    host = parse_host(text)
    if not host.is_address:
        raise Malformed(f"{_shown(text)} is no IP address (IPv6 stands in brackets)")
    return host.name


def _port(text: str) -> int:
    if not text:
        raise Malformed("the port is missing after the colon")
    if not (text.isascii() and text.isdigit()):
        raise Malformed("the port is no number")
    if len(text) > 5 or not 1 <= int(text) <= MAX_PORT:
        raise Malformed(f"the port {text[:20]} is not between 1 and {MAX_PORT}")
    return int(text)


def _encoded(text: str) -> str:
    """Percent-encodes, as UTF-8, what may not stand in a path or query."""
    if _BAD_PERCENT.search(text):
        raise Malformed("a % in the path is not followed by two hexadecimal digits; write %25 for the sign itself")
    return _UNSAFE.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), text)


def _shown(text: str) -> str:
    """The user's text for one line of a message: quoted, without control characters, shortened, a password left out."""
    _, at, rest = text.rpartition("@")
    text = f"...@{rest}" if at else text
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "...")
