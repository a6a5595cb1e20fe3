"""Evidence of `redirects`: where the https and the plain-http entry lead, hop by hop."""

import dataclasses
import enum

from scanner.model.evidence.http_exchanges import HeaderField
from scanner.model.outcome import Outcome, Stage
from scanner.model.peer import PeerText


class ChainEnd(enum.StrEnum):
    """How a chain of redirects ended."""

    ANSWER = "answer"  # an answer that redirects no further
    BLOCKED = "blocked"  # a challenge, ban or rate limit answered
    FAILED = "failed"  # the last hop did not answer; its outcome says why
    LOOP = "loop"  # back at a URL of this chain
    TOO_MANY_HOPS = "too-many-hops"  # our cap on hops
    REQUEST_CAP = "request-cap"  # our cap on requests
    MALFORMED = "malformed"  # a Location that is no URL
    OTHER_SCHEME = "other-scheme"  # a Location that is neither http nor https
    NOT_RECORDED = "not-recorded"  # the recording that was judged ends with a redirect


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One URL of a chain and its answer.

    `location` is the raw redirect target, `locations` how many different ones the answer holds, `to` what it resolves
    to, `problem` why it does not. `user_info` tells
    whether it carried user info. `sets_cookie` matters for loops: this client keeps no cookies.
    """

    url: PeerText
    scheme: str
    host: PeerText
    same_host: bool
    endpoint: str | None
    outcome: Outcome
    stage: Stage | None = None
    detail: PeerText | None = None
    status: int | None = None
    fields: tuple[HeaderField, ...] = ()
    location: PeerText | None = None
    locations: int = 0
    to: PeerText | None = None
    to_scheme: str | None = None
    to_host: PeerText | None = None
    user_info: bool = False
    problem: PeerText | None = None
    sets_cookie: bool = False

    @property
    def answered(self) -> bool:
        """Whether a whole head came, even if the body after it did not."""
        return self.status is not None and (self.outcome is Outcome.OK or self.stage is Stage.RESPONSE_BODY)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A URL, where it leads, and how that ends. `hops` is never empty."""

    hops: tuple[Hop, ...]
    end: ChainEnd

    @property
    def reaches_https(self) -> bool:
        """Whether a hop is https, or the last one redirects there."""
        return any(hop.scheme == "https" for hop in self.hops) or self.hops[-1].to_scheme == "https"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Redirects:
    """The chains of one endpoint.

    `https` starts at the target's URL, `http` at `http://host/`, or at the target's URL where that is http. A chain is
    None where it was not asked; `http_not_asked` says why.
    """

    https: Chain | None
    http: Chain | None
    http_not_asked: str | None = None
