"""Rules on redirects at their edges: whom not to blame, and what is unknown rather than fine."""

import dataclasses

import pytest

from scanner.model.derived import Derived, PreloadStatus
from scanner.model.evidence.redirects import Chain, ChainEnd, Hop, Redirects
from scanner.model.outcome import Answer, Outcome, Stage
from scanner.model.peer import peer_text
from scanner.model.rule import Severity
from scanner.model.target import Target
from scanner.rules.case import Case
from scanner.rules.redirect_chains import chain_is_short, https_stays_https, location_is_sound, redirects_end
from scanner.rules.redirect_ends import (
    chain_stays_on_https,
    redirect_leads_somewhere,
    redirect_names_no_internal_host,
)
from scanner.rules.redirect_views import DOCUMENT, GOOD, HTTPS, TO_SELF, after, hop_of, plain_chain
from scanner.rules.redirects import (
    goes_to_https_at_once,
    http_leads_to_https,
    http_stays_on_host,
    plain_target_ends_on_https,
    redirect_is_permanent,
)
from scanner.rules.verdict import Fail, NotApplicable, NotAssessed, Pass, Unknown, Verdict

HOST = "www.example.org"
PLAIN = f"http://{HOST}/"
SECURE = f"https://{HOST}/"
PRELOADED = Derived(preload=PreloadStatus(covered=Answer.YES))
PLAIN_TARGET = Target(url=PLAIN, host=HOST, port=80, scheme="http")


def failed(outcome: Outcome, stage: Stage = Stage.CONNECT) -> Redirects:
    return after(hop_of(PLAIN, None, outcome=outcome, stage=stage), end=ChainEnd.FAILED)


def is_kind(verdict: Verdict, kind: type) -> bool:
    return isinstance(verdict, kind)


@pytest.mark.parametrize(
    ("evidence", "kind"),
    [
        (failed(Outcome.REFUSED), Pass),
        (failed(Outcome.TIMEOUT), Unknown),
        (failed(Outcome.RESET, Stage.RESPONSE_HEAD), Unknown),
        (failed(Outcome.FORBIDDEN), NotAssessed),
        (failed(Outcome.NOT_ASSESSED), NotAssessed),
        (after(hop_of(PLAIN, 200)), Fail),
        (after(hop_of(PLAIN, 401)), Fail),
        (after(hop_of(PLAIN, 403)), Pass),
        (after(hop_of(PLAIN, 404)), Pass),
        (after(hop_of(PLAIN, 503)), Unknown),
        (after(hop_of(PLAIN, 300)), Unknown),
        (after(hop_of(PLAIN, 403), end=ChainEnd.BLOCKED), Unknown),
        (after(hop_of(PLAIN, 302, PLAIN), end=ChainEnd.LOOP), Unknown),
        (after(hop_of(PLAIN, 302, "http://old.example/"), hop_of("http://old.example/", 200)), Fail),
        (after(hop_of(PLAIN, 302, SECURE), end=ChainEnd.REQUEST_CAP), Pass),
        (Redirects(https=HTTPS, http=None, http_not_asked="another port"), NotAssessed),
    ],
)
def test_plain_http_beside_https(evidence: Redirects, kind: type) -> None:
    assert is_kind(http_leads_to_https(Case(evidence=evidence)), kind)


def test_a_stalled_body_does_not_hide_the_redirect() -> None:
    stalled = dataclasses.replace(TO_SELF, outcome=Outcome.TIMEOUT, stage=Stage.RESPONSE_BODY)

    assert is_kind(http_leads_to_https(Case(evidence=after(stalled, DOCUMENT))), Pass)


def test_browsers_never_ask_a_preloaded_host_in_the_clear() -> None:
    in_the_clear = Case(evidence=after(hop_of(PLAIN, 200)), derived=PRELOADED)
    away = Case(evidence=after(hop_of(PLAIN, 301, "https://shop.example.net/")), derived=PRELOADED)

    assert is_kind(http_leads_to_https(in_the_clear), Pass)
    assert is_kind(http_stays_on_host(away), Pass)


@pytest.mark.parametrize(
    "check", [http_leads_to_https, http_stays_on_host, redirect_is_permanent, goes_to_https_at_once]
)
def test_a_plain_target_is_another_question(check: object) -> None:
    assert callable(check)
    assert is_kind(check(Case(evidence=GOOD, target=PLAIN_TARGET)), NotApplicable)


@pytest.mark.parametrize("check", [http_stays_on_host, redirect_is_permanent, goes_to_https_at_once])
def test_a_closed_port_80_leaves_nothing_to_ask(check: object) -> None:
    assert callable(check)
    assert is_kind(check(Case(evidence=failed(Outcome.REFUSED))), NotApplicable)


@pytest.mark.parametrize("status", [301, 308])
def test_permanent_redirects_pass(status: int) -> None:
    assert is_kind(redirect_is_permanent(Case(evidence=after(hop_of(PLAIN, status, SECURE), DOCUMENT))), Pass)


