"""The requests that the probe makes, the chains that it follows, and where it stops."""

import asyncio
import dataclasses
from collections.abc import Callable, Mapping

import pytest

from probes.base import Known
from probes.block_signs import block_sign
from probes.exchange_plan import plain_entry
from probes.http_exchanges import MAX_HOPS, MAX_REQUESTS, HttpExchangesProbe
from scanner.model.evidence.http_exchanges import (
    Body,
    Exchange,
    HeaderField,
    HttpExchanges,
    NotFollowed,
    Purpose,
)
from scanner.model.observation import Observation
from scanner.model.options import HeaderOption, Override, Profile, ScanOptions
from scanner.model.outcome import Outcome, Stage
from scanner.model.peer import PeerText
from scanner.model.target import Endpoint, Target
from scanner.net.budget import Deadline
from scanner.net.session import Session
from tests.support.loopback import Handler, Server, answering, blurting, read_head, server_context, serving
from tests.support.sessions import TEST_HOST, LoopbackResolver, endpoint_of, session_for

MOST = MAX_REQUESTS[Profile.STANDARD]

Site = Callable[[str, str], str]
"""Host and path to the raw answer, without the body that never matters here."""


def redirect(to: str, status: int = 302, *fields: str) -> str:
    return "\r\n".join([f"HTTP/1.1 {status} Moved", f"Location: {to}", *fields, "Content-Length: 0", "", ""])


def page(status: int = 200, *fields: str) -> str:
    return "\r\n".join([f"HTTP/1.1 {status} Well", "Content-Type: text/html", *fields, "Content-Length: 2", "", "hi"])


def sited(site: Site, heads: list[bytes] | None = None) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await read_head(reader)
            if heads is not None:
                heads.append(head)
            lines = head.decode("latin-1").split("\r\n")
            host = next(line[6:] for line in lines if line.startswith("Host: "))
            writer.write(site(host, lines[0].split(" ")[1]).encode("latin-1"))
            await writer.drain()

    return handler


def tabled(answers: Mapping[str, str]) -> Site:
    return lambda _, path: answers.get(path, page(404))


async def look(session: Session) -> Observation[HttpExchanges]:
    return await HttpExchangesProbe().collect(session, Known({}))


def plain_session(server: Server, **more: object) -> Session:
    return session_for(server.endpoint, scheme="http", info=HttpExchangesProbe.info, **more)  # type: ignore[arg-type]


async def look_at(site: Site, **more: object) -> HttpExchanges:
    async with serving(sited(site)) as server:
        seen = await look(plain_session(server, **more))
    assert seen.evidence is not None
    assert len(seen.evidence.exchanges) <= MOST
    return seen.evidence


def statuses(seen: HttpExchanges, purpose: Purpose = Purpose.ENTRY) -> list[int | None]:
    return [one.status for one in seen.of(purpose)]


async def test_entry_and_missing_path_over_one_connection_in_the_quick_profile() -> None:
    heads: list[bytes] = []
    async with serving(sited(tabled({"/": page()}), heads)) as server:
        seen = await look(plain_session(server, options=ScanOptions(allow_private=True, profile=Profile.QUICK)))

    assert seen.outcome is Outcome.OK
    assert seen.cost.connections == 1
    assert [head.split(b" ")[0] for head in heads] == [b"GET", b"GET"]
    path = heads[1].split(b" ")[1].decode()
    assert path.startswith("/leadline-")
    assert len(path) == len("/leadline-") + 16
    assert seen.evidence is not None
    assert statuses(seen.evidence) == [200]
    assert statuses(seen.evidence, Purpose.MISSING) == [404]
    assert seen.evidence.final is seen.evidence.document is seen.evidence.exchanges[0]
    assert seen.evidence.left_out["trace"] == "left out in the profile quick"


async def test_two_looks_ask_for_two_missing_paths() -> None:
    heads: list[bytes] = []
    async with serving(sited(tabled({"/": page()}), heads)) as server:
        await look(plain_session(server))
        await look(plain_session(server))
    missing = [head.split(b" ")[1] for head in heads if head.startswith(b"GET /leadline-")]
    assert len(set(missing)) == 2


