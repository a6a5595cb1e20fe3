"""Security headers with a grammar of a line or two: all the lines of one field in, a `HeaderReading` out.

Rule of the file: each header has its own rule for repeats and for case, as its standard has it; `READERS` is the table.
A reader returns the canonical value that browsers act on, or raises Malformed with the reason why they act on none.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from scanner.errors import Malformed
from scanner.model.evidence.http_headers import ABSENT, HeaderReading, HeaderState
from scanner.model.peer import PeerText, peer_text
from scanner.wire.fields import InnerList, Token, parse_dictionary, parse_item

MAX_SIZE = 65_536
"""Characters of one field, all lines together."""

MAX_LINES = 64
"""Lines of one field that are kept."""

LONGEST_LINE = 4_096
"""Characters of one line that are kept."""

REFERRER_POLICIES = frozenset(
    {
        "no-referrer",
        "no-referrer-when-downgrade",
        "same-origin",
        "origin",
        "strict-origin",
        "origin-when-cross-origin",
        "strict-origin-when-cross-origin",
        "unsafe-url",
    }
)
"""Referrer Policy section 3."""

OPENER_POLICIES = frozenset({"unsafe-none", "same-origin", "same-origin-allow-popups", "noopener-allow-popups"})
"""HTML section 7.1.3."""

EMBEDDER_POLICIES = frozenset({"unsafe-none", "require-corp", "credentialless"})
"""HTML section 7.1.4."""

RESOURCE_POLICIES = frozenset({"same-origin", "same-site", "cross-origin"})
"""Fetch section 3.7."""

_PIECES = re.compile(r'(?:[^",]+|"(?:[^"\\]|\\.)*"?)*')
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/?#,@]+", re.IGNORECASE)


def split_list(lines: Sequence[str]) -> list[str]:
    """Get, decode, and split (Fetch section 2.2.2): commas outside quotes part the values; tabs and spaces go."""
    text = ", ".join(lines)
    values: list[str] = []
    place = 0
    while place <= len(text):
        piece = _PIECES.match(text, place)
        assert piece is not None  # the pattern also matches nothing at all
        values.append(piece[0].strip(" \t"))
        place = piece.end() + 1
    return values


def read_header(name: str, lines: Sequence[str]) -> HeaderReading:
    """The reading of the field `name`, which is one of `READERS`; `ABSENT` for no lines."""
    if not lines:
        return ABSENT
    raw = tuple(peer_text(line, limit=LONGEST_LINE) for line in lines[:MAX_LINES])
    if len(lines) > MAX_LINES or sum(map(len, lines)) > MAX_SIZE:
        problem = f"more than {MAX_LINES} lines or {MAX_SIZE} characters"
        return HeaderReading(state=HeaderState.INVALID, raw=raw, problem=problem)
    try:
        effective = READERS[name](lines)
    except Malformed as fault:
        return HeaderReading(
            state=HeaderState.INVALID, raw=raw, effective=_effective_anyway(name, lines), problem=fault.detail
        )
    return HeaderReading(state=HeaderState.VALID, raw=raw, effective=peer_text(effective, limit=LONGEST_LINE))


def _effective_anyway(name: str, lines: Sequence[str]) -> PeerText | None:
    """What browsers do although the header is invalid: conflicting X-Frame-Options refuse all framing."""
    if name == "x-frame-options":
        values = {value.lower() for value in split_list(lines)}
        if len(values) > 1 and values & {"deny", "sameorigin", "allowall"}:
            return peer_text("deny")
    return None


# --- readers ----------------------------------------------------------------------------------------------------------


def _frame_options(lines: Sequence[str]) -> str:
    """X-Frame-Options (HTML section 7.4.2): equal values fold, case is ignored, ALLOW-FROM is known to nobody."""
    values = list(dict.fromkeys(value.lower() for value in split_list(lines)))
    if len(values) > 1:
        raise Malformed("several values that differ")
    if values[0].startswith("allow-from"):
        raise Malformed("ALLOW-FROM is honoured by no current browser")
    if values[0] not in {"deny", "sameorigin"}:
        raise Malformed("neither DENY nor SAMEORIGIN")
    return values[0]


def _content_type_options(lines: Sequence[str]) -> str:
    """X-Content-Type-Options (Fetch section 3.6): the first value counts, case is ignored."""
    if split_list(lines)[0].lower() != "nosniff":
        raise Malformed("the first value is not nosniff")
    return "nosniff"


def _referrer_policy(lines: Sequence[str]) -> str:
    """Referrer-Policy (section 8.1): the last known policy wins, so that older browsers find an older one."""
    known = [value for value in map(str.lower, split_list(lines)) if value in REFERRER_POLICIES]
    if not known:
        raise Malformed("no known policy")
    return known[-1]


def _token_of(known: frozenset[str]) -> Callable[[Sequence[str]], str]:
    """A reader of a structured-field token (RFC 9651) out of a fixed set; case counts, repeats are no item."""

    def read(lines: Sequence[str]) -> str:
        value = parse_item(lines).value
        if not isinstance(value, Token) or value not in known:
            raise Malformed("not one of " + ", ".join(sorted(known)))
        return str(value)

    return read


def _resource_policy(lines: Sequence[str]) -> str:
    """Cross-Origin-Resource-Policy (Fetch section 3.7): all lines joined, compared with case."""
    value = ", ".join(line.strip(" \t") for line in lines)
    if value not in RESOURCE_POLICIES:
        raise Malformed("not one of " + ", ".join(sorted(RESOURCE_POLICIES)))
    return value


def _permissions_policy(lines: Sequence[str]) -> str:
    """Permissions-Policy section 5.2: a dictionary of features with allowlists; the features' names come back."""
    members = parse_dictionary(lines)
    for member in members.values():
        values = member.items if isinstance(member, InnerList) else (member,)
        if any(not isinstance(one.value, str) for one in values):
            raise Malformed("an allowlist holds neither a token nor a string")
    return ", ".join(members)


