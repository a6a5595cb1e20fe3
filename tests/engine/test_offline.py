"""Recordings judged as scans: what they hold is judged, what they do not hold is never passed."""

import datetime
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probes.registry import all_probes, evidence_types
from scanner.engine.api import judge
from scanner.engine.offline import MAX_RESPONSE_BYTES, Recording, judge_recording, recording_of
from scanner.errors import Exhausted, UserFault
from scanner.model.codec import decode, encode
from scanner.model.outcome import Outcome
from scanner.model.result import RunStatus, ScanResult, TargetResult
from scanner.model.rule import RULE_BROKE, RuleStatus
from scanner.model.target import TargetKind, TargetStatus
from scanner.rules.registry import all_rules
from scanner.wire.urls import parse_url
from tests.support import hars
from tests.support.hars import SECRET, entry, har

SHOP = "https://shop.example.org/"
HELD = {"http_exchanges", "http_headers", "leakage", "cookies", "redirects", "content", "operation"}
"""Topics that are read out of recorded answers."""

PAGE = (
    b"HTTP/2 200 \r\ncontent-type: text/html\r\nset-cookie: PHPSESSID=%b; Path=/; Domain=example.org\r\n"
    b"strict-transport-security: max-age=31536000\r\n\r\n<!doctype html><title>Hello</title>" % SECRET.encode()
)


def judged(raw: bytes, url: str | None = None) -> ScanResult:
    recording = recording_of(raw, "file")
    assert recording is not None
    return judge_recording(recording, url=None if url is None else parse_url(url))


def only(raw: bytes, url: str | None = None) -> TargetResult:
    (target,) = judged(raw, url).targets
    return target


def statuses(target: TargetResult, family: str) -> set[RuleStatus]:
    return {one.status for one in target.outcomes if one.rule.startswith(family)}


def status(target: TargetResult, rule: str) -> RuleStatus:
    return next(one.status for one in target.outcomes if one.rule == rule)


@pytest.mark.parametrize("raw", [hars.chrome(), hars.firefox(), hars.mitmproxy(), PAGE])
def test_what_is_not_in_the_input_is_not_assessed(raw: bytes) -> None:
    target = only(raw)

    topics = {one.info.id: one.info.topic for one in all_rules()}
    assert {one.status for one in target.outcomes if topics[one.rule] not in HELD} == {RuleStatus.NOT_ASSESSED}
    assert statuses(target, "HDR") > {RuleStatus.PASS, RuleStatus.FAIL}
    outcomes = {one.topic: one.outcome for one in target.observations}
    assert all(outcomes[topic] is Outcome.NOT_ASSESSED for topic in set(outcomes) - HELD)
    assert Outcome.INTERNAL_ERROR not in outcomes.values()
    assert target.status is TargetStatus.PARTIAL
    assert target.cost.connections == 0


@pytest.mark.parametrize("raw", [hars.chrome(), PAGE])
def test_the_result_says_where_it_came_from_and_holds_no_secret(raw: bytes) -> None:
    result = judged(raw)
    written = encode(result)

    assert result.run.status is RunStatus.PARTIAL
    assert result.inputs[0].kind == ("har" if raw.startswith(b"{") else "response")
    assert result.inputs[0].sha256 is not None
    assert SECRET.encode() not in written
    assert decode(written, evidence_types()) == result


@pytest.mark.parametrize("raw", [hars.chrome(), hars.mitmproxy(), PAGE])
def test_a_result_of_a_recording_is_judged_again_alike(raw: bytes) -> None:
    result = judged(raw)

    assert judge(result).targets[0].outcomes == result.targets[0].outcomes
    assert judge(result).targets[0].grades == result.targets[0].grades


def test_a_har_file_is_judged_as_of_the_day_it_was_recorded() -> None:
    raw = har(entry(SHOP, "Set-Cookie: a=1; Expires=Sat, 21 Nov 2020 10:00:00 GMT; Secure"))
    old = json.loads(raw)
    old["log"]["entries"][0]["startedDateTime"] = "2020-11-20T10:00:00Z"
    result = judged(json.dumps(old).encode())

    assert result.run.now == datetime.datetime(2020, 11, 20, 10, tzinfo=datetime.UTC)
    assert status(result.targets[0], "CKY007") is RuleStatus.FAIL  # on that day it was no deletion
    old["log"]["entries"][0]["startedDateTime"] = "9020-11-20T10:00:00Z"
    assert judged(json.dumps(old).encode()).run.now.year < 3000


