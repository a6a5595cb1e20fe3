"""Sites on loopback: replicas of the kinds of site that a scanner meets, served by threads of their own.

A site is a handler (request line and fields in, answer out) behind TLS with a certificate from the test's own CA. What
some real fronts do to the connection itself (resetting or delaying refusals) is done by a relay before it.
"""

import asyncio
import contextlib
import dataclasses
import datetime
import enum
import gzip
import json
import pathlib
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Self

import trustme

from scanner.cli.main import execute

RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: close() sends RST

Connection = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Refusal = Callable[[asyncio.StreamWriter, bytes], Awaitable[None]]


@dataclasses.dataclass(frozen=True, slots=True)
class Request:
    """The head of a request: method, target and fields (names in lower case)."""

    method: str
    target: str
    fields: dict[str, str]


class Framing(enum.Enum):
    """How an answer says where its body ends."""

    LENGTH = "Content-Length: {length}"
    CHUNKED = "Transfer-Encoding: chunked"
    CLOSE = "Connection: close"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a handler answers. `gzipped` compresses the body."""

    status: str = "200 OK"
    fields: tuple[str, ...] = ()
    body: str = ""
    version: str = "HTTP/1.1"
    framing: Framing = Framing.LENGTH
    gzipped: bool = False

    @property
    def closes(self) -> bool:
        """Whether the connection ends with this answer."""
        return self.framing is Framing.CLOSE or self.version == "HTTP/1.0"

    def encoded(self) -> bytes:
        content = gzip.compress(self.body.encode()) if self.gzipped else self.body.encode()
        coding = ("Content-Encoding: gzip",) if self.gzipped else ()
        framing = () if self.status.startswith(("204", "304")) else (self.framing.value.format(length=len(content)),)
        lines = [f"{self.version} {self.status}", *self.fields, *coding, *framing, "", ""]
        if self.framing is Framing.CHUNKED:
            content = b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content)
        return "\r\n".join(lines).encode() + content


Handler = Callable[[Request], Answer | None]
"""What answers a request; None hangs up without a word, as `return 444` of nginx does."""

_LIGHT = frozenset({"info", "low"})

OF_THE_LIBRARY = frozenset({"TLS022", "TLS051", "TLS056", "TLS090"})
"""What is said, for information, of every server that leaves Python's TLS as it is: no post-quantum group, no demands
on names and protocols, no ECH, finite-field groups. It changes with the OpenSSL beneath.
"""

_ENDED = frozenset({"ok", "not-applicable", "not-assessed"})

MAX_HEAD = 64 * 1024
MAX_FIELDS = 100


def respond(handler: Handler) -> Connection:
    """A connection handler that serves HTTP/1.1 with keep-alive, and refuses large heads as servers do."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ssl.SSLError):
            while True:
                raw = await reader.readuntil(b"\r\n\r\n")
                line, *fields = raw.decode("latin-1").split("\r\n")[:-2]
                parts = line.split(" ")
                if len(raw) > 8192 or len(fields) > MAX_FIELDS or len(parts) != 3:
                    refusal = ("Content-Type: text/plain",)
                    answer: Answer | None = Answer(status="400 Bad Request", fields=refusal, body="Bad Request\n")
                else:
                    pairs = (field.partition(":") for field in fields)
                    answer = handler(Request(parts[0], parts[1], {k.lower(): v.strip() for k, _, v in pairs}))
                if answer is None:
                    break
                writer.write(answer.encoded())
                await writer.drain()
                if answer.closes:
                    break
        writer.close()

    return serve


class Loopback:
    """An event loop in a thread, with servers on 127.0.0.1. A context manager that leaves nothing running."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(lambda _loop, _context: None)
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._servers: list[asyncio.Server] = []
        self.ca = trustme.CA()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _listen(self, connection: Connection, context: ssl.SSLContext | None, address: str = "127.0.0.1") -> int:
        async def start() -> asyncio.Server:
            return await asyncio.start_server(connection, address, 0, ssl=context, limit=MAX_HEAD)

        server = asyncio.run_coroutine_threadsafe(start(), self._loop).result(10)
        self._servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    def plain(self, handler: Handler) -> int:
        """The port of a plain-http site."""
        return self._listen(respond(handler), None)

    def secure(self, handler: Handler, context: ssl.SSLContext, address: str = "127.0.0.1") -> int:
        """The port of an https site."""
        return self._listen(respond(handler), context, address)

    def raw(self, connection: Connection, context: ssl.SSLContext | None = None) -> int:
        """The port of a server that does with the connection what it likes, behind TLS where there is a context."""
        return self._listen(connection, context)

    def closed_port(self) -> int:
        """A port where nobody listens: one that was given out and freed again."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
            return port

    def context(
        self,
        *names: str,
        days: float = 60,
        age_days: float = 10,
        common_name: str | None = None,
        oldest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
        newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
        keys: Sequence[trustme.KeyType] = (trustme.KeyType.ECDSA,),
        suites: str = "ECDHE+AESGCM:ECDHE+CHACHA20",
    ) -> ssl.SSLContext:
        """A modern server context for these names: leaves of `days` days, `age_days` of them gone, one for each key."""
        now = datetime.datetime.now(datetime.UTC)
        begin = now - datetime.timedelta(days=age_days)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version, context.maximum_version = oldest, newest
        context.set_ciphers(suites)
        for key in keys:
            leaf = self.ca.issue_cert(
                *names,
                common_name=common_name,
                not_before=begin,
                not_after=begin + datetime.timedelta(days=days),
                key_type=key,
            )
            leaf.configure_cert(context)
        return context

    def refusing_relay(self, port: int, refuse: Refusal) -> int:
        """The port of a relay to `port` that hands a refusing TLS alert to `refuse` instead of sending it on."""

        async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            behind_reader, behind_writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                behind_writer.write(await reader.read(65536))
                first = await behind_reader.read(65536)
                if first[:1] == b"\x15" or not first:
                    await refuse(writer, first)
                    return
                writer.write(first)
                await asyncio.gather(_pump(reader, behind_writer), _pump(behind_reader, writer))
            finally:
                behind_writer.close()
                writer.close()

        return self.raw(relay)

    def resetting_relay(self, port: int) -> int:
        """The port of a relay to `port` that turns a refusing TLS alert into a bare TCP reset, as Schannel does."""
        return self.refusing_relay(port, _reset)


