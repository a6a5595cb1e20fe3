"""A stricter policy: the same one with its gaps closed, and what each change does.

Two proposals: `tightened` keeps the policy's own way of trusting (hosts or nonces) and allows nothing that the policy
does not; `by_nonce` trusts single scripts instead of hosts, and is offered only where hosts or all inline scripts are
trusted today.
"""

import dataclasses
from collections.abc import Callable

from scanner.model.csp import CspPolicy
from scanner.rules.csp_evaluation.addresses import scheme_free
from scanner.rules.csp_evaluation.browser_policy import MOST_SUGGESTIONS, meant
from scanner.rules.csp_evaluation.browser_values import HOST_SOURCE
from scanner.rules.csp_evaluation.names import (
    DEPRECATED,
    DIRECTIVES,
    KEYWORDS,
    OBSOLETE,
    OBSOLETE_KEYWORDS,
    SCRIPT,
    SOURCE_LISTS,
)
from scanner.rules.csp_evaluation.view import SCHEME, Lists, has_hash, has_nonce, in_force, is_hash, is_nonce

NONCE = "'nonce-RANDOM'"
"""RANDOM stands for at least 22 base64 characters from a random generator, new for every answer."""

_ALL = frozenset({"*", "https:", "http:", "https://*", "http://*"})
_OPEN_TO_SCRIPTS = _ALL | {"data:", "blob:", "filesystem:", "mediastream:"}
_SELF_TOO = frozenset({"*", "https:", "http:", "https://*", "http://*", "'self'"})


_BARE = frozenset({"self", "none"})
"""Keywords that allow nothing but what the page has already, and so may be given their quotes."""

_STAY = frozenset({"'wasm-unsafe-eval'", "'trusted-types-eval'", "'report-sample'", "'inline-speculation-rules'"})
"""Keywords of scripts that have nothing to do with where a script comes from."""


@dataclasses.dataclass(frozen=True, slots=True)
class Proposal:
    """A policy's text, and what was changed, a line each."""

    text: str
    changes: tuple[str, ...]


def tightened(policy: CspPolicy) -> Proposal:
    """The same policy with its gaps closed; without changes where there is nothing to close."""
    lists, changes = _tightened(policy)
    return Proposal(_text(lists), tuple(changes))


def by_nonce(policy: CspPolicy) -> Proposal | None:
    """The tightened policy with scripts trusted by nonce instead of by host; None where no host is trusted."""
    lists, changes = _tightened(policy)
    name = _governing_scripts(policy)
    before = in_force(policy).get(name) if name is not None else None
    if before is not None and (
        has_nonce(before) or has_hash(before) or not any(value[0] != "'" or _inline(value) for value in before)
    ):
        return None
    lists = {one: values for one, values in lists.items() if one != "script-src-elem"}
    kept = [value for value in lists.get("script-src", ()) if value in _STAY]
    lists["script-src"] = [NONCE, "'strict-dynamic'", *kept]
    changes = [change for change in changes if not change.startswith("script-src")]
    changes.append(
        f"script-src {NONCE} 'strict-dynamic': every script element needs the nonce of the answer, what these scripts"
        " load is trusted too; hosts count no longer, inline handlers must become listeners"
    )
    lists.setdefault("require-trusted-types-for", ["'script'"])
    if policy.directive("require-trusted-types-for") is None:
        changes.append("require-trusted-types-for 'script': text goes into DOM sinks only through a policy of the page")
    return Proposal(_text(lists), tuple(changes))


def _inline(value: str) -> bool:
    return value == "'unsafe-inline'"


def _governing_scripts(policy: CspPolicy) -> str | None:
    found = policy.effective("script-src")
    return None if found is None else found.name


def _tightened(policy: CspPolicy) -> tuple[Lists, list[str]]:
    changes: list[str] = []
    given = in_force(policy)
    lists: Lists = {}
    for name, written in _names(given, changes).items():
        lists[name] = _cleaned(name, given[written], changes)
    scripts = [name for name in SCRIPT if name in lists] or [name for name in ("default-src",) if name in lists]
    if "default-src" in lists and "script-src" not in lists and not _is_none(lists["default-src"]):
        # What governs scripts as a fallback is narrowed for scripts only.
        lists["script-src"] = list(lists["default-src"])
        scripts = [*(name for name in scripts if name != "default-src"), "script-src"]
    for name in scripts:
        if name != "default-src":
            _narrow(lists, name, changes)
    if lists.get("script-src") == lists.get("default-src") and policy.directive("script-src") is None:
        lists.pop("script-src", None)
    if "script-src" in lists and "'unsafe-eval'" in lists.get("default-src", ()):
        lists["default-src"] = [value for value in lists["default-src"] if value != "'unsafe-eval'"] or ["'none'"]
        changes.append("default-src: without 'unsafe-eval', which has a meaning for scripts only")
    for add in (_default, _object, _base, _framing, _forms):
        add(lists, changes)
    return lists, changes


