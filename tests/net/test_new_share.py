"""Whole flights from a real server that speaks one group only, found by HelloRetryRequest."""

import pytest

from probes.base import Known
from probes.certificates import CertificatesProbe
from scanner.model.outcome import Outcome
from scanner.net.tls_client import handshake
from scanner.wire.tls_offer import Offer
from scanner.wire.tls_version import Version
from tests.support.grouped_server import grouped_server, groups
from tests.support.sessions import session_for

GROUPS = {
    "X25519": 0x001D, "P-256": 0x0017, "P-384": 0x0018, "P-521": 0x0019, "X448": 0x001E,
    "brainpoolP256r1tls13": 0x001F, "brainpoolP384r1tls13": 0x0020, "brainpoolP512r1tls13": 0x0021,
    "ffdhe2048": 0x0100, "ffdhe3072": 0x0101, "ffdhe4096": 0x0102, "ffdhe6144": 0x0103, "ffdhe8192": 0x0104,
    "X25519MLKEM768": 0x11EC, "SecP256r1MLKEM768": 0x11EB, "SecP384r1MLKEM1024": 0x11ED,
    "MLKEM768": 0x0201, "MLKEM1024": 0x0202,
}  # fmt: skip
"""OpenSSL's names and the codes."""


@pytest.mark.parametrize("name", GROUPS)
async def test_a_server_of_one_group(name: str) -> None:
    with grouped_server(groups(name)) as place:
        found = await handshake(session_for(place), Offer.complete((Version.TLS1_3,)))
    assert (found.group, len(found.certificates)) == (GROUPS[name], 1)


@pytest.mark.parametrize("name", ["SecP256r1MLKEM768", "MLKEM768", "ffdhe2048", "brainpoolP384r1tls13"])
async def test_the_certificate_of_a_server_of_one_group(name: str) -> None:
    probe = CertificatesProbe()
    with grouped_server(groups(name)) as place:
        observation = await probe.collect(session_for(place, info=probe.info), Known({}))
    assert observation.outcome is Outcome.OK
    assert observation.evidence is not None
    assert len(observation.evidence.chains) == 1


async def test_a_hello_of_both_versions_reaches_hybrids_too() -> None:
    with grouped_server(groups("SecP384r1MLKEM1024")) as place:
        found = await handshake(session_for(place), Offer.complete())
    assert (found.version, found.group) == (Version.TLS1_3, 0x11ED)
