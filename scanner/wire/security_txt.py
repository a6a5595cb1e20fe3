"""security.txt (RFC 9116): text in, fields and what is wrong with them out.

Rule of the file: the grammar of section 4 with caps; any text gives a reading. No clock: whether Expires has passed is
for the rules to say.
"""

import dataclasses
import datetime
import re
from collections.abc import Iterator

from scanner.model.evidence.operation import SecurityField
from scanner.model.peer import peer_text

MAX_CHARACTERS = 32 * 1024
"""Characters that are read; section 5.4 warns of files that are made to exhaust a parser."""

MAX_FIELDS = 128
"""Fields that are kept."""

LONGEST_VALUE = 2_048
"""Characters of a value that are kept."""

KNOWN = {
    "acknowledgments": "Acknowledgments",
    "canonical": "Canonical",
    "contact": "Contact",
    "csaf": "CSAF",
    "encryption": "Encryption",
    "expires": "Expires",
    "hiring": "Hiring",
    "policy": "Policy",
    "preferred-languages": "Preferred-Languages",
}
"""Fields of IANA's security.txt registry, by name in lower case; others are extensions and allowed (section 2.4)."""

_URI_FIELDS = frozenset({"acknowledgments", "canonical", "contact", "csaf", "encryption", "hiring", "policy"})
_ONCE = ("expires", "preferred-languages")  # sections 2.5.5 and 2.5.8
_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"  # RFC 4880 section 7
_SIGNATURE = "-----BEGIN PGP SIGNATURE-----"
_FIELD = re.compile(r"([!#-9;-~]+)[ \t]*:[ \t]*(.*)", re.DOTALL)  # ftext of RFC 5322 section 3.6.8, but no "
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+")
_LANGUAGES = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*([ \t]*,[ \t]*[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*)*")
_DATE = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
_HTML = re.compile(r"\s*<(?:!doctype|html|head|body|!--|\?xml)", re.IGNORECASE)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SecurityText:
    """A reading: `is_one` tells whether the text has any field of the RFC at all, and is no HTML page."""

    is_one: bool
    signed: bool = False
    fields: tuple[SecurityField, ...] = ()
    expires: datetime.datetime | None = None
    problems: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()


def parse_security_txt(text: str, *, url: str | None = None) -> SecurityText:
    """The reading of a whole file. `url` is where it was found, which Canonical should name; None leaves that out."""
    if _HTML.match(text[:4096]):
        return SecurityText(is_one=False)
    signed = text.lstrip("\ufeff").startswith(_SIGNED)
    fields, stray = _fields(text[:MAX_CHARACTERS], signed=signed)
    if not any(one.name.lower() in KNOWN for one in fields):
        return SecurityText(is_one=False)
    expires, date_problem = _expires(fields)
    problems = [*_structure(fields), *([date_problem] if date_problem else []), *_uris(fields)]
    if stray:
        problems.append(f"line {stray} is neither a field nor a comment")
    if signed and _SIGNATURE not in text and len(text) <= MAX_CHARACTERS:
        problems.append("the signature is missing after a signed message")
    return SecurityText(
        is_one=True,
        signed=signed,
        fields=fields,
        expires=expires,
        problems=tuple(problems),
        advice=tuple(_advice(fields, url)),
    )


def _fields(text: str, *, signed: bool) -> tuple[tuple[SecurityField, ...], int | None]:
    """The fields, and the number of the first line that is nothing the grammar knows."""
    found: list[SecurityField] = []
    stray: int | None = None
    for number, line in _lines(text, signed=signed):
        match = _FIELD.fullmatch(line)
        if match is None:
            stray = stray or number
        elif len(found) < MAX_FIELDS:
            name = peer_text(match[1], limit=64)
            found.append(
                SecurityField(name=name, value=peer_text(match[2].strip(" \t"), limit=LONGEST_VALUE), line=number)
            )
    return tuple(found), stray


def _lines(text: str, *, signed: bool) -> Iterator[tuple[int, str]]:
    """The lines that count, with their numbers: no comments, none of a signature, dash-escapes undone."""
    armour = signed  # the header of a signed message ends with an empty line (RFC 4880 section 7)
    for number, raw in enumerate(re.split(r"\r?\n", text.lstrip("\ufeff")), start=1):
        line = raw.rstrip(" \t")
        if armour:
            armour = bool(line)
        elif signed and line == _SIGNATURE:
            return
        elif line and not line.startswith("#"):
            yield number, line[2:] if signed and line.startswith("- ") else line


def _structure(fields: tuple[SecurityField, ...]) -> Iterator[str]:
    names = [one.name.lower() for one in fields]
    if "contact" not in names:
        yield "Contact is missing"
    if "expires" not in names:
        yield "Expires is missing"
    for name in _ONCE:
        if names.count(name) > 1:
            yield f"{KNOWN[name]} stands more than once"
    for one in fields:
        if one.name.lower() == "preferred-languages" and not _LANGUAGES.fullmatch(one.value):
            yield "Preferred-Languages is no list of language tags"


def _expires(fields: tuple[SecurityField, ...]) -> tuple[datetime.datetime | None, str | None]:
    """The date of the only Expires, or what is wrong with it (section 2.5.5, RFC 3339)."""
    values = [one.value for one in fields if one.name.lower() == "expires"]
    if len(values) != 1:
        return None, None
    match = _DATE.fullmatch(values[0])
    if match is None:
        return None, "Expires is no date of RFC 3339"
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    away = datetime.timedelta(hours=int(match[8] or 0), minutes=int(match[9] or 0))
    try:
        local = datetime.datetime(year, month, day, hour, minute, min(second, 59), tzinfo=datetime.UTC)
        return (local + away if match[7] == "-" else local - away), None
    except (ValueError, OverflowError):
        return None, "Expires is no date of RFC 3339"


def _uris(fields: tuple[SecurityField, ...]) -> Iterator[str]:
    """Values that must be URIs; those of the web must be https (sections 2.5.1 to 2.5.9)."""
    for one in fields:
        key = one.name.lower()
        if key not in _URI_FIELDS:
            continue
        if not _SCHEME.fullmatch(one.value):
            yield f"{KNOWN[key]} is no URI (line {one.line})"
        elif one.value.lower().startswith("http:"):
            yield f"{KNOWN[key]} is not https (line {one.line})"


def _advice(fields: tuple[SecurityField, ...], url: str | None) -> Iterator[str]:
    """What the RFC recommends or a Canonical that does not name the place (section 2.5.2)."""
    canonical = [one.value for one in fields if one.name.lower() == "canonical"]
    if canonical and url is not None and url not in canonical:
        yield "Canonical does not name the URL where the file was found"
