"""The probe against real TLS servers: `openssl s_server`, and one whose staple comes when the test says so."""

import asyncio
import contextlib
import re
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from OpenSSL import SSL

from probes.base import Known
from probes.certificates import CertificatesProbe
from probes.ocsp_stapling import MAX_CONNECTIONS, OcspStaplingProbe
from scanner.model.evidence.certificates import Certificate, Certificates, Chain, HostMatch, Offer
from scanner.model.evidence.ocsp_stapling import CertStatus, OcspStapling, StapleAt
from scanner.model.observation import Cost, Observation
from scanner.model.options import Profile, ScanOptions
from scanner.model.outcome import Answer, Outcome
from scanner.net.flights import Flights
from scanner.wire.x509_view import read_certificate
from tests.support.grouped_server import groups
from tests.support.ocsp_pki import DAY, NOW, Issued, issue, respond
from tests.support.sessions import TEST_HOST, session_for

ISSUER = issue("Issuer")
LEAF = issue("leaf", by=ISSUER, names=(TEST_HOST,), ocsp_url="http://ocsp.invalid/")
PLAIN = issue("plain", by=ISSUER, names=(TEST_HOST,))
GOOD = respond(LEAF, ISSUER)

SUPPORTS_TLS13 = re.compile(rb"\x00\x2b\x00.[\x02-\x08](?:\x03\x03)?\x03\x04", re.DOTALL)
"""The extension supported_versions with TLS 1.3 in it (RFC 8446 section 4.2.1)."""

OPTIONS = ScanOptions(allow_private=True, now=NOW)


def chain_of(leaf: Issued, protocol: str = "TLSv1.3", sigalg: str = "any") -> Chain:
    seen = read_certificate(leaf.der)
    return Chain(
        for_=Offer(sigalg=sigalg, protocol=protocol),
        leaf=seen,
        sent=(seen.sha256,),
        in_order=Answer.YES,
        anchor_sent=False,
        host=HostMatch(matches=Answer.YES),
    )


def known(*chains: Chain, others: tuple[Certificate, ...] = ()) -> Known:
    observation: Observation[object] = Observation(
        probe="certificates",
        version=1,
        topic="certificates",
        endpoint=None,
        outcome=Outcome.OK,
        started=NOW,
        elapsed_ms=1.0,
        cost=Cost(),
        evidence=Certificates(chains=chains, others=others),
    )
    return Known({"certificates": observation})


async def collect(port: int, what: Known, *, options: ScanOptions = OPTIONS) -> Observation[OcspStapling]:
    session = session_for(("127.0.0.1", port), info=OcspStaplingProbe.info, options=options)
    observation = await OcspStaplingProbe().collect(session, what)
    assert observation.cost.connections <= MAX_CONNECTIONS
    return observation


def seen(observation: Observation[OcspStapling]) -> dict[str, StapleAt]:
    assert observation.evidence is not None
    return {one.protocol: one for one in observation.evidence.staples}


