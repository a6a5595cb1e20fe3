"""The rules over `tls_features`: unknown is never fine, and who is sound is not blamed."""

import dataclasses

import pytest

from scanner.model.evidence.dns_records import Caa, DnsRecords, HttpsRecord, HttpsRecords
from scanner.model.evidence.tls_features import (
    Alpn,
    Clock,
    Ech,
    Feature,
    HelloFeatures,
    Renegotiation,
    Resumption,
    SignatureUse,
    SniAnswer,
    SniBehaviour,
    TlsFeatures,
)
from scanner.model.evidence.tls_suites import PROTOCOLS, ProtocolSupport, Suite, TlsSuites
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.model.rule import Severity
from scanner.rules.case import Case
from scanner.rules.registry import Rule, all_rules
from scanner.rules.tls_features_sessions import DAY, WEEK
from scanner.rules.tls_features_views import (
    CLASSIC_HELLO,
    MODERN_HELLO,
    NO,
    SOUND,
    YES,
    classic_example,
    example,
    resumption_example,
)
from scanner.rules.verdict import Fail, NotApplicable, NotAssessed, Pass, Unknown, Verdict

RULES = {
    rule.info.name: rule
    for rule in all_rules()
    if rule.info.topic == "tls_features" and "TLS040" <= rule.info.id <= "TLS069"
}
DOUBT = Feature(reason=PeerText("timeout at client-hello"), tries=1)


def check(name: str, case: Case[TlsFeatures]) -> Verdict:
    return RULES[name].check(case)


def severity(name: str, verdict: Verdict) -> Severity:
    assert isinstance(verdict, Fail)
    return verdict.faults[0].severity or RULES[name].info.severity


def test_the_sound_server_is_blamed_for_nothing() -> None:
    for rule in RULES.values():
        assert not isinstance(rule.check(example()), Fail), rule.info.id


def test_a_modern_only_server_is_blamed_for_nothing() -> None:
    absent = Feature(applicable=False, reason=PeerText("no version below TLS 1.3 is spoken"))
    modern = dataclasses.replace(
        SOUND,
        versions={"TLSv1.3": MODERN_HELLO},
        resumption=dataclasses.replace(SOUND.resumption, session_id=absent, ticket=absent),
        renegotiation=Renegotiation(client_initiated=absent, insecure=absent),
        fallback_scsv=absent,
        clock=Clock(),
    )
    verdicts = {name: rule.check(Case(evidence=modern)) for name, rule in RULES.items()}

    assert not [name for name, verdict in verdicts.items() if isinstance(verdict, Fail)]
    for name in (
        "secure-renegotiation-missing",
        "extended-master-secret-missing",
        "encrypt-then-mac-missing",
        "downgrade-sentinel-missing",
        "fallback-scsv-missing",
    ):
        assert isinstance(verdicts[name], NotApplicable), name
    assert isinstance(verdicts["no-session-resumption"], Pass)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.info.id)
def test_evidence_without_answers_is_never_fine(rule: Rule) -> None:
    verdict = rule.check(Case(evidence=TlsFeatures(versions={"TLSv1.3": HelloFeatures(), "TLSv1.2": HelloFeatures()})))

    assert isinstance(verdict, Unknown | NotAssessed | NotApplicable), verdict
    assert verdict.reason


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.info.id)
def test_nothing_is_heavier_than_low_but_where_a_renegotiation_is_possible(rule: Rule) -> None:
    assert rule.info.severity in {Severity.INFO, Severity.LOW}


def test_missing_secure_renegotiation_weighs_more_where_the_server_renegotiates() -> None:
    name = "secure-renegotiation-missing"
    case = classic_example(secure_renegotiation=NO)
    willing = dataclasses.replace(case.evidence, renegotiation=Renegotiation(client_initiated=YES, insecure=YES))

    assert severity(name, check(name, case)) is Severity.LOW
    assert severity(name, check(name, dataclasses.replace(case, evidence=willing))) is Severity.MEDIUM
    assert isinstance(check(name, classic_example(secure_renegotiation=DOUBT)), Unknown)


def test_encrypt_then_mac_does_not_apply_without_cbc() -> None:
    def suites(name: str) -> dict[str, object]:
        support = ProtocolSupport(supported=Answer.YES, complete=Answer.YES, suites=(Suite(code="C02F", name=name),))
        return {"tls_suites": TlsSuites(protocols=dict.fromkeys(PROTOCOLS, support), offered=400)}

    name = "encrypt-then-mac-missing"
    case = classic_example(encrypt_then_mac=Feature(reason=PeerText("no hello could have shown it")))
    gcm = dataclasses.replace(case, others=suites("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"))
    cbc = dataclasses.replace(case, others=suites("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"))

    assert isinstance(check(name, gcm), NotApplicable)
    assert isinstance(check(name, cbc), Unknown)


