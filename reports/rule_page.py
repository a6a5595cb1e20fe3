"""One rule's page in Markdown: what `leadline explain` prints and what the reference shows is the same text."""

import json
import re

from reports.names import product_name, reference_name
from scanner.model.rule import Reference, RuleInfo, Snippet

_LANGUAGES = {"nginx": "nginx", "apache": "apache"}
_CWE_URL = "https://cwe.mitre.org/data/definitions/{number}.html"


def rule_page(info: RuleInfo, *, passing: object, failing: object) -> str:
    """The page of one rule, ending in a line feed.

    `passing` and `failing` are the evidence of the rule's examples in builtins (`scanner.model.codec.to_builtins`).
    """
    sections = (
        ("What it looks at", info.summary),
        ("Why it matters", info.rationale),
        ("How to mend it", _parts(info.remediation.text, *map(_snippet, info.remediation.snippets))),
        ("Example that fails", _json(failing)),
        ("Example that passes", _json(passing)),
        ("References", "\n".join((*map(_reference, info.references), *map(_cwe, info.cwe)))),
    )
    return _parts(_head(info), *(f"## {title}\n\n{text}" for title, text in sections)) + "\n"


def _head(info: RuleInfo) -> str:
    facts = (
        f"`{info.name}`",
        f"topic `{info.topic}`",
        f"severity {info.severity}",
        f"confidence {info.confidence}",
        f"since {info.since}",
    )
    return f"# {info.id}: {info.title}\n\n{' · '.join(facts)}"


def _snippet(snippet: Snippet) -> str:
    return f"{product_name(snippet.server)}:\n\n{_fenced(snippet.config, _LANGUAGES.get(snippet.server, 'text'))}"


def _json(value: object) -> str:
    return _fenced(json.dumps(value, indent=2), "json")


def _fenced(text: str, language: str) -> str:
    """A fenced code block whose fence is longer than any run of backticks inside (CommonMark 0.31 section 4.5)."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _reference(reference: Reference) -> str:
    return f"- [{reference_name(reference)}]({reference.url})"


def _cwe(number: int) -> str:
    return f"- [CWE-{number}]({_CWE_URL.format(number=number)})"


def _parts(*parts: str) -> str:
    return "\n\n".join(parts)
