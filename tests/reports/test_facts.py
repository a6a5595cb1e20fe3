"""Facts, excerpts and pointers: what is read from evidence of any shape."""

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.excerpt import MOST_LINES, excerpts
from reports.facts.certificates import certificates, key_words
from reports.facts.exchanges import exchanges
from reports.facts.protocols import protocol_lines, protocols
from reports.facts.reading import as_text, day, days_between, moment, plural, size
from reports.facts.server import reasons, server_line
from reports.facts.sheet import MOST_ROWS
from reports.facts.sheets import sheets
from reports.facts.tree import DEEPEST, MOST_MEMBERS, Node, tree
from reports.pointer import MISSING, resolve
from scanner.model.codec import document, to_builtins
from tests.support.results import NOW, dns_records, sample, tls_suites

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=8), children, max_size=4),
    max_leaves=20,
)
SHEET_TOPICS = (
    *("cookies", "server_identity", "redirects", "http_headers", "ocsp_stapling"),
    *("leakage", "dns_records"),
)
KEYS = (
    "protocols",
    "chains",
    "exchanges",
    "cookies",
    "leaf",
    "suites",
    "server",
    "front",
    "key",
    "for",
    "sent",
    "fields",
    "final",
    "headers",
    "hsts",
    "leaks",
    "questions",
    "records",
    "caa",
    "ipv4",
)
SHAPED = st.recursive(
    JSON, lambda children: st.dictionaries(st.sampled_from(KEYS), children | st.lists(children, max_size=3), max_size=4)
)


@given(SHAPED)
def test_facts_take_any_evidence(evidence: object) -> None:
    assert isinstance(protocols(evidence), tuple)
    assert isinstance(certificates(evidence, trust=evidence, endpoint=None, now=NOW), tuple)
    assert isinstance(exchanges(evidence), tuple)
    for topic in SHEET_TOPICS:
        assert isinstance(sheets(topic, evidence), tuple)
    assert isinstance(server_line(evidence), str)
    assert isinstance(reasons(evidence), tuple)
    assert isinstance(tree(evidence), Node)


@given(JSON, st.text(max_size=30))
def test_a_pointer_leads_to_a_value_or_nowhere(value: object, pointer: str) -> None:
    resolve(value, pointer)
    assert resolve(value, "") == value


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [  # the examples of RFC 6901 section 5
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/e^f", 3),
        ('/k"l', 6),
        ("/ ", 7),
        ("/m~0n", 8),
        ("/foo/2", MISSING),
        ("/foo/01", MISSING),
        ("/foo/-", MISSING),
        ("/foo/-1", MISSING),
        ("/foo/²", MISSING),
        ("/foo/9999999999999999999999", MISSING),
        ("/foo/0/x", MISSING),
        ("foo", MISSING),
    ],
)
def test_pointers(pointer: str, expected: object) -> None:
    value = {"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, 'k"l': 6, " ": 7, "m~n": 8}
    assert resolve(value, pointer) == expected


def test_every_excerpt_of_the_sample_shows_its_value() -> None:
    result = sample()
    found = [one for item in result.targets[0].findings for one in excerpts(document(result), item.evidence)]
    assert {(one.topic, one.place, one.lines) for one in found} >= {
        ("certificates", "chains / 0 / leaf / not_after", ("not_after: 2026-11-18T05:00:00Z",)),
        ("http_exchanges", "exchanges / 0 / fields / 0", ("Server: nginx/1.22.1",)),
        ("dns_records", "caa", ("present: no", "reason: no name from the host up to its parent has a CAA record")),
    }
    assert [one.topic for one in found if one.place == "server / backend"] == ["derived"]


def test_excerpts_are_bounded_and_say_when_they_lead_nowhere() -> None:
    big = {"targets": [{"observations": [{"topic": "x", "evidence": {str(n): "v" * 9999 for n in range(500)}}]}]}
    (one, gone) = excerpts(big, ("/targets/0/observations/0/evidence", "/targets/7"))
    assert len(one.lines) == MOST_LINES + 1
    assert max(map(len, one.lines)) < 300
    assert gone.lines == ("(not in this document)",)


def test_a_tree_is_bounded() -> None:
    deep: Any = "end"
    for _ in range(500):
        deep = {"a": deep}
    node, depth = tree(deep), 0
    while node.children:
        node, depth = node.children[0], depth + 1
    assert depth == DEEPEST
    wide = tree({str(n): n for n in range(1000)})
    assert len(wide.children) == MOST_MEMBERS
    assert wide.more == 1000 - MOST_MEMBERS
    rows = tree([{"a": n} for n in range(1000)])
    assert rows.table is not None
    assert (len(rows.table.rows), rows.more) == (MOST_MEMBERS, 1000 - MOST_MEMBERS)
    assert len(tree("x" * 10_000).text or "") < 700


def test_a_tree_lays_out_scalars_tables_and_the_rest() -> None:
    assert tree([1, True, "x"]).text == "1, yes, x"
    assert tree([]).text == "none"
    table = tree([{"name": "a", "ttl": 1, "gone": None}, {"name": "b", "tags": ["x", "y"], "gone": None}]).table
    assert table is not None
    assert table.columns == ("name", "ttl", "tags")
    assert table.rows == (("a", "1", ""), ("b", "", "x, y"))
    nested = tree([{"a": {"b": 1}}, 2])
    assert [child.label for child in nested.children] == ["1", "2"]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ({"type": "rsa", "bits": 2048}, "RSA 2048 bits"),
        ({"type": "ec", "bits": 256, "curve": "secp256r1"}, "EC secp256r1"),
        ({"type": "1.2.3"}, "1.2.3"),
        (None, ""),
    ],
)
def test_keys_in_words(key: object, words: str) -> None:
    assert key_words(key) == words


