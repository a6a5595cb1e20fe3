"""One style over all rules: messages are parts of sentences, titles are headings, pages are written in sentences."""

import re

import pytest

from scanner.rules.registry import Rule, all_rules
from scanner.rules.verdict import Fail

RULES = all_rules()
NAME = re.compile(r"[A-Z][\w-]*[A-Z0-9:.-]|[A-Z]+\b|Diffie-Hellman|Server|Via")
"""What may begin a message with a capital: a header, a version or an abbreviation."""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.info.id)
def test_messages_are_parts_of_sentences(rule: Rule) -> None:
    verdict = rule.check(rule.failing)

    assert isinstance(verdict, Fail)
    for fault in verdict.faults:
        template = fault.message
        assert not template.endswith("."), "the reports end it"
        assert not template[0].isupper() or NAME.match(template), template


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.info.id)
def test_pages_are_written_in_sentences(rule: Rule) -> None:
    info = rule.info

    assert not info.title.endswith(".")
    for text in (info.summary, info.rationale, info.remediation.text):
        assert text.endswith((".", "?")), text
