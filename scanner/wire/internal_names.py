"""Internal names: private addresses and host names that only resolve inside, found in text.

Rule of the room: pure and linear. A number such as 10.3.6.0 may be a version, and `foo.local` a variable; so names and
addresses count only where they stand as a host does: behind //, @ or before a port. In prose, such as a comment, a name
with two dots and more counts by itself.
"""

import ipaddress
import re

MAX_TEXT = 256 * 1024
"""Characters of a text that are searched."""

MAX_FOUND = 50
"""Names and addresses of one text that are kept."""

_ADDRESS = re.compile(
    r"(?<![0-9A-Za-z.])((?:10|127|192\.168|172\.(?:1[6-9]|2[0-9]|3[01])|169\.254)(?:\.[0-9]{1,3}){2,3})(?![0-9.]*[0-9A-Za-z])"
)
_IPV6 = re.compile(r"//\[(f[cde][0-9a-f]{2}:[0-9a-f:]{2,35})\]", re.IGNORECASE)
_SUFFIXES = r"internal|local|lan|corp|intranet|intra|localdomain|home\.arpa|cluster\.local"
_HOST = re.compile(
    rf"(?:(?<=//)|(?<=@))((?:[a-z0-9_-]{{1,63}}\.){{1,6}}(?:{_SUFFIXES}))(?![A-Za-z0-9_-]|\.[A-Za-z0-9])", re.IGNORECASE
)
_PORTED = re.compile(
    rf"(?<![A-Za-z0-9_.-])((?:[a-z0-9_-]{{1,63}}\.){{1,6}}(?:{_SUFFIXES})):[0-9]{{2,5}}(?![0-9])", re.IGNORECASE
)
_BARE = re.compile(
    r"(?<![a-zA-Z0-9_.$-])((?:[a-z0-9-]{1,63}\.){2,6}(?:internal|corp|intranet|lan|localdomain))(?![a-zA-Z0-9_(=-]|\.[a-zA-Z0-9])"
)
_LOCALHOST = re.compile(r"//(localhost:[0-9]{2,5})(?![0-9])", re.IGNORECASE)
_VERSION_BEFORE = re.compile(r"(?:v|version|release|build|rev)[ .:/=]{0,3}$", re.IGNORECASE)


def internal_names(text: str, *, prose: bool = False) -> tuple[str, ...]:
    """The private addresses and internal host names in `text`, each once, in order of kind; at most `MAX_FOUND`.

    `prose` says that the text is written for people, so that a name may stand by itself.
    """
    text = text[:MAX_TEXT]
    found: list[str] = []
    for match in _ADDRESS.finditer(text):
        if _is_private(match[1]) and not _VERSION_BEFORE.search(text[max(0, match.start() - 12) : match.start()]):
            found.append(match[1])
        if len(found) > MAX_FOUND:
            break
    for pattern in (_IPV6, _HOST, _PORTED, _LOCALHOST, *((_BARE,) if prose else ())):
        found.extend(match[1].lower() for match in _taken(pattern, text))
    return tuple(dict.fromkeys(found))[:MAX_FOUND]


def _taken(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    taken = []
    for match in pattern.finditer(text):
        taken.append(match)
        if len(taken) == MAX_FOUND:
            break
    return taken


def _is_private(text: str) -> bool:
    """Whether an IPv4 address is one of RFC 1918, of the link or of the machine; the last two with a number behind."""
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return address.is_private and text not in {"127.0.0.1", "10.0.0.0", "192.168.0.0", "172.16.0.0"}
