"""Checks of secrets: what tells a real one from a placeholder, beyond the shape.

Rule of the room: pure functions of a found text, each bounded by the length of what its pattern lets through.
"""

import base64
import binascii
import json
import math
import re
import zlib
from collections import Counter
from collections.abc import Mapping

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK_DIGITS = 6

_PLACEHOLDER = re.compile(
    r"example|sample|dummy|placeholder|changeme|change[-_ ]me|your|insert|replace|redacted|hidden|secret[-_]?(?:key)?$"
    r"|xxxx|\*\*\*|\.\.\.|0{6}|1234567|abcdef0|abcdefgh|test[-_]?(?:key|token|secret)|lorem|foobar|todo|^(?:undefined|null|none)$"
    r"|4eC39HqLyjWDarjtT1zdp7dc|BQokikJOvBiI2HlWgH4olfQ2"  # the test keys of Stripe's own documentation
    r"|[<>{}$%]|&(?:lt|gt|#0?60|#x3c);|\[\w+\]",
    re.IGNORECASE,
)
_COMMON_PASSWORDS = frozenset(
    {
        "password",
        "passwd",
        "pass",
        "pwd",
        "secret",
        "user",
        "username",
        "root",
        "admin",
        "test",
        "guest",
        "demo",
        "mypassword",
        "my_password",
        "p4ssw0rd",
        "p@ssw0rd",
        "hunter2",
        "letmein",
        "123",
        "1234",
        "12345",
        "123456",
        "abc",
        "abc123",
        "xxx",
        "x",
        "pw",
        "changeit",
        "postgres",
        "mysql",
        "mongo",
        "redis",
        "default",
    }
)
_EXAMPLE_HOST = re.compile(
    r"(?:^|\.)(?:example|invalid|test|localhost|local)$|(?:^|\.)example\.(?:com|net|org|edu)$|^(?:127\.|0\.0\.0\.0|\[?::1)"
    r"|^(?:host|hostname|server|domain|db|database|mysql|postgres|redis|mongo|mongodb|proxy)$|your|<|\$|\{",
    re.IGNORECASE,
)
_EXAMPLE_PASSWORD = re.compile(
    r"(?:my|the|your|a|some|super|very|strong|secure|safe|db|database|user|root|admin|app|dev|local|docker|postgres"
    r"|mysql|mongo|redis|rabbit|test|secret|[-_.])*(?:passw(?:or)?d|p[a@]ssw[o0]rd|pass|pwd|pw|secret|s[e3]cr[e3]t)"
    r"[0-9]{0,4}[!.]?",
    re.IGNORECASE,
)
"""Passwords of manuals: nothing but words for a password (`mysecretpassword` of the images of databases)."""

_WORDS = re.compile(r"[a-z]{4,}")
_GROUPS = (re.compile(r"[a-z]"), re.compile(r"[A-Z]"), re.compile(r"[0-9]"))
_LOOKS_LIKE_NO_SECRET = re.compile(
    r"(?:https?|wss?|data|blob|mailto|urn):|^[./#@]|\.(?:js|css|html?|png|jpe?g|svg|gif|webp|json|woff2?|php|aspx?|map)$|^[A-Za-z]+(?:[-_.][A-Za-z]+)*$",
    re.IGNORECASE,
)

MIN_BITS = 3.5
"""Shannon entropy in bits a character below which a value is rather words than chance; random base64 has 4.5 and more,
random hexadecimal digits 3.6.
"""


def entropy(text: str) -> float:
    """Shannon entropy of the characters of `text`, in bits a character."""
    counts = Counter(text).values()
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts) if text else 0.0


def is_placeholder(text: str) -> bool:
    """Whether a value says itself that it stands for another (`YOUR_KEY`, `xxxx`, `${TOKEN}`), or is one character."""
    return len(set(text)) < 4 or _PLACEHOLDER.search(text) is not None


def looks_random(text: str) -> bool:
    """Whether a value without a format of its own looks drawn by chance: no word, no path, no URL, mixed characters."""
    if is_placeholder(text) or _LOOKS_LIKE_NO_SECRET.search(text) or entropy(text) < MIN_BITS:
        return False
    kinds = sum(group.search(text) is not None for group in _GROUPS)
    letters = sum(len(word) for word in _WORDS.findall(text))
    return kinds >= 2 and _GROUPS[2].search(text) is not None and letters * 2 <= len(text)


def crc32_base62(text: str) -> bool:
    """Whether the last six characters are the CRC-32 of the 30 before them in base 62 (GitHub's tokens, and npm's)."""
    body, digits = text[-36:-_CHECK_DIGITS], text[-_CHECK_DIGITS:]
    number = zlib.crc32(body.encode())
    made = ""
    for _ in range(_CHECK_DIGITS):
        number, digit = divmod(number, 62)
        made = _BASE62[digit] + made
    return made == digits


def crc32_hex(text: str) -> bool:
    """Whether the last eight characters are the CRC-32 of all before the last underscore, in hexadecimal (Grafana)."""
    body, _, digits = text.rpartition("_")
    return f"{zlib.crc32(body.encode()):08x}" == digits.lower()


def is_key_body(text: str) -> bool:
    """Whether the inside of a PEM block is a key: base64 of DER or of OpenSSH's own format, and long enough."""
    lines = re.sub(r"\\[rn]|[\r\n]", "\n", text).split("\n")
    digits = "".join(line.strip() for line in lines if ":" not in line)
    if len(digits) < 64 or is_placeholder(digits[:64]):
        return False
    return digits.startswith(("MI", "MC", "MH", "b3BlbnNzaC1r", "lQ", "lI", "xc")) and entropy(digits) > MIN_BITS


def jwt_claims(token: str) -> Mapping[str, object] | None:
    """The payload of a JSON Web Token (RFC 7519 section 3); None where it is none."""
    parts = token.split(".")
    header, payload = (_json_part(part) for part in parts[:2])
    return payload if header is not None and "alg" in header and payload is not None else None


def _json_part(text: str) -> Mapping[str, object] | None:
    try:
        value = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def is_real_login(user: str, password: str, host: str) -> bool:
    """Whether credentials in a URL are more than an example: no common password, no host of examples."""
    return (
        password.lower() not in _COMMON_PASSWORDS
        and password.lower() != user.lower()
        and len(password) >= 6
        and not is_placeholder(password)
        and _EXAMPLE_PASSWORD.fullmatch(password) is None
        and not _EXAMPLE_HOST.search(host)
    )
