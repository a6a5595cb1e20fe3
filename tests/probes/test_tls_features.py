"""The probe of TLS features against peers that have a thing, and near misses that have it not."""

import dataclasses
import time
from collections.abc import Callable, Mapping

import pytest

from probes.alpn import BROWSER, NOBODYS
from probes.base import Known
from probes.feature_asker import SOURCES, FeatureAsker, in_order, refused, templates
from probes.tls_features import TlsFeaturesProbe
from scanner.model.evidence.tls_features import TlsFeatures
from scanner.model.evidence.tls_suites import PROTOCOLS, ProtocolSupport, Suite, TlsSuites
from scanner.model.observation import Observation
from scanner.model.options import Profile, ScanOptions
from scanner.model.outcome import Answer, Outcome
from scanner.net.flights import Flights
from scanner.net.tls_client import attempt
from scanner.wire.octets import vector
from scanner.wire.tls_offer import KeyKind, Offer
from scanner.wire.tls_registry import suite_name
from scanner.wire.tls_version import Version
from tests.support.fake_tls import (
    FakeServer,
    Late,
    SeenHello,
    alert,
    fake_server,
    handshake_record,
    hang_up,
    message,
    reset,
    server_hello,
    silence,
)
from tests.support.sessions import TEST_HOST, TestIdentity, session_for

SUITE = 0xC02F
SECONDS = 0.7
"""How long the probe waits for a hello here."""

HANG_SECONDS = 10.0
"""What is beyond is a hang."""

OTHER_NAME = b"another certificate"
LEAF = b"the right certificate"
Answerer = Callable[[SeenHello], bytes]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A server of TLS 1.2 and below. `extensions` go into every ServerHello, `takes` where the hello offers them.

    `schemes` are those that it signs with; None signs with SHA-256 whatever is offered.
    """

    versions: tuple[Version, ...] = (Version.TLS1_2,)
    extensions: Mapping[int, bytes] = dataclasses.field(default_factory=dict)
    takes: Mapping[int, bytes] = dataclasses.field(default_factory=dict)
    protocols: tuple[bytes, ...] = ()
    strict_alpn: bool = False
    knows_fallback: bool = False
    schemes: tuple[int, ...] | None = (0x0804, 0x0401)
    nameless: Answerer | None = None
    wrong_name: Answerer | None = None
    warning: bytes = b""
    leaf: bytes = LEAF

    def __call__(self, hello: SeenHello) -> bytes:
        version = max((one for one in self.versions if one <= hello.legacy_version), default=None)
        if version is None:
            return alert(70)
        if self.knows_fallback and 0x5600 in hello.suites and version < max(self.versions):
            return alert(86)
        odd = self.nameless if 0 not in hello.extensions else self.wrong_name if is_wrong(hello) else None
        if odd is not None:
            return odd(hello)
        return self.warning + self.served(hello, version)

    def served(self, hello: SeenHello, version: Version) -> bytes:
        extensions = dict(self.extensions) | {
            code: body for code, body in self.takes.items() if code in hello.extensions
        }
        if 16 in hello.extensions and self.protocols:
            chosen = next((one for one in self.protocols if vector(one, 1) in hello.extensions[16]), None)
            if chosen is None and self.strict_alpn:
                return alert(120)
            if chosen is not None:
                extensions[16] = vector(vector(chosen, 1), 2)
        signature = b""
        if version is Version.TLS1_2:
            scheme = self.scheme(hello)
            if scheme is None:
                return alert(40)
            signature = scheme.to_bytes(2, "big")
        listed = b"".join(code.to_bytes(2, "big") + vector(body, 2) for code, body in extensions.items())
        return handshake_record(
            version,
            server_hello(version, SUITE, extensions=listed),
            message(11, vector(vector(self.leaf, 3), 3)),
            message(12, b"\3\0\x1d" + vector(bytes(32), 1) + signature + vector(bytes(64), 2)),
            message(14, b""),
        )

    def scheme(self, hello: SeenHello) -> int | None:
        offered = hello.extensions.get(13, b"\0\0")[2:]
        codes = [int.from_bytes(offered[at : at + 2], "big") for at in range(0, len(offered), 2)]
        if self.schemes is None:
            return 0x0401
        return next((one for one in self.schemes if one in codes), None)


def is_wrong(hello: SeenHello) -> bool:
    return TEST_HOST.encode() not in hello.extensions.get(0, b"")


def listing(*versions: Version, suite: int = SUITE) -> TlsSuites:
    refused = ProtocolSupport(supported=Answer.NO, complete=Answer.YES)
    spoken = ProtocolSupport(
        supported=Answer.YES, complete=Answer.YES, suites=(Suite(code=f"{suite:04X}", name=suite_name(suite)),)
    )
    titles = {one.title for one in versions}
    return TlsSuites(protocols={title: spoken if title in titles else refused for title in PROTOCOLS}, offered=400)


async def observe(
    server: FakeServer,
    versions: tuple[Version, ...] = (Version.TLS1_2,),
    *,
    host: str = TEST_HOST,
    profile: Profile = Profile.STANDARD,
    jarm: bool = False,
    max_connections: int = TlsFeaturesProbe.info.max_connections,
    key: KeyKind = KeyKind.ANY,
) -> Observation[TlsFeatures]:
    """The probe's observation, after the plain hellos of others at each version."""
    flights, place = Flights(), ("127.0.0.1", server.port)
    before = session_for(place, host=host, info=TestIdentity(topic="certificates"), flights=flights)
    for version in versions:
        await attempt(before, Offer.complete((version,), key=key, server_name=before.target.sni))
    server.hellos.clear()
    server.connections = 0
    session = session_for(
        place,
        host=host,
        info=TlsFeaturesProbe.info,
        flights=flights,
        max_connections=max_connections,
        seconds=30,
        options=ScanOptions(allow_private=True, profile=profile, jarm=jarm),
    )
    suites = before.observe(listing(*versions))
    return await TlsFeaturesProbe(seconds=SECONDS).collect(session, Known({"tls_suites": suites}))


