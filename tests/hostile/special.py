"""Hostile behaviours that have been seen in the world, or that somebody will think of: one row each."""

import gzip
import zlib
from collections.abc import Callable, Iterator

from OpenSSL import SSL

from tests.hostile.behaviours import BROKEN_OFF, FIELDS, NO_TLS13, PAGE, Behaviour, Stage, answer, says
from tests.hostile.peers import Peer, Script, noise


def endless(opening: bytes, piece: bytes) -> Script:
    """Answers every request with `opening`, and then `piece` for ever."""
    return says(opening, then=lambda peer: peer.flood(peer.say, piece))


def redirects(location: Callable[[int], bytes]) -> Script:
    """Sends every request elsewhere; the place may depend on how many connections came before."""

    async def script(peer: Peer) -> None:
        await peer.secure()
        await peer.request()
        await peer.say(answer(b"", status=b"302 Found", more=b"Location: " + location(peer.number) + b"\r\n"))
        await peer.finish()

    return script


def flight_of(message: Callable[[bytes], bytes]) -> Script:
    """Answers every ClientHello with what `message` makes of the right flight, and falls silent."""

    async def script(peer: Peer) -> None:
        await peer.send(message(await peer.flight()))
        await peer.stall()

    return script


async def renegotiation(peer: Peer) -> None:
    """Asks for renegotiation once the answer is due, in TLS 1.2, and never goes through with it."""
    await peer.secure()
    await peer.request()
    await peer.send(peer.hello_request())
    await peer.stall()


TICKET = b"\x04\x00\x00\x2d" + bytes(4) + b"\x01\x02\x03\x04" + b"\x00" + b"\x00\x20" + bytes(32) + b"\x00\x00"
"""A NewSessionTicket (RFC 8446 section 4.6.1)."""


async def tickets(peer: Peer) -> None:
    """NewSessionTickets without end, where the answer is due."""
    await peer.secure()
    await peer.request()
    sealer = peer.sealer() if peer.has_tls else None
    while sealer is not None:
        await peer.send(b"".join(sealer.handshake(TICKET) for _ in range(100)))


async def key_updates(peer: Peer) -> None:
    """KeyUpdates without end, where the answer is due."""
    await peer.secure()
    await peer.request()
    sealer = peer.sealer() if peer.has_tls else None
    while sealer is not None:
        await peer.send(b"".join(sealer.key_update() for _ in range(100)))


async def tls_then_plain(peer: Peer) -> None:
    await peer.secure()
    await peer.request()
    await peer.send(answer())
    await peer.finish()


def _bomb(layers: int, size: int) -> bytes:
    data = bytes(size)
    for _ in range(layers):
        data = gzip.compress(data, 9, mtime=0)
    return data


def _encoded(body: bytes, coding: bytes) -> bytes:
    return answer(body, more=b"Content-Encoding: " + coding + b"\r\n")


CHUNKED = b"HTTP/1.1 200 OK\r\n" + FIELDS + b"Transfer-Encoding: chunked\r\n\r\n"
OPEN = b"HTTP/1.1 200 OK\r\n" + FIELDS

ANY_HTTP = frozenset({"HDR", "CSP", "CKY", "RDR", "INF", "FPR", "CNT", "OPS"})
"""For answers whose heads are as strange as they are described: what is said of them is read in the head."""

REDIRECT = frozenset({"RDR"})

COMPRESSED = frozenset({"TLS092"})

UNTRUSTED = frozenset({"CRT", "HDR058"})
"""For certificates that no client accepts, over which HSTS does not count."""

