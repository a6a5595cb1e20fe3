"""The set `leadline`, whole directives and the policy: what browsers make of them (CSP3), and what is missing."""

import difflib
import functools
import re

from scanner.model.csp import CspPolicy, Disposition
from scanner.rules.csp_evaluation.finding import CspSeverity
from scanner.rules.csp_evaluation.names import (
    DIRECTIVES,
    OBSOLETE,
    SANDBOX_FLAGS,
    SOURCE_LISTS,
    VALUELESS,
)
from scanner.rules.csp_evaluation.notes import Notes, Table
from scanner.rules.csp_evaluation.plain import TABLE as PLAIN
from scanner.rules.csp_evaluation.plain import object_allowlist, script_allowlists
from scanner.rules.csp_evaluation.view import Lists, governing, has_hash, has_nonce

_OPEN = frozenset({"*", "http:", "https:", "http://*", "https://*"})
_WORKER_OPEN = _OPEN | {"data:"}
MOST_SUGGESTIONS = 8
"""Unknown names of one policy for which a like one is looked for."""

_LONGEST_NAME = 40
_NAME = re.compile(r"[a-z0-9-]+")
_POLICY_NAME = re.compile(r"[A-Za-z0-9\-#=_/@.%]+")  # Trusted Types section 4.2.1.1
_SINK_WORDS = frozenset({"'script'"})

TABLE: Table = {
    "REPORT_ONLY": (CspSeverity.INFO, "the policy only reports: nothing is blocked"),
    "REPEATED_DIRECTIVE": (CspSeverity.SYNTAX, "{directive} stands there again; browsers take the first one only"),
    "NON_ASCII_DIRECTIVE": (CspSeverity.SYNTAX, "browsers skip {value}, for it is not ASCII"),
    "META_UNHEEDED_DIRECTIVE": (CspSeverity.SYNTAX, "{directive} has no effect in a meta element"),
    "OBSOLETE_DIRECTIVE": (CspSeverity.INFO, "{directive} is out of use: {why}"),
    "DIRECTIVE_MISSPELLED": (CspSeverity.SYNTAX, "{directive} is no directive; {value} may be meant"),
    "DIRECTIVE_NAME_INVALID": (CspSeverity.SYNTAX, "{directive} can be no directive's name"),
    "SOURCE_AS_DIRECTIVE": (
        CspSeverity.SYNTAX,
        "{directive} stands where a directive's name should; sources are parted by spaces, not by {by}",
    ),
    "HEADER_NAME_IN_POLICY": (CspSeverity.SYNTAX, "the policy begins with a header's name, so what follows is lost"),
    "BASE_URI_MISSING": (CspSeverity.INFO, "{directive} is missing and has no fallback: any base element counts"),
    "FORM_ACTION_MISSING": (CspSeverity.INFO, "{directive} is missing and has no fallback: forms may go anywhere"),
    "FRAME_ANCESTORS_MISSING": (CspSeverity.INFO, "{directive} is missing and has no fallback: any site may frame"),
    "FORM_ACTION_OPEN": (CspSeverity.INFO, "{value} in {directive} lets forms go anywhere"),
    "FRAME_ANCESTORS_OPEN": (CspSeverity.MEDIUM_MAYBE, "{value} in {directive} lets any site frame the page"),
    "DEFAULT_SRC_MISSING": (CspSeverity.INFO, "{directive} is missing: what no directive names may come from anywhere"),
    "SCRIPTS_PARTLY_GOVERNED": (
        CspSeverity.MEDIUM_MAYBE,
        "{directive} stands alone: without script-src or default-src {why} without restriction",
    ),
    "OBJECT_SRC_FALLBACK": (
        CspSeverity.INFO,
        "{directive} is missing, so default-src governs plugins; 'none' is enough",
    ),
    "NONE_IGNORED": (CspSeverity.SYNTAX, "browsers ignore 'none' in {directive}, for it stands beside other sources"),
    "EMPTY_SOURCE_LIST": (CspSeverity.INFO, "{directive} has no value, which browsers read as 'none'"),
    "STRICT_DYNAMIC_BLOCKS_ALL": (
        CspSeverity.SYNTAX,
        "'strict-dynamic' in {directive} without a valid nonce or hash blocks every script",
    ),
    "STYLE_UNSAFE_INLINE": (CspSeverity.INFO, "{directive} lets injected inline styles count"),
    "WORKER_SOURCE_OPEN": (CspSeverity.MEDIUM_MAYBE, "{value} in {directive} lets workers come from anywhere"),
    "OPEN_SOURCE_LIST": (CspSeverity.INFO, "{value} in {directive} lets in every host"),
    "VALUE_IGNORED": (CspSeverity.INFO, "{directive} takes no value"),
    "SANDBOX_WEAK": (CspSeverity.INFO, "{directive} with allow-scripts and allow-same-origin isolates next to nothing"),
    "SANDBOX_UNKNOWN_FLAG": (CspSeverity.SYNTAX, "{value} is no flag of {directive}"),
    "TRUSTED_TYPES_WILDCARD": (CspSeverity.INFO, "* in {directive} lets scripts make policies of any name"),
    "TRUSTED_TYPES_DUPLICATES": (CspSeverity.INFO, "{value} in {directive} lets a policy be made again"),
    "TRUSTED_TYPES_POLICY_NAME": (CspSeverity.SYNTAX, "{value} in {directive} can be no policy's name"),
    "TRUSTED_TYPES_NOT_REQUIRED": (
        CspSeverity.INFO,
        "{directive} names policies, but nothing requires them: require-trusted-types-for 'script' is missing",
    ),
    "TRUSTED_TYPES_SINK": (CspSeverity.SYNTAX, "{value} in {directive} is no sink; 'script' is the only one"),
    "REPORTING_DESTINATION_MISSING": (CspSeverity.INFO, "the policy names no place for reports"),
    "REPORT_TO_ONLY": (CspSeverity.INFO, "older browsers send no reports, for {directive} stands without report-uri"),
    "REPORT_URI_ONLY": (CspSeverity.INFO, "{directive} is on its way out; report-to belongs beside it"),
    "SCRIPT_ALLOWLIST_BYPASS": PLAIN["SCRIPT_ALLOWLIST_BYPASS"],
    "OBJECT_ALLOWLIST_BYPASS": PLAIN["OBJECT_ALLOWLIST_BYPASS"],
}


