"""The rules about policies: what becomes a finding in a scan, what it carries, and what good sites are spared."""

import dataclasses

import pytest

from scanner.model.csp import Disposition
from scanner.model.evidence.http_headers import HttpHeaders, UnheededMeta
from scanner.model.peer import PeerText
from scanner.model.rule import Severity
from scanner.rules.case import Case
from scanner.rules.csp_judging import MOST_FAULTS
from scanner.rules.header_examples import document, meta_page, page
from scanner.rules.registry import all_rules
from scanner.rules.verdict import Fail, Fault, NotApplicable, NotAssessed, Pass, Verdict
from scanner.wire.csp import parse_csp_headers, parse_csp_meta

RULES = {rule.info.id: rule for rule in all_rules() if rule.info.id.startswith("CSP")}
NONCE = "'nonce-kQ2vXr8Zt1yLw5Hb0Jc7Ng=='"
OTHER = "'nonce-Hq7Lw2Zt9RbXk4Vd1Pc6Mg=='"


def site(*lines: str, repeat: str | None = None) -> Case[HttpHeaders]:
    """A page with these policies, and a second fetch with that one."""
    again = None if repeat is None else document({}, csp=parse_csp_headers([repeat], Disposition.ENFORCE))
    return page(csp=parse_csp_headers(lines, Disposition.ENFORCE), repeat=again)


def verdicts(case: Case[HttpHeaders]) -> dict[str, Verdict]:
    return {key: rule.check(case) for key, rule in RULES.items()}


def faults(case: Case[HttpHeaders]) -> dict[str, tuple[Fault, ...]]:
    return {key: verdict.faults for key, verdict in verdicts(case).items() if isinstance(verdict, Fail)}


def weights(case: Case[HttpHeaders]) -> dict[str, Severity]:
    found = faults(case)
    own = {key: RULES[key].info.severity for key in found}
    return {
        key: max((fault.severity or own[key] for fault in faulty), key=lambda one: one.rank)
        for key, faulty in found.items()
    }


GOOD_SITES = {
    "a Pleroma-style policy": (
        "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; img-src 'self' data: blob: https:;"
        " media-src 'self' https:; style-src 'self' 'unsafe-inline'; font-src 'self'; manifest-src 'self';"
        " connect-src 'self' wss://www.example.org; script-src 'self'; upgrade-insecure-requests"
    ),
    "the defaults of helmet": (
        "default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';frame-ancestors 'self';"
        "img-src 'self' data:;object-src 'none';script-src 'self';script-src-attr 'none';"
        "style-src 'self' https: 'unsafe-inline';upgrade-insecure-requests"
    ),
    "a strict policy with fallbacks": (
        f"script-src {NONCE} 'strict-dynamic' 'unsafe-inline' http: https:; object-src 'none'; base-uri 'none';"
        " require-trusted-types-for 'script'"
    ),
    "what OWASP proposes": (
        "default-src 'self'; form-action 'self'; base-uri 'self'; object-src 'none'; frame-ancestors 'none';"
        " upgrade-insecure-requests"
    ),
    "a policy against framing only": "frame-ancestors 'self'; upgrade-insecure-requests",
    "a shop with analytics": (
        "default-src 'self' https:; script-src 'self' 'unsafe-inline' https://www.googletagmanager.com"
        " https://www.google.com/recaptcha/; img-src * data:; frame-src https://www.google.com"
    ),
}


@pytest.mark.parametrize("text", GOOD_SITES.values(), ids=GOOD_SITES.keys())
def test_good_sites_get_advice_and_no_alarm(text: str) -> None:
    found = weights(site(text, repeat=text.replace(NONCE, OTHER)))

    assert {key: one for key, one in found.items() if one.rank >= Severity.MEDIUM.rank} == {}


def test_a_pleroma_policy_is_nothing_but_advice() -> None:
    found = weights(site(GOOD_SITES["a Pleroma-style policy"]))

    assert set(found.values()) == {Severity.INFO}
    assert found.keys() == {"CSP014", "CSP032", "CSP033", "CSP035", "CSP041"}


def test_without_a_policy_nothing_but_that_is_said() -> None:
    assert faults(page({})).keys() == {"CSP001"}


def test_a_fault_carries_the_finding() -> None:
    (fault,) = faults(site("default-src 'self'; frame-ancestors 'self' *"))["CSP013"]

    assert fault.arguments == {
        "said": "* in frame-ancestors lets any site frame the page",
        "check": "FRAME_ANCESTORS_OPEN",
        "set": "leadline",
        "directive": "frame-ancestors",
        "value": "*",
    }
    assert fault.at == ("/final/csp/0/directives/1",)


