"""TLS that carries HTTP: pyOpenSSL over memory BIOs, on top of the one stream that all bytes pass through.

Rule of the room: OpenSSL never sees a socket and never verifies. It is set as permissive as it can be, so that old and
misconfigured servers can still be asked over HTTP; what their TLS is worth is judged from evidence that is collected
elsewhere. What our library can no longer speak leaves as `Unspoken`, our own fault, and not as a fault of the peer.
"""

import functools
from types import TracebackType

from OpenSSL import SSL, crypto

from scanner.errors import AlertReceived, Closed, Malformed, PeerFault, TooMuch, Unspoken
from scanner.model.outcome import Stage
from scanner.model.target import Endpoint
from scanner.net.budget import Deadline, Meter
from scanner.net.dial import READ_SIZE, Stream

HANDSHAKE_BYTES = 256 * 1024
"""The most that a peer may send before the handshake is done; the longest sound chains are a tenth of it."""

SILENT_BYTES = 256 * 1024
"""The most that a peer may send in records that carry no data (tickets, key updates, alerts) between two pieces."""

CIPHERS = b"ALL:!aNULL:!eNULL:!PSK:!SRP:@SECLEVEL=0"
"""All suites that the library has and that authenticate the server, whatever their strength."""

_VERSIONS = {"TLSv1": "TLSv1.0", "SSLv3": "SSLv3"}
"""OpenSSL's names that differ from ours."""

_CONTENT_TYPES = range(20, 25)  # RFC 8446 section 5.1, and heartbeat (RFC 6520)
_ALERT = 21
_HANDSHAKE = 22
_PROTOCOL_VERSION = 70  # RFC 8446 section 6.2

_UNSPOKEN_REASONS = frozenset(
    {
        "bad ecpoint",
        "dh key too small",
        "ee key too small",
        "legacy sigalg disallowed or unsupported",
        "modulus too small",
        "no protocols available",
        "no suitable signature algorithm",
        "unsafe legacy renegotiation disabled",
        "unsupported",
        "unsupported elliptic curve",
        "unsupported protocol",
        "wrong curve",
    }
)
"""OpenSSL's words for what the peer may well do, but this library does not."""


