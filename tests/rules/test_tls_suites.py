"""Rules over `tls_suites`: what is seen is a fault, what is not known is never fine."""

import dataclasses

import pytest

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
from scanner.model.rule import Severity
from scanner.rules.case import Case
from scanner.rules.registry import Rule, all_rules
from scanner.rules.verdict import Fail, NotApplicable, Pass, Unknown, Verdict

RULES = {
    rule.info.id: rule
    for rule in all_rules()
    if rule.info.topic == "tls_suites" and rule.info.id < "TLS100" and rule.info.id.startswith("TLS")
}

REFUSED = ProtocolSupport(supported=Answer.NO, reason=PeerText("alert 70 (protocol_version)"), complete=Answer.YES)
SILENT = ProtocolSupport(supported=Answer.UNKNOWN, reason=PeerText("timeout at client-hello"))

GCM = Suite(code="C02F", name="TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", group="001D", signature="0804")
RSA_GCM = Suite(code="009C", name="TLS_RSA_WITH_AES_128_GCM_SHA256")
RSA_CBC = Suite(code="002F", name="TLS_RSA_WITH_AES_128_CBC_SHA")
ECDHE_CBC = Suite(code="C013", name="TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", group="001D", signature="0401")
RC4 = Suite(code="0005", name="TLS_RSA_WITH_RC4_128_SHA")
DHE = Suite(code="009E", name="TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", dh_bits=2048, signature="0804")
AES13 = Suite(code="1301", name="TLS_AES_128_GCM_SHA256")


def with_(*suites: Suite, complete: Answer = Answer.YES, **more: object) -> ProtocolSupport:
    whole = ProtocolSupport(supported=Answer.YES, suites=suites, complete=complete)
    return dataclasses.replace(whole, **more)  # type: ignore[arg-type] # fields by name


def case(others: ProtocolSupport = REFUSED, **versions: ProtocolSupport) -> Case[TlsSuites]:
    given = {name.replace("_", "."): value for name, value in versions.items()}
    return Case(evidence=TlsSuites(protocols={name: given.get(name, others) for name in PROTOCOLS}, offered=400))


MODERN_ONLY = case(TLSv1_3=with_(AES13))


def check(rule: str, what: Case[TlsSuites]) -> Verdict:
    return RULES[rule].check(what)


def text(verdict: Verdict) -> str:
    assert isinstance(verdict, Fail)
    (fault,) = verdict.faults
    return fault.message.format(**fault.arguments)


def severity(rule: str, what: Case[TlsSuites]) -> Severity:
    verdict = check(rule, what)
    assert isinstance(verdict, Fail)
    return verdict.faults[0].severity or RULES[rule].info.severity


SEVERITIES = {
    "TLS001": "high", "TLS002": "high", "TLS003": "medium", "TLS004": "medium", "TLS005": "high", "TLS006": "low",
    "TLS007": "high", "TLS008": "high", "TLS009": "high", "TLS010": "high", "TLS011": "high", "TLS012": "medium",
    "TLS013": "low", "TLS014": "medium", "TLS015": "medium", "TLS016": "info", "TLS017": "medium", "TLS018": "medium",
    "TLS019": "info", "TLS020": "info", "TLS021": "info",
}  # fmt: skip


def test_the_severities_are_the_documented_ones() -> None:
    assert {key: rule.info.severity.value for key, rule in RULES.items()} == SEVERITIES


def test_a_modern_only_server_is_fine() -> None:
    for rule in RULES.values():
        assert isinstance(rule.check(MODERN_ONLY), Pass | NotApplicable), rule.info.id


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.info.id)
def test_nothing_known_is_unknown(rule: Rule) -> None:
    assert isinstance(rule.check(case(others=SILENT)), Unknown)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.info.id)
def test_versions_that_the_evidence_lacks_are_unknown(rule: Rule) -> None:
    assert isinstance(rule.check(Case(evidence=TlsSuites(protocols={}, offered=0))), Unknown)


VERSION_RULES = {"TLS001": "SSLv2", "TLS002": "SSLv3", "TLS003": "TLSv1.0", "TLS004": "TLSv1.1"}


