"""What `operation` makes of the exchanges: every answer with its proof, and unknown where something else answered."""

import dataclasses
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.base import Known
from probes.operation import OperationProbe, read_operation
from probes.operation_hosts import Site
from scanner.model.evidence.http_exchanges import Exchange, HeaderField, HttpExchanges, Purpose
from scanner.model.evidence.operation import Operation, Reception, SiblingRelation
from scanner.model.outcome import Answer, Outcome
from scanner.model.peer import PeerText
from tests.support.exchanges import HOST, exchange, missing, observation, seen, target
from tests.support.sessions import session_for

HTML = "Content-Type: text/html"
TEXT = "Content-Type: text/plain; charset=utf-8"
WORDS = " ".join(f"word{chr(97 + number % 26)}{chr(97 + number // 26)}" for number in range(200))
PAGE = f"<!doctype html><html><head><title>Fine</title></head><body><p>{WORDS}</p></body></html>"
OTHER = PAGE.replace("word", "term").replace("Fine", "Other")
NOBODY = "leadline-0123456789abcdef.invalid"
MARK = "f00f00f00f00f00f"


def entry(*lines: str, body: str = PAGE) -> Exchange:
    return dataclasses.replace(exchange(HTML, *lines, body=body), own=True)


def read(
    *exchanges: Exchange,
    left_out: dict[str, str] | None = None,
    absent: tuple[Purpose, ...] = (),
    block: str | None = None,
) -> Operation:
    evidence = dataclasses.replace(seen(*exchanges, block=block), left_out=left_out or {}, absent=absent, mark=MARK)
    return read_operation(evidence, Site.of(evidence, target()))


def failed(purpose: Purpose, outcome: Outcome, *, url: str = f"https://{HOST}/") -> Exchange:
    return dataclasses.replace(exchange(url=url, purpose=purpose), outcome=outcome, status=None, fields=())


class TestMethods:
    def test_allow_of_the_preflight(self) -> None:
        found = read(entry(), exchange("Allow: GET, PUT,, b@d", "Allow: options, GET", purpose=Purpose.PREFLIGHT))

        assert found.methods.allowed == ("GET", "PUT", "options")
        assert found.methods.allow_at == 1

    def test_allow_of_a_refused_trace(self) -> None:
        found = read(exchange("Allow: GET", status=405, purpose=Purpose.TRACE))

        assert found.methods.allowed == ("GET",)
        assert (found.methods.trace, found.methods.trace_at) == (Answer.NO, 0)

    def test_trace_is_proved_by_our_own_mark(self) -> None:
        echo = f"TRACE /x HTTP/1.1\r\nHost: {HOST}\r\nX-Mark: {MARK}\r\nX-Forwarded-For: 10.0.0.1\r\nAccept: */*\r\n"
        answer = exchange("Content-Type: message/http", body=echo, purpose=Purpose.TRACE)
        answer = dataclasses.replace(answer, sent=(HeaderField(name=PeerText("X-Mark"), value=PeerText(MARK)),))

        found = read(answer)

        assert found.methods.trace is Answer.YES
        assert found.methods.trace_echo == ("x-forwarded-for",)

    @pytest.mark.parametrize(
        ("answer", "trace"),
        [
            (exchange(HTML, body=PAGE, purpose=Purpose.TRACE), Answer.NO),
            (exchange(status=404, purpose=Purpose.TRACE), Answer.NO),
            (exchange("Content-Type: message/http", purpose=Purpose.TRACE), Answer.UNKNOWN),
            (exchange(status=503, purpose=Purpose.TRACE), Answer.UNKNOWN),
            (exchange("Content-Type: message/http", body="TRACE /x HTTP/1.1", purpose=Purpose.TRACE), Answer.UNKNOWN),
            (exchange("cf-mitigated: challenge", status=403, purpose=Purpose.TRACE), Answer.UNKNOWN),
            (failed(Purpose.TRACE, Outcome.RESET), Answer.UNKNOWN),
        ],
    )
    def test_without_the_mark(self, answer: Exchange, trace: Answer) -> None:
        assert read(answer).methods.trace is trace