async def look(answer: Answerer, versions: tuple[Version, ...] = (Version.TLS1_2,), **more: str) -> TlsFeatures:
    async with fake_server(answer) as server:
        observation = await observe(server, versions, **more)  # type: ignore[arg-type]
    assert (observation.outcome, observation.detail) == (Outcome.OK, None)
    assert observation.evidence is not None
    return observation.evidence


async def test_what_rides_along_is_found_where_it_is_taken() -> None:
    extras = {15: b"\1", 28: b"\x40\0"}

    taken = (await look(Peer(takes=extras))).versions["TLSv1.2"]
    not_taken = (await look(Peer())).versions["TLSv1.2"]

    assert (taken.heartbeat.answer, taken.record_size_limit.answer) == (Answer.YES, Answer.YES)
    assert (not_taken.heartbeat.answer, not_taken.record_size_limit.answer) == (Answer.NO, Answer.NO)
    assert not_taken.compression.answer is Answer.NO


async def test_passengers_decide_nothing_where_the_server_cannot_stand_them() -> None:
    def picky(hello: SeenHello) -> bytes:
        return alert(50) if {15, 1, 28} & set(hello.extensions) else Peer(protocols=(b"http/1.1",))(hello)

    found = await look(picky)

    assert found.sni.none.answer is found.sni.wrong.answer is Answer.YES
    assert found.sni.default_differs is Answer.NO
    assert found.alpn.chosen == "http/1.1"
    assert found.versions["TLSv1.2"].heartbeat.answer is Answer.UNKNOWN, "it never answered a hello that had it"


async def test_passengers_get_a_hello_of_their_own_where_nothing_else_is_answered() -> None:
    refuse = {"nameless": lambda _: alert(112), "wrong_name": lambda _: alert(112)}

    found = await look(Peer(protocols=(b"h2",), strict_alpn=True, takes={15: b"\1"}, **refuse))  # type: ignore[arg-type]

    assert found.versions["TLSv1.2"].heartbeat.answer is Answer.YES


async def test_another_certificate_for_the_wrong_name() -> None:
    found = await look(Peer(wrong_name=Peer(leaf=OTHER_NAME)))

    assert found.sni.default_differs is Answer.YES
    assert found.sni.right.leaf_sha256 == found.sni.none.leaf_sha256 != found.sni.wrong.leaf_sha256


async def test_strict_sni_is_a_refusal_and_no_difference() -> None:
    found = await look(Peer(nameless=lambda _: alert(40), wrong_name=lambda _: alert(112)))

    assert (found.sni.none.answer, found.sni.none.alert) == (Answer.NO, 40)
    assert (found.sni.wrong.answer, found.sni.wrong.alert) == (Answer.NO, 112)
    assert found.sni.default_differs is Answer.NO