async def test_redirects_are_followed_hop_by_hop() -> None:
    seen = await look_at(tabled({"/": redirect("/a?x=1"), "/a?x=1": redirect("b#f", 308), "/b": page()}))

    assert statuses(seen) == [302, 308, 200]
    assert [one.hop for one in seen.of(Purpose.ENTRY)] == [0, 1, 2]
    assert seen.final is not None
    assert seen.final.url.endswith("/b")
    first = seen.exchanges[0]
    assert first.location == "/a?x=1"
    assert first.redirect is not None
    assert first.redirect.not_followed is None


@pytest.mark.parametrize("status", [200, 201, 300, 304])
async def test_a_location_without_a_redirect_is_none(status: int) -> None:
    answer = page(status, "Location: /b") if status != 304 else "HTTP/1.1 304 x\r\nLocation: /b\r\n\r\n"
    seen = await look_at(tabled({"/": answer}))

    assert statuses(seen) == [status]
    assert seen.exchanges[0].location is None


async def test_a_loop_is_recorded_and_left() -> None:
    seen = await look_at(tabled({"/": redirect("/a"), "/a": redirect("/")}))

    assert statuses(seen) == [302, 302]
    last = seen.of(Purpose.ENTRY)[-1]
    assert last.redirect is not None
    assert last.redirect.not_followed is NotFollowed.LOOP
    assert seen.final is None


async def test_a_chain_without_end_is_left_after_the_last_hop() -> None:
    seen = await look_at(lambda _, path: redirect(f"{path}x"))

    hops = seen.of(Purpose.ENTRY)
    assert len(hops) == MAX_HOPS + 1
    assert hops[-1].redirect is not None
    assert hops[-1].redirect.not_followed is NotFollowed.TOO_MANY_HOPS


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("javascript:alert(1)", NotFollowed.OTHER_SCHEME),
        ("https://\\evil.example/", NotFollowed.MALFORMED),
        ("https://2130706433/", NotFollowed.MALFORMED),
        ("/" + "x" * 9000, NotFollowed.MALFORMED),
    ],
)
async def test_what_is_no_http_url_is_not_followed(location: str, reason: NotFollowed) -> None:
    seen = await look_at(tabled({"/": redirect(location)}))

    assert statuses(seen) == [302]
    only = seen.exchanges[0]
    assert only.location == location
    assert only.redirect is not None
    assert (only.redirect.to, only.redirect.not_followed) == (None, reason)


class TestOtherHosts:
    """One GET a hop, checked anew, without anything of the user's."""

    async def test_another_host_is_asked_once_and_told_nothing(self) -> None:
        heads: list[bytes] = []
        async with serving(sited(lambda *_: page(), heads)) as other:
            away = f"http://bob:secret@other.example:{other.endpoint.port}/there"
            async with serving(sited(tabled({"/": redirect(away, 302, "Set-Cookie: a=1")}))) as server:
                seen = await look(
                    plain_session(
                        server,
                        also={("other.example", other.endpoint.port): other.endpoint},
                        options=ScanOptions(allow_private=True, headers=(HeaderOption(name="X-Key", value="k"),)),
                    )
                )

        assert seen.evidence is not None
        assert [(one.same_host, one.status) for one in seen.evidence.of(Purpose.ENTRY)] == [(True, 302), (False, 200)]
        assert len(heads) == 1
        assert heads[0].startswith(b"GET /there HTTP/1.1\r\n")
        for secret in (b"cookie", b"authorization", b"secret", b"x-key"):
            assert secret not in heads[0].lower()
        first = seen.evidence.exchanges[0]
        assert first.redirect is not None
        assert first.redirect.user_info

    @pytest.mark.parametrize(("forbidden", "outcome"), [(False, Outcome.UNRESOLVED), (True, Outcome.FORBIDDEN)])
    async def test_a_host_that_may_not_be_asked_is_an_exchange(self, *, forbidden: bool, outcome: Outcome) -> None:
        places = frozenset({("intern.example", 80)}) if forbidden else frozenset()
        async with serving(sited(tabled({"/": redirect("http://intern.example/")}))) as server:
            seen = await look(plain_session(server, forbidden=places))

        assert seen.evidence is not None
        last = seen.evidence.of(Purpose.ENTRY)[-1]
        assert (last.outcome, last.stage, last.endpoint) == (outcome, Stage.RESOLVE, None)
        assert seen.outcome is Outcome.OK, "what others do is not the outcome of this target"


