"""Whole peers that are hostile within TLS: none at all, too much of it, too slowly; before and behind the handshake."""

import asyncio
from collections.abc import Awaitable, Callable

from OpenSSL import SSL

from scanner.wire.octets import vector
from scanner.wire.tls12_keys import KeySchedule
from scanner.wire.tls12_records import Protection, key_lengths, prf_hash, protection
from scanner.wire.tls_record import ContentType
from scanner.wire.tls_version import Version
from tests.hostile.peers import Gone, Peer, Script, noise
from tests.hostile.tls12_answers import extended
from tests.hostile.tls_speakers import ECDHE, P256, read_client_hello, sound_classic, sound_modern, speaking
from tests.support.fake_tls import (
    SeenHello,
    alert,
    flight,
    handshake_record,
    message,
    server_hello,
)
from tests.support.fake_tls13 import ticket


def floods(piece: bytes) -> Callable[[Peer], Awaitable[None]]:
    """`piece` for ever."""

    async def flood(peer: Peer) -> None:
        await peer.flood(peer.send, piece)

    return flood


def drips(piece: bytes, pause: float) -> Callable[[Peer], Awaitable[None]]:
    """`piece` again and again, slowly, so that no wait for the next byte ever ends."""

    async def drip(peer: Peer) -> None:
        while peer.established:
            await peer.send(piece)
            await asyncio.sleep(pause)
        raise Gone

    return drip


WARNING, EMPTY = alert(112, level=1), b"\x16\x03\x03\x00\x00"
HELLO_REQUEST = handshake_record(Version.TLS1_2, message(0, b""))
HEARTBEAT = b"\x18\x03\x03\x00\x14\x01\x00\x01a" + bytes(16)


def in_records_of_one_byte(said: bytes) -> bytes:
    """Handshake records cut into records of one byte each; others stay."""
    out, at = b"", 0
    while at < len(said):
        size = int.from_bytes(said[at + 3 : at + 5], "big")
        record = said[at : at + 5 + size]
        at += 5 + size
        if record[0] == 0x16:
            out += b"".join(record[:3] + b"\x00\x01" + bytes((byte,)) for byte in record[5:])
        else:
            out += record
    return out


async def banner(peer: Peer) -> None:
    """SSH."""
    await peer.send(b"SSH-2.0-OpenSSH_9.9\r\n")
    await peer.stall()


