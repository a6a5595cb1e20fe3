"""The set `leadline`, single values: what browsers make of each word of a source list (CSP3 section 2.3.1)."""

import base64
import binascii
import itertools
import re

from scanner.rules.csp_evaluation.finding import CspSeverity
from scanner.rules.csp_evaluation.names import (
    ALL_BARE_KEYWORDS,
    BARE_KEYWORDS,
    DIRECTIVES,
    KEYWORDS,
    NONCE_AND_HASH,
    OBSOLETE_KEYWORDS,
    SCRIPT,
    SHARED_HOSTING,
    SOURCE_LISTS,
    WHERE,
)
from scanner.rules.csp_evaluation.notes import Notes, Table
from scanner.rules.csp_evaluation.view import NONCE, SCHEME, Lists, is_nonce

BITS_128 = 22
"""Base64 characters of 128 random bits, which CSP3 section 7.1 asks of a nonce."""

_SHORTEST = 8
"""Below this csp_evaluator speaks itself."""

HOST_SOURCE = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://)?(?P<host>\*|(?:\*\.)?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\])"
    r"(?P<port>:(?:\d+|\*))?(?P<path>/[^?#]*)?"
)
"""A host-source of the grammar (CSP3 section 2.3.1)."""

_HASH = re.compile(r"'(sha256|sha384|sha512)-([A-Za-z0-9+/_-]+)={0,2}'", re.IGNORECASE)
_HASH_BYTES = {"sha256": 32, "sha384": 48, "sha512": 64}
_OTHER_HASH = re.compile(r"'?(?:md5|sha1|sha-?1|sha224|sha3(?:-\d+)?|sha-(?:256|384|512)|ed25519)-.+'?", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"[{}$%<>\[\]]|nonce|random|r4nd0m|changeme|example|placeholder|secret|test", re.IGNORECASE)
_LOCAL = re.compile(r"(?:[^/]*//)?(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?=[:/]|$)", re.IGNORECASE)
_WORDS = re.compile(rb"[A-Za-z ._-]{8,}|\d{6,}")
_QUOTES = "'\"`"
_INSECURE = ("http:", "ws:", "ftp:")
_SCRIPTS_ONLY = frozenset({*SCRIPT, "default-src", "worker-src", "object-src"})
_LOCAL_SCHEMES = frozenset({"blob:", "filesystem:", "mediastream:", "about:", "javascript:", "file:"})

TABLE: Table = {
    "NONCE_SHORT": (CspSeverity.INFO, "the nonce {value} in {directive} holds fewer than 128 bits"),
    "NONCE_INVALID": (
        CspSeverity.SYNTAX,
        "browsers take {value} in {directive} for no nonce at all, for its characters are not base64",
    ),
    "NONCE_STATIC": (CspSeverity.MEDIUM_MAYBE, "the nonce {value} in {directive} looks made up, not random"),
    "HASH_LENGTH": (CspSeverity.SYNTAX, "{value} in {directive} is not as long as such a hash is, and matches nothing"),
    "HASH_ALGORITHM": (
        CspSeverity.SYNTAX,
        "{value} in {directive} matches nothing: sha256, sha384 and sha512 are known",
    ),
    "KEYWORD_UNQUOTED": (CspSeverity.SYNTAX, "{value} in {directive} is read as a host's name, for it has no quotes"),
    "KEYWORD_MISPLACED": (CspSeverity.INFO, "{value} has no meaning in {directive}"),
    "KEYWORD_OBSOLETE": (CspSeverity.INFO, "{value} in {directive} is out of use"),
    "QUOTES_WRONG": (CspSeverity.SYNTAX, "the quotes of {value} in {directive} are wrong, so browsers ignore it"),
    "INVALID_SOURCE": (CspSeverity.SYNTAX, "{value} in {directive} is no source, so browsers ignore it"),
    "USERINFO_SOURCE": (CspSeverity.SYNTAX, "{value} in {directive} has a user's name in it, so browsers ignore it"),
    "QUERY_SOURCE": (CspSeverity.SYNTAX, "{value} in {directive} has a query or fragment, which a source cannot have"),
    "WILDCARD_HOST": (CspSeverity.HIGH, "{value} in {directive} lets in every host"),
    "WILDCARD_TLD": (CspSeverity.HIGH, "{value} in {directive} lets in a whole top-level domain"),
    "WILDCARD_SHARED_HOSTING": (
        CspSeverity.MEDIUM_MAYBE,
        "{value} in {directive} lets in a domain where anybody gets a host",
    ),
    "LOCAL_SCHEME": (CspSeverity.MEDIUM_MAYBE, "{value} in {directive} lets the page itself make up scripts"),
    "INSECURE_SOURCE": (CspSeverity.INFO, "{value} in {directive} lets plain-text addresses in where https would do"),
    "LOCALHOST_SOURCE": (CspSeverity.INFO, "{value} in {directive} names the visitor's own machine"),
    "PATH_SOURCE": (CspSeverity.INFO, "the path of {value} in {directive} counts no longer after a redirect"),
    "MISSING_SEMICOLON": (
        CspSeverity.SYNTAX,
        "{value} stands among the values of {directive}: a semicolon seems to be missing before it",
    ),
}


def check_values(lists: Lists, notes: Notes) -> None:
    """Notes on every value of every source list."""
    upgraded = "upgrade-insecure-requests" in lists
    for name, values in lists.items():
        if name not in SOURCE_LISTS:
            continue
        strict = name in _SCRIPTS_ONLY and "'strict-dynamic'" in values
        for value in values:
            if value[0] == "'":
                _quoted(name, value, notes)
            elif value != "*":
                _source(name, value, notes, off=strict, upgraded=upgraded)


