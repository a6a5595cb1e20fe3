"""Security headers with a grammar of a line or two: all the lines of one field in, a `HeaderReading` out.

`READERS` is the table of all of them; their files are named `security_headers_*.py`, one a family.
"""

from collections.abc import Mapping, Sequence

from scanner.errors import Malformed
from scanner.model.evidence.http_headers import ABSENT, HeaderReading, HeaderState
from scanner.model.peer import PeerText, peer_text
from scanner.wire.security_headers_caching import CACHING_READERS
from scanner.wire.security_headers_cors import CORS_READERS
from scanner.wire.security_headers_document import DOCUMENT_READERS, REFERRER_POLICIES
from scanner.wire.security_headers_isolation import ISOLATION_READERS
from scanner.wire.security_headers_permissions import PERMISSIONS_READERS
from scanner.wire.security_headers_reading import MAX_PARTS, Reader, as_sent, split_list
from scanner.wire.security_headers_reporting import REPORTING_READERS
from scanner.wire.security_headers_service import SERVICE_READERS

__all__ = ["LONGEST_LINE", "MAX_LINES", "MAX_SIZE", "READERS", "REFERRER_POLICIES", "read_header", "split_list"]

MAX_SIZE = 65_536
"""Characters of one field, all lines together."""

MAX_LINES = 64
"""Lines of one field that are kept."""

LONGEST_LINE = 4_096
"""Characters of one line that are kept."""

READERS: Mapping[str, Reader] = {
    "content-security-policy": as_sent,
    "content-security-policy-report-only": as_sent,
    **CACHING_READERS,
    **CORS_READERS,
    **DOCUMENT_READERS,
    **ISOLATION_READERS,
    **PERMISSIONS_READERS,
    **REPORTING_READERS,
    **SERVICE_READERS,
}
"""Reader by name in lower case. Strict-Transport-Security and the policies of CSP have parsers of their own."""


def read_header(name: str, lines: Sequence[str]) -> HeaderReading:
    """The reading of the field `name`, which is one of `READERS`; `ABSENT` for no lines."""
    if not lines:
        return ABSENT
    raw = tuple(peer_text(line, limit=LONGEST_LINE) for line in lines[:MAX_LINES])
    if len(lines) > MAX_LINES or sum(map(len, lines)) > MAX_SIZE:
        problem = f"more than {MAX_LINES} lines or {MAX_SIZE} characters"
        return HeaderReading(state=HeaderState.INVALID, raw=raw, problem=problem)
    try:
        read = READERS[name](lines)
    except Malformed as fault:
        return HeaderReading(
            state=HeaderState.INVALID, raw=raw, effective=_effective_anyway(name, lines), problem=fault.detail
        )
    effective = peer_text(read.effective, limit=LONGEST_LINE)
    return HeaderReading(state=HeaderState.VALID, raw=raw, effective=effective, parts=read.parts[:MAX_PARTS])


def _effective_anyway(name: str, lines: Sequence[str]) -> PeerText | None:
    """What browsers do although the header is invalid: conflicting X-Frame-Options refuse all framing."""
    if name == "x-frame-options":
        values = {value.lower() for value in split_list(lines)}
        if len(values) > 1 and values & {"deny", "sameorigin", "allowall"}:
            return peer_text("deny")
    return None
