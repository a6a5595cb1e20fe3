"""The ports probe against real sockets: open, closed and silent ports, and a server that is not there."""

import asyncio
import contextlib
import dataclasses
import os
import socket
from collections.abc import AsyncIterator, Iterator

import pytest

from probes.base import Known
from probes.ports import NOT_ASKED, PortsProbe
from scanner.errors import Refused
from scanner.model.evidence.ports import Port, PortRole, Ports, Service
from scanner.model.options import GENTLE, ScanOptions
from scanner.model.outcome import Answer, Outcome
from scanner.model.port_list import PORTS
from scanner.net.session import Session
from scanner.rules.case import Case
from scanner.rules.operation_ports import exposed_database_port, other_ports_open
from scanner.rules.verdict import Fail, Pass, Unknown
from tests.support.sessions import session_for

ADDRESS = f"127.77.{os.getpid() // 250 % 250}.{os.getpid() % 250 + 1}"
"""An address of this process alone: the ports of the list may be in use at others."""

SCANNED = 8443


class Listening:
    """Sockets that take connections, and what came over them."""

    def __init__(self) -> None:
        self.connections: dict[int, int] = {}
        self.bytes = 0


@contextlib.asynccontextmanager
async def listening(*ports: int) -> AsyncIterator[Listening]:
    seen = Listening()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        port = writer.get_extra_info("sockname")[1]
        seen.connections[port] = seen.connections.get(port, 0) + 1
        with contextlib.suppress(OSError):
            seen.bytes += len(await reader.read())
        writer.close()

    async with contextlib.AsyncExitStack() as stack:
        for port in ports:
            server = await asyncio.start_server(serve, ADDRESS, port)
            await stack.enter_async_context(server)
        yield seen


@contextlib.contextmanager
def silent(port: int) -> Iterator[None]:
    """A port whose queue is full: the kernel drops every further connect without a word."""
    with socket.create_server((ADDRESS, port), backlog=0), contextlib.ExitStack() as stack:
        for _ in range(3):
            one = stack.enter_context(socket.socket())
            one.settimeout(0)
            one.connect_ex((ADDRESS, port))
        yield


def session(**options: object) -> Session:
    known = ScanOptions(allow_private=True, **{"ports": True, **options})  # type: ignore[arg-type]
    return session_for((ADDRESS, SCANNED), options=known, info=PortsProbe.info)


def by_number(evidence: Ports | None) -> dict[int, Port]:
    assert evidence is not None
    return {one.port: one for one in evidence.ports}


async def test_not_without_being_asked() -> None:
    known = session(ports=False)

    seen = await PortsProbe().collect(known, Known({}))

    assert (seen.outcome, seen.detail, seen.evidence) == (Outcome.NOT_ASSESSED, NOT_ASKED, None)
    assert known.meter.connections == 0


async def test_open_closed_and_silent_ports_without_a_byte() -> None:
    async with listening(SCANNED, 6379, 3000) as there:
        with silent(5432):
            known = session()
            seen = await PortsProbe(seconds=0.4).collect(known, Known({}))
        await asyncio.sleep(0.05)

    ports = by_number(seen.evidence)
    assert seen.outcome is Outcome.OK
    assert len(ports) == len(PORTS)
    assert {number for number, one in ports.items() if one.open is Answer.YES} == {SCANNED, 6379, 3000}
    assert ports[5432].open is Answer.UNKNOWN
    assert "no answer" in (ports[5432].reason or "")
    assert all(one.open is Answer.NO for one in ports.values() if one.port not in {SCANNED, 6379, 3000, 5432})
    assert ports[SCANNED].service is Service.TARGET
    assert there.bytes == 0
    assert there.connections == {SCANNED: 2, 6379: 1, 3000: 1}
    assert known.meter.connections == len(PORTS) + 1 == PortsProbe.info.max_connections - 1
    assert known.meter.bytes_out == 0


async def test_a_server_that_is_not_there_is_its_own_outcome() -> None:
    with pytest.raises(Refused):
        await PortsProbe().collect(session(), Known({}))


async def test_refusals_after_the_scanned_port_is_gone_are_not_believed() -> None:
    async def bye(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader
        server.close()
        writer.close()

    server = await asyncio.start_server(bye, ADDRESS, SCANNED)
    async with server:
        seen = await PortsProbe(seconds=0.4).collect(session(), Known({}))

    ports = by_number(seen.evidence)
    assert seen.outcome is Outcome.BLOCKED
    assert {one.open for one in ports.values() if one.port != SCANNED} == {Answer.UNKNOWN}


async def test_gentle_keeps_its_pace() -> None:
    at_once = 0
    most = 0

    class Counting(PortsProbe):
        async def _connect(self, session: Session, number: int) -> tuple[Answer, str | None]:
            nonlocal at_once, most
            at_once += 1
            most = max(most, at_once)
            try:
                return await super()._connect(session, number)
            finally:
                at_once -= 1

    fast = dataclasses.replace(GENTLE, rate=1000.0, burst=1000)
    async with listening(SCANNED):
        await Counting().collect(session(pace=fast), Known({}))

    assert most <= GENTLE.open_at_once


async def test_the_cap_on_connections_leaves_the_rest_unknown() -> None:
    async with listening(SCANNED):
        known = session_for((ADDRESS, SCANNED), options=ScanOptions(allow_private=True, ports=True), max_connections=5)
        seen = await PortsProbe().collect(known, Known({}))

    ports = by_number(seen.evidence)
    left = [one for one in ports.values() if "cap" in (one.reason or "")]
    assert len(left) == len(PORTS) - 1 - 4
    assert all(one.open is Answer.UNKNOWN for one in left)


class TestRules:
    @staticmethod
    def ports(*rows: tuple[int, PortRole, Answer], everything: bool = False) -> Case[Ports]:
        ports = tuple(Port(port=number, name="x", role=role, open=answer) for number, role, answer in rows)
        return Case(evidence=Ports(ports=ports, everything_open=everything))

    def test_silence_is_never_fine(self) -> None:
        case = self.ports((6379, PortRole.DATABASE, Answer.UNKNOWN), (3306, PortRole.DATABASE, Answer.NO))

        verdict = exposed_database_port(case)

        assert isinstance(verdict, Unknown)
        assert "6379" in verdict.reason

    def test_all_closed_is_fine(self) -> None:
        assert isinstance(exposed_database_port(self.ports((6379, PortRole.DATABASE, Answer.NO))), Pass)

    def test_each_open_port_is_a_fault_of_its_own(self) -> None:
        verdict = exposed_database_port(
            self.ports((6379, PortRole.DATABASE, Answer.YES), (3306, PortRole.DATABASE, Answer.YES))
        )

        assert isinstance(verdict, Fail)
        assert [one.discriminator for one in verdict.faults] == ["6379", "3306"]

    def test_where_everything_is_open_nothing_is_believed(self) -> None:
        case = self.ports((6379, PortRole.DATABASE, Answer.YES), everything=True)

        assert isinstance(exposed_database_port(case), Unknown)

    def test_the_web_and_the_scanned_port_are_no_finding(self) -> None:
        scanned = Port(port=8443, name="x", role=PortRole.APPLICATION, service=Service.TARGET, open=Answer.YES)
        web = Port(port=443, name="x", role=PortRole.WEB, open=Answer.YES)
        case = Case(evidence=Ports(ports=(scanned, web)))

        assert isinstance(other_ports_open(case), Pass)
