"""The probe of content: what it makes of a page, its scripts and error pages."""

import dataclasses

import pytest

from probes.base import Known
from probes.content import ContentProbe
from probes.content_reading import read_content
from probes.page_reader import read_page
from scanner.errors import Malformed
from scanner.model.evidence.content import Content, Exposure, IntegrityState, InternalPlace, SignKind
from scanner.model.evidence.http_exchanges import Body, Exchange, HttpExchanges, Purpose
from scanner.model.outcome import Outcome
from scanner.model.page import Relation
from scanner.wire.html_page import needs_isolation, parse_page
from tests.support.exchanges import HOST, exchange, observation, seen
from tests.support.secrets import SECRETS
from tests.support.sessions import session_for

HTML = "Content-Type: text/html; charset=utf-8"
HASH = "sha384-" + "a" * 64
SHOP = f"""<!doctype html><html><head><title>Shop</title><meta name=generator content="WordPress 6.8">
<meta name=csrf-token content=abc><link rel=stylesheet href="https://cdn.bootcss.com/x.css">
<script src="/app.js"></script>
<script src="https://cdn.example.net/lib@1.2.3/lib.js" integrity="{HASH}" crossorigin></script>
<script src="https://static.example.org/own.js" integrity="bogus"></script><script nonce=n1>one()</script>
<script>two()</script><script type="application/ld+json">{{}}</script>
<script src="https://www.google.com/recaptcha/api.js"></script>
<script src="/@vite/client" type=module></script></head>
<body onload=x()><!-- talk to http://build.prod.internal/job and 10.1.2.3 -->
<img src="http://img.example.net/a.png"><iframe src="http://old.example.net/"></iframe>
<form method=post action=/login><input type=hidden name=authenticity_token value=x><input type=password name=p></form>
<form action="http://search.example.net/"><input name=q><button formaction="http://{HOST}/plain">go</button></form>
<a href="javascript:x()">x</a></body></html>"""


def answer(body: str, *lines: str, **changes: object) -> Exchange:
    return exchange(*(lines or (HTML,)), body=body, **changes)  # type: ignore[arg-type]


def shop(*others: Exchange, html: str = SHOP, block: str | None = None) -> HttpExchanges:
    document = answer(html)
    page = parse_page(html, document.url)
    return dataclasses.replace(seen(document, *others, block=block), page=page)


def asset(body: str, *lines: str) -> Exchange:
    fields = ("Content-Type: text/javascript", *lines)
    return answer(body, *fields, url=f"https://{HOST}/js/app.js", purpose=Purpose.ASSET)


def test_the_inventory() -> None:
    found = read_content(shop())

    assert [(one.kind, one.runs, one.relation, one.integrity) for one in found.scripts] == [
        ("classic", True, Relation.SAME_ORIGIN, IntegrityState.NONE),
        ("classic", True, Relation.CROSS_SITE, IntegrityState.VALID),
        ("classic", True, Relation.SAME_SITE, IntegrityState.INVALID),
        ("classic", True, Relation.INLINE, IntegrityState.INLINE),
        ("classic", True, Relation.INLINE, IntegrityState.INLINE),
        ("data", False, Relation.INLINE, IntegrityState.INLINE),
        ("classic", True, Relation.CROSS_SITE, IntegrityState.NONE),
        ("module", True, Relation.SAME_ORIGIN, IntegrityState.NONE),
    ]
    assert found.scripts[1].algorithms == ("sha384",)
    assert found.scripts[3].size == 5
    assert [one.host for one in found.suspects] == ["cdn.bootcss.com"]
    assert found.captchas == ("reCAPTCHA",)
    assert found.generator == ("WordPress 6.8",)


def test_inline_mixed_and_forms() -> None:
    found = read_content(shop())

    assert (found.inline.scripts, found.inline.scripts_with_nonce) == (2, 1)
    assert (dict(found.inline.handlers), found.inline.javascript_urls) == ({"onload": 1}, 1)
    assert [(one.kind, one.active) for one in found.mixed] == [("image", False), ("frame", True)]
    login, search = found.forms
    assert (login.method, login.password, login.token, login.plain_target) == ("post", True, "authenticity_token", None)
    assert (search.relation, search.plain_target) == (Relation.CROSS_SITE, "http://search.example.net/")
    assert found.csrf_meta


def test_what_it_gives_away() -> None:
    trace = 'Traceback (most recent call last):\n  File "/srv/shop/app.py", line 3\n redis at 10.9.8.7'
    broken = answer(trace, "Content-Type: text/plain", status=500, purpose=Purpose.MISSING)

    found = read_content(shop(broken))

    assert {(one.kind, one.name, one.exchange) for one in found.signs} == {
        (SignKind.DEV_SERVER, "Vite", 0),
        (SignKind.STACK_TRACE, "Python", 1),
        (SignKind.FILE_PATH, "Unix", 1),
    }
    assert {(one.value, one.place) for one in found.internal} == {
        ("build.prod.internal", InternalPlace.COMMENT),
        ("10.1.2.3", InternalPlace.COMMENT),
        ("10.9.8.7", InternalPlace.ERROR_PAGE),
    }
    assert (found.answers, found.errors) == (2, 1)


