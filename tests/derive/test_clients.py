"""Simulated clients: order of preference, what is in common, and what the evidence leaves open."""

import dataclasses

import pytest

from scanner.derive.client_profiles import ClientProfile, client_profiles
from scanner.derive.client_server import ServerView
from scanner.derive.clients import simulate
from scanner.model.derived import ClientResult
from scanner.model.evidence.certificates import Certificates, PublicKey
from scanner.model.evidence.tls_features import ClientCertificate, Feature, SniAnswer, SniBehaviour, TlsFeatures
from scanner.model.evidence.tls_groups import DhPrime, Group, GroupSupport, TlsGroups
from scanner.model.evidence.tls_suites import (
    PROTOCOLS,
    DroppedSuite,
    Preference,
    ProtocolSupport,
    Suite,
    TlsSuites,
)
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.wire.tls_registry import group_name, registry, suite_name
from tests.support.results import sample

AES128, AES256, CHACHA, STATIC = "C02F", "C030", "CCA8", "009C"
DHE, ECDSA = "009E", "C02B"

CLIENT = ClientProfile(
    id="boat",
    name="Boat",
    version="1",
    date="2026-11",
    kind="tool",
    source="made up",
    licence="none",
    current=True,
    reference=True,
    versions=("TLSv1.0", "TLSv1.1", "TLSv1.2"),
    suites=(AES256, AES128, CHACHA, ECDSA, DHE, STATIC),
    groups=("001D", "0017"),
    schemes=("0804", "0401"),
)
MODERN = dataclasses.replace(
    CLIENT,
    versions=("TLSv1.2", "TLSv1.3"),
    suites=("1301", "1302", AES128),
    key_shares=("001D",),
    schemes=("0804", "0403", "0503"),
)


def suite(code: str, *, group: str | None = None, bits: int | None = None) -> Suite:
    return Suite(code=code, name=suite_name(int(code, 16)), group=group, dh_bits=bits)


def support(
    *codes: str | Suite,
    preference: Preference = Preference.SERVER,
    complete: Answer = Answer.YES,
    dropped: tuple[str, ...] = (),
) -> ProtocolSupport:
    return ProtocolSupport(
        supported=Answer.YES,
        preference=preference,
        complete=complete,
        suites=tuple(one if isinstance(one, Suite) else suite(one, group="001D") for one in codes),
        dropped=tuple(DroppedSuite(code=one, name=one, reason=PeerText("broke off")) for one in dropped),
    )


def server(
    groups: TlsGroups | None = None, features: TlsFeatures | None = None, **versions: ProtocolSupport
) -> ServerView:
    refused = ProtocolSupport(supported=Answer.NO, complete=Answer.YES)
    given = {key.replace("_", "."): value for key, value in versions.items()}
    suites = TlsSuites(protocols={one: given.get(one, refused) for one in PROTOCOLS}, offered=408)
    return ServerView(suites=suites, groups=groups, features=features)


def groups_of(*codes: str, preference: Preference = Preference.SERVER, complete: Answer = Answer.YES) -> GroupSupport:
    return GroupSupport(
        supported=Answer.YES,
        groups=tuple(Group(code=one, name=group_name(int(one, 16))) for one in codes),
        preference=preference,
        complete=complete,
    )


def said(view: ServerView, client: ClientProfile = CLIENT) -> ClientResult:
    (result,) = simulate("192.0.2.1:443", view, [client])
    assert result.client == client.id
    return result


@pytest.mark.parametrize(
    ("preference", "chosen"),
    [(Preference.SERVER, AES128), (Preference.CLIENT, AES256), (Preference.SERVER_CHACHA, AES128)],
)
def test_whose_order_counts(preference: Preference, chosen: str) -> None:
    result = said(server(TLSv1_2=support(AES128, AES256, CHACHA, preference=preference)))

    assert (result.connects, result.protocol, result.suite_code) == (Answer.YES, "TLSv1.2", chosen)
    assert result.forward_secret is Answer.YES


def test_chacha_moves_up_for_those_who_put_it_first() -> None:
    view = server(TLSv1_2=support(AES128, CHACHA, preference=Preference.SERVER_CHACHA))

    first = dataclasses.replace(CLIENT, suites=(CHACHA, AES128))
    after_cbc = dataclasses.replace(CLIENT, suites=("C013", CHACHA, AES128))

    assert said(view, first).suite_code == CHACHA
    # OpenSSL looks at the first suite of all, others at the first with authenticated encryption.
    assert said(view, after_cbc).suites == (suite(AES128).name, suite(CHACHA).name)


def test_an_unknown_order_leaves_the_suite_open() -> None:
    result = said(server(TLSv1_2=support(AES128, STATIC, preference=Preference.UNKNOWN)))
    alone = said(server(TLSv1_2=support(AES128, preference=Preference.UNKNOWN)))

    assert (result.connects, result.suite) == (Answer.YES, None)
    assert result.suites == (suite(AES128).name, suite(STATIC).name)
    assert result.forward_secret is Answer.UNKNOWN
    assert alone.suite_code == AES128


