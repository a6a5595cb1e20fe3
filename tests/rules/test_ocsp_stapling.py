"""Rules over `ocsp_stapling`: the whole table of OCSP URL, must-staple and staple, and what a staple says."""

import dataclasses
import datetime
import itertools

import pytest

from scanner.model.evidence.certificates import Certificate, Certificates, Chain, HostMatch, Offer, PublicKey
from scanner.model.evidence.ocsp_stapling import CertStatus, OcspStapling, RefusedAt, Staple, StapleAt
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.model.rule import Confidence, Severity
from scanner.rules.case import EXAMPLE_NOW, Case
from scanner.rules.registry import Rule, all_rules
from scanner.rules.verdict import Fail, NotApplicable, Pass, Unknown, Verdict

RULES = {
    rule.info.id: rule for rule in all_rules() if rule.info.topic == "ocsp_stapling" and rule.info.id.startswith("CRT")
}
LEAF, OTHER = "a0" * 32, "b0" * 32
HOUR = datetime.timedelta(hours=1)
GOOD = Staple(
    der_sha256="c0" * 32,
    size=471,
    response_status="successful",
    cert_status=CertStatus.GOOD,
    produced_at=EXAMPLE_NOW - HOUR,
    this_update=EXAMPLE_NOW - HOUR,
    next_update=EXAMPLE_NOW + HOUR,
    signature=Answer.YES,
    matches_certificate=Answer.YES,
)


def came(protocol: str = "TLSv1.3", staple: Staple = GOOD, *, tries: int = 1, leaf: str = LEAF) -> StapleAt:
    return StapleAt(protocol=protocol, leaf=leaf, stapled=Answer.YES, tries=tries, seen=1, staple=staple)


def absent(protocol: str = "TLSv1.3", *, leaf: str = LEAF) -> StapleAt:
    return StapleAt(protocol=protocol, leaf=leaf, stapled=Answer.NO, tries=5, seen=0)


def untold(protocol: str = "TLSv1.3") -> StapleAt:
    return StapleAt(
        protocol=protocol, leaf=LEAF, stapled=Answer.UNKNOWN, tries=0, seen=0, reason=PeerText("timeout: {late}")
    )


def case(*entries: StapleAt, offered: bool = True, required: Answer = Answer.NO) -> Case[OcspStapling]:
    return Case(evidence=OcspStapling(staples=entries, offered_by_issuer={LEAF: offered}, must_staple={LEAF: required}))


def failing(what: Case[OcspStapling]) -> dict[str, Severity]:
    """The rules that fail, with the heaviest severity of each."""
    found = {}
    for key, rule in RULES.items():
        verdict = rule.check(what)
        if isinstance(verdict, Fail):
            found[key] = max((fault.severity or rule.info.severity for fault in verdict.faults), key=lambda s: s.rank)
    return found


def check(rule: str, what: Case[OcspStapling]) -> Verdict:
    return RULES[rule].check(what)


TABLE = [
    # OCSP URL, must-staple, staple: what fails
    (False, Answer.NO, False, {}),
    (False, Answer.NO, True, {"CRT059": Severity.INFO}),
    (False, Answer.YES, False, {"CRT050": Severity.HIGH}),
    (False, Answer.YES, True, {"CRT059": Severity.INFO}),
    (True, Answer.YES, False, {"CRT051": Severity.HIGH}),
    (True, Answer.NO, False, {"CRT052": Severity.INFO}),
    (True, Answer.NO, True, {}),
    (True, Answer.YES, True, {}),
]


@pytest.mark.parametrize(("offered", "required", "stapled", "expected"), TABLE)
def test_the_table(offered: bool, required: Answer, stapled: bool, expected: dict[str, Severity]) -> None:
    entry = came if stapled else absent
    assert failing(case(entry("TLSv1.3"), entry("TLSv1.2"), offered=offered, required=required)) == expected


def test_a_good_staple_passes_everything_that_applies() -> None:
    what = case(came("TLSv1.3"), came("TLSv1.2"), required=Answer.YES)
    inapplicable = {key for key, rule in RULES.items() if isinstance(rule.check(what), NotApplicable)}
    assert inapplicable == {"CRT050", "CRT052"}
    assert all(isinstance(rule.check(what), Pass) for key, rule in RULES.items() if key not in inapplicable)


