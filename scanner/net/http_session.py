"""HTTP exchanges: httpx over our own seam, one request at a time, each answer kept exactly as it was sent.

Rule of the room: httpx frames; it never opens a socket, decodes, follows a redirect, keeps a cookie or reads the
environment, because no httpx client is involved, only our transport. Whatever a peer does ends as an `Exchange`.
"""

import asyncio
import hashlib
import ssl
import time
from collections.abc import AsyncIterator
from types import TracebackType

import httpcore
import httpx

from scanner import isolate
from scanner.errors import Closed, LeadlineError, Malformed, OwnFault, PeerFault, Reset, TooMuch, Truncated, UserFault
from scanner.model.evidence.http_exchanges import Body, Exchange, HeaderField, Purpose
from scanner.model.outcome import Outcome, Stage
from scanner.model.peer import PeerText, peer_text
from scanner.model.target import Endpoint
from scanner.net.http_backend import Recording, SeamBackend
from scanner.net.session import Session
from scanner.version import USER_AGENT
from scanner.wire.http_answer import AnswerReader
from scanner.wire.http_head import Flaw, Head
from scanner.wire.inflate import Inflated, codings_of, inflate
from scanner.wire.text_body import decode_text, is_text
from scanner.wire.urls import HttpUrl

EXCHANGE_SECONDS = 15.0
"""The longest that one exchange may take, within the session's deadline."""

BODY_BYTES = 1024 * 1024
"""Bytes of a body that are read, as they come; the rest is left unread."""

REDIRECT_BODY_BYTES = 64 * 1024
"""The same for a redirect, whose body nobody sees."""

FRAMING_BYTES = 256 * 1024
"""Bytes that head and chunks of an answer may take on top of that."""

TEXT_CHARACTERS = 256 * 1024
"""Characters of a decoded body that the evidence keeps; nine pages of ten are shorter."""

ISOLATE_BYTES = 64 * 1024
"""Compressed bytes from which on decoding runs in the worker process."""

DECODE_SECONDS = 2.0
"""The longest that decoding a body may take there; a megabyte takes a hundredth of it."""

DETAIL_CHARACTERS = 300
"""Characters of detail that an exchange keeps."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""Statuses that send a client elsewhere (RFC 9110 section 15.4)."""

_FIELDS = (
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("Accept-Language", "en,*;q=0.5"),
    ("Accept-Encoding", "gzip, deflate"),
)


class SeamTransport(httpx.AsyncBaseTransport):
    """httpx's transport over a pool of our own connections."""

    def __init__(self, backend: SeamBackend, *, http2: bool) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            # Never used: `SeamStream.start_tls` does TLS. httpcore would load a whole trust store for its own.
            ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            max_connections=1,  # one that waits idle must not hold the place that the next needs
            max_keepalive_connections=None,
            keepalive_expiry=None,
            http2=http2,
            retries=0,
            network_backend=backend,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer to `request`, its body unread. Raises httpcore's protocol errors and our own faults."""
        url = request.url
        answer = await self._pool.handle_async_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_BodyStream(answer),
            extensions=dict(answer.extensions),
        )

    async def aclose(self) -> None:
        """Closes every connection of the pool."""
        await self._pool.aclose()