def test_the_highest_version_in_common_counts_even_without_a_suite() -> None:
    view = server(TLSv1_2=support("CCAA"), TLSv1_1=support(STATIC))

    result = said(view)
    older = said(view, dataclasses.replace(CLIENT, versions=("TLSv1.1",)))

    assert (result.connects, result.reason) == (Answer.NO, "TLSv1.2, and no suite in common")
    assert (older.connects, older.suite_code, older.forward_secret) == (Answer.YES, STATIC, Answer.NO)


def test_no_version_in_common() -> None:
    result = said(server(TLSv1_3=support("1301")))

    assert (result.connects, result.protocol) == (Answer.NO, None)
    assert result.reason == "no version in common: the client speaks TLSv1.0 to TLSv1.2"


def test_a_version_that_is_not_known_leaves_all_open() -> None:
    view = server(TLSv1_2=ProtocolSupport(supported=Answer.UNKNOWN), TLSv1_1=support(STATIC))

    assert said(view).connects is Answer.UNKNOWN


def test_an_incomplete_listing_says_no_suite_and_never_no() -> None:
    part = server(TLSv1_2=support(AES128, AES256, complete=Answer.UNKNOWN))
    strange = server(TLSv1_2=support("CCAA", complete=Answer.UNKNOWN))

    assert (said(part).connects, said(part).suite) == (Answer.YES, None)
    assert len(said(part).suites) == 2
    assert said(part).forward_secret is Answer.UNKNOWN, "a suite that was not seen may come first"
    assert said(strange).connects is Answer.UNKNOWN


def test_a_suite_that_the_server_breaks_off_with() -> None:
    by_server = server(TLSv1_2=support(AES128, dropped=(AES256,)))
    by_client = server(TLSv1_2=support(AES256, AES128, preference=Preference.CLIENT, dropped=(STATIC,)))
    only = server(TLSv1_2=support("CCAA", dropped=(STATIC,)))

    assert said(by_server).connects is Answer.UNKNOWN
    assert said(by_client).suite_code == AES256
    assert said(only).connects is Answer.NO


def test_groups_in_common_decide_over_ecdhe() -> None:
    listed = (AES128, STATIC)
    p384 = TlsGroups(tls12=groups_of("0018"))
    both = TlsGroups(tls12=groups_of("0018", "0017", "001D"))
    part = TlsGroups(tls12=groups_of("0018", complete=Answer.UNKNOWN))

    assert said(server(p384, TLSv1_2=support(*listed))).suite_code == STATIC
    assert said(server(both, TLSv1_2=support(*listed))).group == "secp256r1"
    assert said(server(part, TLSv1_2=support(*listed))).suites == (suite(AES128).name, suite(STATIC).name)
    client = TlsGroups(tls12=groups_of("0017", "001D", preference=Preference.CLIENT))
    assert said(server(client, TLSv1_2=support(*listed))).group == "x25519"


def test_without_the_group_probe_the_group_of_the_listing_counts() -> None:
    seen = server(TLSv1_2=support(suite(AES128, group="0017")))
    other = server(TLSv1_2=support(suite(AES128, group="0019")))

    assert (said(seen).connects, said(seen).group) == (Answer.YES, None)
    assert (said(other).connects, said(other).reason) == (Answer.UNKNOWN, "the server's groups are not known")


def test_tls13_takes_the_first_share_or_the_servers_own_order() -> None:
    same = TlsGroups(tls13=groups_of("001D", "0017"))
    differ = TlsGroups(tls13=groups_of("0017", "001D"))
    none = TlsGroups(tls13=groups_of("0018"))

    assert said(server(same, TLSv1_3=support("1302", "1301")), MODERN).group == "x25519"
    assert said(server(same, TLSv1_3=support("1302", "1301")), MODERN).suite_code == "1302"
    assert said(server(differ, TLSv1_3=support("1301")), MODERN).groups == ("x25519", "secp256r1")
    assert said(server(none, TLSv1_3=support("1301")), MODERN).connects is Answer.NO


def test_finite_field_primes_have_a_size_and_may_need_a_named_group() -> None:
    listed = support(suite(DHE, bits=2048))
    own = TlsGroups(dh=(DhPrime(bits=2048, name=None, prime_sha256="00"),))
    named = TlsGroups(dh=(DhPrime(bits=2048, name="ffdhe2048", prime_sha256="00", answers_ffdhe=True),))
    small = dataclasses.replace(CLIENT, dh_bits_max=1024)
    strict = dataclasses.replace(CLIENT, dh_bits_min=3072)

    assert said(server(own, TLSv1_2=listed)).suite_code == DHE
    assert said(server(own, TLSv1_2=listed), small).reason == "TLSv1.2: cannot do Diffie-Hellman of 2048 bits"
    assert said(server(own, TLSv1_2=listed), strict).reason == "TLSv1.2: refuses Diffie-Hellman of 2048 bits"
    assert said(server(named, TLSv1_2=listed)).connects is Answer.NO
    assert said(server(TLSv1_2=listed)).connects is Answer.UNKNOWN


