"""HTTP exchanges: httpx over our own seam, one request at a time, each answer kept exactly as it was sent.

Rule of the room: httpx frames; it never opens a socket, decodes, follows a redirect, keeps a cookie or reads the
environment, because no httpx client is involved, only our transport. Whatever a peer does ends as an `Exchange`.
"""

import asyncio
import dataclasses
import time
from types import TracebackType

import httpcore
import httpx

from scanner.errors import Closed, LeadlineError, Malformed, OwnFault, PeerFault, Reset, TooMuch, Truncated, UserFault
from scanner.model.evidence.http_exchanges import Exchange, HeaderField, Purpose
from scanner.model.outcome import Outcome, Stage
from scanner.model.peer import PeerText, peer_text
from scanner.model.target import Endpoint
from scanner.net.chain_trust import chain_trust
from scanner.net.http_backend import Recording, SeamBackend
from scanner.net.http_body import read_body
from scanner.net.http_transport import SeamTransport
from scanner.net.session import Session
from scanner.version import USER_AGENT
from scanner.wire.host import are_siblings
from scanner.wire.http_answer import AnswerReader
from scanner.wire.http_head import HEAD_BYTES, Flaw, Head
from scanner.wire.urls import HttpUrl

EXCHANGE_SECONDS = 15.0
"""The longest that one exchange may take, within the session's deadline."""

BODY_BYTES = 1024 * 1024
"""Bytes of a body that are read, as they come; the rest is left unread."""

REDIRECT_BODY_BYTES = 64 * 1024
"""The same for a redirect, whose body nobody sees."""

FRAMING_BYTES = 256 * 1024
"""Bytes that head and chunks of an answer may take on top of that."""

KEPT_OPEN = 2
"""Connections that a session keeps open: to the named host over https and over plain http. Where the pace allows as few
at once, it is one: what waits idle must not hold the place that the next needs.
"""

DETAIL_CHARACTERS = 300
"""Characters of detail that an exchange keeps."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""Statuses that send a client elsewhere (RFC 9110 section 15.4)."""

