"""Suites that hide behind others: servers that choose the certificate, or more, before they look for a suite."""

import dataclasses

import pytest

from probes.base import Known
from probes.tls_suites import TlsSuitesProbe
from scanner.model.evidence.tls_suites import Preference, TlsSuites
from scanner.model.outcome import Answer, Outcome
from scanner.model.suite_traits import traits
from scanner.wire.tls_offer import FFDHE_GROUPS
from scanner.wire.tls_registry import suite_name
from scanner.wire.tls_version import Version
from tests.support.fake_tls import Answer as Reply
from tests.support.fake_tls import SeenHello, alert, fake_server, flight
from tests.support.sessions import session_for

ECDSA = (0xC02C, 0xC02B, 0xC00A, 0xC009)
RSA = (0xC030, 0xC02F, 0xC014, 0xC013, 0x009D, 0x002F)
OLD = frozenset({0xC00A, 0xC009, 0xC014, 0xC013, 0x002F})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFirst:
    """A server with two certificates: whoever offers any suite with ECDSA gets that one, whatever it can be used for.

    `server`: its own order decides.
    """

    ecdsa: tuple[int, ...] = ECDSA
    rsa: tuple[int, ...] = RSA
    server: bool = True
    lowest: Version = Version.TLS1_2

    def __call__(self, hello: SeenHello) -> bytes:
        """The answer to a hello."""
        version = max((one for one in hello.versions if self.lowest <= one <= Version.TLS1_2), default=None)
        if version is None:
            return alert(70)
        knows = any("_ECDHE_ECDSA_" in suite_name(one) for one in hello.suites)
        accepted = [one for one in (self.ecdsa if knows else self.rsa) if version == Version.TLS1_2 or one in OLD]
        first, second = (accepted, hello.suites) if self.server else (hello.suites, accepted)
        chosen = next((one for one in first if one in second), None)
        return alert(40) if chosen is None else flight(version, chosen)


async def listing(answer: Reply) -> tuple[TlsSuites, int]:
    async with fake_server(answer) as server:
        session = session_for(("127.0.0.1", server.port), info=TlsSuitesProbe.info)
        observation = await TlsSuitesProbe().collect(session, Known({}))
    assert observation.outcome is Outcome.OK
    assert observation.evidence is not None
    return observation.evidence, server.connections


def codes(evidence: TlsSuites, version: str) -> set[int]:
    return {int(one.code, 16) for one in evidence.protocols[version].suites}


@pytest.mark.parametrize("server", [True, False])
async def test_rsa_behind_ecdsa(server: bool) -> None:
    evidence, connections = await listing(CertificateFirst(server=server))
    found = evidence.protocols["TLSv1.2"]
    assert codes(evidence, "TLSv1.2") == {*ECDSA, *RSA}
    assert found.complete is Answer.YES
    assert found.preference is (Preference.SERVER if server else Preference.CLIENT)
    assert evidence.disagreements == ()
    assert connections <= 1.15 * (len(ECDSA) + len(RSA) + 1 + 5) + 2


async def test_rsa_behind_ecdsa_in_every_version() -> None:
    evidence, _ = await listing(CertificateFirst(lowest=Version.TLS1_0))
    assert codes(evidence, "TLSv1.2") == {*ECDSA, *RSA}
    assert codes(evidence, "TLSv1.1") == codes(evidence, "TLSv1.0") == {*ECDSA, *RSA} & OLD


async def test_without_another_certificate_the_question_costs_one_hello() -> None:
    evidence, connections = await listing(CertificateFirst(rsa=(), server=False))
    assert codes(evidence, "TLSv1.2") == set(ECDSA)
    assert evidence.protocols["TLSv1.2"].complete is Answer.YES
    assert connections <= 1.15 * (len(ECDSA) + 1 + 5) + 2


async def test_rare_finite_field_suites_that_want_named_groups() -> None:
    finite = (0x009F, 0x009E, 0x0033, 0xCC15)  # the last one is of a draft that few remember

    def answer(hello: SeenHello) -> bytes:
        if Version.TLS1_2 not in hello.versions or hello.legacy_version != Version.TLS1_2 or 43 in hello.extensions:
            return alert(70)
        named = set(FFDHE_GROUPS) & set(hello.groups)
        accepted = [one for one in (0xC02F, *finite) if named or traits(suite_name(one)).key_exchange != "DHE"]
        chosen = next((one for one in accepted if one in hello.suites), None)
        return alert(40) if chosen is None else flight(Version.TLS1_2, chosen)

    evidence, _ = await listing(answer)
    assert codes(evidence, "TLSv1.2") == {0xC02F, *finite}
