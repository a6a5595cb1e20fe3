"""Strict-Transport-Security (RFC 6797 section 6.1): one header line in, a policy out."""

import re

from scanner.errors import Malformed
from scanner.model.evidence.http_headers import HstsPolicy

MAX_SIZE = 4_096
"""Characters of one value."""

LONGEST_AGE = 10**10
"""Seconds, some 317 years: larger numbers are cut to this, browsers cut much sooner."""

# directive = token [ "=" ( token / quoted-string ) ], with implied white space round every part.
_DIRECTIVE = re.compile(
    r"""[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*(?:=[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+|"(?:[^"\\]|\\.)*"))?[ \t]*"""
)
_KNOWN = frozenset({"max-age", "includesubdomains"})  # section 6.1; UAs ignore all others (requirement 5)
_BLANK = re.compile(r"[ \t]*(?=;|$)")
_DIGITS = re.compile(r"[0-9]+")


def parse_hsts(value: str) -> HstsPolicy:
    """The policy of one header line. Of several lines only the first counts (section 8.1).

    Raises Malformed for what section 6.1 forbids and browsers refuse: no max-age, one that is no number,
    includeSubDomains with a value, either of the two twice. Directives that browsers do not know void nothing.
    """
    directives = _directives(value)
    if "max-age" not in directives:
        raise Malformed("max-age is missing")
    age = directives["max-age"]
    if age is None or not _DIGITS.fullmatch(age):
        raise Malformed("max-age is not a whole number of seconds")
    if directives.get("includesubdomains") is not None:
        raise Malformed("includesubdomains takes no value")
    return HstsPolicy(
        max_age=min(int(age), LONGEST_AGE),
        include_subdomains="includesubdomains" in directives,
        # Not of the RFC: browsers skip it as a directive that they do not know, whatever stands behind it.
        preload="preload" in directives and directives["preload"] is None,
    )


def _directives(value: str) -> dict[str, str | None]:
    """Directives by name in lower case, quotes undone; None for one without a value."""
    if len(value) > MAX_SIZE:
        raise Malformed(f"longer than {MAX_SIZE} characters")
    found: dict[str, str | None] = {}
    place = 0
    while place <= len(value):
        blank = _BLANK.match(value, place)
        directive = None if blank else _DIRECTIVE.match(value, place)
        if blank:
            place = blank.end()
        elif directive is None:
            raise Malformed("a directive is no token")
        else:
            name = directive[1].lower()
            if name in found and name in _KNOWN:
                raise Malformed("a directive stands twice")
            found.setdefault(name, _unquoted(directive[2]))
            place = directive.end()
        if place < len(value) and value[place] != ";":
            raise Malformed("a semicolon is missing, or a value is neither a token nor a quoted string")
        place += 1
    return found


def _unquoted(value: str | None) -> str | None:
    if value is None or not value.startswith('"'):
        return value
    return re.sub(r"\\(.)", r"\1", value[1:-1])
