"""The seam under httpx: httpcore gets its connections here, over our own dialler and our own TLS.

Rule of the room: a host and port that were not pinned to a checked endpoint are refused; TLS is done by
`scanner.net.tls_session` whatever context httpcore brings; what the peer sent is kept, bounded, in the `Recording` of
the exchange, because the HTTP library throws flawed heads away. Faults of ours pass through httpcore untouched.
"""

import asyncio
import ipaddress
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore

from scanner.errors import AlertReceived, Closed, Forbidden, Malformed, Reset, TimedOut, TooMuch
from scanner.model.outcome import Stage
from scanner.model.target import Endpoint
from scanner.net.budget import Deadline
from scanner.net.dial import READ_SIZE, Stream
from scanner.net.session import Session
from scanner.net.tls_session import TlsStream, secure
from scanner.wire.http_head import HEAD_BYTES, HeadReader

HANDSHAKE_SECONDS = 6.0
"""The longest that a TLS handshake may take before it is tried once more with a small, old ClientHello."""

_REPEATABLE_ALERTS = frozenset({10, 20, 22, 40, 47, 50, 70, 80, 109})
"""Alerts that servers send when a ClientHello is too modern or too long for them (RFC 8446 section 6)."""


class Recording:
    """One exchange as it came: the plaintext, bounded, and what carried it.

    `reader` reads the head, `raw` holds the first bytes as they came. `received` counts all plaintext. `ended` says
    whether the peer has ended its side, `accepted` whether the HTTP library has taken the head.
    `carrier` is the connection that is read from, `left` the same once the library has refused the head: it is still
    open, so that the body can be read without the library. `secured` is the TLS connection that carried it, if one did.
    More than `most` bytes of plaintext are no answer any more: frames and chunks can carry nothing for ever.
    """

    def __init__(self, most: int) -> None:
        self.reader = HeadReader()
        self._most = most
        self.raw = bytearray()
        self.received = 0
        self.ended = False
        self.accepted = False
        self.carrier: Stream | TlsStream | None = None
        self.left: Stream | TlsStream | None = None
        self.secured: TlsStream | None = None
        self.http2 = False

    @property
    def tls(self) -> str | None:
        """The version of TLS that carried it."""
        return None if self.secured is None else self.secured.version

    @property
    def stage(self) -> Stage:
        """What is being read."""
        return Stage.RESPONSE_BODY if self.accepted or self.reader.head is not None else Stage.RESPONSE_HEAD

    def take(self, data: bytes) -> None:
        """Keeps a piece. Raises `TooMuch` past the caps of a head, `Malformed` for what has no status line."""
        self.received += len(data)
        self.ended = not data
        if self.received > self._most:
            raise TooMuch(f"more than {self._most} bytes for one answer", stage=self.stage)
        if self.http2:
            if not self.accepted and self.received > HEAD_BYTES:
                raise TooMuch(f"a head of more than {HEAD_BYTES} bytes", stage=Stage.RESPONSE_HEAD)
            return
        if not self.accepted:
            self.raw += data
        if self.reader.head is None:
            self._read_head(data)

    def _read_head(self, data: bytes) -> None:
        try:
            self.reader.feed(data)
        except Malformed as fault:
            raise TooMuch(fault.detail, stage=Stage.RESPONSE_HEAD) from None
        head = self.reader.head
        if head is not None and head.status is None:
            # The HTTP library would wait for the end of a line that may never come.
            raise Malformed(_what_instead(self.raw), stage=Stage.RESPONSE_HEAD)

    def keeps(self, stream: Stream | TlsStream) -> bool:
        """Whether a connection that the HTTP library closes is kept open here: where it refused a readable head."""
        head = self.reader.head
        if stream is not self.carrier or self.accepted or self.http2 or head is None:
            return False
        self.left = stream
        return True


def _what_instead(raw: bytes | bytearray) -> str:
    """What came where a status line should be."""
    if len(raw) > 1 and raw[0] in range(20, 25) and raw[1] == 3:
        return "the answer is a TLS record: this port wants TLS"
    return "the answer has no status line: HTTP/0.9, or no HTTP"