@pytest.mark.parametrize("key", sorted(RULES.keys() - {"CSP001", "CSP002"}))
def test_every_finding_names_its_check(key: str) -> None:
    verdict = RULES[key].check(RULES[key].failing)

    assert isinstance(verdict, Fail)
    for fault in verdict.faults:
        assert fault.arguments.keys() >= {"check", "set", "directive", "value"}


class TestNonceReuse:
    def test_the_same_nonce_twice_is_a_fault_of_medium_weight(self) -> None:
        case = site(f"script-src {NONCE}; base-uri 'none'", repeat=f"script-src {NONCE}")
        (fault,) = faults(case)["CSP019"]

        assert weights(case)["CSP019"] is Severity.MEDIUM
        assert fault.message.endswith("a cache may be the cause")
        assert NONCE not in fault.discriminator, "the fingerprint stays when the nonce changes with a restart"

    def test_another_nonce_is_fine(self) -> None:
        assert verdicts(site(f"script-src {NONCE}", repeat=f"script-src {OTHER}"))["CSP019"] == Pass()

    def test_one_fetch_tells_nothing(self) -> None:
        assert isinstance(verdicts(site(f"script-src {NONCE}"))["CSP019"], NotAssessed)

    def test_one_nonce_in_many_directives_is_one_fault(self) -> None:
        text = f"style-src {NONCE}; script-src {NONCE}; base-uri 'none'"
        case = site(text, repeat=text)
        (fault,) = faults(case)["CSP019"]

        assert (fault.arguments["directive"], weights(case)["CSP019"]) == ("script-src", Severity.MEDIUM)

    def test_a_nonce_that_was_not_seen_again_is_not_called_new(self) -> None:
        """Of the second fetch only headers are read, and it may have brought another kind of answer."""
        meta = page(csp=(parse_csp_meta(f"script-src {NONCE}"),), repeat=document({}))

        assert isinstance(verdicts(meta)["CSP019"], NotAssessed)
        assert isinstance(verdicts(site(f"script-src {NONCE}", repeat="script-src 'self'"))["CSP019"], NotAssessed)

    def test_a_policy_that_only_reports_has_no_nonce_to_guess(self) -> None:
        policies = parse_csp_headers([f"script-src {NONCE}"], Disposition.REPORT)
        case = page(csp=policies, repeat=document({}, csp=policies))

        assert isinstance(verdicts(case)["CSP019"], NotApplicable)

    def test_hashes_stay_the_same_by_nature(self) -> None:
        text = "script-src 'sha256-n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg='"

        assert isinstance(verdicts(site(text, repeat=text))["CSP019"], NotApplicable)


class TestMeta:
    def test_a_meta_policy_counts(self) -> None:
        found = verdicts(page(csp=(parse_csp_meta("default-src 'self'; object-src 'none'; base-uri 'self'"),)))

        assert found["CSP001"] == Pass()
        assert found["CSP003"] == Pass()
        assert found["CSP039"] == Pass()

    def test_a_header_makes_up_for_what_a_meta_element_cannot_say(self) -> None:
        meta = parse_csp_meta("default-src 'self'; frame-ancestors 'none'")
        header = parse_csp_headers(["frame-ancestors 'none'"], Disposition.ENFORCE)

        assert faults(page(csp=(meta,))).keys() >= {"CSP039"}
        assert verdicts(page(csp=(*header, meta)))["CSP039"] == Pass()

    def test_an_unheeded_policy_is_named_with_its_reason(self) -> None:
        case = meta_page(("content-security-policy", "default-src 'none'", "it stands outside the head"))
        (fault,) = faults(case)["CSP038"]

        assert fault.message.format(**fault.arguments) == (
            "browsers pass over the policy default-src 'none' in a meta element, for it stands outside the head"
        )
        assert "CSP001" in faults(case)

    def test_it_is_information_beside_a_policy_in_force(self) -> None:
        unheeded = meta_page(("content-security-policy", "default-src 'none'", "it stands outside the head"))
        final = unheeded.evidence.final
        assert final is not None
        policies = parse_csp_headers(["default-src 'self'"], Disposition.ENFORCE)
        both = dataclasses.replace(unheeded.evidence, final=dataclasses.replace(final, csp=policies))

        assert weights(unheeded)["CSP038"] is Severity.LOW
        assert weights(dataclasses.replace(unheeded, evidence=both))["CSP038"] is Severity.INFO

    def test_other_metas_are_others_business(self) -> None:
        case = site("default-src 'self'")
        assert case.evidence.final is not None
        meta = UnheededMeta(name=PeerText("x-frame-options"), content=PeerText("DENY"), reason="a header only")
        final = dataclasses.replace(case.evidence.final, unheeded_metas=(meta,))

        assert RULES["CSP038"].check(dataclasses.replace(case, evidence=HttpHeaders(final=final))) == Pass()


