"""OpenSSL's server side over memory, for tests of our sans-IO client: a real counterpart without a socket.

`Repeatable` is randomness that comes out the same each time, so that what the server once said can be said again.
"""

import contextlib
import hashlib
import warnings

import trustme
from cryptography.hazmat.primitives.asymmetric import ec, x448, x25519
from OpenSSL import SSL

from scanner.wire import tls_offer
from scanner.wire.key_share import KeyShare
from scanner.wire.tls12_client import Extent, Tls12Client
from scanner.wire.tls12_exchange import BlockMaker
from scanner.wire.tls12_session import ClassicSession
from scanner.wire.tls_offer import ALL_SCHEMES, FFDHE_GROUPS, SHARED_GROUPS, Offer
from scanner.wire.tls_version import Version

_CURVES: dict[int, type[ec.EllipticCurve]] = {
    tls_offer.SECP256R1: ec.SECP256R1,
    tls_offer.SECP384R1: ec.SECP384R1,
    tls_offer.SECP521R1: ec.SECP521R1,
}
_AUTHORITY = trustme.CA(key_type=trustme.KeyType.ECDSA)
LEAVES = {kind: _AUTHORITY.issue_cert("www.example.org", key_type=kind) for kind in trustme.KeyType}


class Repeatable:
    """Bytes that look random and are the same in each run."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, count: int) -> bytes:
        self._count += 1
        return hashlib.shake_128(b"leadline %d" % self._count).digest(count)


def repeatable_share(group: int) -> KeyShare:
    """A key share that is the same each time."""
    seed = hashlib.shake_128(b"share").digest(56)
    if group == tls_offer.X25519:
        return KeyShare(group, x25519.X25519PrivateKey.from_private_bytes(seed[:32]))
    if group == tls_offer.X448:
        return KeyShare(group, x448.X448PrivateKey.from_private_bytes(seed))
    return KeyShare(group, ec.derive_private_key(int.from_bytes(seed[:28], "big"), _CURVES[group]()))


def client(
    *suites: int,
    version: Version = Version.TLS1_2,
    groups: tuple[int, ...] = SHARED_GROUPS,
    signals: bool = True,
    resume: ClassicSession | None = None,
    session_id: bytes = b"",
    ticket: bool = True,
    make_block: BlockMaker | None = None,
    extent: Extent = Extent.WHOLE,
) -> Tls12Client:
    """Our client with an offer of these suites, the same bytes in each run."""
    offer = Offer(
        versions=(version,),
        suites=suites or (0xC02F,),
        groups=(*groups, *FFDHE_GROUPS),
        signature_schemes=ALL_SCHEMES,
        signals=signals,
        extensions=version > Version.SSL3,
    )
    return Tls12Client(
        offer,
        random=Repeatable(),
        make_share=repeatable_share,
        resume=resume,
        session_id=session_id,
        ticket=ticket,
        make_block=make_block,
        extent=extent,
    )


def server_context(ciphers: str = "ALL", *, kind: trustme.KeyType = trustme.KeyType.RSA) -> SSL.Context:
    """OpenSSL as a server of TLS 1.0 to 1.2 with a cipher string."""
    context = SSL.Context(SSL.TLS_METHOD)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.set_min_proto_version(SSL.TLS1_VERSION)
        context.set_max_proto_version(SSL.TLS1_2_VERSION)
    context.set_cipher_list(f"{ciphers}:@SECLEVEL=0".encode())
    context.set_session_id(b"leadline")
    LEAVES[kind].configure_cert(context)
    return context


class OpensslPeer:
    """One connection of such a server. `said` are its bytes so far."""

    def __init__(self, context: SSL.Context) -> None:
        self._connection = SSL.Connection(context, None)
        self._connection.set_accept_state()
        self.said = b""
        self.heard = b""

    def answer(self, data: bytes) -> bytes:
        """What it says to these bytes."""
        if data:
            self._connection.bio_write(data)
        with contextlib.suppress(SSL.Error):  # an alert, if there is one, is in what it sends
            self.heard += self._connection.recv(65536)
        out = self._sent()
        self.said += out
        return out

    def say(self, data: bytes) -> bytes:
        """The records of application data."""
        self._connection.send(data)
        return self._sent()

    def close(self) -> bytes:
        """Its close_notify; OpenSSL forgets a session that it did not end so."""
        self._connection.shutdown()
        return self._sent()

    def _sent(self) -> bytes:
        try:
            return self._connection.bio_read(65536)
        except SSL.WantReadError:
            return b""


def converse(machine: Tls12Client, peer: OpensslPeer, first: bytes | None = None) -> None:
    """Brings a handshake to its end, or to the fault that `feed` raises."""
    out = machine.start() if first is None else first
    while not machine.done:
        said = peer.answer(out)
        if not said:
            raise machine.end()
        out = machine.feed(said)
    peer.answer(out)