@pytest.mark.parametrize("status", [302, 303, 307])
def test_temporary_redirects_are_a_word(status: int) -> None:
    assert is_kind(redirect_is_permanent(Case(evidence=after(hop_of(PLAIN, status, SECURE), DOCUMENT))), Fail)


def test_the_redirect_only_host_is_only_a_low_matter() -> None:
    to_www = after(hop_of(PLAIN, 301, "https://www.new.example/"), hop_of("https://www.new.example/", 200))
    case = Case(evidence=to_www)

    assert is_kind(http_leads_to_https(case), Pass)
    assert is_kind(goes_to_https_at_once(case), Pass)
    assert is_kind(https_stays_https(case), Pass)
    verdict = http_stays_on_host(case)
    assert isinstance(verdict, Fail)
    assert verdict.faults[0].severity is None


def secure_chain(*hops: Hop, end: ChainEnd = ChainEnd.ANSWER) -> Case[Redirects]:
    return Case(evidence=Redirects(https=Chain(hops=hops, end=end), http=None))


def test_a_way_down_is_blamed_where_it_was_not_followed_too() -> None:
    case = secure_chain(hop_of(SECURE, 302, PLAIN), end=ChainEnd.REQUEST_CAP)

    assert is_kind(https_stays_https(case), Fail)


def test_a_way_down_at_another_host_is_not_ours() -> None:
    away = "https://shop.example.net/"
    case = secure_chain(
        hop_of(SECURE, 302, away),
        hop_of(away, 302, "http://shop.example.net/"),
        hop_of("http://shop.example.net/", 200),
    )

    assert is_kind(https_stays_https(case), Pass)


def test_a_hop_of_both_chains_is_one_fault() -> None:
    down = hop_of(SECURE, 302, f"{PLAIN}start")
    end = hop_of(f"{PLAIN}start", 200)
    case = Case(
        evidence=Redirects(
            https=Chain(hops=(down, end), end=ChainEnd.ANSWER),
            http=Chain(hops=(TO_SELF, down, end), end=ChainEnd.ANSWER),
        )
    )
    verdict = https_stays_https(case)

    assert isinstance(verdict, Fail)
    assert [fault.at for fault in verdict.faults] == [("/https/hops/0",)]


def test_without_an_https_answer_nothing_leads_down() -> None:
    refused = hop_of(SECURE, None, outcome=Outcome.REFUSED, stage=Stage.CONNECT)

    assert is_kind(https_stays_https(secure_chain(refused, end=ChainEnd.FAILED)), NotApplicable)


def test_a_loop_that_sets_cookies_is_unknown() -> None:
    setting = dataclasses.replace(hop_of(SECURE, 302, SECURE), sets_cookie=True)

    assert is_kind(redirects_end(secure_chain(setting, end=ChainEnd.LOOP)), Unknown)


def test_a_loop_at_another_host_is_unknown() -> None:
    away = "https://shop.example.net/"

    assert is_kind(
        redirects_end(secure_chain(hop_of(SECURE, 302, away), hop_of(away, 302, away), end=ChainEnd.LOOP)), Unknown
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"user_info": True}, "user info"),
        ({"locations": 2}, "2 different targets"),
        ({"problem": "a control character in the URL", "to": None}, "control character"),
    ],
)
def test_doubtful_locations(change: dict[str, object], words: str) -> None:
    hop = dataclasses.replace(hop_of(SECURE, 302, f"{SECURE}en/"), **change)  # type: ignore[arg-type]
    verdict = location_is_sound(secure_chain(hop))

    assert isinstance(verdict, Fail)
    (fault,) = verdict.faults
    assert words in fault.message.format(**fault.arguments)


def test_another_scheme_is_no_doubtful_location() -> None:
    app = dataclasses.replace(hop_of(SECURE, 302, "app://open"), to=None, to_scheme=None, to_host=None)

    assert is_kind(location_is_sound(secure_chain(app, end=ChainEnd.OTHER_SCHEME)), Pass)


@pytest.mark.parametrize(
    ("endpoint", "severity"), [("192.0.2.1:80", Severity.LOW), ("8.8.8.8:80", None), ("[::1]:80", Severity.LOW)]
)
def test_plain_http_weighs_less_on_private_networks(endpoint: str, severity: Severity | None) -> None:
    evidence = Redirects(https=None, http=Chain(hops=(hop_of(PLAIN, 200),), end=ChainEnd.ANSWER))
    verdict = plain_target_ends_on_https(Case(evidence=evidence, target=PLAIN_TARGET, endpoint=endpoint))

    assert isinstance(verdict, Fail)
    assert verdict.faults[0].severity is severity


def test_three_redirects_are_not_worth_a_word() -> None:
    three = after(
        TO_SELF, hop_of(SECURE, 302, f"{SECURE}a"), hop_of(f"{SECURE}a", 302, f"{SECURE}b"), hop_of(f"{SECURE}b", 200)
    )

    assert is_kind(chain_is_short(Case(evidence=three)), Pass)


AWAY = "https://shop.example.net/"


def led(*hops: Hop, end: ChainEnd = ChainEnd.ANSWER) -> Redirects:
    return Redirects(https=Chain(hops=hops, end=end), http=None)


