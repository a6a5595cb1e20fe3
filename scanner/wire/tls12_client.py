"""A whole TLS client for SSLv3 to TLS 1.2 as a sans-IO state machine: bytes in, bytes to send out.

It completes handshakes, resumes sessions and renegotiates. The server's Finished is verified, so both sides have the
same keys; nothing else is: neither the certificate nor the signature over the key exchange is looked at, so whoever
answered may be anybody. No secret may be sent over such a connection.
"""

import dataclasses
import enum
from collections.abc import Iterator

from scanner.errors import Closed, Malformed
from scanner.model.outcome import Stage
from scanner.wire import tls12_flight, tls_alert
from scanner.wire.key_share import ShareMaker
from scanner.wire.octets import vector
from scanner.wire.server_flight import ServerFlight
from scanner.wire.tls12_exchange import BlockMaker, client_exchange
from scanner.wire.tls12_records import PlainProtection, Protection, RandomBytes, protection
from scanner.wire.tls12_round import CLIENT_KEY_EXCHANGE, FINISHED, NEW_SESSION_TICKET, HelloParts, Round
from scanner.wire.tls12_session import ClassicSession
from scanner.wire.tls_asides import Asides
from scanner.wire.tls_extensions import ExtensionType
from scanner.wire.tls_hello import SERVER_HELLO
from scanner.wire.tls_offer import Offer
from scanner.wire.tls_record import ContentType, HandshakeMessage, MessageReader, Record, RecordReader
from scanner.wire.tls_version import Version

NO_RENEGOTIATION = 100
"""The warning by which a server declines a renegotiation (RFC 5246 section 7.2.2)."""

RANDOM_BYTES = 32
_CHANGE_CIPHER_SPEC = b"\x01"
_NO_CERTIFICATE_ALERT = bytes((tls_alert.WARNING, 41))  # how SSLv3 says that it has none (RFC 6101 section 5.6.6)
_CLOSE_NOTIFY = bytes((tls_alert.WARNING, tls_alert.CLOSE_NOTIFY))


class Extent(enum.Enum):
    """How far a full handshake goes before `done`: what is sent last, or to its very end."""

    KEY_EXCHANGE = "key-exchange"  # our ClientKeyExchange is sent, nothing after it
    CLIENT_FINISHED = "client-finished"  # our Finished is sent, its answer is not read
    WHOLE = "whole"  # the server's Finished was verified


class _Wait(enum.Enum):
    """What may come next from the server."""

    HELLO = enum.auto()
    FLIGHT = enum.auto()  # the rest of its flight, or the end of an abbreviated handshake
    CHANGE = enum.auto()  # NewSessionTicket or ChangeCipherSpec
    FINISHED = enum.auto()
    NOTHING = enum.auto()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OpenRecord:
    """A record that was decrypted. An alert's payload is its level and its number."""

    type: ContentType
    payload: bytes


