"""Exchanges as literals: answers with these header lines, for tests of what reads them."""

import dataclasses
import datetime

from scanner.model.derived import Derived, KindAt, PreloadStatus
from scanner.model.evidence.http_exchanges import Body, Exchange, HeaderField, HttpExchanges, Purpose
from scanner.model.observation import Cost, Observation
from scanner.model.outcome import Answer, Outcome
from scanner.model.peer import PeerText
from scanner.model.target import Target

HOST = "www.example.org"
ENDPOINT = "192.0.2.1:443"
NOW = datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.UTC)


def exchange(
    *lines: str,
    url: str = f"https://{HOST}/",
    purpose: Purpose = Purpose.ENTRY,
    hop: int = 0,
    status: int = 200,
    body: str | None = None,
) -> Exchange:
    """An answer with these header lines; a Location makes it a redirect."""
    fields = tuple(
        HeaderField(name=PeerText(name), value=PeerText(value.strip()))
        for name, _, value in (line.partition(":") for line in lines)
    )
    one = Exchange(
        purpose=purpose,
        hop=hop,
        method="GET",
        url=PeerText(url),
        same_host=(host := url.split("/", 3)[2].partition(":")[0]) == HOST,
        own=host in {HOST, HOST.removeprefix("www.")},
        endpoint=ENDPOINT,
        outcome=Outcome.OK,
        status=status,
        fields=fields,
        body=None if body is None else Body(size=len(body), complete=True, sha256="", text=PeerText(body)),
    )
    return dataclasses.replace(one, location=next(iter(one.values("location")), None) if 300 <= status < 400 else None)


def asked(
    origin: str | None, *lines: str, status: int = 200, purpose: Purpose = Purpose.REPEAT, method: str = "GET"
) -> Exchange:
    """An answer to a request with this Origin."""
    sent = () if origin is None else (HeaderField(name=PeerText("Origin"), value=PeerText(origin)),)
    return dataclasses.replace(exchange(*lines, purpose=purpose, status=status), sent=sent, method=method)


def missing(*lines: str, status: int = 404) -> Exchange:
    """The answer to a path that is not there."""
    return exchange(*lines, url=f"https://{HOST}/leadline-0", purpose=Purpose.MISSING, status=status)


def to_https(*lines: str) -> Exchange:
    """The plain-http entry's redirect to https."""
    location = f"Location: https://{HOST}/"
    return exchange(location, *lines, url=f"http://{HOST}/", purpose=Purpose.PLAIN_ENTRY, status=301)


def seen(*exchanges: Exchange, block: str | None = None) -> HttpExchanges:
    """The evidence that holds them."""
    return HttpExchanges(exchanges=exchanges, block=None if block is None else PeerText(block))


def target(host: str = HOST) -> Target:
    """An https target."""
    return Target(url=f"https://{host}/", host=host, port=443, scheme="https", sni=host)


def derived(kind: KindAt, *, preload: PreloadStatus | None = None) -> Derived:
    """Derived knowledge with this kind and preload status."""
    return Derived(kinds=(kind,), preload=preload or PreloadStatus(covered=Answer.UNKNOWN))


def observation(topic: str, evidence: object | None, outcome: Outcome = Outcome.OK) -> Observation[object]:
    """An observation at the example's endpoint."""
    return Observation(
        probe=topic,
        version=1,
        topic=topic,
        endpoint=ENDPOINT,
        outcome=outcome,
        started=NOW,
        elapsed_ms=1.0,
        cost=Cost(),
        evidence=evidence,
    )
