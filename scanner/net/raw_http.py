"""Raw HTTP: any bytes over a new connection, and whatever comes back.

Rule of the room: what is sent is the caller's, byte for byte; nothing is repeated or mended. The server may answer and
close before everything is sent: its answer is read all the same.
"""

import dataclasses
import time
from typing import TYPE_CHECKING

from scanner.errors import Closed, Malformed, PeerFault, Reset, TimedOut, TooMuch
from scanner.model.evidence.server_identity import Ending
from scanner.model.outcome import Outcome, Stage
from scanner.net.dial import Stream
from scanner.net.session import Session
from scanner.wire.http_answer import AnswerReader, HttpAnswer

if TYPE_CHECKING:
    from scanner.net.tls_session import TlsStream

MAX_ANSWER_BYTES = 16 * 1024
"""The most of one answer that is read unless told otherwise: an error page is a tenth of it."""

SEND_SHARE = 0.5
"""The part of the time that sending may take; the rest is for the answer to a peer that stopped reading."""

LINGER_SECONDS = 0.1
"""How long a whole answer is waited on for the end of the connection. A server that closes does so at once."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RawAnswer:
    """What came back.

    `data` is everything that was read, `answer` its reading (None: nothing that could be one). `fault` is what ended
    the conversation where no whole answer did. `elapsed_ms` runs from the first byte sent to the last read.
    """

    data: bytes
    answer: HttpAnswer | None
    ending: Ending
    sent_all: bool
    elapsed_ms: float
    fault: PeerFault | None = None

    @property
    def outcome(self) -> Outcome:
        """`ok` with a status line, else how it ended."""
        if self.answer is not None and self.answer.head.status is not None:
            return Outcome.OK
        return self.fault.outcome if self.fault is not None else Outcome.PROTOCOL_ERROR


async def ask(session: Session, payload: bytes, *, seconds: float, max_bytes: int = MAX_ANSWER_BYTES) -> RawAnswer:
    """Sends `payload` to the session's endpoint, over TLS where the target is https, and reads the answer.

    It reads until the message is whole by its own framing, the peer ends or resets the connection, `max_bytes` came,
    or `seconds` are over, connecting and TLS included. Raises what connecting and the TLS handshake raise; from the
    first byte of `payload` on every peer fault is part of the answer, and only our own faults are raised.
    """
    deadline = session.deadline.sooner(seconds)
    stream = await session.connect(deadline=deadline)
    async with stream:
        carrier: Stream | TlsStream = stream
        if session.target.is_tls:
            from scanner.net.tls_session import secure  # OpenSSL is loaded when it is used, not at start-up

            carrier = await secure(stream, server_name=session.target.sni, alpn=("http/1.1",))
        return await _Conversation(carrier, max_bytes).run(payload, seconds)


class _Conversation:
    """One request and its answer over an open stream."""

    def __init__(self, stream: "Stream | TlsStream", max_bytes: int) -> None:
        self._stream = stream
        self._max_bytes = max_bytes
        self._reader = AnswerReader()
        self._data = bytearray()

    async def run(self, payload: bytes, seconds: float) -> RawAnswer:
        started = time.monotonic()
        until = self._stream.deadline
        self._stream.stage = Stage.REQUEST
        self._stream.deadline = until.sooner(seconds * SEND_SHARE)
        send_fault = await self._send(payload)
        self._stream.deadline = until
        self._stream.stage = Stage.RESPONSE_HEAD
        ending, fault = await self._receive()
        elapsed = time.monotonic() - started
        if ending is None:
            ending = await self._linger()
        elif ending is Ending.FIN and isinstance(send_fault, Reset):
            ending = Ending.RESET  # the reset was told to the sending side
        return RawAnswer(
            data=bytes(self._data),
            answer=self._reader.answer(),
            ending=ending,
            sent_all=send_fault is None,
            elapsed_ms=round(elapsed * 1000, 1),
            fault=fault,
        )

    async def _send(self, payload: bytes) -> PeerFault | None:
        try:
            await self._stream.send(payload)
        except PeerFault as fault:
            return fault
        return None

    async def _receive(self) -> tuple[Ending | None, PeerFault | None]:
        """Reads; the ending and its fault, or None twice where the message is whole and the connection open."""
        while not self._reader.complete:
            if len(self._data) >= self._max_bytes:
                return Ending.CUT, TooMuch(f"more than {self._max_bytes} bytes", stage=self._stream.stage)
            try:
                data = await self._stream.receive(self._max_bytes - len(self._data))
                if not data:
                    return Ending.FIN, Closed(stage=self._stream.stage)
                self._data += data
                self._reader.feed(data)
            except PeerFault as fault:
                return _ending_of(fault), fault
            if self._reader.head is not None:
                self._stream.stage = Stage.RESPONSE_BODY
        return None, None

    async def _linger(self) -> Ending:
        """Whether the peer ends the connection after its whole answer."""
        self._stream.deadline = self._stream.deadline.sooner(LINGER_SECONDS)
        try:
            data = await self._stream.receive(1)
        except TimedOut:
            return Ending.OPEN
        except PeerFault as fault:
            return _ending_of(fault)
        return Ending.OPEN if data else Ending.FIN


def _ending_of(fault: PeerFault) -> Ending:
    for kind, ending in _ENDINGS:
        if isinstance(fault, kind):
            return ending
    return Ending.FIN


_ENDINGS: tuple[tuple[type[PeerFault], Ending], ...] = (
    (Reset, Ending.RESET),
    (TimedOut, Ending.TIMEOUT),
    (TooMuch, Ending.CUT),
    (Malformed, Ending.CUT),
)