class _BodyStream(httpx.AsyncByteStream):
    """The body of httpcore's answer as httpx wants it."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._answer.aiter_stream():
            yield piece

    async def aclose(self) -> None:
        await self._answer.aclose()


class HttpSession:
    """All HTTP exchanges of one probe: connections to one origin are used again, requests never overlap.

    `http2` offers h2 in ALPN beside http/1.1. Use it as an asynchronous context manager: leaving closes everything.
    """

    def __init__(self, session: Session, *, http2: bool = False) -> None:
        self._session = session
        self._backend = SeamBackend(session, alpn=("h2", "http/1.1") if http2 else ("http/1.1",))
        self._transport = SeamTransport(self._backend, http2=http2)
        self._turn = asyncio.Lock()

    async def fetch(
        self,
        url: HttpUrl,
        *,
        endpoint: Endpoint,
        purpose: Purpose,
        hop: int = 0,
        method: str = "GET",
    ) -> Exchange:
        """One request to `url` at a checked endpoint, and its answer.

        Peer faults and our own end as the exchange's outcome, with what came before them. A connection that breaks
        before the first byte of an answer is tried once more: servers close idle connections, and one reset proves
        nothing. The user's own header fields go along only where `url` has the target's origin.
        """
        async with self._turn:
            started = time.monotonic()
            taken = await self._attempt(url, endpoint, method)
            if taken.repeatable:
                taken = await self._attempt(url, endpoint, method)
            return await self._exchange(taken, url, endpoint, purpose, hop, method, started)

    async def _attempt(self, url: HttpUrl, endpoint: Endpoint, method: str) -> "_Taken":
        deadline = self._session.deadline.sooner(EXCHANGE_SECONDS)
        taken = _Taken(self._backend.begin(url.host, url.port, endpoint, deadline))
        try:
            await taken.read(self._transport, self._request(url, method))
        except (PeerFault, OwnFault) as fault:
            taken.fault = fault
        except httpcore.RemoteProtocolError as error:
            await taken.read_refused(str(error))
        except httpcore.LocalProtocolError as error:
            # h2 calls what the peer did wrong so as well; h11 only what we cannot send.
            if not taken.recording.http2:
                raise UserFault(f"this request cannot be sent: {error}") from error
            await taken.read_refused(str(error))
        finally:
            if taken.recording.left is not None:
                taken.recording.left.abort()
        return taken

    def _request(self, url: HttpUrl, method: str) -> httpx.Request:
        fields = [("Host", url.authority), ("User-Agent", self._session.options.user_agent or USER_AGENT), *_FIELDS]
        target = self._session.target
        if url.origin == (target.scheme, target.host, target.port):
            own = [(one.name, one.value) for one in self._session.options.headers]
            replaced = {name.lower() for name, _ in own}
            fields = [field for field in fields if field[0].lower() not in replaced] + own
        place = httpx.URL(f"{url.scheme}://{url.authority}/")
        # The target goes as an extension: httpx would normalise it.
        return httpx.Request(method, place, headers=fields, extensions={"target": url.target.encode("ascii")})

    async def _exchange(
        self,
        taken: "_Taken",
        url: HttpUrl,
        endpoint: Endpoint,
        purpose: Purpose,
        hop: int,
        method: str,
        started: float,
    ) -> Exchange:
        head, fault = taken.head, taken.fault
        detail = taken.refusal if fault is None else fault.detail
        location = None
        if head is not None and head.status in REDIRECTS:
            location = next(iter(head.values("location")), None)
        return Exchange(
            purpose=purpose,
            hop=hop,
            method=method,
            url=PeerText(str(url)),
            same_host=url.host == self._session.target.host,
            endpoint=endpoint.key,
            outcome=Outcome.OK if fault is None else fault.outcome,
            stage=None if fault is None else fault.stage,
            detail=peer_text(detail, limit=DETAIL_CHARACTERS) if detail else None,
            version=None if head is None else head.version,
            status=None if head is None else head.status,
            reason=None if head is None else head.reason,
            fields=() if head is None else head.fields,
            flaws=() if head is None else tuple(str(flaw) for flaw in head.flaws),
            interim=0 if head is None else head.interim,
            location=location,
            body=None if head is None or taken.body is None else await self._body(taken.body, head, taken.complete),
            tls=taken.recording.tls,
            elapsed_ms=round((time.monotonic() - started) * 1000, 1),
        )

    async def _body(self, data: bytearray, head: Head, complete: bool) -> Body:
        raw = bytes(data)
        # What is not decoded by the deadline stays encoded, rather than to cost the exchange.
        seconds = min(DECODE_SECONDS, self._session.deadline.remaining())
        text, note = await _text(raw, head, seconds)
        return Body(size=len(raw), complete=complete, sha256=hashlib.sha256(raw).hexdigest(), text=text, note=note)

    async def __aenter__(self) -> "HttpSession":
        """The session itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes every connection."""
        await self._transport.aclose()


class _Taken:
    """What came of one attempt: filled as it comes, so that a fault leaves what was there before it.

    `body` is None until the head is whole. `refusal` is what the HTTP library held against the head.
    """

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.head: Head | None = None
        self.body: bytearray | None = None
        self.complete = False
        self.refusal: str | None = None
        self.fault: PeerFault | OwnFault | None = None

    @property
    def repeatable(self) -> bool:
        """Whether the connection broke after it stood and before the first byte of an answer."""
        silent_end = isinstance(self.fault, Reset | Closed) and self.recording.received == 0
        return silent_end and self.fault is not None and self.fault.stage in {Stage.REQUEST, Stage.RESPONSE_HEAD}

    async def read(self, transport: SeamTransport, request: httpx.Request) -> None:
        """Asks and reads, the body up to its cap. Raises httpcore's protocol errors and our faults."""
        try:
            response = await transport.handle_async_request(request)
        except LeadlineError:
            self._salvage()
            raise
        self.recording.accepted = True
        self.head = _head_of_http2(response) if self.recording.http2 else self.recording.reader.end()
        self.body = bytearray()
        limit = REDIRECT_BODY_BYTES if self.head.status in REDIRECTS else BODY_BYTES
        try:
            async for piece in response.aiter_raw():
                self.body += piece
                # Chunks of one byte cost six on the wire, and more time than they are worth.
                if len(self.body) > limit or self.recording.received > limit + FRAMING_BYTES:
                    del self.body[limit:]
                    return
            self.complete = True
        finally:
            await response.aclose()

    async def read_refused(self, refusal: str) -> None:
        """Goes on without the HTTP library, which has refused what came; sets `fault` where it was no answer."""
        if self.body is not None:
            self.fault = (Closed if self.recording.ended else Malformed)(refusal, stage=Stage.RESPONSE_BODY)
            return
        self._salvage()
        if self.recording.http2:
            self.fault = Malformed(refusal, stage=Stage.RESPONSE_HEAD)
        elif self.head is None:
            self.fault = Closed("the peer ended the connection without an answer", stage=Stage.RESPONSE_HEAD)
        elif self.head.status is None:
            self.fault = Malformed("the answer has no status line", stage=Stage.RESPONSE_HEAD)
        elif Flaw.INCOMPLETE in self.head.flaws:
            # h11 has its own cap on a head; an end that the peer did not make is that cap.
            self.fault = (Closed if self.recording.ended else TooMuch)(refusal, stage=Stage.RESPONSE_HEAD)
        else:
            self.refusal = f"an HTTP library refuses this head: {refusal}"
            await self._read_left()

    def _salvage(self) -> None:
        """The head as far as it came."""
        try:
            self.head = self.recording.reader.end()
        except Truncated:
            self.head = None

    async def _read_left(self) -> None:
        """The body after a refused head, framed by our own reader."""
        reader = AnswerReader()
        reader.feed(bytes(self.recording.raw))
        left, size = self.recording.left, len(self.recording.raw)
        try:
            while left is not None and not reader.complete and size <= BODY_BYTES:
                left.stage = Stage.RESPONSE_BODY
                data = await left.receive()
                if not data:
                    break
                reader.feed(data)
                size += len(data)
        except (PeerFault, OwnFault) as fault:
            self.fault = fault
        answer = reader.answer()
        self.body = bytearray() if answer is None else bytearray(answer.body[:BODY_BYTES])
        self.complete = answer is not None and answer.complete


