"""Rules of content: weights, and when they say nothing, cannot tell, or do not apply."""

import dataclasses

import pytest

from scanner.model.csp import CspPolicy
from scanner.model.evidence.content import (
    Content,
    Exposure,
    Inline,
    IntegrityState,
    Mixed,
    Sign,
    SignKind,
    Suspect,
)
from scanner.model.evidence.cookies import Cookies, SameSite
from scanner.model.evidence.http_headers import HttpHeaders
from scanner.model.peer import PeerText
from scanner.model.rule import Severity
from scanner.model.target import TargetKind
from scanner.rules.case import Case
from scanner.rules.content_examples import content_case, form, script, secret, sign
from scanner.rules.content_forms import captcha_absent, csrf_token_missing, form_over_http
from scanner.rules.content_leaks import debug_page, error_page_detail, source_map_exposed
from scanner.rules.content_scripts import (
    compromised_script_host,
    inline_scripts,
    mixed_content_active,
    sri_invalid,
    sri_missing,
    third_party_scripts,
)
from scanner.rules.content_secrets import named_secret_in_page, secret_in_page
from scanner.rules.header_examples import derived, document, policy
from scanner.rules.registry import all_rules
from scanner.rules.verdict import Fail, NotApplicable, NotAssessed, Pass, Unknown, Verdict

RULES = [one for one in all_rules() if one.info.topic == "content"]
PAGE_RULES = [one for one in RULES if one.info.id in {"CNT002", "CNT008", "CNT009", "CNT018"}]


def severities(verdict: Verdict) -> list[Severity | None]:
    assert isinstance(verdict, Fail)
    return [fault.severity for fault in verdict.faults]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.info.id)
def test_a_plain_page_is_never_blamed(rule: object) -> None:
    verdict = rule.check(content_case())  # type: ignore[attr-defined]

    assert isinstance(verdict, Pass | NotApplicable | NotAssessed)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.info.id)
def test_a_challenge_hides_everything(rule: object) -> None:
    blocked = content_case(block=PeerText("status 429"))

    assert isinstance(rule.check(blocked), Unknown)  # type: ignore[attr-defined]


@pytest.mark.parametrize("rule", PAGE_RULES, ids=lambda rule: rule.info.id)
@pytest.mark.parametrize(
    ("case", "verdict"),
    [
        (content_case(url=None, no_page="it is too costly"), Unknown),
        (dataclasses.replace(content_case(), derived=derived(TargetKind.API)), NotApplicable),
        (dataclasses.replace(content_case(), derived=derived(TargetKind.REDIRECT)), NotApplicable),
        (dataclasses.replace(content_case(), derived=derived(TargetKind.UNKNOWN)), NotAssessed),
    ],
)
def test_without_a_page_nothing_is_said(rule: object, case: Case[Content], verdict: type) -> None:
    assert isinstance(rule.check(case), verdict)  # type: ignore[attr-defined]


def test_a_pass_on_a_part_is_none() -> None:
    assert isinstance(inline_scripts(content_case(complete=False)), Unknown)
    assert isinstance(inline_scripts(content_case(complete=False, inline=Inline(scripts=1))), Fail)


def test_files_with_a_version_could_have_a_hash() -> None:
    fixed = content_case(scripts=(script("/npm/vue@3.5.1/dist/vue.js"), script("/v2/tag.js", host="tags.example.com")))

    assert severities(sri_missing(fixed)) == [Severity.LOW, None]
    assert isinstance(sri_missing(content_case(scripts=(script(host="www.example.org"),))), NotApplicable)


def test_an_operator_weighs_less_than_the_deed() -> None:
    related = Suspect(
        host=PeerText("cdn.bootcss.com"),
        url=PeerText("https://cdn.bootcss.com/x.js"),
        served=False,
        since="x",
        source="x",
    )

    assert severities(compromised_script_host(content_case(suspects=(related,)))) == [Severity.MEDIUM]


def test_data_blocks_are_no_scripts() -> None:
    block = dataclasses.replace(script(), runs=False)

    assert isinstance(third_party_scripts(content_case(scripts=(block,))), Pass)
    assert isinstance(sri_missing(content_case(scripts=(block,))), NotApplicable)


@pytest.mark.parametrize(
    ("upgrades", "verdict"),
    [(policy({"upgrade-insecure-requests": ""}), Pass), (policy({"default-src": "'self'"}), Fail)],
)
def test_upgraded_content_is_not_mixed(upgrades: CspPolicy, verdict: type) -> None:
    mixed = Mixed(kind="script", active=True, url=PeerText("http://cdn.example.net/a.js"))
    headers = HttpHeaders(final=document({}, csp=(upgrades,)))
    case = dataclasses.replace(content_case(mixed=(mixed,)), others={"http_headers": headers})

    assert isinstance(mixed_content_active(case), verdict)
    assert isinstance(mixed_content_active(content_case(secure=False, mixed=(mixed,))), NotApplicable)


