"""HAR files as exporters write them: entries with the members that each has, for tests of what reads them."""

import base64
import json
from collections.abc import Sequence
from typing import Any

Entry = dict[str, object]

PAGE = '<!doctype html><html><head><title>Shop</title></head><body><a href="/about">About</a></body></html>'
SECRET = "5up3r-s3cr3t-v4lue-0123456789"
"""What no report may hold."""


def pairs(lines: Sequence[str]) -> list[dict[str, str]]:
    """Header fields as HAR lists them."""
    return [{"name": name, "value": value.strip()} for name, _, value in (line.partition(":") for line in lines)]


def entry(
    url: str,
    *lines: str,
    status: int = 200,
    body: str | None = PAGE,
    media: str = "text/html; charset=utf-8",
    method: str = "GET",
    sent: Sequence[str] = (),
    **others: object,
) -> Entry:
    """An entry with the members that the format asks for; `others` are added, or replace them."""
    content: dict[str, object] = {"size": len(body or ""), "mimeType": media}
    if body is not None:
        content["text"] = body
    made: Entry = {
        "startedDateTime": "2026-11-20T10:00:00.000Z",
        "time": 12.5,
        "request": {
            "method": method,
            "url": url,
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": pairs([*sent, f"Cookie: sid={SECRET}", f"Authorization: Bearer {SECRET}"]),
            "queryString": [],
            "headersSize": -1,
            "bodySize": 0,
        },
        "response": {
            "status": status,
            "statusText": "OK" if status == 200 else "",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": pairs([f"Content-Type: {media}", *lines]),
            "content": content,
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": len(body or ""),
        },
        "cache": {},
        "timings": {"send": 0, "wait": 12.5, "receive": 0},
    }
    return {**made, **others}


def har(*entries: object, creator: str = "tester", pages: Sequence[object] = ()) -> bytes:
    """The file over these entries."""
    log = {"version": "1.2", "creator": {"name": creator, "version": "1"}, "pages": list(pages), "entries": entries}
    return json.dumps({"log": log}).encode()


def chrome() -> bytes:
    """Chrome's export, with sensitive data: its HSTS redirect, the document over HTTP/2, parts from its cache."""
    both: dict[str, Any] = {"pageref": "page_1", "_priority": "VeryHigh", "_initiator": {"type": "other"}}
    upgraded = entry(
        "http://shop.example.org/", "Location: https://shop.example.org/", "Non-Authoritative-Reason: HSTS", status=307,
        body=None, _resourceType="document", **both,
    )  # fmt: skip
    document = entry(
        "https://shop.example.org/",
        "strict-transport-security: max-age=31536000",
        f"set-cookie: sid={SECRET}; Path=/; Secure; HttpOnly\nset-cookie-is-no-name: x",
        "x-content-type-options: nosniff",
        _resourceType="document",
        serverIPAddress="[2001:db8::7]",
        connection="443",
        **both,
    )
    response = document["response"]
    assert isinstance(response, dict)
    response["httpVersion"] = "http/2.0"
    response["headers"].insert(0, {"name": ":status", "value": "200"})
    script = entry(
        "https://shop.example.org/app.js", body="var a = 1;", media="text/javascript", _resourceType="script",
        _fromCache="disk", **both,
    )  # fmt: skip
    style = entry("https://shop.example.org/a.css", body="a{}", media="text/css", _resourceType="stylesheet", **both)
    frame = entry("https://ads.example.net/", _resourceType="document", **both)
    blocked = entry("https://shop.example.org/x", status=0, body=None, _resourceType="fetch", **both)
    blocked["response"] = {"status": 0, "_error": "net::ERR_BLOCKED_BY_CLIENT", "headers": []}
    page = {"startedDateTime": "2026-11-20T10:00:00.000Z", "id": "page_1", "title": "https://shop.example.org/"}
    return har(upgraded, document, script, style, frame, blocked, creator="WebInspector", pages=[page])


def firefox() -> bytes:
    """Firefox's export: pages, no types of requests, a body that was cut."""
    cut = entry("https://shop.example.org/", "Server: nginx/1.22.1", pageref="page_1", serverIPAddress="192.0.2.7")
    response = cut["response"]
    assert isinstance(response, dict)
    response["content"]["comment"] = "Response body is truncated"
    plain = entry(
        "http://shop.example.org/", "Location: https://shop.example.org/", status=301, body="", pageref="page_1",
        serverIPAddress="192.0.2.7",
    )  # fmt: skip
    picture = entry("https://shop.example.org/a.png", body=None, media="image/png", pageref="page_1")
    page = {"startedDateTime": "2026-11-20T11:00:00.000+01:00", "id": "page_1", "title": "Shop"}
    return har(plain, cut, picture, creator="Firefox", pages=[page])


def mitmproxy() -> bytes:
    """mitmproxy's export: no pages, bodies in base64."""
    encoded = entry("https://shop.example.org/", "Set-Cookie: a=1", "Set-Cookie: b=2; Secure", body=None)
    response = encoded["response"]
    assert isinstance(response, dict)
    text = base64.b64encode(PAGE.encode()).decode()
    response["content"] = {"size": len(PAGE), "mimeType": "text/html", "text": text, "encoding": "base64"}
    other = entry("https://other.example.net/api", body="{}", media="application/json")
    return har(other, encoded, creator="mitmproxy")