def _head_of_http2(response: httpx.Response) -> Head:
    """The head of an HTTP/2 answer: fields as they were decoded, names in lower case (RFC 9113 section 8.2)."""
    fields = tuple(HeaderField(name=peer_text(name), value=peer_text(value)) for name, value in response.headers.raw)
    return Head(version="HTTP/2", status=response.status_code, reason=None, fields=fields, flaws=(), interim=0)


async def _text(raw: bytes, head: Head, seconds: float) -> tuple[PeerText | None, str | None]:
    """The beginning of a body as text, or None and why not."""
    content_types = head.values("content-type")
    if not is_text(content_types):
        return None, "not a text type"
    codings = codings_of(head.values("content-encoding"))
    try:
        decoded = await _decoded(raw, codings, seconds)
    except (PeerFault, OwnFault) as fault:
        return None, f"not decoded: {fault.detail}"
    text = decode_text(decoded.data, content_types)
    note = None if decoded.complete and len(text) <= TEXT_CHARACTERS else "the beginning only"
    return peer_text(text, limit=TEXT_CHARACTERS), note


async def _decoded(raw: bytes, codings: tuple[str, ...], seconds: float) -> Inflated:
    if not codings:
        return Inflated(raw, complete=True)
    if len(raw) <= ISOLATE_BYTES:
        return inflate(raw, codings)
    try:
        async with asyncio.timeout(seconds):  # the wait for a free worker included
            return await isolate.run(inflate, raw, codings, seconds=seconds)
    except TimeoutError:
        raise TooMuch(f"decoding took more than {seconds:g} s", stage=Stage.PARSE) from None
