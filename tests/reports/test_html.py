"""The HTML report: self-contained, under its own policy, readable, and complete."""

import base64
import dataclasses
import hashlib
import itertools
import re
from typing import Any

import html5lib
import pytest

from reports.html.report import HtmlReport
from reports.html.view import MANY
from scanner.model.finding import Finding
from scanner.model.peer import PeerText
from scanner.model.rule import Severity
from tests.support.results import sample, unreachable

PAGE = HtmlReport().render(sample()).decode()


def parsed(page: str) -> Any:
    return html5lib.parse(page, treebuilder="etree", namespaceHTMLElements=False)


def text_of(element: Any) -> str:
    return " ".join(" ".join(element.itertext()).split())


def test_its_policy_allows_its_own_style_and_nothing_else() -> None:
    tree = parsed(PAGE)
    (policy,) = (one.get("content") for one in tree.iter("meta") if one.get("http-equiv"))
    (style,) = tree.iter("style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    assert policy.split("; ") == [
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def test_it_asks_nobody_for_anything() -> None:
    tree = parsed(PAGE)
    assert not [one for one in tree.iter() if one.get("src") or one.get("srcset") or one.get("style")]
    assert [one.get("href") for one in tree.iter("link")] == ["data:,"]
    assert "url(" not in PAGE
    assert "@import" not in PAGE
    assert "<script" not in PAGE


def test_every_reference_is_a_link_that_tells_nobody_where_it_came_from() -> None:
    links = [one for one in parsed(PAGE).iter("a") if not one.get("href").startswith("#")]
    assert "https://www.rfc-editor.org/rfc/rfc8996#section-4" in {one.get("href") for one in links}
    assert {one.get("rel") for one in links} == {"noopener noreferrer"}


def test_a_finding_has_message_place_proof_reason_remedy_and_reference() -> None:
    found = {one.get("id"): text_of(one) for one in parsed(PAGE).iter("article")}
    (tls,) = (text for text in found.values() if text.startswith("TLS 1.0 is accepted"))
    for wanted in (
        "A handshake with TLS 1.0 was completed; 2 suites are offered with it.",
        "tls-1-0-enabled, 192.0.2.10:443",
        "What was seen A handshake",
        "TLSv1.0: yes, 2 suites",
        "tls_suites · protocols / TLSv1.0",
        "Why it matters TLS 1.0 was deprecated in 2021",
        "How to fix it Offer TLS 1.2 and 1.3 only. Configuration for nginx, Apache",
        "ssl_protocols TLSv1.2 TLSv1.3;",
        "SSLProtocol -all +TLSv1.2 +TLSv1.3",
        "RFC8996",
    ):
        assert wanted in tls


def test_it_counts_what_was_found_and_what_was_not() -> None:
    text = text_of(parsed(PAGE))
    assert (
        "Act at once: 1 critical, 1 high, 2 medium and 1 low findings. 1 risk is accepted. 1 question stayed open."
        in text
    )
    assert "Passed 2 Could not be known 1 Not assessed 1 Do not apply 1" in text
    assert "Accepted until 2027-01-31 by dns-team@example.org: the zone moves in January" in text


def test_it_says_what_could_not_be_known_and_what_passed() -> None:
    text = text_of(parsed(PAGE))
    assert "unknown timeout at handshake: no answer in 5.0 s CRT020 at 192.0.2.10:443" in text
    assert "not assessed content was not asked for CSP001" in text
    assert "TLS020 Whether TLS 1.3 is offered. TLS 1.3 with 3 suites" in text
    assert "What does not apply here 1 check no cookie was set CKY001" in text


def test_it_shows_the_evidence_of_known_and_of_foreign_topics() -> None:
    text = text_of(parsed(PAGE))
    for wanted in (
        "TLSv1.1 unknown reset at client-hello",
        "C02F TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 x25519",
        "009E TLS_DHE_RSA_WITH_AES_128_GCM_SHA256 DH 2048 bits",
        "Until 2026-11-18 (expired 3 days ago), RSA 2048 bits",
        "Trusted by mozilla: no: certificate has expired",
        "Sent with it CN=R11 until 2028-03-15",
        "301 Moved Permanently → https://shop.example.org/",
        "X-Frame-Options SAMEORIGIN",
        "DNS What the DNS says of shop.example.org Name Type Answer shop.example.org A 192.0.2.10",
        "shop.example.org AAAA 2001:db8::10 shop.example.org CAA none",
        "soundings 192.0.2.10:443 for_ kept as it is depth unit fathom soundings 3.5, 4, 4.25",
        "marks name at by the mark 5 by the deep 6",
        "OCSP stapling 192.0.2.10:443 timeout at handshake: no answer in 5.0 s",
        "mozilla, from certifi 2026.10.18",
    ):
        assert wanted in text


def test_one_site_needs_no_index_and_several_have_one() -> None:
    several = parsed(HtmlReport().render(sample(("a.example.org", "b.example.org", "c.example.org"))).decode())
    assert not [one for one in parsed(PAGE).iter("h2") if text_of(one) == "Sites"]
    assert [text_of(one) for one in several.iter("title")] == ["Security report: 3 sites"]
    anchors = {one.get("id") for one in several.iter()}
    links = [one.get("href") for one in several.iter("a") if one.get("href").startswith("#")]
    assert {"#t1", "#t2", "#t3"} <= set(links)
    assert {link.removeprefix("#") for link in links} <= anchors


def test_ids_are_unique_and_labels_lead_somewhere() -> None:
    tree = parsed(HtmlReport().render(sample(("a.example.org", "b.example.org"))).decode())
    ids = [one.get("id") for one in tree.iter() if one.get("id")]
    assert len(ids) == len(set(ids))
    assert {one.get("aria-labelledby") for one in tree.iter() if one.get("aria-labelledby")} <= set(ids)


def test_headings_descend_a_level_at_a_time() -> None:
    levels = [int(one.tag[1]) for one in parsed(PAGE).iter() if re.fullmatch(r"h[1-6]", str(one.tag))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_an_unreachable_site_looks_nothing_like_a_good_one() -> None:
    page = HtmlReport().render(unreachable()).decode()
    text = text_of(parsed(page))
    assert "Nothing could be judged: no endpoint answered (refused at connect)." in text
    assert "no answer refused at connect CKY001 CRT001 CRT020" in text
    assert "What passed" not in text
    assert "Every question" not in text
    assert '<ul class="bars">' not in page


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    wide = colour if len(colour) == 7 else "#" + "".join(2 * one for one in colour[1:])
    parts = (int(wide[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1, 2], ids=["light", "dark", "print"])
@pytest.mark.parametrize("ground", ["paper", "sheet"])
def test_every_colour_of_text_has_contrast_enough(scheme: int, ground: str) -> None:
    palettes = [
        dict(re.findall(r"--(\w+): (#[0-9a-f]{3,6});", one)) for one in re.findall(r":root \{.*?\}", PAGE, re.DOTALL)
    ]
    palette = palettes[scheme]
    for name in ("ink", "soft", "link", "critical", "high", "medium", "low", "info"):
        lighter, darker = sorted((_luminance(palette[name]), _luminance(palette[ground])), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (name, palette[name])


def _page_of(*findings: Finding, notes: tuple[PeerText, ...] = ()) -> str:
    target = dataclasses.replace(sample().targets[0], findings=findings, notes=notes)
    return HtmlReport().render(dataclasses.replace(sample(), targets=(target,))).decode()


def test_the_same_configuration_is_shown_once() -> None:
    tls = next(one for one in sample().targets[0].findings if one.rule == "TLS003")
    tree = parsed(_page_of(tls, dataclasses.replace(tls, rule="TLS004", fingerprint="tls004")))
    text = text_of(tree)
    assert text.count("ssl_protocols TLSv1.2 TLSv1.3;") == 1
    assert "Configuration: as for TLS003" in text
    assert "#t1-f1" in {one.get("href") for one in tree.iter("a")}


def test_a_remark_is_folded_and_a_fault_is_not() -> None:
    tls = next(one for one in sample().targets[0].findings if one.rule == "TLS003")
    remark = dataclasses.replace(tls, severity=Severity.INFO)
    folded = [one.get("id") for one in parsed(_page_of(remark)).iter("details") if one.get("id")]
    assert folded == ["t1-f1"]
    assert not [one for one in parsed(_page_of(tls)).iter("details") if one.get("id")]


def test_long_evidence_is_folded_and_short_evidence_is_not() -> None:
    tls = next(one for one in sample().targets[0].findings if one.rule == "TLS003")
    assert 'class="proofs"' not in _page_of(tls)
    many = dataclasses.replace(
        tls, evidence=tuple(f"/targets/0/observations/0/evidence/protocols/TLSv1.2/suites/{n}" for n in range(3))
    )
    assert "Evidence in 3 places" in _page_of(many)


def test_what_was_left_out_on_purpose_is_said() -> None:
    assert "Left out 10.0.0.1 is private" in text_of(parsed(_page_of(notes=(PeerText("10.0.0.1 is private"),))))


def test_every_table_has_headers_and_every_page_a_language() -> None:
    tree = parsed(PAGE)
    assert [one.get("lang") for one in tree.iter("html")] == ["en"]
    for table in tree.iter("table"):
        assert {one.get("scope") for one in table.iter("th")} <= {"col", "row"}
        assert list(table.iter("th"))


def test_findings_of_one_title_are_one_line_at_a_glance() -> None:
    tls = next(one for one in sample().targets[0].findings if one.rule == "TLS003")
    tree = parsed(_page_of(tls, dataclasses.replace(tls, fingerprint="other")))
    (glance,) = (one for one in tree.iter("nav"))
    assert text_of(glance) == "medium TLS 1.0 is accepted 2 times"


def test_many_sites_share_the_reasons_and_each_finding_leads_to_them() -> None:
    sites = tuple(f"{number}.example.org" for number in range(MANY + 1))
    few, many = (HtmlReport().render(sample(names)).decode() for names in (sites[:MANY], sites))
    rationale = "TLS 1.0 was deprecated in 2021"
    assert few.count(rationale) == MANY
    assert many.count(rationale) == 1
    tree = parsed(many)
    anchors = [one.get("id") for one in tree.iter() if one.get("id")]
    assert len(anchors) == len(set(anchors))
    links = {one.get("href").removeprefix("#") for one in tree.iter("a") if one.get("href").startswith("#")}
    assert links <= set(anchors)
    assert "the table of clients are left out for so many sites" in text_of(tree)


def test_requests_are_a_table_and_their_header_fields_are_folded() -> None:
    tree = parsed(PAGE)
    summaries = [text_of(one) for one in tree.iter("summary")]
    assert any(one.startswith("The page over plain http GET http://shop.example.org/ 301") for one in summaries)
    assert "Why Asked Answered" in text_of(tree)
