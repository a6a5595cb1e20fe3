"""Servers that refuse by cutting the connection, or by an alert about credentials: what the listing costs then."""

import pytest

from probes.base import Known
from probes.tls_suites import TlsSuitesProbe
from scanner.model.evidence.tls_suites import PROTOCOLS, TlsSuites
from scanner.model.outcome import Answer, Outcome
from scanner.model.suite_traits import traits
from scanner.wire.tls_registry import suite_name
from scanner.wire.tls_version import Version
from tests.support import fake_tls
from tests.support.fake_tls import Answer as Reply
from tests.support.fake_tls import SeenHello, Suites, alert, fake_server, flight
from tests.support.sessions import session_for

MODERN = {Version.TLS1_2: [0xC02F, 0xC030, 0xCCA8], Version.TLS1_3: [0x1302, 0x1303, 0x1301]}


async def listing(answer: Reply) -> tuple[TlsSuites, int]:
    async with fake_server(answer) as server:
        session = session_for(("127.0.0.1", server.port), info=TlsSuitesProbe.info)
        observation = await TlsSuitesProbe().collect(session, Known({}))
    assert observation.outcome is Outcome.OK
    assert observation.evidence is not None
    return observation.evidence, server.connections


def needed(evidence: TlsSuites) -> int:
    """The least number of hellos: one for each suite, and one for each version's last refusal."""
    return sum(len(one.suites) for one in evidence.protocols.values()) + len(PROTOCOLS)


def codes(evidence: TlsSuites, version: str) -> set[int]:
    return {int(one.code, 16) for one in evidence.protocols[version].suites}


@pytest.mark.parametrize("cut", [fake_tls.hang_up, fake_tls.reset], ids=["FIN", "RST"])
async def test_one_cut_that_is_repeated_stands_for_all(cut: Reply) -> None:
    evidence, connections = await listing(Suites(by_version=MODERN, refuse=cut, refuse_version=cut))
    assert codes(evidence, "TLSv1.2") == set(MODERN[Version.TLS1_2])
    assert codes(evidence, "TLSv1.3") == set(MODERN[Version.TLS1_3])
    assert all(one.complete is Answer.YES for one in evidence.protocols.values())
    older = [evidence.protocols[name] for name in ("SSLv3", "TLSv1.0", "TLSv1.1")]
    assert {one.supported for one in older} == {Answer.NO}
    assert sorted(one.connections for one in older)[:2] == [1, 1]
    assert all("twice" in str(one.reason) for one in older)
    assert connections <= needed(evidence) + 6  # DHE, the repeat of one cut in two ways, the order, and the canary


async def test_a_cut_that_was_none_is_asked_about_by_each() -> None:
    cut: list[int] = []

    def answer(hello: SeenHello) -> bytes:
        version = hello.legacy_version
        if version < Version.TLS1_2 and version not in cut:  # each of the older versions is cut off once
            cut.append(version)
            return b""
        return Suites(by_version={version: [0x002F, 0x0035] for version in (*MODERN, Version.TLS1_1, Version.TLS1_0)})(
            hello
        )

    evidence, _ = await listing(answer)
    assert codes(evidence, "TLSv1.1") == codes(evidence, "TLSv1.0") == {0x002F, 0x0035}


async def test_suites_that_lack_credentials_are_set_aside() -> None:
    accepted = (0xC02F, 0xC030, 0x009C, 0x002F)

    def answer(hello: SeenHello) -> bytes:
        if not Version.TLS1_0 <= hello.legacy_version <= Version.TLS1_2 or 43 in hello.extensions:
            return alert(70)
        for one in hello.suites:  # a pre-shared key suite is chosen before it shows that there is no such key
            kind = traits(suite_name(one))
            if kind.key_exchange in {"PSK", "SRP"}:
                return alert(115)
            if one in accepted:
                return flight(Version(hello.legacy_version), one)
        return alert(40)

    evidence, connections = await listing(answer)
    assert codes(evidence, "TLSv1.2") == codes(evidence, "TLSv1.0") == set(accepted)
    assert connections <= needed(evidence) + 3 * 3 + 1  # by version: the alert, and two families apart; the canary


async def test_a_version_refused_is_the_floor() -> None:
    def answer(hello: SeenHello) -> bytes:
        if Version.TLS1_3 in hello.versions:
            return Suites(by_version={Version.TLS1_3: [0x1302, 0x1303]})(hello)
        return alert(70 if hello.legacy_version == Version.TLS1_2 else 40)  # as rustls without TLS 1.2

    evidence, _ = await listing(answer)
    older = [evidence.protocols[name] for name in ("SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2")]
    assert {(one.supported, one.connections) for one in older} == {(Answer.NO, 1)}


async def test_an_odd_alert_to_every_hello_is_no_silent_end() -> None:
    """As a server says that wants a certificate before anything else."""
    async with fake_server(lambda _: alert(116)) as server:
        session = session_for(("127.0.0.1", server.port), info=TlsSuitesProbe.info)
        observation = await TlsSuitesProbe().collect(session, Known({}))
    assert observation.outcome is Outcome.TLS_ALERT
    assert observation.evidence is not None
    assert {one.supported for one in observation.evidence.protocols.values()} <= {Answer.UNKNOWN, Answer.NO}
    assert "alert 116 (certificate_required)" in str(observation.detail)
