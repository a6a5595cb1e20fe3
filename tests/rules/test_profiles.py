"""Profiles: every policy that comes with leadline loads, what it demands fails where it is missing, and what it only
recommends does not.
"""

import dataclasses
import datetime
import functools
import importlib.resources
from collections.abc import Mapping, Sequence

import pytest

from scanner.errors import UserFault
from scanner.model.evidence.certificates import Certificate, Certificates, PublicKey
from scanner.model.evidence.ocsp_stapling import OcspStapling
from scanner.model.evidence.tls_features import Feature, HelloFeatures, Renegotiation, Resumption, TlsFeatures
from scanner.model.evidence.tls_groups import Group, GroupSupport, PostQuantum, TlsGroups
from scanner.model.evidence.tls_suites import Preference, ProtocolSupport, Suite, TlsSuites
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.model.rule import Severity
from scanner.policies.loader import available, parse
from scanner.policies.loader import load as read
from scanner.policies.vocabulary import FEATURES, LISTS, OPTIONS
from scanner.rules.case import Case
from scanner.rules.certificate_examples import example as certificate
from scanner.rules.certificate_examples import leaf_with, living
from scanner.rules.registry import Rule, all_rules
from scanner.rules.staple_pages import GOOD_STAPLE
from scanner.rules.staple_pages import example as staple
from scanner.rules.suite_pages import MODERN, TLS13_AES, example, listed
from scanner.rules.verdict import Fail, NotApplicable, NotAssessed, Pass, Unknown, Verdict
from scanner.wire.tls_registry import registry

load = functools.cache(read)
RULES: Mapping[str, Rule] = {rule.info.id: rule for rule in all_rules()}
PROFILES = tuple(name for name in available() if name != "default")
INTERMEDIATE = (
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
)
DHE = (
    "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
)
CODES = {name: f"{code:04X}" for code, name in (*registry().suites.items(), *registry().suites_tls13.items())}
YES, NO = Feature(answer=Answer.YES), Feature(answer=Answer.NO)


def suites(names: Sequence[str], *, dh_bits: int = 2048, preference: Preference = Preference.CLIENT) -> ProtocolSupport:
    made = tuple(
        Suite(code=CODES[name], name=name, dh_bits=dh_bits if "_DHE_" in name else None, group="001D") for name in names
    )
    return dataclasses.replace(listed(*made), preference=preference)


def tls(*names: str, dh_bits: int = 2048, **others: ProtocolSupport) -> Case[TlsSuites]:
    """TLS 1.2 with these suites, TLS 1.3 with one, and what else is given."""
    return example(**{"TLSv1_2": suites(names, dh_bits=dh_bits), "TLSv1_3": listed(TLS13_AES), **others})


def groups(*names: str, post_quantum: PostQuantum = PostQuantum.NOT_OFFERED) -> Case[TlsGroups]:
    found = tuple(Group(code="0000", name=name) for name in names)
    support = GroupSupport(protocol="TLSv1.3", supported=Answer.YES, groups=found, complete=Answer.YES)
    none = GroupSupport(supported=Answer.NO)
    return Case(evidence=TlsGroups(tls13=support, tls12=none, post_quantum=post_quantum))


def hello(**fields: Feature) -> Case[TlsFeatures]:
    versions = {"TLSv1.2": HelloFeatures(**fields)}  # type: ignore[arg-type]
    return Case(evidence=TlsFeatures(versions=versions), others={"tls_suites": MODERN.evidence})


def resumption(**fields: Feature) -> Case[TlsFeatures]:
    evidence = TlsFeatures(resumption=Resumption(**fields))  # type: ignore[arg-type]
    return Case(evidence=evidence, others={"tls_suites": MODERN.evidence})


def renegotiation(answer: Feature) -> Case[TlsFeatures]:
    evidence = TlsFeatures(renegotiation=Renegotiation(client_initiated=answer))
    return Case(evidence=evidence, others={"tls_suites": MODERN.evidence})


def judged(policy: str, rule: str, case: Case[object]) -> Verdict:
    """What the rule says under this policy, which must select it."""
    chosen = load(policy)
    assert chosen.selects(rule)
    return RULES[rule].check(dataclasses.replace(case, policy=chosen))


def weight(policy: str, rule: str) -> Severity:
    return load(policy).severity_of(rule, RULES[rule].info.severity)


