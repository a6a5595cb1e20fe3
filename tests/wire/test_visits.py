import dataclasses
import json
import time

from scanner.model.evidence.http_exchanges import NotFollowed, Purpose
from scanner.wire.har import read_har
from scanner.wire.raw_response import read_responses
from scanner.wire.urls import parse_url
from scanner.wire.visits import MAX_VISITS, UNKNOWN, Visit, visit_of_chain, visits_of_log
from tests.support import hars
from tests.support.hars import entry, har

SHOP = "https://shop.example.org/"


def visits(raw: bytes, wanted: str | None = None) -> tuple[Visit, ...]:
    return visits_of_log(read_har(raw).entries, None if wanted is None else parse_url(wanted))


def purposes(visit: Visit) -> list[tuple[Purpose, str]]:
    return [(one.purpose, one.url) for one in visit.exchanges.exchanges]


def test_chromes_export_is_one_visit() -> None:
    (visit,) = visits(hars.chrome())

    assert str(visit.url) == SHOP
    assert visit.endpoint is not None
    assert visit.endpoint.key == "[2001:db8::7]:443"
    assert purposes(visit) == [(Purpose.ENTRY, SHOP), (Purpose.ASSET, f"{SHOP}a.css")]  # the script was cached
    assert Purpose.PLAIN_ENTRY in visit.exchanges.left_out


def test_firefoxes_export_has_the_plain_entry() -> None:
    (visit,) = visits(hars.firefox())
    plain, document = (visit.exchanges.of(one)[0] for one in (Purpose.PLAIN_ENTRY, Purpose.ENTRY))

    assert str(visit.url) == SHOP
    assert document.own
    assert plain.redirect is not None
    assert plain.redirect.not_followed is NotFollowed.SEEN
    assert visit.exchanges.document is document


def test_without_pages_the_first_document_is_the_visit() -> None:
    (visit,) = visits(hars.mitmproxy())

    assert str(visit.url) == SHOP


def test_a_wanted_document_and_the_plain_entry_beside_it() -> None:
    raw = har(
        entry("http://shop.example.org/", f"Location: {SHOP}", status=308, body=""),
        entry(SHOP),
        entry(f"{SHOP}account"),
    )
    (visit,) = visits(raw, f"{SHOP}account")

    assert purposes(visit)[0] == (Purpose.ENTRY, f"{SHOP}account")
    assert (Purpose.PLAIN_ENTRY, "http://shop.example.org/") in purposes(visit)
    assert visits(raw, "https://nowhere.example/") == ()


def test_a_chain_goes_on_as_it_was_recorded() -> None:
    (visit,) = visits(
        har(
            entry(SHOP, "Location: /login", status=302, body=""),
            entry(f"{SHOP}login", "Set-Cookie: sid=1", "Location: /", status=302, body=""),
            entry(SHOP, "X-Last: 1"),
        )
    )
    hops = visit.exchanges.of(Purpose.ENTRY)

    assert [one.url for one in hops] == [SHOP, f"{SHOP}login", SHOP]
    assert hops[-1].values("x-last") == ("1",)


def test_a_chain_may_end_before_its_end() -> None:
    (visit,) = visits(har(entry(SHOP, "Location: https://elsewhere.example/", status=302, body="")))
    (hop,) = visit.exchanges.of(Purpose.ENTRY)

    assert hop.redirect is not None
    assert hop.redirect.not_followed is NotFollowed.NOT_RECORDED


