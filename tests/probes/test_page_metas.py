"""What the meta elements of a page set, and what browsers pass over."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.http_headers_reading import read_headers
from probes.page_metas import read_metas
from scanner.model.csp import Delivery
from scanner.model.page import MetaPolicy, Page
from scanner.model.peer import PeerText
from tests.support.exchanges import HOST, exchange, seen

CSP = "content-security-policy"


def meta(name: str, content: str, *, http_equiv: bool = True, in_head: bool = True) -> MetaPolicy:
    return MetaPolicy(name=PeerText(name), content=PeerText(content), http_equiv=http_equiv, in_head=in_head)


def page(*metas: MetaPolicy) -> Page:
    return Page(url=PeerText(f"https://{HOST}/"), metas=metas)


def test_policies_of_the_head_come_after_those_of_headers() -> None:
    exchanges = seen(exchange("Content-Type: text/html", "Content-Security-Policy: img-src 'self'"))
    found = read_headers(dataclasses.replace(exchanges, page=page(meta(CSP, "script-src 'none', x"))), HOST)

    assert found.final is not None
    assert [one.delivery for one in found.final.csp] == [Delivery.HEADER, Delivery.META]
    # A comma is no separator in a meta element.
    assert found.final.csp[1].directives[0].sources == ("'none',", "x")


@pytest.mark.parametrize(
    ("element", "reason"),
    [
        (meta(CSP, "default-src 'self'", in_head=False), "outside the head"),
        (meta(CSP + "-report-only", "default-src 'self'"), "in a header only"),
        (meta(CSP, ";"), "no directive"),
        (meta(CSP, "frame-ancestors 'none'"), "no directive"),
        (meta(CSP, "a" * 70_000), "longer than"),
        (meta("x-frame-options", "DENY"), "only the header"),
        (meta("referrer", "none", http_equiv=False), "no known policy"),
        (meta("referrer", "no-referrer, origin", http_equiv=False), "no known policy"),
    ],
)
def test_what_is_not_heeded(element: MetaPolicy, reason: str) -> None:
    found = read_metas(page(element))

    assert (found.policies, found.referrer) == ((), None)
    assert [reason in one.reason for one in found.unheeded] == [True]
    assert len(found.unheeded[0].content) <= 4_096


@pytest.mark.parametrize("element", [meta(CSP, ""), meta(CSP, " \n"), meta("referrer", "", http_equiv=False)])
def test_an_empty_element_says_nothing_and_is_no_fault(element: MetaPolicy) -> None:
    found = read_metas(page(element))

    assert (found.policies, found.referrer, found.unheeded) == ((), None, ())


@pytest.mark.parametrize(
    ("contents", "policy"),
    [
        (["origin"], "origin"),
        (["Never"], "no-referrer"),
        (["default"], "strict-origin-when-cross-origin"),
        (["always"], "unsafe-url"),
        (["origin-when-crossorigin"], "origin-when-cross-origin"),
        (["no-referrer", "same-origin", "future"], "same-origin"),
        ([], None),
    ],
)
def test_the_last_known_referrer_policy_counts(contents: list[str], policy: str | None) -> None:
    found = read_metas(page(*(meta("referrer", one, http_equiv=False, in_head=False) for one in contents)))

    assert found.referrer == policy


def test_names_of_the_other_kind_of_meta_are_left_alone() -> None:
    found = read_metas(page(meta(CSP, "default-src 'self'", http_equiv=False), meta("referrer", "origin")))

    assert (found.policies, found.referrer, found.unheeded) == ((), None, ())


@given(st.lists(st.tuples(st.sampled_from([CSP, CSP + "-report-only", "referrer", "x-frame-options"]), st.text())))
def test_whatever_the_elements_hold(metas: list[tuple[str, str]]) -> None:
    for http_equiv in (True, False):
        found = read_metas(page(*(meta(name, content, http_equiv=http_equiv) for name, content in metas)))

        assert len(found.policies) + len(found.unheeded) <= len(metas)
