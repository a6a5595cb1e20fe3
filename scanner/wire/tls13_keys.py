"""The key schedule of TLS 1.3 from the first secret to the last (RFC 8446 section 7.1), and what is proved with it."""

import hashlib
import hmac

from scanner.wire.tls13_flight import expand_label


class KeySchedule:
    """The chain of secrets of one connection: early, then handshake, then master. `hash_name` is hashlib's.

    It begins at the early secret, of `psk` where one is offered or used.
    """

    def __init__(self, hash_name: str, psk: bytes | None = None) -> None:
        self._hash_name = hash_name
        self._zeros = bytes(hashlib.new(hash_name).digest_size)
        self._secret = hmac.digest(self._zeros, psk or self._zeros, hash_name)

    def derive(self, label: str, messages: bytes) -> bytes:
        """Derive-Secret: a traffic or master secret over all handshake messages so far."""
        digest = hashlib.new(self._hash_name, messages).digest()
        return expand_label(self._secret, label, digest, len(self._zeros), self._hash_name)

    def advance(self, shared: bytes | None = None) -> None:
        """The next secret of the chain, with the shared secret of the key exchange or, without one, zeros."""
        self._secret = hmac.digest(self.derive("derived", b""), shared or self._zeros, self._hash_name)

    def binder(self, messages: bytes) -> bytes:
        """The binder of a resumption PSK (section 4.2.11.2); `messages` end with the hello cut before its binders.

        Only while the chain stands at the early secret.
        """
        return finished(self.derive("res binder", b""), messages, self._hash_name)


def finished(secret: bytes, messages: bytes, hash_name: str) -> bytes:
    """verify_data of a Finished message (section 4.4.4), by the sender's handshake traffic secret."""
    size = len(secret)
    key = expand_label(secret, "finished", b"", size, hash_name)
    return hmac.digest(key, hashlib.new(hash_name, messages).digest(), hash_name)


def resumption_psk(secret: bytes, nonce: bytes, hash_name: str) -> bytes:
    """The PSK of a ticket (section 4.6.1), by the resumption master secret."""
    return expand_label(secret, "resumption", nonce, len(secret), hash_name)


def updated(secret: bytes, hash_name: str) -> bytes:
    """The next application traffic secret after a KeyUpdate (section 7.2)."""
    return expand_label(secret, "traffic upd", b"", len(secret), hash_name)