def check_policy(policy: CspPolicy, lists: Lists, notes: Notes) -> None:
    """Notes on what the policy as a whole has and lacks."""
    if policy.disposition is Disposition.REPORT:
        notes.add("REPORT_ONLY", None)
    for name in policy.repeated:
        notes.add("REPEATED_DIRECTIVE", name)
    for text in policy.dropped:
        notes.add("NON_ASCII_DIRECTIVE", None, text)
    for name in policy.unheeded:
        notes.add("META_UNHEEDED_DIRECTIVE", name)
    if lists:
        _names(lists, notes)
        _absent(lists, notes)
        _reporting(lists, notes)
        _lists(lists, notes)
        _other(lists, notes)


def _names(lists: Lists, notes: Notes) -> None:
    """Directive names that are obsolete, misspelt, or no names at all."""
    suggestions = 0
    for place, name in enumerate(lists):
        if name in OBSOLETE:
            notes.add("OBSOLETE_DIRECTIVE", name, why=OBSOLETE[name])
        if name in DIRECTIVES:
            continue
        if place == 0 and name.rstrip(":") in {"content-security-policy", "content-security-policy-report-only"}:
            notes.add("HEADER_NAME_IN_POLICY", name)
        elif name[0] == "'" or "//" in name or ("." in name and "=" not in name) or name == "*":
            notes.add("SOURCE_AS_DIRECTIVE", name, by="commas" if place == 0 else "semicolons")
        else:
            suggestions += 1
            known = meant(name) if suggestions <= MOST_SUGGESTIONS else None
            if known is not None:
                notes.add("DIRECTIVE_MISSPELLED", name, known)
            elif not _NAME.fullmatch(name):
                notes.add("DIRECTIVE_NAME_INVALID", name)


@functools.lru_cache(maxsize=256)
def meant(name: str) -> str | None:
    """The known directive that is most like `name`, where one is."""
    if len(name) > _LONGEST_NAME:
        return None
    stem = re.split(r"[^a-z0-9_-]", name, maxsplit=1)[0].replace("_", "-") or name
    if stem in DIRECTIVES:
        return stem
    return next(iter(difflib.get_close_matches(stem, sorted(DIRECTIVES), n=1, cutoff=0.75)), None)


def _absent(lists: Lists, notes: Notes) -> None:
    default = lists.get("default-src")
    if "base-uri" not in lists:
        notes.add("BASE_URI_MISSING", "base-uri")
    if "form-action" not in lists:
        notes.add("FORM_ACTION_MISSING", "form-action")
    if "frame-ancestors" not in lists:
        notes.add("FRAME_ANCESTORS_MISSING", "frame-ancestors")
    if default is None:
        notes.add("DEFAULT_SRC_MISSING", "default-src")
        if "script-src" not in lists:
            _parts(lists, notes)
    elif "object-src" not in lists and default and default != ["'none'"]:
        notes.add("OBJECT_SRC_FALLBACK", "object-src")


def _parts(lists: Lists, notes: Notes) -> None:
    """One half of the scripts is governed, the other is not."""
    elements, handlers = "script-src-elem" in lists, "script-src-attr" in lists
    if elements and not handlers:
        notes.add("SCRIPTS_PARTLY_GOVERNED", "script-src-elem", why="inline handlers and eval work")
    elif handlers and not elements:
        notes.add("SCRIPTS_PARTLY_GOVERNED", "script-src-attr", why="scripts load and eval works")
    elif elements:
        notes.add("SCRIPTS_PARTLY_GOVERNED", "script-src-elem", why="eval and workers work")