class StaplingServer:
    """A TLS server over OpenSSL whose n-th handshake (from 1) carries the staple that `staple(n)` gives."""

    def __init__(
        self,
        *identities: Issued,
        staple: Callable[[int], bytes],
        chain: tuple[Issued, ...] = (),
        hangs_up_on: Callable[[bytes], bool] = lambda _: False,
    ) -> None:
        self.handshakes = 0
        self._staple = staple
        self._hangs_up_on = hangs_up_on
        self.context = SSL.Context(SSL.TLS_SERVER_METHOD)
        groups("X25519:P-256")(self.context)  # no HelloRetryRequest: OpenSSL asks for a staple at every hello
        for one in identities:
            self.context.use_certificate(one.certificate)
            self.context.use_privatekey(one.key)
        for one in chain:
            self.context.add_extra_chain_cert(one.certificate)
        self.context.set_ocsp_server_callback(self._on_status_request)

    def _on_status_request(self, _connection: SSL.Connection, _data: object) -> bytes:
        self.handshakes += 1
        return self._staple(self.handshakes)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = SSL.Connection(self.context, None)
        connection.set_accept_state()
        with contextlib.suppress(SSL.Error, ConnectionError):
            while (data := await reader.read(16384)) and not self._hangs_up_on(data):
                connection.bio_write(data)
                with contextlib.suppress(SSL.WantReadError):
                    connection.do_handshake()
                with contextlib.suppress(SSL.WantReadError):
                    while True:
                        writer.write(connection.bio_read(16384))
        with contextlib.suppress(SSL.WantReadError):
            writer.write(connection.bio_read(16384))
        writer.close()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[int]:
        """The port while it serves on loopback."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]


@contextlib.asynccontextmanager
async def s_server(folder: Path, leaf: Issued, staple: bytes | None, *options: str) -> AsyncIterator[int]:
    """The port of an `openssl s_server` with this leaf and staple."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    chain, key = leaf.write(folder, ISSUER)
    status = folder / "staple.der"
    if staple is not None:
        status.write_bytes(staple)
    process = await asyncio.create_subprocess_exec(
        *("openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", chain, "-cert_chain", chain, "-key", key),
        *(("-status_file", str(status)) if staple is not None else ()),
        *options,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(10):
            while not (found := re.search(rb"ACCEPT 127\.0\.0\.1:(\d+)", await process.stdout.readline())):
                pass
        yield int(found[1])
    finally:
        process.kill()
        await process.communicate()


@pytest.mark.real
async def test_a_staple_in_both_versions_of_openssl(tmp_path: Path) -> None:
    async with s_server(tmp_path, LEAF, GOOD) as port:
        observation = await collect(port, known(chain_of(LEAF)))
    assert observation.outcome is Outcome.OK
    assert observation.cost.connections == 2
    staples = seen(observation)
    assert list(staples) == ["TLSv1.3", "TLSv1.2"]
    for one in staples.values():
        assert (one.stapled, one.tries, one.seen) == (Answer.YES, 1, 1)
        assert one.staple is not None
        assert one.staple.cert_status is CertStatus.GOOD
        assert one.staple.signature is Answer.YES
        assert one.staple.matches_certificate is Answer.YES
        assert one.staple.next_update == NOW + 6 * DAY


@pytest.mark.real
@pytest.mark.parametrize(
    ("option", "spoken", "refused"), [("-tls1_2", "TLSv1.2", "TLSv1.3"), ("-tls1_3", "TLSv1.3", "TLSv1.2")]
)
async def test_one_version_of_openssl(tmp_path: Path, option: str, spoken: str, refused: str) -> None:
    async with s_server(tmp_path, LEAF, GOOD, option) as port:
        observation = await collect(port, known(chain_of(LEAF)))
    assert observation.outcome is Outcome.OK
    assert list(seen(observation)) == [spoken]
    assert seen(observation)[spoken].stapled is Answer.YES
    assert observation.evidence is not None
    assert [one.protocol for one in observation.evidence.refused] == [refused]


@pytest.mark.real
async def test_no_staple_of_a_certificate_without_responder_costs_one_handshake_a_version(tmp_path: Path) -> None:
    async with s_server(tmp_path, PLAIN, None) as port:
        observation = await collect(port, known(chain_of(PLAIN)))
    assert observation.cost.connections == 2
    assert {one.stapled for one in seen(observation).values()} == {Answer.NO}
    assert observation.evidence is not None
    leaf = chain_of(PLAIN).leaf.sha256
    assert observation.evidence.offered_by_issuer == {leaf: False}
    assert observation.evidence.must_staple == {leaf: Answer.NO}


async def test_a_staple_from_the_second_handshake_on_is_found() -> None:
    server = StaplingServer(LEAF, staple=lambda count: GOOD if count > 2 else b"", chain=(ISSUER,))
    async with server.running() as port:
        observation = await collect(port, known(chain_of(LEAF)))
    for one in seen(observation).values():
        assert (one.stapled, one.tries, one.seen) == (Answer.YES, 2, 1)
    assert server.handshakes == 4


async def test_an_expected_staple_is_asked_for_five_times() -> None:
    server = StaplingServer(LEAF, staple=lambda _: b"", chain=(ISSUER,))
    async with server.running() as port:
        observation = await collect(port, known(chain_of(LEAF)))
    assert observation.elapsed_ms < 10000
    answers = {version: (one.stapled, one.tries, one.seen) for version, one in seen(observation).items()}
    assert answers == {"TLSv1.3": (Answer.NO, 5, 0), "TLSv1.2": (Answer.NO, 2, 0)}
    assert observation.outcome is Outcome.OK


async def test_must_staple_alone_is_reason_enough_to_ask_again() -> None:
    leaf = issue("must", by=ISSUER, names=(TEST_HOST,), must_staple=True)
    server = StaplingServer(leaf, staple=lambda _: b"")
    async with server.running() as port:
        observation = await collect(
            port, known(chain_of(leaf)), options=ScanOptions(allow_private=True, profile=Profile.QUICK)
        )
    assert {(one.stapled, one.tries) for one in seen(observation).values()} == {(Answer.NO, 2)}
    assert observation.evidence is not None
    assert observation.evidence.must_staple == {chain_of(leaf).leaf.sha256: Answer.YES}


async def test_each_kind_of_key_is_asked_for_within_the_connections() -> None:
    url = "http://ocsp.invalid/"
    rsa_leaf = issue("rsa", by=ISSUER, names=(TEST_HOST,), ocsp_url=url, key=rsa.generate_private_key(65537, 2048))
    server = StaplingServer(rsa_leaf, LEAF, staple=lambda _: b"")
    what = known(chain_of(rsa_leaf, sigalg="rsa"), chain_of(LEAF, sigalg="ecdsa"), chain_of(LEAF, "TLSv1.2", "ecdsa"))
    async with server.running() as port:
        observation = await collect(port, what)
    assert observation.cost.connections == 12 < MAX_CONNECTIONS
    assert observation.evidence is not None
    assert [(one.protocol, one.stapled, one.tries) for one in observation.evidence.staples] == [
        ("TLSv1.3", Answer.NO, 4),
        ("TLSv1.2", Answer.NO, 2),
    ] * 2
    leaves = [chain_of(one).leaf.sha256 for one in (rsa_leaf, LEAF)]
    assert list(observation.evidence.must_staple) == leaves
    assert [one.leaf for one in observation.evidence.staples] == [leaves[0], leaves[0], leaves[1], leaves[1]]


async def test_the_issuer_is_found_in_what_certificates_saw() -> None:
    server = StaplingServer(LEAF, staple=lambda _: GOOD)  # sends the leaf alone
    async with server.running() as port:
        alone = await collect(port, known(chain_of(LEAF)))
        helped = await collect(port, known(chain_of(LEAF), others=(read_certificate(ISSUER.der),)))
    for observation, expected in ((alone, Answer.UNKNOWN), (helped, Answer.YES)):
        staple = seen(observation)["TLSv1.3"].staple
        assert staple is not None
        assert staple.signature is expected


async def test_another_certificate_leaves_it_unknown() -> None:
    server = StaplingServer(PLAIN, staple=lambda _: GOOD)
    async with server.running() as port:
        observation = await collect(port, known(chain_of(LEAF)))
    for one in seen(observation).values():
        assert (one.stapled, one.tries, one.reason) == (Answer.UNKNOWN, 0, "another certificate came")


async def test_garbage_for_a_staple_is_evidence() -> None:
    server = StaplingServer(LEAF, staple=lambda _: b"\x30\x03\x0a\x01\x03")
    async with server.running() as port:
        observation = await collect(port, known(chain_of(LEAF)))
    staple = seen(observation)["TLSv1.2"].staple
    assert staple is not None
    assert staple.response_status == "tryLater"


async def test_a_server_that_hangs_up_leaves_it_unknown_and_says_so() -> None:
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        observation = await collect(server.sockets[0].getsockname()[1], known(chain_of(LEAF)))
    assert observation.outcome in {Outcome.CLOSED, Outcome.RESET}
    assert {one.stapled for one in seen(observation).values()} == {Answer.UNKNOWN}
    assert all(one.reason for one in seen(observation).values())


async def test_a_version_that_is_only_hung_up_on_is_refused_where_the_other_is_answered() -> None:
    """As Schannel does: a bare end of the connection in answer to a version that is switched off."""
    server = StaplingServer(PLAIN, staple=lambda _: b"", hangs_up_on=lambda hello: not SUPPORTS_TLS13.search(hello))
    async with server.running() as port:
        observation = await collect(port, known(chain_of(PLAIN)))
    assert observation.outcome is Outcome.OK
    assert observation.evidence is not None
    assert [one.protocol for one in observation.evidence.staples] == ["TLSv1.3"]
    assert [one.reason for one in observation.evidence.refused] == ["TLSv1.2: the server hung up on the hello"]


async def test_without_a_certificate_nothing_is_asked() -> None:
    for what in (Known({}), known()):
        observation = await collect(1, what)
        assert (observation.outcome, observation.evidence) == (Outcome.NOT_ASSESSED, None)
        assert observation.cost.connections == 0


async def test_the_connection_budget_of_the_scan_ends_the_asking() -> None:
    server = StaplingServer(LEAF, staple=lambda _: b"")
    async with server.running() as port:
        session = session_for(("127.0.0.1", port), info=OcspStaplingProbe.info, options=OPTIONS, max_connections=4)
        observation = await OcspStaplingProbe().collect(session, known(chain_of(LEAF)))
    assert observation.outcome is Outcome.NOT_ASSESSED
    assert {(one.stapled, one.tries) for one in seen(observation).values()} == {(Answer.UNKNOWN, 2)}


async def after_certificates(port: int, profile: Profile = Profile.STANDARD) -> Observation[OcspStapling]:
    """The observation of a session that shares the flights of the probe before it."""
    flights, options = Flights(), ScanOptions(allow_private=True, now=NOW, profile=profile)
    asking = session_for(("127.0.0.1", port), info=CertificatesProbe.info, options=options, flights=flights)
    certificates = await CertificatesProbe().collect(asking, Known({}))
    session = session_for(("127.0.0.1", port), info=OcspStaplingProbe.info, options=options, flights=flights)
    return await OcspStaplingProbe().collect(session, Known({"certificates": certificates}))


async def test_what_the_certificates_brought_is_not_asked_for_again() -> None:
    server = StaplingServer(LEAF, staple=lambda _: GOOD, chain=(ISSUER,))
    async with server.running() as port:
        observation = await after_certificates(port)
    assert observation.cost.connections == 0
    assert observation.outcome is Outcome.OK
    for one in seen(observation).values():
        assert (one.stapled, one.tries, one.seen) == (Answer.YES, 1, 1)
        assert one.staple is not None
        assert one.staple.signature is Answer.YES


async def test_a_staple_that_the_certificates_missed_is_asked_for_once_a_version() -> None:
    server = StaplingServer(LEAF, staple=lambda count: GOOD if count > 2 else b"", chain=(ISSUER,))
    async with server.running() as port:
        observation = await after_certificates(port)
    assert observation.cost.connections == 2
    for one in seen(observation).values():
        assert (one.stapled, one.tries, one.seen) == (Answer.YES, 2, 1)


async def test_a_version_that_refused_the_certificates_is_not_asked_again() -> None:
    server = StaplingServer(LEAF, staple=lambda _: GOOD, chain=(ISSUER,))
    server.context.set_max_proto_version(SSL.TLS1_2_VERSION)
    async with server.running() as port:
        observation = await after_certificates(port)
    assert observation.cost.connections == 0
    assert list(seen(observation)) == ["TLSv1.2"]
    assert observation.evidence is not None
    assert [one.protocol for one in observation.evidence.refused] in (["TLSv1.3"], [])


ASKS_FOR_A_STAPLE = bytes.fromhex("0005000501")
"""The extension status_request with OCSP in it (RFC 6066 section 8)."""


async def test_a_server_that_hangs_up_on_those_who_ask_gives_no_staple() -> None:
    """As lighttpd over wolfSSL does; it answers the same hellos without the question."""
    server = StaplingServer(LEAF, staple=lambda _: b"", hangs_up_on=lambda hello: ASKS_FOR_A_STAPLE in hello)
    async with server.running() as port:
        observation = await after_certificates(port)
    assert (observation.outcome, observation.cost.connections) == (Outcome.OK, 2)
    for one in seen(observation).values():
        assert (one.stapled, one.reason) == (Answer.NO, "the server hangs up on hellos that ask for a staple")
    assert list(seen(observation)) == ["TLSv1.3", "TLSv1.2"]


async def test_in_the_quick_profile_the_other_version_costs_one() -> None:
    server = StaplingServer(PLAIN, staple=lambda _: b"")
    async with server.running() as port:
        observation = await after_certificates(port, Profile.QUICK)
    assert observation.cost.connections == 1
    assert {name: one.stapled for name, one in seen(observation).items()} == {
        "TLSv1.3": Answer.NO,
        "TLSv1.2": Answer.NO,
    }