@pytest.mark.parametrize(
    ("script", "lines", "map_url", "embedded", "by"),
    [
        ("a()\n//# sourceMappingURL=app.js.map\n", (), f"https://{HOST}/js/app.js.map", False, "comment"),
        ("a{}/*# sourceMappingURL=../x.map */", (), f"https://{HOST}/x.map", False, "comment"),
        ("a()", ("SourceMap: /maps/app.map",), f"https://{HOST}/maps/app.map", False, "header"),
        ("a()\n//# sourceMappingURL=data:application/json;base64,e30=", (), None, True, "comment"),
    ],
)
def test_source_maps(script: str, lines: tuple[str, ...], map_url: str | None, embedded: bool, by: str) -> None:
    (found,) = read_content(shop(asset(script, *lines))).source_maps

    assert (found.map, found.embedded, found.by) == (map_url, embedded, by)


def test_secrets_in_body_script_field_and_cookie() -> None:
    github, stripe = SECRETS["github-token"][0], SECRETS["stripe-secret-key"][0]
    token = SECRETS["web-token"][0]
    html = f"<p>{github}</p>"
    script = asset(f"const key = '{github}';", f"X-Debug: {stripe}", f"Set-Cookie: id={token}")

    found = read_content(shop(script, html=html)).secrets

    assert [(one.kind, one.exchange, one.field, one.seen) for one in found] == [
        ("github-token", 0, None, 2),
        ("stripe-secret-key", 1, "X-Debug", 1),
    ]
    first = found[0]
    assert (first.offset, first.length, first.starts, first.exposure) == (3, 40, "ghp_", Exposure.SECRET)
    assert github not in repr(found)


def test_passwords_keep_no_beginning() -> None:
    (found,) = read_content(shop(html=f"<p>{SECRETS['database-url'][0]}</p>")).secrets

    assert found.starts is None


def test_other_hosts_and_echoes_are_not_read() -> None:
    elsewhere = answer(SECRETS["github-token"][0], url="https://other.example.net/", hop=1)
    echo = answer(SECRETS["github-token"][0], purpose=Purpose.TRACE)

    found = read_content(shop(elsewhere, echo, html="<p>"))

    assert (found.secrets, found.answers) == ((), 1)


def test_own_names_are_not_internal() -> None:
    page = "https://intra.corp.lan/"
    html = "<img src=http://intra.corp.lan/a.png>"
    document = dataclasses.replace(answer(html, url=page), own=True, same_host=True)
    found = read_content(dataclasses.replace(seen(document), page=parse_page(html, page)))

    assert found.url == page
    assert found.internal == ()


def test_without_a_page() -> None:
    without = HttpExchanges(exchanges=(answer("{}", "Content-Type: application/json"),), left_out={"page": "no HTML"})

    assert read_content(without) == Content(no_page="no HTML", answers=1)
    assert read_content(HttpExchanges(exchanges=())).no_page == "no document of the site came"


def test_a_part_is_said_to_be_one() -> None:
    whole = shop()
    assert whole.page is not None
    part = dataclasses.replace(whole, page=dataclasses.replace(whole.page, truncated=True))

    assert read_content(whole).complete
    assert not read_content(part).complete


async def test_the_outcome_is_that_of_the_exchanges() -> None:
    probe = ContentProbe()
    session = session_for(("127.0.0.1", 443), host=HOST, info=probe.info)
    known = Known({"http_exchanges": observation("http_exchanges", shop(block="a challenge"), Outcome.BLOCKED)})

    found = await probe.collect(session, known)

    assert found.outcome is Outcome.BLOCKED
    assert isinstance(found.evidence, Content)
    assert found.evidence.block == "a challenge"


class TestPageReader:
    async def test_reads_html_and_says_when_it_is_cut(self) -> None:
        whole = answer("<title>x</title>")
        assert whole.body is not None
        cut = dataclasses.replace(whole, body=dataclasses.replace(whole.body, note="the beginning only"))

        assert (await read_page(whole)).title == "x"
        assert (await read_page(cut)).truncated

    async def test_costly_pages_go_to_the_worker(self) -> None:
        text = "<a href=/x>x</a>" * 700
        assert needs_isolation(text)

        assert (await read_page(answer(text))).url == f"https://{HOST}/"

    @pytest.mark.parametrize(
        "one",
        [
            answer("{}", "Content-Type: application/json"),
            answer("plain words", "Server: x"),
            exchange(HTML),
            dataclasses.replace(exchange(HTML), body=Body(size=1, complete=True, sha256="", note="not decoded")),
        ],
    )
    async def test_what_is_no_page(self, one: Exchange) -> None:
        with pytest.raises(Malformed):
            await read_page(one)
