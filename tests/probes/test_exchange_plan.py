"""What is asked of a site after its entries: the requests and what is in them, their order, and what is left out."""

import asyncio
import dataclasses
from collections.abc import Callable, Mapping

import pytest

from probes.base import Known
from probes.http_exchanges import MAX_REQUESTS, HttpExchangesProbe
from scanner.errors import NoSuchName, Unresolved
from scanner.model.evidence.http_exchanges import Exchange, HttpExchanges, Purpose
from scanner.model.options import HeaderOption, Override, PaceLimits, Profile, ScanOptions
from scanner.model.outcome import Outcome, Stage
from scanner.model.target import Endpoint, Target
from scanner.net.budget import Deadline
from scanner.net.resolve import Resolver
from scanner.net.session import Session
from scanner.version import USER_AGENT
from scanner.wire.origins import FOREIGN_ORIGIN
from tests.support.loopback import Handler, Server, read_head, server_context, serving
from tests.support.sessions import TEST_HOST, endpoint_of, session_for

STANDARD = MAX_REQUESTS[Profile.STANDARD]
HTML = "<!doctype html><html><head><title>x</title>{more}</head><body>hello</body></html>"

Head = Mapping[str, str]
Site = Callable[[str, str, Head], bytes | None]
"""Method, path and fields (names in lower case) to the answer; None hangs up."""


def answer(body: str = "", *fields: str, status: str = "200 OK", kind: str = "text/html") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", *fields, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body.encode()


def html(*fields: str, more: str = "") -> bytes:
    return answer(HTML.format(more=more), *fields)


NOT_FOUND = answer("not here", status="404 Not Found")
REFUSED = answer(status="405 Method Not Allowed")


def site(pages: Mapping[str, bytes]) -> Site:
    """GETs by a table, other methods refused."""
    return lambda method, path, _: pages.get(path, NOT_FOUND) if method == "GET" else REFUSED


@dataclasses.dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    fields: dict[str, str]


def served(answers: Site, asked: list[Request]) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            line, *lines = (await read_head(reader)).decode("latin-1").split("\r\n")[:-2]
            method, path, _ = line.split(" ")
            fields = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)}
            asked.append(Request(method, path, fields))
            said = answers(method, path, fields)
            if said is None:
                return
            writer.write(said)
            await writer.drain()

    return handler


class Failing(Resolver):
    """A resolver that fails for one name."""

    def __init__(self, behind: Resolver, name: str, fault: type[Unresolved]) -> None:
        super().__init__(allow_private=True)
        self._behind, self._name, self._fault = behind, name, fault

    async def endpoints(
        self, host: str, port: int, *, deadline: Deadline, origin: Target | None = None, from_public: bool = False
    ) -> tuple[Endpoint, ...]:
        if host == self._name:
            raise self._fault("no address", stage=Stage.RESOLVE)
        return await self._behind.endpoints(host, port, deadline=deadline, origin=origin, from_public=from_public)


async def look(session: Session) -> HttpExchanges:
    seen = await HttpExchangesProbe().collect(session, Known({}))
    assert seen.evidence is not None
    assert seen.outcome is Outcome.OK
    return seen.evidence


def session_at(server: Server, **more: object) -> Session:
    more = {"options": ScanOptions(allow_private=True)} | more
    return session_for(server.endpoint, scheme="http", info=HttpExchangesProbe.info, **more)  # type: ignore[arg-type]


async def look_at(answers: Site, **more: object) -> tuple[HttpExchanges, list[Request]]:
    asked: list[Request] = []
    async with serving(served(answers, asked)) as server:
        return await look(session_at(server, **more)), asked


def one(seen: HttpExchanges, purpose: Purpose) -> Exchange:
    (found,) = seen.of(purpose)
    return found


def order(seen: HttpExchanges) -> list[Purpose]:
    return [exchange.purpose for exchange in seen.exchanges]


SCRIPTS = "".join(f'<script src="/{name}.js"></script>' for name in "abcdefg")


