"""Real servers of today have none of the flaws, and that costs one connection."""

import pathlib

import pytest

from probes.base import Known
from probes.certificates import CertificatesProbe
from probes.tls_flaws import TlsFlawsProbe
from probes.tls_suites import TlsSuitesProbe
from scanner.model.evidence.tls_flaws import FlawState, TlsFlaws
from scanner.model.observation import Observation
from scanner.model.outcome import Outcome
from scanner.net.flights import Flights
from tests.real.openssl import OpensslServer
from tests.real.servers import Nginx, RealServer
from tests.support.leaf_files import Files, write_leaf
from tests.support.sessions import session_for

pytestmark = pytest.mark.real

HOST = "www.example.org"
SOUND = ("heartbleed", "ccs_injection", "crime", "key_reuse")


@pytest.fixture
def files(tmp_path: pathlib.Path) -> Files:
    tmp_path.chmod(0o755)
    return write_leaf(tmp_path, HOST)


async def flaws(server: RealServer) -> tuple[TlsFlaws, int]:
    """The flaws of a server after its suites and certificates were listed, and what the last probe cost."""
    flights, seen = Flights(), dict[str, Observation[object]]()
    for probe in (TlsSuitesProbe(), CertificatesProbe(), TlsFlawsProbe()):
        session = session_for(server.place, host=HOST, info=probe.info, flights=flights, seconds=60)
        seen[probe.info.topic] = await probe.collect(session, Known(seen))
    found = seen["tls_flaws"]
    assert found.outcome is Outcome.OK
    assert isinstance(found.evidence, TlsFlaws)
    return found.evidence, found.cost.connections


async def test_nginx_intermediate(files: Files) -> None:
    suites = "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305"
    directives = f"ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers {suites};"
    with Nginx(directives, tls=(files.chain, files.key)) as server:
        found, connections = await flaws(server)

    assert {name: getattr(found, name).state for name in SOUND} == dict.fromkeys(SOUND, FlawState.NO)
    assert found.poodle.state is FlawState.NOT_APPLICABLE
    assert {found.sweet32.state, found.rc4.state, found.drown.state, found.lucky13.state} == {FlawState.NO}
    assert found.raccoon.state is FlawState.NOT_APPLICABLE
    assert connections == 1


async def test_nginx_with_tls_1_3_only(files: Files) -> None:
    with Nginx("ssl_protocols TLSv1.3;", tls=(files.chain, files.key)) as server:
        found, connections = await flaws(server)

    for name in ("heartbleed", "ccs_injection", "crime", "ticketbleed", "client_renegotiation"):
        assert getattr(found, name).state is FlawState.NOT_APPLICABLE, name
    assert connections == 0


async def test_openssl_with_every_suite_it_has(files: Files) -> None:
    with OpensslServer(files, "-cipher", "ALL:eNULL:@SECLEVEL=0") as server:
        found, connections = await flaws(server)

    assert {name: getattr(found, name).state for name in SOUND} == dict.fromkeys(SOUND, FlawState.NO)
    for name in ("null", "anonymous", "dheat", "beast"):
        assert getattr(found, name).state is FlawState.YES, name
    for name in ("export", "rc4", "freak", "drown", "lucky13"):
        assert getattr(found, name).state is FlawState.NO, name
    assert found.poodle.state is FlawState.NOT_APPLICABLE
    assert "encrypt-then-MAC for clients that offer it" in (found.lucky13.proof or "")
    assert connections == 1
