"""Every rule's own examples: the passing one passes, the failing one fails with proof that is really there."""

import pytest

from scanner.model.codec import to_builtins
from scanner.rules.registry import FAMILIES, Rule, all_rules
from scanner.rules.verdict import Fail, Pass

RULES = all_rules()


def resolve(document: object, pointer: str) -> object:
    """The value that a JSON Pointer (RFC 6901) names; KeyError or IndexError where there is none."""
    value = document
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        value = value[int(key)] if isinstance(value, list) else value[key]  # type: ignore[index]
    return value


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.info.id)
def test_passing_example_passes(rule: Rule) -> None:
    assert isinstance(rule.check(rule.passing), Pass)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.info.id)
def test_failing_example_fails_with_proof(rule: Rule) -> None:
    verdict = rule.check(rule.failing)

    assert isinstance(verdict, Fail)
    document = to_builtins(rule.failing.evidence)
    for fault in verdict.faults:
        assert fault.message.format(**fault.arguments).strip()
        assert fault.at, "no claim without its proof"
        for pointer in fault.at:
            resolve(document, pointer)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.info.id)
def test_page_is_complete(rule: Rule) -> None:
    info = rule.info

    assert info.id[:3] in FAMILIES
    for text in (info.title, info.summary, info.rationale, info.remediation.text):
        assert len(text) > 10
    for reference in info.references:
        assert reference.url.startswith("https://")


def test_there_are_enough_rules_over_all_topics() -> None:
    topics = {rule.info.topic for rule in RULES}

    assert len(RULES) >= 45
    assert topics >= {
        "tls_suites", "certificates", "ocsp_stapling", "http_headers", "leakage", "cookies", "redirects",
        "server_identity", "dns_records",
    }  # fmt: skip