async def test_all_of_it_in_the_order_of_the_wire() -> None:
    links = '<link rel="stylesheet" href="/style.css"><script src="/a.js"></script><script src="/b.js"></script>'
    seen, asked = await look_at(site({"/": html(more=links), "/a.js": answer("1", kind="text/javascript")}))

    assert order(seen) == [
        Purpose.ENTRY, Purpose.REPEAT, Purpose.MISSING, Purpose.ASSET, Purpose.SECURITY_TXT, Purpose.ROBOTS,
        Purpose.SCRIPT, Purpose.PREFLIGHT, Purpose.TRACE, Purpose.UNKNOWN_HOST, Purpose.BARE_ADDRESS,
    ]  # fmt: skip
    assert [(request.method, request.path.split("-")[0]) for request in asked] == [
        ("GET", "/"), ("GET", "/"), ("GET", "/leadline"), ("GET", "/a.js"), ("GET", "/.well"), ("GET", "/robots.txt"),
        ("GET", "/b.js"), ("OPTIONS", "/"), ("TRACE", "/leadline"), ("GET", "/"), ("GET", "/"),
    ]  # fmt: skip
    assert not any("content-length" in request.fields or "transfer-encoding" in request.fields for request in asked)
    assert set(seen.left_out) == {"plain-entry", "sibling", "origin"}
    assert seen.page is not None
    assert len(seen.page.scripts) == 2


async def test_what_the_requests_carry() -> None:
    options = ScanOptions(allow_private=True, headers=(HeaderOption(name="X-Secret", value="s3cret"),))
    seen, asked = await look_at(site({"/": html()}), options=options)

    by_purpose = dict(zip(order(seen), asked, strict=True))
    preflight, repeat, trace = (by_purpose[each].fields for each in (Purpose.PREFLIGHT, Purpose.REPEAT, Purpose.TRACE))
    assert repeat["origin"] == preflight["origin"] == FOREIGN_ORIGIN
    assert preflight["access-control-request-method"] == "GET"
    assert trace["x-leadline-mark"] == seen.mark
    assert seen.mark
    assert seen.mark not in by_purpose[Purpose.TRACE].path, "an error page that quotes the path is no echo"
    bearers = {purpose for purpose, request in by_purpose.items() if "x-secret" in request.fields}
    assert bearers.isdisjoint({Purpose.PREFLIGHT, Purpose.TRACE, Purpose.UNKNOWN_HOST, Purpose.BARE_ADDRESS})
    assert {Purpose.ENTRY, Purpose.REPEAT, Purpose.MISSING} <= bearers
    sent = {exchange.purpose: [(field.name, field.value) for field in exchange.sent] for exchange in seen.exchanges}
    assert sent[Purpose.REPEAT] == [("Origin", FOREIGN_ORIGIN)]
    assert sent[Purpose.TRACE] == [("X-Leadline-Mark", seen.mark)]
    assert sent[Purpose.ENTRY] == []


async def test_other_hosts_of_the_same_server() -> None:
    seen, asked = await look_at(site({"/": html()}))

    unknown, bare = one(seen, Purpose.UNKNOWN_HOST), one(seen, Purpose.BARE_ADDRESS)
    hosts = [request.fields["host"].partition(":")[0] for request in asked[-2:]]
    assert unknown.url.startswith(f"http://{hosts[0]}:")
    assert hosts[0].startswith("leadline-")
    assert hosts[0].endswith(".invalid")
    assert hosts[1] == "127.0.0.1"
    assert bare.url.startswith("http://127.0.0.1:")
    assert not any(each.same_host or each.own for each in (unknown, bare))
    assert unknown.endpoint == bare.endpoint == seen.exchanges[0].endpoint


