"""The integrity attribute (Subresource Integrity section 3.5), as browsers read it: members that they do not understand
are passed over, and without one that they do the resource is loaded unchecked.
"""

import re

from scanner.model.page import Integrity
from scanner.model.peer import peer_text

LONGEST = 2000
"""Characters of an attribute that are kept and read."""

DIGITS = {"sha256": 43, "sha384": 64, "sha512": 86, "ed25519": 43}
"""Base64 characters of a digest, or of a public key for signatures, without padding."""

_SPACE = re.compile(r"[ \t\n\f\r]+")
# Base64 as in CSP (section 2.3.1): either alphabet; options follow a question mark.
_VALUE = re.compile(r"([A-Za-z0-9+/_-]+)={0,2}(?:\?[\x21-\x7e]*)?")


def parse_integrity(text: str) -> Integrity:
    """What browsers make of the attribute's value. Never raises."""
    members = [member for member in _SPACE.split(text[:LONGEST]) if member]
    algorithms: list[str] = []
    problem = None if members else "it is empty"
    for member in members:
        algorithm, wrong = _member(member)
        if wrong is not None:
            problem = problem or wrong
        elif algorithm not in algorithms:
            algorithms.append(algorithm)
    return Integrity(raw=peer_text(text, limit=LONGEST), algorithms=tuple(algorithms), problem=problem)


def _member(text: str) -> tuple[str, str | None]:
    """One member's algorithm, and what is wrong with it."""
    algorithm, hyphen, rest = text.partition("-")
    if not hyphen or algorithm not in DIGITS:
        return "", "a member names no algorithm that browsers know"
    value = _VALUE.fullmatch(rest)
    if value is None:
        return "", f"the value behind {algorithm}- is no base64"
    if len(value[1]) != DIGITS[algorithm]:
        return "", f"the value behind {algorithm}- has {len(value[1])} characters instead of {DIGITS[algorithm]}"
    return algorithm, None