class Tls12Client:
    """One connection. Send `start()`, feed what comes, send what `feed` gives back, until `done`.

    `offer` names versions up to TLS 1.2, and its suites should be `finishable`. `random` gives unpredictable bytes,
    `make_share` a fresh key share. With `resume` the session is offered again: by its ticket where it has one, and
    then `session_id` goes out beside it, to show by being returned that the ticket was taken (RFC 5077 section 3.4);
    else by its session id. `ticket` False leaves the session_ticket extension out. `make_block` replaces the block
    that RSA encrypts, `extent` says where to stop.

    `flight` holds what was seen of the first handshake at any time, and of the latest one in `round`.
    """

    def __init__(
        self,
        offer: Offer,
        *,
        random: RandomBytes,
        make_share: ShareMaker,
        session_id: bytes = b"",
        resume: ClassicSession | None = None,
        ticket: bool = True,
        make_block: BlockMaker | None = None,
        extent: Extent = Extent.WHOLE,
    ) -> None:
        if offer.highest > Version.TLS1_2:
            raise ValueError("this client ends at TLS 1.2")
        self.done = False
        self.established = False
        self.session: ClassicSession | None = None
        self._offer = offer
        self._random = random
        self._make_share = make_share
        self._make_block = make_block
        self._extent = extent
        self.round = Round(
            offer, HelloParts(random=random(RANDOM_BYTES), session_id=session_id, resume=resume, ticket=ticket)
        )
        self._first = self.round
        self._wait = _Wait.HELLO
        self._verify = (b"", b"")  # verify_data of the latest handshake, ours and the server's
        self._records = RecordReader()
        self._messages = MessageReader()
        self._reader: Protection = PlainProtection(min(offer.highest, Version.TLS1_0))
        self._writer: Protection = PlainProtection(min(offer.highest, Version.TLS1_0))
        self._asides = Asides()

    # What is known

    @property
    def flight(self) -> ServerFlight | None:
        """The server's side of the first handshake, as far as it came."""
        return self._first.flight

    @property
    def resumed(self) -> bool:
        """Whether the first handshake took up the session that was offered."""
        return self._first.resumed

    @property
    def extended_master_secret(self) -> bool:
        """Whether the first handshake has it."""
        return self._first.extended_master_secret

    @property
    def encrypt_then_mac(self) -> bool:
        """Whether the first handshake has it; only with a block cipher."""
        return self._first.encrypt_then_mac

    @property
    def secure_renegotiation(self) -> bool:
        """Whether the first ServerHello has renegotiation_info (RFC 5746)."""
        return self.flight is not None and ExtensionType.RENEGOTIATION_INFO in self.flight.extensions

    @property
    def stage(self) -> Stage:
        """How far the conversation is."""
        if self.established or self._wait not in {_Wait.HELLO, _Wait.FLIGHT}:
            return Stage.HANDSHAKE
        if self.flight is None:
            return Stage.CLIENT_HELLO
        return Stage.CERTIFICATE if self.round.seen else Stage.SERVER_HELLO

    @property
    def writer(self) -> Protection:
        """What seals our records now: for records that are to be wrong (`CbcProtection.seal_layout`)."""
        return self._writer

    # The handshake

    def start(self) -> bytes:
        """The first bytes to send: the ClientHello in one record."""
        return self._writer.seal(ContentType.HANDSHAKE, self.round.hello())

    def renegotiate(self, *, secure: bool = True) -> bytes:
        """What begins a second handshake within the established connection; go on as with the first one.

        `secure` binds it to the first (RFC 5746 section 3.5); without that it is what an attacker could splice in.
        """
        if not self.established:
            raise ValueError("nothing is established that could be renegotiated")
        parts = HelloParts(
            random=self._random(RANDOM_BYTES),
            renegotiation=self._verify[0] if secure else None,
            signal=False,
            ticket=False,
        )
        self.round = Round(self._offer, parts)
        self._wait = _Wait.HELLO
        self.done = False
        return self.start()

    def feed(self, data: bytes) -> bytes:
        """Takes what the server sent; gives what to send next, mostly nothing.

        Raises `AlertReceived` for a fatal alert (and for no_renegotiation), `Closed` for close_notify, `TooMuch` for
        key sizes that nobody uses, else `Malformed`. Bytes beyond the goal wait for `read` or the next `feed`.
        """
        out = b""
        for each in self._records.feed(data):
            out += self._on_record(each)
            if self.done:
                break
        return out

    def end(self) -> Closed:
        """What it means that the server ended the connection here: says where that was."""
        return self._asides.end(within_record=self._records.missing > 0, stage=self.stage)

    # After it

    def read(self, data: bytes) -> Iterator[OpenRecord]:
        """Takes what the server sent after `done` and yields its records, decrypted and not looked into.

        Raises `Malformed`, also where one does not decrypt.
        """
        for each in self._records.feed(data):
            yield OpenRecord(type=each.type, payload=self._reader.open(each))

    def seal(self, content: ContentType, payload: bytes) -> bytes:
        """One record to send, under the keys of now."""
        return self._writer.seal(content, payload)

    def close(self) -> bytes:
        """The close_notify to send: some servers forget a session that ends without one (RFC 2246 section 7.2.1)."""
        return self.seal(ContentType.ALERT, _CLOSE_NOTIFY)

    # Records

    def _on_record(self, each: Record) -> bytes:
        content, payload = each.type, self._reader.open(each)
        if content is ContentType.CHANGE_CIPHER_SPEC:
            return self._on_change(payload)
        if not payload:
            self._asides.count_empty()
            return b""
        if content is ContentType.ALERT:
            self._on_alert(payload)
            return b""
        if content is ContentType.APPLICATION_DATA and self.established:
            return b""  # may stand between the messages of a renegotiation (RFC 5246 section 7.4.1.1)
        if content is not ContentType.HANDSHAKE:
            raise Malformed(f"{content.name.lower()} record within the handshake")
        out = b""
        for message in self._messages.feed(payload):
            out += self._on_message(message)
        return out

    def _on_alert(self, payload: bytes) -> None:
        declined = {NO_RENEGOTIATION} if self.established else set()
        self._asides.hear(payload, stage=self.stage, ending=tls_alert.ALWAYS_FATAL | declined)
        self.round.warn(self._asides.warnings)

    def _on_change(self, payload: bytes) -> bytes:
        """ChangeCipherSpec: from the next record on, the server writes under the new keys."""
        if payload != _CHANGE_CIPHER_SPEC or self._messages.missing:
            raise Malformed("a ChangeCipherSpec that is none, or within a message")
        if self._wait is _Wait.FLIGHT and not self.round.seen:
            self.round.take_up()
        elif self._wait is not _Wait.CHANGE:
            raise Malformed("a ChangeCipherSpec out of order")
        self._reader = self._protection(client=False)
        self._wait = _Wait.FINISHED
        return b""

    # Messages

    def _on_message(self, message: HandshakeMessage) -> bytes:
        kind = message.type
        if kind == tls12_flight.HELLO_REQUEST:
            self._asides.count_empty()
            return b""
        if self._wait is _Wait.HELLO and kind == SERVER_HELLO:
            return self._on_hello(message)
        if self._wait is _Wait.FLIGHT and kind == NEW_SESSION_TICKET and not self.round.seen:
            self.round.take_up()
            self.round.read_ticket(message)
            self._wait = _Wait.CHANGE
            return b""
        if self._wait is _Wait.FLIGHT:
            return self._answer() if self.round.read_flight(message) else b""
        if self._wait is _Wait.CHANGE and kind == NEW_SESSION_TICKET:
            self.round.read_ticket(message)
            return b""
        if self._wait is _Wait.FINISHED and kind == FINISHED:
            return self._on_finished(message)
        raise Malformed(f"handshake message {kind} out of order")

    def _on_hello(self, message: HandshakeMessage) -> bytes:
        self.round.read_hello(message)
        self.round.warn(self._asides.warnings)
        self._check_binding()
        if not self.established:
            self._reader.version = self._writer.version = self.round.version
        self._wait = _Wait.FLIGHT
        return b""

    def _check_binding(self) -> None:
        """RFC 5746 sections 3.4 and 3.5: the server's data must be what both sides know, none in a first handshake."""
        assert self.round.flight is not None
        found = self.round.flight.extensions.get(ExtensionType.RENEGOTIATION_INFO)
        bound = self.round.parts.renegotiation is not None
        expected = vector(b"".join(self._verify) if bound else b"", 1)
        if (found is None and bound) or (found is not None and found != expected):
            raise Malformed("renegotiation_info does not fit this connection")

    def _answer(self) -> bytes:
        """Our half of a full handshake."""
        now, offer = self.round, self._offer
        assert now.flight is not None
        version = min(offer.highest, Version.TLS1_2) if offer.legacy_version is None else offer.legacy_version
        exchange = client_exchange(
            now.suite,
            now.flight,
            client_version=version,
            random=self._random,
            make_share=self._make_share,
            make_block=self._make_block,
        )
        out = b""
        if now.flight.certificate_request is not None:
            out += self._no_certificate()
        out += self._message(CLIENT_KEY_EXCHANGE, exchange.body)
        now.derive(exchange.premaster)
        self._wait = _Wait.CHANGE
        self.done = self._extent is not Extent.WHOLE
        return out if self._extent is Extent.KEY_EXCHANGE else out + self._finish()

    def _no_certificate(self) -> bytes:
        """An empty Certificate message (RFC 5246 section 7.4.6); SSLv3 has an alert for that."""
        if self.round.version is Version.SSL3:
            return self._writer.seal(ContentType.ALERT, _NO_CERTIFICATE_ALERT)
        return self._message(tls12_flight.CERTIFICATE, vector(b"", 3))

    def _finish(self) -> bytes:
        """Our ChangeCipherSpec and Finished."""
        out = self._writer.seal(ContentType.CHANGE_CIPHER_SPEC, _CHANGE_CIPHER_SPEC)
        self._writer = self._protection(client=True)
        ours = self.round.finished(client=True)
        self._verify = (ours, self._verify[1])
        return out + self._message(FINISHED, ours)

    def _on_finished(self, message: HandshakeMessage) -> bytes:
        theirs = self.round.read_finished(message)
        out = self._finish() if self.round.resumed else b""
        self._verify = (self._verify[0], theirs)
        self._wait = _Wait.NOTHING
        self.session = self.round.session()
        self.established = self.done = True
        return out

    # Helpers

    def _message(self, kind: int, body: bytes) -> bytes:
        raw = bytes((kind,)) + vector(body, 3)
        self.round.transcript += raw
        return self._writer.seal(ContentType.HANDSHAKE, raw)

    def _protection(self, *, client: bool) -> Protection:
        now = self.round
        assert now.flight is not None
        return protection(
            now.flight.suite,
            now.version,
            now.key_block(),
            client=client,
            encrypt=client,
            encrypt_then_mac=now.encrypt_then_mac,
            random=self._random,
        )
