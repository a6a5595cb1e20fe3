"""Rules over `certificates`: the edges of each, who must not be blamed, and that nothing is said twice."""

import dataclasses
import datetime
from collections.abc import Mapping

import pytest

from scanner.derive.trust import derive_trust
from scanner.model.derived import ChainProblem, Derived, StoreTrust
from scanner.model.evidence.certificates import Certificate, Certificates, Chain, HostMatch, Offer, PublicKey
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.model.rule import Severity
from scanner.policies.loader import load
from scanner.rules.case import EXAMPLE_NOW, Case
from scanner.rules.certificate_examples import ISSUER, LEAF, TRUSTED, UNKNOWN_ISSUER, example, leaf_with, living
from scanner.rules.registry import Rule, all_rules
from scanner.rules.verdict import Fail, NotApplicable, NotAssessed, Pass, Unknown, Verdict
from scanner.wire.chain_view import view_chain
from scanner.wire.host_match import match_host
from tests.support.made_chains import DAY, Issued, intermediate, leaf, root, rsa_key

RULES: Mapping[str, Rule] = {
    rule.info.id: rule
    for rule in all_rules()
    if rule.info.topic == "certificates" and rule.info.id.startswith("CRT") and load("default").selects(rule.info.id)
}
SECOND = datetime.timedelta(seconds=1)


def check(rule: str, case: Case[Certificates]) -> Verdict:
    return RULES[rule].check(case)


def severity(rule: str, verdict: Verdict) -> Severity | None:
    """The severity of a failure, None for anything else."""
    if not isinstance(verdict, Fail):
        return None
    return max((fault.severity or RULES[rule].info.severity for fault in verdict.faults), key=lambda one: one.rank)


def text(verdict: Verdict) -> str:
    assert isinstance(verdict, Fail)
    return " / ".join(fault.message.format(**fault.arguments) for fault in verdict.faults)


def failures(case: Case[Certificates]) -> dict[str, Severity]:
    """Every rule that fails, with its severity."""
    found = {rule: severity(rule, check(rule, case)) for rule in RULES}
    return {rule: weight for rule, weight in found.items() if weight is not None}


class TestDates:
    @pytest.mark.parametrize(("left", "expired"), [(-SECOND, True), (SECOND * 0, False), (SECOND, False)])
    def test_the_last_second_still_counts(self, left: datetime.timedelta, expired: bool) -> None:
        case = example(leaf_with(not_after=EXAMPLE_NOW + left))
        assert isinstance(check("CRT001", case), Fail) is expired

    @pytest.mark.parametrize(("begun", "early"), [(-SECOND, True), (SECOND * 0, False)])
    def test_the_first_second_counts(self, begun: datetime.timedelta, early: bool) -> None:
        case = example(leaf_with(not_before=EXAMPLE_NOW - begun))
        assert isinstance(check("CRT002", case), Fail) is early

    def test_unreadable_dates_are_unknown(self) -> None:
        case = example(leaf_with(not_before=None, not_after=None))
        for rule in ("CRT001", "CRT002", "CRT010", "CRT011"):
            assert isinstance(check(rule, case), Unknown)

    @pytest.mark.parametrize(
        ("lifetime", "left", "expected"),
        [
            (365, 31, None),
            (365, 29, Severity.LOW),
            (365, 7.5, Severity.LOW),
            (365, 6.5, Severity.HIGH),
            (90, 23, None),
            (90, 22, Severity.LOW),
            (90, 7.5, Severity.LOW),
            (90, 6.5, Severity.HIGH),
            (45, 12, None),
            (45, 11, Severity.LOW),
            (45, 5.5, Severity.HIGH),
            (6, 2, None),
            (6, 1.4, Severity.LOW),
            (6, 0.7, Severity.HIGH),
            (6, -1, None),
        ],
    )
    def test_what_is_left_is_measured_by_the_lifetime(
        self, lifetime: float, left: float, expected: Severity | None
    ) -> None:
        case = example(living(lifetime, since=EXAMPLE_NOW - (lifetime - left) * DAY))
        assert severity("CRT011", check("CRT011", case)) is expected

    @pytest.mark.parametrize(
        ("issued", "days", "fails"),
        [
            ("2026-03-14", 398, False),
            ("2026-03-14", 399, True),
            ("2026-03-15", 200, False),
            ("2026-03-15", 201, True),
            ("2020-08-31", 825, False),
            ("2020-09-01", 399, True),
            ("2027-03-15", 101, True),
            ("2029-03-15", 48, True),
            ("2014-01-01", 5000, False),
        ],
    )
    def test_public_lifetimes_follow_the_schedule(self, issued: str, days: int, fails: bool) -> None:
        since = datetime.datetime.fromisoformat(issued).replace(tzinfo=datetime.UTC)
        assert isinstance(check("CRT010", example(living(days, since=since))), Fail) is fails

    def test_one_second_more_is_a_day_more(self) -> None:
        exact = living(200)
        assert exact.not_after is not None
        assert isinstance(check("CRT010", example(exact)), Pass)
        longer = dataclasses.replace(exact, not_after=exact.not_after + SECOND)
        assert "201 days" in text(check("CRT010", example(longer)))

    def test_rules_of_the_public_web_are_not_for_private_roots(self) -> None:
        case = example(dataclasses.replace(living(3650), scts=0), UNKNOWN_ISSUER, public=Answer.NO)
        for rule in ("CRT010", "CRT014"):
            assert isinstance(check(rule, case), NotApplicable)
            unsure = example(living(3650), UNKNOWN_ISSUER, public=Answer.UNKNOWN)
            assert isinstance(check(rule, unsure), Unknown)
        assert severity("CRT017", check("CRT017", case)) is Severity.LOW
        assert isinstance(check("CRT017", example(living(3650))), NotApplicable)