async def test_a_certificate_of_another_kind_without_the_right_name_is_no_refusal() -> None:
    default = Peer(schemes=(0x0403,), leaf=OTHER_NAME)  # ECDSA only, where the hello that is known to work names RSA
    async with fake_server(Peer(nameless=default, wrong_name=default)) as server:
        observation = await observe(server, key=KeyKind.RSA)

    assert observation.evidence is not None
    found = observation.evidence.sni
    assert found.none.answer is found.wrong.answer is Answer.YES
    assert found.default_differs is Answer.YES


async def test_a_reset_twice_is_a_refusal_and_silence_is_not() -> None:
    began = time.monotonic()
    found = await look(Peer(nameless=reset, wrong_name=silence))

    assert found.sni.none.answer is Answer.NO
    assert (found.sni.wrong.answer, found.sni.default_differs) == (Answer.UNKNOWN, Answer.UNKNOWN)
    assert time.monotonic() - began < HANG_SECONDS, "what does not come is not waited for"


async def test_a_warning_before_the_hello_is_kept_and_no_refusal() -> None:
    found = await look(Peer(warning=alert(112, level=1)))

    assert (found.sni.wrong.answer, found.sni.wrong.warnings) == (Answer.YES, (112,))


async def test_the_wrong_name_cannot_be_guessed_and_leads_nowhere() -> None:
    names = set()
    async with fake_server(Peer()) as server:
        for _ in range(2):
            await observe(server)
            names |= {hello.extensions[0][5:] for hello in server.hellos if 0 in hello.extensions and is_wrong(hello)}

    assert len(names) == 2
    assert all(name.endswith(b".invalid") for name in names)


async def test_a_target_that_is_an_address_has_no_name() -> None:
    async with fake_server(Peer()) as server:
        found = (await observe(server, host="127.0.0.1")).evidence
        wrong = [hello for hello in server.hellos if 0 in hello.extensions]

    assert found is not None
    assert found.sni.none == found.sni.right
    assert found.sni.default_differs is Answer.NO
    assert all(b".invalid" in hello.extensions[0] for hello in wrong)


async def test_alpn() -> None:
    found = (await look(Peer(protocols=(b"h2", b"http/1.1"), strict_alpn=True))).alpn
    assert (found.supported.answer, found.chosen, found.protocols) == (Answer.YES, "h2", ("h2", "http/1.1"))
    assert found.unknown_accepted.answer is Answer.NO

    found = (await look(Peer(protocols=(b"http/1.1",)))).alpn
    assert (found.chosen, found.protocols) == ("http/1.1", ("http/1.1",))
    assert found.unknown_accepted.answer is Answer.YES, "it has ALPN, and goes on without"

    found = (await look(Peer())).alpn
    assert (found.supported.answer, found.chosen, found.protocols) == (Answer.NO, None, ())


async def test_alpn_that_is_malformed_chooses_nothing() -> None:
    found = (await look(Peer(extensions={16: b"\0\5\2h2\0\0"}))).alpn

    assert (found.chosen, found.protocols) == (None, ())


OLDER = (Version.TLS1_2, Version.TLS1_1)


async def test_fallback_scsv() -> None:
    knows = await look(Peer(versions=OLDER, knows_fallback=True), OLDER)
    knows_not = await look(Peer(versions=OLDER), OLDER)
    refuses = await look(
        lambda hello: alert(40) if 0x5600 in hello.suites else Peer(versions=OLDER)(hello), OLDER
    )  # another alert is no sign of it
    alone = await look(Peer(knows_fallback=True))

    assert knows.fallback_scsv.answer is Answer.YES
    assert knows_not.fallback_scsv.answer is Answer.NO
    assert refuses.fallback_scsv.answer is Answer.UNKNOWN
    assert not alone.fallback_scsv.applicable