@pytest.mark.parametrize(("rule", "version"), VERSION_RULES.items())
def test_a_version_has_three_answers(rule: str, version: str) -> None:
    key = version.replace(".", "_")
    modern = {"TLSv1_2": with_(GCM), "TLSv1_3": with_(AES13)}
    enabled = check(rule, case(**modern, **{key: with_(RSA_CBC)}))
    assert text(enabled) == f"{version} is accepted; suites: 1"
    assert isinstance(enabled, Fail)
    assert enabled.faults[0].at == (f"/protocols/{version}",)
    assert isinstance(check(rule, case(**modern)), Pass)
    silent = check(rule, case(**modern, **{key: SILENT}))
    assert silent == Unknown(f"{version}: whether it is spoken could not be told (timeout at client-hello)")


@pytest.mark.parametrize(("rule", "version"), VERSION_RULES.items())
def test_a_version_without_a_suite_that_was_seen_counts_none(rule: str, version: str) -> None:
    spoken = ProtocolSupport(supported=Answer.YES, complete=Answer.YES)
    found = check(rule, case(TLSv1_2=with_(GCM), **{version.replace(".", "_"): spoken}))
    assert text(found) == f"{version} is spoken, but no cipher suite of it was seen"


def test_where_suites_were_not_listed_none_are_counted() -> None:
    listed = case(TLSv1_2=with_(GCM), TLSv1_0=with_(RSA_CBC))
    quick = dataclasses.replace(listed, evidence=dataclasses.replace(listed.evidence, listed=False))
    assert text(check("TLS003", quick)) == "TLSv1.0 is accepted"


@pytest.mark.parametrize(
    ("tls12", "tls13", "tls10", "expected"),
    [
        (REFUSED, REFUSED, with_(RSA_CBC), Fail),
        (with_(GCM), REFUSED, with_(RSA_CBC), Pass),
        (REFUSED, with_(AES13), REFUSED, Pass),
        (SILENT, REFUSED, with_(RSA_CBC), Unknown),
        (REFUSED, SILENT, with_(RSA_CBC), Unknown),
        (SILENT, with_(AES13), with_(RSA_CBC), Pass),
        (REFUSED, REFUSED, REFUSED, Unknown),
    ],
)
def test_no_modern_version(
    tls12: ProtocolSupport, tls13: ProtocolSupport, tls10: ProtocolSupport, expected: type[Verdict]
) -> None:
    assert isinstance(check("TLS005", case(TLSv1_2=tls12, TLSv1_3=tls13, TLSv1_0=tls10)), expected)


def test_tls_1_3_missing() -> None:
    assert text(check("TLS006", case(TLSv1_2=with_(GCM)))) == "TLSv1.3 is refused; spoken: TLSv1.2"
    assert isinstance(check("TLS006", case(TLSv1_2=with_(GCM), TLSv1_3=SILENT)), Unknown)


def suite(name: str) -> Suite:
    return Suite(code="FFFF", name=name)


WEAK = {
    "TLS007": ("TLS_RSA_WITH_NULL_SHA", "TLS_ECDHE_RSA_WITH_NULL_SHA"),
    "TLS008": ("TLS_DH_anon_WITH_AES_128_GCM_SHA256", "TLS_ECDH_anon_WITH_AES_128_CBC_SHA"),
    "TLS009": ("TLS_RSA_EXPORT_WITH_RC4_40_MD5", "TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA"),
    "TLS010": ("TLS_RSA_WITH_RC4_128_MD5", "TLS_ECDHE_RSA_WITH_RC4_128_SHA"),
    "TLS011": ("TLS_RSA_WITH_DES_CBC_SHA", "TLS_DHE_RSA_WITH_DES_CBC_SHA"),
    "TLS012": ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", "TLS_RSA_WITH_IDEA_CBC_SHA"),
    "TLS013": ("TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDH_RSA_WITH_AES_128_CBC_SHA"),
}


@pytest.mark.parametrize(("rule", "name"), [(rule, name) for rule, names in WEAK.items() for name in names])
def test_a_weak_suite_is_found_in_any_version_whatever_else_is_unknown(rule: str, name: str) -> None:
    for version in ("SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2"):
        seen = with_(GCM, suite(name), complete=Answer.UNKNOWN)
        verdict = check(rule, case(others=SILENT, **{version.replace(".", "_"): seen}))
        assert name in text(verdict)
        assert isinstance(verdict, Fail)
        assert verdict.faults[0].at == (f"/protocols/{version}/suites/1",)


