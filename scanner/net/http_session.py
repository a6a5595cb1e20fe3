"""HTTP exchanges over our own seam, one request at a time, each answer kept exactly as it was sent.

Rule of the room: nothing decodes, follows a redirect, keeps a cookie or reads the environment here. HTTP/1.1 is framed
by our own reader, because HTTP libraries throw away or mend what a scanner must see, and HTTP/2 by the library h2.
Whatever a peer does ends as an `Exchange`.
"""

import asyncio
import dataclasses
import re
import time
from collections.abc import Sequence
from types import TracebackType

from scanner.errors import OwnFault, PeerFault, UserFault
from scanner.model.evidence.http_exchanges import Exchange, HeaderField, Purpose
from scanner.model.outcome import Outcome
from scanner.model.peer import PeerText, peer_text
from scanner.model.target import Endpoint
from scanner.net import http1
from scanner.net.chain_trust import chain_trust
from scanner.net.http_body import read_body
from scanner.net.http_connections import Connection, Connections
from scanner.net.http_received import BODY_BYTES, REDIRECTS, Received
from scanner.net.session import Session
from scanner.version import USER_AGENT
from scanner.wire.host import are_siblings
from scanner.wire.urls import HttpUrl

EXCHANGE_SECONDS = 15.0
"""The longest that one exchange may take, within the session's deadline."""

KEPT_OPEN = 2
"""Connections that a session keeps open: to the named host over https and over plain http. Where the pace allows as few
at once, it is one: what waits idle must not hold the place that the next needs.
"""

DETAIL_CHARACTERS = 300
"""Characters of detail that an exchange keeps."""

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


_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # a token (RFC 9110 section 5.6.2)
_UNSENDABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

_OF_BODIES = frozenset({"content-length", "transfer-encoding"})

_HOP_BY_HOP = frozenset({"connection", "host", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"})
"""Fields that HTTP/2 has no place for (RFC 9113 section 8.2.2), and Host, which is a pseudo-header field there."""


class HttpSession:
    """All HTTP exchanges of one probe: connections to one origin are used again, requests never overlap.

    `http2` offers h2 in ALPN beside http/1.1. `requests` counts what was asked, tries included. Use it as an
    asynchronous context manager: leaving closes everything.
    """

    def __init__(self, session: Session, *, http2: bool = False) -> None:
        self._session = session
        most = KEPT_OPEN if session.options.pace.open_at_once > KEPT_OPEN else 1
        self._http2 = http2
        self._connections = Connections(session, alpn=("h2", "http/1.1") if http2 else ("http/1.1",), most=most)
        self._turn = asyncio.Lock()
        self.requests = 0

    async def fetch(
        self, url: HttpUrl, *, endpoint: Endpoint, purpose: Purpose, hop: int = 0, manner: Manner = PLAIN
    ) -> Exchange:
        """One request to `url` at a checked endpoint, and its answer.

        Peer faults and our own end as the exchange's outcome, with what came before them. A connection that breaks
        before the first byte of an answer is tried once more: servers close idle connections, and one reset proves
        nothing. The user's own header fields go along only where `url` has the target's origin. Raises `UserFault` for
        fields of the user's that no request can carry.
        """
        async with self._turn:
            started = time.monotonic()
            received = await self._attempt(url, endpoint, manner)
            if received.repeatable and manner.again:
                received = await self._attempt(url, endpoint, manner)
            exchange = self._exchange(received, url, endpoint, purpose, hop, manner)
            if received.head is not None and received.body is not None:
                seconds = self._session.deadline.remaining()
                body = await read_body(bytes(received.body), received.head, complete=received.complete, seconds=seconds)
                exchange = dataclasses.replace(exchange, body=body)
            return dataclasses.replace(exchange, elapsed_ms=round((time.monotonic() - started) * 1000, 1))

    async def _attempt(self, url: HttpUrl, endpoint: Endpoint, manner: Manner) -> Received:
        deadline = self._session.deadline.sooner(manner.seconds)
        fields = self._fields(url, manner)
        self.requests += 1
        received = Received(manner.body_bytes)
        connection, stays = None, False
        try:
            connection = await self._connections.take(manner.via or url, endpoint, deadline)
            received.secured = connection.secured
            stays = await _converse(connection, url, manner, fields, received)
        except (PeerFault, OwnFault) as fault:
            received.fault = fault
        finally:
            if connection is not None:
                self._connections.keep(connection) if stays else connection.carrier.abort()
        return received

    def _fields(self, url: HttpUrl, manner: Manner) -> list[tuple[str, str]]:
        """The fields of a request: the usual ones, the user's own at the target's origin, and those of the manner."""
        fields = [("Host", url.authority), ("User-Agent", self._session.options.user_agent or USER_AGENT), *_FIELDS]
        target = self._session.target
        if manner.private and url.origin == (target.scheme, target.host, target.port):
            fields = _replaced(fields, [(one.name, one.value) for one in self._session.options.headers])
        fields = _replaced(fields, manner.fields)
        for name, value in fields:
            if not _NAME.fullmatch(name) or _UNSENDABLE.search(value):
                raise UserFault(f"the header field {name!r} cannot be sent: a character that no field may have")
            if name.lower() in _OF_BODIES:
                raise UserFault(f"the header field {name} announces a body, and requests have none")
        return fields

    def _exchange(
        self, received: Received, url: HttpUrl, endpoint: Endpoint, purpose: Purpose, hop: int, manner: Manner
    ) -> Exchange:
        """The exchange without its body."""
        head, fault = received.head, received.fault
        detail = None if fault is None else fault.detail
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
            tls=None if received.secured is None else received.secured.version,
            http2_offered=self._http2 and received.secured is not None,
            certificate_trusted=self._trusted(received, url),
        )

    def _trusted(self, received: Received, url: HttpUrl) -> bool | None:
        """Whether the certificate of the connection is for the URL's host, and its chain and dates are accepted."""
        if received.secured is None:
            return None
        trust = chain_trust(self._session.trust)
        return trust.accepts(received.secured.chain, url.host, self._session.options.now)

    async def rest(self) -> None:
        """Closes every connection; the next request opens one again."""
        async with self._turn:
            self._connections.close()

    async def __aenter__(self) -> "HttpSession":
        """The session itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes every connection."""
        self._connections.close()


def _replaced(fields: list[tuple[str, str]], by: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """`fields`, those left out that `by` names as well, and then `by`."""
    names = {name.lower() for name, _ in by}
    return [field for field in fields if field[0].lower() not in names] + list(by)


async def _converse(
    connection: Connection, url: HttpUrl, manner: Manner, fields: list[tuple[str, str]], received: Received
) -> bool:
    """Asks over the connection in the protocol that it speaks; whether it can carry another request."""
    if connection.http2 is None:
        lines = [f"{manner.method} {url.target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields), "", ""]
        return await http1.ask(connection.carrier, "\r\n".join(lines).encode(), received)
    scheme = (manner.via or url).scheme
    authority = next(value for name, value in fields if name.lower() == "host")
    pseudo = ((":method", manner.method), (":scheme", scheme), (":authority", authority), (":path", url.target))
    others = ((name.lower(), value) for name, value in fields if name.lower() not in _HOP_BY_HOP)
    return await connection.http2.ask([(name.encode(), value.encode()) for name, value in (*pseudo, *others)], received)
