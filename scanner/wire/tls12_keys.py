"""The key schedule of SSLv3 to TLS 1.2: from premaster secret to keys and Finished values. Pure functions of bytes.

MD5 and SHA-1 are here because those versions are made of them, not because anything rests on them.
"""

import dataclasses
import hashlib
import hmac

from scanner.wire.tls_version import Version

MASTER_BYTES = 48
"""Bytes of every master secret (RFC 5246 section 8.1)."""

FINISHED_BYTES = 12
"""Bytes of verify_data in TLS (RFC 5246 section 7.4.9); SSLv3 has 36."""

_SSL3_SENDERS = {True: b"CLNT", False: b"SRVR"}  # RFC 6101 section 5.6.9
_SSL3_PADS = (("md5", 48), ("sha1", 40))
_LABELS = {True: b"client finished", False: b"server finished"}


def digest(name: str, data: bytes) -> bytes:
    """The hash of `data`."""
    return hashlib.new(name, data, usedforsecurity=False).digest()


def p_hash(secret: bytes, seed: bytes, length: int, name: str) -> bytes:
    """P_hash (RFC 5246 section 5)."""
    out, block = b"", seed
    while len(out) < length:
        block = hmac.digest(secret, block, name)
        out += hmac.digest(secret, block + seed, name)
    return out[:length]


def prf(version: Version, hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    """The PRF of TLS 1.2 with `hash_name` (RFC 5246 section 5), or that of TLS 1.0 and 1.1 (RFC 2246 section 5)."""
    if version >= Version.TLS1_2:
        return p_hash(secret, label + seed, length, hash_name)
    half = (len(secret) + 1) // 2
    left = p_hash(secret[:half], label + seed, length, "md5")
    right = p_hash(secret[len(secret) - half :], label + seed, length, "sha1")
    return bytes(one ^ other for one, other in zip(left, right, strict=True))


def ssl3_expand(secret: bytes, seed: bytes, length: int) -> bytes:
    """The key derivation of SSLv3: MD5 over the secret and SHA-1 of `A`, `BB`, `CCC` … (RFC 6101 section 6.1)."""
    out, count = b"", 0
    while len(out) < length:
        count += 1
        salt = bytes((0x40 + count,)) * count
        out += digest("md5", secret + digest("sha1", salt + secret + seed))
    return out[:length]


def handshake_hash(version: Version, hash_name: str, transcript: bytes) -> bytes:
    """The hash of handshake messages that Finished and the extended master secret take (RFC 5246 section 7.4.9)."""
    if version >= Version.TLS1_2:
        return digest(hash_name, transcript)
    return digest("md5", transcript) + digest("sha1", transcript)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class KeySchedule:
    """Everything that is derived in one handshake.

    `hash_name` is the suite's PRF hash (TLS 1.2: sha256 or sha384; not looked at below). The randoms are those of the
    two hellos, 32 bytes each.
    """

    version: Version
    hash_name: str
    client_random: bytes
    server_random: bytes

    def master_secret(self, premaster: bytes) -> bytes:
        """The master secret (RFC 5246 section 8.1, RFC 6101 section 6.1)."""
        seed = self.client_random + self.server_random
        if self.version is Version.SSL3:
            return ssl3_expand(premaster, seed, MASTER_BYTES)
        return prf(self.version, self.hash_name, premaster, b"master secret", seed, MASTER_BYTES)

    def extended_master_secret(self, premaster: bytes, transcript: bytes) -> bytes:
        """The extended master secret over the messages up to ClientKeyExchange (RFC 7627 section 4)."""
        session_hash = handshake_hash(self.version, self.hash_name, transcript)
        return prf(self.version, self.hash_name, premaster, b"extended master secret", session_hash, MASTER_BYTES)

    def key_block(self, master: bytes, length: int) -> bytes:
        """The first `length` bytes of key material (RFC 5246 section 6.3, RFC 6101 section 6.2.2)."""
        seed = self.server_random + self.client_random
        if self.version is Version.SSL3:
            return ssl3_expand(master, seed, length)
        return prf(self.version, self.hash_name, master, b"key expansion", seed, length)

    def verify_data(self, master: bytes, transcript: bytes, *, client: bool) -> bytes:
        """The content of a Finished message over `transcript` (RFC 5246 section 7.4.9, RFC 6101 section 5.6.9)."""
        if self.version is Version.SSL3:
            return _ssl3_finished(master, transcript + _SSL3_SENDERS[client])
        hashed = handshake_hash(self.version, self.hash_name, transcript)
        return prf(self.version, self.hash_name, master, _LABELS[client], hashed, FINISHED_BYTES)


def _ssl3_finished(master: bytes, data: bytes) -> bytes:
    return b"".join(
        digest(name, master + b"\x5c" * pad + digest(name, data + master + b"\x36" * pad)) for name, pad in _SSL3_PADS
    )
