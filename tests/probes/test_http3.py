"""The HTTP/3 probe: asked only where it is announced, against a real server and a black hole."""

import asyncio
import dataclasses

import pytest

import scanner.net.quic
from probes.base import Known
from probes.http3 import INSTALL, Http3Probe
from scanner.model.evidence.dns_records import Caa, DnsRecords, HttpsRecord, HttpsRecords
from scanner.model.evidence.http3 import AnnouncedBy, Http3
from scanner.model.evidence.http_exchanges import HttpExchanges
from scanner.model.outcome import Answer, Outcome
from scanner.model.peer import PeerText
from scanner.net.session import Session
from scanner.rules.case import Case
from scanner.rules.operation_http3 import http3_announced_unreachable
from scanner.rules.verdict import Fail, NotApplicable, Pass, Unknown
from tests.real.servers import free_port
from tests.support.exchanges import exchange, observation, seen
from tests.support.quic_server import serving_http3
from tests.support.sessions import TEST_HOST, session_for

PORT = 8443


def session(**more: object) -> Session:
    return session_for(("127.0.0.1", PORT), info=Http3Probe.info, **more)  # type: ignore[arg-type]


def known(*alt_svc: str, record: HttpsRecord | None = None, url: str = f"https://{TEST_HOST}:{PORT}/") -> Known:
    """What other probes saw: these Alt-Svc lines, and that HTTPS record."""
    answers: HttpExchanges = seen(exchange(*(f"Alt-Svc: {line}" for line in alt_svc), url=url))
    found = {"http_exchanges": observation("http_exchanges", answers)}
    if record is not None:
        dns = DnsRecords(
            host=TEST_HOST, ipv4=(), ipv6=(), aliases=(), caa=Caa(present=Answer.NO), questions=(),
            https=HttpsRecords(present=Answer.YES, records=(record,)),
        )  # fmt: skip
        found["dns_records"] = dataclasses.replace(observation("dns_records", dns), endpoint=None)
    return Known(found)


async def test_announced_by_alt_svc_and_there() -> None:
    async with serving_http3() as server:
        here = session()
        found = await Http3Probe().collect(here, known(f'h3=":{server.endpoint.port}"; ma=60'))

    evidence = found.evidence
    assert evidence is not None
    assert found.outcome is Outcome.OK
    assert (evidence.handshake, evidence.request, evidence.status) == (Answer.YES, Answer.YES, 200)
    assert (evidence.port, evidence.alpn, evidence.version) == (server.endpoint.port, "h3", "00000001")
    assert evidence.announced[0].by is AnnouncedBy.ALT_SVC
    assert ("server", "aioquic") in [(one.name, one.value) for one in evidence.fields]
    assert here.meter.connections == 1
    assert found.cost.bytes_in > 1000
    assert dict(server.requests[0])[b":authority"] == f"{TEST_HOST}:{PORT}".encode()


async def test_announced_by_the_https_record() -> None:
    async with serving_http3() as server:
        record = HttpsRecord(
            priority=1, target=PeerText("."), alpn=(PeerText("h3"), PeerText("h2")), port=server.endpoint.port
        )
        found = await Http3Probe().collect(session(), known(record=record))

    assert found.evidence is not None
    assert found.evidence.announced[0].by is AnnouncedBy.HTTPS_RECORD
    assert found.evidence.request is Answer.YES


@pytest.mark.parametrize(
    ("what", "outcome", "detail"),
    [
        (known(), Outcome.NOT_APPLICABLE, "not announced"),
        (known('h2=":443"'), Outcome.NOT_APPLICABLE, "not announced"),
        (known("clear"), Outcome.NOT_APPLICABLE, "not announced"),
        (known('h3-29=":443"'), Outcome.NOT_APPLICABLE, "only drafts"),
        (known("h3;;;"), Outcome.NOT_APPLICABLE, "not announced"),
        (known('h3="elsewhere.example:443"'), Outcome.NOT_APPLICABLE, "another host"),
        (known('h3=":443"', url="https://elsewhere.example/"), Outcome.NOT_ASSESSED, "no answer"),
        (Known({}), Outcome.NOT_ASSESSED, "no answer"),
    ],
)
async def test_nothing_is_sent_without_an_announcement_for_this_host(
    what: Known, outcome: Outcome, detail: str
) -> None:
    here = session()
    found = await Http3Probe().collect(here, what)

    assert found.outcome is outcome
    assert detail in (found.detail or "")
    assert (here.meter.connections, here.meter.bytes_out) == (0, 0)


async def test_a_black_hole_is_unknown_and_no_fault() -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0))
    try:
        port = transport.get_extra_info("sockname")[1]
        found = await Http3Probe(seconds=0.3).collect(session(), known(f'h3=":{port}"'))
    finally:
        transport.close()

    assert found.outcome is Outcome.OK, "the way is filtered, the probe has done its work"
    assert found.evidence is not None
    assert (found.evidence.handshake, found.evidence.request) == (Answer.UNKNOWN, Answer.UNKNOWN)
    assert isinstance(http3_announced_unreachable(Case(evidence=found.evidence)), Unknown)


async def test_a_closed_port_is_a_refusal() -> None:
    found = await Http3Probe().collect(session(), known(f'h3=":{free_port()}"'))

    assert found.evidence is not None
    assert found.evidence.handshake is Answer.NO
    assert isinstance(http3_announced_unreachable(Case(evidence=found.evidence)), Fail)


async def test_a_server_of_another_protocol_is_a_refusal() -> None:
    async with serving_http3(alpn="hq-interop") as server:
        found = await Http3Probe().collect(session(), known(f'h3=":{server.endpoint.port}"'))

    assert found.evidence is not None
    assert (found.evidence.handshake, found.evidence.status) == (Answer.NO, None)


async def test_without_the_extra_it_is_not_assessed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanner.net.quic, "is_installed", lambda: False)

    found = await Http3Probe().collect(session(), known('h3=":443"'))

    assert (found.outcome, found.detail) == (Outcome.NOT_ASSESSED, INSTALL)


def test_the_rule_takes_silence_for_no_answer() -> None:
    assert isinstance(http3_announced_unreachable(Case(evidence=Http3())), NotApplicable)
    assert isinstance(http3_announced_unreachable(Case(evidence=Http3(port=443))), Unknown)
    assert isinstance(http3_announced_unreachable(Case(evidence=Http3(port=443, request=Answer.YES))), Pass)
