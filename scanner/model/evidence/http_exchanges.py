"""Evidence of `http_exchanges`: each request that was made and the answer exactly as sent."""

import dataclasses
import enum
import re
from collections.abc import Mapping

from scanner.model.outcome import Outcome, Stage
from scanner.model.page import Page
from scanner.model.peer import PeerText

_FOLD = re.compile(r"[ \t]*\r?\n[ \t]+")


class Purpose(enum.StrEnum):
    """Why a request was made."""

    ENTRY = "entry"  # GET of the target's URL, and its redirect hops
    PLAIN_ENTRY = "plain-entry"  # GET of http://host/, and its redirect hops
    MISSING = "missing"  # GET of an unguessable path: a provoked 404
    REPEAT = "repeat"  # a second GET of the document, with the Origin of a foreign site
    PREFLIGHT = "preflight"  # OPTIONS of the document as browsers ask before a cross-origin request
    ORIGIN = "origin"  # GET of the document with another Origin: null, a suffix of the host, plain http
    TRACE = "trace"  # TRACE of an unguessable path, with a mark to be echoed
    ROBOTS = "robots"  # GET of /robots.txt
    SECURITY_TXT = "security-txt"  # GET of /.well-known/security.txt
    ASSET = "asset"  # GET of a static file of the site that the document names, over HTTP/2 where it is spoken
    SCRIPT = "script"  # GET of another first-party script of the document
    SIBLING = "sibling"  # GET of https://www.host/, or without www where the host has it
    UNKNOWN_HOST = "unknown-host"  # GET of / with a Host that nobody has, over a connection to the site itself
    BARE_ADDRESS = "bare-address"  # GET of / with the address as Host, and no SNI
    RECORDED = "recorded"  # no request of ours: another answer of the site in a recording, which sets cookies


class NotFollowed(enum.StrEnum):
    """Why a redirect was seen and not followed."""

    LOOP = "loop"  # the chain has been at this URL before
    SEEN = "seen"  # the entry's chain has been at this URL: what follows is there
    TOO_MANY_HOPS = "too-many-hops"  # our cap on the hops of a chain
    REQUEST_CAP = "request-cap"  # our cap on the requests of one scan
    MALFORMED = "malformed"  # the Location is no URL, or one that clients differ about
    OTHER_SCHEME = "other-scheme"  # neither http nor https
    NOT_RECORDED = "not-recorded"  # the recording that was judged ends here


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
    whether the hop is still at the host that the user named, `own` whether it is there or at its www sibling. `sent`
    are the fields of the request beside the usual ones. `location` is the raw target of a redirect (301, 302, 303, 307,
    308 with a Location), `redirect` what became of it. `tls` is the version of TLS that carried it;
    `certificate_trusted` says whether its certificate is for the URL's host and leads, at the instant of the scan, to
    one of its trust stores (None: not known). `interim` counts the 1xx answers before this one. `detail` says in
    words how it ended where it did not end well. `http2_offered` tells whether ALPN offered h2.
    """

    purpose: Purpose
    hop: int
    method: str
    url: PeerText
    same_host: bool
    own: bool = False
    sent: tuple[HeaderField, ...] = ()
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
    http2_offered: bool = False
    elapsed_ms: float = 0.0

    @property
    def answered(self) -> bool:
        """Whether a whole head came, even if the body after it did not."""
        return self.status is not None and (self.outcome is Outcome.OK or self.stage is Stage.RESPONSE_BODY)

    @property
    def at_site(self) -> bool:
        """Whether it was at the named host or its www sibling; older results say the former only."""
        return self.own or self.same_host

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
    `page` is the parsed `document`, None where that is no HTML or none came. `away` is the parsed
    `departure`: nobody's to judge, but a published scale counts it. `left_out` says of each purpose that was not asked
    why not; `absent` are those of them that the site has nothing for, such as no www sibling. `mark` is what the TRACE
    request carried, to be found in an echo. `user_agent` is the name under which the requests were made; None where
    that is not ours to show (a recording, a header field of the user's own).
    """

    exchanges: tuple[Exchange, ...]
    block: PeerText | None = None
    page: Page | None = None
    away: Page | None = None
    left_out: Mapping[str, str] = dataclasses.field(default_factory=dict)
    absent: tuple[Purpose, ...] = ()
    mark: str | None = None
    user_agent: str | None = None

    def of(self, purpose: Purpose) -> tuple[Exchange, ...]:
        """The hops of one purpose, in order."""
        return tuple(one for one in self.exchanges if one.purpose is purpose)

    @property
    def document(self) -> Exchange | None:
        """The answer at the end of the entry's redirects, or of the plain-http entry's where the entry's https did not
        answer; None where neither ended at the named host or its www sibling.
        """
        hops = self.of(Purpose.ENTRY)
        if hops and not hops[0].answered and hops[0].url.lower().startswith("https:"):
            hops = self.of(Purpose.PLAIN_ENTRY)
        last = hops[-1] if hops else None
        return last if last is not None and last.answered and last.location is None and last.at_site else None

    @property
    def departure(self) -> Exchange | None:
        """The answer at another site where plain http ends; None where there is none, or where https answers."""
        entry, hops = self.of(Purpose.ENTRY), self.of(Purpose.PLAIN_ENTRY)
        if not entry or entry[0].answered or not hops:
            return None
        last = hops[-1]
        return last if last.answered and last.location is None and not last.at_site else None

    @property
    def final(self) -> Exchange | None:
        """The last hop of the entry, which carries the document; None where it failed or is still a redirect."""
        hops = self.of(Purpose.ENTRY)
        return hops[-1] if hops and hops[-1].answered and hops[-1].location is None else None
