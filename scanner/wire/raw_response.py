"""Raw responses: what `curl -i` and `curl -iL` print, one answer or several, as recorded answers.

Rule of the file: the file may have been edited on the way, so its line ends are no fault of the server's. curl leaves
out the bodies of redirects that it follows, prints chunked bodies without their chunks, and with `--compressed` decoded
bodies under the fields of encoded ones. A page may try to look like a further answer; one is read only where curl would
print one.
"""

import dataclasses
import re

from scanner.errors import Malformed
from scanner.model.evidence.http_exchanges import Body
from scanner.wire.http_answer import read_answer
from scanner.wire.http_head import HEAD_BYTES, Flaw, Head, HeadReader
from scanner.wire.inflate import codings_of, inflate
from scanner.wire.recorded import REDIRECTS, Recorded, opaque_body, text_body
from scanner.wire.text_body import decode_text, is_text
from scanner.wire.urls import HttpUrl, parse_url, resolve_url

MAX_ANSWERS = 60
"""Answers in one file; curl follows 50 redirects."""

BODY_BYTES = 1024 * 1024
"""Bytes of a body that are read, as in a scan."""

_STATUS_LINE = re.compile(rb"HTTP/[0-9](?:\.[0-9])? [1-5][0-9]{2}(?: [^\r\n]*)?\r?\n")
_OTHER_OUTPUT = (
    ("curl -v", re.compile(rb"[\r\n]*[*<>] +[A-Za-z]")),
    ("wget -S", re.compile(rb"(?:--20[0-9]{2}-|Resolving |Connecting to |HTTP request sent)|[\r\n]*  HTTP/")),
    ("curl with its progress meter", re.compile(rb"[\r\n]* {1,4}% Total ")),
    ("a client that prints its request, too", re.compile(rb"[\r\n]*(?:GET|HEAD) [^ \r\n]{1,8000} HTTP/[0-9]")),
)
"""How what is no raw response begins, and whose output it looks like."""

_NOISE = re.compile(r"[*<>{}] ")
"""How lines begin that `curl -v` writes between those of the answer."""

_CHUNKED = re.compile(rb"[0-9A-Fa-f]{1,8}[ \t]*(?:;[^\r\n]*)?\r\n")
_OF_THE_FILE = frozenset({Flaw.BARE_LF, Flaw.INCOMPLETE, Flaw.LEADING_BLANK_LINE})
"""Flaws that copying makes."""

_NEW_VERSIONS = frozenset({"HTTP/2", "HTTP/3"})
"""Versions whose status line is curl's own invention."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RawResponses:
    """The answers in order, each of a chain leading to the next; `left_out` says what else was in the file."""

    answers: tuple[Recorded, ...]
    left_out: tuple[str, ...] = ()


def looks_raw(raw: bytes) -> bool:
    """Whether the bytes begin like a raw response."""
    return raw[:64].lstrip(b"\xef\xbb\xbf\r\n \t")[:5].upper() == b"HTTP/"


def other_output(raw: bytes) -> str | None:
    """Whose output the bytes look like where that is not the answer alone; None for everything else."""
    return next((name for name, begin in _OTHER_OUTPUT if begin.match(raw[:16_384])), None)


def read_responses(raw: bytes, url: HttpUrl | None = None) -> RawResponses:
    """The answers in what curl printed; `url` is what it was asked for, further ones follow from each Location.

    Raises `Malformed`, with a sentence, where there is no answer.
    """
    rest = raw.lstrip(b"\xef\xbb\xbf\r\n \t")
    if (other := other_output(raw)) is not None:
        raise Malformed(f"this looks like the output of {other}; save that of curl -i")
    if not looks_raw(raw):
        raise Malformed("there is no status line at the beginning")
    parts: list[tuple[Head, bytes | None]] = []
    left_out: list[str] = []
    while rest and len(parts) < MAX_ANSWERS:
        head, rest = _head(rest)
        if _followed(head, rest, first=not parts):
            parts.append((head, None))
            continue
        body, rest = _own_body(head, rest)
        parts.append((head, body))
        break
    if rest:
        left_out.append("further answers after the first whole one")
    chain = _chain(parts)
    if not chain[-1][0].fields:
        raise Malformed("no header field follows the status line")
    if len(chain) < len(parts):
        left_out.append(f"{len(parts) - len(chain)} answers of a proxy, or that asked for credentials")
    return RawResponses(answers=tuple(_recorded(chain, url)), left_out=tuple(left_out))


def _head(raw: bytes) -> tuple[Head, bytes]:
    """The head at the beginning, and what follows; one without the empty line at its end is taken as whole."""
    reader = HeadReader()
    window = raw[: 2 * HEAD_BYTES]
    reader.feed(window)
    if reader.head is None:
        head, rest = reader.end(), b""
    else:
        head, rest = reader.head, raw[len(window) - len(reader.rest) :]
    if head.status is None:
        raise Malformed("the status line cannot be read")
    if any(_NOISE.match(field.name) for field in head.fields):
        raise Malformed("messages of curl -v stand between the fields; save the output of curl -i without them")
    ours = _OF_THE_FILE | ({Flaw.BAD_STATUS_LINE} if head.version in _NEW_VERSIONS else set())
    return dataclasses.replace(head, flaws=tuple(flaw for flaw in head.flaws if flaw not in ours)), rest


def _followed(head: Head, rest: bytes, *, first: bool) -> bool:
    """Whether curl went on after this head, so that what follows is the next answer and no body.

    A body may begin like an answer. Where Content-Length says that it is all of the rest, it is a body.
    """
    if not _STATUS_LINE.match(rest) or _length(head) == len(rest):
        return False
    if head.status in REDIRECTS:
        return bool(head.values("location"))
    if head.status in {401, 407}:  # curl answers a challenge where it was given credentials
        return True
    return first and _opens_a_tunnel(head)


def _opens_a_tunnel(head: Head) -> bool:
    """Whether it can be a proxy's answer to CONNECT (RFC 9110 section 9.3.6): successful, and without content."""
    telling = ("content-type", "transfer-encoding", "set-cookie", "content-encoding")
    success = head.status is not None and 200 <= head.status < 300
    return success and not _length(head) and not any(head.values(name) for name in telling)