def test_what_else_was_recorded_of_the_site_by_what_it_is() -> None:
    origin = ["Origin: https://app.example.org", "Access-Control-Request-Method: PUT"]
    (visit,) = visits(
        har(
            entry(SHOP),
            entry(f"{SHOP}none", status=404),
            entry(f"{SHOP}robots.txt", media="text/plain", body="User-agent: *"),
            entry(f"{SHOP}.well-known/security.txt", media="text/plain", body="Contact: mailto:a@example.org"),
            entry(f"{SHOP}a.css", media="text/css", body="a{}"),
            entry(f"{SHOP}a.js", media="text/javascript", body="1"),
            entry(f"{SHOP}api", "Access-Control-Allow-Origin: https://app.example.org", method="OPTIONS", sent=origin),
            entry(f"{SHOP}api2", "Access-Control-Allow-Origin: *", method="OPTIONS", sent=origin),
            entry(f"{SHOP}login", "Set-Cookie: sid=1", method="POST"),
            entry("https://other.example.net/", "Set-Cookie: foreign=1"),
        )
    )

    assert purposes(visit) == [
        (Purpose.ENTRY, SHOP),
        (Purpose.MISSING, f"{SHOP}none"),
        (Purpose.SECURITY_TXT, f"{SHOP}.well-known/security.txt"),
        (Purpose.ROBOTS, f"{SHOP}robots.txt"),
        (Purpose.ASSET, f"{SHOP}a.css"),
        (Purpose.SCRIPT, f"{SHOP}a.js"),
        (Purpose.PREFLIGHT, f"{SHOP}api2"),
        (Purpose.RECORDED, f"{SHOP}login"),
    ]


def test_what_scripts_talk_to_is_judged_where_there_is_nothing_else() -> None:
    api = entry("https://api.example.org/v1", body="{}", media="application/json", _resourceType="fetch")
    page = entry(SHOP, _resourceType="Document")

    assert [str(one.url) for one in visits(har(api))] == ["https://api.example.org/v1"]
    assert [str(one.url) for one in visits(har(api, page))] == [SHOP]


def test_a_visit_a_page_and_no_more_than_the_cap() -> None:
    pages = [entry(f"{SHOP}{n}", pageref=f"page_{n}") for n in range(50)]

    assert len(visits(har(*pages))) == MAX_VISITS
    assert len(visits(har(*pages[:3], *pages[:3]))) == 3


def test_raw_responses_with_and_without_a_url() -> None:
    raw = (
        b"HTTP/1.1 301 M\r\nLocation: https://www.example.org/\r\n\r\nHTTP/2 200 \r\ncontent-type: text/html\r\n\r\n<p>"
    )
    given, inferred = (
        visit_of_chain(read_responses(raw, url).answers) for url in (parse_url("http://www.example.org/"), None)
    )
    unknown = visit_of_chain(read_responses(b"HTTP/2 200 \r\nserver: x\r\n\r\n").answers)

    assert purposes(given) == [
        (Purpose.ENTRY, "https://www.example.org/"),
        (Purpose.PLAIN_ENTRY, "http://www.example.org/"),
    ]
    assert purposes(inferred) == [(Purpose.ENTRY, "https://www.example.org/")]
    assert (given.known, inferred.known, unknown.known) == (True, True, False)
    assert unknown.url == UNKNOWN


def test_an_answer_that_redirects_to_itself_is_a_loop_for_a_client_without_cookies() -> None:
    here = parse_url("https://www.example.org/")
    visit = visit_of_chain(read_responses(b"HTTP/1.1 302 F\r\nLocation: /\r\n\r\n", here).answers)

    (hop,) = visit.exchanges.exchanges
    assert hop.redirect is not None
    assert hop.redirect.not_followed is NotFollowed.LOOP


def test_a_hostile_log_takes_no_time() -> None:
    one = json.loads(har(entry(SHOP, "Location: /", status=302, body="")))["log"]["entries"][0]
    (recorded,) = read_har(har(one)).entries
    loops = [dataclasses.replace(recorded, page=f"page_{n}") for n in range(20_000)]
    started = time.monotonic()

    (visit,) = visits_of_log(loops)

    assert len(visit.exchanges.of(Purpose.ENTRY)) == 21
    assert time.monotonic() - started < 20, "catches quadratic work"