class TestOrigins:
    """Other origins are tried where the site looks at Origin, and does not let everybody in."""

    @staticmethod
    def sharing(answered: Callable[[str | None], list[str]]) -> Site:
        return lambda method, path, fields: (
            html(*answered(fields.get("origin"))) if path == "/" and method == "GET" else NOT_FOUND
        )

    async def test_a_list_of_origins_is_tried_with_all(self) -> None:
        seen, _ = await look_at(self.sharing(lambda _: ["Vary: Accept-Encoding, Origin"]))

        sent = [exchange.sent[0].value for exchange in seen.of(Purpose.ORIGIN)]
        assert sorted(sent) == sorted(
            [
                "null",
                f"https://{TEST_HOST}.leadline-probe.example",
                f"http://{TEST_HOST}",
                "https://leadline-probe-example.org",
            ]
        )
        assert "origin" not in seen.left_out

    @pytest.mark.parametrize("allowed", [lambda origin: origin or "x", lambda _: "*"])
    async def test_who_lets_everybody_in_is_asked_no_more(self, allowed: Callable[[str | None], str]) -> None:
        seen, _ = await look_at(self.sharing(lambda origin: [f"Access-Control-Allow-Origin: {allowed(origin)}"]))

        assert seen.of(Purpose.ORIGIN) == ()
        assert "any origin is allowed" in seen.left_out["origin"]

    async def test_the_deep_profile_always_asks(self) -> None:
        options = ScanOptions(allow_private=True, profile=Profile.DEEP)
        seen, _ = await look_at(site({"/": html()}), options=options)

        assert len(seen.of(Purpose.ORIGIN)) == 4


class TestFiles:
    """Static files and scripts: of the document's own origin, and a few of them."""

    async def test_scripts_are_capped_in_number(self) -> None:
        seen, asked = await look_at(site({"/": html(more=SCRIPTS)}))

        assert len(seen.of(Purpose.ASSET)) == 1
        assert len(seen.of(Purpose.SCRIPT)) == 4
        assert [request.path for request in asked if request.path.endswith(".js")] == [f"/{x}.js" for x in "abcde"]
        assert len(seen.exchanges) <= STANDARD

    async def test_scripts_are_capped_in_size(self) -> None:
        half = answer("x" * 600_000, kind="text/javascript")
        seen, _ = await look_at(site({"/": html(more=SCRIPTS), "/a.js": half, "/b.js": half}))

        sizes = [
            exchange.body.size for exchange in (*seen.of(Purpose.ASSET), *seen.of(Purpose.SCRIPT)) if exchange.body
        ]
        assert sizes == [600_000, 1024 * 1024 - 600_000]
        assert "1048576 bytes" in seen.left_out["script"]

    async def test_other_origins_and_data_blocks_are_not_fetched(self) -> None:
        more = (
            '<script src="https://cdn.example/a.js"></script><script type="application/json" src="/d.json"></script>'
            '<img src="data:image/png;base64,AA=="><template><img src="/inert.png"></template>'
        )
        seen, _ = await look_at(site({"/": html(more=more)}))

        assert seen.of(Purpose.ASSET) == seen.of(Purpose.SCRIPT) == ()
        assert "static file" in seen.left_out["asset"]

    async def test_a_stylesheet_where_there_is_no_script(self) -> None:
        more = '<link rel="stylesheet" href="style.css?v=1">'
        seen, _ = await look_at(site({"/": html(more=more)}))

        assert one(seen, Purpose.ASSET).url.endswith("/style.css?v=1")
        assert "script" in seen.left_out

    async def test_an_answer_that_is_no_html_has_no_page(self) -> None:
        seen, _ = await look_at(site({"/": answer("{}", kind="application/json")}))

        assert seen.page is None
        assert "HTML" in seen.left_out["page"]
        assert "no HTML page" in seen.left_out["asset"]
        assert one(seen, Purpose.REPEAT).status == 200


