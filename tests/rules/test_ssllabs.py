"""The grade `ssllabs-2009r`: scores at their boundaries, every cap, what is missing, and several endpoints."""

import dataclasses
import datetime
from collections.abc import Callable

import pytest

from scanner.model.derived import ChainProblem, ClientResult, Derived
from scanner.model.evidence.certificates import Certificates, HostMatch, PublicKey
from scanner.model.evidence.http_exchanges import Purpose
from scanner.model.evidence.http_headers import HstsAt, HstsPolicy, HttpHeaders
from scanner.model.evidence.ocsp_stapling import CertStatus
from scanner.model.evidence.tls_features import Feature, HelloFeatures, Renegotiation, TlsFeatures
from scanner.model.evidence.tls_flaws import Flaw, FlawState, TlsFlaws
from scanner.model.evidence.tls_groups import DhPrime, TlsGroups
from scanner.model.evidence.tls_suites import Preference, ProtocolSupport, Suite, TlsSuites
from scanner.model.grade import SslLabsGrade, SslLabsMark
from scanner.model.observation import Cost, Observation
from scanner.model.outcome import Answer, Outcome
from scanner.model.peer import PeerText
from scanner.rules.case import EXAMPLE_NOW, EXAMPLE_POLICY, EXAMPLE_TARGET, Case
from scanner.rules.certificate_examples import LEAF, TRUSTED, UNKNOWN_ISSUER, leaf_with
from scanner.rules.certificate_examples import example as certificate
from scanner.rules.grades.registry import all_graders, give_grades, grader
from scanner.rules.grades.ssllabs import mark
from scanner.rules.grades.ssllabs_caps import CAPS
from scanner.rules.grades.ssllabs_scores import Scores, scores
from scanner.rules.grades.ssllabs_table import CIPHER_POINTS, KEY_POINTS, letter, points, rsa_equivalent, worst
from scanner.rules.grades.ssllabs_view import Exam
from scanner.rules.judge import Bench
from scanner.rules.staple_pages import example_with
from scanner.rules.suite_pages import AES_GCM, STATIC_AES_CBC, TLS13_AES, example, listed

HERE, THERE = "192.0.2.1:443", "192.0.2.2:443"
KEY = "ssllabs-2009r"
YES, NO = Feature(answer=Answer.YES), Feature(answer=Answer.NO)
AES_256 = Suite(code="1302", name="TLS_AES_256_GCM_SHA384", group="001D")
TRIPLE_DES = Suite(code="000A", name="TLS_RSA_WITH_3DES_EDE_CBC_SHA")
RC4 = Suite(code="0005", name="TLS_RSA_WITH_RC4_128_SHA")
SSL2 = Suite(code="010080", name="SSL_CK_RC4_128_WITH_MD5")
SOUND = {name: Flaw(state=FlawState.NO) for name in TlsFlaws.__dataclass_fields__}


def hsts(policy: HstsPolicy | None, raw: str = "max-age", problem: str | None = None) -> HttpHeaders:
    answer = HstsAt(
        purpose=Purpose.ENTRY, hop=0, url=PeerText(EXAMPLE_TARGET.url), host=PeerText(EXAMPLE_TARGET.host),
        secure=True, own=True, status=200, raw=(PeerText(raw),) if raw else (), policy=policy, problem=problem,
    )  # fmt: skip
    return HttpHeaders(hsts=(answer,))


YEAR = hsts(HstsPolicy(max_age=31_536_000))
GOOD = example(TLSv1_2=listed(AES_GCM), TLSv1_3=listed(TLS13_AES, AES_256)).evidence
RENEGOTIATES_SAFELY = TlsFeatures(
    versions={"TLSv1.2": HelloFeatures(secure_renegotiation=YES, compression=NO)},
    renegotiation=Renegotiation(insecure=NO),
)


def flaws(**states: FlawState) -> TlsFlaws:
    return TlsFlaws(**{**SOUND, **{name: Flaw(state=state) for name, state in states.items()}})


