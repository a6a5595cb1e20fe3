"""The tables of the security headers: members that do not count, static files, meta elements, CORS."""

from reports.facts.sheets import sheets


def test_members_that_do_not_count_are_told() -> None:
    parts = [{"name": "camera", "values": [], "problem": None}, {"name": "usb", "values": [], "problem": "wrong"}]
    reading = {"raw": ["camera=(), usb=none"], "state": "valid", "problem": None, "parts": parts}
    _, asset = sheets("http_headers", {"final": {}, "asset": {"headers": {"permissions-policy": reading}}})

    assert asset.title.startswith("On a static file")
    assert asset.rows == (("permissions-policy", "camera=(), usb=none", "usb: wrong"),)


def test_meta_elements() -> None:
    unheeded = [{"name": "x-frame-options", "content": "DENY", "reason": "only the header"}]
    _, referrer, metas = sheets("http_headers", {"final": {"meta_referrer": "origin", "unheeded_metas": unheeded}})

    assert referrer.title == "A meta element sets the referrer policy origin"
    assert metas.rows == (("x-frame-options", "DENY", "only the header"),)


def test_who_may_read() -> None:
    answer = {"origin": "https://a.example", "kind": "foreign", "preflight": False, "status": 200, "vary_origin": True}
    (found,) = sheets(
        "http_headers",
        {
            "cors": [
                {**answer, "allow_origin": "https://a.example", "readable": True, "with_credentials": True},
                {**answer, "allow_origin": "*", "readable": True, "preflight": True},
                {**answer, "kind": "null", "origin": "null", "readable": False},
            ]
        },
    )

    assert [row[-1] for row in found.rows] == ["yes, with cookies", "yes, without cookies", "no"]
    assert [row[1:3] for row in found.rows] == [
        ("another site", "simple"),
        ("another site", "preflight"),
        ("null, as sandboxed frames send", "simple"),
    ]