class SeamBackend(httpcore.AsyncNetworkBackend):
    """Opens connections for one `Session`, to pinned endpoints only.

    `deadline` and `recording` belong to the exchange that is under way: exchanges of one backend never overlap.
    """

    def __init__(self, session: Session, *, alpn: tuple[str, ...]) -> None:
        self._session = session
        self._alpn = alpn
        self._pins: dict[tuple[str, int], Endpoint] = {}
        self.deadline: Deadline = session.deadline
        self.recording = Recording(0)

    def begin(self, host: str, port: int, endpoint: Endpoint, deadline: Deadline, most: int) -> Recording:
        """A new exchange with `host` at a checked endpoint: pins it, and returns the recording of `most` bytes.

        A host stays pinned for the life of the backend; another endpoint for it is a mistake of ours.
        """
        if self._pins.setdefault((host, port), endpoint) != endpoint:
            raise ValueError(f"{host}:{port} is pinned to {self._pins[host, port].key}")
        self.deadline = deadline
        self.recording = Recording(most)
        return self.recording

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature; our deadline rules
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the endpoint that was pinned for the host. Raises `Forbidden` for any other."""
        del timeout, local_address, socket_options
        stream = await self.dial(host, port)
        return SeamStream(self, stream, host, port)

    async def dial(self, host: str, port: int) -> Stream:
        """A plain stream to the pinned endpoint. Raises `Forbidden` where there is none, else as `Session.connect`."""
        endpoint = self._pins.get((host, port))
        if endpoint is None:
            raise Forbidden(f"{host}:{port} was not resolved for this exchange", stage=Stage.CONNECT)
        stream = await self._session.connect(endpoint, deadline=self.deadline)
        stream.stage = Stage.REQUEST
        return stream

    async def secured(self, stream: Stream, host: str, port: int) -> TlsStream:
        """TLS over `stream`; where its modern ClientHello fails, once more over a new one with an older hello.

        The fault of the first attempt is the one that counts.
        """
        stream.deadline = self.deadline.sooner(HANDSHAKE_SECONDS)
        name = self._server_name(host)
        try:
            return await secure(stream, server_name=name, alpn=self._alpn)
        except (AlertReceived, Closed, Reset, TimedOut) as first:
            if isinstance(first, AlertReceived) and first.number not in _REPEATABLE_ALERTS:
                raise
            try:
                again = await self.dial(host, port)
                again.deadline = self.deadline.sooner(HANDSHAKE_SECONDS)
                return await secure(again, server_name=name, alpn=self._alpn, legacy=True)
            except Exception:
                raise first from None

    def _server_name(self, host: str) -> str | None:
        """What goes into SNI: the target's own choice for its host; no address literals (RFC 6066 section 3)."""
        if host == self._session.target.host:
            return self._session.target.sni
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return host
        return None

    async def sleep(self, seconds: float) -> None:
        """Waits. httpcore asks for it between retries only, and they are off."""
        await asyncio.sleep(seconds)


class SeamStream(httpcore.AsyncNetworkStream):
    """One connection as httpcore sees it."""

    def __init__(self, backend: SeamBackend, stream: Stream | TlsStream, host: str, port: int) -> None:
        self._backend = backend
        self._stream = stream
        self._host = host
        self._port = port
        self._opened = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - as connect_tcp
        """Some bytes, kept in the recording; empty at the end."""
        del timeout
        recording = self._backend.recording
        recording.carrier = self._stream
        self._stream.deadline = self._backend.deadline
        self._stream.stage = recording.stage
        data = await self._stream.receive(min(max_bytes, READ_SIZE))
        if recording.http2 and not self._opened and data.startswith(b"HTTP/"):
            raise Malformed("the peer chose HTTP/2 and answers with HTTP/1", stage=Stage.RESPONSE_HEAD)
        self._opened = True
        recording.take(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - as connect_tcp
        """Sends all. A peer that has closed may have answered before: httpcore goes on to read that answer."""
        del timeout
        recording = self._backend.recording
        self._note_tls(recording)
        self._stream.deadline = self._backend.deadline
        self._stream.stage = Stage.REQUEST
        try:
            await self._stream.send(buffer)
        except (Closed, Reset) as fault:
            raise httpcore.WriteError(fault.detail) from fault

    async def aclose(self) -> None:
        """Closes at once, but for a connection that the recording keeps."""
        if not self._backend.recording.keeps(self._stream):
            self._stream.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - as connect_tcp
    ) -> httpcore.AsyncNetworkStream:
        """Our TLS over this connection; httpcore's context is not used."""
        del ssl_context, server_hostname, timeout
        assert isinstance(self._stream, Stream), "TLS goes over TCP only"
        secured = await self._backend.secured(self._stream, self._host, self._port)
        return SeamStream(self._backend, secured, self._host, self._port)

    def get_extra_info(self, info: str) -> Any:
        """`ssl_object` tells httpcore which protocol ALPN chose, `is_readable` whether an idle connection has ended."""
        if info == "is_readable":
            return self._stream.has_news()
        return _Negotiated(self._stream.alpn) if info == "ssl_object" and isinstance(self._stream, TlsStream) else None

    def _note_tls(self, recording: Recording) -> None:
        if isinstance(self._stream, TlsStream):
            recording.secured = self._stream
            recording.http2 = self._stream.alpn == "h2"


class _Negotiated:
    """The one question that httpcore asks of an SSL object."""

    def __init__(self, alpn: str | None) -> None:
        self._alpn = alpn

    def selected_alpn_protocol(self) -> str | None:
        """What ALPN chose."""
        return self._alpn
