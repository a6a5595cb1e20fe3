"""Record protection of SSLv3 to TLS 1.2: one direction of one connection, from plaintext to records and back.

What a suite needs is a row of a table, found by its traits. Sealing can be done wrong on purpose (`CbcLayout`), which
is how a server's handling of bad padding is asked about.
"""

import abc
import dataclasses
import functools
import hmac
import warnings
from collections.abc import Callable

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.decrepit.ciphers import algorithms as decrepit
from cryptography.hazmat.primitives.ciphers import Cipher, CipherAlgorithm, CipherContext, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305

from scanner.errors import Malformed
from scanner.model.suite_traits import AEAD_MODES, SuiteTraits, traits
from scanner.wire.tls12_keys import digest
from scanner.wire.tls_record import ContentType, Record, record
from scanner.wire.tls_registry import suite_name
from scanner.wire.tls_version import Version

RandomBytes = Callable[[int], bytes]
"""Gives that many unpredictable bytes: the randomness that this room has not."""

Aead = AESGCM | AESCCM | ChaCha20Poly1305

_NO_DECRYPT = "a record does not decrypt"
_EXPLICIT_NONCE = 8  # RFC 5288 section 3, RFC 6655 section 3
_HASHES = {"MD5": "md5", "SHA": "sha1", "SHA256": "sha256", "SHA384": "sha384"}
_DIGEST_BYTES = {"md5": 16, "sha1": 20, "sha256": 32, "sha384": 48}
_SSL3_PAD_BYTES = {"md5": 48, "sha1": 40}
_EXCHANGES = frozenset({"RSA", "DHE", "ECDHE"})
_AUTHENTICATIONS = frozenset({"RSA", "ECDSA", "DSS", "anonymous"})
_PRIVATE_SUITES = 0xE000
"""From here on codes are private: the same names as others, with keys derived in other ways."""


def _ccm_8(key: bytes) -> Aead:
    return AESCCM(key, tag_length=8)


def _des(key: bytes) -> CipherAlgorithm:
    return decrepit.TripleDES(key * 3)  # with three equal keys it is single DES


