"""HAR files (HTTP Archive 1.2): the bytes of one in, the recorded answers out.

Rule of the file: the file comes from strangers, and exporters differ. A member of the wrong type counts as absent; only
what makes the whole unusable is `Malformed`, with a sentence for the user. What a browser made up itself (its internal
redirects, its service workers) is left out and counted. Values of Cookie and Authorization are never taken.
"""

import base64
import binascii
import dataclasses
import datetime
import ipaddress
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping

from scanner.errors import Malformed
from scanner.model.evidence.http_exchanges import Body, HeaderField
from scanner.model.peer import PeerText, peer_text
from scanner.wire.http_head import HEAD_BYTES, MAX_FIELDS, Flaw
from scanner.wire.recorded import SENT, TEXT_CHARACTERS, Recorded, opaque_body, text_body
from scanner.wire.text_body import decode_text, is_text
from scanner.wire.urls import parse_url

MAX_ENTRIES = 20_000
"""Entries that are looked at; an hour of a busy page has a few thousand."""

BODY_CHARACTERS = 16 * 1024 * 1024
"""Characters of all bodies together that are kept."""

LONGEST_WORD = 200
"""Characters of a name, method, page id or reason."""

WITHOUT_COOKIES = "WebInspector"
"""The creator whose export leaves out Cookie, Set-Cookie and Authorization unless told otherwise (Chrome from 130)."""

_VERSIONS = {
    "h2": "HTTP/2",
    "h3": "HTTP/3",
    "http/0.9": "HTTP/0.9",
    "http/1.0": "HTTP/1.0",
    "http/1.1": "HTTP/1.1",
    "http/2": "HTTP/2",
    "http/2.0": "HTTP/2",
    "http/3": "HTTP/3",
    "http/3.0": "HTTP/3",
}
_METHOD = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,40}")  # RFC 9110 section 9.1: a token
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_BASE64_CHARACTERS = TEXT_CHARACTERS * 4 * 4 // 3


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HarLog:
    """What a HAR file holds.

    `creator` names the program that wrote it. `entries` are the recorded answers in order, `left_out` counts the others
    by the reason. `without_cookies` tells that not one entry has a trace of a cookie and that the creator leaves them
    out by default: then nobody knows what was set.
    """

    creator: PeerText
    entries: tuple[Recorded, ...]
    left_out: Mapping[str, int]
    without_cookies: bool = False


def read_har(raw: bytes) -> HarLog:
    """The log in the bytes of a HAR file. Raises `Malformed` with a sentence where it is none, or has no entry."""
    log = _dict(_dict(_json(raw)).get("log"))
    found = log.get("entries")
    if not isinstance(found, list):
        raise Malformed('no HAR file: there is no list "log.entries"')
    if not found:
        raise Malformed("the HAR file has no entries")
    creator = _dict(log.get("creator"))
    reader = _Reader()
    entries = tuple(reader.entries(found))
    if not entries:
        reasons = ", ".join(f"{count} {why}" for why, count in reader.left_out.items())
        raise Malformed(f"the HAR file has no entry that can be judged ({reasons})")
    name = _word(creator.get("name")) or "unknown"
    return HarLog(
        creator=peer_text(f"{name} {_word(creator.get('version')) or ''}".strip()),
        entries=entries,
        left_out=dict(reader.left_out),
        without_cookies=name == WITHOUT_COOKIES and not reader.saw_cookies,
    )


def _json(raw: bytes) -> object:
    """The document. UTF-8 it must be (HAR 1.2); a byte order mark is passed over, and UTF-16 is read by its mark."""
    codec = "utf-16" if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        found: object = json.loads(raw.decode(codec), parse_constant=lambda _: None)
    except UnicodeDecodeError:
        raise Malformed("the HAR file is no UTF-8 text") from None
    except RecursionError:
        raise Malformed("the HAR file is nested too deeply") from None
    except json.JSONDecodeError as error:
        cut = error.pos >= len(error.doc.rstrip()) - 1 or error.msg.startswith("Unterminated")
        what = "ends too early" if cut else f"is no JSON (line {error.lineno}, column {error.colno})"
        raise Malformed(f"the HAR file {what}") from None
    except ValueError:  # a number of thousands of digits
        raise Malformed("the HAR file holds a number that is too large") from None
    return found


