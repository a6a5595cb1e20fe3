"""The probe against `openssl s_server` with several certificates, and against peers that misbehave."""

import asyncio
import contextlib
import hashlib
import tempfile
from collections.abc import Callable, Coroutine, Sequence

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa
from OpenSSL import SSL

from probes.base import Known
from probes.certificates import MAX_CONNECTIONS, CertificatesProbe
from scanner.errors import Refused
from scanner.model.evidence.certificates import Certificates, Offer
from scanner.model.observation import Observation
from scanner.model.options import Profile, ScanOptions
from scanner.model.outcome import Answer, Outcome
from tests.real.servers import RealServer
from tests.support.grouped_server import grouped_server
from tests.support.loopback import blurting, serving
from tests.support.made_chains import Issued, intermediate, leaf, root, rsa_key
from tests.support.sessions import TEST_HOST, session_for

ROOT = root()
CA = intermediate("Intermediate", ROOT)
RSA = leaf(CA, TEST_HOST, key=rsa_key())
ECDSA = leaf(CA, TEST_HOST)
EDDSA = leaf(CA, TEST_HOST, key=ed25519.Ed25519PrivateKey.generate())

RSA_SCHEMES = bytes.fromhex("08040401")  # rsa_pss_rsae_sha256, rsa_pkcs1_sha256: together in offers of RSA alone
HANDSHAKE_FAILURE = bytes.fromhex("15030300020228")


STATUS_REQUEST = bytes.fromhex("0005000501")


class SServer(RealServer):
    """`openssl s_server` with one or two chains of different kinds, each sent as given."""

    def __init__(self, *chains: Sequence[Issued], options: Sequence[str] = ()) -> None:
        super().__init__("openssl")
        self._arguments = [*options]
        for number, (first, *rest) in enumerate(chains):
            names = ("dcert", "dkey", "dcert_chain") if number else ("cert", "key", "cert_chain")
            contents = (first.pem, first.key_pem, b"".join(one.pem for one in rest))
            for name, content in zip(names, contents, strict=True):
                if content:
                    path = self.directory / f"{number}.{name}"
                    path.write_bytes(content)
                    self._arguments += [f"-{name}", str(path)]

    def command(self) -> Sequence[str]:
        return (self.program, "s_server", "-quiet", "-www", "-accept", f"{self.address}:{self.port}", *self._arguments)


def lattice(context: SSL.Context) -> None:
    """Sets a certificate with an ML-DSA key, and nothing else."""
    issued = leaf(ROOT, TEST_HOST, key=mldsa.MLDSA65PrivateKey.generate())
    context.use_certificate(issued.certificate)
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:  # pyOpenSSL takes no such key as an object
        file.write(issued.key_pem)
        file.flush()
        context.use_privatekey_file(file.name)


async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Hands on until the source ends."""
    with contextlib.suppress(OSError):
        while piece := await source.read(16 * 1024):
            sink.write(piece)
            await sink.drain()


def front(real: RealServer, likes: Callable[[bytes], bool]) -> Callable[..., Coroutine[None, None, None]]:
    """A handler that hands on the conversations whose hello it `likes`, and hangs up on the others."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = await reader.read(16 * 1024)
        if not likes(hello):
            return
        theirs, ours = await asyncio.open_connection(*real.place)
        with contextlib.closing(ours):
            ours.write(hello)
            pumps = {asyncio.ensure_future(pump(theirs, writer)), asyncio.ensure_future(pump(reader, ours))}
            _, running = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for task in running:
                task.cancel()

    return handle


async def look(place: tuple[str, int], **session: object) -> Observation[Certificates]:
    info = CertificatesProbe.info
    asked = session_for(place, info=info, max_connections=info.max_connections, **session)  # type: ignore[arg-type]
    return await CertificatesProbe().collect(asked, Known({}))


async def seen(place: tuple[str, int], **session: object) -> tuple[Certificates, int]:
    observation = await look(place, **session)
    assert observation.outcome is Outcome.OK, (observation.outcome, observation.detail)
    assert observation.evidence is not None
    return observation.evidence, observation.cost.connections


