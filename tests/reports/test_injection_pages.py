"""What a page, its scripts, fields and recordings hold is inert in every report, from the bytes to the sink."""

import dataclasses
import html
import json
from collections.abc import Iterator
from typing import Any

from reports.console import ConsoleReport
from reports.html.report import HtmlReport
from reports.html.view import MANY
from reports.json_report import JsonReport
from scanner.engine.offline import judge_recording, recording_of
from scanner.model.codec import document
from scanner.model.result import ScanResult
from tests.reports.test_injection import ATTRIBUTES, ELEMENTS, elements, steering
from tests.support.hars import entry, har
from tests.support.payloads import sampled
from tests.support.synthesis import hostile_result

SHOP = "https://shop.example.org/"
HTTP_TOPICS = (
    *("http_exchanges", "http_headers", "cookies", "content", "operation", "leakage", "redirects"),
    *("http3", "ports", "operation_trials", "server_identity"),
)


def hostile_page(payload: str) -> str:
    """A page with the payload in every place that is read, each quoted as HTML can."""
    quoted = html.escape(payload)
    return f"""<!doctype html><html><head><title>{quoted}</title>
<meta name="generator" content="WordPress {quoted}"><meta name="referrer" content="{quoted}">
<meta http-equiv="Content-Security-Policy" content="script-src {quoted}; {quoted} 'none'; frame-ancestors {quoted}">
<base target="{quoted}"><script src="https://cdn.example.net/{quoted}" integrity="{quoted}" nonce="{quoted}"></script>
<script src="/{quoted}"></script><script type="{quoted}" src="{quoted}"></script><script>{quoted}</script>
<link rel="stylesheet" href="//cdn.example.net/{quoted}"><link rel="{quoted}" href="{quoted}">
</head><body onload="{quoted}"><!-- http://10.0.0.7/{payload.replace("--", "")} db.corp.internal {quoted} -->
<form method="post" action="http://shop.example.org/{quoted}"><input name="{quoted}" type="password"></form>
<form action="{quoted}"><input name="csrf{quoted}"></form>
<img src="http://img.example.net/{quoted}"><iframe src="{quoted}"></iframe><a href="javascript:{quoted}">x</a>
<pre>Traceback (most recent call last):\n  File "/srv/{quoted}.py", line 1, in {quoted}\nKeyError: {quoted}</pre>
</body></html>"""


def hostile_recording(payload: str) -> bytes:
    """A HAR file with the payload in addresses, fields, cookies, the page, a script and an error page."""
    fields = (
        f"Server: {payload}/1.2.3",
        f"X-{payload}: {payload}",
        f"X-Powered-By: PHP/5.6.40 {payload}",
        f"X-Backend-Server: 10.0.0.7 {payload}",
        f"Strict-Transport-Security: max-age={payload}",
        f"Content-Security-Policy: script-src 'self' {payload} https://{payload}.example.net; {payload} x",
        f"Permissions-Policy: geolocation=({payload})",
        f"Referrer-Policy: {payload}",
        f"X-Frame-Options: ALLOW-FROM {payload}",
        f"Access-Control-Allow-Origin: {payload}",
        f"Alt-Svc: h3={payload}",
        f"Link: <{payload}>; rel={payload}",
        f"Set-Cookie: {payload}=1; Path=/{payload}; Domain={payload}; {payload}={payload}",
        f"Set-Cookie: PHPSESSID=x; SameSite={payload}",
    )
    return har(
        entry(SHOP, *fields, body=hostile_page(payload), _resourceType="document"),
        entry(f"{SHOP}app.js", body=f"var x = {payload!r};\n//# sourceMappingURL={payload}", media="text/javascript"),
        entry(f"{SHOP}{payload}", f"Location: {payload}", status=302, body=payload),
        entry(f"{SHOP}missing", status=404, body=hostile_page(payload)),
    )


def judged(payload: str) -> ScanResult:
    recording = recording_of(hostile_recording(payload), "hostile.har")
    assert recording is not None
    return judge_recording(recording)


def test_the_recording_brings_the_marks_into_findings_and_evidence() -> None:
    result = judged("PEERMARK")
    (target,) = result.targets
    assert any("PEERMARK" in one.message for one in target.findings)
    text = json.dumps(document(result))
    for place in ("cdn.example.net/PEERMARK", "10.0.0.7", "db.corp.internal", "WordPress PEERMARK", "/srv/PEERMARK.py"):
        assert place in text
    shown = HtmlReport().render(result).decode()
    for place in ("cdn.example.net/PEERMARK", "WordPress PEERMARK", "script-src", "shop.example.org/PEERMARK"):
        assert place in shown


def is_inert(result: ScanResult) -> None:
    """Nothing in console, HTML and JSON acts on the reader."""
    text = ConsoleReport(width=90).render(result).decode()
    assert steering(text) <= {"\n"}
    page = HtmlReport().render(result)
    found = elements(page)
    assert {tag for tag, _ in found} <= ELEMENTS
    assert {name for _, attributes in found for name, _ in attributes} <= ATTRIBUTES
    links = {value for _, attributes in found for name, value in attributes if name == "href"}
    assert all(link.startswith(("#", "https://")) or link == "data:," for link in links)
    assert not [link for link in links if "evil.example" in link]
    assert steering(page.decode()) <= {"\n", "\t"}
    assert json.loads(JsonReport().render(result))["schema"]


@sampled(6)
def test_a_recorded_page_is_inert_in_every_report(payload: str) -> None:
    is_inert(judged(payload))


def places(value: object, pointer: str, depth: int) -> Iterator[str]:
    """A pointer to every object and every array below, as deep as findings point."""
    yield pointer
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in members:
        if depth and str(key).replace("_", "").isalnum() and str(key).isascii():
            yield from places(one, f"{pointer}/{key}", depth - 1)


def pointed(payload: str) -> ScanResult:
    """The hostile result with findings that point at all that the HTTP topics hold."""
    result = hostile_result(payload)
    (target,) = result.targets
    whole: Any = document(result)
    raw = whole["targets"][0]["observations"]
    finding = target.findings[-1]
    pointers = [
        pointer
        for number, one in enumerate(raw)
        if one["topic"] in HTTP_TOPICS
        for pointer in places(one["evidence"], f"/targets/0/observations/{number}/evidence", 3)
    ]
    assert len(pointers) > 400
    findings = tuple(
        dataclasses.replace(finding, evidence=tuple(pointers[start : start + 6]), fingerprint=str(start))
        for start in range(0, len(pointers), 6)
    )
    return dataclasses.replace(result, targets=(dataclasses.replace(target, findings=findings),))


@sampled(24)
def test_whatever_a_finding_points_at_is_inert(payload: str) -> None:
    is_inert(pointed(payload))


def test_many_sites_are_as_inert_as_one() -> None:
    payload = "</style><script>alert(1)</script>\x1b[2J"
    result = hostile_result(payload)
    is_inert(dataclasses.replace(result, targets=result.targets * (MANY + 1)))