class TestEndings:
    """When nothing more is asked, and that it is said."""

    async def test_too_many_requests_end_the_look(self) -> None:
        pages = {"/": html(), "/robots.txt": answer(status="429 Too Many Requests")}
        seen, _ = await look_at(site(pages))

        assert order(seen)[-1] is Purpose.ROBOTS
        assert seen.block is None, "the document was there before"
        assert "429" in seen.left_out["trace"]
        assert seen.document is not None

    async def test_a_challenge_ends_the_look(self) -> None:
        pages = {"/": html(), "/.well-known/security.txt": answer("", "cf-mitigated: challenge", status="403 No")}
        seen, _ = await look_at(site(pages))

        assert order(seen)[-1] is Purpose.SECURITY_TXT
        assert "challenge" in seen.left_out["robots"]

    async def test_a_front_that_refuses_methods_with_its_own_page_does_not_end_the_look(self) -> None:
        def front(method: str, path: str, _: Head) -> bytes:
            refusal = answer("Generated by cloudfront (CloudFront)", status="403 Forbidden")
            return (html() if path == "/" else NOT_FOUND) if method == "GET" else refusal

        seen, _ = await look_at(front)

        assert order(seen)[-1] is Purpose.BARE_ADDRESS

    async def test_a_server_that_hangs_up_on_other_methods_is_asked_on(self) -> None:
        seen, _ = await look_at(lambda method, _path, _fields: html() if method == "GET" else None)

        assert one(seen, Purpose.PREFLIGHT).outcome is Outcome.CLOSED
        assert one(seen, Purpose.PREFLIGHT).stage is Stage.RESPONSE_HEAD

    async def test_what_may_be_refused_by_hanging_up_is_asked_once(self) -> None:
        seen, asked = await look_at(lambda method, _path, _fields: html() if method == "GET" else None)

        assert [request.method for request in asked if request.method != "GET"] == ["OPTIONS", "TRACE"]
        assert seen.exchanges[-1].purpose is Purpose.BARE_ADDRESS

    async def test_tries_count_as_requests(self) -> None:
        tries: dict[str, int] = {}

        def stumbling(_method: str, path: str, _: Head) -> bytes | None:
            tries[path] = tries.get(path, 0) + 1
            return html(more=SCRIPTS) if tries[path] > 1 else None

        seen, asked = await look_at(stumbling)

        assert len(asked) <= STANDARD
        assert len(seen.exchanges) < STANDARD
        assert "used up" in seen.left_out["bare-address"]

    async def test_a_server_that_dies_is_left_alone(self) -> None:
        asked = 0

        def dying(_method: str, _path: str, _: Head) -> bytes | None:
            nonlocal asked
            asked += 1
            return html() if asked == 1 else None

        seen, _ = await look_at(dying)

        assert len(seen.exchanges) == 3
        assert "not answered" in seen.left_out["robots"]

    async def test_redirects_use_up_the_requests(self) -> None:
        def endless(_method: str, path: str, _: Head) -> bytes:
            number = int(path[2:] or 0) if path.startswith("/h") else 0
            return html() if number == 10 else answer("", f"Location: /h{number + 1}", status="302 Found")

        seen, _ = await look_at(endless)

        assert len(seen.of(Purpose.ENTRY)) == 11
        assert len(seen.exchanges) == STANDARD
        assert one(seen, Purpose.PREFLIGHT).status == 200
        assert "used up" in seen.left_out["bare-address"]

    async def test_a_limit_under_another_name_ends_the_look(self) -> None:
        def limited(method: str, path: str, fields: Head) -> bytes:
            strange = fields["host"].startswith("leadline-")
            return (
                answer(status="429 Too Many Requests") if strange else site({"/": html()})(method, path, fields) or b""
            )

        seen, asked = await look_at(limited)

        assert order(seen)[-1] is Purpose.UNKNOWN_HOST
        assert asked[-1].fields["host"].startswith("leadline-")
        assert "429" in seen.left_out["bare-address"]

    async def test_a_limit_elsewhere_is_not_the_sites(self) -> None:
        async with serving(served(lambda *_: answer(status="429 Too Many Requests"), [])) as away:
            place = f"http://elsewhere.example:{away.endpoint.port}/"
            moved = site({"/": answer("", f"Location: {place}", status="302 Found")})
            seen, _ = await look_at(moved, also={("elsewhere.example", away.endpoint.port): away.endpoint})

        assert [exchange.status for exchange in seen.of(Purpose.ENTRY)] == [302, 429]
        assert one(seen, Purpose.ROBOTS).status == 404

    async def test_a_redirect_to_another_host_leaves_no_document(self) -> None:
        asked: list[Request] = []
        away: list[Request] = []
        async with serving(served(site({"/": html(more=SCRIPTS)}), away)) as other:
            there = f"http://other.example:{other.endpoint.port}/"
            moved = site({"/": answer("", f"Location: {there}", status="301 Moved")})
            async with serving(served(moved, asked)) as server:
                seen = await look(session_at(server, also={("other.example", other.endpoint.port): other.endpoint}))

        assert len(away) == 1
        assert seen.document is None
        assert seen.page is None
        for purpose in (Purpose.REPEAT, Purpose.PREFLIGHT, Purpose.ASSET, Purpose.SCRIPT, Purpose.ORIGIN):
            assert "no document" in seen.left_out[purpose]
        assert one(seen, Purpose.MISSING).status == 404


