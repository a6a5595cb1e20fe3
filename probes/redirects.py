"""The chains of redirects, read out of the exchanges."""

from collections.abc import Sequence

from probes.base import Known, ProbeInfo
from probes.block_signs import block_sign
from probes.exchange_reader import read_exchanges, reader_info
from scanner.model.evidence.http_exchanges import Exchange, HttpExchanges, NotFollowed, Purpose
from scanner.model.evidence.redirects import Chain, ChainEnd, Hop, Redirects
from scanner.model.observation import Observation
from scanner.model.peer import PeerText
from scanner.model.target import Target
from scanner.net.session import Session
from scanner.wire.urls import parse_url

_ENDS = {
    NotFollowed.LOOP: ChainEnd.LOOP,
    NotFollowed.TOO_MANY_HOPS: ChainEnd.TOO_MANY_HOPS,
    NotFollowed.REQUEST_CAP: ChainEnd.REQUEST_CAP,
    NotFollowed.MALFORMED: ChainEnd.MALFORMED,
    NotFollowed.OTHER_SCHEME: ChainEnd.OTHER_SCHEME,
    NotFollowed.NOT_RECORDED: ChainEnd.NOT_RECORDED,
}
"""What a redirect that was not followed means for its chain."""


class RedirectsProbe:
    """Lays the hops of the https and the plain-http entry in a row."""

    info: ProbeInfo = reader_info("redirects", "Redirects", Redirects)

    async def collect(self, session: Session, known: Known) -> Observation[Redirects]:
        """Both chains, as far as they were asked."""
        return read_exchanges(session, known, lambda seen: read_redirects(seen, session.target))


def read_redirects(seen: HttpExchanges, target: Target) -> Redirects:
    """The evidence of `redirects` out of the exchanges with `target`."""
    entry = seen.of(Purpose.ENTRY)
    plain = seen.of(Purpose.PLAIN_ENTRY)
    if not target.is_tls:
        return Redirects(https=None, http=_chain(entry) if entry else None)
    return Redirects(
        https=_chain(entry) if entry else None,
        http=_chain((*plain, *_continued(plain[-1], entry))) if plain else None,
        http_not_asked=None if plain else _why_not_asked(seen),
    )


def _why_not_asked(seen: HttpExchanges) -> str:
    if any(one.status == 429 for one in seen.exchanges):
        return "nothing more was asked after status 429"
    if reason := seen.left_out.get(Purpose.PLAIN_ENTRY):
        return reason
    return "http:// is asked beside an https target at the default ports, or with --resolve HOST:80:…"


def _continued(last: Exchange, entry: Sequence[Exchange]) -> Sequence[Exchange]:
    """What follows a redirect that was not followed again, because the entry's chain had been there."""
    if last.redirect is None or last.redirect.not_followed is not NotFollowed.SEEN:
        return ()
    start = next(index for index, one in enumerate(entry) if one.url == last.redirect.to)
    return entry[start:]


def _chain(exchanges: Sequence[Exchange]) -> Chain:
    return Chain(hops=tuple(_hop(one) for one in exchanges), end=_end(exchanges[-1]))


def _end(last: Exchange) -> ChainEnd:
    if not last.answered:
        return ChainEnd.FAILED
    if last.redirect is not None and last.redirect.not_followed in _ENDS:
        return _ENDS[last.redirect.not_followed]
    return ChainEnd.ANSWER if block_sign(last) is None else ChainEnd.BLOCKED


def _hop(exchange: Exchange) -> Hop:
    url = parse_url(exchange.url)
    redirect = exchange.redirect
    to = parse_url(redirect.to) if redirect is not None and redirect.to is not None else None
    return Hop(
        url=exchange.url,
        scheme=url.scheme,
        host=PeerText(url.host),
        same_host=exchange.same_host,
        endpoint=exchange.endpoint,
        outcome=exchange.outcome,
        stage=exchange.stage,
        detail=exchange.detail,
        status=exchange.status,
        fields=exchange.fields,
        location=exchange.location,
        locations=len(set(exchange.values("location"))),
        to=None if redirect is None else redirect.to,
        to_scheme=None if to is None else to.scheme,
        to_host=None if to is None else PeerText(to.host),
        user_info=redirect is not None and redirect.user_info,
        problem=redirect.problem if redirect is not None and redirect.not_followed is NotFollowed.MALFORMED else None,
        sets_cookie=bool(exchange.values("set-cookie")),
    )
