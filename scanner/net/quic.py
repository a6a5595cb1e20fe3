"""QUIC: one handshake and one GET over HTTP/3, driven without a loop of its own over one connected UDP socket.

Rule of the room: aioquic (the extra `http3`) is imported here only, and late. It never sees a socket: datagrams go to
the one checked address and come from it, whatever address a server prefers; every wait has the deadline, every byte is
counted. Certificates are shown, not verified: what they are worth is judged from evidence that is collected elsewhere.
"""

import asyncio
import dataclasses
import errno
import hashlib
import importlib.util
import socket
import ssl
import time
from typing import TYPE_CHECKING, cast

from scanner.errors import Closed, Malformed, OwnFault, PeerFault, Refused, TimedOut, TooMuch, Unspoken
from scanner.model.outcome import Stage
from scanner.model.target import Endpoint, Family
from scanner.net.budget import Deadline, Meter
from scanner.net.dial import fault_of

if TYPE_CHECKING:
    from aioquic.h3.connection import H3Connection
    from aioquic.quic.connection import QuicConnection

MAX_BYTES = 256 * 1024
"""The most that one visit may be sent; headers and the beginning of a page are a part of it."""

BODY_BYTES = 64 * 1024
"""Bytes of a body after which the request is answered well enough."""

MAX_FIELDS = 200
"""Fields of an answer's header that are kept."""

MAX_FIELD_BYTES = 8_192
"""Bytes of one value that are kept."""

DATAGRAM_BYTES = 65_536
LEAST_WAIT = 0.001
"""Seconds that a timer that is due lets others go first."""

_VERSION_BYTES = slice(1, 5)  # RFC 8999 section 5.1
_FAMILIES = {Family.IPV4: socket.AF_INET, Family.IPV6: socket.AF_INET6}
_CRYPTO_ERRORS = range(0x100, 0x200)  # RFC 9001 section 4.8: 0x100 and a TLS alert
_BY_US, _BY_THE_SERVER = "CLOSING", "DRAINING"
_NO_ERROR = (0, 0x100)  # QUIC's, and HTTP/3's H3_NO_ERROR (RFC 9114 section 8.1)


@dataclasses.dataclass(slots=True, kw_only=True)
class QuicVisit:
    """What one visit has brought so far; a fault leaves what was there before it.

    Times are in milliseconds from the first datagram. `fields` are names (lower case) and values as sent. `version` is
    the QUIC version of the server's packets, `certificate_sha256` the hash of the leaf it showed.
    """

    handshake_ms: float | None = None
    elapsed_ms: float = 0.0
    version: int | None = None
    alpn: str | None = None
    certificate_sha256: str | None = None
    status: int | None = None
    fields: tuple[tuple[bytes, bytes], ...] = ()
    body_bytes: int = 0
    complete: bool = False
    fault: PeerFault | OwnFault | None = None


def is_installed() -> bool:
    """Whether the extra `http3` is there."""
    return importlib.util.find_spec("aioquic") is not None


async def visit(
    endpoint: Endpoint,
    *,
    server_name: str | None,
    authority: str,
    path: str,
    user_agent: str,
    deadline: Deadline,
    meter: Meter,
) -> QuicVisit:
    """A QUIC handshake with a checked endpoint, and one GET of `path` at `authority` over HTTP/3.

    What goes wrong is the visit's `fault`: `TimedOut` (silence; UDP may be filtered), `Refused` (nothing listens
    there), `Closed` (the server ended it), `Malformed`, `TooMuch`. Our own faults are there as well; nothing is raised
    but what our own caps raise before the first datagram.
    """
    meter.opening()
    await asyncio.to_thread(_load)
    found = QuicVisit()
    drive = _Drive(found, endpoint, deadline, Meter(parent=meter, max_bytes_in=MAX_BYTES))
    begun = time.monotonic()
    try:
        await drive.run(server_name, _request(authority, path, user_agent))
    except (PeerFault, OwnFault) as fault:
        found.fault = fault
    found.elapsed_ms = round((time.monotonic() - begun) * 1000, 1)
    return found


def _load() -> None:
    """Loads the library, a tenth of a second, in a thread of its own."""
    import aioquic.h3.connection
    import aioquic.quic.connection

    del aioquic


def _request(authority: str, path: str, user_agent: str) -> list[tuple[bytes, bytes]]:
    """The header of the request (RFC 9114 section 4.3.1)."""
    fields = ((":method", "GET"), (":scheme", "https"), (":authority", authority), (":path", path))
    return [
        (name.encode(), value.encode("latin-1", "replace")) for name, value in (*fields, ("user-agent", user_agent))
    ]


