"""Rules on operation: the fair cases. Good answers pass, what is not known is never fine, and nothing is above low."""

import dataclasses
import datetime

import pytest

from scanner.model.derived import Derived, KindAt
from scanner.model.evidence.operation import (
    Http2,
    Methods,
    Operation,
    Reception,
    SecurityTxt,
    Sibling,
    SiblingRelation,
    TcpHandshake,
    VirtualHost,
    WafRole,
    WafSign,
)
from scanner.model.evidence.operation_trials import FirewallTrial, OperationTrials, RateTrial
from scanner.model.evidence.tls_features import Alpn, TlsFeatures
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.model.rule import Severity
from scanner.model.target import TargetKind
from scanner.rules.case import EXAMPLE_NOW, Case
from scanner.rules.operation import (
    default_virtual_host,
    host_header_reflected,
    http2_missing,
    methods_risky,
    trace_enabled,
    www_apex_differ,
)
from scanner.rules.operation_files import security_txt_expired, security_txt_invalid, security_txt_missing
from scanner.rules.operation_limits import rate_limit_signs, tcp_handshake_hints, waf_seen
from scanner.rules.verdict import Fail, NotApplicable, NotAssessed, Pass, Unknown, Verdict


def at(kind: TargetKind, **parts: object) -> Case[Operation]:
    derived = Derived(kinds=(KindAt(endpoint="192.0.2.1:443", kind=kind, because="a test"),))
    return Case(evidence=Operation(**parts), derived=derived)  # type: ignore[arg-type]


def severities(verdict: Verdict) -> list[Severity | None]:
    assert isinstance(verdict, Fail)
    return [one.severity for one in verdict.faults]


def listing(*names: str) -> Methods:
    return Methods(allowed=tuple(PeerText(name) for name in names), allow_at=0)


class TestMethods:
    def test_an_interface_may_write(self) -> None:
        assert isinstance(methods_risky(at(TargetKind.API, methods=listing("GET", "PUT", "DELETE", "PATCH"))), Pass)

    def test_what_a_page_needs_for_nothing_is_low(self) -> None:
        case = at(TargetKind.PAGE, methods=listing("GET", "TRACE", "PROPFIND", "PUT"))

        assert severities(methods_risky(case)) == [Severity.LOW, Severity.LOW, Severity.INFO]

    def test_what_was_not_asked_is_not_assessed(self) -> None:
        assert isinstance(methods_risky(at(TargetKind.PAGE)), NotAssessed)
        assert isinstance(trace_enabled(at(TargetKind.PAGE)), NotAssessed)

    def test_foreign_fields_in_an_echo_are_named(self) -> None:
        methods = Methods(trace=Answer.YES, trace_at=1, trace_echo=(PeerText("x-real-ip"),))
        verdict = trace_enabled(at(TargetKind.PAGE, methods=methods))

        assert isinstance(verdict, Fail)
        assert verdict.faults[0].arguments["fields"] == "x-real-ip"

    def test_a_trace_without_a_clear_answer_is_unknown(self) -> None:
        methods = Methods(trace_at=1, trace_reason=PeerText("no answer (timeout)"))

        assert isinstance(trace_enabled(at(TargetKind.PAGE, methods=methods)), Unknown)


class TestSecurityTxt:
    @staticmethod
    def case(**parts: object) -> Case[Operation]:
        known = {"present": Answer.YES, "at": 1, **parts}
        return at(TargetKind.PAGE, security_txt=SecurityTxt(**known))  # type: ignore[arg-type]

    def test_an_expiry_beyond_a_year_is_information_only(self) -> None:
        far = self.case(expires=EXAMPLE_NOW + datetime.timedelta(days=400))

        assert severities(security_txt_invalid(far)) == [Severity.INFO]
        assert isinstance(security_txt_expired(far), Pass)

    def test_a_leap_year_is_a_year(self) -> None:
        assert isinstance(security_txt_invalid(self.case(expires=EXAMPLE_NOW + datetime.timedelta(days=366))), Pass)

    def test_the_instant_itself_has_passed(self) -> None:
        assert isinstance(security_txt_expired(self.case(expires=EXAMPLE_NOW)), Fail)

    def test_unknown_is_not_missing(self) -> None:
        case = self.case(present=Answer.UNKNOWN, reason=PeerText("status 500"))

        assert isinstance(security_txt_missing(case), Unknown)
        assert isinstance(security_txt_invalid(case), Unknown)
        assert isinstance(security_txt_expired(case), Unknown)

    def test_absent_is_one_finding(self) -> None:
        case = self.case(present=Answer.NO, reason=PeerText("status 404"))

        assert isinstance(security_txt_missing(case), Fail)
        assert isinstance(security_txt_invalid(case), NotApplicable)
        assert isinstance(security_txt_expired(case), NotApplicable)


class TestHttp2:
    def test_alpn_counts_where_the_exchange_went_otherwise(self) -> None:
        case = at(TargetKind.PAGE, http2=Http2(spoken=Answer.NO, at=1))
        features = TlsFeatures(alpn=Alpn(protocols=(PeerText("h2"),)))

        assert isinstance(http2_missing(dataclasses.replace(case, others={"tls_features": features})), Pass)

    def test_plain_http_has_none(self) -> None:
        case = at(TargetKind.PAGE)
        target = dataclasses.replace(case.target, scheme="http")

        assert isinstance(http2_missing(dataclasses.replace(case, target=target)), NotApplicable)


