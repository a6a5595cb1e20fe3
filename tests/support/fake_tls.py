"""A TLS server for tests that says what a script tells it to: it reads one ClientHello and answers, right or wrong.

It computes nothing: certificates, signatures and key shares are filler, which a client that stops at the server's first
flight cannot tell from real ones.
"""

import asyncio
import contextlib
import dataclasses
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

from scanner.model.suite_traits import traits
from scanner.wire.octets import Octets, read_codes, vector
from scanner.wire.tls12_flight import needs_certificate, needs_key_exchange
from scanner.wire.tls_hello import RETRY_RANDOM
from scanner.wire.tls_registry import suite_name
from scanner.wire.tls_version import Version

FILLER_CERTIFICATE = bytes(300)
FFDHE = frozenset(range(0x0100, 0x0105))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SeenHello:
    """A ClientHello as the server reads it. `size` counts the handshake message with its header."""

    legacy_version: int
    session_id: bytes
    suites: tuple[int, ...]
    extensions: Mapping[int, bytes]
    size: int

    @property
    def groups(self) -> tuple[int, ...]:
        """supported_groups; empty where it has none."""
        return read_codes(self.extensions[10][2:], "groups") if 10 in self.extensions else ()

    @property
    def versions(self) -> tuple[int, ...]:
        """The versions it accepts."""
        if 43 in self.extensions:
            return read_codes(self.extensions[43][1:], "versions")
        return tuple(range(Version.SSL3, self.legacy_version + 1))

    @property
    def shares(self) -> tuple[int, ...]:
        """The groups of its key shares."""
        entries = Octets(self.extensions.get(51, b"\0\0")[2:])
        found: list[int] = []
        while entries.left:
            found.append(entries.number(2))
            entries.vector(2)
        return tuple(found)


def read_hello(message: bytes) -> SeenHello:
    """Reads a ClientHello message, header included."""
    octets = Octets(message[4:])
    version, _ = octets.number(2), octets.take(32)
    session_id, suites, _ = octets.vector(1), octets.vector(2), octets.vector(1)
    extensions: dict[int, bytes] = {}
    listed = Octets(octets.vector(2)) if octets.left else Octets(b"")
    while listed.left:
        code = listed.number(2)
        extensions[code] = listed.vector(2)
    return SeenHello(
        legacy_version=version,
        session_id=session_id,
        suites=read_codes(suites, "suites"),
        extensions=extensions,
        size=len(message),
    )


def handshake_record(version: int, *messages: bytes) -> bytes:
    """One handshake record."""
    return b"\x16" + version.to_bytes(2, "big") + vector(b"".join(messages), 2)


def alert(number: int, *, level: int = 2) -> bytes:
    """One alert record."""
    return b"\x15\x03\x01\x00\x02" + bytes((level, number))


def message(kind: int, body: bytes) -> bytes:
    """One handshake message."""
    return bytes((kind,)) + vector(body, 3)


def server_hello(
    version: int, suite: int, *, compression: int = 0, extensions: bytes = b"", random: bytes = b""
) -> bytes:
    """A ServerHello message."""
    legacy = min(version, Version.TLS1_2)
    body = legacy.to_bytes(2, "big") + (random or bytes(range(32))) + b"\0" + suite.to_bytes(2, "big")
    return message(2, body + bytes((compression,)) + (vector(extensions, 2) if extensions else b""))


def retry_request(suite: int, group: int) -> bytes:
    """A HelloRetryRequest that asks for a group."""
    extensions = b"\x00\x2b\x00\x02\x03\x04\x00\x33\x00\x02" + group.to_bytes(2, "big")
    return server_hello(Version.TLS1_3, suite, extensions=extensions, random=RETRY_RANDOM)


def key_exchange(suite: int, version: int, *, group: int = 0x0017) -> bytes:
    """A ServerKeyExchange message that fits the suite."""
    kind = traits(suite_name(suite))
    body = b"\0\0" if kind.authentication == "PSK" else b""
    if kind.key_exchange == "DHE":
        body += vector(b"\xff" * 256, 2) + vector(b"\x02", 2) + vector(b"\x03" * 256, 2)
    else:
        body += b"\x03" + group.to_bytes(2, "big") + vector(b"\x04" + bytes(64), 1)
    if kind.authentication not in {"anonymous", "PSK"}:
        body += (b"\x04\x01" if version >= Version.TLS1_2 else b"") + vector(bytes(64), 2)
    return message(12, body)


def flight(version: int, suite: int, *, group: int = 0x0017) -> bytes:
    """The records of a whole server flight of TLS 1.2 or below."""
    kind = traits(suite_name(suite))
    parts = [server_hello(version, suite)]
    if needs_certificate(kind):
        parts.append(message(11, vector(vector(FILLER_CERTIFICATE, 3), 3)))
    if needs_key_exchange(kind):
        parts.append(key_exchange(suite, version, group=group))
    parts.append(message(14, b""))
    return handshake_record(version, *parts)


