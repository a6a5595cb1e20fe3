"""Error pages, made comparable: without what varies from site to site and from request to request.

Rule of the room: pure text in, pure text out, for any text. Nothing here knows a product.
"""

import hashlib
import re

_STEPS: tuple[tuple[re.Pattern[str], str], ...] = (
    # a{…}: what the oversized requests are filled with, echoed or cut anywhere
    (re.compile(r"(?:/leadline-[0-9a-f]*|/)?(?:\?q=|\?)?a{24,}"), "~"),
    (re.compile(r"/leadline-[0-9a-f]*"), "~"),
    # product/1.2.3 (Debian) -> product, so that hidden versions make no difference
    (re.compile(r"\b([a-z][a-z_-]{1,40})/v?\d[\w.~+-]{0,40}(?: \([^()<>]{0,60}\))?"), r"\1"),
    (re.compile(r"\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}, [\w :-]{8,40}?(?:gmt|utc)"), "~"),
    (re.compile(r"(?<= server at )[^\s<>]{1,255}"), "~"),
    (re.compile(r"\b[0-9a-f]{12,}\b"), "~"),
    (re.compile(r"\d+"), "0"),
    (re.compile(r"\s+"), " "),
)
"""What is taken out, in this order."""

_WORD = re.compile(r"</?[a-z!?][a-z0-9]*|[a-z][a-z']+")


def normalise(text: str, host: str = "") -> str:
    """`text` in lower case, without versions, dates, numbers, long identifiers, echoed filling and the host's name."""
    text = text.lower()
    if host:
        text = text.replace(host.lower(), "~")
    for pattern, replacement in _STEPS:
        text = pattern.sub(replacement, text)
    return text.strip()


def digest(normalised: str) -> str:
    """The SHA-256 of a normalised page, in hexadecimal."""
    return hashlib.sha256(normalised.encode("utf-8", "surrogatepass")).hexdigest()


def words(normalised: str) -> tuple[str, ...]:
    """The tags and words of a normalised page, in order."""
    return tuple(_WORD.findall(normalised))


def shingles(normalised: str) -> frozenset[tuple[str, ...]]:
    """Every three tags or words that follow each other; the page's fingerprint for likeness."""
    found = words(normalised)
    return frozenset(zip(found, found[1:], found[2:], strict=False))


def likeness(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> float:
    """How much two pages have in common, 0 to 1 (Jaccard index of their shingles)."""
    return len(one & other) / len(one | other) if one and other else 0.0
