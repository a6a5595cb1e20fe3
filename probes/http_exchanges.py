"""The requests of the HTTP probes, all of them: the entries, and what is asked of the site once it has answered.

Rule of the room: requests that any browser would send, and few others, of the named host only; every hop is resolved
and checked anew, and another host is asked one GET a hop and nothing else. What the answers mean is read out of them by
other probes.
"""

import asyncio
from typing import TYPE_CHECKING

from probes.base import Group, Known, ProbeInfo, Scope
from scanner.errors import AlertReceived, OwnFault, PeerFault
from scanner.model.evidence.http_exchanges import Exchange, HttpExchanges, Purpose
from scanner.model.observation import Observation
from scanner.model.options import Profile
from scanner.model.outcome import Outcome, Stage
from scanner.net.session import Session
from scanner.wire.urls import HttpUrl, parse_url

if TYPE_CHECKING:
    from probes.exchange_course import Course

MAX_HOPS = 10
"""Redirects that are followed in one chain; browsers follow 20, sound sites need 3."""

MAX_REQUESTS = {Profile.QUICK: 16, Profile.STANDARD: 16, Profile.DEEP: 32}
"""Requests at one endpoint, redirect hops included."""

SPEAKS_TLS = "the port speaks TLS, and the URL says http; scan it as https"


SENDS = (
    "GET of the target's URL and, where the ports are the default ones, of http://host/; redirects are followed, at"
    f" most {MAX_HOPS} a chain. Then, of the named host: the document once more with the Origin of a foreign site"
    " (https://leadline-probe.example); an unguessable path (/leadline- and 16 hexadecimal digits);"
    " /.well-known/security.txt and /robots.txt, and where they redirect to; one static file of the page's own"
    " origin, over HTTP/2 where that is"
    " spoken, and up to four further scripts of it, 1 MiB together; and the root of the www sibling over https (or of"
    " the name without www), where it has an address. Then what some servers refuse: OPTIONS of the document, as"
    " browsers ask before a cross-origin request; where the site looks at Origin, up to four GETs with an Origin that"
    " is null or resembles its own; TRACE of an unguessable path with a mark to be echoed; GET of / with a Host that"
    " nobody has (leadline-….invalid), and with the address as Host and no SNI. Where the document is at the www"
    " sibling, it and its files are asked there. Never a body. At most"
    f" {MAX_REQUESTS[Profile.STANDARD]} requests in all ({MAX_REQUESTS[Profile.DEEP]} with --profile deep); with"
    " --profile quick the entries and the unguessable path only. Nothing more after status 429 or two"
    " requests in a row without an answer; after a challenge the entry over plain http only."
    " Where the URL says http and the answer looks like that of a TLS port, one"
    " TLS handshake. No cookies and no credentials go to other hosts."
)
"""What goes on the wire, for the operator."""


class HttpExchangesProbe:
    """Asks for the entry, the plain-http entry and what else belongs to the site; keeps the answers exactly as sent."""

    info = ProbeInfo(
        id="http_exchanges",
        topic="http_exchanges",
        group=Group.HTTP,
        title="HTTP exchanges",
        sends=SENDS,
        scope=Scope.WEB,
        max_connections=16,
        produces=HttpExchanges,
        since="0.1.0",
    )

    async def collect(self, session: Session, known: Known) -> Observation[HttpExchanges]:
        """All exchanges. The outcome is that of the entry: `blocked` where something else answered for the site."""
        del known
        entry = parse_url(session.target.url)
        make_course = await asyncio.to_thread(_load)
        async with make_course(session) as course:
            await course.enter(entry)
            if _looks_like_tls(course.first, entry) and await _speaks_tls(session):
                return session.observe(None, outcome=Outcome.PROTOCOL_ERROR, stage=Stage.REQUEST, detail=SPEAKS_TLS)
            await course.go_on()
            evidence = course.evidence()
        if evidence.block is not None:
            return session.observe(evidence, outcome=Outcome.BLOCKED, detail=evidence.block)
        failed = _failure(evidence)
        if failed is not None:
            return session.observe(evidence, outcome=failed.outcome, stage=failed.stage, detail=failed.detail)
        return session.observe(evidence)


def _looks_like_tls(first: Exchange, entry: HttpUrl) -> bool:
    """Whether a plain-http entry was answered as TLS ports do: with status 400, or not at all."""
    turned_away = not first.answered and first.outcome in {Outcome.CLOSED, Outcome.RESET, Outcome.PROTOCOL_ERROR}
    return entry.scheme == "http" and (turned_away or first.status == 400)


async def _speaks_tls(session: Session) -> bool:
    """Whether the endpoint takes a TLS handshake, or refuses it with an alert: one more connection tells."""
    from scanner.net.tls_session import secure

    target = session.target
    try:
        async with await session.connect() as stream:
            await secure(stream, server_name=None if target.is_address else target.host)
    except AlertReceived:
        return True
    except (PeerFault, OwnFault):
        return False
    return True


def _load() -> "type[Course]":
    """The look and its HTTP client. Loading their libraries takes a while, which the TLS probes need not wait for."""
    from probes.exchange_course import Course

    return Course


def _failure(evidence: HttpExchanges) -> Exchange | None:
    """The hop of the entry that failed at the named host; what other hosts do is not this target's outcome."""
    last = evidence.of(Purpose.ENTRY)[-1]
    return last if last.same_host and last.outcome is not Outcome.OK else None
