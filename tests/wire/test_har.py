import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.errors import Malformed
from scanner.wire.har import HarLog, read_har
from scanner.wire.recorded import TEXT_CHARACTERS, Recorded
from tests.support import hars
from tests.support.hars import PAGE, SECRET, entry, har


def only(raw: bytes) -> Recorded:
    (found,) = read_har(raw).entries
    return found


def test_chrome() -> None:
    log = read_har(hars.chrome())
    document, script, _, frame, blocked = log.entries

    assert log.creator == "WebInspector 1"
    assert log.left_out == {"made up by the browser (internal redirect)": 1}
    assert not log.without_cookies
    assert (str(document.url), document.status, document.version) == ("https://shop.example.org/", 200, "HTTP/2")
    assert (document.address, document.page, document.kind) == ("2001:db8::7", "page_1", "document")
    assert document.body is not None
    assert document.body.text == PAGE
    assert document.values("set-cookie") == (f"sid={SECRET}; Path=/; Secure; HttpOnly", "set-cookie-is-no-name: x")
    assert not any(one.name.startswith(":") for one in document.fields)
    assert script.cached
    assert str(frame.url) == "https://ads.example.net/"
    assert (blocked.status, blocked.problem) == (None, "the browser got no answer (net::ERR_BLOCKED_BY_CLIENT)")


def test_firefox_and_mitmproxy() -> None:
    plain, cut, picture = read_har(hars.firefox()).entries
    assert plain.location == "https://shop.example.org/"
    assert cut.body is not None
    assert not cut.body.complete
    assert picture.body is None

    _, encoded = read_har(hars.mitmproxy()).entries
    assert encoded.body is not None
    assert encoded.body.text == PAGE
    assert encoded.values("set-cookie") == ("a=1", "b=2; Secure")


def test_what_the_recorder_sent_is_not_kept() -> None:
    sent = ["Origin: https://a.example", "Access-Control-Request-Method: PUT", f"X-Api-Key: {SECRET}"]
    found = only(har(entry("https://shop.example.org/?a=b", method="OPTIONS", sent=sent)))

    assert [one.name for one in found.sent] == ["Origin", "Access-Control-Request-Method"]
    assert SECRET not in repr(found)


def test_chrome_leaves_cookies_out_unless_told_otherwise() -> None:
    bare = json.loads(har(entry("https://shop.example.org/"), creator="WebInspector"))
    bare["log"]["entries"][0]["request"]["headers"] = []

    assert read_har(json.dumps(bare).encode()).without_cookies
    bare["log"]["creator"]["name"] = "Firefox"
    assert not read_har(json.dumps(bare).encode()).without_cookies


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"request": {"url": "chrome-extension://abc/x", "method": "GET"}}, "without an http or https URL"),
        ({"request": {"url": "data:text/html,x", "method": "GET"}}, "without an http or https URL"),
        ({"request": {"url": "https://a.example/", "method": "G ET"}}, "with a malformed method"),
        ({"request": None}, "without a request"),
        ({"_fetchedViaServiceWorker": True}, "answered by a service worker"),
    ],
)
def test_what_is_no_answer_of_a_server_is_left_out_and_counted(change: dict[str, object], reason: str) -> None:
    log = read_har(har(entry("https://shop.example.org/"), {**entry("https://shop.example.org/"), **change}))

    assert log.left_out == {reason: 1}
    with pytest.raises(Malformed, match=reason):
        read_har(har({**entry("https://shop.example.org/"), **change}))


@pytest.mark.parametrize("status", [0, -1, 99, 600, "abc", None, True, 1e308, [], {}, 304])
def test_what_is_no_status_is_no_answer(status: Any) -> None:
    raw = json.loads(har(entry("https://shop.example.org/")))
    raw["log"]["entries"][0]["response"]["status"] = status
    found = only(json.dumps(raw).encode())

    assert found.status is None
    assert found.problem


def test_a_text_beyond_latin_1_stands_as_on_the_wire() -> None:
    found = only(har(entry("https://shop.example.org/ü?€", "X-Name: caf\u00e9", "X-Euro: €", "X-Lone: \ud800")))

    assert found.values("x-name") == ("caf\u00e9",)
    assert found.values("x-euro") == ("€".encode().decode("latin-1"),)
    assert found.values("x-lone") == ("\ufffd".encode().decode("latin-1"),)
    assert str(found.url).isascii()


