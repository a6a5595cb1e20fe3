"""The listing of real servers equals what they were told to take: none missing, none extra."""

import pathlib

import pytest

from probes.base import Known
from probes.tls_suites import TlsSuitesProbe
from scanner.model.evidence.tls_suites import TlsSuites
from scanner.model.options import Profile, ScanOptions
from scanner.model.outcome import Answer, Outcome
from scanner.rules.case import Case
from scanner.rules.suite_views import judge_suites
from scanner.rules.verdict import NotAssessed
from tests.real.openssl import OpensslServer, ciphers
from tests.real.servers import Apache, Nginx, RealServer
from tests.support.leaf_files import Files, write_leaf
from tests.support.sessions import session_for

pytestmark = pytest.mark.real

HOST = "www.example.org"
TLS13 = {"1301", "1302", "1303"}
OLD = "ECDHE+AESGCM:ECDHE+AES:AES128-SHA:AES256-SHA:@SECLEVEL=0"
INTERMEDIATE = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:DHE-RSA-CHACHA20-POLY1305"
)


@pytest.fixture
def files(tmp_path: pathlib.Path) -> Files:
    tmp_path.chmod(0o755)
    return write_leaf(tmp_path, HOST)


async def listing(server: RealServer) -> tuple[dict[str, set[str]], int]:
    """The suites by version that were found, and the connections that it took."""
    observation = await TlsSuitesProbe().collect(
        session_for(server.place, host=HOST, info=TlsSuitesProbe().info, seconds=60), Known({})
    )
    assert observation.outcome is Outcome.OK, (observation.outcome, observation.stage, observation.detail)
    evidence = observation.evidence
    assert isinstance(evidence, TlsSuites)
    assert all(one.supported is not Answer.UNKNOWN for one in evidence.protocols.values())
    found = {name: {suite.code for suite in one.suites} for name, one in evidence.protocols.items()}
    return {name: codes for name, codes in found.items() if codes}, observation.cost.connections


async def test_nginx_intermediate(files: Files) -> None:
    directives = f"server_name {HOST}; ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers {INTERMEDIATE};"
    with Nginx(directives, tls=(files.chain, files.key)) as server:
        found, connections = await listing(server)

    # An RSA certificate and no dhparam: of the list, the three ECDHE-RSA suites remain.
    assert found == {"TLSv1.2": {"C02F", "C030", "CCA8"}, "TLSv1.3": TLS13}
    assert connections <= 24


async def test_nginx_with_old_versions(files: Files) -> None:
    directives = f"ssl_protocols TLSv1 TLSv1.1 TLSv1.2; ssl_ciphers {OLD};"
    with Nginx(directives, tls=(files.chain, files.key)) as server:
        found, _ = await listing(server)

    old = {"C013", "C014", "002F", "0035"}
    assert found == {"TLSv1.0": old, "TLSv1.1": old, "TLSv1.2": old | {"C02F", "C030", "C027", "C028"}}


async def test_apache(files: Files) -> None:
    directives = f"SSLEngine on\nSSLProtocol all\nSSLCipherSuite ECDHE+AESGCM\nSSLCertificateFile {files.chain}\n"
    directives += f"SSLCertificateKeyFile {files.key}\nSSLSessionCache none\n"
    with Apache(directives, modules=("socache_shmcb", "ssl")) as server:
        found, _ = await listing(server)

    assert found == {"TLSv1.2": {"C02F", "C030"}, "TLSv1.3": TLS13}


async def test_openssl_with_every_suite_it_has(files: Files) -> None:
    everything = "ALL:eNULL:@SECLEVEL=0"
    with OpensslServer(files, "-cipher", everything) as server:
        found, _ = await listing(server)

    # Without PSK and SRP credentials, and with an RSA key only: what needs neither remains.
    for protocol, option in (("TLSv1.0", "tls1"), ("TLSv1.2", "tls1_2")):
        claimed = ciphers(f"{everything}:-PSK:-SRP:-aECDSA:-aDSS", option)
        assert found[protocol] == claimed
    assert found["TLSv1.3"] == TLS13


async def test_a_server_of_one_old_version(files: Files) -> None:
    with OpensslServer(files, "-tls1", "-cipher", "AES128-SHA:@SECLEVEL=0") as server:
        found, _ = await listing(server)

    assert found == {"TLSv1.0": {"002F"}}


async def test_the_quick_profile_asks_for_versions_only(files: Files) -> None:
    directives = f"ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; ssl_ciphers {OLD};"
    with Nginx(directives, tls=(files.chain, files.key)) as server:
        session = session_for(
            server.place, host=HOST, info=TlsSuitesProbe().info, options=ScanOptions(profile=Profile.QUICK)
        )
        observation = await TlsSuitesProbe().collect(session, Known({}))

    evidence = observation.evidence
    assert evidence is not None
    assert {name for name, one in evidence.protocols.items() if one.supported is Answer.YES} == {
        "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3",
    }  # fmt: skip
    assert not evidence.listed
    assert observation.cost.connections <= 7
    assert isinstance(judge_suites(Case(evidence=evidence), lambda one: one.rc4, "{suites}"), NotAssessed)


async def test_our_own_limit_shows_no_intolerance(files: Files) -> None:
    with Nginx(f"ssl_ciphers {INTERMEDIATE};", tls=(files.chain, files.key)) as server:
        for connections in range(1, 18):
            session = session_for(server.place, host=HOST, info=TlsSuitesProbe().info, max_connections=connections)
            evidence = (await TlsSuitesProbe().collect(session, Known({}))).evidence

            assert evidence is not None
            assert evidence.intolerances == ()
