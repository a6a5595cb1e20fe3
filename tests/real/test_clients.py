"""The simulated clients against real handshakes: each client's own hello gets what was said that it would get.

The evidence is what the probes collect. A contradiction is an error; unknown is allowed only where the evidence is
incomplete, which it is on none of these servers.
"""

import asyncio
import contextlib
import dataclasses
import pathlib
import subprocess
import threading
from collections.abc import Iterator
from typing import TypeVar

import pytest
import trustme
from OpenSSL import SSL

from probes.base import Known, Probe
from probes.certificates import CertificatesProbe
from probes.tls_features import TlsFeaturesProbe
from probes.tls_groups import TlsGroupsProbe
from probes.tls_suites import TlsSuitesProbe
from scanner.derive.client_profiles import ClientProfile, client_profiles
from scanner.derive.client_server import ServerView
from scanner.derive.clients import simulate
from scanner.model.derived import ClientResult
from scanner.model.observation import Observation
from scanner.model.outcome import Answer
from scanner.net.flights import Flights
from scanner.net.tls_client import Attempt, attempt
from scanner.wire.server_flight import ServerFlight
from scanner.wire.tls_offer import Offer
from scanner.wire.tls_registry import group_name, suite_name
from scanner.wire.tls_version import Version
from tests.real.openssl import OpensslServer
from tests.real.servers import Nginx, free_port, program
from tests.support.leaf_files import Files, write_leaf
from tests.support.sessions import session_for

pytestmark = pytest.mark.real

E = TypeVar("E")

HOST = "www.example.org"
TITLES = {version.title: version for version in Version}
INTERMEDIATE = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
)
OLD = f"{INTERMEDIATE}:DHE-RSA-AES128-GCM-SHA256:ECDHE+AES:DHE+AES:AES128-SHA:AES256-SHA:DES-CBC3-SHA:@SECLEVEL=0"


@pytest.fixture
def files(tmp_path: pathlib.Path) -> Files:
    tmp_path.chmod(0o755)
    return write_leaf(tmp_path, HOST)


@pytest.fixture
def ec_files(tmp_path: pathlib.Path) -> Files:
    tmp_path.chmod(0o755)
    return write_leaf(tmp_path, HOST, key_type=trustme.KeyType.ECDSA)


@pytest.fixture
def prime(tmp_path: pathlib.Path) -> pathlib.Path:
    made = tmp_path / "dh2048.pem"
    named = (program("openssl"), "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048")
    subprocess.run([*named, "-out", str(made)], check=True)
    return made


