"""Sealing of what pages give away: no secret stays in the evidence, and none comes into any report."""

import dataclasses
import html
import json
import pathlib

import pytest

from probes.content_reading import read_content
from scanner.cli.main import execute
from scanner.engine.seal import seal
from scanner.model.codec import to_builtins
from scanner.model.evidence.http_exchanges import HttpExchanges, Purpose
from scanner.model.peer import PeerText
from scanner.wire.html_page import parse_page
from scanner.wire.secret_search import safe_beginning
from scanner.wire.secret_urls import without_url_secrets
from tests.support.exchanges import exchange, observation, seen
from tests.support.secrets import PUBLIC, SECRETS, chance
from tests.support.sites import Answer, Loopback, Request

HOST = "www.example.org"
HTML = "Content-Type: text/html; charset=utf-8"
PAGE = (
    "<!doctype html><title>All</title><script src=/app.js></script><body>"
    + "".join(f"<p data-{kind}='{html.escape(text)}'>{text}</p><!-- {text} -->" for kind, (text, _) in SECRETS.items())
    + "".join(f"<i>{text}</i>" for text, _ in PUBLIC.values())
)


def sealed(*texts: str) -> str:
    exchanges = seen(*(exchange(HTML, body=text, purpose=Purpose.ENTRY) for text in texts))
    observations = [observation("http_exchanges", exchanges), observation("content", read_content(exchanges))]
    return json.dumps([to_builtins(one.evidence) for one in seal(observations, ())])


def in_json(value: str) -> str:
    return json.dumps(value)[1:-1]


@pytest.mark.parametrize("kind", SECRETS)
def test_each_kind_becomes_kind_length_and_hash(kind: str) -> None:
    text, value = SECRETS[kind]

    shown = sealed(f"<p>{text}</p>")

    assert in_json(value) not in shown
    assert f"[redacted {kind}, {len(value)} characters, sha256 " in shown


def test_half_of_a_pair_is_taken_out_too() -> None:
    text, value = PUBLIC["aws-access-key-id"]
    assert in_json(value) not in sealed(f"<p>{text}</p>")


@pytest.mark.parametrize("kind", sorted(set(PUBLIC) - {"aws-access-key-id"}))
def test_what_is_made_for_pages_stays(kind: str) -> None:
    assert in_json(PUBLIC[kind][1]) in sealed(f"<p>{PUBLIC[kind][0]}</p>")


def test_a_short_password_is_taken_out_where_it_stands_only() -> None:
    password = chance(6, seed=33)

    shown = sealed(f"<p>postgres://shop:{password}@db.shop.net/x, and {password}ly</p>")

    assert f":{password}@" not in shown
    assert f"{password}ly" in shown


def test_what_the_evidence_cut_is_taken_out_too() -> None:
    secret = SECRETS["stripe-secret-key"][0]
    exchanges = seen(exchange(HTML, body=f"<p>{secret}</p>"), exchange(HTML, body=f"cut: {secret[:20]}"))

    (one,) = seal([observation("http_exchanges", exchanges)], ())

    assert isinstance(one.evidence, HttpExchanges)
    assert secret[:20] not in repr(one)


