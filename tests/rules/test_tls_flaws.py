"""Rules over `tls_flaws`: five verdicts, told by state and by whether it was asked."""

import dataclasses

import pytest

from scanner.model.evidence.http_exchanges import Exchange, HttpExchanges, Purpose
from scanner.model.evidence.tls_flaws import Flaw, FlawState, TlsFlaws
from scanner.model.outcome import Outcome
from scanner.model.peer import PeerText
from scanner.rules.case import Case
from scanner.rules.registry import Rule, all_rules
from scanner.rules.verdict import Fail, NotApplicable, NotAssessed, Pass, Unknown, Verdict
from tests.support.exchanges import exchange, seen, to_https

SEVERITIES = {
    "TLS070": "critical", "TLS071": "high", "TLS072": "high", "TLS073": "high", "TLS074": "low", "TLS075": "medium",
    "TLS076": "low", "TLS077": "high", "TLS078": "high", "TLS079": "info", "TLS080": "info", "TLS081": "info",
    "TLS082": "info", "TLS083": "info", "TLS084": "high", "TLS085": "info", "TLS086": "info",
    "TLS088": "info", "TLS089": "info", "TLS090": "info", "TLS091": "info",
}  # fmt: skip

RULES = {rule.info.id: rule for rule in all_rules() if rule.info.id in SEVERITIES}
BREACH = next(rule for rule in all_rules() if rule.info.name == "breach-condition")

JUDGED_ELSEWHERE = {"rc4", "export", "null", "anonymous", "alpaca"}
"""Conditions that are judged as suites or features: no second finding."""


def flaw_of(rule: Rule) -> str:
    """The flaw that a rule judges: the one that its failing example has."""
    evidence = rule.failing.evidence
    (name,) = (
        field.name for field in dataclasses.fields(TlsFlaws) if getattr(evidence, field.name).state is FlawState.YES
    )
    return name


def judged(rule: Rule, flaw: Flaw) -> Verdict:
    return rule.check(Case(evidence=dataclasses.replace(TlsFlaws(), **{flaw_of(rule): flaw})))


def test_the_severities_are_the_documented_ones() -> None:
    assert {key: rule.info.severity.value for key, rule in RULES.items()} == SEVERITIES


def test_they_judge_the_topic() -> None:
    assert {rule.info.topic for rule in RULES.values()} == {"tls_flaws"}


def test_every_flaw_is_judged_once() -> None:
    flaws = [flaw_of(rule) for rule in RULES.values()]
    assert sorted(flaws) == sorted({field.name for field in dataclasses.fields(TlsFlaws)} - JUDGED_ELSEWHERE)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.info.id)
def test_a_flaw_has_five_verdicts(rule: Rule) -> None:
    text = PeerText("{braces} of a peer")
    has = judged(rule, Flaw(state=FlawState.YES, proof=text))
    assert isinstance(has, Fail)
    (fault,) = has.faults
    assert fault.at == (f"/{flaw_of(rule)}",)
    assert fault.message.format(**fault.arguments).endswith("{braces} of a peer")
    assert judged(rule, Flaw(state=FlawState.NO, proof=text)) == Pass(text)
    assert judged(rule, Flaw(state=FlawState.UNKNOWN, reason=text)) == Unknown(text)
    assert judged(rule, Flaw(state=FlawState.UNKNOWN, reason=text, asked=False)) == NotAssessed(text)
    assert judged(rule, Flaw(state=FlawState.NOT_APPLICABLE, reason=text)) == NotApplicable(text)


GZIPPED_SCRIPT = ("Content-Type: text/javascript", "Content-Encoding: gzip")


def breach(*exchanges: Exchange) -> Verdict:
    return BREACH.check(Case(evidence=HttpExchanges(exchanges=exchanges)))


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "GZIP", "x-gzip", "identity, deflate"])
def test_a_compressed_answer_over_https_is_the_condition_of_breach(coding: str) -> None:
    verdict = breach(exchange("Content-Type: text/html"), exchange(f"Content-Encoding: {coding}"))
    assert isinstance(verdict, Fail)
    assert verdict.faults[0].at == ("/exchanges/1/fields",)
    assert verdict.faults[0].arguments["codings"] in {"gzip", "br", "zstd", "x-gzip", "deflate"}


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ((exchange("Content-Type: text/html"),), Pass),
        ((exchange("Content-Encoding: identity"),), Pass),
        ((exchange("Content-Encoding: aws-chunked"),), Pass),
        ((to_https("Content-Encoding: gzip"),), NotApplicable),
        ((exchange("Content-Encoding: gzip", url="https://elsewhere.example/"),), NotApplicable),
        ((dataclasses.replace(exchange(), status=None, outcome=Outcome.TIMEOUT),), Unknown),
        ((), NotApplicable),
        ((exchange(), exchange(*GZIPPED_SCRIPT, purpose=Purpose.ASSET)), Pass),
        ((exchange(), exchange(*GZIPPED_SCRIPT, purpose=Purpose.SCRIPT)), Pass),
        ((exchange(), exchange("Content-Encoding: gzip", purpose=Purpose.ROBOTS)), Pass),
        ((exchange("Content-Type: application/json", "Content-Encoding: gzip"),), NotApplicable),
    ],
)
def test_near_misses_of_breach(answers: tuple[Exchange, ...], expected: type[Verdict]) -> None:
    assert isinstance(BREACH.check(Case(evidence=seen(*answers))), expected)