@pytest.mark.parametrize(("before", "asked"), [(1, 2), (2, 1)])
async def test_a_hang_up_is_repeated_where_it_is_not_known_for_a_refusal(before: int, asked: int) -> None:
    peer = Peer()

    def cutting(hello: SeenHello) -> bytes:
        return b"" if peer.scheme(hello) is None else peer(hello)

    async with fake_server(cutting) as server:
        place, flights = ("127.0.0.1", server.port), Flights()
        others = session_for(place, info=TestIdentity(topic="certificates"), flights=flights)
        plain = Offer.complete((Version.TLS1_2,), server_name=TEST_HOST)
        await attempt(others, plain)
        ecdsa = Offer.complete((Version.TLS1_2,), key=KeyKind.ECDSA, server_name=TEST_HOST)
        for _ in range(before):
            await attempt(others, ecdsa)
        server.connections = 0
        known = templates(in_order(flights.of(SOURCES)))
        session = session_for(place, info=TlsFeaturesProbe.info, flights=flights)
        went = await FeatureAsker(session, {}, known).ask_twice(dataclasses.replace(plain, signature_schemes=(0x0201,)))

    assert refused(went)
    assert server.connections == asked


async def test_sha1_signatures_on_request() -> None:
    async def old_hashes(peer: Peer) -> tuple[Answer, str]:
        (use,) = (await look(peer)).signatures
        return use.old_hashes.answer, str(use.old_hashes.reason)

    assert await old_hashes(Peer(schemes=(0x0804, 0x0201))) == (Answer.YES, "rsa_pkcs1_sha1")
    assert (await old_hashes(Peer()))[0] is Answer.NO
    # Signs with SHA-256 whatever was asked: odd, but no SHA-1.
    assert (await old_hashes(Peer(schemes=None)))[0] is Answer.NO


async def test_profile_deep_lists_the_schemes_to_the_end() -> None:
    schemes = (0x0804, 0x0501, 0x0401)
    async with fake_server(Peer(schemes=schemes)) as server:
        found = (await observe(server, profile=Profile.DEEP)).evidence

    assert found is not None
    (use,) = found.signatures
    assert (use.schemes, use.complete) == (("0804", "0501", "0401"), Answer.YES)


ODD = {
    "grease": lambda hello: 0x0A0A in hello.suites,
    "unknown_extension": lambda hello: 0xFC57 in hello.extensions,
    "long_hello": lambda hello: hello.size > 2000,
    "unknown_version": lambda hello: hello.legacy_version > Version.TLS1_2,
}


async def test_each_intolerance_is_told_from_the_others() -> None:
    for name, is_odd in ODD.items():
        for refusal in (reset, lambda _: alert(40)):
            found = (
                await look(lambda hello, odd=is_odd, no=refusal: no(hello) if odd(hello) else Peer()(hello))  # type: ignore[misc]
            ).tolerance
            answers = {other: getattr(found, other).answer for other in ODD}
            assert answers == {other: Answer.NO if other == name else Answer.YES for other in ODD}


async def test_one_bad_moment_is_no_intolerance() -> None:
    failed: list[int] = []

    def once(hello: SeenHello) -> bytes:
        if hello.size > 2000 and len(failed) < 2:
            failed.append(hello.size)
            return reset(hello)
        return Peer()(hello)

    found = (await look(once)).tolerance

    assert (found.long_hello.answer, found.long_hello.tries) == (Answer.YES, 2)


async def test_a_server_that_goes_away_is_not_intolerant() -> None:
    gone: list[bool] = []

    def leave(hello: SeenHello) -> bytes:
        if gone or hello.size > 2000:
            gone.append(True)
            return reset(hello)
        return Peer()(hello)

    async with fake_server(leave) as server:
        observation = await observe(server)

    assert observation.evidence is not None
    assert observation.evidence.tolerance.long_hello.answer is Answer.UNKNOWN


@pytest.mark.parametrize("cut", [hang_up, reset])
@pytest.mark.parametrize("talks", range(6))
async def test_a_server_that_shuts_us_out_is_left_alone(talks: int, cut: Answerer) -> None:
    """As one that limits connections: it takes the first hellos, and cuts off whatever comes then."""
    left: list[int] = []

    def limited(hello: SeenHello) -> bytes:
        if len(left) == talks + 1:  # one more for the hello of another probe before
            return cut(hello)
        left.append(1)
        return Peer()(hello)

    async with fake_server(limited) as server:
        observation = await observe(server)
        connections = server.connections

    assert observation.outcome is Outcome.BLOCKED
    assert "stopped answering" in str(observation.detail)
    assert observation.evidence is not None
    found = observation.evidence
    answers = {found.sni.none.answer, found.sni.wrong.answer, found.alpn.unknown_accepted.answer}
    answers |= {getattr(found.tolerance, name).answer for name in ODD} | {
        one.old_hashes.answer for one in found.signatures
    }
    assert Answer.NO not in answers
    assert connections <= 8 + 3 + 2 + talks, "those of the first moment, and what shows that it is over"


