"""The connections of HTTP exchanges: opened over our own dialler and our own TLS, kept for the next request.

Rule of the room: nothing is dialled but the checked endpoint that a request brings along; a connection is used again
only for the same origin at the same endpoint.
"""

import dataclasses
import ipaddress

from scanner.errors import AlertReceived, Closed, Reset, TimedOut
from scanner.model.target import Endpoint
from scanner.net.budget import Deadline
from scanner.net.dial import Stream
from scanner.net.http2 import Http2Connection
from scanner.net.session import Session
from scanner.net.tls_session import TlsStream, secure
from scanner.wire.urls import HttpUrl

HANDSHAKE_SECONDS = 6.0
"""The longest that a TLS handshake may take before it is tried once more with a small, old ClientHello."""

_REPEATABLE_ALERTS = frozenset({10, 20, 22, 40, 47, 50, 70, 80, 109})
"""Alerts that servers send when a ClientHello is too modern or too long for them (RFC 8446 section 6)."""

_Place = tuple[tuple[str, str, int], Endpoint]


@dataclasses.dataclass(frozen=True, slots=True)
class Connection:
    """One open connection: what carries bytes, and the HTTP/2 on it where ALPN chose that."""

    place: _Place
    carrier: Stream | TlsStream
    http2: Http2Connection | None = None

    @property
    def secured(self) -> TlsStream | None:
        """The TLS that carries it, None for plain http."""
        return self.carrier if isinstance(self.carrier, TlsStream) else None


class Connections:
    """Connections for one `Session`, at most `most` of them kept idle, the one that waited longest closed first."""

    def __init__(self, session: Session, *, alpn: tuple[str, ...], most: int) -> None:
        self._session = session
        self._alpn = alpn
        self._most = most
        self._idle: dict[_Place, Connection] = {}

    async def take(self, url: HttpUrl, endpoint: Endpoint, deadline: Deadline) -> Connection:
        """A connection for the origin of `url` at a checked endpoint: one that waits, or a new one.

        Raises as `Session.connect`, and as `scanner.net.tls_session.secure` for https.
        """
        place = (url.origin, endpoint)
        waiting = self._idle.pop(place, None)
        if waiting is not None:
            # What an idle connection has to say is mostly its end; over HTTP/2 it may be anything: the request tells.
            if waiting.http2 is not None or not waiting.carrier.has_news():
                waiting.carrier.deadline = deadline
                return waiting
            waiting.carrier.abort()
        while len(self._idle) >= self._most:  # one of us idle must not hold the place that the next needs
            self._idle.pop(next(iter(self._idle))).carrier.abort()
        stream = await self._session.connect(endpoint, deadline=deadline)
        if url.scheme == "http":
            return Connection(place, stream)
        secured = await self._secured(stream, url.host, endpoint, deadline)
        secured.deadline = deadline
        return Connection(place, secured, Http2Connection(secured) if secured.alpn == "h2" else None)

    def keep(self, connection: Connection) -> None:
        """Keeps a connection for the next request to its origin."""
        self._idle[connection.place] = connection

    def close(self) -> None:
        """Closes every connection that waits."""
        for connection in self._idle.values():
            connection.carrier.abort()
        self._idle.clear()

    async def _secured(self, stream: Stream, host: str, endpoint: Endpoint, deadline: Deadline) -> TlsStream:
        """TLS over `stream`; where its modern ClientHello fails, once more over a new one with an older hello.

        The fault of the first attempt is the one that counts.
        """
        stream.deadline = deadline.sooner(HANDSHAKE_SECONDS)
        name = self._server_name(host)
        try:
            return await secure(stream, server_name=name, alpn=self._alpn)
        except (AlertReceived, Closed, Reset, TimedOut) as first:
            if isinstance(first, AlertReceived) and first.number not in _REPEATABLE_ALERTS:
                raise
            try:
                again = await self._session.connect(endpoint, deadline=deadline)
                again.deadline = deadline.sooner(HANDSHAKE_SECONDS)
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