@pytest.mark.parametrize("rule", WEAK)
def test_an_incomplete_list_without_weak_suites_is_unknown(rule: str) -> None:
    cut = with_(GCM, complete=Answer.UNKNOWN, reason=PeerText("over-budget"))
    verdict = check(rule, case(TLSv1_2=cut, TLSv1_3=with_(AES13)))
    assert verdict == Unknown("TLSv1.2: the list of suites is incomplete (over-budget)")
    assert isinstance(check(rule, case(TLSv1_2=with_(GCM), TLSv1_3=with_(AES13))), Pass)


@pytest.mark.parametrize("rule", [rule for rule in WEAK if rule != "TLS007"])
def test_an_incomplete_list_of_tls_1_3_does_not_matter_to_rules_about_older_versions(rule: str) -> None:
    tls13 = with_(AES13, complete=Answer.UNKNOWN)
    assert isinstance(check(rule, case(TLSv1_2=with_(GCM), TLSv1_3=tls13)), Pass)
    assert check(rule, case(TLSv1_3=tls13)) == NotApplicable("only TLSv1.3 is spoken")


def test_integrity_only_suites_of_tls_1_3_encrypt_nothing() -> None:
    assert "TLS_SHA256_SHA256" in text(check("TLS007", case(TLSv1_3=with_(AES13, suite("TLS_SHA256_SHA256")))))


def test_suites_are_listed_compactly_by_version() -> None:
    many = tuple(suite(f"TLS_RSA_WITH_{cipher}_CBC_SHA") for cipher in ("AES_128", "AES_256", "SEED", "IDEA", "DES"))
    more = (suite("TLS_RSA_WITH_3DES_EDE_CBC_SHA"), RSA_GCM, RC4)
    what = case(TLSv1_0=with_(RC4), TLSv1_1=with_(RC4), TLSv1_2=with_(GCM, *many, *more))
    assert text(check("TLS013", what)) == (
        "suites with static key exchange: TLS_RSA_WITH_RC4_128_SHA (TLSv1.0, TLSv1.1); TLS_RSA_WITH_AES_128_CBC_SHA,"
        " TLS_RSA_WITH_AES_256_CBC_SHA, TLS_RSA_WITH_SEED_CBC_SHA, TLS_RSA_WITH_IDEA_CBC_SHA and 4 more (TLSv1.2)"
    )
    verdict = check("TLS013", what)
    assert isinstance(verdict, Fail)
    assert len(verdict.faults[0].at) == 10


@pytest.mark.parametrize(
    ("bits", "expected"),
    [(512, Severity.HIGH), (1023, Severity.HIGH), (1024, Severity.MEDIUM), (2047, Severity.MEDIUM)],
)
def test_small_groups(bits: int, expected: Severity) -> None:
    small = dataclasses.replace(DHE, dh_bits=bits)
    assert severity("TLS014", case(TLSv1_2=with_(DHE, small))) is expected
    assert f"groups of {bits} bits" in text(check("TLS014", case(TLSv1_2=with_(DHE, small))))


def test_groups_that_are_big_enough_unseen_or_absent() -> None:
    unseen = dataclasses.replace(DHE, dh_bits=None)
    assert isinstance(check("TLS014", case(TLSv1_2=with_(DHE))), Pass)
    assert isinstance(check("TLS014", case(TLSv1_2=with_(DHE, unseen))), Unknown)
    assert isinstance(check("TLS014", case(TLSv1_2=with_(DHE), TLSv1_0=SILENT)), Unknown)
    assert check("TLS014", case(TLSv1_2=with_(GCM))) == NotApplicable("no suite with finite-field DHE")