class TestFiles:
    @staticmethod
    def file(*lines: str, status: int = 200, body: str | None = None, url: str | None = None) -> Exchange:
        where = url or f"https://{HOST}/.well-known/security.txt"
        return exchange(*lines, status=status, body=body, url=where, purpose=Purpose.SECURITY_TXT)

    def test_a_good_one(self) -> None:
        body = "Contact: mailto:a@example.org\nExpires: 2027-03-01T10:00:00Z\n"
        found = read(entry(), self.file(TEXT, body=body)).security_txt

        assert (found.present, found.at, found.problems, found.media_type) == (Answer.YES, 1, (), "text/plain")
        assert found.values("contact") == ("mailto:a@example.org",)

    def test_as_something_else_and_over_plain_http(self) -> None:
        body = "Contact: mailto:a@example.org\nExpires: 2027-03-01T10:00:00Z\n"
        found = read(self.file(HTML, body=body, url=f"http://{HOST}/.well-known/security.txt")).security_txt

        assert found.present is Answer.YES
        assert found.problems == ("it is served as text/html, not as text/plain", "it is not served over https")

    def test_after_a_redirect_the_last_answer_counts(self) -> None:
        first = self.file("Location: https://example.org/.well-known/security.txt", status=301)
        last = self.file(TEXT, body="Contact: a:b", url="https://example.org/.well-known/security.txt")

        found = read(first, dataclasses.replace(last, hop=1)).security_txt

        assert (found.present, found.at, found.problems) == (Answer.YES, 1, ("Expires is missing",))

    @pytest.mark.parametrize(
        ("answer", "present"),
        [
            ({"status": 404}, Answer.NO),
            ({"status": 410}, Answer.NO),
            ({"status": 403}, Answer.NO),
            ({"status": 500}, Answer.UNKNOWN),
            ({"status": 429}, Answer.UNKNOWN),
            ({"status": 301}, Answer.UNKNOWN),
            ({"body": PAGE}, Answer.NO),
            ({"body": ""}, Answer.NO),
            ({}, Answer.UNKNOWN),
        ],
    )
    def test_absent_only_where_the_answer_says_so(self, answer: dict[str, object], present: Answer) -> None:
        assert read(self.file(**answer)).security_txt.present is present  # type: ignore[arg-type]

    def test_behind_a_block_nothing_is_absent(self) -> None:
        found = read(self.file(status=403), block="a challenge")

        assert found.security_txt.present is Answer.UNKNOWN
        assert read(self.file(HTML, body=PAGE), block="a challenge").security_txt.present is Answer.UNKNOWN

    def test_robots(self) -> None:
        answer = exchange(TEXT, body="User-agent: *\nDisallow: /admin\nDisallow: /q", purpose=Purpose.ROBOTS)
        found = read(answer).robots

        assert (found.present, found.disallowed, found.telling) == (Answer.YES, ("/admin", "/q"), ("/admin",))
        assert read(exchange(HTML, body=PAGE, purpose=Purpose.ROBOTS)).robots.present is Answer.NO

    def test_what_was_left_out_says_why(self) -> None:
        found = read(entry(), left_out={"security-txt": "used up", "robots": "used up", "trace": "used up"})

        assert (found.security_txt.present, found.security_txt.reason) == (Answer.UNKNOWN, "used up")
        assert found.methods.trace_reason == "used up"