class _Drive:
    """One connection: the state machine of the library, our socket, and our budgets."""

    def __init__(self, found: QuicVisit, endpoint: Endpoint, deadline: Deadline, meter: Meter) -> None:
        self._found = found
        self._endpoint = endpoint
        self._address = (endpoint.address, endpoint.port)
        self._deadline = deadline
        self._meter = meter
        self._loop = asyncio.get_running_loop()
        self._begun = time.monotonic()
        self._http: H3Connection | None = None
        self._stream: int | None = None
        self._ending: str | None = None

    async def run(self, server_name: str | None, request: list[tuple[bytes, bytes]]) -> None:
        quic = _connection(server_name)
        try:
            sock = socket.socket(_FAMILIES[self._endpoint.family], socket.SOCK_DGRAM)
        except OSError as error:
            raise fault_of(error, Stage.CONNECT) from None
        with sock:
            sock.setblocking(False)  # noqa: FBT003 - the only form the API has
            try:
                sock.connect(self._address)
            except OSError as error:
                raise fault_of(error, Stage.CONNECT) from None
            quic.connect(self._address, now=time.monotonic())
            try:
                await self._converse(quic, sock, request)
            finally:
                quic.close()
                self._send_last(quic, sock)

    async def _converse(self, quic: "QuicConnection", sock: socket.socket, request: list[tuple[bytes, bytes]]) -> None:
        """Sends and receives until the answer is there."""
        while not self._found.complete:
            await self._send(quic, sock)
            self._ending = self._ending or _ending(quic)
            data = await self._receive(quic, sock)
            try:
                if data is None:
                    quic.handle_timer(now=time.monotonic())
                else:
                    self._note_version(data)
                    quic.receive_datagram(data, self._address, now=time.monotonic())
                    self._ending = self._ending or _ending(quic)
                self._take_events(quic, request, timer=data is None)
            except (PeerFault, OwnFault):
                raise
            except Exception as error:  # the library's own machine may trip over what a peer sends: no proof of a fault
                raise Unspoken(
                    f"our library cannot read what came: {type(error).__name__}", stage=self._stage
                ) from None

    @property
    def _stage(self) -> Stage:
        if self._http is None:
            return Stage.HANDSHAKE
        return Stage.RESPONSE_HEAD if self._found.status is None else Stage.RESPONSE_BODY

    async def _send(self, quic: "QuicConnection", sock: socket.socket) -> None:
        for data, address in quic.datagrams_to_send(now=time.monotonic()):
            if tuple(address[:2]) != self._address:
                continue  # a server's preferred address was not checked, so nothing goes there
            try:
                async with self._deadline.enforced(self._stage):
                    await self._loop.sock_sendall(sock, data)
            except OSError as error:
                raise self._fault(error) from None
            self._meter.sent(len(data))

    def _send_last(self, quic: "QuicConnection", sock: socket.socket) -> None:
        """Takes leave, as far as that needs no waiting."""
        try:
            for data, address in quic.datagrams_to_send(now=time.monotonic()):
                if tuple(address[:2]) == self._address:
                    self._meter.sent(sock.send(data))
        except Exception:  # noqa: S110 - nobody waits for it, and the machine may be broken already
            pass

    async def _receive(self, quic: "QuicConnection", sock: socket.socket) -> bytes | None:
        """A datagram; None where a timer of the machine has come first. Raises `TimedOut` at the deadline."""
        if not self._deadline.remaining():
            raise TimedOut("no answer in time", stage=self._stage)
        timer = quic.get_timer()
        now = time.monotonic()
        wait = (
            self._deadline.remaining()
            if timer is None
            else min(self._deadline.remaining(), max(LEAST_WAIT, timer - now))
        )
        try:
            async with asyncio.timeout(wait):
                data = await self._loop.sock_recv(sock, DATAGRAM_BYTES)
        except TimeoutError:
            return None
        except OSError as error:
            raise self._fault(error) from None
        try:
            self._meter.received(len(data))
        except TooMuch as fault:
            fault.stage = self._stage
            raise
        return data

    def _fault(self, error: OSError) -> PeerFault | OwnFault:
        if error.errno == errno.ECONNREFUSED:  # ICMP port unreachable
            return Refused("nothing listens on this UDP port", stage=Stage.CONNECT)
        return cast("PeerFault | OwnFault", fault_of(error, self._stage))

    def _note_version(self, data: bytes) -> None:
        """The version of a packet with a long header (RFC 8999 section 5.1); 0 is a version negotiation."""
        if len(data) > 5 and data[0] & 0x80 and (version := int.from_bytes(data[_VERSION_BYTES])):
            self._found.version = version

    def _take_events(self, quic: "QuicConnection", request: list[tuple[bytes, bytes]], *, timer: bool) -> None:
        from aioquic.h3.connection import H3Connection
        from aioquic.quic.events import ConnectionTerminated, HandshakeCompleted, StreamReset

        while (event := quic.next_event()) is not None:
            if isinstance(event, HandshakeCompleted):
                self._found.handshake_ms = round((time.monotonic() - self._begun) * 1000, 1)
                self._found.alpn = event.alpn_protocol
                self._found.certificate_sha256 = _leaf(quic)
                if event.alpn_protocol != "h3":
                    raise Malformed("the server did not choose h3", stage=Stage.HANDSHAKE)
                self._http = H3Connection(quic)
                self._stream = quic.get_next_available_stream_id()
                self._http.send_headers(self._stream, request, end_stream=True)
            elif isinstance(event, ConnectionTerminated):
                raise self._over(_ended(event.error_code, event.reason_phrase), timer=timer)
            elif isinstance(event, StreamReset) and event.stream_id == self._stream:
                raise Closed(f"the server reset the request (error 0x{event.error_code:x})", stage=self._stage)
            if self._http is not None:
                for answer in self._http.handle_event(event):
                    self._take_answer(answer)

    def _over(self, words: str, *, timer: bool) -> PeerFault | OwnFault:
        """Whose end it is: the server's; ours, because the library did not like what came; or silence."""
        if self._ending == _BY_US:
            return Unspoken(f"our library gave up: {words}", stage=self._stage)
        if self._ending == _BY_THE_SERVER or not timer:  # versions that have none in common end it at once
            return Closed(words, stage=self._stage)
        return TimedOut("no answer until the connection was idle for too long", stage=self._stage)

    def _take_answer(self, event: object) -> None:
        from aioquic.h3.events import DataReceived, HeadersReceived

        if not isinstance(event, DataReceived | HeadersReceived) or event.stream_id != self._stream:
            return
        if isinstance(event, DataReceived):
            self._found.body_bytes += len(event.data)
        elif self._found.status is None:
            status = next((value for name, value in event.headers if name == b":status"), b"")
            if len(status) != 3 or not status.isdigit():
                raise Malformed("the answer has no status", stage=Stage.RESPONSE_HEAD)
            if status[:1] == b"1":
                return  # an interim answer (RFC 9110 section 15.2)
            self._found.status = int(status)
            kept = [one for one in event.headers if not one[0].startswith(b":")][:MAX_FIELDS]
            self._found.fields = tuple((name, value[:MAX_FIELD_BYTES]) for name, value in kept)
        enough = self._found.body_bytes >= BODY_BYTES
        self._found.complete = self._found.status is not None and (event.stream_ended or enough)