def test_hints_stand_in_for_unknown_directives() -> None:
    found = faults(site("script-src a.example; https://b.example; img-scr 'self'; x-own y"))["CSP009"]

    assert [fault.message.format(**fault.arguments) for fault in found] == [
        "https://b.example stands where a directive's name should; sources are parted by spaces, not by semicolons",
        "img-scr is no directive; img-src may be meant",
        "x-own is no directive that browsers know",
    ]


def test_a_directive_that_is_like_none_may_be_newer() -> None:
    assert weights(site("default-src 'self'; telepathy-src 'self'"))["CSP009"] is Severity.INFO
    assert weights(site("default-src 'self'; scrpt-src 'self'"))["CSP009"] is Severity.LOW


def test_one_mistake_is_said_once() -> None:
    found = faults(site("default-src 'self'; script-src 'sha256-abc=' 'nonce-a!b'"))

    assert {fault.arguments["check"] for fault in found["CSP020"]} == {"HASH_LENGTH", "NONCE_INVALID"}
    assert "CSP023" not in found


ONCE = {
    "no defence against scripts": ("upgrade-insecure-requests; frame-ancestors 'self'", {"CSP004"}),
    "a sandbox without scripts": ("sandbox allow-forms", set()),
    "a nonce of wrong characters": (
        "script-src 'nonce-abc$' 'unsafe-inline'; object-src 'none'; base-uri 'none'",
        {"CSP003", "CSP020"},
    ),
    "a nonce that is short and made up": ("script-src 'nonce-random1'; object-src 'none'; base-uri 'none'", {"CSP018"}),
    "a domain that holds known bypasses": (
        "script-src https://*.com; object-src 'none'; base-uri 'none'",
        {"CSP028"},
    ),
    "the header's name in the policy": ("Content-Security-Policy: default-src 'self'", {"CSP004", "CSP009"}),
    "a sink that does not exist": (
        "default-src 'self'; base-uri 'none'; require-trusted-types-for 'scripts'; trusted-types a",
        {"CSP036"},
    ),
    "an empty list": ("default-src; base-uri 'none'", {"CSP017"}),
    "a hash and no base-uri": (
        "script-src 'sha256-n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg='; object-src 'none'",
        {"CSP007"},
    ),
    "a nonce and an open base-uri": (f"script-src {NONCE}; object-src 'none'; base-uri *", {"CSP007"}),
}
"""Policies with one mistake each, and the rules that speak of it; advice is left aside."""

ADVICE = {"CSP014", "CSP027", "CSP034", "CSP035", "CSP041", "CSP042"}


@pytest.mark.parametrize(("text", "rules"), ONCE.values(), ids=ONCE.keys())
def test_a_mistake_is_told_by_one_rule(text: str, rules: set[str]) -> None:
    found = faults(site(text))

    assert found.keys() - ADVICE == rules
    assert all(len(found[rule]) == 1 for rule in rules)


def test_what_a_policy_lacks_is_advice_only_where_it_names_scripts() -> None:
    bare = verdicts(site("upgrade-insecure-requests"))

    for rule in ("CSP012", "CSP014", "CSP015", "CSP034", "CSP035"):
        assert isinstance(bare[rule], NotApplicable), rule
    assert {"CSP012", "CSP014", "CSP015", "CSP034", "CSP035"} <= faults(site("script-src 'self'")).keys()


def test_nothing_is_said_of_object_src_where_default_src_covers_it() -> None:
    assert "CSP012" not in faults(site("default-src 'self'"))


def test_a_policy_of_mistakes_makes_a_bounded_number_of_findings() -> None:
    text = "default-src 'self'; script-src " + " ".join(f"'bad{number}'" for number in range(4_000))

    assert len(faults(site(text))["CSP023"]) == MOST_FAULTS