class _Reader:
    """Reads entries one after the other; counts what it leaves out and how much room for bodies is left."""

    def __init__(self) -> None:
        self.left_out: Counter[str] = Counter()
        self.saw_cookies = False
        self._room = BODY_CHARACTERS

    def entries(self, found: list[object]) -> Iterator[Recorded]:
        """The entries that are answers of servers, or requests that got none."""
        for one in found[:MAX_ENTRIES]:
            entry = _dict(one)
            request, response = _dict(entry.get("request")), _dict(entry.get("response"))
            self._look_for_cookies(request, response)
            recorded = self._entry(entry, request, response)
            if isinstance(recorded, str):
                self.left_out[recorded] += 1
            else:
                yield recorded
        if len(found) > MAX_ENTRIES:
            self.left_out[f"beyond the first {MAX_ENTRIES}"] += len(found) - MAX_ENTRIES

    def _look_for_cookies(self, request: Mapping[str, object], response: Mapping[str, object]) -> None:
        headers = (*_list(request.get("headers")), *_list(response.get("headers")))
        names = {(_word(_dict(one).get("name")) or "").lower() for one in headers}
        listed = _list(request.get("cookies")) or _list(response.get("cookies"))
        self.saw_cookies = self.saw_cookies or bool(listed) or bool(names & {"cookie", "set-cookie"})

    def _entry(
        self, entry: Mapping[str, object], request: Mapping[str, object], response: Mapping[str, object]
    ) -> Recorded | str:
        """The entry, or why it is left out."""
        if not request:
            return "without a request"
        try:
            url = parse_url(_octets(_string(request.get("url")) or ""))
        except Malformed:
            return "without an http or https URL"
        method = _string(request.get("method")) or "GET"
        if not _METHOD.fullmatch(method):
            return "with a malformed method"
        fields, flaws = _fields(response.get("headers"))
        names = {one.name.lower() for one in fields}
        if "non-authoritative-reason" in names or _word(response.get("statusText")) == "Internal Redirect":
            return "made up by the browser (internal redirect)"
        if entry.get("_fetchedViaServiceWorker") is True or response.get("_fetchedViaServiceWorker") is True:
            return "answered by a service worker"
        status = _status(response.get("status"))
        problem = None if status is not None else _problem(entry, response)
        if status == 304:  # its fields stand for a stored answer, most of which they do not repeat
            status, problem = None, "the browser only asked whether its copy was still good (status 304)"
        elif status is not None and not fields:  # no server sends none: a cached copy (Firefox), or stripped
            status, problem = None, "the recording has no header field of the answer"
        sent, _ = _fields(request.get("headers"))
        recorded = Recorded(
            url=url,
            method=method,
            sent=tuple(one for one in sent if one.name.lower() in SENT),
            status=status,
            version=_VERSIONS.get((_word(response.get("httpVersion")) or "").lower()),
            reason=peer_text(_octets(_word(response.get("statusText")) or "")),
            fields=fields if status is not None else (),
            flaws=flaws,
            address=_address(entry.get("serverIPAddress")),
            started=_instant(entry.get("startedDateTime")),
            elapsed_ms=_milliseconds(entry.get("time")),
            page=_word(entry.get("pageref")),
            kind=(_word(entry.get("_resourceType")) or "").lower() or None,
            cached=_is_cached(entry, response),
            problem=problem,
        )
        return recorded if status is None else dataclasses.replace(recorded, body=self._body(response, recorded))

    def _body(self, response: Mapping[str, object], recorded: Recorded) -> Body | None:
        """The body as far as it was recorded; browsers have undone content codings already. None where it was not."""
        content = _dict(response.get("content"))
        text = content.get("text")
        if not isinstance(text, str) or (not text and _milliseconds(content.get("size")) > 0):
            return None
        types = recorded.values("content-type") or (peer_text(_word(content.get("mimeType")) or ""),)
        cut = "truncated" in (_string(content.get("comment")) or "").lower()
        if _word(content.get("encoding")) == "base64":
            return self._base64(text, types, cut=cut)
        if not is_text(types):
            return opaque_body(text[:TEXT_CHARACTERS].encode("utf-8", "replace"), "not a text type", complete=not cut)
        return self._text(text, cut=cut)

    def _base64(self, text: str, types: tuple[PeerText, ...], *, cut: bool) -> Body:
        part = text[:_BASE64_CHARACTERS]
        try:
            raw = base64.b64decode(part)
        except (binascii.Error, ValueError):
            return opaque_body(part.encode("utf-8", "replace"), "not decoded: no base64", complete=False)
        if not is_text(types):
            return opaque_body(raw, "not a text type", complete=not cut and len(part) == len(text))
        return self._text(decode_text(raw, types), cut=cut or len(part) < len(text))

    def _text(self, text: str, *, cut: bool) -> Body:
        kept = min(len(text), TEXT_CHARACTERS)
        if kept > self._room:
            return opaque_body(text.encode("utf-8", "replace"), "the HAR file has too much text to keep it all")
        self._room -= kept
        return text_body(_clean(text), complete=not cut, note="the beginning only" if cut else None)