@pytest.mark.parametrize("kind", SECRETS)
def test_half_a_secret_at_the_end_of_what_was_kept_is_cut_off(kind: str) -> None:
    text, value = SECRETS[kind]
    half = text[: text.index(value) + len(value) * 2 // 3]
    document = exchange(HTML, body=f"<p>Hello</p><!-- see {half}", purpose=Purpose.ENTRY)
    assert document.body is not None
    cut = dataclasses.replace(document, body=dataclasses.replace(document.body, complete=False))
    page = parse_page(document.body.text or "", document.url, cut=True)
    exchanges = dataclasses.replace(seen(cut), page=page)

    shown = json.dumps([to_builtins(one) for one in seal([observation("http_exchanges", exchanges)], ())])

    assert in_json(half[half.index(value[:8]) :]) not in shown
    assert "<p>Hello</p>" in shown


def test_a_long_key_that_is_cut_leaves_nothing_in_the_page() -> None:
    text, value = SECRETS["private-key"]
    half = text[: text.index(value)] + "\n" + "\n".join([chance(64)] * 40)
    document = exchange(HTML, body=f"<p>Hello</p><!-- see {half}", purpose=Purpose.ENTRY)
    assert document.body is not None
    cut = dataclasses.replace(document, body=dataclasses.replace(document.body, note="the beginning only"))
    exchanges = dataclasses.replace(seen(cut), page=parse_page(document.body.text or "", document.url, cut=True))

    (one,) = seal([observation("http_exchanges", exchanges)], ())

    assert chance(64)[:20] not in json.dumps(to_builtins(one))


def test_a_session_that_the_page_repeats_is_taken_out_of_it_too() -> None:
    session = chance(32, seed=51)
    answer = exchange(HTML, f"Set-Cookie: sid={session}; Path=/", "Set-Cookie: theme=dark-and-simple-one", body=session)

    (one,) = seal([observation("http_exchanges", seen(answer, exchange(HTML, body="dark-and-simple-one")))], ())

    shown = json.dumps(to_builtins(one))
    assert session not in shown
    assert '"text": "dark-and-simple-one"' in shown


def test_what_was_read_whole_keeps_its_end() -> None:
    assert "<p>the very last word" in sealed("<p>the very last word")


ADDRESSES = {
    "/next?access_token=VALUE&lang=en": "gT5xq0Zr8LmN",
    "https://login.example.net/cb#id_token=VALUE": "eyJhbGciOi.eyJzdWIi.c2ln",
    "https://shop:VALUE@www.example.org/": "hunter2",
    "https://VALUE@git.example.org/a.git": "0123456789abcdef0123",
    "/a;jsessionid=VALUE?x=1": "5AC6268DD8D4D5D1FDF5D41E9F2FD960",
    "https://www.example.org/r?to=https%3A%2F%2Fa.example%2F%3Ftoken%3DVALUE%26x%3D1": "gT5xq0Zr8LmN",
    "https://s3.example.net/x?X-Amz-Signature=VALUE": "fe5f80f77d5fa3beca038a248ff027d0",
    "/reset?password=VALUE": "hunter2",
}


@pytest.mark.parametrize("form", ADDRESSES)
def test_what_an_address_carries_is_taken_out_everywhere(form: str) -> None:
    address = form.replace("VALUE", ADDRESSES[form])
    answer = exchange(HTML, f"Location: {address}", status=302, body=f'<a href="{address}">here</a>')
    request = dataclasses.replace(answer, url=PeerText(address), location=PeerText(address))

    (one,) = seal([observation("http_exchanges", seen(request))], ())

    shown = json.dumps(to_builtins(one))
    assert ADDRESSES[form] not in shown
    assert shown.count(form.partition("VALUE")[0]) == 4
    assert "redacted-" in shown
    assert ("-sha256-" in shown) is (len(ADDRESSES[form]) >= 16)  # of a short one a hash would confirm a guess


@pytest.mark.parametrize(
    "text",
    [
        "https://api.mapbox.com/x?access_token=pk.eyJ1Ijoic2hvcCJ9",
        "https://maps.example/js?token=AIzaSyA0123456789",
        "if(a&&token=read(this),b)",
        "/search?q=token&session=1",
        "/a?keyword=password&tokens=12345678",
        "default-src 'self'; report-uri /csp?id=12345678",
    ],
)
def test_what_is_no_secret_of_an_address_stays(text: str) -> None:
    assert without_url_secrets(text) == text


@pytest.mark.parametrize("piece", ["://", "?token=", "a:b@", "&token=%2", "://a:", ";jsessionid=", "?access"])
def test_addresses_are_searched_in_linear_time(piece: str) -> None:
    text = (piece * 100_000)[: 256 * 1024]

    assert len(safe_beginning(without_url_secrets(text))) <= len(text) * 50


def test_a_page_full_of_secrets_is_sealed_in_time() -> None:
    secrets = [f"sk_live_{chance(24, seed=seed)}" for seed in range(1, 4000)]

    shown = sealed(" ".join(secrets))

    assert not any(secret in shown for secret in secrets)


def test_no_report_holds_a_secret(tmp_path: pathlib.Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    users, session, token = (chance(24, seed=seed) for seed in (61, 62, 63))

    def site(request: Request) -> Answer:
        if request.target == "/":
            fields = (HTML, f"X-Debug: {SECRETS['npm-token'][0]}", f"Set-Cookie: sid={session}", f"X-Echo: {users}")
            return Answer(fields=fields, body=PAGE)
        if request.target == "/robots.txt":
            lines = f"User-agent: *\nDisallow: /a?token={token}\nSitemap: https://a:{token}@b.example/\n# {users}"
            return Answer(fields=("Content-Type: text/plain",), body=lines)
        if request.target == "/.well-known/security.txt":
            lines = f"Contact: https://b.example/?access_token={token}\nExpires: 2099-01-01T00:00:00Z\n"
            return Answer(fields=("Content-Type: text/plain",), body=lines)
        if request.target == "/app.js":
            return Answer(fields=("Content-Type: text/javascript",), body=f"key='{SECRETS['github-token'][0]}'")
        body = f"<p>{SECRETS['database-url'][0]} {session} {users} <a href='/?sid={token}'>x</a></p>"
        return Answer(status="500 Oops", fields=(HTML, f"Location: /in#id_token={token}"), body=body)

    with Loopback() as loopback:
        bundle = tmp_path / "ca.pem"
        loopback.ca.cert_pem.write_to_path(str(bundle))
        port = loopback.secure(site, loopback.context(HOST))
        files = [tmp_path / f"report{suffix}" for suffix in (".json", ".jsonl", ".html", ".txt")]
        outputs = [word for file in files for word in ("-o", str(file))]
        place = f"{HOST}:{port}:127.0.0.1:{port}"
        options = ["--resolve", place, "--ca", str(bundle), "--only", "http,operation", "--header", f"X-Api: {users}"]
        code = execute(["scan", f"https://{HOST}:{port}/", *options, *outputs])

    assert code == 1
    written = [file.read_text("utf-8") for file in files] + [capsysbinary.readouterr().err.decode()]
    for kind, (_, value) in SECRETS.items():
        for text in written:
            for form in (value, in_json(value), html.escape(value), value.strip()[-24:]):
                assert len(form) < 14 or form not in text, kind
    for value in (users, session, token):
        assert not any(value in text for text in written)
    findings = json.loads(written[0])["targets"][0]["findings"]
    told = {one["message"].partition(",")[0] for one in findings if one["rule"] == "CNT013"}
    assert len(told) >= len(SECRETS) - 3


def test_words_of_ours_stay_what_they_are_beside_a_secret() -> None:
    exchanges = seen(exchange(HTML, body=f"<p>{SECRETS['stripe-secret-key'][0]}</p>"))

    (one,) = seal([observation("http_exchanges", exchanges)], ())

    assert isinstance(one.evidence, HttpExchanges)
    assert type(one.evidence.exchanges[0].purpose) is type(exchanges.exchanges[0].purpose)
    assert one.evidence.of(exchanges.exchanges[0].purpose), "rules look for members of an enumeration by identity"