_FIELDS = (
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("Accept-Language", "en,*;q=0.5"),
    ("Accept-Encoding", "gzip, deflate"),
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a request is made, where it is not a plain GET.

    `fields` go along beside the usual ones. `via` names the origin whose connection carries the request, where that is
    not the URL's own: the Host field then says another host than the handshake did. `private` False keeps the user's
    own header fields out. `again` False: not tried once more where the connection breaks, which may be the answer.
    `body_bytes` are read of the body at most, `seconds` is the longest that it may all take.
    """

    method: str = "GET"
    fields: tuple[tuple[str, str], ...] = ()
    via: HttpUrl | None = None
    private: bool = True
    again: bool = True
    body_bytes: int = BODY_BYTES
    seconds: float = EXCHANGE_SECONDS


PLAIN = Manner()
"""A plain GET."""


class HttpSession:
    """All HTTP exchanges of one probe: connections to one origin are used again, requests never overlap.

    `http2` offers h2 in ALPN beside http/1.1. `requests` counts what was asked, tries included. Use it as an
    asynchronous context manager: leaving closes everything.
    """

    def __init__(self, session: Session, *, http2: bool = False) -> None:
        self._session = session
        self._backend = SeamBackend(session, alpn=("h2", "http/1.1") if http2 else ("http/1.1",))
        most = KEPT_OPEN if session.options.pace.open_at_once > KEPT_OPEN else 1
        self._transport = SeamTransport(self._backend, http2=http2, most=most)
        self._turn = asyncio.Lock()
        self.requests = 0

    async def fetch(
        self, url: HttpUrl, *, endpoint: Endpoint, purpose: Purpose, hop: int = 0, manner: Manner = PLAIN
    ) -> Exchange:
        """One request to `url` at a checked endpoint, and its answer.

        Peer faults and our own end as the exchange's outcome, with what came before them. A connection that breaks
        before the first byte of an answer is tried once more: servers close idle connections, and one reset proves
        nothing. The user's own header fields go along only where `url` has the target's origin.
        """
        async with self._turn:
            started = time.monotonic()
            taken = await self._attempt(url, endpoint, manner)
            if taken.repeatable and manner.again:
                taken = await self._attempt(url, endpoint, manner)
            exchange = self._exchange(taken, url, endpoint, purpose, hop, manner)
            if taken.head is not None and taken.body is not None:
                seconds = self._session.deadline.remaining()
                body = await read_body(bytes(taken.body), taken.head, complete=taken.complete, seconds=seconds)
                exchange = dataclasses.replace(exchange, body=body)
            return dataclasses.replace(exchange, elapsed_ms=round((time.monotonic() - started) * 1000, 1))

    async def _attempt(self, url: HttpUrl, endpoint: Endpoint, manner: Manner) -> "_Taken":
        deadline = self._session.deadline.sooner(manner.seconds)
        self.requests += 1
        carrier = manner.via or url
        most = HEAD_BYTES + manner.body_bytes + 2 * FRAMING_BYTES
        taken = _Taken(self._backend.begin(carrier.host, carrier.port, endpoint, deadline, most), manner.body_bytes)
        try:
            await taken.read(self._transport, self._request(url, manner))
        except (PeerFault, OwnFault) as fault:
            taken.fault = fault
        except httpcore.RemoteProtocolError as error:
            await taken.read_refused(str(error))
        except ValueError as error:
            # httpcore takes whatever stands in :status for a number.
            if not taken.recording.http2 or taken.recording.received == 0:
                raise
            await taken.read_refused(f"a head that cannot be read ({type(error).__name__})")
        except httpcore.LocalProtocolError as error:
            # h2 calls what the peer did wrong so as well; h11 only what we cannot send.
            if not taken.recording.http2:
                raise UserFault(f"this request cannot be sent: {error}") from error
            await taken.read_refused(str(error))
        finally:
            if taken.recording.left is not None:
                taken.recording.left.abort()
        if taken.recording.http2 and not taken.complete:
            await self._transport.aclose()  # httpcore would use the connection again, and read what is left of this
        return taken

    def _request(self, url: HttpUrl, manner: Manner) -> httpx.Request:
        fields = [("Host", url.authority), ("User-Agent", self._session.options.user_agent or USER_AGENT), *_FIELDS]
        target = self._session.target
        if manner.private and url.origin == (target.scheme, target.host, target.port):
            own = [(one.name, one.value) for one in self._session.options.headers]
            replaced = {name.lower() for name, _ in own}
            fields = [field for field in fields if field[0].lower() not in replaced] + own
        replaced = {name.lower() for name, _ in manner.fields}
        fields = [field for field in fields if field[0].lower() not in replaced] + list(manner.fields)
        carrier = manner.via or url
        # The target goes as an extension: httpx would normalise it.
        target_bytes = {"target": url.target.encode("ascii")}
        place = httpx.URL(f"{carrier.scheme}://{carrier.authority}/")
        return httpx.Request(manner.method, place, headers=fields, extensions=target_bytes)

    def _exchange(
        self, taken: "_Taken", url: HttpUrl, endpoint: Endpoint, purpose: Purpose, hop: int, manner: Manner
    ) -> Exchange:
        """The exchange without its body."""
        head, fault = taken.head, taken.fault
        detail = taken.refusal if fault is None else fault.detail
        location = None
        if head is not None and head.status in REDIRECTS:
            location = next(iter(head.values("location")), None)
        named = self._session.target.host
        return Exchange(
            purpose=purpose,
            hop=hop,
            method=manner.method,
            url=PeerText(str(url)),
            same_host=url.host == named,
            own=url.host == named or are_siblings(url.host, named),
            sent=tuple(HeaderField(name=PeerText(name), value=PeerText(value)) for name, value in manner.fields),
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
            tls=taken.recording.tls,
            certificate_trusted=self._trusted(taken.recording, url),
        )

    def _trusted(self, recording: Recording, url: HttpUrl) -> bool | None:
        """Whether the certificate of the connection is for the URL's host, and its chain and dates are accepted."""
        if recording.secured is None:
            return None
        trust = chain_trust(self._session.trust)
        return trust.accepts(recording.secured.chain, url.host, self._session.options.now)

    async def rest(self) -> None:
        """Closes every connection; the next request opens one again."""
        async with self._turn:
            await self._transport.aclose()

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

    def __init__(self, recording: Recording, body_bytes: int) -> None:
        self.recording = recording
        self.body_bytes = body_bytes
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
        limit = min(self.body_bytes, REDIRECT_BODY_BYTES if self.head.status in REDIRECTS else BODY_BYTES)
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
            while left is not None and not reader.complete and size <= self.body_bytes:
                left.stage = Stage.RESPONSE_BODY
                data = await left.receive()
                if not data:
                    break
                reader.feed(data)
                size += len(data)
        except (PeerFault, OwnFault) as fault:
            self.fault = fault
        answer = reader.answer()
        self.body = bytearray() if answer is None else bytearray(answer.body[: self.body_bytes])
        self.complete = answer is not None and answer.complete


def _head_of_http2(response: httpx.Response) -> Head:
    """The head of an HTTP/2 answer: fields as they were decoded, names in lower case (RFC 9113 section 8.2)."""
    fields = tuple(HeaderField(name=peer_text(name), value=peer_text(value)) for name, value in response.headers.raw)
    return Head(version="HTTP/2", status=response.status_code, reason=None, fields=fields, flaws=(), interim=0)
