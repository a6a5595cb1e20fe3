"""Real nginx and Apache: Apache behind nginx gives itself away; neither is taken for what it is not."""

import pathlib

import pytest
import trustme

from probes.base import Known
from probes.server_identity import ServerIdentityProbe
from scanner.derive.server import identify
from scanner.model.derived import ServerIdentity
from scanner.model.evidence.server_identity import Ending, ReplyKind, ServerAnswers
from scanner.model.outcome import Answer, Outcome
from tests.real.servers import Apache, Nginx, RealServer
from tests.support.sessions import session_for

pytestmark = pytest.mark.real

HIDDEN = """
    server_tokens off;
    location / {{
      proxy_pass http://127.0.0.1:{port};
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_hide_header X-Powered-By;
    }}
"""
QUIET_APACHE = "ServerTokens Prod\nServerSignature Off"


async def asked(server: RealServer, scheme: str = "http") -> tuple[ServerAnswers, ServerIdentity]:
    session = session_for(server.place, scheme=scheme, info=ServerIdentityProbe.info, seconds=30)
    seen = await ServerIdentityProbe(interval=0.0).collect(session, Known({}))
    assert seen.outcome is Outcome.OK, seen.detail
    assert seen.cost.connections <= 12
    assert seen.evidence is not None
    return seen.evidence, identify(seen.evidence, host=session.target.host)


def kinds(answers: ServerAnswers) -> dict[str, ReplyKind]:
    plain = answers.baseline
    assert plain is not None
    return {reply.request: reply.kind(plain) for reply in answers.replies[1:]}


async def test_apache_behind_nginx_gives_itself_away() -> None:
    with Apache(QUIET_APACHE) as apache, Nginx(HIDDEN.format(port=apache.port)) as nginx:
        answers, who = await asked(nginx)
    assert kinds(answers) == {
        "fields-110": ReplyKind.REFUSED,
        "xff-9000": ReplyKind.REFUSED,
        "xff-8185": ReplyKind.REFUSED,
        "line-9000": ReplyKind.REFUSED,
    }
    assert who.front is not None
    assert who.backend is not None
    assert (who.front.family, who.backend.family) == ("nginx", "apache")
    assert who.backend.confidence >= 0.9
    assert answers.root_changed is Answer.NO


async def test_the_narrow_window_alone_reveals_apache_that_takes_any_number_of_fields() -> None:
    generous = f"{QUIET_APACHE}\nLimitRequestFields 0\nErrorDocument 404 nothing"
    with Apache(generous) as apache, Nginx(HIDDEN.format(port=apache.port)) as nginx:
        answers, who = await asked(nginx)
    assert kinds(answers)["fields-110"] is ReplyKind.SAME
    own, narrow = answers.reply("xff-9000"), answers.reply("xff-8185")
    assert own is not None
    assert narrow is not None
    assert own.ending is Ending.FIN
    assert narrow.ending is Ending.OPEN
    assert who.backend is not None
    assert who.backend.family == "apache"
    assert any("8185" in word for word in who.backend.because)


async def test_many_small_fields_alone_reveal_apache() -> None:
    roomy = f"{QUIET_APACHE}\nLimitRequestFieldSize 32000\nLimitRequestLine 32000\nErrorDocument 404 nothing"
    with Apache(roomy) as apache, Nginx(HIDDEN.format(port=apache.port)) as nginx:
        answers, who = await asked(nginx)
    assert kinds(answers)["xff-8185"] is ReplyKind.SAME
    assert who.backend is not None
    assert who.backend.family == "apache"
    assert [word for word in who.backend.because if "110" in word]


async def test_large_buffers_in_nginx_let_the_larger_field_through() -> None:
    with (
        Apache(QUIET_APACHE) as apache,
        Nginx(HIDDEN.format(port=apache.port), http="large_client_header_buffers 4 32k;") as nginx,
    ):
        answers, who = await asked(nginx)
    assert "xff-17000" in kinds(answers)
    assert who.backend is not None
    assert who.backend.family == "apache"


async def test_nginx_alone_has_no_back_end() -> None:
    with Nginx("server_tokens off; location / { return 404; } location = / { return 200 hello; }") as nginx:
        answers, who = await asked(nginx)
    assert answers.root_before is not None
    assert answers.root_before.status == 200
    assert who.front is not None
    assert who.front.family == "nginx"
    assert who.backend is None


async def test_it_works_over_tls(tmp_path: pathlib.Path) -> None:
    certificate = trustme.CA().issue_cert("www.example.org")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    key.write_bytes(certificate.private_key_pem.bytes())
    with Apache(QUIET_APACHE) as apache, Nginx(HIDDEN.format(port=apache.port), tls=(chain, key)) as nginx:
        answers, who = await asked(nginx, "https")
    assert [reply.ending for reply in answers.replies] == [
        Ending.OPEN, Ending.OPEN, Ending.FIN, Ending.OPEN, Ending.FIN,
    ]  # fmt: skip
    assert who.backend is not None
    assert who.backend.family == "apache"


async def test_nginx_before_nginx_has_no_back_end() -> None:
    with (
        Nginx("server_tokens off; location / { return 404; }") as behind,
        Nginx(HIDDEN.format(port=behind.port), http="large_client_header_buffers 4 32k;") as front,
    ):
        _, who = await asked(front)
    assert who.front is not None
    assert who.front.family == "nginx"
    assert who.backend is None


@pytest.mark.parametrize("directives", [QUIET_APACHE, "ServerTokens Full\nServerSignature On"])
async def test_apache_alone_is_named(directives: str) -> None:
    with Apache(directives) as apache:
        answers, who = await asked(apache)
        blind = identify(answers, host="www.example.org", blind=True)
    assert who.front is not None
    assert who.front.family == "apache"
    assert who.backend is None
    assert blind.front is not None
    assert blind.front.family == "apache"
    assert blind.backend is None


async def test_custom_error_pages_in_nginx_hide_what_is_behind() -> None:
    server = (
        HIDDEN + 'proxy_intercept_errors on; error_page 400 404 414 431 /sorry; location = /sorry {{ return 200 ""; }}'
    )
    with Apache(QUIET_APACHE) as apache, Nginx(server.format(port=apache.port)) as nginx:
        _, who = await asked(nginx)
    assert who.front is not None
    assert who.front.family == "nginx"
    assert who.backend is None
