"""One rule's page in Markdown: what `leadline explain` prints and what the reference shows is the same text."""

import json
import re
from collections.abc import Sequence

from reports.names import product_name, reference_name
from scanner.model.rule import Reference, RuleInfo, Snippet

_LANGUAGES = {"nginx": "nginx", "apache": "apache"}
_CWE_URL = "https://cwe.mitre.org/data/definitions/{number}.html"
_LEFT_OUT = "What is empty, and what is alike in both examples, is left out."


def rule_page(info: RuleInfo, *, shown: str, passing: object, failing: object) -> str:
    """The page of one rule, ending in a line feed.

    `passing` and `failing` are what tells the rule's examples apart, in builtins (`scanner.model.codec.to_builtins`),
    `shown` says in words what that is.
    """
    sections = (
        ("What it looks at", info.summary),
        ("Why it matters", info.rationale),
        ("How to fix it", _parts(info.remediation.text, *map(_snippet, info.remediation.snippets))),
        ("Example that fails", _parts(f"{shown} {_LEFT_OUT}", _json(telling(failing, passing)))),
        ("Example that passes", _json(telling(passing, failing))),
        ("References", "\n".join((*map(_reference, info.references), *map(_cwe, info.cwe)))),
    )
    return _parts(_head(info), *(f"## {title}\n\n{text}" for title, text in sections)) + "\n"


def telling(value: object, other: object) -> object:
    """The part of one example that tells it from the other: the way to each difference, with what stands beside it.

    Of an object on that way its plain members stay, and those containers that differ; of arrays of one length the
    members that differ. Empty members go. Where nothing differs, all that is not empty stays.
    """
    if value == other or not isinstance(value, dict | list) or type(value) is not type(other):
        return _filled(value)
    if isinstance(value, dict) and isinstance(other, dict):
        return {
            key: telling(one, other.get(key))
            for key, one in value.items()
            if (not _is_empty(one) and not isinstance(one, dict | list)) or one != other.get(key)
        }
    return _telling_members(value, other) if isinstance(value, list) and isinstance(other, list) else value


def _telling_members(values: Sequence[object], others: Sequence[object]) -> list[object]:
    if len(values) != len(others):
        return [_filled(one) for one in values]
    return [telling(*pair) for pair in zip(values, others, strict=True) if pair[0] != pair[1]]


def _filled(value: object) -> object:
    """`value` without the members of objects that are null or empty."""
    if isinstance(value, dict):
        return {key: _filled(one) for key, one in value.items() if not _is_empty(one)}
    return [_filled(one) for one in value] if isinstance(value, list) else value


def _is_empty(value: object) -> bool:
    return value is None or value in ("", [], {})


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
