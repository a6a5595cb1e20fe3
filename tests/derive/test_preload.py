import dataclasses
import datetime
import json

import pytest

from scanner.derive.preload import PreloadList, parse_preload_list, preload_of_hosts, preload_status
from scanner.model.evidence.http_exchanges import Purpose, Redirect
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from tests.support.exchanges import exchange, missing, seen

NOW = datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.UTC)
FRESH = datetime.date(2026, 11, 1)
TEXT = """// Copyright
{
  // comment
  "entries": [
    {"name": "Parent.example", "policy": "bulk-1-year", "mode": "force-https", "include_subdomains": true},
    {"name": "alone.example", "mode": "force-https"},
    {"name": "pins.example", "include_subdomains": true},
    {"name": "out.parent.example", "mode": ""},
    {"name": "dev", "mode": "force-https", "include_subdomains": true}
  ]
}
"""


def listed(date: datetime.date | None = FRESH) -> PreloadList:
    return parse_preload_list(TEXT, date=date)


@pytest.mark.parametrize(
    ("host", "covered", "entry"),
    [
        ("parent.example", Answer.YES, "parent.example"),
        ("PARENT.example.", Answer.YES, "parent.example"),
        ("a.b.parent.example", Answer.YES, "parent.example"),
        ("alone.example", Answer.YES, "alone.example"),
        ("www.alone.example", Answer.NO, None),
        ("pins.example", Answer.NO, None),
        ("www.pins.example", Answer.NO, None),
        ("out.parent.example", Answer.NO, None),
        ("x.out.parent.example", Answer.NO, None),
        ("site.dev", Answer.YES, "dev"),
        ("otherparent.example", Answer.NO, None),
        ("192.0.2.1", Answer.NO, None),
    ],
)
def test_lookup(host: str, covered: Answer, entry: str | None) -> None:
    status = preload_status(host, listed(), NOW)

    assert (status.covered, status.entry, status.list_date) == (covered, entry, "2026-11-01")


def test_an_old_or_undated_list_proves_only_a_yes() -> None:
    old = datetime.date(2026, 9, 11)

    for date in (old, None):
        assert preload_status("parent.example", listed(date), NOW).covered is Answer.YES
        assert preload_status("absent.example", listed(date), NOW).covered is Answer.UNKNOWN
    assert preload_status("absent.example", listed(datetime.date(2026, 9, 12)), NOW).covered is Answer.NO


def test_no_list_is_unknown() -> None:
    assert preload_status("parent.example", None, NOW).covered is Answer.UNKNOWN


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not JSON"),
        ("<html>", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", '"entries"'),
        ("{}", '"entries"'),
        ('{"entries": {}}', '"entries"'),
        ('{"entries": [1]}', '"name"'),
        (json.dumps({"entries": [{"mode": "force-https"}]}), '"name"'),
    ],
)
def test_what_is_no_list(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_preload_list(text, date=None)


def test_every_host_that_redirects_name_has_a_status() -> None:
    plain = exchange(
        "Location: https://a.parent.example/", url="http://alone.example/", purpose=Purpose.PLAIN_ENTRY, status=301
    )
    plain = dataclasses.replace(plain, redirect=Redirect(to=PeerText("https://a.parent.example/")))
    walked = seen(exchange(url="https://Alone.example:8443/"), missing(), plain, exchange(url="https:///"))
    found = preload_of_hosts("named.example", [walked], listed(), NOW)
    assert {host: one.covered for host, one in found.items()} == {
        "named.example": Answer.NO,
        "alone.example": Answer.YES,
        "a.parent.example": Answer.YES,
    }


def test_without_a_list_every_host_is_unknown() -> None:
    assert preload_of_hosts("named.example", [], None, NOW)["named.example"].covered is Answer.UNKNOWN