def test_a_byte_order_mark_and_utf_16_are_read() -> None:
    raw = har(entry("https://shop.example.org/")).decode()

    assert only(b"\xef\xbb\xbf" + raw.encode()).status == 200
    assert only(raw.encode("utf-16")).status == 200


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "ends too early"),
        (b"{", "ends too early"),
        (har(entry("https://a.example/"))[:-20], "ends too early"),
        (har(entry("https://a.example/"))[:200], "ends too early"),
        (b"{log: 1}", "is no JSON"),
        (b"\xff\xfe{", "no UTF-8"),
        (b"\xff{}", "no UTF-8"),
        (b"[]", "no list"),
        (b"{}", "no list"),
        (b'{"log": []}', "no list"),
        (b'{"log": {"entries": {}}}', "no list"),
        (b'{"log": {"entries": []}}', "no entries"),
        (b'{"log": {"entries": [1, null, "x", []]}}', "4 without a request"),
        (b'{"log":' * 100_000, "nested too deeply"),
        (b'{"log": {"entries": ' + b"[" * 100_000, "nested too deeply"),
        (b'{"log": {"entries": [' + b"9" * 5_000 + b"]}}", "number"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_har_file_is_said_in_a_sentence(raw: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        read_har(raw)


def test_caps() -> None:
    many = [f"X-{n}: 1" for n in range(3_000)]
    assert only(har(entry("https://a.example/", *many))).flaws == ("too-many-fields",)
    assert only(har(entry("https://a.example/", "X: " + "y" * 1_000_000))).flaws == ("too-many-fields",)

    long = only(har(entry("https://a.example/", body="x" * 2_000_000)))
    assert long.body is not None
    assert long.body.size == 2_000_000
    assert len(long.body.text or "") == TEXT_CHARACTERS
    assert long.body.note == "the beginning only"

    room = read_har(har(*(entry(f"https://a.example/{n}", body="x" * 500_000) for n in range(80))))
    assert sum(len((one.body and one.body.text) or "") for one in room.entries) <= 16 * 1024 * 1024


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PATHS = [
    path
    for base in ("", "request", "response", "response.content", "response.headers", "request.headers")
    for path in {
        "": ["startedDateTime", "time", "request", "response", "serverIPAddress", "pageref", "_resourceType", "cache"],
        "request": ["method", "url", "headers", "cookies"],
        "response": ["status", "statusText", "httpVersion", "headers", "cookies", "content", "_error"],
        "response.content": ["text", "size", "mimeType", "encoding", "comment"],
        "response.headers": ["0", "1"],
        "request.headers": ["0"],
    }[base]
    for path in [f"{base}.{path}" if base else path]
]


def with_member(document: Any, path: str, value: object) -> None:
    *way, last = path.split(".")
    for step in way:
        document = document[int(step)] if isinstance(document, list) else document[step]
    document[int(last) if isinstance(document, list) else last] = value


@settings(max_examples=300)
@given(st.sampled_from(PATHS), JSON)
def test_a_wrong_type_anywhere_is_a_log_or_malformed(path: str, value: object) -> None:
    document = json.loads(har(entry("https://a.example/", "Set-Cookie: a=1", serverIPAddress="192.0.2.1")))
    with_member(document["log"]["entries"][0], path, value)
    read(json.dumps(document).encode())


@given(JSON | st.fixed_dictionaries({"log": JSON | st.fixed_dictionaries({"entries": st.lists(JSON, max_size=4)})}))
def test_any_json_is_a_log_or_malformed(document: object) -> None:
    read(json.dumps(document).encode())


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda end: har(entry("https://a.example/"))[:-60] + end))
def test_any_bytes_are_a_log_or_malformed(raw: bytes) -> None:
    read(raw)


def read(raw: bytes) -> None:
    try:
        log = read_har(raw)
    except Malformed:
        return
    assert isinstance(log, HarLog)
    repr(log).encode()