@pytest.mark.parametrize(
    ("signature", "expected"),
    [("0201", "SHA-1"), ("0203", "SHA-1"), ("0101", "MD5"), ("0301", None), ("0401", None), ("0804", None)],
)
def test_handshake_signatures(signature: str, expected: str | None) -> None:
    verdict = check("TLS015", case(TLSv1_2=with_(dataclasses.replace(GCM, signature=signature))))
    if expected is None:
        assert isinstance(verdict, Pass)
    else:
        assert text(verdict).startswith(f"handshakes signed with {expected}: ")


def test_handshake_signatures_that_are_not_there_or_not_seen() -> None:
    unseen = dataclasses.replace(GCM, signature=None)
    assert isinstance(check("TLS015", case(TLSv1_2=with_(unseen))), Unknown)
    assert isinstance(check("TLS015", case(TLSv1_2=with_(GCM, complete=Answer.UNKNOWN))), Unknown)
    assert isinstance(check("TLS015", case(TLSv1_2=with_(RSA_CBC))), NotApplicable)
    old = dataclasses.replace(ECDHE_CBC, signature="0201")  # TLS 1.0 has no choice: its own rule blames it
    assert isinstance(check("TLS015", case(TLSv1_0=with_(old), TLSv1_3=with_(AES13))), NotApplicable)


def test_cbc_matters_in_tls_1_2_only() -> None:
    assert text(check("TLS016", case(TLSv1_2=with_(GCM, ECDHE_CBC)))).startswith("CBC suites: ")
    assert isinstance(check("TLS016", case(TLSv1_2=with_(GCM), TLSv1_0=with_(RSA_CBC))), Pass)


def test_no_authenticated_encryption() -> None:
    assert severity("TLS017", case(TLSv1_2=with_(RSA_CBC))) is Severity.MEDIUM
    assert severity("TLS017", case(TLSv1_2=with_(RSA_CBC), TLSv1_3=with_(AES13))) is Severity.LOW
    assert isinstance(check("TLS017", case(TLSv1_2=with_(RSA_CBC, complete=Answer.UNKNOWN))), Unknown)
    assert isinstance(check("TLS017", case(TLSv1_2=with_(GCM, complete=Answer.UNKNOWN))), Pass)


def test_no_forward_secrecy() -> None:
    assert "no suite of TLSv1.2" in text(check("TLS018", case(TLSv1_2=with_(RSA_GCM), TLSv1_3=with_(AES13))))
    assert isinstance(check("TLS018", case(TLSv1_2=with_(RSA_GCM, complete=Answer.UNKNOWN))), Unknown)
    assert isinstance(check("TLS018", case(TLSv1_2=with_(GCM), TLSv1_0=with_(RSA_CBC))), Pass)
    assert "no suite of TLSv1.0" in text(check("TLS018", case(TLSv1_0=with_(RSA_CBC))))


@pytest.mark.parametrize(
    ("preference", "expected"),
    [
        (Preference.SERVER, Fail),
        (Preference.CLIENT, Pass),
        (Preference.UNKNOWN, Pass),
        (Preference.SERVER_CHACHA, Pass),
    ],
)
def test_forward_secrecy_that_the_server_does_not_prefer(preference: Preference, expected: type[Verdict]) -> None:
    verdict = check("TLS018", case(TLSv1_2=with_(RSA_GCM, GCM, preference=preference)))
    assert isinstance(verdict, expected)
    if isinstance(verdict, Fail):
        assert verdict.faults[0].at == ("/protocols/TLSv1.2/suites/0", "/protocols/TLSv1.2/preference")
        assert "prefers TLS_RSA_WITH_AES_128_GCM_SHA256" in text(verdict)


def test_dropped_suites_and_workarounds() -> None:
    dropped = DroppedSuite(code="0032", name="TLS_DHE_DSS_WITH_AES_128_CBC_SHA", reason=PeerText("{alert} 80"))
    verdict = check("TLS019", case(TLSv1_2=with_(GCM, dropped=(dropped,))))
    assert (
        text(verdict) == "chosen by the server, then broken off: TLSv1.2: TLS_DHE_DSS_WITH_AES_128_CBC_SHA ({alert} 80)"
    )
    intolerant = dataclasses.replace(MODERN_ONLY.evidence, intolerances=("chunks of 60 suites", "short group list"))
    assert text(check("TLS020", Case(evidence=intolerant))).endswith("chunks of 60 suites; short group list")