def test_sheets_say_in_words_what_was_seen() -> None:
    hops = [
        {"url": "http://a/", "outcome": "ok", "status": 301, "location": "https://a/"},
        {"url": "https://a/", "outcome": "timeout", "stage": "connect", "detail": "no answer", "status": None},
    ]
    (chain,) = sheets("redirects", {"https": None, "http": {"hops": hops, "end": "failed"}})
    assert chain.title == "The chain from http fails"
    assert chain.columns == ("URL", "Answer", "Leads to")
    assert chain.rows == (("http://a/", "301", "https://a/"), ("https://a/", "timeout at connect: no answer", ""))
    (skipped,) = sheets("redirects", {"https": None, "http": None, "http_not_asked": "the port is 8443"})
    assert (skipped.title, skipped.rows) == ("Plain http was not asked: the port is 8443", ())
    (none,) = sheets("cookies", {"cookies": []})
    assert none.columns
    assert none.rows == ()
    (many,) = sheets("cookies", {"cookies": [{"name": str(n)} for n in range(MOST_ROWS + 7)]})
    assert (many.columns, len(many.rows), many.more) == (("Cookie", "Attributes", "Sent to", "Kept"), MOST_ROWS, 7)
    assert sheets("soundings", {"cookies": []}) == ()
    assert sheets("cookies", {"novel": "shape"}) == ()


def test_units_and_times() -> None:
    assert [size(n) for n in (0, 999, 1000, 48_000, 1_200_000)] == ["0 B", "999 B", "1.0 kB", "48.0 kB", "1.2 MB"]
    assert (plural(1, "suite"), plural(0, "suite")) == ("1 suite", "0 suites")
    assert day("2026-11-21T05:00:00Z") == "2026-11-21"
    assert day("soon") == "soon"
    assert moment("2026-11-21T05:00:00") is None
    assert days_between(NOW, NOW - datetime.timedelta(hours=1)) == -1
    values: tuple[object, ...] = (True, None, 1.5, {})
    assert [as_text(one) for one in values] == ["yes", "", "1.5", ""]