class TestPlainEntry:
    """http://host/ beside an https target."""

    async def look_at_both(self, plain_site: Site, secure_site: Site) -> Observation[HttpExchanges]:
        async with (
            serving(sited(secure_site), tls=server_context()) as secure,
            serving(sited(plain_site)) as plain,
        ):
            to_plain = Override(host=TEST_HOST, port=80, address="127.0.0.1", to_port=plain.endpoint.port)
            self.secure_url = f"https://{TEST_HOST}:{secure.endpoint.port}/"
            return await look(
                session_for(
                    secure.endpoint,
                    info=HttpExchangesProbe.info,
                    options=ScanOptions(allow_private=True, overrides=(to_plain,)),
                    also={(TEST_HOST, 80): plain.endpoint},
                )
            )

    async def test_a_redirect_to_the_entry_is_not_followed_twice(self) -> None:
        seen = await self.look_at_both(lambda *_: redirect(self.secure_url, 301), tabled({"/": page()}))

        assert seen.evidence is not None
        (plain,) = seen.evidence.of(Purpose.PLAIN_ENTRY)
        assert plain.url == f"http://{TEST_HOST}/"
        assert plain.redirect is not None
        assert plain.redirect.not_followed is NotFollowed.SEEN
        assert plain.redirect.to == self.secure_url

    async def test_its_own_chain_is_followed(self) -> None:
        site = tabled({"/": redirect("/start"), "/start": page()})
        seen = await self.look_at_both(site, tabled({"/": page()}))

        assert seen.evidence is not None
        assert statuses(seen.evidence, Purpose.PLAIN_ENTRY) == [302, 200]

    async def test_requests_are_capped_over_both_chains(self) -> None:
        seen = await self.look_at_both(lambda _, path: redirect(f"{path}y"), lambda _, path: redirect(f"{path}x"))

        assert seen.evidence is not None
        assert len(seen.evidence.exchanges) == MOST
        last = seen.evidence.exchanges[-1]
        assert last.redirect is not None
        assert last.redirect.not_followed is NotFollowed.REQUEST_CAP

    async def test_a_refused_port_is_the_outcome_of_that_exchange_only(self) -> None:
        async with serving(answering()) as gone:
            closed = gone.endpoint
        async with serving(sited(tabled({"/": page()})), tls=server_context()) as secure:
            seen = await look(
                session_for(
                    secure.endpoint,
                    options=ScanOptions(
                        overrides=(Override(host=TEST_HOST, port=80, address="127.0.0.1", to_port=closed.port),)
                    ),
                    also={(TEST_HOST, 80): closed},
                )
            )

        assert seen.outcome is Outcome.OK
        assert seen.evidence is not None
        (plain,) = seen.evidence.of(Purpose.PLAIN_ENTRY)
        assert plain.outcome is Outcome.REFUSED

    async def test_it_is_not_asked_beside_other_ports(self) -> None:
        async with serving(sited(tabled({"/": page()})), tls=server_context()) as secure:
            seen = await look(session_for(secure.endpoint))

        assert seen.evidence is not None
        assert seen.evidence.of(Purpose.PLAIN_ENTRY) == ()


