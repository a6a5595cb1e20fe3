"""The table of odd requests: rows that make servers show which software they are.

Rule of the room: pure builders of bytes. A row is a plain GET of an unguessable path with one thing about it odd; it
has no body, no NUL, no conflicting lengths, no CONNECT, and no more than `MAX_BYTES`. Rows stand in the order in which
they are sent: legal ones first, small ones before large ones. A new row is one more entry of `TABLE`.
"""

import dataclasses
import enum
from collections.abc import Callable, Sequence

from scanner.model.evidence.server_identity import BASELINE, Ending, OddReply, ReplyKind

MAX_BYTES = 17 * 1024
"""The largest request that any row builds: a field line of 17000 bytes and the plain rest."""

HEADER_LINES = 110
"""Header lines in all of the row with many fields: above the limit of 100 that Apache, gunicorn and Tomcat have, below
the 1000 of nginx, and about 1 KiB together."""


class Level(enum.IntEnum):
    """How odd a request is."""

    ORDINARY = 0  # any client could send it
    LEGAL = 1  # odd, but every rule is kept
    INVALID = 2  # breaks the grammar of HTTP
    LARGE = 3  # larger than usual limits


class When(enum.StrEnum):
    """On which earlier answers a row depends (`wanted`)."""

    ALWAYS = "always"
    FRONT_SHOWN = "front-shown"  # the front itself refused the field of 9000 bytes
    FRONT_NOT_SHOWN = "front-not-shown"  # it passed it on, or took it


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What a request is made of: the Host field's value, the unguessable path, and the User-Agent."""

    authority: str
    path: str
    user_agent: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OddRequest:
    """One row: its id, what it is, how odd, how to build it, and when it is sent."""

    id: str
    title: str
    level: Level
    build: Callable[[Site], bytes]
    when: When = When.ALWAYS


FRONT_TEST = "xff-9000"
"""The row whose refusal shows whether the front speaks for itself."""


def wanted(when: When, replies: Sequence[OddReply]) -> bool:
    """Whether a row is to be sent after these answers.

    A front that refuses by its own limit ends the connection; a refusal that it only hands on leaves it open.
    """
    if when is When.ALWAYS:
        return True
    by_request = {reply.request: reply for reply in replies}
    plain_reply, tested = by_request.get(BASELINE), by_request.get(FRONT_TEST)
    shown = (
        plain_reply is not None
        and tested is not None
        and tested.kind(plain_reply) in {ReplyKind.REFUSED, ReplyKind.SILENT}
        and tested.ending is not Ending.OPEN
    )
    return shown is (when is When.FRONT_SHOWN)


def plain(site: Site, *, path: str | None = None, lines: tuple[bytes, ...] = ()) -> bytes:
    """A plain GET of `path` (else the site's), with more field lines at its end. The connection is left open."""
    head = (
        b"GET " + (path or site.path).encode("ascii") + b" HTTP/1.1",
        b"Host: " + site.authority.encode("ascii"),
        b"User-Agent: " + site.user_agent.encode("latin-1", "replace"),
        b"Accept: */*",
        *lines,
    )
    return b"\r\n".join(head) + b"\r\n\r\n"


def _filled(prefix: bytes, size: int) -> bytes:
    return prefix + b"a" * (size - len(prefix))


def _forwarded_for(size: int) -> Callable[[Site], bytes]:
    """One X-Forwarded-For line of `size` bytes, CRLF not counted."""
    return lambda site: plain(site, lines=(_filled(b"X-Forwarded-For: ", size),))


def _many_fields(site: Site) -> bytes:
    rest = HEADER_LINES - 3
    return plain(site, lines=tuple(b"X%d: 1" % number for number in range(rest)))


def _long_line(size: int) -> Callable[[Site], bytes]:
    """A request line of `size` bytes, CRLF not counted."""

    def build(site: Site) -> bytes:
        fixed = len(f"GET {site.path}?q= HTTP/1.1")
        return plain(site, path=f"{site.path}?q={'a' * (size - fixed)}")

    return build


TABLE: tuple[OddRequest, ...] = (
    OddRequest(id=BASELINE, title="plain GET", level=Level.ORDINARY, build=plain),
    OddRequest(id="fields-110", title=f"{HEADER_LINES} small header fields", level=Level.LARGE, build=_many_fields),
    OddRequest(id=FRONT_TEST, title="X-Forwarded-For of 9000 bytes", level=Level.LARGE, build=_forwarded_for(9000)),
    # A default nginx takes lines of up to 8190 bytes and appends the client's address to this field. What it then
    # sends is above the 8190 of Apache and gunicorn, and the 8 KiB for the whole head of Tomcat and Jetty.
    OddRequest(
        id="xff-8185",
        title="X-Forwarded-For of 8185 bytes",
        level=Level.LARGE,
        build=_forwarded_for(8185),
        when=When.FRONT_SHOWN,
    ),
    OddRequest(
        id="xff-17000",
        title="X-Forwarded-For of 17000 bytes",
        level=Level.LARGE,
        build=_forwarded_for(17_000),
        when=When.FRONT_NOT_SHOWN,
    ),
    OddRequest(id="line-9000", title="request line of 9000 bytes", level=Level.LARGE, build=_long_line(9000)),
)
