"""A rule's page: fixed sections, and fences that hold."""

from reports.rule_page import rule_page, telling
from scanner.model.rule import Confidence, Reference, Remediation, RuleInfo, Severity, Snippet
from tools.write_rule_pages import pages

INFO = RuleInfo(
    id="TLS003",
    name="tls-1-0-enabled",
    title="TLS 1.0 is accepted",
    topic="tls_suites",
    severity=Severity.MEDIUM,
    confidence=Confidence.CERTAIN,
    since="0.1.0",
    summary="Whether TLS 1.0 is offered.",
    rationale="It was deprecated in 2021.",
    remediation=Remediation(
        text="Offer TLS 1.2 and 1.3 only.", snippets=(Snippet(server="nginx", config="ssl_protocols TLSv1.2 TLSv1.3;"),)
    ),
    references=(Reference(title="RFC 8996", url="https://www.rfc-editor.org/rfc/rfc8996#section-4", section="4"),),
    cwe=(327,),
)

SHOWN = "Evidence of `tls_suites`, as in the JSON report."

PAGE = """\
# TLS003: TLS 1.0 is accepted

`tls-1-0-enabled` · topic `tls_suites` · severity medium · confidence certain · since 0.1.0

## What it looks at

Whether TLS 1.0 is offered.

## Why it matters

It was deprecated in 2021.

## How to fix it

Offer TLS 1.2 and 1.3 only.

nginx:

```nginx
ssl_protocols TLSv1.2 TLSv1.3;
```

## Example that fails

Evidence of `tls_suites`, as in the JSON report. What is empty, and what is alike in both examples, is left out.

```json
{
  "supported": "yes"
}
```

## Example that passes

```json
{
  "supported": "no"
}
```

## References

- [RFC 8996, section 4](https://www.rfc-editor.org/rfc/rfc8996#section-4)
- [CWE-327](https://cwe.mitre.org/data/definitions/327.html)
"""


def test_the_page() -> None:
    assert rule_page(INFO, shown=SHOWN, passing={"supported": "no"}, failing={"supported": "yes"}) == PAGE


def test_an_example_with_backticks_or_controls_stays_in_its_fence() -> None:
    page = rule_page(INFO, shown=SHOWN, passing="````\n# owned", failing="\x1b[2J\u202e")
    assert '`````json\n"````\\n# owned"\n`````' in page
    assert '"\\u001b[2J\\u202e"' in page


def test_examples_show_the_way_to_what_tells_them_apart() -> None:
    alike = {"a": [1], "b": None}
    failing = {"host": "x", "same": alike, "rows": [alike, {"end": 1, "note": None}], "names": ["a", "b"], "gone": []}
    passing = {"host": "x", "same": alike, "rows": [alike, {"end": 2, "note": None}], "names": ["a"], "gone": []}
    assert telling(failing, passing) == {"host": "x", "rows": [{"end": 1}], "names": ["a", "b"]}
    assert telling(passing, failing) == {"host": "x", "rows": [{"end": 2}], "names": ["a"]}


def test_of_examples_that_are_the_same_all_is_shown_that_is_not_empty() -> None:
    same = {"zero": 0, "no": False, "empty": [], "null": None, "deep": [{"a": "", "b": 1}]}
    assert telling(same, same) == {"zero": 0, "no": False, "deep": [{"b": 1}]}


def test_a_difference_between_something_and_nothing_is_shown() -> None:
    assert telling({"caa": None}, {"caa": {"tag": "issue"}}) == {"caa": None}
    assert telling({"caa": {"tag": "issue"}}, {"caa": None}) == {"caa": {"tag": "issue"}}


def test_the_pages_of_our_rules_are_short_enough_to_read() -> None:
    lengths = {name: len(text.splitlines()) for name, text in pages().items() if name != "README.md"}
    assert max(lengths.values()) < 200
    assert sum(lengths.values()) / len(lengths) < 110