def codes(texts: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(int(text, 16) for text in texts)


def hello_of(client: ClientProfile) -> Offer:
    """The hello that the client's data describe."""
    bare = not (client.groups or client.schemes or client.sni)
    return Offer(
        versions=tuple(sorted((TITLES[one] for one in client.versions), reverse=True)),
        suites=codes(client.suites),
        groups=codes(client.groups),
        signature_schemes=codes(client.schemes),
        server_name=HOST if client.sni else None,
        key_shares=codes(client.key_shares),
        alpn=client.alpn,
        padded=not bare,
        signals=not bare,
        status_request=not bare,
        scts=not bare,
        extensions=not bare,
    )


async def collected(place: tuple[str, int]) -> ServerView:
    """The evidence as the probes of the standard profile collect it."""
    flights = Flights()
    seen: dict[str, Observation[object]] = {}

    async def run(probe: Probe[E]) -> E:
        session = session_for(place, host=HOST, info=probe.info, seconds=60, flights=flights)
        observation = await probe.collect(session, Known(seen))
        assert observation.evidence is not None, (probe.info.id, observation.outcome, observation.detail)
        seen[probe.info.topic] = observation
        return observation.evidence

    return ServerView(
        suites=await run(TlsSuitesProbe()),
        certificates=await run(CertificatesProbe()),
        groups=await run(TlsGroupsProbe()),
        features=await run(TlsFeaturesProbe()),
    )


def contradiction(client: ClientProfile, said: ClientResult, went: Attempt) -> str | None:
    """How the handshake differs from what was said; None where it does not."""
    flight = went.flight if went.fault is None else None
    if said.connects is Answer.UNKNOWN:
        return f"not known: {said.reason}"
    if flight is not None and gives_up(client, flight):
        flight = None
    if (flight is not None) is not (said.connects is Answer.YES):
        return f"said {said.connects} ({said.reason}), got {flight or went.fault!r}"
    if flight is None:
        return None
    got = (flight.version.title, suite_name(flight.suite))
    if got[0] != said.protocol or got[1] not in (said.suites or (said.suite,)):
        return f"said {said.protocol} {said.suite or said.suites}, got {got}"
    group = group_name(flight.group) if flight.group is not None else None
    if group is not None and group not in (said.groups or (said.group,)):
        return f"said group {said.group or said.groups}, got {group}"
    return None


def gives_up(client: ClientProfile, flight: ServerFlight) -> bool:
    """Whether the client, which is not here, would end what the server began: as its data say."""
    bits = flight.dh.bits if flight.dh is not None else None
    small = bits is not None and bits < client.dh_bits_min
    large = bits is not None and client.dh_bits_max is not None and bits > client.dh_bits_max
    signed = flight.dh is not None or flight.group is not None
    return small or large or (flight.version < Version.TLS1_2 and signed and not client.sha1_handshakes)


async def agreed(place: tuple[str, int], *more: ClientProfile) -> dict[str, ClientResult]:
    """What was said of each client (and of `more`), after its own hello has confirmed it."""
    server = await collected(place)
    clients = (*client_profiles(), *more)
    results = simulate("endpoint", server, clients)
    wrong = {}
    for client, said in zip(clients, results, strict=True):
        went = await attempt(session_for(place, host=HOST, seconds=20), hello_of(client))
        if (text := contradiction(client, said, went)) is not None:
            wrong[client.id] = text
    assert wrong == {}
    return {one.client: one for one in results}


async def test_nginx_intermediate_leaves_the_order_to_the_client(files: Files) -> None:
    directives = f"ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers {INTERMEDIATE}; ssl_prefer_server_ciphers off;"
    with Nginx(directives, tls=(files.chain, files.key)) as server:
        said = await agreed(server.place)

    assert said["java-8"].suite == "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
    assert said["ie-11-win7"].connects is Answer.NO
    assert said["firefox-151"].protocol == "TLSv1.3"
    assert all(one.forward_secret is Answer.YES for one in said.values() if one.connects is Answer.YES)


async def test_nginx_old_with_the_servers_order_and_dhe(files: Files, prime: pathlib.Path) -> None:
    directives = f"ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; ssl_ciphers {OLD};"
    directives += f" ssl_prefer_server_ciphers on; ssl_dhparam {prime};"
    with Nginx(directives, tls=(files.chain, files.key)) as server:
        said = await agreed(server.place)

    assert said["openssl-0.9.8"].suite == "TLS_DHE_RSA_WITH_AES_256_CBC_SHA"
    assert said["ie-8-xp"].reason == "TLSv1.0, and no suite in common"
    assert said["java-6"].connects is Answer.NO
    assert said["java-6"].reason == "TLSv1.0: cannot do Diffie-Hellman of 2048 bits"
    assert said["chrome-48"].suite == "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"


async def test_nginx_modern_with_an_ecdsa_certificate(ec_files: Files) -> None:
    with Nginx("ssl_protocols TLSv1.3;", tls=(ec_files.chain, ec_files.key)) as server:
        said = await agreed(server.place)

    assert said["android-11-okhttp"].reason == "no version in common: the client speaks TLSv1.2"
    assert {one.protocol for one in said.values() if one.connects is Answer.YES} == {"TLSv1.3"}


async def test_nginx_with_two_certificates_that_wants_a_name(files: Files, ec_files: Files) -> None:
    port = free_port()
    nameless = f"server {{ listen 127.0.0.1:{port} ssl default_server; ssl_reject_handshake on; }}"
    directives = f"server_name {HOST}; ssl_protocols TLSv1 TLSv1.2 TLSv1.3; ssl_ciphers {OLD};"
    directives += f" ssl_certificate {ec_files.chain}; ssl_certificate_key {ec_files.key};"
    with Nginx(directives, http=nameless, tls=(files.chain, files.key), port=port) as server:
        said = await agreed(server.place)

    assert said["openssl-0.9.8"].reason == "sends no server name, and the server refuses that"
    assert said["chrome-48"].suite == "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
    assert said["java-7"].suite == "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"


async def test_openssl_moves_chacha_up_for_those_who_put_it_first(files: Files) -> None:
    (chrome,) = (one for one in client_profiles() if one.id == "chrome-152")
    modern = dataclasses.replace(chrome, id="chacha", suites=("1303", *chrome.suites))
    classic = dataclasses.replace(
        chrome, id="chacha-12", versions=("TLSv1.2",), suites=("CCA8", *chrome.suites), key_shares=()
    )
    options = ("-serverpref", "-prioritize_chacha", "-cipher", f"{INTERMEDIATE}:AES256-SHA")
    with OpensslServer(files, *options) as server:
        said = await agreed(server.place, modern, classic)

    assert said["chrome-152"].suite == "TLS_AES_256_GCM_SHA384"
    assert said["chacha"].suite == "TLS_CHACHA20_POLY1305_SHA256"
    assert said["chacha-12"].suite == "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"


async def test_openssl_with_one_curve_and_two_kinds_of_exchange(files: Files) -> None:
    options = ("-groups", "P-384", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA", "-tls1_2")
    with OpensslServer(files, *options) as server:
        said = await agreed(server.place)

    assert said["firefox-151"].group == "secp384r1"
    assert said["node-8"].suite == "TLS_RSA_WITH_AES_128_CBC_SHA"  # has P-256 only
    assert said["node-8"].forward_secret is Answer.NO


async def test_openssl_of_one_old_version(files: Files) -> None:
    with OpensslServer(files, "-tls1", "-cipher", "ECDHE-RSA-AES128-SHA:AES128-SHA:@SECLEVEL=0") as server:
        said = await agreed(server.place)

    assert said["curl-7.88"].reason == "TLSv1.0: refuses the SHA-1 in the handshake's signature"
    assert said["chrome-152"].connects is Answer.NO


@contextlib.contextmanager
def threaded_openssl(context: SSL.Context) -> Iterator[tuple[str, int]]:
    """The OpenSSL of the `cryptography` wheel as a server, in a thread with a loop of its own."""
    ready, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()
    place: list[tuple[str, int]] = []

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = SSL.Connection(context, None)
        connection.set_accept_state()
        with contextlib.suppress(SSL.Error, ConnectionError):
            while data := await reader.read(16384):
                connection.bio_write(data)
                try:
                    connection.do_handshake()
                except SSL.WantReadError:
                    pass
                finally:
                    with contextlib.suppress(SSL.WantReadError):
                        while True:
                            writer.write(connection.bio_read(16384))
        writer.close()

    async def serve() -> None:
        async with await asyncio.start_server(converse, "127.0.0.1", 0) as server:
            place.append(server.sockets[0].getsockname())
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert ready.wait(5)
    try:
        yield place[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(5)
        loop.close()


async def test_openssl_4_with_hybrid_groups_and_named_primes(files: Files) -> None:
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.use_certificate_chain_file(str(files.chain))
    context.use_privatekey_file(str(files.key))
    context.set_cipher_list(b"DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256")
    with threaded_openssl(context) as place:
        said = await agreed(place)

    assert said["chrome-152"].group == "X25519MLKEM768"
    assert said["safari-18.4"].groups == ("x25519", "secp256r1")  # its order, or that of the shares: both are seen
    assert said["java-17"].suite == "TLS_AES_256_GCM_SHA384"