# Cipher: bytes of its key, bytes of its block, the algorithm.
_BLOCKS: dict[str, tuple[int, int, Callable[[bytes], CipherAlgorithm]]] = {
    "AES_128": (16, 16, algorithms.AES),
    "AES_256": (32, 16, algorithms.AES),
    "3DES": (24, 8, decrepit.TripleDES),
    "DES": (8, 8, _des),
    "CAMELLIA_128": (16, 16, decrepit.Camellia),
    "CAMELLIA_256": (32, 16, decrepit.Camellia),
    "SEED": (16, 16, decrepit.SEED),
    "IDEA": (16, 8, decrepit.IDEA),
}
# Cipher: bytes of its key, the algorithm (None: nothing is encrypted).
_STREAMS: dict[str, tuple[int, Callable[[bytes], CipherAlgorithm] | None]] = {
    "NULL": (0, None),
    "RC4_128": (16, decrepit.ARC4),
}
# Cipher and mode: bytes of its key, bytes of its fixed IV, the algorithm.
_AEADS: dict[tuple[str, str], tuple[int, int, Callable[[bytes], Aead]]] = {
    **{("AES_128", mode): (16, 4, make) for mode, make in (("GCM", AESGCM), ("CCM", AESCCM), ("CCM_8", _ccm_8))},
    **{("AES_256", mode): (32, 4, make) for mode, make in (("GCM", AESGCM), ("CCM", AESCCM), ("CCM_8", _ccm_8))},
    ("CHACHA20", "POLY1305"): (32, 12, ChaCha20Poly1305),
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CbcLayout:
    """What a CBC record holds before it is encrypted (RFC 5246 section 6.2.3.2), open to being altered.

    `mac` is empty under encrypt-then-MAC. `padding` ends with the byte that tells its length. Together they must fill
    whole blocks.
    """

    payload: bytes
    mac: bytes
    padding: bytes


class Protection(abc.ABC):
    """One direction under one set of keys; the records pass in order. `seal` makes them, `open` reads them."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self.sequence = 0

    def seal(self, content: ContentType, payload: bytes) -> bytes:
        """One whole record with `payload`, at most 2**14 bytes."""
        return self._record(content, self._encrypt(content, payload))

    @abc.abstractmethod
    def _encrypt(self, content: ContentType, payload: bytes) -> bytes:
        """The fragment that goes into the record."""

    @abc.abstractmethod
    def open(self, sealed: Record) -> bytes:
        """The plaintext of a record. Raises `Malformed` where it does not decrypt."""

    def _record(self, content: ContentType, fragment: bytes) -> bytes:
        self.sequence += 1
        return record(content, self.version, fragment)

    def _pseudo_header(self, content: int, length: int) -> bytes:
        """Sequence number, type, version and length, as the MAC and the AEAD take them in."""
        version = b"" if self.version is Version.SSL3 else self.version.to_bytes(2, "big")
        return self.sequence.to_bytes(8, "big") + bytes((content,)) + version + length.to_bytes(2, "big")


class PlainProtection(Protection):
    """No protection: the state before the first ChangeCipherSpec."""

    def _encrypt(self, content: ContentType, payload: bytes) -> bytes:
        del content
        return payload

    def open(self, sealed: Record) -> bytes:
        """The payload as it stands."""
        return sealed.payload


class _MacProtection(Protection):
    """What stream and block ciphers share: the MAC (RFC 5246 section 6.2.3.1, RFC 6101 section 5.2.3.1)."""

    def __init__(self, version: Version, hash_name: str, mac_key: bytes) -> None:
        super().__init__(version)
        self._hash_name = hash_name
        self._mac_key = mac_key
        self.mac_bytes = _DIGEST_BYTES[hash_name]

    def mac(self, content: int, fragment: bytes) -> bytes:
        """The MAC over a fragment at the present sequence number."""
        data = self._pseudo_header(content, len(fragment)) + fragment
        if self.version is not Version.SSL3:
            return hmac.digest(self._mac_key, data, self._hash_name)
        pad = _SSL3_PAD_BYTES[self._hash_name]
        inner = digest(self._hash_name, self._mac_key + b"\x36" * pad + data)
        return digest(self._hash_name, self._mac_key + b"\x5c" * pad + inner)

    def _checked(self, content: int, data: bytes) -> bytes:
        """`data` without the MAC at its end, which must be right."""
        if len(data) < self.mac_bytes:
            raise Malformed(_NO_DECRYPT)
        payload, mac = data[: -self.mac_bytes], data[-self.mac_bytes :]
        if not hmac.compare_digest(mac, self.mac(content, payload)):
            raise Malformed(_NO_DECRYPT)
        return payload


class StreamProtection(_MacProtection):
    """RC4, or no cipher at all, with a MAC."""

    def __init__(self, version: Version, hash_name: str, mac_key: bytes, cipher: CipherContext | None) -> None:
        super().__init__(version, hash_name, mac_key)
        self._cipher = cipher

    def _encrypt(self, content: ContentType, payload: bytes) -> bytes:
        data = payload + self.mac(content, payload)
        return data if self._cipher is None else self._cipher.update(data)

    def open(self, sealed: Record) -> bytes:
        """The plaintext of a record."""
        data = sealed.payload if self._cipher is None else self._cipher.update(sealed.payload)
        payload = self._checked(sealed.type, data)
        self.sequence += 1
        return payload


class CbcProtection(_MacProtection):
    """A block cipher in CBC mode with a MAC: MAC-then-encrypt, or encrypt-then-MAC (RFC 7366).

    `iv` is the first one, of SSLv3 and TLS 1.0; later versions draw one from `random` for each record.
    """

    def __init__(
        self,
        version: Version,
        hash_name: str,
        mac_key: bytes,
        *,
        algorithm: CipherAlgorithm,
        iv: bytes,
        encrypt_then_mac: bool,
        random: RandomBytes,
    ) -> None:
        super().__init__(version, hash_name, mac_key)
        self.block_bytes = len(iv)
        self.encrypt_then_mac = encrypt_then_mac
        self._algorithm = algorithm
        self._iv = iv
        self._random = random

    def layout(self, content: ContentType, payload: bytes) -> CbcLayout:
        """The right layout of the record that would be sealed next."""
        mac = b"" if self.encrypt_then_mac else self.mac(content, payload)
        count = -(len(payload) + len(mac) + 1) % self.block_bytes
        return CbcLayout(payload=payload, mac=mac, padding=bytes((count,)) * (count + 1))

    def seal_layout(self, content: ContentType, layout: CbcLayout) -> bytes:
        """One record of what `layout` says, right or wrong. The outer MAC of encrypt-then-MAC is always right."""
        return self._record(content, self._encrypt_layout(content, layout))

    def _encrypt(self, content: ContentType, payload: bytes) -> bytes:
        return self._encrypt_layout(content, self.layout(content, payload))

    def _encrypt_layout(self, content: ContentType, layout: CbcLayout) -> bytes:
        explicit = self.version >= Version.TLS1_1
        iv = self._random(self.block_bytes) if explicit else self._iv
        encryptor = Cipher(self._algorithm, modes.CBC(iv)).encryptor()
        encrypted = encryptor.update(layout.payload + layout.mac + layout.padding)
        self._iv = encrypted[-self.block_bytes :]
        fragment = iv + encrypted if explicit else encrypted
        return fragment + self.mac(content, fragment) if self.encrypt_then_mac else fragment

    def open(self, sealed: Record) -> bytes:
        """The plaintext of a record."""
        fragment = self._checked(sealed.type, sealed.payload) if self.encrypt_then_mac else sealed.payload
        size = self.block_bytes
        if self.version >= Version.TLS1_1:
            iv, fragment = fragment[:size], fragment[size:]
        else:
            iv = self._iv
        if len(iv) != size or not fragment or len(fragment) % size:
            raise Malformed(_NO_DECRYPT)
        self._iv = fragment[-size:]
        data = self._without_padding(Cipher(self._algorithm, modes.CBC(iv)).decryptor().update(fragment))
        payload = data if self.encrypt_then_mac else self._checked(sealed.type, data)
        self.sequence += 1
        return payload

    def _without_padding(self, data: bytes) -> bytes:
        count = data[-1]
        kept, padding = data[: -count - 1], data[-count - 1 :]
        whole = len(padding) == count + 1
        # In SSLv3 the padding may be anything, but not longer than a block (RFC 6101 section 5.2.3.2).
        sound = count < self.block_bytes if self.version is Version.SSL3 else not padding.strip(bytes((count,)))
        if not (whole and sound):
            raise Malformed(_NO_DECRYPT)
        return kept


class AeadProtection(Protection):
    """AES-GCM, AES-CCM (RFC 5288, RFC 6655) or ChaCha20-Poly1305 (RFC 7905)."""

    def __init__(self, version: Version, aead: Aead, iv: bytes) -> None:
        super().__init__(version)
        self._aead = aead
        self._iv = iv
        self._explicit = len(iv) + _EXPLICIT_NONCE == 12
        self._tag_bytes = len(aead.encrypt(bytes(12), b"", None))

    def _encrypt(self, content: ContentType, payload: bytes) -> bytes:
        number = self.sequence.to_bytes(_EXPLICIT_NONCE, "big")
        data = self._pseudo_header(content, len(payload))
        encrypted = self._aead.encrypt(self._nonce(number), payload, data)
        return number + encrypted if self._explicit else encrypted

    def open(self, sealed: Record) -> bytes:
        """The plaintext of a record."""
        number, encrypted = self.sequence.to_bytes(_EXPLICIT_NONCE, "big"), sealed.payload
        if self._explicit:
            number, encrypted = encrypted[:_EXPLICIT_NONCE], encrypted[_EXPLICIT_NONCE:]
        length = len(encrypted) - self._tag_bytes
        if length < 0:
            raise Malformed(_NO_DECRYPT)
        try:
            payload = self._aead.decrypt(self._nonce(number), encrypted, self._pseudo_header(sealed.type, length))
        except InvalidTag:
            raise Malformed(_NO_DECRYPT) from None
        self.sequence += 1
        return payload

    def _nonce(self, number: bytes) -> bytes:
        if self._explicit:
            return self._iv + number
        return (int.from_bytes(self._iv, "big") ^ int.from_bytes(number, "big")).to_bytes(12, "big")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class KeyLengths:
    """Bytes that each direction takes from the key block: MAC key, key, IV, in this order."""

    mac: int
    key: int
    iv: int

    @property
    def block(self) -> int:
        """Bytes of the whole key block."""
        return 2 * (self.mac + self.key + self.iv)

    def cut(self, block: bytes, *, client: bool) -> tuple[bytes, bytes, bytes]:
        """MAC key, key and IV of one side's writing (RFC 5246 section 6.3: both MAC keys, both keys, both IVs)."""
        parts: list[bytes] = []
        at = 0
        for size in (self.mac, self.key, self.iv):
            start = at if client else at + size
            parts.append(block[start : start + size])
            at += 2 * size
        return parts[0], parts[1], parts[2]


def key_lengths(suite: int) -> KeyLengths:
    """What a finishable suite takes from the key block."""
    kind = traits(suite_name(suite))
    if kind.aead:
        key, iv, _ = _AEADS[kind.cipher, kind.mode]
        return KeyLengths(mac=0, key=key, iv=iv)
    mac = _DIGEST_BYTES[_HASHES[kind.mac or ""]]
    if kind.cbc:
        key, block, _ = _BLOCKS[kind.cipher]
        return KeyLengths(mac=mac, key=key, iv=block)
    return KeyLengths(mac=mac, key=_STREAMS[kind.cipher][0], iv=0)


def prf_hash(suite: int) -> str:
    """The hash of the PRF in TLS 1.2 (RFC 5246 section 5, RFC 5289)."""
    return "sha384" if suite_name(suite).endswith("_SHA384") else "sha256"


def protection(
    suite: int,
    version: Version,
    block: bytes,
    *,
    client: bool,
    encrypt: bool,
    encrypt_then_mac: bool,
    random: RandomBytes,
) -> Protection:
    """The protection of what one side writes (`client`: ours), with keys from the key block.

    `encrypt` says whether it will seal or open: a stream cipher knows the difference. `encrypt_then_mac` counts for
    block ciphers only. The suite must be finishable in `version`.
    """
    kind = traits(suite_name(suite))
    mac_key, key, iv = key_lengths(suite).cut(block, client=client)
    if kind.aead:
        return AeadProtection(version, _AEADS[kind.cipher, kind.mode][2](key), iv)
    hash_name = _HASHES[kind.mac or ""]
    if kind.cbc:
        return CbcProtection(
            version,
            hash_name,
            mac_key,
            algorithm=_BLOCKS[kind.cipher][2](key),
            iv=iv,
            encrypt_then_mac=encrypt_then_mac,
            random=random,
        )
    make = _STREAMS[kind.cipher][1]
    context: CipherContext | None = None
    if make is not None:
        stream = Cipher(make(key), mode=None)
        context = stream.encryptor() if encrypt else stream.decryptor()
    return StreamProtection(version, hash_name, mac_key, context)


def finishable(version: Version, suites: tuple[int, ...]) -> tuple[int, ...]:
    """Those of `suites` with which this client can complete a handshake in `version`, in the same order."""
    return tuple(suite for suite in suites if is_finishable(suite, version))


@functools.cache
def is_finishable(suite: int, version: Version) -> bool:
    """Whether this client can complete a handshake with a suite in a version: key exchange, cipher and MAC."""
    kind = traits(suite_name(suite))
    known = kind.key_exchange in _EXCHANGES and kind.authentication in _AUTHENTICATIONS
    if not known or kind.export or suite >= _PRIVATE_SUITES or not Version.SSL3 <= version <= Version.TLS1_2:
        return False
    if suite_name(suite).startswith("OLD_"):
        return False
    modern = kind.aead or kind.mac in {"SHA256", "SHA384"}
    return not (modern and version < Version.TLS1_2) and _has_cipher(kind)


def _has_cipher(kind: SuiteTraits) -> bool:
    """Whether the cipher is in a table, and whether the library of this machine really has it."""
    if kind.mode in AEAD_MODES:
        return (kind.cipher, kind.mode) in _AEADS
    if kind.mac not in _HASHES:
        return False
    if kind.cipher in _STREAMS and kind.mode in {"NULL", "STREAM"}:
        key_bytes, make = _STREAMS[kind.cipher]
        return make is None or _works(lambda: Cipher(make(bytes(range(key_bytes))), mode=None).encryptor())
    if kind.cipher in _BLOCKS and kind.cbc:
        key_bytes, size, block = _BLOCKS[kind.cipher]
        return _works(lambda: Cipher(block(bytes(range(key_bytes))), modes.CBC(bytes(size))).encryptor())
    return False


def _works(make: Callable[[], object]) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated is not gone
        try:
            make()
        except UnsupportedAlgorithm:
            return False
    return True