def test_the_address_and_the_kind() -> None:
    named, unnamed = only(hars.chrome()), only(hars.mitmproxy())

    assert [one.address for one in named.endpoints] == ["2001:db8::7"]
    assert named.derived.kind_at("[2001:db8::7]:443") is TargetKind.PAGE
    assert unnamed.endpoints == ()
    assert unnamed.derived.kind_at(None) is TargetKind.PAGE
    assert {endpoint for one in unnamed.findings for endpoint in one.endpoints} == {"shop.example.org"}


def test_chromes_export_without_cookies_says_nothing_of_cookies() -> None:
    raw = json.loads(har(entry(SHOP), creator="WebInspector"))
    raw["log"]["entries"][0]["request"]["headers"] = []
    target = only(json.dumps(raw).encode())

    assert statuses(target, "CKY") == {RuleStatus.NOT_ASSESSED}


def test_an_answer_without_a_url_says_nothing_that_depends_on_it() -> None:
    target = only(PAGE)

    assert target.target.url == "https://unknown.invalid/"
    assert statuses(target, "RDR") == {RuleStatus.NOT_ASSESSED}
    assert status(target, "HDR001") is RuleStatus.NOT_ASSESSED
    assert status(target, "CKY001") is RuleStatus.NOT_ASSESSED
    assert status(target, "CKY006") is RuleStatus.NOT_ASSESSED  # its Domain is not called foreign
    assert status(target, "CKY002") is RuleStatus.FAIL
    assert status(target, "HDR012") is RuleStatus.FAIL


@pytest.mark.parametrize(
    "raw",
    [
        har(entry(SHOP, body=None)),
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: br\r\n\r\n\x00\x01\x02",
    ],
    ids=["HAR file without contents", "curl -I", "brotli"],
)
def test_a_body_that_nobody_saw_is_not_judged(raw: bytes) -> None:
    target = only(raw, SHOP)

    assert statuses(target, "CNT") == {RuleStatus.NOT_ASSESSED}
    for rule in ("CSP001", "CSP038", "HDR014"):  # a meta element may set it
        assert status(target, rule) is RuleStatus.NOT_ASSESSED, rule
    assert status(target, "HDR012") is RuleStatus.FAIL


def test_with_a_url_it_is_judged() -> None:
    target = only(PAGE, "https://www.example.org/")

    assert status(target, "CKY001") is RuleStatus.FAIL
    assert status(target, "HDR002") is RuleStatus.PASS
    assert target.target.url == "https://www.example.org/"


def test_a_chain_shows_how_plain_http_is_left() -> None:
    chain = b"HTTP/1.1 301 Moved\r\nLocation: https://www.example.org/\r\n\r\n" + PAGE
    target = only(chain, "http://www.example.org/")

    assert target.target.url == "https://www.example.org/"
    assert status(target, "RDR001") is RuleStatus.PASS
    assert status(target, "RDR005") is RuleStatus.PASS


def test_a_challenge_blocks() -> None:
    target = only(har(entry(SHOP, "cf-mitigated: challenge", status=403)))

    assert target.status is TargetStatus.BLOCKED
    assert status(target, "CKY002") is RuleStatus.UNKNOWN


def test_a_target_a_page() -> None:
    result = judged(har(entry(SHOP, pageref="1"), entry("https://blog.example.org/", pageref="2")))

    assert [one.target.host for one in result.targets] == ["shop.example.org", "blog.example.org"]


@pytest.mark.parametrize(
    ("raw", "url", "words"),
    [
        (har(entry(SHOP)), "https://nowhere.example/", "no answer of https://nowhere.example/"),
        (har(entry(SHOP, status=0)), None, "no answered GET"),
        (har(entry(SHOP, method="POST")), None, "no answered GET"),
        (b'{"log": {"entries": []}}', None, "no entries"),
        (b'{"log": {"entries": [', None, "ends too early"),
        (b"HTTP/1.1 what\r\n\r\n", None, "status line"),
        (b"* Trying 192.0.2.1\n", None, "curl -v"),
    ],
)
def test_what_cannot_be_judged_is_said_in_one_line(raw: bytes, url: str | None, words: str) -> None:
    with pytest.raises(UserFault, match=words) as raised:
        judged(raw, url)
    assert str(raised.value).startswith("file: ")