class TestHosts:
    @staticmethod
    def unknown(*lines: str, status: int = 200, body: str | None = None) -> Operation:
        answer = exchange(*lines, status=status, body=body, url=f"https://{NOBODY}/", purpose=Purpose.UNKNOWN_HOST)
        return read(entry(), answer)

    @pytest.mark.parametrize(
        ("lines", "status", "body", "reception"),
        [
            ((), 421, None, Reception.REFUSED),
            ((), 404, PAGE, Reception.REFUSED),
            ((), 502, None, Reception.UNKNOWN),
            ((f"Location: https://{HOST}/",), 301, None, Reception.REDIRECT_TO_SITE),
            (("Location: https://example.org/",), 301, None, Reception.REDIRECT_TO_SITE),
            ((f"Location: https://{NOBODY}/x",), 302, None, Reception.REDIRECT_TO_SELF),
            (("Location: https://other.example/",), 302, None, Reception.REDIRECT_ELSEWHERE),
            ((HTML,), 200, PAGE, Reception.SITE),
            ((HTML,), 200, PAGE.replace("worda", "wordz", 3), Reception.SITE),
            ((HTML,), 200, OTHER, Reception.OTHER_PAGE),
            ((HTML,), 200, "<title>Welcome to nginx!</title>", Reception.DEFAULT_PAGE),
            ((HTML,), 200, "<title>Apache2 Debian Default Page: It works</title>", Reception.DEFAULT_PAGE),
            ((), 200, None, Reception.UNKNOWN),
        ],
    )
    def test_receptions(self, lines: tuple[str, ...], status: int, body: str | None, reception: Reception) -> None:
        found = self.unknown(*lines, status=status, body=body).unknown_host

        assert (found.reception, found.asked, found.at) == (reception, NOBODY, 1)

    def test_a_login_wall_that_answers_every_name_alike_is_no_refusal(self) -> None:
        wall = dataclasses.replace(entry(), status=401)
        other = exchange(HTML, body=PAGE, status=401, url=f"https://{NOBODY}/", purpose=Purpose.UNKNOWN_HOST)

        assert read(wall, other).unknown_host.reception is Reception.UNKNOWN
        assert read(wall, dataclasses.replace(other, status=421)).unknown_host.reception is Reception.REFUSED

    @pytest.mark.parametrize(
        ("lines", "status", "body", "places"),
        [
            ((f"Location: https://{NOBODY}/login",), 302, None, ("Location",)),
            ((f"Link: <//{NOBODY}/a.css>; rel=preload",), 200, PAGE, ("Link",)),
            ((HTML,), 200, f'<a href="https://{NOBODY}/reset">', ("a link of the page",)),
            ((HTML,), 200, f"<script src=//{NOBODY}/a.js></script>", ("a link of the page",)),
            ((f"Location: https://{HOST}/?from={NOBODY}",), 302, None, ()),
            ((f"Location: https://{NOBODY}.example.org/",), 302, None, ()),
            ((HTML,), 200, f"<address>Apache Server at {NOBODY} Port 443</address>", ()),
            ((HTML,), 404, f"<p>There is no {NOBODY} here</p>", ()),
        ],
    )
    def test_reflections(self, lines: tuple[str, ...], status: int, body: str | None, places: tuple[str, ...]) -> None:
        assert self.unknown(*lines, status=status, body=body).unknown_host.reflected_in == places

    @pytest.mark.parametrize(
        ("outcome", "reception"),
        [
            (Outcome.TLS_ALERT, Reception.REFUSED),
            (Outcome.CLOSED, Reception.REFUSED),
            (Outcome.TIMEOUT, Reception.UNKNOWN),
        ],
    )
    def test_no_answer_to_the_bare_address(self, outcome: Outcome, reception: Reception) -> None:
        found = read(entry(), failed(Purpose.BARE_ADDRESS, outcome, url="https://192.0.2.1/")).bare_address

        assert (found.reception, found.asked) == (reception, "192.0.2.1")


class TestSibling:
    HSTS = "Strict-Transport-Security: max-age=63072000"

    def sibling(self, *lines: str, status: int = 200, body: str | None = None) -> Operation:
        answer = exchange(*lines, status=status, body=body, url="https://example.org/", purpose=Purpose.SIBLING)
        return read(entry(self.HSTS), answer)

    @pytest.mark.parametrize(
        ("lines", "status", "body", "relation"),
        [
            ((f"Location: https://{HOST}/",), 301, None, SiblingRelation.REDIRECTS_HERE),
            (("Location: https://elsewhere.example/",), 301, None, SiblingRelation.REDIRECTS_ELSEWHERE),
            ((HTML,), 200, PAGE, SiblingRelation.SAME_DOCUMENT),
            ((HTML,), 200, OTHER, SiblingRelation.OTHER_DOCUMENT),
            ((HTML,), 404, OTHER, SiblingRelation.ERROR),
            (("cf-mitigated: challenge",), 403, None, SiblingRelation.UNKNOWN),
        ],
    )
    def test_relations(self, lines: tuple[str, ...], status: int, body: str | None, relation: SiblingRelation) -> None:
        found = self.sibling(*lines, status=status, body=body).sibling

        assert (found.relation, found.at, found.hsts_here) == (relation, 1, "max-age=63072000")

    def test_hsts_of_both(self) -> None:
        found = self.sibling(self.HSTS, f"Location: https://{HOST}/", status=301).sibling

        assert found.hsts_there == found.hsts_here

    def test_the_entry_led_there(self) -> None:
        first = exchange("Location: https://example.org/", status=301)
        second = dataclasses.replace(exchange(HTML, self.HSTS, url="https://example.org/", body=PAGE), hop=1, own=True)

        found = read(first, second).sibling

        assert (found.relation, found.hsts_here, found.hsts_there) == (
            SiblingRelation.IS_THE_SITE, None, "max-age=63072000",
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("absent", "relation"), [((Purpose.SIBLING,), SiblingRelation.ABSENT), ((), SiblingRelation.UNKNOWN)]
    )
    def test_left_out(self, absent: tuple[Purpose, ...], relation: SiblingRelation) -> None:
        found = read(entry(), left_out={"sibling": "there is no such name"}, absent=absent).sibling

        assert (found.relation, found.reason) == (relation, "there is no such name")


