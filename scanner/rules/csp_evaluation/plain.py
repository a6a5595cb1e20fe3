"""The set `plain`: what csp_evaluator's default checks say of one policy, at level 3 of the standard.

Semantics after https://github.com/google/csp-evaluator 1.1.8 (Apache-2.0), in our own words and code. Where browsers
disagree with it, the set `leadline` says so; only these answers differ from it on purpose: keywords and directives that
it does not know yet are no mistakes, `'SHA256-…'` and `'NONCE-…'` compare without case, and a value that is no URL ends
nothing.
"""

import re

from scanner.rules.csp_evaluation.addresses import address, bypasses, flash_bypass, is_ip, scheme_free
from scanner.rules.csp_evaluation.finding import CspFinding, CspSet, CspSeverity
from scanner.rules.csp_evaluation.names import BARE_KEYWORDS, DEPRECATED, DIRECTIVES, KEYWORDS, SCRIPT
from scanner.rules.csp_evaluation.notes import Notes, Table
from scanner.rules.csp_evaluation.view import (
    NONCE,
    SCHEME,
    Lists,
    governing,
    has_hash,
    has_nonce,
    is_hash,
    is_nonce,
)

_PLUGINS = (*SCRIPT, "object-src", "base-uri")
_OPEN_SCHEMES = frozenset({"data:", "http:", "https:"})
_FLASH = "application/x-shockwave-flash"
_SHORTEST_NONCE = 8
_OFF = frozenset({"'self'", "'unsafe-inline'"})
"""Keywords that 'strict-dynamic' turns off, as it does hosts and schemes."""

_DIGIT = re.compile(r"[0-9\[]")
_UNQUOTED_HASH = re.compile(r"sha(?:256|384|512)-")
_TRUSTED_TYPES_WORDS = {
    "require-trusted-types-for": frozenset({"'script'"}),
    "trusted-types": frozenset({"'allow-duplicates'", "'none'"}),
}

TABLE: Table = {
    "IGNORED": (CspSeverity.NONE, "{value} in {directive} has no effect: {why}"),
    "SCRIPT_UNSAFE_INLINE": (CspSeverity.HIGH, "{directive} lets injected inline scripts and handlers run"),
    "SCRIPT_UNSAFE_HASHES": (
        CspSeverity.MEDIUM_MAYBE,
        "{directive} lets inline handlers run whose hashes are listed; listeners in a script need no such exception",
    ),
    "SCRIPT_UNSAFE_EVAL": (
        CspSeverity.MEDIUM_MAYBE,
        "{directive} lets text become code through eval and its relatives",
    ),
    "PLAIN_URL_SCHEMES": (CspSeverity.HIGH, "{value} in {directive} lets in what anybody serves"),
    "PLAIN_WILDCARD": (CspSeverity.HIGH, "{value} in {directive} lets in every host"),
    "MISSING_DIRECTIVES": (CspSeverity.HIGH, "{directive} is missing: {why}"),
    "SCRIPT_ALLOWLIST_BYPASS": (CspSeverity.MEDIUM_MAYBE, "{value} in {directive} {why}"),
    "OBJECT_ALLOWLIST_BYPASS": (
        CspSeverity.MEDIUM_MAYBE,
        "{directive} lets in {value}; 'none' is what pages need today",
    ),
    "IP_SOURCE": (CspSeverity.INFO, "{value} in {directive} is an address: {why}"),
    "NONCE_LENGTH": (CspSeverity.MEDIUM, "the nonce {value} in {directive} is shorter than 8 characters"),
    "NONCE_CHARSET": (CspSeverity.INFO, "the nonce {value} in {directive} has characters outside base64"),
    "SRC_HTTP": (CspSeverity.MEDIUM, "{value} in {directive} is plain http"),
    "DEPRECATED_DIRECTIVE": (CspSeverity.INFO, "{directive} is out of use"),
    "UNKNOWN_DIRECTIVE": (CspSeverity.SYNTAX, "{directive} is no directive that browsers know"),
    "MISSING_SEMICOLON": (
        CspSeverity.SYNTAX,
        "{value} stands among the values of {directive}: a semicolon seems to be missing before it",
    ),
    "INVALID_KEYWORD": (CspSeverity.SYNTAX, "{value} in {directive} is no keyword"),
}

