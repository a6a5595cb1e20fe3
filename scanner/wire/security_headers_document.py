"""Headers that steer one document: framing, sniffing, referrers, types, refreshing, and old switches."""

import re
from collections.abc import Mapping, Sequence

from scanner.errors import Malformed
from scanner.wire.security_headers_reading import TOKEN, Read, Reader, as_sent, joined, members, part, split_list

REFERRER_POLICIES = frozenset(
    {
        "no-referrer",
        "no-referrer-when-downgrade",
        "same-origin",
        "origin",
        "strict-origin",
        "origin-when-cross-origin",
        "strict-origin-when-cross-origin",
        "unsafe-url",
    }
)
"""Referrer Policy section 3."""

CROSS_DOMAIN_POLICIES = frozenset(
    {"all", "by-content-type", "by-ftp-filename", "master-only", "none", "none-this-response"}
)
"""Adobe's cross-domain policy file specification, section 3.2.3."""

_MEDIA_TYPE = re.compile(rf"({TOKEN.pattern}/{TOKEN.pattern})[ \t]*(;.*)?", re.DOTALL)
_CHARSET = re.compile(r";[ \t]*charset=(?:\"((?:[^\"\\]|\\.)*)\"|([^;\s]*))", re.IGNORECASE)
_SECONDS = re.compile(r"\s*+([0-9]++|(?=\.))[0-9.]*+")
_WHITE = " \t\n\f\r"
_LONGEST_NUMBER = 15


def frame_options(lines: Sequence[str]) -> Read:
    """X-Frame-Options (HTML section 7.4.2): equal values fold, case is ignored, ALLOW-FROM is known to nobody."""
    values = list(dict.fromkeys(value.lower() for value in split_list(lines)))
    if len(values) > 1:
        raise Malformed("several values that differ")
    if values[0].startswith("allow-from"):
        raise Malformed("ALLOW-FROM is honoured by no current browser")
    if values[0] not in {"deny", "sameorigin"}:
        raise Malformed("neither DENY nor SAMEORIGIN")
    return Read(values[0])


def content_type_options(lines: Sequence[str]) -> Read:
    """X-Content-Type-Options (Fetch section 3.6): the first value counts, case is ignored."""
    if split_list(lines)[0].lower() != "nosniff":
        raise Malformed("the first value is not nosniff")
    return Read("nosniff")


def referrer_policy(lines: Sequence[str]) -> Read:
    """Referrer-Policy (section 8.1): the last known policy wins, so that older browsers find an older one."""
    values = [value.lower() for value in members(lines)]
    known = [value for value in values if value in REFERRER_POLICIES]
    if not known:
        raise Malformed("no known policy")
    parts = (part(one, problem=None if one in REFERRER_POLICIES else "no known policy") for one in values)
    return Read(known[-1], tuple(parts))


def content_type(lines: Sequence[str]) -> Read:
    """Content-Type (Fetch section 3.5): of several values the last readable one counts; `charset` is a part.

    A value of the same type without a charset keeps that of the one before it.
    """
    kind, named = "", ""
    for value in members(lines):
        match = _MEDIA_TYPE.fullmatch(value)
        if match is not None and match[1] != "*/*":
            named = _charset(match[2] or "") or (named if match[1].lower() == kind else "")
            kind = match[1].lower()
    if not kind:
        raise Malformed("no media type of the form type/subtype")
    return Read(kind, (part("charset", [named]),) if named else ())


def _charset(parameters: str) -> str:
    found = _CHARSET.search(parameters)
    return "" if found is None else (found[1] if found[1] is not None else found[2]).lower()


def refresh(lines: Sequence[str]) -> Read:
    """Refresh (HTML section 4.2.5.3): seconds, and where to; browsers read it like the meta element."""
    text = joined(lines)
    match = _SECONDS.match(text)
    rest = text[match.end() :] if match is not None else ""
    if match is None or (rest and rest[0] not in ";," + _WHITE):
        raise Malformed("it begins with no number of seconds")
    seconds = match[1].lstrip("0")[:_LONGEST_NUMBER] or "0"
    url = _refresh_url(rest.strip(_WHITE))
    return Read(seconds, (part("url", [url]),) if url else ())


def _refresh_url(rest: str) -> str:
    """What follows the number: a separator, `url=` or not, the address in quotes or not."""
    rest = rest[1:].lstrip(_WHITE) if rest[:1] in {";", ","} else rest
    if rest[:3].lower() == "url" and rest[3:].lstrip(_WHITE).startswith("="):
        rest = rest[3:].lstrip(_WHITE)[1:].lstrip(_WHITE)
    if rest[:1] in {'"', "'"}:
        rest = rest[1:].partition(rest[0])[0]
    return rest.strip(_WHITE)


def xss_protection(lines: Sequence[str]) -> Read:
    """X-XSS-Protection had no standard: the first character was the switch."""
    value = lines[0].strip(" \t")
    if not value.startswith(("0", "1")):
        raise Malformed("begins with neither 0 nor 1")
    return Read(value[0])


def dns_prefetch_control(lines: Sequence[str]) -> Read:
    """X-DNS-Prefetch-Control has no standard: `on` or `off`, without case; the first line counts."""
    value = lines[0].strip(" \t").lower()
    if value not in {"on", "off"}:
        raise Malformed("neither on nor off")
    return Read(value)


def cross_domain_policies(lines: Sequence[str]) -> Read:
    """X-Permitted-Cross-Domain-Policies: one word for the clients of Adobe."""
    values = list(dict.fromkeys(value.lower() for value in members(lines)))
    if len(values) != 1 or values[0] not in CROSS_DOMAIN_POLICIES:
        raise Malformed("not one of " + ", ".join(sorted(CROSS_DOMAIN_POLICIES)))
    return Read(values[0])


def service_worker_allowed(lines: Sequence[str]) -> Read:
    """Service-Worker-Allowed (Service Workers, appendix B): the widest path that a worker may take over."""
    value = joined(lines)
    if not value or re.search(r"[\s,]", value):
        raise Malformed("not one path")
    return Read(value)


DOCUMENT_READERS: Mapping[str, Reader] = {
    "content-type": content_type,
    "expect-ct": as_sent,
    "p3p": as_sent,
    "public-key-pins": as_sent,
    "public-key-pins-report-only": as_sent,
    "referrer-policy": referrer_policy,
    "refresh": refresh,
    "service-worker-allowed": service_worker_allowed,
    "x-content-security-policy": as_sent,
    "x-content-type-options": content_type_options,
    "x-dns-prefetch-control": dns_prefetch_control,
    "x-download-options": as_sent,
    "x-frame-options": frame_options,
    "x-permitted-cross-domain-policies": cross_domain_policies,
    "x-robots-tag": as_sent,
    "x-webkit-csp": as_sent,
    "x-xss-protection": xss_protection,
}
"""Reader by name in lower case."""
