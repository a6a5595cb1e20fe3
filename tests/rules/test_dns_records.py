"""Rules about DNS: what is a fault, and above all what is none."""

import dataclasses
import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.derived import ChainTrust, Derived
from scanner.model.evidence.dns_records import Caa, CaaRecord, DnsRecords, DnsStatus, Question
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.model.rule import Severity
from scanner.rules.caa import (
    caa_malformed,
    caa_missing,
    caa_other_issuer,
    caa_unknown_critical_tag,
)
from scanner.rules.caa_issuers import CHECKED, MAX_AGE, identifiers_of, organisation
from scanner.rules.case import Case
from scanner.rules.dns_examples import GOOD, LETS_ENCRYPT, caa_record, certificates_of, dns_case
from scanner.rules.dns_records import alias_chain_long, alias_dangling, ipv6_missing, non_public_address
from scanner.rules.verdict import Fail, NotApplicable, NotAssessed, Pass, Unknown

LETS = {"certificates": certificates_of("CN=E7,O=Let's Encrypt,C=US")}


def with_caa(caa: Caa) -> Case[DnsRecords]:
    return dataclasses.replace(GOOD, evidence=dataclasses.replace(GOOD.evidence, caa=caa))


def with_status(case: Case[DnsRecords], **statuses: DnsStatus) -> Case[DnsRecords]:
    questions = tuple(
        Question(name=case.evidence.host, type=kind, status=statuses.get(kind, DnsStatus.OK)) for kind in ("A", "AAAA")
    )
    return dataclasses.replace(case, evidence=dataclasses.replace(case.evidence, questions=questions))


RULES = [
    caa_missing, caa_malformed, caa_unknown_critical_tag, caa_other_issuer,
    ipv6_missing, alias_chain_long, alias_dangling, non_public_address,
]  # fmt: skip


@pytest.mark.parametrize("check", RULES)
@pytest.mark.parametrize("status", [DnsStatus.TIMEOUT, DnsStatus.SERVFAIL, DnsStatus.REFUSED, DnsStatus.FAILED])
def test_no_answer_is_never_a_fault_and_never_fine(check: object, status: DnsStatus) -> None:
    assert callable(check)
    silent = dns_case(ipv4=(), ipv6=(), status=status, others=LETS)
    evidence = dataclasses.replace(silent.evidence, caa=Caa(present=Answer.UNKNOWN, reason="timeout"))
    silent = dataclasses.replace(with_status(silent, A=status, AAAA=status), evidence=evidence)
    silent = with_status(silent, A=status, AAAA=status)

    assert isinstance(check(silent), Unknown)


class TestCaa:
    def test_a_name_that_is_only_in_the_hosts_file_has_none_to_miss(self) -> None:
        beside = dns_case(ipv4=(), ipv6=(), status=DnsStatus.NXDOMAIN)
        beside = with_status(beside, A=DnsStatus.NXDOMAIN, AAAA=DnsStatus.NXDOMAIN)

        assert isinstance(caa_missing(beside), NotApplicable)

    @pytest.mark.parametrize(
        "value",
        [
            "letsencrypt.org", " letsencrypt.org ", ";", "", "; ", "letsencrypt.org;", "letsencrypt.org; ",
            "ca.example; account=230123", "ca.example;a=b;c=d", "ca.example; a = b ; c=d", "a-b.example", "ca1",
            "letsencrypt.org;validationmethods=dns-01;accounturi=https://acme.example/acct/1", "; policy=ev",
            "ca.example; empty=",
        ],
    )  # fmt: skip
    def test_issue_values_in_the_grammar(self, value: str) -> None:
        assert isinstance(caa_malformed(dns_case(caa_record(value))), Pass)

    @pytest.mark.parametrize(
        "value",
        [
            "letsencrypt.org, pki.goog", "letsencrypt.org pki.goog", "https://letsencrypt.org/", "letsencrypt.org.",
            "-ca.example", "ca..example", "%%%%%", "ca.example; policy", "ca.example; a=b c=d", "ca.example;;",
            "ca_x.example", "bücher.example", "ca.example; a=b;", "*",
        ],
    )  # fmt: skip
    def test_issue_values_that_permit_nobody(self, value: str) -> None:
        assert isinstance(caa_malformed(dns_case(LETS_ENCRYPT, caa_record(value, tag="issuewild"))), Fail)

    @pytest.mark.parametrize("value", ["mailto:a@example.org", "https://example.org/report", "HTTP://example.org"])
    def test_report_addresses(self, value: str) -> None:
        assert isinstance(caa_malformed(dns_case(caa_record(value, tag="iodef"))), Pass)

    def test_a_report_address_without_a_scheme(self) -> None:
        assert isinstance(caa_malformed(dns_case(caa_record("security@example.org", tag="iodef"))), Fail)

    def test_the_flag_one_is_pointed_out_lightly(self) -> None:
        verdict = caa_malformed(dns_case(caa_record("letsencrypt.org", flags=1)))

        assert isinstance(verdict, Fail)
        assert verdict.faults[0].severity is Severity.INFO

    def test_a_record_that_cannot_be_read(self) -> None:
        caa = Caa(present=Answer.YES, at="example.org", unreadable=(PeerText("junk"),))

        assert isinstance(caa_malformed(with_caa(caa)), Fail)

    @pytest.mark.parametrize("tag", ["issue", "ISSUE", "issuewild", "iodef", "issuemail", "issuevmc", "contactemail"])
    def test_known_tags_may_be_critical(self, tag: str) -> None:
        assert isinstance(caa_unknown_critical_tag(dns_case(caa_record("x", tag=tag, flags=128))), Pass)

    def test_an_unknown_tag_that_is_not_critical_is_ignored(self) -> None:
        assert isinstance(caa_unknown_critical_tag(dns_case(caa_record("x", tag="tbs"))), Pass)

    @given(st.text(max_size=60))
    def test_any_value_gets_a_verdict(self, value: str) -> None:
        record = CaaRecord(flags=0, tag=PeerText("issue"), value=PeerText(value))

        assert isinstance(caa_malformed(dns_case(record)), Pass | Fail)
        assert isinstance(caa_other_issuer(dns_case(record, others=LETS)), Pass | Fail)


