"""Evidence of `server_identity`: each odd request that was sent, by its row in the table, and the answer it got."""

import dataclasses
import enum

from scanner.model.evidence.http_exchanges import HeaderField
from scanner.model.outcome import Answer, Outcome, Stage
from scanner.model.peer import PeerText

BASELINE = "baseline"
"""The row of the plain GET of the unguessable path: what every odd answer is compared with."""

SAMPLE_CHARACTERS = 4096
"""The most of a body that is kept."""


class Ending(enum.StrEnum):
    """What became of the connection after the answer."""

    FIN = "fin"  # the peer ended it in order
    RESET = "reset"  # the peer reset it
    OPEN = "open"  # the answer was whole and the connection stayed open
    TIMEOUT = "timeout"  # no whole answer until the limit of time
    CUT = "cut"  # we closed it: the answer was longer than what we read


class ReplyKind(enum.StrEnum):
    """How an odd request was taken, seen against the baseline."""

    SAME = "same"  # served like the plain request
    REFUSED = "refused"  # answered with another status, 400 or above
    DIFFERENT = "different"  # answered with another status below 400
    SILENT = "silent"  # no status line at all


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RootPage:
    """One GET of the root page: its status, and the hash of its normalised body where the body was read here."""

    status: int | None
    sha256: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PageSample:
    """The beginning of a body as text (latin-1), the number of bytes read, and the hash of its normalised form.

    Normalised means: without what varies from site to site and from request to request
    (`scanner.wire.error_pages.normalise`), so that equal pages have equal hashes.
    """

    size: int
    complete: bool
    text: PeerText
    sha256: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OddReply:
    """One request of the table and what came back.

    `size` counts the bytes of the request, `sent_all` whether all of them could be sent. `status` is None where no
    valid status line came; `outcome` then says how it ended. `elapsed_ms` runs from the first byte sent to the end of
    the answer.
    """

    request: str
    title: str
    level: int
    size: int
    outcome: Outcome
    stage: Stage | None = None
    detail: PeerText | None = None
    sent_all: bool = True
    version: PeerText | None = None
    status: int | None = None
    reason: PeerText | None = None
    fields: tuple[HeaderField, ...] = ()
    flaws: tuple[str, ...] = ()
    ending: Ending | None = None
    body: PageSample | None = None
    elapsed_ms: float = 0.0

    def values(self, name: str) -> tuple[PeerText, ...]:
        """The values of every field with this name, compared without case, in order."""
        wanted = name.lower()
        return tuple(field.value for field in self.fields if field.name.lower() == wanted)

    def kind(self, baseline: "OddReply") -> ReplyKind:
        """How this request was taken, seen against the plain one."""
        if self.status is None:
            return ReplyKind.SILENT
        if self.status == baseline.status:
            return ReplyKind.SAME
        return ReplyKind.REFUSED if self.status >= 400 else ReplyKind.DIFFERENT


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A row of the table that was not sent, and why."""

    request: str
    reason: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ServerAnswers:
    """All odd requests to one endpoint, in the order in which they were sent; the first is the baseline.

    `path` is the unguessable path that they went to. `root_before` and `root_after` are the root page around them;
    `root_changed` says whether an error stands there now that did not before. `stopped` says why the table was not
    gone through to its end.
    """

    path: str
    replies: tuple[OddReply, ...]
    left_out: tuple[LeftOut, ...] = ()
    root_before: RootPage | None = None
    root_after: RootPage | None = None
    root_changed: Answer = Answer.UNKNOWN
    stopped: PeerText | None = None

    def reply(self, request: str) -> OddReply | None:
        """The answer to one row; None where it was not sent."""
        return next((one for one in self.replies if one.request == request), None)

    @property
    def baseline(self) -> OddReply | None:
        """The answer to the plain request; None where there is none with a status."""
        found = self.reply(BASELINE)
        return found if found is not None and found.status is not None else None

    def refused(self) -> tuple[tuple[int, OddReply], ...]:
        """The refused requests with their places in `replies`."""
        plain = self.baseline
        if plain is None:
            return ()
        return tuple((place, one) for place, one in enumerate(self.replies) if one.kind(plain) is ReplyKind.REFUSED)
