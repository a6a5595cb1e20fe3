"""HTTP/3: where the site announces it, one QUIC handshake and one GET at the endpoint's own address.

Rule of the room: silence is no refusal. UDP is filtered in many places, ours included: no answer is unknown.
"""

import dataclasses
from collections.abc import Iterator

from probes.base import Group, Known, ProbeInfo, Scope
from scanner.errors import Closed, Malformed, OwnFault, PeerFault, Refused
from scanner.model.evidence.dns_records import DnsRecords
from scanner.model.evidence.http3 import AnnouncedBy, Announcement, Http3
from scanner.model.evidence.http_exchanges import HeaderField, HttpExchanges
from scanner.model.observation import Observation
from scanner.model.outcome import Answer, Outcome
from scanner.model.peer import peer_text
from scanner.model.target import Target
from scanner.net.session import Session
from scanner.version import USER_AGENT
from scanner.wire.alt_svc import parse_alt_svc
from scanner.wire.urls import parse_url

SECONDS = 5.0
"""The longest that the whole visit may take."""

PROTOCOL = "h3"
"""The protocol id of HTTP/3 (RFC 9114 section 3.1); those of drafts (`h3-29`) are not asked."""

MAX_ANNOUNCEMENTS = 16
"""Announcements that are kept."""

INSTALL = "aioquic is not installed; install leadline[http3]"

_REFUSING = (Refused, Closed, Malformed)
"""How a server says no: nothing listens there, it ended the handshake, or it speaks something else."""


class Http3Probe:
    """Makes one QUIC handshake and one request where HTTP/3 is announced."""

    info = ProbeInfo(
        id="http3",
        topic="http3",
        group=Group.HTTP,
        title="HTTP/3",
        sends=(
            "Only where Alt-Svc or the HTTPS record announces h3 at the host itself: one QUIC handshake over UDP at the"
            f" endpoint's own address and the announced port, and one GET of the target's path, at most {SECONDS:g} s."
            " Needs the extra http3. No cookies, no header fields of the user's."
        ),
        scope=Scope.WEB,
        max_connections=1,
        produces=Http3,
        since="0.1.0",
        requires=frozenset({"http_exchanges", "dns_records"}),
        needs_tls=True,
        quick=False,
    )

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds

    async def collect(self, session: Session, known: Known) -> Observation[Http3]:
        """What the visit brought. Not applicable where nobody announces HTTP/3, not assessed without the extra."""
        announced = tuple(dict.fromkeys(_announcements(known, session.target)))[:MAX_ANNOUNCEMENTS]
        exact = [one for one in announced if one.protocol == PROTOCOL]
        if not exact:
            return session.observe(None, outcome=_without(known), detail=_why_without(known, announced))
        here = [one for one in exact if one.host in {"", session.target.host}]
        if not here:
            return session.observe(
                Http3(announced=announced, reason=peer_text("another host is announced, which is not asked")),
                outcome=Outcome.NOT_APPLICABLE,
                detail="HTTP/3 is announced at another host only",
            )
        from scanner.net.quic import is_installed

        if not is_installed():
            return session.observe(Http3(announced=announced), outcome=Outcome.NOT_ASSESSED, detail=INSTALL)
        return await self._visit(session, announced, here[0].port)

    async def _visit(self, session: Session, announced: tuple[Announcement, ...], port: int) -> Observation[Http3]:
        from scanner.net.quic import visit

        assert session.endpoint is not None, "this probe runs at endpoints"
        url = parse_url(session.target.url)
        seen = await visit(
            dataclasses.replace(session.endpoint, port=port),
            server_name=session.target.sni,
            authority=url.authority,
            path=url.target,
            user_agent=session.options.user_agent or USER_AGENT,
            deadline=session.deadline.sooner(self._seconds),
            meter=session.meter,
        )
        refused = isinstance(seen.fault, _REFUSING)
        shaken = seen.handshake_ms is not None and seen.alpn == PROTOCOL
        evidence = Http3(
            announced=announced,
            port=port,
            handshake=Answer.YES if shaken else Answer.NO if refused else Answer.UNKNOWN,
            request=Answer.YES if seen.status is not None else Answer.NO if refused else Answer.UNKNOWN,
            reason=None if seen.fault is None else peer_text(_words(seen.fault), limit=200),
            version=None if seen.version is None else f"{seen.version:08X}",
            alpn=None if seen.alpn is None else peer_text(seen.alpn, limit=64),
            certificate_sha256=seen.certificate_sha256,
            status=seen.status,
            fields=tuple(HeaderField(name=peer_text(name), value=peer_text(value)) for name, value in seen.fields),
            body_bytes=seen.body_bytes,
            handshake_ms=seen.handshake_ms,
            elapsed_ms=seen.elapsed_ms,
        )
        return session.observe(evidence)


def _announcements(known: Known, target: Target) -> Iterator[Announcement]:
    """Who announces what: answers of the named host over https, and the HTTPS records of its name."""
    seen = known.evidence("http_exchanges", HttpExchanges)
    for one in () if seen is None else seen.exchanges:
        if not (one.answered and one.same_host and _same_origin(one.url, target)):
            continue
        try:
            services = parse_alt_svc(one.values("alt-svc"))
        except Malformed:
            continue
        for service in services or ():
            if service.protocol.startswith(PROTOCOL):
                yield Announcement(
                    by=AnnouncedBy.ALT_SVC, protocol=service.protocol, host=service.host, port=service.port
                )
    dns = known.evidence("dns_records", DnsRecords)
    for record in () if dns is None else dns.https.records:
        for protocol in record.alpn:
            if record.priority and protocol.startswith(PROTOCOL):
                host = "" if record.target == "." else record.target.rstrip(".").lower()
                port = record.port or target.port
                yield Announcement(by=AnnouncedBy.HTTPS_RECORD, protocol=protocol, host=peer_text(host), port=port)


def _same_origin(url: str, target: Target) -> bool:
    """Whether a URL has the origin that is scanned: an alternative service is one for its own origin only."""
    try:
        one = parse_url(url)
    except Malformed:
        return False
    return one.scheme == "https" and (one.host, one.port) == (target.host, target.port)


def _without(known: Known) -> Outcome:
    """Not applicable takes an answer that announces nothing."""
    answered = known.evidence("http_exchanges", HttpExchanges)
    heard = answered is not None and any(one.answered and one.same_host for one in answered.exchanges)
    return Outcome.NOT_APPLICABLE if heard else Outcome.NOT_ASSESSED


def _why_without(known: Known, announced: tuple[Announcement, ...]) -> str:
    if announced:
        return "only drafts of HTTP/3 are announced"
    if _without(known) is Outcome.NOT_ASSESSED:
        return "no answer that could announce HTTP/3"
    return "HTTP/3 is not announced"


def _words(fault: PeerFault | OwnFault) -> str:
    """How the visit ended: `timeout at handshake: no answer in time`."""
    at = f" at {fault.stage}" if fault.stage else ""
    return f"{fault.outcome}{at}" + (f": {fault.detail}" if fault.detail else "")
