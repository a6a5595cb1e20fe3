"""Real servers of today answer broken key exchanges and broken records alike, whatever is broken about them."""

import pathlib

import pytest

from probes.base import Known
from probes.cbc_oracle import ask_cbc_oracle
from probes.raccoon import show_dh_values
from probes.robot import ask_robot
from probes.tls_suites import TlsSuitesProbe
from scanner.model.evidence.tls_flaws import Flaw, FlawState
from scanner.model.evidence.tls_suites import TlsSuites
from scanner.net.flights import Flights
from tests.real.openssl import OpensslServer
from tests.real.servers import Nginx, RealServer
from tests.support.leaf_files import Files, write_leaf
from tests.support.sessions import session_for

pytestmark = pytest.mark.real

HOST = "www.example.org"
PATIENCE = 0.15
"""Seconds that stand for the silence of a server: tests wait for it, never measure it."""


@pytest.fixture
def files(tmp_path: pathlib.Path) -> Files:
    tmp_path.chmod(0o755)
    return write_leaf(tmp_path, HOST)


async def asked(server: RealServer) -> tuple[Flaw, Flaw, set[bytes | None]]:
    """ROBOT, the padding oracle, and the public values of DHE, after the suites were listed."""
    listed = await TlsSuitesProbe().collect(
        session_for(server.place, host=HOST, info=TlsSuitesProbe.info, seconds=60), Known({})
    )
    assert isinstance(listed.evidence, TlsSuites)
    flights = Flights()
    session = session_for(server.place, host=HOST, flights=flights, seconds=60)
    robot = await ask_robot(session, listed.evidence, patience=PATIENCE)
    oracle = await ask_cbc_oracle(session, listed.evidence, patience=PATIENCE)
    await show_dh_values(session, listed.evidence)
    seen = flights.of({session.identity.topic})
    return robot, oracle, {one.flight.key_public for one in seen if one.flight is not None}


async def test_nginx_with_suites_of_old(files: Files) -> None:
    directives = "ssl_protocols TLSv1.2; ssl_ciphers AES128-SHA:AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA;"
    with Nginx(directives, tls=(files.chain, files.key)) as server:
        robot, oracle, values = await asked(server)

    assert (robot.state, robot.suite, robot.tries) == (FlawState.NO, "009C", 10), robot
    assert (oracle.state, oracle.suite, oracle.tries) == (FlawState.NO, "002F", 10), oracle
    assert "with alert 20 (bad_record_mac), then the end of the connection" in (robot.proof or "")
    assert not values


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1", "-tls1_2"])
async def test_openssl_of_every_version(files: Files, version: str) -> None:
    with OpensslServer(files, version, "-cipher", "ALL:@SECLEVEL=0") as server:
        robot, oracle, values = await asked(server)

    assert (robot.state, robot.tries) == (FlawState.NO, 10), robot
    assert oracle.state is FlawState.NO, oracle
    assert len(values) == 3, "every handshake has a value of its own"
