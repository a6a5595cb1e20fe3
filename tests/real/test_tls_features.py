"""The features of real servers are those that they were told to have."""

import pathlib

import pytest
import trustme

from probes.base import Known
from probes.certificates import CertificatesProbe
from probes.tls_features import TlsFeaturesProbe
from probes.tls_suites import TlsSuitesProbe
from scanner.model.evidence.tls_features import TlsFeatures
from scanner.model.observation import Observation
from scanner.model.options import ScanOptions
from scanner.model.outcome import Answer, Outcome
from scanner.net.flights import Flights
from scanner.rules.case import Case
from scanner.rules.registry import all_rules
from scanner.rules.verdict import Fail
from tests.real.openssl import OpensslServer
from tests.real.servers import Apache, Nginx, RealServer
from tests.support.leaf_files import Files, write_leaf
from tests.support.sessions import session_for

pytestmark = pytest.mark.real

HOST = "www.example.org"
INTERMEDIATE = "ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM;"
LEGACY = "@SECLEVEL=0"


@pytest.fixture
def files(tmp_path: pathlib.Path) -> Files:
    tmp_path.chmod(0o755)
    return write_leaf(tmp_path, HOST)


async def observe(server: RealServer, *, jarm: bool = False) -> Observation[TlsFeatures]:
    """The observation after the probes that it requires."""
    flights, known = Flights(), Known({})
    options = ScanOptions(allow_private=True, jarm=jarm)
    seen: dict[str, Observation[object]] = {}
    for probe in (TlsSuitesProbe(), CertificatesProbe(), TlsFeaturesProbe()):
        session = session_for(
            server.place, host=HOST, info=probe.info, seconds=60, flights=flights, options=options,
            max_connections=probe.info.max_connections,
        )  # fmt: skip
        known = Known(seen)
        seen[probe.info.topic] = await probe.collect(session, known)
    return seen["tls_features"]  # type: ignore[return-value]


async def look(server: RealServer) -> TlsFeatures:
    observation = await observe(server)
    assert observation.outcome is Outcome.OK, (observation.outcome, observation.stage, observation.detail)
    assert observation.evidence is not None
    return observation.evidence


def findings(evidence: TlsFeatures) -> set[str]:
    """The rules of this topic's own range that fail."""
    own = [rule for rule in all_rules() if "TLS040" <= rule.info.id <= "TLS069" and rule.info.topic == "tls_features"]
    return {rule.info.name for rule in own if isinstance(rule.check(Case(evidence=evidence)), Fail)}


async def test_nginx_intermediate(files: Files) -> None:
    directives = f"server_name {HOST}; {INTERMEDIATE} ssl_session_cache shared:t:1m;"
    with Nginx(directives, tls=(files.chain, files.key)) as server:
        observation = await observe(server)

    found = observation.evidence
    assert found is not None
    assert observation.cost.connections <= 14
    classic, modern = found.versions["TLSv1.2"], found.versions["TLSv1.3"]
    for feature in ("extended_master_secret", "secure_renegotiation", "session_ticket", "downgrade_sentinel"):
        assert getattr(classic, feature).answer is Answer.YES
    for feature in ("heartbeat", "compression"):
        assert getattr(classic, feature).answer is Answer.NO
    assert not modern.secure_renegotiation.applicable
    assert (found.sni.none.answer, found.sni.wrong.answer) == (Answer.YES, Answer.YES)
    assert found.sni.default_differs is Answer.NO
    for oddity in ("grease", "unknown_version", "unknown_extension", "long_hello"):
        assert getattr(found.tolerance, oddity).answer is Answer.YES
    assert not found.fallback_scsv.applicable
    assert found.client_certificate.requested.answer is Answer.NO
    assert [one.protocol for one in found.signatures] == ["TLSv1.2", "TLSv1.3"]
    assert found.resumption.ticket.answer is found.resumption.psk.answer is Answer.YES
    assert findings(found) <= {"encrypted-client-hello-missing", "foreign-protocol-and-name-served"}