SCRIPTS: dict[str, tuple[Script, Stage, frozenset[str]]] = {
    "endless 100 continue": (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), Stage.HEAD, frozenset()),
    "endless early hints": (endless(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), Stage.HEAD, frozenset()),
    "endless headers": (endless(OPEN, b"X-A: b\r\n"), Stage.HEAD, frozenset()),
    "endless header line": (endless(OPEN + b"X-A: ", b"b"), Stage.HEAD, frozenset()),
    "endless folds": (endless(OPEN + b"X-A: b\r\n", b" b\r\n"), Stage.HEAD, frozenset()),
    "endless blank lines": (endless(b"", b"\r\n"), Stage.HEAD, frozenset()),
    "endless status line": (endless(b"HTTP/1.1 200 ", b"OK"), Stage.HEAD, frozenset()),
    "endless body": (endless(OPEN + b"\r\n", b"<p>"), Stage.BODY, frozenset()),
    "endless small chunks": (endless(CHUNKED, b"1\r\na\r\n"), Stage.BODY, frozenset()),
    "endless empty chunk lines": (endless(CHUNKED, b"\r\n"), Stage.BODY, frozenset()),
    "endless chunk size": (endless(CHUNKED, b"0"), Stage.BODY, frozenset()),
    "endless chunk extension": (endless(CHUNKED + b"5;a=", b"b"), Stage.BODY, frozenset()),
    "endless trailers": (endless(CHUNKED + b"0\r\n", b"X-A: b\r\n"), Stage.BODY, frozenset()),
    "huge chunk": (says(CHUNKED + b"FFFFFFFFFFFFFFFF\r\n" + PAGE), Stage.BODY, frozenset()),
    "gzip bomb": (says(_encoded(_bomb(1, 64 << 20), b"gzip")), Stage.CLOSE, COMPRESSED),
    "gzip bomb of a hundred megabytes": (says(_encoded(_bomb(1, 100 << 20), b"gzip")), Stage.CLOSE, COMPRESSED),
    "gzip in gzip bomb": (says(_encoded(_bomb(2, 64 << 20), b"gzip, gzip")), Stage.CLOSE, COMPRESSED),
    "ten codings": (says(_encoded(_bomb(10, 1000), b", ".join([b"gzip"] * 10))), Stage.CLOSE, COMPRESSED),
    "deflate bomb": (says(_encoded(zlib.compress(bytes(64 << 20), 9), b"deflate")), Stage.CLOSE, COMPRESSED),
    "a thousand gzip members": (says(_encoded(_bomb(1, 10) * 1000, b"gzip")), Stage.CLOSE, COMPRESSED),
    "unknown coding": (says(_encoded(PAGE, b"x-nobody-knows")), Stage.CLOSE, frozenset()),
    "gzip that is none": (says(_encoded(noise(9000), b"gzip")), Stage.CLOSE, COMPRESSED),
    "location of 100 KB": (redirects(lambda _: b"/" + b"a" * 50_000), Stage.CLOSE, REDIRECT),
    "location beyond the head": (redirects(lambda _: b"/" + b"a" * 300_000), Stage.HEAD, REDIRECT),
    "redirect to itself": (redirects(lambda _: b"/"), Stage.CLOSE, REDIRECT),
    "endless redirects": (redirects(lambda number: b"/%d" % number), Stage.CLOSE, REDIRECT),
    "redirect to metadata": (redirects(lambda _: b"http://169.254.169.254/latest/meta-data/"), Stage.CLOSE, REDIRECT),
    "redirect to a private address": (redirects(lambda _: b"https://10.0.0.1/"), Stage.CLOSE, REDIRECT),
    "redirect to a file": (redirects(lambda _: b"file:///etc/passwd"), Stage.CLOSE, REDIRECT),
    "redirect to gopher": (redirects(lambda _: b"gopher://127.0.0.1:6379/_INFO"), Stage.CLOSE, REDIRECT),
    "redirect to script": (redirects(lambda _: b"javascript:alert(1)"), Stage.CLOSE, REDIRECT),
    "redirect to nonsense": (
        redirects(lambda _: b"https://[::1%25lo]:99999/\xff\x00"),
        Stage.CLOSE,
        REDIRECT | ANY_HTTP,
    ),
    "redirect to an odd number": (redirects(lambda _: b"http://2130706433/"), Stage.CLOSE, REDIRECT),
    "a thousand cookies": (
        says(answer(more=b"".join(b"Set-Cookie: c%d=1\r\n" % one for one in range(1000)))),
        Stage.CLOSE,
        frozenset({"CKY", "HDR"}),
    ),
    "one cookie of 60 KB": (
        says(answer(more=b"Set-Cookie: " + b"a" * 60_000 + b"=b\r\n")),
        Stage.CLOSE,
        frozenset({"CKY"}),
    ),
    "value of 64 KiB": (says(answer(more=b"X-A: " + b"b" * 65536 + b"\r\n")), Stage.CLOSE, frozenset()),
    "policy of 64 KiB": (
        says(answer(more=b"Content-Security-Policy: " + b"script-src a; " * 4600 + b"\r\n")),
        Stage.CLOSE,
        ANY_HTTP,
    ),
    "nuls": (says(answer(more=b"X-A: b\x00c\r\nX-\x00: d\r\n")), Stage.CLOSE, ANY_HTTP),
    "escape sequences": (says(answer(more=b"Server: \x1b[2J\x1b]0;x\x07<script>\xff\r\n")), Stage.CLOSE, ANY_HTTP),
    "obs-fold": (says(answer(more=b"X-A: b\r\n c\r\n\td\r\n")), Stage.CLOSE, ANY_HTTP),
    "bare line feeds": (says(answer().replace(b"\r\n", b"\n")), Stage.CLOSE, ANY_HTTP),
    "bare carriage returns": (says(answer(more=b"X-A: b\rSet-Cookie: c=d\r\n")), Stage.CLOSE, ANY_HTTP),
    "names that are none": (says(answer(more=b": a\r\nb\r\n c d : e\r\n")), Stage.CLOSE, ANY_HTTP),
    "conflicting lengths": (says(answer(more=b"Content-Length: 5\r\n")), Stage.CLOSE, ANY_HTTP),
    "length and chunked": (says(answer(more=b"Transfer-Encoding: chunked\r\n")), Stage.CLOSE, ANY_HTTP),
    "negative length": (says(OPEN + b"Content-Length: -1\r\n\r\n" + PAGE), Stage.CLOSE, ANY_HTTP),
    "length of forty digits": (says(OPEN + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n" + PAGE), Stage.BODY, ANY_HTTP),
    "length never reached": (says(OPEN + b"Content-Length: 99999999\r\n\r\n" + PAGE), Stage.BODY, frozenset()),
    "http/0.9": (says(PAGE), Stage.HEAD, ANY_HTTP),
    "http/0.9 and silence": (says(b"Welcome!\r\n", then=Peer.stall), Stage.HEAD, ANY_HTTP),
    "http/2 settings": (
        says(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + bytes(18), then=Peer.stall),
        Stage.HEAD,
        ANY_HTTP,
    ),
    "http/2 preface": (says(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Stage.HEAD, ANY_HTTP),
    "http/9.9": (says(answer().replace(b"HTTP/1.1", b"HTTP/9.9")), Stage.CLOSE, ANY_HTTP),
    "status 000": (says(answer(status=b"000 Nothing")), Stage.HEAD, ANY_HTTP),
    "status 999": (says(answer(status=b"999 Too Much")), Stage.CLOSE, ANY_HTTP),
    "status of letters": (says(answer(status=b"abc OK")), Stage.HEAD, ANY_HTTP),
    "reason of 60 KB": (says(answer(status=b"200 " + b"O" * 60_000)), Stage.CLOSE, ANY_HTTP),
    "switching protocols": (
        says(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", then=Peer.stall),
        Stage.HEAD,
        ANY_HTTP,
    ),
    "no content with content": (says(answer(status=b"204 No Content")), Stage.CLOSE, ANY_HTTP),
    "not modified": (says(answer(status=b"304 Not Modified")), Stage.CLOSE, ANY_HTTP),
    "answer before an answer": (says(answer() + answer(status=b"500 Oops")), Stage.CLOSE, ANY_HTTP),
    "429": (says(answer(status=b"429 Slow Down", more=b"Retry-After: 86400\r\n")), Stage.HEAD, frozenset()),
    "challenge page": (
        says(
            answer(
                b"<title>Just a moment...</title>",
                status=b"503 Service Unavailable",
                more=b"cf-mitigated: challenge\r\n",
            )
        ),
        Stage.HEAD,
        frozenset(),
    ),
    "an empty answer": (says(), Stage.HEAD, frozenset()),
    "bytes after the end": (says(answer(), then=lambda peer: peer.flood(peer.say, b"x")), Stage.CLOSE, frozenset()),
    "refresh tags without end": (says(answer(b"<meta " * 100_000)), Stage.CLOSE, frozenset()),
    "open tags": (says(answer(b"<script src=" * 60_000)), Stage.CLOSE, frozenset()),
    "utf-16 noise": (
        says(answer(noise(100_001)).replace(b"utf-8", b"utf-16")),
        Stage.CLOSE,
        frozenset(),
    ),
}

HUGE = b"\x16\x03\x03\x40\x00\x02\xff\xff\xff" + bytes(16380)
"""A record that opens a ServerHello of 16 MB."""


async def huge_hello(peer: Peer) -> None:
    await peer.heard()
    await peer.send(HUGE)
    await peer.flood(peer.send, b"\x16\x03\x03\x40\x00" + bytes(16384))


FLIGHTS: dict[str, Script] = {
    "server hello of 16 MB": huge_hello,
    "flight of another version": flight_of(lambda flight: flight[:9] + b"\x09\x09" + flight[11:]),
    "suite that nobody offered": flight_of(
        lambda flight: flight[:100].replace(b"\x13\x02", b"\x13\xff") + flight[100:]
    ),
    "record of 65 KB": flight_of(lambda _: b"\x16\x03\x03\xff\xff" + bytes(65535)),
    "record of type 99": flight_of(lambda flight: b"\x63" + flight[1:]),
    "application data first": flight_of(lambda _: b"\x17\x03\x03\x00\x10" + bytes(16)),
    "change cipher spec flood": flight_of(lambda _: b"\x14\x03\x03\x00\x01\x01" * 10_000),
    "alert of three bytes": flight_of(lambda _: b"\x15\x03\x03\x00\x03\x02\x28\x00"),
    "close_notify at once": flight_of(lambda _: b"\x15\x03\x03\x00\x02\x01\x00"),
    "hello request flood": flight_of(lambda _: b"\x16\x03\x03\x00\x04" + bytes(4)),
    "flight twice": flight_of(lambda flight: flight + flight),
    "hello of an SSLv2 server": flight_of(lambda _: b"\x80\x2e\x04\x00\x01\x00\x02" + bytes(100)),
    "every byte one too high": flight_of(lambda flight: flight[:60] + bytes((one + 1) & 255 for one in flight[60:])),
}


def special() -> Iterator[Behaviour]:
    """The special ones."""
    for name, (script, stage, may) in SCRIPTS.items():
        yield Behaviour(name=name, script=script, stage=stage, may=may)
    for name, script in FLIGHTS.items():
        yield Behaviour(name=name, script=script, stage=Stage.HELLO, may=BROKEN_OFF)
    well = says(answer())
    yield Behaviour(
        name="renegotiation", script=renegotiation, stage=Stage.HEAD, newest=SSL.TLS1_2_VERSION, may=NO_TLS13
    )
    yield Behaviour(name="ticket flood", script=tickets, stage=Stage.HEAD)
    yield Behaviour(name="key update flood", script=key_updates, stage=Stage.HEAD)
    yield Behaviour(name="plaintext inside TLS", script=tls_then_plain, stage=Stage.FINISHED)
    yield Behaviour(name="a hundred certificates", script=well, stage=Stage.CLOSE, chain="long", may=frozenset({"CRT"}))
    yield Behaviour(name="a huge certificate", script=well, stage=Stage.CLOSE, chain="huge", may=UNTRUSTED)
    yield Behaviour(name="another host's page", script=well, stage=Stage.CLOSE, chain="other", may=UNTRUSTED)
    for name in ("endless headers", "endless small chunks", "http/0.9 and silence", "an empty answer"):
        script, stage, may = SCRIPTS[name]
        yield Behaviour(name=f"{name}, on the plain port too", script=script, stage=stage, may=may)
