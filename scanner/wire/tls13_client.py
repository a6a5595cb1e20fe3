"""A whole handshake of TLS 1.3 from the client's side (RFC 8446), and what the server sends behind it: tickets.

Sans-IO like the machine below it. The server's Finished is verified, so both sides know the same keys. The server's
certificate and its signature are not: who it is that knows the keys stays open, and nothing secret may be sent.
"""

import dataclasses
import hmac

from scanner.errors import Malformed
from scanner.model.outcome import Stage
from scanner.wire import tls13_flight, tls_alert
from scanner.wire.key_share import ShareMaker
from scanner.wire.octets import Octets, vector
from scanner.wire.session_ticket import EARLY_DATA, SessionTicket, read_session_ticket
from scanner.wire.tls13_flight import RecordOpener, RecordSealer, hash_of_suite
from scanner.wire.tls13_keys import KeySchedule, finished, resumption_psk, updated
from scanner.wire.tls_client_state import ClientHandshake
from scanner.wire.tls_extensions import ExtensionType, extension, read_extensions
from scanner.wire.tls_hello import ServerHello
from scanner.wire.tls_offer import Offer
from scanner.wire.tls_record import ContentType, HandshakeMessage, record
from scanner.wire.tls_version import Version

NEW_SESSION_TICKET = 4
END_OF_EARLY_DATA = 5
KEY_UPDATE = 24

MAX_AFTER = 64
"""Messages behind the handshake that are read. Servers send two to four tickets."""

MAX_DATA_RECORDS = 256
"""Records of application data, unread, that one conversation may have."""

