"""Servers of TLS by script: what the hostile ones have in common, and how the sound ones among them answer.

Certificates and signatures are filler, the key shares are real, and so are the keys behind them.
"""

from collections.abc import Awaitable, Callable

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from scanner.wire.tls_version import Version
from tests.hostile.peers import Peer, Script
from tests.support.fake_tls import (
    SeenHello,
    alert,
    flight,
    handshake_record,
    message,
    read_hello,
    retry_request,
)
from tests.support.fake_tls13 import Tls13Server

ECDHE, DHE, STATIC, MODERN = 0xC02F, 0x009E, 0x009C, 0x1301
P256, X25519 = 0x0017, 0x001D
VERSIONS_13 = b"\x00\x2b\x00\x02\x03\x04"
DONE = message(14, b"")
POINT = (
    ec.derive_private_key(7, ec.SECP256R1()).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
)

Classic = Callable[[SeenHello, bytes], bytes | None]
"""What is said to a hello, given parsed and raw; None: nothing."""


async def read_client_hello(peer: Peer) -> tuple[SeenHello, bytes] | None:
    """The next ClientHello; None for what is none (a hello of SSLv2)."""
    data = await peer.heard()
    while True:
        if data[0] != 0x16:
            return None
        if len(data) >= 5 and len(data) >= 5 + int.from_bytes(data[3:5], "big"):
            raw = data[5 : 5 + int.from_bytes(data[3:5], "big")]
            return read_hello(raw), raw
        data += await peer.heard()


def sound_classic(hello: SeenHello, _raw: bytes = b"") -> bytes:
    """A flight of TLS 1.2 with an elliptic curve, or a refusal."""
    if Version.TLS1_2 not in hello.versions:
        return alert(70)
    return flight(Version.TLS1_2, ECDHE) if ECDHE in hello.suites and P256 in hello.groups else alert(40)


def sound_modern(hello: SeenHello, raw: bytes, server: Tls13Server | None = None) -> bytes:
    """A whole flight of TLS 1.3, a HelloRetryRequest where the key share is missing, or a refusal."""
    if MODERN not in hello.suites or X25519 not in hello.groups:
        return alert(40)
    if X25519 not in hello.shares:
        return handshake_record(Version.TLS1_2, retry_request(MODERN, X25519))
    return (server or Tls13Server()).answer(raw)


def speaking(
    classic: Classic = sound_classic,
    modern: Classic | None = sound_modern,
    *,
    then: Callable[[Peer], Awaitable[None]] | None = None,
    ahead: bytes = b"",
) -> Script:
    """A server that answers each hello so, and then does `then`; silence unless given. Without `modern` it has no
    TLS 1.3. `ahead` comes before every answer.
    """

    async def script(peer: Peer) -> None:
        read = await read_client_hello(peer)
        if read is None:
            await peer.send(alert(70))
            await peer.finish()
            return
        hello, raw = read
        newer = modern is not None and Version.TLS1_3 in hello.versions
        said = modern(hello, raw) if newer and modern is not None else classic(hello, raw)
        if said is None:
            await peer.stall()
            return
        await peer.send(ahead + said)
        if said[:1] == b"\x15" and then is None:
            await peer.finish()
        await (then or Peer.stall)(peer)

    return script
