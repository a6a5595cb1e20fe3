"""The client's side of a TLS handshake as a sans-IO state machine: bytes in, bytes to send out.

It reads the server's first flight and stops: it never sends a Finished, so nothing is ever authenticated. What the
server chose is checked against the offer; a choice that was not offered is `Malformed`.
"""

import dataclasses
import enum
import hashlib

from scanner.errors import Closed, Malformed
from scanner.model.outcome import Stage
from scanner.wire import tls12_flight, tls13_flight, tls_alert
from scanner.wire import tls_extensions as ext
from scanner.wire.key_share import KeyShare, ShareMaker, shareable_groups
from scanner.wire.server_flight import ServerFlight
from scanner.wire.tls13_keys import KeySchedule
from scanner.wire.tls_asides import Asides
from scanner.wire.tls_extensions import ExtensionType
from scanner.wire.tls_hello import SERVER_HELLO, ServerHello, client_hello, server_hello
from scanner.wire.tls_offer import DECRYPTABLE_SUITES, Offer
from scanner.wire.tls_record import ContentType, HandshakeMessage, MessageReader, Record, RecordReader, record
from scanner.wire.tls_registry import group_name, suite_name
from scanner.wire.tls_version import Version


class Goal(enum.Enum):
    """How far to read: the ServerHello (or HelloRetryRequest) alone, or the server's whole first flight."""

    HELLO = "hello"
    FLIGHT = "flight"