def _boolean(lines: Sequence[str]) -> str:
    value = parse_item(lines).value
    if not isinstance(value, bool):
        raise Malformed("not a boolean (?0 or ?1)")
    return "?1" if value else "?0"


def _dictionary(lines: Sequence[str]) -> str:
    return ", ".join(parse_dictionary(lines))


def _xss_protection(lines: Sequence[str]) -> str:
    """X-XSS-Protection had no standard: the first character was the switch."""
    value = lines[0].strip(" \t")
    if not value.startswith(("0", "1")):
        raise Malformed("begins with neither 0 nor 1")
    return value[0]


def _allow_origin(lines: Sequence[str]) -> str:
    """Access-Control-Allow-Origin (Fetch section 4.9): one origin, `*` or `null`, compared byte by byte."""
    value = ", ".join(line.strip(" \t") for line in lines)
    if value in {"*", "null"} or _ORIGIN.fullmatch(value):
        return value
    raise Malformed("neither one origin nor * nor null")


def _allow_credentials(lines: Sequence[str]) -> str:
    """Access-Control-Allow-Credentials (Fetch section 3.3.3): `true`, with case, is the only value."""
    if [line.strip(" \t") for line in lines] != ["true"]:
        raise Malformed("the only value is true, in lower case, once")
    return "true"


def _joined(lines: Sequence[str]) -> str:
    return ", ".join(line.strip(" \t") for line in lines)


READERS: Mapping[str, Callable[[Sequence[str]], str]] = {
    "access-control-allow-credentials": _allow_credentials,
    "access-control-allow-origin": _allow_origin,
    "cache-control": _joined,
    "clear-site-data": _joined,
    "content-security-policy": _joined,
    "content-security-policy-report-only": _joined,
    "cross-origin-embedder-policy": _token_of(EMBEDDER_POLICIES),
    "cross-origin-embedder-policy-report-only": _token_of(EMBEDDER_POLICIES),
    "cross-origin-opener-policy": _token_of(OPENER_POLICIES),
    "cross-origin-opener-policy-report-only": _token_of(OPENER_POLICIES),
    "cross-origin-resource-policy": _resource_policy,
    "expect-ct": _joined,
    "feature-policy": _joined,
    "integrity-policy": _dictionary,
    "nel": _joined,
    "origin-agent-cluster": _boolean,
    "permissions-policy": _permissions_policy,
    "public-key-pins": _joined,
    "public-key-pins-report-only": _joined,
    "referrer-policy": _referrer_policy,
    "report-to": _joined,
    "reporting-endpoints": _dictionary,
    "timing-allow-origin": _joined,
    "x-content-type-options": _content_type_options,
    "x-dns-prefetch-control": _joined,
    "x-download-options": _joined,
    "x-frame-options": _frame_options,
    "x-permitted-cross-domain-policies": _joined,
    "x-xss-protection": _xss_protection,
}
"""Reader by name in lower case. Strict-Transport-Security and the policies of CSP have parsers of their own."""