def test_forms_weigh_by_what_they_send() -> None:
    plain = PeerText("http://www.example.org/x")
    forms = (
        form(plain_target=plain, password=True),
        form(plain_target=plain),
        form(plain_target=plain, method="get"),
        form(),
    )

    assert severities(form_over_http(content_case(forms=forms))) == [Severity.HIGH, None, Severity.LOW]


class TestCsrf:
    failing = next(one for one in RULES if one.info.name == "csrf-token-missing").failing

    def cookies(self, **changes: object) -> Case[Content]:
        seen = self.failing.others["cookies"]
        assert isinstance(seen, Cookies)
        (cookie,) = seen.cookies
        changed = Cookies(cookies=(dataclasses.replace(cookie, **changes),))  # type: ignore[arg-type]  # as written
        return dataclasses.replace(self.failing, others={"cookies": changed})  # type: ignore[return-value]

    def test_only_a_session_that_goes_along_counts(self) -> None:
        assert isinstance(csrf_token_missing(self.cookies()), Fail)
        assert isinstance(csrf_token_missing(self.cookies(same_site=SameSite.LAX)), NotApplicable)
        assert isinstance(csrf_token_missing(self.cookies(max_age=0)), NotApplicable)

    def test_without_cookies_it_cannot_be_told(self) -> None:
        assert isinstance(csrf_token_missing(content_case(forms=(form(),))), NotAssessed)

    def test_a_token_in_a_meta_element_counts(self) -> None:
        case = self.cookies()
        guarded = dataclasses.replace(case, evidence=dataclasses.replace(case.evidence, csrf_meta=True))

        assert isinstance(csrf_token_missing(guarded), Pass)


def test_a_captcha_is_asked_for_beside_passwords_only() -> None:
    assert isinstance(captcha_absent(content_case(forms=(form(),))), NotApplicable)


@pytest.mark.parametrize(
    ("kind", "severity"),
    [("github-token", None), ("database-url", Severity.HIGH), ("login-in-url", Severity.MEDIUM)],
)
def test_secrets_weigh_by_kind(kind: str, severity: Severity | None) -> None:
    assert severities(secret_in_page(content_case(secrets=(secret(kind, "x", Exposure.SECRET),)))) == [severity]


@pytest.mark.parametrize(("name", "severity"), [("apiKey", None), ("client_secret", Severity.MEDIUM)])
def test_guesses_weigh_by_name(name: str, severity: Severity | None) -> None:
    found = secret("named-secret", "x", Exposure.GUESS, name=name)

    assert severities(named_secret_in_page(content_case(secrets=(found,)))) == [severity]
    assert isinstance(secret_in_page(content_case(secrets=(found,))), Pass)


@pytest.mark.parametrize(
    ("one", "severity"),
    [
        (sign(SignKind.STACK_TRACE, "Python", "x", status=500), Severity.MEDIUM),
        (sign(SignKind.VERSION, "nginx", "nginx/1.22.1", status=404), None),
    ],
)
def test_details_of_errors_weigh_by_kind(one: Sign, severity: Severity | None) -> None:
    assert severities(error_page_detail(content_case(signs=(one,)))) == [severity]


def test_questions_that_were_not_asked() -> None:
    assert isinstance(error_page_detail(content_case(errors=0)), NotAssessed)
    assert isinstance(source_map_exposed(content_case(files=0)), NotAssessed)
    assert isinstance(debug_page(content_case(answers=0)), NotApplicable)


def test_an_error_page_at_the_root_may_be_a_debuggers() -> None:
    failing = content_case(url=None, no_page="x", signs=(sign(SignKind.DEBUG_PAGE, "Django", "x", status=500),))

    assert isinstance(debug_page(dataclasses.replace(failing, derived=derived(TargetKind.UNKNOWN))), Fail)


def test_a_hash_in_the_name_of_a_file_is_no_high_finding() -> None:
    verdict = secret_in_page(content_case(secrets=(secret("mailgun-key", "Mailgun API key", Exposure.SECRET),)))

    assert isinstance(verdict, Fail)
    assert verdict.faults[0].severity is Severity.LOW


def test_no_secret_in_a_part_of_a_script_is_no_pass() -> None:
    found = secret("github-token", "GitHub token", Exposure.SECRET)

    assert isinstance(secret_in_page(content_case(cut=1)), Unknown)
    assert isinstance(secret_in_page(content_case(cut=1, secrets=(found,))), Fail)


def test_a_hash_that_fits_no_file_is_told_from_one_without_effect() -> None:
    verdict = sri_invalid(content_case(scripts=(script(integrity=IntegrityState.REFUSED, crossorigin=True),)))

    assert isinstance(verdict, Fail)
    assert "browsers refuse it" in verdict.faults[0].message


def test_bound_files_are_not_missing_theirs() -> None:
    bound = script(integrity=IntegrityState.INVALID)

    assert isinstance(sri_missing(content_case(scripts=(bound,))), Pass)
