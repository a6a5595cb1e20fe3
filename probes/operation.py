"""How the site is run, as its answers show it: methods, security.txt, limits, firewalls, other names, HTTP/2.

Rule of the room: nothing is asked here. All of it is read out of what `http_exchanges` has fetched.
"""

import dataclasses

from probes.base import Known, ProbeInfo
from probes.block_signs import block_sign
from probes.exchange_reader import read_exchanges, reader_info
from probes.operation_files import read_robots, read_security_txt
from probes.operation_hosts import Site, read_sibling, read_virtual_host
from probes.operation_methods import read_methods
from scanner.errors import Malformed
from scanner.model.evidence.http_exchanges import Exchange, HttpExchanges, Purpose
from scanner.model.evidence.operation import AltService, Http2, LimitSign, Operation, WafSign
from scanner.model.observation import Observation
from scanner.model.outcome import Answer
from scanner.model.peer import peer_text
from scanner.net.session import Session
from scanner.wire.alt_svc import parse_alt_svc
from scanner.wire.rate_limits import limit_signs
from scanner.wire.waf_signs import waf_signs

MAX_SIGNS = 64
"""Signs of firewalls, and of limits, that are kept."""

MAX_SERVICES = 32
"""Alternative services that are kept, all answers together."""


class OperationProbe:
    """Reads out of the exchanges how the site is run."""

    info: ProbeInfo = dataclasses.replace(
        reader_info("operation", "Operation: methods, contact, limits, other names", Operation), quick=False
    )

    async def collect(self, session: Session, known: Known) -> Observation[Operation]:
        """What the exchanges tell, and the traits of the TCP handshake of a connection that was made anyway."""

        def read(seen: HttpExchanges) -> Operation:
            evidence = read_operation(seen, Site.of(seen, session.target), session)
            return dataclasses.replace(evidence, tcp=session.tcp_handshake)

        return read_exchanges(session, known, read)


def read_operation(seen: HttpExchanges, site: Site, session: Session | None = None) -> Operation:
    """The evidence of `operation` out of the exchanges; what the TCP handshake showed is not in them."""
    options = () if session is None else session.options.headers
    services, cleared = _alternatives(seen)
    own = [(place, one) for place, one in enumerate(seen.exchanges) if one.answered and _speaks_for(one, site)]
    return Operation(
        methods=read_methods(seen, [one.name for one in options]),
        security_txt=read_security_txt(seen),
        robots=read_robots(seen),
        waf=_first_of_each([sign for place, one in own for sign in waf_signs(one, place)]),
        rate_limit=_limits([sign for place, one in own for sign in limit_signs(one, place)]),
        http2=_http2(seen),
        alt_svc=services,
        alt_svc_clear=cleared,
        unknown_host=read_virtual_host(seen, Purpose.UNKNOWN_HOST, site),
        bare_address=read_virtual_host(seen, Purpose.BARE_ADDRESS, site),
        sibling=read_sibling(seen, site),
    )


def _speaks_for(one: Exchange, site: Site) -> bool:
    """Whether the answer is the named host's own, whatever stands in front of it."""
    return one.same_host or (
        one.endpoint is not None and site.entry is not None and one.endpoint == site.entry.endpoint
    )


def _first_of_each(signs: list[WafSign]) -> tuple[WafSign, ...]:
    """Each sign of a vendor once, where it was seen first."""
    first: dict[tuple[str, str], WafSign] = {}
    for sign in signs:
        first.setdefault((sign.vendor, sign.where), sign)
    return tuple(first.values())[:MAX_SIGNS]


def _limits(signs: list[LimitSign]) -> tuple[LimitSign, ...]:
    """Each field once, where it was seen first; its value counts down from answer to answer."""
    first: dict[str, LimitSign] = {}
    for sign in signs:
        first.setdefault(sign.name.lower(), sign)
    return tuple(first.values())[:MAX_SIGNS]


def _alternatives(seen: HttpExchanges) -> tuple[tuple[AltService, ...], bool]:
    """The alternative services that the named host announces over https, and whether an answer clears them."""
    found: dict[AltService, None] = {}
    cleared = False
    for one in seen.exchanges:
        lines = one.values("alt-svc")
        if not lines or not one.answered or not one.same_host or not one.url.lower().startswith("https:"):
            continue
        try:
            services = parse_alt_svc(lines)
        except Malformed:
            continue
        cleared = cleared or services is None
        found.update(dict.fromkeys(services or ()))
    return tuple(found)[:MAX_SERVICES], cleared


def _http2(seen: HttpExchanges) -> Http2:
    """Whether an exchange that offered HTTP/2 went over it."""
    spoken = next((at for at, one in enumerate(seen.exchanges) if one.version == "HTTP/2" and one.same_host), None)
    if spoken is not None:
        return Http2(spoken=Answer.YES, at=spoken)
    offers = [(at, one) for at, one in enumerate(seen.exchanges) if one.http2_offered and one.same_host]
    if not offers:
        reason = seen.left_out.get(Purpose.ASSET, "no answer came over a connection that offered it")
        return Http2(reason=peer_text(reason, limit=200))
    for at, one in offers:
        if one.version is not None and block_sign(one) is None:
            return Http2(spoken=Answer.NO, reason=peer_text(f"{one.version} was chosen where h2 was offered"), at=at)
    at, one = offers[0]
    return Http2(reason=peer_text(f"no answer that shows it ({one.outcome})"), at=at)