def _length(head: Head) -> int | None:
    values = set(head.values("content-length"))
    sole = next(iter(values)) if len(values) == 1 else ""
    return int(sole) if sole.isascii() and sole.isdigit() and len(sole) <= 18 else None


def _own_body(head: Head, rest: bytes) -> tuple[bytes | None, bytes]:
    """The body, None where it was not printed (`curl -I`), and what follows it: another answer, of another URL."""
    length = _length(head)
    if not rest and (length or head.values("transfer-encoding")):
        return None, b""
    if length is not None and _STATUS_LINE.match(rest[length : length + 1024]):
        return rest[:length], rest[length:]
    return rest, b""


def _chain(parts: list[tuple[Head, bytes | None]]) -> list[tuple[Head, bytes | None]]:
    """The last answer with the redirects that led to it; what a proxy or a challenge said in between is left out."""
    return [
        part
        for place, part in enumerate(parts)
        if place == len(parts) - 1 or (part[0].status in REDIRECTS and part[0].values("location"))
    ]


def _recorded(chain: list[tuple[Head, bytes | None]], start: HttpUrl | None) -> list[Recorded]:
    """The answers with their URLs, as far as they are known: the first by the user, the others by each Location."""
    found: list[Recorded] = []
    url = start
    for head, raw in chain:
        one = Recorded(
            url=url,
            status=head.status,
            version=head.version,
            reason=head.reason,
            fields=head.fields,
            flaws=tuple(str(flaw) for flaw in head.flaws),
            interim=head.interim,
            body=None if raw is None else _body(head, raw),
        )
        found.append(one)
        url = _next(url, one.location)
    return found


def _next(url: HttpUrl | None, location: str | None) -> HttpUrl | None:
    try:
        if location is None:
            return None
        return parse_url(location) if url is None else resolve_url(url, location)
    except Malformed:
        return None


def _body(head: Head, raw: bytes) -> Body:
    types = head.values("content-type")
    if not is_text(types):
        return opaque_body(raw, "not a text type")
    if _CHUNKED.match(raw) and any("chunked" in value.lower() for value in head.values("transfer-encoding")):
        whole = read_answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + raw)  # curl --raw
        raw = whole.body if whole is not None and whole.complete else raw
    codings = codings_of(head.values("content-encoding"))
    try:
        decoded, complete = _decoded(raw, codings)
    except Malformed as fault:
        return opaque_body(raw, f"not decoded: {fault.detail}")
    note = None if complete else "the beginning only"
    return text_body(decode_text(decoded, types), complete=complete, note=note)


def _decoded(raw: bytes, codings: tuple[str, ...]) -> tuple[bytes, bool]:
    """The bytes without content codings, and whether that is all. Raises `Malformed` where they stay encoded."""
    if codings and not _is_plain(raw):
        found = inflate(raw[:BODY_BYTES], codings)
        return found.data, found.complete and len(raw) <= BODY_BYTES
    return raw[:BODY_BYTES], len(raw) <= BODY_BYTES


def _is_plain(raw: bytes) -> bool:
    """Whether the client has undone the codings (`curl --compressed`): text has no control characters but white space.

    Compressed data of any length has some.
    """
    return not re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]", raw[:4096])
