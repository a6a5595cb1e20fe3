"""The chains that are read out of the exchanges."""

import pytest

from probes.base import Known
from probes.redirects import RedirectsProbe, read_redirects
from scanner.model.evidence.http_exchanges import (
    Exchange,
    HeaderField,
    HttpExchanges,
    NotFollowed,
    Purpose,
    Redirect,
)
from scanner.model.evidence.redirects import ChainEnd
from scanner.model.outcome import Outcome, Stage
from scanner.model.peer import PeerText
from tests.support.sessions import session_for, target_of

HTTPS = "https://www.example.org/"
HTTP = "http://www.example.org/"
TARGET = target_of("www.example.org", 443)
PLAIN_TARGET = target_of("www.example.org", 80, "http")


def exchange(
    url: str,
    status: int | None = 200,
    to: str | None = None,
    *,
    purpose: Purpose = Purpose.ENTRY,
    not_followed: NotFollowed | None = None,
    outcome: Outcome = Outcome.OK,
    fields: tuple[tuple[str, str], ...] = (),
) -> Exchange:
    lines = [*fields, ("Location", to)] if to else fields
    return Exchange(
        purpose=purpose,
        hop=0,
        method="GET",
        url=PeerText(url),
        same_host="//www.example.org" in url,
        endpoint="192.0.2.1:443",
        outcome=outcome,
        stage=None if outcome is Outcome.OK else Stage.CONNECT,
        status=status,
        fields=tuple(HeaderField(name=PeerText(name), value=PeerText(value)) for name, value in lines),
        location=PeerText(to) if to else None,
        redirect=Redirect(to=PeerText(to), not_followed=not_followed) if to else None,
    )


def plain(url: str, status: int | None = 200, to: str | None = None, **more: object) -> Exchange:
    return exchange(url, status, to, purpose=Purpose.PLAIN_ENTRY, **more)  # type: ignore[arg-type]


def test_a_plain_chain_goes_on_where_the_entry_has_been() -> None:
    seen = HttpExchanges(
        exchanges=(
            exchange(HTTPS, 302, f"{HTTPS}en/"),
            exchange(f"{HTTPS}en/"),
            plain(HTTP, 301, HTTPS, not_followed=NotFollowed.SEEN),
        )
    )
    found = read_redirects(seen, TARGET)

    assert found.https is not None
    assert found.http is not None
    assert [hop.url for hop in found.https.hops] == [HTTPS, f"{HTTPS}en/"]
    assert [hop.url for hop in found.http.hops] == [HTTP, HTTPS, f"{HTTPS}en/"]
    assert found.http.end is ChainEnd.ANSWER
    assert found.http.reaches_https


def test_a_loop_between_both_schemes_is_a_loop_of_both_chains() -> None:
    seen = HttpExchanges(
        exchanges=(
            exchange(HTTPS, 302, HTTP),
            exchange(HTTP, 302, HTTPS, not_followed=NotFollowed.LOOP),
            plain(HTTP, 302, HTTPS, not_followed=NotFollowed.SEEN),
        )
    )
    found = read_redirects(seen, TARGET)

    assert found.https is not None
    assert found.http is not None
    assert found.https.end is found.http.end is ChainEnd.LOOP


@pytest.mark.parametrize(
    ("last", "end"),
    [
        (exchange(HTTPS), ChainEnd.ANSWER),
        (exchange(HTTPS, 500), ChainEnd.ANSWER),
        (exchange(HTTPS, None, outcome=Outcome.REFUSED), ChainEnd.FAILED),
        (exchange(HTTPS, 429), ChainEnd.BLOCKED),
        (exchange(HTTPS, 302, HTTPS, not_followed=NotFollowed.LOOP), ChainEnd.LOOP),
        (exchange(HTTPS, 302, HTTPS, not_followed=NotFollowed.TOO_MANY_HOPS), ChainEnd.TOO_MANY_HOPS),
        (exchange(HTTPS, 302, HTTPS, not_followed=NotFollowed.REQUEST_CAP), ChainEnd.REQUEST_CAP),
        (exchange(HTTPS, 302, HTTPS, not_followed=NotFollowed.MALFORMED), ChainEnd.MALFORMED),
        (exchange(HTTPS, 302, HTTPS, not_followed=NotFollowed.OTHER_SCHEME), ChainEnd.OTHER_SCHEME),
    ],
)
def test_each_end_is_told(last: Exchange, end: ChainEnd) -> None:
    found = read_redirects(HttpExchanges(exchanges=(last,)), TARGET)

    assert found.https is not None
    assert found.https.end is end
    assert found.http is None
    assert found.http_not_asked is not None


def test_a_plain_target_has_a_plain_chain() -> None:
    found = read_redirects(HttpExchanges(exchanges=(exchange(HTTP, 301, HTTPS), exchange(HTTPS))), PLAIN_TARGET)

    assert found.https is None
    assert found.http is not None
    assert [(hop.scheme, hop.to_scheme) for hop in found.http.hops] == [("http", "https"), ("https", None)]


def test_what_a_hop_tells() -> None:
    first = exchange(HTTPS, 302, "https://shop.example.net/", fields=(("Set-Cookie", "a=1"), ("location", "/other")))
    found = read_redirects(HttpExchanges(exchanges=(first, exchange("https://shop.example.net/"))), TARGET)

    assert found.https is not None
    hop, away = found.https.hops
    assert (hop.host, hop.to_host, hop.locations, hop.sets_cookie) == (
        "www.example.org", "shop.example.net", 2, True,
    )  # fmt: skip
    assert hop.same_host
    assert not away.same_host
    assert [one.name for one in hop.fields] == ["Set-Cookie", "location", "Location"]


async def test_without_exchanges_nothing_is_assessed() -> None:
    session = session_for(("127.0.0.1", 443), info=RedirectsProbe.info)
    seen = await RedirectsProbe().collect(session, Known({}))

    assert (seen.outcome, seen.evidence) == (Outcome.NOT_ASSESSED, None)