class TlsStream:
    """One TLS connection: `send`, `receive`, `abort` and `stage` as on `Stream`, in plaintext.

    `alpn` is the protocol that the peer chose, None for none. `version` is `TLSv1.0` to `TLSv1.3`.
    """

    def __init__(self, stream: Stream, connection: SSL.Connection, alerts: "_Alerts") -> None:
        self._stream = stream
        self._tls = connection
        self._alerts = alerts
        self.alpn: str | None = connection.get_alpn_proto_negotiated().decode("latin-1") or None
        name = connection.get_protocol_version_name()
        self.version: str = _VERSIONS.get(name, name)

    @property
    def stage(self) -> Stage:
        """How far the conversation is; its owner moves it on."""
        return self._stream.stage

    @stage.setter
    def stage(self, stage: Stage) -> None:
        self._stream.stage = stage

    @property
    def deadline(self) -> Deadline:
        """The instant at which every wait ends; its owner may set the next exchange's."""
        return self._stream.deadline

    @deadline.setter
    def deadline(self, deadline: Deadline) -> None:
        self._stream.deadline = deadline

    @property
    def endpoint(self) -> Endpoint:
        """Where the connection goes."""
        return self._stream.endpoint

    @property
    def meter(self) -> Meter:
        """What counts its bytes."""
        return self._stream.meter

    @property
    def closed(self) -> bool:
        """Whether our side has closed it."""
        return self._stream.closed

    @functools.cached_property
    def chain(self) -> tuple[bytes, ...]:
        """The certificates that the peer sent, DER, in its order; empty where there are none that can be read."""
        try:
            sent = self._tls.get_peer_cert_chain() or []
            return tuple(crypto.dump_certificate(crypto.FILETYPE_ASN1, one) for one in sent)
        except (SSL.Error, crypto.Error):
            return ()

    async def send(self, data: bytes) -> None:
        """Sends all of `data`. Raises as `Stream.send`, and `AlertReceived` or `Malformed`."""
        silent = 0
        view = memoryview(data)
        while view:
            try:
                view = view[self._tls.send(bytes(view[:READ_SIZE])) :]
            except SSL.WantReadError:  # a renegotiation is under way
                before = silent
                await self._flush()
                silent = await self._pump(silent)
                if silent == before:
                    raise Closed("the peer ended the connection during a renegotiation", stage=self.stage) from None
            except SSL.Error as error:
                raise self._alerts.fault(error, self.stage) from None
            await self._flush()

    async def receive(self, limit: int = READ_SIZE) -> bytes:
        """At least one byte and at most `limit`; empty once the peer has ended its side.

        An end without close_notify is an end as well: the framing of what is carried tells whether it came too early.
        Raises as `Stream.receive`, and `AlertReceived`, `Malformed`, or `TooMuch` where only empty records come.
        """
        silent = 0
        while True:
            try:
                return self._tls.recv(limit)
            except SSL.WantReadError:
                await self._flush()
            except SSL.ZeroReturnError:
                return b""
            except SSL.Error as error:
                raise self._alerts.fault(error, self.stage) from None
            before = silent
            silent = await self._pump(silent)
            if silent == before:
                return b""

    def has_news(self) -> bool:
        """As on `Stream`: what has come and was not read yet counts, whatever it carries."""
        return self._stream.has_news()

    def finish_sending(self) -> None:
        """Ends our side of the TCP connection (half-close), without close_notify."""
        self._stream.finish_sending()

    def abort(self) -> None:
        """Closes the raw connection at once. May be called again."""
        self._stream.abort()

    async def _pump(self, silent: int) -> int:
        data = await self._stream.receive()
        if data:
            self._tls.bio_write(data)
        if silent + len(data) > SILENT_BYTES:
            raise TooMuch(f"more than {SILENT_BYTES} bytes of TLS records without data", stage=self.stage)
        return silent + len(data)

    async def _flush(self) -> None:
        await _flush(self._stream, self._tls)

    async def __aenter__(self) -> "TlsStream":
        """The stream itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Aborts the connection."""
        self.abort()


async def secure(
    stream: Stream, *, server_name: str | None, alpn: tuple[str, ...] = (), legacy: bool = False
) -> TlsStream:
    """TLS over `stream`, handshake done, nothing verified.

    `server_name` goes into SNI, None sends none. `alpn` are protocols to offer, in order of preference. `legacy` offers
    at most TLS 1.2, in a small ClientHello, for servers that choke on a modern one.

    Raises `Unspoken` for what our TLS library cannot speak; `AlertReceived`; `Malformed` at stage server-hello where
    the peer does not speak TLS at all; `TooMuch`; and as `Stream.receive`. The stream is aborted on failure.
    """
    alerts = _Alerts(newest="TLS 1.2" if legacy else "TLS 1.3")
    connection = SSL.Connection(_context(legacy=legacy), None)
    connection.set_app_data(alerts)
    connection.set_connect_state()
    if server_name is not None:
        connection.set_tlsext_host_name(server_name.encode("ascii"))
    if alpn:
        connection.set_alpn_protos([name.encode("ascii") for name in alpn])
    try:
        await _handshake(stream, connection, alerts)
    except BaseException:
        stream.abort()
        raise
    stream.stage = Stage.REQUEST
    return TlsStream(stream, connection, alerts)


async def _handshake(stream: Stream, connection: SSL.Connection, alerts: "_Alerts") -> None:
    stream.stage = Stage.CLIENT_HELLO
    received = 0
    opening = b""
    while True:
        try:
            connection.do_handshake()
        except SSL.WantReadError:
            await _flush(stream, connection)
        except SSL.Error as error:
            raise alerts.fault(error, stream.stage, opening) from None
        else:
            await _flush(stream, connection)
            return
        data = await stream.receive()
        if not data:
            raise Closed("the peer ended the connection during the TLS handshake", stage=stream.stage)
        received += len(data)
        if received > HANDSHAKE_BYTES:
            raise TooMuch(f"more than {HANDSHAKE_BYTES} bytes in the TLS handshake", stage=stream.stage)
        if len(opening) < _OPENING_BYTES:
            opening = (opening + data)[:_OPENING_BYTES]
            _check_opening(opening)
        stream.stage = Stage.HANDSHAKE
        connection.bio_write(data)