def exam(case: Case[Certificates] | None = None, **fields: object) -> Exam:
    """A site that earns A+ but for what is given."""
    shown = case or certificate()
    whole: dict[str, object] = {
        "endpoint": HERE,
        "target": EXAMPLE_TARGET,
        "now": EXAMPLE_NOW,
        "suites": GOOD,
        "certificates": shown.evidence,
        "derived": shown.derived,
        "features": RENEGOTIATES_SAFELY,
        "flaws": flaws(),
        "headers": YEAR,
    }
    return Exam(**{**whole, **fields})  # type: ignore[arg-type]


def tls(*names: str, **versions: ProtocolSupport) -> TlsSuites:
    """The good versions, with what is given in their stead."""
    return example(*names, **{"TLSv1_2": listed(AES_GCM), "TLSv1_3": listed(TLS13_AES, AES_256), **versions}).evidence


ECDHE_CBC = Suite(code="C013", name="TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", group="001D")
NOT_ASKED = dataclasses.replace(flaws(), robot=TlsFlaws().robot, padding_oracle=TlsFlaws().padding_oracle)
REFUSED = ProtocolSupport(supported=Answer.NO, complete=Answer.YES)
OPEN = ProtocolSupport(supported=Answer.UNKNOWN)


# --- numbers ----------------------------------------------------------------------------------------------------------


def test_a_good_site_earns_the_best_grade() -> None:
    found = mark(exam())
    assert (found.grade, found.score) == ("A+", 93)
    assert (found.protocol, found.key_exchange, found.cipher) == (100, 90, 90)
    assert (found.caps, found.warnings, found.not_assessed) == ((), (), ())


@pytest.mark.parametrize(
    ("bits", "wanted"),
    [(511, 20), (512, 40), (1023, 40), (1024, 80), (2047, 80), (2048, 90), (4095, 90), (4096, 100)],
)
def test_points_of_keys(bits: int, wanted: int) -> None:
    assert points(bits, KEY_POINTS) == wanted
    key = leaf_with(key=PublicKey(type="rsa", bits=bits))
    plain = tls(TLSv1_2=listed(STATIC_AES_CBC), TLSv1_3=REFUSED)
    found = scores(exam(certificate(key), suites=plain))
    assert found is not None
    assert found.key_exchange == wanted


@pytest.mark.parametrize(("bits", "wanted"), [(0, 0), (1, 20), (112, 20), (127, 20), (128, 80), (255, 80), (256, 100)])
def test_points_of_ciphers(bits: int, wanted: int) -> None:
    assert points(bits, CIPHER_POINTS) == wanted


@pytest.mark.parametrize(
    ("score", "wanted"),
    [(100, "A"), (80, "A"), (79, "B"), (65, "B"), (64, "C"), (50, "C"), (49, "D"), (35, "D"), (34, "E"), (20, "E"),
     (19, "F"), (0, "F")],
)  # fmt: skip
def test_letters(score: int, wanted: str) -> None:
    assert letter(score) == wanted


@pytest.mark.parametrize(
    ("curve", "worth"), [(159, 512), (160, 1024), (224, 2048), (256, 3072), (384, 7680), (448, 7680), (521, 15360)]
)
def test_curves_are_worth_a_key_of_rsa(curve: int, worth: int) -> None:
    assert rsa_equivalent(curve) == worth


@pytest.mark.parametrize(
    ("versions", "wanted"),
    [
        ({"TLSv1_2": listed(AES_GCM)}, 100),
        ({"TLSv1_1": listed(STATIC_AES_CBC), "TLSv1_2": listed(AES_GCM)}, 97),
        ({"TLSv1_0": listed(STATIC_AES_CBC), "TLSv1_2": listed(AES_GCM)}, 95),
        ({"SSLv3": listed(STATIC_AES_CBC), "TLSv1_2": listed(AES_GCM)}, 90),
        ({"SSLv2": listed(SSL2), "TLSv1_2": listed(AES_GCM)}, 50),
        ({"SSLv2": listed(SSL2)}, 0),
    ],
)
def test_protocols_count_best_and_worst_and_are_cut_off(versions: dict[str, ProtocolSupport], wanted: int) -> None:
    found = scores(exam(suites=example(**versions).evidence))
    assert found is not None
    assert found.protocol == wanted


