"""The kit of hostile servers: a script of sends, waits, splits, resets, stalls and floods for each connection.

A script is a coroutine over one `Peer`: the accepted connection, and a TLS engine over memory whose bytes the script
may send whole, in part, altered or not at all. Scripts run in a thread with an event loop of its own, so that what they
block is not the scanner.
"""

import asyncio
import contextlib
import functools
import os
import random
import socket
import struct
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from OpenSSL import SSL

from scanner.wire.tls13_flight import expand_label

RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: close() sends RST

READ = 16 * 1024

ESTABLISHED = 1  # the state in tcp_info of linux/tcp.h


class Sealer:
    """Makes TLS 1.3 records that OpenSSL would not (RFC 8446 section 5.2), after it has sent `sequence` of its own."""

    def __init__(self, secret: bytes, *, sequence: int) -> None:
        self._secret = secret
        self._hash = {32: "sha256", 48: "sha384"}[len(secret)]
        self._sequence = sequence

    def handshake(self, message: bytes) -> bytes:
        """One record with a handshake message."""
        key = expand_label(self._secret, "key", b"", 32 if self._hash == "sha384" else 16, self._hash)
        iv = expand_label(self._secret, "iv", b"", 12, self._hash)
        nonce = (int.from_bytes(iv, "big") ^ self._sequence).to_bytes(12, "big")
        self._sequence += 1
        header = b"\x17\x03\x03" + (len(message) + 17).to_bytes(2, "big")
        return header + AESGCM(key).encrypt(nonce, message + b"\x16", header)

    def key_update(self) -> bytes:
        """A KeyUpdate; what follows is under the next keys (RFC 8446 sections 4.6.3 and 7.2)."""
        sealed = self.handshake(b"\x18\x00\x00\x01\x00")
        self._secret = expand_label(self._secret, "traffic upd", b"", len(self._secret), self._hash)
        self._sequence = 0
        return sealed


class Gone(Exception):
    """The scanner has ended the connection: so has the script."""


class Peer:
    """One connection as a script sees it. `send` is raw, `say` is plaintext within TLS where TLS stands."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, context: SSL.Context | None, number: int
    ) -> None:
        self._reader = reader
        self._writer = writer
        self.number = number
        self.tls: SSL.Connection | None = None
        self._context = context
        self._own_records = 0

    @property
    def has_tls(self) -> bool:
        """Whether this is a port of TLS."""
        return self._context is not None

    @property
    def established(self) -> bool:
        """Whether the scanner has not ended the connection, as the kernel knows at this instant (TCP_INFO)."""
        sock: socket.socket = self._writer.get_extra_info("socket")
        return sock.fileno() >= 0 and sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == ESTABLISHED

    async def send(self, data: bytes) -> None:
        """Raw bytes, all of them."""
        self._writer.write(data)
        await self._writer.drain()

    async def say(self, data: bytes) -> None:
        """`data` inside TLS, or as it is on a plain port."""
        if self.tls is None:
            await self.send(data)
            return
        for at in range(0, len(data), READ):
            self.tls.send(data[at : at + READ])
            await self.send(self._written())

    async def split(self, put: Callable[[bytes], Awaitable[None]], data: bytes, *, pause: float = 0.0) -> None:
        """`data` byte by byte."""
        for byte in data:
            await put(bytes([byte]))
            await asyncio.sleep(pause)

    async def flood(self, put: Callable[[bytes], Awaitable[None]], piece: bytes) -> None:
        """`piece` for ever."""
        many = piece * (1 + READ // len(piece))
        while True:
            await put(many)

    async def stall(self) -> None:
        """Silence until the scanner goes."""
        while await self._reader.read(READ):
            pass
        raise Gone

    def reset(self) -> None:
        """RST."""
        sock: socket.socket = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self._writer.transport.abort()

    async def finish(self) -> None:
        """FIN, without close_notify, and silence."""
        self._writer.write_eof()
        await self.stall()

    async def heard(self) -> bytes:
        """The next bytes, raw."""
        data = await self._reader.read(READ)
        if not data:
            raise Gone
        return data

    async def flight(self) -> bytes:
        """The server's answer to a ClientHello, not sent yet; an alert for what OpenSSL refuses."""
        assert self._context is not None, "a plain port has no flights"
        if self.tls is None:
            self.tls = SSL.Connection(self._context, None)
            self.tls.set_accept_state()
        while True:
            self.tls.bio_write(await self.heard())
            try:
                self.tls.do_handshake()
                refused = False
            except SSL.Error as error:
                refused = not isinstance(error, SSL.WantReadError)
            if out := self._written():
                return out
            if refused:
                raise Gone

    async def secure(self) -> None:
        """The whole handshake, where there is TLS. Ends the script where it fails."""
        if self._context is None:
            return
        await self.send(await self.flight())
        assert self.tls is not None
        last = b""
        while self.tls.get_finished() is None or self.tls.get_peer_finished() is None:
            last = await self.flight()
            await self.send(last)
        self._own_records = _count_records(last)

    def hello_request(self) -> bytes:
        """A record that asks for renegotiation (TLS 1.2), not sent yet; empty while one is under way."""
        assert self.tls is not None
        self.tls.renegotiate()
        with contextlib.suppress(SSL.WantReadError):
            self.tls.do_handshake()
        return self._written()

    def sealer(self) -> Sealer:
        """For records of TLS 1.3 after the handshake; what is said from then on no longer decrypts."""
        assert self.tls is not None
        return Sealer(self.tls.get_app_data(), sequence=self._own_records)

    async def request(self) -> bytes:
        """The head of one request."""
        head = b""
        while b"\r\n\r\n" not in head:
            head += await self._plaintext()
        return head

    async def _plaintext(self) -> bytes:
        if self.tls is None:
            return await self.heard()
        while True:
            try:
                return self.tls.recv(READ)
            except SSL.WantReadError:
                self.tls.bio_write(await self.heard())
            except SSL.Error:
                raise Gone from None

    def _written(self) -> bytes:
        assert self.tls is not None
        out = b""
        with contextlib.suppress(SSL.Error):
            while True:
                out += self.tls.bio_read(READ)
        return out