def hashes(*issued: Issued) -> tuple[str, ...]:
    return tuple(hashlib.sha256(one.der).hexdigest() for one in issued)


@pytest.mark.real
class TestOpenssl:
    async def test_two_kinds_of_certificates_are_found(self) -> None:
        with SServer((RSA, CA), (ECDSA, CA)) as server:
            evidence, connections = await seen(server.place)
        assert connections == 5
        assert [(one.for_.sigalg, one.answer) for one in evidence.refused] == [("eddsa", Answer.NO)]
        assert [(chain.for_.sigalg, chain.leaf.key.type) for chain in evidence.chains] == [
            ("rsa", "rsa"),
            ("ecdsa", "ec"),
        ]
        assert [chain.sent for chain in evidence.chains] == [hashes(one, CA) for one in (RSA, ECDSA)]
        assert [one.sha256 for one in evidence.others] == list(hashes(CA))
        assert {chain.in_order for chain in evidence.chains} == {Answer.YES}
        assert {chain.host.matches for chain in evidence.chains} == {Answer.YES}

    async def test_an_eddsa_certificate_is_found(self) -> None:
        with SServer((EDDSA, CA)) as server:
            evidence, _ = await seen(server.place)
        (chain,) = evidence.chains
        assert (chain.for_.sigalg, chain.for_.signature, chain.leaf.key.type) == ("eddsa", "ed25519", "ed25519")

    async def test_a_key_of_another_kind_is_found_in_tls13(self) -> None:
        with grouped_server(certificate=lattice) as place:
            evidence, connections = await seen(place)
        (chain,) = evidence.chains
        assert (chain.for_.sigalg, chain.for_.protocol, chain.for_.signature) == ("any", "TLSv1.3", "mldsa65")
        assert connections == 6

    async def test_a_key_of_another_kind_beside_a_usual_one_is_asked_for_in_profile_deep(self) -> None:
        def both(context: SSL.Context) -> None:
            lattice(context)
            context.use_certificate(RSA.certificate)
            context.use_privatekey(RSA.key)

        with grouped_server(certificate=both) as place:
            usual, _ = await seen(place)
            deep, connections = await seen(place, options=ScanOptions(allow_private=True, profile=Profile.DEEP))
        assert [chain.leaf.key.type for chain in usual.chains] == ["rsa"]
        assert [(chain.for_.sigalg, chain.leaf.key.type) for chain in deep.chains] == [
            ("rsa", "rsa"),
            ("ml-dsa", "ml-dsa-65"),
        ]
        assert connections == 6

    async def test_the_same_chain_from_two_offers_stands_once(self) -> None:
        with SServer((RSA, CA)) as server:
            evidence, _ = await seen(server.place)
        (chain,) = evidence.chains
        assert chain.for_ == Offer(
            sigalg="rsa", protocol="TLSv1.3", suite="TLS_AES_128_GCM_SHA256", signature="rsa_pss_rsae_sha256"
        )
        assert [(one.sigalg, one.protocol) for one in chain.shared_by] == [("rsa", "TLSv1.2")]
        assert [(one.for_.sigalg, one.for_.protocol, one.answer) for one in evidence.refused] == [
            ("ecdsa", "TLSv1.3", Answer.NO),
            ("eddsa", "TLSv1.3", Answer.NO),
            ("ecdsa", "TLSv1.2", Answer.NO),
        ]

    @pytest.mark.parametrize("version", ["tls1", "tls1_1", "tls1_2", "tls1_3"])
    async def test_each_version_alone(self, version: str) -> None:
        options = [f"-{version}", "-cipher", "ALL:@SECLEVEL=0"]
        with SServer((RSA, CA), options=options) as server:
            evidence, _ = await seen(server.place)
        expected = {"tls1": "TLSv1.0", "tls1_1": "TLSv1.1", "tls1_2": "TLSv1.2", "tls1_3": "TLSv1.3"}
        assert [chain.for_.protocol for chain in evidence.chains] == [expected[version]]

    async def test_order_and_root_are_told_as_sent(self) -> None:
        lower = intermediate("Lower", CA)
        with SServer((leaf(lower, TEST_HOST), CA, lower, ROOT)) as server:
            evidence, _ = await seen(server.place)
        assert evidence.chains[0].in_order is Answer.NO
        assert evidence.chains[0].anchor_sent

    async def test_a_lone_self_signed_certificate_is_no_anchor_sent(self) -> None:
        with SServer((leaf(None, TEST_HOST),)) as server:
            evidence, _ = await seen(server.place)
        (chain,) = evidence.chains
        assert (chain.in_order, chain.anchor_sent, chain.leaf.self_signed) == (Answer.YES, False, Answer.YES)

    async def test_the_host_is_the_one_that_the_user_named(self) -> None:
        with SServer((RSA, CA)) as server:
            other, _ = await seen(server.place, host="other.example")
            named, _ = await seen(server.place, host="127.0.0.1", sni=TEST_HOST)
        assert other.chains[0].host.matches is Answer.NO
        assert other.chains[0].host.reason == f"it is for {TEST_HOST}"
        assert named.chains[0].host.matches is Answer.YES

    async def test_a_costly_chain_is_read_in_the_worker(self) -> None:
        many = leaf(CA, *(f"{number:04}.{TEST_HOST}" for number in range(3500)), key=rsa_key())
        assert len(many.der) > 64 * 1024
        with SServer((many, CA)) as server:
            evidence, _ = await seen(server.place)
        assert len(evidence.chains[0].leaf.names) == 3500