class TestPlainTargets:
    """What a target over plain http is asked after its redirect to https."""

    async def test_the_site_behind_the_redirect_is_asked(self) -> None:
        plain: list[Request] = []
        secret: list[Request] = []
        async with serving(served(site({"/": html()}), secret), tls=server_context()) as secured:
            to = f"https://{TEST_HOST}:{secured.endpoint.port}/"
            redirecting = served(lambda *_: answer("", f"Location: {to}", status="301 Moved"), plain)
            async with serving(redirecting) as server:
                options = ScanOptions(allow_private=True, headers=(HeaderOption(name="X-Secret", value="s3cret"),))
                also = {(TEST_HOST, secured.endpoint.port): secured.endpoint}
                seen = await look(session_at(server, also=also, options=options))

        assert [request.path for request in plain] == ["/"]
        assert {one(seen, each).status for each in (Purpose.MISSING, Purpose.ROBOTS)} == {404}
        assert "x-secret" in plain[0].fields
        assert not any("x-secret" in request.fields for request in secret), "another origin"

    async def test_a_robots_txt_that_moved(self) -> None:
        moved = answer("", "Location: /r.txt", status="301 Moved")
        robots = answer("User-agent: *", kind="text/plain")
        seen, _ = await look_at(site({"/": html(), "/robots.txt": moved, "/r.txt": robots}))

        assert [exchange.status for exchange in seen.of(Purpose.ROBOTS)] == [301, 200]


class TestName:
    """The name under which was asked."""

    @pytest.mark.parametrize(
        ("options", "name"),
        [
            (ScanOptions(allow_private=True), USER_AGENT),
            (ScanOptions(allow_private=True, user_agent="mine/1"), "mine/1"),
            (ScanOptions(allow_private=True, headers=(HeaderOption(name="user-agent", value="s3cret"),)), None),
        ],
    )
    async def test_it_is_in_the_evidence(self, options: ScanOptions, name: str | None) -> None:
        seen, asked = await look_at(site({"/": html()}), options=options)

        assert seen.user_agent == name
        assert asked[0].fields["user-agent"] == (name or "s3cret")