def _fields(headers: object) -> tuple[tuple[HeaderField, ...], tuple[str, ...]]:
    """Header fields as latin-1, and what was wrong with them. HTTP/2 pseudo-header fields are left out.

    Values that an exporter has joined with line feeds were several fields.
    """
    found: list[HeaderField] = []
    size = 0
    for one in _list(headers):
        name = _string(_dict(one).get("name"))
        value = _string(_dict(one).get("value"))
        if not name or value is None or name.startswith(":"):
            continue
        for line in _octets(value).split("\n"):
            size += len(name) + len(line)
            if len(found) >= MAX_FIELDS or size > HEAD_BYTES:
                return tuple(found), (str(Flaw.TOO_MANY_FIELDS),)
            found.append(HeaderField(name=peer_text(_octets(name)), value=peer_text(line.strip(" \t\r"))))
    return tuple(found), ()


def _problem(entry: Mapping[str, object], response: Mapping[str, object]) -> str:
    """Why there is no answer, as the browser says it; Chrome's names are of a fixed set, and nothing else is kept."""
    said = _word(response.get("_error")) or _word(entry.get("_error")) or ""
    return f"the browser got no answer ({said})" if re.fullmatch(r"net::ERR_[A-Z0-9_]+", said) else "no answer recorded"


def _is_cached(entry: Mapping[str, object], response: Mapping[str, object]) -> bool:
    """Whether the answer came from the browser's cache: Chrome says so, others leave hints at most."""
    return isinstance(entry.get("_fromCache"), str) or response.get("_fromDiskCache") is True


def _status(value: object) -> int | None:
    """A status from 100 to 599; browsers write 0 where none came."""
    if isinstance(value, str) and re.fullmatch(r"[1-5][0-9]{2}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 599 else None


def _address(value: object) -> str | None:
    text = (_word(value) or "").strip("[]")
    try:
        return str(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return None


def _instant(value: object) -> datetime.datetime | None:
    """A time in UTC; without a zone it is taken for UTC."""
    try:
        read = datetime.datetime.fromisoformat(_word(value) or "")
        return (read if read.tzinfo else read.replace(tzinfo=datetime.UTC)).astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        return None


def _milliseconds(value: object) -> float:
    """A number from 0 to a day's milliseconds; 0 for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    return round(float(value), 1) if 0 <= value <= 86_400_000 else 0.0


def _dict(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _string(value: object) -> str | None:
    return _clean(value) if isinstance(value, str) else None


def _word(value: object) -> str | None:
    return _clean(value[:LONGEST_WORD]) if isinstance(value, str) else None


def _clean(text: str) -> str:
    """Lone surrogates, which JSON can write and no encoding can, become U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


def _octets(text: str) -> str:
    """Text as it stood on the wire, one character an octet: what is no latin-1 went as UTF-8."""
    return text if not text or max(text) <= "\xff" else text.encode("utf-8", "replace").decode("latin-1")