def test_nothing_to_staple_is_said_with_what_stands_in_its_place() -> None:
    what = case(absent(), offered=False)
    assert check("CRT052", what) == NotApplicable("the issuer offers no OCSP; nothing to staple")
    for key, rule in RULES.items():
        assert isinstance(rule.check(what), NotApplicable), key
    for certificate, reason in (
        (certificate_of(crl=True), "the issuer offers no OCSP; nothing to staple (revocation is by CRL)"),
        (
            certificate_of(days=6),
            "the issuer offers no OCSP; nothing to staple (short-lived: no way of revocation is needed)",
        ),
        (certificate_of(), "the issuer offers no OCSP; nothing to staple"),
    ):
        assert check("CRT052", dataclasses.replace(what, others=seen(certificate))) == NotApplicable(reason)


BAD = {
    "CRT054": (
        {"next_update": EXAMPLE_NOW},
        {"next_update": EXAMPLE_NOW - HOUR},
        {"this_update": EXAMPLE_NOW + HOUR, "next_update": EXAMPLE_NOW + 2 * HOUR},
    ),
    "CRT055": ({"matches_certificate": Answer.NO},),
    "CRT056": ({"signature": Answer.NO, "signature_reason": "made by {nobody}"},),
    "CRT057": (
        {"response_status": "tryLater", "cert_status": None},
        {"response_status": "unreadable", "cert_status": None},
        {"cert_status": CertStatus.UNKNOWN},
    ),
}


@pytest.mark.parametrize(("rule", "changes"), [(rule, one) for rule, several in BAD.items() for one in several])
def test_a_bad_staple_is_medium_and_high_where_one_is_required(rule: str, changes: dict[str, object]) -> None:
    staple = dataclasses.replace(GOOD, **changes)  # type: ignore[arg-type] # fields by name
    for required, expected in ((Answer.NO, Severity.MEDIUM), (Answer.YES, Severity.HIGH)):
        what = case(came("TLSv1.3", staple), came("TLSv1.2", staple), required=required)
        assert failing(what) == {rule: expected}
        verdict = check(rule, what)
        assert isinstance(verdict, Fail)
        assert [fault.at for fault in verdict.faults] == [("/staples/0/staple", "/staples/1/staple")]
        assert all(fault.message.format(**fault.arguments) for fault in verdict.faults)


def test_the_responders_clock_may_be_a_little_ahead() -> None:
    staple = dataclasses.replace(GOOD, this_update=EXAMPLE_NOW + datetime.timedelta(minutes=4))
    assert isinstance(check("CRT054", case(came(staple=staple))), Pass)


def test_a_staple_without_next_update_leaves_its_time_unknown() -> None:
    assert isinstance(check("CRT054", case(came(staple=dataclasses.replace(GOOD, next_update=None)))), Unknown)


REVOKED = dataclasses.replace(
    GOOD, cert_status=CertStatus.REVOKED, revoked_at=EXAMPLE_NOW - HOUR, revocation_reason="keyCompromise"
)


@pytest.mark.parametrize("required", Answer)
def test_revoked_is_critical(required: Answer) -> None:
    assert failing(case(came(staple=REVOKED), required=required)) == {"CRT053": Severity.CRITICAL}


@pytest.mark.parametrize(("signature", "matches"), list(itertools.product(Answer, repeat=2)))
@pytest.mark.parametrize("status", [CertStatus.GOOD, CertStatus.REVOKED])
def test_what_an_unverified_staple_says_of_revocation(status: CertStatus, signature: Answer, matches: Answer) -> None:
    staple = dataclasses.replace(REVOKED, cert_status=status, signature=signature, matches_certificate=matches)
    verdict = check("CRT053", case(came(staple=staple)))
    if Answer.NO in {signature, matches}:
        assert isinstance(verdict, Unknown)
    elif status is CertStatus.REVOKED:
        assert isinstance(verdict, Fail)
        unsure = Answer.UNKNOWN in {signature, matches}
        assert verdict.faults[0].confidence is (Confidence.FIRM if unsure else None)
    else:
        assert isinstance(verdict, Unknown if Answer.UNKNOWN in {signature, matches} else Pass)


@pytest.mark.parametrize("rule", ["CRT055", "CRT056"])
def test_what_could_not_be_verified_is_unknown(rule: str) -> None:
    staple = dataclasses.replace(
        GOOD,
        signature=Answer.UNKNOWN,
        matches_certificate=Answer.UNKNOWN,
        signature_reason="the issuer's certificate is not known",
    )
    verdict = check(rule, case(came(staple=staple)))
    assert isinstance(verdict, Unknown)
    assert verdict.reason.endswith("the issuer's certificate is not known")


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.info.id)
@pytest.mark.parametrize(("offered", "required"), list(itertools.product([True, False], [Answer.YES, Answer.NO])))
def test_no_answer_is_never_fine_and_never_a_fault(rule: Rule, offered: bool, required: Answer) -> None:
    what = case(untold("TLSv1.3"), untold("TLSv1.2"), offered=offered, required=required)
    assert isinstance(rule.check(what), Unknown | NotApplicable)


