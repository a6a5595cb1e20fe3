"""Sealing of what pages give away: no secret stays in the evidence, and none comes into any report."""

import html
import json
import pathlib

import pytest

from probes.content import read_content
from scanner.cli.main import execute
from scanner.engine.seal import seal
from scanner.model.codec import to_builtins
from scanner.model.evidence.http_exchanges import HttpExchanges, Purpose
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


@pytest.mark.parametrize("kind", PUBLIC)
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


def test_a_page_full_of_secrets_is_sealed_in_time() -> None:
    secrets = [f"sk_live_{chance(24, seed=seed)}" for seed in range(1, 4000)]

    shown = sealed(" ".join(secrets))

    assert not any(secret in shown for secret in secrets)


def test_no_report_holds_a_secret(tmp_path: pathlib.Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    def site(request: Request) -> Answer:
        if request.target == "/":
            return Answer(fields=(HTML, f"X-Debug: {SECRETS['npm-token'][0]}"), body=PAGE)
        if request.target == "/app.js":
            return Answer(fields=("Content-Type: text/javascript",), body=f"key='{SECRETS['github-token'][0]}'")
        return Answer(status="500 Oops", fields=(HTML,), body=f"<p>{SECRETS['database-url'][0]}</p>")

    with Loopback() as loopback:
        bundle = tmp_path / "ca.pem"
        loopback.ca.cert_pem.write_to_path(str(bundle))
        port = loopback.secure(site, loopback.context(HOST))
        files = [tmp_path / f"report{suffix}" for suffix in (".json", ".jsonl", ".html", ".txt")]
        outputs = [word for file in files for word in ("-o", str(file))]
        place = f"{HOST}:{port}:127.0.0.1:{port}"
        code = execute(
            ["scan", f"https://{HOST}:{port}/", "--resolve", place, "--ca", str(bundle), "--only", "http", *outputs]
        )

    assert code == 1
    written = [file.read_text("utf-8") for file in files] + [capsysbinary.readouterr().err.decode()]
    for kind, (_, value) in SECRETS.items():
        for text in written:
            for form in (value, in_json(value), html.escape(value), value.strip()[-24:]):
                assert len(form) < 14 or form not in text, kind
    findings = json.loads(written[0])["targets"][0]["findings"]
    told = {one["message"].partition(",")[0] for one in findings if one["rule"] == "CNT013"}
    assert len(told) >= len(SECRETS) - 3