def rsa(bits: int) -> Certificate:
    return leaf_with(
        key=PublicKey(type="rsa", bits=bits), signature_algorithm="sha256WithRSAEncryption", signature_hash="sha256"
    )


EC_521 = leaf_with(key=PublicKey(type="ec", bits=521, curve="secp521r1"))
CBC = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"
STATIC = "TLS_RSA_WITH_AES_128_GCM_SHA256"
TRIPLE_DES = "TLS_RSA_WITH_3DES_EDE_CBC_SHA"
CHACHA_13 = Suite(code="1303", name="TLS_CHACHA20_POLY1305_SHA256")
CCM_13 = Suite(code="1304", name="TLS_AES_128_CCM_SHA256")
OPEN = ProtocolSupport(supported=Answer.UNKNOWN)
OLD = suites(["TLS_RSA_WITH_AES_128_CBC_SHA"])
GOOD = tls(*INTERMEDIATE)
WITH_CBC = dataclasses.replace(hello(encrypt_then_mac=YES), others={"tls_suites": tls(CBC).evidence})
WITHOUT_EM = dataclasses.replace(hello(encrypt_then_mac=NO), others={"tls_suites": tls(CBC).evidence})

MUSTS: tuple[tuple[str, str, Case[object], Case[object]], ...] = (
    ("mozilla-intermediate", "TLS200", GOOD, tls(*INTERMEDIATE, TLSv1_1=OLD)),
    ("mozilla-intermediate", "TLS203", tls(INTERMEDIATE[1]), tls(*INTERMEDIATE, *DHE)),
    ("mozilla-intermediate", "TLS204", GOOD, example(TLSv1_3=listed(CCM_13))),
    ("mozilla-intermediate", "TLS210", groups("x25519", "X25519MLKEM768"), groups("x25519", "x448")),
    ("mozilla-intermediate", "CRT200", certificate(rsa(2048)), certificate(leaf_with(key=PublicKey(type="ed25519")))),
    ("mozilla-intermediate", "CRT201", certificate(), certificate(EC_521)),
    ("mozilla-intermediate", "CRT202", certificate(), certificate(leaf_with(signature_algorithm="rsassaPss"))),
    ("mozilla-intermediate", "CRT203", certificate(rsa(2048)), certificate(rsa(2047))),
    ("mozilla-intermediate", "CRT204", certificate(living(366)), certificate(living(367))),
    ("mozilla-modern", "TLS200", example(TLSv1_3=listed(TLS13_AES)), GOOD),
    ("mozilla-modern", "CRT200", certificate(), certificate(rsa(4096))),
    ("mozilla-modern", "CRT204", certificate(living(90)), certificate(living(91))),
    ("mozilla-intermediate-5.7", "TLS203", tls(*INTERMEDIATE, *DHE), tls(*INTERMEDIATE, CBC)),
    ("mozilla-intermediate-5.7", "TLS207", tls(*DHE), tls(*DHE, dh_bits=1024)),
    ("mozilla-intermediate-5.8", "TLS203", GOOD, tls(*INTERMEDIATE, DHE[0])),
    ("mozilla-old-5.7", "TLS207", tls(*DHE, dh_bits=1024), tls(*DHE, dh_bits=1023)),
    ("mozilla-old-5.8", "TLS207", tls(*DHE, dh_bits=2048), tls(*DHE, dh_bits=1024)),
    ("mozilla-old-5.8", "CRT200", certificate(rsa(2048)), certificate()),
    (
        "mozilla-old-5.8",
        "TLS206",
        tls(TLSv1_2=suites(INTERMEDIATE, preference=Preference.SERVER)),
        tls(TLSv1_2=suites(INTERMEDIATE)),
    ),
    ("nist-800-52r2", "TLS200", GOOD, tls(*INTERMEDIATE, TLSv1_0=OLD)),
    ("nist-800-52r2", "TLS201", GOOD, example(TLSv1_2=suites(INTERMEDIATE))),
    ("nist-800-52r2", "TLS203", tls(INTERMEDIATE[1], STATIC), tls(INTERMEDIATE[5])),
    ("nist-800-52r2", "TLS204", GOOD, example(TLSv1_3=listed(TLS13_AES, CHACHA_13))),
    ("nist-800-52r2", "TLS207", tls(*DHE, dh_bits=2048), tls(*DHE, dh_bits=2047)),
    ("nist-800-52r2", "TLS211", groups("x25519", "secp384r1"), groups("x25519")),
    ("nist-800-52r2", "TLS012", GOOD, tls(TRIPLE_DES)),
    ("nist-800-52r2", "TLS220", hello(extended_master_secret=YES), hello(extended_master_secret=NO)),
    ("nist-800-52r2", "TLS221", WITH_CBC, WITHOUT_EM),
    ("nist-800-52r2", "TLS222", hello(secure_renegotiation=YES), hello(secure_renegotiation=NO)),
    ("nist-800-52r2", "TLS223", hello(compression=NO), hello(compression=YES)),
    ("nist-800-52r2", "CRT008", certificate(rsa(2048)), certificate(rsa(2047))),
    ("nist-800-52r2", "CRT009", certificate(), certificate(leaf_with(signature_hash="sha1"))),
    ("nist-800-52r2", "CRT205", certificate(), certificate(leaf_with(version=1))),
    ("nist-800-52r2", "CRT052", staple(GOOD_STAPLE, GOOD_STAPLE), staple(None, None, tries=5)),
    ("bsi-tr-02102-2", "TLS003", GOOD, tls(*INTERMEDIATE, TLSv1_0=OLD)),
    ("bsi-tr-02102-2", "TLS207", tls(*DHE, dh_bits=3072), tls(*DHE, dh_bits=2048)),
    ("bsi-tr-02102-2", "CRT203", certificate(rsa(3000)), certificate(rsa(2048))),
    ("bsi-tr-02102-2", "TLS220", hello(extended_master_secret=YES), hello(extended_master_secret=NO)),
    ("bsi-tr-02102-2", "TLS221", WITH_CBC, WITHOUT_EM),
    ("bsi-tr-02102-2", "TLS222", hello(secure_renegotiation=YES), hello(secure_renegotiation=NO)),
    ("bsi-tr-02102-2", "TLS223", hello(compression=NO), hello(compression=YES)),
    ("bsi-tr-02102-2", "TLS224", hello(heartbeat=NO), hello(heartbeat=YES)),
    ("bsi-tr-02102-2", "TLS225", renegotiation(NO), renegotiation(YES)),
    ("bsi-tr-02102-2", "TLS226", resumption(early_data=NO), resumption(early_data=YES)),
    ("bsi-tr-02102-2", "TLS227", resumption(psk_without_dhe=NO), resumption(psk_without_dhe=YES)),
    ("pci-dss-4.0.1", "TLS003", GOOD, tls(*INTERMEDIATE, TLSv1_0=OLD)),
    ("pci-dss-4.0.1", "TLS004", GOOD, tls(*INTERMEDIATE, TLSv1_1=OLD)),
    ("pci-dss-4.0.1", "TLS010", GOOD, tls("TLS_RSA_WITH_RC4_128_SHA")),
    ("pci-dss-4.0.1", "TLS012", GOOD, tls(TRIPLE_DES)),
    ("pci-dss-4.0.1", "TLS014", tls(*DHE), tls(*DHE, dh_bits=1024)),
    ("anssi", "TLS013", GOOD, tls(STATIC)),
    ("anssi", "TLS207", tls(*DHE), tls(*DHE, dh_bits=1024)),
    ("anssi", "TLS221", WITH_CBC, WITHOUT_EM),
    ("anssi", "CRT203", certificate(rsa(2048)), certificate(rsa(1024))),
    ("rfc9325", "TLS003", GOOD, tls(*INTERMEDIATE, TLSv1_0=OLD)),
    ("rfc9325", "TLS201", GOOD, example(TLSv1_3=listed(TLS13_AES))),
    ("rfc9325", "TLS207", tls(*DHE), tls(*DHE, dh_bits=1024)),
    ("rfc9325", "TLS220", hello(extended_master_secret=YES), hello(extended_master_secret=NO)),
)  # fmt: skip