class TestFailure:
    """An entry that cannot be fetched is the outcome; nothing more is asked then."""

    async def test_a_closed_port(self) -> None:
        async with serving(answering()) as gone:
            place = gone.endpoint
        seen = await look(session_for(place, scheme="http"))

        assert (seen.outcome, seen.stage) == (Outcome.REFUSED, Stage.CONNECT)
        assert seen.evidence is not None
        assert len(seen.evidence.exchanges) == 1

    async def test_a_port_without_tls(self) -> None:
        async with serving(blurting(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
            seen = await look(session_for(server.endpoint))

        assert (seen.outcome, seen.stage) == (Outcome.PROTOCOL_ERROR, Stage.SERVER_HELLO)

    async def test_silence(self) -> None:
        async with serving(answering(keep_open=True)) as server:
            seen = await look(plain_session(server, seconds=0.3))

        assert (seen.outcome, seen.stage) == (Outcome.TIMEOUT, Stage.RESPONSE_HEAD)
        assert seen.elapsed_ms < 6000

    async def test_a_stalled_body_keeps_the_document(self) -> None:
        async with serving(answering(page()[:-1].encode(), keep_open=True)) as server:
            seen = await look(plain_session(server, seconds=0.5))

        assert (seen.outcome, seen.stage) == (Outcome.TIMEOUT, Stage.RESPONSE_BODY)
        assert seen.evidence is not None
        assert seen.evidence.final is not None


class TestBlocks:
    """What stands between us and the site is named, and not taken for the site."""

    @pytest.mark.parametrize(
        ("answer", "sign"),
        [
            (page(403, "cf-mitigated: challenge"), "cf-mitigated: challenge"),
            (page(202, "x-amzn-waf-action: challenge"), "x-amzn-waf-action: challenge"),
            (page(429, "Retry-After: 30"), "status 429"),
        ],
    )
    async def test_a_block_ends_the_questions(self, answer: str, sign: str) -> None:
        async with serving(sited(lambda *_: answer)) as server:
            seen = await look(plain_session(server))

        assert (seen.outcome, seen.detail) == (Outcome.BLOCKED, sign)
        assert seen.evidence is not None
        assert seen.evidence.block == sign
        assert seen.evidence.of(Purpose.MISSING) == ()

    @pytest.mark.parametrize(
        ("status", "field", "text", "sign"),
        [
            (403, "x-dd-b", "", "x-dd-b with status 403"),
            (403, "x-datadome", "", None),  # on every answer that passes DataDome, the site's own included
            (403, "server", "https://ct.captcha-delivery.com/c.js", "DataDome's challenge page with status 403"),
            (403, "server", '<div id="cf-error-details">', "Cloudflare's block page with status 403"),
            (200, "server", '<script id="anubis_challenge" type="application/json">', "the challenge page of Anubis"),
            (503, "server", "<title>Just a moment...</title>", "Cloudflare's challenge page with status 503"),
            (200, "server", "<title>Just a moment...</title>", None),
            (403, "server", "<p>Forbidden</p>", None),
            (503, "retry-after", "", None),
        ],
    )
    def test_signs(self, status: int, field: str, text: str, sign: str | None) -> None:
        exchange = Exchange(
            purpose=Purpose.ENTRY,
            hop=0,
            method="GET",
            url=PeerText("https://www.example.org/"),
            same_host=True,
            endpoint="192.0.2.1:443",
            outcome=Outcome.OK,
            status=status,
            fields=(HeaderField(name=PeerText(field), value=PeerText("x")),),
            body=Body(size=len(text), complete=True, sha256="", text=PeerText(text)),
        )
        assert block_sign(exchange) == sign


@pytest.mark.parametrize(
    ("scheme", "port", "url_port", "asked"),
    [("https", 443, 443, True), ("https", 8443, 8443, False), ("https", 8443, 443, False), ("http", 80, 80, False)],
)
def test_the_default_ports_are_asked_in_the_clear(scheme: str, port: int, url_port: int, *, asked: bool) -> None:
    session = session_for(endpoint_of("127.0.0.1", port), scheme=scheme, url_port=url_port)

    assert (plain_entry(session) is not None) == asked


class TurningResolver(LoopbackResolver):
    """A resolver that gives another address each time it is asked."""

    async def endpoints(
        self, host: str, port: int, *, deadline: Deadline, origin: Target | None = None, from_public: bool = False
    ) -> tuple[Endpoint, ...]:
        found = await super().endpoints(host, port, deadline=deadline, origin=origin, from_public=from_public)
        return tuple(dataclasses.replace(one, address=f"127.0.0.{len(self.asked)}") for one in found)


async def test_a_host_whose_address_turns_within_a_chain_is_not_followed_there() -> None:
    async with serving(sited(tabled({"/": redirect("http://other.example/a"), "/a": redirect("/b")}))) as server:
        session = session_for(server.endpoint, scheme="http")
        session.resolver = TurningResolver({("other.example", 80): (server.endpoint,)})
        observation = await look(session)

    assert observation.evidence is not None
    *_, there, turned = observation.evidence.of(Purpose.ENTRY)
    assert there.outcome is Outcome.OK
    assert (turned.outcome, turned.status) == (Outcome.FORBIDDEN, None)