class Reset(Exception):
    """An answer that ends the connection with RST."""


class Late(Exception):
    """An answer that comes after `seconds`."""

    def __init__(self, answer: bytes, seconds: float) -> None:
        super().__init__()
        self.answer = answer
        self.seconds = seconds


class Silence(Exception):
    """An answer that never comes."""


Answer = Callable[[SeenHello], bytes]
"""What the server says to a hello; b"" for a plain FIN, or raises `Reset` or `Silence`."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Suites:
    """A server with suites by version, in its order of preference (`server`) or the client's.

    `chacha_first`: ChaCha20 moves up where the client has it first. `refuse` and `refuse_version` are the answers to an
    offer and to a version that it does not accept. `groups` is for TLS 1.3.
    """

    by_version: Mapping[Version, Sequence[int]]
    server: bool = True
    chacha_first: bool = False
    refuse: Answer = lambda _: alert(40)
    refuse_version: Answer = lambda _: alert(70)
    groups: tuple[int, ...] = (0x001D,)

    def __call__(self, hello: SeenHello) -> bytes:
        """The answer to a hello."""
        version = max((one for one in self.by_version if one in hello.versions), default=None)
        if version is None:
            return self.refuse_version(hello)
        accepted = self.by_version[version]
        order = [one for one in accepted if one in hello.suites]
        offered = [one for one in hello.suites if one in accepted]
        if not order:
            return self.refuse(hello)
        chosen = order[0] if self.server else offered[0]
        if self.chacha_first and "CHACHA20" in suite_name(hello.suites[0]):
            chosen = next((one for one in order if "CHACHA20" in suite_name(one)), chosen)
        if version == Version.TLS1_3:
            group = next(one for one in self.groups if one in hello.groups)
            if group not in hello.shares:
                return handshake_record(Version.TLS1_2, retry_request(chosen, group))
            share = b"\x00\x33" + vector(group.to_bytes(2, "big") + vector(bytes(32), 2), 2)
            return handshake_record(
                Version.TLS1_2,
                server_hello(version, chosen, extensions=b"\x00\x2b\x00\x02\x03\x04" + share),
            )
        return flight(version, chosen)


@dataclasses.dataclass(slots=True)
class FakeServer:
    """A running server: where it is, what it has seen."""

    port: int
    hellos: list[SeenHello] = dataclasses.field(default_factory=list)
    connections: int = 0
    open_now: int = 0
    most_open: int = 0


async def _read_message(reader: asyncio.StreamReader) -> bytes | None:
    """The first handshake message; None for something that is no TLS."""
    head = await reader.readexactly(5)
    if head[0] != 0x16:
        return None
    return await reader.readexactly(int.from_bytes(head[3:5], "big"))


@contextlib.asynccontextmanager
async def fake_server(
    answer: Answer,
    *,
    chunk: int | None = None,
    one_at_a_time: bool = False,
    raw: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]] | None = None,
) -> AsyncIterator[FakeServer]:
    """Runs a server on 127.0.0.1 that gives `answer` to each hello, `chunk` bytes at a time.

    What is no TLS record (an SSLv2 hello) is answered with alert 70. `raw` takes the whole connection over.
    """
    state = FakeServer(0)
    turn = asyncio.Lock()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        state.connections += 1
        state.open_now += 1
        state.most_open = max(state.most_open, state.open_now)
        try:
            async with turn if one_at_a_time else contextlib.nullcontext():
                await converse(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            state.open_now -= 1
            writer.close()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if raw is not None:
            await raw(reader, writer)
            return
        seen = await _read_message(reader)
        try:
            if seen is None:
                out = alert(70)
            else:
                state.hellos.append(read_hello(seen))
                out = answer(state.hellos[-1])
        except Reset:
            sock: socket.socket = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return
        except Late as late:
            await asyncio.sleep(late.seconds)
            out = late.answer
        except Silence:
            await reader.read()
            return
        for at in range(0, len(out), chunk or len(out) or 1):
            writer.write(out[at : at + (chunk or len(out))])
            await writer.drain()
        writer.write_eof()
        await reader.read()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    state.port = server.sockets[0].getsockname()[1]
    async with server:
        yield state


def reset(_: SeenHello) -> bytes:
    """An answer: RST."""
    raise Reset


def hang_up(_: SeenHello) -> bytes:
    """An answer: FIN."""
    return b""


def silence(_: SeenHello) -> bytes:
    """An answer: nothing, for ever."""
    raise Silence
