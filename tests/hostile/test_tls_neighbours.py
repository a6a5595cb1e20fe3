"""Good neighbours by how they refuse, and how often they can be asked: all TLS probes blame none of them.

Behind every relay is OpenSSL, which refuses by alerts; what fronts make of that, or of too many connections, the relays
do. A default scan of these ends with exit 0.
"""

import asyncio
import collections
import dataclasses
import functools
import pathlib
import time
from collections.abc import Callable, Iterator, Mapping

import pytest
from OpenSSL import SSL

from tests.hostile import certificates
from tests.hostile.peers import Hostiles, Peer, tls_context
from tests.support.sites import Loopback, Scanned, after, hang_up, scan_site

HOST = "www.example.org"
TOPICS = "tls,certificates,ocsp_stapling"
MODERN_CONNECTIONS = 60
"""The budget of all TLS probes at a modern server that refuses by alerts."""

CUT_CONNECTIONS = 80
"""The same where refusals are cut connections, which are believed only when seen twice."""

LIGHT = frozenset({"info", "low"})


@dataclasses.dataclass(slots=True)
class Neighbourhood:
    """Servers and what stands before them. `seen` counts the connections that a relay let through, and refused."""

    loopback: Loopback
    hostiles: Hostiles
    folder: pathlib.Path
    seen: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)

    def server(self, change: Callable[[SSL.Context], None] = lambda _: None, *, address: str = "127.0.0.1") -> int:
        """The port of a modern server."""
        leaf = certificates.leaf(HOST)
        context = tls_context(leaf.chain, leaf.key, newest=SSL.TLS1_3_VERSION)
        change(context)
        return self.hostiles.serve(handshake, context, address=address)

    def relay(self, port: int, admit: Callable[[], bool], *, turn: asyncio.Lock | None = None) -> int:
        """The port of a relay that resets what is not admitted, and serves one at a time where it has a `turn`."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if not admit():
                self.seen["refused"] += 1
                writer.transport.abort()
                return
            self.seen["served"] += 1
            if turn is None:
                await _carry(reader, writer, port)
                return
            async with turn:
                await _carry(reader, writer, port)

        return self.loopback.raw(serve)

    def scan(self, *ports: int) -> Scanned:
        """A scan of the site at these ports, each on an address of its own."""
        places = (f"{HOST}:443:127.0.0.{number}:{port}" for number, port in enumerate(ports, 1))
        return scan_site(self.loopback, self.folder, HOST, places, "--only", TOPICS)


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    """Carries bytes both ways until either side ends."""
    behind_reader, behind_writer = await asyncio.open_connection("127.0.0.1", port)

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()

    ways = {asyncio.ensure_future(pump(reader, behind_writer)), asyncio.ensure_future(pump(behind_reader, writer))}
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        behind_writer.close()
        writer.close()


async def handshake(peer: Peer) -> None:
    """A whole handshake; what comes behind it ends the connection."""
    await peer.secure()
    await peer.heard()


@pytest.fixture
def place(tmp_path: pathlib.Path) -> Iterator[Neighbourhood]:
    with Loopback() as loopback, Hostiles() as hostiles:
        loopback.ca = certificates.authority()
        yield Neighbourhood(loopback, hostiles, tmp_path)


def connections(found: Scanned) -> int:
    """How many connections the whole scan made."""
    count: int = found.target["cost"]["connections"]
    return count


def evidence(found: Scanned, topic: str) -> dict[str, object]:
    """The evidence of a topic."""
    (seen,) = (one["evidence"] for one in found.target["observations"] if one["topic"] == topic)
    assert isinstance(seen, dict)
    return seen


def supported(found: Scanned) -> dict[str, str]:
    """Whether each version is spoken."""
    protocols = evidence(found, "tls_suites")["protocols"]
    assert isinstance(protocols, dict)
    return {name: one["supported"] for name, one in protocols.items()}


NO_OLD = dict.fromkeys(("SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1"), "no")
MODERN = NO_OLD | {"TLSv1.2": "yes", "TLSv1.3": "yes"}


def strict_protocols(context: SSL.Context) -> None:
    """Refuses every hello that names protocols and none of its own."""
    context.set_alpn_select_callback(
        lambda _connection, offered: b"h2" if b"h2" in offered else SSL.NO_OVERLAPPING_PROTOCOLS
    )


def modern_only(context: SSL.Context) -> None:
    """TLS 1.3 and nothing else."""
    context.set_min_proto_version(SSL.TLS1_3_VERSION)


def older_only(context: SSL.Context) -> None:
    """TLS 1.2 and nothing else."""
    context.set_max_proto_version(SSL.TLS1_2_VERSION)


SERVERS: Mapping[str, tuple[Callable[[SSL.Context], None], dict[str, str]]] = {
    "modern": (lambda _: None, MODERN),
    "protocols enforced": (strict_protocols, MODERN),
    "TLS 1.3 only": (modern_only, MODERN | {"TLSv1.2": "no"}),
    "TLS 1.2 only": (older_only, MODERN | {"TLSv1.3": "no"}),
}
FRONTS: Mapping[str, Callable[[Neighbourhood, int], int]] = {
    "alert": lambda _, port: port,
    "late alert": lambda place, port: place.loopback.refusing_relay(port, after(0.2)),
    "FIN": lambda place, port: place.loopback.refusing_relay(port, hang_up),
    "RST": lambda place, port: place.loopback.resetting_relay(port),
}


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("server", SERVERS)
def test_no_refusal_is_a_fault(server: str, front: str, place: Neighbourhood) -> None:
    change, spoken = SERVERS[server]

    found = place.scan(FRONTS[front](place, place.server(change)))

    found.assert_unblamed()
    assert supported(found) == spoken
    assert connections(found) <= (MODERN_CONNECTIONS if "alert" in front else CUT_CONNECTIONS)
    groups = evidence(found, "tls_groups")
    for half in ("TLSv1.3", "TLSv1.2"):
        listed = groups[half]
        assert isinstance(listed, dict)
        assert listed["complete"] == "yes"


def test_a_server_that_serves_one_at_a_time(place: Neighbourhood) -> None:
    found = place.scan(place.relay(place.server(), lambda: True, turn=asyncio.Lock()))

    found.assert_unblamed()
    assert supported(found) == MODERN
    assert connections(found) <= MODERN_CONNECTIONS


def per_second(most: int) -> Callable[[], bool]:
    """Admits so many connections a second."""
    seen: collections.deque[float] = collections.deque()

    def admit() -> bool:
        now = time.monotonic()
        while seen and now - seen[0] > 1:
            seen.popleft()
        if len(seen) >= most:
            return False
        seen.append(now)
        return True

    return admit


def at_most(most: int) -> Callable[[], bool]:
    """Admits so many connections, and no other any more."""
    left = iter(range(most))
    return lambda: next(left, None) is not None


LIMITS: Mapping[str, Callable[[], Callable[[], bool]]] = {
    f"{most} in all": functools.partial(at_most, most) for most in (10, 20, 30, 40)
}

MOST_REFUSED = 45
"""Connections that we still make while nothing is let through, before we know that we are not wanted."""


@pytest.mark.patient
@pytest.mark.parametrize("most", [8, 20])
def test_a_server_that_limits_connections_is_asked_more_slowly(most: int, place: Neighbourhood) -> None:
    found = place.scan(place.relay(place.server(), per_second(most)))

    assert {rule: weight for rule, weight in found.severities().items() if weight not in LIGHT} == {}
    assert supported(found) == MODERN
    assert evidence(found, "tls_groups")["post_quantum"] == "offered"
    assert found.target["status"] == "complete"
    assert place.seen["refused"] <= MOST_REFUSED


@pytest.mark.patient
@pytest.mark.parametrize("limit", LIMITS)
def test_a_server_that_shuts_us_out_is_blamed_for_nothing(limit: str, place: Neighbourhood) -> None:
    found = place.scan(place.relay(place.server(), LIMITS[limit]()))

    assert {rule: weight for rule, weight in found.severities().items() if weight not in LIGHT} == {}
    answers = supported(found)
    assert "no" not in {answers["TLSv1.2"], answers["TLSv1.3"]}
    assert set(answers.values()) <= {"no", "yes", "unknown"}
    assert evidence(found, "tls_groups")["post_quantum"] != "not-offered"
    assert found.target["status"] == "blocked"
    assert found.code in {0, 3}  # 3 where a probe came too late to be answered even once
    assert place.seen["refused"] <= MOST_REFUSED


@pytest.mark.patient
def test_nothing_more_is_asked_once_we_are_shut_out(place: Neighbourhood) -> None:
    found = place.scan(place.relay(place.server(), at_most(10)))

    costs = {one["topic"]: one["cost"]["connections"] for one in found.target["observations"]}
    outcomes = {one["topic"]: (one["outcome"], one["detail"]) for one in found.target["observations"]}
    assert (costs["tls_features"], costs["tls_flaws"]) == (0, 0)
    outcome, detail = outcomes["tls_features"]
    assert outcome == "not-assessed"
    assert "tls_suites was blocked" in detail


@pytest.mark.patient
def test_where_one_probe_found_nothing_but_cuts_the_next_does_not_go_on(place: Neighbourhood) -> None:
    found = place.scan(place.relay(place.server(), at_most(5)))

    assert {rule: weight for rule, weight in found.severities().items() if weight not in LIGHT} == {}
    assert set(supported(found).values()) == {"unknown"}
    assert place.seen["refused"] <= MOST_REFUSED


def test_two_addresses_with_certificates_of_their_own(place: Neighbourhood) -> None:
    found = place.scan(place.server(), place.server(address="127.0.0.2"))

    found.assert_unblamed()
    assert len(found.target["endpoints"]) == 2