@pytest.mark.parametrize(
    ("parts", "total"),
    [((100, 90, 90), 93), ((95, 90, 90), 91), ((97, 80, 90), 89), ((0, 90, 90), 0), ((100, 0, 90), 0)],
)
def test_the_total_is_weighed_and_zero_stays_zero(parts: tuple[int, int, int], total: int) -> None:
    assert Scores(protocol=parts[0], key_exchange=parts[1], cipher=parts[2]).total == total


def test_the_weakest_exchange_counts() -> None:
    def exchange(*suites: Suite) -> int:
        big = certificate(leaf_with(key=PublicKey(type="ec", bits=384, curve="secp384r1")))
        found = scores(exam(big, suites=tls(TLSv1_2=listed(*suites), TLSv1_3=REFUSED)))
        assert found is not None
        return found.key_exchange

    p384 = dataclasses.replace(AES_GCM, group="0018")
    assert exchange(p384) == 100
    assert exchange(p384, AES_GCM) == 90
    assert exchange(p384, Suite(code="009E", name="TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", dh_bits=1024)) == 80
    assert exchange(p384, Suite(code="0003", name="TLS_RSA_EXPORT_WITH_RC4_40_MD5")) == 40
    assert exchange(p384, Suite(code="0034", name="TLS_DH_anon_WITH_AES_128_CBC_SHA", dh_bits=2048)) == 0


def test_a_suite_of_unknown_strength_is_left_out() -> None:
    odd = Suite(code="FEED", name="TLS_UNKNOWN_FEED")
    found = scores(exam(suites=tls(TLSv1_2=listed(AES_GCM, odd))))
    assert found is not None
    assert found.cipher == 90


# --- caps -------------------------------------------------------------------------------------------------------------


def in_tls12(*suites: Suite) -> Exam:
    return exam(suites=tls(TLSv1_2=listed(AES_GCM, *suites)))


def refused_by(problem: ChainProblem) -> Case[Certificates]:
    return certificate(LEAF, dataclasses.replace(UNKNOWN_ISSUER, problem=problem))


def with_flaw(name: str) -> Callable[[], Exam]:
    return lambda: exam(flaws=flaws(**{name: FlawState.YES}))


def reference(suite: str) -> Derived:
    client = ClientResult(
        endpoint=HERE, client="modern", name="Browser", version="1", date="2026-01", reference=True,
        connects=Answer.YES, protocol="TLSv1.2", suite=suite,
    )  # fmt: skip
    return dataclasses.replace(certificate().derived, clients=(client,))


def without_tls13(*suites: Suite, preference: Preference = Preference.CLIENT) -> Exam:
    one = dataclasses.replace(listed(*suites), preference=preference)
    return exam(suites=tls(TLSv1_2=one, TLSv1_3=REFUSED))


