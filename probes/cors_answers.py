"""What the answers to requests with an Origin say about reading them from other origins (Fetch sections 3.3, 4.10)."""

from collections.abc import Sequence

from scanner.errors import Malformed
from scanner.model.evidence.http_exchanges import Exchange, HttpExchanges, Purpose
from scanner.model.evidence.http_headers import CorsAnswer, OriginKind
from scanner.model.peer import PeerText, peer_text
from scanner.wire.origins import kind_of
from scanner.wire.urls import parse_url

MAX_ANSWERS = 16
"""Answers that are kept; a scan asks for fewer."""

LONGEST_VALUE = 4_096
"""Characters of a value that are kept."""

ASKED = (Purpose.REPEAT, Purpose.PREFLIGHT, Purpose.ORIGIN)
"""Requests that carry an Origin."""


def read_cors(seen: HttpExchanges, named: str) -> tuple[CorsAnswer, ...]:
    """Every answer of the user's own hosts to a request with an Origin, in order; `named` is the target's host."""
    answers = [
        _answer(one, origin, kind_of(origin, named) or origin_kind(origin, one.url))
        for one in seen.exchanges
        if one.purpose in ASKED and one.answered and (one.own or one.same_host) and (origin := sent_origin(one))
    ]
    return tuple(answers[:MAX_ANSWERS])


def sent_origin(exchange: Exchange) -> str | None:
    """The Origin that the request carried; None where it carried none."""
    return next((one.value for one in exchange.sent if one.name.lower() == "origin"), None)


def origin_kind(origin: str, url: str) -> OriginKind:
    """What `origin`, not one that a scan sends, is to the host of `url`."""
    if origin == "null":
        return OriginKind.NULL
    host, asking = _host(url), _host(origin)
    if asking == host:
        return OriginKind.PLAIN if origin.lower().startswith("http:") else OriginKind.FOREIGN
    if asking.startswith(f"{host}."):
        return OriginKind.SUFFIX
    if asking.endswith(host) and not asking.endswith(f".{host}"):
        return OriginKind.PREFIX
    return OriginKind.FOREIGN


def cors_check(origin: str, allow_origin: str | None, allow_credentials: str | None, *, credentials: bool) -> bool:
    """The CORS check (Fetch section 4.10): byte-equal origins, or `*` where no credentials are sent."""
    if allow_origin is None:
        return False
    if not credentials and allow_origin == "*":
        return True
    return allow_origin == origin and (not credentials or allow_credentials == "true")


def _answer(exchange: Exchange, origin: str, kind: OriginKind) -> CorsAnswer:
    preflight = exchange.method == "OPTIONS"
    allow_origin = _joined(exchange, "access-control-allow-origin")
    allow_credentials = _joined(exchange, "access-control-allow-credentials")
    # A redirect is not handed to the page, and a preflight must be answered with an ok status (sections 4.4, 4.9).
    reaches = exchange.location is None and (not preflight or 200 <= (exchange.status or 0) < 300)
    return CorsAnswer(
        kind=kind,
        origin=peer_text(origin),
        preflight=preflight,
        status=exchange.status or 0,
        url=exchange.url,
        allow_origin=allow_origin,
        allow_credentials=allow_credentials,
        methods=_joined(exchange, "access-control-allow-methods"),
        headers=_joined(exchange, "access-control-allow-headers"),
        vary_origin=_varies(exchange.values("vary")),
        readable=reaches and cors_check(origin, allow_origin, allow_credentials, credentials=False),
        with_credentials=reaches and cors_check(origin, allow_origin, allow_credentials, credentials=True),
    )


def _joined(exchange: Exchange, name: str) -> PeerText | None:
    """All lines of a field, joined as Fetch's `get` does; None where there is none."""
    lines = exchange.values(name)
    return peer_text(", ".join(line.strip(" \t") for line in lines), limit=LONGEST_VALUE) if lines else None


def _varies(lines: Sequence[str]) -> bool:
    """Whether caches are told to keep answers for different origins apart (RFC 9110 section 12.5.5)."""
    return any(word.strip(" \t").lower() in {"origin", "*"} for line in lines for word in line.split(","))


def _host(url: str) -> str:
    """The host of a URL or origin; empty where none can be read."""
    try:
        return parse_url(url).host
    except Malformed:
        return ""
