"""Who answers, from recorded kinds of answers: named where it shows, unknown where it does not."""

import dataclasses

import pytest

from scanner.derive.server import identify
from scanner.derive.server_banners import banner, front_mark
from scanner.derive.server_reference import built_in
from scanner.model.evidence.http_exchanges import HeaderField
from scanner.model.evidence.server_identity import BASELINE, Ending, OddReply, PageSample, ServerAnswers
from scanner.model.outcome import Outcome
from scanner.model.peer import PeerText
from scanner.wire.error_pages import digest, normalise

APACHE_400 = """<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">
<html><head>
<title>400 Bad Request</title>
</head><body>
<h1>Bad Request</h1>
<p>Your browser sent a request that this server could not understand.<br />
The number of request header fields exceeds this server's limit.</p>
<hr>
<address>Apache/2.4.99 (Unix) Server at www.example.org Port 80</address>
</body></html>
"""
NGINX_400 = (
    "<html>\r\n<head><title>400 Request Header Or Cookie Too Large</title></head>\r\n<body>\r\n"
    "<center><h1>400 Bad Request</h1></center>\r\n<center>Request Header Or Cookie Too Large</center>\r\n"
    "<hr><center>{name}</center>\r\n</body>\r\n</html>\r\n"
)
HAPROXY_400 = "<html><body><h1>400 Bad request</h1>\nYour browser sent an invalid request.\n</body></html>\n"

NGINX_NAMES = ("Server", "Date", "Content-Type", "Content-Length", "Connection")
APACHE_NAMES = ("Date", "Server", "Content-Length", "Connection", "Content-Type")
PLAIN_404 = "<p>Nothing is here, sorry.</p>"


def reply(
    request: str,
    status: int,
    body: str,
    *,
    server: str | None,
    names: tuple[str, ...] = NGINX_NAMES,
    ending: Ending = Ending.OPEN,
) -> OddReply:
    values = {"Server": server}
    fields = tuple(
        HeaderField(name=PeerText(name), value=PeerText(values.get(name) or "x"))
        for name in names
        if name != "Server" or server is not None
    )
    return OddReply(
        request=request,
        title=request,
        level=3,
        size=9000,
        outcome=Outcome.OK,
        version=PeerText("HTTP/1.1"),
        status=status,
        reason=PeerText("Some Reason"),
        fields=fields,
        ending=ending,
        body=PageSample(size=len(body), complete=True, text=PeerText(body), sha256=digest(normalise(body))),
    )


def answers(*replies: OddReply) -> ServerAnswers:
    return ServerAnswers(path="/leadline-0", replies=replies)


def nginx_with(*others: OddReply, server: str | None = "nginx") -> ServerAnswers:
    return answers(
        reply(BASELINE, 404, PLAIN_404, server=server),
        *others,
        reply("xff-9000", 400, NGINX_400.format(name=server), server=server, ending=Ending.FIN),
    )


def test_a_page_that_is_not_the_fronts_names_the_back_end() -> None:
    who = identify(nginx_with(reply("fields-110", 400, APACHE_400, server="nginx")), host="www.example.org")
    assert who.front is not None
    assert who.backend is not None
    assert (who.front.family, who.backend.family) == ("nginx", "apache")
    assert who.front.confidence > 0.9
    assert any("fields-110: 400" in word for word in who.backend.because)


def test_the_same_without_any_banner() -> None:
    seen = nginx_with(reply("fields-110", 400, APACHE_400, server="nginx"))
    who = identify(seen, blind=True)
    assert who.front is not None
    assert who.backend is not None
    assert (who.front.family, who.backend.family) == ("nginx", "apache")


def test_nginx_alone_has_no_back_end() -> None:
    assert identify(nginx_with()).backend is None


@pytest.mark.parametrize("name", ["openresty", "cloudflare", "Tengine/3.0.0", "awselb/2.0"])
def test_relatives_of_nginx_never_contradict_their_banner(name: str) -> None:
    plain_nginx = reply("line-9000", 400, NGINX_400.format(name="nginx"), server=name)
    who = identify(nginx_with(plain_nginx, server=name))
    assert who.front is not None
    assert who.front.family == name.partition("/")[0].lower()
    assert who.backend is None


