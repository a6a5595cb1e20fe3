"""What stands in noscript elements: text to browsers that run scripts, kept apart from what they load."""

from scanner.wire.html_page import MAX_NOSCRIPT, parse_page

HTML = """<!doctype html><html><head><title>t</title>
<noscript><meta http-equiv="Content-Security-Policy" content="default-src 'none'"><link rel=icon href=x></noscript>
<base href="https://cdn.example/"></head><body><noscript><p><script src="a.js"></script></p></noscript>
<!-- <noscript><script src=commented.js></script></noscript> --><script src="b.js"></script></body></html>"""


def test_it_is_kept_apart() -> None:
    page = parse_page(HTML, "https://s.example/")
    assert [one.link.url for one in page.noscript_scripts if one.link] == ["https://cdn.example/a.js"]
    assert [(one.name, one.content) for one in page.noscript_metas] == [
        ("content-security-policy", "default-src 'none'")
    ]
    assert [one.link.url for one in page.scripts if one.link] == ["https://cdn.example/b.js"]
    assert (page.metas, page.resources) == ((), ())


def test_a_page_without_any_has_none() -> None:
    page = parse_page("<script src=a.js></script>", "https://s.example/")
    assert (page.noscript_scripts, page.noscript_metas) == ((), ())


def test_it_is_bounded() -> None:
    many = "<noscript>" + "<script src=a.js></script>" * 20_000 + "</noscript>"
    page = parse_page(many, "https://s.example/")
    assert 0 < len(page.noscript_scripts) <= MAX_NOSCRIPT // len("<script src=a.js></script>") + 1