DAY = datetime.timedelta(days=1)
SHA1 = leaf_with(signature_algorithm="sha1WithRSAEncryption", signature_hash="sha1")
MD5 = leaf_with(signature_algorithm="md5WithRSAEncryption", signature_hash="md5")
TABLE: tuple[tuple[str, str, Callable[[], Exam]], ...] = (
    ("T", "the certificate is not trusted", lambda: exam(refused_by(ChainProblem.UNKNOWN_ISSUER))),
    ("T", "the certificate is not trusted", lambda: exam(refused_by(ChainProblem.SELF_SIGNED))),
    ("T", "has expired", lambda: exam(certificate(leaf_with(not_after=EXAMPLE_NOW - DAY)))),
    ("T", "is not valid yet", lambda: exam(certificate(leaf_with(not_before=EXAMPLE_NOW + DAY)))),
    ("T", "revoked", lambda: exam(staples=example_with(cert_status=CertStatus.REVOKED).evidence)),
    ("T", "sha1WithRSA", lambda: exam(certificate(SHA1))),
    ("T", "sha1WithRSA", lambda: exam(certificate(LEAF, others=(SHA1,)))),
    ("M", "another host", lambda: exam(certificate(host=HostMatch(matches=Answer.NO)))),
    ("F", "md5WithRSA", lambda: exam(certificate(MD5))),
    ("F", "SSLv2 is spoken", lambda: exam(suites=tls(SSLv2=listed(SSL2)))),
    ("F", "nothing newer than SSLv3", lambda: exam(suites=example(SSLv3=listed(STATIC_AES_CBC)).evidence)),
    ("F", "1023 bits", lambda: exam(certificate(leaf_with(key=PublicKey(type="rsa", bits=1023))))),
    ("F", "768 bits", lambda: in_tls12(Suite(code="009E", name="TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", dh_bits=768))),
    ("F", "export suites", lambda: in_tls12(Suite(code="0003", name="TLS_RSA_EXPORT_WITH_RC4_40_MD5"))),
    ("F", "below 112 bits", lambda: in_tls12(Suite(code="0009", name="TLS_RSA_WITH_DES_CBC_SHA"))),
    ("F", "anonymous", lambda: in_tls12(Suite(code="0034", name="TLS_DH_anon_WITH_AES_128_CBC_SHA", dh_bits=2048))),
    ("F", "all suites are RC4", lambda: exam(suites=example(TLSv1_2=listed(RC4)).evidence)),
    ("F", "insecure renegotiation", with_flaw("insecure_renegotiation")),
    ("F", "insecure renegotiation", lambda: exam(features=TlsFeatures(renegotiation=Renegotiation(insecure=YES)))),
    ("F", "Heartbleed", with_flaw("heartbleed")),
    ("F", "CVE-2014-0224", with_flaw("ccs_injection")),
    ("F", "Ticketbleed", with_flaw("ticketbleed")),
    ("F", "padding oracle", with_flaw("padding_oracle")),
    ("F", "ROBOT", with_flaw("robot")),
    ("F", "DROWN", with_flaw("drown")),
    ("C", "POODLE", lambda: exam(suites=tls(SSLv3=listed(STATIC_AES_CBC)))),
    ("C", "POODLE", with_flaw("poodle")),
    ("C", "CRIME", with_flaw("crime")),
    ("C", "CRIME", lambda: exam(features=TlsFeatures(versions={"TLSv1.2": HelloFeatures(compression=YES)}))),
    ("C", "RC4 in TLSv1.2: ", lambda: without_tls13(RC4, AES_GCM, preference=Preference.SERVER)),
    ("C", "RC4 in TLSv1.2 with Browser 1", lambda: exam(derived=reference(RC4.name))),
    ("C", "blocks of 64 bits in TLSv1.2: ", lambda: without_tls13(TRIPLE_DES)),
    ("C", "blocks of 64 bits in TLSv1.2 with Browser 1", lambda: exam(derived=reference(TRIPLE_DES.name))),
    ("C", "neither TLS 1.2 nor TLS 1.3", lambda: exam(suites=example(TLSv1_1=listed(STATIC_AES_CBC)).evidence)),
    ("B", "SSLv3 is spoken", lambda: exam(suites=tls(SSLv3=listed(RC4)))),
    ("B", "TLSv1.0 is spoken", lambda: exam(suites=tls(TLSv1_0=listed(STATIC_AES_CBC)))),
    ("B", "TLSv1.1 is spoken", lambda: exam(suites=tls(TLSv1_1=listed(STATIC_AES_CBC)))),
    ("B", "RC4", lambda: exam(suites=tls(TLSv1_0=listed(RC4)))),
    ("B", "1024 bits", lambda: in_tls12(Suite(code="009E", name="TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", dh_bits=1024))),
    ("B", "2047 bits", lambda: exam(certificate(leaf_with(key=PublicKey(type="rsa", bits=2047))))),
    ("B", "intermediate", lambda: exam(certificate(
        LEAF, dataclasses.replace(UNKNOWN_ISSUER, problem=ChainProblem.INCOMPLETE, complete=Answer.NO)))),
    ("B", "forward secrecy with Browser 1", lambda: exam(derived=reference("TLS_RSA_WITH_AES_128_GCM_SHA256"))),
    ("B", "forward secrecy for", lambda: without_tls13(Suite(code="009C", name="TLS_RSA_WITH_AES_128_GCM_SHA256"))),
    ("B", "forward secrecy for", lambda: without_tls13(STATIC_AES_CBC, AES_GCM, preference=Preference.SERVER)),
    ("B", "authenticated encryption with", lambda: exam(derived=reference("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"))),
    ("B", "authenticated encryption for", lambda: without_tls13(
        Suite(code="C013", name="TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"))),
    ("A-", "TLS 1.3 is not spoken", lambda: without_tls13(AES_GCM)),
    ("A-", "HSTS is not sent", lambda: exam(headers=hsts(None, raw=""))),
    ("A-", "HSTS header is invalid", lambda: exam(headers=hsts(None, problem="no max-age"))),
    ("A-", "less than 15768000", lambda: exam(headers=hsts(HstsPolicy(max_age=15_767_999)))),
    ("A-", "no secure renegotiation", lambda: exam(
        features=TlsFeatures(versions={"TLSv1.2": HelloFeatures(secure_renegotiation=NO)}))),
)  # fmt: skip


