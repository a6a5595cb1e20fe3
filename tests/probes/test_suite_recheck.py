"""Further addresses of a name: two hellos a version where they are as the first, the whole listing where not."""

import dataclasses

import pytest

from probes.base import Known
from probes.tls_suites import TlsSuitesProbe
from scanner.model.evidence.tls_suites import Preference, TlsSuites
from scanner.model.observation import Observation
from scanner.model.outcome import Answer, Outcome
from scanner.wire.tls_version import Version
from tests.support import fake_tls
from tests.support.fake_tls import Answer as Reply
from tests.support.fake_tls import Suites, fake_server
from tests.support.sessions import session_for

MODERN = {Version.TLS1_2: [0xC02F, 0xC030, 0xCCA8], Version.TLS1_3: [0x1302, 0x1303, 0x1301]}


async def scan(answer: Reply, first: Observation[TlsSuites] | None = None) -> tuple[Observation[TlsSuites], int]:
    async with fake_server(answer) as server:
        session = session_for(("127.0.0.1", server.port), info=TlsSuitesProbe.info)
        found = await TlsSuitesProbe().collect(session, Known({}, first))
    return found, server.connections


def evidence_of(observation: Observation[TlsSuites]) -> TlsSuites:
    assert observation.evidence is not None
    return observation.evidence


@pytest.mark.parametrize("by_server", [True, False])
@pytest.mark.parametrize("refuse", [fake_tls.reset, None], ids=["RST", "alert"])
async def test_an_address_that_is_as_the_first(by_server: bool, refuse: Reply | None) -> None:
    server = Suites(by_version=MODERN, server=by_server)
    if refuse is not None:
        server = dataclasses.replace(server, refuse_version=refuse)
    first, whole = await scan(server)
    again, compared = await scan(server, first)

    assert again.outcome is Outcome.OK
    assert evidence_of(again).compared_with == first.endpoint
    assert compared < whole
    for name, support in evidence_of(first).protocols.items():
        here = evidence_of(again).protocols[name]
        assert (here.supported, here.suites, here.preference, here.complete) == (
            support.supported,
            support.suites,
            support.preference,
            support.complete,
        )
    assert sum(one.connections for one in evidence_of(again).protocols.values()) in {compared, compared - 1}


@pytest.mark.parametrize(
    "other",
    [
        Suites(by_version={**MODERN, Version.TLS1_0: [0xC013]}),
        Suites(by_version={Version.TLS1_2: [0xC02F, 0xC030, 0xCCA8]}),
        Suites(by_version={**MODERN, Version.TLS1_2: [0xC02F, 0xC030, 0xCCA8, 0x000A]}),
        Suites(by_version={**MODERN, Version.TLS1_2: [0xC030, 0xCCA8]}),
        Suites(by_version={**MODERN, Version.TLS1_2: [0xC030, 0xC02F, 0xCCA8]}),
        Suites(by_version=MODERN, server=False),
    ],
    ids=["one version more", "one less", "one suite more", "the favourite less", "another order", "the client's order"],
)
async def test_an_address_that_differs_is_listed_in_full(other: Suites) -> None:
    first, _ = await scan(Suites(by_version=MODERN))
    alone, _ = await scan(other)
    beside, _ = await scan(other, first)

    assert evidence_of(beside).compared_with is None
    assert {name: (one.supported, one.suites) for name, one in evidence_of(beside).protocols.items()} == {
        name: (one.supported, one.suites) for name, one in evidence_of(alone).protocols.items()
    }


async def test_an_incomplete_first_listing_is_no_measure() -> None:
    first, _ = await scan(Suites(by_version=MODERN))
    doubtful = dataclasses.replace(evidence_of(first).protocols["TLSv1.2"], complete=Answer.UNKNOWN)
    protocols = {**evidence_of(first).protocols, "TLSv1.2": doubtful}
    incomplete = dataclasses.replace(first, evidence=dataclasses.replace(evidence_of(first), protocols=protocols))

    again, _ = await scan(Suites(by_version=MODERN), incomplete)

    assert evidence_of(again).compared_with is None
    assert evidence_of(again).protocols["TLSv1.2"].preference is Preference.SERVER


async def test_silence_at_a_further_address_is_not_taken_for_the_first_one_s_answers() -> None:
    first, _ = await scan(Suites(by_version=MODERN))
    again, _ = await scan(fake_tls.hang_up, first)

    assert again.outcome is not Outcome.OK
    answers = {name: one.supported for name, one in evidence_of(again).protocols.items() if name != "SSLv2"}
    assert set(answers.values()) == {Answer.UNKNOWN}