def _quoted(name: str, value: str, notes: Notes) -> None:
    if value in KEYWORDS:
        if name not in WHERE.get(value, SOURCE_LISTS):
            notes.add("KEYWORD_MISPLACED", name, value)
        elif value in OBSOLETE_KEYWORDS:
            notes.add("KEYWORD_OBSOLETE", name, value)
        return
    nonce = NONCE.fullmatch(value)
    digest = None if nonce else _HASH.fullmatch(value)
    if nonce is not None:
        _nonce(name, value, nonce[1], notes)
    elif digest is not None:
        if not _right_length(digest[1], digest[2]):
            notes.add("HASH_LENGTH", name, value)
    elif _OTHER_HASH.fullmatch(value):
        notes.add("HASH_ALGORITHM", name, value)
    else:
        _misquoted(name, value, notes)
        return
    if name not in NONCE_AND_HASH:
        notes.add("KEYWORD_MISPLACED", name, value)


def _nonce(name: str, value: str, text: str, notes: Notes) -> None:
    if not is_nonce(value):
        notes.add("NONCE_INVALID", name, value)
    elif _SHORTEST <= len(text.rstrip("=")) < BITS_128:
        notes.add("NONCE_SHORT", name, value)
    if _looks_static(text):
        notes.add("NONCE_STATIC", name, value)


def _looks_static(text: str) -> bool:
    """Whether a nonce is a placeholder, one character over and over, a counting row, or base64 of a word."""
    plain = text.rstrip("=")
    if _PLACEHOLDER.search(plain) or len(set(plain)) <= 2:
        return True
    steps = {ord(second) - ord(first) for first, second in itertools.pairwise(plain)}
    if len(steps) == 1:
        return True
    try:
        inside = base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=False)
    except (binascii.Error, ValueError):
        return False
    return _WORDS.fullmatch(inside) is not None


def _right_length(algorithm: str, text: str) -> bool:
    """Whether base64 of this many characters holds a hash of the algorithm's size."""
    return len(text) == -(-_HASH_BYTES[algorithm.lower()] * 8 // 6)


def _misquoted(name: str, value: str, notes: Notes) -> None:
    bare = value.strip(_QUOTES)
    if value.count("'") != 2 or not value.endswith("'") or SCHEME.fullmatch(bare) or "." in bare:
        notes.add("QUOTES_WRONG", name, value)


def _source(name: str, value: str, notes: Notes, *, off: bool, upgraded: bool) -> None:
    """A value without a quote in front; `off` where 'strict-dynamic' makes browsers ignore it anyway."""
    if SCHEME.fullmatch(value):
        _scheme(name, value, notes, off=off, upgraded=upgraded)
        return
    match = HOST_SOURCE.fullmatch(value)
    if match is None:
        _no_source(name, value, notes)
        return
    lower = value.lower()
    if lower in ALL_BARE_KEYWORDS:
        if lower not in BARE_KEYWORDS or lower != value:
            notes.add("KEYWORD_UNQUOTED", name, value)
        return
    if lower in DIRECTIVES:
        if value != lower:
            notes.add("MISSING_SEMICOLON", name, value)
        return
    if not off:
        _host(name, value, match, notes, upgraded=upgraded)


def _scheme(name: str, value: str, notes: Notes, *, off: bool, upgraded: bool) -> None:
    if value in _INSECURE and not off and not upgraded:
        notes.add("INSECURE_SOURCE", name, value)
    if value in _LOCAL_SCHEMES and name in {*SCRIPT, "default-src"} and not off:
        notes.add("LOCAL_SCHEME", name, value)


def _no_source(name: str, value: str, notes: Notes) -> None:
    if value.lower().startswith("nonce-") or _HASH.fullmatch(f"'{value}'"):
        if value[0] in "Nn" and value.startswith("nonce-"):
            return  # csp_evaluator says so
        notes.add("KEYWORD_UNQUOTED", name, value)
    elif value[0] in _QUOTES or value[-1] in _QUOTES:
        notes.add("QUOTES_WRONG", name, value)
    elif HOST_SOURCE.fullmatch(re.split(r"[?#]", value, maxsplit=1)[0]):
        notes.add("QUERY_SOURCE", name, value)
    elif "@" in value.split("//", 1)[-1].split("/", 1)[0]:
        notes.add("USERINFO_SOURCE", name, value)
    else:
        notes.add("INVALID_SOURCE", name, value)


def _host(name: str, value: str, match: re.Match[str], notes: Notes, *, upgraded: bool) -> None:
    host = match["host"].lower()
    scheme = (match["scheme"] or "").lower()
    wild = name in _SCRIPTS_ONLY or name in {"base-uri", "frame-src", "child-src"}
    if host == "*" and match["port"] not in {None, ":*"} and wild:
        notes.add("WILDCARD_HOST", name, value)
    elif host.startswith("*.") and "." not in host[2:].rstrip(".") and wild:
        notes.add("WILDCARD_TLD", name, value)
    elif host[2:] in SHARED_HOSTING and host.startswith("*.") and wild:
        notes.add("WILDCARD_SHARED_HOSTING", name, value)
    if scheme == "ws" and not upgraded:
        notes.add("INSECURE_SOURCE", name, value)
    if _LOCAL.match(value):
        notes.add("LOCALHOST_SOURCE", name, value)
    if len(match["path"] or "") > 1 and name in _SCRIPTS_ONLY:
        notes.add("PATH_SOURCE", name, value)
