"""The HSTS preload list: whether browsers know a host as https-only before the first visit.

Chromium's shape: `{"entries": [{"name", "include_subdomains", "mode"}]}`, with `//` comment lines. An old list still
proves a yes, for entries seldom go; it cannot prove a no.
"""

import contextlib
import dataclasses
import datetime
import json
from collections.abc import Iterable, Iterator, Mapping

from scanner.errors import Malformed
from scanner.model.derived import PreloadStatus
from scanner.model.evidence.http_exchanges import HttpExchanges, Purpose
from scanner.model.outcome import Answer
from scanner.wire.urls import parse_url

MAX_LIST_AGE = datetime.timedelta(days=70)
"""Chromium stops trusting its built-in list after ten weeks without an update."""

FORCE_HTTPS = "force-https"
"""The mode of entries that are HSTS; others only pin keys or report."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PreloadList:
    """A preload list. `date` is the day of the list, None if nobody said.

    `entries` says of each host whether its subdomains are included; None for an entry that is not HSTS.
    """

    entries: Mapping[str, bool | None]
    date: datetime.date | None = None


def parse_preload_list(text: str, *, date: datetime.date | None) -> PreloadList:
    """The list in `text`. ValueError, with one sentence that says what is wrong, where it is none."""
    bare = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("//"))
    try:
        read = json.loads(bare)
    except (ValueError, RecursionError):
        raise ValueError("the preload list is not JSON (`//` comment lines are fine)") from None
    entries = read.get("entries") if isinstance(read, dict) else None
    if not isinstance(entries, list):
        raise ValueError('the preload list has no "entries" list')  # noqa: TRY004 - callers know one kind of error
    return PreloadList(entries=dict(map(_entry, entries)), date=date)


def _entry(entry: object) -> tuple[str, bool | None]:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise ValueError('an entry of the preload list has no "name"')  # noqa: TRY004 - as above
    included = entry.get("include_subdomains") is True if entry.get("mode") == FORCE_HTTPS else None
    return entry["name"].lower().rstrip("."), included


def preload_status(host: str, listed: PreloadList | None, now: datetime.datetime) -> PreloadStatus:
    """Whether `host` (an A-label) or a parent that includes its subdomains is on the list.

    Unknown without a list; not-found is unknown too where the list has no date or is older than `MAX_LIST_AGE`.
    """
    if listed is None:
        return PreloadStatus(covered=Answer.UNKNOWN)
    date = str(listed.date) if listed.date else None
    name = host.lower().rstrip(".")
    entry = _nearest(name, listed.entries)
    included = listed.entries[entry] if entry is not None else None
    if included or (included is not None and entry == name):
        return PreloadStatus(covered=Answer.YES, entry=entry, include_subdomains=included, list_date=date)
    fresh = listed.date is not None and now.date() - listed.date <= MAX_LIST_AGE
    return PreloadStatus(covered=Answer.NO if fresh else Answer.UNKNOWN, list_date=date)


def preload_of_hosts(
    named: str, seen: Iterable[HttpExchanges], listed: PreloadList | None, now: datetime.datetime
) -> dict[str, PreloadStatus]:
    """The status of the host `named` and of every other that the redirects of both entries lead through or to."""
    hosts = [named, *(host for one in seen for host in _hosts(one))]
    return {host: preload_status(host, listed, now) for host in dict.fromkeys(hosts)}


def _hosts(seen: HttpExchanges) -> Iterator[str]:
    for purpose in (Purpose.ENTRY, Purpose.PLAIN_ENTRY):
        for hop in seen.of(purpose):
            for url in (hop.url, hop.redirect.to if hop.redirect else None):
                with contextlib.suppress(Malformed):
                    yield parse_url(url or "").host


def _nearest(host: str, entries: Mapping[str, bool | None]) -> str | None:
    """The most specific entry for `host` or a parent: it alone decides, as in Chromium."""
    labels = host.split(".")
    names = (".".join(labels[place:]) for place in range(len(labels)))
    return next((name for name in names if name in entries), None)
