"""Flaws and conditions that follow from evidence: met where it was seen, not met only where all is known."""

import dataclasses
import datetime

import pytest

from probes.feature_flaws import feature_flaws
from probes.key_reuse_flaw import Reuse, key_reuse
from probes.other_conditions import Seen, is_forbidden_in_http2, other_conditions
from probes.suite_conditions import CONDITIONS, Accepted, suite_conditions
from scanner.model.evidence.tls_features import (
    Alpn,
    Feature,
    HelloFeatures,
    Renegotiation,
    Resumption,
    SniAnswer,
    SniBehaviour,
    TlsFeatures,
)
from scanner.model.evidence.tls_flaws import Flaw, FlawState
from scanner.model.evidence.tls_groups import Group, GroupSupport, TlsGroups
from scanner.model.evidence.tls_suites import PROTOCOLS, Preference, ProtocolSupport, Suite, TlsSuites
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.net.flights import SeenFlight
from scanner.wire.server_flight import ServerFlight
from scanner.wire.tls_offer import Offer
from scanner.wire.tls_registry import registry
from scanner.wire.tls_version import Version

YES, NO, UNKNOWN, NOT_APPLICABLE = FlawState.YES, FlawState.NO, FlawState.UNKNOWN, FlawState.NOT_APPLICABLE
REFUSED = ProtocolSupport(supported=Answer.NO, complete=Answer.YES)
SILENT = ProtocolSupport(supported=Answer.UNKNOWN, reason=PeerText("timeout at client-hello"))
GCM = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
CBC = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"
AES13 = "TLS_AES_128_GCM_SHA256"
DHE = "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"
CODES = {name: code for code, name in (*registry().suites.items(), *registry().suites_tls13.items())}


def suite(name: str, *, dh_bits: int | None = None) -> Suite:
    return Suite(code=f"{CODES.get(name, 0xFFFF):04X}", name=name, dh_bits=dh_bits)


def takes(*names: str | Suite, complete: Answer = Answer.YES) -> ProtocolSupport:
    suites = tuple(suite(one) if isinstance(one, str) else one for one in names)
    return ProtocolSupport(supported=Answer.YES, suites=suites, complete=complete)


def server(others: ProtocolSupport = REFUSED, **versions: ProtocolSupport) -> TlsSuites:
    given = {name.replace("_", "."): value for name, value in versions.items()}
    return TlsSuites(protocols={name: given.get(name, others) for name in PROTOCOLS}, offered=400)


MODERN = server(TLSv1_2=takes(GCM), TLSv1_3=takes(AES13))
ONLY13 = server(TLSv1_3=takes(AES13))