def test_apache_alone_is_the_front() -> None:
    who = identify(
        answers(
            reply(BASELINE, 404, PLAIN_404, server="Apache", names=APACHE_NAMES),
            reply("fields-110", 400, APACHE_400, server="Apache", names=APACHE_NAMES, ending=Ending.FIN),
        )
    )
    assert who.front is not None
    assert who.front.family == "apache"
    assert who.backend is None


def test_a_kept_connection_says_that_apache_is_not_the_front() -> None:
    who = identify(
        answers(
            reply(BASELINE, 404, PLAIN_404, server="Apache", names=APACHE_NAMES),
            reply("fields-110", 400, APACHE_400, server="Apache", names=APACHE_NAMES, ending=Ending.OPEN),
        )
    )
    assert who.front is None
    assert who.backend is not None
    assert who.backend.family == "apache"


def test_a_proxys_page_names_the_front_and_the_banner_what_is_behind() -> None:
    lower = ("content-length", "cache-control", "content-type", "connection")
    who = identify(
        answers(
            reply(BASELINE, 404, PLAIN_404, server="Apache/2.4.68", names=("date", "Server", "content-length")),
            reply("fields-110", 400, HAPROXY_400, server=None, names=lower, ending=Ending.FIN),
        )
    )
    assert who.front is not None
    assert who.backend is not None
    assert (who.front.family, who.backend.family) == ("haproxy", "apache")


@pytest.mark.parametrize(
    "body", ["", "oops", "Bad Request", "<h1>Our own page</h1><p>Please go back and try another one, thank you.</p>"]
)
def test_pages_that_say_nothing_claim_nothing(body: str) -> None:
    who = identify(
        answers(
            reply(BASELINE, 404, PLAIN_404, server=None),
            reply("fields-110", 400, body, server=None, names=("X-Unheard-Of", "Zeta")),
        )
    )
    assert who.front is None
    assert who.backend is None


def test_two_foreign_pages_contradict_each_other() -> None:
    gunicorn = (
        "<html>\n  <head>\n    <title>Bad Request</title>\n  </head>\n  <body>\n    <h1><p>Bad Request</p></h1>\n"
        "    Error parsing headers: &#x27;limit request headers fields&#x27;\n  </body>\n</html>\n"
    )
    who = identify(
        nginx_with(
            reply("fields-110", 400, APACHE_400, server="nginx"), reply("line-9000", 400, gunicorn, server="nginx")
        )
    )
    assert who.backend is None


def test_no_evidence_is_no_knowledge() -> None:
    assert identify(None) == identify(ServerAnswers(path="/x", replies=()))
    assert identify(None).front is None


def test_an_unreadable_baseline_claims_nothing() -> None:
    dead = dataclasses.replace(reply(BASELINE, 404, "", server="nginx"), status=None)
    assert identify(answers(dead)).backend is None


@pytest.mark.parametrize(
    ("value", "family", "versioned"),
    [
        ("nginx", "nginx", False),
        ("nginx/1.22.1", "nginx", True),
        ("Apache/2.4.68 (Debian)", "apache", True),
        ("Apache-Coyote/1.1", "tomcat", True),
        ("ATS/9.2.9", "trafficserver", True),
        ("Microsoft-IIS/10.0", "iis", True),
        ("Python/3.11 aiohttp/3.10.11", "aiohttp", True),
    ],
)
def test_banners(value: str, family: str, versioned: bool) -> None:
    found = banner([HeaderField(name=PeerText("SERVER"), value=PeerText(value))])
    assert found is not None
    assert (found.family, found.versioned) == (family, versioned)


def test_unknown_banners_name_nobody() -> None:
    assert banner([HeaderField(name=PeerText("Server"), value=PeerText("\x1b[31mmystery"))]) is None
    assert banner([HeaderField(name=PeerText("X-Server"), value=PeerText("nginx"))]) is None


def test_fields_of_intermediaries_name_the_front() -> None:
    found = front_mark([HeaderField(name=PeerText("Via"), value=PeerText("1.1 proxy (squid/5.7)"))])
    assert found is not None
    assert found.family == "squid"


def test_the_built_in_reference_names_its_source_and_day() -> None:
    reference = built_in()
    assert reference.source
    assert reference.date == "2026-11-21"
