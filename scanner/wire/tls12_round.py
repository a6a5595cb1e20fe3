"""One handshake of SSLv3 to TLS 1.2 as the client sees it: hello, transcript, secrets. No records, no order of states.

The order in which messages may come is `tls12_client`'s; here is what each of them means.
"""

import dataclasses
import hmac

from scanner.errors import Malformed
from scanner.model.outcome import Stage
from scanner.model.suite_traits import SuiteTraits, traits
from scanner.wire import tls12_flight
from scanner.wire.octets import Octets, vector
from scanner.wire.server_flight import ServerFlight
from scanner.wire.tls12_keys import KeySchedule
from scanner.wire.tls12_records import is_finishable, key_lengths, prf_hash
from scanner.wire.tls12_session import ClassicSession
from scanner.wire.tls_extensions import ExtensionType
from scanner.wire.tls_hello import client_hello, server_hello
from scanner.wire.tls_offer import Offer
from scanner.wire.tls_record import HandshakeMessage
from scanner.wire.tls_registry import suite_name
from scanner.wire.tls_version import Version

CLIENT_KEY_EXCHANGE = 16
NEW_SESSION_TICKET = 4
FINISHED = 20


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HelloParts:
    """What a ClientHello has beside the offer.

    `renegotiation` is the client's verify_data of the handshake before this one (RFC 5746 section 3.5), None without
    the extension. `signal` sends the SCSV instead (first handshakes). `ticket` False leaves session_ticket out.
    """

    random: bytes
    session_id: bytes = b""
    resume: ClassicSession | None = None
    ticket: bool = True
    renegotiation: bytes | None = None
    signal: bool = True