def test_what_is_too_large_is_refused() -> None:
    with pytest.raises(UserFault, match="larger than"):
        Recording(kind="response", name="file", raw=bytes(MAX_RESPONSE_BYTES + 1))


def test_a_large_har_file_is_read_in_the_worker() -> None:
    many = [entry(f"{SHOP}{n}.png", body="x" * 10_000, media="image/png") for n in range(200)]

    assert only(har(entry(SHOP), *many)).target.url == SHOP
    with pytest.raises(UserFault, match="nested too deeply"):
        judged(b'{"log": {"entries": ' + b"[" * 2_000_000)


def test_what_a_file_is_shows_by_its_content() -> None:
    kinds = {
        b'{"log": {}}': "har",
        b'\xef\xbb\xbf {\n "log" : {}}': "har",
        b'{"comment": "x", "log": {"entries": []}}': "har",
        b"HTTP/2 200 \n": "response",
        b'{"schema": "leadline/result/1", "log": {"entries": []}}': None,
        b"{}": None,
        b"": None,
        b"<html>": None,
    }
    found = {raw: recording_of(raw, "file") for raw in kinds}

    assert {raw: one and one.kind for raw, one in found.items()} == kinds


def test_every_topic_has_an_observation_in_the_order_of_the_registry() -> None:
    topics = [one.topic for one in only(PAGE, "https://www.example.org/").observations]

    assert topics == [one.info.topic for one in all_probes() if one.info.topic in topics]


def test_a_har_file_without_header_fields_says_nothing_of_them() -> None:
    bare = json.loads(har(entry(SHOP)))
    bare["log"]["entries"][0]["response"]["headers"] = []  # Firefox, for what came from its cache

    with pytest.raises(UserFault, match="no answered GET"):
        judged(json.dumps(bare).encode())


def test_an_icon_that_belongs_to_no_page_is_no_target() -> None:
    icon = entry(f"{SHOP}favicon.ico", media="image/x-icon", pageref="2")
    result = judged(har(entry(SHOP, pageref="1"), icon))

    assert [one.target.url for one in result.targets] == [SHOP]
    assert [one.target.url for one in judged(har(icon)).targets] == [f"{SHOP}favicon.ico"]


def test_what_the_browsers_user_had_in_the_address_is_in_no_report() -> None:
    result = judged(har(entry(f"{SHOP}in?access_token={SECRET}", f"Link: </x?token={SECRET}>")))

    assert SECRET.encode() not in encode(result)
    assert result.targets[0].target.url.startswith(f"{SHOP}in?access_token=redacted-")


async def no_worker(*_: object, **__: object) -> object:
    raise Exhausted("no worker process could be started")


def test_a_machine_too_busy_for_a_worker_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.isolate.run", no_worker)
    many = [entry(f"{SHOP}{n}.png", body="x" * 10_000, media="image/png") for n in range(200)]

    with pytest.raises(UserFault, match="could not be read: no worker"):
        judged(har(entry(SHOP), *many))


JSON = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.lists(st.text(max_size=5), max_size=2)
FIELDS = ["Set-Cookie", "Location", "Content-Type", "Content-Security-Policy", "Strict-Transport-Security", "Date"]
MEMBERS = ["startedDateTime", "serverIPAddress", "pageref", "request", "response", "time"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.sampled_from(FIELDS), st.text(max_size=60)), max_size=4),
    st.text(max_size=200),
    st.sampled_from([200, 301, 302, 401, 404, 503]),
    st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=1),
)
def test_any_recording_is_a_result_or_a_user_fault(
    lines: list[tuple[str, str]], body: str, code: int, change: dict[str, Any]
) -> None:
    first = entry(SHOP, *(f"{name}: {value}" for name, value in lines), status=code, body=f"<p>{body}")
    try:
        result = judged(har({**first, **change}))
    except UserFault:
        return
    # A reason may quote the answer, and Hypothesis draws texts of our own sources, "internal error" among them.
    reasons = [one.reason or "" for target in result.targets for one in target.outcomes]
    assert not [one for one in reasons if one.startswith(RULE_BROKE)]
    outcomes = {one.outcome for target in result.targets for one in target.observations}
    assert Outcome.INTERNAL_ERROR not in outcomes
    assert decode(encode(result), evidence_types()) == result
