"""The listing of groups and primes against servers of every temper."""

import dataclasses

import pytest

from probes.base import Known
from probes.classic_groups import CLASSIC_GROUPS
from probes.hello_asker import Patience
from probes.modern_groups import MODERN_GROUPS
from probes.tls_groups import TlsGroupsProbe
from scanner.model.evidence.tls_groups import Group, PostQuantum, TlsGroups
from scanner.model.evidence.tls_suites import Preference
from scanner.model.observation import Observation
from scanner.model.outcome import Answer, Outcome
from scanner.wire.octets import vector
from scanner.wire.tls_hello import RETRY_RANDOM
from scanner.wire.tls_offer import FFDHE_GROUPS
from scanner.wire.tls_registry import suite_name
from scanner.wire.tls_version import Version
from tests.support import fake_tls
from tests.support.fake_tls import Answer as Reply
from tests.support.fake_tls import SeenHello, alert, fake_server, flight, handshake_record, retry_request, server_hello
from tests.support.sessions import session_for

HYBRID, X25519, P256, P384, P521, X448 = 0x11EC, 0x001D, 0x0017, 0x0018, 0x0019, 0x001E
USUAL = (X25519, P256, X448, P521, P384)
RSA, ECDSA, STATIC = 0xC02F, 0xC02B, 0x009C
QUICK = Patience(answer=0.3, delayed=2.0, stall=0.1)


def refused(_: SeenHello) -> bytes:
    """An answer: alert 40."""
    return alert(40)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """A server with these groups in TLS 1.3, and in `highest`, in its order of preference (`server`) or the client's.

    `finite`: DHE is taken, too: where no curve is shared; `needs_named`: only where the hello names an ffdhe group.
    """

    modern: tuple[int, ...] = (X25519, P256)
    classic: tuple[int, ...] = (X25519, P256)
    highest: Version = Version.TLS1_2
    suites: tuple[int, ...] = (RSA, STATIC)
    server: bool = True
    finite: bool = False
    needs_named: bool = False
    refuse: Reply = refused
    refuse_version: Reply = lambda _: alert(70)

    def __call__(self, hello: SeenHello) -> bytes:
        """The answer to a hello."""
        if Version.TLS1_3 in hello.versions:
            if not self.modern:
                return self.refuse_version(hello)
            group = self.choose(self.modern, hello.groups)
            if group is None:
                return self.refuse(hello)
            return answer_modern(hello, group)
        if self.highest not in hello.versions or not self.classic:
            return self.refuse_version(hello)
        group = self.choose(self.classic, hello.groups)
        offered = [one for one in hello.suites if "_ECDHE_" not in suite_name(one)] if group is None else hello.suites
        suite = next((one for one in offered if one in self.suites), None)
        if suite is None and self.finite and (set(FFDHE_GROUPS) & set(hello.groups) or not self.needs_named):
            suite = next((one for one in offered if "_DHE_RSA" in suite_name(one)), None)
        return self.refuse(hello) if suite is None else flight(self.highest, suite, group=group or 0)

    def choose(self, accepted: tuple[int, ...], offered: tuple[int, ...]) -> int | None:
        """The group that both have, by whose order decides."""
        first, second = (accepted, offered) if self.server else (offered, accepted)
        return next((one for one in first if one in second), None)


def answer_modern(hello: SeenHello, group: int) -> bytes:
    """A HelloRetryRequest, or a ServerHello where the hello has the share."""
    if group not in hello.shares:
        return handshake_record(Version.TLS1_2, retry_request(0x1301, group))
    share = b"\x00\x33" + vector(group.to_bytes(2, "big") + vector(bytes(32), 2), 2)
    versions = b"\x00\x2b\x00\x02\x03\x04"
    return handshake_record(Version.TLS1_2, server_hello(Version.TLS1_3, 0x1301, extensions=versions + share))


