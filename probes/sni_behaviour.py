"""SNI: which certificate comes with the right name, without a name, and with a name that the server cannot have.

The right one is read from the flights of others; the two odd hellos differ from an answered one in the name alone.
"""

import asyncio
import contextlib
import dataclasses
import hashlib
from collections.abc import Iterable, Sequence

from probes.feature_asker import Extras, FeatureAsker, alert_of, refused
from probes.hello_verdict import describe, hung_up
from scanner import isolate
from scanner.errors import LeadlineError
from scanner.model.evidence.tls_features import SniAnswer, SniBehaviour
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText, peer_text
from scanner.net.flights import SeenFlight
from scanner.net.tls_client import Attempt
from scanner.wire.chain_view import view_chain
from scanner.wire.server_flight import ServerFlight
from scanner.wire.tls_client_state import Goal
from scanner.wire.tls_offer import Offer
from scanner.wire.tls_version import Version
from scanner.wire.x509_view import needs_isolation

UNRECOGNIZED_NAME = 112
"""The alert for a name that the server does not know (RFC 6066 section 3)."""

MAX_NAMES = 20
"""Names of one certificate that are kept."""

PARSE_SECONDS = 2.0
"""The longest that the worker process may read one costly certificate."""

SMALL_SUITES = 40
"""The most suites of a small hello."""

NAME_BYTES = 12
"""Random bytes in the name that nobody can have."""


async def look_at_sni(
    asker: FeatureAsker, right: Sequence[SeenFlight], *, nameless: Extras, wrong: Extras
) -> SniBehaviour:
    """Two hellos, one without a name and one with a wrong one; `right` are the flights that had the right name.

    `nameless` and `wrong` are the extras that ride on them. A target that is an address has no name: for it the right
    hello is the one without, and only the wrong name is asked for.
    """
    served = next((one.flight for one in right if one.flight is not None and one.flight.certificates), None)
    ours = SniAnswer(reason=peer_text("no certificate was seen")) if served is None else await _served(served)
    main, cheap = asker.templates.main, asker.templates.cheap
    if main is None or cheap is None:
        return SniBehaviour(right=ours)
    main, cheap = _for_any_key(main), _for_any_key(cheap)
    name = f"{asker.session.random(NAME_BYTES).hex()}.invalid"
    async with asyncio.TaskGroup() as group:
        odd = group.create_task(_ask(asker, dataclasses.replace(cheap, server_name=name), wrong))
        without = (
            None
            if asker.right is None
            else group.create_task(_ask(asker, dataclasses.replace(main, server_name=None), nameless))
        )
    none = ours if without is None else without.result()
    return SniBehaviour(
        right=ours, none=none, wrong=odd.result(), default_differs=_differs(right, (none, odd.result()))
    )


def _for_any_key(offer: Offer) -> Offer:
    """The offer for every kind of certificate: without the right name there may be one of another kind only.

    A small one stays as it is, for the server may stand no other.
    """
    if offer.highest < Version.TLS1_3 and len(offer.suites) <= SMALL_SUITES:
        return offer
    wide = Offer.complete(offer.versions)
    schemes = wide.signature_schemes if offer.signature_schemes else ()
    return dataclasses.replace(
        offer,
        suites=tuple(dict.fromkeys((*offer.suites, *wide.suites))),
        signature_schemes=schemes,
        certificate_schemes=(),
    )


async def _ask(asker: FeatureAsker, offer: Offer, extras: Extras) -> SniAnswer:
    went = await asker.ask_with(offer, extras, settles=frozenset({UNRECOGNIZED_NAME}), goal=Goal.FLIGHT)
    if went.flight is not None and went.flight.certificates:
        return await _served(went.flight)
    if hung_up(went.fault):
        went = await asker.ask(offer, Goal.FLIGHT)
        if went.flight is not None and went.flight.certificates:
            return await _served(went.flight)
    return _not_served(went)


def _not_served(went: Attempt) -> SniAnswer:
    return SniAnswer(
        answer=Answer.NO if refused(went) else Answer.UNKNOWN,
        alert=alert_of(went),
        warnings=() if went.flight is None else went.flight.warnings,
        reason=peer_text("no certificate was sent" if went.fault is None else describe(went.fault)),
    )


async def _served(flight: ServerFlight) -> SniAnswer:
    leaf = flight.certificates[0]
    return SniAnswer(answer=Answer.YES, leaf_sha256=_sha256(leaf), names=await _names(leaf), warnings=flight.warnings)


async def _names(leaf: bytes) -> tuple[PeerText, ...]:
    """The DNS names and addresses of a leaf, or its common name; empty where it cannot be read."""
    with contextlib.suppress(LeadlineError):
        ders = (leaf,)
        view = await isolate.run(view_chain, ders, seconds=PARSE_SECONDS) if needs_isolation(ders) else view_chain(ders)
        one = view.certificates[0]
        names = (*one.names, *map(peer_text, one.addresses)) or (() if one.common_name is None else (one.common_name,))
        return names[:MAX_NAMES]
    return ()


def _differs(right: Sequence[SeenFlight], others: Iterable[SniAnswer]) -> Answer:
    """Whether a certificate came that never came with the right name. A host may have several for its own name."""
    ours = {_sha256(one.flight.certificates[0]) for one in right if one.flight and one.flight.certificates}
    answers = tuple(others)
    if any(one.leaf_sha256 is not None and one.leaf_sha256 not in ours for one in answers):
        return Answer.YES
    return Answer.UNKNOWN if any(one.answer is Answer.UNKNOWN for one in answers) else Answer.NO


def _sha256(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest()