def test_the_downgrade_sentinel_is_asked_of_tls_1_3_servers_only() -> None:
    name = "downgrade-sentinel-missing"
    hello = dataclasses.replace(CLASSIC_HELLO, downgrade_sentinel=NO)

    assert isinstance(check(name, classic_example(downgrade_sentinel=NO)), Fail)
    # TLS 1.2 servers should say so of TLS 1.1, but need not.
    assert isinstance(check(name, example(versions={"TLSv1.2": MODERN_HELLO, "TLSv1.1": hello})), NotApplicable)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(DAY, None), (DAY + 1, Severity.INFO), (WEEK, Severity.INFO), (WEEK + 1, Severity.LOW)],
)
def test_the_life_of_tickets(seconds: int, expected: Severity | None) -> None:
    name = "session-tickets-long-lived"
    for field in ("ticket_lifetime_seconds", "psk_lifetime_seconds"):
        verdict = check(name, resumption_example(**{field: seconds}))
        if expected is None:
            assert isinstance(verdict, Pass)
        else:
            assert severity(name, verdict) is expected


def test_resumption_fails_only_where_every_way_does() -> None:
    name = "no-session-resumption"
    absent = Feature(applicable=False, reason=PeerText("TLS 1.3 is not spoken"))

    assert isinstance(check(name, resumption_example(session_id=NO, ticket=NO, psk=absent)), Fail)
    assert isinstance(check(name, resumption_example(session_id=NO, ticket=NO, psk=YES)), Pass)
    assert isinstance(check(name, resumption_example(session_id=NO, ticket=DOUBT, psk=NO)), Unknown)
    assert isinstance(check(name, example(resumption=Resumption())), Unknown)


def test_what_was_not_asked_is_not_assessed() -> None:
    unasked = Feature(reason=PeerText("asked with profile deep only"))

    verdict = check("resumption-without-forward-secrecy", resumption_example(psk_without_dhe=unasked))

    assert verdict == NotAssessed("asked with profile deep only")


SERVED = SniAnswer(answer=Answer.YES, leaf_sha256="a1" * 32)
REFUSED = SniAnswer(answer=Answer.NO, alert=112)


@pytest.mark.parametrize(
    ("protocol", "wrong", "expected"),
    [
        (YES, SERVED, Fail),
        (NO, SERVED, Pass),
        (YES, REFUSED, Pass),
        (DOUBT, REFUSED, Pass),
        (DOUBT, SERVED, Unknown),
        (YES, SniAnswer(), Unknown),
    ],
)
def test_either_refusal_stands_against_confusion(protocol: Feature, wrong: SniAnswer, expected: type) -> None:
    sni = SniBehaviour(right=SERVED, none=SERVED, wrong=wrong, default_differs=Answer.NO)
    case = example(alpn=Alpn(unknown_accepted=protocol), sni=sni)

    assert isinstance(check("foreign-protocol-and-name-served", case), expected)


def test_strict_names_are_good() -> None:
    verdict = check("default-certificate-of-another", example())

    assert verdict == Pass("handshakes without the right name are refused")


def test_only_a_signature_that_was_seen_is_blamed() -> None:
    name = "old-signature-on-request"

    def case(*answers: Feature) -> Case[TlsFeatures]:
        return example(signatures=tuple(SignatureUse(protocol="TLSv1.2", old_hashes=one) for one in answers))

    assert isinstance(check(name, case(DOUBT, YES)), Fail)
    assert isinstance(check(name, case(DOUBT, NO)), Unknown)
    assert isinstance(check(name, case(NO, NO)), Pass)
    assert isinstance(check(name, case()), NotApplicable)


@pytest.mark.parametrize(("skew", "expected"), [(0, Pass), (60, Pass), (-61, Fail), (7200, Fail)])
def test_the_clock(skew: int, expected: type) -> None:
    case = example(clock=Clock(answer=Answer.YES, hellos=5, skew_seconds=skew))

    assert isinstance(check("clock-wrong", case), expected)