def test_an_excerpt_reads_like_what_was_sent() -> None:
    evidence = {
        "cookie": {"name": "id", "value": {}, "attributes": [{"name": "Path", "value": "/"}, {"name": "Secure"}]},
        "field": {"name": "Server", "value": "nginx/1.22.1", "products": [{"name": "nginx"}]},
        "reading": {"state": "invalid", "raw": ["ALLOW-FROM x"], "problem": "no browser knows it"},
        "policy": {"directives": [{"name": "script-src", "sources": ["'self'", "*"]}, {"name": "sandbox"}]},
        "hop": {"url": "http://a/", "outcome": "ok", "status": 302, "location": "https://a/"},
        "suite": {"code": "C02F", "name": "TLS_X", "group": None},
        "TLSv1.0": {"supported": "yes", "reason": None, "suites": [{}, {}]},
        "headers": {},
        "staple": {"leaf": "ab" * 32, "tries": 5, "seen": 0, "notes": []},
        "max_age": 300,
    }
    whole = {"targets": [{"observations": [{"topic": "x", "evidence": evidence}]}]}
    shown = [excerpts(whole, (f"/targets/0/observations/0/evidence/{key}",))[0].line for key in evidence]
    assert shown == [
        "Set-Cookie: id=…; Path=/; Secure",
        "Server: nginx/1.22.1",
        "reading: ALLOW-FROM x",
        "script-src 'self' *; sandbox",
        "http://a/: 302, Location: https://a/",
        "C02F TLS_X",
        "TLSv1.0: yes, 2 suites",
        "security headers: none",
        "tries: 5; seen: 0",
        "max_age: 300",
    ]


def test_versions_of_which_the_same_is_to_be_said_share_a_line() -> None:
    lines = protocol_lines(to_builtins(tls_suites()))
    assert lines[:3] == (
        ("SSLv2 to SSLv3", "no"),
        ("TLSv1.0", "yes, 2 suites; the server's order decides"),
        ("TLSv1.1", "unknown; reset at client-hello"),
    )
    again = {"protocols": {name: {"supported": "yes", "suites": [{"code": "002F"}]} for name in ("TLSv1.0", "TLSv1.1")}}
    assert [row.like for row in protocols(again)] == ["", "TLSv1.0"]


def test_https_records_are_shown_and_so_is_their_absence() -> None:
    record = {"priority": 1, "target": ".", "alpn": ["h2", "h3"], "no_default_alpn": True, "ech_configs": 1}
    evidence = {"https": {"present": "yes", "records": [record], "unreadable": ["0001"]}}
    records, unreadable = sheets("dns_records", evidence)
    assert records.columns == ("Priority", "Target", "Protocols", "ECH configurations")
    assert records.rows == (("1", ".", "h2, h3, not http/1.1", "1"),)
    assert unreadable.title == "HTTPS records that could not be read: 0001"
    (none,) = sheets("dns_records", {"https": {"present": "no", "records": []}})
    assert none.title == "How to connect (HTTPS records): None"
    assert sheets("dns_records", {"https": {"present": "unknown", "reason": None}}) == ()


def test_dns_leaks_and_headers_have_tables_of_their_own() -> None:
    answers, private, caa = sheets("dns_records", to_builtins(dns_records("shop.example.org")))
    assert answers.rows[0] == ("shop.example.org", "A", "192.0.2.10")
    assert answers.rows[2] == ("shop.example.org", "CAA", "none")
    assert private.title == "Not public: 192.0.2.10, 2001:db8::10"
    assert caa.title.startswith("Who may issue certificates (CAA): None: no name from the host")
    leak = {"name": "Server", "value": "nginx/1.22.1", "kind": "server", "internal": []}
    (leaks,) = sheets("leakage", {"leaks": [{**leak, "purpose": "entry"}, {**leak, "purpose": "missing"}]})
    assert leaks.columns == ("Header", "As sent", "Tells of", "Seen on")
    assert leaks.rows == (("Server", "nginx/1.22.1", "the server software", "The page; A path that does not exist"),)
    (headers,) = sheets("http_headers", {"final": {"headers": {"x-new": {"raw": ["1"], "state": "valid"}}}})
    assert ("content-security-policy", "not sent") in headers.rows
    assert ("x-new", "1") in headers.rows
