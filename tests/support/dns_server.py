"""A DNS server on loopback, over UDP and TCP: answers from a table, and can be told to change its mind or be silent."""

import asyncio
import contextlib
import socket
import struct
import typing
from collections.abc import AsyncIterator, Callable

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

Zone = dict[tuple[str, str], list[str]]
"""Records in presentation form by name and type; a name with records of any type exists."""

Behaviour = Callable[[dns.message.Message], bytes | None]
"""What a question is answered with instead of from the zone; None: silence."""


class DnsServer:
    """The server's state. `zone` may be changed while it runs; `asked` keeps every question as (name, type)."""

    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self.failures: dict[tuple[str, str], dns.rcode.Rcode] = {}
        self.silent: set[tuple[str, str]] = set()
        self.instead: dict[tuple[str, str], Behaviour] = {}
        self.truncate = False
        self.asked: list[tuple[str, str]] = []
        self.address = ""

    def answer(self, wire: bytes, *, over_tcp: bool) -> bytes | None:
        """The answer to one question; None where the server stays silent."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        key = (name, dns.rdatatype.to_text(question.rdtype))
        self.asked.append(key)
        if key in self.silent:
            return None
        if key in self.instead:
            return self.instead[key](query)
        response = dns.message.make_response(query, recursion_available=True)
        if key in self.failures:
            response.set_rcode(self.failures[key])
        elif self.truncate and not over_tcp:
            response.flags |= dns.flags.TC
        else:
            self._fill(response, *key)
        return response.to_wire()

    def _fill(self, response: dns.message.Message, name: str, record_type: str) -> None:
        for _ in range(20):
            alias = self.zone.get((name, "CNAME"))
            if alias is None or record_type == "CNAME":
                break
            response.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "CNAME", alias[0]))
            name = alias[0].rstrip(".")
        records = self.zone.get((name, record_type))
        if records:
            # One set a record: dnspython shuffles the records of a set, and the order is part of the test.
            response.answer += [dns.rrset.from_text(f"{name}.", 60, "IN", record_type, one) for one in records]
        elif not any(known == name or known.endswith(f".{name}") for known, _ in self.zone):
            response.set_rcode(dns.rcode.NXDOMAIN)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: DnsServer) -> None:
        self._server = server
        self._transport: asyncio.DatagramTransport | None = None
        self.gone = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = typing.cast("asyncio.DatagramTransport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.gone.set()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self._server.answer(data, over_tcp=False)
        if answer is not None and self._transport is not None:
            self._transport.sendto(answer, addr)


def _same_port() -> tuple[socket.socket, socket.socket]:
    """A TCP and a UDP socket on one free port; another process may have the one of the two that comes second."""
    while True:
        tcp, udp = socket.socket(type=socket.SOCK_STREAM), socket.socket(type=socket.SOCK_DGRAM)
        tcp.bind(("127.0.0.1", 0))
        try:
            udp.bind(tcp.getsockname())
        except OSError:
            tcp.close()
            udp.close()
        else:
            return tcp, udp


@contextlib.asynccontextmanager
async def serving(zone: Zone) -> AsyncIterator[DnsServer]:
    """A running server; its `address` is what `--resolver` takes."""
    server = DnsServer(zone)

    async def stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (length,) = struct.unpack("!H", await reader.readexactly(2))
        answer = server.answer(await reader.readexactly(length), over_tcp=True)
        if answer is not None:
            writer.write(struct.pack("!H", len(answer)) + answer)
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    tcp, udp = _same_port()
    server.address = "{}:{}".format(*udp.getsockname())
    listener = await asyncio.start_server(stream, sock=tcp)
    loop = asyncio.get_running_loop()
    transport, datagrams = await loop.create_datagram_endpoint(lambda: _Datagrams(server), sock=udp)
    try:
        yield server
    finally:
        transport.close()
        listener.close()
        await listener.wait_closed()
        await datagrams.gone.wait()