@pytest.mark.parametrize(("grade", "reason", "made"), TABLE, ids=[f"{one[0]} {one[1]}" for one in TABLE])
def test_every_cap_holds_the_grade_down_and_says_why(grade: str, reason: str, made: Callable[[], Exam]) -> None:
    found = mark(made())
    assert any(cap.startswith(f"{grade}: ") and reason in cap for cap in found.caps), found.caps
    assert found.grade is not None
    assert worst([found.grade, grade]) == found.grade, "at best the grade of the cap"


def test_the_table_above_has_every_cap() -> None:
    holding = {place for _, _, made in TABLE for place, (_, ask) in enumerate(CAPS) if ask(made()) is not None}
    assert holding == set(range(len(CAPS)))


@pytest.mark.parametrize(
    "made",
    [
        lambda: exam(headers=hsts(HstsPolicy(max_age=15_768_000))),
        lambda: exam(certificate(leaf_with(key=PublicKey(type="rsa", bits=2048)))),
        lambda: exam(certificate(LEAF, UNKNOWN_ISSUER, TRUSTED)),
        lambda: exam(derived=reference("TLS_AES_128_GCM_SHA256")),
    ],
    ids=["HSTS of half a year", "RSA 2048", "one store trusts it", "a reference client fares well"],
)
def test_near_misses_keep_the_best_grade(made: Callable[[], Exam]) -> None:
    assert mark(made()).grade == "A+"


@pytest.mark.parametrize(("suite", "grade"), [(TRIPLE_DES, "A+"), (RC4, "B")])
def test_an_old_suite_at_the_end_of_the_list_costs_less_than_one_that_clients_get(suite: Suite, grade: str) -> None:
    assert mark(in_tls12(suite)).grade == grade
    well_served = exam(suites=tls(TLSv1_2=listed(AES_GCM, suite)), derived=reference(AES_GCM.name))
    assert mark(well_served).grade == grade


def test_clients_whose_suite_is_not_certain() -> None:
    static, cbc = "TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA"

    def with_one_of(*names: str) -> SslLabsMark:
        (client,) = reference(AES_GCM.name).clients
        client = dataclasses.replace(client, suite=None, suites=names)
        return mark(exam(derived=dataclasses.replace(certificate().derived, clients=(client,))))

    assert with_one_of(static, cbc).caps == ("B: no forward secrecy with Browser 1",)
    doubtful = with_one_of(static, AES_GCM.name)
    assert (doubtful.caps, doubtful.not_assessed) == ((), ("which suite some modern clients get is not known",))


def test_a_weak_prime_counts_that_showed_only_where_primes_were_looked_for() -> None:
    prime = DhPrime(bits=1024, name=None, prime_sha256="ab" * 32)
    found = mark(exam(groups=TlsGroups(dh=(prime,))))
    assert (found.grade, found.key_exchange) == ("B", 80)
    assert found.caps == ("B: a Diffie-Hellman group has the strength of 1024 bits",)


