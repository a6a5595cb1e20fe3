"""Hostile TLS servers against all TLS probes: in time, with what broke and where, and without a false word.

The deadline of these scans is short, so that the drips end with it; the rest must be over long before.
"""

import asyncio
import dataclasses
import functools
import pathlib
import tempfile

import pytest

from scanner.engine.api import Scan
from scanner.engine.collect import PROBE_BYTES
from scanner.model.evidence.tls_features import TlsFeatures
from scanner.model.evidence.tls_suites import TlsSuites
from scanner.model.observation import Observation
from scanner.model.options import Override, ScanOptions
from scanner.model.outcome import Answer, Outcome
from scanner.model.result import TargetResult
from scanner.model.rule import RuleStatus, Severity
from scanner.net.dial import READ_SIZE
from tests.hostile import certificates
from tests.hostile.peers import Hostiles, tls_context
from tests.hostile.tls_peers import TlsPeer, tls_peers
from tests.support.sessions import target_of

pytestmark = pytest.mark.patient  # servers that stall: many seconds, whatever the machine

DEADLINE = 3.0
PATIENT = 20.0  # for what must not depend on how busy the machine is
OVERRUN = 3.0  # on a machine whose cores are busy with other tests; a hang has no end
TOGETHER = 40
MOST_CONNECTIONS = 60
TOPICS = frozenset({"tls_suites", "tls_groups", "tls_features", "tls_flaws", "certificates", "ocsp_stapling"})
PEERS = tuple(tls_peers())
HEAVY = frozenset({Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL})

FILLED = frozenset({"CRT003", "CRT004", "CRT008", "CRT012"})
"""True of a certificate without names, signed by nobody, with whatever key."""

TRUE: dict[str, frozenset[str]] = {
    "SSLv3 to all": frozenset({"TLS002", "TLS005", "TLS012"}),
    "status of 64 KB": frozenset({"CRT057"}),
    "key exchange for static RSA": frozenset({"TLS018"}),
    **dict.fromkeys(("prime of one bit", "prime of zero", "prime of two", "prime of three"), frozenset({"TLS014"})),
    "prime with leading zeros": frozenset({"TLS014"}),  # 1024 bits behind them
    "generator beyond the prime": frozenset({"TLS014"}),  # 2047 bits
    "public value beyond the prime": frozenset({"TLS014"}),
    **dict.fromkeys((one.name for one in PEERS if one.name.startswith("RSA ")), FILLED | {"TLS018"}),
}
"""What may be found of medium and above, and why it is so is in the peer's name."""

NO_TLS = frozenset(
    {"plain http", "ssh", "mail", "silent", "mirror", "hello of 16 MB"}
    | {one.name for one in PEERS if one.name.startswith(("warnings for", "empty records for", "hello requests for"))}
    | {"only warnings", "nothing at all"}
)
"""Peers that never choose anything and never refuse anything: nothing at all is known of them."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One scan: of whom, and what came of it."""

    peer: TlsPeer
    result: TargetResult

    def observation(self, topic: str) -> Observation[object]:
        """The one of this topic."""
        (found,) = (one for one in self.result.observations if one.topic == topic)
        return found


async def scan(ports: list[int], ca: str, deadline: float) -> list[TargetResult]:
    """Scans a host for each port, some of them at once."""
    overrides = tuple(
        Override(host=f"h{number}.example.org", port=443, address="127.0.0.1", to_port=port)
        for number, port in enumerate(ports)
    )
    options = ScanOptions(deadline=deadline, overrides=overrides, ca=(ca,), concurrency=TOGETHER, only=TOPICS)
    targets = [target_of(f"h{number}.example.org", 443) for number in range(len(ports))]
    return await Scan(targets, options=options).run()


def run(peers: tuple[TlsPeer, ...], deadline: float) -> dict[str, Ran]:
    """These peers served and scanned, by name."""
    with tempfile.TemporaryDirectory() as folder, Hostiles() as hostiles:
        ca = pathlib.Path(folder) / "ca.pem"
        ca.write_bytes(certificates.authority().cert_pem.bytes())
        ports: list[int] = []
        for number, peer in enumerate(peers):
            leaf = certificates.leaf(f"h{number}.example.org")
            ports.append(hostiles.serve(peer.script, tls_context(leaf.chain, leaf.key, newest=peer.newest)))
        results = asyncio.run(scan(ports, str(ca), deadline))
    return {peer.name: Ran(peer=peer, result=result) for peer, result in zip(peers, results, strict=True)}


@functools.cache
def ran() -> dict[str, Ran]:
    """All of them, by name."""
    return run(PEERS, DEADLINE)


NAMES = tuple(one.name for one in PEERS)


def test_no_two_have_one_name() -> None:
    assert len(NAMES) == len(set(NAMES))
    assert {*TRUE, *NO_TLS} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_ends_in_time_and_within_bounds(name: str) -> None:
    result = ran()[name].result

    assert result.cost.seconds <= DEADLINE + OVERRUN
    assert result.cost.connections <= MOST_CONNECTIONS
    for one in result.observations:
        assert one.outcome is not Outcome.INTERNAL_ERROR, one.detail
        assert one.cost.bytes_in <= PROBE_BYTES + READ_SIZE


@pytest.mark.parametrize("name", NAMES)
def test_nothing_heavy_is_found_that_is_not_so(name: str) -> None:
    found = {one.rule for one in ran()[name].result.findings if one.severity in HEAVY}

    assert found <= TRUE.get(name, frozenset())


