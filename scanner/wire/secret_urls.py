"""Secrets in addresses: passwords before an @, and parameters that are credentials by their names.

Rule of the file: nothing is judged here. What an address carries belongs to whoever it was made for, so that a report
must not spread it; keys that are made for pages stay.
"""

import hashlib
import re

SHORTEST = 4
"""Characters that a parameter's value must have to be taken out."""

HASHED_FROM = 16
"""Characters from which on a value is told by a hash, too: that of a short one would confirm a guess."""

_USER_INFO = re.compile(r"(://)([^\s/@:?#\"'<>\\]{0,120}):([^\s/@?#\"'<>\\]{1,200})(?=@)")
_SENTRY = r"[0-9a-f]{32}@[a-z0-9.-]{1,80}/[0-9]"  # its DSN is made for pages
_TOKEN_AS_USER = re.compile(rf"(://)(?!{_SENTRY})([A-Za-z0-9_-]{{20,200}})(?=@)")
_NAMES = (
    r"(?:access|auth|id|refresh|session|bearer|api|login|reset|invite|verification|security|user)[_.-]?token|token|jwt"
    r"|api[_-]?key|apikey|client[_-]?secret|secret|passw(?:or)?d|pwd|sess(?:ion)?[_-]?id|session|sid|phpsessid|sig"
    r"|signature|authorization|saml(?:response|request|art)|assertion|code_verifier|magic|otp|ticket"
    r"|x-amz-(?:signature|security-token|credential)|x-goog-(?:signature|credential)"
)
_VALUE = rf"(?:[A-Za-z0-9._~+/=:,!*@$-]|%(?!26|23|3[cCeE]|22)[0-9A-Fa-f]{{2}}){{{SHORTEST},4096}}"
# Behind it the address or the parameter has to end: `&token=read(x)` is code.
_PARAMETER = re.compile(
    rf"([?&#]|&amp;|%3[fF]|%26)((?:{_NAMES})(?:=|%3[dD]))({_VALUE})(?![^\s&#\"'<>\\)\]}},|%])", re.IGNORECASE
)
_PATH_SESSION = re.compile(r"(;jsessionid=)([A-Za-z0-9.!_-]{8,200})", re.IGNORECASE)  # Servlet 6.0 section 7.1.3
_PUBLIC = re.compile(r"pk[._]|AIza|redacted-")
_HINTS = ("=", "://", "%3d", "%3D")


def without_url_secrets(text: str) -> str:
    """`text` with each secret in an address replaced by its length, and a short hash of a long one, as URLs allow."""
    if not any(hint in text for hint in _HINTS):
        return text
    text = _USER_INFO.sub(lambda match: f"{match[1]}{match[2]}:{_sealed(match[3])}", text)
    text = _TOKEN_AS_USER.sub(lambda match: f"{match[1]}{_sealed(match[2])}", text)
    text = _PATH_SESSION.sub(lambda match: match[1] + _sealed(match[2]), text)
    return _PARAMETER.sub(lambda match: f"{match[1]}{match[2]}{_sealed(match[3])}", text)


def _sealed(value: str) -> str:
    if _PUBLIC.match(value):
        return value
    if len(value) < HASHED_FROM:
        return f"redacted-{len(value)}-characters"
    digest = hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()[:8]
    return f"redacted-{len(value)}-characters-sha256-{digest}"
