"""Whole TLS connections of SSLv3 to TLS 1.2: drives `scanner.wire.tls12_client` over a stream, and keeps it open.

Nobody is authenticated (see there): for looking at how a server handles sessions and records, never to send a secret.
"""

import contextlib
import time
from collections.abc import Iterator
from types import TracebackType

from scanner.errors import Closed, LeadlineError, PeerFault
from scanner.net.budget import Deadline
from scanner.net.dial import Stream
from scanner.net.new_share import new_share
from scanner.net.session import Session
from scanner.wire.server_flight import ServerFlight
from scanner.wire.tls12_client import Extent, OpenRecord, Tls12Client
from scanner.wire.tls12_exchange import BlockMaker
from scanner.wire.tls12_records import Protection
from scanner.wire.tls12_session import ClassicSession
from scanner.wire.tls_offer import Offer
from scanner.wire.tls_record import ContentType

CLOSING_SECONDS = 1.0
"""The longest that sending our close_notify may take."""


class Tls12Connection:
    """One connection and what was learned on it. Use it as an asynchronous context manager: leaving ends it.

    `flight` is the server's side of the first handshake, as far as it came, also after a fault. `session` is what can
    be resumed, once a handshake was completed. `handshake_seconds` is how long that took.
    """

    def __init__(self, stream: Stream, machine: Tls12Client) -> None:
        self.stream = stream
        self.handshake_seconds = 0.0
        self._machine = machine
        self._opened: list[OpenRecord] = []

    async def __aenter__(self) -> "Tls12Connection":
        """The connection itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Says goodbye where that makes sense, and aborts the connection."""
        try:
            if kind is None and self.established:
                await self.close()
        finally:
            self.stream.abort()

    @property
    def flight(self) -> ServerFlight | None:
        """The server's flight of the first handshake."""
        return self._machine.flight

    @property
    def session(self) -> ClassicSession | None:
        """What was completed last, to be resumed on another connection; with its ticket, where one came."""
        return self._machine.session

    @property
    def resumed(self) -> bool:
        """Whether the first handshake took up the session that was offered."""
        return self._machine.resumed

    @property
    def established(self) -> bool:
        """Whether a handshake was completed, with the server's Finished verified."""
        return self._machine.established

    @property
    def extended_master_secret(self) -> bool:
        """Whether it was negotiated (RFC 7627)."""
        return self._machine.extended_master_secret

    @property
    def encrypt_then_mac(self) -> bool:
        """Whether it was negotiated (RFC 7366) and counts, which it does with block ciphers only."""
        return self._machine.encrypt_then_mac

    @property
    def secure_renegotiation(self) -> bool:
        """Whether the server's hello speaks RFC 5746."""
        return self._machine.secure_renegotiation

    @property
    def writer(self) -> Protection:
        """What seals our records: its `layout` and `seal_layout` make wrong ones where it is a `CbcProtection`."""
        return self._machine.writer

    async def handshake(self) -> None:
        """The first handshake, as far as the extent goes.

        Raises `AlertReceived`, `Closed`, `Reset`, `TimedOut`, `TooMuch` or `Malformed`, with the stage.
        """
        begun = time.monotonic()
        await self._converse(self._machine.start())
        self.handshake_seconds = time.monotonic() - begun

    async def renegotiate(self, *, secure: bool = True, seconds: float) -> None:
        """A second handshake within the first, to its end; at most `seconds` for all of it.

        Raises as `handshake`; `AlertReceived` with number 100 where the server declines politely.
        """
        with self._patience(seconds):
            await self._converse(self._machine.renegotiate(secure=secure))

    async def send(self, content: ContentType, payload: bytes) -> None:
        """Seals one record under the keys of now, and sends it."""
        await self.send_raw(self._machine.seal(content, payload))

    async def send_raw(self, data: bytes) -> None:
        """Sends bytes as they are: records that `writer` has sealed, rightly or not."""
        await self.stream.send(data)

    async def next_record(self, *, seconds: float) -> OpenRecord:
        """The next record, decrypted: an alert comes back as one, it is not raised.

        Raises `Closed` for FIN, `Reset`, `TimedOut` after `seconds`, `Malformed` where it does not decrypt.
        """
        data = b""
        with self._patience(seconds):
            while not self._opened:
                self._opened += self._machine.read(data)
                if self._opened:
                    break
                data = await self.stream.receive()
                if not data:
                    raise Closed(stage=self._machine.stage)
        return self._opened.pop(0)

    async def close(self) -> None:
        """Sends close_notify; a peer that is gone already is fine."""
        with contextlib.suppress(LeadlineError), self._patience(CLOSING_SECONDS):
            await self.stream.send(self._machine.close())

    async def _converse(self, first: bytes) -> None:
        machine, stream = self._machine, self.stream
        try:
            await stream.send(first)
            data = b""  # what came before may hold the beginning already
            while True:
                out = machine.feed(data)
                stream.stage = machine.stage
                if out:
                    await stream.send(out)
                if machine.done:
                    return
                data = await stream.receive()
                if not data:
                    raise machine.end()
        except PeerFault as fault:
            fault.stage = fault.stage or machine.stage
            raise

    @contextlib.contextmanager
    def _patience(self, seconds: float) -> Iterator[None]:
        """A block in which the stream's deadline is at most that far away."""
        before = self.stream.deadline
        self.stream.deadline = before.sooner(seconds)
        try:
            yield
        finally:
            self.stream.deadline = before


async def open_connection(
    session: Session,
    offer: Offer,
    *,
    resume: ClassicSession | None = None,
    session_id: bytes = b"",
    ticket: bool = True,
    make_block: BlockMaker | None = None,
    extent: Extent = Extent.WHOLE,
    deadline: Deadline | None = None,
) -> Tls12Connection:
    """A connection over which nothing was said yet: call `handshake`. For the arguments see `Tls12Client`.

    Raises what `Session.connect` raises.
    """
    machine = Tls12Client(
        offer,
        random=session.random,
        make_share=new_share,
        session_id=session_id,
        resume=resume,
        ticket=ticket,
        make_block=make_block,
        extent=extent,
    )
    return Tls12Connection(await session.connect(deadline=deadline), machine)


async def establish(
    session: Session,
    offer: Offer,
    *,
    resume: ClassicSession | None = None,
    session_id: bytes = b"",
    ticket: bool = True,
    deadline: Deadline | None = None,
) -> Tls12Connection:
    """A connection whose handshake was completed. Raises as `open_connection` and `Tls12Connection.handshake`."""
    connection = await open_connection(
        session, offer, resume=resume, session_id=session_id, ticket=ticket, deadline=deadline
    )
    try:
        await connection.handshake()
    except BaseException:
        connection.stream.abort()
        raise
    return connection