def test_certificates_need_a_curve_and_an_algorithm_that_the_client_has() -> None:
    (chain,) = next(
        one.evidence.chains for one in sample().targets[0].observations if isinstance(one.evidence, Certificates)
    )[:1]
    key = dataclasses.replace(chain.leaf.key, type="ec", curve="secp384r1", bits=384)
    leaf = dataclasses.replace(chain.leaf, key=key)
    chains = Certificates(chains=(dataclasses.replace(chain, leaf=leaf),))
    view = dataclasses.replace(server(TLSv1_2=support(ECDSA)), certificates=chains)
    can = dataclasses.replace(CLIENT, groups=("001D", "0018"), schemes=("0503",))

    assert said(view).connects is Answer.NO
    assert said(view, can).suite_code == ECDSA
    assert said(view, dataclasses.replace(can, schemes=("0804", "0401"))).connects is Answer.NO
    modern = dataclasses.replace(server(TLSv1_3=support("1301")), certificates=chains)
    assert said(modern, dataclasses.replace(MODERN, schemes=("0804", "0403"))).connects is Answer.NO
    assert said(modern, MODERN).connects is Answer.YES


def test_post_quantum_certificates_need_clients_that_name_them() -> None:
    (chain,) = next(
        one.evidence.chains for one in sample().targets[0].observations if isinstance(one.evidence, Certificates)
    )[:1]
    leaf = dataclasses.replace(chain.leaf, key=PublicKey(type="ml-dsa-65"))
    chains = Certificates(chains=(dataclasses.replace(chain, leaf=leaf),))
    view = dataclasses.replace(server(TLSv1_3=support("1301")), certificates=chains)

    refused = said(view, MODERN)
    assert (refused.connects, refused.reason) == (
        Answer.NO,
        "TLSv1.3, and no group or no signature algorithm in common",
    )
    assert said(view, dataclasses.replace(MODERN, schemes=("0804", "0905"))).connects is Answer.YES


@pytest.mark.parametrize(
    ("none", "connects"), [(Answer.YES, Answer.YES), (Answer.NO, Answer.NO), (Answer.UNKNOWN, Answer.UNKNOWN)]
)
def test_a_client_that_sends_no_name(none: Answer, connects: Answer) -> None:
    features = TlsFeatures(sni=SniBehaviour(none=SniAnswer(answer=none), default_differs=none))
    silent = dataclasses.replace(CLIENT, sni=False)
    view = server(features=features, TLSv1_2=support(STATIC))

    assert said(view, silent).connects is connects
    assert "sends no server name" in (said(view, silent).reason or "")
    assert said(server(TLSv1_2=support(STATIC)), silent).connects is Answer.UNKNOWN
    assert said(dataclasses.replace(view, named=False), silent).reason is None


def test_a_server_that_demands_a_client_certificate() -> None:
    demanded = TlsFeatures(client_certificate=ClientCertificate(required=Feature(answer=Answer.YES)))

    result = said(server(features=demanded, TLSv1_2=support(STATIC)))

    assert (result.connects, result.reason) == (Answer.UNKNOWN, "the server demands a client certificate")
    assert said(server(features=demanded, TLSv1_2=support("CCAA"))).connects is Answer.NO


def test_sha1_in_old_handshakes_is_refused_by_some() -> None:
    strict = dataclasses.replace(CLIENT, suites=("C013", STATIC), sha1_handshakes=False)

    signed = said(server(TLSv1_0=support("C013", STATIC)), strict)

    assert (signed.connects, signed.reason) == (
        Answer.NO,
        "TLSv1.0: refuses the SHA-1 in the handshake's signature",
    )
    assert said(server(TLSv1_0=support(STATIC)), strict).connects is Answer.YES


def test_every_client_is_named_dated_and_has_a_source() -> None:
    clients = client_profiles()
    known = {*registry().suites, *registry().suites_tls13}

    assert len({one.id for one in clients}) == len(clients) >= 40
    for one in clients:
        assert one.name
        assert one.source
        assert one.licence
        assert len(one.date) == len("2026-11")
        assert set(one.versions) <= set(PROTOCOLS)
        assert {int(code, 16) for code in one.suites} <= known
        assert {int(code, 16) for code in one.groups} <= set(registry().groups)
        assert set(one.key_shares) <= set(one.groups)
        assert bool(one.key_shares) is ("TLSv1.3" in one.versions)
    assert {one.kind for one in clients} == {"browser", "mobile", "library", "tool"}
    assert sum(one.current for one in clients) >= 5