@pytest.mark.parametrize("name", sorted(NO_TLS))
def test_unknown_stays_unknown(name: str) -> None:
    one = ran()[name]

    suites = one.observation("tls_suites").evidence
    assert isinstance(suites, TlsSuites)
    # SSLv2 is asked with a hello of its own, which some of these refuse by an alert.
    answers = {title: support.supported for title, support in suites.protocols.items() if title != "SSLv2"}
    assert set(answers.values()) == {Answer.UNKNOWN}
    assert one.observation("tls_suites").outcome is not Outcome.OK
    assert one.observation("tls_groups").outcome is not Outcome.OK
    known = {RuleStatus.PASS, RuleStatus.FAIL}
    assert [each.rule for each in one.result.outcomes if each.status in known and each.rule not in SSL2_RULES] == []


SSL2_RULES = frozenset({"TLS001"})


def supported(name: str, among: dict[str, Ran] | None = None) -> dict[str, Answer]:
    """Whether each version is spoken."""
    suites = (among or ran())[name].observation("tls_suites").evidence
    assert isinstance(suites, TlsSuites)
    return {title: support.supported for title, support in suites.protocols.items()}


@pytest.mark.parametrize("how", ["reset within the hello", "closed within the hello", "closed within the first header"])
def test_an_answer_that_is_cut_off_is_no_refusal(how: str) -> None:
    """A refusal is a hang-up directly after the hello; a server that has begun to answer speaks the version, or may."""
    answers = supported(how)

    assert answers["TLSv1.3"] is Answer.YES
    assert answers["TLSv1.2"] is Answer.UNKNOWN


FAULTS: dict[str, str] = {
    "plain http": "the peer speaks plain HTTP, not TLS",
    "ssh": "the peer speaks SSH, not TLS",
    "hello of 16 MB": "handshake message of 16777215 bytes",
    "empty records for ever": "more than 64 records that say nothing",
    "warnings for ever": "more than 16 warning alerts",
    "hello requests for ever": "more than 64 records that say nothing",
    "suite not offered": "TLS_UNKNOWN_C0FF, which was not offered",
    "version not offered": "ServerHello with version 0309",
    "extension twice": "extension 23 is repeated in ServerHello",
    "a thousand extensions": "more than 256 extensions in ServerHello",
}


@pytest.mark.parametrize(("name", "words"), FAULTS.items(), ids=FAULTS.keys())
def test_it_says_what_broke_and_where(name: str, words: str) -> None:
    seen = ran()[name].observation("tls_suites")

    assert seen.outcome is Outcome.PROTOCOL_ERROR
    assert seen.detail is not None
    assert seen.detail.endswith(words)
    assert "-hello" in seen.detail


@pytest.mark.parametrize("name", ["silent", "nothing at all", "a byte a second"])
def test_silence_is_out_of_time(name: str) -> None:
    assert ran()[name].observation("tls_suites").outcome in {Outcome.TIMEOUT, Outcome.OVER_BUDGET}
    assert ran()[name].observation("tls_groups").outcome in {Outcome.TIMEOUT, Outcome.OVER_BUDGET}


SOUND_13 = tuple(name for name in NAMES if name.startswith("1.3: "))


@pytest.mark.parametrize("name", SOUND_13)
def test_what_is_wrong_with_one_version_is_not_held_against_the_other(name: str) -> None:
    assert supported(name)["TLSv1.2"] is Answer.YES


WHOLE = ("in records of one byte", "a warning before each answer", "warnings behind the flight")


def test_odd_but_sound_answers_are_understood() -> None:
    found = run(tuple(one for one in PEERS if one.name in WHOLE), PATIENT)

    for name in WHOLE:
        answers = supported(name, found)
        assert (answers["TLSv1.2"], answers["TLSv1.3"], answers["TLSv1.1"]) == (Answer.YES, Answer.YES, Answer.NO)
        assert found[name].observation("tls_groups").outcome is Outcome.OK


BROKEN_12 = ("hello of six bytes", "empty hello", "extension twice", "extension cut short", "suite not offered")


@pytest.mark.parametrize("name", BROKEN_12)
def test_a_version_that_is_answered_with_nonsense_is_unknown(name: str) -> None:
    assert supported(name)["TLSv1.2"] is Answer.UNKNOWN


NOT_RESUMED = (
    *("1.3: ticket cut short", "1.3: ticket without identity", "1.3: Finished is wrong", "1.3: no CertificateVerify"),
)


@pytest.mark.parametrize("name", NOT_RESUMED)
def test_nothing_is_said_to_be_resumed(name: str) -> None:
    features = ran()[name].observation("tls_features").evidence
    assert isinstance(features, TlsFeatures)
    assert features.resumption.psk.answer is not Answer.YES
    assert features.resumption.early_data.answer is not Answer.YES


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("real 1.2: ")])
def test_no_renegotiation_is_said_to_be_completed(name: str) -> None:
    features = ran()[name].observation("tls_features").evidence
    assert isinstance(features, TlsFeatures)
    assert features.renegotiation.client_initiated.answer is not Answer.YES
    assert features.renegotiation.insecure.answer is not Answer.YES


@pytest.mark.parametrize("name", ["version not offered", "extension twice", "a thousand extensions", "empty hello"])
def test_the_probe_of_certificates_names_what_broke_and_not_a_refusal_beside_it(name: str) -> None:
    assert ran()[name].observation("certificates").outcome is Outcome.PROTOCOL_ERROR