_OPENING_BYTES = 11
"""A record header, a handshake header and the version of the ServerHello (RFC 8446 sections 5.1, 4, 4.1.3)."""


def _check_opening(opening: bytes) -> None:
    """Looks at the first bytes of the answer to a ClientHello before OpenSSL does."""
    if opening[0] not in _CONTENT_TYPES or (len(opening) > 1 and opening[1] != 3):
        what = "plain HTTP" if b"HTTP/".startswith(opening[:5]) else "no TLS"
        raise Malformed(f"the answer to our ClientHello is {what}: not a TLS port", stage=Stage.SERVER_HELLO)
    if opening[0] == _HANDSHAKE and opening[9:11] == b"\x03\x00":
        raise Unspoken("HTTP over SSLv3 is not spoken by our TLS library", stage=Stage.SERVER_HELLO)


async def _flush(stream: Stream, connection: SSL.Connection) -> None:
    """Sends what OpenSSL has written."""
    while True:
        try:
            data = connection.bio_read(READ_SIZE)
        except SSL.WantReadError:
            return
        await stream.send(data)


class _Alerts:
    """The last fatal alert that OpenSSL read on a connection, and what its errors mean."""

    __slots__ = ("newest", "number")

    def __init__(self, *, newest: str) -> None:
        self.newest = newest
        self.number: int | None = None

    def fault(self, error: SSL.Error, stage: Stage, opening: bytes = b"") -> PeerFault | Unspoken:
        """The fault that an error of OpenSSL stands for; `opening` is the beginning of the peer's handshake."""
        reasons = _reasons(error)
        if self.number is not None:
            if self.number == _PROTOCOL_VERSION and opening[:1] == bytes([_ALERT]):
                return Unspoken(
                    f"the peer refuses every version that was offered (TLS 1.0 to {self.newest})", stage=stage
                )
            return AlertReceived(self.number, reasons[0] if reasons else "", stage=stage)
        unspoken = next((reason for reason in reasons if reason in _UNSPOKEN_REASONS), None)
        if unspoken is not None:
            return Unspoken(f"our TLS library does not speak what the peer chose: {unspoken}", stage=stage)
        return Malformed(f"TLS: {', '.join(reasons) or 'the library gave no reason'}", stage=stage)


def _reasons(error: SSL.Error) -> list[str]:
    """The reason texts of OpenSSL's error queue, oldest first."""
    queue = error.args[0] if error.args else []
    return [entry[2] for entry in queue if entry[2]] if isinstance(queue, list) else [str(queue)]


def _note_alert(connection: SSL.Connection, where: int, value: int) -> None:
    """OpenSSL's info callback: keeps the number of a fatal alert that was read (level in the high byte)."""
    level, number = value >> 8, value & 0xFF
    alerts = connection.get_app_data()
    if where & SSL.SSL_CB_READ_ALERT == SSL.SSL_CB_READ_ALERT and level == 2 and isinstance(alerts, _Alerts):
        alerts.number = number


@functools.cache
def _context(*, legacy: bool) -> SSL.Context:
    """The shared client context: no trust store, no verification, the lowest security level, old renegotiation."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_verify(SSL.VERIFY_NONE)
    context.set_min_proto_version(SSL.TLS1_VERSION)
    if legacy:
        context.set_max_proto_version(SSL.TLS1_2_VERSION)
    context.set_cipher_list(CIPHERS)
    context.set_options(SSL.OP_LEGACY_SERVER_CONNECT | SSL.OP_ALL)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_info_callback(_note_alert)
    return context