class TestSiblings:
    """The www name and the name without it."""

    @staticmethod
    async def look_at_both(host: str, here: Site, there: Site) -> tuple[HttpExchanges, list[Request]]:
        asked: list[Request] = []
        sibling = host.removeprefix("www.") if host.startswith("www.") else f"www.{host}"
        async with (
            serving(served(here, []), tls=server_context(host)) as one_,
            serving(served(there, asked), tls=server_context(sibling)) as other,
        ):
            overrides = tuple(
                Override(host=name, port=443, address="127.0.0.1", to_port=at.endpoint.port)
                for name, at in ((host, one_), (sibling, other))
            )
            options = ScanOptions(allow_private=True, overrides=overrides)
            also = {(sibling, 443): other.endpoint}
            session = session_for(one_.endpoint, host=host, url_port=443, options=options, also=also)
            return await look(session), asked

    @pytest.mark.parametrize("host", ["example.org", "www.example.org"])
    async def test_the_sibling_is_asked_once(self, host: str) -> None:
        seen, asked = await self.look_at_both(host, site({"/": html()}), site({"/": html(more=SCRIPTS)}))

        sibling = one(seen, Purpose.SIBLING)
        assert (sibling.status, sibling.own, sibling.same_host) == (200, True, False)
        assert len(asked) == 1

    async def test_a_deeper_host_has_none(self) -> None:
        seen, asked = await self.look_at_both("shop.example.org", site({"/": html()}), site({}))

        assert asked == []
        assert "registrable" in seen.left_out["sibling"]
        assert Purpose.SIBLING in seen.absent

    async def test_a_name_without_an_address_is_absent_and_one_that_was_not_found_out_is_not(self) -> None:
        async def looked(fault: type[Unresolved]) -> HttpExchanges:
            async with serving(served(site({"/": html()}), []), tls=server_context("example.org")) as server:
                session = session_for(server.endpoint, host="example.org", url_port=443, info=HttpExchangesProbe.info)
                session.resolver = Failing(session.resolver, "www.example.org", fault)
                return await look(session)

        assert Purpose.SIBLING in (await looked(NoSuchName)).absent
        unsure = await looked(Unresolved)
        assert Purpose.SIBLING not in unsure.absent
        assert "www.example.org" in unsure.left_out["sibling"]

    async def test_a_document_at_the_sibling_is_asked_about_there(self) -> None:
        moved = site({"/": answer("", "Location: https://www.example.org/", status="301 Moved")})
        seen, asked = await self.look_at_both("example.org", moved, site({"/": html(more=SCRIPTS)}))

        assert seen.document is not None
        assert seen.document.url == "https://www.example.org/"
        assert [(request.method, request.path) for request in asked] == [
            ("GET", "/"), ("GET", "/"), *(("GET", f"/{name}.js") for name in "abcde"), ("OPTIONS", "/"),
        ]  # fmt: skip
        assert "already" in seen.left_out["sibling"]
        assert seen.page is not None
        assert one(seen, Purpose.MISSING).url.startswith("https://example.org/")


class TestHttp2:
    """The connection that offers HTTP/2 beside the other."""

    async def test_a_pace_of_one_connection_at_a_time_is_enough(self) -> None:
        options = ScanOptions(allow_private=True, pace=PaceLimits(rate=1000, burst=100, open_at_once=1))
        seen, _ = await look_at(site({"/": html(more=SCRIPTS)}), options=options)

        assert all(exchange.outcome is Outcome.OK for exchange in seen.exchanges)
        assert len(seen.of(Purpose.SCRIPT)) == 4

    async def test_a_document_without_files_is_asked_again_over_it(self) -> None:
        asked: list[Request] = []
        async with serving(served(site({"/": html()}), asked), tls=server_context(alpn=("http/1.1",))) as server:
            session = session_for(server.endpoint, info=HttpExchangesProbe.info)
            seen = await look(session)

        assert one(seen, Purpose.REPEAT).status == 200
        assert session.meter.connections == 3, "entry, HTTP/2, bare address"


async def test_a_dead_https_entry_leaves_the_plain_document() -> None:
    async with serving(served(site({"/": html(more=SCRIPTS)}), [])) as plain:
        to_plain = Override(host=TEST_HOST, port=80, address="127.0.0.1", to_port=plain.endpoint.port)
        async with serving(served(site({}), [])) as gone:
            closed = gone.endpoint
        session = session_for(
            closed,
            url_port=443,
            options=ScanOptions(allow_private=True, overrides=(to_plain,)),
            also={(TEST_HOST, 80): endpoint_of("127.0.0.1", plain.endpoint.port)},
        )
        seen = (await HttpExchangesProbe().collect(session, Known({}))).evidence

    assert seen is not None
    assert seen.document is not None
    assert seen.document.purpose is Purpose.PLAIN_ENTRY
    assert one(seen, Purpose.PREFLIGHT).url == f"http://{TEST_HOST}/"
    assert one(seen, Purpose.ASSET).status == 404