_PRE_SHARED_KEY = 41
_ENDING_ALERTS = frozenset(range(256)) - {90}  # all but user_canceled
_NO_CERTIFICATE = b"\x0b\x00\x00\x04\x00\x00\x00\x00"  # Certificate: no context, an empty list (section 4.4.2)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Take up a session: `ticket`, which came `age_ms` milliseconds ago.

    `with_dhe` False offers psk_ke alone, a resumption without a key exchange. `early_data` announces early data, of
    which none is then sent.
    """

    ticket: SessionTicket
    age_ms: int
    with_dhe: bool = True
    early_data: bool = False


class FullHandshake(ClientHandshake):
    """One connection of TLS 1.3. Send `start()`, feed what comes, send what `feed` gives back.

    `established` turns true with the server's Finished; our own is then in what `feed` gave back. From there on
    `tickets` grows with the tickets that come (all are kept, `MAX_AFTER` at most), and `data_records` counts records of
    application data. `resumed` says whether the server took the ticket, `without_dhe` whether it did so without a key
    exchange, `early_data` whether it took early data. A CertificateRequest is answered with an empty Certificate.
    `close` gives a close_notify. Arguments as for `ClientHandshake`; a `resume` wants its ticket's suite in the offer.
    """

    def __init__(
        self, offer: Offer, *, random: bytes, session_id: bytes, make_share: ShareMaker, resume: Resume | None = None
    ) -> None:
        super().__init__(offer, random=random, session_id=session_id, make_share=make_share)
        self.established = False
        self.resumed = False
        self.without_dhe = False
        self.early_data = False
        self.tickets: list[SessionTicket] = []
        self.data_records = 0
        self._resume = resume
        self._out = b""
        self._after = 0
        self._schedule = KeySchedule("sha256")
        self._ours = self._theirs = self._early = self._resumption = b""
        self._sealer: RecordSealer | None = None

    @property
    def stage(self) -> Stage:
        """How far the conversation is."""
        return Stage.HANDSHAKE if self.established else super().stage

    def feed(self, data: bytes) -> bytes:
        """Takes what the server sent; gives what to send next. Raises as `ClientHandshake.feed`."""
        out = super().feed(data) + self._out
        self._out = b""
        return out

    def close(self) -> bytes:
        """A close_notify, where there are keys for it."""
        if self._sealer is None:
            return b""
        return self._sealer.seal(ContentType.ALERT, bytes((tls_alert.WARNING, tls_alert.CLOSE_NOTIFY)))

    # Hello

    def _finish_hello(self, hello: bytes) -> bytes:
        if self._resume is None:
            return hello
        resume, again = self._resume, bool(self._transcript)
        hash_name = hash_of_suite(resume.ticket.suite)
        schedule = KeySchedule(hash_name, resume.ticket.psk)
        blank = bytes(len(resume.ticket.psk))
        changed = amend_hello(
            hello,
            modes=b"\1\1" if resume.with_dhe else b"\1\0",
            early_data=resume.early_data and not again,  # never with a second hello (section 4.2.10)
            pre_shared_key=resume.ticket.offered(resume.age_ms, blank),
        )
        cut = changed[: -len(blank) - 3]  # the binders with their two lengths
        binder = schedule.binder(self._transcript + cut)
        whole = changed[: -len(blank)] + binder
        self._early = schedule.derive("c e traffic", whole) if resume.early_data and not again else b""
        return whole

    def _on_tls13_hello(self, hello: ServerHello, message: HandshakeMessage) -> None:
        chosen = hello.extensions.get(_PRE_SHARED_KEY)
        psk = self._taken_psk(chosen, hello.suite) if chosen is not None else None
        shared: bytes | None = None
        if psk is None or ExtensionType.KEY_SHARE in hello.extensions:
            group, public = self._server_share(hello)
            shared = self._shares[group].secret(public)
        elif self._resume is not None and self._resume.with_dhe:
            raise Malformed("resumed without key_share, which was not offered", stage=Stage.SERVER_HELLO)
        self.resumed, self.without_dhe = psk is not None, psk is not None and shared is None
        self._transcript += message.raw
        self._schedule = KeySchedule(hash_of_suite(hello.suite), psk)
        self._schedule.advance(shared)
        self._ours = self._schedule.derive("c hs traffic", self._transcript)
        self._theirs = self._schedule.derive("s hs traffic", self._transcript)
        self._opener = RecordOpener(hello.suite, self._theirs)

    def _taken_psk(self, chosen: bytes, suite: int) -> bytes:
        resume = self._resume
        if resume is None or chosen != b"\0\0" or hash_of_suite(suite) != hash_of_suite(resume.ticket.suite):
            raise Malformed("chose a pre-shared key that was not offered", stage=Stage.SERVER_HELLO)
        return resume.ticket.psk

    # The server's flight, and ours

    def _on_tls13(self, message: HandshakeMessage) -> None:
        if self.established:
            self._on_after(message)
        elif message.type == tls13_flight.FINISHED:
            self._on_finished(message)
        else:
            super()._on_tls13(message)
            self.done = False
            self._transcript += message.raw

    def _on_finished(self, message: HandshakeMessage) -> None:
        assert self.flight is not None
        if tls13_flight.ENCRYPTED_EXTENSIONS not in self._seen:
            raise Malformed("Finished without EncryptedExtensions")
        if not self.resumed and tls13_flight.CERTIFICATE_VERIFY not in self._seen:
            raise Malformed("Finished without CertificateVerify")
        suite, hash_name = self.flight.suite, hash_of_suite(self.flight.suite)
        expected = finished(self._theirs, self._transcript, hash_name)
        if not hmac.compare_digest(expected, message.body):
            raise Malformed("the server's Finished is wrong")
        self._check_boundary()
        self._take_early_data()
        self._transcript += message.raw
        self._schedule.advance()
        ours = self._schedule.derive("c ap traffic", self._transcript)
        self._theirs = self._schedule.derive("s ap traffic", self._transcript)
        self._out += self._our_flight(suite, hash_name)
        self._resumption = self._schedule.derive("res master", self._transcript)
        self._ours, self._sealer = ours, RecordSealer(suite, ours)
        self._opener = RecordOpener(suite, self._theirs)
        self.established = True

    def _take_early_data(self) -> None:
        assert self.flight is not None
        if EARLY_DATA in self.flight.encrypted_extensions:
            if not self._early or not self.resumed:
                raise Malformed("took early data, which was not offered")
            self.early_data = True

    def _our_flight(self, suite: int, hash_name: str) -> bytes:
        """ChangeCipherSpec for middleboxes (appendix D.4), EndOfEarlyData, an empty Certificate, Finished."""
        assert self.flight is not None
        out = record(ContentType.CHANGE_CIPHER_SPEC, Version.TLS1_2, b"\1") if self._session_id else b""
        if self.early_data:
            end = bytes((END_OF_EARLY_DATA, 0, 0, 0))
            self._transcript += end
            out += RecordSealer(suite, self._early).seal(ContentType.HANDSHAKE, end)
        sealer = RecordSealer(suite, self._ours)
        if self.flight.certificate_request is not None:
            self._transcript += _NO_CERTIFICATE
            out += sealer.seal(ContentType.HANDSHAKE, _NO_CERTIFICATE)
        proof = bytes((tls13_flight.FINISHED,)) + vector(finished(self._ours, self._transcript, hash_name), 3)
        self._transcript += proof
        return out + sealer.seal(ContentType.HANDSHAKE, proof)

    # Behind the handshake

    def _on_after(self, message: HandshakeMessage) -> None:
        assert self.flight is not None
        self._after += 1
        if self._after > MAX_AFTER:
            raise Malformed(f"more than {MAX_AFTER} messages behind the handshake")
        if message.type == NEW_SESSION_TICKET:
            ticket, hash_name = read_session_ticket(message.body), hash_of_suite(self.flight.suite)
            psk = resumption_psk(self._resumption, ticket.nonce, hash_name)
            self.tickets.append(dataclasses.replace(ticket, psk=psk, suite=self.flight.suite))
        elif message.type == KEY_UPDATE:
            self._on_key_update(message.body, self.flight.suite)
        else:
            raise Malformed(f"handshake message {message.type} behind the handshake")

    def _on_key_update(self, body: bytes, suite: int) -> None:
        if body not in {b"\0", b"\1"}:
            raise Malformed("a KeyUpdate that says nothing known")
        self._check_boundary()
        hash_name = hash_of_suite(suite)
        self._theirs = updated(self._theirs, hash_name)
        self._opener = RecordOpener(suite, self._theirs)
        if body == b"\1" and self._sealer is not None:
            self._out += self._sealer.seal(ContentType.HANDSHAKE, bytes((KEY_UPDATE, 0, 0, 1, 0)))
            self._ours = updated(self._ours, hash_name)
            self._sealer = RecordSealer(suite, self._ours)

    def _on_other(self, content: ContentType) -> None:
        if not self.established or content is not ContentType.APPLICATION_DATA:
            super()._on_other(content)
        self.data_records += 1
        if self.data_records > MAX_DATA_RECORDS:
            raise Malformed(f"more than {MAX_DATA_RECORDS} records of application data")

    @property
    def _ending_alerts(self) -> frozenset[int]:
        """Behind the handshake the level of an alert no longer counts (section 6)."""
        return _ENDING_ALERTS if self.established else super()._ending_alerts


def amend_hello(hello: bytes, *, modes: bytes, early_data: bool, pre_shared_key: bytes) -> bytes:
    """A ClientHello message with these psk_key_exchange_modes and, last as it must be, this pre_shared_key."""
    octets = Octets(hello[4:])
    octets.take(2 + 32)
    for size in (1, 2, 1):  # session id, suites, compression methods
        octets.vector(size)
    head = hello[4 : len(hello) - octets.left]
    extensions = read_extensions(octets.vector(2), "ClientHello")
    extensions[ExtensionType.PSK_KEY_EXCHANGE_MODES] = modes
    if early_data:
        extensions[EARLY_DATA] = b""
    extensions[_PRE_SHARED_KEY] = pre_shared_key
    body = b"".join(extension(code, each) for code, each in extensions.items())
    return hello[:1] + vector(head + vector(body, 2), 3)