def test_a_required_staple_that_one_version_lacks_is_a_fault() -> None:
    what = case(came("TLSv1.3"), absent("TLSv1.2"), required=Answer.YES)
    assert failing(what) == {"CRT051": Severity.HIGH, "CRT058": Severity.INFO}
    verdict = check("CRT051", what)
    assert isinstance(verdict, Fail)
    assert verdict.faults[0].at == ("/staples/1",)
    assert verdict.faults[0].arguments["versions"] == "TLSv1.2 (0 of 5)"


def test_an_absence_beside_an_unanswered_version() -> None:
    assert failing(case(absent("TLSv1.3"), untold("TLSv1.2"), required=Answer.YES)) == {"CRT051": Severity.HIGH}
    assert isinstance(check("CRT052", case(absent("TLSv1.3"), untold("TLSv1.2"))), Unknown)


def test_a_requirement_that_could_not_be_read_is_unknown() -> None:
    for rule, offered in (("CRT050", False), ("CRT051", True)):
        what = case(absent(), offered=offered, required=Answer.UNKNOWN)
        assert check(rule, what) == Unknown("whether the certificate requires a staple could not be read")
        assert isinstance(check(rule, case(came(), offered=offered, required=Answer.UNKNOWN)), Pass)


def test_now_and_then() -> None:
    assert failing(case(came("TLSv1.3"), absent("TLSv1.2"))) == {"CRT058": Severity.INFO}
    assert failing(case(came("TLSv1.3", tries=3), came("TLSv1.2"))) == {"CRT058": Severity.INFO}
    verdict = check("CRT058", case(came("TLSv1.3", tries=3), came("TLSv1.2")))
    assert isinstance(verdict, Fail)
    assert verdict.faults[0].arguments["versions"] == "TLSv1.3 (1 of 3), TLSv1.2 (1 of 1)"
    assert isinstance(check("CRT058", case(came("TLSv1.3"), untold("TLSv1.2"))), Unknown)


def test_a_refused_version_does_not_matter() -> None:
    what = case(came("TLSv1.3"), required=Answer.YES)
    refused = RefusedAt(protocol="TLSv1.2", leaf=LEAF, reason=PeerText("alert 70 (protocol_version)"))
    assert failing(dataclasses.replace(what, evidence=dataclasses.replace(what.evidence, refused=(refused,)))) == {}


def test_two_leaves_are_told_apart_by_their_keys() -> None:
    evidence = OcspStapling(
        staples=(absent(leaf=LEAF), absent(leaf=OTHER)),
        offered_by_issuer={LEAF: True, OTHER: True},
        must_staple={LEAF: Answer.YES, OTHER: Answer.YES},
    )
    certificates = (certificate_of(), dataclasses.replace(certificate_of(), sha256=OTHER, key=PublicKey(type="ec")))
    verdict = check("CRT051", Case(evidence=evidence, others=seen(*certificates)))
    assert isinstance(verdict, Fail)
    assert [fault.discriminator for fault in verdict.faults] == ["rsa", "ec"]
    assert [fault.arguments["certificate"] for fault in verdict.faults] == ["the rsa certificate", "the ec certificate"]


def certificate_of(*, days: int = 90, crl: bool = False) -> Certificate:
    return Certificate(
        sha256=LEAF,
        der="",
        size=900,
        subject=PeerText("CN=leaf"),
        issuer=PeerText("CN=Issuer"),
        serial="01",
        not_before=EXAMPLE_NOW,
        not_after=EXAMPLE_NOW + datetime.timedelta(days=days),
        key=PublicKey(type="rsa", bits=2048),
        signature_algorithm="sha256WithRSAEncryption",
        crl_urls=(PeerText("http://crl.example/"),) if crl else (),
    )


def seen(*certificates: Certificate) -> dict[str, object]:
    chains = tuple(
        Chain(
            for_=Offer(sigalg="any", protocol="TLSv1.3"),
            leaf=one,
            sent=(one.sha256,),
            in_order=Answer.YES,
            anchor_sent=False,
            host=HostMatch(matches=Answer.YES),
        )
        for one in certificates
    )
    return {"certificates": Certificates(chains=chains)}