def test_a_part_of_a_list_is_not_all_of_it() -> None:
    part = dataclasses.replace(listed(RC4), complete=Answer.UNKNOWN)
    assert "F: all suites are RC4" not in mark(exam(suites=example(TLSv1_2=part).evidence)).caps


def test_a_server_that_lets_clients_choose_serves_modern_ones_well() -> None:
    assert mark(without_tls13(STATIC_AES_CBC, AES_GCM)).grade == "A-"


def test_trust_weighs_more_than_all_else_and_can_be_set_aside() -> None:
    found = mark(exam(refused_by(ChainProblem.SELF_SIGNED), suites=tls(SSLv2=listed(SSL2))))
    assert (found.grade, found.grade_trust_ignored) == ("T", "F")
    found = mark(exam(certificate(host=HostMatch(matches=Answer.NO))))
    assert (found.grade, found.grade_trust_ignored) == ("M", "A+")


def test_a_warning_bars_the_plus() -> None:
    found = mark(exam(certificate(in_order=Answer.NO)))
    assert (found.grade, found.caps) == ("A", ())
    assert found.warnings == ("the chain is out of order",)
    assert mark(exam(suites=tls("chunks of 60 suites"))).grade == "A"


# --- what is missing --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: exam(flaws=None), "known flaws were not looked for"),
        (
            lambda: exam(flaws=NOT_ASKED, suites=tls(TLSv1_2=listed(AES_GCM, STATIC_AES_CBC))),
            "robot: this scan did not",
        ),
        (lambda: exam(flaws=NOT_ASKED, suites=tls(TLSv1_2=listed(ECDHE_CBC))), "padding_oracle: this scan did not ask"),
        (
            lambda: exam(certificate(leaf_with(key=PublicKey(type="ml-dsa-65")))),
            "a certificate's key of kind ml-dsa-65",
        ),
        (lambda: exam(headers=None), "HSTS was not looked at"),
        (lambda: exam(headers=HttpHeaders(block=PeerText("challenge"))), "HSTS: a challenge or ban answered"),
        (lambda: exam(features=None), "whether renegotiation is secure"),
        (lambda: exam(derived=Derived()), "whether the certificate is trusted"),
        (lambda: exam(certificate(host=HostMatch(matches=Answer.UNKNOWN))), "is for the host is not known"),
        (lambda: exam(suites=tls(SSLv3=ProtocolSupport(supported=Answer.UNKNOWN))), "SSLv3: whether it is spoken"),
        (
            lambda: exam(suites=tls(TLSv1_2=dataclasses.replace(listed(AES_GCM), complete=Answer.UNKNOWN))),
            "TLSv1.2: the list of suites is incomplete",
        ),
    ],
)
def test_what_could_still_change_the_grade_is_said(made: Callable[[], Exam], said: str) -> None:
    found = mark(made())
    assert found.grade in {"A", "A+"}
    assert any(said in one for one in found.not_assessed), found.not_assessed


def test_signatures_that_bring_their_own_hash_leave_nothing_open() -> None:
    signed = leaf_with(signature_algorithm="ML-DSA-65", signature_hash=None)
    assert mark(exam(certificate(signed))).not_assessed == ()


def test_flaws_that_no_suite_allows_stay_out_of_it() -> None:
    assert mark(exam(flaws=NOT_ASKED)).not_assessed == ()
    assert not [one for one in mark(exam(flaws=NOT_ASKED, suites=tls(TLSv1_2=listed(ECDHE_CBC)))).not_assessed
                if one.startswith("robot")]  # fmt: skip


def test_no_plus_where_hsts_was_not_seen() -> None:
    assert mark(exam(headers=None)).grade == "A"


def test_an_address_has_no_hsts_to_lose() -> None:
    address = dataclasses.replace(EXAMPLE_TARGET, host="192.0.2.1", url="https://192.0.2.1/", sni=None)
    found = mark(exam(target=address, headers=None))
    assert found.grade == "A"
    assert found.not_assessed == ()


# --- the target -------------------------------------------------------------------------------------------------------