async def listing(
    answer: Reply, *, patience: Patience = QUICK, seconds: float = 10.0, one_at_a_time: bool = False
) -> tuple[Observation[TlsGroups], TlsGroups, fake_tls.FakeServer]:
    async with fake_server(answer, one_at_a_time=one_at_a_time) as server:
        session = session_for(("127.0.0.1", server.port), info=TlsGroupsProbe.info, seconds=seconds)
        observation = await TlsGroupsProbe(patience).collect(session, Known({}))
    assert observation.evidence is not None
    return observation, observation.evidence, server


def codes(groups: tuple[Group, ...]) -> list[int]:
    return [int(one.code, 16) for one in groups]


async def test_a_server_with_its_own_order() -> None:
    observation, evidence, server = await listing(Groups(modern=(HYBRID, *USUAL, *FFDHE_GROUPS), classic=USUAL))
    assert observation.outcome is Outcome.OK
    assert codes(evidence.tls13.groups) == [HYBRID, *USUAL, *FFDHE_GROUPS]
    assert codes(evidence.tls12.groups) == list(USUAL)
    assert (evidence.tls13.preference, evidence.tls12.preference) == (Preference.SERVER, Preference.SERVER)
    assert (evidence.tls13.complete, evidence.tls12.complete) == (Answer.YES, Answer.YES)
    assert (evidence.tls13.protocol, evidence.tls12.protocol) == ("TLSv1.3", "TLSv1.2")
    assert evidence.tls13.connections <= 11 + 3
    assert evidence.tls12.connections <= 5 + 3
    assert evidence.post_quantum is PostQuantum.OFFERED
    assert evidence.post_quantum_groups[0].name == "X25519MLKEM768"
    assert (evidence.dh, evidence.dh_reason) == ((), None)
    assert server.most_open <= 3


async def test_a_server_that_follows_the_client() -> None:
    _, evidence, _ = await listing(Groups(modern=(*USUAL, *FFDHE_GROUPS), classic=USUAL, server=False))
    assert set(codes(evidence.tls13.groups)) == {*USUAL, *FFDHE_GROUPS}
    assert codes(evidence.tls12.groups) == [X25519, P256, P384, P521, X448]
    assert (evidence.tls13.preference, evidence.tls12.preference) == (Preference.CLIENT, Preference.CLIENT)
    assert evidence.tls13.connections <= 10 + 2
    assert evidence.tls12.connections <= 5 + 2
    assert evidence.post_quantum is PostQuantum.NOT_OFFERED


@pytest.mark.parametrize("server", [True, False])
@pytest.mark.parametrize("groups", [(X25519, P256), (P256, X25519), (P384, P256), (0x0001, 0x0010, P521)])
async def test_the_order_of_few_groups(groups: tuple[int, ...], server: bool) -> None:
    _, evidence, _ = await listing(Groups(modern=groups[:2], classic=groups, server=server))
    expected = Preference.SERVER if server else Preference.CLIENT
    assert set(codes(evidence.tls12.groups)) == set(groups)
    assert evidence.tls12.preference is expected
    if 0x0001 not in groups:  # which is no group of TLS 1.3
        assert evidence.tls13.preference is expected


async def test_one_group_has_no_order() -> None:
    _, evidence, _ = await listing(Groups(modern=(P256,), classic=(X448,)))
    assert (codes(evidence.tls13.groups), codes(evidence.tls12.groups)) == ([P256], [X448])
    assert (evidence.tls13.preference, evidence.tls12.preference) == (Preference.UNKNOWN, Preference.UNKNOWN)
    assert evidence.tls13.complete is Answer.YES


@pytest.mark.parametrize("server", [True, False])
async def test_every_group_of_both_lists(server: bool) -> None:
    observation, evidence, _ = await listing(
        Groups(modern=MODERN_GROUPS, classic=CLASSIC_GROUPS[2:], server=server), seconds=20
    )
    assert observation.outcome is Outcome.OK
    assert set(codes(evidence.tls13.groups)) == set(MODERN_GROUPS)
    assert set(codes(evidence.tls12.groups)) == set(CLASSIC_GROUPS[2:])
    assert observation.cost.connections <= TlsGroupsProbe.info.max_connections