@pytest.mark.parametrize("name", PROFILES)
def test_every_policy_loads_and_says_where_it_comes_from(name: str) -> None:
    policy = load(name)
    assert policy.id == name
    assert "audit" in policy.description
    assert [rule for rule in RULES if policy.selects(rule)]


@pytest.mark.parametrize("name", available())
def test_every_policy_names_rules_that_exist(name: str) -> None:
    raw = importlib.resources.files("scanner.policies").joinpath(f"{name}.toml").read_bytes()
    assert parse(raw, name) == load(name)


def test_the_profiles_are_all_there() -> None:
    assert {*PROFILES} >= {
        "mozilla-modern", "mozilla-intermediate", "nist-800-52r2", "bsi-tr-02102-2", "pci-dss-4.0.1", "anssi",
        "rfc9325", "mozilla-modern-5.7", "mozilla-modern-5.8", "mozilla-intermediate-5.7", "mozilla-intermediate-5.8",
        "mozilla-old-5.7", "mozilla-old-5.8",
    }  # fmt: skip


def test_the_default_policy_has_no_profile_rule() -> None:
    default = load("default")
    assert not [rule for rule in RULES if rule[3] == "2" and default.selects(rule)]


@pytest.mark.parametrize("rule", [one for one in RULES if one[3] == "2"])
def test_a_profile_rule_asks_nothing_where_the_policy_sets_nothing(rule: str) -> None:
    case = dataclasses.replace(RULES[rule].failing, policy=load("default"))
    assert isinstance(RULES[rule].check(case), NotApplicable)


