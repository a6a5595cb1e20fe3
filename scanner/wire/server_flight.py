"""What a server's first flight says. A value only: `tls_client_state` fills it."""

import dataclasses
from collections.abc import Mapping

from scanner.wire.tls_hello import RETRY_RANDOM
from scanner.wire.tls_version import Version


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DhParameters:
    """A finite-field group as the server sent it (RFC 5246 section 7.4.3); integers."""

    prime: int
    generator: int
    public: int

    @property
    def bits(self) -> int:
        """The size of the prime in bits."""
        return self.prime.bit_length()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRequest:
    """The server asks for a client certificate. `authorities` are DER names, `signature_schemes` codes."""

    authorities: tuple[bytes, ...] = ()
    signature_schemes: tuple[int, ...] = ()
    certificate_types: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ServerFlight:
    """Everything that the server said before it was our turn.

    `group` is the named group of the key exchange (None: static RSA, PSK, or a DH prime of the server's own);
    `key_public` is the server's public value in it, the point or Ys as it was sent (None where it sent none).
    `retried` says whether a HelloRetryRequest came first. `extensions` (ServerHello) and `encrypted_extensions`
    (TLS 1.3) map ExtensionType to the raw body. `certificates` are DER, leaf first; `staples` has one entry for each
    of them, the raw OCSPResponse or None. `sct_list` is the leaf's raw SignedCertificateTimestampList (RFC 6962 3.3)
    when it came in TLS. `signature` is the SignatureScheme of ServerKeyExchange (TLS 1.2) or CertificateVerify
    (TLS 1.3). `warnings` are the warning alerts that came before the flight was whole. When only the hello was asked
    for, what follows it is empty. `certificate_compression` is the algorithm of a CompressedCertificate (RFC 8879
    section 4), which is not unpacked: `certificates` then stays empty.
    """

    version: Version
    suite: int
    random: bytes
    session_id: bytes = b""
    compression: int = 0
    group: int | None = None
    key_public: bytes | None = None
    retried: bool = False
    extensions: Mapping[int, bytes] = dataclasses.field(default_factory=dict)
    encrypted_extensions: Mapping[int, bytes] = dataclasses.field(default_factory=dict)
    certificates: tuple[bytes, ...] = ()
    staples: tuple[bytes | None, ...] = ()
    sct_list: bytes | None = None
    signature: int | None = None
    dh: DhParameters | None = None
    certificate_request: CertificateRequest | None = None
    warnings: tuple[int, ...] = ()
    certificate_compression: int | None = None

    @property
    def is_retry(self) -> bool:
        """Whether it is a HelloRetryRequest and nothing more: its ServerHello was not asked for, or never came."""
        return self.random == RETRY_RANDOM
