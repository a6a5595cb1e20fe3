"""The client's side of a TLS handshake as a sans-IO state machine: bytes in, bytes to send out.

It reads the server's first flight and stops: it never sends a Finished, so nothing is ever authenticated. What the
server chose is checked against the offer; a choice that was not offered is `Malformed`.
"""

import dataclasses
import enum
import hashlib

from scanner.errors import AlertReceived, Closed, Malformed
from scanner.model.outcome import Stage
from scanner.model.suite_traits import SuiteTraits, traits
from scanner.wire import tls12_flight, tls13_flight, tls_alert
from scanner.wire import tls_extensions as ext
from scanner.wire.key_share import KeyShare, ShareMaker, shareable_groups
from scanner.wire.server_flight import ServerFlight
from scanner.wire.tls_extensions import ExtensionType
from scanner.wire.tls_hello import SERVER_HELLO, ServerHello, client_hello, server_hello
from scanner.wire.tls_offer import DECRYPTABLE_SUITES, Offer
from scanner.wire.tls_record import ContentType, HandshakeMessage, MessageReader, Record, RecordReader, record
from scanner.wire.tls_registry import group_name, suite_name
from scanner.wire.tls_version import Version

MAX_WARNINGS = 16
"""Warning alerts of one conversation. A sound server sends one, `unrecognized_name`."""

MAX_EMPTY_RECORDS = 64
"""Records without content, and ChangeCipherSpecs, of one conversation."""


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
        self._suite: SuiteTraits | None = None
        self._seen: set[int] = set()
        self._warnings: list[int] = []
        self._empty = 0
        self._begun = False

    @property
    def stage(self) -> Stage:
        """How far the conversation is. A server that has begun to answer is no longer where it can refuse the hello."""
        if self.flight is None:
            return Stage.SERVER_HELLO if self._begun else Stage.CLIENT_HELLO
        if self.flight.retried:
            return Stage.SERVER_HELLO
        return Stage.CERTIFICATE if self._seen or self._opener is not None else Stage.SERVER_HELLO

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
        if self._warnings:
            texts = ", ".join(tls_alert.alert_text(number) for number in self._warnings)
            return Closed(f"after warning {texts}", stage=self.stage)
        return Closed("within a record" if self._records.missing else "", stage=self.stage)

    # Records

    def _on_record(self, each: Record) -> bytes:
        content, payload = each.type, each.payload
        if content is ContentType.CHANGE_CIPHER_SPEC or not payload:
            self._empty += 1
            if self._empty > MAX_EMPTY_RECORDS:
                raise Malformed(f"more than {MAX_EMPTY_RECORDS} records that say nothing")
            return b""
        if self._opener is not None and content is ContentType.APPLICATION_DATA:
            content, payload = self._opener.open(each)
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
        if len(payload) != 2:
            raise Malformed(f"alert of {len(payload)} bytes")
        level, number = payload
        if number == tls_alert.CLOSE_NOTIFY:
            raise Closed("close_notify", stage=self.stage)
        if level != tls_alert.WARNING or number in tls_alert.ALWAYS_FATAL:
            raise AlertReceived(number, tls_alert.alert_text(number), stage=self.stage)
        self._warnings.append(number)
        if len(self._warnings) > MAX_WARNINGS:
            raise Malformed(f"more than {MAX_WARNINGS} warning alerts")
        if self.flight is not None:
            self._note(warnings=tuple(self._warnings))

    # Messages

    def _on_message(self, message: HandshakeMessage) -> bytes:
        if self.flight is None or self.flight.retried:
            if message.type == tls12_flight.HELLO_REQUEST:
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
        again = self.flight is not None
        self.flight = ServerFlight(
            version=hello.version,
            suite=hello.suite,
            random=hello.random,
            session_id=hello.session_id,
            compression=hello.compression,
            retried=hello.is_retry,
            extensions=hello.extensions,
            warnings=tuple(self._warnings),
        )
        self._check_hello(hello)
        self._suite = traits(suite_name(hello.suite))
        if hello.version is not Version.TLS1_3:
            self.done = self._goal is Goal.HELLO
            return b""
        if hello.is_retry:
            if again:
                raise Malformed("a second HelloRetryRequest")
            return self._on_retry(hello, message)
        self._on_tls13_hello(hello, message)
        return b""

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
        assert self._suite is not None
        kind, body = message.type, message.body
        if kind in self._seen:
            raise Malformed(f"handshake message {kind} came twice")
        if kind == tls12_flight.CERTIFICATE:
            certificates = tls12_flight.read_certificates(body)
            self._note(
                certificates=certificates,
                staples=(None,) * len(certificates),
                sct_list=self.flight.extensions.get(ExtensionType.SIGNED_CERTIFICATE_TIMESTAMP),
            )
        elif kind == tls12_flight.CERTIFICATE_STATUS:
            staple = ext.read_status_response(body)
            self._note(staples=(staple, *self.flight.staples[1:]))
        elif kind == tls12_flight.SERVER_KEY_EXCHANGE:
            exchange = tls12_flight.read_key_exchange(body, self._suite, self.flight.version)
            self._note(group=exchange.group, dh=exchange.dh, signature=exchange.signature, key_public=exchange.public)
            self._check_group(exchange.group)
        elif kind == tls12_flight.CERTIFICATE_REQUEST:
            self._note(certificate_request=tls12_flight.read_certificate_request(body, self.flight.version))
        elif kind == tls12_flight.SERVER_HELLO_DONE:
            self._finish_tls12()
        elif kind != tls12_flight.HELLO_REQUEST:
            raise Malformed(f"handshake message {kind} in the server's flight")
        self._seen.add(kind)

    def _check_group(self, group: int | None) -> None:
        if group is not None and self._offer.groups and self._offer.extensions and group not in self._offer.groups:
            raise Malformed(f"chose group {group_name(group)}, which was not offered")

    def _finish_tls12(self) -> None:
        assert self.flight is not None
        assert self._suite is not None
        if tls12_flight.needs_certificate(self._suite) and not self.flight.certificates:
            raise Malformed("ServerHelloDone without a certificate")
        if tls12_flight.needs_key_exchange(self._suite) and tls12_flight.SERVER_KEY_EXCHANGE not in self._seen:
            raise Malformed("ServerHelloDone without ServerKeyExchange")
        self.done = True

    # TLS 1.3

    def _on_retry(self, hello: ServerHello, message: HandshakeMessage) -> bytes:
        asked = hello.extensions.get(ExtensionType.KEY_SHARE)
        group = None if asked is None else ext.read_selected_group(asked)
        if group is not None:
            self._note(group=group)
            self._check_group(group)
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
        secret = tls13_flight.server_handshake_secret(
            self._shares[group].secret(public), self._transcript, tls13_flight.hash_of_suite(hello.suite)
        )
        self._opener = tls13_flight.RecordOpener(hello.suite, secret)

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
            self._note(signature=tls13_flight.read_certificate_verify(body))
            self.done = True
        elif kind == tls13_flight.FINISHED:
            raise Malformed("Finished without CertificateVerify")
        else:
            raise Malformed(f"handshake message {kind} in the server's flight")

    # Helpers

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
