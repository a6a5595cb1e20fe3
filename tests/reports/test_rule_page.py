"""A rule's page: fixed sections, and fences that hold."""

from reports.rule_page import rule_page
from scanner.model.rule import Confidence, Reference, Remediation, RuleInfo, Severity, Snippet

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

PAGE = """\
# TLS003: TLS 1.0 is accepted

`tls-1-0-enabled` · topic `tls_suites` · severity medium · confidence certain · since 0.1.0

## What it looks at

Whether TLS 1.0 is offered.

## Why it matters

It was deprecated in 2021.

## How to mend it

Offer TLS 1.2 and 1.3 only.

nginx:

```nginx
ssl_protocols TLSv1.2 TLSv1.3;
```

## Example that fails

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
    assert rule_page(INFO, passing={"supported": "no"}, failing={"supported": "yes"}) == PAGE


def test_an_example_with_backticks_or_controls_stays_in_its_fence() -> None:
    page = rule_page(INFO, passing="````\n# owned", failing="\x1b[2J\u202e")
    assert '`````json\n"````\\n# owned"\n`````' in page
    assert '"\\u001b[2J\\u202e"' in page