class TestTrust:
    def test_a_ca_file_of_the_user_is_enough(self) -> None:
        own = dataclasses.replace(TRUSTED, store="/etc/ca.pem")
        verdict = check("CRT004", example(LEAF, UNKNOWN_ISSUER, own, public=Answer.NO))
        assert verdict == Pass("trusted by /etc/ca.pem")

    def test_the_machines_store_alone_is_a_small_fault(self) -> None:
        system = dataclasses.replace(TRUSTED, store="system")
        verdict = check("CRT004", example(LEAF, UNKNOWN_ISSUER, system, public=Answer.NO))
        assert severity("CRT004", verdict) is Severity.LOW

    def test_an_expired_leaf_is_not_called_untrusted_too(self) -> None:
        expired = dataclasses.replace(
            TRUSTED, trusted=Answer.NO, problem=ChainProblem.EXPIRED, reason="the server's certificate expired"
        )
        case = example(living(29), expired)
        assert isinstance(check("CRT004", case), NotApplicable)
        assert failures(case) == {"CRT001": Severity.HIGH}

    def test_an_expired_intermediate_is(self) -> None:
        expired = dataclasses.replace(
            TRUSTED, trusted=Answer.NO, problem=ChainProblem.EXPIRED, reason="intermediate 1 expired on 2026-01-01"
        )
        assert "intermediate 1 expired" in text(check("CRT004", example(LEAF, expired)))

    def test_what_cannot_be_told_is_unknown(self) -> None:
        doubt = StoreTrust(store="mozilla", trusted=Answer.UNKNOWN, reason="there are too many possible paths")
        assert isinstance(check("CRT004", example(LEAF, doubt)), Unknown)

    def test_without_trust_nothing_is_assessed(self) -> None:
        case = dataclasses.replace(example(), derived=Derived())
        for rule in ("CRT004", "CRT005"):
            assert isinstance(check(rule, case), NotAssessed)
        assert isinstance(check("CRT010", case), Unknown)

    def test_one_complete_path_is_enough(self) -> None:
        short = dataclasses.replace(TRUSTED, store="system", complete=Answer.NO)
        assert isinstance(check("CRT005", example(LEAF, TRUSTED, short)), Pass)