async def plain_http(peer: Peer) -> None:
    """A server of plain HTTP that is asked in TLS."""
    await peer.heard()
    await peer.send(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
    await peer.finish()


async def mail(peer: Peer) -> None:
    """A greeting of SMTP, then complaints."""
    await peer.send(b"220 mail.example.org ESMTP\r\n")
    while True:
        await peer.heard()
        await peer.send(b"500 unrecognized command\r\n")


async def mirror(peer: Peer) -> None:
    """Whatever comes goes back."""
    while True:
        await peer.send(await peer.heard())


def cut_off(after: int, *, reset: bool) -> Script:
    """The answer is cut off behind so many bytes; TLS 1.3 is sound."""

    async def script(peer: Peer) -> None:
        read = await read_client_hello(peer)
        if read is None or Version.TLS1_3 in read[0].versions:
            await peer.send(alert(70) if read is None else sound_modern(*read))
            await peer.finish()
            return
        await peer.send(sound_classic(*read)[:after])
        await asyncio.sleep(0.02)
        if not reset:
            await peer.finish()
        peer.reset()

    return script


async def reset_after_hello(peer: Peer) -> None:
    """A ServerHello in a record of its own, and RST."""
    read = await read_client_hello(peer)
    if read is not None:
        await peer.send(handshake_record(Version.TLS1_2, server_hello(Version.TLS1_2, ECDHE)))
        await asyncio.sleep(0.02)
    peer.reset()


def slowly(seconds: float) -> Script:
    """A sound answer, a byte each `seconds`."""

    async def script(peer: Peer) -> None:
        read = await read_client_hello(peer)
        said = alert(70) if read is None else sound_classic(*read)
        await peer.split(peer.send, said, pause=seconds)
        await peer.stall()

    return script


def huge(kind: int) -> Callable[[Peer], Awaitable[None]]:
    """A handshake message of 16 MB of this type."""

    async def flood(peer: Peer) -> None:
        await peer.send(b"\x16\x03\x03\x40\x00" + bytes((kind,)) + b"\xff\xff\xff" + bytes(16380))
        await peer.flood(peer.send, b"\x16\x03\x03\x40\x00" + bytes(16384))

    return flood


def only_hello(seen: SeenHello, _raw: bytes) -> bytes:
    """A ServerHello of TLS 1.2 and nothing behind it."""
    if ECDHE not in seen.suites or P256 not in seen.groups:
        return alert(40)
    return handshake_record(Version.TLS1_2, server_hello(Version.TLS1_2, ECDHE))


PEERS: dict[str, Script] = {
    "plain http": plain_http,
    "ssh": banner,
    "mail": mail,
    "silent": Peer.stall,
    "mirror": mirror,
    "reset after the hello": reset_after_hello,
    "reset within the hello": cut_off(30, reset=True),
    "closed within the hello": cut_off(30, reset=False),
    "closed within the first header": cut_off(3, reset=False),
    "a byte a second": slowly(1.0),
    "a byte each 50 ms": slowly(0.05),
    "in records of one byte": speaking(
        lambda seen, raw: in_records_of_one_byte(sound_classic(seen, raw)),
        lambda seen, raw: in_records_of_one_byte(sound_modern(seen, raw)),
    ),
    "warnings for ever": speaking(lambda _seen, _raw: WARNING, None, then=floods(WARNING)),
    "warnings for ever, slowly": speaking(lambda _seen, _raw: WARNING, None, then=drips(WARNING, 0.5)),
    "warnings behind the flight": speaking(then=floods(WARNING)),
    "a warning before each answer": speaking(ahead=WARNING),
    "empty records for ever": speaking(lambda _seen, _raw: EMPTY, None, then=floods(EMPTY)),
    "empty records for ever, slowly": speaking(lambda _seen, _raw: EMPTY, None, then=drips(EMPTY, 0.5)),
    "hello requests for ever": speaking(lambda _seen, _raw: HELLO_REQUEST, None, then=floods(HELLO_REQUEST)),
    "hello requests for ever, slowly": speaking(lambda *_: HELLO_REQUEST, None, then=drips(HELLO_REQUEST, 0.5)),
    "hello requests behind the flight, slowly": speaking(then=drips(HELLO_REQUEST, 0.5)),
    "heartbeats behind the flight": speaking(then=floods(HEARTBEAT)),
    "heartbeats behind the flight, slowly": speaking(
        lambda seen, raw: extended(b"\x00\x0f\x00\x01\x01" if 15 in seen.extensions else b"")(seen, raw),
        None,
        then=drips(HEARTBEAT, 0.5),
    ),
    "change cipher specs behind the flight": speaking(then=floods(b"\x14\x03\x03\x00\x01\x01")),
    "data behind the flight": speaking(then=floods(b"\x17\x03\x03\x00\x20" + bytes(32))),
    "certificate of 16 MB": speaking(only_hello, None, then=huge(11)),
    "key exchange of 16 MB": speaking(only_hello, None, then=huge(12)),
    "hello of 16 MB": speaking(lambda *_: b"", None, then=huge(2)),
    "flights for ever": speaking(sound_classic, None, then=floods(flight(Version.TLS1_2, ECDHE))),
    "hello and silence": speaking(only_hello, None),
}
"""Whole peers."""


def real(newest: int, then: Callable[[Peer], Awaitable[None]]) -> tuple[Script, int]:
    """A sound server that turns behind the handshake."""

    async def script(peer: Peer) -> None:
        await peer.secure()
        await then(peer)

    return script, newest


def sealer_12(peer: Peer) -> Protection:
    """What seals further records of a finished handshake of TLS 1.2."""
    assert peer.tls is not None
    suite = {"ECDHE-ECDSA-AES256-GCM-SHA384": 0xC02C, "ECDHE-ECDSA-AES128-GCM-SHA256": 0xC02B}.get(
        peer.tls.get_cipher_name() or "", 0xCCA9
    )
    random, hello, master = peer.tls.server_random(), peer.tls.client_random(), peer.tls.master_key()
    assert random is not None
    assert hello is not None
    assert master is not None
    schedule = KeySchedule(version=Version.TLS1_2, hash_name=prf_hash(suite), client_random=hello, server_random=random)
    made = protection(
        suite,
        Version.TLS1_2,
        schedule.key_block(master, key_lengths(suite).block),
        client=False,
        encrypt=True,
        encrypt_then_mac=False,
        random=noise,
    )
    made.seal(ContentType.HANDSHAKE, b"the Finished")
    return made


def sealed_12(
    kind: ContentType, body: bytes, *, pause: float = 0.0, wait: bool = False
) -> Callable[[Peer], Awaitable[None]]:
    """Sealed records for ever; after the client's next word where `wait`."""

    async def flood(peer: Peer) -> None:
        if wait:
            await peer.heard()
        sealer = sealer_12(peer)
        while True:
            await peer.send(b"".join(sealer.seal(kind, body) for _ in range(1 if pause else 100)))
            await asyncio.sleep(pause)

    return flood


def sealed_13(body: bytes, *, pause: float = 0.0) -> Callable[[Peer], Awaitable[None]]:
    """Handshake messages of TLS 1.3 for ever."""

    async def flood(peer: Peer) -> None:
        sealer = peer.sealer()
        while True:
            await peer.send(b"".join(sealer.handshake(body) for _ in range(1 if pause else 100)))
            await asyncio.sleep(pause)

    return flood


def updates_13(pause: float) -> Callable[[Peer], Awaitable[None]]:
    """KeyUpdates for ever."""

    async def flood(peer: Peer) -> None:
        sealer = peer.sealer()
        while True:
            await peer.send(b"".join(sealer.key_update() for _ in range(1 if pause else 100)))
            await asyncio.sleep(pause)

    return flood


NEW_HELLO = server_hello(Version.TLS1_2, 0xC02B)


async def _reset(peer: Peer) -> None:
    peer.reset()


REAL: dict[str, tuple[Script, int]] = {
    "real 1.3: tickets for ever": real(SSL.TLS1_3_VERSION, sealed_13(ticket())),
    "real 1.3: tickets for ever, slowly": real(SSL.TLS1_3_VERSION, sealed_13(ticket(), pause=0.4)),
    "real 1.3: key updates for ever": real(SSL.TLS1_3_VERSION, updates_13(0.0)),
    "real 1.3: key updates for ever, slowly": real(SSL.TLS1_3_VERSION, updates_13(0.4)),
    "real 1.3: ticket of 64 KB": real(SSL.TLS1_3_VERSION, sealed_13(b"\x04\x00\xff\xff" + bytes(12000), pause=0.2)),
    "real 1.2: hello requests for ever": real(SSL.TLS1_2_VERSION, sealed_12(ContentType.HANDSHAKE, message(0, b""))),
    "real 1.2: hello requests for ever, slowly": real(
        SSL.TLS1_2_VERSION, sealed_12(ContentType.HANDSHAKE, message(0, b""), pause=0.4)
    ),
    "real 1.2: hellos for the renegotiation": real(
        SSL.TLS1_2_VERSION, sealed_12(ContentType.HANDSHAKE, NEW_HELLO, wait=True)
    ),
    "real 1.2: warnings for ever": real(SSL.TLS1_2_VERSION, sealed_12(ContentType.ALERT, b"\1\x70")),
    "real 1.2: warnings for ever, slowly": real(SSL.TLS1_2_VERSION, sealed_12(ContentType.ALERT, b"\1\x70", pause=0.4)),
    "real 1.2: data for ever": real(SSL.TLS1_2_VERSION, sealed_12(ContentType.APPLICATION_DATA, b"x" * 1000)),
    "real 1.2: data for ever, slowly": real(
        SSL.TLS1_2_VERSION, sealed_12(ContentType.APPLICATION_DATA, b"x", pause=0.4)
    ),
    "real 1.2: empty data for ever": real(SSL.TLS1_2_VERSION, sealed_12(ContentType.APPLICATION_DATA, b"")),
    "real 1.2: garbage behind": real(SSL.TLS1_2_VERSION, floods(b"\x17\x03\x03\x01\x00" + noise(256))),
    "real 1.2: reset behind": real(SSL.TLS1_2_VERSION, _reset),
    "real 1.2: the renegotiation brings tickets": real(
        SSL.TLS1_2_VERSION,
        sealed_12(ContentType.HANDSHAKE, message(4, bytes(4) + vector(bytes(60000), 2))[:16000], wait=True),
    ),
}
"""Peers that complete handshakes with OpenSSL, with the newest version of each."""