class Round:
    """One handshake: `flight` is what the server said, `resumed` whether it took up an earlier session."""

    def __init__(self, offer: Offer, parts: HelloParts) -> None:
        self.offer = offer
        self.parts = parts
        self.resume = parts.resume
        by_id = self.resume is not None and self.resume.ticket is None
        self.session_id = self.resume.session_id if by_id and self.resume else parts.session_id
        self.flight: ServerFlight | None = None
        self.resumed = False
        self.seen: set[int] = set()
        self.transcript = b""
        self.master = b""
        self.ticket: bytes | None = None
        self.ticket_lifetime: int | None = None

    def hello(self) -> bytes:
        """The ClientHello message."""
        offer, parts = self.offer, self.parts
        if parts.renegotiation is not None and not offer.extensions:
            offer = _bare(offer)  # in SSLv3, too, a renegotiation has its extension (RFC 5746 section 4.5)
        made = client_hello(
            dataclasses.replace(offer, signals=False, extra_extensions=_session_extensions(self.offer, parts)),
            random=parts.random,
            session_id=self.session_id,
            signal=parts.signal,
        )
        self.transcript += made
        return made

    @property
    def version(self) -> Version:
        """The negotiated version."""
        assert self.flight is not None
        return self.flight.version

    @property
    def suite(self) -> SuiteTraits:
        """The traits of the negotiated suite."""
        assert self.flight is not None
        return traits(suite_name(self.flight.suite))

    @property
    def extended_master_secret(self) -> bool:
        """Whether it was negotiated (RFC 7627)."""
        return self._answered(ExtensionType.EXTENDED_MASTER_SECRET)

    @property
    def encrypt_then_mac(self) -> bool:
        """Whether it was negotiated, and the suite has a block cipher (RFC 7366)."""
        return self._answered(ExtensionType.ENCRYPT_THEN_MAC) and self.suite.cbc

    def _answered(self, code: int) -> bool:
        return self.flight is not None and code in self.flight.extensions

    @property
    def schedule(self) -> KeySchedule:
        """The key schedule; once the ServerHello was read."""
        assert self.flight is not None
        return KeySchedule(
            version=self.flight.version,
            hash_name=prf_hash(self.flight.suite),
            client_random=self.parts.random,
            server_random=self.flight.random,
        )

    def read_hello(self, message: HandshakeMessage) -> None:
        """Takes the ServerHello in. Raises `Malformed`, also for a choice that was not offered."""
        hello, offer = server_hello(message.body), self.offer
        self.transcript += message.raw
        self.flight = ServerFlight(
            version=hello.version,
            suite=hello.suite,
            random=hello.random,
            session_id=hello.session_id,
            compression=hello.compression,
            extensions=hello.extensions,
        )
        if hello.version not in offer.versions:
            raise Malformed(f"answered with {hello.version.title}, which was not offered", stage=Stage.SERVER_HELLO)
        if hello.suite not in offer.suites or not is_finishable(hello.suite, hello.version):
            what = f"{suite_name(hello.suite)} in {hello.version.title}"
            raise Malformed(f"chose {what}, which was not offered", stage=Stage.SERVER_HELLO)
        if hello.compression:
            raise Malformed(f"chose compression {hello.compression}, which was not offered", stage=Stage.SERVER_HELLO)

    def read_flight(self, message: HandshakeMessage) -> bool:
        """Takes a message of the server's full flight in; whether that was its last. Raises `Malformed`."""
        assert self.flight is not None
        self.flight = tls12_flight.take_in(self.flight, message, self.seen)
        self.transcript += message.raw
        tls12_flight.check_group(self.flight.group, self.offer)
        return message.type == tls12_flight.SERVER_HELLO_DONE

    def read_ticket(self, message: HandshakeMessage) -> None:
        """Takes a NewSessionTicket in (RFC 5077 section 3.3); an empty ticket is none."""
        if NEW_SESSION_TICKET in self.seen:
            raise Malformed("a second NewSessionTicket")
        self.seen.add(NEW_SESSION_TICKET)
        octets = Octets(message.body)
        lifetime, ticket = octets.number(4), octets.vector(2)
        octets.finish("NewSessionTicket")
        self.transcript += message.raw
        self.ticket, self.ticket_lifetime = ticket or None, lifetime

    def take_up(self) -> None:
        """The server resumes: the master secret is that of the session before. Raises `Malformed` where it may not."""
        kept = self.resume
        assert self.flight is not None
        if kept is None:
            raise Malformed("resumes a session that was not offered")
        if (kept.version, kept.suite) != (self.flight.version, self.flight.suite):
            raise Malformed("resumes a session with another version or suite than it had")
        if kept.extended_master_secret is not self.extended_master_secret:
            raise Malformed("resumes a session with another kind of master secret than it had")  # RFC 7627 section 5.3
        self.resumed = True
        self.master = kept.master

    def derive(self, premaster: bytes) -> None:
        """The master secret of a full handshake; the transcript must end with ClientKeyExchange."""
        if self.extended_master_secret:
            self.master = self.schedule.extended_master_secret(premaster, self.transcript)
        else:
            self.master = self.schedule.master_secret(premaster)

    def key_block(self) -> bytes:
        """The key block of the negotiated suite."""
        assert self.flight is not None
        return self.schedule.key_block(self.master, key_lengths(self.flight.suite).block)

    def finished(self, *, client: bool) -> bytes:
        """The verify_data over the transcript so far."""
        return self.schedule.verify_data(self.master, self.transcript, client=client)

    def read_finished(self, message: HandshakeMessage) -> bytes:
        """Verifies the server's Finished and gives its verify_data. Raises `Malformed` for a wrong one."""
        expected = self.finished(client=False)
        if not hmac.compare_digest(message.body, expected):
            raise Malformed("the server's Finished does not fit this handshake")
        self.transcript += message.raw
        return expected

    def session(self) -> ClassicSession:
        """What is to be kept of a completed handshake. A resumed session keeps its ticket where no new one came."""
        assert self.flight is not None
        old = self.resume if self.resumed else None
        return ClassicSession(
            version=self.flight.version,
            suite=self.flight.suite,
            master=self.master,
            extended_master_secret=self.extended_master_secret,
            session_id=self.flight.session_id,
            ticket=old.ticket if old and not self.ticket else self.ticket,
            ticket_lifetime=old.ticket_lifetime if old and not self.ticket else self.ticket_lifetime,
        )

    def warn(self, warnings: tuple[int, ...]) -> None:
        """Notes the warning alerts that came so far."""
        if self.flight is not None:
            self.flight = dataclasses.replace(self.flight, warnings=warnings)


def _bare(offer: Offer) -> Offer:
    """The offer with room for extensions, and none of its own."""
    return dataclasses.replace(
        offer,
        extensions=True,
        groups=(),
        signature_schemes=(),
        certificate_schemes=(),
        server_name=None,
        status_request=False,
        scts=False,
        alpn=(),
        padded=False,
    )


def _session_extensions(offer: Offer, parts: HelloParts) -> tuple[tuple[int, bytes], ...]:
    """The extensions of sessions: what the offer's `signals` stand for, the ticket, and the renegotiation's data."""
    signals: list[tuple[int, bytes]] = []
    ticket = parts.resume.ticket if parts.resume else None
    if offer.signals and offer.extensions:
        signals += ((ExtensionType.EXTENDED_MASTER_SECRET, b""), (ExtensionType.ENCRYPT_THEN_MAC, b""))
    if offer.extensions and (ticket or (offer.signals and parts.ticket)):
        signals.append((ExtensionType.SESSION_TICKET, ticket or b""))
    if parts.renegotiation is not None:
        signals.append((ExtensionType.RENEGOTIATION_INFO, vector(parts.renegotiation, 1)))
    return (*signals, *offer.extra_extensions)