@pytest.mark.parametrize(("policy", "rule", "good", "bad"), MUSTS, ids=[f"{one[0]}-{one[1]}" for one in MUSTS])
def test_a_must_fails_heavily(policy: str, rule: str, good: Case[object], bad: Case[object]) -> None:
    assert isinstance(judged(policy, rule, good), Pass)
    assert isinstance(judged(policy, rule, bad), Fail)
    light = {("mozilla-intermediate-5.7", "TLS210")}
    assert weight(policy, rule).rank >= Severity.HIGH.rank or (policy, rule) in light


@pytest.mark.parametrize(
    ("policy", "rule"),
    [("nist-800-52r2", "TLS202"), ("nist-800-52r2", "TLS226"), ("nist-800-52r2", "CRT204"), ("anssi", "TLS202"),
     ("rfc9325", "TLS021"), ("rfc9325", "TLS221"), ("anssi", "TLS203")],
)  # fmt: skip
def test_a_should_weighs_little(policy: str, rule: str) -> None:
    assert load(policy).selects(rule)
    assert weight(policy, rule) is Severity.LOW


def test_anssi_lists_macs_with_sha2_only() -> None:
    assert isinstance(judged("anssi", "TLS203", tls(*INTERMEDIATE, *DHE, CBC)), Pass)
    assert isinstance(judged("anssi", "TLS203", tls("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA")), Fail)
    assert not [name for name in load("anssi").lists["suites"] if name.endswith("_SHA")]


def test_the_rfc_advises_against_cbc_without_encrypt_then_mac() -> None:
    assert isinstance(judged("rfc9325", "TLS221", WITH_CBC), Pass)
    assert isinstance(judged("rfc9325", "TLS221", WITHOUT_EM), Fail)


def test_dhe_suites_are_named_as_not_allowed_since_5_8() -> None:
    verdict = judged("mozilla-intermediate", "TLS203", tls(*INTERMEDIATE, *DHE))
    assert isinstance(verdict, Fail)
    text = verdict.faults[0].message.format(**verdict.faults[0].arguments)
    assert text.startswith("not allowed by mozilla-intermediate: TLS_DHE_RSA")
    assert all(name in text for name in DHE)
    assert INTERMEDIATE[1] not in text


@pytest.mark.parametrize(
    ("rule", "case"),
    [
        ("TLS203", tls(*INTERMEDIATE)),
        ("TLS204", example(TLSv1_3=listed(TLS13_AES, CHACHA_13))),
        ("TLS210", groups("x25519", "x448", "secp256r1")),
    ],
)
def test_what_the_bsi_does_not_list_is_no_failure(rule: str, case: Case[object]) -> None:
    verdict = judged("bsi-tr-02102-2", rule, case)
    assert isinstance(verdict, Fail)
    assert verdict.faults[0].arguments["standing"] == "not listed"
    assert weight("bsi-tr-02102-2", rule) is Severity.INFO


@pytest.mark.parametrize("policy", ["mozilla-intermediate", "mozilla-modern-5.7", "nist-800-52r2"])
def test_a_staple_is_asked_of_nobody_whose_issuer_has_no_ocsp(policy: str) -> None:
    nothing: Case[OcspStapling] = staple(None, None, offered=False)
    assert isinstance(judged(policy, "CRT052", nothing), NotApplicable)
    assert isinstance(judged(policy, "CRT052", staple(None, None, tries=5)), Fail)