class TestOthers:
    @pytest.mark.parametrize(
        ("key", "verdict"),
        [
            (PublicKey(type="rsa", bits=2048), Pass),
            (PublicKey(type="rsa", bits=2047), Fail),
            (PublicKey(type="ec", bits=224, curve="secp224r1"), Fail),
            (PublicKey(type="ec", bits=521, curve="secp521r1"), Pass),
            (PublicKey(type="ec", curve="explicit"), Fail),
            (PublicKey(type="ed25519", bits=256), Pass),
            (PublicKey(type="dsa", bits=2048), Fail),
            (PublicKey(type="ml-dsa-44"), Pass),
            (PublicKey(type="slh-dsa-sha2-128s"), Pass),
            (PublicKey(type="2.16.840.1.101.3.4.3.99"), Unknown),
            (PublicKey(type="unreadable"), Unknown),
        ],
    )
    def test_keys(self, key: PublicKey, verdict: type) -> None:
        assert isinstance(check("CRT008", example(leaf_with(key=key))), verdict)

    def test_weak_intermediates_count_and_the_root_does_not(self) -> None:
        weak = dataclasses.replace(ISSUER, signature_algorithm="sha1WithRSAEncryption", signature_hash="sha1")
        assert "Example CA" in text(check("CRT009", example(others=(weak,))))
        own = dataclasses.replace(weak, self_signed=Answer.YES)
        assert isinstance(check("CRT009", example(others=(own,))), Pass)

    @pytest.mark.parametrize(
        ("serial", "oddity"),
        [("00", "zero"), ("-01", "negative"), ("7F" + "00" * 19, None), ("80" + "00" * 19, "21 octets")],
    )
    def test_serial_numbers(self, serial: str, oddity: str | None) -> None:
        verdict = check("CRT018", example(leaf_with(serial=serial)))
        if oddity is None:
            assert isinstance(verdict, Pass)
        else:
            assert oddity in text(verdict)

    def test_timestamps_in_a_staple_are_not_denied(self) -> None:
        assert isinstance(check("CRT014", example(leaf_with(scts=0), staple=True)), Unknown)
        assert isinstance(check("CRT014", example(leaf_with(scts=0), scts_in_tls=1)), Pass)

    def test_purposes(self) -> None:
        none = leaf_with(extended_key_usage=())
        assert severity("CRT015", check("CRT015", example(none))) is Severity.MEDIUM
        assert isinstance(check("CRT015", example(none, public=Answer.NO)), Pass)
        clients = leaf_with(extended_key_usage=("clientAuth",))
        assert severity("CRT015", check("CRT015", example(clients, public=Answer.NO))) is Severity.HIGH

    def test_names_that_cannot_be_read_are_unknown(self) -> None:
        case = example(leaf_with(names=()), host=HostMatch(matches=Answer.UNKNOWN))
        assert isinstance(check("CRT003", case), Unknown)
        assert isinstance(check("CRT012", case), Unknown)

    def test_no_chain_at_all_is_unknown(self) -> None:
        case = dataclasses.replace(example(), evidence=Certificates(chains=()))
        assert {type(check(rule, case)) for rule in RULES} == {Unknown}


class TestSeveralCertificates:
    """An RSA and an ECDSA certificate side by side: faults say which, and keep apart."""

    def both(self, second: Certificate) -> Case[Certificates]:
        one, two = (example(leaf).evidence.chains[0] for leaf in (LEAF, second))
        trust = tuple(dataclasses.replace(example().derived.trust[0], chain=index) for index in range(2))
        return dataclasses.replace(
            example(), evidence=Certificates(chains=(one, two), others=(ISSUER,)), derived=Derived(trust=trust)
        )

    def test_a_fault_of_one_names_it(self) -> None:
        rsa = dataclasses.replace(living(29), sha256="d4" * 32, key=PublicKey(type="rsa", bits=2048))
        verdict = check("CRT001", self.both(rsa))
        assert isinstance(verdict, Fail)
        assert [fault.discriminator for fault in verdict.faults] == ["rsa"]
        assert verdict.faults[0].at == ("/chains/1/leaf/not_after",)
        assert "with the rsa key" in text(verdict)

    def test_the_same_leaf_in_two_chains_is_judged_once(self) -> None:
        verdict = check("CRT013", self.both(LEAF))
        assert isinstance(verdict, Pass)
        wild = leaf_with(names=(PeerText("*.example.org"),))
        case = self.both(wild)
        same = dataclasses.replace(case, evidence=Certificates(chains=(case.evidence.chains[1],) * 2))
        found = check("CRT013", same)
        assert isinstance(found, Fail)
        assert len(found.faults) == 1


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FakeStore:
    name: str
    public: bool
    anchors: tuple[bytes, ...]


SELF_SIGNED = leaf(None)
PUBLIC, PRIVATE = root("Public Root"), root("Private Root")
PUBLIC_CA, PRIVATE_CA = intermediate("Public CA", PUBLIC), intermediate("Private CA", PRIVATE)


def whole_case(
    *sent: Issued, host: str = "www.example.org", own: Issued | None = None, scts: int = 2
) -> Case[Certificates]:
    """A case made from real certificates, all the way through reading and trust."""
    view = view_chain([one.der for one in sent])
    first = dataclasses.replace(view.certificates[0], scts=scts)
    chain = Chain(
        for_=Offer(sigalg="ecdsa", protocol="TLSv1.3"),
        leaf=first,
        sent=tuple(one.sha256 for one in view.certificates),
        in_order=view.in_order,
        anchor_sent=view.anchor_sent,
        host=match_host(first, host),
    )
    stores = [FakeStore(name="mozilla", public=True, anchors=(PUBLIC.der,))]
    if own is not None:
        stores.append(FakeStore(name="/etc/ca.pem", public=False, anchors=(own.der,)))
    evidence = Certificates(chains=(chain,), others=view.certificates[1:])
    endpoint = example().endpoint or ""
    trust = derive_trust(endpoint, evidence, stores=stores, now=EXAMPLE_NOW)
    return dataclasses.replace(example(), evidence=evidence, derived=Derived(trust=trust))


