"""Where a hostile server may lead us: nowhere but where the address policy allows. A listener counts who comes."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Sequence

import pytest

from scanner.engine.api import Scan
from scanner.model.evidence.http_exchanges import Exchange, HttpExchanges
from scanner.model.options import Override, ScanOptions
from scanner.model.outcome import Outcome
from scanner.model.result import TargetResult
from tests.support import dns_server
from tests.support.loopback import answering, serving
from tests.support.sessions import target_of

HOST = "www.example.org"
INSIDE = "127.7.7.7"


class Counter:
    """A service that nobody may reach, on every loopback address."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.came = 0


@contextlib.asynccontextmanager
async def counting() -> AsyncIterator[Counter]:
    async def connected(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        counter.came += 1
        writer.close()

    server = await asyncio.start_server(connected, "0.0.0.0", 0, family=socket.AF_INET)
    counter = Counter(server.sockets[0].getsockname()[1])
    async with server:
        yield counter


async def scanned(location: str, *, overrides: Sequence[Override] = (), resolver: str | None = None) -> TargetResult:
    """The scan of a site, given by `--resolve`, that redirects to `location`."""
    head = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode("latin-1")
    async with serving(answering(head)) as site:
        place = Override(host=HOST, port=80, address="127.0.0.1", to_port=site.endpoint.port)
        options = ScanOptions(
            deadline=3.0, only=frozenset({"http_exchanges"}), overrides=(place, *overrides), resolver=resolver
        )
        return (await Scan([target_of(HOST, 80, "http")], options=options).run())[0]


def second_hop(result: TargetResult) -> Exchange | None:
    evidence = next(one.evidence for one in result.observations if one.topic == "http_exchanges")
    assert isinstance(evidence, HttpExchanges)
    return next((one for one in evidence.exchanges if one.hop == 1), None)


@pytest.mark.parametrize(
    "host",
    [
        INSIDE,
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[::127.0.0.1]",
        "[2002:7f00:1::]",
        "[::]",
        "0.0.0.0",
        "localhost",
        "a.localhost",
        "localhost.",
        "LOCALHOST",
        "10.0.0.1",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "100.100.100.200",
        "255.255.255.255",
        "user:password@127.0.0.1",
        "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1",  # fullwidth digits, as UTF-8
        "127\xe3\x80\x820\xe3\x80\x820\xe3\x80\x821",  # ideographic full stops
    ],
)
async def test_no_redirect_leads_inside(host: str) -> None:
    async with counting() as counter:
        result = await scanned(f"http://{host}:{counter.port}/")

    hop = second_hop(result)
    assert counter.came == 0
    assert hop is None or hop.outcome is Outcome.FORBIDDEN


async def test_a_place_that_the_user_names_may_be_inside() -> None:
    async with counting() as counter:
        named = Override(host="intern.example", port=80, address=INSIDE, to_port=counter.port)
        await scanned("http://intern.example/", overrides=[named])

    assert counter.came > 0


async def test_another_port_of_a_named_host_is_not_guessed() -> None:
    async with counting() as counter:
        named = Override(host="intern.example", port=443, address=INSIDE, to_port=counter.port)
        result = await scanned(f"http://intern.example:{counter.port}/", overrides=[named])

    hop = second_hop(result)
    assert counter.came == 0
    assert hop is not None
    assert hop.outcome is Outcome.NOT_ASSESSED


@pytest.mark.parametrize("name", ["private.example", "mapped.example", "alias.example", "metadata.example"])
async def test_no_name_leads_inside_whatever_the_name_server_says_next(name: str) -> None:
    zone: dns_server.Zone = {
        ("private.example", "A"): [INSIDE],
        ("mapped.example", "AAAA"): [f"::ffff:{INSIDE}"],
        ("alias.example", "CNAME"): ["private.example."],
        ("metadata.example", "A"): ["169.254.169.254"],
    }
    async with counting() as counter, dns_server.serving(zone) as server:
        result = await scanned(f"http://{name}:{counter.port}/", resolver=server.address)

    hop = second_hop(result)
    assert counter.came == 0
    assert hop is not None
    assert hop.outcome is Outcome.FORBIDDEN


async def test_its_own_name_with_another_port_is_no_way_inside() -> None:
    async with counting() as counter:
        result = await scanned(f"http://{HOST}:{counter.port}/")

    hop = second_hop(result)
    assert counter.came == 0
    assert hop is not None
    assert hop.outcome is Outcome.NOT_ASSESSED