class TestIssuer:
    @pytest.mark.parametrize(
        "records",
        [
            (LETS_ENCRYPT,),
            (caa_record("LetsEncrypt.ORG; validationmethods=dns-01"),),
            (caa_record("pki.goog"), LETS_ENCRYPT),
            (caa_record("mailto:a@b", tag="iodef"),),
            (LETS_ENCRYPT, caa_record(";", tag="issuewild")),
            (caa_record("pki.goog", tag="issuewild"),),
        ],
    )
    def test_permitted(self, records: tuple[CaaRecord, ...]) -> None:
        assert isinstance(caa_other_issuer(dns_case(*records, others=LETS)), Pass)

    @pytest.mark.parametrize(
        "records", [(caa_record("pki.goog"),), (caa_record(";"),), (caa_record("letsencrypt.org x"),)]
    )
    def test_not_permitted_is_low(self, records: tuple[CaaRecord, ...]) -> None:
        verdict = caa_other_issuer(dns_case(*records, others=LETS))

        assert isinstance(verdict, Fail)
        assert "its renewal may fail" in verdict.faults[0].message

    def test_issuewild_decides_for_a_wildcard(self) -> None:
        served = certificates_of("CN=E7,O=Let's Encrypt,C=US")
        leaf = dataclasses.replace(served.chains[0].leaf, names=(PeerText("*.example.org"),))
        wild = dataclasses.replace(served, chains=(dataclasses.replace(served.chains[0], leaf=leaf),))
        records = (LETS_ENCRYPT, caa_record("pki.goog", tag="issuewild"))

        assert isinstance(caa_other_issuer(dns_case(*records, others={"certificates": wild})), Fail)
        assert isinstance(caa_other_issuer(dns_case(*records, others=LETS)), Pass)

    def test_an_issuer_that_we_do_not_know_is_unknown(self) -> None:
        others = {"certificates": certificates_of("CN=Some CA,O=Some New Authority,C=XX")}

        assert isinstance(caa_other_issuer(dns_case(LETS_ENCRYPT, others=others)), Unknown)

    def test_a_private_authority_is_not_bound_by_caa(self) -> None:
        trust = ChainTrust(endpoint="192.0.2.1:443", chain=0, stores=(), public=Answer.NO)
        case = dns_case(LETS_ENCRYPT, others={"certificates": certificates_of("CN=Corp,O=Corp")})

        verdict = caa_other_issuer(dataclasses.replace(case, derived=Derived(trust=(trust,))))

        assert isinstance(verdict, NotApplicable)

    def test_an_old_table_judges_nobody(self) -> None:
        case = dns_case(caa_record("pki.goog"), others=LETS)
        last = datetime.datetime.combine(CHECKED + MAX_AGE, datetime.time(), datetime.UTC)

        assert isinstance(caa_other_issuer(dataclasses.replace(case, now=last)), Fail)
        late = dataclasses.replace(case, now=last + datetime.timedelta(days=1))
        assert isinstance(caa_other_issuer(late), Unknown)

    def test_records_that_cannot_be_read_may_permit(self) -> None:
        caa = Caa(present=Answer.YES, at="example.org", records=(caa_record("pki.goog"),), unreadable=(PeerText("x"),))

        assert isinstance(caa_other_issuer(dataclasses.replace(with_caa(caa), others=LETS)), Unknown)

    def test_without_a_certificate_nothing_is_compared(self) -> None:
        assert isinstance(caa_other_issuer(dns_case(LETS_ENCRYPT)), NotAssessed)
        assert isinstance(caa_other_issuer(dns_case(others=LETS)), NotApplicable)

    @pytest.mark.parametrize(
        ("name", "found"),
        [
            ("CN=E7,O=Let's Encrypt,C=US", "Let's Encrypt"),
            ("O=GoDaddy.com\\, Inc.,C=US", "GoDaddy.com, Inc."),
            ("CN=a\\,O=b,C=US", None),
            ("CN=x+O=Y+OU=Z", "Y"),
            ("OU=O=trap,CN=x", None),
            ("O=a\\+b", "a+b"),
            ("O=,CN=x", None),
            ("", None),
            ("\\", None),
            (",,,", None),
        ],
    )
    def test_organisation(self, name: str, found: str | None) -> None:
        assert organisation(name) == found

    @given(st.text(alphabet="O=,+\\ab ", max_size=40))
    def test_any_name_has_an_organisation_or_none(self, name: str) -> None:
        assert organisation(name) is None or organisation(name)

    def test_identifiers(self) -> None:
        assert identifiers_of("CN=WR1,O=Google Trust Services,C=US") == frozenset({"pki.goog"})
        assert "sectigo.com" in (identifiers_of("O=ZeroSSL,C=AT") or ())
        assert identifiers_of("CN=none") is None


