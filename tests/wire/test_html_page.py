"""Documents: what a browser would load, run and send, and what is inert."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.errors import Malformed
from scanner.model.page import Page, Relation
from scanner.wire import html_page
from scanner.wire.html_page import MAX_TEXT, needs_isolation, parse_page

URL = "https://www.example.org/shop/cart?x=1"


def page(text: str, url: str = URL) -> Page:
    return parse_page(text, url)


def sources(text: str) -> list[str | None]:
    return [script.link.url if script.link else None for script in page(text).scripts]


@pytest.mark.parametrize(
    "inert",
    [
        "<!-- <script src=/a.js></script> -->",
        "<template><script src=/a.js></script></template>",
        "<noscript><script src=/a.js></script></noscript>",
        "<textarea><script src=/a.js></script></textarea>",
        "<title><script src=/a.js></script></title>",
        "<style><script src=/a.js></script></style>",
        "<iframe><script src=/a.js></script></iframe>",
        "<xmp><script src=/a.js></script></xmp>",
        '<p title="<script src=/a.js></script>">',
        "<!-- > <script src=/a.js></script>",
        "<script>'<script src=/a.js>'",
    ],
)
def test_inert_markup_runs_nothing(inert: str) -> None:
    assert "https://www.example.org/a.js" not in sources(inert)


@pytest.mark.parametrize(
    "live",
    [
        "<!--> <script src=/a.js></script> -->",
        "<!-- --!> <script src=/a.js></script> -->",
        "<head><noscript></noscript><script src=/a.js></script>",
        "<SCRIPT/SRC=/a.js></SCRIPT>",
        "<script src=' \n/a.js\t'></script>",
        "<script src=/a\n.js></script>".replace("\n", "&#10;"),
        "<script src=/a.js src=/b.js></script>",
        "<script src='&#x2f;a.js'></script>",
        "<script async src=/a.js",
        "<div><template shadowrootmode=open><script src=/a.js></script></template></div>",
        "<svg><script xlink:href=/a.js></script></svg>",
        "<svg><script href=/a.js /></svg>",
    ],
)
def test_what_browsers_run_is_found(live: str) -> None:
    unfinished = live.endswith("src=/a.js")
    assert sources(live) == ([] if unfinished else ["https://www.example.org/a.js"])


def test_a_base_moves_what_follows_it_and_forms_everywhere() -> None:
    read = page(
        "<script src=one.js></script><form action=send></form><form></form>"
        "<base target=x><base href='//cdn.example.net/lib/'><base href=/never/><script src=two.js></script>"
    )

    assert [script.link.url for script in read.scripts if script.link] == [
        "https://www.example.org/shop/one.js",
        "https://cdn.example.net/lib/two.js",
    ]
    assert read.base == "https://cdn.example.net/lib/"
    assert [form.action.url for form in read.forms] == ["https://cdn.example.net/lib/send", URL]


def test_a_base_that_is_no_web_address_is_passed_over() -> None:
    assert page("<base href='data:text/html,x'><script src=a.js></script>").scripts[0].link is not None
    assert sources("<base href='data:,x'><script src=a.js></script>") == ["https://www.example.org/shop/a.js"]


@pytest.mark.parametrize(
    ("raw", "relation", "secure"),
    [
        ("/a.js", Relation.SAME_ORIGIN, True),
        ("https://WWW.example.org:443/a.js", Relation.SAME_ORIGIN, True),
        ("http://www.example.org/a.js", Relation.SAME_SITE, False),
        ("https://static.example.org/a.js", Relation.SAME_SITE, True),
        ("//cdn.example.net/a.js", Relation.CROSS_SITE, True),
        ("\\\\cdn.example.net\\a.js", Relation.CROSS_SITE, True),
        (" HTTPS://cdn.example.net/a.js", Relation.CROSS_SITE, True),
        ("data:text/javascript,1", Relation.OTHER, None),
        ("https://ex ample/", Relation.OTHER, None),
    ],
)
def test_whose_a_script_is(raw: str, relation: Relation, secure: bool | None) -> None:
    link = page(f'<script src="{raw}"></script>').scripts[0].link

    assert link is not None
    assert (link.relation, link.secure, link.raw) == (relation, secure, raw)


@pytest.mark.parametrize(
    ("attributes", "kind", "runs"),
    [
        ("", "classic", True),
        ("type=''", "classic", True),
        ("type='text/JavaScript '", "classic", True),
        ("language=JavaScript", "classic", True),
        ("language=vbscript", "data", False),
        ("type=module", "module", True),
        ("type=importmap", "importmap", True),
        ("type=application/json", "data", False),
        ("type='text/javascript; charset=utf-8'", "data", False),
        ("type=' '", "data", False),
    ],
)
def test_kinds_of_scripts(attributes: str, kind: str, runs: bool) -> None:
    script = page(f"<script {attributes}>1</script>").scripts[0]

    assert (script.kind, script.runs) == (kind, runs)


def test_an_inline_script_is_kept_as_size_and_hash() -> None:
    script = page("<head><script nonce=n0>alert(1)</script>").scripts[0]

    assert script.link is None
    assert script.in_head
    assert (script.size, script.nonce) == (8, "n0")
    assert script.sha256 == hashlib.sha256(b"alert(1)").hexdigest()


def test_metas_know_where_they_stand() -> None:
    read = page(
        "<head><meta http-equiv=' Content-Security-Policy ' content=\"default-src 'self'\">"
        "<meta name=viewport content=x>"
        "<noscript><meta http-equiv=refresh content=1></noscript></head>"
        "<body><meta http-equiv=content-security-policy content=x><meta name=Referrer content=origin>"
    )

    assert [(meta.name, meta.http_equiv, meta.in_head) for meta in read.metas] == [
        ("content-security-policy", True, True),
        ("content-security-policy", True, False),
        ("referrer", False, False),
    ]


def test_resources_by_kind() -> None:
    read = page(
        "<link rel='preload stylesheet' href=/a.css integrity=sha384-x><link rel=preload as=font href=/f.woff2>"
        "<link rel=canonical href=/c><link rel='shortcut icon' href=/i.ico>"
        "<img src=/p.png srcset='/p2.png 2x, /p3.png 3x'>"
        "<iframe sandbox src=//frame.example.net></iframe><iframe srcdoc='<p>'></iframe>"
        "<video poster=/v.jpg src=/v.mp4></video>"
        "<object data=/o></object><input type=image src=/b.png><input src=/no.png>"
        "<svg><use href='#id'/><image href=/s.png /></svg>"
    )

    assert [(one.kind, one.link.raw) for one in read.resources] == [
        ("stylesheet", "/a.css"),
        ("font", "/f.woff2"),
        ("icon", "/i.ico"),
        ("image", "/p.png"),
        ("image", "/p2.png"),
        ("image", "/p3.png"),
        ("frame", "//frame.example.net"),
        ("frame", "about:srcdoc"),
        ("image", "/v.jpg"),
        ("media", "/v.mp4"),
        ("object", "/o"),
        ("form-image", "/b.png"),
        ("image", "/s.png"),
    ]


def test_forms_have_their_controls_wherever_they_stand() -> None:
    read = page(
        "<form id=f METHOD=Post action='http://pay.example.net/'><input type=HIDDEN name=csrf value=x>"
        "<button formaction=/other></button></form><input form=f type=password name=p>"
        "<table><form method=post><tr><td><input name=inside></td></tr></form></table><input name=outside>"
    )

    first, second = read.forms
    assert (first.method, first.action.secure, first.action.relation) == ("post", False, Relation.CROSS_SITE)
    assert [(one.type, one.name, one.has_value) for one in first.fields] == [
        ("hidden", "csrf", True),
        ("submit", "", False),
        ("password", "p", False),
    ]
    assert [one.url for one in first.other_actions] == ["https://www.example.org/other"]
    assert second.fields[0].name == "inside"


def test_what_runs_inline_is_counted() -> None:
    read = page(
        "<body onload=a() ONCLICK=b() data-onclick=c onlook=d style='x'><a href=' java\tscript:x()'>"
        "<a href=JavaScript:y()><form action=javascript:z()></form><style>p{}</style><iframe src=javascript:1></iframe>"
    )

    assert dict(read.handlers) == {"onclick": 1, "onload": 1}
    assert read.javascript_urls == 4
    assert read.inline_styles == 2


def test_the_title_is_the_documents_own() -> None:
    assert page("<svg><title>no</title></svg><title> Welcome \n here </title>").title == "Welcome here"


def test_caps_are_said() -> None:
    read = page("<script>1</script>" * (html_page.MAX_SCRIPTS + 7) + "<!-- c -->" * (html_page.MAX_COMMENTS + 2))

    assert len(read.scripts) == html_page.MAX_SCRIPTS
    assert read.more == {"scripts": 7, "comments": 2}
    assert not read.truncated
    assert page("x" * (MAX_TEXT + 1)).truncated


def test_another_url_is_refused() -> None:
    with pytest.raises(Malformed):
        parse_page("", "ftp://example.org/")


@pytest.mark.parametrize(
    ("text", "isolated"),
    [
        ("<p class=a>hello <a href=/x>world</a></p>" * 150, False),
        ("<table><tr><td>" * 20_000, False),
        ("<template><tr>" * 5000, True),
        ("<p>" + "".join(f"<font size={size}>" for size in range(500)) + "<p>x" * 1000, True),
    ],
)
def test_costly_documents_belong_in_the_worker(text: str, isolated: bool) -> None:
    assert needs_isolation(text) is isolated


@pytest.mark.parametrize(
    "text", ["<div>" * 50_000, "<a " + "x=1 " * 50_000 + ">", "<b>" * 3000, "<!--" * 50_000, "\0" * 9000]
)
def test_deep_and_long_documents_end(text: str) -> None:
    assert parse_page(text, URL).url == URL


FRAGMENTS = st.sampled_from(
    """< > script src=//a ' " <base•href= <template> </ <form•action= <input•type= &#x <svg> <meta•http-equiv= content=
    \\ http: [ %zz •integrity=sha256- <table> <!-- --> ü @ \0 \ud800""".replace("•", "\t").split(" ")
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(FRAGMENTS, st.text(max_size=8)), max_size=30).map("".join))
def test_any_text_becomes_a_page(text: str) -> None:
    assert isinstance(parse_page(text, URL), Page)