def seen(topic: str, evidence: object, endpoint: str = HERE, outcome: Outcome = Outcome.OK) -> Observation[object]:
    return Observation(
        probe=topic, version=1, topic=topic, endpoint=endpoint, outcome=outcome, started=EXAMPLE_NOW, elapsed_ms=1.0,
        cost=Cost(), evidence=evidence,
    )  # fmt: skip


def graded(*observations: Observation[object], judged: str = "tls_suites") -> SslLabsGrade | None:
    bench = Bench(
        target=EXAMPLE_TARGET,
        derived=certificate().derived,
        policy=EXAMPLE_POLICY,
        now=EXAMPLE_NOW,
        judged=frozenset({judged}),
    )
    found = give_grades(observations, bench).get(KEY)
    assert found is None or isinstance(found, SslLabsGrade)
    return found


CERTIFICATE = seen("certificates", certificate().evidence)


def test_the_essentials_make_a_grade() -> None:
    found = graded(seen("tls_suites", GOOD), CERTIFICATE)
    assert found is not None
    assert (found.grade, found.endpoint, found.endpoints) == ("A", HERE, ())


@pytest.mark.parametrize(
    ("observations", "said"),
    [
        ((seen("tls_suites", GOOD),), "no certificate was observed"),
        ((seen("tls_suites", None, outcome=Outcome.REFUSED), CERTIFICATE), "no suites were observed"),
        ((seen("tls_suites", dataclasses.replace(GOOD, listed=False)), CERTIFICATE), "the suites were not listed"),
        ((seen("tls_suites", example().evidence), CERTIFICATE), "no version of TLS is spoken"),
        ((seen("tls_suites", tls(TLSv1_2=listed(), TLSv1_3=listed())), CERTIFICATE), "no suite was seen"),
        (
            (seen("tls_suites", TlsSuites(protocols={"TLSv1.2": OPEN}, offered=1)),),
            "which versions are spoken could not be told",
        ),
    ],
)  # fmt: skip
def test_without_the_essentials_there_is_no_letter(observations: tuple[Observation[object], ...], said: str) -> None:
    found = graded(*observations)
    assert found is not None
    assert (found.grade, found.score, found.reason) == (None, None, said)


def test_a_scan_that_asked_for_no_tls_has_no_grade() -> None:
    assert graded(seen("tls_suites", GOOD), CERTIFICATE, judged="http_headers") is None
    assert graded() is None
    assert graded(seen("tls_suites", None, outcome=Outcome.NOT_APPLICABLE)) is None


def test_the_worst_endpoint_counts_and_all_are_told() -> None:
    old = tls(TLSv1_0=listed(STATIC_AES_CBC))
    there = (seen("tls_suites", old, THERE), seen("certificates", certificate().evidence, THERE))
    found = graded(seen("tls_suites", GOOD), CERTIFICATE, *there)
    assert found is not None
    assert (found.grade, found.endpoint) == ("B", THERE)
    assert [(one.endpoint, one.grade) for one in found.endpoints] == [(HERE, "A"), (THERE, "B")]
    assert isinstance(found.endpoints[0], SslLabsMark)


def test_an_endpoint_without_a_grade_is_left_open() -> None:
    found = graded(seen("tls_suites", GOOD), CERTIFICATE, seen("tls_suites", GOOD, THERE))
    assert found is not None
    assert found.grade == "A"
    assert f"{THERE}: no certificate was observed" in found.not_assessed


def test_graders_are_found_and_one_that_breaks_gives_no_letter() -> None:
    assert KEY in all_graders()
    with pytest.raises(ValueError, match="is there already"):
        grader(KEY)(lambda _observations, _bench: None)
    broken = dataclasses.replace(GOOD, protocols={"TLSv1.2": dataclasses.replace(listed(AES_GCM), suites=(None,))})  # type: ignore[arg-type]
    bench = Bench(
        target=EXAMPLE_TARGET,
        derived=Derived(),
        policy=EXAMPLE_POLICY,
        now=EXAMPLE_NOW,
        judged=frozenset({"tls_suites"}),
    )
    found = give_grades((seen("tls_suites", broken), CERTIFICATE), bench)[KEY]
    assert isinstance(found, dict)
    assert found["grade"] is None
    assert "internal error" in str(found["reason"])
