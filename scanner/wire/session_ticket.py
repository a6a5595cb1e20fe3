"""NewSessionTicket of TLS 1.3 (RFC 8446 section 4.6.1), and pre_shared_key made of one (section 4.2.11)."""

import dataclasses

from scanner.errors import Malformed
from scanner.wire import tls_extensions as ext
from scanner.wire.octets import Octets, vector

EARLY_DATA = 42


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SessionTicket:
    """A ticket as sent, with the PSK that belongs to it. `suite` is that of the connection it came on.

    `lifetime` is in seconds, `max_early_data` in bytes: None where the ticket allows no early data.
    """

    identity: bytes = dataclasses.field(repr=False)
    lifetime: int
    age_add: int
    max_early_data: int | None
    nonce: bytes = b""
    suite: int = 0
    psk: bytes = dataclasses.field(default=b"", repr=False)

    def offered(self, age_ms: int, binder: bytes) -> bytes:
        """The body of pre_shared_key that offers this ticket alone, `age_ms` milliseconds after it came."""
        hidden = (age_ms + self.age_add) % 2**32
        identity = vector(self.identity, 2) + hidden.to_bytes(4, "big")
        return vector(identity, 2) + vector(vector(binder, 1), 2)


def read_session_ticket(body: bytes) -> SessionTicket:
    """A NewSessionTicket without its PSK. Raises `Malformed`."""
    octets = Octets(body)
    lifetime, age_add = octets.number(4), octets.number(4)
    nonce, identity = octets.vector(1), octets.vector(2)
    extensions = ext.read_extensions(octets.vector(2), "NewSessionTicket")
    octets.finish("NewSessionTicket")
    if not identity:
        raise Malformed("an empty session ticket")
    early = extensions.get(EARLY_DATA)
    if early is not None and len(early) != 4:
        raise Malformed(f"early_data of {len(early)} bytes in NewSessionTicket")
    return SessionTicket(
        identity=identity,
        lifetime=lifetime,
        age_add=age_add,
        nonce=nonce,
        max_early_data=None if early is None else int.from_bytes(early, "big"),
    )
