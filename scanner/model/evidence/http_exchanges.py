"""Evidence of `http_exchanges`: each request that was made and the answer exactly as sent."""

import dataclasses
import enum
import re

from scanner.model.outcome import Outcome, Stage
from scanner.model.peer import PeerText

_FOLD = re.compile(r"[ \t]*\r?\n[ \t]+")


class Purpose(enum.StrEnum):
    """Why a request was made."""

    ENTRY = "entry"  # GET of the target's URL, and its redirect hops
    PLAIN_ENTRY = "plain-entry"  # GET of http://host/, and its redirect hops
    MISSING = "missing"  # GET of an unguessable path: a provoked 404


class NotFollowed(enum.StrEnum):
    """Why a redirect was seen and not followed."""

    LOOP = "loop"  # the chain has been at this URL before
    SEEN = "seen"  # the entry's chain has been at this URL: what follows is there
    TOO_MANY_HOPS = "too-many-hops"  # our cap on the hops of a chain
    REQUEST_CAP = "request-cap"  # our cap on the requests of one scan
    MALFORMED = "malformed"  # the Location is no URL, or one that clients differ about
    OTHER_SCHEME = "other-scheme"  # neither http nor https


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HeaderField:
    """One field line as it stood on the wire (RFC 9110 section 5): spelling and repeats kept, latin-1.

    White space round the value is not part of it; a fold inside it (CR LF and white space) is kept.
    """

    name: PeerText
    value: PeerText


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What was read of a body, still encoded: `size` bytes read, whether that was all, and its hash.

    `text` is the decoded beginning (bounded; None where the type is not text or decoding failed), `note` why.
    """

    size: int
    complete: bool
    sha256: str
    text: PeerText | None = None
    note: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Where an answer sends the client.

    `to` is the Location resolved against the URL, without user info and fragment; None where that was not possible, and
    `problem` says why. `user_info` tells whether the Location carried user info; it was never sent. `not_followed` is
    None where the next hop was asked.
    """

    to: PeerText | None
    user_info: bool = False
    problem: PeerText | None = None
    not_followed: NotFollowed | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its answer.

    `hop` counts from 0 within a purpose. `status` is None where no valid status line came. `flaws` names what was
    wrong with the head (`scanner.wire.http_head`): it is kept although clients differ about it. `same_host` says
    whether the hop is still at the host that the user named. `location` is the raw target of a redirect (301, 302, 303,
    307, 308 with a Location), `redirect` what became of it. `tls` is the version of TLS that carried it. `interim`
    counts the 1xx answers before this one. `detail` says what an HTTP library held against a flawed answer.
    """

    purpose: Purpose
    hop: int
    method: str
    url: PeerText
    same_host: bool
    endpoint: str | None
    outcome: Outcome
    stage: Stage | None = None
    detail: PeerText | None = None
    version: str | None = None
    status: int | None = None
    reason: PeerText | None = None
    fields: tuple[HeaderField, ...] = ()
    flaws: tuple[str, ...] = ()
    interim: int = 0
    location: PeerText | None = None
    redirect: Redirect | None = None
    body: Body | None = None
    tls: str | None = None
    certificate_trusted: bool | None = None
    elapsed_ms: float = 0.0

    @property
    def answered(self) -> bool:
        """Whether a whole head came, even if the body after it did not."""
        return self.status is not None and (self.outcome is Outcome.OK or self.stage is Stage.RESPONSE_BODY)

    def values(self, name: str) -> tuple[PeerText, ...]:
        """The values of every field with this name, compared without case, in order.

        A fold is read as one space (RFC 9112 section 5.2), white space before the colon as none.
        """
        wanted = name.lower()
        return tuple(
            PeerText(_FOLD.sub(" ", one.value)) for one in self.fields if one.name.strip(" \t").lower() == wanted
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HttpExchanges:
    """All exchanges of one endpoint, in the order in which they were made.

    `block` names the sign by which an answer was recognised as a challenge, ban or rate limit; None: no such sign.
    """

    exchanges: tuple[Exchange, ...]
    block: PeerText | None = None

    def of(self, purpose: Purpose) -> tuple[Exchange, ...]:
        """The hops of one purpose, in order."""
        return tuple(one for one in self.exchanges if one.purpose is purpose)

    @property
    def final(self) -> Exchange | None:
        """The last hop of the entry, which carries the document; None where it failed or is still a redirect."""
        hops = self.of(Purpose.ENTRY)
        return hops[-1] if hops and hops[-1].answered and hops[-1].location is None else None
