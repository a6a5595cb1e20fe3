"""What the flights at an endpoint show beside the features of a version: client certificates, clock, JA3S. Pure."""

import statistics
from collections.abc import Iterable, Sequence

from probes.hello_features import tally
from scanner.errors import Malformed
from scanner.model.evidence.tls_features import ClientCertificate, Clock, Feature, Fingerprints
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText, peer_text
from scanner.net.flights import SeenFlight
from scanner.wire.ja3s import ja3s, ja3s_text
from scanner.wire.tls_version import Version
from scanner.wire.x509_names import rfc4514_name

MAX_AUTHORITIES = 50
"""Names of certificate authorities that are kept; all are counted."""

MAX_NAME_CHARACTERS = 512

MIN_CLOCK_HELLOS = 3
"""ServerHellos that a clock needs: two random numbers agree by chance more easily than three."""

CLOCK_WINDOW_SECONDS = 10 * 366 * 86400
"""How wrong a clock may be that is taken for one."""

CLOCK_SPREAD_SECONDS = 5
"""How far apart the differences of one clock may lie: it counts whole seconds, and answers take their time."""


def read_client_certificate(seen: Iterable[SeenFlight], required: Feature) -> ClientCertificate:
    """Whether a client certificate was asked for in flights that were read to their end; `required` is passed on."""
    whole = [one.flight for one in seen if one.flight is not None and one.fault is None and one.flight.certificates]
    requests = [flight.certificate_request for flight in whole if flight.certificate_request is not None]
    most = max(requests, key=lambda one: len(one.authorities), default=None)
    authorities = () if most is None else most.authorities
    return ClientCertificate(
        requested=tally(len(whole), len(requests), never="no flight came to its end"),
        required=required,
        authorities=tuple(_name(one) for one in authorities[:MAX_AUTHORITIES]),
        authority_count=len(authorities),
    )


def _name(der: bytes) -> PeerText:
    try:
        return peer_text(rfc4514_name(der), limit=MAX_NAME_CHARACTERS)
    except Malformed:
        return PeerText("(unreadable)")


def read_clock(seen: Iterable[SeenFlight]) -> Clock:
    """The clock in ServerHello.random: one only where three hellos agree on a time that a clock may show."""
    randoms: dict[bytes, int] = {}
    for one in seen:
        if one.flight is not None and one.flight.version < Version.TLS1_3:
            told = int.from_bytes(one.flight.random[:4], "big")
            randoms.setdefault(one.flight.random, told - round(one.at.timestamp()))
    skews = sorted(randoms.values())
    if len(skews) < MIN_CLOCK_HELLOS:
        return Clock(hellos=len(skews))
    middle = round(statistics.median(skews))
    if skews[-1] - skews[0] <= CLOCK_SPREAD_SECONDS and abs(middle) <= CLOCK_WINDOW_SECONDS:
        return Clock(answer=Answer.YES, hellos=len(skews), skew_seconds=middle)
    return Clock(answer=Answer.NO, hellos=len(skews))


def read_ja3s(seen: Sequence[SeenFlight], topics: Sequence[str]) -> Fingerprints:
    """The JA3S of each version, of its first whole flight; flights of earlier `topics` come first."""
    texts: dict[str, str] = {}
    hellos: dict[str, str] = {}
    for topic in topics:
        for one in seen:
            flight = one.flight
            if one.topic != topic or flight is None or flight.is_retry or one.fault is not None:
                continue
            if flight.version.title not in texts:
                texts[flight.version.title] = ja3s_text(flight)
                hellos[flight.version.title] = describe_hello(one)
    versions = sorted(texts)
    return Fingerprints(
        ja3s={one: ja3s(texts[one]) for one in versions},
        ja3s_text={one: texts[one] for one in versions},
        ja3s_hello={one: hellos[one] for one in versions},
    )


def describe_hello(one: SeenFlight) -> str:
    """A hello of ours in words: which probe sent it, and the size of what it offered."""
    versions = ", ".join(version.title for version in one.offer.versions)
    return (
        f"hello of {one.topic}: {versions}; {len(one.offer.suites)} suites, {len(one.offer.groups)} groups,"
        f" {len(one.offer.signature_schemes)} signature schemes"
    )