def test_what_another_standard_withdrew_is_told_with_the_reason() -> None:
    verdict = judged("nist-800-52r2", "TLS205", tls(INTERMEDIATE[1], STATIC))
    assert isinstance(verdict, Fail)
    assert "SP 800-131A" in str(verdict.faults[0].arguments["reason"])
    assert weight("nist-800-52r2", "TLS205") is Severity.INFO


@pytest.mark.parametrize(
    ("rule", "case"), [("TLS208", tls(*DHE, dh_bits=3072)), ("TLS212", groups("secp256r1"))], ids=["dhe", "classical"]
)
def test_the_dates_of_the_bsi_come_true(rule: str, case: Case[object]) -> None:
    until = {"TLS208": 2029, "TLS212": 2031}[rule]
    last = dataclasses.replace(case, now=datetime.datetime(until, 12, 31, 23, tzinfo=datetime.UTC))
    first = dataclasses.replace(case, now=datetime.datetime(until + 1, 1, 1, tzinfo=datetime.UTC))
    assert isinstance(judged("bsi-tr-02102-2", rule, last), Pass)
    assert isinstance(judged("bsi-tr-02102-2", rule, first), Fail)


def test_a_hybrid_group_outlives_the_date() -> None:
    case = groups("X25519MLKEM768", post_quantum=PostQuantum.OFFERED)
    later = dataclasses.replace(case, now=datetime.datetime(2040, 1, 1, tzinfo=datetime.UTC))
    assert isinstance(judged("bsi-tr-02102-2", "TLS212", later), Pass)


def test_fallbacks_matter_only_without_tls_1_3_and_with_an_older_version() -> None:
    def case(answer: Feature, seen: Case[TlsSuites]) -> Case[TlsFeatures]:
        return Case(evidence=TlsFeatures(fallback_scsv=answer), others={"tls_suites": seen.evidence})

    two = example(TLSv1_2=suites(INTERMEDIATE), TLSv1_1=OLD)
    one = example(TLSv1_2=suites(INTERMEDIATE))
    assert isinstance(judged("nist-800-52r2", "TLS228", case(NO, two)), Fail)
    assert isinstance(judged("nist-800-52r2", "TLS228", case(YES, two)), Pass)
    assert isinstance(judged("nist-800-52r2", "TLS228", case(Feature(), two)), Unknown)
    assert isinstance(judged("nist-800-52r2", "TLS228", case(NO, one)), NotApplicable)
    assert isinstance(judged("nist-800-52r2", "TLS228", case(NO, GOOD)), NotApplicable)


UNKNOWN: tuple[tuple[str, Case[object]], ...] = (
    ("TLS220", hello()),
    ("TLS221", dataclasses.replace(hello(), others={"tls_suites": tls(CBC).evidence})),
    ("TLS222", Case(evidence=TlsFeatures(), others={"tls_suites": MODERN.evidence})),
    ("TLS223", Case(evidence=TlsFeatures())),
    ("TLS224", hello()),
    ("TLS225", renegotiation(Feature())),
    ("TLS226", resumption()),
    ("TLS227", resumption()),
    ("TLS207", tls(DHE[0], dh_bits=4096, TLSv1_1=OPEN)),
    ("TLS203", tls(INTERMEDIATE[1], TLSv1_1=OPEN)),
    ("TLS210", Case(evidence=TlsGroups())),
    ("CRT203", certificate(leaf_with(key=PublicKey(type="rsa")))),
)  # fmt: skip


@pytest.mark.parametrize(("rule", "case"), UNKNOWN, ids=[one[0] for one in UNKNOWN])
def test_what_was_not_told_is_no_pass(rule: str, case: Case[object]) -> None:
    assert isinstance(judged("bsi-tr-02102-2", rule, case), Unknown)


def test_features_of_versions_that_are_not_spoken_do_not_apply() -> None:
    only13 = example(TLSv1_3=listed(TLS13_AES)).evidence
    case: Case[TlsFeatures] = Case(evidence=TlsFeatures(), others={"tls_suites": only13})
    for rule in ("TLS220", "TLS221", "TLS222", "TLS223", "TLS224", "TLS225"):
        assert isinstance(judged("bsi-tr-02102-2", rule, case), NotApplicable), rule
    only12 = example(TLSv1_2=suites(INTERMEDIATE)).evidence
    case = Case(evidence=TlsFeatures(), others={"tls_suites": only12})
    for rule in ("TLS226", "TLS227"):
        assert isinstance(judged("bsi-tr-02102-2", rule, case), NotApplicable), rule