def _count_records(data: bytes) -> int:
    count = 0
    while data:
        data = data[5 + int.from_bytes(data[3:5], "big") :]
        count += 1
    return count


def _keep_secret(connection: SSL.Connection, line: bytes) -> None:
    """OpenSSL's key log: keeps what protects the server's records after the handshake (TLS 1.3)."""
    label, _, secret = line.split(b" ")
    if label == b"SERVER_TRAFFIC_SECRET_0":
        connection.set_app_data(bytes.fromhex(secret.decode("ascii")))


Script = Callable[[Peer], Awaitable[None]]


class Hostiles:
    """An event loop in a thread, with one listener a script. A context manager that leaves nothing running."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(lambda _loop, _context: None)  # what scripts do to their streams is no matter
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def serve(self, script: Script, context: SSL.Context | None = None, *, address: str = "127.0.0.1") -> int:
        """The port of a server that runs `script` on every connection."""
        return asyncio.run_coroutine_threadsafe(self._listen(script, context, address), self._loop).result()

    async def _listen(self, script: Script, context: SSL.Context | None, address: str) -> int:
        count = 0

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal count
            count += 1
            task = asyncio.current_task()
            assert task is not None
            self._tasks.add(task)
            try:
                with contextlib.suppress(OSError, Gone, SSL.Error):
                    await script(Peer(reader, writer, context, count))
            finally:
                writer.close()
                self._tasks.discard(task)

        server = await asyncio.start_server(connected, address, 0, backlog=512)
        self._servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def _stop(self) -> None:
        for server in self._servers:
            server.close()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # for the transports to close


def tls_context(chain: tuple[bytes, ...], key: bytes, *, newest: int) -> SSL.Context:
    """A server's context of TLS 1.2 up to `newest` for certificates and a key in PEM."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_max_proto_version(newest)
    context.set_cipher_list(b"ECDHE+AESGCM:ECDHE+CHACHA20")
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_keylog_callback(_keep_secret)
    private = serialization.load_pem_private_key(key, password=None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    context.use_privatekey(private)
    context.use_certificate(x509.load_pem_x509_certificate(chain[0]))
    for other in chain[1:]:
        context.add_extra_chain_cert(x509.load_pem_x509_certificate(other))
    return context


@functools.cache
def noise(size: int) -> bytes:
    """Bytes that are nothing, the same in every run."""
    return random.Random(size).randbytes(size)


def open_things() -> Iterator[str]:
    """What this process has open: descriptors with what they lead to, threads, child processes. Linux only."""
    for one in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # the one that reads this folder
            yield f"fd {one.name} {one.readlink()}"
    yield from (f"thread {one.name}" for one in threading.enumerate())
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text("ascii")
    yield from (f"child {pid}" for pid in children.split())