class TestHosts:
    @pytest.mark.parametrize("good", [Reception.REFUSED, Reception.REDIRECT_TO_SITE])
    def test_good_receptions(self, good: Reception) -> None:
        case = at(
            TargetKind.PAGE,
            unknown_host=VirtualHost(reception=good, at=1),
            bare_address=VirtualHost(reception=good, at=2),
        )

        assert isinstance(default_virtual_host(case), Pass)
        assert isinstance(host_header_reflected(case), Pass)

    def test_one_that_could_not_be_told_is_not_fine(self) -> None:
        case = at(
            TargetKind.PAGE,
            unknown_host=VirtualHost(reception=Reception.REFUSED, at=1),
            bare_address=VirtualHost(reception=Reception.UNKNOWN, reason=PeerText("no answer (timeout)"), at=2),
        )

        assert isinstance(default_virtual_host(case), Unknown)

    @pytest.mark.parametrize(
        ("any_host", "bare", "verdict"),
        [
            (Reception.SITE, Reception.REFUSED, Pass),
            (Reception.SITE, Reception.SITE, Fail),
            (Reception.SITE, Reception.UNKNOWN, Fail),
            (Reception.OTHER_PAGE, Reception.REFUSED, Fail),
        ],
    )
    def test_a_server_that_goes_by_the_name_in_tls(self, any_host: Reception, bare: Reception, verdict: type) -> None:
        case = at(
            TargetKind.PAGE,
            unknown_host=VirtualHost(reception=any_host, at=1),
            bare_address=VirtualHost(reception=bare, at=2),
        )

        assert isinstance(default_virtual_host(case), verdict)
        plain = dataclasses.replace(case, target=dataclasses.replace(case.target, scheme="http"))
        assert isinstance(default_virtual_host(plain), Fail)


class TestSibling:
    @staticmethod
    def verdict(**parts: object) -> Verdict:
        known = {"relation": SiblingRelation.REDIRECTS_HERE, "at": 1, "status": 301, **parts}
        return www_apex_differ(at(TargetKind.PAGE, sibling=Sibling(**known)))  # type: ignore[arg-type]

    def test_policies_cover_subdomains_where_they_say_so(self) -> None:
        www = PeerText("https://www.example.org/")
        apex = PeerText("https://example.org/")
        wide, narrow = PeerText("max-age=1; includeSubDomains"), PeerText("max-age=1")

        assert isinstance(self.verdict(url=www, hsts_here=wide), Pass)
        assert isinstance(self.verdict(url=www, hsts_here=narrow), Fail)
        assert isinstance(self.verdict(url=apex, hsts_here=wide), Fail)
        assert isinstance(self.verdict(url=apex, hsts_here=wide, hsts_there=narrow), Pass)

    def test_other_pages_are_information_and_a_bad_certificate_is_low(self) -> None:
        assert severities(self.verdict(relation=SiblingRelation.OTHER_DOCUMENT)) == [Severity.INFO]
        assert severities(self.verdict(trusted=False)) == [None]

    def test_what_nobody_trusts_anyway_is_not_said_twice(self) -> None:
        assert isinstance(self.verdict(trusted=False, trusted_here=False), Pass)

    def test_no_sibling(self) -> None:
        assert isinstance(self.verdict(relation=SiblingRelation.ABSENT), NotApplicable)
        assert isinstance(self.verdict(relation=SiblingRelation.UNKNOWN, at=None), NotAssessed)
        assert isinstance(self.verdict(relation=SiblingRelation.UNKNOWN), Unknown)


class TestLimits:
    @staticmethod
    def tried(firewall: FirewallTrial | None = None, rate: RateTrial | None = None) -> Case[Operation]:
        trials = OperationTrials(path="/x", firewall=firewall or FirewallTrial(), rate=rate or RateTrial())
        return Case(evidence=Operation(), others={"operation_trials": trials})

    def test_no_sign_claims_nothing(self) -> None:
        assert isinstance(waf_seen(Case(evidence=Operation())), NotAssessed)
        assert isinstance(rate_limit_signs(Case(evidence=Operation())), NotAssessed)

    def test_a_front_is_no_firewall(self) -> None:
        front = WafSign(vendor="Cloudflare", role=WafRole.FRONT, where=PeerText("header cf-ray"), at=0)
        verdict = waf_seen(Case(evidence=Operation(waf=(front,))))

        assert isinstance(verdict, NotAssessed)
        assert "Cloudflare" in verdict.reason

    def test_what_was_tried_counts(self) -> None:
        assert isinstance(waf_seen(self.tried(FirewallTrial(interfered=Answer.YES))), Pass)
        assert isinstance(waf_seen(self.tried(FirewallTrial())), Unknown)
        assert isinstance(rate_limit_signs(self.tried(rate=RateTrial(limited=Answer.YES))), Pass)
        assert isinstance(rate_limit_signs(self.tried(rate=RateTrial())), Unknown)

    def test_the_loopback_proves_nothing(self) -> None:
        tcp = TcpHandshake(timestamps=True, sack=True, ecn=False, window_scale=7, mss=65_483, loopback=True)

        assert isinstance(tcp_handshake_hints(Case(evidence=Operation(tcp=tcp))), NotApplicable)
        assert isinstance(tcp_handshake_hints(Case(evidence=Operation())), NotAssessed)
