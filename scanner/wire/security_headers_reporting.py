"""Where browsers send reports: Reporting-Endpoints, the older Report-To, and Network Error Logging."""

import json
from collections.abc import Mapping, Sequence
from typing import NoReturn

from scanner.errors import Malformed
from scanner.model.evidence.http_headers import HeaderPart
from scanner.wire.fields import Item, Member, Token, parse_dictionary
from scanner.wire.security_headers_reading import ORIGIN, Read, Reader, part

MAX_SIZE = 16_384
"""Characters of a JSON field that are parsed."""


def reporting_endpoints(lines: Sequence[str]) -> Read:
    """Reporting-Endpoints (Reporting API section 3.2): a dictionary of strings, each a URL.

    Endpoints that are not potentially trustworthy are passed over.
    """
    parts = tuple(_endpoint(name, member) for name, member in parse_dictionary(lines).items())
    counted = [str(one.name) for one in parts if one.problem is None]
    if parts and not counted:
        raise Malformed(f"no endpoint counts: {parts[0].problem}")
    return Read(", ".join(counted), parts)


def _endpoint(name: str, member: Member) -> HeaderPart:
    value = member.value if isinstance(member, Item) else None
    if not isinstance(value, str) or isinstance(value, Token):
        return part(name, problem="the URL is not a string in quotes")
    return part(name, [value], _insecure(value))


def _insecure(url: str) -> str | None:
    """Why reports do not go to a URL; a relative one is as secure as the document."""
    if "://" in url[:32] and not url.lower().startswith("https://"):
        return "the URL is not https"
    return None if url else "the URL is empty"


def report_to(lines: Sequence[str]) -> Read:
    """Report-To (Reporting API of 2018, section 3.1): JSON objects, one a group; commas join lines and objects."""
    groups = _objects(lines)
    parts = tuple(_group(one) for one in groups)
    counted = [str(one.name) for one in parts if one.problem is None]
    if not counted:
        raise Malformed(f"no group counts: {parts[0].problem}" if parts else "it holds no group")
    return Read(", ".join(counted), parts)


def _group(group: Mapping[str, object]) -> HeaderPart:
    name = group.get("group", "default")
    if not isinstance(name, str):
        return part("", problem="group is no text")
    endpoints = group.get("endpoints")
    urls = [one.get("url") for one in endpoints if isinstance(one, dict)] if isinstance(endpoints, list) else []
    kept = [url for url in urls if isinstance(url, str)]
    if not _is_seconds(group.get("max_age")):
        return part(name, kept, "max_age is no number of seconds")
    if not any(_takes_reports(url) for url in kept) and group.get("max_age") != 0:
        return part(name, kept, "it has no https endpoint")
    return part(name, kept)


def _takes_reports(url: str) -> bool:
    """Whether Chromium, the one browser that reads Report-To, sends there: an https URL or an absolute path."""
    path = url.startswith("/") and not url.startswith("//")
    return path or (ORIGIN.match(url) is not None and _insecure(url) is None)


def nel(lines: Sequence[str]) -> Read:
    """NEL (Network Error Logging section 4.1): the first JSON object counts; its members are the parts."""
    found = _objects(lines)
    if not found:
        raise Malformed("it holds no JSON object")
    policy = found[0]
    if not _is_seconds(policy.get("max_age")):
        raise Malformed("max_age is no number of seconds")
    if policy["max_age"] != 0 and not isinstance(policy.get("report_to"), str):
        raise Malformed("report_to names no group")
    for key in ("success_fraction", "failure_fraction"):
        share = policy.get(key, 0)
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise Malformed(f"{key} is no number from 0 to 1")
    plain = {key: value for key, value in policy.items() if isinstance(value, str | int | float)}
    group = policy.get("report_to")
    parts = tuple(part(key, [str(value)]) for key, value in plain.items())
    return Read(group if isinstance(group, str) else "", parts)


def _is_seconds(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _objects(lines: Sequence[str]) -> list[dict[str, object]]:
    """The JSON objects of a field (JFV: the lines joined with commas are the inside of an array)."""
    text = ", ".join(lines)
    if len(text) > MAX_SIZE:
        raise Malformed(f"longer than {MAX_SIZE} characters")
    try:
        found: list[object] = json.loads(f"[{text}]", parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Malformed("no JSON objects with commas between them") from error
    objects = [one for one in found if isinstance(one, dict)]
    if len(objects) < len(found):
        raise Malformed("a member is no JSON object")
    return objects


def _no_constant(name: str) -> NoReturn:
    """JSON has no NaN and no infinities, Python's reader has."""
    raise ValueError(name)


REPORTING_READERS: Mapping[str, Reader] = {
    "nel": nel,
    "report-to": report_to,
    "reporting-endpoints": reporting_endpoints,
}
"""Reader by name in lower case."""