@pytest.mark.parametrize("version", [Version.TLS1_1, Version.TLS1_0])
async def test_the_highest_version_that_is_spoken(version: Version) -> None:
    _, evidence, _ = await listing(Groups(modern=(), highest=version, suites=(0xC013,)))
    assert evidence.tls12.protocol == version.title
    assert codes(evidence.tls12.groups) == [X25519, P256]
    assert evidence.tls13.supported is Answer.NO
    assert evidence.post_quantum is PostQuantum.NOT_OFFERED


async def test_a_server_without_named_groups() -> None:
    observation, evidence, _ = await listing(Groups(modern=(), suites=(STATIC,)))
    assert observation.outcome is Outcome.OK
    assert (evidence.tls12.supported, evidence.tls12.complete) == (Answer.NO, Answer.YES)
    assert evidence.dh_reason is None


async def test_only_tls13() -> None:
    observation, evidence, _ = await listing(Groups(classic=()))
    assert observation.outcome is Outcome.OK
    assert (evidence.tls13.supported, evidence.tls12.supported) == (Answer.YES, Answer.NO)


async def test_hybrids_never_go_into_an_old_hello() -> None:
    _, _, server = await listing(Groups(modern=(), server=False))
    old = [hello for hello in server.hellos if Version.TLS1_3 not in hello.versions]
    assert old
    assert all(max(hello.groups) < 0x0200 or hello.groups[0] >= 0xFF01 for hello in old)
    assert not any({HYBRID, 0x0201, 0x6399} & set(hello.groups) for hello in old)


async def test_an_empty_key_share_that_is_not_stood() -> None:
    server = Groups(modern=(HYBRID, X25519, P256))

    def answer(hello: SeenHello) -> bytes:
        return alert(50) if Version.TLS1_3 in hello.versions and not hello.shares else server(hello)

    _, evidence, _ = await listing(answer)
    assert set(codes(evidence.tls13.groups)) == {HYBRID, X25519, P256}
    assert evidence.tls13.supported is Answer.YES
    assert evidence.post_quantum is PostQuantum.OFFERED


async def test_long_lists_called_illegal() -> None:
    server = Groups(modern=(X25519, P256, 0x0100))

    def answer(hello: SeenHello) -> bytes:
        return alert(47) if Version.TLS1_3 in hello.versions and len(hello.groups) > 20 else server(hello)

    _, evidence, _ = await listing(answer)
    assert set(codes(evidence.tls13.groups)) == {X25519, P256, 0x0100}
    assert evidence.post_quantum is PostQuantum.NOT_OFFERED
    assert evidence.tls13.complete is Answer.UNKNOWN  # what was left out could not be asked for
    assert "rare groups" in str(evidence.tls13.reason)


async def test_a_group_that_was_not_offered() -> None:
    def answer(hello: SeenHello) -> bytes:
        if Version.TLS1_3 in hello.versions:
            return handshake_record(Version.TLS1_2, retry_request(0x1301, X25519))
        return flight(Version.TLS1_2, RSA, group=P256)

    observation, evidence, _ = await listing(answer)
    assert codes(evidence.tls13.groups) == [X25519]
    assert codes(evidence.tls12.groups) == [P256]
    assert evidence.tls13.complete is Answer.UNKNOWN
    assert evidence.tls12.complete is Answer.YES  # it takes that one in place of all others
    assert "not offered" in str(evidence.tls13.reason)
    assert evidence.post_quantum is PostQuantum.UNKNOWN
    assert observation.outcome is Outcome.PROTOCOL_ERROR


async def test_another_group_in_place_of_those_on_offer() -> None:
    def answer(hello: SeenHello) -> bytes:
        if Version.TLS1_3 in hello.versions:
            return alert(70)
        group = next((one for one in hello.groups if one in {X25519, P256, P384}), X25519)
        return flight(Version.TLS1_2, RSA, group=group)

    observation, evidence, _ = await listing(answer)
    assert set(codes(evidence.tls12.groups)) == {X25519, P256, P384}
    assert evidence.tls12.complete is Answer.YES
    assert observation.outcome is Outcome.OK