_NO_BASE = "an injected base element takes the page's relative scripts, nonce and all, to another host"
_NO_OBJECT = "nothing restricts plugins"
_NO_SCRIPT = "nothing restricts scripts"
_BY_NONCE = "a nonce or hash stands beside it"
_BY_STRICT = "'strict-dynamic' stands beside it"
_UNQUOTED = "{value} in {directive} needs single quotes, or it is a host's name"
_BARE_PREFIX = "nonce-"


def plain(lists: Lists, place: int = 0) -> list[CspFinding]:
    """The findings on one policy, `place` among others; order has no meaning."""
    notes = Notes(CspSet.PLAIN, TABLE, place)
    effective = _effective(lists, notes)
    script = list(dict.fromkeys([governing(effective, name) for name in SCRIPT]))
    _inline_and_eval(effective, script, notes)
    _broad(effective, script, notes)
    _missing(effective, notes)
    script_allowlists(effective, notes)
    _objects(effective, notes)
    _values(effective, notes)
    _directives(effective, notes)
    return notes.found


def _effective(lists: Lists, notes: Notes) -> Lists:
    """The lists without what a nonce, a hash or 'strict-dynamic' turns off; what went is noted as ignored."""
    effective = dict(lists)
    for name in dict.fromkeys([governing(lists, one) for one in SCRIPT]):
        values = lists.get(name)
        if not values:
            continue
        if "'unsafe-inline'" in values and (has_nonce(values) or has_hash(values)):
            notes.add("IGNORED", name, "'unsafe-inline'", why=_BY_NONCE)
            effective[name] = [value for value in effective[name] if value != "'unsafe-inline'"]
        if "'strict-dynamic'" in values:
            for value in values:
                if value[0] != "'" or value in _OFF:
                    notes.add("IGNORED", name, value, why=_BY_STRICT)
            effective[name] = [value for value in effective[name] if value[0] == "'" and value not in _OFF]
    return effective


def _inline_and_eval(effective: Lists, script: list[str], notes: Notes) -> None:
    for name in script:
        values = effective.get(name, ())
        if "'unsafe-inline'" in values:
            notes.add("SCRIPT_UNSAFE_INLINE", name, "'unsafe-inline'")
        if "'unsafe-hashes'" in values:
            notes.add("SCRIPT_UNSAFE_HASHES", name, "'unsafe-hashes'")
        if "'unsafe-eval'" in values:
            notes.add("SCRIPT_UNSAFE_EVAL", name, "'unsafe-eval'")


def _broad(effective: Lists, script: list[str], notes: Notes) -> None:
    """Wildcards and bare schemes where they let scripts in."""
    for name in dict.fromkeys([*script, governing(effective, "object-src"), "base-uri"]):
        for value in effective.get(name, ()):
            if value in _OPEN_SCHEMES:
                notes.add("PLAIN_URL_SCHEMES", name, value)
            elif value[-1] == "*" and scheme_free(value) == "*":
                notes.add("PLAIN_WILDCARD", name, value)


def _missing(effective: Lists, notes: Notes) -> None:
    default = effective.get("default-src")
    if not effective.get("object-src", default):
        notes.add("MISSING_DIRECTIVES", "object-src", why=_NO_OBJECT)
    if default is None and "script-src" not in effective:
        notes.add("MISSING_DIRECTIVES", "script-src", why=_NO_SCRIPT)
    scripts = effective.get(governing(effective, "script-src"), ())
    needed = has_nonce(scripts) or ("'strict-dynamic'" in scripts and has_hash(scripts))
    if needed and "base-uri" not in effective:
        notes.add("MISSING_DIRECTIVES", "base-uri", why=_NO_BASE)