MEETS = {
    "poodle": ("SSLv3", "TLS_RSA_WITH_AES_128_CBC_SHA"),
    "sweet32": ("TLSv1_2", "TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
    "freak": ("TLSv1_0", "TLS_RSA_EXPORT_WITH_RC4_40_MD5"),
    "logjam": ("TLSv1_0", "TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA"),
    "rc4": ("TLSv1_1", "TLS_RSA_WITH_RC4_128_SHA"),
    "beast": ("TLSv1_0", CBC),
    "export": ("TLSv1_0", "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA"),
    "null": ("TLSv1_2", "TLS_RSA_WITH_NULL_SHA256"),
    "anonymous": ("TLSv1_2", "TLS_DH_anon_WITH_AES_128_GCM_SHA256"),
}
# Suites of a near miss: the right kind in a version where it does not count, or almost the right kind.
NEARLY = {
    "poodle": (("TLSv1_0", CBC), ("SSLv3", "TLS_RSA_WITH_RC4_128_SHA")),
    "sweet32": (("TLSv1_2", CBC), ("TLSv1_2", "TLS_RSA_WITH_RC4_128_SHA")),
    "freak": (("TLSv1_0", "TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA"), ("TLSv1_0", "TLS_RSA_WITH_DES_CBC_SHA")),
    "logjam": (("TLSv1_0", "TLS_RSA_EXPORT_WITH_RC4_40_MD5"), ("TLSv1_2", DHE)),
    "rc4": (("TLSv1_2", "TLS_RSA_WITH_3DES_EDE_CBC_SHA"), ("TLSv1_2", GCM)),
    "beast": (("TLSv1_1", CBC), ("TLSv1_0", "TLS_RSA_WITH_RC4_128_SHA")),
    "export": (("TLSv1_0", "TLS_RSA_WITH_DES_CBC_SHA"), ("TLSv1_0", CBC)),
    "null": (("TLSv1_2", GCM), ("TLSv1_2", "TLS_RSA_WITH_RC4_128_MD5")),
    "anonymous": (("TLSv1_2", DHE), ("TLSv1_2", "TLS_PSK_WITH_AES_128_CBC_SHA")),
}


def test_the_table_is_tested_whole() -> None:
    assert set(MEETS) == set(NEARLY) == set(CONDITIONS)


@pytest.mark.parametrize("flaw", MEETS)
def test_a_condition_is_met_whatever_else_is_unknown(flaw: str) -> None:
    version, name = MEETS[flaw]
    found = suite_conditions(server(SILENT, **{version: takes(GCM, name, complete=Answer.UNKNOWN)}))[flaw]
    assert found.state is YES
    assert f"{name} ({version.replace('_', '.')})" in (found.proof or "")
    assert found.condition


@pytest.mark.parametrize(("flaw", "place"), [(flaw, place) for flaw in NEARLY for place in (0, 1)])
def test_near_misses_of_conditions(flaw: str, place: int) -> None:
    version, name = NEARLY[flaw][place]
    listed = {"SSLv3": takes(GCM), "TLSv1_0": takes(GCM), version: takes(GCM, name)}
    found = suite_conditions(server(**listed))[flaw]
    assert found.state is NO, found


@pytest.mark.parametrize("flaw", MEETS)
def test_an_incomplete_listing_leaves_a_condition_unknown(flaw: str) -> None:
    cut = takes(GCM, complete=Answer.UNKNOWN)
    found = suite_conditions(server(SSLv3=cut, TLSv1_0=cut, TLSv1_2=cut))[flaw]
    assert found.state is UNKNOWN
    assert "the list of suites is incomplete" in (found.reason or "")
    assert suite_conditions(server(SILENT))[flaw].state is UNKNOWN


@pytest.mark.parametrize("flaw", [flaw for flaw in MEETS if flaw != "null"])
def test_a_condition_of_old_versions_does_not_apply_to_tls_1_3(flaw: str) -> None:
    assert suite_conditions(ONLY13)[flaw].state is NOT_APPLICABLE


def test_logjam_by_the_size_of_the_prime() -> None:
    def state(bits: int) -> FlawState:
        return suite_conditions(server(TLSv1_2=takes(suite(DHE, dh_bits=bits))))["logjam"].state

    assert [state(bits) for bits in (512, 1023, 1024, 2048)] == [YES, YES, NO, NO]


def test_drown() -> None:
    spoken = takes(Suite(code="010080", name="SSL_CK_RC4_128_WITH_MD5"))
    assert suite_conditions(server(SSLv2=spoken))["drown"].state is YES
    assert suite_conditions(MODERN)["drown"].state is NO
    assert suite_conditions(server(SSLv2=SILENT, TLSv1_2=takes(GCM)))["drown"].state is UNKNOWN


def test_without_a_listing_nothing_is_said() -> None:
    for flaw in suite_conditions(None).values():
        assert (flaw.state, flaw.asked) == (UNKNOWN, False)
    for name, flaw in other_conditions(Seen(suites=None, features=None, groups=None)).items():
        assert flaw.state is UNKNOWN, name


def others(
    suites: TlsSuites | None = MODERN,
    *,
    features: TlsFeatures | None = None,
    groups: TlsGroups | None = None,
    flights: tuple[SeenFlight, ...] = (),
    reuses: tuple[Reuse, ...] = (),
) -> dict[str, Flaw]:
    return other_conditions(Seen(suites=suites, features=features, groups=groups, flights=flights, reuses=reuses))


def flight(name: str, *, extensions: dict[int, bytes], alpn: tuple[str, ...] = ()) -> SeenFlight:
    return SeenFlight(
        topic="tls_suites",
        offer=Offer.complete((Version.TLS1_2,), alpn=alpn),
        flight=ServerFlight(version=Version.TLS1_2, suite=CODES[name], random=bytes(32), extensions=extensions),
        fault=None,
        at=datetime.datetime(2026, 11, 21, tzinfo=datetime.UTC),
    )


def test_lucky13() -> None:
    with_cbc = server(TLSv1_2=takes(GCM, CBC))
    inside, outside = flight(CBC, extensions={}), flight(CBC, extensions={22: b""})
    assert others(with_cbc)["lucky13"].state is YES
    assert others(with_cbc, flights=(outside,))["lucky13"].state is NO
    assert others(with_cbc, flights=(outside, inside))["lucky13"].state is YES
    assert others(with_cbc, flights=(flight(GCM, extensions={22: b""}),))["lucky13"].state is YES
    told = TlsFeatures(versions={"TLSv1.2": HelloFeatures(encrypt_then_mac=Feature(answer=Answer.YES))})
    assert others(with_cbc, features=told)["lucky13"].state is NO
    assert others(MODERN)["lucky13"].state is NO
    assert others(ONLY13)["lucky13"].state is NOT_APPLICABLE
    assert others(server(TLSv1_2=takes(GCM, complete=Answer.UNKNOWN)))["lucky13"].state is UNKNOWN


@pytest.mark.parametrize(
    ("alpn", "name", "state"),
    [
        (Answer.YES, Answer.YES, YES),
        (Answer.NO, Answer.YES, NO),
        (Answer.YES, Answer.NO, NO),
        (Answer.NO, Answer.NO, NO),
        (Answer.UNKNOWN, Answer.YES, UNKNOWN),
        (Answer.UNKNOWN, Answer.NO, NO),
    ],
)
def test_alpaca(alpn: Answer, name: Answer, state: FlawState) -> None:
    features = TlsFeatures(
        alpn=Alpn(unknown_accepted=Feature(answer=alpn)), sni=SniBehaviour(wrong=SniAnswer(answer=name))
    )
    assert others(features=features)["alpaca"].state is state


def test_winshock_is_ruled_out_or_not_asked() -> None:
    assert others(MODERN)["winshock"].state is NO
    assert others(server(TLSv1_2=takes("TLS_RSA_WITH_CAMELLIA_128_CBC_SHA")))["winshock"].state is NO
    old = others(server(TLSv1_2=takes(CBC)))["winshock"]
    assert (old.state, old.asked) == (UNKNOWN, False)


def test_opossum_is_not_asked() -> None:
    assert (others()["opossum"].state, others()["opossum"].asked) == (UNKNOWN, False)


def test_dheat() -> None:
    none = TlsGroups(tls13=GroupSupport(complete=Answer.YES, groups=(Group(code="001D", name="x25519"),)))
    ffdhe = TlsGroups(tls13=GroupSupport(complete=Answer.UNKNOWN, groups=(Group(code="0100", name="ffdhe2048"),)))
    met = others(server(TLSv1_2=takes(suite(DHE, dh_bits=4096))))["dheat"]
    assert met.state is YES
    assert "primes of 4096 bits" in (met.proof or "")
    assert others(MODERN, groups=ffdhe)["dheat"].state is YES
    assert others(MODERN, groups=none)["dheat"].state is NO
    assert others(MODERN)["dheat"].state is UNKNOWN
    assert others(server(TLSv1_2=takes(GCM)))["dheat"].state is NO


@pytest.mark.parametrize(
    ("name", "forbidden"),
    [
        ("TLS_RSA_WITH_AES_128_GCM_SHA256", True),
        ("TLS_DH_anon_WITH_AES_128_GCM_SHA256", True),
        ("TLS_RSA_PSK_WITH_AES_128_GCM_SHA256", True),
        ("TLS_PSK_WITH_AES_128_CCM_8", True),
        ("TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256", True),
        (CBC, True),
        (GCM, False),
        (DHE, False),
        ("TLS_DHE_PSK_WITH_AES_128_GCM_SHA256", False),
        ("TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", False),
        ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", False),
    ],
)
def test_the_list_of_rfc_9113(name: str, forbidden: bool) -> None:
    assert is_forbidden_in_http2(Accepted(version="TLSv1.2", suite=suite(name))) is forbidden


def test_suites_that_http2_forbids() -> None:
    h2 = TlsFeatures(alpn=Alpn(protocols=(PeerText("h2"), PeerText("http/1.1"))))
    h1 = TlsFeatures(alpn=Alpn(protocols=(PeerText("http/1.1"),)))
    none = TlsFeatures(alpn=Alpn(supported=Feature(answer=Answer.NO)))
    both = server(TLSv1_2=takes(GCM, CBC))
    name = "http2_forbidden_suites"
    assert others(both, features=h2)[name].state is YES
    assert others(both, features=h1)[name].state is NOT_APPLICABLE
    assert others(both, features=none)[name].state is NOT_APPLICABLE
    assert others(both)[name].state is UNKNOWN
    chosen = flight(GCM, extensions={16: b"\x00\x03\x02h2"}, alpn=("h2",))
    assert others(both, flights=(chosen,))[name].state is YES
    offered = flight(GCM, extensions={}, alpn=("h2",))
    assert others(both, flights=(offered,))[name].state is NOT_APPLICABLE
    assert others(both, flights=(offered, chosen))[name].state is YES
    assert others(both, flights=(flight(GCM, extensions={}),))[name].state is UNKNOWN
    assert others(MODERN, features=h2)[name].state is NO
    assert others(ONLY13, features=h2)[name].state is NOT_APPLICABLE
    first = dataclasses.replace(takes(CBC, GCM), preference=Preference.SERVER)
    assert "the server prefers one of them" in (others(server(TLSv1_2=first), features=h2)[name].proof or "")


def test_raccoon() -> None:
    dhe = server(TLSv1_2=takes(suite(DHE, dh_bits=2048)))
    again, fresh = Reuse(kind="DHE", seen=3, distinct=1), Reuse(kind="DHE", seen=3, distinct=3)
    assert others(dhe, reuses=(again,))["raccoon"].state is YES
    assert others(dhe, reuses=(fresh,))["raccoon"].state is NO
    assert others(dhe, reuses=(Reuse(kind="DHE", seen=1, distinct=1),))["raccoon"].state is UNKNOWN
    assert others(dhe, reuses=(Reuse(kind="ECDHE", seen=3, distinct=1),))["raccoon"].state is UNKNOWN
    assert others(MODERN)["raccoon"].state is NOT_APPLICABLE
    assert others(server(TLSv1_2=takes("TLS_DH_RSA_WITH_AES_128_CBC_SHA")))["raccoon"].state is YES


def test_key_reuse_does_not_apply_without_ephemeral_keys() -> None:
    assert key_reuse((), server(TLSv1_2=takes("TLS_RSA_WITH_AES_128_GCM_SHA256"))).state is NOT_APPLICABLE
    assert key_reuse((), MODERN).state is UNKNOWN
    assert key_reuse((), None).state is UNKNOWN
    assert key_reuse((), server(TLSv1_2=takes("TLS_RSA_WITH_AES_128_GCM_SHA256"), TLSv1_0=SILENT)).state is UNKNOWN


OURS = bytes(range(31))


def with_ticket(returned: bytes | None, sent: bytes = OURS) -> TlsFeatures:
    return TlsFeatures(
        resumption=Resumption(
            ticket_id_sent=sent.hex(), ticket_id_returned=None if returned is None else returned.hex()
        )
    )


@pytest.mark.parametrize(
    ("features", "state"),
    [
        (with_ticket(OURS + b"\x7f"), YES),
        (with_ticket(OURS), NO),
        (with_ticket(bytes(32)), NO),
        (with_ticket(b""), NO),
        (with_ticket(None), UNKNOWN),
        (with_ticket(bytes(32), sent=bytes(32)), UNKNOWN),
        (TlsFeatures(resumption=Resumption(ticket=Feature(answer=Answer.NO))), NOT_APPLICABLE),
        (TlsFeatures(resumption=Resumption(ticket=Feature(applicable=False))), NOT_APPLICABLE),
        (TlsFeatures(), UNKNOWN),
    ],
)
def test_ticketbleed(features: TlsFeatures, state: FlawState) -> None:
    assert feature_flaws(features, MODERN)["ticketbleed"].state is state


def test_what_ticketbleed_gave_away_is_not_kept() -> None:
    flaw = feature_flaws(with_ticket(OURS + b"\x7f"), MODERN)["ticketbleed"]
    assert flaw.received == OURS.hex()


@pytest.mark.parametrize("name", ["insecure_renegotiation", "client_renegotiation"])
@pytest.mark.parametrize(
    ("feature", "state", "asked"),
    [
        (Feature(answer=Answer.YES, tries=1, seen=1), YES, True),
        (Feature(answer=Answer.NO, tries=1, reason=PeerText("alert 100")), NO, True),
        (Feature(answer=Answer.UNKNOWN, tries=1), UNKNOWN, True),
        (Feature(), UNKNOWN, False),
        (Feature(applicable=False, reason=PeerText("only TLSv1.3")), NOT_APPLICABLE, True),
    ],
)
def test_renegotiation(name: str, feature: Feature, state: FlawState, asked: bool) -> None:
    key = {"insecure_renegotiation": "insecure", "client_renegotiation": "client_initiated"}[name]
    features = TlsFeatures(renegotiation=dataclasses.replace(Renegotiation(), **{key: feature}))
    flaw = feature_flaws(features, MODERN)[name]
    assert (flaw.state, flaw.asked) == (state, asked)


def test_features_that_were_not_asked() -> None:
    for flaw in feature_flaws(None, MODERN).values():
        assert (flaw.state, flaw.asked) == (UNKNOWN, False)
    for flaw in feature_flaws(None, ONLY13).values():
        assert flaw.state is NOT_APPLICABLE
