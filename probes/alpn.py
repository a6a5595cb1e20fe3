"""ALPN (RFC 7301): what the server chooses, and whether it serves a client that speaks none of its protocols.

The hellos go out with others' questions aboard; the answers are read from the flights afterwards.
"""

import dataclasses
from collections.abc import Sequence

from probes.feature_asker import Extras, FeatureAsker, refused
from probes.hello_features import tally, unknown
from probes.hello_verdict import describe, hung_up
from scanner.errors import Malformed
from scanner.model.evidence.tls_features import Alpn, Feature
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText, peer_text
from scanner.net.flights import SeenFlight
from scanner.net.tls_client import Attempt
from scanner.wire.octets import Octets
from scanner.wire.server_flight import ServerFlight
from scanner.wire.tls_extensions import ExtensionType
from scanner.wire.tls_version import Version

BROWSER = ("h2", "http/1.1")
CLASSIC = ("http/1.1",)
NOBODYS = ("leadline/unknown",)
"""A protocol that does not exist."""

NO_APPLICATION_PROTOCOL = 120
"""The alert for an offer without a protocol that the server has (RFC 7301 section 3.2)."""


async def ask_browser(asker: FeatureAsker, extras: Extras) -> None:
    """The hello that offers what browsers do. Its answer is among the flights."""
    if (main := asker.templates.main) is not None:
        await asker.ask_with(dataclasses.replace(main, alpn=BROWSER), extras)


async def ask_nobodys(asker: FeatureAsker, extras: Extras) -> Feature:
    """Whether a hello that offers only a protocol that does not exist is served."""
    if (cheap := asker.templates.cheap) is None:
        return unknown("no hello was answered before")
    offer = dataclasses.replace(cheap, alpn=NOBODYS)
    went = await asker.ask_with(offer, extras, settles=frozenset({NO_APPLICATION_PROTOCOL}))
    if hung_up(went.fault):
        went = await asker.ask(offer)
    return _served(went)


async def ask_classic(asker: FeatureAsker) -> None:
    """The hello that offers HTTP/1.1 alone."""
    if (cheap := asker.templates.cheap) is not None:
        await asker.ask(dataclasses.replace(cheap, alpn=CLASSIC))


def _served(went: Attempt) -> Feature:
    if went.fault is None:
        return Feature(answer=Answer.YES, tries=1, seen=1)
    if refused(went):
        return Feature(answer=Answer.NO, tries=1, reason=peer_text(describe(went.fault)))
    return unknown(describe(went.fault), tries=1)


def read_alpn(seen: Sequence[SeenFlight], unknown_accepted: Feature) -> Alpn:
    """What the flights say that answered an offer of ours; `unknown_accepted` is passed on."""
    answers = [
        (one.offer.alpn, chosen_protocol(one.flight))
        for one in seen
        if one.offer.alpn and one.offer.alpn != NOBODYS and one.flight is not None and _answers(one.flight)
    ]
    answers.sort(key=lambda one: one[0] != BROWSER)
    protocols = tuple(dict.fromkeys(chosen for _, chosen in answers if chosen is not None))
    return Alpn(
        supported=tally(len(answers), sum(chosen is not None for _, chosen in answers)),
        protocols=protocols,
        chosen=next((chosen for offered, chosen in answers if offered == BROWSER), None),
        unknown_accepted=unknown_accepted,
    )


def _answers(flight: ServerFlight) -> bool:
    """Whether the place where the answer stands was seen: EncryptedExtensions in TLS 1.3."""
    if flight.version is Version.TLS1_3:
        return flight.signature is not None or bool(flight.certificates)
    return True


def chosen_protocol(flight: ServerFlight) -> PeerText | None:
    """The protocol that a flight chose (RFC 7301 section 3.1); None where it chose none, or not exactly one."""
    body = {**flight.extensions, **flight.encrypted_extensions}.get(ExtensionType.ALPN)
    if body is None:
        return None
    octets = Octets(body)
    try:
        listed = Octets(octets.vector(2))
        octets.finish("ALPN")
        name = listed.vector(1)
        listed.finish("ALPN")
    except Malformed:
        return None
    return peer_text(name)
