"""Encrypted ClientHello (RFC 9849): the GREASE extension of a client without a configuration, and ECHConfigList."""

import dataclasses

from scanner.errors import Malformed
from scanner.model.peer import PeerText, peer_text
from scanner.wire.octets import Octets, vector

ENCRYPTED_CLIENT_HELLO = 0xFE0D
"""The extension's code, and the version of configurations that this reads (sections 4 and 5)."""

MAX_CONFIGS = 32
"""Configurations of one list that are read; servers have one for each key that they still take."""

_OUTER = 0
_HKDF_SHA256 = 1
_AES_128_GCM = 1
_X25519_BYTES = 32
_PAYLOAD_BYTES = 208 + 16  # a padded inner hello of a usual size, and the tag (section 6.2)

GREASE_BYTES = 1 + _X25519_BYTES + _PAYLOAD_BYTES
"""Random bytes that one GREASE extension takes."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EchConfig:
    """One ECHConfig (section 4). Of a version that this does not know only the version is read.

    `kem` is the HPKE KEM's code, `suites` are pairs of KDF and AEAD codes (RFC 9180 section 7).
    """

    version: int
    config_id: int | None = None
    kem: int | None = None
    suites: tuple[tuple[int, int], ...] = ()
    public_name: PeerText | None = None


def grease_ech(random: bytes) -> bytes:
    """The body of a GREASE encrypted_client_hello made of `GREASE_BYTES` random bytes (section 6.2).

    Nobody can decrypt it. A server that does ECH says so with its configurations; any other must ignore it.
    """
    if len(random) != GREASE_BYTES:
        raise ValueError(f"{GREASE_BYTES} random bytes are needed")
    suite = _HKDF_SHA256.to_bytes(2, "big") + _AES_128_GCM.to_bytes(2, "big")
    encapsulated, payload = random[1 : 1 + _X25519_BYTES], random[1 + _X25519_BYTES :]
    return bytes((_OUTER,)) + suite + random[:1] + vector(encapsulated, 2) + vector(payload, 2)


def read_ech_configs(body: bytes) -> tuple[EchConfig, ...]:
    """An ECHConfigList (section 4), as in retry_configs or a DNS record. Raises `Malformed`."""
    octets = Octets(body)
    listed = Octets(octets.vector(2))
    octets.finish("ECHConfigList")
    found: list[EchConfig] = []
    while listed.left:
        if len(found) == MAX_CONFIGS:
            raise Malformed(f"more than {MAX_CONFIGS} ECH configurations")
        version, contents = listed.number(2), listed.vector(2)
        known = version == ENCRYPTED_CLIENT_HELLO
        found.append(_read_contents(contents) if known else EchConfig(version=version))
    if not found:
        raise Malformed("an empty ECHConfigList")
    return tuple(found)


def _read_contents(contents: bytes) -> EchConfig:
    octets = Octets(contents)
    config_id, kem = octets.number(1), octets.number(2)
    octets.vector(2)  # the public key
    suites = Octets(octets.vector(2))
    octets.number(1)  # maximum_name_length
    name = octets.vector(1)
    octets.vector(2)  # extensions
    octets.finish("ECHConfig")
    pairs: list[tuple[int, int]] = []
    while suites.left:
        pairs.append((suites.number(2), suites.number(2)))
    return EchConfig(
        version=ENCRYPTED_CLIENT_HELLO, config_id=config_id, kem=kem, suites=tuple(pairs), public_name=peer_text(name)
    )