@pytest.mark.parametrize(
    ("outcome", "detail", "kind"),
    [
        (Outcome.UNRESOLVED, "there is no such name (NXDOMAIN)", Fail),
        (Outcome.UNRESOLVED, "the name has no address", Fail),
        (Outcome.UNRESOLVED, "the name servers gave no answer", Unknown),
        (Outcome.UNRESOLVED, None, Unknown),
        (Outcome.REFUSED, None, Fail),
        (Outcome.UNREACHABLE, None, Fail),
        (Outcome.TIMEOUT, None, Unknown),  # silence may be ours
        (Outcome.FORBIDDEN, None, NotAssessed),  # our own address policy
        (Outcome.NOT_ASSESSED, None, NotAssessed),
    ],
)
def test_a_redirect_to_a_host_that_is_not_there(outcome: Outcome, detail: str | None, kind: type) -> None:
    last = dataclasses.replace(
        hop_of(AWAY, None, outcome=outcome), detail=None if detail is None else peer_text(detail)
    )
    evidence = led(hop_of(SECURE, 301, AWAY), last, end=ChainEnd.FAILED)

    assert is_kind(redirect_leads_somewhere(Case(evidence=evidence)), kind)


def test_a_dead_end_of_both_chains_is_said_once() -> None:
    dead = hop_of(AWAY, None, outcome=Outcome.REFUSED)
    https = Chain(hops=(hop_of(SECURE, 301, AWAY), dead), end=ChainEnd.FAILED)
    http = Chain(hops=(hop_of(PLAIN, 301, SECURE), hop_of(SECURE, 301, AWAY), dead), end=ChainEnd.FAILED)
    verdict = redirect_leads_somewhere(Case(evidence=Redirects(https=https, http=http)))

    assert isinstance(verdict, Fail)
    assert len(verdict.faults) == 1


def test_a_closed_https_port_of_the_target_is_not_the_redirects_fault() -> None:
    closed = hop_of(SECURE, None, outcome=Outcome.REFUSED)
    evidence = Redirects(
        https=Chain(hops=(closed,), end=ChainEnd.FAILED),
        http=Chain(hops=(TO_SELF, closed), end=ChainEnd.FAILED),
    )

    assert isinstance(redirect_leads_somewhere(Case(evidence=evidence)), Unknown)


@pytest.mark.parametrize(
    ("to", "kind"),
    [
        ("http://10.1.1.7/login", Fail),
        ("https://app-01/login", Fail),
        ("https://app.internal/", Fail),
        ("https://localhost/", Fail),
        ("https://192.0.2.9/", Pass),
        (AWAY, Pass),
    ],
)
def test_a_redirect_to_an_internal_host(to: str, kind: type) -> None:
    case = Case(evidence=led(hop_of(SECURE, 302, to), end=ChainEnd.FAILED))

    assert is_kind(redirect_names_no_internal_host(case), kind)
    inside = dataclasses.replace(case, endpoint="10.0.0.1:443")
    assert isinstance(redirect_names_no_internal_host(inside), NotApplicable)
    assert is_kind(redirect_names_no_internal_host(dataclasses.replace(case, endpoint=None)), kind)


def test_what_another_host_does_with_https_is_told_apart() -> None:
    down = hop_of(AWAY, 302, "http://shop.example.net/")
    case = Case(evidence=led(hop_of(SECURE, 301, AWAY), down, hop_of("http://shop.example.net/", 200)))

    assert isinstance(https_stays_https(case), Pass)
    assert isinstance(chain_stays_on_https(case), Fail)
    assert isinstance(chain_stays_on_https(Case(evidence=GOOD)), Pass)


def test_a_recording_may_end_with_a_redirect() -> None:
    cut = Redirects(https=None, http=Chain(hops=(hop_of(PLAIN, 301, AWAY),), end=ChainEnd.NOT_RECORDED))
    plain = Redirects(
        https=None, http=Chain(hops=(hop_of(PLAIN, 301, "http://example.net/"),), end=ChainEnd.NOT_RECORDED)
    )

    assert isinstance(http_leads_to_https(Case(evidence=cut)), Pass)
    assert isinstance(http_leads_to_https(Case(evidence=plain)), Unknown)


def test_the_reason_is_in_words_and_not_in_codes() -> None:
    unnamed = dataclasses.replace(
        hop_of(PLAIN, None), outcome=Outcome.NOT_ASSESSED, detail=peer_text("--resolve names www.example.org elsewhere")
    )
    verdict = plain_chain(Case(evidence=after(unnamed, end=ChainEnd.FAILED)))
    assert isinstance(verdict, NotAssessed)
    assert verdict.reason == "plain http could not be asked (--resolve names www.example.org elsewhere)"

    broken = Redirects(https=None, http=Chain(hops=(hop_of(PLAIN, 503),), end=ChainEnd.ANSWER))
    verdict = plain_target_ends_on_https(Case(evidence=broken, target=PLAIN_TARGET))
    assert isinstance(verdict, Unknown)
    assert verdict.reason == "where the target leads could not be seen (status 503)"
