"""Fabricated sites with what the HTTP Observatory answers for them, and the evidence that a scan of one would bring.

`tests/data/observatory.jsonl.gz` holds one case a line. `evidence` walks a site as the product does, without a network:
the same readers, redirects followed by hand. `tests/support/observatory_server.py` serves the sites for real.
"""

import dataclasses
import datetime
import functools
import gzip
import json
import pathlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from probes.cookies import read_cookies
from probes.http_headers_reading import read_headers
from scanner.derive.preload import PreloadList, preload_of_hosts
from scanner.model.derived import Derived
from scanner.model.evidence.http_exchanges import (
    Body,
    Exchange,
    HeaderField,
    HttpExchanges,
    NotFollowed,
    Purpose,
    Redirect,
)
from scanner.model.outcome import Outcome, Stage
from scanner.model.page import Page
from scanner.model.peer import PeerText
from scanner.rules.grades.observatory_view import Site, find_site
from scanner.wire.host import are_siblings
from scanner.wire.html_page import parse_page
from scanner.wire.origins import FOREIGN_ORIGIN
from scanner.wire.urls import OtherScheme, parse_url, resolve_url

CORPUS = pathlib.Path(__file__).parents[1] / "data" / "observatory.jsonl.gz"
NOW = datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.UTC)
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_HOPS = 10
HTML = frozenset({"text/html", "application/xhtml+xml", ""})