async def _reset(writer: asyncio.StreamWriter, alert: bytes) -> None:
    del alert
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    writer.transport.abort()


async def hang_up(writer: asyncio.StreamWriter, alert: bytes) -> None:
    """A refusal that is a bare FIN."""
    del alert
    writer.close()


def after(seconds: float) -> Refusal:
    """A refusal that comes late, as load balancers send it to slow attackers down."""

    async def late(writer: asyncio.StreamWriter, alert: bytes) -> None:
        await asyncio.sleep(seconds)
        writer.write(alert)
        await writer.drain()

    return late


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()


def only_for(name: str, context: ssl.SSLContext) -> ssl.SSLContext:
    """`context`, refusing every hello that does not ask for `name` (strict SNI)."""

    def choose(_connection: ssl.SSLObject, asked: str | None, _context: ssl.SSLContext) -> int | None:
        return None if asked == name else ssl.AlertDescription.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    context.sni_callback = choose
    return context


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """What a scan of one target ended with: the exit code and the target's part of the JSON report."""

    code: int
    target: dict[str, Any]

    def outcomes(self, rule: str) -> list[tuple[str, str | None]]:
        """Status and reason of a rule at every endpoint."""
        return [(one["status"], one["reason"]) for one in self.target["outcomes"] if one["rule"] == rule]

    def status(self, rule: str) -> str:
        """The status of a rule, which is the same at every endpoint."""
        (status,) = {status for status, _ in self.outcomes(rule)}
        return status

    def messages(self, rule: str) -> list[str]:
        """The messages of a rule's findings."""
        return [one["message"] for one in self.target["findings"] if one["rule"] == rule]

    def severities(self) -> dict[str, str]:
        """The severity of each rule that found something; the heaviest, which comes first."""
        found: dict[str, str] = {}
        for one in self.target["findings"]:
            found.setdefault(one["rule"], one["severity"])
        return found

    def of_the_site(self) -> dict[str, str]:
        """`severities` without the information on the TLS library."""
        return {
            rule: weight for rule, weight in self.severities().items() if rule not in OF_THE_LIBRARY or weight != "info"
        }

    def low(self) -> dict[str, str]:
        """`severities` without what is information only: advice, which comes and goes."""
        return {rule: weight for rule, weight in self.severities().items() if weight != "info"}

    @property
    def heavy(self) -> list[tuple[str, str]]:
        """Rule and message of every finding of medium or above."""
        return [(one["rule"], one["message"]) for one in self.target["findings"] if one["severity"] not in _LIGHT]

    @property
    def unfinished(self) -> list[tuple[str, str, str | None, str | None]]:
        """What was begun and not ended: topic, outcome, stage and detail."""
        lost = [one for one in self.target["observations"] if one["outcome"] not in _ENDED]
        return [(one["topic"], one["outcome"], one["stage"], one["detail"]) for one in lost]

    def assert_unblamed(self) -> None:
        """Nothing of medium or above, everything that was begun was ended, and exit 0."""
        assert self.heavy == []
        assert self.unfinished == []
        assert self.code == 0

    def beside(self, report: Mapping[str, str]) -> dict[str, tuple[str | None, str | None]]:
        """Where this is not what `report` says: severity here, severity there. Further information does not count."""
        here = self.severities()
        wanted = self.low().keys() | report.keys()
        return {rule: (here.get(rule), report.get(rule)) for rule in wanted if here.get(rule) != report.get(rule)}


def scan_site(
    loopback: Loopback, folder: pathlib.Path, url: str, places: Iterable[str], *arguments: str, trusting: bool = True
) -> Scanned:
    """Scans `url`, trusting the loopback's CA. A place is `HOST:PORT:ADDRESS:PORT`, as `--resolve` takes it."""
    bundle, report = folder / "ca.pem", folder / "report.json"
    loopback.ca.cert_pem.write_to_path(str(bundle))
    resolved = [word for place in places for word in ("--resolve", place)]
    trust = ["--ca", str(bundle)] if trusting else []
    code = execute(["scan", url, *resolved, *trust, "-q", "-o", str(report), *arguments])
    return Scanned(code=code, target=json.loads(report.read_text("utf-8"))["targets"][0])