class TestAddresses:
    def test_a_made_up_ipv6_address_is_unknown(self) -> None:
        assert isinstance(ipv6_missing(dns_case(LETS_ENCRYPT, ipv6=("64:ff9b::c633:6407",))), Unknown)

    def test_an_internal_name_needs_none(self) -> None:
        assert isinstance(ipv6_missing(dns_case(ipv4=("10.0.0.1",), ipv6=(), hidden=("10.0.0.1",))), NotApplicable)

    def test_only_ipv6_is_fine(self) -> None:
        assert isinstance(ipv6_missing(dns_case(ipv4=())), Pass)

    def test_an_internal_name_is_no_leak(self) -> None:
        internal = dns_case(ipv4=("10.0.0.1",), ipv6=(), hidden=("10.0.0.1",))

        assert isinstance(non_public_address(internal), NotApplicable)

    def test_a_name_without_addresses_has_none_to_hide(self) -> None:
        assert isinstance(non_public_address(dns_case(ipv4=(), ipv6=())), NotApplicable)

    def test_half_the_answers_are_not_enough_to_pass(self) -> None:
        case = with_status(dns_case(ipv6=()), AAAA=DnsStatus.TIMEOUT)

        assert isinstance(non_public_address(case), Unknown)
        assert isinstance(ipv6_missing(case), Unknown)


class TestAliases:
    def test_no_alias(self) -> None:
        assert isinstance(alias_chain_long(GOOD), NotApplicable)
        assert isinstance(alias_dangling(GOOD), NotApplicable)

    @pytest.mark.parametrize(("count", "kind"), [(1, Pass), (8, Pass), (9, Fail)])
    def test_length(self, count: int, kind: type) -> None:
        aliases = tuple(f"hop{number}.example" for number in range(count))

        assert isinstance(alias_chain_long(dns_case(aliases=aliases)), kind)

    def test_a_name_without_addresses_exists(self) -> None:
        case = with_status(
            dns_case(aliases=("a.example",), ipv4=(), ipv6=()), A=DnsStatus.NODATA, AAAA=DnsStatus.NODATA
        )

        assert isinstance(alias_dangling(case), Pass)

    def test_a_failure_behind_an_alias_is_unknown(self) -> None:
        case = dns_case(aliases=("a.example",), ipv4=(), ipv6=())

        assert isinstance(alias_dangling(with_status(case, A=DnsStatus.SERVFAIL, AAAA=DnsStatus.TIMEOUT)), Unknown)