class ClientHandshake:
    """One handshake. Send `start()`, feed what comes, send what `feed` gives back, until `done`.

    `random` is 32 bytes, `session_id` up to 32 (TLS 1.3 middlebox compatibility, RFC 8446 appendix D.4). `make_share`
    gives a fresh key share for a group; with `Goal.FLIGHT` an offer of TLS 1.3 must keep to `DECRYPTABLE_SUITES` in
    TLS 1.3. `flight` holds at any time what was seen so far, `stage` how far that is.
    """

    def __init__(
        self, offer: Offer, *, random: bytes, session_id: bytes, make_share: ShareMaker, goal: Goal = Goal.FLIGHT
    ) -> None:
        self.done = False
        self.flight: ServerFlight | None = None
        self._offer = offer
        self._goal = goal
        self._random = random
        self._session_id = session_id
        self._make_share = make_share
        self._shares: dict[int, KeyShare] = {}
        self._records = RecordReader()
        self._messages = MessageReader()
        self._transcript = b""
        self._opener: tls13_flight.RecordOpener | None = None
        self._seen: set[int] = set()
        self._asides = Asides()
        self._begun = False

    @property
    def stage(self) -> Stage:
        """How far the conversation is. A server that has begun to answer is no longer where it can refuse the hello."""
        if self.flight is None:
            return Stage.SERVER_HELLO if self._begun else Stage.CLIENT_HELLO
        if self.flight.is_retry:
            return Stage.SERVER_HELLO
        return Stage.CERTIFICATE if self._seen or self._opener is not None else Stage.SERVER_HELLO

    @property
    def transcript(self) -> bytes:
        """The handshake messages of both sides so far, as they are hashed; of a flight of TLS 1.3 the hellos only."""
        return self._transcript

    def start(self) -> bytes:
        """The first bytes to send: the ClientHello in one record."""
        offer = self._offer
        self._shares = {group: self._make_share(group) for group in offer.key_shares}
        return self._hello_record()

    def feed(self, data: bytes) -> bytes:
        """Takes what the server sent; gives what to send next, mostly nothing.

        Raises `AlertReceived` for a fatal alert, `Closed` for close_notify, else `Malformed`. Bytes beyond the goal
        are not looked at.
        """
        out = b""
        for each in self._records.feed(data):
            out += self._on_record(each)
            if self.done:
                break
        self._begun = self._begun or self._records.in_handshake or self._messages.missing
        return out

    def end(self) -> Closed:
        """What it means that the server ended the connection here: says where that was."""
        return self._asides.end(within_record=self._records.missing > 0, stage=self.stage)

    # Records

    def _on_record(self, each: Record) -> bytes:
        content, payload = each.type, each.payload
        if content is ContentType.CHANGE_CIPHER_SPEC or not payload:
            self._asides.count_empty()
            return b""
        if self._opener is not None and content is ContentType.APPLICATION_DATA:
            content, payload = self._opener.open(each)
        elif self._opener is not None and content is ContentType.HANDSHAKE:
            raise Malformed("a handshake record that is not encrypted")
        if content is ContentType.ALERT:
            self._on_alert(payload)
            return b""
        if content is not ContentType.HANDSHAKE:
            self._on_other(content)
            return b""
        out = b""
        for message in self._messages.feed(payload):
            out += self._on_message(message)
            if self.done:
                break
        return out

    def _on_other(self, content: ContentType) -> None:
        raise Malformed(f"{content.name.lower()} record within the handshake")

    def _on_alert(self, payload: bytes) -> None:
        self._asides.hear(payload, stage=self.stage, ending=self._ending_alerts)
        if self.flight is not None:
            self._note(warnings=self._asides.warnings)

    @property
    def _ending_alerts(self) -> frozenset[int]:
        """The alerts that end the conversation whatever their level."""
        return tls_alert.ALWAYS_FATAL

    # Messages

    def _on_message(self, message: HandshakeMessage) -> bytes:
        if self.flight is None or self.flight.is_retry:
            if message.type == tls12_flight.HELLO_REQUEST:
                self._asides.count_empty()
                return b""
            if message.type != SERVER_HELLO:
                raise Malformed(f"handshake message {message.type} instead of ServerHello")
            return self._on_server_hello(message)
        if self.flight.version is Version.TLS1_3:
            self._on_tls13(message)
        else:
            self._on_tls12(message)
        return b""

    def _on_server_hello(self, message: HandshakeMessage) -> bytes:
        hello = server_hello(message.body)
        first = self.flight
        self.flight = ServerFlight(
            version=hello.version,
            suite=hello.suite,
            random=hello.random,
            session_id=hello.session_id,
            compression=hello.compression,
            retried=hello.is_retry or first is not None,
            extensions=hello.extensions,
            warnings=self._asides.warnings,
        )
        self._check_hello(hello)
        if first is not None and (first.version, first.suite) != (hello.version, hello.suite):
            raise Malformed("another version or suite than in the HelloRetryRequest", stage=Stage.SERVER_HELLO)
        if hello.version is not Version.TLS1_3:
            self._transcript += message.raw
            self.done = self._goal is Goal.HELLO
            return b""
        if hello.is_retry:
            if first is not None:
                raise Malformed("a second HelloRetryRequest")
            return self._on_retry(hello, message)
        self._on_tls13_hello(hello, message)
        if not self.done:
            self._check_boundary()
        return b""

    def _check_boundary(self) -> None:
        """No message may go on, or stand in the same record, where the keys change (RFC 8446 section 5.1)."""
        if self._messages.missing:
            raise Malformed("a handshake message across a change of keys")

    def _check_hello(self, hello: ServerHello) -> None:
        offer = self._offer
        if hello.version not in offer.versions:
            raise Malformed(f"answered with {hello.version.title}, which was not offered", stage=Stage.SERVER_HELLO)
        right_kind = hello.suite in DECRYPTABLE_SUITES or hello.version is not Version.TLS1_3
        if hello.suite not in offer.suites or not (right_kind or self._goal is Goal.HELLO):
            raise Malformed(f"chose {suite_name(hello.suite)}, which was not offered", stage=Stage.SERVER_HELLO)
        if hello.compression not in offer.compressions:
            raise Malformed(f"chose compression {hello.compression}, which was not offered", stage=Stage.SERVER_HELLO)

    # TLS 1.2 and below

    def _on_tls12(self, message: HandshakeMessage) -> None:
        assert self.flight is not None
        if message.type == tls12_flight.HELLO_REQUEST:
            self._asides.count_empty()
            return
        self.flight = tls12_flight.take_in(self.flight, message, self._seen)
        self._transcript += message.raw
        tls12_flight.check_group(self.flight.group, self._offer)
        self.done = message.type == tls12_flight.SERVER_HELLO_DONE

    # TLS 1.3

    def _on_retry(self, hello: ServerHello, message: HandshakeMessage) -> bytes:
        asked = hello.extensions.get(ExtensionType.KEY_SHARE)
        group = None if asked is None else ext.read_selected_group(asked)
        if group is not None:
            self._note(group=group)
            tls12_flight.check_group(group, self._offer)
        if self._goal is Goal.HELLO:
            self.done = True
            return b""
        if group is not None:
            if group in self._shares or group not in shareable_groups():
                raise Malformed(f"HelloRetryRequest asks for {group_name(group)}, which was sent or not offered")
            self._shares = {group: self._make_share(group)}
        digest = hashlib.new(tls13_flight.hash_of_suite(hello.suite), self._transcript).digest()
        self._transcript = bytes((tls13_flight.MESSAGE_HASH, 0, 0, len(digest))) + digest + message.raw
        return self._hello_record(cookie=hello.extensions.get(ExtensionType.COOKIE))

    def _server_share(self, hello: ServerHello) -> tuple[int, bytes]:
        body = hello.extensions.get(ExtensionType.KEY_SHARE)
        if body is None:
            raise Malformed("ServerHello of TLS 1.3 without key_share")
        group, public = ext.read_server_share(body)
        if group not in self._shares:
            raise Malformed(f"key_share in {group_name(group)}, for which none was sent")
        self._note(group=group, key_public=public)
        return group, public

    def _on_tls13_hello(self, hello: ServerHello, message: HandshakeMessage) -> None:
        group, public = self._server_share(hello)
        if self._goal is Goal.HELLO:
            self.done = True
            return
        self._transcript += message.raw
        schedule = KeySchedule(tls13_flight.hash_of_suite(hello.suite))
        schedule.advance(self._shares[group].secret(public))
        self._opener = tls13_flight.RecordOpener(hello.suite, schedule.derive("s hs traffic", self._transcript))

    def _on_tls13(self, message: HandshakeMessage) -> None:
        kind, body = message.type, message.body
        if kind in self._seen:
            raise Malformed(f"handshake message {kind} came twice")
        self._seen.add(kind)
        if kind == tls13_flight.ENCRYPTED_EXTENSIONS:
            self._note(encrypted_extensions=tls13_flight.read_encrypted_extensions(body))
        elif kind == tls13_flight.CERTIFICATE_REQUEST:
            self._note(certificate_request=tls13_flight.read_certificate_request(body))
        elif kind == tls13_flight.CERTIFICATE:
            found = tls13_flight.read_certificate(body)
            self._note(certificates=found.certificates, staples=found.staples, sct_list=found.sct_list)
        elif kind == tls13_flight.COMPRESSED_CERTIFICATE and self._offers(ExtensionType.COMPRESS_CERTIFICATE):
            self._note(certificate_compression=tls13_flight.read_compression_algorithm(body))
        elif kind == tls13_flight.CERTIFICATE_VERIFY:
            if tls13_flight.ENCRYPTED_EXTENSIONS not in self._seen or not self._has_certificate():
                raise Malformed("CertificateVerify without EncryptedExtensions or a certificate before it")
            self._note(signature=tls13_flight.read_certificate_verify(body))
            self.done = True
        elif kind == tls13_flight.FINISHED:
            raise Malformed("Finished without CertificateVerify")
        else:
            raise Malformed(f"handshake message {kind} in the server's flight")

    # Helpers

    def _has_certificate(self) -> bool:
        assert self.flight is not None
        return bool(self.flight.certificates) or self.flight.certificate_compression is not None

    def _offers(self, extension: int) -> bool:
        return any(code == extension for code, _ in self._offer.extra_extensions)

    def _hello_record(self, cookie: bytes | None = None) -> bytes:
        offer = self._offer
        hello = client_hello(
            offer,
            random=self._random,
            session_id=self._session_id if Version.TLS1_3 in offer.versions else b"",
            shares=tuple((group, share.public) for group, share in self._shares.items()),
            cookie=cookie,
        )
        hello = self._finish_hello(hello)
        self._transcript += hello
        # TLS 1.0 for middleboxes, but never behind a HelloRetryRequest (RFC 8446 section 5.1).
        first = min(offer.highest, Version.TLS1_0)
        return record(ContentType.HANDSHAKE, first if self.flight is None else Version.TLS1_2, hello)

    def _finish_hello(self, hello: bytes) -> bytes:
        """The place of a machine that has more to say in its hello."""
        return hello

    def _note(self, **changes: object) -> None:
        assert self.flight is not None
        self.flight = dataclasses.replace(self.flight, **changes)  # type: ignore[arg-type] # keyword by keyword, above
