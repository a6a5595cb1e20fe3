"""Serves every fabricated site of the Observatory's corpus at once on loopback, http and https, told apart by the host.

A raw socket server of our own: header values go out byte for byte. What a case does not declare answers 404; a scheme
that is absent does not listen, which the overrides point at a port where nobody does.
"""

import asyncio
import contextlib
import datetime
import functools
import ipaddress
import json
import pathlib
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from types import TracebackType
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from probes.registry import all_probes
from scanner.engine.api import scan
from scanner.engine.plan import expand
from scanner.model.options import Override, ScanOptions
from scanner.model.result import TargetResult
from scanner.wire.target_url import parse_target
from tests.support.observatory_sites import Answer, Corpus, answer_of, preload_list

DAY = datetime.timedelta(days=1)
MAX_HEAD = 65_536
BODYLESS = frozenset({204, 304})


class _Authority:
    """A root of our own, and leaves for any host: good, expired, for another name, or signed by themselves."""

    def __init__(self) -> None:
        self._now = datetime.datetime.now(datetime.UTC)
        self._root_key, self._key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        self._name = _named("Observatory corpus root")
        root = self._builder(self._name, self._name, self._root_key.public_key(), self._now - DAY, self._now + 90 * DAY)
        ca = x509.BasicConstraints(ca=True, path_length=0)
        self.root = root.add_extension(ca, critical=True).sign(self._root_key, hashes.SHA256())

    def leaf(self, host: str, problem: str | None) -> bytes:
        """Certificate and key in PEM."""
        start = self._now - (60 * DAY if problem == "expired" else DAY)
        end = self._now - DAY if problem == "expired" else self._now + 60 * DAY
        name = "somebody-else.example" if problem == "wrong-host" else host
        alone = problem == "self-signed"
        issuer, signer = (_named(name), self._key) if alone else (self._name, self._root_key)
        builder = self._builder(_named(name), issuer, self._key.public_key(), start, end)
        alternative = x509.SubjectAlternativeName([_general_name(name)])
        leaf = builder.add_extension(alternative, critical=False).sign(signer, hashes.SHA256())
        key = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return leaf.public_bytes(serialization.Encoding.PEM) + key

    @staticmethod
    def _builder(
        subject: x509.Name,
        issuer: x509.Name,
        key: ec.EllipticCurvePublicKey,
        start: datetime.datetime,
        end: datetime.datetime,
    ) -> x509.CertificateBuilder:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
        return builder.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


class ObservatoryServer:
    """The sites of these cases, served by a thread of its own while the context is open.

    `overrides(case)` leads a scan here; `ca` is the path of the root that signed the certificates.
    """

    def __init__(self, cases: Sequence[Corpus], directory: pathlib.Path) -> None:
        self._origins = {origin: paths for case in cases for origin, paths in case.origins.items()}
        self._problems = {host: problem for case in cases for host, problem in case.tls.items()}
        self._authority = _Authority()
        self._directory = directory
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = socket.socket()
        self.ca = directory / "ca.pem"
        self.ca.write_bytes(self._authority.root.public_bytes(serialization.Encoding.PEM))
        self.ports: dict[str, int] = {}

    def overrides(self, case: Corpus) -> tuple[Override, ...]:
        """Where the hosts of a case are: here, or where nobody listens."""
        return tuple(
            Override(
                host=host,
                port=port,
                address="127.0.0.1",
                to_port=self.ports[scheme] if f"{scheme}://{host}" in case.origins else self._closed.getsockname()[1],
            )
            for host in sorted(_hosts(case))
            for scheme, port in (("http", 80), ("https", 443))
        )

    def __enter__(self) -> "ObservatoryServer":
        self._closed.bind(("127.0.0.1", 0))  # bound and never listening: whoever connects is refused
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._closed.close()

    async def _open(self) -> None:
        first = self._context("nobody.example")
        first.sni_callback = self._choose
        self._servers = [
            await asyncio.start_server(
                functools.partial(self._serve, scheme), "127.0.0.1", 0, ssl=context, limit=MAX_HEAD
            )
            for scheme, context in (("http", None), ("https", first))
        ]
        for scheme, server in zip(("http", "https"), self._servers, strict=True):
            self.ports[scheme] = server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _choose(self, connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        if name is not None:
            connection.context = self._context(name)

    @functools.cache  # noqa: B019 - as long as the server
    def _context(self, host: str) -> ssl.SSLContext:
        file = self._directory / "leaf.pem"
        file.write_bytes(self._authority.leaf(host, self._problems.get(host)))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    async def _serve(self, scheme: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with contextlib.suppress(
                OSError, EOFError, asyncio.LimitOverrunError, asyncio.CancelledError, ssl.SSLError
            ):
                while True:
                    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                    writer.write(self._answer(scheme, head))
                    await writer.drain()
        finally:
            self._tasks.discard(task)
            writer.close()

    def _answer(self, scheme: str, head: str) -> bytes:
        line, *fields = head.split("\r\n")
        method, path, _ = line.split(" ", 2)
        sent = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        url = f"{scheme}://{sent.get('host', '')}{path}"
        answer = answer_of(self._origins, method, url)
        return _encoded(answer if answer is not None else {"status": 421, "headers": [], "body": ""}, method, sent)


def _encoded(answer: Answer, method: str, sent: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {answer['status']} Fabricated"]
    lines += [f"{name}: {value.replace('{origin}', sent.get('origin', ''))}" for name, value in answer["headers"]]
    body = answer["body"].encode() if method != "HEAD" and answer["status"] not in BODYLESS else b""
    if answer["status"] not in BODYLESS:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def _hosts(case: Corpus) -> Iterator[str]:
    """Every host that a scan of the case may be led to."""
    hosts = {case.host} | {urlsplit(origin).hostname or "" for origin in case.origins}
    for paths in case.origins.values():
        for answer in paths.values():
            hosts |= {urlsplit(value).hostname or "" for name, value in answer["headers"] if name.lower() == "location"}
    yield from hosts - {""}


@functools.cache
def _topics() -> frozenset[str]:
    probes = all_probes()
    return expand(("http",), probes, "--only")


async def scan_case(case: Corpus, server: ObservatoryServer, directory: pathlib.Path) -> TargetResult:
    """What `leadline scan https://HOST/ --only http --resolve … --ca … --preload-list …` finds."""
    listed = directory / f"{case.id}.json"
    listed.write_text(json.dumps(preload_list(case)))
    target = parse_target(f"https://{case.host}/")
    options = ScanOptions(
        only=_topics(), overrides=server.overrides(case), ca=(str(server.ca),), preload_list=str(listed)
    )
    return (await scan([target], options=options)).targets[0]