async def test_nginx_with_another_default_and_http2(files: Files, tmp_path: pathlib.Path) -> None:
    other = write_leaf(tmp_path, "other.example.net", ca=trustme.CA())
    second = (
        f"server {{ listen 127.0.0.1:%d ssl; server_name {HOST};"
        f" ssl_certificate {files.chain}; ssl_certificate_key {files.key}; }}"
    )
    server = Nginx(INTERMEDIATE, tls=(other.chain, other.key))
    config = server.directory / "nginx.conf"
    text = config.read_text().replace(" ssl;", " ssl http2;", 1)
    config.write_text(text[: text.rindex("}")] + second % server.port + "\n}\n")
    with server:
        found = await look(server)

    assert found.alpn.protocols == ("h2", "http/1.1")
    assert found.sni.right.names == (HOST,)
    assert found.sni.none.names == found.sni.wrong.names == ("other.example.net",)
    assert "default-certificate-of-another" in findings(found)


async def test_nginx_with_strict_names_and_client_certificates(files: Files) -> None:
    directives = (
        f"server_name {HOST}; {INTERMEDIATE} ssl_session_tickets off; ssl_session_cache off;"
        f" ssl_verify_client optional_no_ca; ssl_client_certificate {files.root};"
    )
    server = Nginx(directives, tls=(files.chain, files.key))
    config = server.directory / "nginx.conf"
    text = config.read_text()
    strict = f"server {{ listen 127.0.0.1:{server.port} ssl default_server; ssl_reject_handshake on; }}"
    config.write_text(text[: text.rindex("}")] + strict + "\n}\n")
    with server:
        found = await look(server)

    assert (found.sni.none.answer, found.sni.wrong.answer) == (Answer.NO, Answer.NO)
    assert found.sni.default_differs is Answer.NO
    assert found.client_certificate.requested.answer is Answer.YES
    assert found.client_certificate.required.answer is Answer.NO
    assert found.client_certificate.authority_count == 1
    assert found.client_certificate.authorities[0].startswith("OU=")
    assert found.versions["TLSv1.2"].session_ticket.answer is Answer.NO
    assert found.versions["TLSv1.2"].heartbeat.answer is Answer.NO, "asked with a hello of its own"
    assert "foreign-protocol-and-name-served" not in findings(found)


async def test_apache(files: Files) -> None:
    directives = f"SSLEngine on\nSSLProtocol all\nSSLCertificateFile {files.chain}\n"
    directives += f"SSLCertificateKeyFile {files.key}\nSSLSessionCache none\n"
    with Apache(directives, modules=("socache_shmcb", "ssl")) as server:
        found = await look(server)

    assert found.versions["TLSv1.2"].secure_renegotiation.answer is Answer.YES
    assert found.versions["TLSv1.2"].encrypt_then_mac.answer is Answer.YES
    assert found.alpn.unknown_accepted.answer is Answer.YES
    assert found.tolerance.grease.answer is found.tolerance.long_hello.answer is Answer.YES


async def test_openssl_of_two_old_versions(files: Files) -> None:
    options = ("-tls1_2", "-cipher", f"AES128-SHA:ECDHE-RSA-AES128-SHA:{LEGACY}", "-alpn", "http/1.1")
    with OpensslServer(files, *options) as server:
        alone = await look(server)
    with OpensslServer(files, "-no_tls1_3", *options[1:]) as server:
        several = await look(server)

    assert not alone.fallback_scsv.applicable
    assert several.fallback_scsv.answer is Answer.YES
    assert several.tolerance.unknown_version.answer is Answer.YES
    assert several.alpn.chosen == "http/1.1"
    assert several.alpn.unknown_accepted.answer is Answer.NO
    (use,) = several.signatures
    assert use.old_hashes.answer is Answer.YES
    assert "old-signature-on-request" in findings(several)
    assert not {"secure-renegotiation-missing", "extended-master-secret-missing"} & findings(several)


async def test_openssl_with_a_required_client_certificate(files: Files) -> None:
    with OpensslServer(files, "-Verify", "1", "-verify_return_error", "-CAfile", str(files.root)) as server:
        found = await look(server)

    assert found.client_certificate.requested.answer is Answer.YES
    assert found.client_certificate.required.answer is Answer.YES


async def test_jarm_is_repeatable(files: Files) -> None:
    with Nginx(f"server_name {HOST}; {INTERMEDIATE}", tls=(files.chain, files.key)) as server:
        prints = {
            evidence.fingerprints.jarm
            for evidence in [(await observe(server, jarm=True)).evidence for _ in range(2)]
            if evidence is not None
        }

    (jarm,) = prints
    assert jarm is not None
    assert len(jarm) == 62
    assert jarm != "0" * 62
