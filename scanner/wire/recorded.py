"""Recorded answers: what somebody else's client saw, in the shape that HAR files and raw responses have in common.

Rule of the file: nothing is believed beyond what was recorded. Bodies come decoded or not, whole or not; a client's own
inventions (internal redirects, answers of a service worker) never become one of these.
"""

import dataclasses
import datetime
import hashlib

from scanner.model.evidence.http_exchanges import Body, HeaderField
from scanner.model.peer import PeerText, peer_text
from scanner.wire.urls import HttpUrl

TEXT_CHARACTERS = 256 * 1024
"""Characters of a body that the evidence keeps, as in a scan."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""Statuses that send a client elsewhere (RFC 9110 section 15.4)."""

SENT = frozenset({"origin", "access-control-request-method", "access-control-request-headers"})
"""Request fields that are kept. Cookies, credentials and tokens of whoever recorded are none of a report's business."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One request and its answer.

    `status` is None where no answer was recorded, and `problem` says why. `url` is None where nobody said it. `address`
    is the server's, in canonical form. `page` and `kind` are what a browser says of the request: the page that it
    belongs to, and its type (`document`, `script` …). `cached` tells that the answer came from the browser's cache.
    """

    url: HttpUrl | None
    method: str = "GET"
    sent: tuple[HeaderField, ...] = ()
    status: int | None = None
    version: str | None = None
    reason: PeerText | None = None
    fields: tuple[HeaderField, ...] = ()
    flaws: tuple[str, ...] = ()
    interim: int = 0
    body: Body | None = None
    address: str | None = None
    started: datetime.datetime | None = None
    elapsed_ms: float = 0.0
    page: str | None = None
    kind: str | None = None
    cached: bool = False
    problem: str | None = None

    def values(self, name: str) -> tuple[PeerText, ...]:
        """The values of every field with this name, compared without case, in order."""
        wanted = name.lower()
        return tuple(one.value for one in self.fields if one.name.strip(" \t").lower() == wanted)

    @property
    def location(self) -> PeerText | None:
        """The raw target of a redirect."""
        return next(iter(self.values("location")), None) if self.status in REDIRECTS else None


def text_body(text: str, *, complete: bool = True, note: str | None = None) -> Body:
    """The evidence of a body that is there as text already; size and hash are those of its UTF-8."""
    raw = text.encode("utf-8", "replace")
    cut = len(text) > TEXT_CHARACTERS
    return Body(
        size=len(raw),
        complete=complete,
        sha256=hashlib.sha256(raw).hexdigest(),
        text=peer_text(text, limit=TEXT_CHARACTERS),
        note="the beginning only" if cut else note,
    )


def opaque_body(raw: bytes, why: str, *, complete: bool = True) -> Body:
    """The evidence of a body that is no text, or that could not be decoded: its size, its hash, and why."""
    return Body(size=len(raw), complete=complete, sha256=hashlib.sha256(raw).hexdigest(), text=None, note=why)