class TestSigns:
    def test_of_the_named_host_only(self) -> None:
        elsewhere = dataclasses.replace(
            exchange("cf-ray: 1", "RateLimit-Remaining: 5", url="https://elsewhere.example/"), endpoint="192.0.2.9:443"
        )
        found = read(
            entry("X-Iinfo: 1", "RateLimit-Remaining: 9"), missing("X-Iinfo: 2", "ratelimit-remaining: 8"), elsewhere
        )

        assert [(one.vendor, one.at) for one in found.waf] == [("Imperva", 0)]
        assert [(one.name, one.value) for one in found.rate_limit] == [("RateLimit-Remaining", "9")]

    def test_alternative_services(self) -> None:
        found = read(
            entry('Alt-Svc: h3=":443"; ma=60'), missing('Alt-Svc: h3=":443"; ma=60'), missing("Alt-Svc: clear")
        )

        assert [(one.protocol, one.port, one.max_age) for one in found.alt_svc] == [("h3", 443, 60)]
        assert found.alt_svc_clear

    @pytest.mark.parametrize(
        ("version", "spoken"), [("HTTP/2", Answer.YES), ("HTTP/1.1", Answer.NO), (None, Answer.UNKNOWN)]
    )
    def test_http2(self, version: str | None, spoken: Answer) -> None:
        asset = dataclasses.replace(
            exchange(purpose=Purpose.ASSET, url=f"https://{HOST}/a.js"), version=version, http2_offered=True
        )

        assert read(entry(), asset).http2.spoken is spoken

    def test_http2_on_the_second_fetch_where_there_is_no_asset(self) -> None:
        repeat = dataclasses.replace(exchange(purpose=Purpose.REPEAT), version="HTTP/1.1")
        offered = dataclasses.replace(repeat, http2_offered=True)
        challenge = dataclasses.replace(offered, status=429)

        assert read(entry(), offered).http2.spoken is Answer.NO
        assert read(entry(), challenge, offered).http2.at == 2
        assert read(entry(), challenge).http2.spoken is Answer.UNKNOWN
        unasked = read(entry(), repeat, left_out={"asset": "used up"}).http2
        assert (unasked.spoken, unasked.reason) == (Answer.UNKNOWN, "used up")


async def test_the_probe_reads_what_was_fetched_and_opens_nothing() -> None:
    session = session_for(("127.0.0.1", 443), host=HOST, info=OperationProbe.info)
    answers: HttpExchanges = seen(entry())

    found = await OperationProbe().collect(session, Known({"http_exchanges": observation("http_exchanges", answers)}))

    assert found.outcome is Outcome.OK
    assert found.evidence is not None
    assert found.evidence.tcp is None, "no connection stood here"
    assert session.meter.connections == 0


@given(
    body=st.text(max_size=200),
    value=st.text(alphabet='h3=":;,ma GET\\%/.<>', max_size=60),
    status=st.sampled_from([200, 204, 301, 403, 404, 405, 421, 429, 503]),
)
def test_any_answer_gives_evidence(body: str, value: str, status: int) -> None:
    lines = tuple(f"{name}: {value}" for name in ("Allow", "Alt-Svc", "Location", "Link", "Set-Cookie", "RateLimit"))
    answers = [exchange(HTML, *lines, status=status, body=body, purpose=purpose) for purpose in Purpose]

    found = read(*answers)

    assert isinstance(found, Operation)


@pytest.mark.parametrize(
    "text",
    ["<title" * 40_000, "<title>" + " " * 250_000, '="//' * 60_000, "Contact:\n" * 28_000, "disallow:" + " " * 250_000,
     "-----BEGIN PGP SIGNED MESSAGE-----\n" * 7_000, "Preferred-Languages: " + "en," * 80_000, "a" * 250_000],
)  # fmt: skip
def test_long_answers_hang_nothing(text: str) -> None:
    answers = [exchange(TEXT, "Alt-Svc: " + text[:60_000], body=text, purpose=purpose) for purpose in Purpose]
    begun = time.monotonic()

    read(*answers)

    assert time.monotonic() - begun < 5