async def test_a_retry_request_without_a_group_takes_none() -> None:
    def answer(hello: SeenHello) -> bytes:
        if Version.TLS1_3 not in hello.versions:
            return alert(70)
        group = next((one for one in (P256, X25519) if one in hello.groups), None)
        if group is not None:
            return answer_modern(hello, group)
        versions = b"\x00\x2b\x00\x02\x03\x04"
        hollow = server_hello(Version.TLS1_3, 0x1301, extensions=versions, random=RETRY_RANDOM)
        return handshake_record(Version.TLS1_2, hollow)

    observation, evidence, _ = await listing(answer)
    assert codes(evidence.tls13.groups) == [P256, X25519]
    assert evidence.tls13.complete is Answer.YES
    assert evidence.post_quantum is PostQuantum.NOT_OFFERED
    assert observation.outcome is Outcome.OK


@pytest.mark.parametrize("refuse", [fake_tls.reset, fake_tls.hang_up, lambda _: alert(80)], ids=["RST", "FIN", "80"])
async def test_cut_connections_refuse_when_seen_twice(refuse: Reply) -> None:
    observation, evidence, _ = await listing(Groups(refuse=refuse, refuse_version=refuse))
    assert observation.outcome is Outcome.OK
    assert (codes(evidence.tls13.groups), codes(evidence.tls12.groups)) == ([X25519, P256], [X25519, P256])
    assert (evidence.tls13.complete, evidence.tls12.complete) == (Answer.YES, Answer.YES)
    assert evidence.post_quantum is PostQuantum.NOT_OFFERED
    assert evidence.dh_reason is None


@pytest.mark.parametrize("cut", [fake_tls.reset, fake_tls.hang_up], ids=["RST", "FIN"])
async def test_one_cut_that_is_repeated_stands_for_all(cut: Reply) -> None:
    _, _, proper = await listing(Groups())
    _, evidence, server = await listing(Groups(refuse=cut, refuse_version=cut))
    assert (evidence.tls13.complete, evidence.tls12.complete) == (Answer.YES, Answer.YES)
    assert server.connections <= proper.connections + 4, "the repeat, one beside it, and two canaries"


async def test_cut_connections_of_a_server_without_groups() -> None:
    server = Groups(modern=(), suites=(STATIC,), refuse=fake_tls.hang_up, refuse_version=fake_tls.hang_up)
    observation, evidence, _ = await listing(server)
    assert observation.outcome is Outcome.OK
    assert (evidence.tls13.supported, evidence.tls12.supported) == (Answer.NO, Answer.NO)
    assert evidence.post_quantum is PostQuantum.NOT_OFFERED


@pytest.mark.parametrize("answer", [fake_tls.reset, fake_tls.hang_up, fake_tls.silence], ids=["RST", "FIN", "silence"])
async def test_nothing_but_cut_connections_says_nothing(answer: Reply) -> None:
    observation, evidence, _ = await listing(answer)
    assert observation.outcome in {Outcome.RESET, Outcome.CLOSED, Outcome.TIMEOUT}
    assert (evidence.tls13.supported, evidence.tls12.supported) == (Answer.UNKNOWN, Answer.UNKNOWN)
    assert evidence.post_quantum is PostQuantum.UNKNOWN
    assert evidence.dh_reason
    assert evidence.tls13.reason


async def test_a_server_that_stops_talking() -> None:
    server, answers = Groups(modern=USUAL), 0

    def answer(hello: SeenHello) -> bytes:
        nonlocal answers
        answers += 1
        return server(hello) if answers < 5 else fake_tls.reset(hello)

    observation, evidence, _ = await listing(answer)
    assert observation.outcome is not Outcome.OK
    assert Answer.YES not in {evidence.tls13.complete, evidence.tls12.complete}
    assert "stopped answering" in str(evidence.tls13.reason)
    assert evidence.post_quantum is PostQuantum.UNKNOWN


async def test_a_delayed_refusal_is_waited_for() -> None:
    def late(_: SeenHello) -> bytes:
        raise fake_tls.Late(alert(40), 0.6)

    observation, evidence, _ = await listing(Groups(refuse=late, refuse_version=late))
    assert observation.outcome is Outcome.OK
    assert (codes(evidence.tls13.groups), codes(evidence.tls12.groups)) == ([X25519, P256], [X25519, P256])
    assert (evidence.tls13.complete, evidence.tls12.complete) == (Answer.YES, Answer.YES)
    assert evidence.dh_reason is None


