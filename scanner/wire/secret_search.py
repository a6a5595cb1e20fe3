"""The search for secrets in text: what stands where, and what kind of secret it is.

Rule of the room: pure and linear: a piece of literal text is looked for before any expression, matches are counted, and
the text is cut. The values leave this module only for hashing and for taking them out of the evidence.
"""

import bisect
import dataclasses
import hashlib
import itertools
import re
from collections.abc import Iterator, Sequence

from scanner.model.evidence.content import Exposure
from scanner.wire.secret_checks import looks_random
from scanner.wire.secret_patterns import PATTERNS, value_of

MAX_TEXT = 1024 * 1024
"""Characters of one text that are searched."""

MAX_FOUND = 5_000
"""Secrets of one text that are kept, repeats counted: enough to take all of them out of any but a hostile one."""

MAX_TRIES = 10_000
"""Matches of one expression in one text that are checked."""

SHORTEST = 16
"""Characters that a text must have to be searched at all."""

ALONE = 8
"""Characters that a value must have to be recognised without what stands around it."""

_ASSIGNED = re.compile(r"[:=][ \t]{0,4}[\"']([A-Za-z0-9+/=_.!@#^&*-]{16,128})[\"']")
_NAME = re.compile(r"([A-Za-z][A-Za-z0-9_.$-]{1,60})[\"']?[ \t]{0,4}$")
_NAMED_SECRET = re.compile(
    r"(?:api|app|client|access|auth|private|secret|signing|encryption|master|service|admin|jwt|webhook|consumer)[-_.]?"
    r"(?:api[-_.]?)?(?:key|token|secret|password|passwd|pwd)$|^(?:secret|password|passwd|pwd|credential)s?$|password$",
    re.IGNORECASE,
)
_NAMED_PUBLIC = re.compile(
    r"public|publish|site[-_]?key|csrf|xsrf|nonce|client[-_]?id|captcha|verif|integrity|i18n|label|placeholder|message"
    r"|amplitude|bugsnag|datadog|intercom|launchdarkly|logrocket|mixpanel|newrelic|posthog|pusher|rollbar|segment"
    r"|search|maps|measurement|tracking|analytics|pixel|translation|error|field|type|name$|hint|title|instrumentation",
    re.IGNORECASE,
)
_FOR_THE_PAGE = re.compile(r"(?:pi|seti|cs|src|price|prod|acct|evt)_|sha(?:256|384|512)-")
"""Values that payment scripts need in the page although they are called secrets (Stripe's), and hashes."""

_NAME_WINDOW = 72
_LONGEST_END = 16 * 1024
_DELIMITERS = " \t\r\n\f\v\"'<>`"
GUESS_KIND = "named-secret"
GUESS_TITLE = "value that is named like a secret"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One secret in a text: the value at `offset`, and the `context` around it that a pattern took as a whole.

    `name` is what a value without a format of its own is called there.
    """

    kind: str
    title: str
    exposure: Exposure
    verified: bool
    offset: int
    value: str
    context: str
    name: str | None = None

    @property
    def sha256(self) -> str:
        """The first 8 hexadecimal digits of the SHA-256 of the value."""
        return hashlib.sha256(self.value.encode("utf-8", "replace")).hexdigest()[:8]

    @property
    def seal(self) -> str:
        """What stands in the evidence instead of the value."""
        return f"[redacted {self.kind}, {len(self.value)} characters, sha256 {self.sha256}]"


def find_secrets(text: str) -> tuple[Found, ...]:
    """The secrets in `text`, public keys among them, by their place; of values that overlap the first pattern's."""
    if len(text) < SHORTEST:
        return ()
    text = text[:MAX_TEXT]
    found: list[Found] = []  # by offset, without overlaps
    for one in itertools.chain(_by_format(text), _by_name(text)):
        place = bisect.bisect(found, one.offset, key=_offset)
        before = found[place - 1] if place else None
        if before is not None and before.offset + len(before.value) > one.offset:
            continue
        if place < len(found) and found[place].offset < one.offset + len(one.value):
            continue
        found.insert(place, one)
        if len(found) == MAX_FOUND:
            break
    return tuple(found)


def without_secrets(text: str, found: Sequence[Found]) -> str:
    """`text` with each of `found` (by offset, as `find_secrets` gives them) replaced by its seal."""
    pieces, end = [], 0
    for one in found:
        pieces += [text[end : one.offset], one.seal]
        end = one.offset + len(one.value)
    return "".join((*pieces, text[end:]))


def safe_beginning(text: str) -> str:
    """The beginning of a text that was cut, without what may be the first half of a secret at its end.

    That is the last run of characters without white space, quotes or angle brackets, and a private key without its end.
    """
    window = text[-_LONGEST_END:]
    end = max(map(window.rfind, _DELIMITERS)) + 1
    key = window.rfind("-----BEGIN ")
    if key >= 0 and "PRIVATE KEY" in window[key : key + 80] and "-----END " not in window[key:]:
        end = min(end, key)
    return text[: len(text) - len(window) + end]


def _offset(one: Found) -> int:
    return one.offset


def _by_format(text: str) -> Iterator[Found]:
    for pattern in PATTERNS:
        if not any(hint in text for hint in pattern.hints):
            continue
        for tries, match in enumerate(pattern.regex.finditer(text)):
            if tries == MAX_TRIES:
                break
            if pattern.check(match):
                value = value_of(match)
                yield Found(
                    kind=pattern.kind,
                    title=pattern.title,
                    exposure=pattern.exposure,
                    verified=pattern.verified,
                    offset=match.start("secret") if "secret" in match.re.groupindex else match.start(),
                    value=value,
                    context=match[0],
                )


def _by_name(text: str) -> Iterator[Found]:
    """Values assigned to a name such as `apiSecret` that look random."""
    for tries, match in enumerate(_ASSIGNED.finditer(text)):
        if tries == MAX_TRIES:
            return
        name = _NAME.search(text[max(0, match.start() - _NAME_WINDOW) : match.start()])
        if name is None or not _NAMED_SECRET.search(name[1]) or _NAMED_PUBLIC.search(name[1]):
            continue
        if looks_random(match[1]) and not _FOR_THE_PAGE.match(match[1]):
            yield Found(
                kind=GUESS_KIND,
                title=GUESS_TITLE,
                exposure=Exposure.GUESS,
                verified=False,
                offset=match.start(1),
                value=match[1],
                context=match[0],
                name=name[1],
            )