def test_what_this_scan_did_not_ask_is_not_assessed() -> None:
    later = Feature(reason=PeerText("asked with profile deep only"))
    assert isinstance(judged("bsi-tr-02102-2", "TLS227", resumption(psk_without_dhe=later)), NotAssessed)
    failed = Feature(reason=PeerText("timeout"), tries=1)
    assert isinstance(judged("bsi-tr-02102-2", "TLS227", resumption(psk_without_dhe=failed)), Unknown)
    never = Feature(applicable=False, reason=PeerText("no session is resumed"))
    assert isinstance(judged("bsi-tr-02102-2", "TLS227", resumption(psk_without_dhe=never)), NotApplicable)


def test_several_certificates_are_told_apart() -> None:
    both = certificate().evidence
    other = certificate(dataclasses.replace(rsa(2048), sha256="b0" * 32)).evidence
    case = Case(evidence=Certificates(chains=(*both.chains, *other.chains)))
    verdict = judged("bsi-tr-02102-2", "CRT203", case)
    assert isinstance(verdict, Fail)
    assert [one.discriminator for one in verdict.faults] == ["rsa"]


# --- the loader -------------------------------------------------------------------------------------------------------

HEAD = 'id = "own"\nversion = "1"\ntitle = "Own"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[lists]\nsuits = []\n", "unknown list 'suits'"),
        ("[lists]\nsuites = 'x'\n", "suites is a list of names"),
        ("[lists]\nsuites = [1]\n", "suites is a list of names"),
        ("[lists]\nsuites = ['ECDHE-RSA-AES128-GCM-SHA256']\n", "suites names 'ECDHE-RSA-AES128-GCM-SHA256'"),
        ("[lists]\ngroups = ['X25519']\n", "groups names 'X25519'"),
        ("[lists]\nprotocols_allowed = ['TLSv1']\n", "protocols_allowed names 'TLSv1'"),
        ("[lists]\nfeatures_required = ['sni']\n", "features_required names 'sni'"),
        ("lists = 1\n", "lists is a table"),
        ("[options]\nordered = true\n", "unknown option 'ordered'"),
        ("[options]\nserver_order = 1\n", "option server_order is true or false"),
        ("[options]\nsuperseded_reason = true\n", "option superseded_reason is a text"),
        ("options = []\n", "options is a table"),
        ("description = 1\n", "description is missing or no text"),
    ],
)
def test_a_list_or_option_that_cannot_be_used_is_one_line(text: str, said: str) -> None:
    with pytest.raises(UserFault, match=said) as raised:
        parse((HEAD + text).encode(), "own.toml")
    assert "\n" not in str(raised.value)


def test_lists_and_options_come_as_they_stand() -> None:
    policy = parse(
        f"{HEAD}[lists]\nsuites = []\ngroups = ['x25519']\n[options]\nserver_order = true\n".encode(), "own.toml"
    )
    assert policy.listed("suites") == ()
    assert policy.listed("groups") == ("x25519",)
    assert policy.listed("suites_tls13") is None
    assert policy.asks("server_order")
    assert not policy.asks("recommendation")
    assert policy.text("superseded_reason", "-") == "-"


def test_the_vocabulary_is_what_rules_ask_for() -> None:
    """Each list and option is asked for by a rule: with the shipped policies' values, or with one that is made up."""
    used = {key for name in PROFILES for key in (*load(name).lists, *load(name).options)}
    assert used == {*LISTS, *OPTIONS}
    required = {one for name in PROFILES for kind in ("features_required", "features_forbidden")
                for one in load(name).listed(kind) or ()}  # fmt: skip
    assert required == FEATURES


def test_encrypt_then_mac_is_not_known_where_a_list_is_incomplete() -> None:
    part = dataclasses.replace(listed(TLS13_AES), complete=Answer.UNKNOWN)
    case = hello(encrypt_then_mac=YES)
    suites_ = example(TLSv1_1=part, TLSv1_2=suites(("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",))).evidence
    policy = load("nist-800-52r2")
    verdict = RULES["TLS221"].check(dataclasses.replace(case, others={"tls_suites": suites_}, policy=policy))
    assert isinstance(verdict, Unknown)