def test_encrypted_client_hello() -> None:
    name = "encrypted-client-hello-missing"
    absent = Feature(applicable=False, reason=PeerText("TLS 1.3 is not spoken"))

    assert isinstance(check(name, example(ech=Ech(retry_configs=0, in_dns=Answer.YES))), Pass)
    announced = HttpsRecords(
        present=Answer.YES, records=(HttpsRecord(priority=1, target=PeerText("."), ech_configs=1),)
    )
    dns = DnsRecords(
        host="www.example.org",
        ipv4=(),
        ipv6=(),
        aliases=(),
        caa=Caa(present=Answer.UNKNOWN),
        questions=(),
        https=announced,
    )
    case = dataclasses.replace(example(ech=Ech(retry_configs=0)), others={"dns_records": dns})
    assert isinstance(check(name, case), Pass)
    silent = dataclasses.replace(dns, https=HttpsRecords(present=Answer.NO))
    assert isinstance(check(name, dataclasses.replace(case, others={"dns_records": silent})), Fail)
    assert isinstance(check(name, example(ech=Ech(accepts_grease=absent))), NotApplicable)
    assert isinstance(check(name, example(ech=Ech(accepts_grease=YES))), Unknown)
    assert isinstance(check(name, example(ech=Ech(accepts_grease=NO))), Unknown)


@pytest.mark.parametrize(
    "rule", ["modern-hello-intolerance", "foreign-protocol-and-name-served", "default-certificate-of-another"]
)
def test_where_no_version_has_extensions_nothing_is_left_open(rule: str) -> None:
    old = Case(evidence=TlsFeatures(versions={"SSLv3": HelloFeatures()}))
    unseen = Case(evidence=TlsFeatures())

    assert isinstance(check(rule, old), NotApplicable)
    assert isinstance(check(rule, unseen), Unknown)


def test_hellos_of_tls_1_3_alone_hold_no_time() -> None:
    modern = Case(evidence=TlsFeatures(versions={"TLSv1.3": HelloFeatures()}))

    assert isinstance(check("clock-wrong", modern), NotApplicable)


OPEN, SPOKEN = ProtocolSupport(supported=Answer.UNKNOWN), ProtocolSupport(supported=Answer.YES)
ABOUT_OLD_HELLOS = (
    "secure-renegotiation-missing",
    "extended-master-secret-missing",
    "encrypt-then-mac-missing",
    "downgrade-sentinel-missing",
)


@pytest.mark.parametrize("support", [OPEN, SPOKEN])
@pytest.mark.parametrize("name", ABOUT_OLD_HELLOS)
def test_a_version_without_a_hello_that_was_seen_is_neither_fine_nor_away(name: str, support: ProtocolSupport) -> None:
    seen = example(versions={"TLSv1.3": MODERN_HELLO})
    suites = TlsSuites(protocols={"TLSv1.3": SPOKEN, "TLSv1.2": support}, offered=1)
    verdict = check(name, dataclasses.replace(seen, others={"tls_suites": suites}))
    assert isinstance(verdict, Unknown)


@pytest.mark.parametrize("name", ABOUT_OLD_HELLOS[:3])
def test_no_hello_at_all_is_unknown(name: str) -> None:
    assert isinstance(check(name, example(versions={})), Unknown)


def test_the_mark_of_a_downgrade_is_not_known_where_tls_1_3_was_not_seen() -> None:
    seen = example(versions={"TLSv1.2": CLASSIC_HELLO})
    suites = TlsSuites(protocols={"TLSv1.3": OPEN, "TLSv1.2": SPOKEN}, offered=1)
    assert isinstance(
        check("downgrade-sentinel-missing", dataclasses.replace(seen, others={"tls_suites": suites})), Unknown
    )


def test_a_short_life_in_one_version_says_nothing_of_the_other() -> None:
    resumption = Resumption(ticket=YES, ticket_lifetime_seconds=60, psk=DOUBT)
    assert isinstance(check("session-tickets-long-lived", example(resumption=resumption)), Unknown)
    without = dataclasses.replace(resumption, psk=NO)
    assert isinstance(check("session-tickets-long-lived", example(resumption=without)), Pass)


def test_who_signs_with_an_old_hash_anyway_is_not_blamed_for_doing_so_on_request() -> None:
    seen = example(signatures=(SignatureUse(protocol="TLSv1.2", old_hashes=YES),))
    sha1 = Suite(code="C02F", name="TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", signature="0201")
    support = ProtocolSupport(supported=Answer.YES, suites=(sha1,))
    suites = TlsSuites(protocols={"TLSv1.2": support}, offered=1)
    assert isinstance(check("old-signature-on-request", seen), Fail)
    others = dataclasses.replace(seen, others={"tls_suites": suites})
    assert isinstance(check("old-signature-on-request", others), NotApplicable)
