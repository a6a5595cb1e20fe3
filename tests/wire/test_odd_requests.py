import pytest

from scanner.model.evidence.server_identity import BASELINE, Ending, OddReply
from scanner.model.outcome import Outcome
from scanner.wire.odd_requests import FRONT_TEST, HEADER_LINES, MAX_BYTES, TABLE, OddRequest, Site, When, plain, wanted

SITE = Site(authority="www.example.org", path="/leadline-0123456789abcdef", user_agent="leadline/0.1.0")
ROWS = pytest.mark.parametrize("row", TABLE, ids=lambda row: row.id)


def head_of(payload: bytes) -> tuple[bytes, list[bytes]]:
    head, _, body = payload.partition(b"\r\n\r\n")
    assert body == b""
    line, *fields = head.split(b"\r\n")
    return line, fields


@ROWS
def test_every_row_keeps_the_house_rules(row: OddRequest) -> None:
    payload = row.build(SITE)
    line, fields = head_of(payload)
    names = [field.partition(b":")[0].lower() for field in fields]
    assert len(payload) <= MAX_BYTES
    assert line.startswith(b"GET /leadline-0123456789abcdef")
    assert line.endswith(b" HTTP/1.1")
    assert b"\x00" not in payload
    assert not {b"content-length", b"transfer-encoding", b"expect", b"upgrade"} & set(names)
    assert names.count(b"host") == 1
    assert payload.isascii()


def test_ids_are_unique_and_the_plain_row_comes_first() -> None:
    assert len({row.id for row in TABLE}) == len(TABLE)
    assert TABLE[0].id == BASELINE
    assert TABLE[0].build(SITE) == plain(SITE)


@pytest.mark.parametrize(("request_id", "size"), [("xff-8185", 8185), ("xff-9000", 9000), ("xff-17000", 17000)])
def test_field_lines_have_their_size(request_id: str, size: int) -> None:
    _, fields = head_of(next(row for row in TABLE if row.id == request_id).build(SITE))
    assert [len(field) for field in fields if field.startswith(b"X-Forwarded-For: ")] == [size]


def test_the_request_line_has_its_size() -> None:
    line, _ = head_of(next(row for row in TABLE if row.id == "line-9000").build(SITE))
    assert len(line) == 9000


def test_many_fields_are_many_and_small() -> None:
    payload = next(row for row in TABLE if row.id == "fields-110").build(SITE)
    assert len(head_of(payload)[1]) == HEADER_LINES
    assert len(payload) < 1200


def reply(request: str, status: int | None, ending: Ending) -> OddReply:
    return OddReply(request=request, title="", level=0, size=0, outcome=Outcome.OK, status=status, ending=ending)


PLAIN = reply(BASELINE, 404, Ending.OPEN)


@pytest.mark.parametrize(
    ("tested", "shown"),
    [
        (reply(FRONT_TEST, 400, Ending.FIN), True),
        (reply(FRONT_TEST, 431, Ending.RESET), True),
        (reply(FRONT_TEST, None, Ending.RESET), True),
        (reply(FRONT_TEST, 400, Ending.OPEN), False),
        (reply(FRONT_TEST, 404, Ending.FIN), False),
    ],
)
def test_the_narrow_window_is_asked_where_the_front_answers_itself(tested: OddReply, shown: bool) -> None:
    assert wanted(When.FRONT_SHOWN, [PLAIN, tested]) is shown
    assert wanted(When.FRONT_NOT_SHOWN, [PLAIN, tested]) is not shown
    assert wanted(When.ALWAYS, [])
