"""The set `strict`: what csp_evaluator's checks for a policy of nonces and hashes add.

Semantics after https://github.com/google/csp-evaluator 1.1.8 (Apache-2.0), in our own words and code.
"""

from scanner.rules.csp_evaluation.finding import CspFinding, CspSet, CspSeverity
from scanner.rules.csp_evaluation.notes import Notes, Table
from scanner.rules.csp_evaluation.view import Lists, governing, has_hash, has_nonce

_ANY_HOST = frozenset({"http:", "https:", "*"})

TABLE: Table = {
    "STRICT_DYNAMIC": (
        CspSeverity.STRICT_CSP,
        "{directive} trusts hosts; nonces or hashes with 'strict-dynamic' trust single scripts",
    ),
    "STRICT_DYNAMIC_NOT_STANDALONE": (
        CspSeverity.INFO,
        "'strict-dynamic' in {directive} without a nonce or hash blocks every script",
    ),
    "UNSAFE_INLINE_FALLBACK": (
        CspSeverity.STRICT_CSP,
        "{directive} has no 'unsafe-inline' for browsers that know no nonces; all others ignore it beside one",
    ),
    "ALLOWLIST_FALLBACK": (
        CspSeverity.STRICT_CSP,
        "{directive} has no https: for browsers that do not know 'strict-dynamic'; all others ignore it beside that",
    ),
    "REQUIRE_TRUSTED_TYPES_FOR_SCRIPTS": (
        CspSeverity.INFO,
        "{directive} 'script' is missing: text may go into script sinks of the DOM unchecked",
    ),
}


def strict(lists: Lists, place: int = 0) -> list[CspFinding]:
    """The findings on one policy, `place` among others; order has no meaning."""
    notes = Notes(CspSet.STRICT, TABLE, place)
    name = governing(lists, "script-src")
    values = lists.get(name, [])
    dynamic = "'strict-dynamic'" in values
    trusting = has_nonce(values) or has_hash(values)
    if not dynamic and any(value[0] != "'" for value in values):
        notes.add("STRICT_DYNAMIC", name)
    if dynamic and not trusting:
        notes.add("STRICT_DYNAMIC_NOT_STANDALONE", name)
    if trusting and "'unsafe-inline'" not in values:
        notes.add("UNSAFE_INLINE_FALLBACK", name)
    if dynamic and not any(value in _ANY_HOST or "." in value for value in values):
        notes.add("ALLOWLIST_FALLBACK", name)
    if "'script'" not in lists.get("require-trusted-types-for", ()):
        notes.add("REQUIRE_TRUSTED_TYPES_FOR_SCRIPTS", "require-trusted-types-for")
    return notes.found