def script_allowlists(effective: Lists, notes: Notes, *, none_stops: bool = True) -> None:
    """Script sources by host; `none_stops` as in csp_evaluator, browsers ignore 'none' beside other sources."""
    for name in dict.fromkeys([governing(effective, "script-src"), governing(effective, "script-src-elem")]):
        values = effective.get(name, ())
        if ("'none'" in values) is none_stops:
            continue
        for value in values:
            if value == "'self'":
                why = "is a risk where the site serves JSONP, AngularJS or files of its users"
                notes.add("SCRIPT_ALLOWLIST_BYPASS", name, value, why=why)
            elif value[0] != "'" and "." in value and not SCHEME.fullmatch(value):
                _script_host(name, value, has_eval="'unsafe-eval'" in values, notes=notes)


def _script_host(name: str, value: str, *, has_eval: bool, notes: Notes) -> None:
    known = bypasses(value, has_eval=has_eval)
    serves = [f"{what} ({host})" for host, what in ((known.jsonp, "JSONP"), (known.angular, "AngularJS")) if host]
    if serves:
        why = f"is known to serve {' and '.join(serves)}, a way round this policy"
        notes.add("SCRIPT_ALLOWLIST_BYPASS", name, value, severity=CspSeverity.HIGH, why=why)
    else:
        notes.add("SCRIPT_ALLOWLIST_BYPASS", name, value, why="is a risk if that host serves JSONP or AngularJS")


def _objects(effective: Lists, notes: Notes) -> None:
    """Object sources; an object-src that is there should be 'none'."""
    name = governing(effective, "object-src")
    values = effective.get(name, ())
    types = effective.get("plugin-types")
    if "'none'" in values or (types is not None and _FLASH not in types):
        return
    object_allowlist(name, values, notes)


def object_allowlist(name: str, values: list[str] | tuple[str, ...], notes: Notes) -> None:
    """What is to be said of each object source."""
    for value in values:
        host = flash_bypass(value) if value[0] != "'" else None
        if host:
            saying = "{value} in {directive} is known to serve scriptable Flash files ({host})"
            notes.add(
                "OBJECT_ALLOWLIST_BYPASS", name, value, severity=CspSeverity.HIGH, saying=saying, host=host
            )  # fmt: skip
        elif name == "object-src":
            notes.add("OBJECT_ALLOWLIST_BYPASS", name, value)


def _values(effective: Lists, notes: Notes) -> None:
    """What is to be said of single values, whatever their directive."""
    for name, values in effective.items():
        quoted = _TRUSTED_TYPES_WORDS.get(name)
        for value in values:
            if value[0] == "'":
                _quoted(name, value, quoted, notes)
                if "@" not in value:
                    continue
            elif value in BARE_KEYWORDS or value.startswith(_BARE_PREFIX) or _UNQUOTED_HASH.match(value):
                notes.add("INVALID_KEYWORD", name, value, saying=_UNQUOTED)
            if value in DIRECTIVES:
                notes.add("MISSING_SEMICOLON", name, value)
            if value.startswith("http://"):
                notes.add("SRC_HTTP", name, value)
            if _DIGIT.search(value):
                _ip(name, value, notes)


def _quoted(name: str, value: str, words: frozenset[str] | None, notes: Notes) -> None:
    if value in KEYWORDS and words is None:
        return
    nonce = NONCE.fullmatch(value)
    good = nonce is not None and is_nonce(value)
    if nonce is not None and len(nonce[1]) < _SHORTEST_NONCE:
        notes.add("NONCE_LENGTH", name, value)
    if nonce is not None and not good:
        notes.add("NONCE_CHARSET", name, value)
    if value not in words if words is not None else not (good or is_hash(value)):
        notes.add("INVALID_KEYWORD", name, value)


def _ip(name: str, value: str, notes: Notes) -> None:
    place = address(value)
    host = place.host if place is not None else scheme_free(value)
    if not is_ip(host):
        return
    local = "it names this machine, as in development" if host == "127.0.0.1" else "browsers match no such source"
    notes.add("IP_SOURCE", name, value, why=local)


def _directives(effective: Lists, notes: Notes) -> None:
    for name in effective:
        if name not in DIRECTIVES:
            notes.add("UNKNOWN_DIRECTIVE", name)
    for name in DEPRECATED:
        if name in effective:
            notes.add("DEPRECATED_DIRECTIVE", name)