Answer = Mapping[str, Any]
Origins = Mapping[str, Mapping[str, Answer]]
NOT_FOUND: Answer = {"status": 404, "headers": [["Content-Type", "text/plain"]], "body": "not found"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What one test of the scale should say."""

    result: str
    modifier: int
    passed: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """One case: the site, and what the reference answers. `refused` means that it gives no grade."""

    id: str
    host: str
    origins: Origins
    tls: Mapping[str, str] = dataclasses.field(default_factory=dict)
    preload: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    note: str = ""
    quirk: str | None = None
    refused: bool = False
    score: int | None = None
    grade: str | None = None
    tests: Mapping[str, Expected] = dataclasses.field(default_factory=dict)


@functools.cache
def corpus() -> tuple[Corpus, ...]:
    """Every case of the file."""
    with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
        return tuple(_case(json.loads(line)) for line in lines)


def _case(raw: dict[str, Any]) -> Corpus:
    given, said = raw["input"], raw["expected"]
    tests = {name: _expected(one) for name, one in said.get("tests", {}).items()}
    cors = said.get("cors_with_origin_known")
    if cors is not None:
        tests["cross-origin-resource-sharing"] = _expected(cors)
    return Corpus(
        id=raw["id"],
        host=given["host"],
        origins=given["origins"],
        tls=given["tls"],
        preload=given["preload"],
        note=raw["note"],
        quirk=raw.get("quirk"),
        refused="error" in said,
        score=(cors or said).get("score"),
        grade=(cors or said).get("grade"),
        tests=tests,
    )


def _expected(one: dict[str, Any]) -> Expected:
    return Expected(result=one["result"], modifier=one["score_modifier"], passed=one["pass"])


def answer_of(origins: Origins, method: str, url: str) -> Answer | None:
    """What the site answers; None where nobody listens."""
    parts = urlsplit(url)
    paths = origins.get(f"{parts.scheme}://{parts.hostname}")
    if paths is None:
        return None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return paths.get(f"{method} {path}", NOT_FOUND)


class _Walk:
    """The exchanges of one case, as the probe would bring them."""

    def __init__(self, case: Corpus) -> None:
        self.case = case
        self.exchanges: list[Exchange] = []

    def ask(
        self, purpose: Purpose, url: str, hop: int = 0, method: str = "GET", sent: Mapping[str, str] | None = None
    ) -> Exchange:
        host = urlsplit(url).hostname or ""
        named = self.case.host
        raw = answer_of(self.case.origins, method, url)
        one = Exchange(
            purpose=purpose, hop=hop, method=method, url=PeerText(url), same_host=host == named,
            own=host == named or are_siblings(host, named), endpoint="127.0.0.1:443",
            sent=tuple(HeaderField(name=PeerText(name), value=PeerText(value)) for name, value in (sent or {}).items()),
            outcome=Outcome.REFUSED, stage=Stage.CONNECT,
        )  # fmt: skip
        if raw is not None:
            one = self._answered(one, raw, (sent or {}).get("Origin", ""))
        self.exchanges.append(one)
        return one

    def _answered(self, one: Exchange, raw: Answer, origin: str) -> Exchange:
        fields = tuple(
            HeaderField(name=PeerText(name), value=PeerText(value.replace("{origin}", origin).strip(" \t")))
            for name, value in raw["headers"]
        )
        text, parts = raw["body"], urlsplit(one.url)
        answered = dataclasses.replace(
            one, outcome=Outcome.OK, stage=None, status=raw["status"], fields=fields,
            body=Body(size=len(text.encode()), complete=True, sha256="", text=PeerText(text)),
            certificate_trusted=parts.hostname not in self.case.tls if parts.scheme == "https" else None,
        )  # fmt: skip
        location = next(iter(answered.values("location")), None) if raw["status"] in REDIRECTS else None
        return dataclasses.replace(answered, location=location)

    def follow(self, purpose: Purpose, url: str | None) -> None:
        hop = 0
        while url is not None:
            one = self.ask(purpose, url, hop)
            if one.location is None:
                return
            try:
                to = str(resolve_url(parse_url(url), one.location))
            except OtherScheme:
                redirect = Redirect(to=None, not_followed=NotFollowed.OTHER_SCHEME)
                stop, to = redirect.not_followed, ""
            else:
                stop = self._why_stop(one, to)
                redirect = Redirect(to=PeerText(to), not_followed=stop)
            self.exchanges[-1] = dataclasses.replace(one, redirect=redirect)
            url, hop = (to if stop is None else None), hop + 1

    def _why_stop(self, one: Exchange, to: str) -> NotFollowed | None:
        if any(seen.url == to for seen in self.exchanges if seen.purpose is one.purpose):
            return NotFollowed.LOOP
        if any(seen.url == to for seen in self.exchanges if seen.purpose is Purpose.ENTRY):
            return NotFollowed.SEEN
        return NotFollowed.TOO_MANY_HOPS if one.hop >= MAX_HOPS else None


def evidence(case: Corpus) -> HttpExchanges:
    """What a scan of the case brings."""
    walk = _Walk(case)
    walk.follow(Purpose.ENTRY, f"https://{case.host}/")
    walk.follow(Purpose.PLAIN_ENTRY, f"http://{case.host}/")
    seen = HttpExchanges(exchanges=tuple(walk.exchanges))
    if seen.document is not None:
        fields = {"Origin": FOREIGN_ORIGIN, "Access-Control-Request-Method": "GET"}
        walk.ask(Purpose.PREFLIGHT, seen.document.url, method="OPTIONS", sent=fields)
    return HttpExchanges(exchanges=tuple(walk.exchanges), page=_page(seen.document), away=_page(seen.departure))


def _page(document: Exchange | None) -> Page | None:
    if document is None or document.body is None or document.body.text is None:
        return None
    essence = next(iter(document.values("content-type")), "").partition(";")[0].strip().lower()
    return parse_page(document.body.text, document.url) if essence in HTML else None


def preload_list(case: Corpus) -> dict[str, object]:
    """The case's preload list in Chromium's shape."""
    return {"entries": [{"name": name, **entry} for name, entry in case.preload.items()]}


def site(case: Corpus) -> Site | str:
    """The case as the graders see it, or why there is nothing to grade."""
    seen = evidence(case)
    known = preload_list_of(case)
    derived = Derived(preloaded=preload_of_hosts(case.host, [seen], known, NOW))
    return find_site(
        case.host,
        seen,
        headers=read_headers(seen, case.host),
        cookies=read_cookies(seen),
        derived=derived,
        now=NOW,
    )


def preload_list_of(case: Corpus) -> PreloadList:
    """The case's preload list as the product reads it."""
    entries = {
        name: entry.get("include_subdomains") is True if entry.get("mode") == "force-https" else None
        for name, entry in case.preload.items()
    }
    return PreloadList(entries=entries, date=NOW.date())
