"""The integrity attribute (Subresource Integrity section 3.5), as browsers read it.

Members that they do not understand are passed over, and without one that they do the resource is loaded unchecked. A
digest is compared whatever its length: one that is too short or too long fits no file, and the resource is refused
(so do Chromium, Firefox and Safari: web-platform-tests/interop issue 666).
"""

import re

from scanner.model.page import Integrity
from scanner.model.peer import peer_text

LONGEST = 2000
"""Characters of an attribute that are kept and read."""

DIGITS = {"ed25519": 43, "sha256": 43, "sha384": 64, "sha512": 86}
"""Base64 characters of a public key for signatures, or of a digest, without padding; the strongest last."""

_SPACE = re.compile(r"[ \t\n\f\r]+")
# Base64 as in CSP (section 2.3.1): either alphabet; options follow a question mark.
_VALUE = re.compile(r"([A-Za-z0-9+/_-]+)={0,2}(?:\?[\x21-\x7e]*)?")


def parse_integrity(text: str) -> Integrity:
    """What browsers make of the attribute's value. Never raises."""
    members = [member for member in _SPACE.split(text[:LONGEST]) if member]
    problem = None if members else "it is empty"
    fitting: dict[str, bool] = {}
    for member in members:
        algorithm, wrong = _member(member)
        problem = problem or wrong
        if algorithm is not None:
            fitting[algorithm] = fitting.get(algorithm, False) or wrong is None
    strongest = max(fitting, key=list(DIGITS).index, default=None)
    return Integrity(
        raw=peer_text(text, limit=LONGEST),
        algorithms=tuple(fitting),
        problem=problem,
        refused=strongest is not None and not fitting[strongest],
    )


def _member(text: str) -> tuple[str | None, str | None]:
    """One member's algorithm, None where browsers pass it over; and what is wrong with it."""
    algorithm, hyphen, rest = text.partition("-")
    if not hyphen or algorithm not in DIGITS:
        return None, "a member names no algorithm that browsers know"
    value = _VALUE.fullmatch(rest)
    if value is None:
        return None, f"the value behind {algorithm}- is no base64"
    if len(value[1]) != DIGITS[algorithm]:
        return algorithm, f"the value behind {algorithm}- has {len(value[1])} characters instead of {DIGITS[algorithm]}"
    return algorithm, None
