"""HTTP/2 over an open connection: the library h2 frames, one request at a time (RFC 9113).

Rule of the file: h2 never sees a socket. It is told not to judge the fields of an answer, which a scanner must see as
they came; the status is read here, strictly, because without one there is no answer.
"""

import contextlib

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    DataReceived,
    Event,
    InformationalResponseReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
from h2.settings import SettingCodes, Settings

from scanner.errors import Closed, Malformed, Reset, TooMuch
from scanner.model.evidence.http_exchanges import HeaderField
from scanner.model.outcome import Stage
from scanner.model.peer import peer_text
from scanner.net.dial import Stream
from scanner.net.http_received import Received
from scanner.net.tls_session import TlsStream
from scanner.wire.http2_frames import Goaway, GoawayFilter
from scanner.wire.http_head import HEAD_BYTES, MAX_INTERIM, Head

WINDOW = 1 << 24
"""Bytes that the server may send before it hears from us: more than all bodies that one connection brings."""

MOST_FIELD_BYTES = 64 * 1024
"""Bytes of an answer's fields, as HPACK counts them (RFC 9113 section 6.5.2)."""

_SETTINGS = {
    SettingCodes.ENABLE_PUSH: 0,
    SettingCodes.MAX_CONCURRENT_STREAMS: 100,
    SettingCodes.MAX_HEADER_LIST_SIZE: MOST_FIELD_BYTES,
}

Fields = list[tuple[bytes, bytes]]


class Http2Connection:
    """One connection. A fault, or an answer that was not read to its end, leaves it unusable."""

    def __init__(self, carrier: Stream | TlsStream) -> None:
        self._carrier = carrier
        self._machine = H2Connection(H2Configuration(client_side=True, validate_inbound_headers=False))
        self._machine.local_settings = Settings(client=True, initial_values=dict(_SETTINGS))
        # Servers were seen that refuse this setting, although unknown ones must be passed over (section 6.5.2).
        del self._machine.local_settings[SettingCodes.ENABLE_CONNECT_PROTOCOL]
        self._goaways = GoawayFilter()
        self._begun = False
        self._heard = False
        self._over = False

    async def ask(self, fields: Fields, received: Received) -> bool:
        """Sends a request without a body and fills `received`; whether the connection can carry another one.

        `fields` begin with the pseudo-header fields. Raises as `scanner.net.http1.ask`.
        """
        machine = self._machine
        if not self._begun:
            self._begun = True
            machine.initiate_connection()
            machine.increment_flow_control_window(WINDOW)
        stream = machine.get_next_available_stream_id()
        machine.send_headers(stream, fields, end_stream=True)
        machine.increment_flow_control_window(WINDOW, stream)
        self._carrier.stage = Stage.REQUEST
        await self._flush()
        answer = _Answer(stream, received)
        while not received.complete:
            if received.head is not None and received.is_enough(received.head.status, len(received.body or b"")):
                received.cut()
                return False
            events, goaways = await self._events(answer)
            for event in events:
                self._take(event, answer)
            for goaway in goaways:
                self._end(goaway, answer)
            await self._flush()
        return not self._over

    async def _events(self, answer: "_Answer") -> tuple[list[Event], tuple[Goaway, ...]]:
        """What the next bytes mean, and the ends of the connection among them."""
        received = answer.received
        self._carrier.stage = answer.stage
        data = await self._carrier.receive()
        if not data:
            raise Closed("the peer ended the connection before the answer's end", stage=answer.stage)
        received.count += len(data)
        if not self._heard and data.startswith(b"HTTP/"):
            raise Malformed("the peer chose HTTP/2 and answers with HTTP/1", stage=Stage.RESPONSE_HEAD)
        self._heard = True
        try:
            passed, goaways = self._goaways.feed(data)
            events = self._machine.receive_data(passed)
        except Exception as error:  # the library's own machine may trip over what a peer sends
            # What came together with it in one read is gone; the head of an earlier one stays.
            raise Malformed(f"HTTP/2: {str(error) or type(error).__name__}", stage=answer.stage) from None
        if received.head is None and received.count > HEAD_BYTES and not _has_head(events, answer.stream):
            raise TooMuch(f"a head of more than {HEAD_BYTES} bytes", stage=Stage.RESPONSE_HEAD)
        return events, goaways

    def _take(self, event: Event, answer: "_Answer") -> None:
        if isinstance(event, DataReceived):
            self._machine.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        answer.take(event)

    def _end(self, goaway: Goaway, answer: "_Answer") -> None:
        """Takes an end of the connection: a graceful one lets the answer to this request still come (section 6.8)."""
        self._over = True
        if answer.received.complete:
            return
        answer.received.unheard = goaway.last_stream < answer.stream
        if answer.received.unheard or goaway.error != ErrorCodes.NO_ERROR:
            raise Closed(f"the server ended the connection ({_named(goaway.error)})", stage=answer.stage)

    async def _flush(self) -> None:
        """Sends what the machine has to say. Whether a peer that has gone had answered before, reading tells."""
        data = self._machine.data_to_send()
        if data:
            with contextlib.suppress(Closed, Reset):
                await self._carrier.send(data)


class _Answer:
    """The answer on one stream, as its events come."""

    def __init__(self, stream: int, received: Received) -> None:
        self.stream = stream
        self.received = received
        self._interim = 0

    @property
    def stage(self) -> Stage:
        return Stage.RESPONSE_HEAD if self.received.head is None else Stage.RESPONSE_BODY

    def take(self, event: Event) -> None:
        """Takes an event. Raises `Closed`, `Malformed` or `TooMuch` where it ends the answer too soon."""
        if getattr(event, "stream_id", None) != self.stream:
            return
        if isinstance(event, InformationalResponseReceived):
            self._interim += 1
            if self._interim > MAX_INTERIM:
                raise TooMuch(f"more than {MAX_INTERIM} interim answers", stage=Stage.RESPONSE_HEAD)
        elif isinstance(event, ResponseReceived):
            self.received.head = _head(event.headers or [], self._interim)
            self.received.body = bytearray()
        elif isinstance(event, DataReceived) and self.received.body is not None:
            self.received.body += event.data or b""
        elif isinstance(event, StreamEnded):
            self.received.complete = True
            self.received.cut()
        elif isinstance(event, StreamReset):
            self.received.unheard = event.error_code == ErrorCodes.REFUSED_STREAM  # RFC 9113 section 8.7
            raise Closed(f"the server reset the request ({_named(event.error_code)})", stage=self.stage)


def _has_head(events: list[Event], stream: int) -> bool:
    return any(isinstance(event, ResponseReceived) and event.stream_id == stream for event in events)


def _head(fields: Fields, interim: int) -> Head:
    """The head of an answer; names are as they came. Raises `Malformed` without one status of three digits."""
    statuses = [value for name, value in fields if name == b":status"]
    if len(statuses) != 1 or len(statuses[0]) != 3 or not statuses[0].isdigit():
        what = "no :status" if not statuses else "no valid :status"
        raise Malformed(f"the answer has {what} (RFC 9113 section 8.3.2)", stage=Stage.RESPONSE_HEAD)
    kept = tuple(
        HeaderField(name=peer_text(name), value=peer_text(value)) for name, value in fields if name[:1] != b":"
    )
    return Head(version="HTTP/2", status=int(statuses[0]), reason=None, fields=kept, flaws=(), interim=interim)


def _named(code: ErrorCodes | int | None) -> str:
    """An error code of section 7, by name where it has one."""
    known = {one.value: one.name for one in ErrorCodes}
    return known.get(int(code or 0), f"error {code}")