class TestMisbehaviour:
    async def test_a_closed_port_ends_as_that(self) -> None:
        async with serving(blurting()) as server:
            place = server.endpoint
        observation = await look((place.address, place.port))
        assert observation.outcome is Refused.outcome
        assert observation.evidence is None

    async def test_a_plain_http_port_is_told(self) -> None:
        async with serving(blurting(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
            observation = await look((server.endpoint.address, server.endpoint.port))
        assert (observation.outcome, observation.evidence) == (Outcome.PROTOCOL_ERROR, None)
        assert "HTTP" in (observation.detail or "")

    async def test_refusing_everything_is_an_alert(self) -> None:
        async with serving(blurting(HANDSHAKE_FAILURE)) as server:
            observation = await look((server.endpoint.address, server.endpoint.port))
            assert server.connections <= MAX_CONNECTIONS
        assert (observation.outcome, observation.evidence) == (Outcome.TLS_ALERT, None)

    async def test_silence_is_a_timeout(self) -> None:
        async with serving(blurting(keep_open=True)) as server:
            observation = await look((server.endpoint.address, server.endpoint.port), seconds=0.3)
        assert (observation.outcome, observation.evidence) == (Outcome.TIMEOUT, None)

    @pytest.mark.real
    async def test_hanging_up_on_some_hellos_is_a_refusal_when_seen_twice(self) -> None:
        """A front that hangs up on what it does not like, as Schannel does, before a real server."""
        with SServer((RSA, CA)) as real:
            async with serving(front(real, lambda hello: RSA_SCHEMES in hello)) as server:
                evidence, connections = await seen((server.endpoint.address, server.endpoint.port))
        assert [chain.leaf.key.type for chain in evidence.chains] == ["rsa"]
        assert {one.answer for one in evidence.refused} == {Answer.NO}
        assert connections == 8

    @pytest.mark.real
    async def test_a_server_that_cannot_stand_to_be_asked_for_a_staple(self) -> None:
        """It hangs up where status_request is on offer, as some do without a staple."""
        with SServer((RSA, CA)) as real:
            async with serving(front(real, lambda hello: STATUS_REQUEST not in hello)) as server:
                evidence, _ = await seen((server.endpoint.address, server.endpoint.port))
        (chain,) = evidence.chains
        offers = {(one.sigalg, one.protocol) for one in (chain.for_, *chain.shared_by)}
        assert offers >= {("rsa", "TLSv1.3"), ("rsa", "TLSv1.2")}