_SIX_DAYS = {"begins": EXAMPLE_NOW - 2 * DAY, "ends": EXAMPLE_NOW + 4 * DAY - SECOND}
_FORTY_FIVE = {"begins": EXAMPLE_NOW - 20 * DAY, "ends": EXAMPLE_NOW + 25 * DAY - SECOND}

GOOD_SITES: dict[str, Case[Certificates]] = {
    "90 days": whole_case(leaf(PUBLIC_CA, ends=EXAMPLE_NOW + 60 * DAY - SECOND), PUBLIC_CA),
    "short-lived, no common name": whole_case(leaf(PUBLIC_CA, subject=None, **_SIX_DAYS), PUBLIC_CA),
    "45 days": whole_case(leaf(PUBLIC_CA, **_FORTY_FIVE), PUBLIC_CA),
    "for an IP address": whole_case(
        leaf(PUBLIC_CA, "192.0.2.1", subject=None, **_SIX_DAYS), PUBLIC_CA, host="192.0.2.1"
    ),
    "wildcard": whole_case(leaf(PUBLIC_CA, "*.example.org", "example.org"), PUBLIC_CA),
    "RSA": whole_case(leaf(PUBLIC_CA, key=rsa_key()), PUBLIC_CA),
    "root sent too": whole_case(leaf(PUBLIC_CA), PUBLIC_CA, PUBLIC),
    "private root, given": whole_case(leaf(PRIVATE_CA), PRIVATE_CA, own=PRIVATE, scts=0),
    "private root, given, ten years": whole_case(
        leaf(PRIVATE_CA, ends=EXAMPLE_NOW + 3650 * DAY), PRIVATE_CA, own=PRIVATE, scts=0
    ),
    "self-signed, given": whole_case(SELF_SIGNED, own=SELF_SIGNED, scts=0),
}


@pytest.mark.parametrize("case", GOOD_SITES.values(), ids=GOOD_SITES.keys())
def test_good_sites_are_not_blamed(case: Case[Certificates]) -> None:
    grave = {rule: weight for rule, weight in failures(case).items() if weight.rank >= Severity.MEDIUM.rank}
    assert grave == {}


BAD_SITES: dict[str, tuple[Case[Certificates], str]] = {
    "private root": (whole_case(leaf(PRIVATE_CA), PRIVATE_CA, scts=0), "CRT004"),
    "private root that signs leaves": (whole_case(leaf(PRIVATE), scts=0), "CRT004"),
    "self-signed": (whole_case(leaf(None), scts=0), "CRT004"),
    "expired": (
        whole_case(leaf(PUBLIC_CA, ends=EXAMPLE_NOW - DAY), PUBLIC_CA),
        "CRT001",
    ),
    "not yet valid": (
        whole_case(leaf(PUBLIC_CA, begins=EXAMPLE_NOW + DAY), PUBLIC_CA),
        "CRT002",
    ),
    "another host": (whole_case(leaf(PUBLIC_CA, "www.example.net"), PUBLIC_CA), "CRT003"),
    "missing intermediate of a public root": (whole_case(leaf(PUBLIC_CA)), "CRT005"),
    "missing intermediate of a given root": (whole_case(leaf(PRIVATE_CA), own=PRIVATE, scts=0), "CRT005"),
    "200 days and more": (
        whole_case(leaf(PUBLIC_CA, ends=EXAMPLE_NOW + 300 * DAY), PUBLIC_CA),
        "CRT010",
    ),
    "not logged": (whole_case(leaf(PUBLIC_CA), PUBLIC_CA, scts=0), "CRT014"),
}


@pytest.mark.parametrize(("case", "rule"), BAD_SITES.values(), ids=BAD_SITES.keys())
def test_each_trouble_is_said_once(case: Case[Certificates], rule: str) -> None:
    grave = [name for name, weight in failures(case).items() if weight.rank >= Severity.MEDIUM.rank]
    assert grave == [rule]


def test_a_common_name_alone_matches_no_host() -> None:
    case = whole_case(leaf(PUBLIC_CA, names=()), PUBLIC_CA)
    assert failures(case) == {"CRT003": Severity.HIGH, "CRT012": Severity.MEDIUM}
