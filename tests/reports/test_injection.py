"""Nothing that a peer writes may act on who reads a report, in whatever field and whatever format."""

import dataclasses
import functools
import html
import json
import re
import unicodedata
from typing import Any

import html5lib
import pytest
from rich.cells import cell_len

from reports.console import ConsoleReport
from reports.escape.visible import visible
from reports.html.report import HtmlReport
from reports.json_lines import JsonLinesReport
from reports.json_report import JsonReport
from scanner.model.codec import decode, encode
from scanner.model.result import SCHEMA
from tests.support.payloads import PAYLOADS, sampled
from tests.support.synthesis import hostile_result, peer_fields

HARMLESS = "harmless"
SGR = re.compile(r"\x1b\[[0-9;]*m")
BIDI_CLASSES = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI", "BN"}
ELEMENTS = {
    *("html", "head", "meta", "link", "title", "style", "body", "header", "main", "section", "article", "nav"),
    *("h1", "h2", "h3", "h4", "h5", "p", "div", "dl", "dt", "dd", "ul", "ol", "li", "span", "strong", "a", "br"),
    *("code", "pre", "figure", "figcaption", "details", "summary", "svg", "rect"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "rel", "href", "class", "id", "scope", "open"),
    *("aria-labelledby", "aria-label", "aria-hidden", "focusable"),
    *("viewBox", "preserveAspectRatio", "width", "height"),
}

payloads = pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)


def steering(text: str) -> set[str]:
    """The characters of `text` that steer a display or cannot be seen, by Unicode's own properties."""
    return {
        one
        for one in text
        if unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"} or unicodedata.bidirectional(one) in BIDI_CLASSES
    }


def test_the_corpus_and_the_fields_are_many_enough() -> None:
    assert len(set(PAYLOADS)) >= 60
    fields = peer_fields()
    assert {"HeaderField.value", "Certificate.subject", "Finding.message", "Observation.detail"} <= set(fields)


def test_the_hostile_result_holds_the_payload_in_every_peer_field() -> None:
    marked = json.loads(encode(hostile_result("PEER")))
    found: set[str] = set()

    def walk(value: Any) -> None:
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(one, dict | list):
                walk(one)
            if "PEER" in (one, *(one if isinstance(one, dict | list) else ())):
                found.add(str(key))

    walk(marked)
    assert {field.rpartition(".")[2].removesuffix("_") for field in peer_fields()} <= found


@payloads
def test_console_text_is_inert(payload: str) -> None:
    text = ConsoleReport(width=90).render(hostile_result(payload)).decode()
    assert steering(text) <= {"\n"}
    assert all(cell_len(line) <= 90 for line in text.splitlines())


@payloads
def test_console_colours_are_ours_alone(payload: str) -> None:
    text = ConsoleReport(colour=True).render(hostile_result(payload)).decode()
    assert steering(SGR.sub("", text)) <= {"\n"}
    assert set(SGR.findall(text)) <= set(SGR.findall(ConsoleReport(colour=True).render(hostile_result("x")).decode()))


def elements(page: bytes) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    """Every element with its attributes in document order, as a browser's parser sees them."""
    tree: Any = html5lib.parse(page, treebuilder="etree", namespaceHTMLElements=False)
    return [
        (str(one.tag).rpartition("}")[2], tuple(sorted(one.attrib.items()))) if isinstance(one.tag, str) else ("!", ())
        for one in tree.iter()
    ]


@functools.cache
def harmless_skeleton() -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    return elements(HtmlReport().render(hostile_result(HARMLESS)))


@sampled(4)
def test_html_has_the_same_elements_whatever_the_peer_writes(payload: str) -> None:
    page = HtmlReport().render(hostile_result(payload))
    found = elements(page)
    assert found == harmless_skeleton()
    assert {tag for tag, _ in found} <= ELEMENTS
    assert {name for _, attributes in found for name, _ in attributes} <= ATTRIBUTES
    assert steering(page.decode()) <= {"\n", "\t"}
    if visible(payload) == payload:
        assert payload in html.unescape(page.decode()), "text that is only foreign is shown as it is"


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "data:text/html,x", "//evil.example/", "https:///x", "https://[x"]
)
def test_html_links_nowhere_but_to_web_addresses(href: str) -> None:
    targets = {
        value for _, attributes in elements(HtmlReport().render(hostile_result(href))) for name, value in attributes
        if name == "href"
    }  # fmt: skip
    assert all(target.startswith("#") or target == "data:," for target in targets)


@payloads
def test_json_is_valid_and_keeps_the_text(payload: str) -> None:
    result = hostile_result(payload)
    raw = JsonReport().render(result)
    document = json.loads(raw)
    expected = payload.encode("utf-8", "backslashreplace").decode()
    assert document["targets"][0]["findings"][0]["message"] == expected
    assert steering(raw.decode()) <= {"\n"} | steering(payload) - {chr(code) for code in range(32)}
    assert raw.count(b"\n") == 1
    assert JsonLinesReport().render(result).count(b"\n") == 1


@payloads
def test_a_hostile_result_survives_the_codec(payload: str) -> None:
    raw = encode(dataclasses.replace(hostile_result(payload), schema=SCHEMA))
    assert encode(decode(raw, {})) == raw
