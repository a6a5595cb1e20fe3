"""Hosts: a host as it stands in a URL, read strictly, in one canonical form.

What clients read in different ways is refused instead of guessed: numbers that some take for an IPv4 address, zone
ids, percent signs. Length comes before IDNA (CVE-2024-3651).
"""

import dataclasses
import ipaddress
import re

import idna

from scanner.errors import Malformed

MAX_HOST = 253
"""Characters of a host name (RFC 1035 section 2.3.4, without the length octets of both ends)."""

MAX_LABEL = 63
"""Characters of one label (RFC 1035 section 2.3.4)."""

# Letters, digits, hyphen (RFC 1123 section 2.1), and the underscore, which real host names have.
_LABEL = re.compile(r"(?!-)[a-z0-9_-]+(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_DOTTED_QUAD = re.compile(r"(?:(?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host. `name` is A-labels in lower case without a trailing dot, or an address literal without brackets.

    `unicode_name` is the form with U-labels where it differs.
    """

    name: str
    is_address: bool = False
    unicode_name: str | None = None


def parse_host(text: str) -> Host:
    """The host that `text` stands for: a name, an IPv4 address, or an IPv6 address in brackets.

    Names go through UTS 46 (non-transitional) and IDNA 2008. Raises `Malformed` with a sentence for the user.
    """
    if text.startswith("["):
        return Host(name=_ipv6(text), is_address=True)
    if not text:
        raise Malformed("the host is empty")
    if len(text) > MAX_HOST + 1:
        raise Malformed(f"the host is longer than {MAX_HOST} characters")
    name = (text.lower() if text.isascii() else _mapped(text)).removesuffix(".")
    if _DOTTED_QUAD.fullmatch(name):
        return Host(name=_ipv4(name), is_address=True)
    labels = [_a_label(label) for label in name.split(".")]
    name = ".".join(labels)
    check_name(name)
    shown = ".".join(idna.ulabel(label) if label.startswith("xn--") else label for label in labels)
    return Host(name=name, unicode_name=None if shown == name else shown)


def check_name(name: str) -> None:
    """Returns for a host name in A-labels that may be looked up; raises `Malformed` for any other text.

    A name that ends in a number is refused: resolvers read `127.1`, `0x7f.1` and `2130706433` as IPv4 addresses.
    """
    if len(name) > MAX_HOST:
        raise Malformed(f"the host is longer than {MAX_HOST} characters")
    labels = name.split(".")
    for label in labels:
        if not label:
            raise Malformed("the host has an empty label" if name else "the host is empty")
        if len(label) > MAX_LABEL:
            raise Malformed(f"a label of the host is longer than {MAX_LABEL} characters")
        if not _LABEL.fullmatch(label):
            raise Malformed(f"the host has a malformed label, {label!r}")
    if _NUMBER.fullmatch(labels[-1]):
        raise Malformed(
            "the host ends in a number; write an IPv4 address as four decimal numbers without leading zeros,"
            " such as 192.0.2.1"
        )


def are_siblings(one: str, other: str) -> bool:
    """Whether one host is the www name of the other: the same owner, as far as names can tell."""
    return one == f"www.{other}" or other == f"www.{one}"


def sibling_of(host: str) -> str:
    """The www name of a host; for a www name, the host without it."""
    return host.removeprefix("www.") if host.startswith("www.") else f"www.{host}"


def address_text(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """The canonical text of an address (RFC 5952; section 5 for IPv4-mapped ones), the same in every Python."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return f"::ffff:{address.ipv4_mapped}"
    return str(address)


def _ipv4(text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise Malformed("the host is no IPv4 address: each of the four numbers is at most 255") from None


def _ipv6(text: str) -> str:
    literal, bracket, rest = text[1:].partition("]")
    if not bracket or rest:
        raise Malformed("the IPv6 address is not closed by ]")
    if "%" in literal:
        raise Malformed("IPv6 zone ids are refused; write the address without the % and what follows")
    try:
        return address_text(ipaddress.IPv6Address(literal))
    except ValueError:
        raise Malformed("what is between the brackets is no IPv6 address") from None


def _mapped(text: str) -> str:
    """UTS 46 mapping: case, width, the ideographic dots, composed characters."""
    try:
        return idna.uts46_remap(text, std3_rules=False, transitional=False)
    except UnicodeError as error:
        raise Malformed(f"the host is no valid internationalized name ({_reason(error)})") from None


def _a_label(label: str) -> str:
    """A label in ASCII; one that is or becomes an A-label is valid under IDNA 2008 (RFC 5891 section 5.4)."""
    if label.isascii() and not label.startswith("xn--"):
        return label
    try:
        return idna.alabel(label).decode("ascii")
    except UnicodeError as error:
        raise Malformed(f"the host is no valid internationalized name ({_reason(error)})") from None


def _reason(error: UnicodeError) -> str:
    return ascii(str(error))[1:-1] if isinstance(error, idna.IDNAError) else "characters that are no text"