def _reporting(lists: Lists, notes: Notes) -> None:
    uri, group = lists.get("report-uri"), lists.get("report-to")
    if not uri and not group:
        notes.add("REPORTING_DESTINATION_MISSING", "report-uri")
    elif not uri:
        notes.add("REPORT_TO_ONLY", "report-to")
    elif not group:
        notes.add("REPORT_URI_ONLY", "report-uri")


def _lists(lists: Lists, notes: Notes) -> None:
    """Source lists as wholes."""
    corrected = False
    for name, values in lists.items():
        if name not in SOURCE_LISTS:
            continue
        if not values:
            notes.add("EMPTY_SOURCE_LIST", name)
        elif len(values) > 1 and "'none'" in values:
            notes.add("NONE_IGNORED", name, "'none'")
            corrected = True
        _one_list(name, values, notes)
    if corrected:
        _beside_none(lists, notes)


def _one_list(name: str, values: list[str], notes: Notes) -> None:
    dynamic = "'strict-dynamic'" in values
    if dynamic and name.startswith("script-src-") and not (has_nonce(values) or has_hash(values)):
        notes.add("STRICT_DYNAMIC_BLOCKS_ALL", name, "'strict-dynamic'")
    inline = "'unsafe-inline'" in values and not (has_nonce(values) or has_hash(values))
    if inline and name in {"style-src", "style-src-elem", "style-src-attr"}:
        notes.add("STYLE_UNSAFE_INLINE", name, "'unsafe-inline'")
    check, openings = _OPENINGS.get(name, (None, _OPEN))
    if check is not None:
        for value in values:
            if value in openings and not (dynamic and name in {"worker-src", "child-src"}):
                notes.add(check, name, value)


_OPENINGS: dict[str, tuple[str, frozenset[str]]] = {
    "form-action": ("FORM_ACTION_OPEN", _OPEN),
    "frame-ancestors": ("FRAME_ANCESTORS_OPEN", _OPEN),
    "worker-src": ("WORKER_SOURCE_OPEN", _WORKER_OPEN),
    "child-src": ("WORKER_SOURCE_OPEN", _WORKER_OPEN),
    **dict.fromkeys(
        ("connect-src", "font-src", "frame-src", "img-src", "manifest-src", "media-src", "style-src", "style-src-elem"),
        ("OPEN_SOURCE_LIST", _OPEN),
    ),
}
"""Which check speaks of open values, by directive."""


def _beside_none(lists: Lists, notes: Notes) -> None:
    """What csp_evaluator leaves out because it stops at 'none', and browsers do not."""
    heeded = {name: [] if "'strict-dynamic'" in values else values for name, values in lists.items()}
    script_allowlists(heeded, notes, none_stops=False)
    name = governing(lists, "object-src")
    values = heeded.get(name, [])
    if "'none'" in values:
        object_allowlist(name, [value for value in values if value != "'none'"], notes)


def _other(lists: Lists, notes: Notes) -> None:
    """Directives that hold no sources."""
    for name in VALUELESS & lists.keys():
        if lists[name]:
            notes.add("VALUE_IGNORED", name, lists[name][0])
    flags = [flag.lower() for flag in lists.get("sandbox", ())]
    for flag in flags:
        if flag not in SANDBOX_FLAGS:
            notes.add("SANDBOX_UNKNOWN_FLAG", "sandbox", flag)
    if {"allow-scripts", "allow-same-origin"} <= set(flags):
        notes.add("SANDBOX_WEAK", "sandbox")
    _trusted_types(lists, notes)


def _trusted_types(lists: Lists, notes: Notes) -> None:
    sinks = lists.get("require-trusted-types-for", ())
    for value in sinks:
        if value not in _SINK_WORDS:
            notes.add("TRUSTED_TYPES_SINK", "require-trusted-types-for", value)
    names = lists.get("trusted-types")
    if names is None:
        return
    if not sinks:  # of a wrong sink the other check speaks
        notes.add("TRUSTED_TYPES_NOT_REQUIRED", "trusted-types")
    for value in names:
        check = _of_policy_name(value, alone=len(names) == 1)
        if check is not None:
            notes.add(check, "trusted-types", value)


def _of_policy_name(value: str, *, alone: bool) -> str | None:
    """The check that speaks of one word of trusted-types (Trusted Types section 4.2.1.1)."""
    special = {
        "*": "TRUSTED_TYPES_WILDCARD",
        "'allow-duplicates'": "TRUSTED_TYPES_DUPLICATES",
        "'none'": None if alone else "NONE_IGNORED",
    }
    lower = value.lower()
    if lower in special:
        return special[lower]
    return None if _POLICY_NAME.fullmatch(value) else "TRUSTED_TYPES_POLICY_NAME"