async def test_delayed_refusals_leave_things_unknown_and_hold_nothing_up() -> None:
    def slow(_: SeenHello) -> bytes:
        raise Late(alert(40), 30.0)

    def patient(hello: SeenHello) -> bytes:
        odd = is_wrong(hello) or NOBODYS[0].encode() in hello.extensions.get(16, b"")
        return slow(hello) if odd else Peer()(hello)

    began = time.monotonic()
    found = await look(patient)

    assert time.monotonic() - began < HANG_SECONDS
    assert found.sni.wrong.answer is Answer.UNKNOWN
    assert found.alpn.unknown_accepted.answer is Answer.UNKNOWN
    assert found.tolerance.grease.answer is Answer.YES


async def test_a_sound_server_is_not_asked_more_than_needed() -> None:
    async with fake_server(Peer(protocols=(b"h2", b"http/1.1"))) as server:
        observation = await observe(server)
        asked = [hello for hello in server.hellos if BROWSER[0].encode() in hello.extensions.get(16, b"")]

    assert len(asked) == 1
    assert observation.cost.connections <= 12
    assert server.connections == observation.cost.connections


async def test_our_own_limit_says_nothing_of_the_server() -> None:
    peer = Peer(protocols=(b"h2", b"http/1.1"), takes={15: b"\1"})
    async with fake_server(peer) as server:
        for limit in range(1, 12):
            observation = await observe(server, max_connections=limit)

            found = observation.evidence
            assert found is not None
            assert observation.cost.connections <= limit
            assert Answer.NO not in {getattr(found.tolerance, name).answer for name in ODD}
            names = {found.sni.none.answer, found.sni.wrong.answer}
            assert Answer.NO not in names
            assert found.sni.default_differs is (Answer.NO if names == {Answer.YES} else Answer.UNKNOWN)
            assert Answer.NO not in {found.alpn.supported.answer, found.versions["TLSv1.2"].heartbeat.answer}


async def test_peers_that_break_off_or_babble_leave_things_unknown() -> None:
    def torn(hello: SeenHello) -> bytes:
        return Peer()(hello)[:-200]

    def babbling(hello: SeenHello) -> bytes:
        return Peer()(hello)[:9] + bytes(300)

    for answer in (torn, babbling):
        good: list[int] = []

        def turning(hello: SeenHello, bad: Answerer = answer, seen: list[int] = good) -> bytes:
            seen.append(1)
            return Peer()(hello) if len(seen) == 1 else bad(hello)

        async with fake_server(turning) as server:
            observation = await observe(server)

        assert observation.outcome in {Outcome.OK, Outcome.BLOCKED}, "to break off each time is to be shut out"
        found = observation.evidence
        assert found is not None
        assert found.sni.default_differs is not Answer.YES
        assert found.fallback_scsv.answer is Answer.UNKNOWN
        assert {getattr(found.tolerance, name).answer for name in ODD} <= {Answer.UNKNOWN, Answer.YES}
        assert found.alpn.chosen is None


async def test_where_no_hello_was_answered_nothing_is_asked() -> None:
    async with fake_server(lambda _: alert(40)) as server:
        observation = await observe(server)

    assert (observation.outcome, observation.evidence) == (Outcome.NOT_ASSESSED, None)
    assert server.connections == 0


async def test_jarm_is_taken_on_request_only() -> None:
    async with fake_server(Peer()) as server:
        without = (await observe(server)).evidence
        found = (await observe(server, jarm=True)).evidence

    assert without is not None
    assert (without.fingerprints.jarm, without.fingerprints.jarm_raw) == (None, ())
    assert found is not None
    assert len(found.fingerprints.jarm_raw) == 10
    # All but the hello of TLS 1.1 are answered with the 41st suite of the list.
    assert found.fingerprints.jarm is not None
    assert found.fingerprints.jarm.startswith("29d29d29d29d29d00029d29d29d29d")


async def test_half_a_jarm_is_none() -> None:
    def quiet(hello: SeenHello) -> bytes:
        return silence(hello) if hello.legacy_version == Version.TLS1_1 else Peer()(hello)

    async with fake_server(quiet) as server:
        found = (await observe(server, jarm=True)).evidence

    assert found is not None
    assert found.fingerprints.jarm is None
    assert found.fingerprints.jarm_raw.count("timeout") == 1