def _connection(server_name: str | None) -> "QuicConnection":
    from aioquic.quic.configuration import QuicConfiguration
    from aioquic.quic.connection import QuicConnection

    return QuicConnection(
        configuration=QuicConfiguration(
            alpn_protocols=["h3"],
            is_client=True,
            max_data=MAX_BYTES,
            max_stream_data=MAX_BYTES,
            server_name=server_name,
            verify_mode=ssl.CERT_NONE,
        )
    )


def _ending(quic: "QuicConnection") -> str | None:
    """Who is ending the connection, in the words of RFC 9000 section 10.2; the library has no public way to it."""
    name = getattr(getattr(quic, "_state", None), "name", None)
    return name if name in {_BY_US, _BY_THE_SERVER} else None


def _leaf(quic: "QuicConnection") -> str | None:
    """The hash of the certificate that the server showed; the library has no public way to it."""
    from cryptography.hazmat.primitives.serialization import Encoding

    shown = getattr(quic.tls, "_peer_certificate", None)
    return None if shown is None else hashlib.sha256(shown.public_bytes(Encoding.DER)).hexdigest()


def _ended(code: int, reason: str) -> str:
    """Why a connection ended, in words: a TLS alert (RFC 9001 section 4.8), else the error code."""
    if code in _CRYPTO_ERRORS and code != _NO_ERROR[1]:
        words = f"the TLS handshake failed (alert {code - _CRYPTO_ERRORS.start})"
    elif code in _NO_ERROR:
        words = "the server ended the connection"
    else:
        words = f"the connection ended with error 0x{code:x}"
    return f"{words}: {reason[:100]}" if reason else words