def _names(given: Lists, changes: list[str]) -> dict[str, str]:
    """Directives that do something, with what they are called in the policy; misspelt ones under the name they mean."""
    names: dict[str, str] = {}
    strange = 0
    for written in given:
        name: str | None = written
        if written not in DIRECTIVES:
            strange += 1
            name = meant(written) if strange <= MOST_SUGGESTIONS else None
        if name is None or name in OBSOLETE or name in DEPRECATED or (name != written and name in {*given, *names}):
            changes.append(f"{written} is left out: it has no effect")
            continue
        if name != written:
            changes.append(f"{written} becomes {name}, which seems to be meant")
        names[name] = written
    return names


def _cleaned(name: str, values: list[str], changes: list[str]) -> list[str]:
    """The values that count, with https for http; words that browsers ignore go."""
    if name not in SOURCE_LISTS:
        return list(values)
    kept = []
    for value in values:
        if value.lower() in _BARE:
            kept.append(f"'{value.lower()}'")
            changes.append(f"{name}: {value} becomes {kept[-1]}; without quotes it is a host's name")
        elif (value == "'none'" and len(values) > 1) or value in OBSOLETE_KEYWORDS or _no_source(value):
            changes.append(f"{name}: {value} is left out, browsers ignore it")
        elif value.startswith("http://"):
            kept.append("https://" + value.removeprefix("http://"))
            changes.append(f"{name}: {value} becomes {kept[-1]}")
        else:
            kept.append(value)
    kept = [value for value in kept if value != "'none'" or len(kept) == 1]
    return list(dict.fromkeys(kept)) or ["'none'"]


def _no_source(value: str) -> bool:
    """Whether a word is in none of the forms that a source has (CSP3 section 2.3.1)."""
    if value[0] == "'":
        return value not in KEYWORDS and not is_nonce(value) and not is_hash(value)
    return SCHEME.fullmatch(value) is None and HOST_SOURCE.fullmatch(value) is None


def _narrow(lists: Lists, name: str, changes: list[str]) -> None:
    """A list that governs scripts, without what lets anybody's scripts in."""
    values = lists[name]
    trusting = has_nonce(values) or has_hash(values)
    dynamic = "'strict-dynamic'" in values
    gone: list[str] = []
    for value in values:
        wide = not dynamic and (value in _OPEN_TO_SCRIPTS or scheme_free(value) == "*" or _other_scheme(value))
        if wide or value == "'unsafe-eval'" or (_inline(value) and not trusting and not dynamic):
            gone.append(value)
    if not gone:
        return
    dropped = frozenset(gone)
    left = [value for value in values if value not in dropped]
    if not left or not any(value[0] != "'" or value == "'self'" or is_nonce(value) or is_hash(value) for value in left):
        left = [*(["'self'"] if _SELF_TOO & set(values) else []), *left]
    lists[name] = left or ["'none'"]
    changes.append(f"{name}: without {' '.join(gone)}; what the page needs of it must be named, or moved into files")


def _other_scheme(value: str) -> bool:
    return SCHEME.fullmatch(value) is not None


def _default(lists: Lists, changes: list[str]) -> None:
    if "default-src" not in lists:
        lists["default-src"] = ["'self'"]
        if "script-src" not in lists and "sandbox" not in lists:
            changes.append(
                "default-src 'self': scripts and all else from the page's own origin only; name what it needs"
            )
        else:
            changes.append("default-src 'self': what no directive names comes from the page's own origin only")


def _object(lists: Lists, changes: list[str]) -> None:
    governing = lists.get("object-src", lists["default-src"])
    if not _is_none(governing):
        lists["object-src"] = ["'none'"]
        changes.append("object-src 'none': no plugins, which browsers no longer have")


def _adder(name: str, value: str, why: str) -> Callable[[Lists, list[str]], None]:
    """A step that adds a directive without a fallback where it is absent, and closes it where it is open."""

    def add(lists: Lists, changes: list[str]) -> None:
        values = lists.get(name)
        if values is None:
            lists[name] = [value]
            changes.append(f"{name} {value}: {why}")
        elif _ALL & set(values):
            kept = [one for one in values if one not in _ALL and one != "'none'"]
            lists[name] = list(dict.fromkeys([value, *kept]))
            changes.append(f"{name}: {value} in place of {' '.join(sorted(_ALL & set(values)))}; {why}")

    return add


_base = _adder("base-uri", "'self'", "no injected base element leads elsewhere")
_framing = _adder("frame-ancestors", "'self'", "no other site frames the page")
_forms = _adder("form-action", "'self'", "forms go to the page's own origin only")


def _is_none(values: list[str]) -> bool:
    return not values or values == ["'none'"]


def _text(lists: Lists) -> str:
    ordered = sorted(lists.items(), key=lambda item: item[0] != "default-src")
    # A nonce is for one answer: nobody should take this one over.
    shown = ((name, dict.fromkeys(NONCE if is_nonce(value) else value for value in values)) for name, values in ordered)
    return "; ".join(" ".join([name, *values]) for name, values in shown)