async def test_a_refusal_that_never_comes_is_unknown_with_a_reason() -> None:
    patience = Patience(answer=0.15, delayed=0.25, stall=0.1)
    observation, evidence, _ = await listing(Groups(refuse=fake_tls.silence), patience=patience)
    assert observation.outcome is Outcome.TIMEOUT
    assert codes(evidence.tls13.groups) == [X25519, P256]
    assert evidence.tls13.complete is Answer.UNKNOWN
    assert "timeout" in str(evidence.tls13.reason)
    assert evidence.post_quantum is PostQuantum.UNKNOWN
    assert "timeout" in str(evidence.dh_reason)


async def test_the_deadline_ends_the_listing_with_what_was_found() -> None:
    observation, evidence, _ = await listing(
        Groups(refuse=fake_tls.silence), seconds=1.0, patience=Patience(answer=0.5)
    )
    assert observation.outcome is not Outcome.OK
    assert codes(evidence.tls13.groups) == [X25519, P256]
    assert evidence.tls13.complete is Answer.UNKNOWN


async def test_one_connection_at_a_time() -> None:
    _, evidence, _ = await listing(Groups(modern=USUAL, classic=USUAL), one_at_a_time=True)
    assert (set(codes(evidence.tls13.groups)), set(codes(evidence.tls12.groups))) == (set(USUAL), set(USUAL))


async def test_a_server_that_prefers_its_ecdsa_certificate_is_asked_for_the_other() -> None:
    server = Groups(classic=USUAL)

    def answer(hello: SeenHello) -> bytes:
        if Version.TLS1_3 in hello.versions or not {RSA, ECDSA} & set(hello.suites):
            return server(hello)
        if ECDSA in hello.suites:
            return flight(Version.TLS1_2, ECDSA, group=P256) if P256 in hello.groups else server(hello)
        return server(hello)

    _, evidence, _ = await listing(answer)
    assert set(codes(evidence.tls12.groups)) == set(USUAL)
    assert evidence.tls12.beside_certificate_curve == ()


async def test_a_suite_that_is_chosen_and_breaks_off_is_left_out() -> None:
    def answer(hello: SeenHello) -> bytes:
        if Version.TLS1_3 not in hello.versions and RSA in hello.suites:
            return handshake_record(Version.TLS1_2, server_hello(Version.TLS1_2, RSA)) + alert(40)
        return Groups(suites=(0xC030,))(hello)

    _, evidence, _ = await listing(answer)
    assert codes(evidence.tls12.groups) == [X25519, P256]
    assert evidence.tls12.complete is Answer.YES


@pytest.mark.parametrize("needs_named", [False, True])
async def test_the_prime_of_a_server(needs_named: bool) -> None:
    _, evidence, _ = await listing(Groups(finite=True, needs_named=needs_named))
    assert codes(evidence.tls12.groups) == [X25519, P256]
    assert evidence.tls12.complete is Answer.YES
    (prime,) = evidence.dh
    assert (prime.bits, prime.name, prime.shared, prime.generator) == (2048, None, False, 2)
    assert prime.safe is Answer.NO  # all ones: three divides it
    assert prime.answers_ffdhe is needs_named
    assert (prime.publics, prime.distinct_publics) == ((1, 1) if needs_named else (2, 1))
    assert evidence.dh_reason is None


async def test_a_server_that_prefers_finite_fields() -> None:
    def answer(hello: SeenHello) -> bytes:
        finite = next((one for one in hello.suites if "_DHE_RSA" in suite_name(one)), None)
        if Version.TLS1_3 in hello.versions or finite is None:
            return Groups(modern=())(hello)
        return flight(Version.TLS1_2, finite)

    _, evidence, _ = await listing(answer)
    assert codes(evidence.tls12.groups) == [X25519, P256]
    assert len(evidence.dh) == 1
